//! The law as data: drafted, checked, compared, published; open dossiers follow, settled ones stay.

mod drafts;
mod recomputations;
mod rehearsals;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Actor, Database, PERSON, World, fresh_database, package};
use serde_json::{Value, json};

use crate::document::Answers;
use crate::faults::motcua;
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
