//! What a rule book would do to the verdicts of the law.

use chrono::NaiveDate;
use domain::rulebook::RuleBook;
use domain::unemployment::assessment::Assessment;
use persistence::dossiers::reckoned::Case;

use super::{Listing, Unreckonable};
use crate::app::error::Error;
use crate::app::reference::Reference;

/// A verdict, as far as it matters to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether there is a benefit.
    pub eligible: bool,
    /// A month's amount.
    pub monthly_vnd: Option<i64>,
    /// Months.
    pub months: Option<u32>,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Sum.
    pub total_vnd: Option<i64>,
    /// Version of the rules.
    pub rule_version: String,
}

impl Verdict {
    fn of(a: &Assessment) -> Self {
        Self {
            eligible: a.eligible,
            monthly_vnd: a.monthly_vnd.map(|d| d.0),
            months: a.months,
            starts_on: a.starts_on,
            total_vnd: a.total_vnd.map(|d| d.0),
            rule_version: a.rule_version.clone(),
        }
    }
}

/// A dossier on which the law would speak otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeChange {
    /// Mã hồ sơ.
    pub code: String,
    /// Unit.
    pub unit: String,
    /// Procedure.
    pub procedure: String,
    /// The verdict that was recorded, or that the rules in force give.
    pub before: Verdict,
    /// The verdict of the simulated rules.
    pub after: Verdict,
}

/// What would become of the verdicts.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// Dossiers looked at that law decides.
    pub examined: usize,
    /// Whether that were all.
    pub complete: bool,
    /// Those eligible before and not after, or the other way.
    pub eligibility_changed: usize,
    /// Those eligible both times, for another amount or number of months.
    pub amount_changed: usize,
    /// Those eligible both times, for the same, from another day on.
    pub dates_changed: usize,
    /// Those that cannot be assessed under one of the two.
    pub failed: usize,
    /// The first that change that the caller may see.
    pub items: Vec<OutcomeChange>,
    /// The first that cannot be assessed that the caller may see.
    pub failures: Vec<Unreckonable>,
}

impl Outcomes {
    /// Looks at one more, where law decides it.
    pub(super) fn take(
        &mut self,
        case: &Case,
        reference: &Reference,
        book: &RuleBook,
        listing: &Listing<'_>,
    ) {
        let timing = &case.timing;
        // A version that is not there is told of with the due date.
        let by_law = reference.version(timing.procedure_version).is_ok_and(|e| e.procedure.rule.is_some());
        if !by_law {
            return;
        }
        self.examined += 1;
        let (before, after) = match verdicts(case, reference, book) {
            Ok(both) => both,
            Err(error) => {
                self.failed += 1;
                listing.add(&mut self.failures, &timing.unit, || Unreckonable::of(timing, error));
                return;
            }
        };
        let counter = if before.eligible != after.eligible {
            &mut self.eligibility_changed
        } else if (before.monthly_vnd, before.months) != (after.monthly_vnd, after.months) {
            &mut self.amount_changed
        } else if before.starts_on != after.starts_on {
            &mut self.dates_changed
        } else {
            return;
        };
        *counter += 1;
        listing.add(&mut self.items, &timing.unit, || OutcomeChange {
            code: timing.code.clone(),
            unit: timing.unit.clone(),
            procedure: timing.procedure.clone(),
            before,
            after,
        });
    }
}

/// The verdict that was recorded, else that of the rules in force; and that of the book.
fn verdicts(case: &Case, reference: &Reference, book: &RuleBook) -> Result<(Verdict, Verdict), Error> {
    let facts = crate::app::dossiers::facts(&case.form, case.submitted_at).map_err(Error::Invalid)?;
    let assess = |rules: &RuleBook| crate::app::unemployment::assess(&facts, rules);
    let before = match case.proposal.as_ref().and_then(|p| p.assessment.as_ref()) {
        Some(recorded) => Verdict::of(recorded),
        None => Verdict::of(&assess(&reference.rules)?),
    };
    Ok((before, Verdict::of(&assess(book)?)))
}
