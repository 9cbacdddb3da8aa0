//! The catalogue of procedures.

use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::app::procedures::{Wanted, counts, list};
use crate::http::auth::Public;
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::procedures::{
    CountsQuery, CountsView, ProcedureSummary, ProcedureView, ProceduresQuery,
};
use crate::http::views::units::OnQuery;

/// List procedures
///
/// The published versions in force on a day, by code.
#[utoipa::path(tag = "procedures", operation_id = "list_procedures", params(ProceduresQuery),
    responses((status = 200, description = "A page of procedures", body = Page<ProcedureSummary>)))]
#[get("/procedures")]
pub async fn list_procedures(
    public: Public,
    request: HttpRequest,
    query: Query<ProceduresQuery>,
) -> Result<HttpResponse, Problem> {
    let reference = public.state.in_force()?;
    let paged =
        Paged::<String>::read(&public.state, "procedures", &query.0, query.limit, query.cursor.as_deref())?;
    let wanted = Wanted {
        text: query.q.clone(),
        field: query.field.clone(),
        level: query.level,
        online_level: query.online_level,
    };
    let on = query.on.unwrap_or_else(|| public.state.today());
    let found = list(&reference, &wanted, on, paged.after.as_deref(), paged.fetch());
    respond(
        &request,
        paged.page(found.into_iter().map(|e| ProcedureSummary::of(e)).collect(), |p| p.code.clone()),
    )
}

/// Count procedures
///
/// The published versions in force on a day, by a facet of the catalogue.
#[utoipa::path(tag = "procedures", operation_id = "count_procedures", params(CountsQuery),
    responses((status = 200, description = "The counts", body = CountsView)))]
#[get("/procedures/counts")]
pub async fn count_procedures(public: Public, query: Query<CountsQuery>) -> Result<HttpResponse, Problem> {
    let reference = public.state.in_force()?;
    let on = query.on.unwrap_or_else(|| public.state.today());
    Ok(HttpResponse::Ok().json(CountsView::of(query.by, counts(&reference, query.by, on))))
}

/// Read a procedure
///
/// The version in force on a day, with the form's schema, papers, stages and limit.
#[utoipa::path(tag = "procedures", operation_id = "get_procedure", params(("code" = String, Path, description = "National code", example = "1.001978"), OnQuery),
    responses((status = 200, description = "The version in force", body = ProcedureView)))]
#[get("/procedures/{code}")]
pub async fn get_procedure(
    public: Public,
    code: web::Path<String>,
    query: Query<OnQuery>,
) -> Result<HttpResponse, Problem> {
    let reference = public.state.in_force()?;
    let on = query.on.unwrap_or_else(|| public.state.today());
    let entry = reference.in_force(&code, on).ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    Ok(HttpResponse::Ok().json(ProcedureView::of(entry)))
}

/// List versions of a procedure
///
/// Every version, oldest first, whatever its state.
#[utoipa::path(tag = "procedures", operation_id = "list_procedure_versions", params(("code" = String, Path, description = "National code", example = "1.001978")),
    responses((status = 200, description = "The versions", body = Page<ProcedureView>)))]
#[get("/procedures/{code}/versions")]
pub async fn list_procedure_versions(
    public: Public,
    code: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let reference = public.state.in_force()?;
    let versions: Vec<ProcedureView> =
        reference.versions(&code).iter().map(|e| ProcedureView::of(e)).collect();
    if versions.is_empty() {
        return Err(Problem::new(ErrorCode::NotFound));
    }
    Ok(HttpResponse::Ok().json(Page::new(versions, None)))
}
