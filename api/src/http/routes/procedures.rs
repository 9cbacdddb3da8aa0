//! The catalogue of procedures: finding, counting and reading.

pub mod blank_forms;
pub mod exchange;
pub mod versions;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use domain::access::Action;
use domain::procedure::VersionState;
use uuid::Uuid;

use crate::app::procedures::{Wanted, counts, list, versions as app};
use crate::http::auth::{Public, Signed, unauthenticated};
use crate::http::conditional::{ETag, not_modified};
use crate::http::hop;
use crate::http::language::Text;
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::procedures::{
    CountsQuery, CountsView, ProcedureSummary, ProcedureView, ProceduresQuery, Seen,
};
use crate::http::views::units::OnQuery;
use crate::state::may_somewhere;
use crate::tokens::AuthError;

/// Whoever signed in, where that opens drafts to them.
fn drafts_reader(request: &HttpRequest, public: &Public) -> Result<Option<Signed>, Problem> {
    let signed = Signed::if_any(request, public)?;
    Ok(signed.filter(|signed| may_somewhere(&signed.claims, Action::ReadCatalogue)))
}

/// List procedures
///
/// The published versions in force on a day, by code. With `state` every version that stands so
/// today, drafts too, for those who have `read_catalogue`.
#[utoipa::path(tag = "procedures", operation_id = "list_procedures", params(ProceduresQuery),
    responses((status = 200, description = "A page of procedures", body = Page<ProcedureSummary>)))]
#[get("/procedures")]
pub async fn list_procedures(
    public: Public,
    request: HttpRequest,
    query: Query<ProceduresQuery>,
) -> Result<HttpResponse, Problem> {
    let wanted = Wanted::from(&query.0);
    if let Some(state) = query.state {
        return list_by_state(&public, &request, &query, wanted, state).await;
    }
    let reference = public.state.in_force()?;
    let paged =
        Paged::<String>::read(&public.state, "procedures", &query.0, query.limit, query.cursor.as_deref())?;
    let today = public.state.today();
    let found = list(&reference, &wanted, query.on.unwrap_or(today), paged.after.as_deref(), paged.fetch());
    let found = found.into_iter().map(|e| ProcedureSummary::of(Seen::entry(e), today)).collect();
    respond(&request, paged.page(found, |p: &ProcedureSummary| p.code.clone()))
}

async fn list_by_state(
    public: &Public,
    request: &HttpRequest,
    query: &ProceduresQuery,
    wanted: Wanted,
    state: VersionState,
) -> Result<HttpResponse, Problem> {
    let signed = Signed::if_any(request, public)?.ok_or_else(|| unauthenticated(AuthError::Missing))?;
    for (name, given) in
        [("on", query.on.is_some()), ("unit", query.unit.is_some()), ("channel", query.channel.is_some())]
    {
        if given {
            let text = Text::new("Không dùng cùng với state", "Not together with state");
            return Err(Problem::new(ErrorCode::InvalidQueryParameter).with_errors(vec![FieldProblem::new(
                name,
                "not_together",
                text,
            )]));
        }
    }
    type Key = (String, NaiveDate, Uuid);
    let paged = Paged::<Key>::read(&public.state, "versions", query, query.limit, query.cursor.as_deref())?;
    let (after, rows) = (paged.after.clone(), paged.fetch_rows());
    let found =
        hop::read(&signed, move |cx, reader| app::list(cx, reader, &wanted, state, after.as_ref(), rows))
            .await?;
    let today = public.state.today();
    let page = paged.page(found, |v| (v.procedure.code.clone(), v.procedure.valid_from, v.id.0));
    respond(request, page.map(|v| ProcedureSummary::of(Seen::version(&v), today)))
}

/// Count procedures
///
/// The published versions in force on a day, by a facet of the catalogue, of all procedures or of
/// those that the other parameters let through.
#[utoipa::path(tag = "procedures", operation_id = "count_procedures", params(CountsQuery),
    responses((status = 200, description = "The counts", body = CountsView)))]
#[get("/procedures/counts")]
pub async fn count_procedures(public: Public, query: Query<CountsQuery>) -> Result<HttpResponse, Problem> {
    let reference = public.state.in_force()?;
    let on = query.on.unwrap_or_else(|| public.state.today());
    let counted = counts(&reference, &Wanted::from(&query.0), query.by, on);
    Ok(HttpResponse::Ok().json(CountsView::of(query.by, counted)))
}

/// Read a procedure
///
/// The version in force on a day, with the form's schema, papers, stages and limit.
#[utoipa::path(tag = "procedures", operation_id = "get_procedure", params(("code" = String, Path, description = "National code", example = "1.001978"), OnQuery),
    responses((status = 200, description = "The version in force", body = ProcedureView)))]
#[get("/procedures/{code}")]
pub async fn get_procedure(
    public: Public,
    request: HttpRequest,
    code: web::Path<String>,
    query: Query<OnQuery>,
) -> Result<HttpResponse, Problem> {
    let reference = public.state.in_force()?;
    let today = public.state.today();
    let on = query.on.unwrap_or(today);
    let entry = reference.in_force(&code, on).ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    let tag = ETag::of_version(format_args!("{}-{}", entry.revision, entry.id.0.simple()));
    if let Some(same) = not_modified(request.headers(), &tag) {
        return Ok(same);
    }
    let view = ProcedureView::of(Seen::entry(entry), today);
    Ok(HttpResponse::Ok().insert_header(tag.header()).json(view))
}

/// List versions of a procedure
///
/// Every published version, oldest first; drafts too for those who have `read_catalogue`.
#[utoipa::path(tag = "procedures", operation_id = "list_procedure_versions", params(("code" = String, Path, description = "National code", example = "1.001978")),
    responses((status = 200, description = "The versions", body = Page<ProcedureView>)))]
#[get("/procedures/{code}/versions")]
pub async fn list_procedure_versions(
    public: Public,
    request: HttpRequest,
    code: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let today = public.state.today();
    let versions: Vec<ProcedureView> = match drafts_reader(&request, &public)? {
        Some(signed) => {
            let code = code.into_inner();
            let found = hop::read(&signed, move |cx, reader| app::of_code(cx, reader, &code)).await?;
            found.iter().map(|shown| ProcedureView::of(Seen::shown(shown), today)).collect()
        }
        None => {
            let reference = public.state.in_force()?;
            let found = reference.versions(&code);
            found.iter().map(|e| ProcedureView::of(Seen::entry(e), today)).collect()
        }
    };
    if versions.is_empty() {
        return Err(Problem::new(ErrorCode::NotFound));
    }
    Ok(HttpResponse::Ok().json(Page::new(versions, None)))
}
