//! What a rule book would change: due dates of open dossiers, verdicts of the law.
//!
//! A simulation only: it reads, reckons and counts. It must not write.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{self, Action, ListFilter};
use domain::calendar;
use domain::dossier;
use domain::rulebook::RuleBook;
use domain::unemployment::assessment::Assessment;
use persistence::Reader;
use persistence::dossiers::reckoned::{self, Case};

use crate::app::Cx;
use crate::app::error::Error;
use crate::app::reference::Reference;

/// Most dossiers that one simulation looks at.
const MOST_EXAMINED: i64 = 20_000;

/// Most dossiers that an answer lists.
const MOST_LISTED: usize = 200;

/// A dossier whose due date would move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Mã hồ sơ.
    pub code: String,
    /// Unit.
    pub unit: String,
    /// Procedure.
    pub procedure: String,
    /// Due now.
    pub before: Option<DateTime<Utc>>,
    /// Due then.
    pub after: Option<DateTime<Utc>>,
    /// By how many days; less than nothing for earlier.
    pub days: i64,
}

/// What would become of the due dates.
#[derive(Debug, Clone, Default)]
pub struct DueDates {
    /// Dossiers looked at.
    pub examined: usize,
    /// Whether that were all.
    pub complete: bool,
    /// Those that would move.
    pub moved: usize,
    /// Those due later.
    pub later: usize,
    /// Those due earlier.
    pub earlier: usize,
    /// Those whose due date could not be reckoned.
    pub failed: usize,
    /// How many would move by how many days.
    pub shifts: BTreeMap<i64, usize>,
    /// The first of them that the caller may see.
    pub items: Vec<Moved>,
}

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
    /// The first of them that the caller may see.
    pub items: Vec<OutcomeChange>,
}

/// What would have become of decided dossiers.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    /// Dossiers decided in the period and looked at.
    pub examined: usize,
    /// Whether that were all.
    pub complete: bool,
    /// Decided in time, late under the simulated calendar.
    pub late_instead: usize,
    /// Decided late, in time under the simulated calendar.
    pub in_time_instead: usize,
    /// The verdicts.
    pub outcomes: Outcomes,
}

/// A simulation over what there is.
#[derive(Debug, Clone, Default)]
pub struct Simulation {
    /// Due dates of open dossiers.
    pub due_dates: DueDates,
    /// Verdicts on open dossiers.
    pub open_outcomes: Outcomes,
    /// Decided dossiers of the period asked for.
    pub decided: Option<Decided>,
}

/// The part of the dossiers that the caller may see by name; counts cover all.
fn seen(cx: &Cx) -> ListFilter {
    access::list_filter(&cx.actor, Action::ReadDossier, &cx.reference.units).unwrap_or_default()
}

fn cut(mut cases: Vec<Case>) -> (Vec<Case>, bool) {
    let most = usize::try_from(MOST_EXAMINED).unwrap_or(usize::MAX);
    let complete = cases.len() <= most;
    cases.truncate(most);
    (cases, complete)
}

/// What would become of the due dates of open dossiers under a book.
///
/// # Errors
/// Those of the store.
pub fn due_dates(cx: &Cx, reader: &mut Reader<'_>, book: &RuleBook) -> Result<DueDates, Error> {
    let (cases, complete) = cut(reckoned::open_cases(reader, MOST_EXAMINED.saturating_add(1))?);
    Ok(due_dates_of(&cases, complete, &cx.reference, book, &seen(cx)))
}

