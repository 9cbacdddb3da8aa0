//! Query parameters, strictly: what the operation does not know is refused.
//!
//! Owns the reading of the query string; the meaning of each parameter is the operation's.

use std::collections::HashSet;
use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http::language::Text;
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::violations::{Finding, clipped, from_serde};

/// The query parameters of an operation. `T` must have `#[serde(deny_unknown_fields)]`.
///
/// 400 for a parameter that is unknown, repeated, empty, or has a value that cannot be read.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

/// For operations that take no query parameter at all.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct NoQuery {}

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

/// Reads a query string.
///
/// # Errors
/// 400 as told at [`Query`].
pub fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut seen = HashSet::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let name = clipped(&name);
        let wrong = |code, vi, en| Err(one(ErrorCode::InvalidQueryParameter, &name, code, Text::new(vi, en)));
        if value.is_empty() {
            return wrong("required", "Tham số không có giá trị", "The parameter has no value");
        }
        // The decoder puts U+FFFD where the bytes were no UTF-8.
        if value.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
            return wrong("invalid_character", "Có ký tự không được phép", "A character is not allowed");
        }
        if !seen.insert(name.clone()) {
            return wrong("repeated", "Tham số bị lặp lại", "The parameter is given twice");
        }
    }
    let source = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(source).map_err(|error| {
        match from_serde(error.path(), &error.inner().to_string()) {
            Finding::Unknown(field) => {
                let name = field.pointer.trim_start_matches('/').replace("~1", "/").replace("~0", "~");
                let text = Text::new(
                    format!("Không có tham số `{name}`"),
                    format!("There is no parameter `{name}`"),
                );
                one(ErrorCode::UnknownQueryParameter, &name, "unknown_parameter", text)
            }
            Finding::Wrong(field) => {
                let name = field.pointer.trim_start_matches('/').to_owned();
                one(ErrorCode::InvalidQueryParameter, &name, field.code, field.message)
            }
        }
    })
}

fn one(code: ErrorCode, name: &str, field: impl Into<std::borrow::Cow<'static, str>>, text: Text) -> Problem {
    let detail = Text::new(format!("{name}: {}", text.vi), format!("{name}: {}", text.en));
    Problem::new(code).with_detail(detail).with_errors(vec![FieldProblem::new(name, field, text)])
}

#[cfg(test)]
mod tests {
    use super::*;

    domain::codes! {
        /// For the tests.
        pub enum Color { /// .
            Red => "red", "đỏ", "red", /// .
            Blue => "blue", "xanh", "blue" }
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        limit: Option<u32>,
        on: Option<chrono::NaiveDate>,
        late: Option<bool>,
        color: Option<Color>,
        unit: Option<String>,
    }

    fn refused(query: &str) -> (ErrorCode, String, String) {
        let problem = parse::<Sample>(query).unwrap_err();
        let field = &problem.errors()[0];
        (problem.code(), field.pointer.clone(), field.code.to_string())
    }

    #[test]
    fn known_parameters_are_read() {
        let read: Sample = parse("limit=5&on=2023-11-15&late=true&color=red&unit=H08.15%20a").unwrap();
        assert_eq!(read.limit, Some(5));
        assert_eq!(read.color, Some(Color::Red));
        assert_eq!(read.unit.as_deref(), Some("H08.15 a"));
        assert_eq!(parse::<Sample>("").unwrap().late, None);
        assert!(parse::<NoQuery>("").is_ok());
    }

    #[test]
    fn everything_else_is_refused_and_named() {
        for (query, code, name, field) in [
            ("limitt=5", ErrorCode::UnknownQueryParameter, "limitt", "unknown_parameter"),
            ("a/b=5", ErrorCode::UnknownQueryParameter, "a/b", "unknown_parameter"),
            ("limit=five", ErrorCode::InvalidQueryParameter, "limit", "type"),
            ("limit=-1", ErrorCode::InvalidQueryParameter, "limit", "type"),
            ("limit=", ErrorCode::InvalidQueryParameter, "limit", "required"),
            ("limit", ErrorCode::InvalidQueryParameter, "limit", "required"),
            ("limit=1&limit=2", ErrorCode::InvalidQueryParameter, "limit", "repeated"),
            ("on=2023-02-30", ErrorCode::InvalidQueryParameter, "on", "invalid_date"),
            ("late=yes", ErrorCode::InvalidQueryParameter, "late", "type"),
            ("color=green", ErrorCode::InvalidQueryParameter, "color", "unknown_code"),
            ("unit=%00", ErrorCode::InvalidQueryParameter, "unit", "invalid_character"),
            ("unit=%FF", ErrorCode::InvalidQueryParameter, "unit", "invalid_character"),
        ] {
            assert_eq!(refused(query), (code, name.to_owned(), field.to_owned()), "{query}");
        }
        assert_eq!(parse::<NoQuery>("x=1").unwrap_err().code(), ErrorCode::UnknownQueryParameter);
    }

    #[test]
    fn a_refusal_does_not_repeat_the_value() {
        for query in ["limit=0521900x", "color=0521900", "on=0521900", "late=0521900"] {
            assert!(!format!("{:?}", parse::<Sample>(query).unwrap_err()).contains("0521900"), "{query}");
        }
    }
}
