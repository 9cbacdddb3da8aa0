//! Refusing early what cannot be served.
//!
//! Owns which writes are refused before their body is looked at, because too many wait already for the lane
//! that they would need. The lane itself refuses all others that find it full; what is refused here has
//! cost little, so that the processor is left to what was taken in. The body has been received by
//! then: a connection with an unread one would have to be closed, and its successor costs more than to read it.

use domain::access::{Action, reach};
use domain::dossier::number::DossierCode;

use super::auth::Signed;
use super::problem::Problem;

/// Refuses a submission whose lane is full. Which lane it needs stands in its body; the unit of who sends it
/// is nearly always the same, and who has none is asked later.
///
/// # Errors
/// 503 with `Retry-After`.
pub fn submission(signed: &Signed) -> Result<(), Problem> {
    let mut submitting =
        signed.claims.roles.iter().filter(|grant| reach(grant.role, Action::Submit).is_some());
    submitting.find_map(|grant| grant.unit.as_deref()).map_or(Ok(()), |unit| write(signed, unit))
}

/// Refuses a step with a dossier whose lane is full.
///
/// # Errors
/// As [`submission`].
pub fn step(signed: &Signed, code: &DossierCode) -> Result<(), Problem> {
    write(signed, code.as_str())
}

fn write(signed: &Signed, lane: &str) -> Result<(), Problem> {
    if signed.state.store.is_full(lane) {
        return Err(Problem::from(persistence::Error::Overloaded("the write lane is full")));
    }
    Ok(())
}
