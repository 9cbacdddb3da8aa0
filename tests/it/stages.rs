//! The share of the time limit that each stage of a procedure has: when it began, when it is used up, and
//! whether it was kept.

use acceptance::{Actor, Database, World, fresh_database};
use domain::access::Role;
use serde_json::{Value, json};

use crate::faults::motcua;
use crate::queue::{agrees, count};
use crate::releases::sql;
use crate::{on_both, rule_books};

/// A procedure of two stages: two working days for the first, eight working hours for the second.
pub fn procedure(world: &World, code: &str) {
    let editor = world.actor(Role::CatalogueEditor, "H08");
    let stage = |order: i32, name: &str, value: i64, unit: &str| {
        json!({ "order": order, "name_vi": name, "level": "province", "role": "case_officer",
            "limit": { "value": value, "unit": unit } })
    };
    let body = json!({
        "code": code, "name_vi": "Cấp giấy xác nhận thử nghiệm", "field": "Việc làm", "level": "province",
        "unit": "H08.15", "online_level": "full", "channels": ["online", "in_person"],
        "stages": [stage(1, "Thẩm định", 2, "working_days"), stage(2, "Trình ký", 8, "working_hours")],
        "papers": [ { "code": "don", "name_vi": "Đơn đề nghị", "required": false, "originals": 1 } ],
        "limit": { "value": 10, "unit": "working_days" },
        "legal_basis": [ { "number": "28/2015/NĐ-CP" } ], "result": { "name_vi": "Giấy xác nhận" },
        "form_schema": { "type": "object" }, "source": "Quyết định công bố"
    });
    let draft = editor.post("/api/v1/procedures", &body).expect(201);
    let here = draft.header("location").unwrap().to_owned();
    let tag = draft.header("etag").unwrap().to_owned();
    editor.post_with(&format!("{here}/publish"), &json!({}), &[("if-match", &tag)]).expect(200);
}

/// A dossier of such a procedure, handed in at the desk.
pub fn package(code: &str) -> Value {
    json!({ "procedure": code, "unit": "H08.15", "channel": "in_person",
        "applicant": { "name": "Trần Văn Bình", "personal_id": "052185000002" }, "form": {}, "papers": [] })
}

