//! How many requests one address may send without being signed in.
//!
//! Owns the counting and the `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers). Who is
//! signed in is told by a function; nothing here reads tokens. Counts live in memory, for each
//! instance by itself, and forget an address as soon as its quota is whole again.

use std::future::{Future, Ready, ready};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::http::context::RequestContext;
use crate::http::problem::{ErrorCode, Problem};
use crate::net::counted;

/// Requests between two clearings of addresses whose quota is whole again.
const CLEARED_EVERY: u32 = 4096;
/// Addresses that are never limited: probes of the machine room.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

type Governor = RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock, StateInformationMiddleware>;

/// Counts requests of addresses against one quota; shared by all workers.
#[derive(Debug)]
pub struct Limiter {
    name: &'static str,
    limit: Option<Limit>,
}

#[derive(Debug)]
struct Limit {
    per_minute: u32,
    governor: Governor,
    clock: DefaultClock,
    since_cleared: AtomicU32,
}

/// What is left of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    name: &'static str,
    per_minute: u32,
    /// Requests that are left.
    pub remaining: u32,
    /// Seconds until the quota is whole again.
    pub reset: u32,
}

impl Standing {
    /// The headers of an answer.
    pub fn headers(&self) -> [(HeaderName, HeaderValue); 2] {
        let policy = format!("\"{}\";q={};w=60", self.name, self.per_minute);
        let standing = format!("\"{}\";r={};t={}", self.name, self.remaining, self.reset);
        // Letters, digits and quotes always make a header value.
        let value = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
        [
            (HeaderName::from_static("ratelimit-policy"), value(policy)),
            (HeaderName::from_static("ratelimit"), value(standing)),
        ]
    }
}

impl Limiter {
    /// So many requests a minute, all at once if need be; 0 for no limit.
    pub fn per_minute(name: &'static str, requests: u32) -> Self {
        let limit = NonZeroU32::new(requests).map(|n| Limit {
            per_minute: requests,
            governor: RateLimiter::keyed(Quota::per_minute(n)).with_middleware(),
            clock: DefaultClock::default(),
            since_cleared: AtomicU32::new(0),
        });
        Self { name, limit }
    }

    /// Counts a request; none when there is no limit.
    ///
    /// # Errors
    /// 429 with the headers when the quota is used up.
    pub fn check(&self, address: IpAddr) -> Result<Option<Standing>, Problem> {
        let Some(limit) = &self.limit else { return Ok(None) };
        if limit.since_cleared.fetch_add(1, Ordering::Relaxed) >= CLEARED_EVERY {
            limit.since_cleared.store(0, Ordering::Relaxed);
            limit.governor.retain_recent();
        }
        let standing = |remaining: u32| {
            let used = u64::from(limit.per_minute.saturating_sub(remaining));
            let reset = (used * 60).div_ceil(u64::from(limit.per_minute));
            Standing {
                name: self.name,
                per_minute: limit.per_minute,
                remaining,
                reset: u32::try_from(reset).unwrap_or(60),
            }
        };
        match limit.governor.check_key(&counted(address)) {
            Ok(snapshot) => Ok(Some(standing(snapshot.remaining_burst_capacity()))),
            Err(until) => {
                let wait = until.wait_time_from(limit.clock.now());
                let seconds = whole_seconds(wait);
                metrics::counter!("http_requests_shed_total", "reason" => "rate").increment(1);
                let problem = Problem::new(ErrorCode::RateLimited).with_retry_after(seconds);
                Err(standing(0)
                    .headers()
                    .into_iter()
                    .fold(problem, |p, (name, value)| p.with_header(name, value)))
            }
        }
    }
}

fn whole_seconds(wait: Duration) -> u32 {
    let more = u64::from(wait.subsec_nanos() > 0);
    u32::try_from(wait.as_secs().saturating_add(more)).unwrap_or(u32::MAX)
}

/// Tells whether the value of an `Authorization` header belongs to someone signed in.
pub type SignedIn = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The middleware: counts every request that is not signed in, an invalid token included.
///
/// Stands inside [`Edge`](crate::http::middleware::Edge), which knows the client's address.
#[derive(Clone)]
pub struct PublicLimit {
    limiter: Arc<Limiter>,
    signed_in: SignedIn,
}

impl PublicLimit {
    /// With one limiter for all workers.
    pub fn new(limiter: Arc<Limiter>, signed_in: SignedIn) -> Self {
        Self { limiter, signed_in }
    }

    fn check(&self, request: &ServiceRequest) -> Result<Option<Standing>, Problem> {
        if self.limiter.limit.is_none() || PROBES.contains(&request.path()) {
            return Ok(None);
        }
        let authorization = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        // Just having the header frees nobody: a public operation would never look at it.
        if authorization.is_some_and(|value| (self.signed_in)(value)) {
            return Ok(None);
        }
        let address = request.extensions().get::<RequestContext>().map(RequestContext::client);
        address.or_else(|| request.peer_addr().map(|a| a.ip())).map_or(Ok(None), |a| self.limiter.check(a))
    }
}

