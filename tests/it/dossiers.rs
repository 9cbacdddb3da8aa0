//! Procedures told as stories.

use acceptance::{World, package};
use domain::access::Role;
use serde_json::{Value, json};

use crate::on_both;

#[test]
fn from_submission_to_the_result_handed_over() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        assert_eq!(code, "H08.15-231115-0001");
        let read = s.citizen.get(&format!("/api/v1/dossiers/{code}")).expect(200);
        assert_eq!(read.body["status"], "registered");
        assert_eq!(read.body["status_code"], 1);
        assert_eq!(read.body["clock"], "not_started");

        let accepted = s.desk.act(&code, "accept", &json!({})).expect(200);
        assert_eq!(accepted.body["due_at"], "2023-12-13T17:00:00+07:00");
        assert_eq!(accepted.header("etag"), Some("\"v2\""));
        s.officer.act(&code, "start", &json!({})).expect(200);

        // The law says eligible: proposing otherwise needs a reason.
        let against = s.officer.act(&code, "propose", &json!({ "outcome": "rejected" })).expect(422);
        assert_eq!(against.wrong(), [("/reason".into(), "reason_required".into())]);
        let proposed = s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
        assert_eq!(proposed.body["assessment"]["monthly_vnd"], 4_800_000);
        assert_eq!(proposed.body["assessment"]["months_reserved"], 7);

        world.at("2023-11-20T10:00:00+07:00");
        let decision = json!({ "outcome": "approved", "decision_number": "101/QĐ-SLĐTBXH" });
        let decided = s.approver.act(&code, "decide", &decision).expect(200);
        assert_eq!(decided.body["status"], "completed");
        assert_eq!(decided.body["outcome"], "approved");
        assert_eq!(decided.body["clock"], "stopped");
        assert_eq!(decided.body["decision"]["on"], "2023-11-20");

        let benefits = s.officer.get("/api/v1/unemployment/benefits").expect(200);
        assert_eq!(benefits.body["items"][0]["dossier"], json!(code));
        assert_eq!(benefits.body["items"][0]["assessment"]["total_vnd"], 19_200_000);

        let returned = s.desk.act(&code, "hand-over", &json!({ "how": "counter" })).expect(200);
        assert_eq!(returned.body["status_code"], 10);

        let events = s.desk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200);
        let actions: Vec<&str> =
            events.body["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["submit_dossier", "accept", "start", "propose", "decide", "hand_over"]);
        let again = s.desk.act(&code, "accept", &json!({})).expect(409);
        assert_eq!(again.code(), "transition_not_allowed");
        assert_eq!(again.body["allowed"], json!([]));
        assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
    });
}

#[test]
fn a_supplement_pauses_the_clock_and_moves_the_due_date() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        s.officer.act(&code, "start", &json!({})).expect(200);
        world.at("2023-11-16T09:00:00+07:00");
        let wanted = json!({ "reason": "Thiếu sổ", "missing": ["so_bhxh"], "until": "2023-11-30" });
        let paused = s.officer.act(&code, "request-supplement", &wanted).expect(200);
        assert_eq!(paused.body["clock"], "paused");
        assert_eq!(paused.body["due_at"], Value::Null);
        let nothing = s.citizen.act(&code, "supplement", &json!({})).expect(422);
        assert_eq!(nothing.wrong(), [(String::new(), "nothing_new".into())]);

        world.at("2023-11-20T09:00:00+07:00");
        let brought = json!({ "papers": [ { "code": "so_bhxh", "original": true } ] });
        let resumed = s.citizen.act(&code, "supplement", &brought).expect(200);
        assert_eq!(resumed.body["status"], "processing");
        // Thursday 09:00 to Monday 09:00 holds two working days.
        assert_eq!(resumed.body["due_at"], "2023-12-15T17:00:00+07:00");

        let second = s.officer.act(&code, "request-supplement", &wanted_until("2023-12-01")).expect(409);
        assert_eq!(second.code(), "transition_blocked");
        assert_eq!(second.wrong()[0].1, "supplement_limit_reached");
        let papers = s.desk.get(&format!("/api/v1/dossiers/{code}/papers")).expect(200);
        assert_eq!(papers.body["items"].as_array().unwrap().len(), 4);
    });
}

fn wanted_until(day: &str) -> Value {
    json!({ "reason": "Thiếu", "missing": ["so_bhxh"], "until": day })
}

