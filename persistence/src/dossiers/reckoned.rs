//! Open dossiers by the calendar their due date was reckoned with, and reckoning many anew.
//!
//! What is settled is never touched: it keeps what it was decided under.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::dossier::transition::Step;
use domain::dossier::{Extension, PauseSpan, Proposal, figure};
use domain::ids::ProcedureVersionId;
use serde_json::{Value, json};

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

/// Writes dossiers that were reckoned anew with a calendar, all with one statement: those with a
/// step take its due date, event and version, the others only the name of the calendar.
///
/// # Errors
/// [`Error::Stale`] when any was changed since it was read; those of the database.
pub fn reckon(
    tx: &mut WriteTx<'_>,
    calendar: &str,
    reckoned: &[(Stored, Option<Step>)],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mut rows = Vec::with_capacity(reckoned.len());
    for (before, step) in reckoned {
        let (after, hash) = match step {
            None => (&before.dossier, before.event_hash.clone()),
            Some(step) => {
                figures::append(tx, Some(&before.dossier), &step.dossier, &step.event);
                (&step.dossier, events::append(tx, &before.event_hash, &step.event, now)?)
            }
        };
        rows.push(json!({
            "id": before.dossier.id.0.simple().to_string(),
            "seen": before.dossier.version,
            "version": after.version,
            "due": after.due_at.map(|due| due.timestamp_micros()),
            "since": after.due_since.map(|since| since.timestamp_micros()),
            "overdue": figure::overdue_from(after).map(|since| since.timestamp_micros()),
            "hash": hash,
        }));
    }
    let conn = tx.change();
    // SQLite numbers parameters by where they first stand.
    let sql = if conn.is_sqlite() {
        "UPDATE dossiers SET calendar_version = $1, due_at = r.value ->> 'due', \
         overdue_from = r.value ->> 'overdue', due_since = r.value ->> 'since', \
         version = r.value ->> 'version', event_hash = r.value ->> 'hash' FROM json_each($2) AS r \
         WHERE dossiers.id = unhex(r.value ->> 'id') AND dossiers.version = r.value ->> 'seen'"
    } else {
        "UPDATE dossiers SET calendar_version = $1, version = r.version, event_hash = r.hash, \
         due_at = timestamptz '1970-01-01 00:00:00+00' + r.due * interval '1 microsecond', \
         overdue_from = timestamptz '1970-01-01 00:00:00+00' + r.overdue * interval '1 microsecond', \
         due_since = timestamptz '1970-01-01 00:00:00+00' + r.since * interval '1 microsecond' \
         FROM jsonb_to_recordset($2) AS r \
         (id uuid, seen bigint, version bigint, due bigint, since bigint, overdue bigint, hash text) \
         WHERE dossiers.id = r.id AND dossiers.version = r.seen"
    };
    let changed = diesel::sql_query(sql)
        .bind::<Text, _>(calendar)
        .bind::<Json, _>(Doc(Value::Array(rows)))
        .execute(conn)?;
    if changed == reckoned.len() { Ok(()) } else { Err(Error::Stale) }
}

/// What a due date and a verdict of the law are reckoned from, without the person.
#[derive(Debug, Clone)]
pub struct Case {
    /// Mã hồ sơ.
    pub code: String,
    /// Unit.
    pub unit: String,
    /// National code of the procedure.
    pub procedure: String,
    /// The version it keeps.
    pub procedure_version: ProcedureVersionId,
    /// Submitted.
    pub submitted_at: DateTime<Utc>,
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
    /// What was filled in.
    pub form: Value,
    /// What was put before the approver.
    pub proposal: Option<Proposal>,
}

type CaseRow = (
    (String, String, String, Id, Ts, Option<Ts>, Option<Ts>, Option<Ts>),
    (Doc, Option<Doc>, Doc, Option<Doc>),
);

macro_rules! cases {
    ($query:expr, $reader:expr, $limit:expr) => {{
        use dossiers as d;
        let columns = (
            (
                d::code,
                d::unit,
                d::procedure_code,
                d::procedure_version,
                d::submitted_at,
                d::accepted_at,
                d::due_at,
                d::completed_at,
            ),
            (d::pauses, d::extension, d::form, d::proposal),
        );
        let rows: Vec<CaseRow> = $query.select(columns).limit($limit).load($reader.conn)?;
        rows.into_iter().map(case).collect()
    }};
}

fn case((head, rest): CaseRow) -> Result<Case, Error> {
    let (code, unit, procedure, version, submitted, accepted, due, completed) = head;
    let (pauses, extension, form, proposal) = rest;
    Ok(Case {
        code,
        unit,
        procedure,
        procedure_version: ProcedureVersionId(version.0),
        submitted_at: submitted.0,
        accepted_at: accepted.map(|t| t.0),
        due_at: due.map(|t| t.0),
        completed_at: completed.map(|t| t.0),
        pauses: undoc(pauses)?,
        extension: extension.map(undoc).transpose()?,
        form: form.0,
        proposal: proposal.map(undoc).transpose()?,
    })
}

/// Dossiers whose clock has started and that are not settled, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn open_cases(reader: &mut Reader<'_>, limit: i64) -> Result<Vec<Case>, Error> {
    let open = dossiers::table
        .filter(dossiers::completed_at.is_null())
        .filter(dossiers::ended_at.is_null())
        .filter(dossiers::calendar_version.is_not_null())
        .order((dossiers::calendar_version, dossiers::id));
    cases!(open, reader, limit)
}

/// Dossiers that were decided from an instant on and before another, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn decided_cases(
    reader: &mut Reader<'_>,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Case>, Error> {
    let completed = dossiers::completed_at.assume_not_null();
    let decided = dossiers::table
        .filter(dossiers::completed_at.is_not_null())
        .filter(completed.ge(Ts(from)))
        .filter(completed.lt(Ts(before)))
        .order(dossiers::completed_at);
    cases!(decided, reader, limit)
}
