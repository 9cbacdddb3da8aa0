//! Jobs that reckon open dossiers anew after a publication: leased and resumable.
//!
//! A job has no cursor: what is left is what was reckoned with another calendar, so a killed worker
//! loses and repeats nothing, and a dossier that another process accepted by the old calendar
//! meanwhile is found as well.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use domain::access::Role;
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Id, Ts, code};
use crate::error::Error;
use crate::schema::recomputations;
use crate::store::{Reader, WriteTx};

domain::codes! {
    /// How far a recomputation is.
    pub enum RecomputationState {
        /// Asked for, not begun.
        Queued => "queued", "Đang chờ", "Queued",
        /// Being worked.
        Running => "running", "Đang chạy", "Running",
        /// Every open dossier was reckoned.
        Completed => "completed", "Đã xong", "Completed",
        /// Another version came into force first; its own job does the rest.
        Superseded => "superseded", "Được thay bằng lần công bố sau", "Superseded by a later publication",
    }
}

#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = recomputations)]
struct JobRow {
    id: Id,
    rule_book: String,
    calendar_version: String,
    previous: Option<String>,
    state: String,
    created_by: Id,
    created_by_name: String,
    role: String,
    note: Option<String>,
    created_at: Ts,
    finished_at: Option<Ts>,
    dossiers_total: i64,
    dossiers_done: i64,
    dossiers_moved: i64,
    dossiers_failed: i64,
    lease_owner: Option<Id>,
    lease_until: Option<Ts>,
}

/// A recomputation and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recomputation {
    /// Identity.
    pub id: Uuid,
    /// The version that came into force.
    pub rule_book: String,
    /// Its calendar.
    pub calendar: String,
    /// The version in force before.
    pub previous: Option<String>,
    /// How far it is.
    pub state: RecomputationState,
    /// Who published.
    pub created_by: Uuid,
    /// Their user name.
    pub created_by_name: String,
    /// In which role.
    pub role: Role,
    /// Why.
    pub note: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Open dossiers that were reckoned with another calendar when it was asked for.
    pub total: i64,
    /// Dossiers reckoned.
    pub done: i64,
    /// Those whose due date moved.
    pub moved: i64,
    /// Those whose due date could not be reckoned and stays.
    pub failed: i64,
}

impl JobRow {
    fn read(self) -> Result<Recomputation, Error> {
        Ok(Recomputation {
            id: self.id.0,
            rule_book: self.rule_book,
            calendar: self.calendar_version,
            previous: self.previous,
            state: code(&self.state)?,
            created_by: self.created_by.0,
            created_by_name: self.created_by_name,
            role: code(&self.role)?,
            note: self.note,
            created_at: self.created_at.0,
            finished_at: self.finished_at.map(|t| t.0),
            total: self.dossiers_total,
            done: self.dossiers_done,
            moved: self.dossiers_moved,
            failed: self.dossiers_failed,
        })
    }
}

const UNFINISHED: [&str; 2] = ["queued", "running"];

/// Asks for a recomputation; one that has not ended is superseded by it.
///
/// # Errors
/// Those of the database.
pub fn create(tx: &mut WriteTx<'_>, job: &Recomputation) -> Result<(), Error> {
    let row = JobRow {
        id: Id(job.id),
        rule_book: job.rule_book.clone(),
        calendar_version: job.calendar.clone(),
        previous: job.previous.clone(),
        state: job.state.to_string(),
        created_by: Id(job.created_by),
        created_by_name: job.created_by_name.clone(),
        role: job.role.to_string(),
        note: job.note.clone(),
        created_at: Ts(job.created_at),
        finished_at: job.finished_at.map(Ts),
        dossiers_total: job.total,
        dossiers_done: job.done,
        dossiers_moved: job.moved,
        dossiers_failed: job.failed,
        lease_owner: None,
        lease_until: None,
    };
    supersede(tx, job.created_at)?;
    let conn = tx.change();
    on_each!(conn, inner => diesel::insert_into(recomputations::table).values(&row).execute(inner))?;
    Ok(())
}

/// Ends every recomputation that has not ended: another version came into force.
///
/// # Errors
/// Those of the database.
pub fn supersede(tx: &mut WriteTx<'_>, now: DateTime<Utc>) -> Result<(), Error> {
    let unfinished = recomputations::table.filter(recomputations::state.eq_any(UNFINISHED));
    diesel::update(unfinished)
        .set((
            recomputations::state.eq(RecomputationState::Superseded.to_string()),
            recomputations::finished_at.eq(Some(Ts(now))),
            recomputations::lease_owner.eq(None::<Id>),
            recomputations::lease_until.eq(None::<Ts>),
        ))
        .execute(tx.change())?;
    Ok(())
}

/// The recomputation with this identity.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, id: Uuid) -> Result<Recomputation, Error> {
    recomputations::table.find(Id(id)).first::<JobRow>(reader.conn)?.read()
}

/// Recomputations, newest first, after the given place.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Recomputation>, Error> {
    let mut query = recomputations::table.into_boxed();
    if let Some((at, id)) = after {
        query = query.filter(
            recomputations::created_at
                .lt(Ts(at))
                .or(recomputations::created_at.eq(Ts(at)).and(recomputations::id.lt(Id(id)))),
        );
    }
    let rows: Vec<JobRow> = query
        .order((recomputations::created_at.desc(), recomputations::id.desc()))
        .limit(limit)
        .load(reader.conn)?;
    rows.into_iter().map(JobRow::read).collect()
}

