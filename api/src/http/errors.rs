//! From a use case's refusal to a problem: the one place that knows both.

use domain::access::{Denied, Station};
use domain::code::Code;
use domain::dossier::rating::NotNow;
use domain::dossier::transition::{Refusal, Violation};
use domain::unemployment::benefit::transition::BenefitRefusal;

use super::language::Text;
use super::problem::{ErrorCode, FieldProblem, Problem};
use super::views::meta::in_path;
use crate::app::error::Error;
use crate::files::FilesError;

/// What is wrong with the fields of a body, as a problem tells it.
pub fn fields(violations: Vec<Violation>) -> Vec<FieldProblem> {
    violations
        .into_iter()
        .map(|v| FieldProblem::new(v.pointer, v.code, Text::new(v.message_vi, v.message_en)))
        .collect()
}

impl From<persistence::Error> for Problem {
    fn from(error: persistence::Error) -> Self {
        use persistence::Error as E;
        let shed = |reason: &'static str| {
            metrics::counter!("http_requests_shed_total", "reason" => reason).increment(1)
        };
        match error {
            E::NotFound => Self::new(ErrorCode::NotFound),
            E::Taken(what) => Self::new(ErrorCode::Conflict).caused_by(what),
            E::Stale => Self::new(ErrorCode::PreconditionFailed),
            E::Overloaded("shutting down") => Self::new(ErrorCode::ShuttingDown),
            E::Overloaded(why) => {
                shed("pool");
                Self::new(ErrorCode::Overloaded).caused_by(why)
            }
            E::Unavailable(why) => {
                shed("database");
                Self::new(ErrorCode::Unavailable).caused_by(why)
            }
            E::CommitUnknown => Self::new(ErrorCode::CommitUnknown),
            E::KeyReused => Self::new(ErrorCode::IdempotencyKeyReused),
            E::KeyInProgress => Self::new(ErrorCode::IdempotencyInProgress),
            other @ (E::Corrupt(_) | E::OtherSchema(_) | E::Database(_)) => Self::internal(other),
        }
    }
}

impl From<FilesError> for Problem {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Full => Self::new(ErrorCode::StorageFull).caused_by(error),
            FilesError::Unavailable(_) => Self::new(ErrorCode::Unavailable).caused_by(error),
            FilesError::GivenUp => Self::new(ErrorCode::BadRequest).caused_by(error),
            FilesError::Missing | FilesError::Damaged => Self::internal(error),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::Denied(Denied::Hidden) => Self::new(ErrorCode::NotFound),
            Error::Denied(Denied::Forbidden) => Self::new(ErrorCode::Forbidden),
            Error::Denied(Denied::OffStage(station)) => off_stage(station),
            Error::Refused(refusal) => refusal.into(),
            Error::BenefitRefused(refusal) => refusal.into(),
            Error::Invalid(violations) => Self::validation(fields(violations)),
            Error::Unreadable => Self::new(ErrorCode::BadRequest),
            Error::NotNow(allowed) => {
                Self::new(ErrorCode::TransitionNotAllowed).with_allowed(allowed.iter().copied())
            }
            Error::VersionMissing => Self::new(ErrorCode::PreconditionRequired),
            Error::VersionStale => Self::new(ErrorCode::PreconditionFailed),
            Error::RatingNotNow(NotNow::NotSettled) => Self::new(ErrorCode::RatingNotOpen),
            Error::RatingNotNow(NotNow::Closed) => Self::new(ErrorCode::RatingClosed),
            Error::LimitReached => Self::new(ErrorCode::LimitReached),
            Error::Conflict(why) => Self::new(ErrorCode::Conflict).caused_by(why),
            Error::SessionEnded => Self::new(ErrorCode::TokenInvalid),
            Error::WrongCredentials => Self::new(ErrorCode::InvalidCredentials),
            Error::RefreshInvalid => Self::new(ErrorCode::RefreshInvalid),
            Error::RefreshReused => Self::new(ErrorCode::RefreshReused),
            Error::NotLoadedYet(what) => Self::new(ErrorCode::Unavailable).caused_by(what),
            Error::Internal(why) => Self::internal(why),
        }
    }
}

/// That somebody else works the stage at which a dossier stands, and who.
fn off_stage(Station { level, role }: Station) -> Problem {
    let (role_vi, role_en) = match role {
        Some(role) => (format!(", vai trò “{}”", role.label_vi()), format!(", role “{}”", role.label_en())),
        None => Default::default(),
    };
    Problem::new(ErrorCode::NotOfThisStage).with_detail(Text::new(
        format!("Hồ sơ đang ở bước do {} trở lên xử lý{role_vi}.", level.label_vi().to_lowercase()),
        format!("The dossier stands at a stage of this level or above: {}{role_en}.", level.label_en()),
    ))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFrom { status, action, allowed } => Self::new(ErrorCode::TransitionNotAllowed)
                .with_detail(Text::new(
                    format!(
                        "Không thể “{}” khi hồ sơ ở trạng thái “{}”.",
                        action.label_vi(),
                        status.label_vi()
                    ),
                    format!(
                        "“{}” is not possible while the dossier is in status “{}”.",
                        action.label_en(),
                        status.label_en()
                    ),
                ))
                .with_allowed(allowed.iter().map(|a| in_path(*a))),
            Refusal::Blocked(blockers) => Self::new(ErrorCode::TransitionBlocked).with_errors(
                blockers
                    .iter()
                    .map(|b| FieldProblem::new("", b.code(), Text::new(b.label_vi(), b.label_en())))
                    .collect(),
            ),
            Refusal::SameOfficer => Self::new(ErrorCode::SeparationOfDuties),
            Refusal::Invalid(violations) => Self::validation(fields(violations)),
            Refusal::Deadline(_) => Self::invalid(
                "",
                "out_of_range",
                Text::new(
                    "Không tính được thời hạn với các ngày này.",
                    "The due date cannot be reckoned with these dates.",
                ),
            ),
            Refusal::NoCode => Self::internal("no dossier code"),
        }
    }
}

impl From<BenefitRefusal> for Problem {
    fn from(refusal: BenefitRefusal) -> Self {
        match refusal {
            BenefitRefusal::NotFrom { status, action, allowed } => Self::new(ErrorCode::TransitionNotAllowed)
                .with_detail(Text::new(
                    format!(
                        "Không thể “{}” khi trợ cấp ở tình trạng “{}”.",
                        action.label_vi(),
                        status.label_vi()
                    ),
                    format!(
                        "“{}” is not possible while the benefit is in status “{}”.",
                        action.label_en(),
                        status.label_en()
                    ),
                ))
                .with_allowed(allowed.into_iter().map(ToOwned::to_owned)),
            BenefitRefusal::Blocked(blockers) => Self::new(ErrorCode::TransitionBlocked).with_errors(
                blockers
                    .iter()
                    .map(|b| FieldProblem::new("", b.code(), Text::new(b.label_vi(), b.label_en())))
                    .collect(),
            ),
            BenefitRefusal::Invalid(violations) => Self::validation(fields(violations)),
            BenefitRefusal::OutOfRange => Self::invalid(
                "",
                "out_of_range",
                Text::new("Ngày nằm ngoài phạm vi tính được.", "A date is out of range."),
            ),
        }
    }
}
