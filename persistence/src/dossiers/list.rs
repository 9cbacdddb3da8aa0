//! Pages of dossiers, by keyset, and how many there are.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::access::ListFilter;
use domain::dossier::queue::Lateness;
use domain::dossier::status::{Outcome, Status};
use domain::procedure::Channel;
use uuid::Uuid;

use super::query::{Base, Order, Query, due_order, end_of_time, filtered};
use crate::backend::AnyConnection;
use crate::column::{Id, Ts, code};
use crate::error::Error;
use crate::schema::dossiers;
use crate::store::Reader;

/// What a list shows of a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
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
    /// Clock.
    pub clock: domain::dossier::status::Clock,
    /// Stage.
    pub stage: i32,
    /// Submitted.
    pub submitted_at: DateTime<Utc>,
    /// Accepted.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Due.
    pub due_at: Option<DateTime<Utc>>,
    /// Decided.
    pub completed_at: Option<DateTime<Utc>>,
    /// Applicant's name.
    pub applicant_name: String,
    /// Applicant's identifier.
    pub personal_id: String,
    /// Version.
    pub version: i64,
}

/// A place in the order of a list: after the dossier with this instant and identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its submission, or its due date where the list goes by due dates; none where it has none.
    pub at: Option<DateTime<Utc>>,
    /// Its identity.
    pub id: Uuid,
}

/// The dossiers behind a place, in their order.
pub(super) fn page<'a>(
    conn: &AnyConnection,
    seen: &ListFilter,
    query: &Query,
    after: Option<Place>,
) -> Base<'a> {
    use dossiers as d;
    let mut q = filtered(conn, seen, query);
    // SQLite keeps no count of what an index holds: it is told not to take the order from one where the few
    // that linger at a stage are found by another.
    let few = query.stage_lateness.is_some_and(|(lateness, _)| lateness != Lateness::NoDue);
    let plain = if few && conn.is_sqlite() { "+" } else { "" };
    let (submitted, due) = (format!("{plain}submitted_at"), format!("{plain}{}", due_order(conn)));
    if let Some(Place { at, id }) = after {
        // A row value, which both databases answer from the index in one step.
        let (key, sign) = match query.order {
            Order::NewestFirst => (submitted.as_str(), "<"),
            Order::OldestFirst => (submitted.as_str(), ">"),
            Order::DueFirst => (due.as_str(), ">"),
        };
        q = match at {
            Some(at) => q.filter(
                sql::<Bool>(&format!("({key}, id) {sign} ("))
                    .bind::<crate::column::Instant, _>(Ts(at))
                    .sql(", ")
                    .bind::<crate::column::Uid, _>(Id(id))
                    .sql(")"),
            ),
            None => q.filter(
                sql::<Bool>(&format!("({key}, id) {sign} ({}, ", end_of_time(conn)))
                    .bind::<crate::column::Uid, _>(Id(id))
                    .sql(")"),
            ),
        };
    }
    match query.order {
        Order::NewestFirst => q.order((sql::<crate::column::Instant>(&submitted).desc(), d::id.desc())),
        Order::OldestFirst => q.order((sql::<crate::column::Instant>(&submitted).asc(), d::id.asc())),
        Order::DueFirst => q.order((sql::<crate::column::Instant>(&due), d::id.asc())),
    }
}

/// A page of dossiers that `seen` lets through, after the given place.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    seen: &ListFilter,
    query: &Query,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    use dossiers as d;
    type Row = (
        (Id, String, String, String, String, String, Option<String>, String, i32),
        (Ts, Option<Ts>, Option<Ts>, Option<Ts>, String, String, i64),
    );
    let columns = (
        (d::id, d::code, d::procedure_code, d::unit, d::channel, d::status, d::outcome, d::clock, d::stage),
        (
            d::submitted_at,
            d::accepted_at,
            d::due_at,
            d::completed_at,
            d::applicant_name,
            d::personal_id,
            d::version,
        ),
    );
    let rows: Vec<Row> =
        page(reader.conn, seen, query, after).select(columns).limit(limit).load(reader.conn)?;
    rows.into_iter()
        .map(|((id, c, procedure, unit, channel, status, outcome, clock, stage), rest)| {
            let (submitted, accepted, due, completed, applicant_name, personal_id, version) = rest;
            Ok(Listed {
                id: id.0,
                code: c,
                procedure,
                unit,
                channel: code(&channel)?,
                status: code(&status)?,
                outcome: outcome.as_deref().map(code).transpose()?,
                clock: code(&clock)?,
                stage,
                submitted_at: submitted.0,
                accepted_at: accepted.map(|t| t.0),
                due_at: due.map(|t| t.0),
                completed_at: completed.map(|t| t.0),
                applicant_name,
                personal_id,
                version,
            })
        })
        .collect()
}

/// How many dossiers `seen` and `query` let through, counted up to `cap` when one is given.
///
/// # Errors
/// Those of the database.
pub fn count_matching(
    reader: &mut Reader<'_>,
    seen: &ListFilter,
    query: &Query,
    cap: Option<i64>,
) -> Result<i64, Error> {
    let q = filtered(reader.conn, seen, query);
    match cap {
        None => Ok(q.count().get_result(reader.conn)?),
        Some(cap) => {
            let some: Vec<Id> = q.select(dossiers::id).limit(cap).load(reader.conn)?;
            Ok(i64::try_from(some.len()).unwrap_or(cap))
        }
    }
}
