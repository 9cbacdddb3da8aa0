//! One action on many dossiers: each judged alone, all kept or each by itself.

use acceptance::{Actor, Reply, World, package};
use domain::access::Role;
use serde_json::{Value, json};

use crate::on_both;

fn send(who: &Actor, action: &str, key: &str, body: &Value) -> Reply {
    who.post_with(&format!("/api/v1/dossiers/batch/{action}"), body, &[("idempotency-key", key)])
}

fn batch(atomic: bool, items: &[(&str, i64)]) -> Value {
    let items: Vec<Value> = items.iter().map(|(c, v)| json!({ "code": c, "version": v })).collect();
    json!({ "atomic": atomic, "items": items })
}

/// Status and problem code of each item.
fn told(reply: &Reply) -> Vec<(u64, String)> {
    let items = reply.body["items"].as_array().unwrap();
    let code = |i: &Value| i["problem"]["code"].as_str().unwrap_or_default().to_owned();
    items.iter().map(|i| (i["status"].as_u64().unwrap(), code(i))).collect()
}

fn events(world: &World, code: &str) -> usize {
    let reader = world.actor(Role::Auditor, "H08");
    let events = reader.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
    events["items"].as_array().unwrap().len()
}

fn entries(world: &World) -> u64 {
    let report = world.state.store.read(persistence::audit::verify).unwrap();
    assert!(report.faults.is_empty());
    report.entries
}

#[test]
fn each_item_is_judged_alone() {
    on_both(|world| {
        let s = world.staff();
        let codes: Vec<String> = (0..4).map(|_| s.citizen.submit(&package())).collect();
        let mut elsewhere = package();
        elsewhere["unit"] = json!("H08.40.01");
        let hidden = s.citizen.submit(&elsewhere);
        s.desk.act(&codes[1], "accept", &json!({})).expect(200);
        let mut body = batch(
            false,
            // In no order of codes: answers keep the order sent.
            &[(&codes[3], 1), (&hidden, 1), (&codes[1], 2), (&codes[0], 9), ("no-code", 1), (&codes[2], 1)],
        );
        body["items"][5]["body"] = json!({ "surprise": 1 });
        let dry = s.desk.post_with(
            "/api/v1/dossiers/batch/accept?dry_run=true",
            &body,
            &[("idempotency-key", "dry")],
        );
        assert_eq!(dry.expect(200).body["done"], 1);
        let reply = send(&s.desk, "accept", "mixed", &body).expect(200);
        assert_eq!((&reply.body["done"], &reply.body["failed"]), (&json!(1), &json!(5)));
        let expected = [
            (200, ""),
            (404, "not_found"),
            (409, "transition_not_allowed"),
            (412, "precondition_failed"),
            (404, "not_found"),
            (400, "unknown_field"),
        ];
        assert_eq!(told(&reply), expected.map(|(s, c)| (s, c.to_owned())));
        assert_eq!(reply.body["items"][0]["version"], 2);
        let sent: Vec<_> =
            reply.body["items"].as_array().unwrap().iter().map(|i| i["code"].clone()).collect();
        assert_eq!(sent, [&codes[3], &hidden, &codes[1], &codes[0], "no-code", &codes[2]].map(|c| json!(c)));
        // What was refused left nothing behind.
        for (code, n) in [(&codes[3], 2), (&hidden, 1), (&codes[1], 2), (&codes[0], 1), (&codes[2], 1)] {
            assert_eq!(events(&world, code), n, "{code}");
        }
        // The body of an item is the action's own.
        let stop = json!({ "atomic": false, "items": [
            { "code": codes[3], "version": 2, "body": { "reason": "Trùng", "reason_code": "duplicate" } },
            { "code": codes[1], "version": 2, "body": { "reason": "", "reason_code": "duplicate" } },
        ] });
        let stopped = send(&s.officer, "stop", "stop", &stop).expect(200);
        assert_eq!(told(&stopped), [(200, String::new()), (422, "validation_failed".to_owned())]);
        assert_eq!(stopped.body["items"][1]["problem"]["errors"][0]["pointer"], "/reason");
        entries(&world);
    });
}

