//! A dossier told to its applicant: its timeline, and what the law says of it.

use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::app::{eligibility, timeline};
use crate::http::auth::Signed;
use crate::http::context::RequestContext;
use crate::http::hop;
use crate::http::language::Language;
use crate::http::paging::Paged;
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use crate::http::views::eligibility::EligibilityView;
use crate::http::views::imports::PageQuery;
use crate::http::views::timeline::TimelineView;

fn language(request: &HttpRequest) -> Language {
    RequestContext::of(request).map(|c| c.language()).unwrap_or_default()
}

/// Follow a dossier in plain words
///
/// One plain sentence for everything that happened, oldest first; then who acts next, what they are to
/// do and until when, and what the applicant can do now. In Vietnamese or English by
/// `Accept-Language`. Reasons stand in it only for those who may see whom the dossier is about.
#[utoipa::path(tag = "dossiers", operation_id = "list_dossier_timeline", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of the timeline", body = TimelineView)))]
#[get("/dossiers/{code}/timeline")]
pub async fn list_dossier_timeline(
    signed: Signed,
    request: HttpRequest,
    code: web::Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let code = hop::code(&code)?;
    let paged = Paged::<i64>::read(&signed.state, "timeline", &code, query.limit, query.cursor.as_deref())?;
    let (after, rows) = (paged.after.unwrap_or(0), paged.fetch_rows());
    let mut found =
        hop::read(&signed, move |cx, reader| timeline::read(cx, reader, &code, after, rows)).await?;
    let page = paged.page(std::mem::take(&mut found.told), |told| told.seq);
    let link = page.link(request.path(), request.query_string());
    let mut response = HttpResponse::Ok();
    if let Some(link) = link {
        response.insert_header(link);
    }
    Ok(response.json(TimelineView::of(found, page, language(&request))))
}

/// Read what the law says of a dossier
///
/// For procedures that rules decide: every condition that fails with its article, whether and until
/// when it can be mended, and how, in plain words. Before a proposal it is assessed from the dossier as
/// it stands, by the same function that the proposal is bound to; afterwards it is what was recorded
/// with the proposal. For other procedures `basis` is `none`.
#[utoipa::path(tag = "dossiers", operation_id = "get_dossier_eligibility", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001")), security(("bearer" = [])),
    responses((status = 200, description = "What the law says", body = EligibilityView)))]
#[get("/dossiers/{code}/eligibility")]
pub async fn get_dossier_eligibility(
    signed: Signed,
    request: HttpRequest,
    code: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let code = hop::code(&code)?;
    let found = hop::read(&signed, move |cx, reader| eligibility::read(cx, reader, &code)).await?;
    Ok(HttpResponse::Ok().json(EligibilityView::of(found, language(&request))))
}
