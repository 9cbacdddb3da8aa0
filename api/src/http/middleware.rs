//! The edge: what every request passes first and every answer last.
//!
//! Owns identifiers, the log line, request metrics, security headers, CORS, the rendering of
//! problems, and the answer to a panic. It decides nothing about a request's content and must stay
//! cheap: it runs for every request. It is the outermost of our middlewares.

mod answer;
mod routes;

use std::convert::Infallible;
use std::future::{Future, Ready, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpResponse};
use metrics::Gauge;

pub use routes::Routes;

use crate::clock::Clock;
use crate::config::{Config, LogAddress};
use crate::http::context::RequestContext;
use crate::http::export::HeadOnly;
use crate::http::problem::Problem;
use crate::net::Network;

/// What the edge is told at the start.
#[derive(Debug, Clone)]
pub struct EdgeSettings {
    /// The time, for identifiers.
    pub clock: Clock,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Origins that browsers may call from; none closes CORS.
    pub cors_origins: Vec<String>,
    /// How much of a client's address is logged.
    pub log_address: LogAddress,
    /// Which methods each path has, for `Allow`.
    pub routes: Routes,
}

impl EdgeSettings {
    /// As the settings say.
    pub fn new(config: &Config, clock: Clock, routes: Routes) -> Self {
        Self {
            clock,
            trusted_proxies: config.trusted_proxies.clone(),
            cors_origins: config.cors_origins.iter().map(|origin| origin.0.clone()).collect(),
            log_address: config.log_address,
            routes,
        }
    }
}

/// The middleware; clones share their settings.
#[derive(Debug, Clone)]
pub struct Edge(Arc<EdgeSettings>);

impl Edge {
    /// With these settings.
    pub fn new(settings: EdgeSettings) -> Self {
        Self(Arc::new(settings))
    }
}

impl<S, B> Transform<S, ServiceRequest> for Edge
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type InitError = ();
    type Transform = EdgeService<S>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let active = metrics::gauge!("http_server_active_requests");
        ready(Ok(EdgeService { service: Rc::new(service), settings: Arc::clone(&self.0), active }))
    }
}

/// [`Edge`] at work.
pub struct EdgeService<S> {
    service: Rc<S>,
    settings: Arc<EdgeSettings>,
    active: Gauge,
}

impl<S, B> Service<ServiceRequest> for EdgeService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let started = Instant::now();
        let settings = Arc::clone(&self.settings);
        let service = Rc::clone(&self.service);
        let active = Active::start(&self.active);
        Box::pin(async move {
            let _active = active;
            let peer = request.peer_addr().map(|address| address.ip());
            let context =
                RequestContext::read(request.headers(), peer, &settings.clock, &settings.trusted_proxies);
            request.extensions_mut().insert(context.clone());
            let method = request.method().clone();
            if method == Method::HEAD {
                // Whatever can be read can be asked for by HEAD.
                request.head_mut().method = Method::GET;
                request.extensions_mut().insert(HeadOnly);
            }
            let origin = allowed_origin(request.headers(), &settings.cors_origins);
            let edge = answer::Edge {
                settings: &settings,
                context: &context,
                method: &method,
                origin: origin.as_ref(),
            };

            let outcome = if origin.is_some() && is_preflight(&method, request.headers()) {
                Ok(request.into_response(preflight()).map_into_right_body())
            } else {
                match unpanicked(async { service.call(request).await }).await {
                    Some(Ok(response)) if method == Method::HEAD => Ok(headless(edge.answer(response))),
                    Some(Ok(response)) => Ok(edge.answer(response)),
                    Some(Err(error)) => Err(Problem::from(&error)),
                    None => Err(Problem::internal("a handler panicked")),
                }
            };
            let elapsed = started.elapsed();
            match outcome {
                Ok(mut response) => {
                    edge.common_headers(response.headers_mut());
                    edge.record(&response, elapsed);
                    Ok(response)
                }
                // No request is left to answer by: the problem renders itself from what is kept.
                Err(problem) => {
                    edge.record_lost(&problem, elapsed);
                    let mut headers = HeaderMap::new();
                    edge.common_headers(&mut headers);
                    let problem = problem.rendered_for(context.rendering());
                    let add = |problem: Problem, (name, value): (&header::HeaderName, &HeaderValue)| {
                        problem.with_header(name.clone(), value.clone())
                    };
                    Err(headers.iter().fold(problem, add).into())
                }
            }
        })
    }
}

/// Counts a request as active until it is dropped, whether answered or given up by the client.
struct Active(Gauge);

impl Active {
    fn start(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// The outcome of a future, or none when it panicked. The panic hook has counted and logged it.
async fn unpanicked<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        // Everything a request owns is dropped after a panic; what is shared guards itself.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

/// The origin of a browser's request, if it may read the answer.
fn allowed_origin(headers: &HeaderMap, allowed: &[String]) -> Option<HeaderValue> {
    if allowed.is_empty() {
        return None;
    }
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    allowed.iter().any(|one| one == text).then(|| origin.clone())
}

fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight() -> HttpResponse {
    HttpResponse::build(StatusCode::NO_CONTENT)
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE"))
        .insert_header((
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, Content-Disposition, Accept-Language, If-Match, If-None-Match, If-Range, Range, Idempotency-Key, X-Request-Id, traceparent",
        ))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"))
        .finish()
}

#[cfg(test)]
mod tests;

/// The answer to HEAD: its head, and of its body only the size. The body is not asked for a single piece, so
/// nothing is read that would not be sent.
fn headless<B: MessageBody + 'static>(
    response: ServiceResponse<EitherBody<B>>,
) -> ServiceResponse<EitherBody<B>> {
    response.map_body(|_, body| EitherBody::right(BoxBody::new(Unsent(body.size()))))
}

/// A body of which nothing is sent.
struct Unsent(BodySize);

impl MessageBody for Unsent {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}