#[test]
fn each_stage_has_its_own_clock() {
    on_both(|world| {
        procedure(&world, "1.900010");
        let s = world.staff();
        let code = s.desk.submit(&package("1.900010"));
        let deadline = |who: &Actor| {
            who.get(&format!("/api/v1/dossiers/{code}/deadline")).expect(200).body["stages"].clone()
        };
        assert_eq!(deadline(&s.desk), json!([]), "before acceptance no clock runs");
        // Wednesday: two working days after it is Friday.
        world.at("2023-11-15T10:00:00+07:00");
        s.desk.act(&code, "accept", &json!({})).expect(200);
        world.at("2023-11-16T09:00:00+07:00");
        s.officer.act(&code, "start", &json!({})).expect(200);
        let stages = deadline(&s.officer);
        assert_eq!(
            stages,
            json!([{ "stage": 1, "stage_name": "Thẩm định", "began_at": "2023-11-15T10:00:00+07:00",
                "limit": { "value": 2, "unit": "working_days" }, "due_at": "2023-11-17T17:00:00+07:00",
                "ended_at": null, "late": false }]),
            "beginning to work does not turn the clock of the stage back"
        );
        // Paused for a working day: none is due while it lasts, a day more when it is over.
        let payment = json!({ "amount_vnd": 30000, "reason": "Lệ phí" });
        s.desk.act(&code, "request-payment", &payment).expect(200);
        assert_eq!(deadline(&s.officer)[0]["due_at"], Value::Null);
        world.at("2023-11-17T09:00:00+07:00");
        s.desk.act(&code, "confirm-payment", &json!({ "reference": "BL-1" })).expect(200);
        assert_eq!(deadline(&s.officer)[0]["due_at"], "2023-11-20T17:00:00+07:00");
        // Late at the first stage; the second begins anew, and what is promised moves nothing of it.
        world.at("2023-11-21T10:00:00+07:00");
        assert_eq!(deadline(&s.officer)[0]["late"], true);
        s.officer.act(&code, "forward", &json!({})).expect(200);
        let later = json!({ "reason": "Chờ xác minh", "until": "2023-12-20" });
        s.officer.act(&code, "extend", &later).expect(200);
        world.at("2023-11-21T15:00:00+07:00");
        s.officer.act(&code, "send-back", &json!({ "to_stage": 1, "reason": "Thiếu" })).expect(200);
        world.at("2023-11-22T08:00:00+07:00");
        s.officer.act(&code, "forward", &json!({})).expect(200);
        s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
        world.at("2023-11-22T16:00:00+07:00");
        let decision = json!({ "outcome": "approved", "decision_number": "1" });
        s.approver.act(&code, "decide", &decision).expect(200);
        let stages = deadline(&s.desk);
        let told: Vec<Vec<Value>> = stages
            .as_array()
            .unwrap()
            .iter()
            .map(|s| ["stage", "due_at", "ended_at", "late"].iter().map(|k| s[k].clone()).collect())
            .collect();
        assert_eq!(
            json!(told),
            json!([
                [1, "2023-11-20T17:00:00+07:00", "2023-11-21T10:00:00+07:00", true],
                [2, "2023-11-22T10:00:00+07:00", "2023-11-21T15:00:00+07:00", false],
                [1, "2023-11-23T17:00:00+07:00", "2023-11-22T08:00:00+07:00", false],
                [2, "2023-11-23T08:00:00+07:00", "2023-11-22T16:00:00+07:00", false]
            ])
        );
        let sheet = s.desk.get(&format!("/api/v1/dossiers/{code}/control-sheet")).expect(200).body;
        assert_eq!(sheet["stages"], stages, "the control sheet says the same");
    });
}

/// How many wait so at their stage; each count has the list of exactly those.
#[track_caller]
fn at_stage(who: &Actor) -> [i64; 4] {
    let queue = agrees(who, "/api/v1/queue/counts?unit=H08.15");
    ["late", "due_soon", "on_time", "no_due"]
        .map(|lateness| count(&queue, "by_stage_lateness", "stage_lateness", lateness))
}

