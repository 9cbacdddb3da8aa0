//! Drafts: begun, saved, thrown away, handed in.

use actix_web::ResponseError as _;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use persistence::Answer;
use serde_json::Value;
use uuid::Uuid;

use super::dossiers::submitted;
use crate::app::drafts::{self as app, Terms};
use crate::app::error::Error;
use crate::http::auth::Signed;
use crate::http::body::{EmptyBody, RawBody};
use crate::http::conditional::not_modified;
use crate::http::context::RequestContext;
use crate::http::hop::{self, Writing, answer};
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::dossiers::{DossierView, DryRun};
use crate::http::views::drafts::{DraftBody, DraftSummary, DraftView, Showing, reading};
use crate::http::views::imports::PageQuery;

fn showing(signed: &Signed, request: &HttpRequest) -> Showing {
    let language = RequestContext::of(request).map(|c| c.language()).unwrap_or_default();
    Showing { days: signed.state.config.draft_days, language }
}

fn terms(signed: &Signed) -> Terms {
    let config = &signed.state.config;
    Terms {
        most: i64::from(config.drafts_per_account),
        days: config.draft_days,
        upload_keep_hours: config.upload_keep_hours,
    }
}

/// The package that was sent, once its fields and their types are known to be right.
fn package(body: &RawBody) -> Result<Value, Problem> {
    body.parse_or_default::<DraftBody>()?;
    let bytes = body.bytes()?;
    if bytes.is_empty() {
        return Ok(serde_json::json!({}));
    }
    serde_json::from_slice(bytes).map_err(|_| Problem::new(ErrorCode::MalformedJson))
}

fn shown(status: StatusCode, view: &DraftView) -> Result<Answer, Error> {
    let mut headers = vec![(header::ETAG, hop::tag(view.summary.version).as_str().to_owned())];
    if status == StatusCode::CREATED {
        headers.push((header::LOCATION, format!("/api/v1/drafts/{}", view.summary.id)));
    }
    answer(status, headers, view)
}

/// Begin a draft
///
/// A package of which any part may be missing; `{}` will do. What has the wrong type is refused, what
/// is missing or not acceptable yet is kept and told in `findings`. A draft is seen by its owner
/// alone, is no dossier and is counted nowhere. It is removed when nobody has saved it for some time
/// (`expires_at`).
#[utoipa::path(tag = "drafts", operation_id = "create_draft", request_body = DraftBody, params(DryRun), security(("bearer" = [])),
    responses((status = 201, description = "The draft", body = DraftView)))]
#[post("/drafts")]
pub async fn create_draft(
    signed: Signed,
    request: HttpRequest,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (package, showing) = (package(&body)?, showing(&signed, &request));
    let (terms, lane) = (terms(&signed), signed.claims.sub.to_string());
    let writing = Writing::of(&request, &signed, &body, &lane, query.dry_run)?;
    hop::write(&signed, writing, move |cx, tx| {
        let draft = app::create(cx, tx, &package, reading, terms)?;
        shown(StatusCode::CREATED, &DraftView::of(cx, draft, showing))
    })
    .await
}

/// List one's drafts
///
/// The caller's own, last begun first, without their packages.
#[utoipa::path(tag = "drafts", operation_id = "list_drafts", params(PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of drafts", body = Page<DraftSummary>)))]
#[get("/drafts")]
pub async fn list_drafts(
    signed: Signed,
    request: HttpRequest,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let owner = signed.claims.sub.to_string();
    let paged = Paged::<Uuid>::read(&signed.state, "drafts", &owner, query.limit, query.cursor.as_deref())?;
    let (after, rows, showing) = (paged.after, paged.fetch_rows(), showing(&signed, &request));
    let found = hop::read(&signed, move |cx, reader| {
        let found = app::list(cx, reader, after, rows)?;
        Ok(found.into_iter().map(|d| (d.id, DraftSummary::of(cx, d, showing))).collect::<Vec<_>>())
    })
    .await?;
    respond(&request, paged.page(found, |(id, _)| *id).map(|(_, view)| view))
}

