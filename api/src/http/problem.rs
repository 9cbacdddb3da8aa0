//! Every refusal as `application/problem+json` (RFC 9457), in the reader's language.
//!
//! Owns the shape and the rendering; the codes stand in [`table`]. A problem never repeats what
//! the caller sent, except names of fields and parameters: values may be personal. What helps the
//! operator (the cause) goes to the log with the identifier of the request, never into the answer.

pub mod table;

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use table::ErrorCode;

use crate::http::language::{Language, Text};
use crate::passwords::PasswordError;
use crate::tokens::AuthError;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// JSON pointer into the body, or the bare name of a query parameter.
    pub pointer: String,
    /// Stable code such as `required`.
    pub code: Cow<'static, str>,
    /// The sentence for people.
    pub message: Text,
}

impl FieldProblem {
    /// One violation.
    pub fn new(pointer: impl Into<String>, code: impl Into<Cow<'static, str>>, message: Text) -> Self {
        Self { pointer: pointer.into(), code: code.into(), message }
    }
}

/// A refusal on its way to the caller.
#[derive(Clone)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    code: ErrorCode,
    detail: Option<Text>,
    errors: Vec<FieldProblem>,
    allowed: Option<Vec<String>>,
    retry_after: Option<u32>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<String>,
    rendering: Option<Rendering>,
}

/// What of the request a rendered problem shows.
#[derive(Debug, Clone, Default)]
pub struct Rendering {
    /// The language of the texts.
    pub language: Language,
    /// The identifier of the request.
    pub request_id: String,
    /// The trace the request belongs to.
    pub trace_id: String,
}

impl Problem {
    /// A problem of this code, with nothing more to say.
    pub fn new(code: ErrorCode) -> Self {
        Self(Box::new(Parts {
            code,
            detail: None,
            errors: Vec::new(),
            allowed: None,
            retry_after: code.default_retry_after(),
            headers: Vec::new(),
            cause: None,
            rendering: None,
        }))
    }

    /// A fault of the server. The cause is logged, not answered; it must hold nothing personal.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(ErrorCode::Internal).caused_by(cause)
    }

    /// Fields that are not acceptable (422).
    pub fn validation(errors: Vec<FieldProblem>) -> Self {
        Self::new(ErrorCode::ValidationFailed).with_errors(errors)
    }

    /// One field that is not acceptable (422).
    pub fn invalid(pointer: impl Into<String>, code: &'static str, message: Text) -> Self {
        Self::validation(vec![FieldProblem::new(pointer, code, message)])
    }

    /// A sentence on this occurrence.
    #[must_use]
    pub fn with_detail(mut self, detail: Text) -> Self {
        self.0.detail = Some(detail);
        self
    }

    /// The fields that are wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldProblem>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The steps that the current status does allow.
    #[must_use]
    pub fn with_allowed(mut self, allowed: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.0.allowed = Some(allowed.into_iter().map(Into::into).collect());
        self
    }

    /// The seconds after which to come back.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds.max(1));
        self
    }

    /// A further header of the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// What the log says beside the request; it must hold nothing personal.
    #[must_use]
    pub fn caused_by(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// The problem as it is answered where no request is at hand to render it by.
    #[must_use]
    pub fn rendered_for(mut self, rendering: Rendering) -> Self {
        self.0.rendering = Some(rendering);
        self
    }

    /// The code.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The fields that are wrong.
    pub fn errors(&self) -> &[FieldProblem] {
        &self.0.errors
    }

    /// What the log says.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The headers that belong to this problem.
    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let parts = &*self.0;
        let mut headers = parts.headers.clone();
        if let Some(seconds) = parts.retry_after {
            headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if parts.code.status() == StatusCode::UNAUTHORIZED {
            // RFC 6750: `error` only where a token was presented.
            let challenge = match parts.code {
                ErrorCode::TokenExpired | ErrorCode::TokenInvalid => r#"Bearer error="invalid_token""#,
                _ => "Bearer",
            };
            headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge)));
        }
        headers
    }

    /// The body in one language.
    pub fn body(&self, rendering: &Rendering) -> ProblemBody {
        let (parts, language) = (&*self.0, rendering.language);
        let title = match language {
            Language::Vi => parts.code.title_vi(),
            Language::En => parts.code.title_en(),
        };
        let request = &rendering.request_id;
        ProblemBody {
            kind: format!("/docs/errors#{}", parts.code.code()),
            title: title.to_owned(),
            status: parts.code.status().as_u16(),
            detail: parts.detail.as_ref().map(|text| text.get(language).to_owned()),
            instance: (!request.is_empty()).then(|| format!("urn:request:{request}")),
            code: parts.code.code().to_owned(),
            trace_id: (!rendering.trace_id.is_empty()).then(|| rendering.trace_id.clone()),
            errors: parts.errors.iter().map(|error| error.body(language)).collect(),
            allowed: parts.allowed.clone(),
        }
    }

    /// The body as bytes.
    pub fn bytes(&self, rendering: &Rendering) -> Vec<u8> {
        // Strings and numbers always serialise; an empty body would still carry the status.
        serde_json::to_vec(&self.body(rendering)).unwrap_or_default()
    }
}

