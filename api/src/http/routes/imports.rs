//! Imports: the file as body, the job as answer.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use persistence::imports::Chunk;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::error::Error;
use crate::app::imports::{self as app, Cutter};
use crate::http::auth::Signed;
use crate::http::body::{RawBody, is_encoded};
use crate::http::hop::{self, Writing, answer};
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::imports::{DisagreementView, ImportQuery, ImportView, PageQuery, RowErrorView};

/// The longest line of an import.
const LONGEST_LINE: usize = 1024 * 1024;

/// Import dossiers
///
/// The file is the body, one dossier a line in the portal's own field names. It is taken in whole,
/// then worked as a job that resumes where it stopped. A second import of the same dossiers
/// changes nothing; with the `Idempotency-Key` of the first there is no second import at all.
#[utoipa::path(tag = "imports", operation_id = "create_import", params(ImportQuery), security(("bearer" = [])),
    request_body(content = String, content_type = "application/x-ndjson", description = "One JSON object a line"),
    responses((status = 202, description = "The job", body = ImportView)))]
#[post("/imports")]
pub async fn create_import(
    signed: Signed,
    request: HttpRequest,
    query: Query<ImportQuery>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let content_type =
        request.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if is_encoded(request.headers())
        || !content_type
            .split(';')
            .next()
            .is_some_and(|t| t.trim().eq_ignore_ascii_case("application/x-ndjson"))
    {
        return Err(Problem::new(ErrorCode::UnsupportedMediaType));
    }
    hop::key(&request)?;
    let id = signed.state.clock.new_id();
    let (kind, dry_run) = (query.kind, query.dry_run);
    write(&signed, id, move |cx, tx| app::create(cx, tx, id, kind, dry_run)).await?;
    let taken = queue(&signed, &request, id, payload).await;
    let queued = taken.as_ref().is_ok_and(|answer| !hop::is_replayed(answer));
    if !queued {
        // The answer is another import's, or a problem: what came in belongs to nobody.
        write(&signed, id, move |_, tx| Ok(persistence::imports::discard(tx, id)?)).await?;
    }
    taken
}

/// Takes the file in and lets the import begin, once for an `Idempotency-Key`.
async fn queue(
    signed: &Signed,
    request: &HttpRequest,
    id: Uuid,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (rows, digest) = take_in(signed, id, payload).await?;
    // Repeats meet in one lane only when it is named by their key.
    let lane = hop::key(request)?.map_or_else(|| id.to_string(), ToOwned::to_owned);
    let writing = Writing::of_digest(request, signed, &digest, &lane, false)?;
    hop::write(signed, writing, move |cx, tx| {
        let import = app::queue(cx, tx, id, rows)?;
        let location = format!("/api/v1/imports/{id}");
        answer(StatusCode::ACCEPTED, vec![(header::LOCATION, location)], &ImportView::of(&import))
    })
    .await
}

