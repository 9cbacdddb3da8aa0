//! Reckoning open dossiers anew after a publication: asking for it, working it, telling how far it is.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::access::{self, Action, Actor, Grant, Permit, Role};
use domain::dossier::Dossier;
use domain::dossier::event::Event;
use domain::dossier::recompute::{Recompute, Recomputed, recompute};
use domain::ids::AccountId;
use domain::rulebook::RuleBook;
use persistence::dossiers::Stored;
use persistence::dossiers::reckoned;
use persistence::recomputations::{self, Progress, Recomputation, RecomputationState};
use persistence::{Reader, Store, WriteTx, append, audit, rule_books, store};
use serde_json::json;
use uuid::Uuid;

use super::Cx;
use super::error::Error;
use super::reference::Reference;

/// The name that stands for the operator of the machine, who has no account.
pub const OPERATOR: &str = "operator";

/// Dossiers of one transaction.
const CHUNK: i64 = 100;

/// Who asked for it and why.
#[derive(Debug, Clone)]
pub struct By {
    /// Account; nothing but zeros for the operator of the machine.
    pub account: Uuid,
    /// User name.
    pub name: String,
    /// In which role.
    pub role: Role,
    /// Why.
    pub note: Option<String>,
}

impl By {
    /// The operator of the machine, from its command line.
    pub fn operator(note: Option<String>) -> Self {
        Self { account: Uuid::nil(), name: OPERATOR.to_owned(), role: Role::Administrator, note }
    }
}

/// Asks for the open dossiers to be reckoned by a book that came into force; none when there are none
/// to reckon. What was asked for before is superseded.
///
/// # Errors
/// Those of the store.
pub fn begin(
    tx: &mut WriteTx<'_>,
    book: &RuleBook,
    previous: Option<&str>,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Option<Recomputation>, Error> {
    let total = reckoned::count_other_than(&mut tx.reader(), &book.calendar.version)?;
    if total == 0 {
        recomputations::supersede(tx, now)?;
        return Ok(None);
    }
    let job = Recomputation {
        id: store::new_id(),
        rule_book: book.version.clone(),
        calendar: book.calendar.version.clone(),
        previous: previous.map(ToOwned::to_owned),
        state: RecomputationState::Queued,
        created_by: by.account,
        created_by_name: by.name.clone(),
        role: by.role,
        note: by.note.clone(),
        created_at: now,
        finished_at: None,
        total,
        done: 0,
        moved: 0,
        failed: 0,
    };
    recomputations::create(tx, &job)?;
    Ok(Some(job))
}

/// Makes sure that a job is there when open dossiers are reckoned by another calendar than the one in
/// force: accepted by a process that had not seen the publication, or published by an older program.
/// Says whether there is one now. Blocks.
///
/// # Errors
/// Those of the store.
pub fn look(db: &Store, now: DateTime<Utc>) -> Result<bool, Error> {
    let (free, unfinished) = db.read(|reader| recomputations::waiting(reader, now))?;
    if unfinished {
        return Ok(free);
    }
    let stale = db.read(|reader| -> Result<_, Error> {
        let Some(version) = rule_books::in_force(reader)? else { return Ok(None) };
        let Some(calendar) = version.calendar.clone() else { return Ok(None) };
        Ok(reckoned::any_other_than(reader, &calendar)?.then_some(version.name))
    })?;
    let Some(name) = stale else { return Ok(false) };
    db.write_blocking("recomputations", move |tx| -> Result<bool, Error> {
        let (_, book) = rule_books::get(&mut tx.reader(), &name)?;
        let last = recomputations::last_for(&mut tx.reader(), &name)?;
        match last.filter(|job| job.state == RecomputationState::Completed) {
            Some(job) => {
                let more = reckoned::count_other_than(&mut tx.reader(), &book.calendar.version)?;
                recomputations::reopen(tx, job.id, more)?;
            }
            None => {
                begin(tx, &book, None, &By::operator(None), now)?;
            }
        }
        Ok(true)
    })
}

/// A recomputation.
///
/// # Errors
/// [`Error::Denied`]; not found; those of the store.
pub fn get(cx: &Cx, reader: &mut Reader<'_>, id: Uuid) -> Result<Recomputation, Error> {
    access::authorize_at_the_top(&cx.actor, Action::ReadRuleBook, &cx.reference.units)?;
    Ok(recomputations::get(reader, id)?)
}

/// Recomputations, newest first.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn list(
    cx: &Cx,
    reader: &mut Reader<'_>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Recomputation>, Error> {
    access::authorize_at_the_top(&cx.actor, Action::ReadRuleBook, &cx.reference.units)?;
    Ok(recomputations::list(reader, after, limit)?)
}

