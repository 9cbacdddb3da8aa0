//! What may be done with a dossier and until when: its actions, its due date, the stays at its stages, the
//! supplement it waits for.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::Action;
use domain::calendar;
use domain::deadline::{self, DayExplained, Pause, Remaining};
use domain::dossier::Dossier;
use domain::dossier::event::Event;
use domain::dossier::number::DossierCode;
use domain::dossier::stages::{self, StageTime};
use domain::dossier::status::Status;
use domain::dossier::transition::{self, Availability, Refusal};
use domain::rulebook::RuleBook;
use persistence::dossiers::Stored;
use persistence::events::Recorded;
use persistence::{Reader, events, rule_books};

use super::{authorize_step, get};
use crate::app::Cx;
use crate::app::error::Error;

/// What can be done with a dossier.
#[derive(Debug, Clone)]
pub struct Transitions {
    /// The dossier.
    pub stored: Stored,
    /// Every action that leads out of its status, and whether the actor may do it.
    pub items: Vec<(Availability, bool)>,
    /// The supplement it waits for.
    pub supplement: Option<SupplementWait>,
}

/// For every action that leads out of the present status: whether it is possible, and whether the
/// actor may do it; and the supplement that is waited for.
///
/// # Errors
/// As [`get`].
pub fn transitions(cx: &Cx, reader: &mut Reader<'_>, code: &DossierCode) -> Result<Transitions, Error> {
    let stored = get(cx, reader, code)?;
    let supplement = match stored.dossier.status {
        Status::SupplementRequested => {
            supplement_wait(cx, &stored.dossier, &events::list(reader, stored.dossier.id, 0, EVENTS)?)
        }
        _ => None,
    };
    let entry = cx.reference.version(stored.dossier.procedure_version)?;
    let items = transition::availability(&stored.dossier, &entry.procedure, &cx.actor.account.to_string())
        .into_iter()
        .map(|a| {
            let may = authorize_step(cx, a.action, &stored.dossier).is_ok();
            (a, may)
        })
        .collect();
    Ok(Transitions { stored, items, supplement })
}

/// The due date of a dossier and how it came about.
#[derive(Debug, Clone)]
pub struct Deadline {
    /// The dossier.
    pub stored: Stored,
    /// Every day on the way; empty when not asked for or when there is no limit.
    pub days: Vec<DayExplained>,
    /// Time left.
    pub remaining: Option<Remaining>,
    /// Every stay at a stage, oldest first.
    pub stages: Vec<StageTime>,
    /// The supplement it waits for.
    pub supplement: Option<SupplementWait>,
    /// The rule book whose calendar it was reckoned with; none before acceptance.
    pub rule_book: Option<String>,
}

/// A supplement that is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SupplementWait {
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// Its last day; none where the request states none and no rule gives one.
    pub until: Option<NaiveDate>,
    /// Whether the request states it; else it is the rule's.
    pub stated: bool,
}

/// The supplement that a dossier waits for, from its last request.
fn supplement_wait(cx: &Cx, dossier: &Dossier, happened: &[Recorded]) -> Option<SupplementWait> {
    if dossier.status != Status::SupplementRequested {
        return None;
    }
    let request = happened.iter().rev().find(|r| r.event.action == Action::RequestSupplement)?;
    let rules = cx.reference.rules.timers_on(calendar::day_of(cx.now));
    let recorded_on = calendar::day_of(request.recorded_at);
    let by_rule = || rules?.unstated_until(recorded_on, &cx.reference.rules.calendar);
    Some(SupplementWait {
        requested_at: request.event.at,
        until: dossier.supplement_until.or_else(by_rule),
        stated: dossier.supplement_until.is_some(),
    })
}

/// The rule book whose calendar the due date of a dossier was reckoned with; the one in force before
/// acceptance. What is settled keeps the calendar it was reckoned with.
fn rules_of(cx: &Cx, reader: &mut Reader<'_>, dossier: &Dossier) -> Result<Arc<RuleBook>, Error> {
    let rules = match &dossier.calendar_version {
        Some(version) if *version != cx.reference.rules.calendar.version => {
            rule_books::with_calendar(reader, version)?.map(Arc::new)
        }
        _ => None,
    };
    Ok(rules.unwrap_or_else(|| cx.reference.rules.clone()))
}

/// Most events that stays at stages are told from.
const EVENTS: i64 = 1_000;

/// Every stay of a dossier at a stage, from its events and by its own calendar.
///
/// # Errors
/// Those of the store; [`Refusal::Deadline`].
pub(in crate::app) fn stays(
    cx: &Cx,
    reader: &mut Reader<'_>,
    dossier: &Dossier,
    happened: &[Event],
) -> Result<Vec<StageTime>, Error> {
    let entry = cx.reference.version(dossier.procedure_version)?;
    let rules = rules_of(cx, reader, dossier)?;
    Ok(stages::stages(dossier, happened, &entry.procedure, &rules.calendar).map_err(Refusal::Deadline)?)
}

/// The due date of a dossier, with each day explained if asked for.
///
/// # Errors
/// As [`get`].
pub fn deadline(
    cx: &Cx,
    reader: &mut Reader<'_>,
    code: &DossierCode,
    explain: bool,
) -> Result<Deadline, Error> {
    let stored = get(cx, reader, code)?;
    let entry = cx.reference.version(stored.dossier.procedure_version)?;
    let d = &stored.dossier;
    let rules = rules_of(cx, reader, d)?;
    let calendar = &rules.calendar;
    let recorded = events::list(reader, d.id, 0, EVENTS)?;
    let supplement = supplement_wait(cx, d, &recorded);
    let happened: Vec<Event> = recorded.into_iter().map(|r| r.event).collect();
    let stages = stages::stages(d, &happened, &entry.procedure, calendar).map_err(Refusal::Deadline)?;
    let days = match (d.accepted_at, &entry.procedure.limit) {
        (Some(accepted_at), Some(limit)) if explain => {
            let pauses: Vec<Pause> = d.pauses.iter().map(|p| Pause { from: p.from, to: p.to }).collect();
            let mut due =
                deadline::compute(accepted_at, limit, &pauses, calendar).map_err(Refusal::Deadline)?;
            if d.extension.is_some() {
                due.due_at = d.due_at;
                due.due_on = d.due_at.map(calendar::day_of);
            }
            deadline::explain(accepted_at, &due, limit, &pauses, calendar::day_of(cx.now), calendar)
        }
        _ => Vec::new(),
    };
    let remaining = remaining(cx, d);
    let rule_book = d.calendar_version.as_ref().map(|_| rules.version.clone());
    Ok(Deadline { stored, days, remaining, stages, supplement, rule_book })
}

/// Time left of a dossier whose clock runs.
pub fn remaining(cx: &Cx, dossier: &Dossier) -> Option<Remaining> {
    let open = dossier.completed_at.is_none() && dossier.ended_at.is_none();
    let due = dossier.due_at.filter(|_| open)?;
    Some(deadline::remaining(due, cx.now, &cx.reference.rules.calendar))
}
