//! Write lanes: one thread each, one connection each, many jobs a transaction.
//!
//! A lane takes what is queued, runs it in one transaction, appends what the jobs left, commits,
//! and only then answers each. Load makes the batch; there is no timer. When anything goes wrong
//! the batch is rolled back and its jobs are run one by one, so that one bad job fails alone.

mod job;
mod log;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use uuid::Uuid;

pub(crate) use self::job::{Job, Typed};
use self::job::{Verdict, copy};
use self::log::Log;

use crate::append::{self, Appends};
use crate::audit::Chain;
use crate::backend::{AnyConnection, Begin};
use crate::error::Error;
use crate::foresight::Foreseen;
use crate::idempotency::{self, Answer};
use crate::numbers;
use crate::store::{Settings, Statements, Whose, WriteTx, count_statements, new_id};

/// A lane, seen from outside.
pub(crate) struct Lane {
    queue: Sender<Box<dyn Job>>,
    closing: Arc<AtomicBool>,
    thread: std::sync::Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Lane {
    pub(crate) fn start(
        number: usize,
        settings: Settings,
        statements: Arc<Statements>,
    ) -> Result<Self, Error> {
        let (queue, jobs) = crossbeam_channel::bounded(settings.lane_queue);
        let closing = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            jobs,
            owner: new_id(),
            settings,
            statements,
            sent: Arc::default(),
            connection: None,
            chain: None,
            log: Log::default(),
            closing: closing.clone(),
        };
        let thread = std::thread::Builder::new()
            .name(format!("lane-{number}"))
            .spawn(move || worker.work())
            .map_err(|e| Error::Unavailable(e.to_string()))?;
        Ok(Self { queue, closing, thread: std::sync::Mutex::new(Some(thread)) })
    }

    /// Queues a job, or refuses it at once when there is no room.
    pub(crate) fn send(&self, job: Box<dyn Job>) -> Result<(), Error> {
        if self.closing.load(Ordering::Acquire) {
            return Err(Error::Overloaded("shutting down"));
        }
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::Overloaded("the write lane is full"),
            TrySendError::Disconnected(_) => Error::Unavailable("the write lane has ended".to_owned()),
        })?;
        Ok(())
    }

    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Whether a job that is sent now would be refused.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// Whether its thread runs, or was ended in order.
    pub(crate) fn lives(&self) -> bool {
        self.closing.load(Ordering::Acquire)
            || self.thread.lock().is_ok_and(|t| t.as_ref().is_some_and(|t| !t.is_finished()))
    }

    /// Refuses new jobs, waits for those queued.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        let thread = self.thread.lock().ok().and_then(|mut t| t.take());
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("a write lane panicked");
        }
    }
}

struct Worker {
    jobs: Receiver<Box<dyn Job>>,
    owner: Uuid,
    settings: Settings,
    statements: Arc<Statements>,
    /// Sent on the connection and not yet on anybody's account.
    sent: Arc<AtomicU64>,
    connection: Option<AnyConnection>,
    chain: Option<Chain>,
    log: Log,
    closing: Arc<AtomicBool>,
}

/// How a transaction ended.
enum Ended {
    /// Everything is kept.
    Committed,
    /// A job was refused after it had changed rows, or was only rehearsed: nothing is kept.
    RolledBack,
}

impl Worker {
    fn work(mut self) {
        loop {
            let wait = std::time::Duration::from_millis(200);
            match self.jobs.recv_timeout(wait) {
                Ok(first) => {
                    let mut batch = vec![first];
                    while batch.len() < self.settings.lane_batch {
                        match self.jobs.try_recv() {
                            Ok(job) => batch.push(job),
                            Err(_) => break,
                        }
                    }
                    self.serve(batch);
                }
                Err(crossbeam_channel::RecvTimeoutError::Timeout) => {
                    if self.closing.load(Ordering::Acquire) && self.jobs.is_empty() {
                        break;
                    }
                }
                Err(crossbeam_channel::RecvTimeoutError::Disconnected) => break,
            }
        }
        if let (Some(connection), Some(chain)) = (self.connection.as_mut(), self.chain.as_ref())
            && let Err(error) = chain.release(connection)
        {
            tracing::warn!(%error, "the audit chain was not given back; its lease will run out");
        }
    }

