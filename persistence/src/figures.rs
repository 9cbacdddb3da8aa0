//! Figures: counted from what happened, rolled up by day.
//!
//! A change appends deltas; a job takes them into the days (`deltas`) and into whole months and years
//! (`periods`); a figure is the sum of both, so it is right whenever the job last ran. A figure of a moment within a day adds the dossiers of
//! that day up to the moment. What is open and past its due date is the one figure that time
//! itself changes: spans that are over are rolled up like the rest, those that last are read from
//! the dossiers. `checks` counts everything anew from the events.

pub mod checks;
mod deltas;
mod moments;
pub(crate) mod overdue;
pub mod periods;
mod upsert;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use domain::dossier::figure::{Figure, Part};
use domain::period::Span;

pub(crate) use self::deltas::{DeltaRow, OverdueRow, PartDeltaRow, ReasonRow, append};
pub use self::deltas::{has_deltas, roll_up};
pub use self::moments::{part_of_day, parts_of_day};
pub use self::overdue::{StillOverdue, still_overdue};
use crate::backend::AnyConnection;
use crate::column::code;
use crate::error::Error;
use crate::one_of::one_of;
use crate::schema::{figure_days, figure_deltas, figure_part_days, figure_part_deltas};
use crate::store::Reader;

/// One count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// What happened.
    pub figure: Figure,
    /// On which day; none where days were summed up.
    pub day: Option<NaiveDate>,
    /// To dossiers of which procedure; empty where they were summed up.
    pub procedure: String,
    /// Received by which unit; empty where they were summed up.
    pub unit: String,
    /// Through which channel; empty where they were summed up.
    pub channel: String,
    /// Of what was submitted: whether it came in online.
    pub online: bool,
    /// How many.
    pub n: i64,
}

/// How far figures are summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// By procedure, unit and channel; days are summed up.
    Place,
    /// By unit; the rest is summed up.
    Unit,
    /// By periods of this length, or parts of them; the rest is summed up.
    Periods(Span),
}

/// What is counted.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only these procedures.
    pub procedures: Option<Vec<String>>,
    /// Only this channel.
    pub channel: Option<String>,
    /// Only what these units received.
    pub units: Vec<String>,
    /// Only what happened from this day on.
    pub from: Option<NaiveDate>,
    /// Only what happened up to the end of this day.
    pub to: NaiveDate,
}

/// The unit of a dossier, where another column leads to the few that are meant. SQLite, which keeps no count
/// of what an index holds, is told not to go through all that some units ever received.
fn beside(conn: &AnyConnection) -> &'static str {
    if conn.is_sqlite() { "+dossiers.unit" } else { "dossiers.unit" }
}

/// Narrows a query over dossiers to the procedures and the channel of a scope.
macro_rules! of_kind {
    ($query:expr, $scope:expr) => {{
        let mut query = $query.into_boxed();
        if let Some(procedures) = &$scope.procedures {
            query = query.filter(dossiers::procedure_code.eq_any(procedures));
        }
        if let Some(channel) = &$scope.channel {
            query = query.filter(dossiers::channel.eq(channel));
        }
        query
    }};
}
use of_kind;

/// Narrows a query over dossiers that another column leads to.
macro_rules! of_them {
    ($query:expr, $reader:expr, $scope:expr) => {{
        let unit = beside(&*$reader.conn);
        of_kind!($query.filter(one_of(&*$reader.conn, unit, &$scope.units)), $scope)
    }};
}
use of_them;

/// Narrows a query over a table with the columns of the figures.
macro_rules! within {
    ($query:expr, $table:ident, $reader:expr, $scope:expr) => {{
        let unit = concat!(stringify!($table), ".unit");
        let mut query = $query.filter(one_of($reader.conn, unit, &$scope.units)).into_boxed();
        if let Some(procedures) = &$scope.procedures {
            query = query.filter($table::procedure_code.eq_any(procedures));
        }
        if let Some(channel) = &$scope.channel {
            query = query.filter($table::channel.eq(channel));
        }
        query
    }};
}

/// The sum of the counts of a group.
fn sum() -> SqlLiteral<Nullable<BigInt>> {
    sql("CAST(SUM(n) AS BIGINT)")
}

