//! Versions of procedures: drafting, checking, publishing, ending.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use domain::procedure::Procedure;
use persistence::Answer;
use serde::Serialize;
use uuid::Uuid;

use super::drafts_reader;
use crate::app::Cx;
use crate::app::error::Error;
use crate::app::procedures::publication::{Days, end, publish};
use crate::app::procedures::versions::{self as app, Beginning, Shown};
use crate::http::auth::{Public, Signed};
use crate::http::body::RawBody;
use crate::http::conditional::not_modified;
use crate::http::context::RequestContext;
use crate::http::hop::{self, Writing, answer};
use crate::http::language::Text;
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use crate::http::views::dossiers::DryRun;
use crate::http::views::procedures::content::ProcedureContent;
use crate::http::views::procedures::versions::{
    EndVersionBody, FindingsView, NewVersionBody, PublicationView, PublishBody,
};
use crate::http::views::procedures::{ProcedureView, Seen};

/// Changes of the catalogue meet one lane, so that none waits for another inside the database.
pub(super) const LANE: &str = "catalogue";

fn view(shown: &Shown, cx: &Cx) -> ProcedureView {
    ProcedureView::of(Seen::shown(shown), domain::calendar::day_of(cx.now))
}

fn versioned(status: StatusCode, shown: &Shown, body: &impl Serialize) -> Result<Answer, Error> {
    let tag = hop::tag(shown.version.version).as_str().to_owned();
    let mut headers = vec![(header::ETAG, tag)];
    if status == StatusCode::CREATED {
        let (code, id) = (&shown.version.procedure.code, shown.version.id);
        headers.push((header::LOCATION, format!("/api/v1/procedures/{code}/versions/{id}")));
    }
    answer(status, headers, body)
}

/// The version that a body is, of the procedure that the path names.
fn read_content(
    content: &ProcedureContent,
    code: &str,
    today: chrono::NaiveDate,
) -> Result<Procedure, Problem> {
    if content.code.as_deref().is_some_and(|named| named.trim() != code) {
        let text = Text::new("Mã khác với mã trong địa chỉ", "The code differs from that of the address");
        return Err(Problem::invalid("/code", "other_code", text));
    }
    content.domain(code, today).map_err(|wrong| Error::Invalid(wrong).into())
}

/// Begin a procedure
///
/// A code that the catalogue does not have, with its first draft. Nobody sees it before it is
/// published but those who have `read_catalogue`.
#[utoipa::path(tag = "procedures", operation_id = "create_procedure", request_body = ProcedureContent, params(DryRun), security(("bearer" = [])),
    responses((status = 201, description = "The draft", body = ProcedureView)))]
#[post("/procedures")]
pub async fn create_procedure(
    signed: Signed,
    request: HttpRequest,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let content = body.parse::<ProcedureContent>()?;
    let code = content.code.clone().ok_or_else(|| {
        Problem::invalid("/code", "required", Text::new("Thiếu mã thủ tục", "The code is missing"))
    })?;
    let procedure = read_content(&content, code.trim(), signed.state.today())?;
    let writing = Writing::of(&request, &signed, &body, LANE, query.dry_run)?;
    let id = signed.state.clock.new_id();
    hop::write(&signed, writing, move |cx, tx| {
        let shown = app::create(cx, tx, id, &procedure)?;
        versioned(StatusCode::CREATED, &shown, &view(&shown, cx))
    })
    .await
}

fn beginning(body: &NewVersionBody, code: &str, today: chrono::NaiveDate) -> Result<Beginning, Problem> {
    match (&body.copy_of, &body.content) {
        (None, None) => Ok(Beginning::InForce),
        (Some(id), None) => Ok(Beginning::CopyOf(*id)),
        (None, Some(content)) => {
            let content = read_content(content, code, today).map_err(|problem| below("/content", problem))?;
            Ok(Beginning::Content(Box::new(content)))
        }
        (Some(_), Some(_)) => {
            let text =
                Text::new("Chỉ nêu một trong copy_of và content", "Either copy_of or content, not both");
            Err(Problem::invalid("/copy_of", "not_together", text))
        }
    }
}

