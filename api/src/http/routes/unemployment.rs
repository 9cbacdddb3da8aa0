//! Unemployment benefit and deadlines without a dossier.

use actix_web::{HttpRequest, HttpResponse, post};
use domain::calendar;
use domain::deadline;
use domain::dossier::transition::Refusal;

use crate::app::error::Error;
use crate::app::unemployment as app;
use crate::http::auth::Public;
use crate::http::body::RawBody;
use crate::http::language::Text;
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use crate::http::routes::rule_books::simulated;
use crate::http::views::At;
use crate::http::views::unemployment::{
    AssessmentRequest, AssessmentView, DayView, SimulationRequest, SimulationView,
};

/// Assess a claim to unemployment benefit
///
/// Facts in, verdict out: every condition that fails with its article, or amount, months and
/// schedule. Nothing is stored. With `rule_book` by a published version instead of the one in force,
/// or, signed in with the right to draft rule books, by a draft.
#[utoipa::path(tag = "unemployment", operation_id = "assess_unemployment", request_body = AssessmentRequest,
    responses((status = 200, description = "The verdict", body = AssessmentView)))]
#[post("/unemployment/assessments")]
pub async fn assess_unemployment(
    public: Public,
    request: HttpRequest,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let asked = body.parse::<AssessmentRequest>()?;
    let rules = simulated(&public, &request, asked.rule_book.as_deref()).await?;
    let (facts, submitted_on) = asked.facts();
    let facts = facts.check(submitted_on).map_err(|wrong| Problem::from(Error::Invalid(wrong)))?;
    Ok(HttpResponse::Ok().json(AssessmentView::of(&app::assess(&facts, &rules)?)))
}

/// Simulate a due date
///
/// From acceptance, limit and pauses: the due instant and every counted and skipped day with its
/// reason. Nothing is stored. With `rule_book` by a published version instead of the one in force, or,
/// signed in with the right to draft rule books, by a draft.
#[utoipa::path(tag = "deadlines", operation_id = "simulate_deadline", request_body = SimulationRequest,
    responses((status = 200, description = "The due date", body = SimulationView)))]
#[post("/deadlines/simulate")]
pub async fn simulate_deadline(
    public: Public,
    request: HttpRequest,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let asked = body.parse::<SimulationRequest>()?;
    let rules = simulated(&public, &request, asked.rule_book.as_deref()).await?;
    let (limit, pauses, calendar) = (asked.limit(), asked.pauses(), &rules.calendar);
    let due = deadline::compute(asked.accepted_at.0, &limit, &pauses, calendar).map_err(wrong_input)?;
    let today = calendar::day_of(asked.accepted_at.0);
    let days = deadline::explain(asked.accepted_at.0, &due, &limit, &pauses, today, calendar);
    Ok(HttpResponse::Ok().json(SimulationView {
        due_at: due.due_at.map(At),
        due_on: due.due_on,
        calendar_version: due.calendar_version,
        days: days.into_iter().map(DayView::of).collect(),
    }))
}

/// What of a simulation cannot be reckoned, at its place in the body.
fn wrong_input(error: deadline::DeadlineError) -> Problem {
    use deadline::DeadlineError as E;
    match error {
        E::LimitNotPositive => Problem::invalid(
            "/limit/value",
            "not_positive",
            Text::new("Thời hạn phải lớn hơn 0.", "The limit must be more than nothing."),
        ),
        E::LimitTooLong => Problem::invalid(
            "/limit/value",
            "too_long",
            Text::new("Thời hạn quá dài.", "The limit is too long."),
        ),
        E::PauseNotPositive(i) => Problem::invalid(
            format!("/pauses/{i}/to"),
            "not_positive",
            Text::new("Kết thúc phải sau bắt đầu.", "The end must lie after the begin."),
        ),
        E::OutOfRange => Refusal::Deadline(error).into(),
    }
}
