//! A new claim beside what the register knows of the same person.

use domain::dossier::Dossier;
use domain::unemployment::benefit::kept::{self, RegisterCheck};
use domain::unemployment::facts::FactsInput;
use persistence::{Reader, benefits};
use serde_json::Value;

use crate::app::error::Error;

/// What the register knows of earlier benefits of the person whom a claim is about, beside what the
/// claim states; none for a form that states nothing of it.
///
/// # Errors
/// Those of the store.
pub fn register_check(
    reader: &mut Reader<'_>,
    dossier: &Dossier,
    form: &Value,
) -> Result<Option<RegisterCheck>, Error> {
    let Ok(input) = serde_json::from_value::<FactsInput>(form.clone()) else { return Ok(None) };
    let mut earlier = benefits::of_person(reader, dossier.applicant.personal_id.as_str())?;
    // What this very dossier has granted is no earlier claim.
    earlier.retain(|b| b.dossier.as_ref().is_none_or(|(id, _)| *id != dossier.id));
    Ok(Some(kept::check(input.months_already_used, &earlier)))
}
