//! One action on many dossiers, each through [`perform`] as if it came alone.

use std::sync::Arc;

use domain::access::Action;
use domain::dossier::number::DossierCode;
use persistence::WriteTx;

use super::Cx;
use super::dossiers::{Asked, Expected, perform};
use super::error::Error;

/// A dossier of a batch, with what is asked of it.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its code; none for what cannot be one.
    pub code: Option<DossierCode>,
    /// The version that the asking rests on.
    pub version: i64,
    /// What is asked; none when it could not be read.
    pub asked: Option<Asked>,
}

/// How an item went: its new version, or why it was refused.
pub type Outcome = Result<i64, Error>;

/// Does an action to every item, in one transaction; gives how each went, in the order sent.
///
/// [`perform`] refuses before it writes, so a refused item leaves nothing behind while the others
/// go in. Whether refusals spoil the rest is for the caller to say, who alone can roll back.
///
/// # Errors
/// Those of the store, and whatever is nobody's refusal: then the transaction must not be kept.
pub fn perform_all(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    action: Action,
    items: &[Item],
) -> Result<Vec<Outcome>, Error> {
    // Rows are locked in the order of codes, as by every lane, so that two lanes cannot each wait
    // for the other.
    let mut order: Vec<(usize, &Item)> = items.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| {
        let code = |item: &Item| item.code.as_ref().map(|c| c.as_str().to_owned());
        code(a).cmp(&code(b))
    });
    let mut outcomes = Vec::with_capacity(items.len());
    for (place, item) in order {
        let outcome = match perform_one(cx, tx, action, item) {
            Ok(version) => Ok(version),
            Err(refusal) if is_refusal(&refusal) => Err(refusal),
            Err(failure) => return Err(failure),
        };
        outcomes.push((place, outcome));
    }
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

fn perform_one(cx: &Cx, tx: &mut WriteTx<'_>, action: Action, item: &Item) -> Outcome {
    // What is no code names no dossier.
    let code = item.code.as_ref().ok_or(persistence::Error::NotFound)?;
    let version = item.version;
    let expected = Expected::That(Arc::new(move |present| present == version));
    Ok(perform(cx, tx, code, action, item.asked.as_ref(), &expected)?.dossier.version)
}

/// Whether an error is the item's own, told before anything was written.
pub(super) fn is_refusal(error: &Error) -> bool {
    match error {
        Error::Store(error) => matches!(error, persistence::Error::NotFound),
        Error::Denied(_)
        | Error::NotNow(_)
        | Error::Refused(_)
        | Error::BenefitRefused(_)
        | Error::Invalid(_)
        | Error::Unreadable
        | Error::VersionMissing
        | Error::VersionStale
        | Error::LimitReached
        | Error::RatingNotNow(_) => true,
        Error::SessionEnded
        | Error::WrongCredentials
        | Error::RefreshInvalid
        | Error::RefreshReused
        | Error::Conflict(_)
        | Error::NotLoadedYet(_)
        | Error::Internal(_) => false,
    }
}