/// Read a draft
///
/// With everything that handing it in now would be refused for.
#[utoipa::path(tag = "drafts", operation_id = "get_draft", params(("id" = String, Path, description = "Identity of the draft")), security(("bearer" = [])),
    responses((status = 200, description = "The draft", body = DraftView)))]
#[get("/drafts/{id}")]
pub async fn get_draft(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, showing) = (hop::id(&id)?, showing(&signed, &request));
    let view = hop::read(&signed, move |cx, reader| {
        Ok(DraftView::of(cx, app::judge(cx, reader, id, reading)?, showing))
    })
    .await?;
    let tag = hop::tag(view.summary.version);
    if let Some(same) = not_modified(request.headers(), &tag) {
        return Ok(same);
    }
    Ok(HttpResponse::Ok().insert_header(tag.header()).json(view))
}

/// Save a draft
///
/// The whole package takes the place of the one before; each save answers what would still be wrong.
/// Made to be sent while somebody types.
#[utoipa::path(tag = "drafts", operation_id = "save_draft", request_body = DraftBody, params(("id" = String, Path, description = "Identity of the draft"), DryRun), security(("bearer" = [])),
    responses((status = 200, description = "The draft", body = DraftView)))]
#[put("/drafts/{id}")]
pub async fn save_draft(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (id, showing) = (hop::id(&id)?, showing(&signed, &request));
    let (expected, terms) = (hop::expected(&request)?, terms(&signed));
    let writing = Writing::of(&request, &signed, &body, &id.to_string(), query.dry_run)?;
    let (package, unreadable) = hop::apart(package(&body));
    let done = hop::write(&signed, writing, move |cx, tx| {
        let draft = app::save(cx, tx, id, package.as_ref(), &expected, reading, terms)?;
        shown(StatusCode::OK, &DraftView::of(cx, draft, showing))
    })
    .await;
    hop::told(done, unreadable)
}

/// Throw a draft away
///
/// It is gone at once.
#[utoipa::path(tag = "drafts", operation_id = "delete_draft", params(("id" = String, Path, description = "Identity of the draft"), DryRun), security(("bearer" = [])),
    responses((status = 204, description = "The draft is gone")))]
#[delete("/drafts/{id}")]
pub async fn delete_draft(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (id, expected, terms) = (hop::id(&id)?, hop::expected(&request)?, terms(&signed));
    let writing = Writing::of(&request, &signed, &body, &id.to_string(), query.dry_run)?;
    hop::write(&signed, writing, move |cx, tx| {
        app::discard(cx, tx, id, &expected, reading, terms)?;
        answer(StatusCode::NO_CONTENT, Vec::new(), &())
    })
    .await
}

/// Hand a draft in
///
/// Just as `POST /dossiers` would take its package: the dossier is opened and the draft ends, both or
/// neither. The answer carries the code and, once, the secret by which the applicant may follow it.
#[utoipa::path(tag = "drafts", operation_id = "submit_draft", request_body = EmptyBody, params(("id" = String, Path, description = "Identity of the draft"), DryRun), security(("bearer" = [])),
    responses((status = 201, description = "The dossier", body = DossierView)))]
#[post("/drafts/{id}/submit")]
pub async fn submit_draft(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (id, expected) = (hop::id(&id)?, hop::expected(&request)?);
    body.parse_or_default::<EmptyBody>()?;
    // Codes are numbered by unit, so whatever is handed in at a unit meets the same lane. A draft that
    // is gone may have been handed in already: then the kept answer is found in any lane.
    let unit = match hop::read(&signed, move |cx, reader| app::get(cx, reader, id)).await {
        Ok(draft) => draft.unit,
        // The lane says so, after it has looked for a kept answer.
        Err(problem) if !problem.status_code().is_server_error() => None,
        Err(problem) => return Err(problem),
    };
    let lane = unit.unwrap_or_else(|| id.to_string());
    let writing = Writing::of(&request, &signed, &body, &lane, query.dry_run)?;
    let tracking = signed.state.tracking.clone();
    hop::write(&signed, writing, move |cx, tx| {
        let (stored, secret) = app::submit(cx, tx, &tracking, id, reading, &expected)?;
        submitted(cx, &mut tx.reader(), &stored, secret)
    })
    .await
}
