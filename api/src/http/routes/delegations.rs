//! Who stands in for whom.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use domain::calendar;
use uuid::Uuid;

use crate::app::delegations as app;
use crate::http::auth::Signed;
use crate::http::body::RawBody;
use crate::http::hop::{self, Writing, answer};
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::views::delegations::{DelegateBody, DelegationView, DelegationsQuery};
use crate::http::views::dossiers::DryRun;

/// Delegations meet one lane, so that two that overlap see each other.
const LANE: &str = "delegations";

/// List delegations
///
/// Those from and to the caller, and those of the units the caller leads or administers, newest
/// first.
#[utoipa::path(tag = "assignments", operation_id = "list_delegations", params(DelegationsQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of delegations", body = Page<DelegationView>)))]
#[get("/delegations")]
pub async fn list_delegations(
    signed: Signed,
    request: HttpRequest,
    query: Query<DelegationsQuery>,
) -> Result<HttpResponse, Problem> {
    type Key = (DateTime<Utc>, Uuid);
    let paged =
        Paged::<Key>::read(&signed.state, "delegations", &query.0, query.limit, query.cursor.as_deref())?;
    let (after, rows, in_force) = (paged.after, paged.fetch_rows(), query.in_force);
    let (today, found) = hop::read(&signed, move |cx, reader| {
        Ok((calendar::day_of(cx.now), app::list(cx, reader, in_force, after, rows)?))
    })
    .await?;
    respond(&request, paged.page(found, |d| (d.created_at, d.id.0)).map(|d| DelegationView::of(&d, today)))
}

/// Delegate work
///
/// One's own, or that of an officer of a unit one leads or administers, to another officer of the
/// same unit with the same role. What the delegate does on dossiers of the other is recorded on
/// their behalf, and the delegate's queue and `assignee=me` hold them.
#[utoipa::path(tag = "assignments", operation_id = "delegate_work", request_body = DelegateBody, params(DryRun), security(("bearer" = [])),
    responses((status = 201, description = "The delegation", body = DelegationView)))]
#[post("/delegations")]
pub async fn delegate_work(
    signed: Signed,
    request: HttpRequest,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let new = body.parse::<DelegateBody>().and_then(DelegateBody::asked)?;
    let writing = Writing::of(&request, &signed, &body, LANE, query.dry_run)?;
    hop::write(&signed, writing, move |cx, tx| {
        let made = app::create(cx, tx, &new)?;
        let view = DelegationView::of(&made, calendar::day_of(cx.now));
        answer(StatusCode::CREATED, Vec::new(), &view)
    })
    .await
}

/// End a delegation
///
/// From now on. One that has ended already is 409.
#[utoipa::path(tag = "assignments", operation_id = "end_delegation", params(("id" = String, Path, description = "Identity of the delegation"), DryRun), security(("bearer" = [])),
    responses((status = 200, description = "The delegation, ended", body = DelegationView)))]
#[post("/delegations/{id}/end")]
pub async fn end_delegation(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let writing = Writing::of(&request, &signed, &body, LANE, query.dry_run)?;
    hop::write(&signed, writing, move |cx, tx| {
        let ended = app::end(cx, tx, id)?;
        let view = DelegationView::of(&ended, calendar::day_of(cx.now));
        answer(StatusCode::OK, Vec::new(), &view)
    })
    .await
}
