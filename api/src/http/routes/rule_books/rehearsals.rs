//! Rehearsals of a publication that a dry run cannot complete in the time of an answer.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};

use super::LANE;
use crate::app::rule_books::rehearsals as app;
use crate::http::auth::Signed;
use crate::http::body::RawBody;
use crate::http::hop::{self, Writing, answer};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use crate::http::views::rule_books::RuleBookRehearsalView;

/// Rehearse the publication of a rule book
///
/// What a dry run of `publish` counts, of all open dossiers however many there are: a job looks at them,
/// and its counts are read at `Location`. Refused as a publication would be. No dossier is written. While
/// one of the same draft or version has not ended, that one is answered. It ends as `superseded` when the
/// draft is changed or another version comes into force.
#[utoipa::path(tag = "rule books", operation_id = "rehearse_rule_book", params(("id" = String, Path, description = "Identity of a draft, or name of a version")), security(("bearer" = [])),
    responses((status = 202, description = "The rehearsal", body = RuleBookRehearsalView)))]
#[post("/rule-books/{id}/rehearsals")]
pub async fn rehearse_rule_book(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let expected = hop::expected(&request)?;
    let writing = Writing::of(&request, &signed, &body, LANE, false)?;
    hop::write(&signed, writing, move |cx, tx| {
        let job = app::begin(cx, tx, &id, &expected)?;
        let location = format!("/api/v1/rule-book-rehearsals/{}", job.id);
        answer(StatusCode::ACCEPTED, vec![(header::LOCATION, location)], &RuleBookRehearsalView::of(&job))
    })
    .await
}

/// Read a rehearsal
///
/// How far it is and what it found so far.
#[utoipa::path(tag = "rule books", operation_id = "get_rule_book_rehearsal", params(("id" = String, Path, description = "Identity of the rehearsal")), security(("bearer" = [])),
    responses((status = 200, description = "The rehearsal", body = RuleBookRehearsalView)))]
#[get("/rule-book-rehearsals/{id}")]
pub async fn get_rule_book_rehearsal(
    signed: Signed,
    id: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let job = hop::read(&signed, move |cx, reader| app::get(cx, reader, id)).await?;
    Ok(HttpResponse::Ok().json(RuleBookRehearsalView::of(&job)))
}
