//! What the law says of a dossier: as its form stands, or as it was put before the approver.

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::Action;
use domain::calendar;
use domain::dossier::Dossier;
use domain::dossier::number::DossierCode;
use domain::dossier::transition::Violation;
use domain::procedure::RuleSet;
use domain::unemployment::assessment::Assessment;
use domain::unemployment::benefit::kept::RegisterCheck;
use persistence::Reader;

use super::Cx;
use super::benefits::claim::register_check;
use super::dossiers::{assess, authorize};
use super::error::Error;

domain::codes! {
    /// What an answer on eligibility rests on.
    pub enum Basis {
        /// Thủ tục không do luật định sẵn kết quả.
        None => "none", "Thủ tục không có bộ quy tắc quyết định", "No rules decide this procedure",
        /// Tính từ nội dung hồ sơ hiện tại.
        Live => "live", "Tính từ nội dung hồ sơ hiện tại", "Assessed from the dossier as it stands",
        /// Đánh giá đã ghi cùng đề xuất.
        Recorded => "recorded", "Đánh giá đã ghi cùng đề xuất", "As recorded with the proposal",
    }
}

/// What the law says of a dossier.
#[derive(Debug, Clone)]
pub struct Eligibility {
    /// The dossier.
    pub dossier: Dossier,
    /// The rules that decide.
    pub rule: Option<RuleSet>,
    /// What the answer rests on.
    pub basis: Basis,
    /// As of when.
    pub at: DateTime<Utc>,
    /// Its civil day.
    pub today: NaiveDate,
    /// The verdict; none where there are no rules, or the facts cannot be judged.
    pub assessment: Option<Assessment>,
    /// Why the facts cannot be judged.
    pub undetermined: Vec<Violation>,
    /// What the register knows of earlier benefits of the same person, for a claim to one.
    pub register: Option<RegisterCheck>,
}

/// What the law says of a dossier: before a proposal from its form as of now, after it as recorded.
/// The very assessment that a proposal is bound to.
///
/// # Errors
/// Not found, also when it is hidden; [`Error::Denied`]; those of the store.
pub fn read(cx: &Cx, reader: &mut Reader<'_>, code: &DossierCode) -> Result<Eligibility, Error> {
    let stored = persistence::dossiers::get(reader, code)?;
    authorize(cx, Action::ReadEligibility, &stored.dossier)?;
    let entry = cx.reference.version(stored.dossier.procedure_version)?;
    let proposal = stored.dossier.proposal.as_ref();
    let recorded = proposal.and_then(|p| p.assessment.as_ref().map(|a| (p.at, a.clone())));
    let (basis, at, assessment, undetermined) = match recorded {
        Some((at, assessment)) => (Basis::Recorded, at, Some(assessment), Vec::new()),
        None => match assess(cx, entry, &stored, &stored.form) {
            Ok(None) => (Basis::None, cx.now, None, Vec::new()),
            Ok(assessment) => (Basis::Live, cx.now, assessment, Vec::new()),
            Err(Error::Invalid(wrong)) => (Basis::Live, cx.now, None, wrong),
            Err(error) => return Err(error),
        },
    };
    let register = match (basis, proposal) {
        (Basis::Recorded, Some(proposal)) => proposal.register.clone(),
        (Basis::Live, _) => register_check(reader, &stored.dossier, &stored.form)?,
        _ => None,
    };
    Ok(Eligibility {
        rule: entry.procedure.rule,
        basis,
        at,
        today: calendar::day_of(cx.now),
        assessment,
        undetermined,
        register,
        dossier: stored.dossier,
    })
}
