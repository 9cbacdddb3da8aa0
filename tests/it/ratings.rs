//! Applicants say how they were served, once, and figures show no person.

use acceptance::{Actor, Reply, Staff, World, package};
use domain::access::Role;
use serde_json::{Value, json};

use crate::document::Answers;
use crate::on_both;

fn rate(who: &Actor, code: &str, version: Option<&str>, body: &Value) -> Reply {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(version.map(|v| ("if-match", v)));
    let path = format!("/api/v1/dossiers/{code}/rating");
    who.send("PUT", &path, &headers, Some(body.to_string().as_bytes()))
}

/// A dossier that was withdrawn, which settles it; with its secret.
fn settled(s: &Staff) -> (String, String) {
    let reply = s.citizen.post("/api/v1/dossiers", &package()).expect(201).body;
    let code = reply["code"].as_str().unwrap().to_owned();
    s.desk.act(&code, "decline", &json!({ "reason": "x", "reason_code": "other" })).expect(200);
    (code, reply["tracking_secret"].as_str().unwrap().to_owned())
}

fn can(who: &Actor, code: &str) -> Vec<String> {
    let told = who.get(&format!("/api/v1/dossiers/{code}/timeline")).expect(200).body;
    let can = told["can_do"].as_array().unwrap();
    can.iter().map(|c| c["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_settled_dossier_is_rated_once_and_may_be_rated_anew_for_some_days() {
    on_both(|world| {
        let s = world.staff();
        let open = s.citizen.submit(&package());
        let said =
            json!({ "score": 4, "reasons": ["in_time", "courteous"], "comment": "Chị Hoa rất tận tình" });
        assert_eq!(rate(&s.citizen, &open, None, &said).expect(409).code(), "rating_not_open");
        assert_eq!(can(&s.citizen, &open), ["withdraw"]);

        let (code, _) = settled(&s);
        let path = format!("/api/v1/dossiers/{code}/rating");
        s.citizen.get(&path).expect(404);
        assert_eq!(can(&s.citizen, &code), ["rate"]);
        assert_eq!(rate(&s.citizen, &code, Some("\"v1\""), &said).expect(412).code(), "precondition_failed");
        let dry = s.citizen.send(
            "PUT",
            &format!("{path}?dry_run=true"),
            &[("content-type", "application/json")],
            Some(said.to_string().as_bytes()),
        );
        dry.expect(201);
        let first = rate(&s.citizen, &code, None, &said).expect(201);
        assert_eq!((first.header("etag"), &first.body["score_label"]), (Some("\"v1\""), &json!("Hài lòng")));
        assert_eq!(first.body["changeable_until"], "2023-11-29T09:00:00+07:00");
        assert!(can(&s.citizen, &code).is_empty());

        let worse = json!({ "score": 2 });
        assert_eq!(rate(&s.citizen, &code, None, &worse).expect(428).code(), "precondition_required");
        rate(&s.citizen, &code, Some("\"v9\""), &worse).expect(412);
        world.at("2023-11-29T09:00:00+07:00");
        let second = rate(&s.citizen, &code, Some("\"v1\""), &worse).expect(200);
        assert_eq!((&second.body["rated_at"], &second.body["version"]), (&first.body["rated_at"], &json!(2)));
        world.at("2023-11-29T09:00:01+07:00");
        assert_eq!(rate(&s.citizen, &code, Some("\"v2\""), &said).expect(409).code(), "rating_closed");

        // Who works dossiers reads it; who reads figures sees no comment; a stranger nothing.
        assert_eq!(s.desk.get(&path).expect(200).body["score"], 2);
        s.desk.send("GET", &path, &[("if-none-match", "\"v2\"")], None).expect(304);
        s.desk.get(&format!("/api/v1/dossiers/{open}/rating")).expect(404);
        let stranger = world.citizen("052190000999");
        stranger.get(&path).expect(404);
        rate(&stranger, &code, None, &said).expect(404);
        rate(&s.desk, &code, None, &said).expect(403);
        for (wrong, pointer) in [
            (json!({ "score": 6 }), "/score"),
            (json!({ "score": 0 }), "/score"),
            (json!({}), "/score"),
            (json!({ "score": 3, "reasons": ["in_time", "in_time"] }), "/reasons/1"),
            (json!({ "score": 3, "reasons": ["nonsense"] }), "/reasons/0"),
            (json!({ "score": 3, "comment": "a\u{202e}b" }), "/comment"),
        ] {
            let reply = rate(&s.citizen, &code, Some("\"v2\""), &wrong).expect(422);
            assert_eq!(reply.wrong()[0].0, pointer, "{wrong}");
        }
        rate(&s.citizen, &code, Some("\"v2\""), &json!({ "stars": 3 })).expect(400);
        assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
    });
}

#[test]
fn the_receipt_is_enough_to_rate() {
    on_both(|world| {
        let s = world.staff();
        let nobody = world.nobody();
        let ask = |code: &str, secret: &str, score: i32| {
            let rating = json!({ "score": score, "comment": "Cảm ơn" });
            nobody
                .post("/api/v1/tracking/rating", &json!({ "code": code, "secret": secret, "rating": rating }))
        };
        let (code, secret) = settled(&s);
        let wrong = ask(&code, "AAAAAAAAAAAA", 5).expect(404);
        let unknown = ask("H08.15-231115-9999", &secret, 5).expect(404);
        assert_eq!((wrong.code(), unknown.code()), ("not_found", "not_found"));
        ask("no code", &secret, 5).expect(404);
        assert_eq!(ask(&code, &secret, 5).expect(200).body["version"], 1);
        assert_eq!(ask(&code, &secret.to_lowercase(), 3).expect(200).body["version"], 2);
        // The last four digits are no proof here.
        let digits = json!({ "code": code, "personal_id_last4": "0001", "rating": { "score": 1 } });
        nobody.post("/api/v1/tracking/rating", &digits).expect(400);
        assert_eq!(ask(&code, &secret, 9).expect(422).wrong()[0].0, "/rating/score");

        let path = format!("/api/v1/dossiers/{code}/rating");
        assert_eq!(s.citizen.get(&path).expect(200).body["comment"], "Cảm ơn");
        assert_eq!(s.reader.get(&path).expect(200).body["comment"], Value::Null);
        // A repeat under the same key changes nothing, another body under it is refused.
        let body = json!({ "code": code, "secret": secret, "rating": { "score": 4 } });
        let key = [("idempotency-key", "r-1")];
        let first = nobody.post_with("/api/v1/tracking/rating", &body, &key).expect(200);
        let again = nobody.post_with("/api/v1/tracking/rating", &body, &key).expect(200);
        assert_eq!((again.header("idempotent-replayed"), &again.text), (Some("true"), &first.text));
        let other = json!({ "code": code, "secret": secret, "rating": { "score": 1 } });
        nobody.post_with("/api/v1/tracking/rating", &other, &key).expect(422);
        let open = s.citizen.post("/api/v1/dossiers", &package()).expect(201).body;
        let (code, secret) = (open["code"].as_str().unwrap(), open["tracking_secret"].as_str().unwrap());
        assert_eq!(ask(code, secret, 5).expect(409).code(), "rating_not_open");
    });
}

#[test]
fn ratings_add_up_within_reach() {
    on_both(|world| {
        let s = world.staff();
        for (n, score) in [5, 4, 4, 1].into_iter().enumerate() {
            let (code, _) = settled(&s);
            let reasons = if score > 3 { json!(["in_time"]) } else { json!(["slow", "hard_online"]) };
            let said = json!({ "score": score, "reasons": reasons, "comment": "Nguyễn Thị Lan 0905000001" });
            rate(&s.citizen, &code, None, &said).expect(201);
            world.at(&format!("2023-11-1{}T09:00:00+07:00", 6 + n));
        }
        let other = json!({ "procedure": "2.001953", "form": {}, "papers": [] });
        let mut body = package();
        body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        let code = s.citizen.submit(&body);
        s.citizen.act(&code, "withdraw", &json!({ "reason": "x" })).expect(200);
        rate(&s.citizen, &code, None, &json!({ "score": 3 })).expect(201);

        let reply = s.reader.get("/api/v1/statistics/ratings").expect(200);
        assert!(!reply.text.contains("Lan") && !reply.text.contains("0905"), "{}", reply.text);
        let figures = reply.body;
        // 17 / 5.
        assert_eq!((&figures["total"]["count"], &figures["total"]["average"]), (&json!(5), &json!(3.4)));
        let counts: Vec<i64> = figures["total"]["distribution"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d["count"].as_i64().unwrap())
            .collect();
        assert_eq!(counts, [1, 0, 1, 2, 1]);
        assert_eq!(figures["items"][0]["key"], "1.001978");
        assert_eq!(
            (&figures["items"][0]["count"], &figures["items"][0]["average"]),
            (&json!(4), &json!(3.5))
        );
        assert_eq!(figures["items"][0]["distribution"][3]["share_percent"], 50.0);
        let named: Vec<(&str, i64)> = figures["items"][0]["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| (r["reason"].as_str().unwrap(), r["count"].as_i64().unwrap()))
            .collect();
        assert_eq!(named, [("in_time", 3), ("slow", 1), ("hard_online", 1)]);

        let of = |query: &str| {
            s.reader.get(&format!("/api/v1/statistics/ratings?{query}")).expect(200).body["total"]["count"]
                .clone()
        };
        assert_eq!(of("from=2023-11-16&to=2023-11-17"), 2);
        assert_eq!(of("procedure=2.001953&by=unit"), 1);
        assert_eq!(of("unit=H08.15"), 5);
        assert_eq!(of("unit=H08.40"), 0);
        // What a unit held is found under its successor; others' figures are nobody's.
        let heir = world.actor(Role::StatisticsReader, "H21.16");
        assert_eq!(heir.get("/api/v1/statistics/ratings").expect(200).body["total"]["count"], 5);
        let stranger = world.actor(Role::StatisticsReader, "H08.40");
        let none = stranger.get("/api/v1/statistics/ratings").expect(200).body;
        assert_eq!(
            (&none["total"]["count"], &none["total"]["average"], &none["items"]),
            (&json!(0), &Value::Null, &json!([]))
        );
        s.citizen.get("/api/v1/statistics/ratings").expect(403);
        s.reader.get("/api/v1/statistics/ratings?by=channel").expect(400);
    });
}

/// Answers for the document.
pub fn answers(world: &World, s: &Staff, answers: &mut Answers) {
    let (code, secret) = settled(s);
    let said = json!({ "score": 5, "reasons": ["in_time", "courteous"], "comment": "Giải quyết nhanh" });
    answers.note("rate_dossier", rate(&s.citizen, &code, None, &said));
    answers.note("get_dossier_rating", s.citizen.get(&format!("/api/v1/dossiers/{code}/rating")));
    let body = json!({ "code": code, "secret": secret, "rating": said });
    answers.note("rate_tracked_dossier", world.nobody().post("/api/v1/tracking/rating", &body));
    answers.note("get_rating_statistics", s.reader.get("/api/v1/statistics/ratings"));
}
