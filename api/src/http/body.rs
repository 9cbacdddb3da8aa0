//! JSON bodies: read within limits, then checked in the order of the conventions.
//!
//! Owns the steps from bytes to a value that has passed its own rules. Reading and parsing are
//! apart on purpose: a handler takes a [`RawBody`], asks whether the caller may do the thing at
//! all, and only then parses, so that 401, 403 and 404 come before 400, 413, 415 and 422. Reading
//! therefore never refuses; what it found comes out of [`RawBody::parse`].

mod objects;
mod strict;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use validator::Validate;

use crate::http::language::Text;
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::violations::{Finding, from_serde, from_validator};

/// What a client may send, as application data (`App::app_data`).
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// Largest JSON body in bytes.
    pub json: usize,
    /// Longest time for all of it.
    pub timeout: Duration,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { json: 256 * 1024, timeout: Duration::from_secs(10) }
    }
}

/// Nothing: `{}`, or no body at all
#[derive(Debug, Clone, Copy, serde::Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmptyBody {}

/// Bytes of an oversized body that are still taken in and thrown away, so that a client that
/// sends before it listens gets its answer instead of a broken connection.
const DRAINED: usize = 1024 * 1024;
/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// The body of a request as bytes, or the reason why there are none.
#[derive(Debug, Clone)]
pub struct RawBody {
    bytes: Bytes,
    content_type: Result<(), ErrorCode>,
    typed: bool,
    refused: Option<ErrorCode>,
}

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limits = request.app_data::<BodyLimits>().copied().unwrap_or_default();
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { Ok(Self::read(request.headers(), payload, limits).await) })
    }
}

impl RawBody {
    /// Reads a body within limits of its own, where the extractor's do not fit.
    pub async fn read(headers: &HeaderMap, mut payload: Payload, limits: BodyLimits) -> Self {
        let mut body = Self {
            bytes: Bytes::new(),
            content_type: content_type(headers),
            typed: headers.contains_key(header::CONTENT_TYPE),
            refused: None,
        };
        let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
        // What will be refused for its type is not collected either.
        let refusal = match length {
            Some(n) if n > limits.json => Some(ErrorCode::PayloadTooLarge),
            _ => None,
        };
        let read = async {
            match refusal {
                Some(code) => Err(code),
                None => collect(&mut payload, limits.json, length.unwrap_or(0)).await,
            }
        };
        match tokio::time::timeout(limits.timeout, read).await {
            Ok(Ok(bytes)) => body.bytes = bytes,
            Ok(Err(code)) => {
                body.refused = Some(code);
                if code == ErrorCode::PayloadTooLarge {
                    drain_for_a_while(&mut payload).await;
                }
            }
            Err(_) => body.refused = Some(ErrorCode::RequestTimeout),
        }
        body
    }

    /// The bytes, whatever their type; for bodies that are no JSON.
    ///
    /// # Errors
    /// 413, 408, or 400 when the client broke off.
    pub fn bytes(&self) -> Result<&Bytes, Problem> {
        match self.refused {
            Some(code) => Err(Problem::new(code)),
            None => Ok(&self.bytes),
        }
    }

    /// The value in the body, checked by its own rules.
    ///
    /// # Errors
    /// 415, 413, 408; 400 for what is no JSON, no UTF-8, too deep, or has an unknown or repeated
    /// field; 422 for what is JSON but not acceptable.
    pub fn parse<T: DeserializeOwned + Validate>(&self) -> Result<T, Problem> {
        self.content_type.map_err(Problem::new)?;
        parse_slice(self.bytes()?)
    }

    /// As [`parse`](Self::parse), but no body at all counts as `{}`: for actions.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_or_default<T: DeserializeOwned + Validate>(&self) -> Result<T, Problem> {
        if self.bytes()?.is_empty() {
            // Whoever names a type must name a right one, even for nothing.
            if self.typed {
                self.content_type.map_err(Problem::new)?;
            }
            return parse_slice(b"{}");
        }
        self.parse()
    }

    /// SHA-256 of the bytes: what a repeated `Idempotency-Key` is compared by.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }
}

async fn collect(payload: &mut Payload, limit: usize, expected: usize) -> Result<Bytes, ErrorCode> {
    let mut all = BytesMut::with_capacity(expected.min(limit));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ErrorCode::BadRequest)?;
        if all.len().saturating_add(chunk.len()) > limit {
            return Err(ErrorCode::PayloadTooLarge);
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}

/// Takes the rest of a refused body in for a while and throws it away.
pub async fn drain_for_a_while(payload: &mut Payload) {
    let _ = tokio::time::timeout(DRAIN_TIME, drain(payload)).await;
}

/// Whether a body comes compressed, which no operation takes.
pub fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_ENCODING).is_some_and(|v| !v.as_bytes().eq_ignore_ascii_case(b"identity"))
}

async fn drain(payload: &mut Payload) {
    let mut taken = 0_usize;
    while let Some(Ok(chunk)) = payload.next().await {
        taken = taken.saturating_add(chunk.len());
        if taken > DRAINED {
            break;
        }
    }
}

/// `application/json`, at most with `charset=utf-8`, and not compressed.
fn content_type(headers: &HeaderMap) -> Result<(), ErrorCode> {
    let refused = Err(ErrorCode::UnsupportedMediaType);
    if is_encoded(headers) {
        return refused;
    }
    let Some(text) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return refused;
    };
    let mut parts = text.split(';').map(str::trim);
    if !parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
        return refused;
    }
    let utf8 = parts.filter(|part| !part.is_empty()).all(|part| match part.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if utf8 { Ok(()) } else { refused }
}

/// The value in these bytes, checked by its own rules.
///
/// # Errors
/// As [`RawBody::parse`], as far as the bytes are concerned.
pub fn parse_slice<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::new(ErrorCode::InvalidUtf8))?;
    if text.trim_ascii().is_empty() {
        let detail = Text::new("Nội dung trống", "The body is empty");
        return Err(Problem::new(ErrorCode::MalformedJson).with_detail(detail));
    }
    strict::check(text)?;
    let mut source = serde_json::Deserializer::from_str(text);
    let value: T = serde_path_to_error::deserialize(objects::Objects(&mut source))
        .map_err(|error| refusal(from_serde(error.path(), &error.inner().to_string())))?;
    value.validate().map_err(|errors| Problem::validation(from_validator(&errors)))?;
    Ok(value)
}

fn refusal(finding: Finding) -> Problem {
    match finding {
        Finding::Unknown(field) => one(ErrorCode::UnknownField, field),
        Finding::Wrong(field) if field.code == "duplicate_key" => one(ErrorCode::MalformedJson, field),
        Finding::Wrong(field) => one(ErrorCode::ValidationFailed, field),
    }
}

fn one(code: ErrorCode, field: FieldProblem) -> Problem {
    Problem::new(code).with_errors(vec![field])
}

#[cfg(test)]
mod tests;