#[test]
fn the_other_ways_out() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        let declined = json!({ "reason": "Không đúng nơi", "reason_code": "out_of_competence", "legal_basis": "Nghị định 61/2018" });
        assert_eq!(s.desk.act(&code, "decline", &declined).expect(200).body["status_code"], 3);

        let code = s.citizen.submit(&package());
        let withdrawn = s.citizen.act(&code, "withdraw", &json!({ "reason": "Đã có việc" })).expect(200);
        assert_eq!(withdrawn.body["status_code"], 7);

        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        let fee = json!({ "amount_vnd": 30000, "reason": "Lệ phí" });
        assert_eq!(s.desk.act(&code, "request-payment", &fee).expect(200).body["status_code"], 6);
        let paid = s.desk.act(&code, "confirm-payment", &json!({ "reference": "BL-1" })).expect(200);
        assert_eq!((&paid.body["status"], &paid.body["clock"]), (&json!("accepted"), &json!("running")));
        s.officer.act(&code, "start", &json!({})).expect(200);
        let last = s.officer.act(&code, "forward", &json!({})).expect(409);
        assert_eq!(last.wrong()[0].1, "last_stage");
        let later = json!({ "reason": "Chờ xác minh", "until": "2023-12-16" });
        // A Saturday rolls forward to the Monday.
        let extended = s.officer.act(&code, "extend", &later).expect(200);
        assert_eq!(extended.body["due_at"], "2023-12-18T17:00:00+07:00");
        let more = json!({ "reason": "Nữa", "until": "2023-12-29" });
        assert_eq!(s.officer.act(&code, "extend", &more).expect(409).wrong()[0].1, "extension_limit_reached");
        let stop = json!({ "reason": "Không bổ sung", "reason_code": "other" });
        assert_eq!(s.officer.act(&code, "stop", &stop).expect(200).body["status_code"], 8);
    });
}

#[test]
fn stages_lead_from_the_commune_to_the_province() {
    on_both(|world| {
        let commune = world.actor(Role::DeskOfficer, "H08.40.01");
        let (desk, officer) = (world.actor(Role::DeskOfficer, "H08"), world.actor(Role::CaseOfficer, "H08"));
        let catalogue = desk.get("/api/v1/procedures?limit=200").expect(200);
        let staged = catalogue.body["items"].as_array().unwrap().iter().find_map(|p| {
            let p = desk.get(&format!("/api/v1/procedures/{}", p["code"].as_str().unwrap())).expect(200).body;
            (p["stages"].as_array().unwrap().len() == 3 && p["form_schema"].is_null()).then_some(p)
        });
        let procedure = staged.expect("a procedure of three stages");
        let mut body = package();
        body["procedure"] = procedure["code"].clone();
        body["unit"] = json!("H08.40.01");
        body["channel"] = json!("in_person");
        body["papers"] = json!([]);
        let code = commune.submit(&body);
        desk.act(&code, "accept", &json!({})).expect(200);
        officer.act(&code, "start", &json!({})).expect(200);
        let early = officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(409);
        assert_eq!(early.wrong()[0].1, "not_last_stage");
        assert_eq!(officer.act(&code, "forward", &json!({})).expect(200).body["stage"], 2);
        assert_eq!(officer.act(&code, "forward", &json!({})).expect(200).body["stage"], 3);
        let back = json!({ "to_stage": 1, "reason": "Thiếu xác nhận" });
        assert_eq!(officer.act(&code, "send-back", &back).expect(200).body["stage"], 1);
        let ahead = json!({ "to_stage": 3, "reason": "x" });
        officer.act(&code, "forward", &json!({})).expect(200);
        assert_eq!(officer.act(&code, "send-back", &ahead).expect(422).wrong()[0].1, "not_an_earlier_stage");
    });
}

#[test]
fn who_proposed_may_not_decide_and_nothing_is_decided_unproposed() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        s.officer.act(&code, "start", &json!({})).expect(200);
        let decision = json!({ "outcome": "approved", "decision_number": "1" });
        assert_eq!(s.approver.act(&code, "decide", &decision).expect(409).wrong()[0].1, "proposal_missing");
        s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
        s.officer.act(&code, "decide", &decision).expect(403);
        // Bound to the proposal's assessment: the other outcome needs a reason.
        let other = json!({ "outcome": "rejected", "decision_number": "1" });
        assert_eq!(s.approver.act(&code, "decide", &other).expect(422).wrong()[0].1, "reason_required");
        s.approver.act(&code, "decide", &decision).expect(200);
    });
}

