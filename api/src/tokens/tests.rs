use super::*;
use crate::config::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

fn now() -> DateTime<Utc> {
    "2023-11-15T01:00:00Z".parse().unwrap()
}

fn record(kid: &str, state: KeyState) -> KeyRecord {
    KeyRecord::generate(kid, state).unwrap()
}

fn tokens(records: &[KeyRecord]) -> Tokens {
    Tokens::new("motcua", "motcua-api", Keys::from_records(records.to_vec()).unwrap())
}

fn new_token() -> NewToken {
    NewToken {
        account: AccountId(Uuid::from_u128(1)),
        session: Uuid::from_u128(2),
        id: Uuid::from_u128(3),
        version: 4,
        roles: vec![Grant { role: Role::Approver, unit: Some("H08.15".to_owned()) }],
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn claims() -> Value {
    json!({
        "iss": "motcua", "aud": "motcua-api", "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2),
        "iat": now().timestamp(), "nbf": now().timestamp(), "exp": now().timestamp() + 900,
        "jti": Uuid::from_u128(3), "ver": 4, "roles": []
    })
}

/// Signed with the right key, whatever the parts say.
fn forged(record: &KeyRecord, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let key = EncodingKey::from_ed_pem(record.private_pem.as_ref().unwrap().reveal().as_bytes()).unwrap();
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "k1" })
}

fn with(base: Value, name: &str, value: Value) -> Value {
    let mut changed = base;
    changed[name] = value;
    changed
}

#[test]
fn a_signed_token_verifies_until_its_end() {
    let tokens = tokens(&[record("k1", KeyState::Current)]);
    let token = tokens.sign(new_token(), now(), 900).unwrap();
    for _ in 0..2 {
        // The second time from memory.
        let claims = tokens.verify(&token, now() + TimeDelta::seconds(899)).unwrap();
        assert_eq!(claims.sub, AccountId(Uuid::from_u128(1)));
        assert_eq!((claims.ver, claims.roles[0].role), (4, Role::Approver));
    }
    for _ in 0..2 {
        assert_eq!(tokens.verify(&token, now() + TimeDelta::seconds(900)), Err(AuthError::Expired));
    }
    assert_eq!(tokens.verify(&token, now() - TimeDelta::seconds(31)), Err(AuthError::NotYetValid));
    assert!(tokens.verify(&token, now() - TimeDelta::seconds(30)).is_ok());
}

#[test]
fn the_header_names_type_and_key() {
    let tokens = tokens(&[record("k1", KeyState::Current)]);
    let token = tokens.sign(new_token(), now(), 900).unwrap();
    let head = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&head).unwrap(),
        json!({"typ": "at+jwt", "alg": "EdDSA", "kid": "k1"})
    );
}

#[test]
fn a_plain_token_made_by_hand_is_accepted() {
    let key = record("k1", KeyState::Current);
    let tokens = tokens(std::slice::from_ref(&key));
    assert!(tokens.verify(&forged(&key, &header(), &claims()), now()).is_ok());
}

#[test]
fn no_other_algorithm_is_accepted() {
    let key = record("k1", KeyState::Current);
    let tokens = tokens(std::slice::from_ref(&key));
    for alg in ["none", "None", "NONE", "nOnE", "HS256", "RS256", "ES256"] {
        let unsigned = format!("{}.{}.", part(&with(header(), "alg", json!(alg))), part(&claims()));
        assert_eq!(tokens.verify(&unsigned, now()), Err(AuthError::Algorithm), "{alg}");
    }
    // HS256 with the public key as the secret, in each form an attacker may have it.
    let raw = URL_SAFE_NO_PAD.decode(&key.public).unwrap();
    for secret in [raw.as_slice(), key.public.as_bytes()] {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some("k1".to_owned());
        let token = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(secret)).unwrap();
        assert_eq!(tokens.verify(&token, now()), Err(AuthError::Algorithm));
    }
}

#[test]
fn nothing_in_the_header_chooses_the_key() {
    let key = record("k1", KeyState::Current);
    let stranger = record("k1", KeyState::Current);
    let tokens = tokens(std::slice::from_ref(&key));
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": stranger.public });
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["AA=="])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
    ] {
        let head = with(header(), name, value);
        assert_eq!(
            tokens.verify(&forged(&stranger, &head, &claims()), now()),
            Err(AuthError::Header),
            "{name}"
        );
        assert_eq!(tokens.verify(&forged(&key, &head, &claims()), now()), Err(AuthError::Header), "{name}");
    }
    for kid in ["k2", "../../dev/null", "k1' OR '1'='1", ""] {
        let head = with(header(), "kid", json!(kid));
        assert_eq!(
            tokens.verify(&forged(&key, &head, &claims()), now()),
            Err(AuthError::UnknownKey),
            "{kid}"
        );
    }
    let without = json!({ "alg": "EdDSA", "typ": "at+jwt" });
    assert_eq!(tokens.verify(&forged(&key, &without, &claims()), now()), Err(AuthError::UnknownKey));
    assert_eq!(tokens.verify(&forged(&stranger, &header(), &claims()), now()), Err(AuthError::Signature));
}

