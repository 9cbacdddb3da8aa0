//! Rehearsals of rule books: what a publication would move, counted by a job that is leased and
//! resumable.
//!
//! Place and counts move on together, in one statement: a killed worker loses what it looked at since
//! and counts nothing twice. A rehearsal writes no dossier.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use domain::access::Role;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Doc, Id, Ts, code, doc, undoc};
use crate::dossiers::reckoned::Place;
use crate::error::Error;
use crate::schema::rule_book_rehearsals as rehearsals;
use crate::store::{Reader, WriteTx};

domain::codes! {
    /// How far a rehearsal is.
    pub enum RehearsalState {
        /// Asked for, not begun.
        Queued => "queued", "Đang chờ", "Queued",
        /// Being worked.
        Running => "running", "Đang chạy", "Running",
        /// Every open dossier was looked at.
        Completed => "completed", "Đã xong", "Completed",
        /// The draft was changed, or another version came into force: the counts would be of neither.
        Superseded => "superseded", "Không còn đúng với bộ quy định", "Superseded by a change of the rule book",
    }
}

impl RehearsalState {
    /// Whether it goes no further.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Superseded)
    }
}

/// How many due dates cannot be reckoned for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonCount {
    /// In Vietnamese.
    pub message_vi: String,
    /// In English.
    pub message_en: String,
    /// Dossiers.
    pub dossiers: i64,
}

/// What would become of the due dates of open dossiers, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Dossiers looked at.
    pub examined: i64,
    /// Those that would move.
    pub moved: i64,
    /// Those due later.
    pub later: i64,
    /// Those due earlier.
    pub earlier: i64,
    /// Those whose due date could not be reckoned.
    pub failed: i64,
    /// How many would move by how many days; less than nothing for earlier.
    pub shifts: BTreeMap<i64, i64>,
    /// Why they could not be reckoned, by the code of the reason.
    pub reasons: BTreeMap<String, ReasonCount>,
}

/// A rehearsal and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// Identity.
    pub id: Uuid,
    /// What is rehearsed: identity of a draft or name of a version.
    pub rule_book: String,
    /// Its revision when it was asked for.
    pub revision: i64,
    /// The version in force when it was asked for.
    pub in_force: String,
    /// How far it is.
    pub state: RehearsalState,
    /// Who asked for it.
    pub created_by: Uuid,
    /// Their user name.
    pub created_by_name: String,
    /// In which role.
    pub role: Role,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Open dossiers when it was asked for.
    pub total: i64,
    /// What was found so far.
    pub counts: Counts,
    /// The last dossier looked at.
    pub place: Option<Place>,
}

#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = rehearsals)]
struct JobRow {
    id: Id,
    rule_book: String,
    revision: i64,
    in_force: String,
    state: String,
    created_by: Id,
    created_by_name: String,
    role: String,
    created_at: Ts,
    finished_at: Option<Ts>,
    dossiers_total: i64,
    dossiers_examined: i64,
    dossiers_moved: i64,
    dossiers_later: i64,
    dossiers_earlier: i64,
    dossiers_failed: i64,
    shifts: Doc,
    reasons: Doc,
    place_calendar: Option<String>,
    place_id: Option<Id>,
    lease_owner: Option<Id>,
    lease_until: Option<Ts>,
}

impl JobRow {
    fn of(job: &Rehearsal) -> Result<Self, Error> {
        let (calendar, place) = job.place.clone().unzip();
        Ok(Self {
            id: Id(job.id),
            rule_book: job.rule_book.clone(),
            revision: job.revision,
            in_force: job.in_force.clone(),
            state: job.state.to_string(),
            created_by: Id(job.created_by),
            created_by_name: job.created_by_name.clone(),
            role: job.role.to_string(),
            created_at: Ts(job.created_at),
            finished_at: job.finished_at.map(Ts),
            dossiers_total: job.total,
            dossiers_examined: job.counts.examined,
            dossiers_moved: job.counts.moved,
            dossiers_later: job.counts.later,
            dossiers_earlier: job.counts.earlier,
            dossiers_failed: job.counts.failed,
            shifts: doc(&job.counts.shifts)?,
            reasons: doc(&job.counts.reasons)?,
            place_calendar: calendar,
            place_id: place.map(Id),
            lease_owner: None,
            lease_until: None,
        })
    }

    fn read(self) -> Result<Rehearsal, Error> {
        Ok(Rehearsal {
            id: self.id.0,
            rule_book: self.rule_book,
            revision: self.revision,
            in_force: self.in_force,
            state: code(&self.state)?,
            created_by: self.created_by.0,
            created_by_name: self.created_by_name,
            role: code(&self.role)?,
            created_at: self.created_at.0,
            finished_at: self.finished_at.map(|t| t.0),
            total: self.dossiers_total,
            counts: Counts {
                examined: self.dossiers_examined,
                moved: self.dossiers_moved,
                later: self.dossiers_later,
                earlier: self.dossiers_earlier,
                failed: self.dossiers_failed,
                shifts: undoc(self.shifts)?,
                reasons: undoc(self.reasons)?,
            },
            place: self.place_calendar.zip(self.place_id.map(|id| id.0)),
        })
    }
}

const UNFINISHED: [&str; 2] = ["queued", "running"];

