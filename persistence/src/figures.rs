//! Figures: counted from what happened, rolled up by day.
//!
//! A change appends deltas; a job takes them into the days; a figure is the sum of both, so it is
//! right whenever the job last ran. A figure of a moment within a day adds the dossiers of that
//! day up to the moment.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Text};
use domain::calendar;
use domain::dossier::Dossier;
use domain::dossier::figure::{self, Figure};

use crate::column::{Id, Ts, code};
use crate::error::Error;
use crate::schema::{figure_days, figure_deltas};
use crate::store::{Reader, WriteTx, new_id};

#[derive(Insertable, Queryable, Debug)]
#[diesel(table_name = figure_deltas)]
pub(crate) struct DeltaRow {
    id: Id,
    day: NaiveDate,
    procedure_code: String,
    unit: String,
    channel: String,
    figure: String,
    n: i64,
}

/// Appends what a change adds to the figures.
pub(crate) fn append(tx: &mut WriteTx<'_>, before: Option<&Dossier>, after: &Dossier) {
    for (figure, at) in figure::effects(before, after) {
        tx.appends.deltas.push(DeltaRow {
            id: Id(new_id()),
            day: calendar::day_of(at),
            procedure_code: after.procedure.clone(),
            unit: after.unit.clone(),
            channel: after.channel.to_string(),
            figure: figure.to_string(),
            n: 1,
        });
    }
}

/// Deltas taken in at once.
const ROLLED_AT_ONCE: i64 = 5_000;

/// Takes deltas into the days; gives how many. In one transaction, so no figure is ever counted
/// twice or missed.
///
/// # Errors
/// Those of the database.
pub fn roll_up(tx: &mut WriteTx<'_>) -> Result<usize, Error> {
    let conn = tx.change();
    let rows: Vec<DeltaRow> =
        figure_deltas::table.order(figure_deltas::id).limit(ROLLED_AT_ONCE).load(conn)?;
    let mut sums: std::collections::BTreeMap<(NaiveDate, String, String, String, String), i64> =
        Default::default();
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        ids.push(row.id);
        *sums.entry((row.day, row.procedure_code, row.unit, row.channel, row.figure)).or_default() += row.n;
    }
    let mut gone = 0;
    for some in ids.chunks(1_000) {
        gone += diesel::delete(figure_deltas::table.filter(figure_deltas::id.eq_any(some))).execute(conn)?;
    }
    if gone != ids.len() {
        // Another process took some of them in meanwhile.
        return Err(Error::Stale);
    }
    for ((day, procedure, unit, channel, figure), n) in sums {
        diesel::sql_query(
            "INSERT INTO figure_days (day, procedure_code, unit, channel, figure, n) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (day, procedure_code, unit, channel, figure) DO UPDATE SET n = figure_days.n + excluded.n",
        )
        .bind::<Date, _>(day)
        .bind::<Text, _>(procedure)
        .bind::<Text, _>(unit)
        .bind::<Text, _>(channel)
        .bind::<Text, _>(figure)
        .bind::<BigInt, _>(n)
        .execute(conn)?;
    }
    Ok(gone)
}

/// One count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// What happened.
    pub figure: Figure,
    /// To dossiers of which procedure.
    pub procedure: String,
    /// Received by which unit.
    pub unit: String,
    /// Through which channel.
    pub channel: String,
    /// How many.
    pub n: i64,
}

/// What is counted.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only this procedure.
    pub procedure: Option<String>,
    /// Only what these units received.
    pub units: Vec<String>,
    /// Only what happened from this day on.
    pub from: Option<NaiveDate>,
    /// Only what happened up to the end of this day.
    pub to: NaiveDate,
}

/// Counts up to the end of `scope.to`, by figure, procedure, unit and channel. To be read in one
/// snapshot with the rest of an answer.
///
/// # Errors
/// Those of the database.
pub fn counts(reader: &mut Reader<'_>, scope: &Scope) -> Result<Vec<Count>, Error> {
    type Row = (String, String, String, String, Option<i64>);
    macro_rules! sums {
        ($table:ident) => {{
            let mut query = $table::table
                .filter($table::day.le(scope.to))
                .filter($table::unit.eq_any(&scope.units))
                .group_by(($table::figure, $table::procedure_code, $table::unit, $table::channel))
                .select((
                    $table::figure,
                    $table::procedure_code,
                    $table::unit,
                    $table::channel,
                    diesel::dsl::sql::<diesel::sql_types::Nullable<BigInt>>("CAST(SUM(n) AS BIGINT)"),
                ))
                .into_boxed();
            if let Some(from) = scope.from {
                query = query.filter($table::day.ge(from));
            }
            if let Some(procedure) = &scope.procedure {
                query = query.filter($table::procedure_code.eq(procedure));
            }
            query.load::<Row>(reader.conn)?
        }};
    }
    let mut rows = sums!(figure_days);
    rows.extend(sums!(figure_deltas));
    rows.into_iter()
        .map(|(figure, procedure, unit, channel, n)| {
            Ok(Count { figure: code(&figure)?, procedure, unit, channel, n: n.unwrap_or(0) })
        })
        .collect()
}

/// Counts of a part of a day: from `from` to `until`, both included, straight from the dossiers.
///
/// # Errors
/// Those of the database.
pub fn part_of_day(
    reader: &mut Reader<'_>,
    scope: &Scope,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Count>, Error> {
    use crate::schema::dossiers as d;
    type Row = (String, String, String, String, Option<String>, Option<Ts>, Option<Ts>);
    let columns = (d::procedure_code, d::unit, d::channel, d::status, d::outcome, d::due_at, d::completed_at);
    macro_rules! within {
        ($column:expr) => {{
            let mut query = d::table
                .filter($column.ge(Ts(from)))
                .filter($column.le(Ts(until)))
                .filter(d::unit.eq_any(&scope.units))
                .select(columns)
                .into_boxed();
            if let Some(procedure) = &scope.procedure {
                query = query.filter(d::procedure_code.eq(procedure));
            }
            query.load::<Row>(reader.conn)?
        }};
    }
    let mut out = Vec::new();
    let mut add = |figure, row: &Row| {
        out.push(Count {
            figure,
            procedure: row.0.clone(),
            unit: row.1.clone(),
            channel: row.2.clone(),
            n: 1,
        });
    };
    for row in within!(d::submitted_at) {
        add(Figure::Received, &row);
    }
    for row in within!(d::completed_at) {
        add(if row.4.as_deref() == Some("approved") { Figure::Approved } else { Figure::Rejected }, &row);
        let late = row.5.zip(row.6).is_some_and(|(due, done)| done > due);
        add(if late { Figure::Late } else { Figure::InTime }, &row);
    }
    for row in within!(d::ended_at) {
        match row.3.as_str() {
            "not_accepted" => add(Figure::NotAccepted, &row),
            "withdrawn" => add(Figure::Withdrawn, &row),
            "stopped" => add(Figure::Stopped, &row),
            _ => {}
        }
    }
    Ok(out)
}

/// Whether there is anything to roll up.
///
/// # Errors
/// Those of the database.
pub fn has_deltas(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let found: Option<Id> = figure_deltas::table.select(figure_deltas::id).first(reader.conn).optional()?;
    Ok(found.is_some())
}