fn below(place: &str, problem: Problem) -> Problem {
    let mut errors = problem.errors().to_vec();
    for field in &mut errors {
        field.pointer.insert_str(0, place);
    }
    problem.with_errors(errors)
}

/// Begin a further version
///
/// A draft: a copy of the version in force, of another one, or content of its own. A copy takes the
/// blank forms along.
#[utoipa::path(tag = "procedures", operation_id = "create_procedure_version", request_body = NewVersionBody,
    params(("code" = String, Path, description = "National code", example = "1.001978"), DryRun), security(("bearer" = [])),
    responses((status = 201, description = "The draft", body = ProcedureView)))]
#[post("/procedures/{code}/versions")]
pub async fn create_procedure_version(
    signed: Signed,
    request: HttpRequest,
    code: web::Path<String>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (code, today) = (code.into_inner(), signed.state.today());
    let read = body.parse_or_default::<NewVersionBody>();
    let (asked, unread) =
        hop::apart(read.and_then(|body| Ok((beginning(&body, &code, today)?, body.valid_from))));
    let writing = Writing::of(&request, &signed, &body, LANE, query.dry_run)?;
    let id = signed.state.clock.new_id();
    let done = hop::write(&signed, writing, move |cx, tx| {
        let shown = app::draft(cx, tx, &code, id, asked.as_ref())?;
        versioned(StatusCode::CREATED, &shown, &view(&shown, cx))
    })
    .await;
    hop::told(done, unread)
}

/// Read a version
///
/// A published one, whenever it is or was in force; a draft for those who have `read_catalogue`.
#[utoipa::path(tag = "procedures", operation_id = "get_procedure_version",
    params(("code" = String, Path, description = "National code", example = "1.001978"), ("id" = String, Path, description = "Identity of the version")),
    responses((status = 200, description = "The version", body = ProcedureView)))]
#[get("/procedures/{code}/versions/{id}")]
pub async fn get_procedure_version(
    public: Public,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    let id = hop::id(&id)?;
    let shown = match drafts_reader(&request, &public)? {
        Some(signed) => hop::read(&signed, move |cx, reader| app::get_any(cx, reader, &code, id)).await?,
        None => hop::read_public(&public, move |reader| app::get(reader, &code, id)).await?,
    };
    let tag = hop::tag(shown.version.version);
    if let Some(same) = not_modified(request.headers(), &tag) {
        return Ok(same);
    }
    let view = ProcedureView::of(Seen::shown(&shown), public.state.today());
    Ok(HttpResponse::Ok().insert_header(tag.header()).json(view))
}

fn place(path: web::Path<(String, String)>) -> Result<(String, Uuid), Problem> {
    let (code, id) = path.into_inner();
    Ok((code, hop::id(&id)?))
}

/// Write a draft anew
///
/// All of it; what is left out is what a new draft has. A published version is never changed.
#[utoipa::path(tag = "procedures", operation_id = "replace_procedure_version", request_body = ProcedureContent,
    params(("code" = String, Path, description = "National code", example = "1.001978"), ("id" = String, Path, description = "Identity of the version"), DryRun), security(("bearer" = [])),
    responses((status = 200, description = "The draft", body = ProcedureView)))]
#[put("/procedures/{code}/versions/{id}")]
pub async fn replace_procedure_version(
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let ((code, id), today) = (place(path)?, signed.state.today());
    let read = body.parse::<ProcedureContent>().and_then(|content| read_content(&content, &code, today));
    let (procedure, unread) = hop::apart(read);
    let expected = hop::expected(&request)?;
    let writing = Writing::plain(LANE, query.dry_run);
    let done = hop::write(&signed, writing, move |cx, tx| {
        let shown = app::save(cx, tx, &code, id, &expected, procedure.as_ref())?;
        versioned(StatusCode::OK, &shown, &view(&shown, cx))
    })
    .await;
    hop::told(done, unread)
}

