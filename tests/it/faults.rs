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
pub(crate) fn rounds(short: usize) -> usize {
    std::env::var("MOTCUA_FAULT_ROUNDS").ok().and_then(|v| v.parse().ok()).unwrap_or(short)
}

/// The program itself, as a process that can be killed.
pub(crate) struct Process {
    child: Child,
    pub(crate) url: String,
}

pub(crate) fn motcua(database_url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(root().join("target/debug/motcua"));
    command
        .args(arguments)
        .env("MOTCUA_DATABASE_URL", database_url)
        .env("MOTCUA_FILES", acceptance::files(database_url))
        .env("MOTCUA_ADMIN_BIND", "off")
        .env("MOTCUA_PUBLIC_RATE_PER_MINUTE", "0")
        .env("MOTCUA_DRAIN_SECONDS", "0");
    command
}

impl Process {
    pub(crate) fn start(database_url: &str) -> Self {
        Self::start_with(database_url, &[])
    }

    /// Starts it with more settings.
    pub(crate) fn start_with(database_url: &str, settings: &[(&str, &str)]) -> Self {
        let mut command = motcua(database_url, &["serve", "--bind", "127.0.0.1:0"]);
        command.envs(settings.iter().copied());
        Self::spawn(command)
    }

    /// Starts the service as a command says.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command
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

