//! The queue.

use actix_web::{HttpResponse, get};

use crate::app::queue as app;
use crate::http::auth::Signed;
use crate::http::hop;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::routes::dossiers::lists::assignee;
use crate::http::views::queue::{QueueQuery, QueueView};

/// Count the queue
///
/// The open dossiers within the caller's reach at this moment, by status, by stage and by how they
/// stand to their due date, each with the list of exactly those counted; with `assignee`, only what
/// an officer is assigned to.
#[utoipa::path(tag = "queue", operation_id = "count_queue", params(QueueQuery), security(("bearer" = [])),
    responses((status = 200, description = "The counts", body = QueueView)))]
#[get("/queue/counts")]
pub async fn count_queue(signed: Signed, query: Query<QueueQuery>) -> Result<HttpResponse, Problem> {
    let (asked, days) = (query.0, signed.state.config.due_soon_working_days);
    let whose = assignee(asked.assignee.as_deref())?;
    let view = hop::read(&signed, move |cx, reader| {
        let queue = app::read(cx, reader, asked.unit.as_deref(), whose.as_ref(), days)?;
        Ok(QueueView::of(cx, queue, asked, days))
    })
    .await?;
    Ok(HttpResponse::Ok().json(view))
}
