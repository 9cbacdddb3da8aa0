//! The law as data: drafted, checked, compared, published; open dossiers follow, settled ones stay.

mod rehearsals;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Actor, Database, PERSON, World, fresh_database, package};
use domain::access::Role;
use serde_json::{Value, json};

use crate::document::Answers;
use crate::faults::{Process, actor, motcua};
use crate::figures::checks::tool_on;
use crate::on_both;

pub const BOOKS: &str = "/api/v1/rule-books";

/// A day off on a Monday within the limit of what is accepted on 15 November 2023.
fn day_off() -> Value {
    json!({ "date": "2023-11-20", "kind": "holiday", "name_vi": "Ngày nghỉ thử nghiệm",
        "basis": "assumed", "source": "Quyết định thử nghiệm" })
}

pub fn draft_body() -> Value {
    json!({ "note": "Thêm ngày nghỉ 20/11", "changes": { "calendar": { "put": [day_off()] } } })
}

fn with_tag(who: &Actor, method: &str, path: &str, of: &str, body: Option<&Value>) -> acceptance::Reply {
    let tag = who.get(of).expect(200).header("etag").unwrap().to_owned();
    let text = body.map(Value::to_string);
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    let headers = if body.is_some() { &headers[..] } else { &headers[1..] };
    who.send(method, path, headers, text.as_deref().map(str::as_bytes))
}

pub fn publish(who: &Actor, id: &str, query: &str) -> acceptance::Reply {
    let of = format!("{BOOKS}/{id}");
    with_tag(who, "POST", &format!("{of}/publish{query}"), &of, None)
}

