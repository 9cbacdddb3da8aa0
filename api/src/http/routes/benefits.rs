//! Unemployment benefits: reading them, and every step of their life over one use case.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use domain::access::Action;
use persistence::Reader;
use persistence::benefits::Query as Wanted;
use uuid::Uuid;

use crate::app::Cx;
use crate::app::benefits::{self as app, perform};
use crate::app::error::Error;
use crate::http::auth::Signed;
use crate::http::body::RawBody;
use crate::http::conditional::not_modified;
use crate::http::hop::{self, Writing, answer};
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::benefits::{
    BenefitBody, BenefitEventView, BenefitTransitionsView, BenefitView, BenefitsQuery, CancelBody,
    DeclarationBody, DeclarationsView, ExemptionBody, PaymentBody, ReceiveBody, RecoverBody, RefusalBody,
    RepaymentBody, ResumeBody, SuspendBody, TerminateBody, TransferBody, WithdrawExemptionBody,
};
use crate::http::views::dossiers::DryRun;
use crate::http::views::imports::PageQuery;

/// List unemployment benefits
///
/// Newest first; by status, unit, declaration due, suspension, or what may be paid.
#[utoipa::path(tag = "unemployment", operation_id = "list_unemployment_benefits", params(BenefitsQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of benefits", body = Page<BenefitView>)))]
#[get("/unemployment/benefits")]
pub async fn list_unemployment_benefits(
    signed: Signed,
    request: HttpRequest,
    query: Query<BenefitsQuery>,
) -> Result<HttpResponse, Problem> {
    type Key = (DateTime<Utc>, Uuid);
    let paged =
        Paged::<Key>::read(&signed.state, "benefits", &query.0, query.limit, query.cursor.as_deref())?;
    let (after, rows) = (paged.after, paged.fetch_rows());
    let reference = signed.state.in_force()?;
    let wanted = Wanted {
        dossier_code: query.dossier.clone(),
        status: query.status,
        units: query.unit.as_ref().map(|unit| reference.units.reach(unit).into_iter().collect()),
        declaration_due: query.declaration_due,
        suspended_since: query.suspended_since,
        payable_on: query.payable_on,
    };
    let (sees, found) = hop::read(&signed, move |cx, reader| {
        Ok((cx.actor.sees_persons(), app::list(cx, reader, &wanted, after, rows)?))
    })
    .await?;
    let page = paged.page(found, |held| (held.benefit.created_at, held.benefit.id.0));
    respond(&request, page.map(|held| BenefitView::line(&held, sees)))
}

/// Read an unemployment benefit
///
/// With every month as it stands today, and the assessment it rests on.
#[utoipa::path(tag = "unemployment", operation_id = "get_unemployment_benefit", params(("id" = String, Path, description = "Identity of the benefit")), security(("bearer" = [])),
    responses((status = 200, description = "The benefit", body = BenefitView)))]
#[get("/unemployment/benefits/{id}")]
pub async fn get_unemployment_benefit(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let (version, view) = hop::read(&signed, move |cx, reader| {
        let held = app::get(cx, reader, id)?;
        Ok((held.benefit.version, BenefitView::of(cx, &held)))
    })
    .await?;
    let tag = hop::tag(version);
    if let Some(same) = not_modified(request.headers(), &tag) {
        return Ok(same);
    }
    Ok(HttpResponse::Ok().insert_header(tag.header()).json(view))
}

/// Receive a benefit from another province
///
/// What the letter of the other province says; the months left are declared for and paid here.
#[utoipa::path(tag = "unemployment", operation_id = "receive_unemployment_benefit", request_body = ReceiveBody, params(DryRun), security(("bearer" = [])),
    responses((status = 201, description = "The benefit", body = BenefitView,
        headers(("Location" = String, description = "Where it is")))))]
#[post("/unemployment/benefits")]
pub async fn receive_unemployment_benefit(
    signed: Signed,
    request: HttpRequest,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (arrival, note) =
        body.parse::<ReceiveBody>()?.domain().map_err(|wrong| Problem::from(Error::Invalid(wrong)))?;
    let writing = Writing::of(&request, &signed, &body, &arrival.unit, query.dry_run)?;
    hop::write(&signed, writing, move |cx, tx| {
        let held = app::receive(cx, tx, &arrival, note.as_deref())?;
        let location = format!("/api/v1/unemployment/benefits/{}", held.benefit.id);
        let tag = hop::tag(held.benefit.version).as_str().to_owned();
        let headers = vec![(header::LOCATION, location), (header::ETAG, tag)];
        answer(StatusCode::CREATED, headers, &BenefitView::of(cx, &held))
    })
    .await
}

