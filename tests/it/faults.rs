//! What was acknowledged survives; what was not leaves nothing half-written.
//!
//! Shortened for every run; `MOTCUA_FAULT_ROUNDS=50` runs them in full.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use acceptance::{Actor, Database, World, fresh_database, package, root};
use serde_json::{Value, json};

use crate::on_both;

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how long")]
fn rounds(short: usize) -> usize {
    std::env::var("MOTCUA_FAULT_ROUNDS").ok().and_then(|v| v.parse().ok()).unwrap_or(short)
}

/// The program itself, as a process that can be killed.
struct Process {
    child: Child,
    url: String,
}

fn motcua(database_url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(root().join("target/debug/motcua"));
    command
        .args(arguments)
        .env("MOTCUA_DATABASE_URL", database_url)
        .env("MOTCUA_ADMIN_BIND", "off")
        .env("MOTCUA_PUBLIC_RATE_PER_MINUTE", "0")
        .env("MOTCUA_DRAIN_SECONDS", "0");
    command
}

impl Process {
    fn start(database_url: &str) -> Self {
        let mut child = motcua(database_url, &["serve", "--bind", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("target/debug/motcua: build it with `cargo build -p api`");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let begun = Instant::now();
        let url = loop {
            let line = lines.next().expect("the service says where it listens").unwrap();
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = entry["address"].as_str().or_else(|| entry["fields"]["address"].as_str()) {
                break format!("http://{address}");
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{line}");
        };
        std::thread::spawn(move || for _ in lines.by_ref() {});
        Self { child, url }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn token(database_url: &str) -> String {
    let create = ["user", "create", "--name", "desk", "--role", "desk_officer", "--unit", "H08.15"];
    assert!(motcua(database_url, &create).stdout(Stdio::null()).status().unwrap().success());
    let done = motcua(database_url, &["token", "--user", "desk"]).output().unwrap();
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// A package that is right today, whenever today is.
fn package_now() -> Value {
    let mut body = package();
    body["procedure"] = json!("2.001953");
    body["form"] = json!({});
    body["papers"] = json!([]);
    body
}

fn actor(url: &str, token: &str) -> Actor {
    let mut actor = Actor::at(url);
    actor.token = Some(token.to_owned());
    actor
}

/// killed at any moment of a write load.
fn killed_in_the_middle(database: Database) {
    let (url, _folder) = fresh_database(database);
    let token = token(&url);
    let told: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let open: Arc<Mutex<Vec<String>>> = Arc::default();
    for round in 0..rounds(4) {
        let process = Process::start(&url);
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..8)
            .map(|client| {
                let (actor, told, open, stop) =
                    (actor(&process.url, &token), told.clone(), open.clone(), stop.clone());
                std::thread::spawn(move || {
                    for n in 0.. {
                        if stop.load(Ordering::Acquire) {
                            return;
                        }
                        let key = format!("r{round}-c{client}-{n}");
                        let headers = [("idempotency-key", key.as_str())];
                        match actor.try_post("/api/v1/dossiers", &package_now(), &headers) {
                            Some(reply) if reply.status == 201 => {
                                let code = reply.body["code"].as_str().unwrap().to_owned();
                                told.lock().unwrap().push((key, code.clone()));
                                if n % 3 == 0 {
                                    let path = format!("/api/v1/dossiers/{code}/accept");
                                    let _ = actor.try_post(&path, &json!({}), &[("if-match", "\"v1\"")]);
                                }
                            }
                            Some(reply) => assert_eq!(reply.status, 503, "{}", reply.text),
                            None => open.lock().unwrap().push(key),
                        }
                    }
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(300 + 137 * u64::try_from(round % 7).unwrap()));
        process.kill();
        stop.store(true, Ordering::Release);
        clients.into_iter().for_each(|c| c.join().unwrap());
    }
    let begun = Instant::now();
    let process = Process::start(&url);
    assert!(begun.elapsed() < Duration::from_secs(10), "ready again");
    let actor = actor(&process.url, &token);
    let told = told.lock().unwrap().clone();
    assert!(told.len() > 20, "a load: {}", told.len());
    for (key, code) in &told {
        // Acknowledged: there, whole, and the same answer to a repeat.
        let events = actor.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
        let read = actor.get(&format!("/api/v1/dossiers/{code}")).expect(200).body;
        assert_eq!(json!(events["items"].as_array().unwrap().len()), read["version"], "{code}");
        let again =
            actor.post_with("/api/v1/dossiers", &package_now(), &[("idempotency-key", key)]).expect(201);
        assert_eq!((again.header("idempotent-replayed"), &again.body["code"]), (Some("true"), &json!(code)));
    }
    for key in open.lock().unwrap().iter() {
        // Not answered: either it was kept and is answered alike, or it is done now; never twice.
        let headers = [("idempotency-key", key.as_str())];
        let first = actor.post_with("/api/v1/dossiers", &package_now(), &headers).expect(201);
        let second = actor.post_with("/api/v1/dossiers", &package_now(), &headers).expect(201);
        assert_eq!(first.body["code"], second.body["code"]);
    }
    let keys = told.len() + open.lock().unwrap().len();
    let counted = actor.get("/api/v1/dossiers?count=exact&limit=1").expect(200).body["count"].clone();
    assert_eq!(counted, json!(keys), "one dossier a key");
    process.kill();
    let verified = motcua(&url, &["audit", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[test]
fn r_01_r_03_killed_on_sqlite() {
    killed_in_the_middle(Database::Sqlite);
}

#[test]
fn r_02_r_03_killed_on_postgresql() {
    killed_in_the_middle(Database::Postgres);
}

///
#[test]
fn r_05_one_key_at_once_is_done_once() {
    on_both(|world| {
        let desk = world.staff().desk;
        let clients: Vec<_> = (0..64)
            .map(|_| {
                let desk = desk.clone();
                std::thread::spawn(move || {
                    desk.post_with("/api/v1/dossiers", &package(), &[("idempotency-key", "the-one-key")])
                })
            })
            .collect();
        let replies: Vec<_> = clients.into_iter().map(|c| c.join().unwrap()).collect();
        assert!(
            replies.iter().all(|r| matches!(r.status, 201 | 409)),
            "{:?}",
            replies.iter().map(|r| r.status).collect::<Vec<_>>()
        );
        let fresh = replies.iter().filter(|r| r.status == 201 && r.header("idempotent-replayed").is_none());
        assert_eq!(fresh.count(), 1);
        assert_eq!(desk.get("/api/v1/dossiers?count=exact").expect(200).body["count"], 1);
    });
}

///
#[test]
fn r_07_two_officers_decide_at_once() {
    on_both(|world| {
        let s = world.staff();
        let other = world.actor(domain::access::Role::Approver, "H08.15");
        for _ in 0..rounds(15) {
            let code = s.citizen.submit(&package());
            s.desk.act(&code, "accept", &json!({})).expect(200);
            s.officer.act(&code, "start", &json!({})).expect(200);
            s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
            let decide = |who: &Actor, outcome: &'static str| {
                let (who, code) = (who.clone(), code.clone());
                std::thread::spawn(move || {
                    let body = json!({ "outcome": outcome, "decision_number": "1", "reason": "x" });
                    who.post_with(
                        &format!("/api/v1/dossiers/{code}/decide"),
                        &body,
                        &[("if-match", "\"v4\"")],
                    )
                    .status
                })
            };
            let (a, b) = (decide(&s.approver, "approved"), decide(&other, "rejected"));
            let mut statuses = [a.join().unwrap(), b.join().unwrap()];
            statuses.sort_unstable();
            assert!(statuses[0] == 200 && matches!(statuses[1], 409 | 412), "{statuses:?}");
            let events = s.desk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
            let decided =
                events["items"].as_array().unwrap().iter().filter(|e| e["action"] == "decide").count();
            assert_eq!(decided, 1);
        }
    });
}

/// several processes, several units, refusals between.
fn numbers(database: Database) {
    let (url, _folder) = fresh_database(database);
    let token = token(&url);
    let create = ["user", "create", "--name", "province", "--role", "desk_officer", "--unit", "H08"];
    assert!(motcua(&url, &create).stdout(Stdio::null()).status().unwrap().success());
    let province = motcua(&url, &["token", "--user", "province"]).output().unwrap();
    let province = String::from_utf8(province.stdout).unwrap().trim().to_owned();
    drop(token);
    let processes = [Process::start(&url), Process::start(&url)];
    let each = rounds(4) * 10;
    let clients: Vec<_> = (0..12_usize)
        .map(|n| {
            let actor = actor(&processes[n % 2].url, &province);
            std::thread::spawn(move || {
                let mut codes = Vec::new();
                for i in 0..each {
                    let mut body = package_now();
                    body["unit"] = json!(["H08.15", "H08.16", "H08.22", "H08.40"][i % 4]);
                    if i % 20 == 19 {
                        body["form"] = json!("no form");
                        actor.post("/api/v1/dossiers", &body).expect(422);
                        continue;
                    }
                    codes.push(actor.submit(&body));
                }
                codes
            })
        })
        .collect();
    let mut codes: Vec<String> = clients.into_iter().flat_map(|c| c.join().unwrap()).collect();
    let made = codes.len();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), made, "all distinct");
    // Gaps are allowed; without a crash there are none.
    for unit in ["H08.15", "H08.16", "H08.22", "H08.40"] {
        let mut places: Vec<usize> = codes
            .iter()
            .filter(|c| c.starts_with(&format!("{unit}-")))
            .map(|c| c.rsplit('-').next().unwrap().parse().unwrap())
            .collect();
        places.sort_unstable();
        assert_eq!(places, (1..=places.len()).collect::<Vec<_>>(), "{unit}");
    }
    processes.into_iter().for_each(Process::kill);
}

#[test]
fn r_09_codes_are_unique_over_processes_on_sqlite() {
    numbers(Database::Sqlite);
}

#[test]
fn r_09_codes_are_unique_over_processes_on_postgresql() {
    numbers(Database::Postgres);
}

/// Part of R-35: a signal to stop answers what runs and ends with 0.
#[test]
fn a_signal_stops_in_order() {
    let (url, _folder) = fresh_database(Database::Sqlite);
    let mut process = Process::start(&url);
    Actor::at(&process.url).get("/readyz").expect(200);
    let pid = process.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let begun = Instant::now();
    assert!(process.child.wait().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// A full lane refuses at once instead of hanging, and says when to come back.
#[test]
fn a_closed_store_refuses_with_retry_after() {
    let world = World::new(Database::Sqlite);
    let s = world.staff();
    world.state.store.close();
    let reply = s.citizen.post("/api/v1/dossiers", &package()).expect(503);
    assert!(reply.header("retry-after").is_some());
    s.desk.get("/api/v1/dossiers").expect(200);
}

/// A changed, a removed and a cut-off row of the audit chain are each found.
#[test]
fn the_audit_chain_shows_what_was_tampered_with() {
    let (url, _folder) = fresh_database(Database::Postgres);
    let token = token(&url);
    let process = Process::start(&url);
    let actor = actor(&process.url, &token);
    for _ in 0..3 {
        actor.submit(&package_now());
    }
    process.kill();
    let found = || String::from_utf8(motcua(&url, &["audit", "verify"]).output().unwrap().stdout).unwrap();
    let sql = |statement: &str| {
        let statement = format!("SET session_replication_role = replica; {statement}");
        let done = Command::new("psql")
            .args(["-q", "-v", "ON_ERROR_STOP=1", &url, "-c", &statement])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    assert!(found().contains(" 0 faults"), "{}", found());
    sql("UPDATE audit_entries SET subject = subject || 'x' WHERE action = 'submit_dossier' AND seq = 2");
    assert!(found().contains("changed"), "{}", found());
    sql("UPDATE audit_entries SET subject = left(subject, -1) WHERE action = 'submit_dossier' AND seq = 2");
    assert!(found().contains(" 0 faults"), "{}", found());
    sql("DELETE FROM audit_entries WHERE action = 'submit_dossier' AND seq = 2");
    assert!(found().contains("missing"), "{}", found());
    sql("DELETE FROM audit_entries WHERE action = 'submit_dossier'");
    assert!(found().contains("truncated"), "{}", found());
    // Without that trick the database itself refuses.
    let mut refused = Command::new("psql");
    refused
        .args(["-q", "-v", "ON_ERROR_STOP=1", &url, "-c", "DELETE FROM audit_entries"])
        .stderr(Stdio::null());
    assert!(!refused.status().unwrap().success());
}

/// An import that is killed goes on where it stopped and does nothing twice.
#[test]
fn a_killed_import_goes_on() {
    let (url, _folder) = fresh_database(Database::Sqlite);
    let create = ["user", "create", "--name", "admin", "--role", "administrator", "--unit", "H08"];
    assert!(motcua(&url, &create).stdout(Stdio::null()).status().unwrap().success());
    let token =
        String::from_utf8(motcua(&url, &["token", "--user", "admin"]).output().unwrap().stdout).unwrap();
    // The shipped export many times over, under codes of its own each time.
    let export = crate::figures::export();
    let file: Vec<String> = (0..8)
        .flat_map(|n| {
            export
                .lines()
                .map(move |l| l.replacen("\"MaHoSo\":\"H08.15-", &format!("\"MaHoSo\":\"H08.{}-", 50 + n), 1))
        })
        .collect();
    let process = Process::start(&url);
    let admin = actor(&process.url, token.trim());
    let headers = [("content-type", "application/x-ndjson")];
    let path = "/api/v1/imports?kind=portal_dossiers";
    let id =
        admin.send("POST", path, &headers, Some(file.join("\n").as_bytes())).expect(202).body["id"].clone();
    let id = id.as_str().unwrap().to_owned();
    process.kill();
    let process = Process::start(&url);
    let admin = actor(&process.url, token.trim());
    let begun = Instant::now();
    let done = loop {
        let import = admin.get(&format!("/api/v1/imports/{id}")).expect(200).body;
        if import["state"] == "completed" {
            break import;
        }
        assert!(begun.elapsed() < Duration::from_secs(90), "{import}");
        std::thread::sleep(Duration::from_millis(200));
    };
    let rows = json!(file.len());
    assert_eq!(
        (&done["rows_done"], &done["rows_failed"], &done["rows_unchanged"]),
        (&rows, &json!(0), &json!(0)),
        "{done}"
    );
    assert_eq!(done["disagreements"], json!(24));
    let figures = admin.get("/api/v1/statistics/unemployment?as_of=2023-11-15").expect(200).body;
    assert_eq!((&figures["received"], &figures["approved"]), (&rows, &json!(137 * 8)));
    process.kill();
}
