//! Dossiers: handing in, reading, following. Lists stand in `lists`, what of one is asked for in `filters`.

mod filters;
pub mod lists;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use domain::calendar;
use domain::code::Code;
use persistence::dossiers::Stored;
use persistence::{Answer, Foresight, Reader};

use crate::app::Cx;
use crate::app::dossiers::{self as app, Proof};
use crate::app::error::Error;
use crate::app::timeline::next_of;
use crate::http::auth::{Public, Signed};
use crate::http::body::RawBody;
use crate::http::conditional::not_modified;
use crate::http::hop::{self, Writing, answer};
use crate::http::language::Text;
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::shed;
use crate::http::views::At;
use crate::http::views::dossiers::{
    BlockerView, DeadlineView, DossierView, DryRun, EventView, ExplainQuery, StageTimeView, SubmitDossier,
    SupplementWaitView, TrackingBody, TrackingView, TransitionView, TransitionsView,
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