    fn serve(&mut self, batch: Vec<Box<dyn Job>>) {
        let patience = self.settings.lane_patience;
        let (fresh, late): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|job| job.enqueued().elapsed() <= patience);
        for job in late {
            job.finish(Err(Error::Overloaded("waited too long for the write lane")));
        }
        let (rehearsals, mut jobs): (Vec<_>, Vec<_>) = fresh.into_iter().partition(|job| job.is_rehearsal());
        // One lock order over all lanes and processes: no deadlock.
        jobs.sort_by(|a, b| a.key().cmp(b.key()));
        metrics::histogram!("lane_batch_jobs")
            .record(f64::from(u32::try_from(jobs.len()).unwrap_or(u32::MAX)));
        if jobs.len() > 1 {
            match self.transaction(&mut jobs) {
                Ok(Ended::Committed) => jobs.drain(..).for_each(|job| job.finish(Ok(()))),
                Ok(Ended::RolledBack) => {}
                Err(Error::CommitUnknown) => {
                    jobs.drain(..).for_each(|job| job.finish(Err(Error::CommitUnknown)))
                }
                Err(error) => tracing::debug!(%error, "the batch failed; its jobs run one by one"),
            }
        }
        for job in jobs.into_iter().chain(rehearsals) {
            self.alone(job);
        }
        self.tend_the_log();
    }

    /// Keeps the log of the embedded database short, when everybody has been answered. Whatever it costs is nobody's
    /// statement, and if it cannot be done what is written is kept all the same.
    fn tend_the_log(&mut self) {
        let Some(connection) = self.connection.as_mut() else { return };
        if let Err(error) = self.log.tend(connection) {
            tracing::warn!(%error, "the log of the database could not be carried over");
            self.connection = None;
        }
        self.statements.add(Whose::Jobs, self.sent.swap(0, Ordering::Relaxed));
    }

    /// Runs one job in a transaction of its own, twice if the first try met another writer or a
    /// lost connection.
    fn alone(&mut self, job: Box<dyn Job>) {
        let mut one = vec![job];
        let mut outcome = self.transaction(&mut one);
        if matches!(&outcome, Err(error) if error.is_worth_another_try()) {
            outcome = self.transaction(&mut one);
        }
        for job in one {
            match &outcome {
                Ok(_) => job.finish(Ok(())),
                Err(error) => job.finish(Err(copy(error))),
            }
        }
    }

    /// Makes sure of a connection and an audit chain.
    fn ready(&mut self) -> Result<(&mut AnyConnection, &mut Chain), Error> {
        let now = (self.settings.clock)();
        if self.connection.is_none() {
            let mut connection = self.settings.target.connect()?;
            connection.for_a_lane()?;
            let sent = self.sent.clone();
            count_statements(&mut connection, move || {
                sent.fetch_add(1, Ordering::Relaxed);
            });
            let held = match self.chain.as_mut() {
                Some(chain) => chain.reload(&mut connection)?,
                None => false,
            };
            if !held {
                self.chain = None;
            }
            self.connection = Some(connection);
        }
        let connection = self.connection.as_mut().ok_or(Error::Overloaded("no connection"))?;
        if self.chain.is_none() {
            connection.begin(Begin::Write)?;
            match Chain::lease(connection, self.owner, now) {
                Ok(chain) => {
                    connection.commit()?;
                    self.chain = Some(chain);
                }
                Err(error) => {
                    connection.rollback();
                    return Err(error);
                }
            }
        }
        let chain = self.chain.as_mut().ok_or(Error::Overloaded("no audit chain"))?;
        Ok((connection, chain))
    }

    /// Runs jobs in one transaction. A panic of the lane itself fails them and costs the connection,
    /// whose transaction ends with it; the panic hook has counted and logged it.
    fn transaction(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Ended, Error> {
        let ended = std::panic::catch_unwind(AssertUnwindSafe(|| self.tried(jobs))).unwrap_or_else(|_| {
            self.connection = None;
            Err(Error::Corrupt("a write lane panicked".to_owned()))
        });
        // A transaction that somebody waits for is theirs, whatever else came along in it.
        let of_jobs = jobs.iter().all(|job| job.whose() == Whose::Jobs);
        let whose = if of_jobs { Whose::Jobs } else { Whose::Requests };
        self.statements.add(whose, self.sent.swap(0, Ordering::Relaxed));
        ended
    }

    fn tried(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Ended, Error> {
        let now = (self.settings.clock)();
        let outcome = self.ready().and_then(|(connection, chain)| attempt(connection, chain, jobs, now));
        match &outcome {
            Err(error) if error.lost_connection() => self.connection = None,
            // The head was moved by somebody else: the lease is lost, take another chain.
            Err(Error::Stale) => {
                let held = match (self.connection.as_mut(), self.chain.as_mut()) {
                    (Some(connection), Some(chain)) => chain.reload(connection).unwrap_or(false),
                    _ => false,
                };
                if !held {
                    self.chain = None;
                    self.owner = new_id();
                }
            }
            _ => {}
        }
        outcome
    }
}

fn attempt(
    connection: &mut AnyConnection,
    chain: &mut Chain,
    jobs: &mut [Box<dyn Job>],
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Ended, Error> {
    connection.begin(Begin::Write)?;
    let mut tx = WriteTx {
        conn: connection,
        foreseen: Foreseen::default(),
        appends: Appends::default(),
        numbers: HashMap::new(),
        jobs_left: jobs.len(),
        touched: false,
    };
    let ran = run_all(&mut tx, jobs, now);
    let appends = std::mem::take(&mut tx.appends);
    let keep = match ran {
        Ok(keep) if keep => {
            numbers::give_back(&mut tx).and_then(|()| append::flush(tx.conn, appends, chain, now).map(Some))
        }
        Ok(_) => Ok(None),
        Err(error) => Err(error),
    };
    let connection = tx.conn;
    match keep {
        Ok(Some(head)) => {
            let sqlite = connection.is_sqlite();
            match connection.commit() {
                Ok(()) => {
                    chain.committed(head);
                    Ok(Ended::Committed)
                }
                Err(error) => {
                    connection.rollback();
                    let error = Error::from(error);
                    Err(if !sqlite && error.lost_connection() { Error::CommitUnknown } else { error })
                }
            }
        }
        Ok(None) => {
            connection.rollback();
            Ok(Ended::RolledBack)
        }
        Err(error) => {
            connection.rollback();
            Err(error)
        }
    }
}

/// Runs every job. Says whether the transaction is to be kept; an error when the batch is spoiled.
fn run_all(
    tx: &mut WriteTx<'_>,
    jobs: &mut [Box<dyn Job>],
    now: chrono::DateTime<chrono::Utc>,
) -> Result<bool, Error> {
    let scopes: Vec<String> = jobs.iter().filter_map(|j| j.idempotency().map(|k| k.scope.clone())).collect();
    let mut kept = idempotency::kept(&mut tx.reader(), &scopes)?;
    let alone = jobs.len() == 1;
    if !alone {
        tx.foreseen = Foreseen::read(tx.conn, jobs.iter().map(|job| job.foresight()))?;
    }
    for job in jobs.iter_mut() {
        tx.jobs_left = tx.jobs_left.saturating_sub(1);
        let key = job.idempotency().cloned();
        if let Some((fingerprint, answer)) = key.as_ref().and_then(|k| kept.get(&k.scope)) {
            if key.as_ref().is_some_and(|k| k.fingerprint == *fingerprint) {
                metrics::counter!("idempotency_replays_total").increment(1);
                job.replay(answer.clone());
            } else {
                // It alone: nothing was run, and the others of the batch have other keys.
                job.refuse(Error::KeyReused);
            }
            continue;
        }
        let mark = tx.appends.mark();
        tx.touched = false;
        match job.run(tx) {
            Verdict::Done => {
                if let (Some(key), Some(answer)) = (key, job.answer()) {
                    tx.appends.answers.push(idempotency::row(&key, answer, now)?);
                    let answer = Answer { replayed: true, ..answer.clone() };
                    kept.insert(key.scope, (key.fingerprint, answer));
                }
            }
            Verdict::Refused if !tx.touched => tx.appends.back_to(mark),
            Verdict::Refused if alone => return Ok(false),
            Verdict::Refused => return Err(Error::Stale),
            Verdict::Failed(error) => return Err(error),
        }
    }
    Ok(!jobs.iter().all(|job| job.is_rehearsal()))
}
