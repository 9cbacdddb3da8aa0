//! Drafts: what is wrong with them, who may change them, what they would do.

use acceptance::{Actor, package};
use domain::access::Role;
use serde_json::{Value, json};

use super::{BOOKS, day_off, draft_body, due, publish, with_tag};
use crate::on_both;

#[test]
fn everything_wrong_with_a_draft_is_told_at_once_and_keeps_it_back() {
    on_both(|world| {
        let admin = world.actor(Role::Administrator, "H08");
        let body = json!({
            "tables": { "base_salary": "valid_from,amount_vnd,basis,source\n2013-07-01,1150000,recalled,x\n2024-07-01,-5,confirmed,\n" },
            "changes": {
                "calendar": { "put": [
                    { "date": "2023-12-18", "kind": "swapped_off", "name_vi": "", "basis": "assumed", "source": "x" },
                    { "date": "2023-12-19", "kind": "swapped_work", "name_vi": "x", "basis": "assumed", "source": "x" } ] },
                "regional_minimum_wage": { "remove": [ { "valid_from": "2026-01-01", "region": "II" } ] },
                "wage_regions": { "put": [
                    { "gso_code": "999", "unit_name": "Xã thử", "valid_from": "2020-01-01", "valid_to": "2021-12-31", "region": "IV", "basis": "assumed", "source": "x" },
                    { "gso_code": "999", "unit_name": "Xã thử", "valid_from": "2021-06-01", "valid_to": null, "region": "III", "basis": "assumed", "source": "x" } ] }
            }
        });
        let id = admin.post(BOOKS, &body).expect(201).body["id"].as_str().unwrap().to_owned();
        let found = admin.send("POST", &format!("{BOOKS}/{id}/validate"), &[], None).expect(200).body;
        assert_eq!(found["valid"], false);
        let told: Vec<(String, String)> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (f["pointer"].as_str().unwrap().to_owned(), f["code"].as_str().unwrap().to_owned()))
            .collect();
        let has = |start: &str, code: &str| told.iter().any(|(p, c)| p.starts_with(start) && c == code);
        for (start, code) in [
            ("/tables/calendar/", "name_missing"),
            ("/tables/calendar/", "not_a_weekend"),
            ("/tables/base_salary/1/amount_vnd", "not_positive"),
            ("/tables/base_salary/1/source", "source_missing"),
            ("/tables/regional_minimum_wage/", "gap"),
            ("/tables/wage_regions/", "overlapping_periods"),
        ] {
            assert!(has(start, code), "{start} {code} in {told:?}");
        }
        let refused = publish(&admin, &id, "").expect(422);
        assert!(refused.wrong().len() >= 6, "{}", refused.text);
        publish(&admin, &id, "?dry_run=true").expect(422);
        // Without the day worked for it, the swapped day off has no pair.
        let alone = json!({ "changes": { "calendar": { "put": [
            { "date": "2023-12-18", "kind": "swapped_off", "name_vi": "x", "basis": "assumed", "source": "x" } ] } } });
        let of = format!("{BOOKS}/{id}");
        with_tag(&admin, "PUT", &of, &of, Some(&alone)).expect(200);
        let found = admin.send("POST", &format!("{of}/validate"), &[], None).expect(200).body;
        assert_eq!(found["items"][0]["code"], "swap_without_pair", "{found}");

        // What cannot even be a change is refused where it stands.
        let wrong = |body: Value| admin.post(BOOKS, &body).expect(422).wrong();
        assert_eq!(wrong(json!({ "base": "rules-0" })), [("/base".into(), "unknown_rule_book".into())]);
        let gone = json!({ "changes": { "base_salary": { "remove": [ { "valid_from": "1999-01-01" } ] } } });
        assert_eq!(wrong(gone), [("/changes/base_salary/remove/0".into(), "no_such_row".into())]);
        let csv = json!({ "tables": { "calendar": "date,kind,name_vi,basis,source\n2023-13-01,holiday,x,assumed,x\n" } });
        assert_eq!(wrong(csv), [("/tables/calendar".into(), "csv".into())]);
        let kind = json!({ "tables": { "calendar": [ { "date": "2023-01-01", "kind": "pause", "name_vi": "x", "basis": "assumed", "source": "x" } ] } });
        assert_eq!(wrong(kind), [("/tables/calendar/0/kind".into(), "unknown_code".into())]);
        let unknown = json!({ "tables": { "calendar": [ { "surprise": 1 } ] } });
        let reply = admin.post(BOOKS, &unknown).expect(400);
        assert_eq!(
            (reply.code(), reply.wrong()[0].0.as_str()),
            ("unknown_field", "/tables/calendar/0/surprise")
        );
    });
}

