//! Letters of apology on their way from draft to issue, and the texts they are made from.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use chrono::{DateTime, Utc};
use domain::code::Code;
use domain::letter::Occasion;
use uuid::Uuid;

use crate::app::letters as app;
use crate::http::auth::Signed;
use crate::http::body::RawBody;
use crate::http::conditional::not_modified;
use crate::http::hop::{self, Writing, answer};
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use crate::http::views::dossiers::DryRun;
use crate::http::views::letters::{
    DiscardLetterBody, EditLetterBody, IssueLetterBody, LetterBody, LetterFormView, LetterFormat,
    LetterQuery, LetterSummary, LetterTemplateBody, LetterTemplateView, LetterTemplatesView, LetterView,
    LettersView, ReviewLetterBody, WaitingLetterView, WaitingLettersQuery,
};

/// List letters that wait to be issued
///
/// Drafts and reviewed letters within the caller's reach, oldest first: with `state=reviewed`, what waits
/// for the signature.
#[utoipa::path(tag = "letters", operation_id = "list_waiting_letters", params(WaitingLettersQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of letters", body = Page<WaitingLetterView>)))]
#[get("/letters")]
pub async fn list_waiting_letters(
    signed: Signed,
    request: HttpRequest,
    query: Query<WaitingLettersQuery>,
) -> Result<HttpResponse, Problem> {
    type Key = (DateTime<Utc>, Uuid);
    let paged = Paged::<Key>::read(&signed.state, "letters", &query.0, query.limit, query.cursor.as_deref())?;
    let (after, rows, asked) = (paged.after, paged.fetch_rows(), query.0);
    let found = hop::read(&signed, move |cx, reader| {
        app::waiting(cx, reader, asked.unit.as_deref(), asked.state, after, rows)
    })
    .await?;
    let page = paged.page(found, |w| (w.letter.drafted_at, w.letter.id));
    respond(&request, page.map(|w| WaitingLetterView::of(&w)))
}

/// List letters of a dossier
///
/// Drafted when its due date passed or was moved; each says how far it is and who must act on it. Its
/// applicant sees those that were issued.
#[utoipa::path(tag = "letters", operation_id = "list_dossier_letters", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001")), security(("bearer" = [])),
    responses((status = 200, description = "The letters", body = LettersView)))]
#[get("/dossiers/{code}/letters")]
pub async fn list_dossier_letters(
    signed: Signed,
    code: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let code = hop::code(&code)?;
    let found = hop::read(&signed, move |cx, reader| app::list(cx, reader, &code)).await?;
    Ok(HttpResponse::Ok().json(LettersView { items: found.iter().map(LetterSummary::of).collect() }))
}

/// Read a letter of a dossier
///
/// With `format=text` the text alone. A letter that was issued never changes.
#[utoipa::path(tag = "letters", operation_id = "get_dossier_letter",
    params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), ("id" = String, Path, description = "Identity of the letter"), LetterQuery), security(("bearer" = [])),
    responses((status = 200, description = "The letter", content((LetterView = "application/json"), (String = "text/plain")))))]
#[get("/dossiers/{code}/letters/{id}")]
pub async fn get_dossier_letter(
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: Query<LetterQuery>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = (hop::code(&path.0)?, hop::id(&path.1)?);
    let (_, letter) = hop::read(&signed, move |cx, reader| app::get(cx, reader, &code, id)).await?;
    let tag = hop::tag(letter.version);
    if let Some(same) = not_modified(request.headers(), &tag) {
        return Ok(same);
    }
    let mut response = HttpResponse::Ok();
    response.insert_header(tag.header());
    Ok(match query.format {
        Some(LetterFormat::Text) => response.content_type("text/plain; charset=utf-8").body(letter.body),
        Some(LetterFormat::Json) | None => response.json(LetterView::of(&letter)),
    })
}

/// Read the form of a letter
///
/// Phiếu xin lỗi và hẹn lại ngày trả kết quả (form 04), field by field, to be printed as the receipt is.
#[utoipa::path(tag = "letters", operation_id = "get_dossier_letter_form",
    params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), ("id" = String, Path, description = "Identity of the letter")), security(("bearer" = [])),
    responses((status = 200, description = "The form", body = LetterFormView)))]
