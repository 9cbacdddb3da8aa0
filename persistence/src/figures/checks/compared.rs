//! What a self-check compares: the events of dossiers on one side, the sums that are kept on the other.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use diesel::prelude::*;
use domain::code::Code;
use domain::dossier::event::Event;
use domain::dossier::figure::{Figure, Part};
use domain::period::Span;
use uuid::Uuid;

use crate::column::{Doc, Id, Ts, code, undoc};
use crate::error::Error;
use crate::figures::sum;
use crate::schema::{
    dossier_events, dossier_reasons, dossiers, figure_days, figure_deltas, figure_part_days,
    figure_part_deltas, figure_periods, figure_unit_periods,
};
use crate::store::Reader;

/// Every unit that has dossiers or figures.
///
/// # Errors
/// Those of the database.
pub fn units(reader: &mut Reader<'_>) -> Result<Vec<String>, Error> {
    let mut found: Vec<String> = dossiers::table.select(dossiers::unit).distinct().load(reader.conn)?;
    found.extend(figure_days::table.select(figure_days::unit).distinct().load::<String>(reader.conn)?);
    found.extend(
        figure_part_days::table.select(figure_part_days::unit).distinct().load::<String>(reader.conn)?,
    );
    found.sort();
    found.dedup();
    Ok(found)
}

/// A dossier with what its figures are counted anew from.
#[derive(Debug, Clone)]
pub struct History {
    /// Identity.
    pub id: Uuid,
    /// Submitted.
    pub submitted_at: DateTime<Utc>,
    /// Procedure.
    pub procedure: String,
    /// Channel.
    pub channel: String,
    /// Its events, in their order.
    pub events: Vec<Event>,
    /// Why it was refused.
    pub reasons: Vec<String>,
}

/// The next dossiers of a unit that were not over before an instant, oldest first, at most `limit`.
/// Three statements.
///
/// # Errors
/// Those of the database.
pub fn histories(
    reader: &mut Reader<'_>,
    unit: &str,
    since: DateTime<Utc>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<History>, Error> {
    use dossiers as d;
    let mut query = d::table
        .filter(d::unit.eq(unit))
        .filter(d::completed_at.is_null().or(d::completed_at.assume_not_null().ge(Ts(since))))
        .filter(d::ended_at.is_null().or(d::ended_at.assume_not_null().ge(Ts(since))))
        .select((d::id, d::submitted_at, d::procedure_code, d::channel))
        .into_boxed();
    if let Some((at, id)) = after {
        query = query.filter(d::submitted_at.gt(Ts(at)).or(d::submitted_at.eq(Ts(at)).and(d::id.gt(Id(id)))));
    }
    let rows: Vec<(Id, Ts, String, String)> =
        query.order((d::submitted_at, d::id)).limit(limit).load(reader.conn)?;
    let ids: Vec<Id> = rows.iter().map(|(id, ..)| *id).collect();
    let mut events: std::collections::HashMap<Id, Vec<Event>> = std::collections::HashMap::new();
    let bodies: Vec<(Id, Doc)> = dossier_events::table
        .filter(dossier_events::dossier_id.eq_any(&ids))
        .order((dossier_events::dossier_id, dossier_events::seq))
        .select((dossier_events::dossier_id, dossier_events::body))
        .load(reader.conn)?;
    for (id, body) in bodies {
        events.entry(id).or_default().push(undoc(body)?);
    }
    let mut reasons: std::collections::HashMap<Id, Vec<String>> = std::collections::HashMap::new();
    let coded: Vec<(Id, String)> = dossier_reasons::table
        .filter(dossier_reasons::dossier_id.eq_any(&ids))
        .select((dossier_reasons::dossier_id, dossier_reasons::reason))
        .load(reader.conn)?;
    for (id, reason) in coded {
        reasons.entry(id).or_default().push(reason);
    }
    Ok(rows
        .into_iter()
        .map(|(id, submitted_at, procedure, channel)| History {
            id: id.0,
            submitted_at: submitted_at.0,
            procedure,
            channel,
            events: events.remove(&id).unwrap_or_default(),
            reasons: reasons.remove(&id).unwrap_or_default(),
        })
        .collect())
}

/// A number that is kept for a unit and a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// The day.
    pub day: NaiveDate,
    /// Procedure.
    pub procedure: String,
    /// Channel.
    pub channel: String,
    /// What happened.
    pub figure: Figure,
    /// By which reason or officer's unit, for the numbers that are kept so.
    pub part: Option<(Part, String)>,
}

