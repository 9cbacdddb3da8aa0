use super::*;
use actix_web::body::to_bytes;
use actix_web::dev::Payload;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, FromRequest, HttpRequest, get, post, web};
use serde_json::{Value, json};

use crate::http::problem::ErrorCode;

#[get("/things/{id}")]
async fn get_thing(context: RequestContext, id: web::Path<u32>) -> Result<HttpResponse, Problem> {
    match *id {
        1 => Ok(HttpResponse::Ok().json(json!({ "trace": context.trace_id() }))),
        2 => Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "max-age=300")).body("cached")),
        3 => Err(Problem::internal("secret cause")),
        4 => panic!("on purpose"),
        _ => Err(ErrorCode::NotFound.into()),
    }
}

#[post("/things/{id}")]
async fn post_thing() -> Result<HttpResponse, Problem> {
    Err(Problem::new(ErrorCode::Overloaded))
}

#[get("/framework")]
async fn framework_error() -> Result<HttpResponse, Error> {
    Err(actix_web::error::ErrorPayloadTooLarge("0521900"))
}

#[get("/late")]
async fn late_panic() -> HttpResponse {
    actix_web::rt::task::yield_now().await;
    panic!("on purpose")
}

#[get("/docs")]
async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body("<p>")
}

fn settings() -> EdgeSettings {
    let mut routes = Routes::default();
    routes.add("/things/{any}", ["GET", "POST"]);
    EdgeSettings {
        clock: Clock::fixed("2023-11-15T01:00:00Z".parse().unwrap()),
        trusted_proxies: Vec::new(),
        cors_origins: vec!["https://dvc.example.vn".to_owned()],
        log_address: LogAddress::Truncated,
        routes,
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        serde_json::from_str(&self.body).unwrap()
    }
}

async fn ask(request: TestRequest) -> Answer {
    let app = App::new().wrap(Edge::new(settings())).service(get_thing).service(post_thing);
    let app = app.service(framework_error).service(late_panic).service(page);
    let app = init_service(app).await;
    let response = match Service::call(&app, request.to_request()).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        // As the server does with an error that has no request.
        Err(error) => error.error_response(),
    };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.unwrap_or_default();
    Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