    /// Its process number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end; gives the exit code.
    pub(crate) fn wait(&mut self, longest: Duration) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < longest, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub(crate) fn token(database_url: &str) -> String {
    let create = ["user", "create", "--name", "desk", "--role", "desk_officer", "--unit", "H08.15"];
    assert!(motcua(database_url, &create).stdout(Stdio::null()).status().unwrap().success());
    let done = motcua(database_url, &["token", "--user", "desk"]).output().unwrap();
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// A package that is right today, whenever today is.
pub(crate) fn package_now() -> Value {
    let mut body = package();
    body["procedure"] = json!("2.001953");
    body["form"] = json!({});
    body["papers"] = json!([]);
    body
}

pub(crate) fn actor(url: &str, token: &str) -> Actor {
    let mut actor = Actor::at(url);
    actor.token = Some(token.to_owned());
    actor
}

/// Starts the service and holds it to being ready within two seconds.
fn ready_again(url: &str) -> Process {
    let begun = Instant::now();
    let process = Process::start(url);
    Actor::at(&process.url).get("/readyz").expect(200);
    assert!(begun.elapsed() < Duration::from_secs(2), "ready again after {:?}", begun.elapsed());
    process
}

/// Dossiers that lack their first event or their audit entry.
const HALF_WRITTEN: &str = "SELECT count(*) FROM dossiers d WHERE \
    NOT EXISTS (SELECT 1 FROM dossier_events e WHERE e.dossier_id = d.id AND e.seq = 1) \
    OR (d.portal IS NULL AND NOT EXISTS (SELECT 1 FROM audit_entries a WHERE a.subject = d.code AND a.action = 'submit_dossier'))";

/// What a killed process left: a sound database, nothing half-written, and on PostgreSQL no
/// transaction that idles on.
pub(crate) fn whole(database: Database, url: &str, folder: &std::path::Path) {
    match database {
        Database::Sqlite => {
            // A copy is looked at, so that the next start meets just what the kill left.
            let copy = folder.join("copy");
            std::fs::create_dir(&copy).unwrap();
            for end in ["", "-wal"] {
                let from = folder.join(format!("motcua.sqlite{end}"));
                if from.exists() {
                    std::fs::copy(from, copy.join(format!("motcua.sqlite{end}"))).unwrap();
                }
            }
            let script = format!(
                "import sqlite3; c = sqlite3.connect({:?}); \
                 print(c.execute('PRAGMA integrity_check').fetchone()[0], c.execute(\"{HALF_WRITTEN}\").fetchone()[0])",
                copy.join("motcua.sqlite").display().to_string()
            );
            let done = Command::new("python3").args(["-c", &script]).output().unwrap();
            assert_eq!(
                String::from_utf8_lossy(&done.stdout).trim(),
                "ok 0",
                "{}",
                String::from_utf8_lossy(&done.stderr)
            );
            std::fs::remove_dir_all(copy).unwrap();
        }
        Database::Postgres => {
            assert_eq!(query(url, HALF_WRITTEN), "0");
            let idle = "SELECT count(*) FROM pg_stat_activity \
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
            let begun = Instant::now();
            while query(url, idle) != "0" {
                assert!(begun.elapsed() < Duration::from_secs(10), "a transaction idles on");
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

/// The one value a statement gives on PostgreSQL.
pub(crate) fn query(url: &str, sql: &str) -> String {
    let done = Command::new("psql").args(["-qAt", "-v", "ON_ERROR_STOP=1", url, "-c", sql]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// killed at any moment of a write load.
fn killed_in_the_middle(database: Database) {
    let (url, folder) = fresh_database(database);
    let token = token(&url);
    let told: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let open: Arc<Mutex<Vec<String>>> = Arc::default();
    for round in 0..rounds(4) {
        let process = ready_again(&url);
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
                            Some(reply) => assert!(matches!(reply.status, 503 | 409), "{}", reply.text),
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
        whole(database, &url, folder.path());
    }
    let process = ready_again(&url);
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

/// Submits until it is answered, wherever the service is by then: what was sent and not answered is
/// sent again under the same key.
fn submit_for_certain(at: &Mutex<String>, token: &str, body: &Value, key: &str) -> String {
    let begun = Instant::now();
    loop {
        let url = at.lock().unwrap().clone();
        match actor(&url, token).try_post("/api/v1/dossiers", body, &[("idempotency-key", key)]) {
            Some(reply) if reply.status == 201 => return reply.body["code"].as_str().unwrap().to_owned(),
            // Not now, or its first sending still runs: both say when to come back.
            Some(reply) => assert!(matches!(reply.status, 503 | 409), "{}", reply.text),
            None => {}
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{key} is never answered");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// several processes, several units, refusals between, and three kills.
fn numbers(database: Database) {
    let (url, _folder) = fresh_database(database);
    let create = ["user", "create", "--name", "province", "--role", "desk_officer", "--unit", "H08"];
    assert!(motcua(&url, &create).stdout(Stdio::null()).status().unwrap().success());
    let province = motcua(&url, &["token", "--user", "province"]).output().unwrap();
    let province = String::from_utf8(province.stdout).unwrap().trim().to_owned();
    let steady = Process::start(&url);
    let mut killed = Process::start(&url);
    let addresses = [Arc::new(Mutex::new(steady.url.clone())), Arc::new(Mutex::new(killed.url.clone()))];
    let (writers, each) = (rounds(12).min(50), rounds(2) * 40);
    let done = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let clients: Vec<_> = (0..writers)
        .map(|n| {
            let (at, token, done) = (addresses[n % 2].clone(), province.clone(), done.clone());
            std::thread::spawn(move || {
                let mut codes = Vec::new();
                for i in 0..each {
                    let mut body = package_now();
                    body["unit"] = json!(["H08.15", "H08.16", "H08.22", "H08.40"][i % 4]);
                    if i % 20 == 19 {
                        body["form"] = json!("no form");
                        let url = at.lock().unwrap().clone();
                        let refused = actor(&url, &token).try_post("/api/v1/dossiers", &body, &[]);
                        assert!(refused.is_none_or(|r| matches!(r.status, 422 | 503)));
                        continue;
                    }
                    codes.push(submit_for_certain(&at, &token, &body, &format!("w{n}-{i}")));
                    done.fetch_add(1, Ordering::AcqRel);
                }
                codes
            })
        })
        .collect();
    let all = writers * each;
    for kill in 1..=3_usize {
        // Spread over the load, so that every kill meets writers at work.
        while done.load(Ordering::Acquire) < all * kill / 5 {
            assert!(clients.iter().any(|c| !c.is_finished()), "the writers have ended");
            std::thread::sleep(Duration::from_millis(5));
        }
        killed.kill();
        killed = Process::start(&url);
        addresses[1].lock().unwrap().clone_from(&killed.url);
    }
    let mut codes: Vec<String> = clients.into_iter().flat_map(|c| c.join().unwrap()).collect();
    let made = codes.len();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), made, "all distinct");
    // Gaps are allowed, yet there are none: a number is taken in the transaction that uses it.
    for unit in ["H08.15", "H08.16", "H08.22", "H08.40"] {
        let mut places: Vec<usize> = codes
            .iter()
            .filter(|c| c.starts_with(&format!("{unit}-")))
            .map(|c| c.rsplit('-').next().unwrap().parse().unwrap())
            .collect();
        places.sort_unstable();
        assert_eq!(places, (1..=places.len()).collect::<Vec<_>>(), "{unit}");
    }
    steady.kill();
    killed.kill();
}

#[test]
fn r_09_codes_are_unique_over_processes_on_sqlite() {
    numbers(Database::Sqlite);
}

#[test]
fn r_09_codes_are_unique_over_processes_on_postgresql() {
    numbers(Database::Postgres);
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