#[test]
fn an_atomic_batch_is_all_or_nothing() {
    on_both(|world| {
        let s = world.staff();
        let codes: Vec<String> = (0..3).map(|_| s.citizen.submit(&package())).collect();
        let before = entries(&world);
        let spoilt = batch(true, &[(&codes[0], 1), (&codes[1], 5), (&codes[2], 1)]);
        let reply = send(&s.desk, "accept", "a", &spoilt).expect(200);
        assert_eq!((&reply.body["done"], &reply.body["failed"]), (&json!(0), &json!(3)));
        let expected = [(409, "batch_not_applied"), (412, "precondition_failed"), (409, "batch_not_applied")];
        assert_eq!(told(&reply), expected.map(|(s, c)| (s, c.to_owned())));
        assert_eq!(entries(&world), before);
        for code in &codes {
            assert_eq!(events(&world, code), 1, "{code}");
            assert_eq!(s.desk.get(&format!("/api/v1/dossiers/{code}")).expect(200).body["version"], 1);
        }

        let mended = batch(true, &[(&codes[0], 1), (&codes[1], 1), (&codes[2], 1)]);
        let done = send(&s.desk, "accept", "a", &mended).expect(200);
        assert_eq!(done.body["done"], 3);
        for code in &codes {
            assert_eq!(events(&world, code), 2, "{code}");
        }
        assert!(entries(&world) > before);
    });
}

#[test]
fn a_repeat_gets_the_same_bytes() {
    on_both(|world| {
        let s = world.staff();
        let (one, two) = (s.citizen.submit(&package()), s.citizen.submit(&package()));
        let body = batch(false, &[(&one, 1), (&two, 3)]);
        let first = send(&s.desk, "accept", "k", &body).expect(200);
        assert_eq!(first.header("idempotent-replayed"), None);
        let again = send(&s.desk, "accept", "k", &body).expect(200);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.text, first.text);
        assert_eq!(events(&world, &one), 2);
        let other = send(&s.desk, "accept", "k", &batch(false, &[(&two, 1)])).expect(422);
        assert_eq!(other.code(), "idempotency_key_reused");
    });
}

#[test]
fn what_is_no_batch_is_refused() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        let good = batch(false, &[(&code, 1)]);
        let path = "/api/v1/dossiers/batch/accept";
        assert_eq!(s.desk.post(path, &good).expect(400).code(), "idempotency_key_required");
        let twice = send(&s.desk, "accept", "1", &batch(false, &[(&code, 1), (&code, 1)])).expect(422);
        assert_eq!(twice.wrong(), [("/items/1/code".into(), "duplicate".into())]);
        let many: Vec<String> = (0..1_001).map(|n| format!("H08.15-231115-{n:04}")).collect();
        let many: Vec<(&str, i64)> = many.iter().map(|c| (c.as_str(), 1)).collect();
        assert_eq!(send(&s.desk, "accept", "2", &batch(false, &many)).expect(422).wrong()[0].0, "/items");
        let most = send(&s.desk, "accept", "3", &batch(false, &many[1..])).expect(200);
        assert_eq!((&most.body["done"], &most.body["failed"]), (&json!(1), &json!(999)));
        assert_eq!(send(&s.desk, "accept", "4", &batch(false, &[])).expect(422).wrong()[0].0, "/items");
        let unsaid = json!({ "items": [ { "code": code, "version": 1 } ] });
        assert_eq!(send(&s.desk, "accept", "5", &unsaid).expect(422).wrong()[0].0, "/atomic");
        // Who has no such action anywhere, and what is none.
        send(&s.officer, "accept", "6", &good).expect(403);
        send(&s.desk, "surprise", "7", &good).expect(404);
        send(&s.desk, "submit-dossier", "8", &good).expect(404);
        send(&world.nobody(), "accept", "9", &good).expect(401);
    });
}