/// List what happened to a benefit
///
/// Append-only, numbered from 1, each event chained to the one before by its digest.
#[utoipa::path(tag = "unemployment", operation_id = "list_benefit_events", params(("id" = String, Path, description = "Identity of the benefit"), PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of events", body = Page<BenefitEventView>)))]
#[get("/unemployment/benefits/{id}/events")]
pub async fn list_benefit_events(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let paged =
        Paged::<i64>::read(&signed.state, "benefit-events", &id, query.limit, query.cursor.as_deref())?;
    let (after, rows) = (paged.after.unwrap_or(0), paged.fetch_rows());
    let (sees, found) = hop::read(&signed, move |cx, reader| {
        Ok((cx.actor.sees_persons(), app::events(cx, reader, id, after, rows)?))
    })
    .await?;
    respond(&request, paged.page(found, |r| r.event.seq).map(|r| BenefitEventView::of(&r, sees)))
}

/// List declarations of job search
///
/// Those that were made, the days of the next one, and the periods in which none is needed.
#[utoipa::path(tag = "unemployment", operation_id = "list_job_search_declarations", params(("id" = String, Path, description = "Identity of the benefit")), security(("bearer" = [])),
    responses((status = 200, description = "The declarations", body = DeclarationsView)))]
#[get("/unemployment/benefits/{id}/declarations")]
pub async fn list_job_search_declarations(
    signed: Signed,
    id: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let read =
        move |cx: &Cx, reader: &mut Reader<'_>| Ok((app::get(cx, reader, id)?, cx.actor.sees_persons()));
    let (held, sees) = hop::read(&signed, read).await?;
    Ok(HttpResponse::Ok().json(DeclarationsView::of(&held, sees)))
}

/// List what can be done with a benefit
///
/// Every action that leads out of the present status: whether the caller can do it, and if not,
/// what stands in the way.
#[utoipa::path(tag = "unemployment", operation_id = "list_benefit_transitions", params(("id" = String, Path, description = "Identity of the benefit")), security(("bearer" = [])),
    responses((status = 200, description = "The actions", body = BenefitTransitionsView)))]
#[get("/unemployment/benefits/{id}/transitions")]
pub async fn list_benefit_transitions(
    signed: Signed,
    id: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let (held, found) = hop::read(&signed, move |cx, reader| app::transitions(cx, reader, id)).await?;
    Ok(HttpResponse::Ok().json(BenefitTransitionsView::of(&held, found)))
}

/// Actions that move money: a repeat must not move it twice.
const MOVES_MONEY: &[Action] = &[Action::PayBenefit, Action::RecoverBenefit, Action::RecordRepayment];

/// Serves every action. What could not be read is told only after 404 and 403.
async fn act<B: BenefitBody>(
    signed: Signed,
    request: HttpRequest,
    id: &str,
    query: Query<DryRun>,
    body: RawBody,
    action: Action,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(id)?;
    if MOVES_MONEY.contains(&action) && hop::key(&request)?.is_none() {
        return Err(Problem::new(ErrorCode::IdempotencyKeyRequired));
    }
    let asked = body
        .parse_or_default::<B>()
        .and_then(|body| body.asked().map_err(|wrong| Problem::from(Error::Invalid(wrong))));
    let expected = hop::expected(&request)?;
    let writing = Writing::of(&request, &signed, &body, &id.to_string(), query.dry_run)?;
    let (asked, unreadable) = hop::apart(asked);
    let done = hop::write(&signed, writing, move |cx, tx| {
        let held = perform(cx, tx, id, action, asked.as_ref(), &expected)?;
        let tag = hop::tag(held.benefit.version).as_str().to_owned();
        answer(StatusCode::OK, vec![(header::ETAG, tag)], &BenefitView::of(cx, &held))
    })
    .await;
    hop::told(done, unreadable)
}

