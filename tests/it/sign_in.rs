//! Sessions: opened, exchanged, ended.

use acceptance::World;
use api::app::accounts;
use api::config::Secret;
use api::passwords::Hasher;
use domain::access::Role;
use domain::ids::AccountId;
use serde_json::json;

use crate::on_both;

const PASSWORD: &str = "correct horse battery";

fn officer(world: &World) {
    let hash = Hasher::new(64, 1, 1).unwrap().hash(&Secret::new(PASSWORD)).unwrap();
    let new = accounts::New {
        id: AccountId(persistence::store::new_id()),
        user: "lan".into(),
        role: Role::DeskOfficer,
        unit: Some("H08.15".into()),
        personal_id: None,
        password_hash: Some(hash),
    };
    let (reference, now) = (world.state.in_force().unwrap(), world.clock.now());
    world
        .state
        .store
        .write_blocking("accounts", move |tx| accounts::create(tx, &reference, &new, now))
        .unwrap();
}

/// How many statements it takes to open a session, exchange its token and end it.
pub fn statements(world: &World) -> [(&'static str, u64); 3] {
    officer(world);
    let mut officer = world.nobody();
    let who = json!({ "user": "lan", "password": PASSWORD });
    let opened = officer.post("/api/v1/auth/sessions", &who).expect(201);
    let token = json!({ "refresh_token": opened.body["refresh_token"] });
    let refreshed = officer.post("/api/v1/auth/sessions/refresh", &token).expect(200);
    officer.token = refreshed.body["access_token"].as_str().map(ToOwned::to_owned);
    let closed = officer.send("DELETE", "/api/v1/auth/sessions", &[], None).expect(204);
    let sent = |reply: acceptance::Reply| reply.statements.unwrap();
    [("open_session", sent(opened)), ("refresh_session", sent(refreshed)), ("close_session", sent(closed))]
}

#[test]
fn a_session_lives_and_ends() {
    on_both(|world| {
        officer(&world);
        let nobody = world.nobody();
        let sign_in = |password: &str| {
            nobody.post("/api/v1/auth/sessions", &json!({ "user": "lan", "password": password }))
        };
        let opened = sign_in(PASSWORD).expect(201).body;
        assert_eq!((&opened["token_type"], &opened["expires_in"]), (&json!("Bearer"), &json!(900)));
        let mut officer = nobody.clone();
        officer.token = opened["access_token"].as_str().map(ToOwned::to_owned);
        assert_eq!(officer.get("/api/v1/me").expect(200).body["user"], "lan");

        let refresh = |token: &serde_json::Value| {
            nobody.post("/api/v1/auth/sessions/refresh", &json!({ "refresh_token": token }))
        };
        let next = refresh(&opened["refresh_token"]).expect(200).body;
        // The old one again ends the whole family, the new one too.
        assert_eq!(refresh(&opened["refresh_token"]).expect(401).code(), "refresh_reused");
        refresh(&next["refresh_token"]).expect(401);

        let fresh = sign_in(PASSWORD).expect(201).body;
        officer.token = fresh["access_token"].as_str().map(ToOwned::to_owned);
        officer.send("DELETE", "/api/v1/auth/sessions", &[], None).expect(204);
        officer.get("/api/v1/me").expect(401);
        refresh(&fresh["refresh_token"]).expect(401);

        let last = sign_in(PASSWORD).expect(201).body;
        officer.token = last["access_token"].as_str().map(ToOwned::to_owned);
        world.clock.advance(chrono::Duration::minutes(16));
        assert_eq!(officer.get("/api/v1/me").expect(401).code(), "token_expired");
    });
}

/// Rows of sessions that are over go a day later; until then a token that comes back is told of as before.
#[test]
fn sessions_that_are_over_are_removed_a_day_later() {
    on_both(|world| {
        officer(&world);
        let nobody = world.nobody();
        let opened = nobody.post("/api/v1/auth/sessions", &json!({ "user": "lan", "password": PASSWORD }));
        let opened = opened.expect(201).body;
        let refresh = |token: &serde_json::Value| {
            nobody.post("/api/v1/auth/sessions/refresh", &json!({ "refresh_token": token }))
        };
        world.clock.advance(chrono::Duration::hours(6));
        let next = refresh(&opened["refresh_token"]).expect(200).body;
        let kept = |token: &serde_json::Value| {
            let digest = api::app::sessions::digest(token.as_str().unwrap());
            let found = world.state.store.read(move |reader| persistence::accounts::session(reader, &digest));
            match found {
                Ok(_) => true,
                Err(persistence::Error::NotFound) => false,
                Err(other) => panic!("{other}"),
            }
        };
        // The first ends twelve hours after it was given, the next one six hours later.
        for (hours, first, second) in [(29, true, true), (2, false, true), (6, false, false)] {
            world.clock.advance(chrono::Duration::hours(hours));
            api::jobs::purge(&world.state).unwrap();
            let there = (kept(&opened["refresh_token"]), kept(&next["refresh_token"]));
            assert_eq!(there, (first, second), "{hours} h later");
            assert_eq!(refresh(&next["refresh_token"]).expect(401).code(), "refresh_invalid");
        }
    });
}

#[test]
fn wrong_passwords_lock_and_unknown_names_look_alike() {
    on_both(|world| {
        officer(&world);
        let nobody = world.nobody();
        let sign_in = |user: &str, password: &str| {
            nobody.post("/api/v1/auth/sessions", &json!({ "user": user, "password": password }))
        };
        for _ in 0..5 {
            assert_eq!(sign_in("lan", "wrong").expect(401).code(), "invalid_credentials");
        }
        assert_eq!(sign_in("lan", PASSWORD).expect(401).code(), "invalid_credentials");
        assert_eq!(sign_in("nobody", PASSWORD).expect(401).code(), "invalid_credentials");
        world.clock.advance(chrono::Duration::minutes(16));
        sign_in("lan", PASSWORD).expect(201);
        let jwks = nobody.get("/.well-known/jwks.json").expect(200).body;
        assert_eq!(jwks["keys"][0]["kty"], "OKP");
        assert!(jwks["keys"][0].get("d").is_none());
    });
}
