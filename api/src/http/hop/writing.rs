//! How a write is to be done: in which lane, under which key, for real or not.

use actix_web::HttpRequest;
use persistence::{Foresight, IdempotencyKey};

use crate::http::auth::Signed;
use crate::http::body::RawBody;
use crate::http::problem::{ErrorCode, Problem};

/// What of a request decides how it is written.
#[derive(Debug)]
pub struct Writing {
    /// What is written to: the same always meets the same lane.
    pub lane: String,
    /// The key of a repeated request.
    pub idempotency: Option<IdempotencyKey>,
    /// Whether nothing is to be kept.
    pub dry_run: bool,
    /// What it is going to read, as far as many writes read it.
    pub foresight: Foresight,
}

impl Writing {
    /// Reads `Idempotency-Key` and binds it to caller, route and content.
    ///
    /// # Errors
    /// 400 for a key that is none.
    pub fn of(
        request: &HttpRequest,
        signed: &Signed,
        body: &RawBody,
        lane: &str,
        dry_run: bool,
    ) -> Result<Self, Problem> {
        Self::of_digest(request, signed, &body.digest(), lane, dry_run)
    }

    /// [`Writing::of`] for a body that was streamed: `digest` is the SHA-256 of all of it.
    ///
    /// # Errors
    /// As [`Writing::of`].
    pub fn of_digest(
        request: &HttpRequest,
        signed: &Signed,
        digest: &[u8; 32],
        lane: &str,
        dry_run: bool,
    ) -> Result<Self, Problem> {
        let idempotency = idempotency(request, &signed.claims.sub.to_string(), digest)?;
        Ok(Self { lane: lane.to_owned(), idempotency, dry_run, foresight: Foresight::default() })
    }

    /// A write whose answer is not kept.
    pub fn plain(lane: &str, dry_run: bool) -> Self {
        Self { lane: lane.to_owned(), idempotency: None, dry_run, foresight: Foresight::default() }
    }

    /// With what it is going to read.
    #[must_use]
    pub fn foreseeing(self, foresight: Foresight) -> Self {
        Self { foresight, ..self }
    }

    /// [`Writing::of`] for a caller who need not sign in. Keys of all such callers are one space; an
    /// answer is given again only to who sends the same body, secret included.
    ///
    /// # Errors
    /// As [`Writing::of`].
    pub fn of_public(
        request: &HttpRequest,
        body: &RawBody,
        lane: &str,
        dry_run: bool,
    ) -> Result<Self, Problem> {
        let idempotency = idempotency(request, "nobody", &body.digest())?;
        Ok(Self { lane: lane.to_owned(), idempotency, dry_run, foresight: Foresight::default() })
    }
}

/// The longest `Idempotency-Key`.
const LONGEST_KEY: usize = 128;

/// The `Idempotency-Key` of a request, if it carries one.
///
/// # Errors
/// 400 for a key that is none.
pub fn key(request: &HttpRequest) -> Result<Option<&str>, Problem> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().map(str::trim).unwrap_or_default();
    if !(1..=LONGEST_KEY).contains(&key.len()) || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Problem::new(ErrorCode::IdempotencyKeyInvalid));
    }
    Ok(Some(key))
}

fn idempotency(request: &HttpRequest, caller: &str, body: &[u8]) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(key) = key(request)? else { return Ok(None) };
    let route = request.match_pattern().unwrap_or_default();
    let digest = |text: String| persistence::audit::digest(&text);
    let body = persistence::audit::hex(body);
    Ok(Some(IdempotencyKey {
        scope: digest(format!("{caller}\n{} {route}\n{key}", request.method())),
        fingerprint: digest(format!("{}\n{}\n{body}", request.path(), request.query_string())),
    }))
}