#[test]
fn what_lingers_at_a_stage_is_counted_and_listed() {
    on_both(|world| {
        procedure(&world, "1.900010");
        let s = world.staff();
        // One that no stage limits is never late at one.
        let other = s.citizen.submit(&acceptance::package());
        s.desk.act(&other, "accept", &json!({})).expect(200);
        let code = s.desk.submit(&package("1.900010"));
        assert_eq!(at_stage(&s.officer), [0, 0, 0, 2], "no clock runs before acceptance");
        // Wednesday, 10:00: used up on Friday, which is soon.
        world.at("2023-11-15T10:00:00+07:00");
        s.desk.act(&code, "accept", &json!({})).expect(200);
        s.officer.act(&code, "start", &json!({})).expect(200);
        assert_eq!(at_stage(&s.officer), [0, 1, 0, 1]);
        world.at("2023-11-17T17:00:00+07:00");
        assert_eq!(at_stage(&s.officer), [0, 1, 0, 1], "the very instant is in time");
        world.at("2023-11-17T17:00:01+07:00");
        assert_eq!(at_stage(&s.officer), [1, 0, 0, 1]);
        let listed = |query: &str| {
            let page = s.officer.get(&format!("/api/v1/dossiers?{query}")).expect(200).body;
            page["items"].as_array().unwrap().iter().map(|d| d["code"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(listed("stage_lateness=late"), [json!(code)]);
        assert_eq!(listed("stage_lateness=late&lateness=late"), [Value::Null; 0], "it is in time as a whole");
        let body = json!({ "stage_lateness": "late", "stage": 1 });
        let found = s.officer.post("/api/v1/dossiers/search", &body).expect(200).body;
        assert_eq!(found["items"][0]["code"], json!(code));
        assert_eq!(
            s.officer.get("/api/v1/dossiers?stage_lateness=x").expect(400).wrong()[0].0,
            "stage_lateness"
        );
        // A letter of apology moves what was promised, not the share of the stage.
        let later = json!({ "reason": "Chờ xác minh", "until": "2023-12-20" });
        s.officer.act(&code, "extend", &later).expect(200);
        assert_eq!(at_stage(&s.officer), [1, 0, 0, 1]);
        // Nothing is late while the applicant is waited for; what was used up stays used up.
        let missing = json!({ "reason": "Thiếu", "missing": ["don"], "until": "2023-11-30" });
        s.officer.act(&code, "request-supplement", &missing).expect(200);
        world.at("2023-11-20T09:00:00+07:00");
        let brought = json!({ "papers": [ { "code": "don", "original": true } ] });
        s.desk.act(&code, "supplement", &brought).expect(200);
        assert_eq!(at_stage(&s.officer), [1, 0, 0, 1]);
        // The next stage begins anew: eight working hours. Back again, two days from then.
        s.officer.act(&code, "forward", &json!({})).expect(200);
        assert_eq!(at_stage(&s.officer), [0, 1, 0, 1]);
        world.at("2023-11-22T09:00:00+07:00");
        assert_eq!(at_stage(&s.officer), [1, 0, 0, 1]);
        s.officer.act(&code, "send-back", &json!({ "to_stage": 1, "reason": "Thiếu" })).expect(200);
        assert_eq!(at_stage(&s.officer), [0, 1, 0, 1]);
        // Paused before it is used up: no time runs, and what is left is left.
        let payment = json!({ "amount_vnd": 30000, "reason": "Lệ phí" });
        s.desk.act(&code, "request-payment", &payment).expect(200);
        assert_eq!(at_stage(&s.officer), [0, 0, 0, 2]);
        world.at("2023-11-24T09:00:00+07:00");
        s.desk.act(&code, "confirm-payment", &json!({ "reference": "BL-1" })).expect(200);
        world.at("2023-11-28T16:59:00+07:00");
        assert_eq!(at_stage(&s.officer), [0, 1, 0, 1]);
        world.at("2023-11-28T17:01:00+07:00");
        assert_eq!(at_stage(&s.officer), [1, 0, 0, 1]);
        // What is decided, and what is over, is at no stage.
        s.officer.act(&code, "forward", &json!({})).expect(200);
        s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
        s.approver
            .act(&code, "decide", &json!({ "outcome": "approved", "decision_number": "1" }))
            .expect(200);
        world.at("2023-12-01T09:00:00+07:00");
        assert_eq!(at_stage(&s.officer), [0, 0, 0, 2]);
        s.desk.act(&code, "hand-over", &json!({ "how": "counter" })).expect(200);
        assert_eq!(at_stage(&s.officer), [0, 0, 0, 1]);
        world.citizen("052190000777").get("/api/v1/dossiers?stage_lateness=no_due").expect(200);
    });
}

#[test]
fn what_lingers_longest_at_its_stage_comes_first() {
    on_both(|world| {
        procedure(&world, "1.900010");
        let s = world.staff();
        // Taken in on Wednesday, on Friday and on Thursday: the order of the list is neither that nor the
        // order of submission.
        let codes: Vec<String> = (0..3).map(|_| s.desk.submit(&package("1.900010"))).collect();
        let due = ["2023-11-17T17:00:00+07:00", "2023-11-21T17:00:00+07:00", "2023-11-20T17:00:00+07:00"];
        for (n, at) in [(0, "2023-11-15T10:00:00+07:00"), (2, "2023-11-16T10:00:00+07:00")] {
            world.at(at);
            s.desk.act(&codes[n], "accept", &json!({})).expect(200);
        }
        world.at("2023-11-17T10:00:00+07:00");
        s.desk.act(&codes[1], "accept", &json!({})).expect(200);
        world.at("2023-11-23T10:00:00+07:00");
        let lines = |page: &Value| -> Vec<Value> {
            let items = page["items"].as_array().unwrap().iter();
            items.map(|d| json!([d["code"], d["stage_due_at"]])).collect()
        };
        let told = [0, 2, 1].map(|n| json!([codes[n], due[n]]));
        let first = "/api/v1/dossiers?stage_lateness=late&sort=stage_due_at&limit=2";
        let page = s.officer.get(first).expect(200).body;
        assert_eq!(lines(&page), told[..2]);
        let next = format!("{first}&cursor={}", page["next_cursor"].as_str().unwrap());
        let page = s.officer.get(&next).expect(200).body;
        assert_eq!((lines(&page), &page["next_cursor"]), (told[2..].to_vec(), &Value::Null));
        // Who sees several units is answered alike, and so is a search.
        let body = json!({ "stage_lateness": "late", "sort": "stage_due_at" });
        let everywhere = world.actor(Role::Auditor, "H08");
        assert_eq!(lines(&everywhere.post("/api/v1/dossiers/search", &body).expect(200).body), told);
        assert_eq!(
            lines(&everywhere.get("/api/v1/dossiers?stage_lateness=late&sort=stage_due_at").expect(200).body),
            told
        );
        let csv = s
            .officer
            .get("/api/v1/dossiers?stage_lateness=late&sort=stage_due_at&format=csv")
            .expect(200)
            .text;
        let places: Vec<_> = [0, 2, 1].iter().map(|n| csv.find(&codes[*n]).unwrap()).collect();
        assert!(csv.contains("Hạn của bước") && places.is_sorted(), "{csv}");
        // A reading says the same; no time runs while somebody is waited for.
        let read = |code: &str| {
            s.officer.get(&format!("/api/v1/dossiers/{code}")).expect(200).body["stage_due_at"].clone()
        };
        assert_eq!(read(&codes[1]), due[1]);
        let payment = json!({ "amount_vnd": 30000, "reason": "Lệ phí" });
        s.desk.act(&codes[1], "request-payment", &payment).expect(200);
        assert_eq!(read(&codes[1]), Value::Null);
        // There is no such order of what has no such instant.
        for query in ["sort=stage_due_at", "stage_lateness=no_due&sort=stage_due_at"] {
            let refused = s.officer.get(&format!("/api/v1/dossiers?{query}")).expect(400);
            assert_eq!((refused.code(), refused.wrong()[0].0.as_str()), ("invalid_query_parameter", "sort"));
        }
        let refused =
            s.officer.post("/api/v1/dossiers/search", &json!({ "sort": "stage_due_at" })).expect(422);
        assert_eq!(refused.wrong()[0].0, "/sort");
    });
}

#[test]
fn a_published_day_off_moves_what_is_due_at_a_stage() {
    on_both(|world| {
        procedure(&world, "1.900010");
        let s = world.staff();
        // Friday: two working days after it is Tuesday; with Monday off, Wednesday.
        world.at("2023-11-17T09:00:00+07:00");
        let code = s.desk.submit(&package("1.900010"));
        s.desk.act(&code, "accept", &json!({})).expect(200);
        // What was promised is fixed by letter: it moves nothing but the stage.
        s.officer.act(&code, "extend", &json!({ "reason": "Chờ", "until": "2023-12-20" })).expect(200);
        let read = |path: &str| s.desk.get(&format!("/api/v1/dossiers/{code}{path}")).expect(200).body;
        let (due, version) = (read("")["due_at"].clone(), read("")["version"].clone());
        assert_eq!(read("/deadline")["stages"][0]["due_at"], "2023-11-21T17:00:00+07:00");
        let draft = s.administrator.post(rule_books::BOOKS, &rule_books::draft_body()).expect(201).body;
        let published = rule_books::publish(&s.administrator, draft["id"].as_str().unwrap(), "").expect(200);
        let job = rule_books::done(&s.administrator, &published.body["recomputation"]["id"]);
        assert_eq!((&job["dossiers_done"], &job["dossiers_moved"]), (&json!(1), &json!(0)), "{job}");
        assert_eq!((&read("")["due_at"], &read("")["version"]), (&due, &version));
        assert_eq!(read("/deadline")["stages"][0]["due_at"], "2023-11-22T17:00:00+07:00");
        world.at("2023-11-22T16:00:00+07:00");
        assert_eq!(at_stage(&s.officer), [0, 1, 0, 0]);
        world.at("2023-11-22T18:00:00+07:00");
        assert_eq!(at_stage(&s.officer), [1, 0, 0, 0]);
    });
}

/// What an earlier release left at a stage with a share is reckoned by the job that follows calendars.
#[test]
fn what_was_at_a_stage_before_its_due_was_kept_is_reckoned() {
    for database in Database::BOTH {
        let (url, folder) = fresh_database(database);
        let world = World::on(database, &url, tempfile::tempdir().unwrap());
        procedure(&world, "1.900010");
        let s = world.staff();
        let mut codes: Vec<String> = (0..3).map(|_| s.desk.submit(&package("1.900010"))).collect();
        codes.push(s.desk.submit(&acceptance::package()));
        for code in &codes {
            s.desk.act(code, "accept", &json!({})).expect(200);
        }
        let payment = json!({ "amount_vnd": 30000, "reason": "Lệ phí" });
        s.desk.act(&codes[1], "request-payment", &payment).expect(200);
        s.officer.act(&codes[2], "stop", &json!({ "reason": "x", "reason_code": "other" })).expect(200);
        let told = |desk: &Actor| -> Vec<Value> {
            let of = |code: &String| desk.get(&format!("/api/v1/dossiers/{code}/deadline")).expect(200).body;
            codes.iter().map(of).collect()
        };
        let before = told(&s.desk);
        drop(world);
        let side = if database == Database::Sqlite { "sqlite" } else { "postgres" };
        // The later one has an index with the column.
        for name in ["2026-11-30-000091_figure_periods", "2026-11-30-000061_stage_due"] {
            let down = format!("persistence/migrations/{side}/{name}/down.sql");
            let down = std::fs::read_to_string(acceptance::root().join(down)).unwrap();
            let version: String = name.chars().filter(char::is_ascii_digit).collect();
            let forget = format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}';");
            sql(&url, &format!("{down}\n{forget}"));
        }
        let up = motcua(&url, &["migrate", "up"]).output().unwrap();
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
        let world = World::on(database, &url, folder);
        world.at("2023-11-16T09:00:00+07:00");
        let (desk, admin) =
            (world.actor(Role::DeskOfficer, "H08.15"), world.actor(Role::Administrator, "H08"));
        let begun = std::time::Instant::now();
        let job = loop {
            let jobs = admin.get("/api/v1/recomputations").expect(200).body["items"].clone();
            if !jobs[0]["finished_at"].is_null() {
                break jobs[0].clone();
            }
            assert!(begun.elapsed().as_secs() < 30, "{jobs}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        };
        assert_eq!((&job["dossiers_done"], &job["dossiers_moved"]), (&json!(2), &json!(0)), "{job}");
        assert_eq!(at_stage(&desk), [0, 1, 0, 2]);
        let timeless = |told: Vec<Value>| -> Vec<Value> {
            let without = |mut t: Value| {
                t.as_object_mut().unwrap().remove("remaining");
                t
            };
            told.into_iter().map(without).collect()
        };
        assert_eq!(timeless(told(&desk)), timeless(before), "and nothing else has moved");
    }
}