#[test]
fn drafts_are_changed_by_who_has_seen_them_and_published_by_who_may() {
    on_both(|world| {
        let (admin, editor) =
            (world.actor(Role::Administrator, "H08"), world.actor(Role::CatalogueEditor, "H08"));
        let key = [("idempotency-key", "draft-1")];
        let first = editor.post_with(BOOKS, &draft_body(), &key).expect(201);
        let again = editor.post_with(BOOKS, &draft_body(), &key).expect(201);
        assert_eq!((again.header("idempotent-replayed"), &again.text), (Some("true"), &first.text));
        let id = first.body["id"].as_str().unwrap().to_owned();
        let of = format!("{BOOKS}/{id}");
        let put = |tag: &str| {
            let headers = [("content-type", "application/json"), ("if-match", tag)];
            editor.send("PUT", &of, &headers, Some(draft_body().to_string().as_bytes()))
        };
        assert_eq!(put("\"v1\"").expect(200).header("etag"), Some("\"v2\""));
        put("\"v1\"").expect(412);
        let plain = [("content-type", "application/json")];
        editor.send("PUT", &of, &plain, Some(b"{}")).expect(428);
        let same = editor.send("GET", &of, &[("if-none-match", "\"v2\"")], None);
        assert_eq!(same.status, 304);
        // The editor drafts, the administrator publishes; both for the whole province only.
        publish(&editor, &id, "").expect(403);
        let district = world.actor(Role::Administrator, "H08.15");
        district.get(BOOKS).expect(403);
        district.post(BOOKS, &draft_body()).expect(403);
        let auditor = world.actor(Role::Auditor, "H08");
        auditor.get(&of).expect(200);
        auditor.post(BOOKS, &draft_body()).expect(403);

        let other = editor.post(BOOKS, &json!({ "note": "khác" })).expect(201).body;
        let other = format!("{BOOKS}/{}", other["id"].as_str().unwrap());
        editor.send("DELETE", &other, &[], None).expect(428);
        with_tag(&editor, "DELETE", &other, &other, None).expect(204);
        editor.get(&other).expect(404);

        let late = editor
            .post(
                BOOKS,
                &json!({ "changes": { "calendar": { "put": [ { "date": "2023-12-25",
            "kind": "holiday", "name_vi": "x", "basis": "assumed", "source": "x" } ] } } }),
            )
            .expect(201)
            .body;
        let late = late["id"].as_str().unwrap();
        publish(&admin, &id, "").expect(200);
        // Made before another version came into force: it would take that back unseen.
        let refused = publish(&admin, late, "").expect(422);
        assert_eq!(refused.wrong()[0], ("/base".into(), "base_superseded".into()));
        let version = admin.get(&of).expect(200).body["id"].as_str().unwrap().to_owned();
        let path = format!("{BOOKS}/{version}");
        assert_eq!(with_tag(&admin, "DELETE", &path, &path, None).expect(409).code(), "conflict");
        assert_eq!(with_tag(&admin, "PUT", &path, &path, Some(&json!({}))).expect(409).code(), "conflict");

        // The list holds both, newest first, and goes on by cursor.
        let mut seen = Vec::new();
        let mut path = format!("{BOOKS}?limit=1");
        loop {
            let page = admin.get(&path).expect(200).body;
            seen.extend(page["items"].as_array().unwrap().iter().map(|b| b["id"].clone()));
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("{BOOKS}?limit=1&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 3, "{seen:?}");
        assert!(seen.contains(&json!(late)) && seen.contains(&json!(version)), "{seen:?}");
    });
}

#[test]
fn a_draft_is_tried_out_before_it_is_law() {
    on_both(|world| {
        let s = world.staff();
        let admin = &s.administrator;
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        s.officer.act(&code, "start", &json!({})).expect(200);
        let settled = s.citizen.submit(&package());
        s.desk.act(&settled, "accept", &json!({})).expect(200);
        s.officer.act(&settled, "start", &json!({})).expect(200);
        s.officer.act(&settled, "propose", &json!({ "outcome": "approved" })).expect(200);
        let decision = json!({ "outcome": "approved", "decision_number": "1" });
        s.approver.act(&settled, "decide", &decision).expect(200);

        let whole = admin.get(&format!("{BOOKS}?state=published")).expect(200).body["items"][0]["id"].clone();
        let whole = admin.get(&format!("{BOOKS}/{}", whole.as_str().unwrap())).expect(200).body;
        let mut laws = whole["tables"]["unemployment_rules"].clone();
        laws[0]["percent"] = json!(50);
        let body = json!({ "tables": { "unemployment_rules": laws }, "changes": { "calendar": { "put": [day_off()] } } });
        let id = admin.post(BOOKS, &body).expect(201).body["id"].as_str().unwrap().to_owned();
        let path = format!("{BOOKS}/{id}/what-if");
        let period = json!({ "decided_from": "2023-11-01", "decided_to": "2023-11-30" });
        let found = admin.post(&path, &period).expect(200).body;
        assert_eq!(found["due_dates"]["moved"], 1, "{found}");
        let outcomes = &found["open_outcomes"];
        assert_eq!((&outcomes["examined"], &outcomes["amount_changed"]), (&json!(1), &json!(1)), "{found}");
        let change = &found["decided"]["outcomes"]["items"][0];
        assert_eq!((&change["code"], &change["before"]["monthly_vnd"]), (&json!(settled), &json!(4_800_000)));
        assert_eq!(change["after"]["monthly_vnd"], 4_000_000);
        // An editor who may not read dossiers sees counts and no codes.
        let editor = world.actor(Role::CatalogueEditor, "H08");
        let counted = editor.post(&path, &period).expect(200).body;
        assert_eq!((&counted["due_dates"]["moved"], &counted["due_dates"]["items"]), (&json!(1), &json!([])));
        let half = admin.post(&path, &json!({ "decided_from": "2023-11-01" })).expect(422);
        assert_eq!(half.wrong()[0].0, "/decided_to");

        // The public simulations by a draft: for who may draft, and for nobody else.
        let simulate = |who: &Actor, book: &str| {
            let limit = json!({ "accepted_at": "2023-11-15T09:00:00+07:00", "limit": { "value": 20, "unit": "working_days" }, "rule_book": book });
            who.post("/api/v1/deadlines/simulate", &limit)
        };
        assert_eq!(simulate(admin, &id).expect(200).body["due_on"], "2023-12-14");
        assert_eq!(simulate(&world.nobody(), &id).expect(401).code(), "unauthenticated");
        simulate(&s.desk, &id).expect(403);
        let version = whole["id"].as_str().unwrap();
        assert_eq!(simulate(&world.nobody(), version).expect(200).body["due_on"], "2023-12-13");
        let unknown = simulate(&world.nobody(), "rules-0").expect(422);
        assert_eq!(unknown.wrong(), [("/rule_book".into(), "unknown_rule_book".into())]);
        let mut facts = package()["form"].clone();
        facts["submitted_on"] = json!("2023-11-15");
        facts["rule_book"] = json!(id);
        let assessed = admin.post("/api/v1/unemployment/assessments", &facts).expect(200).body;
        assert_eq!(assessed["monthly_vnd"], 4_000_000);
        world.nobody().post("/api/v1/unemployment/assessments", &facts).expect(401);
        // Nothing of all this was written.
        assert_eq!(due(&s.desk, &code), "2023-12-13T17:00:00+07:00");
        assert_eq!(admin.get("/api/v1/recomputations").expect(200).body["items"], json!([]));
    });
}

/// What cannot be reckoned is named, with the reason, in place of a bare count.
#[test]
fn a_draft_without_the_law_says_which_dossiers_it_leaves_without_a_verdict() {
    on_both(|world| {
        let s = world.staff();
        let admin = &s.administrator;
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        let whole = admin.get(&format!("{BOOKS}?state=published")).expect(200).body["items"][0]["id"].clone();
        let whole = admin.get(&format!("{BOOKS}/{}", whole.as_str().unwrap())).expect(200).body;
        let laws = whole["tables"]["unemployment_rules"].as_array().unwrap();
        let later: Vec<&Value> = laws.iter().filter(|law| law["law"] != "employment_law_2013").collect();
        assert_eq!(later.len(), 1);
        let body = json!({ "tables": { "unemployment_rules": later } });
        let id = admin.post(BOOKS, &body).expect(201).body["id"].as_str().unwrap().to_owned();
        let path = format!("{BOOKS}/{id}/what-if");
        let found = admin.post(&path, &json!({})).expect(200).body;
        let outcomes = &found["open_outcomes"];
        assert_eq!((&outcomes["examined"], &outcomes["failed"]), (&json!(1), &json!(1)), "{found}");
        let failure = &outcomes["failures"][0];
        assert_eq!((&failure["code"], &failure["procedure"]), (&json!(code), &json!("1.001978")), "{found}");
        assert_eq!(failure["reasons"][0]["code"], "no_rule_in_force", "{found}");
        // Who may not read dossiers is told how many and not which.
        let editor = world.actor(Role::CatalogueEditor, "H08");
        let counted = editor.post(&path, &json!({})).expect(200).body["open_outcomes"].clone();
        assert_eq!((&counted["failed"], &counted["failures"]), (&json!(1), &json!([])));
    });
}
