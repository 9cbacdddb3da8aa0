//! Unemployment benefit: assessing facts.

use domain::rulebook::RuleBook;
use domain::unemployment::assessment::{self, AssessError, Assessment};
use domain::unemployment::facts::Facts;

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
