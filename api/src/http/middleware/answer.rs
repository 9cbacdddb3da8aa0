//! What the edge does to an answer: problems, headers, the log line, metrics.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, ResponseError};

use super::EdgeSettings;
use crate::config::LogAddress;
use crate::http::context::{REQUEST_ID, RequestContext};
use crate::http::problem::{ErrorCode, PROBLEM_JSON, Problem};
use crate::net::truncated;

/// What answers to browsers of other origins may show beside the body.
const EXPOSED: &str = "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, \
                       Idempotent-Replayed, Content-Disposition, Content-Range, Accept-Ranges, Deprecation, Sunset";
/// An answer of data runs nothing in a browser; a drawing may carry its own style.
const POLICY_DATA: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
/// The pages of the documentation use their own scripts only.
const POLICY_PAGE: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/// One request at the edge.
pub(super) struct Edge<'a> {
    pub settings: &'a EdgeSettings,
    pub context: &'a RequestContext,
    pub method: &'a Method,
    pub origin: Option<&'a HeaderValue>,
}

impl Edge<'_> {
    /// The answer, with every refusal rendered as a problem in the reader's language.
    pub fn answer<B: MessageBody>(&self, response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
        let Some(problem) = self.refusal(&response) else {
            return response.map_into_left_body();
        };
        let allow = match problem.code() {
            ErrorCode::MethodNotAllowed => self.allow(&response),
            _ => None,
        };
        if self.method == Method::OPTIONS && problem.code() == ErrorCode::MethodNotAllowed {
            let mut answer = HttpResponse::new(StatusCode::NO_CONTENT);
            if let Some(allow) = allow {
                answer.headers_mut().insert(header::ALLOW, allow);
            }
            return response.into_response(answer).map_into_right_body();
        }
        let rendering = self.context.rendering();
        let body = BoxBody::new(Bytes::from(problem.bytes(&rendering)));
        // The answer itself is changed: to make another would cost as much as all the rest of a refusal.
        let mut answer = response.map_body(|head, _| {
            head.status = problem.status_code();
            EitherBody::right(body)
        });
        let headers = answer.headers_mut();
        // What other middlewares put on the answer stays, except what described the old body.
        let own = problem.headers();
        headers.retain(|name, _| !describes_body(name) && !own.iter().any(|(owned, _)| owned == name));
        own.into_iter().for_each(|(name, value)| headers.append(name, value));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(rendering.language.tag()));
        headers.append(header::VARY, HeaderValue::from_static("Accept-Language"));
        if let Some(allow) = allow {
            headers.insert(header::ALLOW, allow);
        }
        let logged = Logged { code: problem.code(), cause: problem.cause().map(str::to_owned) };
        answer.response_mut().extensions_mut().insert(logged);
        answer
    }

    /// The problem in an answer: carried as an error, or implied by a status without a body.
    fn refusal<B: MessageBody>(&self, response: &ServiceResponse<B>) -> Option<Problem> {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return None;
        }
        if let Some(error) = response.response().error() {
            return Some(Problem::from(error));
        }
        let bare = matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
        bare.then(|| {
            // The framework says 404 when a path exists with another method.
            let known = status == StatusCode::NOT_FOUND && response.request().match_pattern().is_some();
            let code = if known { ErrorCode::MethodNotAllowed } else { ErrorCode::from_status(status) };
            Problem::new(code)
        })
    }

    fn allow<B>(&self, response: &ServiceResponse<B>) -> Option<HeaderValue> {
        let pattern = response.request().match_pattern()?;
        HeaderValue::from_str(self.settings.routes.allow(&pattern)?).ok()
    }

    /// The headers that every answer has.
    pub fn common_headers(&self, headers: &mut HeaderMap) {
        // The form of an identifier was checked when it was read.
        if let Ok(id) = HeaderValue::from_str(self.context.request_id()) {
            headers.insert(HeaderName::from_static(REQUEST_ID), id);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        if !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
            let page =
                headers.get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
            let policy = if page { POLICY_PAGE } else { POLICY_DATA };
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        if !self.settings.cors_origins.is_empty() {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
            if let Some(origin) = self.origin {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
            }
        }
    }

    /// Log line and metrics of an answer.
    pub fn record<B>(&self, response: &ServiceResponse<B>, elapsed: Duration) {
        let route = response.request().match_pattern();
        let extensions = response.response().extensions();
        let logged = extensions.get::<Logged>();
        let code = logged.map(|logged| logged.code);
        self.write(route, response.status(), code, logged.and_then(|l| l.cause.as_deref()), elapsed);
    }

    /// Log line and metrics of a request whose route is not known any more.
    pub fn record_lost(&self, problem: &Problem, elapsed: Duration) {
        self.write(None, problem.status_code(), Some(problem.code()), problem.cause(), elapsed);
    }

    fn write(
        &self,
        route: Option<String>,
        status: StatusCode,
        code: Option<ErrorCode>,
        cause: Option<&str>,
        elapsed: Duration,
    ) {
        let method = known_method(self.method);
        // Never the raw path: it has no bound, and may hold anything.
        let route = route.unwrap_or_else(|| "unmatched".to_owned());
        let client = match self.settings.log_address {
            LogAddress::Full => Some(self.context.client()),
            LogAddress::Truncated => Some(truncated(self.context.client())),
            LogAddress::Off => None,
        };
        let actor = self.context.actor();
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "http",
                    request_id = self.context.request_id(),
                    trace_id = self.context.trace_id(),
                    span_id = self.context.span_id(),
                    http.request.method = method,
                    http.route = route,
                    http.response.status_code = status.as_u16(),
                    duration_ms = elapsed.as_secs_f64() * 1000.0,
                    enduser.id = actor.account,
                    unit_id = actor.unit,
                    client.address = client.map(tracing::field::display),
                    code = code.map(ErrorCode::code),
                    error.cause = cause,
                    "request"
                )
            };
        }
        if code == Some(ErrorCode::Internal) {
            line!(error);
        } else if code == Some(ErrorCode::Overloaded) {
            // A line for each would cost more than what is refused, just when there is least to spare.
            line!(info);
            if let Some(refused) = SHED.tell(Instant::now()) {
                tracing::warn!(target: "http", refused, "requests are refused to protect the rest");
            }
        } else if status.is_server_error() {
            line!(warn);
        } else if matches!(route.as_str(), "/healthz" | "/readyz") {
            // Probes would drown the rest.
            line!(debug);
        } else {
            line!(info);
        }
        metrics::histogram!(
            "http_server_request_duration_seconds",
            "http_request_method" => method,
            "http_route" => route,
            "http_response_status_code" => status.as_str().to_owned(),
        )
        .record(elapsed.as_secs_f64());
    }
}

