//! Figures of whole days, months and years, so that a sum over years reads few rows however many dossiers
//! there are.
//!
//! Owns two tables that the roll-up keeps beside the days: by procedure, unit and channel, and by unit alone.
//! What is counted is decided where deltas are made; here it is only added up.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable};
use domain::code::Code;
use domain::dossier::figure::Figure;
use domain::period::{Run, Span, fewest_runs, runs};
use domain::procedure::Channel;

use super::upsert::{Table, upsert};
use super::{Count, Scope};
use crate::backend::{AnyConnection, MultiBackend};
use crate::error::Error;
use crate::one_of::one_of;
use crate::schema::{figure_periods, figure_unit_periods};
use crate::store::Reader;

/// Before everything that is counted.
const BEGINNING: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// The column of what came in online, which is of the figure of what came in.
const ONLINE: &str = "received_online";

/// The columns of figures, in the order of [`Tally`].
const COLUMNS: [&str; 11] = [
    "received",
    ONLINE,
    "approved",
    "rejected",
    "in_time",
    "late",
    "withdrawn",
    "stopped",
    "not_accepted",
    "overdue_began",
    "overdue_ended",
];

const BY_PLACE: Table = Table {
    name: "figure_periods",
    keys: &[
        ("span", "text"),
        ("first", "date"),
        ("procedure_code", "text"),
        ("unit", "text"),
        ("channel", "text"),
    ],
    sums: &COLUMNS,
};

const BY_UNIT: Table = Table {
    name: "figure_unit_periods",
    keys: &[("span", "text"), ("first", "date"), ("unit", "text")],
    sums: &COLUMNS,
};

/// Whether what came in through a channel counts as online.
pub(super) fn is_online(channel: &str) -> bool {
    Channel::ONLINE.iter().any(|c| c.code() == channel)
}

/// A number of each column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally([i64; COLUMNS.len()]);

impl Tally {
    fn add(&mut self, figure: &str, channel: &str, n: i64) {
        for (column, sum) in COLUMNS.iter().zip(&mut self.0) {
            let counts = *column == figure
                || (*column == ONLINE && figure == Figure::Received.code() && is_online(channel));
            if counts {
                *sum += n;
            }
        }
    }

    /// Each number with its column.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, i64)> {
        COLUMNS.into_iter().zip(self.0)
    }

    /// The counts it stands for: what came in online apart from what did not.
    fn counts(&self, of: &Count, out: &mut Vec<Count>) {
        let online = self.columns().find(|(column, _)| *column == ONLINE).map_or(0, |(_, n)| n);
        for (column, n) in self.columns() {
            let (figure, n, online) = match Figure::from_code(column) {
                Some(Figure::Received) => (Figure::Received, n - online, false),
                Some(figure) => (figure, n, false),
                None => (Figure::Received, online, true),
            };
            if n != 0 {
                out.push(Count { figure, n, online, ..of.clone() });
            }
        }
    }
}

type Sum = SqlLiteral<Nullable<BigInt>>;
type Sums = (Sum, Sum, Sum, Sum, Sum, Sum, Sum, Sum, Sum, Sum, Sum);
type Summed = (
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
);

/// The sums of a group, in the order of [`COLUMNS`], less what of `runs` is taken out.
fn sums(runs: &[Run]) -> Sums {
    let taken_out: Vec<String> = runs
        .iter()
        .filter(|run| run.taken_out)
        .map(|run| format!("span = '{}' AND first >= '{}' AND first < '{}'", run.span, run.first, run.end))
        .collect();
    let sign = match taken_out.as_slice() {
        [] => String::new(),
        some => format!(" * CASE WHEN {} THEN -1 ELSE 1 END", some.join(" OR ")),
    };
    let sum = |column: &str| sql::<Nullable<BigInt>>(&format!("CAST(SUM({column}{sign}) AS BIGINT)"));
    let [a, b, c, d, e, f, g, h, i, j, k] = COLUMNS.map(sum);
    (a, b, c, d, e, f, g, h, i, j, k)
}

fn tally((a, b, c, d, e, f, g, h, i, j, k): Summed) -> Tally {
    Tally([a, b, c, d, e, f, g, h, i, j, k].map(|n| n.unwrap_or(0)))
}