#[test]
fn versions_guard_every_change() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        let path = format!("/api/v1/dossiers/{code}/accept");
        assert_eq!(s.desk.post(&path, &json!({})).expect(428).code(), "precondition_required");
        let stale = s.desk.post_with(&path, &json!({}), &[("if-match", "\"v7\"")]).expect(412);
        assert_eq!(stale.code(), "precondition_failed");
        s.desk.post_with(&path, &json!({}), &[("if-match", "W/\"v1\"")]).expect(412);
        s.desk.post_with(&path, &json!({}), &[("if-match", "nonsense")]).expect(400);
        let dry = format!("{path}?dry_run=true");
        let would = s.desk.post_with(&dry, &json!({}), &[("if-match", "\"v1\"")]).expect(200);
        assert_eq!(would.body["status"], "accepted");
        let read = s.desk.get(&format!("/api/v1/dossiers/{code}")).expect(200);
        assert_eq!(read.body["status"], "registered");
        let same = [("if-none-match", read.header("etag").unwrap())];
        s.desk.send("GET", &format!("/api/v1/dossiers/{code}"), &same, None).expect(304);
        s.desk.post_with(&path, &json!({}), &[("if-match", "\"v0\", \"v1\"")]).expect(200);
    });
}

///
#[test]
fn r_06_a_repeat_with_the_same_key_gets_the_same_answer() {
    on_both(|world| {
        let s = world.staff();
        let key = [("idempotency-key", "a-key-1")];
        let first = s.citizen.post_with("/api/v1/dossiers", &package(), &key).expect(201);
        assert_eq!(first.header("idempotent-replayed"), None);
        let again = s.citizen.post_with("/api/v1/dossiers", &package(), &key).expect(201);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(
            (again.text, again.headers.iter().find(|(n, _)| n == "etag")),
            (first.text, first.headers.iter().find(|(n, _)| n == "etag"))
        );
        let mut other = package();
        other["note"] = json!("khác");
        assert_eq!(
            s.citizen.post_with("/api/v1/dossiers", &other, &key).expect(422).code(),
            "idempotency_key_reused"
        );
        // Another caller's key of the same text is another key.
        let theirs = s.desk.post_with("/api/v1/dossiers", &package(), &key).expect(201);
        assert_ne!(theirs.body["code"], again.body["code"]);
        s.citizen.post_with("/api/v1/dossiers", &package(), &[("idempotency-key", "with blank")]).expect(400);
        // A refusal is not kept: what was mended goes through under the same key.
        let mut broken = package();
        broken["papers"] = json!([]);
        let key = [("idempotency-key", "a-key-2")];
        s.citizen.post_with("/api/v1/dossiers", &broken, &key).expect(422);
        s.citizen.post_with("/api/v1/dossiers", &package(), &key).expect(201);
    });
}

