//! Self-checks: what they look at, and what they found.
//!
//! A nightly check carries its day, which is unique, so that one process of several runs it; it
//! is leased like an import, so that another takes it up when that process dies.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use domain::code::Code;
use domain::dossier::event::Event;
use domain::dossier::figure::{Figure, Part};
use domain::period::Span;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::sum;
use crate::backend::on_each;
use crate::column::{Doc, Id, Ts, code, doc, undoc};
use crate::error::Error;
use crate::schema::{
    dossier_events, dossier_reasons, dossiers, figure_checks, figure_days, figure_deltas, figure_part_days,
    figure_part_deltas, figure_periods, figure_unit_periods,
};
use crate::store::{Reader, WriteTx};

domain::codes! {
    /// How far a check is.
    pub enum CheckState {
        /// At work.
        Running => "running", "Đang chạy", "Running",
        /// Everything agreed.
        Agreed => "agreed", "Khớp", "Agreed",
        /// Something did not.
        Disagreed => "disagreed", "Không khớp", "Disagreed",
        /// It could not be carried out.
        Failed => "failed", "Lỗi", "Failed",
    }
}

/// A number that is not what the events come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The unit that received.
    pub unit: String,
    /// The day, or the period.
    pub period: String,
    /// The procedure; none for a sum of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure: Option<String>,
    /// The channel; none for a sum of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The figure: one of those that are rolled up, or `open` of a whole period.
    pub figure: String,
    /// The reason or officer's unit, where the figure is counted by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What is kept.
    pub rolled_up: i64,
    /// What the events come to.
    pub recounted: i64,
}

/// A check and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Identity.
    pub id: Uuid,
    /// The night it belongs to; none when somebody asked for it.
    pub day: Option<NaiveDate>,
    /// How far it is.
    pub state: CheckState,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// First day compared.
    pub first_day: NaiveDate,
    /// Last day compared.
    pub last_day: NaiveDate,
    /// Dossiers counted anew.
    pub dossiers: i64,
    /// Numbers compared.
    pub comparisons: i64,
    /// Numbers that differ.
    pub faults: i64,
    /// The first of them.
    pub findings: Vec<Finding>,
    /// Why it could not be carried out.
    pub failure: Option<String>,
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = figure_checks)]
struct CheckRow {
    id: Id,
    day: Option<NaiveDate>,
    state: String,
    started_at: Ts,
    finished_at: Option<Ts>,
    first_day: NaiveDate,
    last_day: NaiveDate,
    dossiers: i64,
    comparisons: i64,
    faults: i64,
    findings: Doc,
    failure: Option<String>,
    lease_owner: Option<Id>,
    lease_until: Option<Ts>,
}

impl CheckRow {
    fn read(self) -> Result<Check, Error> {
        Ok(Check {
            id: self.id.0,
            day: self.day,
            state: code(&self.state)?,
            started_at: self.started_at.0,
            finished_at: self.finished_at.map(|t| t.0),
            first_day: self.first_day,
            last_day: self.last_day,
            dossiers: self.dossiers,
            comparisons: self.comparisons,
            faults: self.faults,
            findings: undoc(self.findings)?,
            failure: self.failure,
        })
    }
}

/// How long a silent process keeps a check.
const LEASE_SECONDS: i64 = 300;

/// Whether the check of a night is done, or somebody is at it.
///
/// # Errors
/// Those of the database.
pub fn taken(reader: &mut Reader<'_>, day: NaiveDate, now: DateTime<Utc>) -> Result<bool, Error> {
    let row: Option<CheckRow> =
        figure_checks::table.filter(figure_checks::day.eq(day)).first(reader.conn).optional()?;
    Ok(row.is_some_and(|row| {
        row.state != CheckState::Running.to_string() || row.lease_until.is_some_and(|until| until.0 >= now)
    }))
}

/// Begins a check; says whether it is ours. A nightly one that somebody else has begun is not,
/// unless they went silent: then it begins anew under its own identity.
///
/// # Errors
/// Those of the database.
pub fn begin(tx: &mut WriteTx<'_>, check: &Check, owner: Uuid) -> Result<bool, Error> {
    let conn = tx.change();
    if let Some(day) = check.day {
        let silent = figure_checks::table
            .filter(figure_checks::day.eq(day))
            .filter(figure_checks::state.eq(CheckState::Running.to_string()))
            .filter(figure_checks::lease_until.lt(Ts(check.started_at)));
        diesel::delete(silent).execute(conn)?;
    }
    let row = CheckRow {
        id: Id(check.id),
        day: check.day,
        state: CheckState::Running.to_string(),
        started_at: Ts(check.started_at),
        finished_at: None,
        first_day: check.first_day,
        last_day: check.last_day,
        dossiers: 0,
        comparisons: 0,
        faults: 0,
        findings: doc(&Vec::<Finding>::new())?,
        failure: None,
        lease_owner: Some(Id(owner)),
        lease_until: Some(Ts(check.started_at + Duration::seconds(LEASE_SECONDS))),
    };
    let made = on_each!(conn, inner => diesel::insert_into(figure_checks::table)
        .values(&row)
        .on_conflict(figure_checks::day)
        .do_nothing()
        .execute(inner))?;
    Ok(made == 1)
}

