//! Self-checks: what they look at (`compared`), and what they found.
//!
//! A nightly check carries its day, which is unique, so that one process of several runs it; it
//! is leased like an import, so that another takes it up when that process dies.

mod compared;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::compared::{History, Kept, histories, kept, units, years};
use crate::backend::on_each;
use crate::column::{Doc, Id, Ts, code, doc, undoc};
use crate::error::Error;
use crate::schema::figure_checks;
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