#[get("/dossiers/{code}/letters/{id}/form")]
pub async fn get_dossier_letter_form(
    signed: Signed,
    path: web::Path<(String, String)>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = (hop::code(&path.0)?, hop::id(&path.1)?);
    let view = hop::read(&signed, move |cx, reader| {
        let (stored, letter) = app::get(cx, reader, &code, id)?;
        LetterFormView::of(cx, &stored, &letter)
    })
    .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// Serves every step. What could not be read is told only after 404 and 403.
async fn step<B: LetterBody>(
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (code, id) = (hop::code(&path.0)?, hop::id(&path.1)?);
    let (asked, unreadable) = hop::apart(body.parse_or_default::<B>().and_then(LetterBody::asked));
    let expected = hop::expected(&request)?;
    let writing = Writing::of(&request, &signed, &body, code.as_str(), query.dry_run)?;
    let done = hop::write(&signed, writing, move |cx, tx| {
        let (_, letter) = app::perform(cx, tx, (&code, id), B::ACTION, asked.as_ref(), &expected)?;
        let tag = hop::tag(letter.version).as_str().to_owned();
        answer(StatusCode::OK, vec![(header::ETAG, tag)], &LetterView::of(&letter))
    })
    .await;
    hop::told(done, unreadable)
}

macro_rules! letter_steps {
    ($($(#[doc = $doc:literal])+ $method:ident $name:ident($path:literal, $operation:literal, $body:ident);)+) => { $(
        $(#[doc = $doc])+
        #[utoipa::path(tag = "letters", operation_id = $operation, request_body = $body,
            params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), ("id" = String, Path, description = "Identity of the letter"), DryRun), security(("bearer" = [])),
            responses((status = 200, description = "The letter after it", body = LetterView)))]
        #[$method($path)]
        pub async fn $name(signed: Signed, request: HttpRequest, path: web::Path<(String, String)>, query: Query<DryRun>, body: RawBody) -> Result<HttpResponse, Problem> {
            step::<$body>(signed, request, path, query, body).await
        }
    )+ };
}

letter_steps! {
    /// Edit the draft of a letter
    ///
    /// Its whole text, or the reason and the day that the template puts into it. A reviewed letter
    /// becomes a draft again.
    put edit_dossier_letter("/dossiers/{code}/letters/{id}", "edit_dossier_letter", EditLetterBody);
    /// Review a letter
    ///
    /// It was looked through and waits for the signature.
    post review_dossier_letter("/dossiers/{code}/letters/{id}/review", "review_dossier_letter", ReviewLetterBody);
    /// Issue a letter
    ///
    /// With number, day and signer, which are filled into its text; never changed again. The issue is an
    /// event of the dossier, which its applicant sees.
    post issue_dossier_letter("/dossiers/{code}/letters/{id}/issue", "issue_dossier_letter", IssueLetterBody);
    /// Discard the draft of a letter
    ///
    /// With the reason; no other is drafted for the same occasion and due date.
    post discard_dossier_letter("/dossiers/{code}/letters/{id}/discard", "discard_dossier_letter", DiscardLetterBody);
}

/// List letter templates
///
/// Every text that was put in force, by occasion, newest first, and the shipped ones, which hold
/// where there is no other.
#[utoipa::path(tag = "letters", operation_id = "list_letter_templates", security(("bearer" = [])),
    responses((status = 200, description = "The templates", body = LetterTemplatesView)))]
#[get("/letter-templates")]
pub async fn list_letter_templates(signed: Signed, _query: Query<NoQuery>) -> Result<HttpResponse, Problem> {
    let found = hop::read(&signed, app::templates).await?;
    let shipped = Occasion::ALL.iter().map(|o| LetterTemplateView::shipped(*o));
    let items = found.iter().map(LetterTemplateView::of).chain(shipped).collect();
    Ok(HttpResponse::Ok().json(LetterTemplatesView { items }))
}

/// Put a letter template in force
///
/// From a day on; it is tried before. Letters that were drafted stay as they are.
#[utoipa::path(tag = "letters", operation_id = "create_letter_template", request_body = LetterTemplateBody, params(DryRun), security(("bearer" = [])),
    responses((status = 201, description = "The template", body = LetterTemplateView)))]
#[post("/letter-templates")]
pub async fn create_letter_template(
    signed: Signed,
    request: HttpRequest,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let new = body.parse::<LetterTemplateBody>().and_then(LetterTemplateBody::asked)?;
    let writing = Writing::of(&request, &signed, &body, "letter-templates", query.dry_run)?;
    hop::write(&signed, writing, move |cx, tx| {
        let template = app::put_template(cx, tx, &new)?;
        answer(StatusCode::CREATED, Vec::new(), &LetterTemplateView::of(&template))
    })
    .await
}