impl FieldProblem {
    fn body(&self, language: Language) -> FieldProblemBody {
        FieldProblemBody {
            pointer: self.pointer.clone(),
            code: self.code.to_string(),
            message: self.message.get(language).to_owned(),
        }
    }
}

impl From<ErrorCode> for Problem {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        Self::new(match error {
            AuthError::Missing => ErrorCode::Unauthenticated,
            AuthError::Expired => ErrorCode::TokenExpired,
            _ => ErrorCode::TokenInvalid,
        })
        .caused_by(error)
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Overloaded => Self::new(ErrorCode::Overloaded),
            PasswordError::TooShort | PasswordError::TooLong => Self::invalid(
                "/password",
                "length",
                Text::new(
                    "Mật khẩu phải có từ 12 đến 128 ký tự",
                    "The password must have 12 to 128 characters",
                ),
            ),
            other => Self::internal(other),
        }
    }
}

impl From<actix_web::error::BlockingError> for Problem {
    fn from(error: actix_web::error::BlockingError) -> Self {
        Self::new(ErrorCode::ShuttingDown).caused_by(error)
    }
}

impl From<&actix_web::Error> for Problem {
    /// A problem stays what it is; an error of the framework becomes one by its status.
    fn from(error: &actix_web::Error) -> Self {
        if let Some(problem) = error.as_error::<Self>() {
            return problem.clone();
        }
        if error.as_error::<actix_web::error::PathError>().is_some() {
            // An identifier that cannot be one names nothing.
            return Self::new(ErrorCode::NotFound);
        }
        if error.as_error::<actix_web::error::QueryPayloadError>().is_some() {
            return Self::new(ErrorCode::InvalidQueryParameter);
        }
        let code = ErrorCode::from_status(error.as_response_error().status_code());
        let problem = Self::new(code);
        // Texts of client errors may quote the request; those of server errors are ours.
        if code.status().is_server_error() { problem.caused_by(error) } else { problem }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.code())
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    /// The answer as far as it can be told without the request: without a body, which the middleware
    /// renders, unless what it would render by is kept.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.content_type(PROBLEM_JSON);
        for header in self.headers() {
            response.append_header(header);
        }
        match &self.0.rendering {
            Some(rendering) => response.body(self.bytes(rendering)),
            None => response.finish(),
        }
    }
}

/// Why a request was refused (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(title = "Problem", example = json!({
    "type": "/docs/errors#validation_failed", "title": "Dữ liệu không hợp lệ", "status": 422,
    "instance": "urn:request:018bd0a2-3f00-7000-8000-000000000001", "code": "validation_failed",
    "trace_id": "018bd0a23f0070008000000000000001",
    "errors": [{ "pointer": "/limit/value", "code": "range", "message": "Giá trị phải từ 1 trở lên" }]
}))]
pub struct ProblemBody {
    /// Reference to the description of the code.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    pub kind: String,
    /// What the code means, in the language of the answer.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// More on this occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<String>,
    /// Names this occurrence by the identifier of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    pub instance: Option<String>,
    /// Stable code: what programs decide by.
    pub code: String,
    /// The trace that the request belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub trace_id: Option<String>,
    /// Every field that is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblemBody>,
    /// The steps that the current status does allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub allowed: Option<Vec<String>>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblemBody {
    /// JSON pointer into the body, or the bare name of a query parameter.
    pub pointer: String,
    /// Stable code such as `required`.
    pub code: String,
    /// The sentence for people, in the language of the answer.
    pub message: String,
}

#[cfg(test)]
#[path = "problem/tests.rs"]
mod tests;
