//! What a rule book would change: due dates of open dossiers, verdicts of the law.
//!
//! A simulation only: it reads page by page, reckons and counts. It must not write, nor hold more
//! than it answers.

mod due_dates;
mod outcomes;

use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{self, Action, ListFilter};
use domain::calendar;
use domain::dossier::transition::Violation;
use domain::rulebook::RuleBook;
use persistence::Reader;
use persistence::dossiers::reckoned::{self, Case, Place, Timing};

use crate::app::Cx;
use crate::app::error::Error;

pub use due_dates::{Change, DueDates, Moved, Moves, due_dates, moves};
pub(super) use due_dates::{change, count};
pub use outcomes::{OutcomeChange, Outcomes, Verdict};

/// Dossiers read at once.
const PAGE: i64 = 500;

/// Most dossiers that an answer lists of a kind.
const MOST_LISTED: usize = 200;

/// Until when a simulation may go on; then it answers what it has found and says that it is not all.
#[derive(Debug, Clone, Copy)]
pub struct Until(Option<Instant>);

impl Until {
    /// Whatever time it takes.
    pub const THE_END: Self = Self(None);

    /// So long from now.
    pub fn within(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    fn is_over(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}

/// A dossier that cannot be reckoned with, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreckonable {
    /// Mã hồ sơ.
    pub code: String,
    /// Unit.
    pub unit: String,
    /// Procedure.
    pub procedure: String,
    /// Why; pointers go into the dossier.
    pub reasons: Vec<Violation>,
}

impl Unreckonable {
    fn of(timing: &Timing, error: Error) -> Self {
        let reasons = match error {
            Error::Invalid(reasons) => reasons,
            Error::Refused(_) => vec![Violation::new(
                "/accepted_at".to_owned(),
                "out_of_range",
                "Thời hạn nằm ngoài phạm vi của lịch làm việc.",
                "The time limit leaves the range of the calendar.",
            )],
            other => {
                tracing::warn!(dossier = timing.code, error = %other, "cannot be reckoned");
                vec![Violation::new(
                    "/procedure".to_owned(),
                    "unknown_version",
                    "Không có phiên bản thủ tục mà hồ sơ áp dụng.",
                    "The version of the procedure that the dossier keeps is not there.",
                )]
            }
        };
        Self {
            code: timing.code.clone(),
            unit: timing.unit.clone(),
            procedure: timing.procedure.clone(),
            reasons,
        }
    }
}

/// Dossiers that an answer names: as many as it may, of those that the caller may see.
#[derive(Debug, Clone)]
struct Listing<'a> {
    seen: &'a ListFilter,
}

impl Listing<'_> {
    /// Adds one to a list that has room for it; says whether it has not.
    fn add<T>(&self, list: &mut Vec<T>, unit: &str, one: impl FnOnce() -> T) -> bool {
        if !self.seen.units.contains(unit) {
            return false;
        }
        if list.len() >= MOST_LISTED {
            return true;
        }
        list.push(one());
        false
    }
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
    /// Those whose due date cannot be reckoned under the simulated calendar.
    pub failed: usize,
    /// The first of them that the caller may see.
    pub failures: Vec<Unreckonable>,
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

/// What would become of open dossiers, and of those decided in a period, both days included.
///
/// # Errors
/// Those of the store.
pub fn simulate(
    cx: &Cx,
    reader: &mut Reader<'_>,
    book: &RuleBook,
    period: Option<(NaiveDate, NaiveDate)>,
    until: Until,
) -> Result<Simulation, Error> {
    let seen = seen(cx);
    let listing = Listing { seen: &seen };
    let mut simulation = Simulation::default();
    let mut after: Option<Place> = None;
    let complete = loop {
        let page = reckoned::open_cases(reader, after.as_ref(), PAGE)?;
        let Some(last) = page.last() else { break true };
        after = Some(last.timing.place());
        for case in &page {
            simulation.due_dates.take(&case.timing, &cx.reference, book, &listing);
            simulation.open_outcomes.take(case, &cx.reference, book, &listing);
        }
        if until.is_over() {
            break false;
        }
    };
    simulation.due_dates.end(complete, after);
    simulation.open_outcomes.complete = complete;
    if let Some(period) = period {
        simulation.decided = Some(decided(cx, reader, book, period, &listing, until)?);
    }
    Ok(simulation)
}

fn decided(
    cx: &Cx,
    reader: &mut Reader<'_>,
    book: &RuleBook,
    (from, to): (NaiveDate, NaiveDate),
    listing: &Listing<'_>,
    until: Until,
) -> Result<Decided, Error> {
    let (from, before) = (calendar::start_of(from), calendar::end_of(to) + chrono::Duration::microseconds(1));
    let mut decided = Decided::default();
    let mut after = None;
    let complete = loop {
        let page = reckoned::decided_cases(reader, from, before, after, PAGE)?;
        let Some(last) = page.last() else { break true };
        after = last.timing.completed_at.map(|at| (at, last.timing.id));
        for case in &page {
            decided.examined += 1;
            decided.outcomes.take(case, &cx.reference, book, listing);
            in_time(case, cx, book, &mut decided, listing);
        }
        if until.is_over() {
            break false;
        }
    };
    decided.complete = complete;
    decided.outcomes.complete = complete;
    Ok(decided)
}

/// Counts whether a decided dossier would have been late instead, or in time.
fn in_time(case: &Case, cx: &Cx, book: &RuleBook, decided: &mut Decided, listing: &Listing<'_>) {
    let timing = &case.timing;
    let (Some(completed), Some(due)) = (timing.completed_at, timing.due_at) else { return };
    let then: DateTime<Utc> = match due_dates::due_under(timing, &cx.reference, book) {
        Ok(Some(then)) => then,
        // Nothing that it could have been late for.
        Ok(None) => return,
        Err(error) => {
            decided.failed += 1;
            listing.add(&mut decided.failures, &timing.unit, || Unreckonable::of(timing, error));
            return;
        }
    };
    match (completed > due, completed > then) {
        (false, true) => decided.late_instead += 1,
        (true, false) => decided.in_time_instead += 1,
        _ => {}
    }
}
