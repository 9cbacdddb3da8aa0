//! Who works a dossier: assigning, one and many, handing over, and who could.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};

use crate::app::assignments::{self as app, Outcome, Wanted};
use crate::app::error::Error;
use crate::http::auth::Signed;
use crate::http::body::{BodyLimits, RawBody};
use crate::http::context::RequestContext;
use crate::http::hop::{self, Unkept, Writing, answer};
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, Problem, Rendering};
use crate::http::query::{NoQuery, Query};
use crate::http::views::assignments::{
    AssignBatchBody, AssignBatchView, AssignBody, AssignItemView, AssignmentView, AssignmentsView,
    EndAssignmentBody, HandOverWorkBody, HandedOverView, OfficerView, OfficersQuery,
};
use crate::http::views::dossiers::DryRun;

/// Every batch meets the same lane, so that no two of a process lock the same rows in turns.
const LANE: &str = "batch";

/// List who works a dossier
///
/// Everybody who works it or worked it, oldest first; nothing is ever overwritten.
#[utoipa::path(tag = "assignments", operation_id = "list_dossier_assignments", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001")), security(("bearer" = [])),
    responses((status = 200, description = "The assignments", body = AssignmentsView)))]
#[get("/dossiers/{code}/assignments")]
pub async fn list_dossier_assignments(
    signed: Signed,
    code: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let code = hop::code(&code)?;
    let items = hop::read(&signed, move |cx, reader| {
        let sees = cx.actor.sees_persons();
        let found = app::list(cx, reader, &code)?;
        Ok(found.iter().map(|a| AssignmentView::of(a, cx.now, sees)).collect())
    })
    .await?;
    Ok(HttpResponse::Ok().json(AssignmentsView { items }))
}

/// Assign a dossier
///
/// To an officer in whose queue it could stand. A new primary takes the place of the present one,
/// whose row is ended and kept. It says whose work it is and gives nobody a right.
#[utoipa::path(tag = "assignments", operation_id = "assign_dossier", request_body = AssignBody,
    params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), DryRun), security(("bearer" = [])),
    responses((status = 201, description = "The assignment", body = AssignmentView)))]
#[post("/dossiers/{code}/assignments")]
pub async fn assign_dossier(
    signed: Signed,
    request: HttpRequest,
    code: web::Path<String>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let code = hop::code(&code)?;
    let (asked, unreadable) = hop::apart(body.parse::<AssignBody>().and_then(AssignBody::asked));
    let writing = Writing::of(&request, &signed, &body, code.as_str(), query.dry_run)?;
    let wanted = [Wanted { code: Some(code), asked }];
    let done = hop::write(&signed, writing, move |cx, tx| {
        let outcome = app::assign(cx, tx, &wanted)?.pop();
        let made = outcome.unwrap_or_else(|| Err(persistence::Error::NotFound.into()))?;
        answer(StatusCode::CREATED, Vec::new(), &AssignmentView::of(&made, cx.now, true))
    })
    .await;
    hop::told(done, unreadable)
}

/// End an assignment
///
/// From now on; the row is kept. One that has ended already is 409.
#[utoipa::path(tag = "assignments", operation_id = "end_dossier_assignment", request_body = EndAssignmentBody,
    params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), ("id" = String, Path, description = "Identity of the assignment"), DryRun), security(("bearer" = [])),
    responses((status = 200, description = "The assignment, ended", body = AssignmentView)))]
#[post("/dossiers/{code}/assignments/{id}/end")]
pub async fn end_dossier_assignment(
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (code, id) = (hop::code(&path.0)?, hop::id(&path.1)?);
    let (reason, unreadable) =
        hop::apart(body.parse_or_default::<EndAssignmentBody>().and_then(EndAssignmentBody::asked));
    let writing = Writing::of(&request, &signed, &body, code.as_str(), query.dry_run)?;
    let done = hop::write(&signed, writing, move |cx, tx| {
        let ended = app::end(cx, tx, &code, id, reason.as_ref())?;
        answer(StatusCode::OK, Vec::new(), &AssignmentView::of(&ended, cx.now, true))
    })
    .await;
    hop::told(done, unreadable)
}

/// Assign many dossiers
///
/// Up to 1,000, each judged as if it came alone and with its own answer. With `atomic` all of them
/// are assigned or none: when any is refused, nothing is written, `done` is 0, and those that were
/// not refused themselves say `batch_not_applied`; such an answer is not kept for repeats.
#[utoipa::path(tag = "assignments", operation_id = "assign_dossiers", request_body = AssignBatchBody, params(DryRun), security(("bearer" = [])),
    responses((status = 200, description = "How it went with each", body = AssignBatchView)))]