#[test]
fn names_are_found_without_accents_and_pages_follow_on() {
    on_both(|world| {
        let s = world.staff();
        let names = ["Nguyễn Thị Lan", "Đỗ Văn Đạt", "Lê Hoà", "Nguyễn Văn Lân"];
        for (i, name) in names.iter().enumerate() {
            let mut body = package();
            body["applicant"]["name"] = json!(name);
            body["applicant"]["personal_id"] = json!(format!("05219000000{i}"));
            body["applicant"]["phone"] = json!(format!("090500000{i}"));
            s.desk.submit(&body);
            world.clock.advance(chrono::Duration::minutes(1));
        }
        let found = |body: Value| -> Vec<String> {
            let page = s.desk.post("/api/v1/dossiers/search", &body).expect(200);
            let names = page.body["items"].as_array().unwrap().iter();
            names.map(|d| d["applicant_name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(found(json!({ "name": "nguyen lan" })), ["Nguyễn Văn Lân", "Nguyễn Thị Lan"]);
        assert_eq!(found(json!({ "name": "do dat" })), ["Đỗ Văn Đạt"]);
        assert_eq!(found(json!({ "name": "HÒA" })), ["Lê Hoà"]);
        assert_eq!(found(json!({ "name": "ngu", "phone": "0905000000" })), ["Nguyễn Thị Lan"]);
        assert_eq!(found(json!({ "personal_id": "052190000001" })), ["Đỗ Văn Đạt"]);

        let first = s.desk.get("/api/v1/dossiers?limit=3&count=exact").expect(200);
        assert_eq!(first.body["count"], 4);
        let link = first.header("link").unwrap().to_owned();
        let next = link.split_once('<').unwrap().1.split_once('>').unwrap().0;
        let second = s.desk.get(next).expect(200);
        assert_eq!(second.body["items"].as_array().unwrap().len(), 1);
        assert_eq!(second.body["next_cursor"], Value::Null);
        let cursor = first.body["next_cursor"].as_str().unwrap();
        let other =
            s.desk.get(&format!("/api/v1/dossiers?limit=3&status=accepted&cursor={cursor}")).expect(400);
        assert_eq!(other.code(), "invalid_cursor");
        // A reader of figures sees that they exist, not whom they are about.
        let masked = s.reader.get("/api/v1/dossiers?sort=submitted_at&limit=1").expect(200);
        assert_eq!(masked.body["items"][0]["applicant_name"], "N.T.L.");
        assert_eq!(masked.body["items"][0]["applicant_personal_id"], "********0000");
    });
}

#[test]
fn who_has_the_secret_may_follow() {
    on_both(|world| {
        let s = world.staff();
        let reply = s.citizen.post("/api/v1/dossiers", &package()).expect(201);
        let (code, secret) = (&reply.body["code"], &reply.body["tracking_secret"]);
        let nobody = world.nobody();
        let seen = nobody.post("/api/v1/tracking", &json!({ "code": code, "secret": secret })).expect(200);
        assert_eq!((&seen.body["applicant"], &seen.body["next_actor"]), (&json!("N.T.L."), &json!("desk")));
        nobody.post("/api/v1/tracking", &json!({ "code": code, "personal_id_last4": "0001" })).expect(200);
        let wrong =
            nobody.post("/api/v1/tracking", &json!({ "code": code, "secret": "AAAAAAAAAAAA" })).expect(404);
        let unknown = nobody
            .post("/api/v1/tracking", &json!({ "code": "H08.15-231115-9999", "secret": "AAAAAAAAAAAA" }))
            .expect(404);
        assert_eq!(wrong.code(), unknown.code());
        nobody.post("/api/v1/tracking", &json!({ "code": code })).expect(422);
    });
}

/// Nobody learns from an answer, its headers or the time it takes whether a code exists.
#[test]
fn an_unknown_code_is_answered_like_a_wrong_proof() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        let nobody = world.nobody();
        let ask = |code: &str, proof: &str, value: &str| {
            let begun = std::time::Instant::now();
            let mut body = json!({ "code": code });
            body[proof] = json!(value);
            let mut reply = nobody.post("/api/v1/tracking", &body).expect(404);
            for own in ["trace_id", "instance"] {
                assert!(reply.body.as_object_mut().unwrap().remove(own).is_some());
            }
            let own = ["date", "x-request-id", "traceparent", "content-length"];
            reply.headers.retain(|(name, _)| !own.contains(&name.as_str()));
            reply.headers.sort();
            ((reply.status, reply.headers, reply.body), begun.elapsed())
        };
        for (proof, value) in [("secret", "AAAAAAAAAAAA"), ("personal_id_last4", "9999")] {
            let known = ask(&code, proof, value).0;
            for unknown in ["H08.15-231115-9999", "H77-231115-0001", "no code at all", "'; --"] {
                assert_eq!(ask(unknown, proof, value).0, known, "{unknown}");
            }
            let median = |code: &str| {
                let mut times: Vec<_> = (0..41).map(|_| ask(code, proof, value).1).collect();
                times.sort();
                times[20]
            };
            let (known, unknown) = (median(&code), median("H08.15-231115-9999"));
            let (least, most) = (known.min(unknown), known.max(unknown));
            // Roughly: a test shares its machine with others.
            assert!(most < least * 3 + std::time::Duration::from_millis(5), "{known:?} and {unknown:?}");
        }
    });
}

#[test]
fn what_a_unit_held_is_found_under_its_successor() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        let heir = world.actor(Role::DeskOfficer, "H21.16");
        heir.get(&format!("/api/v1/dossiers/{code}")).expect(200);
        assert_eq!(heir.get("/api/v1/dossiers?unit=H21").expect(200).body["items"][0]["code"], json!(code));
        world.actor(Role::DeskOfficer, "H08.40").get(&format!("/api/v1/dossiers/{code}")).expect(404);
    });
}

#[test]
fn transitions_say_what_stands_in_the_way() {
    on_both(|world: World| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        s.officer.act(&code, "start", &json!({})).expect(200);
        let seen = s.approver.get(&format!("/api/v1/dossiers/{code}/transitions")).expect(200);
        let decide =
            seen.body["items"].as_array().unwrap().iter().find(|t| t["action"] == "decide").unwrap().clone();
        assert_eq!((&decide["allowed"], &decide["permitted"]), (&json!(false), &json!(true)));
        assert_eq!(decide["blocked_by"][0]["code"], "proposal_missing");
        let explained = s.desk.get(&format!("/api/v1/dossiers/{code}/deadline?explain=true")).expect(200);
        assert_eq!(explained.body["due_on"], "2023-12-13");
        assert_eq!(explained.body["days"][0]["date"], "2023-11-16");
    });
}
