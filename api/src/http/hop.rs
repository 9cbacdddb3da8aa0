//! The one blocking hop of a request: into the store and back.
//!
//! Reading takes a blocking thread, writing waits for a lane. Nothing else of the interface
//! touches the store.

mod writing;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::rt::time::timeout;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::dossier::number::DossierCode;
use persistence::store::JobError;
use persistence::{Answer, Foresight, Reader, Store, WriteTx};
use serde::Serialize;

use super::auth::{Public, Signed};
use super::conditional::{ETag, IfMatch};
use super::problem::{ErrorCode, Problem};
use crate::app::Cx;
use crate::app::dossiers::Expected;
use crate::app::error::Error;
use crate::state::State;

pub use self::writing::{Writing, key};

/// Takes the blocking hop: waits for a thread, and with what is left of that patience for a connection,
/// then for the answer as long as an answer may take.
async fn block<T: Send + 'static>(
    state: &State,
    work: impl FnOnce(Store) -> Result<T, Error> + Send + 'static,
) -> Result<T, Problem> {
    // Only looked at when patience ends: being told of every start would wake the worker twice a request.
    let begun = Instant::now();
    let patience = Duration::from_millis(state.config.acquire_timeout_ms);
    let started = Arc::new(AtomicBool::new(false));
    let (starts, store) = (started.clone(), state.store.clone());
    let hop = web::block(move || {
        let left = patience.saturating_sub(begun.elapsed());
        // Whoever asked has had an answer by now: the database is spared.
        if left.is_zero() {
            return Err(persistence::Error::Overloaded(NO_THREAD).into());
        }
        starts.store(true, Ordering::Relaxed);
        // The panic hook has counted and logged it.
        catch_unwind(AssertUnwindSafe(|| work(store.within(left))))
            .unwrap_or_else(|_| Err(Error::Internal("a read panicked".to_owned())))
    });
    let done = patient(state, begun, &started, hop).await?;
    done.map_err(|_| Problem::new(ErrorCode::ShuttingDown))?.map_err(Problem::from)
}

const NO_THREAD: &str = "waited too long for a thread";

/// Waits for a reading: to be started as long as for a connection, then as long as an answer may take.
async fn patient<T>(
    state: &State,
    begun: Instant,
    started: &AtomicBool,
    reading: impl Future<Output = T>,
) -> Result<T, Problem> {
    let (limit, patience) = (answer_timeout(state), Duration::from_millis(state.config.acquire_timeout_ms));
    let mut reading = pin!(reading);
    if let Ok(done) = timeout(patience.min(limit), &mut reading).await {
        return Ok(done);
    }
    if !started.load(Ordering::Relaxed) {
        return Err(Problem::from(persistence::Error::Overloaded(NO_THREAD)));
    }
    let left = limit.saturating_sub(begun.elapsed());
    timeout(left, &mut reading).await.map_err(|_| Problem::new(ErrorCode::Timeout))
}

/// Does what may wait for a disk and does not touch the store, apart from the threads that answer.
pub async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = web::block(move || {
        catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err(Problem::internal("what was done aside panicked")))
    });
    done.await.map_err(|_| Problem::new(ErrorCode::ShuttingDown))?
}

fn answer_timeout(state: &State) -> Duration {
    Duration::from_millis(state.config.answer_timeout_ms)
}