macro_rules! benefit_actions {
    ($($(#[doc = $doc:literal])+ $name:ident($path:literal, $operation:literal, $action:ident, $body:ident);)+) => { $(
        $(#[doc = $doc])+
        #[utoipa::path(tag = "benefit actions", operation_id = $operation, request_body = $body,
            params(("id" = String, Path, description = "Identity of the benefit"), DryRun), security(("bearer" = [])),
            responses((status = 200, description = "The benefit after it", body = BenefitView)))]
        #[post($path)]
        pub async fn $name(signed: Signed, request: HttpRequest, id: web::Path<String>, query: Query<DryRun>, body: RawBody) -> Result<HttpResponse, Problem> {
            act::<$body>(signed, request, &id, query, body, Action::$action).await
        }
    )+ };
}

benefit_actions! {
    /// Declare job search
    ///
    /// For the month whose days run, by who draws the benefit or an officer for them. With `excuse`,
    /// for an officer who has seen the papers, also after those days.
    declare_job_search("/unemployment/benefits/{id}/declarations", "declare_job_search", DeclareJobSearch, DeclarationBody);
    /// Exempt from declaring
    ///
    /// For a period, on a ground of the law that papers prove, by a case officer. A month whose last day
    /// to declare lies in it need not be declared for: nothing is suspended for it, and it is paid.
    exempt_from_declarations("/unemployment/benefits/{id}/exemptions", "exempt_from_declarations", ExemptDeclaration, ExemptionBody);
    /// Withdraw an exemption from declaring
    ///
    /// One that was granted by mistake; it stays in the list as withdrawn. Months whose days to declare begin
    /// later must be declared for again. A month whose days had begun stays free if the exemption was recorded
    /// before they ended, since its holder was told so; what it gave back after they ended is lost again.
    withdraw_declaration_exemption("/unemployment/benefits/{id}/withdraw-exemption", "withdraw_declaration_exemption", WithdrawExemption, WithdrawExemptionBody);
    /// Record a refused job
    ///
    /// A suitable job that was offered and refused without a reason that counts; as many as the law
    /// says end the benefit.
    record_job_refusal("/unemployment/benefits/{id}/refusals", "record_job_refusal", RecordJobRefusal, RefusalBody);
    /// Suspend a benefit
    ///
    /// After a month that nobody declared for in time; the timer does the same by itself.
    suspend_unemployment_benefit("/unemployment/benefits/{id}/suspend", "suspend_unemployment_benefit", SuspendBenefit, SuspendBody);
    /// Resume a benefit
    ///
    /// From the first month since the suspension that was declared for; the months before it are lost
    /// where the law says so.
    resume_unemployment_benefit("/unemployment/benefits/{id}/resume", "resume_unemployment_benefit", ResumeBenefit, ResumeBody);
    /// Terminate a benefit
    ///
    /// With a coded cause of the law; the answer says which month is the last to be paid, and how many
    /// contributed months are left for the next claim.
    terminate_unemployment_benefit("/unemployment/benefits/{id}/terminate", "terminate_unemployment_benefit", TerminateBenefit, TerminateBody);
    /// Cancel a decision
    ///
    /// That nobody picked up in time; nothing was drawn, so every contributed month is left.
    cancel_unemployment_benefit("/unemployment/benefits/{id}/cancel", "cancel_unemployment_benefit", CancelBenefit, CancelBody);
    /// Transfer a benefit to another province
    ///
    /// The running month is still paid here; the months after it are left to the other province.
    transfer_unemployment_benefit("/unemployment/benefits/{id}/transfer", "transfer_unemployment_benefit", TransferBenefit, TransferBody);
    /// Record a paid month
    ///
    /// Once a month, and only a month that may be paid.
    pay_benefit_month("/unemployment/benefits/{id}/payments", "pay_benefit_month", PayBenefit, PaymentBody);
    /// Demand back what was paid wrongly
    ///
    /// The amount is the sum of the months concerned.
    recover_benefit_months("/unemployment/benefits/{id}/recover", "recover_benefit_months", RecoverBenefit, RecoverBody);
    /// Record a repayment
    ///
    /// At most what is still owed.
    record_benefit_repayment("/unemployment/benefits/{id}/repayments", "record_benefit_repayment", RecordRepayment, RepaymentBody);
}
