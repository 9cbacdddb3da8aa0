//! Lists of dossiers and the search for them: pages, counts and tables to take away.

use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::dossier::queue::Lateness;
use domain::ids::AccountId;
use domain::text::fold;
use persistence::Reader;
use persistence::dossiers::{Listed, Order, Place, Query as Wanted};
use uuid::Uuid;

use super::filters::wanted;
use crate::app::Cx;
use crate::app::assignments::{Assignee, held};
use crate::app::dossiers as app;
use crate::app::error::Error;
use crate::http::auth::Signed;
use crate::http::body::RawBody;
use crate::http::export::{self, Part};
use crate::http::format::{Format, LIST, chosen};
use crate::http::hop;
use crate::http::language::Text;
use crate::http::page::{CountKind, Page};
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::table::Table;
use crate::http::views::dossiers::{Counting, DossierSummary, DossiersQuery, SearchBody};

/// Place of a dossier in the order of lists.
type Key = (Option<DateTime<Utc>>, Uuid);

/// Whose dossiers are asked for.
///
/// # Errors
/// 400 for what is neither an account nor a word for one.
pub fn assignee(asked: Option<&str>) -> Result<Option<Assignee>, Problem> {
    let text =
        || Text::new("Phải là mã tài khoản, `me` hoặc `none`.", "It must be an account, `me` or `none`.");
    asked
        .map(|asked| match asked {
            "me" => Ok(Assignee::Me),
            "none" => Ok(Assignee::Nobody),
            account => account.parse().map(|id| Assignee::Account(AccountId(id))).map_err(|_| {
                Problem::new(ErrorCode::InvalidQueryParameter).with_errors(vec![FieldProblem::new(
                    "assignee",
                    "type",
                    text(),
                )])
            }),
        })
        .transpose()
}

/// Most that `count=capped` counts.
const CAP: i64 = 1_000;

/// What a list is narrowed to, as somebody may see it, with the place of a dossier in its order.
#[derive(Clone)]
struct Lookup {
    wanted: Wanted,
    assignee: Option<Assignee>,
}

impl Lookup {
    /// In the terms of the store: those that an officer has now.
    fn resolved(self, cx: &Cx, reader: &mut Reader<'_>) -> Result<Wanted, Error> {
        let held = self.assignee.map(|assignee| held(cx, reader, &assignee)).transpose()?;
        Ok(Wanted { held: held.map(|held| (held, cx.now)), ..self.wanted })
    }

    fn key(order: Order, d: &Listed) -> Key {
        let at = match order {
            Order::NewestFirst | Order::OldestFirst => Some(d.submitted_at),
            Order::DueFirst => d.due_at,
            Order::StageDueFirst => d.stage_due_at,
        };
        (at, d.id)
    }
}

fn place((at, id): Key) -> Place {
    Place { at, id }
}

/// Reads a page of a list, counted if asked for.
async fn page_of(
    signed: &Signed,
    lookup: Lookup,
    paged: &Paged<Key>,
    count: Option<Counting>,
) -> Result<Page<DossierSummary>, Problem> {
    let (after, rows) = (paged.after.map(place), paged.fetch_rows());
    let order = lookup.wanted.order;
    let (sees, found, counted) = hop::read(signed, move |cx, reader| {
        let wanted = lookup.resolved(cx, reader)?;
        let found = app::list(cx, reader, &wanted, after, rows)?;
        let counted = match count {
            None => None,
            Some(Counting::Exact) => Some((app::count(cx, reader, &wanted, None)?, CountKind::Exact)),
            Some(Counting::Capped) => Some((app::count(cx, reader, &wanted, Some(CAP))?, CountKind::Capped)),
        };
        Ok((cx.actor.sees_persons(), found, counted))
    })
    .await?;
    let page = paged.page(found, |d| Lookup::key(order, d)).map(|d| DossierSummary::of(d, sees));
    Ok(match counted {
        Some((n, kind)) => page.with_count(u64::try_from(n).unwrap_or(0), kind),
        None => page,
    })
}

/// The whole list as a file, from a place on.
async fn whole(
    signed: Signed,
    request: &HttpRequest,
    format: Format,
    lookup: Lookup,
    from: Option<Key>,
) -> Result<HttpResponse, Problem> {
    let clock = &signed.state.clock;
    let (head, name) = (DossierSummary::head(clock.now()), clock.new_id());
    export::respond(request, head, format, from, name, move |after: Option<Key>| {
        let (signed, lookup, order) = (signed.clone(), lookup.clone(), lookup.wanted.order);
        async move {
            hop::read(&signed, move |cx, reader| {
                let wanted = lookup.resolved(cx, reader)?;
                let found = app::list(cx, reader, &wanted, after.map(place), export::PAGE)?;
                let line = |d: Listed| DossierSummary::of(d, cx.actor.sees_persons()).cells(&cx.reference);
                Ok(Part::of(found, |d| Lookup::key(order, d), line))
            })
            .await
        }
    })
    .await
}