/// The last recomputation for a version.
///
/// # Errors
/// Those of the database.
pub fn last_for(reader: &mut Reader<'_>, rule_book: &str) -> Result<Option<Recomputation>, Error> {
    let found: Option<JobRow> = recomputations::table
        .filter(recomputations::rule_book.eq(rule_book))
        .order((recomputations::created_at.desc(), recomputations::id.desc()))
        .first(reader.conn)
        .optional()?;
    found.map(JobRow::read).transpose()
}

/// How long a silent worker keeps a job: long enough for one transaction of an overloaded lane.
const LEASE_SECONDS: i64 = 15;

macro_rules! free {
    ($now:expr) => {
        recomputations::lease_until.is_null().or(recomputations::lease_until.assume_not_null().lt(Ts($now)))
    };
}

/// Whether a job waits for a worker, and whether any has not ended.
///
/// # Errors
/// Those of the database.
pub fn waiting(reader: &mut Reader<'_>, now: DateTime<Utc>) -> Result<(bool, bool), Error> {
    let leases: Vec<Option<Ts>> = recomputations::table
        .filter(recomputations::state.eq_any(UNFINISHED))
        .select(recomputations::lease_until)
        .load(reader.conn)?;
    let free = leases.iter().any(|until| until.is_none_or(|until| until.0 < now));
    Ok((free, !leases.is_empty()))
}

/// Takes the job that waits, or whose worker has gone silent.
///
/// # Errors
/// Those of the database.
pub fn lease(tx: &mut WriteTx<'_>, owner: Uuid, now: DateTime<Utc>) -> Result<Option<Recomputation>, Error> {
    let conn = tx.change();
    let waiting: Option<JobRow> = recomputations::table
        .filter(recomputations::state.eq_any(UNFINISHED))
        .filter(free!(now))
        .order(recomputations::created_at)
        .first(conn)
        .optional()?;
    let Some(row) = waiting else { return Ok(None) };
    let still = recomputations::table
        .filter(recomputations::id.eq(row.id))
        .filter(recomputations::state.eq_any(UNFINISHED))
        .filter(free!(now));
    let taken = diesel::update(still)
        .set((
            recomputations::state.eq(RecomputationState::Running.to_string()),
            recomputations::lease_owner.eq(Some(Id(owner))),
            recomputations::lease_until.eq(Some(Ts(now + Duration::seconds(LEASE_SECONDS)))),
        ))
        .execute(conn)?;
    if taken != 1 {
        return Ok(None);
    }
    Ok(Some(Recomputation { state: RecomputationState::Running, ..row.read()? }))
}

/// What a transaction of a job came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Dossiers reckoned.
    pub done: i64,
    /// Those whose due date moved.
    pub moved: i64,
    /// Those whose due date could not be reckoned.
    pub failed: i64,
}

/// Moves a job on, in the transaction of the dossiers themselves.
///
/// # Errors
/// [`Error::Stale`] when it is another's or has ended; those of the database.
pub fn advance(
    tx: &mut WriteTx<'_>,
    id: Uuid,
    owner: Uuid,
    progress: Progress,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mine = recomputations::table
        .filter(recomputations::id.eq(Id(id)))
        .filter(recomputations::lease_owner.eq(Some(Id(owner))));
    let moved = diesel::update(mine)
        .set((
            recomputations::dossiers_done.eq(recomputations::dossiers_done + progress.done),
            recomputations::dossiers_moved.eq(recomputations::dossiers_moved + progress.moved),
            recomputations::dossiers_failed.eq(recomputations::dossiers_failed + progress.failed),
            recomputations::lease_until.eq(Some(Ts(now + Duration::seconds(LEASE_SECONDS)))),
        ))
        .execute(tx.change())?;
    if moved == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Ends a job that a worker holds. Says whether it was still the worker's.
///
/// # Errors
/// Those of the database.
pub fn finish(tx: &mut WriteTx<'_>, id: Uuid, owner: Uuid, now: DateTime<Utc>) -> Result<bool, Error> {
    let mine = recomputations::table
        .filter(recomputations::id.eq(Id(id)))
        .filter(recomputations::lease_owner.eq(Some(Id(owner))));
    let ended = diesel::update(mine)
        .set((
            recomputations::state.eq(RecomputationState::Completed.to_string()),
            recomputations::finished_at.eq(Some(Ts(now))),
            recomputations::lease_owner.eq(None::<Id>),
            recomputations::lease_until.eq(None::<Ts>),
        ))
        .execute(tx.change())?;
    Ok(ended == 1)
}

/// Lets a job that has ended go on: more dossiers turned up that are not reckoned by its calendar.
///
/// # Errors
/// Those of the database.
pub fn reopen(tx: &mut WriteTx<'_>, id: Uuid, more: i64) -> Result<(), Error> {
    let ended = recomputations::table
        .find(Id(id))
        .filter(recomputations::state.eq(RecomputationState::Completed.to_string()));
    diesel::update(ended)
        .set((
            recomputations::state.eq(RecomputationState::Queued.to_string()),
            recomputations::finished_at.eq(None::<Ts>),
            recomputations::dossiers_total.eq(recomputations::dossiers_done + more),
        ))
        .execute(tx.change())?;
    Ok(())
}
