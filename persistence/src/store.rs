//! The store: a pool for readers, lanes for writers.
//!
//! Owns how a use case gets at the database. A [`Reader`] is made only here and a [`WriteTx`] only by a lane, so
//! no connection ever crosses an `await` and every write goes through a lane.

mod begun;
mod share;
mod statements;
mod transaction;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::backend::{AnyConnection, Begin, Manager, Target};
use crate::error::Error;
use crate::foresight::Foresight;
use crate::gather::Gather;
use crate::idempotency::{Answer, IdempotencyKey, Running};
use crate::lane::{Job, Lane, Typed};
use crate::migrate;

pub use self::begun::Begun;
use self::share::Share;
use self::statements::Counted;
pub use self::statements::work_jobs;
pub(crate) use self::statements::{Statements, Whose, count_statements};
pub use self::transaction::{JobError, Reader, WriteTx};

/// Tells the time; given by the caller so that tests own it.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// How the store is set up.
#[derive(Clone)]
pub struct Settings {
    /// The database.
    pub target: Target,
    /// Most connections for readers; background jobs hold half of them at most.
    pub pool_size: u32,
    /// How long a reader waits for a connection.
    pub acquire_timeout: Duration,
    /// Write lanes; SQLite always has one.
    pub lanes: usize,
    /// Jobs that may wait in one lane; more are refused at once.
    pub lane_queue: usize,
    /// Most jobs in one transaction.
    pub lane_batch: usize,
    /// How long a job may wait in a lane before it is refused instead of run.
    pub lane_patience: Duration,
    /// Tells the time.
    pub clock: Clock,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("pool_size", &self.pool_size)
            .field("lanes", &self.lanes)
            .finish_non_exhaustive()
    }
}

/// One store over either database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// How long a reader waits for a connection, if not as long as is set up.
    patience: Option<Duration>,
}

struct Inner {
    pool: r2d2::Pool<Manager>,
    share: Share,
    gather: Gather,
    lanes: Vec<Lane>,
    statements: Arc<Statements>,
    sqlite: bool,
    running: Running,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("lanes", &self.inner.lanes.len()).finish_non_exhaustive()
    }
}

/// How full the store is, for metrics and readiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Pooled connections.
    pub connections: u32,
    /// Pooled connections that nobody uses.
    pub idle: u32,
    /// Jobs waiting in all lanes.
    pub queued: usize,
}

