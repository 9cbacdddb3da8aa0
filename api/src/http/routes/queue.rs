//! The queue.

use actix_web::{HttpResponse, get};

use crate::app::queue as app;
use crate::http::auth::Signed;
use crate::http::hop;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::views::queue::{QueueQuery, QueueView};

/// Count the queue
///
/// The open dossiers within the caller's reach at this moment, by status, by stage and by how they
/// stand to their due date; where lists can filter so, with the list of exactly those counted.
#[utoipa::path(tag = "queue", operation_id = "count_queue", params(QueueQuery), security(("bearer" = [])),
    responses((status = 200, description = "The counts", body = QueueView)))]
#[get("/queue/counts")]
pub async fn count_queue(signed: Signed, query: Query<QueueQuery>) -> Result<HttpResponse, Problem> {
    let (unit, days) = (query.0.unit, signed.state.config.due_soon_working_days);
    let view = hop::read(&signed, move |cx, reader| {
        let queue = app::read(cx, reader, unit.as_deref(), days)?;
        Ok(QueueView::of(cx, queue, unit, days))
    })
    .await?;
    Ok(HttpResponse::Ok().json(view))
}