/// Counts up to the end of `scope.to`. To be read in one snapshot with the rest of an answer.
///
/// # Errors
/// Those of the database.
pub fn counts(reader: &mut Reader<'_>, scope: &Scope, grain: Grain) -> Result<Vec<Count>, Error> {
    let mut out = Vec::new();
    let whole = scope.procedures.is_none() && scope.channel.is_none();
    match grain {
        Grain::Unit if whole => periods::by_unit(reader, scope, None, &mut out)?,
        Grain::Periods(span) if whole => periods::by_unit(reader, scope, Some(span), &mut out)?,
        Grain::Periods(_) => days(reader, scope, grain, &mut out)?,
        Grain::Place | Grain::Unit => {
            for run in periods::by_place(reader, scope, &mut out)? {
                let to = run.end.pred_opt().unwrap_or(run.end);
                let part = Scope { from: Some(run.first), to, ..scope.clone() };
                let already = out.len();
                days(reader, &part, grain, &mut out)?;
                if run.taken_out {
                    out.iter_mut().skip(already).for_each(|count| count.n = -count.n);
                }
            }
        }
    }
    not_rolled_up(reader, scope, grain, &mut out)?;
    Ok(out)
}

/// Counts of a table of days.
macro_rules! sums {
    ($table:ident, $reader:expr, $scope:expr, $grain:expr, $out:expr) => {{
        let base = $table::table.filter($table::day.le($scope.to));
        match $grain {
            Grain::Place | Grain::Unit => {
                type Row = (String, String, String, String, Option<i64>);
                let keys = ($table::figure, $table::procedure_code, $table::unit, $table::channel);
                let columns = ($table::figure, $table::procedure_code, $table::unit, $table::channel, sum());
                let mut query = within!(base.group_by(keys).select(columns), $table, $reader, $scope);
                if let Some(from) = $scope.from {
                    query = query.filter($table::day.ge(from));
                }
                for (figure, procedure, unit, channel, n) in query.load::<Row>($reader.conn)? {
                    let (figure, online) = (code(&figure)?, periods::is_online(&channel));
                    let n = n.unwrap_or(0);
                    $out.push(Count { figure, day: None, procedure, unit, channel, online, n });
                }
            }
            Grain::Periods(_) => {
                type Row = (String, NaiveDate, String, Option<i64>);
                let keys = ($table::figure, $table::day, $table::channel);
                let columns = ($table::figure, $table::day, $table::channel, sum());
                let mut query = within!(base.group_by(keys).select(columns), $table, $reader, $scope);
                if let Some(from) = $scope.from {
                    query = query.filter($table::day.ge(from));
                }
                for (figure, day, channel, n) in query.load::<Row>($reader.conn)? {
                    let (procedure, unit) = (String::new(), String::new());
                    let (figure, online) = (code(&figure)?, periods::is_online(&channel));
                    let n = n.unwrap_or(0);
                    $out.push(Count { figure, day: Some(day), procedure, unit, channel, online, n });
                }
            }
        }
    }};
}

/// Counts that were rolled up, day by day.
fn days(reader: &mut Reader<'_>, scope: &Scope, grain: Grain, out: &mut Vec<Count>) -> Result<(), Error> {
    sums!(figure_days, reader, scope, grain, out);
    Ok(())
}

/// Counts that the roll-up has not taken in yet.
fn not_rolled_up(
    reader: &mut Reader<'_>,
    scope: &Scope,
    grain: Grain,
    out: &mut Vec<Count>,
) -> Result<(), Error> {
    sums!(figure_deltas, reader, scope, grain, out);
    Ok(())
}

/// A count by reason or by officer's unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartCount {
    /// What happened.
    pub figure: Figure,
    /// Key of the part.
    pub key: String,
    /// How many.
    pub n: i64,
}

/// Counts by the keys of a part, up to the end of `scope.to`.
///
/// # Errors
/// Those of the database.
pub fn parts(reader: &mut Reader<'_>, scope: &Scope, part: Part) -> Result<Vec<PartCount>, Error> {
    let mut out = Vec::new();
    macro_rules! sums {
        ($table:ident) => {{
            let base = $table::table
                .filter($table::day.le(scope.to))
                .filter($table::part.eq(part.to_string()))
                .group_by(($table::figure, $table::part_key))
                .select(($table::figure, $table::part_key, sum()));
            let mut query = within!(base, $table, reader, scope);
            if let Some(from) = scope.from {
                query = query.filter($table::day.ge(from));
            }
            for (figure, key, n) in query.load::<(String, String, Option<i64>)>(reader.conn)? {
                out.push(PartCount { figure: code(&figure)?, key, n: n.unwrap_or(0) });
            }
        }};
    }
    sums!(figure_part_days);
    sums!(figure_part_deltas);
    Ok(out)
}