/// Reads on behalf of somebody.
pub async fn read<T: Send + 'static>(
    signed: &Signed,
    work: impl FnOnce(&Cx, &mut Reader<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Problem> {
    let Signed { claims, origin, state } = signed.clone();
    block(&signed.state, move |store| {
        store.read(|reader| {
            let cx = state.cx(reader, &claims, &origin)?;
            work(&cx, reader)
        })
    })
    .await
}

/// Reads what is quick on behalf of somebody, together with others who ask at the same time; `foresight`
/// says what `work` is going to read.
pub async fn read_gathered<T: Send + 'static>(
    signed: &Signed,
    foresight: Foresight,
    work: impl FnOnce(&Cx, &mut Reader<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Problem> {
    let Signed { claims, origin, state } = signed.clone();
    let begun = Instant::now();
    let started = Arc::new(AtomicBool::new(false));
    let starts = started.clone();
    let reading = signed.state.store.read_gathered(foresight, move |reader| {
        starts.store(true, Ordering::Relaxed);
        let cx = state.cx(reader, &claims, &origin)?;
        work(&cx, reader)
    });
    patient(&signed.state, begun, &started, reading).await?.map_err(Problem::from)
}

/// Reads several statements as of one moment on behalf of somebody.
pub async fn read_snapshot<T: Send + 'static>(
    signed: &Signed,
    work: impl FnOnce(&Cx, &mut Reader<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Problem> {
    let Signed { claims, origin, state } = signed.clone();
    block(&signed.state, move |store| {
        store.read_snapshot(|reader| {
            let cx = state.cx(reader, &claims, &origin)?;
            work(&cx, reader)
        })
    })
    .await
}

/// Reads for somebody who need not sign in.
pub async fn read_public<T: Send + 'static>(
    public: &Public,
    work: impl FnOnce(&mut Reader<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Problem> {
    block(&public.state, move |store| store.read(work)).await
}

/// Looks whether what is in force has changed, so that this process goes by it at once.
pub async fn refresh(state: &web::Data<State>) -> Result<(), Problem> {
    let of = state.clone();
    block(state, move |store| of.reference.refresh(&store)).await
}

/// What was read of a body, apart from why it could not be: that is told only after 404 and 403.
pub fn apart<T>(read: Result<T, Problem>) -> (Option<T>, Option<Problem>) {
    match read {
        Ok(value) => (Some(value), None),
        Err(problem) => (None, Some(problem)),
    }
}

/// The outcome of a use case; where it says that the body was unreadable, why.
///
/// # Errors
/// Those of the use case.
pub fn told<T>(done: Result<T, Problem>, unreadable: Option<Problem>) -> Result<T, Problem> {
    match (done, unreadable) {
        (Err(problem), Some(unreadable)) if problem.code() == ErrorCode::BadRequest => Err(unreadable),
        (done, _) => done,
    }
}

/// Why nothing of a write is kept.
#[derive(Debug)]
pub enum Unkept {
    /// It was refused, and this is the answer all the same.
    Answer(Answer),
    /// It failed.
    Failed(Error),
}

impl From<Error> for Unkept {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<persistence::Error> for Unkept {
    fn from(error: persistence::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl JobError for Unkept {
    fn store_error(&self) -> Option<&persistence::Error> {
        match self {
            Self::Answer(_) => None,
            Self::Failed(error) => error.store_error(),
        }
    }
}

/// Writes on behalf of somebody and answers what `work` leaves, once it is committed.
pub fn write(
    signed: &Signed,
    writing: Writing,
    work: impl Fn(&Cx, &mut WriteTx<'_>) -> Result<Answer, Error> + Send + 'static,
) -> impl Future<Output = Result<HttpResponse, Problem>> {
    let answer = run::<Error>(signed, writing, work);
    async move { Ok(response(answer.await?)) }
}

/// Writes on behalf of somebody what no answer is kept of.
pub async fn write_plain<T: Send + 'static>(
    signed: &Signed,
    lane: uuid::Uuid,
    work: impl Fn(&Cx, &mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Problem> {
    let Signed { claims, origin, state } = signed.clone();
    let store = state.store.clone();
    let job = move |tx: &mut WriteTx<'_>| {
        let cx = state.cx(&mut tx.reader(), &claims, &origin)?;
        work(&cx, tx)
    };
    let begun = store.begin_write::<T, Error>(&lane.to_string(), job)?;
    let done = timeout(answer_timeout(&signed.state), begun.told()).await;
    Ok(done.unwrap_or_else(|_| Err(persistence::Error::CommitUnknown.into()))?)
}

/// As [`write()`], for what changes reference data: this process has it in force when it answers,
/// all others within a second.
pub async fn write_reference(
    signed: &Signed,
    writing: Writing,
    work: impl Fn(&Cx, &mut WriteTx<'_>) -> Result<Answer, Error> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let kept = !writing.dry_run;
    let answer = write(signed, writing, work).await?;
    if kept {
        let state = signed.state.clone();
        let looked = block(&signed.state, move |store| state.reference.refresh(&store)).await;
        if let Err(problem) = looked {
            // It is committed all the same; the job that watches the mark loads it.
            tracing::warn!(code = problem.code().code(), "reference data is loaded a little later");
        }
    }
    Ok(answer)
}

/// As [`write()`], but `work` may answer and yet have everything it did rolled back.
pub fn write_or_answer(
    signed: &Signed,
    writing: Writing,
    work: impl Fn(&Cx, &mut WriteTx<'_>) -> Result<Answer, Unkept> + Send + 'static,
) -> impl Future<Output = Result<HttpResponse, Problem>> {
    let answer = run::<Unkept>(signed, writing, work);
    async move {
        match answer.await {
            Ok(answer) | Err(Unkept::Answer(answer)) => Ok(response(answer)),
            Err(Unkept::Failed(error)) => Err(error.into()),
        }
    }
}

/// Writes for somebody who need not sign in and answers what `work` leaves, once it is committed.
pub fn write_public(
    public: &Public,
    writing: Writing,
    work: impl Fn(&mut WriteTx<'_>) -> Result<Answer, Error> + Send + 'static,
) -> impl Future<Output = Result<HttpResponse, Problem>> {
    let answer = enqueue::<Error, _>(&public.state, writing, work);
    async move { Ok(response(answer.await?)) }
}

fn run<E: JobError + From<Error>>(
    signed: &Signed,
    writing: Writing,
    work: impl Fn(&Cx, &mut WriteTx<'_>) -> Result<Answer, E> + Send + 'static,
) -> impl Future<Output = Result<Answer, E>> {
    let Signed { claims, origin, state } = signed.clone();
    enqueue(&signed.state, writing, move |tx: &mut WriteTx<'_>| {
        let cx = state.cx(&mut tx.reader(), &claims, &origin)?;
        work(&cx, tx)
    })
}

/// Hands a job to its lane at once; the future waits for the answer. Were the job handed over by the future, each
/// of those around it would have room for the whole of it, twice, in every connection that waits.
fn enqueue<E: JobError + From<Error>, J>(
    state: &State,
    writing: Writing,
    job: J,
) -> impl Future<Output = Result<Answer, E>> + use<E, J>
where
    J: Fn(&mut WriteTx<'_>) -> Result<Answer, E> + Send + 'static,
{
    let limit = answer_timeout(state);
    let begun = if writing.dry_run {
        state.store.rehearse::<Answer, E>(&writing.lane, job)
    } else {
        state.store.answer::<E>(&writing.lane, writing.idempotency, writing.foresight, job)
    };
    async move {
        // The lane goes on with it; a repeat under the same key finds out how it ended.
        timeout(limit, begun?.told()).await.unwrap_or_else(|_| Err(persistence::Error::CommitUnknown.into()))
    }
}

/// An answer of JSON.
///
/// # Errors
/// [`Error::Internal`] when the body has no JSON form.
pub fn answer(
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: &impl Serialize,
) -> Result<Answer, Error> {
    Ok(Answer {
        status: status.as_u16(),
        headers: headers.into_iter().map(|(name, value)| (name.as_str().to_owned(), value)).collect(),
        body: serde_json::to_string(body).map_err(|e| Error::Internal(e.to_string()))?,
        replayed: false,
    })
}

/// Marks an answer that was kept from an earlier request.
const REPLAYED: &str = "Idempotent-Replayed";

/// Whether an answer was kept from an earlier request.
pub fn is_replayed(response: &HttpResponse) -> bool {
    response.headers().contains_key(REPLAYED)
}

fn response(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
    for (name, value) in &answer.headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    if answer.replayed {
        response.insert_header((REPLAYED, "true"));
    }
    if answer.status == StatusCode::NO_CONTENT.as_u16() {
        response.finish()
    } else {
        response.body(answer.body)
    }
}

/// The version that a writer must have seen, from `If-Match`.
///
/// # Errors
/// 400 when the header cannot be read.
pub fn expected(request: &HttpRequest) -> Result<Expected, Problem> {
    Ok(match IfMatch::optional(request.headers())? {
        None => Expected::Nothing,
        Some(condition) => Expected::That(Arc::new(move |version| condition.matches(&tag(version)))),
    })
}

/// The entity tag of a version.
pub fn tag(version: i64) -> ETag {
    ETag::of_version(version)
}

/// The dossier code of a path; what is none is not found.
///
/// # Errors
/// 404.
pub fn code(raw: &str) -> Result<DossierCode, Problem> {
    DossierCode::parse(raw).ok_or_else(|| Problem::new(ErrorCode::NotFound))
}

/// The identifier of a path; what is none is not found.
///
/// # Errors
/// 404.
pub fn id(raw: &str) -> Result<uuid::Uuid, Problem> {
    raw.parse().map_err(|_| Problem::new(ErrorCode::NotFound))
}