#[post("/dossiers/batch/assign")]
pub async fn assign_dossiers(
    signed: Signed,
    request: HttpRequest,
    query: Query<DryRun>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    key_required(&request)?;
    let limits = request.app_data::<BodyLimits>().copied().unwrap_or_default();
    let limits = BodyLimits { json: signed.state.config.batch_limit_bytes, ..limits };
    let body = RawBody::read(request.headers(), payload.into_inner(), limits).await;
    let asked = body.parse::<AssignBatchBody>()?;
    let atomic = asked.atomic;
    let (codes, wanted) = asked.asked()?;
    let writing = Writing::of(&request, &signed, &body, LANE, query.dry_run)?;
    // Only the language: a kept answer must not name the request that it was first given to.
    let language = RequestContext::of(&request).map(|c| c.language()).unwrap_or_default();
    let rendering = Rendering { language, ..Rendering::default() };
    hop::write_or_answer(&signed, writing, move |cx, tx| {
        let outcomes = app::assign(cx, tx, &wanted)?;
        let spoilt = atomic && outcomes.iter().any(Result::is_err);
        let items: Vec<AssignItemView> = codes
            .iter()
            .zip(outcomes)
            .map(|(code, outcome)| item(code, outcome, spoilt, &rendering))
            .collect();
        let done = items.iter().filter(|i| i.assignment.is_some()).count();
        let failed = items.len().saturating_sub(done);
        let answer = answer(StatusCode::OK, Vec::new(), &AssignBatchView { atomic, done, failed, items })?;
        if spoilt { Err(Unkept::Answer(answer)) } else { Ok(answer) }
    })
    .await
}

fn key_required(request: &HttpRequest) -> Result<(), Problem> {
    match request.headers().contains_key("idempotency-key") {
        true => Ok(()),
        false => Err(Problem::new(ErrorCode::IdempotencyKeyRequired)),
    }
}

/// How it went with one of them.
fn item(code: &str, outcome: Outcome, spoilt: bool, rendering: &Rendering) -> AssignItemView {
    let problem: Problem = match outcome {
        Ok(made) if !spoilt => {
            let status = StatusCode::CREATED.as_u16();
            return AssignItemView {
                code: code.to_owned(),
                status,
                assignment: Some(made.id.0),
                problem: None,
            };
        }
        Ok(_) => Problem::new(ErrorCode::BatchNotApplied),
        Err(error) => error.into(),
    };
    let problem = problem.body(rendering);
    AssignItemView { code: code.to_owned(), status: problem.status, assignment: None, problem: Some(problem) }
}

/// Hand all open work of an officer over
///
/// Every dossier that is not over and that `from` is assigned to goes to `to`, who stands to it as
/// `from` did: all of them, or none when `to` could not work one of them. With `dry_run=true` the
/// answer says how many and which, and nothing is written.
#[utoipa::path(tag = "assignments", operation_id = "hand_over_work", request_body = HandOverWorkBody, params(DryRun), security(("bearer" = [])),
    responses((status = 200, description = "What went over", body = HandedOverView)))]
#[post("/assignments/hand-over")]
pub async fn hand_over_work(
    signed: Signed,
    request: HttpRequest,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    key_required(&request)?;
    let asked = body.parse::<HandOverWorkBody>()?;
    let reason = asked.reason()?;
    let writing = Writing::of(&request, &signed, &body, LANE, query.dry_run)?;
    hop::write(&signed, writing, move |cx, tx| {
        let (from, to) = (domain::ids::AccountId(asked.from), domain::ids::AccountId(asked.to));
        let done = app::hand_over(cx, tx, from, to, &reason)?;
        answer(StatusCode::OK, Vec::new(), &HandedOverView::of(done))
    })
    .await
}

/// List officers
///
/// Those who work dossiers within the caller's reach, by user name: to whom work can be given.
#[utoipa::path(tag = "assignments", operation_id = "list_officers", params(OfficersQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of officers", body = Page<OfficerView>)))]
#[get("/officers")]
pub async fn list_officers(
    signed: Signed,
    request: HttpRequest,
    query: Query<OfficersQuery>,
) -> Result<HttpResponse, Problem> {
    let paged =
        Paged::<String>::read(&signed.state, "officers", &query.0, query.limit, query.cursor.as_deref())?;
    let (after, rows, asked) = (paged.after.clone(), paged.fetch_rows(), query.0);
    let found = hop::read(&signed, move |cx, reader| -> Result<_, Error> {
        app::officers(cx, reader, asked.unit.as_deref(), asked.role, after.as_deref(), rows)
    })
    .await?;
    respond(&request, paged.page(found, |o| o.user.clone()).map(|o| OfficerView::of(&o)))
}