#[actix_web::test]
async fn every_answer_has_its_identifier_and_security_headers() {
    for path in ["/things/1", "/things/3", "/things/4", "/things/9", "/none", "/docs"] {
        let answer = ask(get(path).insert_header(("x-request-id", "my-request-1"))).await;
        assert_eq!(answer.header("x-request-id"), Some("my-request-1"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
        assert_eq!(answer.header("server"), None);
    }
    assert_eq!(ask(get("/things/2")).await.header("cache-control"), Some("max-age=300"));
    assert!(ask(get("/docs")).await.header("content-security-policy").unwrap().contains("'self'"));
    let made = ask(get("/things/1").insert_header(("x-request-id", "bad id"))).await;
    assert!(made.header("x-request-id").unwrap().parse::<uuid::Uuid>().is_ok());
}

#[actix_web::test]
async fn refusals_are_problems_in_the_readers_language() {
    let answer = ask(get("/things/9").insert_header(("x-request-id", "my-request-1"))).await;
    let problem = answer.problem();
    assert_eq!(
        (answer.status, problem["code"].as_str(), problem["title"].as_str()),
        (404, Some("not_found"), Some("Không tìm thấy"))
    );
    assert_eq!(problem["instance"], "urn:request:my-request-1");
    assert_eq!(
        (answer.header("content-language"), answer.header("vary")),
        (Some("vi"), Some("Accept-Language"))
    );

    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let english =
        get("/things/9").insert_header(("accept-language", "en")).insert_header(("traceparent", trace));
    let english = ask(english).await;
    let problem = english.problem();
    assert_eq!(
        (english.header("content-language"), problem["title"].as_str()),
        (Some("en"), Some("Not found"))
    );
    assert_eq!(problem["trace_id"], "0af7651916cd43dd8448eb211c80319c");
}

#[actix_web::test]
async fn refusals_of_the_framework_are_problems_too() {
    for (request, status, code) in [
        (get("/none"), 404, "not_found"),
        (get("/things/not-a-number"), 404, "not_found"),
        (get("/things/1/more"), 404, "not_found"),
        (get("/framework"), 413, "payload_too_large"),
        (TestRequest::delete().uri("/things/1"), 405, "method_not_allowed"),
        (TestRequest::default().method(Method::TRACE).uri("/things/1"), 405, "method_not_allowed"),
        (TestRequest::post().uri("/docs"), 405, "method_not_allowed"),
    ] {
        let answer = ask(request).await;
        assert_eq!((answer.status, answer.problem()["code"].as_str()), (status, Some(code)));
        assert!(!answer.body.contains("0521900"));
        if status == 405 {
            assert!(matches!(answer.header("allow"), Some("GET, HEAD, POST, OPTIONS") | None));
        }
    }
}

#[actix_web::test]
async fn a_full_server_says_when_to_come_back() {
    let answer = ask(TestRequest::post().uri("/things/1")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert_eq!(answer.problem()["code"], "overloaded");
}

#[actix_web::test]
async fn a_panic_is_a_500_that_tells_nothing() {
    for path in ["/things/4", "/late", "/things/3"] {
        let answer = ask(get(path).insert_header(("accept-language", "en"))).await;
        assert_eq!((answer.status, answer.problem()["title"].as_str()), (500, Some("Internal error")));
        assert!(!answer.body.contains("purpose") && !answer.body.contains("secret"));
        assert!(
            answer.problem()["instance"].as_str().unwrap().ends_with(answer.header("x-request-id").unwrap())
        );
    }
}

#[actix_web::test]
async fn head_and_options_follow_from_the_routes() {
    let head = ask(TestRequest::default().method(Method::HEAD).uri("/things/1")).await;
    assert_eq!(head.status, 200);
    let options = ask(TestRequest::default().method(Method::OPTIONS).uri("/things/1")).await;
    assert_eq!(
        (options.status, options.header("allow"), options.body.as_str()),
        (204, Some("GET, HEAD, POST, OPTIONS"), "")
    );
    assert_eq!(ask(TestRequest::default().method(Method::OPTIONS).uri("/none")).await.status, 404);
}

#[actix_web::test]
async fn cors_opens_to_the_named_origins_only() {
    let from = |origin: &'static str, request: TestRequest| request.insert_header(("origin", origin));
    let known = ask(from("https://dvc.example.vn", get("/things/1"))).await;
    assert_eq!(known.header("access-control-allow-origin"), Some("https://dvc.example.vn"));
    assert!(known.header("access-control-expose-headers").unwrap().contains("ETag"));
    let lost = ask(from("https://dvc.example.vn", get("/things/4"))).await;
    assert_eq!(lost.header("access-control-allow-origin"), Some("https://dvc.example.vn"));
    for origin in ["https://evil.example", "https://dvc.example.vn.evil.example", "null"] {
        let stranger = ask(from(origin, get("/things/1"))).await;
        assert_eq!(
            (stranger.header("access-control-allow-origin"), stranger.header("vary")),
            (None, Some("Origin"))
        );
    }
    let preflight = |origin| {
        let request = TestRequest::default().method(Method::OPTIONS).uri("/things/1");
        ask(from(origin, request.insert_header(("access-control-request-method", "POST"))))
    };
    let allowed = preflight("https://dvc.example.vn").await;
    assert_eq!((allowed.status, allowed.header("access-control-max-age")), (204, Some("600")));
    assert_eq!(preflight("https://evil.example").await.header("access-control-allow-methods"), None);
}

#[actix_web::test]
async fn the_log_line_has_no_path_and_the_metrics_have_the_route() {
    use std::io::Write;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);
    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let metrics = crate::telemetry::Metrics::install().unwrap();
    let kept = Kept::default();
    let writer = kept.clone();
    let log =
        tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(log);
    ask(get("/things/3?name=0521900").peer_addr("203.0.113.77:5".parse().unwrap())).await;
    drop(guard);
    let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let line: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["http.route"], "/things/{id}");
    assert_eq!(line["http.response.status_code"], 500);
    assert_eq!((&line["code"], &line["error.cause"]), (&json!("internal"), &json!("secret cause")));
    assert_eq!(line["client.address"], "203.0.113.0");
    assert!(!text.contains("0521900") && !text.contains("/things/3"));
    let shown = metrics.render();
    let part = "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"/things/{id}\",http_response_status_code=\"500\"}";
    assert!(shown.contains(part), "{shown}");
}

#[actix_web::test]
async fn a_context_without_the_edge_is_a_fault_not_a_panic() {
    let request: HttpRequest = TestRequest::default().to_http_request();
    let missing = RequestContext::from_request(&request, &mut Payload::None).await;
    assert_eq!(missing.unwrap_err().code(), ErrorCode::Internal);
}
