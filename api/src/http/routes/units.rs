//! Organisation units.

use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::http::auth::Public;
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::units::{OnQuery, UnitView, UnitsQuery};

/// List organisation units
///
/// Units of the old map and of the new one, by code; with `on`, those in force on a day.
#[utoipa::path(tag = "units", operation_id = "list_units", params(UnitsQuery),
    responses((status = 200, description = "A page of units", body = Page<UnitView>)))]
#[get("/units")]
pub async fn list_units(
    public: Public,
    request: HttpRequest,
    query: Query<UnitsQuery>,
) -> Result<HttpResponse, Problem> {
    let reference = public.state.in_force()?;
    let paged =
        Paged::<String>::read(&public.state, "units", &query.0, query.limit, query.cursor.as_deref())?;
    let wanted = reference.units.iter().filter(|u| {
        query.on.is_none_or(|day| u.in_force(day))
            && query.level.is_none_or(|level| u.level == level)
            && paged.after.as_ref().is_none_or(|after| u.code > *after)
    });
    let found: Vec<UnitView> = wanted.take(paged.fetch()).map(UnitView::of).collect();
    respond(&request, paged.page(found, |u| u.code.clone()))
}

/// Read an organisation unit
///
/// Whenever it was in force; `successors` says where its affairs went.
#[utoipa::path(tag = "units", operation_id = "get_unit", params(("code" = String, Path, description = "Agency identifier", example = "H08.15")),
    responses((status = 200, description = "The unit", body = UnitView)))]
#[get("/units/{code}")]
pub async fn get_unit(
    public: Public,
    code: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let reference = public.state.in_force()?;
    let unit = reference.units.get(&code).ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    Ok(HttpResponse::Ok().json(UnitView::of(unit)))
}

/// List what is below a unit
///
/// All units below it on a day, without itself, by code.
#[utoipa::path(tag = "units", operation_id = "list_unit_descendants", params(("code" = String, Path, description = "Agency identifier", example = "H08"), OnQuery),
    responses((status = 200, description = "The units below", body = Page<UnitView>)))]
#[get("/units/{code}/descendants")]
pub async fn list_unit_descendants(
    public: Public,
    code: web::Path<String>,
    query: Query<OnQuery>,
) -> Result<HttpResponse, Problem> {
    let reference = public.state.in_force()?;
    reference.units.get(&code).ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    let on = query.on.unwrap_or_else(|| public.state.today());
    let found = reference.units.descendants(&code, on).into_iter().map(UnitView::of).collect();
    Ok(HttpResponse::Ok().json(Page::new(found, None)))
}
