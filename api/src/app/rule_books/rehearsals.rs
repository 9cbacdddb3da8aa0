//! Rehearsing a publication to its end: asked for, worked page by page by a job, told how far it is.
//!
//! For registers that are too large for a dry run to look at within the time of an answer. Counts only:
//! no dossier is written, and which dossiers would move is listed by [`impact::moves`].

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::access::{self, Action};
use domain::rulebook::RuleBook;
use persistence::dossiers::reckoned;
use persistence::rehearsals::{self, Counts, Rehearsal, RehearsalState};
use persistence::{Reader, Store, WriteTx, rule_books, store};
use serde_json::json;
use uuid::Uuid;

use super::{find, impact, rehearse};
use crate::app::dossiers::Expected;
use crate::app::error::Error;
use crate::app::reference::Reference;
use crate::app::{Cx, Done};

/// Dossiers looked at between two moves of the place: a fraction of a second, and so what a killed
/// worker costs.
const CHUNK: i64 = 1_000;

/// The name of the version in force as the database has it.
fn version_in_force(reader: &mut Reader<'_>) -> Result<String, Error> {
    let missing = || persistence::Error::Unavailable("no reference data".to_owned());
    Ok(rule_books::in_force(reader)?.ok_or_else(missing)?.name)
}

/// Asks for a rehearsal of a draft or version. One of the same that has not ended is answered instead.
///
/// # Errors
/// As [`super::publish`].
pub fn begin(cx: &Cx, tx: &mut WriteTx<'_>, id: &str, expected: &Expected) -> Result<Rehearsal, Error> {
    let permit = access::authorize_at_the_top(&cx.actor, Action::PublishRuleBook, &cx.reference.units)?;
    let (found, ..) = rehearse(cx, &mut tx.reader(), id, expected)?;
    let (rule_book, revision) = (found.entry.id(), found.entry.revision());
    let in_force = version_in_force(&mut tx.reader())?;
    let last = rehearsals::last_for(&mut tx.reader(), &rule_book, revision, &in_force)?;
    if let Some(last) = last.filter(|last| !last.state.has_ended()) {
        return Ok(last);
    }
    let job = Rehearsal {
        id: store::new_id(),
        rule_book,
        revision,
        in_force,
        state: RehearsalState::Queued,
        created_by: cx.actor.account.0,
        created_by_name: cx.actor.user.clone(),
        role: permit.role(),
        created_at: cx.now,
        finished_at: None,
        total: reckoned::count_open(&mut tx.reader())?,
        counts: Counts::default(),
        place: None,
    };
    rehearsals::create(tx, &job)?;
    let detail = json!({ "rehearsal": job.id, "revision": job.revision, "in_force": job.in_force });
    let subject = job.rule_book.as_str();
    let role = Some(permit.role());
    cx.record(tx, Done { action: "rehearse_rule_book", subject, unit: None, role, detail });
    Ok(job)
}

/// A rehearsal, for whoever may publish.
///
/// # Errors
/// [`Error::Denied`]; not found; those of the store.
pub fn get(cx: &Cx, reader: &mut Reader<'_>, id: Uuid) -> Result<Rehearsal, Error> {
    access::authorize_at_the_top(&cx.actor, Action::PublishRuleBook, &cx.reference.units)?;
    Ok(rehearsals::get(reader, id)?)
}

/// The last rehearsal of what a dry run found, if there is one.
///
/// # Errors
/// Those of the store.
pub fn last(reader: &mut Reader<'_>, of: &super::Entry) -> Result<Option<Rehearsal>, Error> {
    let in_force = version_in_force(reader)?;
    Ok(rehearsals::last_for(reader, &of.id(), of.revision(), &in_force)?)
}

/// What the worker of a rehearsal needs.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The process's name in the lease.
    pub owner: Uuid,
    /// Procedures.
    pub reference: Arc<Reference>,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Whether a rehearsal is still of what it was asked for: the same draft, the same version in force.
fn holds(reader: &mut Reader<'_>, job: &Rehearsal) -> Result<bool, Error> {
    if version_in_force(reader)? != job.in_force {
        return Ok(false);
    }
    // A version never changes.
    let Ok(draft) = job.rule_book.parse::<Uuid>() else { return Ok(true) };
    Ok(rule_books::revision(reader, draft)? == Some(job.revision))
}

/// The rule book that a rehearsal tries; none when it is gone.
///
/// # Errors
/// Those of the store.
pub fn of_job(db: &Store, job: &Rehearsal) -> Result<Option<Arc<RuleBook>>, Error> {
    match db.read(|reader| find(reader, &job.rule_book)) {
        Ok(found) => Ok(Some(found.book)),
        Err(Error::Store(persistence::Error::NotFound)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Ends a rehearsal that is no longer of what it was asked for. Blocks.
///
/// # Errors
/// Those of the store.
pub fn supersede(db: &Store, worker: &Worker, job: &Rehearsal) -> Result<(), Error> {
    let (id, owner, now) = (job.id, worker.owner, worker.now);
    Ok(db.write_blocking("recomputations", move |tx| {
        rehearsals::end(tx, id, owner, RehearsalState::Superseded, now)
    })?)
}

/// Looks at a bounded number of dossiers behind the place of a rehearsal and moves it on. Gives it as it
/// is then, or none when it has ended or is another's by now. Blocks.
///
/// # Errors
/// Those of the store.
pub fn work(
    db: &Store,
    worker: &Worker,
    book: &RuleBook,
    mut job: Rehearsal,
) -> Result<Option<Rehearsal>, Error> {
    let page = db.read_snapshot(|reader| -> Result<_, Error> {
        if !holds(reader, &job)? {
            return Ok(None);
        }
        Ok(Some(reckoned::open_timings(reader, job.place.as_ref(), CHUNK)?))
    })?;
    let Some(page) = page else {
        supersede(db, worker, &job)?;
        return Ok(None);
    };
    let (owner, now) = (worker.owner, worker.now);
    let Some(last) = page.last() else {
        let id = job.id;
        db.write_blocking("recomputations", move |tx| {
            rehearsals::end(tx, id, owner, RehearsalState::Completed, now)
        })?;
        return Ok(None);
    };
    job.place = Some(last.place());
    for timing in &page {
        impact::count(&mut job.counts, impact::change(timing, &worker.reference, book).as_ref());
    }
    let moved = job.clone();
    let mine = db.write_blocking("recomputations", move |tx| rehearsals::advance(tx, &moved, owner, now))?;
    Ok(mine.then_some(job))
}
