//! The register: dossiers of a period with what form 06 asks for.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::access::ListFilter;
use domain::dossier::command::HandOverBy;
use domain::dossier::event::Event;
use domain::dossier::status::{Outcome, Status};
use domain::procedure::Channel;
use std::collections::BTreeMap;
use uuid::Uuid;

use super::query::visible;
use crate::column::{Doc, Id, Instant, Ts, Uid, code, undoc};
use crate::error::Error;
use crate::schema::{dossier_events, dossiers};
use crate::store::Reader;

/// A line of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Identity, the tie-breaker of the order.
    pub id: Uuid,
    /// Mã hồ sơ.
    pub code: String,
    /// Procedure.
    pub procedure: String,
    /// Unit.
    pub unit: String,
    /// Channel.
    pub channel: Channel,
    /// Status.
    pub status: Status,
    /// Result.
    pub outcome: Option<Outcome>,
    /// Applicant's name.
    pub applicant_name: String,
    /// Phone.
    pub phone: Option<String>,
    /// Handed in.
    pub submitted_at: DateTime<Utc>,
    /// Accepted.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Due.
    pub due_at: Option<DateTime<Utc>>,
    /// Decided.
    pub completed_at: Option<DateTime<Utc>>,
    /// Declined, withdrawn or stopped.
    pub ended_at: Option<DateTime<Utc>>,
    /// Result handed over.
    pub returned_at: Option<DateTime<Utc>>,
    /// How it was handed over.
    pub returned_by: Option<HandOverBy>,
}

/// What a register covers.
#[derive(Debug, Clone)]
pub struct Period {
    /// Only what these units received.
    pub units: Option<Vec<String>>,
    /// Submitted at or after.
    pub from: DateTime<Utc>,
    /// Submitted before.
    pub before: DateTime<Utc>,
}

type Row = (
    (Id, String, String, String, String, String, Option<String>, String, Option<String>),
    (Ts, Option<Ts>, Option<Ts>, Option<Ts>, Option<Ts>, Option<Ts>),
);

/// Dossiers handed in during a period that `seen` lets through, oldest first, after the given
/// place: two statements, however many.
///
/// # Errors
/// Those of the database.
pub fn register(
    reader: &mut Reader<'_>,
    seen: &ListFilter,
    period: &Period,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Registered>, Error> {
    use dossiers as d;
    let mut query = d::table
        .filter(visible(seen))
        .filter(d::submitted_at.ge(Ts(period.from)))
        .filter(d::submitted_at.lt(Ts(period.before)))
        .into_boxed();
    if let Some(units) = &period.units {
        query = query.filter(d::unit.eq_any(units.clone()));
    }
    if let Some((at, id)) = after {
        query = query.filter(
            sql::<Bool>("(submitted_at, id) > (")
                .bind::<Instant, _>(Ts(at))
                .sql(", ")
                .bind::<Uid, _>(Id(id))
                .sql(")"),
        );
    }
    let rows: Vec<Row> = query
        .order((d::submitted_at, d::id))
        .limit(limit)
        .select((
            (
                d::id,
                d::code,
                d::procedure_code,
                d::unit,
                d::channel,
                d::status,
                d::outcome,
                d::applicant_name,
                d::phone,
            ),
            (d::submitted_at, d::accepted_at, d::due_at, d::completed_at, d::ended_at, d::returned_at),
        ))
        .load(reader.conn)?;
    let returned: Vec<Id> = rows.iter().filter(|row| row.1.5.is_some()).map(|row| row.0.0).collect();
    let mut how = returned_by(reader, returned)?;
    rows.into_iter().map(|row| line(row, &mut how)).collect()
}

fn returned_by(reader: &mut Reader<'_>, of: Vec<Id>) -> Result<BTreeMap<Id, HandOverBy>, Error> {
    let mut found = BTreeMap::new();
    for some in of.chunks(500) {
        let rows: Vec<(Id, Doc)> = dossier_events::table
            .filter(dossier_events::dossier_id.eq_any(some))
            .filter(dossier_events::action.eq(domain::access::Action::HandOver.to_string()))
            .select((dossier_events::dossier_id, dossier_events::body))
            .load(reader.conn)?;
        for (id, body) in rows {
            let event: Event = undoc(body)?;
            found.extend(event.detail.how.map(|how| (id, how)));
        }
    }
    Ok(found)
}

fn line(row: Row, how: &mut BTreeMap<Id, HandOverBy>) -> Result<Registered, Error> {
    let ((id, dossier_code, procedure, unit, channel, status, outcome, applicant_name, phone), dates) = row;
    let (submitted, accepted, due, completed, ended, returned) = dates;
    Ok(Registered {
        id: id.0,
        code: dossier_code,
        procedure,
        unit,
        channel: code(&channel)?,
        status: code(&status)?,
        outcome: outcome.as_deref().map(code).transpose()?,
        applicant_name,
        phone,
        submitted_at: submitted.0,
        accepted_at: accepted.map(|t| t.0),
        due_at: due.map(|t| t.0),
        completed_at: completed.map(|t| t.0),
        ended_at: ended.map(|t| t.0),
        returned_at: returned.map(|t| t.0),
        returned_by: how.remove(&id),
    })
}
