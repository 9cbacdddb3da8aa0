//! Open dossiers by the calendar their due date was reckoned with, and reckoning many anew.
//!
//! What is settled is never touched: it keeps what it was decided under.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::dossier::recompute::Recomputed;
use domain::dossier::{Extension, PauseSpan, Proposal, figure};
use domain::ids::{DossierId, ProcedureVersionId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Stored;
use super::row::DossierRow;
use crate::column::{Doc, Id, Json, Ts, undoc};
use crate::error::Error;
use crate::schema::dossiers;
use crate::store::{Reader, WriteTx};
use crate::{events, figures};

/// Those of the open dossiers whose due date was reckoned with another calendar. Two ranges of one
/// index, so that asking costs nothing when there are none.
macro_rules! other_than {
    ($calendar:expr, $below:expr) => {{
        let open = dossiers::table
            .filter(dossiers::completed_at.is_null())
            .filter(dossiers::ended_at.is_null())
            .filter(dossiers::calendar_version.is_not_null());
        let version = dossiers::calendar_version.assume_not_null();
        if $below {
            open.filter(version.lt($calendar.to_owned())).into_boxed()
        } else {
            open.filter(version.gt($calendar.to_owned())).into_boxed()
        }
    }};
}

/// How many open dossiers were reckoned with another calendar than this.
///
/// # Errors
/// Those of the database.
pub fn count_other_than(reader: &mut Reader<'_>, calendar: &str) -> Result<i64, Error> {
    let below: i64 = other_than!(calendar, true).count().get_result(reader.conn)?;
    let above: i64 = other_than!(calendar, false).count().get_result(reader.conn)?;
    Ok(below.saturating_add(above))
}

/// Whether any open dossier was reckoned with another calendar than this.
///
/// # Errors
/// Those of the database.
pub fn any_other_than(reader: &mut Reader<'_>, calendar: &str) -> Result<bool, Error> {
    let mut any = |below: bool| -> Result<bool, Error> {
        let found: Option<Id> =
            other_than!(calendar, below).select(dossiers::id).first(reader.conn).optional()?;
        Ok(found.is_some())
    };
    Ok(any(true)? || any(false)?)
}

/// Some open dossiers that were reckoned with another calendar than this.
///
/// # Errors
/// Those of the database.
pub fn other_than(reader: &mut Reader<'_>, calendar: &str, limit: i64) -> Result<Vec<Stored>, Error> {
    let mut rows: Vec<DossierRow> = other_than!(calendar, true).limit(limit).load(reader.conn)?;
    let left = limit.saturating_sub(i64::try_from(rows.len()).unwrap_or(limit));
    if left > 0 {
        let more: Vec<DossierRow> = other_than!(calendar, false).limit(left).load(reader.conn)?;
        rows.extend(more);
    }
    rows.into_iter().map(DossierRow::read).collect()
}

/// Writes dossiers that were reckoned anew with a calendar, all with one statement: those with an
/// event take its due date and version, all take the due instant of their stage and the name of the
/// calendar.
///
/// # Errors
/// [`Error::Stale`] when any was changed since it was read; those of the database.
pub fn reckon(
    tx: &mut WriteTx<'_>,
    calendar: &str,
    reckoned: &[(Stored, Recomputed)],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mut rows = Vec::with_capacity(reckoned.len());
    for (before, Recomputed { dossier: after, event }) in reckoned {
        let hash = match event {
            None => before.event_hash.clone(),
            Some(event) => {
                figures::append(tx, Some(&before.dossier), after, event);
                events::append(tx, &before.event_hash, event, now)?
            }
        };
        rows.push(json!({
            "id": before.dossier.id.0.simple().to_string(),
            "seen": before.dossier.version,
            "version": after.version,
            "due": after.due_at.map(|due| due.timestamp_micros()),
            "since": after.due_since.map(|since| since.timestamp_micros()),
            "stage": after.stage_due_at.map(|due| due.timestamp_micros()),
            "overdue": figure::overdue_from(after).map(|since| since.timestamp_micros()),
            "hash": hash,
        }));
    }
    let conn = tx.change();
    // SQLite numbers parameters by where they first stand.
    let sql = if conn.is_sqlite() {
        "UPDATE dossiers SET calendar_version = $1, due_at = r.value ->> 'due', \
         overdue_from = r.value ->> 'overdue', due_since = r.value ->> 'since', \
         stage_due_at = r.value ->> 'stage', \
         version = r.value ->> 'version', event_hash = r.value ->> 'hash' FROM json_each($2) AS r \
         WHERE dossiers.id = unhex(r.value ->> 'id') AND dossiers.version = r.value ->> 'seen'"
    } else {
        "UPDATE dossiers SET calendar_version = $1, version = r.version, event_hash = r.hash, \
         due_at = timestamptz '1970-01-01 00:00:00+00' + r.due * interval '1 microsecond', \
         overdue_from = timestamptz '1970-01-01 00:00:00+00' + r.overdue * interval '1 microsecond', \
         due_since = timestamptz '1970-01-01 00:00:00+00' + r.since * interval '1 microsecond', \
         stage_due_at = timestamptz '1970-01-01 00:00:00+00' + r.stage * interval '1 microsecond' \
         FROM jsonb_to_recordset($2) AS r \
         (id uuid, seen bigint, version bigint, due bigint, since bigint, stage bigint, overdue bigint, hash text) \
         WHERE dossiers.id = r.id AND dossiers.version = r.seen"
    };
    let changed = diesel::sql_query(sql)
        .bind::<Text, _>(calendar)
        .bind::<Json, _>(Doc(Value::Array(rows)))
        .execute(conn)?;
    if changed == reckoned.len() { Ok(()) } else { Err(Error::Stale) }
}

/// Place in the order that open dossiers are gone through in: calendar and identity.
pub type Place = (String, Uuid);

/// What a due date is reckoned from.
#[derive(Debug, Clone)]
pub struct Timing {
    /// The dossier.
    pub id: DossierId,
    /// Mã hồ sơ.
    pub code: String,
    /// Unit.
    pub unit: String,
    /// National code of the procedure.
    pub procedure: String,
    /// The version it keeps.
    pub procedure_version: ProcedureVersionId,
    /// Accepted.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Due.
    pub due_at: Option<DateTime<Utc>>,
    /// Decided.
    pub completed_at: Option<DateTime<Utc>>,
    /// When the clock waited.
    pub pauses: Vec<PauseSpan>,
    /// The last move of the due date.
    pub extension: Option<Extension>,
    calendar: Option<String>,
}

impl Timing {
    /// Where it stands among the open ones.
    pub fn place(&self) -> Place {
        (self.calendar.clone().unwrap_or_default(), self.id.0)
    }
}

/// What a due date and a verdict of the law are reckoned from, without the person.
#[derive(Debug, Clone)]
pub struct Case {
    /// What the due date is reckoned from.
    pub timing: Timing,
    /// Submitted.
    pub submitted_at: DateTime<Utc>,
    /// What was filled in.
    pub form: Value,
    /// What was put before the approver.
    pub proposal: Option<Proposal>,
}

type TimingRow = (
    (Id, String, String, String, Id, Option<String>),
    (Option<Ts>, Option<Ts>, Option<Ts>),
    (Doc, Option<Doc>),
);

type CaseRow = (TimingRow, (Ts, Doc, Option<Doc>));

macro_rules! timing_columns {
    () => {
        (
            (
                dossiers::id,
                dossiers::code,
                dossiers::unit,
                dossiers::procedure_code,
                dossiers::procedure_version,
                dossiers::calendar_version,
            ),
            (dossiers::accepted_at, dossiers::due_at, dossiers::completed_at),
            (dossiers::pauses, dossiers::extension),
        )
    };
}

macro_rules! case_columns {
    () => {
        (timing_columns!(), (dossiers::submitted_at, dossiers::form, dossiers::proposal))
    };
}

fn timing((head, (accepted, due, completed), (pauses, extension)): TimingRow) -> Result<Timing, Error> {
    let (id, code, unit, procedure, version, calendar) = head;
    Ok(Timing {
        id: DossierId(id.0),
        code,
        unit,
        procedure,
        procedure_version: ProcedureVersionId(version.0),
        accepted_at: accepted.map(|t| t.0),
        due_at: due.map(|t| t.0),
        completed_at: completed.map(|t| t.0),
        pauses: undoc(pauses)?,
        extension: extension.map(undoc).transpose()?,
        calendar,
    })
}

fn case((of_time, (submitted, form, proposal)): CaseRow) -> Result<Case, Error> {
    Ok(Case {
        timing: timing(of_time)?,
        submitted_at: submitted.0,
        form: form.0,
        proposal: proposal.map(undoc).transpose()?,
    })
}

/// Dossiers whose clock has started and that are not settled, behind a place.
macro_rules! open_behind {
    ($after:expr) => {{
        let mut open = dossiers::table
            .filter(dossiers::completed_at.is_null())
            .filter(dossiers::ended_at.is_null())
            .filter(dossiers::calendar_version.is_not_null())
            .order((dossiers::calendar_version, dossiers::id))
            .into_boxed();
        if let Some((calendar, id)) = $after {
            let version = dossiers::calendar_version.assume_not_null();
            open =
                open.filter(version.ge(calendar)).filter(version.gt(calendar).or(dossiers::id.gt(Id(*id))));
        }
        open
    }};
}

/// How many dossiers are open and have a due date that can be reckoned anew.
///
/// # Errors
/// Those of the database.
pub fn count_open(reader: &mut Reader<'_>) -> Result<i64, Error> {
    let open = dossiers::table
        .filter(dossiers::completed_at.is_null())
        .filter(dossiers::ended_at.is_null())
        .filter(dossiers::calendar_version.is_not_null());
    Ok(open.count().get_result(reader.conn)?)
}

/// Some open dossiers behind a place, in the order of places: what their due date is reckoned from.
///
/// # Errors
/// Those of the database.
pub fn open_timings(
    reader: &mut Reader<'_>,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Timing>, Error> {
    let rows: Vec<TimingRow> =
        open_behind!(after).select(timing_columns!()).limit(limit).load(reader.conn)?;
    rows.into_iter().map(timing).collect()
}

/// Some open dossiers behind a place, in the order of places: what due date and verdict are reckoned
/// from.
///
/// # Errors
/// Those of the database.
pub fn open_cases(reader: &mut Reader<'_>, after: Option<&Place>, limit: i64) -> Result<Vec<Case>, Error> {
    let rows: Vec<CaseRow> = open_behind!(after).select(case_columns!()).limit(limit).load(reader.conn)?;
    rows.into_iter().map(case).collect()
}

/// Some dossiers that were decided from an instant on and before another, behind instant and
/// identity, in that order.
///
/// # Errors
/// Those of the database.
pub fn decided_cases(
    reader: &mut Reader<'_>,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
    after: Option<(DateTime<Utc>, DossierId)>,
    limit: i64,
) -> Result<Vec<Case>, Error> {
    let completed = dossiers::completed_at.assume_not_null();
    let (from, seen) = after.map_or((from, None), |(at, id)| (at, Some(id)));
    let mut decided = dossiers::table
        .filter(dossiers::completed_at.is_not_null())
        .filter(completed.ge(Ts(from)))
        .filter(completed.lt(Ts(before)))
        .order((dossiers::completed_at, dossiers::id))
        .into_boxed();
    if let Some(id) = seen {
        decided = decided.filter(completed.gt(Ts(from)).or(dossiers::id.gt(Id(id.0))));
    }
    let rows: Vec<CaseRow> = decided.select(case_columns!()).limit(limit).load(reader.conn)?;
    rows.into_iter().map(case).collect()
}