/// What would become of open dossiers, and of those decided in a period, both days included.
///
/// # Errors
/// Those of the store.
pub fn simulate(
    cx: &Cx,
    reader: &mut Reader<'_>,
    book: &RuleBook,
    period: Option<(NaiveDate, NaiveDate)>,
) -> Result<Simulation, Error> {
    let seen = seen(cx);
    let (cases, complete) = cut(reckoned::open_cases(reader, MOST_EXAMINED.saturating_add(1))?);
    let mut simulation = Simulation {
        due_dates: due_dates_of(&cases, complete, &cx.reference, book, &seen),
        open_outcomes: outcomes(&cases, complete, &cx.reference, book, &seen),
        decided: None,
    };
    if let Some((from, to)) = period {
        let after = calendar::end_of(to) + chrono::Duration::microseconds(1);
        let most = MOST_EXAMINED.saturating_add(1);
        let (cases, complete) = cut(reckoned::decided_cases(reader, calendar::start_of(from), after, most)?);
        let mut decided = Decided {
            examined: cases.len(),
            complete,
            outcomes: outcomes(&cases, complete, &cx.reference, book, &seen),
            ..Decided::default()
        };
        for case in &cases {
            let (Some(completed), Some(due)) = (case.completed_at, case.due_at) else { continue };
            let Ok(Some(then)) = due_under(case, &cx.reference, book) else { continue };
            match (completed > due, completed > then) {
                (false, true) => decided.late_instead += 1,
                (true, false) => decided.in_time_instead += 1,
                _ => {}
            }
        }
        simulation.decided = Some(decided);
    }
    Ok(simulation)
}

/// The due instant of a case under a book.
fn due_under(case: &Case, reference: &Reference, book: &RuleBook) -> Result<Option<DateTime<Utc>>, Error> {
    let Some(accepted_at) = case.accepted_at else { return Ok(None) };
    let procedure = &reference.version(case.procedure_version)?.procedure;
    dossier::due_at(accepted_at, &case.pauses, case.extension.as_ref(), procedure, &book.calendar)
        .map_err(|error| Error::Refused(error.into()))
}

fn due_dates_of(
    cases: &[Case],
    complete: bool,
    reference: &Reference,
    book: &RuleBook,
    seen: &ListFilter,
) -> DueDates {
    let mut found = DueDates { examined: cases.len(), complete, ..DueDates::default() };
    for case in cases {
        let Ok(after) = due_under(case, reference, book) else {
            found.failed += 1;
            continue;
        };
        if after == case.due_at {
            continue;
        }
        let days = match (case.due_at, after) {
            (Some(before), Some(after)) => (calendar::day_of(after) - calendar::day_of(before)).num_days(),
            _ => 0,
        };
        found.moved += 1;
        found.later += usize::from(after > case.due_at);
        found.earlier += usize::from(after < case.due_at);
        *found.shifts.entry(days).or_default() += 1;
        if found.items.len() < MOST_LISTED && seen.units.contains(&case.unit) {
            found.items.push(Moved {
                code: case.code.clone(),
                unit: case.unit.clone(),
                procedure: case.procedure.clone(),
                before: case.due_at,
                after,
                days,
            });
        }
    }
    found
}

fn outcomes(
    cases: &[Case],
    complete: bool,
    reference: &Reference,
    book: &RuleBook,
    seen: &ListFilter,
) -> Outcomes {
    let mut found = Outcomes { complete, ..Outcomes::default() };
    for case in cases {
        let by_law = reference.version(case.procedure_version).is_ok_and(|e| e.procedure.rule.is_some());
        if !by_law {
            continue;
        }
        found.examined += 1;
        let Some((before, after)) = verdicts(case, reference, book) else {
            found.failed += 1;
            continue;
        };
        let counter = if before.eligible != after.eligible {
            &mut found.eligibility_changed
        } else if (before.monthly_vnd, before.months) != (after.monthly_vnd, after.months) {
            &mut found.amount_changed
        } else if before.starts_on != after.starts_on {
            &mut found.dates_changed
        } else {
            continue;
        };
        *counter += 1;
        if found.items.len() < MOST_LISTED && seen.units.contains(&case.unit) {
            found.items.push(OutcomeChange {
                code: case.code.clone(),
                unit: case.unit.clone(),
                procedure: case.procedure.clone(),
                before,
                after,
            });
        }
    }
    found
}

/// The verdict that was recorded, else that of the rules in force; and that of the book.
fn verdicts(case: &Case, reference: &Reference, book: &RuleBook) -> Option<(Verdict, Verdict)> {
    let facts = crate::app::dossiers::facts(&case.form, case.submitted_at).ok()?;
    let assess = |rules: &RuleBook| crate::app::unemployment::assess(&facts, rules).ok();
    let recorded = case.proposal.as_ref().and_then(|p| p.assessment.as_ref()).map(Verdict::of);
    let before = recorded.or_else(|| assess(&reference.rules).map(|a| Verdict::of(&a)))?;
    Some((before, Verdict::of(&assess(book)?)))
}
