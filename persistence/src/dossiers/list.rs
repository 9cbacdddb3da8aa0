//! Pages of dossiers, by keyset, and how many there are.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::Bool;
use domain::access::ListFilter;
use domain::dossier::status::{Clock, Outcome, Status};
use domain::procedure::Channel;
use uuid::Uuid;

use super::names;
use super::query::{Base, Order, Query, due_order, end_of_time, filtered, narrowed};
use super::scope::{self, Among, ByUnit, SideBySide};
use super::written::{Behind, First, OfUnit, stays, written};
use crate::backend::{AnyConnection, MultiBackend};
use crate::column::{Coded, Id, Ts};
use crate::error::Error;
use crate::one_of::Values;
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
    pub clock: Clock,
    /// Stage.
    pub stage: i32,
    /// Submitted.
    pub submitted_at: DateTime<Utc>,
    /// Accepted.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Due.
    pub due_at: Option<DateTime<Utc>>,
    /// Due at its stage.
    pub stage_due_at: Option<DateTime<Utc>>,
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
    /// Its submission, or the due instant the list goes by; none where it has none.
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
    ordered(conn, filtered(conn, seen, query), query, after)
}

/// Those of some dossiers that are behind a place, in their order.
fn ordered<'a>(conn: &AnyConnection, mut q: Base<'a>, query: &Query, after: Option<Place>) -> Base<'a> {
    use dossiers as d;
    // SQLite keeps no count of what an index holds: it is told not to take the order from one where the few
    // that linger at a stage are found by another.
    let led = query.lingers() && conn.is_sqlite();
    let submitted = if led { "+submitted_at" } else { "submitted_at" };
    let due = if led { "+COALESCE(due_at, 9223372036854775807)" } else { due_order(conn) };
    let (key, sign) = match query.order {
        Order::NewestFirst => (submitted, "<"),
        Order::OldestFirst => (submitted, ">"),
        Order::DueFirst => (due, ">"),
        Order::StageDueFirst => ("stage_due_at", ">"),
    };
    if let Some(place) = after {
        q = q.filter(Behind::of(key, sign, place, end_of_time(conn)));
    }
    let key = written::<crate::column::Instant>(key);
    match query.order {
        Order::NewestFirst => q.order((key.desc(), d::id.desc())),
        Order::OldestFirst | Order::DueFirst | Order::StageDueFirst => q.order((key.asc(), d::id.asc())),
    }
}

/// The dossiers of several units behind a place, in their order.
pub(super) fn by_unit<'a, C>(
    conn: &AnyConnection,
    units: &[String],
    query: &Query,
    after: Option<Place>,
    columns: C,
    limit: i64,
) -> ByUnit<C, impl QueryFragment<MultiBackend> + 'a> {
    let sqlite = conn.is_sqlite();
    let of_the_unit = dossiers::table.into_boxed().filter(written::<Bool>(scope::of_the_unit(conn)));
    let inner = ordered(conn, narrowed(conn, of_the_unit, query), query, after);
    let selected = match (sqlite, query.order) {
        (true, _) => "dossiers.rowid",
        (false, Order::DueFirst) => "dossiers.id, dossiers.due_at",
        (false, Order::StageDueFirst) => "dossiers.id, dossiers.stage_due_at",
        (false, _) => "dossiers.id, dossiers.submitted_at",
    };
    // What type it has is never asked: the statement around it selects.
    let inner = First { rows: inner.select(written::<Bool>(selected)), limit, stays: stays(query, limit) };
    ByUnit {
        units: serde_json::Value::from(units).to_string(),
        inner,
        columns,
        order: order_of(conn, query),
        limit,
        sqlite,
    }
}

/// The dossiers of a few units behind a place, in their order, out of the order of each.
pub(super) fn side_by_side<'a, C>(
    conn: &AnyConnection,
    units: &[String],
    query: &Query,
    after: Option<Place>,
    columns: C,
    limit: i64,
) -> SideBySide<C, impl QueryFragment<MultiBackend> + 'a> {
    let of = |unit: &String| {
        let rows = dossiers::table.into_boxed().filter(OfUnit(unit.clone()));
        let rows = ordered(conn, narrowed(conn, rows, query), query, after);
        First { rows: rows.select(written::<Bool>("dossiers.*")), limit, stays: stays(query, limit) }
    };
    SideBySide { parts: units.iter().map(of).collect(), columns, order: order_of(conn, query), limit }
}