/// Asks for a rehearsal.
///
/// # Errors
/// Those of the database.
pub fn create(tx: &mut WriteTx<'_>, job: &Rehearsal) -> Result<(), Error> {
    let row = JobRow::of(job)?;
    let conn = tx.change();
    on_each!(conn, inner => diesel::insert_into(rehearsals::table).values(&row).execute(inner))?;
    Ok(())
}

/// The rehearsal with this identity.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, id: Uuid) -> Result<Rehearsal, Error> {
    rehearsals::table.find(Id(id)).first::<JobRow>(reader.conn)?.read()
}

/// The last rehearsal of a draft or version as it stands, under the version in force.
///
/// # Errors
/// Those of the database.
pub fn last_for(
    reader: &mut Reader<'_>,
    rule_book: &str,
    revision: i64,
    in_force: &str,
) -> Result<Option<Rehearsal>, Error> {
    let found: Option<JobRow> = rehearsals::table
        .filter(rehearsals::rule_book.eq(rule_book))
        .filter(rehearsals::revision.eq(revision))
        .filter(rehearsals::in_force.eq(in_force))
        .order((rehearsals::created_at.desc(), rehearsals::id.desc()))
        .first(reader.conn)
        .optional()?;
    found.map(JobRow::read).transpose()
}

/// How long a silent worker keeps a job: long enough for one page of an overloaded machine.
const LEASE_SECONDS: i64 = 15;

macro_rules! free {
    ($now:expr) => {
        rehearsals::lease_until.is_null().or(rehearsals::lease_until.assume_not_null().lt(Ts($now)))
    };
}

/// Whether a job waits for a worker.
///
/// # Errors
/// Those of the database.
pub fn waiting(reader: &mut Reader<'_>, now: DateTime<Utc>) -> Result<bool, Error> {
    let found: Option<Id> = rehearsals::table
        .filter(rehearsals::state.eq_any(UNFINISHED))
        .filter(free!(now))
        .select(rehearsals::id)
        .first(reader.conn)
        .optional()?;
    Ok(found.is_some())
}

/// Takes the job that has waited longest, or whose worker has gone silent.
///
/// # Errors
/// Those of the database.
pub fn lease(tx: &mut WriteTx<'_>, owner: Uuid, now: DateTime<Utc>) -> Result<Option<Rehearsal>, Error> {
    let conn = tx.change();
    let waiting: Option<JobRow> = rehearsals::table
        .filter(rehearsals::state.eq_any(UNFINISHED))
        .filter(free!(now))
        .order(rehearsals::created_at)
        .first(conn)
        .optional()?;
    let Some(row) = waiting else { return Ok(None) };
    let still = rehearsals::table
        .filter(rehearsals::id.eq(row.id))
        .filter(rehearsals::state.eq_any(UNFINISHED))
        .filter(free!(now));
    let taken = diesel::update(still)
        .set((
            rehearsals::state.eq(RehearsalState::Running.to_string()),
            rehearsals::lease_owner.eq(Some(Id(owner))),
            rehearsals::lease_until.eq(Some(Ts(now + Duration::seconds(LEASE_SECONDS)))),
        ))
        .execute(conn)?;
    if taken != 1 {
        return Ok(None);
    }
    Ok(Some(Rehearsal { state: RehearsalState::Running, ..row.read()? }))
}

/// Moves a job that a worker holds on to a place, with the counts up to there. Says whether it was
/// still the worker's.
///
/// # Errors
/// Those of the database.
pub fn advance(
    tx: &mut WriteTx<'_>,
    job: &Rehearsal,
    owner: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let row = JobRow::of(job)?;
    let mine = rehearsals::table
        .filter(rehearsals::id.eq(row.id))
        .filter(rehearsals::lease_owner.eq(Some(Id(owner))));
    let conn = tx.change();
    let counts = (
        rehearsals::dossiers_examined.eq(row.dossiers_examined),
        rehearsals::dossiers_moved.eq(row.dossiers_moved),
        rehearsals::dossiers_later.eq(row.dossiers_later),
        rehearsals::dossiers_earlier.eq(row.dossiers_earlier),
        rehearsals::dossiers_failed.eq(row.dossiers_failed),
        rehearsals::shifts.eq(row.shifts),
        rehearsals::reasons.eq(row.reasons),
    );
    let place = (
        rehearsals::place_calendar.eq(row.place_calendar),
        rehearsals::place_id.eq(row.place_id),
        rehearsals::lease_until.eq(Some(Ts(now + Duration::seconds(LEASE_SECONDS)))),
    );
    Ok(diesel::update(mine).set((counts, place)).execute(conn)? == 1)
}

/// Ends a job that a worker holds; one that another took over, or that has ended, stays as it is.
///
/// # Errors
/// Those of the database.
pub fn end(
    tx: &mut WriteTx<'_>,
    id: Uuid,
    owner: Uuid,
    state: RehearsalState,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mine = rehearsals::table
        .filter(rehearsals::id.eq(Id(id)))
        .filter(rehearsals::lease_owner.eq(Some(Id(owner))));
    diesel::update(mine)
        .set((
            rehearsals::state.eq(state.to_string()),
            rehearsals::finished_at.eq(Some(Ts(now))),
            rehearsals::lease_owner.eq(None::<Id>),
            rehearsals::lease_until.eq(None::<Ts>),
        ))
        .execute(tx.change())?;
    Ok(())
}
