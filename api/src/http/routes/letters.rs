//! Letters of apology and the texts they are made from.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use domain::code::Code;
use domain::letter::Occasion;

use crate::app::letters as app;
use crate::http::auth::Signed;
use crate::http::body::RawBody;
use crate::http::conditional::not_modified;
use crate::http::hop::{self, Writing, answer};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use crate::http::views::dossiers::DryRun;
use crate::http::views::letters::{
    LetterFormat, LetterQuery, LetterSummary, LetterTemplateBody, LetterTemplateView, LetterTemplatesView,
    LetterView, LettersView,
};

/// List letters of a dossier
///
/// Drafted when its due date passed or was moved; each says who must act on it.
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
/// With `format=text` the text alone. A letter never changes once it is drafted.
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
    let letter = hop::read(&signed, move |cx, reader| app::get(cx, reader, &code, id)).await?;
    let tag = hop::tag(1);
    if let Some(same) = not_modified(request.headers(), &tag) {
        return Ok(same);
    }
    let mut response = HttpResponse::Ok();
    response.insert_header(tag.header());
    Ok(match query.format {
        Some(LetterFormat::Text) => response.content_type("text/plain; charset=utf-8").body(letter.body),
        Some(LetterFormat::Json) | None => {
            response.json(LetterView { summary: LetterSummary::of(&letter), text: letter.body })
        }
    })
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