/// Follows a recomputation to its end.
#[track_caller]
pub fn done(who: &Actor, id: &Value) -> Value {
    let begun = Instant::now();
    loop {
        let job = who.get(&format!("/api/v1/recomputations/{}", id.as_str().unwrap())).expect(200).body;
        if !job["finished_at"].is_null() {
            return job;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{job}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub fn due(who: &Actor, code: &str) -> Value {
    who.get(&format!("/api/v1/dossiers/{code}")).expect(200).body["due_at"].clone()
}

#[test]
fn a_new_day_off_is_drafted_rehearsed_published_and_moves_what_is_open() {
    on_both(|world| {
        let s = world.staff();
        let admin = &s.administrator;
        let accepted = |_: usize| {
            let code = s.citizen.submit(&package());
            s.desk.act(&code, "accept", &json!({})).expect(200);
            code
        };
        let open: Vec<String> = (0..3).map(accepted).collect();
        // Paused, decided, and not yet accepted.
        let paused = accepted(0);
        s.officer
            .act(&paused, "request-payment", &json!({ "amount_vnd": 30000, "reason": "Lệ phí" }))
            .expect(200);
        let settled = accepted(0);
        s.officer.act(&settled, "start", &json!({})).expect(200);
        s.officer.act(&settled, "propose", &json!({ "outcome": "approved" })).expect(200);
        let decision = json!({ "outcome": "approved", "decision_number": "1" });
        s.approver.act(&settled, "decide", &decision).expect(200);
        let registered = s.citizen.submit(&package());
        let (before, moved_to) = ("2023-12-13T17:00:00+07:00", "2023-12-14T17:00:00+07:00");
        assert_eq!(due(&s.desk, &open[0]), before);

        let in_force = admin.get(&format!("{BOOKS}?state=published")).expect(200).body["items"][0].clone();
        assert_eq!((&in_force["in_force"], &in_force["state"]), (&json!(true), &json!("published")));
        let made = admin.post(BOOKS, &draft_body()).expect(201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        assert_eq!(made.header("location"), Some(format!("{BOOKS}/{id}").as_str()));
        assert_eq!((&made.body["state"], &made.body["base"]), (&json!("draft"), &in_force["id"]));
        let valid = admin.send("POST", &format!("{BOOKS}/{id}/validate"), &[], None).expect(200).body;
        assert_eq!((&valid["valid"], &valid["errors"]), (&json!(true), &json!(0)), "{valid}");
        let differences = admin.get(&format!("{BOOKS}/{id}/differences")).expect(200).body;
        let rows = differences["items"].as_array().unwrap();
        assert_eq!(rows.len(), 1, "{differences}");
        assert_eq!((&rows[0]["change"], &rows[0]["key"]), (&json!("added"), &json!("2023-11-20")));

        // The dry run says which move and writes nothing.
        let dry = publish(admin, &id, "?dry_run=true").expect(200).body;
        let found = &dry["due_dates"];
        assert_eq!((&found["examined"], &found["moved"], &found["later"]), (&json!(4), &json!(3), &json!(3)));
        assert_eq!((&found["complete"], &found["shifts"]), (&json!(true), &json!({ "1": 3 })), "{found}");
        let mut codes: Vec<&str> =
            found["items"].as_array().unwrap().iter().map(|m| m["code"].as_str().unwrap()).collect();
        codes.sort_unstable();
        assert_eq!(codes, open);
        assert_eq!(found["items"][0]["due_after"], moved_to);
        assert_eq!(due(&s.desk, &open[0]), before);
        assert_eq!(admin.get("/api/v1/recomputations").expect(200).body["items"], json!([]));

        let published = publish(admin, &id, "").expect(200).body;
        assert_eq!(
            (&published["changed"], &published["rule_book"]["in_force"]),
            (&json!(true), &json!(true))
        );
        assert_eq!((&published["version"], &published["due_dates"]), (&dry["version"], &Value::Null));
        let job = done(admin, &published["recomputation"]["id"]);
        assert_eq!(
            (&job["state"], &job["dossiers_total"], &job["dossiers_done"], &job["dossiers_moved"]),
            (&json!("completed"), &json!(4), &json!(4), &json!(3)),
            "{job}"
        );
        assert_eq!(job["previous"], in_force["id"]);
        for code in &open {
            let read = s.desk.get(&format!("/api/v1/dossiers/{code}")).expect(200);
            assert_eq!((&read.body["due_at"], read.header("etag")), (&json!(moved_to), Some("\"v3\"")));
            let events = s.desk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
            let last = events["items"].as_array().unwrap().last().unwrap().clone();
            assert_eq!(
                (&last["action"], &last["role"]),
                (&json!("recompute_deadline"), &json!("administrator"))
            );
            assert_eq!(
                (&last["actor"], &last["reason_code"]),
                (&json!(admin.user), &json!("rule_book_published"))
            );
            assert_eq!(last["reason"], "Thêm ngày nghỉ 20/11");
            assert_eq!(last["rule_version"], published["version"]);
            let told: chrono::DateTime<chrono::Utc> =
                last["detail"]["due_after"].as_str().unwrap().parse().unwrap();
            assert_eq!(told, moved_to.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
            assert!(!last["detail"]["due_before"].is_null());
            let deadline =
                s.desk.get(&format!("/api/v1/dossiers/{code}/deadline?explain=true")).expect(200).body;
            assert_eq!(deadline["rule_book"], published["version"]);
            let day =
                deadline["days"].as_array().unwrap().iter().find(|d| d["date"] == "2023-11-20").unwrap();
            assert_eq!((&day["counted"], &day["reason"]), (&json!(false), &json!("holiday")));
        }
        // What is settled keeps what it was decided under, and is explained by that.
        assert_eq!(due(&s.desk, &settled), before);
        let deadline =
            s.desk.get(&format!("/api/v1/dossiers/{settled}/deadline?explain=true")).expect(200).body;
        assert_eq!(deadline["rule_book"], in_force["id"]);
        let day = deadline["days"].as_array().unwrap().iter().find(|d| d["date"] == "2023-11-20").unwrap();
        assert_eq!(day["counted"], true);
        assert_eq!(due(&s.desk, &registered), Value::Null);
        // The paused one takes the day off into account when it goes on.
        let paid = s.desk.act(&paused, "confirm-payment", &json!({ "reference": "BL-1" })).expect(200);
        assert_eq!(paid.body["due_at"], moved_to);
        s.desk.act(&registered, "accept", &json!({})).expect(200);
        assert_eq!(due(&s.desk, &registered), moved_to);

        // The same once more changes nothing.
        let again = publish(admin, published["version"].as_str().unwrap(), "").expect(200).body;
        assert_eq!((&again["changed"], &again["recomputation"]), (&json!(false), &Value::Null));
        let same = admin.post(BOOKS, &draft_body()).expect(201).body["id"].as_str().unwrap().to_owned();
        let again = publish(admin, &same, "").expect(200).body;
        assert_eq!((&again["changed"], &again["version"]), (&json!(false), &published["version"]));
        let events = s.desk.get(&format!("/api/v1/dossiers/{}/events", open[0])).expect(200).body;
        assert_eq!(events["items"].as_array().unwrap().len(), 3);
        // A draft that was published leads to its version; an earlier version can be put back.
        assert_eq!(admin.get(&format!("{BOOKS}/{id}")).expect(200).body["id"], published["version"]);
        let back = publish(admin, in_force["id"].as_str().unwrap(), "").expect(200).body;
        let job = done(admin, &back["recomputation"]["id"]);
        assert_eq!((&job["dossiers_moved"], &job["state"]), (&json!(5), &json!("completed")), "{job}");
        assert_eq!(due(&s.desk, &open[0]), before);
        crate::chains::sound(&world);
    });
}

#[test]
fn an_extended_due_day_that_becomes_a_day_off_moves_on() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        s.officer.act(&code, "start", &json!({})).expect(200);
        let later = json!({ "reason": "Chờ xác minh", "until": "2023-12-20" });
        s.officer.act(&code, "extend", &later).expect(200);
        let body = json!({ "changes": { "calendar": { "put": [
            { "date": "2023-12-20", "kind": "holiday", "name_vi": "x", "basis": "assumed", "source": "x" } ] } } });
        let draft = s.administrator.post(BOOKS, &body).expect(201).body["id"].as_str().unwrap().to_owned();
        let published = publish(&s.administrator, &draft, "").expect(200).body;
        done(&s.administrator, &published["recomputation"]["id"]);
        assert_eq!(due(&s.desk, &code), "2023-12-21T17:00:00+07:00");
    });
}

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

#[test]
fn the_law_is_read_by_everybody_with_its_sources() {
    on_both(|world| {
        let nobody = world.nobody();
        let tables = nobody.get("/api/v1/reference-tables").expect(200).body;
        let names: Vec<&str> =
            tables["items"].as_array().unwrap().iter().map(|t| t["table"].as_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "base_salary",
                "regional_minimum_wage",
                "wage_regions",
                "calendar",
                "working_hours",
                "unemployment_rules",
                "timers"
            ]
        );
        assert!(tables["items"].as_array().unwrap().iter().all(|t| t["rows"].as_i64().unwrap() > 0));
        let on = |table: &str, day: &str| {
            nobody.get(&format!("/api/v1/reference-tables/{table}?on={day}")).expect(200).body["items"]
                .clone()
        };
        let salary = on("base_salary", "2023-11-15");
        assert_eq!(salary.as_array().unwrap().len(), 1, "{salary}");
        assert_eq!((&salary[0]["value"], &salary[0]["unit"]), (&json!(1_800_000), &json!("vnd_per_month")));
        assert_eq!((&salary[0]["valid_to"], &salary[0]["basis"]), (&json!("2024-06-30"), &json!("recalled")));
        assert!(!salary[0]["source"].as_str().unwrap().is_empty());
        assert_eq!(on("regional_minimum_wage", "2026-02-01").as_array().unwrap().len(), 4);
        assert_eq!(on("calendar", "2024-04-29")[0]["value"], "swapped_off");
        let law = on("unemployment_rules", "2026-01-01");
        assert!(
            law.as_array()
                .unwrap()
                .iter()
                .all(|r| r["key"].as_str().unwrap().starts_with("employment_law_2025"))
        );
        // All rows by pages, once each.
        let (mut keys, mut path) = (Vec::new(), "/api/v1/reference-tables/wage_regions?limit=50".to_owned());
        loop {
            let page = nobody.get(&path).expect(200).body;
            keys.extend(page["items"].as_array().unwrap().iter().map(|r| r["key"].to_string()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/api/v1/reference-tables/wage_regions?limit=50&cursor={cursor}");
        }
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!((keys.len(), all), (127, 127));
        let csv = nobody.get("/api/v1/reference-tables/base_salary?format=csv").expect(200);
        assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
        assert!(csv.text.trim_start_matches('\u{feff}').starts_with("key,name,valid_from,"), "{}", csv.text);
        assert_eq!(csv.text.lines().count(), 9);
        nobody.get("/api/v1/reference-tables/salaries").expect(404);
    });
}

/// A dossier that another process accepts by the old calendar after the publication is found too.
#[test]
fn what_was_reckoned_by_the_old_calendar_is_found() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        let draft =
            s.administrator.post(BOOKS, &draft_body()).expect(201).body["id"].as_str().unwrap().to_owned();
        let published = publish(&s.administrator, &draft, "").expect(200).body;
        let id = published["recomputation"]["id"].clone();
        done(&s.administrator, &id);
        let late = s.citizen.submit(&package());
        s.desk.act(&late, "accept", &json!({})).expect(200);
        // As that process would have left it.
        let code = domain::dossier::number::DossierCode::parse(&late).unwrap();
        let before = world.state.store.read(|r| persistence::dossiers::get(r, &code)).unwrap();
        let calendar = "calendar-of-before";
        let due = "2023-12-13T10:00:00Z".parse().unwrap();
        let now = world.clock.now();
        world
            .state
            .store
            .write_blocking("test", move |tx| {
                let mut after = before.dossier.clone();
                after.due_at = Some(due);
                after.calendar_version = Some(calendar.to_owned());
                after.version += 1;
                let events = persistence::events::list(&mut tx.reader(), after.id, 0, 10)?;
                let mut event = events.last().unwrap().event.clone();
                event.seq = after.version;
                persistence::dossiers::save(tx, &before, &after, &event, None, &[], now)
            })
            .unwrap();
        let begun = Instant::now();
        while self::due(&s.desk, &late) != "2023-12-14T17:00:00+07:00" {
            assert!(begun.elapsed() < Duration::from_secs(20), "it is never found");
            std::thread::sleep(Duration::from_millis(100));
        }
        let job = done(&s.administrator, &id);
        assert_eq!((&job["dossiers_total"], &job["dossiers_moved"]), (&json!(2), &json!(2)), "{job}");
    });
}