/// Delete a draft
///
/// A published version stays; it may be ended.
#[utoipa::path(tag = "procedures", operation_id = "delete_procedure_version",
    params(("code" = String, Path, description = "National code", example = "1.001978"), ("id" = String, Path, description = "Identity of the version"), DryRun), security(("bearer" = [])),
    responses((status = 204, description = "It is gone")))]
#[delete("/procedures/{code}/versions/{id}")]
pub async fn delete_procedure_version(
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: Query<DryRun>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = place(path)?;
    let expected = hop::expected(&request)?;
    let writing = Writing::plain(LANE, query.dry_run);
    hop::write(&signed, writing, move |cx, tx| {
        app::delete(cx, tx, &code, id, &expected)?;
        answer(StatusCode::NO_CONTENT, Vec::new(), &())
    })
    .await
}

/// Check a draft
///
/// Everything that would stand in the way of publishing it with its own days, at once, and what
/// should be looked at. Nothing is written.
#[utoipa::path(tag = "procedures", operation_id = "validate_procedure_version",
    params(("code" = String, Path, description = "National code", example = "1.001978"), ("id" = String, Path, description = "Identity of the version")), security(("bearer" = [])),
    responses((status = 200, description = "What was found", body = FindingsView)))]
#[post("/procedures/{code}/versions/{id}/validate")]
pub async fn validate_procedure_version(
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = place(path)?;
    let language = RequestContext::of(&request).map(|c| c.language()).unwrap_or_default();
    let found = hop::read(&signed, move |cx, reader| app::validate(cx, reader, &code, id)).await?;
    Ok(HttpResponse::Ok().json(FindingsView::of(found, language)))
}

/// Publish a draft
///
/// From its first day on it is in force, and the version before it ends the day before. What is
/// wrong is told all at once. Dossiers that came in keep the version they came in under. A first
/// day in the past is taken only where no version was in force then.
#[utoipa::path(tag = "procedures", operation_id = "publish_procedure_version", request_body = PublishBody,
    params(("code" = String, Path, description = "National code", example = "1.001978"), ("id" = String, Path, description = "Identity of the version"), DryRun), security(("bearer" = [])),
    responses((status = 200, description = "The version, never changed again but for its last day", body = PublicationView)))]
#[post("/procedures/{code}/versions/{id}/publish")]
pub async fn publish_procedure_version(
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (code, id) = place(path)?;
    let read = body.parse_or_default::<PublishBody>().map(|b| Days { from: b.valid_from, to: b.valid_to });
    let (days, unread) = hop::apart(read);
    let expected = hop::expected(&request)?;
    let writing = Writing::of(&request, &signed, &body, LANE, query.dry_run)?;
    let done = hop::write_reference(&signed, writing, move |cx, tx| {
        let done = publish(cx, tx, &code, id, &expected, days)?;
        let view = PublicationView::of(&done, domain::calendar::day_of(cx.now));
        versioned(StatusCode::OK, &done.shown, &view)
    })
    .await;
    hop::told(done, unread)
}

/// End a version
///
/// Gives a published version its last day, or an earlier one; the past stays as it was.
#[utoipa::path(tag = "procedures", operation_id = "end_procedure_version", request_body = EndVersionBody,
    params(("code" = String, Path, description = "National code", example = "1.001978"), ("id" = String, Path, description = "Identity of the version"), DryRun), security(("bearer" = [])),
    responses((status = 200, description = "The version", body = ProcedureView)))]
#[post("/procedures/{code}/versions/{id}/end")]
pub async fn end_procedure_version(
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (code, id) = place(path)?;
    let (asked, unread) = hop::apart(body.parse::<EndVersionBody>());
    let expected = hop::expected(&request)?;
    let writing = Writing::of(&request, &signed, &body, LANE, query.dry_run)?;
    let done = hop::write_reference(&signed, writing, move |cx, tx| {
        let asked = asked.as_ref().map(|b| (b.valid_to, b.reason.clone()));
        let shown = end(cx, tx, &code, id, &expected, asked)?;
        versioned(StatusCode::OK, &shown, &view(&shown, cx))
    })
    .await;
    hop::told(done, unread)
}
