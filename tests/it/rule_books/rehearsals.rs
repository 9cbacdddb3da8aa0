//! What a dry run cannot count in the time of an answer, a job does: wholly, once, and writing no dossier.

use std::time::{Duration, Instant};

use acceptance::{Actor, Database, Reply, World, fresh_database, package};
use domain::access::Role;
use serde_json::{Value, json};

use super::{BOOKS, draft_body, due, out, publish, soon, token, with_tag};
use crate::document::Answers;
use crate::faults::{Process, actor, package_now};
use crate::figures::checks::{tool, tool_on};
use crate::on_both;

fn rehearse(who: &Actor, book: &str) -> Reply {
    let of = format!("{BOOKS}/{book}");
    with_tag(who, "POST", &format!("{of}/rehearsals"), &of, None)
}

fn read(who: &Actor, id: &str) -> Value {
    who.get(&format!("/api/v1/rule-book-rehearsals/{id}")).expect(200).body
}

/// Follows a rehearsal until it is as wanted.
#[track_caller]
fn until(who: &Actor, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let job = read(who, id);
        if wanted(&job) {
            return job;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{job}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn done(who: &Actor, id: &str) -> Value {
    until(who, id, |job| !job["finished_at"].is_null())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Counts of a dry run that looked at all.
fn complete_dry_run(who: &Actor, book: &str) -> Value {
    let begun = Instant::now();
    loop {
        let found = publish(who, book, "?dry_run=true").expect(200).body;
        if found["due_dates"]["complete"] == true {
            assert_eq!(found["rehearsal"], Value::Null);
            return found["due_dates"].clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the machine is too slow for a dry run");
    }
}

const COUNTS: [&str; 7] = ["examined", "moved", "later", "earlier", "failed", "shifts", "reasons"];

#[track_caller]
fn same_counts(job: &Value, dry_run: &Value) {
    for name in COUNTS {
        assert_eq!(job["due_dates"][name], dry_run[name], "{name}: {job}");
    }
}

/// An instant of the story's clock, so many seconds on, as the database keeps it.
fn instant(world: &World, seconds: i64) -> String {
    let at = world.clock.now() + chrono::Duration::seconds(seconds);
    match world.database {
        Database::Sqlite => at.timestamp_micros().to_string(),
        Database::Postgres => format!("'{}'", at.to_rfc3339()),
    }
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

/// Open dossiers of which one moves later and one earlier, and two cannot be reckoned, among many.
#[test]
fn a_rehearsal_counts_what_a_complete_dry_run_counts() {
    on_both(|world| {
        let s = world.staff();
        let admin = &s.administrator;
        let accepted = || {
            let code = s.citizen.submit(&package());
            s.desk.act(&code, "accept", &json!({})).expect(200);
            code
        };
        let (code, early, beyond, unknown) = (accepted(), accepted(), accepted(), accepted());
        copies(world.database, world.state.config.database_url.reveal(), &code, 1_200);
        let (far, strange) = match world.database {
            Database::Sqlite => ("9000000000000000".to_owned(), "x'018c0000000070008000000000000000'"),
            Database::Postgres => ("'2255-01-01'".to_owned(), "'018c0000-0000-7000-8000-000000000000'"),
        };
        let later = instant(&world, 90 * 86_400);
        tool(
            &world,
            &format!(
                "UPDATE dossiers SET due_at = {later} WHERE code = '{early}'; \
                 UPDATE dossiers SET accepted_at = {far} WHERE code = '{beyond}'; \
                 UPDATE dossiers SET procedure_version = {strange} WHERE code = '{unknown}'"
            ),
        );
        let before = due(&s.desk, &code);
        let book = text(&admin.post(BOOKS, &draft_body()).expect(201).body["id"]);
        let dry_run = complete_dry_run(admin, &book);
        assert_eq!((&dry_run["examined"], &dry_run["failed"]), (&json!(1_204), &json!(2)), "{dry_run}");
        assert_eq!((&dry_run["later"], &dry_run["earlier"]), (&json!(1_201), &json!(1)), "{dry_run}");
        let why: Vec<_> = dry_run["reasons"].as_array().unwrap().iter().map(|r| text(&r["code"])).collect();
        assert_eq!(why, ["out_of_range", "unknown_version"], "{dry_run}");

        let asked = rehearse(admin, &book).expect(202);
        let id = text(&asked.body["id"]);
        assert_eq!(asked.header("location"), Some(format!("/api/v1/rule-book-rehearsals/{id}").as_str()));
        assert_eq!(asked.body["dossiers_total"], 1_204);
        let job = done(admin, &id);
        assert_eq!((&job["state"], &job["created_by"]), (&json!("completed"), &json!(admin.user)), "{job}");
        same_counts(&job, &dry_run);
        assert_eq!(due(&s.desk, &code), before, "no dossier is written");
        let audited = format!(
            "SELECT count(*) FROM audit_entries WHERE action = 'rehearse_rule_book' AND subject = '{book}'"
        );
        assert_eq!(tool(&world, &audited).trim(), "1");
        // A version that was published is tried the same way; it moves nothing that is not moved already.
        let version = text(&job["in_force"]);
        let of_version = text(&rehearse(admin, &version).expect(202).body["id"]);
        assert_eq!(done(admin, &of_version)["due_dates"]["examined"], 1_204);

        // As a publication would be: by whoever may, of what was seen, and of what has no errors.
        let editor = world.actor(Role::CatalogueEditor, "H08");
        rehearse(&editor, &book).expect(403);
        editor.get(&format!("/api/v1/rule-book-rehearsals/{id}")).expect(403);
        let path = format!("{BOOKS}/{book}/rehearsals");
        admin.send("POST", &path, &[("if-match", "\"v9\"")], None).expect(412);
        admin.send("POST", &path, &[], None).expect(428);
        let wrong = json!({ "tables": { "base_salary": [] } });
        let wrong = text(&admin.post(BOOKS, &wrong).expect(201).body["id"]);
        rehearse(admin, &wrong).expect(422);
    });
}

/// A worker that went silent after a page: until its lease is over nobody touches the job, and whoever
/// takes it up goes on behind that page.
#[test]
fn a_rehearsal_goes_on_from_its_place_when_a_lease_is_over() {
    on_both(|world| {
        let s = world.staff();
        let admin = &s.administrator;
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        copies(world.database, world.state.config.database_url.reveal(), &code, 1_299);
        let book = text(&admin.post(BOOKS, &draft_body()).expect(201).body["id"]);
        let id = text(&rehearse(admin, &book).expect(202).body["id"]);
        let whole = done(admin, &id);
        assert_eq!(whole["due_dates"]["moved"], 1_300, "{whole}");
        let somebody = match world.database {
            Database::Sqlite => "x'018c0000000070008000000000000000'",
            Database::Postgres => "'018c0000-0000-7000-8000-000000000000'",
        };
        let shifts = match world.database {
            Database::Sqlite => "'{\"1\":700}'",
            Database::Postgres => "'{\"1\":700}'::jsonb",
        };
        // Of the 700 first, as after a page of 700.
        tool(
            &world,
            &format!(
                "UPDATE rule_book_rehearsals SET state = 'running', finished_at = NULL, \
                 dossiers_examined = 700, dossiers_moved = 700, dossiers_later = 700, shifts = {shifts}, \
                 place_id = (SELECT id FROM dossiers ORDER BY calendar_version, id LIMIT 1 OFFSET 699), \
                 lease_owner = {somebody}, lease_until = {}",
                instant(&world, 15)
            ),
        );
        std::thread::sleep(Duration::from_millis(2_500));
        let held = read(admin, &id);
        assert_eq!((&held["state"], &held["due_dates"]["examined"]), (&json!("running"), &json!(700)));
        // Whoever asks meanwhile is led to the same.
        assert_eq!(rehearse(admin, &book).expect(202).body["id"], json!(id));
        world.clock.set(world.clock.now() + chrono::Duration::seconds(16));
        let job = done(admin, &id);
        assert_eq!(job["state"], "completed", "{job}");
        same_counts(&job, &whole["due_dates"]);
    });
}

/// Counts of a book that is another by now are nobody's: the draft was changed, or another came into
/// force.
#[test]
fn a_rehearsal_is_superseded_when_the_rule_book_changes() {
    on_both(|world| {
        let admin = &world.staff().administrator;
        let again = |id: &str| {
            let sql = "UPDATE rule_book_rehearsals SET state = 'queued', finished_at = NULL";
            tool(&world, sql);
            done(admin, id)["state"].clone()
        };
        let book = text(&admin.post(BOOKS, &draft_body()).expect(201).body["id"]);
        let id = text(&rehearse(admin, &book).expect(202).body["id"]);
        assert_eq!(done(admin, &id)["state"], "completed");
        assert_eq!(again(&id), "completed", "nothing has changed");
        let of = format!("{BOOKS}/{book}");
        with_tag(admin, "PUT", &of, &of, Some(&draft_body())).expect(200);
        assert_eq!(again(&id), "superseded");
        let second = text(&rehearse(admin, &book).expect(202).body["id"]);
        assert_ne!(second, id, "another draft by now");
        assert_eq!(done(admin, &second)["state"], "completed");
        publish(admin, &book, "").expect(200);
        assert_eq!(again(&second), "superseded");
        // A draft that is gone.
        let third = text(&admin.post(BOOKS, &json!({})).expect(201).body["id"]);
        let id = text(&rehearse(admin, &third).expect(202).body["id"]);
        done(admin, &id);
        let of = format!("{BOOKS}/{third}");
        with_tag(admin, "DELETE", &of, &of, None).expect(204);
        assert_eq!(again(&id), "superseded");
    });
}

/// Killed in the middle: it goes on, and every dossier is counted once. A dry run that has no time leads
/// to it.
fn killed(database: Database) {
    const OPEN: usize = 60_000;
    let (url, _folder) = fresh_database(database);
    let (desk, chief) = (token(&url, "desk", "desk_officer"), token(&url, "admin", "administrator"));
    let settings = [("MOTCUA_ANSWER_TIMEOUT_MS", "1000")];
    let process = Process::start_with(&url, &settings);
    let (clerk, admin) = (actor(&process.url, &desk), actor(&process.url, &chief));
    let mut body = package_now();
    body["procedure"] = json!("2.000111");
    let code = clerk.submit(&body);
    clerk.act(&code, "accept", &json!({})).expect(200);
    copies(database, &url, &code, OPEN - 1);
    let day = json!({ "date": soon(), "kind": "holiday", "name_vi": "x", "basis": "assumed", "source": "x" });
    let draft = json!({ "changes": { "calendar": { "put": [day] } } });
    let book = text(&admin.post(BOOKS, &draft).expect(201).body["id"]);
    let dry_run = publish(&admin, &book, "?dry_run=true").expect(200).body;
    assert_eq!((&dry_run["due_dates"]["complete"], &dry_run["rehearsal"]), (&json!(false), &Value::Null));
    let id = text(&rehearse(&admin, &book).expect(202).body["id"]);
    let led = publish(&admin, &book, "?dry_run=true").expect(200).body["rehearsal"].clone();
    assert_eq!(led["id"], json!(id), "{led}");
    let seen = until(&admin, &id, |job| job["due_dates"]["examined"].as_u64().unwrap() >= 1_000);
    assert_eq!(seen["finished_at"], Value::Null, "it was over before it could be killed: {seen}");
    process.kill();
    let process = Process::start_with(&url, &settings);
    let admin = actor(&process.url, &chief);
    let job = done(&admin, &id);
    assert_eq!((&job["state"], &job["due_dates"]["examined"]), (&json!("completed"), &json!(OPEN)), "{job}");
    assert_eq!((&job["due_dates"]["moved"], &job["dossiers_total"]), (&json!(OPEN), &json!(OPEN)), "{job}");
    process.kill();
}

#[test]
fn a_killed_rehearsal_goes_on_on_sqlite() {
    killed(Database::Sqlite);
}

#[test]
fn a_killed_rehearsal_goes_on_on_postgresql() {
    killed(Database::Postgres);
}

/// Answers for the document.
pub fn answers(admin: &Actor, book: &str, answers: &mut Answers) {
    let asked = answers.note("rehearse_rule_book", rehearse(admin, book));
    let id = text(&asked["id"]);
    done(admin, &id);
    answers.note("get_rule_book_rehearsal", admin.get(&format!("/api/v1/rule-book-rehearsals/{id}")));
}