/// Refusals for overload of which the log does not tell yet.
static SHED: Shed = Shed { begun: OnceLock::new(), told: AtomicU64::new(0), refused: AtomicU64::new(0) };

/// Counts refusals, so that one line a second tells of all of them.
struct Shed {
    begun: OnceLock<Instant>,
    told: AtomicU64,
    refused: AtomicU64,
}

impl Shed {
    /// Counts one; gives how many there were since it was last told, at most once a second.
    fn tell(&self, now: Instant) -> Option<u64> {
        self.refused.fetch_add(1, Ordering::Relaxed);
        let second = now.saturating_duration_since(*self.begun.get_or_init(|| now)).as_secs() + 1;
        let told = self.told.load(Ordering::Relaxed);
        let due = second > told
            && self.told.compare_exchange(told, second, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        due.then(|| self.refused.swap(0, Ordering::Relaxed))
    }
}

/// What the log line says of a problem, kept with the answer.
struct Logged {
    code: ErrorCode,
    cause: Option<String>,
}

fn describes_body(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::CONTENT_TYPE
            | header::CONTENT_LENGTH
            | header::CONTENT_ENCODING
            | header::CONTENT_LANGUAGE
            | header::TRANSFER_ENCODING
            | header::ETAG
            | header::LAST_MODIFIED
    )
}

/// A method as a label of bounded choice.
fn known_method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_of_once_a_second_and_none_is_lost() {
        let shed = Shed { begun: OnceLock::new(), told: AtomicU64::new(0), refused: AtomicU64::new(0) };
        let begun = Instant::now();
        let at = |millis| shed.tell(begun + Duration::from_millis(millis));
        assert_eq!(
            [at(0), at(1), at(999), at(1000), at(1001), at(5000)],
            [Some(1), None, None, Some(3), None, Some(2)]
        );
    }
}
