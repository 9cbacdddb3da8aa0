//! Hostile and careless input gets its problem, never 500.

use acceptance::package;
use serde_json::{Value, json};

use crate::on_both;

#[test]
fn every_kind_of_broken_body_has_its_problem() {
    on_both(|world| {
        let s = world.staff();
        let json_type = [("content-type", "application/json")];
        let raw = |body: &[u8]| s.citizen.send("POST", "/api/v1/dossiers", &json_type, Some(body));
        assert_eq!(raw(b"{").expect(400).code(), "malformed_json");
        assert_eq!(raw(b"").expect(400).code(), "malformed_json");
        assert_eq!(raw(b"{\"procedure\": \"\xff\"}").expect(400).code(), "invalid_utf8");
        assert_eq!(raw("[".repeat(5_000).as_bytes()).expect(400).code(), "body_too_deep");
        assert_eq!(raw(&vec![b' '; 400_000]).expect(413).code(), "payload_too_large");
        let twice = package().to_string().replacen('{', "{\"unit\":\"H08\",", 1);
        assert_eq!(raw(twice.as_bytes()).expect(400).code(), "malformed_json");
        let text = [("content-type", "text/plain")];
        s.citizen.send("POST", "/api/v1/dossiers", &text, Some(b"{}")).expect(415);

        let changed = |pointer: &str, value: Value| {
            let mut body = package();
            *body.pointer_mut(pointer).unwrap() = value;
            s.citizen.post("/api/v1/dossiers", &body)
        };
        let mut unknown = package();
        unknown["applicant"]["nick"] = json!("x");
        let reply = s.citizen.post("/api/v1/dossiers", &unknown).expect(400);
        assert_eq!((reply.code(), reply.wrong()[0].0.as_str()), ("unknown_field", "/applicant/nick"));
        for (pointer, value) in [
            ("/procedure", json!(5)),
            ("/channel", json!("pigeon")),
            ("/applicant/born_on", json!("1990-02-30")),
            ("/applicant/name", json!("a\u{202e}b")),
            ("/applicant/name", json!("a\u{0}b")),
            ("/applicant/personal_id", json!("05219000000x")),
            ("/applicant/phone", json!("none at all")),
            ("/unit", json!("H77.01")),
            ("/procedure", json!("9.999999")),
            ("/form/terminated_on", json!("2023-02-30")),
            ("/form/termination", json!("sacked")),
            ("/form/contributions/0/wage_vnd", json!(0)),
            ("/form/contributions/0/to", json!("2023-09")),
            ("/papers/0/code", json!("unheard_of")),
        ] {
            let reply = changed(pointer, value.clone());
            assert_eq!(reply.status, 422, "{pointer} {value}: {}", reply.text);
            assert!(reply.wrong().iter().any(|(p, _)| p == pointer), "{pointer} {value}: {}", reply.text);
        }
        // A decomposed name is stored composed.
        let code =
            changed("/applicant/name", json!("Nguye\u{302}\u{303}n Lan")).expect(201).body["code"].clone();
        let read = s.citizen.get(&format!("/api/v1/dossiers/{}", code.as_str().unwrap())).expect(200);
        assert_eq!(read.body["applicant"]["name"], "Nguyễn Lan");
        // All that is wrong is told at once.
        let mut body = package();
        body["applicant"]["personal_id"] = json!("0521900000x1");
        body["applicant"]["phone"] = json!("phone number");
        assert_eq!(s.citizen.post("/api/v1/dossiers", &body).expect(422).wrong().len(), 2);
        let mut body = package();
        body["papers"] = json!([]);
        assert_eq!(s.citizen.post("/api/v1/dossiers", &body).expect(422).wrong().len(), 3);
    });
}

#[test]
fn language_follows_the_caller() {
    on_both(|world| {
        let nobody = world.nobody();
        let title = |language: &str| {
            let headers = [("accept-language", language)];
            nobody.send("GET", "/api/v1/dossiers", &headers, None).expect(401).body["title"].clone()
        };
        assert_eq!(title("en"), "Not signed in");
        assert_eq!(title("fr, vi;q=0.8, en;q=0.5"), "Chưa đăng nhập");
        let reply =
            nobody.send("GET", "/api/v1/nothing", &[("x-request-id", "my-request-1")], None).expect(404);
        assert_eq!(reply.header("x-request-id"), Some("my-request-1"));
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        assert_eq!(
            nobody.send("DELETE", "/api/v1/units", &[], None).expect(405).code(),
            "method_not_allowed"
        );
    });
}

#[test]
fn simulations_refuse_what_cannot_be() {
    on_both(|world| {
        let ask = |accepted: &str, value: i64, pauses: Value| {
            let body = json!({ "accepted_at": accepted, "limit": { "value": value, "unit": "working_days" }, "pauses": pauses });
            world.nobody().post("/api/v1/deadlines/simulate", &body)
        };
        let at = "2023-11-15T09:00:00+07:00";
        assert_eq!(ask(at, 0, json!([])).expect(422).wrong()[0].0, "/limit/value");
        ask(at, -3, json!([])).expect(422);
        ask(at, i64::MAX, json!([])).expect(422);
        ask("2023-11-31T09:00:00+07:00", 1, json!([])).expect(422);
        ask("+262142-12-31T23:59:59Z", 1, json!([])).expect(422);
        let backwards = json!([ { "from": at, "to": "2023-11-14T09:00:00+07:00" } ]);
        assert_eq!(ask(at, 1, backwards).expect(422).wrong()[0].0, "/pauses/0/to");
    });
}