/// The condition that a row is of one of some runs of periods.
macro_rules! within_runs {
    ($table:ident, $runs:expr) => {{
        type OneOf = Box<dyn BoxableExpression<$table::table, MultiBackend, SqlType = Bool>>;
        let of_it = |run: &Run| -> OneOf {
            let of_it = $table::span.eq(run.span.to_string());
            Box::new(of_it.and($table::first.ge(run.first)).and($table::first.lt(run.end)))
        };
        let any = $runs.map(of_it).reduce(|any, of_it| Box::new(any.or(of_it)));
        any.unwrap_or_else(|| Box::new(false.into_sql::<Bool>()))
    }};
}

/// Counts by unit, over all procedures and channels; by period too where `by` says how long periods are:
/// each then has the first day of a period or of a part of one.
pub(super) fn by_unit(
    reader: &mut Reader<'_>,
    scope: &Scope,
    by: Option<Span>,
    out: &mut Vec<Count>,
) -> Result<(), Error> {
    use figure_unit_periods as p;
    let from = scope.from.unwrap_or(BEGINNING);
    // What is taken out of a period would count as of a day outside of it.
    let runs = match by {
        Some(span) => runs(from, scope.to, span),
        None => fewest_runs(from, scope.to),
    };
    let of_the_units = one_of(reader.conn, "figure_unit_periods.unit", &scope.units);
    let rows = p::table.filter(within_runs!(p, runs.iter())).filter(of_the_units);
    let nothing = Count {
        figure: Figure::Received,
        day: None,
        procedure: String::new(),
        unit: String::new(),
        channel: String::new(),
        online: false,
        n: 0,
    };
    if by.is_none() {
        let rows: Vec<(String, Summed)> =
            rows.group_by(p::unit).select((p::unit, sums(&runs))).load(reader.conn)?;
        for (unit, summed) in rows {
            tally(summed).counts(&Count { unit, ..nothing.clone() }, out);
        }
    } else {
        let rows: Vec<(NaiveDate, Summed)> =
            rows.group_by(p::first).select((p::first, sums(&runs))).load(reader.conn)?;
        for (day, summed) in rows {
            tally(summed).counts(&Count { day: Some(day), ..nothing.clone() }, out);
        }
    }
    Ok(())
}

/// Counts by procedure, unit and channel of the whole months and years of a time; gives the runs of days
/// that are left over, to be added or taken out.
pub(super) fn by_place(
    reader: &mut Reader<'_>,
    scope: &Scope,
    out: &mut Vec<Count>,
) -> Result<Vec<Run>, Error> {
    use figure_periods as p;
    let runs = fewest_runs(scope.from.unwrap_or(BEGINNING), scope.to);
    let (days, longer): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(|run| run.span == Span::Day);
    if longer.is_empty() {
        return Ok(days);
    }
    let keys = (p::procedure_code, p::unit, p::channel);
    let rows = p::table
        .filter(within_runs!(p, longer.iter()))
        .filter(one_of(reader.conn, "figure_periods.unit", &scope.units))
        .group_by(keys)
        .select((keys, sums(&longer)));
    let mut rows = rows.into_boxed();
    if let Some(procedures) = &scope.procedures {
        rows = rows.filter(p::procedure_code.eq_any(procedures));
    }
    if let Some(channel) = &scope.channel {
        rows = rows.filter(p::channel.eq(channel));
    }
    let rows: Vec<((String, String, String), Summed)> = rows.load(reader.conn)?;
    for ((procedure, unit, channel), summed) in rows {
        let (figure, n) = (Figure::Received, 0);
        let of = Count { figure, day: None, procedure, unit, channel, online: false, n };
        tally(summed).counts(&of, out);
    }
    Ok(days)
}

