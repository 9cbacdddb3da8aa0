//! Dossiers: handing in, reading, listing, following. What of a list is asked for stands in `filters`.

mod filters;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use domain::calendar;
use domain::code::Code;
use domain::ids::AccountId;
use domain::text::fold;
use persistence::dossiers::{Listed, Order, Place, Query as Wanted, Stored};
use persistence::{Answer, Foresight, Reader};
use uuid::Uuid;

use self::filters::wanted;
use crate::app::Cx;
use crate::app::assignments::{Assignee, held};
use crate::app::dossiers::{self as app, Proof};
use crate::app::error::Error;
use crate::app::timeline::next_of;
use crate::http::auth::{Public, Signed};
use crate::http::body::RawBody;
use crate::http::conditional::not_modified;
use crate::http::export::{self, Part};
use crate::http::format::{Format, LIST, chosen};
use crate::http::hop::{self, Writing, answer};
use crate::http::language::Text;
use crate::http::page::{CountKind, Page};
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::shed;
use crate::http::table::Table;
use crate::http::views::At;
use crate::http::views::dossiers::{
    BlockerView, Counting, DeadlineView, DossierSummary, DossierView, DossiersQuery, DryRun, EventView,
    ExplainQuery, SearchBody, StageTimeView, SubmitDossier, SupplementWaitView, TrackingBody, TrackingView,
    TransitionView, TransitionsView,
};
use crate::http::views::imports::PageQuery;
use crate::http::views::meta::in_path;
use crate::http::views::unemployment::{DayView, RemainingView};

/// Submit a dossier
///
/// Takes the whole package at once or not at all. The answer carries the code and, once, the
/// secret by which the applicant may follow it.
#[utoipa::path(tag = "dossiers", operation_id = "submit_dossier", request_body = SubmitDossier, params(DryRun), security(("bearer" = [])),
    responses((status = 201, description = "The dossier", body = DossierView)))]
#[post("/dossiers")]
pub async fn submit_dossier(
    signed: Signed,
    request: HttpRequest,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    shed::submission(&signed)?;
    let new =
        body.parse::<SubmitDossier>()?.domain().map_err(|wrong| Problem::from(Error::Invalid(wrong)))?;
    let new = new.judged(signed.state.in_force()?, signed.state.clock.now());
    let writing = Writing::of(&request, &signed, &body, &new.unit, query.dry_run)?
        .foreseeing(Foresight::person(new.applicant.personal_id.as_str()));
    let tracking = signed.state.tracking.clone();
    hop::write(&signed, writing, move |cx, tx| {
        let (stored, secret) = app::submit(cx, tx, &tracking, &new)?;
        submitted(cx, &mut tx.reader(), &stored, secret)
    })
    .await
}

/// The answer to a package that was handed in, with the secret that is shown only here.
pub(super) fn submitted(
    cx: &Cx,
    reader: &mut Reader<'_>,
    stored: &Stored,
    secret: String,
) -> Result<Answer, Error> {
    let mut view = DossierView::of(cx, stored)?;
    view.tracking_secret = Some(secret);
    view.possible_duplicates = app::possible_duplicates(cx, reader, &stored.dossier)?;
    let location = format!("/api/v1/dossiers/{}", stored.dossier.code);
    let tag = hop::tag(stored.dossier.version).as_str().to_owned();
    answer(StatusCode::CREATED, vec![(header::LOCATION, location), (header::ETAG, tag)], &view)
}

/// Read a dossier
///
/// As the caller may see it: those who do not work dossiers see initials and masks.
#[utoipa::path(tag = "dossiers", operation_id = "get_dossier", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001")), security(("bearer" = [])),
    responses((status = 200, description = "The dossier", body = DossierView)))]
#[get("/dossiers/{code}")]
pub async fn get_dossier(
    signed: Signed,
    request: HttpRequest,
    code: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let code = hop::code(&code)?;
    let (version, view) = hop::read_gathered(&signed, Foresight::shown(&code), move |cx, reader| {
        let (stored, duplicates) = app::get_with_duplicates(cx, reader, &code)?;
        let mut view = DossierView::of(cx, &stored)?;
        view.possible_duplicates = duplicates;
        Ok((stored.dossier.version, view))
    })
    .await?;
    let tag = hop::tag(version);
    if let Some(same) = not_modified(request.headers(), &tag) {
        return Ok(same);
    }
    Ok(HttpResponse::Ok().insert_header(tag.header()).json(view))
}

/// List what happened to a dossier
///
/// Append-only, numbered from 1, each event chained to the one before by its digest.
#[utoipa::path(tag = "dossiers", operation_id = "list_dossier_events", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of events", body = Page<EventView>)))]
#[get("/dossiers/{code}/events")]
pub async fn list_dossier_events(
    signed: Signed,
    request: HttpRequest,
    code: web::Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let code = hop::code(&code)?;
    let paged = Paged::<i64>::read(&signed.state, "events", &code, query.limit, query.cursor.as_deref())?;
    let (after, rows) = (paged.after.unwrap_or(0), paged.fetch_rows());
    let (sees, found) = hop::read(&signed, move |cx, reader| {
        Ok((cx.actor.sees_persons(), app::events(cx, reader, &code, after, rows)?))
    })
    .await?;
    respond(&request, paged.page(found, |r| r.event.seq).map(|r| EventView::of(&r, sees)))
}

