//! What changes add to the figures, and the job that takes it into the days and the periods.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use domain::calendar;
use domain::dossier::Dossier;
use domain::dossier::event::Event;
use domain::dossier::figure;
use serde_json::json;

use super::periods::Additions;
use super::upsert::{Table, upsert};
use crate::column::{Id, Ts};
use crate::error::Error;
use crate::schema::{dossier_overdue_spans, dossier_reasons, figure_deltas, figure_part_deltas};
use crate::store::{Reader, WriteTx, new_id};

#[derive(Insertable, Queryable, Debug)]
#[diesel(table_name = figure_deltas, treat_none_as_default_value = false)]
pub(crate) struct DeltaRow {
    id: Id,
    day: NaiveDate,
    procedure_code: String,
    unit: String,
    channel: String,
    figure: String,
    n: i64,
}

#[derive(Insertable, Queryable, Debug)]
#[diesel(table_name = figure_part_deltas, treat_none_as_default_value = false)]
pub(crate) struct PartDeltaRow {
    id: Id,
    day: NaiveDate,
    procedure_code: String,
    unit: String,
    channel: String,
    figure: String,
    part: String,
    part_key: String,
    n: i64,
}

#[derive(Insertable, Debug)]
#[diesel(table_name = dossier_reasons, treat_none_as_default_value = false)]
pub(crate) struct ReasonRow {
    dossier_id: Id,
    reason: String,
}

#[derive(Insertable, Debug)]
#[diesel(table_name = dossier_overdue_spans, treat_none_as_default_value = false)]
pub(crate) struct OverdueRow {
    dossier_id: Id,
    since: Ts,
    until: Ts,
}

/// Appends what a change adds to the figures, and the records behind them.
pub(crate) fn append(tx: &mut WriteTx<'_>, before: Option<&Dossier>, after: &Dossier, event: &Event) {
    let effects = figure::effects(before, after, event);
    let channel = after.channel.to_string();
    tx.appends.deltas.extend(effects.figures.into_iter().map(|(figure, at)| DeltaRow {
        id: Id(new_id()),
        day: calendar::day_of(at),
        procedure_code: after.procedure.clone(),
        unit: after.unit.clone(),
        channel: channel.clone(),
        figure: figure.to_string(),
        n: 1,
    }));
    tx.appends.part_deltas.extend(effects.parts.into_iter().map(|(figure, at, part, part_key)| {
        PartDeltaRow {
            id: Id(new_id()),
            day: calendar::day_of(at),
            procedure_code: after.procedure.clone(),
            unit: after.unit.clone(),
            channel: channel.clone(),
            figure: figure.to_string(),
            part: part.to_string(),
            part_key,
            n: 1,
        }
    }));
    let dossier_id = Id(after.id.0);
    let reasons = figure::reasons(before, after, event);
    tx.appends.reasons.extend(reasons.into_iter().map(|reason| ReasonRow { dossier_id, reason }));
    tx.appends.overdue.extend(effects.overdue.map(|span| OverdueRow {
        dossier_id,
        since: Ts(span.since),
        until: Ts(span.until),
    }));
}

const DAYS: Table = Table {
    name: "figure_days",
    keys: &[
        ("day", "date"),
        ("procedure_code", "text"),
        ("unit", "text"),
        ("channel", "text"),
        ("figure", "text"),
    ],
    sums: &["n"],
};

const PART_DAYS: Table = Table {
    name: "figure_part_days",
    keys: &[
        ("day", "date"),
        ("procedure_code", "text"),
        ("unit", "text"),
        ("channel", "text"),
        ("figure", "text"),
        ("part", "text"),
        ("part_key", "text"),
    ],
    sums: &["n"],
};

/// Deltas taken in at once.
const ROLLED_AT_ONCE: i64 = 5_000;

/// Takes deltas into the days; gives how many. In one transaction, so no figure is ever counted
/// twice or missed.
///
/// # Errors
/// Those of the database.
pub fn roll_up(tx: &mut WriteTx<'_>) -> Result<usize, Error> {
    Ok(roll_up_figures(tx)? + roll_up_parts(tx)?)
}

/// Removes the deltas that were taken in, all of them or none.
macro_rules! take_away {
    ($conn:expr, $table:ident, $ids:expr) => {{
        let mut gone = 0;
        for some in $ids.chunks(1_000) {
            gone += diesel::delete($table::table.filter($table::id.eq_any(some))).execute($conn)?;
        }
        if gone != $ids.len() {
            // Another process took some of them in meanwhile.
            return Err(Error::Stale);
        }
        gone
    }};
}

fn roll_up_figures(tx: &mut WriteTx<'_>) -> Result<usize, Error> {
    let conn = tx.change();
    let rows: Vec<DeltaRow> =
        figure_deltas::table.order(figure_deltas::id).limit(ROLLED_AT_ONCE).load(conn)?;
    let mut sums: BTreeMap<(NaiveDate, String, String, String, String), i64> = BTreeMap::new();
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        ids.push(row.id);
        *sums.entry((row.day, row.procedure_code, row.unit, row.channel, row.figure)).or_default() += row.n;
    }
    let gone = take_away!(conn, figure_deltas, ids);
    let (mut days, mut periods) = (Vec::new(), Additions::default());
    for ((day, procedure, unit, channel, figure), n) in sums {
        days.push(json!([day, procedure, unit, channel, figure, n]));
        periods.add(day, &[procedure, unit, channel], &figure, n);
    }
    upsert(conn, &DAYS, days)?;
    periods.write(conn)?;
    Ok(gone)
}

fn roll_up_parts(tx: &mut WriteTx<'_>) -> Result<usize, Error> {
    type Key = (NaiveDate, String, String, String, String, String, String);
    let conn = tx.change();
    let rows: Vec<PartDeltaRow> =
        figure_part_deltas::table.order(figure_part_deltas::id).limit(ROLLED_AT_ONCE).load(conn)?;
    let mut sums: BTreeMap<Key, i64> = BTreeMap::new();
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        ids.push(row.id);
        let key = (row.day, row.procedure_code, row.unit, row.channel, row.figure, row.part, row.part_key);
        *sums.entry(key).or_default() += row.n;
    }
    let gone = take_away!(conn, figure_part_deltas, ids);
    let rows = sums.into_iter().map(|((day, procedure, unit, channel, figure, part, part_key), n)| {
        json!([day, procedure, unit, channel, figure, part, part_key, n])
    });
    upsert(conn, &PART_DAYS, rows.collect())?;
    Ok(gone)
}

/// Whether there is anything to roll up.
///
/// # Errors
/// Those of the database.
pub fn has_deltas(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let found: Option<Id> = figure_deltas::table.select(figure_deltas::id).first(reader.conn).optional()?;
    if found.is_some() {
        return Ok(true);
    }
    let found: Option<Id> =
        figure_part_deltas::table.select(figure_part_deltas::id).first(reader.conn).optional()?;
    Ok(found.is_some())
}
