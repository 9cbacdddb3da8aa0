//! Tính lại hạn: an open dossier under another calendar.
//!
//! A publication of other days off or working hours moves due dates and nothing else: no status, no
//! stage, no clock. What is settled keeps what it was decided under.

use chrono::{DateTime, Utc};

use super::Dossier;
use super::event::Event;
use super::transition::Refusal;
use crate::access::Permit;
use crate::procedure::Procedure;
use crate::rulebook::RuleBook;

/// The coded reason of such an event.
pub const REASON: &str = "rule_book_published";

/// What a dossier is reckoned anew by.
#[derive(Debug, Clone, Copy)]
pub struct Recompute<'a> {
    /// Now.
    pub now: DateTime<Utc>,
    /// The rule book that came into force.
    pub book: &'a RuleBook,
    /// Why it was published, in words.
    pub note: Option<&'a str>,
}

/// A dossier that was reckoned anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Recomputed {
    /// As it is now.
    pub dossier: Dossier,
    /// What tells of the old and the new due date; none where that stays. The due instant of a stage is
    /// reckoned from the events and the calendar alone and moves without one.
    pub event: Option<Event>,
}

/// The dossier with its due date and that of its stage under the rule book; as it was when it is
/// settled.
///
/// # Errors
/// [`Refusal::Deadline`] when it cannot be reckoned.
pub fn recompute(
    permit: &Permit,
    dossier: &Dossier,
    procedure: &Procedure,
    cx: &Recompute<'_>,
) -> Result<Recomputed, Refusal> {
    let mut after = dossier.clone();
    if dossier.completed_at.is_some() || dossier.ended_at.is_some() {
        return Ok(Recomputed { dossier: after, event: None });
    }
    after.reckon_due(procedure, &cx.book.calendar, cx.now)?;
    after.reckon_stage_due(procedure, &cx.book.calendar)?;
    if after.due_at == dossier.due_at {
        return Ok(Recomputed { dossier: after, event: None });
    }
    after.version += 1;
    let mut event = Event::of(permit, &after, Some(dossier), cx.now);
    event.reason_code = Some(REASON.to_owned());
    event.reason = cx.note.map(ToOwned::to_owned);
    event.rule_version = Some(cx.book.version.clone());
    event.calendar_version.clone_from(&after.calendar_version);
    event.detail.due_before = dossier.due_at;
    event.detail.due_after = after.due_at;
    Ok(Recomputed { dossier: after, event: Some(event) })
}
