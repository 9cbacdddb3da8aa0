use super::*;
use actix_web::test::TestRequest;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Default, Deserialize, Validate, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Sample {
    #[validate(range(min = 1))]
    count: Option<i64>,
    #[validate(length(max = 5))]
    name: Option<String>,
    form: Option<Value>,
}

fn refused(json: &[u8]) -> (ErrorCode, Vec<(String, String)>) {
    let problem = parse_slice::<Sample>(json).unwrap_err();
    let fields = problem.errors().iter().map(|e| (e.pointer.clone(), e.code.to_string())).collect();
    (problem.code(), fields)
}

fn at(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

#[test]
fn what_is_no_json_is_400_with_its_place() {
    for bad in [
        "",
        "  \n",
        "{",
        "{\"count\":}",
        "[1,",
        "nul",
        "{\"count\":1}x",
        "{'count':1}",
        "{\"count\":1,}",
        "\u{FEFF}{}",
        "01",
        "1e999",
        "\"\u{1}\"",
        "NaN",
    ] {
        assert_eq!(refused(bad.as_bytes()).0, ErrorCode::MalformedJson, "{bad}");
    }
    let problem = parse_slice::<Sample>(b"{\n  \"name\": \"Lan\" \"x\"}").unwrap_err();
    let shown = format!("{problem:?}");
    assert!(shown.contains("line 2, column 17") && !shown.contains("Lan"), "{shown}");
}

#[test]
fn bytes_that_are_no_text_are_400() {
    assert_eq!(refused(b"{\"name\":\"\xFF\"}").0, ErrorCode::InvalidUtf8);
    for lone in [
        r#"{"name":"\ud800"}"#,
        r#"{"name":"\udc00"}"#,
        r#"{"\ud800":1}"#,
        r#"{"form":{"a":"\ud83d\u0041"}}"#,
    ] {
        assert_eq!(refused(lone.as_bytes()).0, ErrorCode::MalformedJson, "{lone}");
    }
    let pair: Sample = parse_slice(br#"{"name":"\ud83d\ude00"}"#).unwrap();
    assert_eq!(pair.name.as_deref(), Some("\u{1F600}"));
}

#[test]
fn what_is_nested_too_deeply_is_400_and_cheap() {
    let nested = |n: usize| format!("{{\"form\":{}{}}}", "[".repeat(n), "]".repeat(n));
    assert!(parse_slice::<Sample>(nested(63).as_bytes()).is_ok());
    assert_eq!(refused(nested(64).as_bytes()).0, ErrorCode::BodyTooDeep);
    assert_eq!(refused(nested(100_000).as_bytes()).0, ErrorCode::BodyTooDeep);
    assert_eq!(refused("[".repeat(100_000).as_bytes()).0, ErrorCode::BodyTooDeep);
    assert_eq!(refused("{\"a\":".repeat(100_000).as_bytes()).0, ErrorCode::BodyTooDeep);
}

#[test]
fn repeated_keys_are_400_at_any_depth() {
    assert_eq!(
        refused(br#"{"count":1,"count":2}"#),
        (ErrorCode::MalformedJson, at("/count", "duplicate_key"))
    );
    let deep = br#"{"form":{"a":[{"x/y":1,"x/y":2}]}}"#;
    assert_eq!(refused(deep), (ErrorCode::MalformedJson, at("/form/a/0/x~1y", "duplicate_key")));
    assert!(parse_slice::<Sample>(br#"{"form":{"a":{"x":1},"b":{"x":1}}}"#).is_ok());
}

#[test]
fn unknown_fields_are_400_and_bad_values_422() {
    assert_eq!(refused(br#"{"cuont":1}"#), (ErrorCode::UnknownField, at("/cuont", "unknown_field")));
    assert_eq!(refused(br#"{"count":"1"}"#), (ErrorCode::ValidationFailed, at("/count", "type")));
    for other in ["[]", "[1,\"a\",null]", "null", "1", "\"a\""] {
        assert_eq!(refused(other.as_bytes()), (ErrorCode::ValidationFailed, at("", "type")), "{other}");
    }
    let nul = refused(br#"{"form":{"a":["x\u0000"]}}"#);
    assert_eq!(nul, (ErrorCode::ValidationFailed, at("/form/a/0", "invalid_character")));
    let (code, fields) = refused(br#"{"count":0,"name":"too long"}"#);
    assert_eq!(code, ErrorCode::ValidationFailed);
    assert_eq!(fields, [at("/count", "range"), at("/name", "length")].concat());
}

async fn body(headers: &[(&'static str, &'static str)], bytes: &[u8], limit: usize) -> RawBody {
    let request =
        headers.iter().fold(TestRequest::default(), |r, h| r.insert_header(*h)).set_payload(bytes.to_vec());
    let (request, payload) = request.to_http_parts();
    let limits = BodyLimits { json: limit, ..BodyLimits::default() };
    RawBody::read(request.headers(), payload, limits).await
}

#[actix_web::test]
async fn only_plain_json_is_taken() {
    for (value, taken) in [
        ("application/json", true),
        ("application/json; charset=utf-8", true),
        ("Application/JSON;charset=\"UTF-8\"", true),
        ("application/json;", true),
        ("application/json; charset=latin1", false),
        ("text/plain", false),
        ("application/jsonp", false),
        ("", false),
    ] {
        let body = body(&[("content-type", value)], b"{}", 100).await;
        let answer = body.parse::<Sample>().map_err(|p| p.code());
        assert_eq!(
            answer,
            if taken { Ok(Sample::default()) } else { Err(ErrorCode::UnsupportedMediaType) },
            "{value}"
        );
    }
    let json = ("content-type", "application/json");
    let zipped = body(&[json, ("content-encoding", "gzip")], b"{}", 100).await;
    assert_eq!(zipped.parse::<Sample>().unwrap_err().code(), ErrorCode::UnsupportedMediaType);
    assert!(body(&[json, ("content-encoding", "identity")], b"{}", 100).await.parse::<Sample>().is_ok());
    assert_eq!(
        body(&[], b"{}", 100).await.parse::<Sample>().unwrap_err().code(),
        ErrorCode::UnsupportedMediaType
    );
}

#[actix_web::test]
async fn an_empty_body_counts_as_an_empty_object_only_where_asked() {
    let empty = body(&[], b"", 100).await;
    assert_eq!(empty.parse_or_default::<Sample>().unwrap(), Sample::default());
    let json = body(&[("content-type", "application/json")], b"", 100).await;
    assert_eq!(json.parse::<Sample>().unwrap_err().code(), ErrorCode::MalformedJson);
    assert!(json.parse_or_default::<Sample>().is_ok());
    let text = body(&[("content-type", "text/plain")], b"", 100).await;
    assert_eq!(text.parse_or_default::<Sample>().unwrap_err().code(), ErrorCode::UnsupportedMediaType);
    assert_eq!(
        body(&[], b"{}", 100).await.parse_or_default::<Sample>().unwrap_err().code(),
        ErrorCode::UnsupportedMediaType
    );
}

#[actix_web::test]
async fn the_limit_holds_with_and_without_a_length() {
    let json = ("content-type", "application/json");
    let exact = format!("{{\"name\":\"{}\"}}", "a".repeat(5));
    assert!(body(&[json], exact.as_bytes(), exact.len()).await.parse::<Sample>().is_ok());
    let over = body(&[json], exact.as_bytes(), exact.len() - 1).await;
    assert_eq!(over.parse::<Sample>().unwrap_err().code(), ErrorCode::PayloadTooLarge);
    assert_eq!(over.parse_or_default::<Sample>().unwrap_err().code(), ErrorCode::PayloadTooLarge);
    let head = TestRequest::default().insert_header(("content-length", "101")).to_http_request();
    let said =
        RawBody::read(head.headers(), Payload::None, BodyLimits { json: 100, ..BodyLimits::default() }).await;
    assert_eq!(said.bytes().unwrap_err().code(), ErrorCode::PayloadTooLarge);
}

#[actix_web::test]
async fn a_body_that_never_ends_is_408() {
    let payload: Payload = Payload::Stream { payload: Box::pin(futures_util::stream::pending()) };
    let limits = BodyLimits { json: 100, timeout: Duration::from_millis(20) };
    let body = RawBody::read(TestRequest::default().to_http_request().headers(), payload, limits).await;
    assert_eq!(body.bytes().unwrap_err().code(), ErrorCode::RequestTimeout);
}

#[actix_web::test]
async fn equal_bodies_have_equal_digests() {
    let (a, b) = (body(&[], b"{}", 9).await, body(&[], b"{ }", 9).await);
    assert_eq!(a.digest(), body(&[], b"{}", 9).await.digest());
    assert_ne!(a.digest(), b.digest());
}
