//! Recomputations: the jobs that reckon open dossiers anew after publications.

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::app::recomputations;
use crate::http::auth::Signed;
use crate::http::hop;
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use crate::http::views::imports::PageQuery;
use crate::http::views::rule_books::RecomputationView;

/// List recomputations
///
/// The jobs that reckoned open dossiers anew after publications, newest first.
#[utoipa::path(tag = "rule books", operation_id = "list_recomputations", params(PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of recomputations", body = Page<RecomputationView>)))]
#[get("/recomputations")]
pub async fn list_recomputations(
    signed: Signed,
    request: HttpRequest,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    type Key = (DateTime<Utc>, Uuid);
    let paged =
        Paged::<Key>::read(&signed.state, "recomputations", &"", query.limit, query.cursor.as_deref())?;
    let (after, rows) = (paged.after, paged.fetch_rows());
    let found = hop::read(&signed, move |cx, reader| recomputations::list(cx, reader, after, rows)).await?;
    respond(&request, paged.page(found, |j| (j.created_at, j.id)).map(|j| RecomputationView::of(&j)))
}

/// Read a recomputation
///
/// How far it is and how many due dates moved.
#[utoipa::path(tag = "rule books", operation_id = "get_recomputation", params(("id" = String, Path, description = "Identity of the recomputation")), security(("bearer" = [])),
    responses((status = 200, description = "The recomputation", body = RecomputationView)))]
#[get("/recomputations/{id}")]
pub async fn get_recomputation(
    signed: Signed,
    id: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let job = hop::read(&signed, move |cx, reader| recomputations::get(cx, reader, id)).await?;
    Ok(HttpResponse::Ok().json(RecomputationView::of(&job)))
}
