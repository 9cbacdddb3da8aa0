//! Access tokens: EdDSA-signed JWTs (RFC 9068), verified by the rules of RFC 8725.
//!
//! Owns signing, verification, the ring of keys and the memory of verified tokens. It does not
//! store keys, and does not know whether an account or session still exists: the caller checks
//! `sub`, `sid` and `ver` after verification. The time is always given.

mod keys;

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::ids::AccountId;
use jsonwebtoken::{Algorithm, Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use keys::{KeyError, KeyRecord, KeyState, Keys};

/// Type of an access token; other tokens of ours bear another, so that none passes for another.
const TYPE: &str = "at+jwt";
/// Longer tokens are refused unread.
const LONGEST: usize = 4096;
/// How far the clocks of two machines may differ before a new token counts as not yet valid.
const SKEW_SECONDS: i64 = 30;
/// Tokens remembered as verified.
const REMEMBERED: u64 = 20_000;

/// A role held in a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The code of the unit whose subtree it covers; none for roles without a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// What a token says. Nothing in it is personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who signed.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The account.
    pub sub: AccountId,
    /// The session, by which a token is revoked before its end.
    pub sid: Uuid,
    /// Signed at, in seconds since 1970.
    pub iat: i64,
    /// Valid from.
    pub nbf: i64,
    /// Valid until.
    pub exp: i64,
    /// The token itself.
    pub jti: Uuid,
    /// Version of the account's rights; an older one than the account's is void.
    pub ver: u32,
    /// The roles.
    pub roles: Vec<Grant>,
}

/// What is to be signed; issuer, audience and times are added.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// The account.
    pub account: AccountId,
    /// The session.
    pub session: Uuid,
    /// Identifier of the token, from the clock.
    pub id: Uuid,
    /// Version of the account's rights.
    pub version: u32,
    /// The roles.
    pub roles: Vec<Grant>,
}

/// Why a request is not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// No bearer token.
    #[error("no access token")]
    Missing,
    /// Not three parts of base64url and JSON, too long, or claims missing.
    #[error("the token is malformed")]
    Malformed,
    /// Another algorithm than the key's.
    #[error("the token is signed with another algorithm")]
    Algorithm,
    /// Not an access token.
    #[error("the token is of another type")]
    Type,
    /// A header that names keys or asks for extensions.
    #[error("the token has a header that is not accepted")]
    Header,
    /// A key that is not in the ring.
    #[error("the token names an unknown key")]
    UnknownKey,
    /// Changed, or signed by someone else.
    #[error("the signature is wrong")]
    Signature,
    /// Another issuer or audience.
    #[error("the token is from another issuer or for another audience")]
    Claims,
    /// Past its end.
    #[error("the token has expired")]
    Expired,
    /// Before its begin.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Valid by itself, but the session or account has ended since.
    #[error("the token was revoked")]
    Revoked,
}

/// The token in an `Authorization` header.
///
/// # Errors
/// [`AuthError::Missing`] when the scheme is not `Bearer` or nothing follows it.
pub fn bearer(header: &str) -> Result<&str, AuthError> {
    let (scheme, token) = header.split_once(' ').ok_or(AuthError::Missing)?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(AuthError::Missing)
    }
}

/// Signs and verifies; shared by all workers.
pub struct Tokens {
    issuer: String,
    audience: String,
    validation: Validation,
    keys: RwLock<Arc<Keys>>,
    /// SHA-256 of a token that verified → its claims. Times are checked on every use.
    verified: Cache<[u8; 32], Arc<Claims>>,
}

impl Tokens {
    /// With this ring of keys.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, keys: Keys) -> Self {
        let (issuer, audience) = (issuer.into(), audience.into());
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&audience]);
        // The library reads the system clock for these two; ours is injected and checks below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            issuer,
            audience,
            validation,
            keys: RwLock::new(Arc::new(keys)),
            verified: Cache::new(REMEMBERED),
        }
    }

    /// The ring in use.
    pub fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another ring in use; tokens of keys that have gone are void at once.
    pub fn replace_keys(&self, keys: Keys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        self.verified.invalidate_all();
    }

    /// Signs a token with the current key.
    ///
    /// # Errors
    /// [`KeyError`] when the ring has no current key.
    pub fn sign(&self, new: NewToken, now: DateTime<Utc>, ttl_seconds: u64) -> Result<String, KeyError> {
        let keys = self.keys();
        let (kid, key) = keys.signing()?;
        let issued = now.timestamp();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: new.account,
            sid: new.session,
            iat: issued,
            nbf: issued,
            exp: issued.saturating_add(i64::try_from(ttl_seconds).unwrap_or(i64::MAX)),
            jti: new.id,
            ver: new.version,
            roles: new.roles,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, &claims, key).map_err(|_| KeyError::Unusable)
    }

    /// What a token says, if it is ours and valid now.
    ///
    /// # Errors
    /// [`AuthError`]; never `Missing` or `Revoked`.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<Claims>, AuthError> {
        if token.len() > LONGEST {
            return Err(AuthError::Malformed);
        }
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(claims) = self.verified.get(&digest) {
            let checked = check_times(&claims, now);
            if checked == Err(AuthError::Expired) {
                self.verified.invalidate(&digest);
            }
            return checked.map(|()| claims);
        }
        let keys = self.keys();
        let claims = Arc::new(self.decode(token, &keys)?);
        check_times(&claims, now)?;
        self.verified.insert(digest, Arc::clone(&claims));
        // The ring may have changed between reading it and remembering the token.
        if !Arc::ptr_eq(&keys, &self.keys()) {
            self.verified.invalidate(&digest);
        }
        Ok(claims)
    }

    fn decode(&self, token: &str, keys: &Keys) -> Result<Claims, AuthError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| unreadable_header(token))?;
        if header.alg != Algorithm::EdDSA {
            return Err(AuthError::Algorithm);
        }
        if !header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE)) {
            return Err(AuthError::Type);
        }
        // Only alg, typ and kid may stand there: a key or an address of one is never taken from
        // the token, and no extension (crit, b64, zip) is understood.
        let kid = header.kid.as_deref().ok_or(AuthError::UnknownKey)?.to_owned();
        let mut plain = Header::new(Algorithm::EdDSA);
        plain.typ.clone_from(&header.typ);
        plain.kid = Some(kid.clone());
        if header != plain {
            return Err(AuthError::Header);
        }
        let key = keys.verifying(&kid).ok_or(AuthError::UnknownKey)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, key, &self.validation).map_err(|error| {
            use jsonwebtoken::errors::ErrorKind;
            match error.kind() {
                ErrorKind::InvalidSignature => AuthError::Signature,
                ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => AuthError::Algorithm,
                ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => AuthError::Claims,
                _ => AuthError::Malformed,
            }
        })?;
        Ok(decoded.claims)
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// Tells `alg: none` and its like, which the library cannot even name, from plain rubbish.
fn unreadable_header(token: &str) -> AuthError {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let head = token.split('.').next().and_then(|head| URL_SAFE_NO_PAD.decode(head).ok());
    let head = head.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    match head.as_ref().and_then(|head| head.get("alg")) {
        Some(alg) if alg.as_str() != Some("EdDSA") => AuthError::Algorithm,
        _ => AuthError::Malformed,
    }
}

fn check_times(claims: &Claims, now: DateTime<Utc>) -> Result<(), AuthError> {
    let now = now.timestamp();
    if now >= claims.exp {
        Err(AuthError::Expired)
    } else if now.saturating_add(SKEW_SECONDS) < claims.nbf {
        Err(AuthError::NotYetValid)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