/// The years for which anything is kept of a unit, each from its first day to its last.
///
/// # Errors
/// Those of the database.
pub fn years(reader: &mut Reader<'_>, unit: &str) -> Result<Vec<(NaiveDate, NaiveDate)>, Error> {
    use diesel::dsl::{max, min};
    let mut days: Vec<NaiveDate> = Vec::new();
    macro_rules! ends {
        ($table:ident, $day:ident) => {
            ends!($table::table.filter($table::unit.eq(unit)), $table, $day)
        };
        ($rows:expr, $table:ident, $day:ident) => {{
            let found: (Option<NaiveDate>, Option<NaiveDate>) =
                $rows.select((min($table::$day), max($table::$day))).first(reader.conn)?;
            days.extend(found.0.into_iter().chain(found.1));
        }};
    }
    ends!(figure_days, day);
    ends!(figure_deltas, day);
    ends!(figure_part_deltas, day);
    let parts = figure_part_days::table.filter(figure_part_days::unit.eq(unit));
    ends!(parts.filter(figure_part_days::part.eq_any(part_codes())), figure_part_days, day);
    // Their key leads by length and day: all units' years are found at once, one unit's only by going through all.
    ends!(figure_periods::table.filter(figure_periods::span.eq(Span::Year.code())), figure_periods, first);
    let whole_units = figure_unit_periods::table.filter(figure_unit_periods::span.eq(Span::Year.code()));
    ends!(whole_units, figure_unit_periods, first);
    let years = days.iter().map(Datelike::year).min().zip(days.iter().map(Datelike::year).max());
    let Some((first, last)) = years else { return Ok(Vec::new()) };
    let whole = |year| NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31));
    Ok((first..=last).filter_map(whole).collect())
}

/// The kinds of parts, which lead to the index of parts by unit.
fn part_codes() -> Vec<String> {
    Part::ALL.iter().map(ToString::to_string).collect()
}

/// Everything that is kept for a unit from a day to a day, rolled up or not yet.
///
/// # Errors
/// Those of the database.
pub fn kept(
    reader: &mut Reader<'_>,
    unit: &str,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<(Kept, i64)>, Error> {
    let mut out = Vec::new();
    macro_rules! figures {
        ($table:ident) => {{
            type Row = ((NaiveDate, String, String, String), Option<i64>);
            let keys = ($table::day, $table::procedure_code, $table::channel, $table::figure);
            let rows: Vec<Row> = $table::table
                .filter($table::unit.eq(unit))
                .filter($table::day.between(from, to))
                .group_by(keys)
                .select((keys, sum()))
                .load(reader.conn)?;
            for ((day, procedure, channel, figure), n) in rows {
                let figure = code(&figure)?;
                out.push((Kept { day, procedure, channel, figure, part: None }, n.unwrap_or(0)));
            }
        }};
    }
    figures!(figure_days);
    figures!(figure_deltas);
    macro_rules! parts {
        ($table:ident) => {{
            type Row = ((NaiveDate, String, String, String, String, String), Option<i64>);
            let keys = (
                $table::day,
                $table::procedure_code,
                $table::channel,
                $table::figure,
                $table::part,
                $table::part_key,
            );
            let rows: Vec<Row> = $table::table
                .filter($table::unit.eq(unit))
                .filter($table::part.eq_any(part_codes()))
                .filter($table::day.between(from, to))
                .group_by(keys)
                .select((keys, sum()))
                .load(reader.conn)?;
            for ((day, procedure, channel, figure, part, key), n) in rows {
                let (figure, part) = (code(&figure)?, Some((code(&part)?, key)));
                out.push((Kept { day, procedure, channel, figure, part }, n.unwrap_or(0)));
            }
        }};
    }
    parts!(figure_part_days);
    parts!(figure_part_deltas);
    Ok(out)
}