fn out(url: &str, arguments: &[&str]) -> String {
    let done = motcua(url, arguments).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn token(url: &str, name: &str, role: &str) -> String {
    let create = ["user", "create", "--name", name, "--role", role, "--unit", "H08"];
    assert!(motcua(url, &create).stdout(Stdio::null()).status().unwrap().success());
    out(url, &["token", "--user", name]).trim().to_owned()
}

/// The next Monday to Friday that comes a week from now, as the machine reckons.
fn soon() -> String {
    let day = "import datetime as d; t = d.date.today() + d.timedelta(7); \
        print(t + d.timedelta((7 - t.weekday()) % 7 if t.weekday() > 4 else 0))";
    let done = Command::new("python3").args(["-c", day]).output().unwrap();
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// Killed in the middle, the job goes on and does nothing twice.
fn killed(database: Database) {
    let (url, _folder) = fresh_database(database);
    let (desk, admin) = (token(&url, "desk", "desk_officer"), token(&url, "admin", "administrator"));
    let process = Process::start(&url);
    let (clerk, chief) = (actor(&process.url, &desk), actor(&process.url, &admin));
    // A procedure without a form, and with a limit of twenty working days or so.
    let mut body = crate::faults::package_now();
    body["procedure"] = json!("2.000111");
    let codes: Vec<String> = (0..1_000)
        .map(|n| {
            let key = format!("k{n}");
            let reply = clerk.post_with("/api/v1/dossiers", &body, &[("idempotency-key", &key)]).expect(201);
            reply.body["code"].as_str().unwrap().to_owned()
        })
        .collect();
    for some in codes.chunks(500) {
        let items: Vec<Value> = some.iter().map(|c| json!({ "code": c, "version": 1 })).collect();
        let batch = json!({ "atomic": true, "items": items });
        let key = [("idempotency-key", some[0].as_str())];
        let reply = clerk.post_with("/api/v1/dossiers/batch/accept", &batch, &key).expect(200);
        assert_eq!(reply.body["done"], 500, "{}", reply.text);
    }
    let before = due(&clerk, &codes[0]);
    let day = json!({ "date": soon(), "kind": "holiday", "name_vi": "x", "basis": "assumed", "source": "x" });
    let draft = chief.post(BOOKS, &json!({ "changes": { "calendar": { "put": [day] } } })).expect(201);
    let published = publish(&chief, draft.body["id"].as_str().unwrap(), "").expect(200).body;
    let id = published["recomputation"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/recomputations/{id}");
    let begun = Instant::now();
    loop {
        let done = chief.get(&path).expect(200).body["dossiers_done"].as_i64().unwrap();
        if done >= 100 {
            assert!(done < 1_000, "it was over before it could be killed");
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    process.kill();
    let process = Process::start(&url);
    let (clerk, chief) = (actor(&process.url, &desk), actor(&process.url, &admin));
    let job = done(&chief, &json!(id));
    assert_eq!(
        (&job["state"], &job["dossiers_done"], &job["dossiers_moved"], &job["dossiers_failed"]),
        (&json!("completed"), &json!(1_000), &json!(1_000), &json!(0)),
        "{job}"
    );
    for code in codes.iter().step_by(97) {
        let events = clerk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
        let moves =
            events["items"].as_array().unwrap().iter().filter(|e| e["action"] == "recompute_deadline");
        assert_eq!(moves.count(), 1, "{code}");
        assert_ne!(due(&clerk, code), before);
    }
    process.kill();
    assert!(out(&url, &["audit", "verify"]).contains(" 0 faults"));
}

#[test]
fn a_killed_recomputation_goes_on_on_sqlite() {
    killed(Database::Sqlite);
}

#[test]
fn a_killed_recomputation_goes_on_on_postgresql() {
    killed(Database::Postgres);
}

/// The command line: out into files, rehearsed, published, and not taken back by the shipped set.
#[test]
fn the_operator_publishes_from_files() {
    let (url, folder) = fresh_database(Database::Sqlite);
    let loaded = || out(&url, &["reference", "load"]);
    assert!(loaded().contains("rules unchanged"));
    let dir = folder.path().join("book");
    let dir = dir.to_str().unwrap();
    assert!(out(&url, &["rule-book", "export", dir]).starts_with("rules-"));
    // What was exported says the same and changes nothing.
    assert!(out(&url, &["reference", "load", dir]).contains("rules unchanged"));
    let file = folder.path().join("book/calendar.csv");
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("2023-11-20,holiday,Ngày nghỉ thử,assumed,thử\n");
    std::fs::write(&file, text).unwrap();
    let rehearsed = out(&url, &["rule-book", "publish", dir, "--dry-run"]);
    assert!(
        rehearsed.contains("1 differences") && rehearsed.contains("added calendar 2023-11-20"),
        "{rehearsed}"
    );
    assert!(out(&url, &["reference", "load", dir, "--dry-run"]).contains("added calendar 2023-11-20"));
    assert!(loaded().contains("rules unchanged"), "a dry run writes nothing");
    let published = out(&url, &["rule-book", "publish", dir, "--note", "thử"]);
    assert!(published.contains("in force"), "{published}");
    let listed = out(&url, &["rule-book", "list"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.lines().next().unwrap().contains("in force"), "{listed}");
    // The shipped set leaves it in force; a folder that somebody names does not.
    let kept = loaded();
    assert!(kept.contains("stays in force") && kept.contains("rules unchanged"), "{kept}");
    let first = listed.lines().last().unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(out(&url, &["rule-book", "publish", &first]).contains("in force"));
    std::fs::write(&file, "date,kind,name_vi,basis,source\n2023-11-20,swapped_off,x,assumed,x\n").unwrap();
    let refused = motcua(&url, &["rule-book", "publish", dir]).output().unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8(refused.stdout).unwrap().contains("swap_without_pair"));
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

/// Makes so many more dossiers like one.
fn copies(database: Database, url: &str, code: &str, more: usize) {
    let many = format!("SELECT d.* FROM dossiers d, n WHERE d.code = '{code}'");
    let script = match database {
        Database::Sqlite => format!(
            "CREATE TABLE many AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {more}) \
             {many}; UPDATE many SET id = randomblob(16), code = hex(randomblob(8)); \
             INSERT INTO dossiers SELECT * FROM many; DROP TABLE many"
        ),
        Database::Postgres => format!(
            "CREATE TABLE many AS WITH n AS (SELECT generate_series(1, {more}) AS i) {many}; \
             UPDATE many SET id = gen_random_uuid(), code = gen_random_uuid()::text; \
             INSERT INTO dossiers SELECT * FROM many; DROP TABLE many"
        ),
    };
    tool_on(database, url, &script);
}

/// More open dossiers than one page or one list holds: all are counted, and the list goes on.
#[test]
fn a_dry_run_looks_at_every_open_dossier() {
    const OPEN: usize = 20_300;
    on_both(|world| {
        let s = world.staff();
        let admin = &s.administrator;
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        copies(world.database, world.state.config.database_url.reveal(), &code, OPEN - 1);
        let id = admin.post(BOOKS, &draft_body()).expect(201).body["id"].as_str().unwrap().to_owned();
        let found = publish(admin, &id, "?dry_run=true").expect(200).body["due_dates"].clone();
        // A page is always looked at; how many more in the time that an answer has, the machine says.
        if found["complete"] == true {
            assert_eq!((&found["examined"], &found["moved"]), (&json!(OPEN), &json!(OPEN)));
        }
        assert!(found["examined"].as_u64().unwrap() >= 500, "{found}");
        let listed = found["items"].as_array().unwrap();
        assert_eq!(listed.len(), 200);
        let mut seen: std::collections::BTreeSet<String> =
            listed.iter().map(|m| m["code"].as_str().unwrap().to_owned()).collect();
        let mut cursor = found["next_cursor"].clone();
        while let Some(at) = cursor.as_str() {
            let page = admin.get(&format!("{BOOKS}/{id}/due-dates?limit=200&cursor={at}")).expect(200).body;
            for m in page["items"].as_array().unwrap() {
                assert_eq!((&m["days"], &m["reasons"]), (&json!(1), &json!([])));
                assert!(seen.insert(m["code"].as_str().unwrap().to_owned()), "{m} twice");
            }
            cursor = page["next_cursor"].clone();
        }
        assert_eq!(seen.len(), OPEN);
        assert!(seen.contains(&code));
        // Without a limit of time the command line counts all.
        let url = world.state.config.database_url.reveal();
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("book");
        let dir = dir.to_str().unwrap();
        out(url, &["rule-book", "export", dir]);
        let file = format!("{dir}/calendar.csv");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text + "2023-11-20,holiday,Ngày nghỉ thử,assumed,thử\n").unwrap();
        let said = out(url, &["rule-book", "publish", dir, "--dry-run"]);
        assert!(said.contains(&format!("{OPEN} of {OPEN} open dossiers would move")), "{said}");
        assert!(said.contains(&format!("and {} more", OPEN - 200)), "{said}");
        // A cursor of one book is none of another's.
        let other = admin.post(BOOKS, &draft_body()).expect(201).body["id"].as_str().unwrap().to_owned();
        let at = found["next_cursor"].as_str().unwrap();
        let refused = admin.get(&format!("{BOOKS}/{other}/due-dates?cursor={at}")).expect(400);
        assert_eq!(refused.code(), "invalid_cursor");
    });
}

/// Answers for the document.
pub fn answers(database: Database, answers: &mut Answers) {
    let world = World::new(database);
    let s = world.staff();
    let (nobody, admin) = (world.nobody(), &s.administrator);
    answers.note("list_reference_tables", nobody.get("/api/v1/reference-tables"));
    let rows = "/api/v1/reference-tables/base_salary?on=2023-11-15";
    answers.note("list_reference_table_rows", nobody.get(rows));
    let other = world.citizen(PERSON);
    let code = other.submit(&package());
    s.desk.act(&code, "accept", &json!({})).expect(200);
    // The tables of the answers are cut to what shows their shape.
    let short = |mut reply: acceptance::Reply| {
        if let Some(tables) = reply.body["tables"].as_object_mut() {
            tables.values_mut().filter_map(Value::as_array_mut).for_each(|rows| rows.truncate(1));
        }
        reply
    };
    let made = answers.note("create_rule_book", short(admin.post(BOOKS, &draft_body())));
    let of = format!("{BOOKS}/{}", made["id"].as_str().unwrap());
    let put = with_tag(admin, "PUT", &of, &of, Some(&draft_body()));
    answers.note("update_rule_book", short(put));
    answers.note("get_rule_book", short(admin.get(&of)));
    answers.note("list_rule_books", admin.get(BOOKS));
    answers.note("validate_rule_book", admin.send("POST", &format!("{of}/validate"), &[], None));
    answers.note("list_rule_book_differences", admin.get(&format!("{of}/differences")));
    answers.note("list_rule_book_due_dates", admin.get(&format!("{of}/due-dates")));
    answers.note("simulate_rule_book", admin.post(&format!("{of}/what-if"), &json!({})));
    rehearsals::answers(admin, made["id"].as_str().unwrap(), answers);
    let published = answers.note("publish_rule_book", publish(admin, made["id"].as_str().unwrap(), ""));
    let id = &published["recomputation"]["id"];
    done(admin, id);
    let path = format!("/api/v1/recomputations/{}", id.as_str().unwrap());
    answers.note("get_recomputation", admin.get(&path));
    answers.note("list_recomputations", admin.get("/api/v1/recomputations"));
    let draft = admin.post(BOOKS, &json!({})).expect(201).body;
    let of = format!("{BOOKS}/{}", draft["id"].as_str().unwrap());
    answers.done("delete_rule_book", with_tag(admin, "DELETE", &of, &of, None));
}