/// List what can be done with a dossier
///
/// Every action that leads out of the present status: whether the caller can do it, and if not,
/// what stands in the way.
#[utoipa::path(tag = "dossiers", operation_id = "list_dossier_transitions", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001")), security(("bearer" = [])),
    responses((status = 200, description = "The actions", body = TransitionsView)))]
#[get("/dossiers/{code}/transitions")]
pub async fn list_dossier_transitions(
    signed: Signed,
    code: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let code = hop::code(&code)?;
    let found = hop::read(&signed, move |cx, reader| app::transitions(cx, reader, &code)).await?;
    let items = found
        .items
        .into_iter()
        .map(|(a, permitted)| TransitionView {
            action: in_path(a.action),
            allowed: a.allowed && permitted,
            permitted,
            blocked_by: a
                .blockers
                .iter()
                .map(|b| BlockerView {
                    code: b.to_string(),
                    message_vi: b.label_vi().to_owned(),
                    message_en: b.label_en().to_owned(),
                })
                .collect(),
            to: a.to,
            clock: a.clock.code().to_owned(),
            roles: domain::access::roles_for(a.action).map(|(role, _)| role.to_string()).collect(),
        })
        .collect();
    Ok(HttpResponse::Ok().json(TransitionsView {
        status: found.stored.dossier.status,
        items,
        supplement: found.supplement.map(SupplementWaitView::of),
    }))
}

/// Read the due date of a dossier
///
/// With `explain=true`, every day counted or skipped and why. `stages` tells of each stay at a stage when
/// it began, the stage's own limit, and whether it was kept.
#[utoipa::path(tag = "dossiers", operation_id = "get_dossier_deadline", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), ExplainQuery), security(("bearer" = [])),
    responses((status = 200, description = "The due date", body = DeadlineView)))]
#[get("/dossiers/{code}/deadline")]
pub async fn get_dossier_deadline(
    signed: Signed,
    code: web::Path<String>,
    query: Query<ExplainQuery>,
) -> Result<HttpResponse, Problem> {
    let (code, explain) = (hop::code(&code)?, query.explain);
    let (found, stages) = hop::read(&signed, move |cx, reader| {
        let found = app::deadline(cx, reader, &code, explain)?;
        let version = found.stored.dossier.procedure_version;
        let procedure = &cx.reference.version(version)?.procedure;
        let stages = found.stages.iter().map(|s| StageTimeView::of(s, procedure, cx.now)).collect();
        Ok((found, stages))
    })
    .await?;
    let d = &found.stored.dossier;
    Ok(HttpResponse::Ok().json(DeadlineView {
        accepted_at: d.accepted_at.map(At),
        due_at: d.due_at.map(At),
        due_on: d.due_at.map(calendar::day_of),
        // Empty where the dossier is yet to be reckoned anew.
        calendar_version: d.calendar_version.clone().filter(|version| !version.is_empty()),
        rule_book: found.rule_book,
        clock: d.clock,
        remaining: found.remaining.map(RemainingView::of),
        stages,
        supplement: found.supplement.map(SupplementWaitView::of),
        days: explain.then(|| found.days.into_iter().map(DayView::of).collect()),
    }))
}

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
        (if order == Order::DueFirst { d.due_at } else { Some(d.submitted_at) }, d.id)
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
/// `lateness=due_soon&sort=due_at` what soon will be, `stage_lateness=late` what lingers at its stage,
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

/// Follow a dossier
///
/// With its code and the secret of the receipt, or the last four digits of the applicant's
/// identifier. Unknown codes and wrong proofs are answered alike.
#[utoipa::path(tag = "tracking", operation_id = "track_dossier", request_body = TrackingBody,
    responses((status = 200, description = "Where it stands", body = TrackingView)))]
#[post("/tracking")]
pub async fn track_dossier(
    public: Public,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let asked = body.parse::<TrackingBody>()?;
    let proof = match (asked.secret, asked.personal_id_last4) {
        (Some(secret), None) => Proof::Secret(secret),
        (None, Some(digits)) => Proof::LastFour(digits),
        _ => {
            let text = Text::new(
                "Cần đúng một trong hai: secret, personal_id_last4.",
                "Exactly one of secret and personal_id_last4 is needed.",
            );
            return Err(Problem::invalid("/secret", "one_of", text));
        }
    };
    let code = hop::code(&asked.code).map_err(|_| Problem::new(ErrorCode::NotFound))?;
    let stored = hop::read_public(&public, move |reader| app::track(reader, &code, &proof)).await?;
    let reference = public.state.in_force()?;
    let name = reference.version(stored.dossier.procedure_version)?.procedure.name_vi.clone();
    let next = next_of(&reference, &stored.dossier, public.state.clock.now())?;
    Ok(HttpResponse::Ok().json(TrackingView::of(&stored, name, next)))
}
