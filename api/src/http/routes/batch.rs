//! One action on many dossiers.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use domain::dossier::number::DossierCode;
use persistence::Answer;

use super::actions::asked;
use crate::app::batch::{Item, Outcome, perform_all};
use crate::app::error::Error;
use crate::http::auth::Signed;
use crate::http::body::{BodyLimits, RawBody};
use crate::http::context::RequestContext;
use crate::http::hop::{self, Unkept, Writing, answer};
use crate::http::openapi::action_in_path;
use crate::http::problem::{ErrorCode, Problem, Rendering};
use crate::http::query::Query;
use crate::http::views::batch::{BatchBody, BatchItemView, BatchView};
use crate::http::views::dossiers::DryRun;

/// Every batch meets the same lane, so that no two of a process lock the same dossiers in turns.
const LANE: &str = "batch";

/// Act on many dossiers
///
/// The same action on up to 1,000 dossiers, each judged as if it came alone, with its own version
/// and its own answer. With `atomic` all of them are done or none: when any is refused, nothing is
/// written, `done` is 0, and those that were not refused themselves say `batch_not_applied`; such
/// an answer is not kept for repeats, so what was mended may be sent again under the same key.
#[utoipa::path(tag = "dossier actions", operation_id = "act_on_dossiers", request_body = BatchBody,
    params(("action" = String, Path, description = "Action, as it stands in the path of a dossier", example = "accept"), DryRun), security(("bearer" = [])),
    responses((status = 200, description = "How it went with each", body = BatchView)))]
#[post("/dossiers/batch/{action}")]
pub async fn act_on_dossiers(
    signed: Signed,
    request: HttpRequest,
    action: web::Path<String>,
    query: Query<DryRun>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let action = action_in_path(&action).ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    if !request.headers().contains_key("idempotency-key") {
        return Err(Problem::new(ErrorCode::IdempotencyKeyRequired));
    }
    let limits = request.app_data::<BodyLimits>().copied().unwrap_or_default();
    let limits = BodyLimits { json: signed.state.config.batch_limit_bytes, ..limits };
    let body = RawBody::read(request.headers(), payload.into_inner(), limits).await;
    let BatchBody { atomic, items } = body.parse::<BatchBody>()?.distinct()?;
    let writing = Writing::of(&request, &signed, &body, LANE, query.dry_run)?;
    // Only the language: a kept answer must not name the request that it was first given to.
    let language = RequestContext::of(&request).map(|c| c.language()).unwrap_or_default();
    let rendering = Rendering { language, ..Rendering::default() };

    let (mut codes, mut unreadable, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        let read = asked(action, item.body.to_string().as_bytes());
        let code = DossierCode::parse(&item.code);
        wanted.push(Item { code, version: item.version, asked: read.as_ref().ok().cloned() });
        unreadable.push(read.err());
        codes.push(item.code);
    }
    hop::write_or_answer(&signed, writing, move |cx, tx| {
        let outcomes = perform_all(cx, tx, action, &wanted)?;
        let spoilt = atomic && outcomes.iter().any(Result::is_err);
        let told = codes.iter().zip(&unreadable).zip(outcomes);
        let items =
            told.map(|((code, unread), outcome)| item(code, outcome, unread.as_ref(), spoilt, &rendering));
        let answer = report(atomic, items.collect())?;
        if spoilt { Err(Unkept::Answer(answer)) } else { Ok(answer) }
    })
    .await
}

/// How it went with one of them.
fn item(
    code: &str,
    outcome: Outcome,
    unread: Option<&Problem>,
    spoilt: bool,
    rendering: &Rendering,
) -> BatchItemView {
    let problem = match (outcome, unread) {
        (Ok(version), _) if !spoilt => {
            let status = StatusCode::OK.as_u16();
            return BatchItemView { code: code.to_owned(), status, version: Some(version), problem: None };
        }
        (Ok(_), _) => Problem::new(ErrorCode::BatchNotApplied),
        (Err(Error::Unreadable), Some(unread)) => unread.clone(),
        (Err(error), _) => error.into(),
    };
    let problem = problem.body(rendering);
    BatchItemView { code: code.to_owned(), status: problem.status, version: None, problem: Some(problem) }
}

fn report(atomic: bool, items: Vec<BatchItemView>) -> Result<Answer, Error> {
    let done = items.iter().filter(|i| i.version.is_some()).count();
    let failed = items.len().saturating_sub(done);
    answer(StatusCode::OK, Vec::new(), &BatchView { atomic, done, failed, items })
}