/// What the worker of a recomputation needs.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The process's name in the lease.
    pub owner: Uuid,
    /// Procedures.
    pub reference: Arc<Reference>,
    /// The rule book to go by, which the process may not have in force yet.
    pub book: Arc<RuleBook>,
    /// Now.
    pub now: DateTime<Utc>,
}

/// The right of whoever published, as it was when they did.
fn permit(job: &Recomputation) -> Result<Permit, Error> {
    let actor = Actor {
        account: AccountId(job.created_by),
        user: job.created_by_name.clone(),
        grants: vec![Grant { role: job.role, unit: None }],
        personal_id: None,
    };
    Ok(access::authorize_somewhere(&actor, Action::RecomputeDeadline)?)
}

/// How a transaction of a recomputation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// Some were reckoned; there may be more.
    Some,
    /// One of them was changed meanwhile: they are to be looked at again.
    Again,
    /// Nothing is left, or the job is another's by now.
    Done,
}

/// Works a bounded number of dossiers of a recomputation in one transaction. Blocks.
///
/// # Errors
/// Those of the store.
pub fn work(db: &Store, worker: &Worker, job: &Recomputation) -> Result<Worked, Error> {
    let permit = permit(job)?;
    let found = db.read(|reader| reckoned::other_than(reader, &job.calendar, CHUNK))?;
    let (id, owner, now) = (job.id, worker.owner, worker.now);
    if found.is_empty() {
        db.write_blocking("recomputations", move |tx| recomputations::finish(tx, id, owner, now))?;
        return Ok(Worked::Done);
    }
    // Reckoning takes no lock: it is done before the lane is asked.
    let cx = Recompute { now, book: &worker.book, note: job.note.as_deref() };
    let mut progress = Progress { done: i64::try_from(found.len()).unwrap_or(0), ..Progress::default() };
    let judged: Vec<(Stored, Recomputed)> = found
        .into_iter()
        .map(|stored| {
            let done = worker
                .reference
                .version(stored.dossier.procedure_version)
                .and_then(|entry| Ok(recompute(&permit, &stored.dossier, &entry.procedure, &cx)?));
            let done = done.unwrap_or_else(|error| {
                progress.failed += 1;
                tracing::warn!(dossier = stored.dossier.code.as_str(), %error, "its due date stays");
                Recomputed { dossier: stored.dossier.clone(), event: None }
            });
            progress.moved += i64::from(done.event.is_some());
            (stored, done)
        })
        .collect();
    let (judged, job) = (Arc::new(judged), job.clone());
    let done = db.write_blocking("recomputations", move |tx| -> Result<Worked, Error> {
        match recomputations::advance(tx, id, owner, progress, now) {
            Ok(()) => {}
            // Another worker's by now, or superseded.
            Err(persistence::Error::Stale) => return Ok(Worked::Done),
            Err(error) => return Err(error.into()),
        }
        reckoned::reckon(tx, &job.calendar, &judged, now)?;
        for (_, Recomputed { dossier, event }) in judged.iter() {
            event.iter().for_each(|event| record(tx, &job, dossier, event, now));
        }
        Ok(Worked::Some)
    });
    match done {
        Err(Error::Store(persistence::Error::Stale)) => Ok(Worked::Again),
        done => done,
    }
}

fn record(tx: &mut WriteTx<'_>, job: &Recomputation, dossier: &Dossier, event: &Event, now: DateTime<Utc>) {
    let action = Action::RecomputeDeadline.to_string();
    let code = dossier.code.as_str();
    let detail = json!({
        "rule_book": job.rule_book,
        "calendar_version": job.calendar,
        "recomputation": job.id,
        "due_before": event.detail.due_before,
        "due_after": event.detail.due_after,
        "version": dossier.version,
    });
    append::outbox(tx, store::new_id(), now, &format!("dossier.{action}"), code, detail.clone());
    audit::record(
        tx,
        audit::Entry {
            at: now,
            actor: Some(job.created_by).filter(|account| !account.is_nil()),
            actor_name: job.created_by_name.clone(),
            role: Some(job.role),
            action,
            subject: code.to_owned(),
            unit: Some(dossier.unit.clone()),
            address: None,
            request_id: None,
            detail,
        },
    );
}