impl<S, B> Transform<S, ServiceRequest> for PublicLimit
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type InitError = ();
    type Transform = PublicLimitService<S>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(PublicLimitService { service: Rc::new(service), limit: self.clone() }))
    }
}

/// [`PublicLimit`] at work.
pub struct PublicLimitService<S> {
    service: Rc<S>,
    limit: PublicLimit,
}

impl<S, B> Service<ServiceRequest> for PublicLimitService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let checked = self.limit.check(&request);
        let service = Rc::clone(&self.service);
        Box::pin(async move {
            let standing = match checked {
                Ok(standing) => standing,
                Err(problem) => return Ok(request.error_response(problem).map_into_right_body()),
            };
            let mut response = service.call(request).await?.map_into_left_body();
            for (name, value) in standing.iter().flat_map(Standing::headers) {
                response.headers_mut().insert(name, value);
            }
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_quota_and_no_more() {
        let limiter = Limiter::per_minute("public", 3);
        let left: Vec<u32> =
            (0..3).map(|_| limiter.check(ip("192.0.2.1")).unwrap().unwrap().remaining).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = limiter.check(ip("192.0.2.1")).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::RateLimited);
        let headers = refused.headers();
        let header =
            |name: &str| headers.iter().find(|(n, _)| n == name).unwrap().1.to_str().unwrap().to_owned();
        assert_eq!(header("ratelimit-policy"), "\"public\";q=3;w=60");
        assert_eq!(header("ratelimit"), "\"public\";r=0;t=60");
        assert!((1..=20).contains(&header("retry-after").parse::<u32>().unwrap()));
        assert!(limiter.check(ip("192.0.2.2")).is_ok());
    }

    #[test]
    fn one_owner_of_ipv6_addresses_is_one_address() {
        let limiter = Limiter::per_minute("public", 1);
        assert!(limiter.check(ip("2001:db8:1:2::1")).is_ok());
        assert!(limiter.check(ip("2001:db8:1:2::2")).is_err());
        assert!(limiter.check(ip("2001:db8:1:3::1")).is_ok());
    }

    #[test]
    fn zero_is_no_limit() {
        let limiter = Limiter::per_minute("public", 0);
        assert!((0..10_000).all(|_| limiter.check(ip("192.0.2.1")).is_ok_and(|s| s.is_none())));
    }

    #[test]
    fn addresses_with_a_whole_quota_are_forgotten() {
        let limiter = Limiter::per_minute("public", 1_000_000);
        for n in 0..(CLEARED_EVERY * 3) {
            limiter.check(IpAddr::V4(n.into())).unwrap();
        }
        std::thread::sleep(Duration::from_millis(1));
        let governor = &limiter.limit.as_ref().unwrap().governor;
        governor.retain_recent();
        assert_eq!(governor.len(), 0);
    }

    #[test]
    fn waits_are_rounded_up() {
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
    }

    #[actix_web::test]
    async fn only_who_is_signed_in_is_not_counted() {
        let limit = PublicLimit::new(
            Arc::new(Limiter::per_minute("public", 2)),
            Arc::new(|value| value == "Bearer good"),
        );
        let route = || web::get().to(|| async { HttpResponse::Ok().finish() });
        let app = App::new().wrap(limit).route("/x", route()).route("/healthz", route());
        let app = init_service(app).await;
        let ask = async |path: &str, token: Option<&str>| {
            let mut request = TestRequest::get().uri(path).peer_addr("192.0.2.1:9".parse().unwrap());
            if let Some(token) = token {
                request = request.insert_header((header::AUTHORIZATION, token));
            }
            let response = call_service(&app, request.to_request()).await;
            (response.status(), response.headers().contains_key("ratelimit"))
        };
        assert_eq!(ask("/x", None).await, (StatusCode::OK, true));
        assert_eq!(ask("/x", Some("Bearer bad")).await, (StatusCode::OK, true));
        assert_eq!(ask("/x", None).await, (StatusCode::TOO_MANY_REQUESTS, true));
        assert_eq!(ask("/x", Some("Bearer bad")).await, (StatusCode::TOO_MANY_REQUESTS, true));
        assert_eq!(ask("/x", Some("Bearer good")).await, (StatusCode::OK, false));
        assert_eq!(ask("/healthz", None).await, (StatusCode::OK, false));
        let other = TestRequest::get().uri("/x").peer_addr("192.0.2.2:9".parse().unwrap()).to_request();
        assert_eq!(call_service(&app, other).await.status(), StatusCode::OK);
    }
}