/// The dossiers of several units behind a place, in their order, among the first `looked_at` of all units.
pub(super) fn among<'a, C>(
    conn: &AnyConnection,
    units: &[String],
    query: &Query,
    after: Option<Place>,
    columns: C,
    (limit, looked_at): (i64, i64),
) -> Among<C, impl QueryFragment<MultiBackend> + 'a> {
    let inner = ordered(conn, narrowed(conn, dossiers::table.into_boxed(), query), query, after);
    let rows = inner.select(written::<Bool>("dossiers.*"));
    let inner = First { rows, limit: looked_at, stays: stays(query, limit) };
    Among { units: Values::of(conn, units), inner, columns, order: order_of(conn, query), limit }
}

/// The order, as it stands behind `ORDER BY`.
fn order_of(conn: &AnyConnection, query: &Query) -> String {
    match query.order {
        Order::NewestFirst => "dossiers.submitted_at DESC, dossiers.id DESC".to_owned(),
        Order::OldestFirst => "dossiers.submitted_at, dossiers.id".to_owned(),
        Order::DueFirst => format!("COALESCE(dossiers.due_at, {}), dossiers.id", end_of_time(conn)),
        Order::StageDueFirst => "dossiers.stage_due_at, dossiers.id".to_owned(),
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
        (
            Id,
            String,
            String,
            String,
            Coded<Channel>,
            Coded<Status>,
            Option<Coded<Outcome>>,
            Coded<Clock>,
            i32,
        ),
        (Ts, Option<Ts>, Option<Ts>, Option<Ts>, Option<Ts>, String, String, i64),
    );
    let columns = (
        (d::id, d::code, d::procedure_code, d::unit, d::channel, d::status, d::outcome, d::clock, d::stage),
        (
            d::submitted_at,
            d::accepted_at,
            d::due_at,
            d::stage_due_at,
            d::completed_at,
            d::applicant_name,
            d::personal_id,
            d::version,
        ),
    );
    let weighed = names::weighed(reader, seen, query)?;
    let query = weighed.as_ref();
    let rows: Vec<Row> = match scope::units(seen, query) {
        Some(units) if scope::side_by_side(reader.conn, &units, query, limit) => {
            side_by_side(reader.conn, &units, query, after, columns, limit).load(reader.conn)?
        }
        Some(units) => {
            let near: Vec<Row> = match scope::looked_at(&units, query, limit) {
                Some(looked_at) => {
                    among(reader.conn, &units, query, after, columns, (limit, looked_at)).load(reader.conn)?
                }
                None => Vec::new(),
            };
            // Fewer than a page may be all there are, or only those that are near.
            if i64::try_from(near.len()) == Ok(limit) {
                near
            } else {
                by_unit(reader.conn, &units, query, after, columns, limit).load(reader.conn)?
            }
        }
        None => {
            let rows = page(reader.conn, seen, query, after).select(columns);
            First { rows, limit, stays: stays(query, limit) }.load(reader.conn)?
        }
    };
    let listed = |((id, code, procedure, unit, channel, status, outcome, clock, stage), rest): Row| {
        let (submitted, accepted, due, stage_due, completed, applicant_name, personal_id, version) = rest;
        Listed {
            id: id.0,
            code,
            procedure,
            unit,
            channel: channel.0,
            status: status.0,
            outcome: outcome.map(|o| o.0),
            clock: clock.0,
            stage,
            submitted_at: submitted.0,
            accepted_at: accepted.map(|t| t.0),
            due_at: due.map(|t| t.0),
            stage_due_at: stage_due.map(|t| t.0),
            completed_at: completed.map(|t| t.0),
            applicant_name,
            personal_id,
            version,
        }
    };
    Ok(rows.into_iter().map(listed).collect())
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
    let mut q = filtered(reader.conn, seen, query);
    if query.open == Some(true) {
        // SQLite, which keeps no count of what an index holds, is led to the one of what is open.
        q = q.filter(dossiers::procedure_code.gt(""));
    }
    match cap {
        None => Ok(q.count().get_result(reader.conn)?),
        Some(cap) => {
            let some: Vec<Id> = q.select(dossiers::id).limit(cap).load(reader.conn)?;
            Ok(i64::try_from(some.len()).unwrap_or(cap))
        }
    }
}
