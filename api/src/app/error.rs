//! Why a use case was refused, in words that know nothing of HTTP.

use domain::access::Denied;
use domain::dossier::rating::NotNow;
use domain::dossier::transition::{Refusal, Violation};
use domain::unemployment::benefit::transition::BenefitRefusal;
use persistence::store::JobError;

/// Why a use case was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] persistence::Error),
    /// The policy refused it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The dossier's rules refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The benefit's rules refused it.
    #[error(transparent)]
    BenefitRefused(#[from] BenefitRefusal),
    /// What was sent is not acceptable; every violation at once.
    #[error("not acceptable")]
    Invalid(Vec<Violation>),
    /// What was sent could not be read; carried through so that 404 and 403 come first.
    #[error("not readable")]
    Unreadable,
    /// A change of state came without the version it rests on.
    #[error("the version is missing")]
    VersionMissing,
    /// A change of state rests on a version that is no longer the present one.
    #[error("the version is stale")]
    VersionStale,
    /// It stands in the way of something else; why, for the log.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// The state of the thing does not allow this step; names the steps that it does.
    #[error("not possible now")]
    NotNow(&'static [&'static str]),
    /// The session is no longer one.
    #[error("the session has ended")]
    SessionEnded,
    /// User name or password is wrong.
    #[error("wrong user or password")]
    WrongCredentials,
    /// The refresh token is not one of ours, or is too old.
    #[error("refresh token is not valid")]
    RefreshInvalid,
    /// The refresh token was used before.
    #[error("refresh token was used before")]
    RefreshReused,
    /// There are as many of them as there may be.
    #[error("there are as many as there may be")]
    LimitReached,
    /// A rating cannot be given or changed now.
    #[error(transparent)]
    RatingNotNow(#[from] NotNow),
    /// What is in force in this process has not been loaded yet: another has just published it.
    #[error("not loaded yet: {0}")]
    NotLoadedYet(&'static str),
    /// Something that must not happen.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// A violation alone.
    pub fn invalid(pointer: &str, code: &'static str, vi: &str, en: &str) -> Self {
        Self::Invalid(vec![Violation::new(pointer.to_owned(), code, vi, en)])
    }
}

impl JobError for Error {
    fn store_error(&self) -> Option<&persistence::Error> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}