async fn write<T: Send + 'static>(
    signed: &Signed,
    id: Uuid,
    work: impl Fn(&crate::app::Cx, &mut persistence::WriteTx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Problem> {
    let Signed { claims, origin, state } = signed.clone();
    let store = state.store.clone();
    let done: Result<T, Error> = store
        .write(&id.to_string(), move |tx| {
            let cx = state.cx(&mut tx.reader(), &claims, &origin)?;
            work(&cx, tx)
        })
        .await;
    Ok(done?)
}

/// Keeps the body in chunks of whole lines as it comes; gives the number of rows and the body's
/// SHA-256.
async fn take_in(signed: &Signed, id: Uuid, mut payload: web::Payload) -> Result<(i64, [u8; 32]), Problem> {
    let mut digest = Sha256::new();
    let limit = signed.state.config.import_limit_bytes;
    let (mut cutter, mut rest, mut total) = (Cutter::default(), Vec::new(), 0_u64);
    while let Some(bytes) = payload.next().await {
        let bytes = bytes.map_err(|_| Problem::new(ErrorCode::BadRequest))?;
        total = total.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if total > limit {
            return Err(Problem::new(ErrorCode::PayloadTooLarge));
        }
        digest.update(&bytes);
        rest.extend_from_slice(&bytes);
        let whole = rest.iter().rposition(|b| *b == b'\n').map_or(0, |end| end.saturating_add(1));
        if whole == 0 && rest.len() > LONGEST_LINE {
            return Err(Problem::new(ErrorCode::PayloadTooLarge));
        }
        let lines: Vec<u8> = rest.drain(..whole).collect();
        // A line that is no UTF-8 is reported with the others: its bytes become U+FFFD.
        for line in String::from_utf8_lossy(&lines).lines() {
            if let Some(chunk) = cutter.push(line) {
                keep(signed, id, chunk).await?;
            }
        }
    }
    if !rest.is_empty()
        && let Some(chunk) = cutter.push(&String::from_utf8_lossy(&rest))
    {
        keep(signed, id, chunk).await?;
    }
    let (last, rows) = cutter.finish();
    if let Some(chunk) = last {
        keep(signed, id, chunk).await?;
    }
    Ok((rows, digest.finalize().into()))
}

async fn keep(signed: &Signed, id: Uuid, chunk: Chunk) -> Result<(), Problem> {
    let kept: Result<(), Error> = signed
        .state
        .store
        .write(&id.to_string(), move |tx| Ok(persistence::imports::add_chunk(tx, id, &chunk)?))
        .await;
    Ok(kept?)
}

/// List imports
///
/// Those the caller asked for, newest first.
#[utoipa::path(tag = "imports", operation_id = "list_imports", params(PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of imports", body = Page<ImportView>)))]
#[get("/imports")]
pub async fn list_imports(
    signed: Signed,
    request: HttpRequest,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    type Key = (DateTime<Utc>, Uuid);
    let paged = Paged::<Key>::read(&signed.state, "imports", &"", query.limit, query.cursor.as_deref())?;
    let (after, rows) = (paged.after, paged.fetch_rows());
    let found = hop::read(&signed, move |cx, reader| app::list(cx, reader, after, rows)).await?;
    respond(&request, paged.page(found, |i| (i.created_at, i.id)).map(|i| ImportView::of(&i)))
}

/// Read an import
///
/// How far it is, and what came of it.
#[utoipa::path(tag = "imports", operation_id = "get_import", params(("id" = String, Path, description = "Identity of the import")), security(("bearer" = [])),
    responses((status = 200, description = "The import", body = ImportView)))]
#[get("/imports/{id}")]
pub async fn get_import(
    signed: Signed,
    id: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let import = hop::read(&signed, move |cx, reader| app::get(cx, reader, id)).await?;
    Ok(HttpResponse::Ok().json(ImportView::of(&import)))
}

/// List what was wrong with an import
///
/// By line and column; good lines went in all the same.
#[utoipa::path(tag = "imports", operation_id = "list_import_errors", params(("id" = String, Path, description = "Identity of the import"), PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of errors", body = Page<RowErrorView>)))]
#[get("/imports/{id}/errors")]
pub async fn list_import_errors(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let paged =
        Paged::<(i64, i32)>::read(&signed.state, "import_errors", &id, query.limit, query.cursor.as_deref())?;
    let (after, rows) = (paged.after.unwrap_or((0, -1)), paged.fetch_rows());
    let found = hop::read(&signed, move |cx, reader| app::errors(cx, reader, id, after, rows)).await?;
    respond(
        &request,
        paged.page(found, |(position, e)| (e.line, *position)).map(|(_, e)| RowErrorView::of(e)),
    )
}

/// List where the portal decided otherwise
///
/// Dossiers of an import on which the portal's own outcome differs from the law's.
#[utoipa::path(tag = "imports", operation_id = "list_import_disagreements", params(("id" = String, Path, description = "Identity of the import"), PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of disagreements", body = Page<DisagreementView>)))]
#[get("/imports/{id}/disagreements")]
pub async fn list_import_disagreements(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let paged =
        Paged::<String>::read(&signed.state, "disagreements", &id, query.limit, query.cursor.as_deref())?;
    let (after, rows) = (paged.after.clone().unwrap_or_default(), paged.fetch_rows());
    let found =
        hop::read(&signed, move |cx, reader| app::disagreements(cx, reader, id, &after, rows)).await?;
    respond(&request, paged.page(found, |d| d.code.clone()).map(DisagreementView::of))
}

/// Cancel an import
///
/// What is done stays done; nothing happens to an import that has ended.
#[utoipa::path(tag = "imports", operation_id = "cancel_import", params(("id" = String, Path, description = "Identity of the import")), security(("bearer" = [])),
    responses((status = 200, description = "The import", body = ImportView)))]
#[post("/imports/{id}/cancel")]
pub async fn cancel_import(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let writing = Writing::of(&request, &signed, &body, &id.to_string(), false)?;
    hop::write(&signed, writing, move |cx, tx| {
        answer(StatusCode::OK, Vec::new(), &ImportView::of(&app::cancel(cx, tx, id)?))
    })
    .await
}
