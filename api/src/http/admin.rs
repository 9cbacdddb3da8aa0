//! The admin listener and the answers of health.
//!
//! Owns an actix server of its own on an address that is not public: metrics, and health with
//! details. The public listener shows the same health without them.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};

use crate::config::Listen;
use crate::health::{Health, Readiness};
use crate::telemetry::Metrics;

/// The media type of health answers.
const HEALTH_JSON: &str = "application/health+json";

/// The answer while the process lives: always 200.
pub fn live() -> HttpResponse {
    answer(HttpResponse::Ok(), &json!({ "status": "pass" }))
}

/// Whether traffic may come: 200 or 503; the reasons only where asked for.
pub async fn ready(health: &Health, detailed: bool) -> HttpResponse {
    let readiness = health.ready().await;
    let mut builder =
        if readiness.is_ready() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    if !readiness.is_ready() {
        builder.insert_header((header::RETRY_AFTER, "1"));
    }
    answer(builder, &body(&readiness, detailed))
}

fn body(readiness: &Readiness, detailed: bool) -> Value {
    if detailed { json!(readiness) } else { json!({ "status": readiness.status }) }
}

fn answer(mut builder: actix_web::HttpResponseBuilder, body: &Value) -> HttpResponse {
    builder
        .content_type(HEALTH_JSON)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body.to_string())
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/metrics", web::get().to(metrics))
        .route("/healthz", web::get().to(async || live()))
        .route("/readyz", web::get().to(detailed));
}

async fn metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics.render())
}

async fn detailed(health: web::Data<Health>) -> HttpResponse {
    ready(&health, true).await
}

/// Binds the admin listener and gives its address and server, to be spawned; none when it is off.
///
/// # Errors
/// When the address cannot be bound.
pub fn listen(
    listen: Listen,
    metrics: Metrics,
    health: Arc<Health>,
) -> std::io::Result<Option<(Vec<SocketAddr>, Server)>> {
    let Listen::At(address) = listen else { return Ok(None) };
    let (metrics, health) = (web::Data::new(metrics), web::Data::from(health));
    let server = HttpServer::new(move || {
        App::new().app_data(metrics.clone()).app_data(health.clone()).configure(routes)
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(1)
    .bind(address)?;
    let addresses = server.addrs();
    Ok(Some((addresses, server.run())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Check;
    use actix_web::body::to_bytes;
    use actix_web::test::{TestRequest, call_service, init_service};

    fn health() -> Arc<Health> {
        Arc::new(Health::new(Arc::new(|| vec![Check::fail("database", "no connection to db1")])))
    }

    async fn text(response: HttpResponse) -> String {
        String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap()
    }

    #[actix_web::test]
    async fn details_are_for_the_operator() {
        assert_eq!(live().status(), 200);
        let public = ready(&health(), false).await;
        assert_eq!((public.status().as_u16(), public.headers().get("retry-after").is_some()), (503, true));
        assert_eq!(text(public).await, r#"{"status":"fail"}"#);
        let inside = text(ready(&health(), true).await).await;
        assert_eq!(
            inside,
            r#"{"status":"fail","checks":[{"name":"database","status":"fail","detail":"no connection to db1"}]}"#
        );
    }

    #[actix_web::test]
    async fn the_listener_shows_metrics_and_health() {
        let app = App::new()
            .app_data(web::Data::new(Metrics::install().unwrap()))
            .app_data(web::Data::from(health()))
            .configure(routes);
        let app = init_service(app).await;
        for (path, status, part) in
            [("/metrics", 200, "build_info"), ("/healthz", 200, "pass"), ("/readyz", 503, "db1")]
        {
            let response = call_service(&app, TestRequest::get().uri(path).to_request()).await;
            assert_eq!(response.status().as_u16(), status, "{path}");
            let body = to_bytes(response.into_body()).await.unwrap();
            assert!(String::from_utf8_lossy(&body).contains(part), "{path}");
        }
    }

    #[actix_web::test]
    async fn it_binds_a_free_port_or_nothing() {
        let metrics = Metrics::install().unwrap();
        assert!(listen(Listen::Off, metrics.clone(), health()).unwrap().is_none());
        let at = Listen::At("127.0.0.1:0".parse().unwrap());
        let (addresses, server) = listen(at, metrics, health()).unwrap().unwrap();
        assert_ne!(addresses[0].port(), 0);
        let handle = server.handle();
        let running = actix_web::rt::spawn(server);
        handle.stop(false).await;
        running.await.unwrap().unwrap();
    }
}