impl Store {
    /// Opens the store: one plain connection first, which looks at the schema, so that what is wrong is said
    /// at once, then the pool and the lanes.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with the database's own words; [`Error::OtherSchema`] for a schema that this
    /// program cannot work with.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        migrate::usable(&settings.target)?;
        let statements = Arc::new(Statements::default());
        let pool = r2d2::Pool::builder()
            .max_size(settings.pool_size)
            .min_idle(Some(1))
            .connection_timeout(settings.acquire_timeout)
            // A dead connection shows itself by its error; asking before every use costs a round trip.
            .test_on_check_out(false)
            .connection_customizer(Box::new(Counted(statements.clone())))
            .error_handler(Box::new(PoolErrors))
            .build_unchecked(Manager(settings.target.clone()));
        let sqlite = settings.target.is_sqlite();
        let gather = Gather::start(settings.lane_queue, settings.acquire_timeout, &pool)?;
        let lanes = if sqlite { 1 } else { settings.lanes.max(1) };
        let lanes = (0..lanes)
            .map(|number| Lane::start(number, settings.clone(), statements.clone()))
            .collect::<Result<Vec<_>, _>>()?;
        let share = Share::of(settings.pool_size);
        let inner = Inner { pool, share, gather, lanes, statements, sqlite, running: Running::default() };
        Ok(Self { inner: Arc::new(inner), patience: None })
    }

    /// The same store for a reader who has so much patience left for waiting.
    #[must_use]
    pub fn within(&self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self.clone() }
    }

    /// Whether this is the embedded database.
    pub fn is_sqlite(&self) -> bool {
        self.inner.sqlite
    }

    /// Statements sent since the start, over all connections, apart from those of threads that
    /// [`work_jobs`] was called on.
    pub fn statements(&self) -> u64 {
        self.inner.statements.of(Whose::Requests).load(Ordering::Relaxed)
    }

    /// How full the store is.
    pub fn load(&self) -> Load {
        let state = self.inner.pool.state();
        Load {
            connections: state.connections,
            idle: state.idle_connections,
            queued: self.inner.lanes.iter().map(Lane::queued).sum(),
        }
    }

    fn with_connection<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let Inner { pool, share, .. } = &*self.inner;
        let patience = self.patience.unwrap_or_else(|| pool.connection_timeout());
        let _turn = match Whose::here() {
            Whose::Requests => None,
            Whose::Jobs => Some(share.turn(patience).ok_or(Error::Overloaded("no connection for a job"))?),
        };
        // Dropped, and with it given back, before the turn is.
        let mut connection =
            pool.get_timeout(patience).map_err(|_| Error::Overloaded("no free connection"))?;
        work(&mut connection)
    }

    /// Reads, each statement for itself. Blocks.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Overloaded`] when no connection is free in time.
    pub fn read<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.with_connection(|conn| work(&mut Reader { conn, foreseen: None, waiting: &[] }))
    }

    /// Reads, each statement for itself, together with others that ask at the same time; `foresight` says
    /// what `work` is going to read. Only for what is quick.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Overloaded`] when too many wait, or for too long.
    pub async fn read_gathered<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        foresight: Foresight,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let told = self.inner.gather.send(foresight, work)?;
        told.await.unwrap_or_else(|_| Err(Error::Unavailable("the readers have ended".to_owned()).into()))
    }

    /// Reads over several statements as of one moment. Blocks.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_snapshot<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.with_connection(|conn| {
            conn.begin(Begin::Snapshot)?;
            let done = work(&mut Reader { conn, foreseen: None, waiting: &[] });
            conn.rollback();
            done
        })
    }

    /// Writes through the lane of `key`: the same key always meets the same lane. `work` may run
    /// more than once; what it did before counts only when it is answered.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Overloaded`] when the lane is full; [`Error::CommitUnknown`] when
    /// the connection broke in the middle of the commit.
    pub async fn write<T, E>(
        &self,
        key: &str,
        work: impl FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
    {
        self.begin_write(key, work)?.told().await
    }

    /// [`Store::write`] for a thread that may block.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, E>(
        &self,
        key: &str,
        work: impl FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
    {
        self.begin_write(key, work)?.wait()
    }

    /// Hands a write to its lane: for a thread that has something else to do meanwhile, and for whoever
    /// waits in a future that is to hold the answer alone and not the work as well.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the lane is full.
    pub fn begin_write<T, E>(
        &self,
        key: &str,
        work: impl FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<Begun<T, E>, E>
    where
        T: Send + 'static,
        E: JobError,
    {
        Ok(Begun::of(self.enqueue(key, Typed::enqueued(key, work, Kind::Plain))?))
    }

    /// Hands a write to its lane whose answer is kept for repeats: with an idempotency key that is known already,
    /// `work` is not run and the kept answer comes back marked as replayed. `foresight` says what it is
    /// going to read.
    ///
    /// # Errors
    /// As [`Store::write`]; [`Error::KeyReused`] when the key came with another request before,
    /// [`Error::KeyInProgress`] while the first request with it still runs here.
    pub fn answer<E: JobError>(
        &self,
        key: &str,
        idempotency: Option<IdempotencyKey>,
        foresight: Foresight,
        mut work: impl FnMut(&mut WriteTx<'_>) -> Result<Answer, E> + Send + 'static,
    ) -> Result<Begun<Answer, E>, E> {
        let in_hand = idempotency.as_ref().map(|key| self.inner.running.begin(key)).transpose()?;
        let work = move |tx: &mut WriteTx<'_>| {
            let _held_as_long_as_the_job = &in_hand;
            work(tx)
        };
        let kind = idempotency.map_or(Kind::Plain, Kind::Idempotent);
        Ok(Begun::of(self.enqueue(key, Typed::answering(key, work, kind, foresight))?))
    }

    /// Hands `work` to its lane, which runs it with all its checks and rolls it back: nothing is written.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn rehearse<T, E>(
        &self,
        key: &str,
        work: impl FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<Begun<T, E>, E>
    where
        T: Send + 'static,
        E: JobError,
    {
        Ok(Begun::of(self.enqueue(key, Typed::enqueued(key, work, Kind::Rehearsal))?))
    }

    fn enqueue<T: Send + 'static, E: JobError>(
        &self,
        key: &str,
        (job, answer): (Box<dyn Job>, oneshot::Receiver<Result<T, E>>),
    ) -> Result<oneshot::Receiver<Result<T, E>>, E> {
        self.lane(key).ok_or(Error::Overloaded("no lane"))?.send(job)?;
        Ok(answer)
    }

    fn lane(&self, key: &str) -> Option<&Lane> {
        let lanes = &self.inner.lanes;
        let count = u64::try_from(lanes.len()).unwrap_or(1).max(1);
        lanes.get(usize::try_from(hash(key) % count).unwrap_or(0))
    }

    /// Whether a write with this key would be refused now, since too many wait for its lane already.
    pub fn is_full(&self, key: &str) -> bool {
        self.lane(key).is_some_and(Lane::is_full)
    }

    /// Whether every write lane is at work, or was ended in order.
    pub fn lanes_live(&self) -> bool {
        self.inner.lanes.iter().all(Lane::lives)
    }

    /// Stops taking writes, finishes those that wait and gives the audit chains back.
    pub fn close(&self) {
        for lane in &self.inner.lanes {
            lane.close();
        }
    }
}

/// What a job is run as.
pub(crate) enum Kind {
    /// Run and commit.
    Plain,
    /// Run, commit and keep the answer.
    Idempotent(IdempotencyKey),
    /// Run and roll back.
    Rehearsal,
}

/// FNV-1a: spreads keys over lanes, the same in every process and version.
pub(crate) fn hash(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[derive(Debug)]
struct PoolErrors;

impl r2d2::HandleError<Error> for PoolErrors {
    fn handle_error(&self, error: Error) {
        tracing::warn!(%error, "no new database connection");
    }
}

/// A new identity, ordered by time.
#[expect(clippy::disallowed_methods, reason = "the one place of this crate that makes identities")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}