/// A period with its length and its first day, as text.
type Period = (&'static str, String);

/// What the roll-up adds to the periods.
#[derive(Debug, Default)]
pub(super) struct Additions {
    by_place: BTreeMap<(Period, [String; 3]), Tally>,
    by_unit: BTreeMap<(Period, String), Tally>,
}

impl Additions {
    /// A number of a day.
    pub(super) fn add(&mut self, day: NaiveDate, place: &[String; 3], figure: &str, n: i64) {
        let [_, unit, channel] = place;
        for span in [Span::Day, Span::Month, Span::Year] {
            let period = (span.code(), span.begin(day).to_string());
            self.by_unit.entry((period.clone(), unit.clone())).or_default().add(figure, channel, n);
            if span != Span::Day {
                self.by_place.entry((period, place.clone())).or_default().add(figure, channel, n);
            }
        }
    }

    /// Writes all of it: two statements.
    pub(super) fn write(self, conn: &mut AnyConnection) -> Result<(), Error> {
        let row = |((span, first), keys): (Period, &[String]), tally: &Tally| {
            let keys = [span.to_owned(), first].into_iter().chain(keys.iter().cloned());
            keys.map(serde_json::Value::from).chain(tally.0.map(serde_json::Value::from)).collect()
        };
        let by_place = self.by_place.iter().map(|((period, place), t)| row((period.clone(), place), t));
        upsert(conn, &BY_PLACE, by_place.collect())?;
        let by_unit = self
            .by_unit
            .iter()
            .map(|((period, unit), t)| row((period.clone(), std::slice::from_ref(unit)), t));
        upsert(conn, &BY_UNIT, by_unit.collect())
    }
}

/// What is kept of a unit's periods: by length, first day, and procedure and channel where they are told
/// apart. For the self-check.
///
/// # Errors
/// Those of the database.
pub fn kept_of(
    reader: &mut Reader<'_>,
    unit: &str,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<BTreeMap<PeriodKey, Tally>, Error> {
    use figure_periods as p;
    use figure_unit_periods as u;
    let mut out = BTreeMap::new();
    let rows: Vec<(String, NaiveDate, Summed)> = u::table
        .filter(u::unit.eq(unit))
        .filter(u::span.eq_any([Span::Day, Span::Month, Span::Year].map(Code::code)))
        .filter(u::first.between(first, last))
        .group_by((u::span, u::first))
        .select((u::span, u::first, sums(&[])))
        .load(reader.conn)?;
    for (span, first, summed) in rows {
        out.insert(PeriodKey { span, first, place: None }, tally(summed));
    }
    let rows: Vec<(String, NaiveDate, String, String, Summed)> = p::table
        .filter(p::unit.eq(unit))
        .filter(p::span.eq_any([Span::Month, Span::Year].map(Code::code)))
        .filter(p::first.between(first, last))
        .group_by((p::span, p::first, p::procedure_code, p::channel))
        .select((p::span, p::first, p::procedure_code, p::channel, sums(&[])))
        .load(reader.conn)?;
    for (span, first, procedure, channel, summed) in rows {
        out.insert(PeriodKey { span, first, place: Some((procedure, channel)) }, tally(summed));
    }
    Ok(out)
}

/// What is kept of a unit's days, rolled up, added up to the periods they belong to.
///
/// # Errors
/// Those of the database.
pub fn added_up(
    reader: &mut Reader<'_>,
    unit: &str,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<BTreeMap<PeriodKey, Tally>, Error> {
    use crate::schema::figure_days as d;
    type Row = (NaiveDate, String, String, String, i64);
    let rows: Vec<Row> = d::table
        .filter(d::unit.eq(unit))
        .filter(d::day.between(first, last))
        .select((d::day, d::procedure_code, d::channel, d::figure, d::n))
        .load(reader.conn)?;
    let mut out: BTreeMap<PeriodKey, Tally> = BTreeMap::new();
    for (day, procedure, channel, figure, n) in rows {
        for span in [Span::Day, Span::Month, Span::Year] {
            let (first, code) = (span.begin(day), span.code().to_owned());
            let key = PeriodKey { span: code.clone(), first, place: None };
            out.entry(key).or_default().add(&figure, &channel, n);
            if span != Span::Day {
                let place = Some((procedure.clone(), channel.clone()));
                out.entry(PeriodKey { span: code, first, place }).or_default().add(&figure, &channel, n);
            }
        }
    }
    Ok(out)
}

/// A period that figures of a unit are kept of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeriodKey {
    /// How long it is.
    pub span: String,
    /// Its first day.
    pub first: NaiveDate,
    /// Of which procedure and channel; none for all together.
    pub place: Option<(String, String)>,
}

impl PeriodKey {
    /// What the period is called: `2023-11-15`, `2023-11`, `2023`.
    pub fn text(&self) -> String {
        let period = Span::from_code(&self.span).and_then(|span| span.periods(self.first, self.first, 1));
        period.and_then(|found| found.into_iter().next()).map_or_else(|| self.first.to_string(), |p| p.key)
    }
}
