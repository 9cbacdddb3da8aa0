use super::*;
use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use validator::Validate;

domain::codes! {
    /// For the tests.
    pub enum Color {
        /// .
        Red => "red", "đỏ", "red",
        /// .
        Blue => "blue", "xanh", "blue",
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    One,
    Two,
    Three,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Sample {
    #[validate(range(min = 1, max = 10))]
    count: i64,
    #[validate(length(min = 1, max = 3))]
    name: String,
    on: Option<NaiveDate>,
    at: Option<DateTime<FixedOffset>>,
    id: Option<uuid::Uuid>,
    color: Option<Color>,
    kind: Option<Kind>,
    small: Option<u8>,
    #[serde(default)]
    #[validate(nested)]
    parts: Vec<Part>,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "ordered", skip_on_field_errors = false))]
struct Part {
    #[validate(range(min = 0))]
    from: i64,
    to: i64,
    #[serde(default, rename = "type")]
    #[validate(length(max = 2))]
    r#type: String,
}

fn ordered(part: &Part) -> Result<(), ValidationError> {
    if part.from <= part.to {
        Ok(())
    } else {
        Err(ValidationError::new("order").with_message("Từ phải trước đến|From must precede to".into()))
    }
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, Finding> {
    let mut source = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut source).map_err(|e| from_serde(e.path(), &e.inner().to_string()))
}

fn wrong(json: &str) -> FieldProblem {
    match read::<Sample>(json) {
        Err(Finding::Wrong(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_serde_finds_has_a_pointer_and_a_code() {
    for (json, pointer, code) in [
        (r#"{"name":"a"}"#, "/count", "required"),
        (r#"{"count":"1","name":"a"}"#, "/count", "type"),
        (r#"{"count":1.5,"name":"a"}"#, "/count", "type"),
        (r#"{"count":1,"name":null}"#, "/name", "type"),
        (r#"{"count":1,"name":"a","small":300}"#, "/small", "range"),
        (r#"{"count":1,"name":"a","on":"2023-02-30"}"#, "/on", "invalid_date"),
        (r#"{"count":1,"name":"a","on":"yesterday"}"#, "/on", "invalid_date"),
        (r#"{"count":1,"name":"a","on":""}"#, "/on", "invalid_date"),
        (r#"{"count":1,"name":"a","on":"2023-02-01x"}"#, "/on", "invalid_date"),
        (r#"{"count":1,"name":"a","on":20230201}"#, "/on", "type"),
        (r#"{"count":1,"name":"a","at":"2023-02-01T10:00:00"}"#, "/at", "invalid_date"),
        (r#"{"count":1,"name":"a","id":"x"}"#, "/id", "invalid_id"),
        (r#"{"count":1,"name":"a","color":"green"}"#, "/color", "unknown_code"),
        (r#"{"count":1,"name":"a","color":7}"#, "/color", "type"),
        (r#"{"count":1,"name":"a","kind":"four"}"#, "/kind", "unknown_code"),
        (r#"{"count":1,"name":"a","parts":{}}"#, "/parts", "type"),
        (r#"{"count":1,"name":"a","parts":[{"from":1,"to":2},{"from":1}]}"#, "/parts/1/to", "required"),
        (r#"{"count":1,"count":2,"name":"a"}"#, "/count", "duplicate_key"),
        ("[]", "", "length"),
        ("null", "", "type"),
        ("1", "", "type"),
    ] {
        let problem = wrong(json);
        assert_eq!((problem.pointer.as_str(), problem.code.as_ref()), (pointer, code), "{json}");
    }
}

#[test]
fn an_unknown_field_is_named_with_its_place() {
    for (json, pointer) in [
        (r#"{"count":1,"name":"a","x":1}"#, "/x"),
        (r#"{"count":1,"name":"a","a/b~c":1}"#, "/a~1b~0c"),
        (r#"{"count":1,"name":"a","parts":[{"from":1,"to":2,"till":3}]}"#, "/parts/0/till"),
        (r#"{"count":1,"name":"a","y`, expected `z":1}"#, "/y`, expected `z"),
    ] {
        match read::<Sample>(json) {
            Err(Finding::Unknown(problem)) => assert_eq!(problem.pointer, pointer),
            other => panic!("{json}: {other:?}"),
        }
    }
    assert_eq!(clipped(&format!("a\u{7}{}", "b".repeat(100))).len(), 64);
}

#[test]
fn an_unknown_code_lists_those_allowed_and_not_what_was_sent() {
    for (field, allowed) in [("color", "red, blue"), ("kind", "one, two, three")] {
        for sent in ["0521", "x`, expected `evil`", "x`, expected one of `evil`, `evil`"] {
            let json = serde_json::json!({ "count": 1, "name": "a", field: sent }).to_string();
            let problem = wrong(&json);
            assert_eq!(problem.message.en, format!("Unknown code; one of: {allowed}"));
        }
    }
}

#[test]
fn no_sentence_repeats_a_value() {
    for json in [
        r#"{"count":"secret","name":"a"}"#,
        r#"{"count":1,"name":"a","on":"secret"}"#,
        r#"{"count":1,"name":"a","id":"secret"}"#,
        r#"{"count":1,"name":"a","color":"secret"}"#,
        r#"{"count":1,"name":"a","at":["secret, expected i64"]}"#,
    ] {
        let problem = wrong(json);
        assert!(!format!("{problem:?}").contains("secret"), "{problem:?}");
    }
    let sample: Sample = read(r#"{"count":1,"name":"secret"}"#).unwrap();
    let found = from_validator(&sample.validate().unwrap_err());
    assert!(!format!("{found:?}").contains("secret"), "{found:?}");
}

#[test]
fn the_validator_reports_all_violations_with_pointers() {
    let sample: Sample =
        read(r#"{"count":11,"name":"","parts":[{"from":1,"to":2},{"from":-1,"to":-2,"type":"long"}]}"#)
            .unwrap();
    let found = from_validator(&sample.validate().unwrap_err());
    let shown: Vec<_> =
        found.iter().map(|p| (p.pointer.as_str(), p.code.as_ref(), p.message.en.as_ref())).collect();
    assert_eq!(
        shown,
        [
            ("/count", "range", "The value must be 1 to 10"),
            ("/name", "length", "The length must be 1 to 3"),
            ("/parts/1", "order", "From must precede to"),
            ("/parts/1/from", "range", "The value must be at least 0"),
            ("/parts/1/type", "length", "The length must be at most 2"),
        ]
    );
}
