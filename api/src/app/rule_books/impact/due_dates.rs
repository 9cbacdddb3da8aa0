//! What a rule book would do to the due dates of open dossiers: counts of all, and the list of them.

use chrono::{DateTime, Utc};
use domain::access::{self, Action};
use domain::calendar;
use domain::dossier;
use domain::rulebook::RuleBook;
use persistence::Reader;
use persistence::dossiers::reckoned::{self, Place, Timing};
use persistence::rehearsals::{Counts, ReasonCount};

use super::{Listing, PAGE, Unreckonable, Until, seen};
use crate::app::Cx;
use crate::app::error::Error;
use crate::app::reference::Reference;

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
    /// Of all dossiers looked at.
    pub counts: Counts,
    /// Whether that were all.
    pub complete: bool,
    /// The first of those that move that the caller may see.
    pub items: Vec<Moved>,
    /// The first of those that cannot be reckoned that the caller may see.
    pub failures: Vec<Unreckonable>,
    /// Behind which place [`moves`] goes on; none when everything is listed.
    pub rest: Option<Place>,
    /// Place of the last dossier before the first that found no room.
    last_listed: Option<Place>,
}

/// What a rule book does to one open dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Its due date moves.
    Moved(Moved),
    /// It cannot be reckoned and would stay.
    Failed(Unreckonable),
}

/// A page of what would move.
#[derive(Debug, Clone, Default)]
pub struct Moves {
    /// Dossiers that the caller may see.
    pub items: Vec<Change>,
    /// Behind which place it goes on; none at the end. A page may be short, or empty, and not the last.
    pub rest: Option<Place>,
}

/// The due instant of a case under a book.
pub(super) fn due_under(
    timing: &Timing,
    reference: &Reference,
    book: &RuleBook,
) -> Result<Option<DateTime<Utc>>, Error> {
    let Some(accepted_at) = timing.accepted_at else { return Ok(None) };
    let procedure = &reference.version(timing.procedure_version)?.procedure;
    dossier::due_at(accepted_at, &timing.pauses, timing.extension.as_ref(), procedure, &book.calendar)
        .map_err(|error| Error::Refused(error.into()))
}

/// What becomes of an open dossier; none when nothing does.
pub(in crate::app::rule_books) fn change(
    timing: &Timing,
    reference: &Reference,
    book: &RuleBook,
) -> Option<Change> {
    let after = match due_under(timing, reference, book) {
        Ok(after) => after,
        Err(error) => return Some(Change::Failed(Unreckonable::of(timing, error))),
    };
    if after == timing.due_at {
        return None;
    }
    let days = match (timing.due_at, after) {
        (Some(before), Some(after)) => (calendar::day_of(after) - calendar::day_of(before)).num_days(),
        _ => 0,
    };
    Some(Change::Moved(Moved {
        code: timing.code.clone(),
        unit: timing.unit.clone(),
        procedure: timing.procedure.clone(),
        before: timing.due_at,
        after,
        days,
    }))
}

/// Counts what becomes of one open dossier.
pub(in crate::app::rule_books) fn count(counts: &mut Counts, change: Option<&Change>) {
    counts.examined += 1;
    match change {
        None => {}
        Some(Change::Failed(one)) => {
            counts.failed += 1;
            for reason in &one.reasons {
                let of = counts.reasons.entry(reason.code.to_owned()).or_insert_with(|| ReasonCount {
                    message_vi: reason.message_vi.clone(),
                    message_en: reason.message_en.clone(),
                    dossiers: 0,
                });
                of.dossiers += 1;
            }
        }
        Some(Change::Moved(one)) => {
            counts.moved += 1;
            counts.later += i64::from(one.after > one.before);
            counts.earlier += i64::from(one.after < one.before);
            *counts.shifts.entry(one.days).or_default() += 1;
        }
    }
}

impl DueDates {
    /// Looks at one more, in the order of places.
    pub(super) fn take(
        &mut self,
        timing: &Timing,
        reference: &Reference,
        book: &RuleBook,
        listing: &Listing<'_>,
    ) {
        let change = change(timing, reference, book);
        count(&mut self.counts, change.as_ref());
        // What finds no room, and all behind it, is left to `moves`.
        let open = self.rest.is_none();
        let full = match change {
            None => false,
            Some(Change::Failed(one)) => open && listing.add(&mut self.failures, &timing.unit, || one),
            Some(Change::Moved(one)) => open && listing.add(&mut self.items, &timing.unit, || one),
        };
        if full {
            self.rest = self.last_listed.take();
        } else if open {
            self.last_listed = Some(timing.place());
        }
    }

    /// Says whether all were looked at, and where the last stood.
    pub(super) fn end(&mut self, complete: bool, last: Option<Place>) {
        self.complete = complete;
        if !complete && self.rest.is_none() {
            self.rest = last;
        }
    }
}

/// What would become of the due dates of all open dossiers under a book.
///
/// # Errors
/// Those of the store.
pub fn due_dates(cx: &Cx, reader: &mut Reader<'_>, book: &RuleBook, until: Until) -> Result<DueDates, Error> {
    let seen = seen(cx);
    let mut found = DueDates::default();
    let mut after: Option<Place> = None;
    let complete = loop {
        let page = reckoned::open_timings(reader, after.as_ref(), PAGE)?;
        let Some(last) = page.last() else { break true };
        after = Some(last.place());
        for timing in &page {
            found.take(timing, &cx.reference, book, &Listing { seen: &seen });
        }
        if until.is_over() {
            break false;
        }
    };
    found.end(complete, after);
    Ok(found)
}

/// Some of the open dossiers whose due date would move under a book, or cannot be reckoned, behind a
/// place; only those that the caller may see.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn moves(
    cx: &Cx,
    reader: &mut Reader<'_>,
    book: &RuleBook,
    mut after: Option<Place>,
    limit: usize,
    until: Until,
) -> Result<Moves, Error> {
    access::authorize_at_the_top(&cx.actor, Action::EditRuleBook, &cx.reference.units)?;
    let seen = seen(cx);
    let mut found = Moves::default();
    loop {
        let page = reckoned::open_timings(reader, after.as_ref(), PAGE)?;
        if page.is_empty() {
            return Ok(found);
        }
        for timing in &page {
            if seen.units.contains(&timing.unit)
                && let Some(change) = change(timing, &cx.reference, book)
            {
                if found.items.len() >= limit {
                    found.rest = after;
                    return Ok(found);
                }
                found.items.push(change);
            }
            after = Some(timing.place());
        }
        if until.is_over() {
            found.rest = after;
            return Ok(found);
        }
    }
}
