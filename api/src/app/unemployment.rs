//! Unemployment benefit: assessing facts, and the benefits that were granted.

use chrono::{DateTime, Utc};
use domain::access::{self, Action, Subject};
use domain::rulebook::RuleBook;
use domain::unemployment::assessment::{self, AssessError, Assessment};
use domain::unemployment::facts::Facts;
use persistence::Reader;
use persistence::benefits::{self, Benefit};
use uuid::Uuid;

use super::Cx;
use super::error::Error;

/// Assesses facts under the rules in force.
///
/// # Errors
/// [`Error::Invalid`] when no rule or amount is in force for a date.
pub fn assess(facts: &Facts, rules: &RuleBook) -> Result<Assessment, Error> {
    assessment::assess(facts, rules).map_err(|error| match error {
        AssessError::NoRule(missing) => Error::invalid(
            "/terminated_on",
            "no_rule_in_force",
            &format!("Không có quy định có hiệu lực vào ngày {}.", missing.on),
            &format!("No {} is in force on {}.", missing.what, missing.on),
        ),
        AssessError::OutOfRange => Error::invalid(
            "/terminated_on",
            "out_of_range",
            "Ngày hoặc số tiền nằm ngoài phạm vi tính được.",
            "A date or an amount is out of range.",
        ),
    })
}

/// A page of benefits that the actor may see, newest first.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn list(
    cx: &Cx,
    reader: &mut Reader<'_>,
    dossier_code: Option<&str>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Benefit>, Error> {
    let seen = access::list_filter(&cx.actor, Action::ReadBenefit, &cx.reference.units)?;
    Ok(benefits::list(reader, &seen, dossier_code, after, limit)?)
}

/// The benefit with this identity, if the actor may see it.
///
/// # Errors
/// Not found, also when it is hidden; those of the store.
pub fn get(cx: &Cx, reader: &mut Reader<'_>, id: Uuid) -> Result<Benefit, Error> {
    let benefit = benefits::get(reader, id)?;
    let persons = [benefit.personal_id.as_str()];
    let subject = Subject { unit: &benefit.unit, persons: &persons, submitted_by: None };
    access::authorize(&cx.actor, Action::ReadBenefit, &subject, &cx.reference.units)?;
    Ok(benefit)
}
