//! The ring of signing keys: next → current → retiring.
//!
//! Owns making, reading and publishing keys. It does not store them or decide when to rotate.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};

use crate::config::Secret;

domain::codes! {
    /// What a key is used for.
    pub enum KeyState {
        /// Published, not yet used: verifiers elsewhere learn of it first.
        Next => "next", "Sắp dùng", "Next",
        /// Signs.
        Current => "current", "Đang dùng", "Current",
        /// Verifies until the last token it signed has ended.
        Retiring => "retiring", "Ngừng dùng", "Retiring",
    }
}

/// A key as it is stored.
#[derive(Debug, Clone)]
pub struct KeyRecord {
    /// Its name in tokens.
    pub kid: String,
    /// What it is used for.
    pub state: KeyState,
    /// The public half, 32 bytes as base64url.
    pub public: String,
    /// The private half as PKCS#8 PEM; none where only verification is needed.
    pub private_pem: Option<Secret>,
}

/// Why keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The ring has no current key with a private half.
    #[error("there is no current signing key")]
    NoCurrent,
    /// More than one key is current.
    #[error("more than one signing key is current")]
    ManyCurrent,
    /// A stored key that cannot be read, or whose halves do not belong together.
    #[error("signing key {0} cannot be read")]
    Unreadable(String),
    /// Two keys of one name.
    #[error("two signing keys are named {0}")]
    Duplicate(String),
    /// The key read well but does not sign.
    #[error("the signing key does not sign")]
    Unusable,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
}

impl KeyRecord {
    /// A new Ed25519 key of this name.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`]; [`KeyError::Unreadable`] for a name that is not 1 to 64 of
    /// `A–Z a–z 0–9 _ -`.
    pub fn generate(kid: impl Into<String>, state: KeyState) -> Result<Self, KeyError> {
        let kid = checked_kid(kid.into())?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| KeyError::NoRandomness)?;
        let key = SigningKey::from_bytes(&seed);
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Unusable)?;
        let public = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        Ok(Self { kid, state, public, private_pem: Some(Secret::new(pem.as_str())) })
    }
}

fn checked_kid(kid: String) -> Result<String, KeyError> {
    let plain = kid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if plain && (1..=64).contains(&kid.len()) { Ok(kid) } else { Err(KeyError::Unreadable(kid)) }
}

struct Key {
    state: KeyState,
    public: String,
    decoding: DecodingKey,
    encoding: Option<EncodingKey>,
}

/// The keys in use.
pub struct Keys {
    ring: BTreeMap<String, Key>,
    current: Option<String>,
}

impl Keys {
    /// The ring of these records.
    ///
    /// # Errors
    /// [`KeyError`] when a record cannot be read, two bear one name, or several are current.
    pub fn from_records(records: impl IntoIterator<Item = KeyRecord>) -> Result<Self, KeyError> {
        let mut keys = Self { ring: BTreeMap::new(), current: None };
        for record in records {
            let kid = checked_kid(record.kid.clone())?;
            if record.state == KeyState::Current && keys.current.replace(kid.clone()).is_some() {
                return Err(KeyError::ManyCurrent);
            }
            let key = read(&record).ok_or_else(|| KeyError::Unreadable(kid.clone()))?;
            if keys.ring.insert(kid.clone(), key).is_some() {
                return Err(KeyError::Duplicate(kid));
            }
        }
        Ok(keys)
    }

    /// Name and private half of the key that signs.
    pub(super) fn signing(&self) -> Result<(&str, &EncodingKey), KeyError> {
        let kid = self.current.as_deref().ok_or(KeyError::NoCurrent)?;
        let key = self.ring.get(kid).and_then(|key| key.encoding.as_ref());
        key.map(|key| (kid, key)).ok_or(KeyError::NoCurrent)
    }

    /// The public half of a key. A key that is only published yet has signed nothing.
    pub(super) fn verifying(&self, kid: &str) -> Option<&DecodingKey> {
        self.ring.get(kid).filter(|key| key.state != KeyState::Next).map(|key| &key.decoding)
    }

    /// Names and states.
    pub fn states(&self) -> impl Iterator<Item = (&str, KeyState)> {
        self.ring.iter().map(|(kid, key)| (kid.as_str(), key.state))
    }

    /// The public halves as a JSON Web Key Set.
    pub fn jwks(&self) -> Value {
        let keys: Vec<Value> = self
            .ring
            .iter()
            .map(|(kid, key)| {
                json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": key.public })
            })
            .collect();
        json!({ "keys": keys })
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.states()).finish()
    }
}

fn read(record: &KeyRecord) -> Option<Key> {
    let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(&record.public).ok()?.try_into().ok()?;
    let encoding = match &record.private_pem {
        Some(pem) => {
            let private = SigningKey::from_pkcs8_pem(pem.reveal()).ok()?;
            if private.verifying_key().to_bytes() != bytes {
                return None;
            }
            Some(EncodingKey::from_ed_pem(pem.reveal().as_bytes()).ok()?)
        }
        None => None,
    };
    // Checked here once: a point that is not on the curve would fail at each verification.
    ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok()?;
    let decoding = DecodingKey::from_ed_components(&record.public).ok()?;
    Some(Key { state: record.state, public: record.public.clone(), decoding, encoding })
}