/// List dossiers
///
/// Those the caller may see, newest first. `lateness=late&sort=due_at` is what is overdue,
/// `lateness=due_soon&sort=due_at` what soon will be, `stage_lateness=late&sort=stage_due_at` what lingers at its stage,
/// `assignee=me&open=true` one's own work.
/// Also as a table to take away, masked as the list is: whole, whatever its length. A transfer of CSV that
/// breaks off is not the whole list; a dossier that moves in the order meanwhile may be missed or be there twice.
#[utoipa::path(tag = "dossiers", operation_id = "list_dossiers", params(DossiersQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of dossiers", content((Page<DossierSummary> = "application/json"), (String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
#[get("/dossiers")]
pub async fn list_dossiers(
    signed: Signed,
    request: HttpRequest,
    query: Query<DossiersQuery>,
) -> Result<HttpResponse, Problem> {
    let format = chosen(&request, query.format, LIST)?;
    let paged =
        Paged::<Key>::read(&signed.state, "dossiers", &query.0, query.limit, query.cursor.as_deref())?;
    let reference = signed.state.in_force()?;
    let wanted = wanted(&signed.state, &query, &reference)?;
    if !orders_by_what_it_has(&wanted) {
        let wrong = FieldProblem::new("sort", "requires", no_stage_due());
        return Err(Problem::new(ErrorCode::InvalidQueryParameter).with_errors(vec![wrong]));
    }
    let lookup = Lookup { wanted, assignee: assignee(query.assignee.as_deref())? };
    if format == Format::Json {
        return respond(&request, page_of(&signed, lookup, &paged, query.count).await?);
    }
    if query.limit.is_none() {
        return whole(signed, &request, format, lookup, paged.after).await;
    }
    let page = page_of(&signed, lookup, &paged, None).await?;
    let link = page.link(request.path(), request.query_string());
    let mut response = table(&signed, page, format)?;
    if let Some((name, value)) = link {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// A page of the list as a file.
fn table(signed: &Signed, page: Page<DossierSummary>, format: Format) -> Result<HttpResponse, Problem> {
    let reference = signed.state.in_force()?;
    let rows = page.items.into_iter().map(|d| d.cells(&reference)).collect();
    Table { head: DossierSummary::head(signed.state.clock.now()), rows }.respond(format)
}

/// Search dossiers
///
/// By name without accents, personal identifier or phone, and the filters of the list. Personal
/// values stand in the body, never in an address. Also as a table to take away, as the list is.
#[utoipa::path(tag = "dossiers", operation_id = "search_dossiers", request_body = SearchBody, security(("bearer" = [])),
    responses((status = 200, description = "A page of dossiers", content((Page<DossierSummary> = "application/json"), (String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
#[post("/dossiers/search")]
pub async fn search_dossiers(
    signed: Signed,
    request: HttpRequest,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let asked = body.parse_or_default::<SearchBody>()?;
    let format = chosen(&request, asked.format, LIST).map_err(|problem| match asked.format {
        Some(_) => not_offered(),
        None => problem,
    })?;
    let paged = Paged::<Key>::read(&signed.state, "search", &asked, asked.limit, asked.cursor.as_deref())?;
    let name = asked.name.as_deref().map(fold);
    if name.as_deref() == Some("") {
        let text = Text::new("Không có chữ nào để tìm.", "There is no word to search for.");
        return Err(Problem::invalid("/name", "no_word", text));
    }
    let (personal_id, phone, count) = (asked.personal_id.clone(), asked.phone.clone(), asked.count);
    let paging = asked.limit.is_some();
    let assignee = assignee(asked.assignee.as_deref())?;
    let filters = DossiersQuery {
        procedure: asked.procedure,
        status: asked.status,
        outcome: asked.outcome,
        unit: asked.unit,
        channel: asked.channel,
        submitted_from: asked.submitted_from,
        submitted_to: asked.submitted_to,
        late: asked.late,
        lateness: asked.lateness,
        stage_lateness: asked.stage_lateness,
        open: asked.open,
        stage: asked.stage,
        figure: asked.figure,
        as_of: asked.as_of,
        from: asked.from,
        received_by: asked.received_by,
        map: asked.map,
        field: asked.field,
        online_level: asked.online_level,
        catalogue_on: asked.catalogue_on,
        reason: asked.reason,
        officer_unit: asked.officer_unit,
        sort: asked.sort,
        ..DossiersQuery::default()
    };
    let wanted = wanted(&signed.state, &filters, &*signed.state.in_force()?)?;
    if !orders_by_what_it_has(&wanted) {
        return Err(Problem::invalid("/sort", "requires", no_stage_due()));
    }
    let wanted = Wanted { name, personal_id, phone, ..wanted };
    let lookup = Lookup { wanted, assignee };
    match format {
        Format::Json => Ok(HttpResponse::Ok().json(page_of(&signed, lookup, &paged, count).await?)),
        _ if paging => table(&signed, page_of(&signed, lookup, &paged, None).await?, format),
        _ => whole(signed, &request, format, lookup, paged.after).await,
    }
}

/// The form that is asked for in a body is none of a list's.
fn not_offered() -> Problem {
    let text = Text::new("Chỉ có: json, csv, xlsx", "There are only: json, csv, xlsx");
    Problem::invalid("/format", "unknown_code", text)
}

/// Whether every dossier that is asked for has the instant that the order goes by.
fn orders_by_what_it_has(wanted: &Wanted) -> bool {
    let has = wanted.stage_lateness.is_some_and(|(lateness, _)| lateness != Lateness::NoDue);
    has || wanted.order != Order::StageDueFirst
}

fn no_stage_due() -> Text {
    Text::new(
        "Chỉ sắp xếp như vậy khi có stage_lateness là late, due_soon hoặc on_time.",
        "There is such an order only with a stage_lateness of late, due_soon or on_time.",
    )
}
