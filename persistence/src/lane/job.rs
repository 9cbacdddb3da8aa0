//! A write as a lane has it: what is to be done, what it came to, and who waits to be told.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use tokio::sync::oneshot;

use crate::error::Error;
use crate::foresight::Foresight;
use crate::idempotency::{Answer, IdempotencyKey};
use crate::store::{JobError, Kind, Whose, WriteTx};

/// How a job went.
pub(crate) enum Verdict {
    /// It did its work.
    Done,
    /// It was refused, by itself.
    Refused,
    /// The database failed it.
    Failed(Error),
}

/// A write with its type taken away.
pub(crate) trait Job: Send {
    fn key(&self) -> &str;
    fn enqueued(&self) -> Instant;
    fn is_rehearsal(&self) -> bool;
    fn whose(&self) -> Whose;
    fn idempotency(&self) -> Option<&IdempotencyKey>;
    fn foresight(&self) -> &Foresight;
    /// Runs the work and keeps its result.
    fn run(&mut self, tx: &mut WriteTx<'_>) -> Verdict;
    /// Puts a kept answer in the place of a result.
    fn replay(&mut self, answer: Answer);
    /// Puts a refusal in the place of a result, without running the work.
    fn refuse(&mut self, error: Error);
    /// The answer to keep, when the work was done.
    fn answer(&self) -> Option<&Answer>;
    /// Tells the waiting caller: the kept result, or the error.
    fn finish(self: Box<Self>, outcome: Result<(), Error>);
}

/// A job with its types.
pub(crate) struct Typed<T, E, F> {
    key: String,
    enqueued: Instant,
    whose: Whose,
    kind: Kind,
    foresight: Foresight,
    work: F,
    result: Option<Result<T, E>>,
    from_answer: Option<fn(Answer) -> T>,
    to_answer: Option<fn(&T) -> &Answer>,
    tell: oneshot::Sender<Result<T, E>>,
}

type Enqueued<T, E> = (Box<dyn Job>, oneshot::Receiver<Result<T, E>>);

impl<T, E, F> Typed<T, E, F>
where
    T: Send + 'static,
    E: JobError,
    F: FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
{
    pub(crate) fn enqueued(key: &str, work: F, kind: Kind) -> Enqueued<T, E> {
        Self::boxed(key, work, kind, Foresight::default(), None, None)
    }

    fn boxed(
        key: &str,
        work: F,
        kind: Kind,
        foresight: Foresight,
        from_answer: Option<fn(Answer) -> T>,
        to_answer: Option<fn(&T) -> &Answer>,
    ) -> Enqueued<T, E> {
        let (tell, told) = oneshot::channel();
        let key = key.to_owned();
        let job = Self {
            key,
            enqueued: Instant::now(),
            whose: Whose::here(),
            kind,
            foresight,
            work,
            result: None,
            from_answer,
            to_answer,
            tell,
        };
        (Box::new(job), told)
    }
}

impl<E, F> Typed<Answer, E, F>
where
    E: JobError,
    F: FnMut(&mut WriteTx<'_>) -> Result<Answer, E> + Send + 'static,
{
    pub(crate) fn answering(key: &str, work: F, kind: Kind, foresight: Foresight) -> Enqueued<Answer, E> {
        Self::boxed(key, work, kind, foresight, Some(|a| a), Some(|a| a))
    }
}

impl<T, E, F> Job for Typed<T, E, F>
where
    T: Send + 'static,
    E: JobError,
    F: FnMut(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
{
    fn key(&self) -> &str {
        &self.key
    }

    fn enqueued(&self) -> Instant {
        self.enqueued
    }

    fn is_rehearsal(&self) -> bool {
        matches!(self.kind, Kind::Rehearsal)
    }

    fn whose(&self) -> Whose {
        self.whose
    }

    fn idempotency(&self) -> Option<&IdempotencyKey> {
        match &self.kind {
            Kind::Idempotent(key) => Some(key),
            Kind::Plain | Kind::Rehearsal => None,
        }
    }

    fn foresight(&self) -> &Foresight {
        &self.foresight
    }

    fn run(&mut self, tx: &mut WriteTx<'_>) -> Verdict {
        let work = &mut self.work;
        // The panic hook has counted and logged it.
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|_| Err(Error::Corrupt("a write panicked".to_owned()).into()));
        let verdict = match &result {
            Ok(_) => Verdict::Done,
            Err(error) => match error.store_error() {
                None => Verdict::Refused,
                Some(Error::NotFound | Error::KeyReused) => Verdict::Refused,
                Some(error) => Verdict::Failed(copy(error)),
            },
        };
        self.result = Some(result);
        verdict
    }

    fn replay(&mut self, answer: Answer) {
        self.result = self.from_answer.map(|from| Ok(from(answer)));
    }

    fn refuse(&mut self, error: Error) {
        self.result = Some(Err(error.into()));
    }

    fn answer(&self) -> Option<&Answer> {
        match (&self.result, self.to_answer) {
            (Some(Ok(value)), Some(to_answer)) => Some(to_answer(value)),
            _ => None,
        }
    }

    fn finish(self: Box<Self>, outcome: Result<(), Error>) {
        let Self { work, result, tell, .. } = *self;
        // Before the caller hears of it: its next request may carry the key that this one holds.
        drop(work);
        let result = match (outcome, result) {
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(Error::Corrupt("a write gave no result".to_owned()).into()),
        };
        // The caller may have gone; what was committed stays committed.
        let _ = tell.send(result);
    }
}

/// An error for another of several that share it.
pub(super) fn copy(error: &Error) -> Error {
    match error {
        Error::NotFound => Error::NotFound,
        Error::Taken(what) => Error::Taken(what.clone()),
        Error::Stale => Error::Stale,
        Error::Overloaded(why) => Error::Overloaded(why),
        Error::Unavailable(why) => Error::Unavailable(why.clone()),
        Error::CommitUnknown => Error::CommitUnknown,
        Error::Corrupt(what) => Error::Corrupt(what.clone()),
        Error::OtherSchema(what) => Error::OtherSchema(what.clone()),
        Error::KeyReused => Error::KeyReused,
        Error::KeyInProgress => Error::KeyInProgress,
        Error::Database(what) => Error::Database(what.clone()),
    }
}
