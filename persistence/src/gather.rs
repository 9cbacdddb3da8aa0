//! Readings that many ask for at the same time, answered together.
//!
//! A few threads take what waits, read ahead by one statement what all of it wants, and answer each. Load
//! makes the batch; there is no timer, and who is alone is read for alone. Only for readings that are quick:
//! each waits for those before it in its batch. Must not be used for what may take long.

use std::panic::AssertUnwindSafe;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tokio::sync::oneshot;

use crate::backend::{AnyConnection, Manager};
use crate::error::Error;
use crate::foresight::{Foreseen, Foresight};
use crate::store::Reader;

/// How many threads answer; each wants a connection.
pub const THREADS: u32 = 2;

/// Most readings of a batch: so few that those of one thread do not wait while another has nothing to do.
const BATCH: usize = 32;

/// A reading with its type taken away.
pub(crate) trait Ask: Send {
    fn enqueued(&self) -> Instant;
    fn foresight(&self) -> &Foresight;
    /// Reads and tells.
    fn answer(self: Box<Self>, reader: &mut Reader<'_>);
    /// Tells that it was not read.
    fn refuse(self: Box<Self>, error: Error);
}

/// A reading with its types.
struct Typed<T, E, F> {
    enqueued: Instant,
    foresight: Foresight,
    work: F,
    tell: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Ask for Typed<T, E, F>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: FnOnce(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
{
    fn enqueued(&self) -> Instant {
        self.enqueued
    }

    fn foresight(&self) -> &Foresight {
        &self.foresight
    }

    fn answer(self: Box<Self>, reader: &mut Reader<'_>) {
        let Self { work, tell, .. } = *self;
        if tell.is_closed() {
            return;
        }
        // The panic hook has counted and logged it.
        let done = std::panic::catch_unwind(AssertUnwindSafe(|| work(reader)))
            .unwrap_or_else(|_| Err(Error::Corrupt("a read panicked".to_owned()).into()));
        // The caller may have gone.
        let _ = tell.send(done);
    }

    fn refuse(self: Box<Self>, error: Error) {
        let _ = self.tell.send(Err(error.into()));
    }
}

/// The threads, seen from outside.
pub(crate) struct Gather {
    queue: Option<Sender<Box<dyn Ask>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Gather {
    /// Starts the threads; they end, and their connections with them, when this is dropped.
    pub(crate) fn start(queue: usize, patience: Duration, pool: &r2d2::Pool<Manager>) -> Result<Self, Error> {
        let (send, asks) = crossbeam_channel::bounded(queue);
        let mut threads = Vec::new();
        for _ in 0..THREADS {
            let worker = Worker { asks: asks.clone(), pool: pool.clone(), patience };
            let thread = std::thread::Builder::new()
                .name("gather".to_owned())
                .spawn(move || worker.work())
                .map_err(|e| Error::Unavailable(e.to_string()))?;
            threads.push(thread);
        }
        Ok(Self { queue: Some(send), threads })
    }

    /// Queues a reading, or refuses it at once when there is no room.
    pub(crate) fn send<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        foresight: Foresight,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, E>>, Error> {
        let (tell, told) = oneshot::channel();
        let ask = Box::new(Typed { enqueued: Instant::now(), foresight, work, tell });
        let ended = || Error::Unavailable("the readers have ended".to_owned());
        let queue = self.queue.as_ref().ok_or_else(ended)?;
        queue.try_send(ask).map_err(|error| match error {
            TrySendError::Full(_) => Error::Overloaded("too many readings wait"),
            TrySendError::Disconnected(_) => ended(),
        })?;
        Ok(told)
    }
}

impl Drop for Gather {
    /// Waits for the threads: the last connection to SQLite tidies its log up when it is closed, which must
    /// be done when the store is gone.
    fn drop(&mut self) {
        self.queue = None;
        let own = std::thread::current().id();
        for thread in self.threads.drain(..) {
            // What is read may have been the last to hold the store.
            if thread.thread().id() != own && thread.join().is_err() {
                tracing::error!("a reader panicked");
            }
        }
    }
}

struct Worker {
    asks: Receiver<Box<dyn Ask>>,
    pool: r2d2::Pool<Manager>,
    patience: Duration,
}

impl Worker {
    fn work(self) {
        while let Ok(first) = self.asks.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(ask) = self.asks.try_recv()
            {
                batch.push(ask);
            }
            self.serve(batch);
        }
    }

    fn serve(&self, batch: Vec<Box<dyn Ask>>) {
        // Whoever asked so long ago has had an answer by now: the database is spared.
        let (fresh, late): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|ask| ask.enqueued().elapsed() < self.patience);
        for ask in late {
            ask.refuse(Error::Overloaded("waited too long to be read"));
        }
        if fresh.is_empty() {
            return;
        }
        match self.pool.get() {
            Ok(mut connection) => answer(&mut connection, fresh),
            Err(_) => {
                for ask in fresh {
                    ask.refuse(Error::Overloaded("no free connection"));
                }
            }
        }
    }
}

fn answer(conn: &mut AnyConnection, asks: Vec<Box<dyn Ask>>) {
    let mut foreseen = Foreseen::default();
    if asks.len() > 1 {
        match Foreseen::read(conn, asks.iter().map(|ask| ask.foresight())) {
            Ok(read) => foreseen = read,
            // Each meets what is wrong itself.
            Err(error) => tracing::debug!(%error, "nothing could be read ahead"),
        }
    }
    for ask in asks {
        ask.answer(&mut Reader { conn, foreseen: Some(&mut foreseen), waiting: &[] });
    }
}