/// Says that a check goes on; [`Error::Stale`] when somebody else has taken it over.
///
/// # Errors
/// Those of the database.
pub fn renew(tx: &mut WriteTx<'_>, id: Uuid, owner: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    let mine = figure_checks::table.find(Id(id)).filter(figure_checks::lease_owner.eq(Some(Id(owner))));
    let until = Some(Ts(now + Duration::seconds(LEASE_SECONDS)));
    let done = diesel::update(mine).set(figure_checks::lease_until.eq(until)).execute(tx.change())?;
    if done == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Takes back a check that was not carried to its end, so that whoever looks next begins it anew.
///
/// # Errors
/// Those of the database.
pub fn give_up(tx: &mut WriteTx<'_>, id: Uuid, owner: Uuid) -> Result<(), Error> {
    let mine = figure_checks::table
        .find(Id(id))
        .filter(figure_checks::lease_owner.eq(Some(Id(owner))))
        .filter(figure_checks::state.eq(CheckState::Running.to_string()));
    diesel::delete(mine).execute(tx.change())?;
    Ok(())
}

/// Records how a check ended.
///
/// # Errors
/// [`Error::Stale`] when somebody else has taken it over; those of the database.
pub fn finish(tx: &mut WriteTx<'_>, check: &Check, owner: Uuid) -> Result<(), Error> {
    let mine = figure_checks::table.find(Id(check.id)).filter(figure_checks::lease_owner.eq(Some(Id(owner))));
    let done = diesel::update(mine)
        .set((
            figure_checks::state.eq(check.state.to_string()),
            figure_checks::finished_at.eq(check.finished_at.map(Ts)),
            figure_checks::dossiers.eq(check.dossiers),
            figure_checks::comparisons.eq(check.comparisons),
            figure_checks::faults.eq(check.faults),
            figure_checks::findings.eq(doc(&check.findings)?),
            figure_checks::failure.eq(&check.failure),
            figure_checks::lease_owner.eq(None::<Id>),
            figure_checks::lease_until.eq(None::<Ts>),
        ))
        .execute(tx.change())?;
    if done == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Checks, newest first, after the given place.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Check>, Error> {
    use figure_checks as c;
    let mut query = c::table.into_boxed();
    if let Some((at, id)) = after {
        query = query.filter(c::started_at.lt(Ts(at)).or(c::started_at.eq(Ts(at)).and(c::id.lt(Id(id)))));
    }
    let rows: Vec<CheckRow> =
        query.order((c::started_at.desc(), c::id.desc())).limit(limit).load(reader.conn)?;
    rows.into_iter().map(CheckRow::read).collect()
}

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
            type Row = (NaiveDate, String, String, String, Option<i64>);
            let rows: Vec<Row> = $table::table
                .filter($table::unit.eq(unit))
                .filter($table::day.between(from, to))
                .group_by(($table::day, $table::procedure_code, $table::channel, $table::figure))
                .select(($table::day, $table::procedure_code, $table::channel, $table::figure, sum()))
                .load(reader.conn)?;
            for (day, procedure, channel, figure, n) in rows {
                let figure = code(&figure)?;
                out.push((Kept { day, procedure, channel, figure, part: None }, n.unwrap_or(0)));
            }
        }};
    }
    figures!(figure_days);
    figures!(figure_deltas);
    macro_rules! parts {
        ($table:ident) => {{
            type Row = (NaiveDate, String, String, String, String, String, Option<i64>);
            let keys = (
                $table::day,
                $table::procedure_code,
                $table::channel,
                $table::figure,
                $table::part,
                $table::part_key,
            );
            let columns = (
                $table::day,
                $table::procedure_code,
                $table::channel,
                $table::figure,
                $table::part,
                $table::part_key,
                sum(),
            );
            let rows: Vec<Row> = $table::table
                .filter($table::unit.eq(unit))
                .filter($table::part.eq_any(part_codes()))
                .filter($table::day.between(from, to))
                .group_by(keys)
                .select(columns)
                .load(reader.conn)?;
            for (day, procedure, channel, figure, part, key, n) in rows {
                let (figure, part) = (code(&figure)?, Some((code(&part)?, key)));
                out.push((Kept { day, procedure, channel, figure, part }, n.unwrap_or(0)));
            }
        }};
    }
    parts!(figure_part_days);
    parts!(figure_part_deltas);
    Ok(out)
}
