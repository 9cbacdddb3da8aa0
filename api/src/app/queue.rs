//! The queue: how many open dossiers wait within an officer's reach, and for what.

use std::collections::BTreeMap;

use domain::access::{self, Action};
use domain::calendar;
use domain::dossier::queue::{self, Bounds, Lateness};
use domain::dossier::status::Status;
use persistence::assignments::Held;
use persistence::dossiers::Query;
use persistence::queue::{Standing, counts};
use persistence::{Reader, dossiers};

use super::Cx;
use super::assignments::{Assignee, held};
use super::error::Error;

/// A stage of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stage {
    /// National code of the procedure.
    pub procedure: String,
    /// Stage, from 1.
    pub stage: i32,
}

/// How many dossiers wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// What divides late, due soon and on time.
    pub bounds: Bounds,
    /// All of them.
    pub total: i64,
    /// By status; every status of the queue, also where nothing waits.
    pub by_status: BTreeMap<Status, i64>,
    /// By procedure and stage.
    pub by_stage: BTreeMap<Stage, i64>,
    /// By how they stand to their due date; every kind.
    pub by_lateness: BTreeMap<Lateness, i64>,
    /// By how they stand to the due instant of their stage; every kind.
    pub by_stage_lateness: BTreeMap<Lateness, i64>,
    /// Those that the actor is assigned to or stands in for.
    pub mine: i64,
    /// Those that have no primary.
    pub unassigned: i64,
}

/// Counts what is open within the actor's reach, narrowed to a unit and what belongs to it, and to
/// whom it is assigned. `mine` and `unassigned` are narrowed to the unit alone.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn read(
    cx: &Cx,
    reader: &mut Reader<'_>,
    unit: Option<&str>,
    assignee: Option<&Assignee>,
    due_soon_working_days: u32,
) -> Result<Queue, Error> {
    let seen = access::list_filter(&cx.actor, Action::ReadQueue, &cx.reference.units)?;
    let units: Option<Vec<String>> = unit.map(|unit| cx.reference.units.reach(unit).into_iter().collect());
    let bounds = Bounds::new(cx.now, due_soon_working_days, &cx.reference.rules.calendar);
    let how = assignee.map(|assignee| held(cx, reader, assignee)).transpose()?;
    let mine = held(cx, reader, &Assignee::Me)?;
    let mut waiting = |how: Held| {
        let query =
            Query { units: units.clone(), open: Some(true), held: Some((how, cx.now)), ..Query::default() };
        dossiers::count_matching(reader, &seen, &query, None)
    };
    let (mine, unassigned) = (waiting(mine)?, waiting(Held::ByNobody)?);
    let mut queue = Queue {
        bounds,
        total: 0,
        by_status: queue::statuses().map(|status| (status, 0)).collect(),
        by_stage: BTreeMap::new(),
        by_lateness: none(),
        by_stage_lateness: none(),
        mine,
        unassigned,
    };
    for waiting in counts(reader, &seen, units.as_deref(), how.as_ref(), bounds)? {
        queue.total += waiting.n;
        *queue.by_status.entry(waiting.status).or_default() += waiting.n;
        let stage = Stage { procedure: waiting.procedure, stage: waiting.stage };
        *queue.by_stage.entry(stage).or_default() += waiting.n;
        add(&mut queue.by_lateness, waiting.n, waiting.due);
        add(&mut queue.by_stage_lateness, waiting.n, waiting.stage_due);
    }
    Ok(queue)
}

/// Every kind, none of each.
fn none() -> BTreeMap<Lateness, i64> {
    <Lateness as domain::code::Code>::ALL.iter().map(|l| (*l, 0)).collect()
}

/// Adds so many dossiers that stand so to a due instant.
fn add(by: &mut BTreeMap<Lateness, i64>, n: i64, standing: Standing) {
    let Standing { late, due_soon, on_time } = standing;
    for (lateness, n) in [
        (Lateness::Late, late),
        (Lateness::DueSoon, due_soon),
        (Lateness::OnTime, on_time),
        (Lateness::NoDue, n - late - due_soon - on_time),
    ] {
        *by.entry(lateness).or_default() += n;
    }
}

/// What a stage is called in the version of its procedure that is in force.
pub fn stage_name(cx: &Cx, stage: &Stage) -> Option<String> {
    let entry = cx.reference.in_force(&stage.procedure, calendar::day_of(cx.now))?;
    entry.procedure.stage(stage.stage).map(|s| s.name_vi.clone())
}