#[test]
fn other_tokens_do_not_pass_for_access_tokens() {
    let key = record("k1", KeyState::Current);
    let tokens = tokens(std::slice::from_ref(&key));
    for typ in [json!("JWT"), json!("id+jwt"), Value::Null] {
        let head = with(header(), "typ", typ);
        assert_eq!(tokens.verify(&forged(&key, &head, &claims()), now()), Err(AuthError::Type));
    }
    for (name, value, error) in [
        ("iss", json!("evil"), AuthError::Claims),
        ("aud", json!("other"), AuthError::Claims),
        ("iss", Value::Null, AuthError::Malformed),
        ("exp", Value::Null, AuthError::Malformed),
        ("nbf", Value::Null, AuthError::Malformed),
        ("sub", json!("me"), AuthError::Malformed),
        ("roles", json!([{ "role": "king" }]), AuthError::Malformed),
        ("exp", json!(now().timestamp() - 1), AuthError::Expired),
        ("nbf", json!(now().timestamp() + 60), AuthError::NotYetValid),
    ] {
        let token = forged(&key, &header(), &with(claims(), name, value));
        assert_eq!(tokens.verify(&token, now()), Err(error), "{name}");
    }
}

#[test]
fn a_changed_token_is_refused() {
    let tokens = tokens(&[record("k1", KeyState::Current)]);
    let token = tokens.sign(new_token(), now(), 900).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let other = format!("{}.{}.{}", parts[0], part(&with(claims(), "ver", json!(5))), parts[2]);
    assert_eq!(tokens.verify(&other, now()), Err(AuthError::Signature));
    assert_eq!(tokens.verify(&format!("{}.{}.", parts[0], parts[1]), now()), Err(AuthError::Signature));
    let long = "a".repeat(LONGEST + 1);
    for rubbish in ["", "a", "a.b", "a.b.c", "a.b.c.d", "...", long.as_str(), "ệ.ệ.ệ"] {
        assert_eq!(tokens.verify(rubbish, now()), Err(AuthError::Malformed));
    }
}

#[test]
fn keys_rotate_with_overlap() {
    let (old, new) = (record("old", KeyState::Current), record("new", KeyState::Next));
    let tokens = tokens(&[old.clone(), new.clone()]);
    let token = tokens.sign(new_token(), now(), 900).unwrap();
    assert!(tokens.verify(&token, now()).is_ok());
    assert_eq!(tokens.keys().jwks()["keys"].as_array().unwrap().len(), 2);

    let retired = KeyRecord { state: KeyState::Retiring, private_pem: None, ..old };
    let current = KeyRecord { state: KeyState::Current, ..new };
    tokens.replace_keys(Keys::from_records([retired, current.clone()]).unwrap());
    assert!(tokens.verify(&token, now()).is_ok());
    assert!(tokens.verify(&tokens.sign(new_token(), now(), 900).unwrap(), now()).is_ok());

    tokens.replace_keys(Keys::from_records([current]).unwrap());
    assert_eq!(tokens.verify(&token, now()), Err(AuthError::UnknownKey));
}

#[test]
fn the_key_set_shows_public_halves_only() {
    let key = record("k1", KeyState::Current);
    let keys = Keys::from_records([key.clone()]).unwrap();
    assert_eq!(
        keys.jwks(),
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "k1", "x": key.public }] })
    );
    assert!(!format!("{key:?} {keys:?}").contains("PRIVATE"));
}

#[test]
fn records_that_do_not_fit_are_refused() {
    let key = record("k1", KeyState::Current);
    let other = record("k2", KeyState::Current);
    let error = |records: Vec<KeyRecord>| Keys::from_records(records).unwrap_err();
    assert_eq!(error(vec![key.clone(), other.clone()]), KeyError::ManyCurrent);
    let twin = KeyRecord { state: KeyState::Retiring, ..key.clone() };
    assert_eq!(error(vec![key.clone(), twin]), KeyError::Duplicate("k1".to_owned()));
    for broken in [
        KeyRecord { public: other.public.clone(), ..key.clone() },
        KeyRecord { public: "AAAA".to_owned(), ..key.clone() },
        KeyRecord { private_pem: Some(Secret::new("no pem")), ..key.clone() },
    ] {
        assert_eq!(error(vec![broken]), KeyError::Unreadable("k1".to_owned()));
    }
    assert!(KeyRecord::generate("a b", KeyState::Next).is_err());
    let empty = Tokens::new("i", "a", Keys::from_records([]).unwrap());
    assert_eq!(empty.sign(new_token(), now(), 1), Err(KeyError::NoCurrent));
}

#[test]
fn only_a_bearer_header_carries_a_token() {
    assert_eq!(bearer("Bearer abc"), Ok("abc"));
    assert_eq!(bearer("bearer  abc "), Ok("abc"));
    for header in ["", "Bearer", "Bearer ", "Basic abc", "abc"] {
        assert_eq!(bearer(header), Err(AuthError::Missing), "{header}");
    }
}
