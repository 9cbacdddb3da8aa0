//! The n-th call of the database fails, for every n: always a clean answer, never half a change.
//!
//! On PostgreSQL a proxy cuts the connection before the n-th message; on SQLite the n-th call on
//! its file fails. Both meet the program as it is shipped. `MOTCUA_FAULT_ROUNDS` tries every n.

use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use acceptance::faulty::Faulty;
use acceptance::proxy::{Proxy, server_of};
use acceptance::{Actor, Database, Reply, World, fresh_database};
use serde_json::{Value, json};

use crate::faults::{Process, actor, motcua, package_now, query, rounds, whole};

/// What breaks the n-th call.
enum Breaker {
    File(Faulty),
    Wire(Proxy),
}

impl Breaker {
    fn arm(&self, n: i64) {
        match self {
            Self::File(faulty) => faulty.fail_call(n),
            Self::Wire(proxy) => proxy.mischief.cut_message.store(n, Ordering::SeqCst),
        }
    }

    fn broken(&self) -> i64 {
        match self {
            Self::File(faulty) => faulty.failed(),
            Self::Wire(proxy) => i64::try_from(proxy.mischief.cuts.load(Ordering::SeqCst)).unwrap(),
        }
    }
}

/// A service whose database can be broken, and those who use it.
struct Scene {
    database: Database,
    url: String,
    folder: tempfile::TempDir,
    breaker: Breaker,
    process: Process,
    desk: Actor,
    officer: Actor,
    approver: Actor,
    administrator: Actor,
}

impl Scene {
    fn new(database: Database) -> Self {
        let (url, folder) = fresh_database(database);
        let token = |name: &str, role: &str, unit: &str| {
            let create = ["user", "create", "--name", name, "--role", role, "--unit", unit];
            assert!(motcua(&url, &create).stdout(Stdio::null()).status().unwrap().success());
            let done = motcua(&url, &["token", "--user", name]).output().unwrap();
            String::from_utf8(done.stdout).unwrap().trim().to_owned()
        };
        let tokens = [
            token("desk", "desk_officer", "H08.15"),
            token("officer", "case_officer", "H08.15"),
            token("approver", "approver", "H08.15"),
            token("administrator", "administrator", "H08"),
        ];
        let (breaker, process) = match database {
            Database::Sqlite => {
                let faulty = Faulty::new(folder.path());
                let mut command = motcua(&url, &["serve", "--bind", "127.0.0.1:0"]);
                faulty.before(&mut command);
                (Breaker::File(faulty), Process::spawn(command))
            }
            Database::Postgres => {
                let proxy = Proxy::before(&server_of(&url));
                let process = Process::start(&proxy.through(&url));
                (Breaker::Wire(proxy), process)
            }
        };
        let [desk, officer, approver, administrator] = tokens.map(|token| actor(&process.url, &token));
        Self { database, url, folder, breaker, process, desk, officer, approver, administrator }
    }

    /// A dossier on which everything before `action` is done; gives its code and version.
    fn before(&self, action: &str) -> (String, i64) {
        let code = self.desk.submit(&package_now());
        let steps: [(&str, &Actor, Value); 4] = [
            ("accept", &self.desk, json!({})),
            ("start", &self.officer, json!({})),
            ("propose", &self.officer, json!({ "outcome": "approved" })),
            ("decide", &self.approver, json!({})),
        ];
        let mut version = 1;
        for (step, who, body) in steps {
            if step == action {
                break;
            }
            who.act(&code, step, &body).expect(200);
            version += 1;
        }
        (code, version)
    }

    /// Tries one request with the n-th call broken, then again under its key until it is done.
    /// Says whether anything was broken.
    fn tried(&self, n: i64, send: impl Fn() -> Reply, success: u16) -> bool {
        let before = self.breaker.broken();
        self.breaker.arm(n);
        let begun = Instant::now();
        let first = send();
        let took = begun.elapsed();
        self.breaker.arm(0);
        let broken = self.breaker.broken() > before;
        clean(&first, success);
        assert!(took < Duration::from_secs(6), "call {n}: {took:?}");
        let again = loop {
            let again = send();
            if again.status == success {
                break again;
            }
            clean(&again, success);
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "call {n}: it never comes back: {}",
                again.text
            );
            std::thread::sleep(Duration::from_millis(50));
        };
        if first.status == success {
            assert_eq!(again.body, first.body, "call {n}");
        }
        broken
    }

    /// Nothing is left half done, and nothing is held.
    fn whole(self) {
        for _ in 0..20 {
            self.desk.get("/api/v1/dossiers?limit=1").expect(200);
            self.desk.submit(&package_now());
        }
        if self.database == Database::Postgres {
            // Readers, two lanes, and whoever looks at the moment.
            let open =
                query(&self.url, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()");
            assert!(open.parse::<usize>().unwrap() <= 40, "{open} connections");
        }
        self.process.kill();
        whole(self.database, &self.url, self.folder.path());
        let verified = motcua(&self.url, &["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }
}

/// Success, or a problem that is a server's, to be read by a machine, and tells nothing inside.
#[track_caller]
fn clean(reply: &Reply, success: u16) {
    // A repeat may meet the first try at work.
    if reply.status == success || (reply.status == 409 && reply.code() == "idempotency_in_progress") {
        return;
    }
    assert_eq!(reply.status, 503, "{}", reply.text);
    assert!(reply.header("content-type").unwrap().starts_with("application/problem+json"), "{}", reply.text);
    assert!(reply.header("retry-after").is_some() && !reply.code().is_empty(), "{}", reply.text);
    for inside in ["SELECT", "INSERT", "sqlite", "disk I/O", "server closed", "127.0.0.1"] {
        assert!(!reply.text.contains(inside), "{}", reply.text);
    }
}

/// R-14 for one action on a dossier: it is done once, whatever fails.
fn every_call_of_an_action(scene: &Scene, action: &str, who: &Actor, body: &Value, most: i64) {
    let mut broken = 0;
    for n in 1..=most {
        let (code, version) = scene.before(action);
        let (tag, key) = (format!("\"v{version}\""), format!("{action}-{n}"));
        let path = format!("/api/v1/dossiers/{code}/{action}");
        let headers = [("if-match", tag.as_str()), ("idempotency-key", key.as_str())];
        let hit = scene.tried(n, || who.post_with(&path, body, &headers), 200);
        broken += usize::from(hit);
        let read = who.get(&format!("/api/v1/dossiers/{code}")).expect(200).body;
        let events = who.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
        let done = events["items"].as_array().unwrap().iter().filter(|e| e["action"] == action).count();
        assert_eq!((done, &read["version"]), (1, &json!(version + 1)), "{action}, call {n}");
        // A call that no longer belongs to the request: every one of its own was tried.
        if !hit && n > 4 {
            break;
        }
    }
    assert!(broken > 0, "{action}: no call was broken");
}

fn submits(scene: &Scene, most: i64) {
    let count =
        || scene.desk.get("/api/v1/dossiers?count=exact&limit=1").expect(200).body["count"].as_i64().unwrap();
    let (before, mut sent, mut broken) = (count(), 0, 0);
    for n in 1..=most {
        let key = format!("submit-{n}");
        let headers = [("idempotency-key", key.as_str())];
        broken += usize::from(scene.tried(
            n,
            || scene.desk.post_with("/api/v1/dossiers", &package_now(), &headers),
            201,
        ));
        sent += 1;
    }
    assert!(broken > 0, "no call was broken");
    assert_eq!(count() - before, sent, "one dossier a key");
}

fn reads(scene: &Scene, most: i64) {
    for n in 1..=most.min(6) {
        scene.tried(n, || scene.desk.get("/api/v1/dossiers?limit=5&count=exact"), 200);
    }
}

/// Five dossiers accepted at once: all or none under one key.
fn batches(scene: &Scene, most: i64) {
    let mut broken = 0;
    for n in 1..=most {
        let codes: Vec<String> = (0..5).map(|_| scene.desk.submit(&package_now())).collect();
        let items: Vec<Value> = codes.iter().map(|c| json!({ "code": c, "version": 1 })).collect();
        let (body, key) = (json!({ "atomic": n % 2 == 0, "items": items }), format!("batch-{n}"));
        let headers = [("idempotency-key", key.as_str())];
        let send = || scene.desk.post_with("/api/v1/dossiers/batch/accept", &body, &headers);
        broken += usize::from(scene.tried(n, send, 200));
        for code in &codes {
            let read = scene.desk.get(&format!("/api/v1/dossiers/{code}")).expect(200).body;
            assert_eq!((&read["version"], &read["status"]), (&json!(2), &json!("accepted")), "call {n}");
        }
    }
    assert!(broken > 0, "no call was broken");
}

/// An import whose worker meets the failure goes on by itself; each row goes in once.
fn imports(scene: &Scene, most: i64) {
    let export = crate::figures::export();
    let (mut broken, mut total) = (0, 0);
    for n in (1..=most).step_by(3) {
        let place =
            |line: &str| line.replacen("\"MaHoSo\":\"H08.15-", &format!("\"MaHoSo\":\"H08.{}-", 50 + n), 1);
        let rows: Vec<String> = export.lines().take(4).map(place).collect();
        let key = format!("import-{n}");
        let headers = [("content-type", "application/x-ndjson"), ("idempotency-key", key.as_str())];
        let path = "/api/v1/imports?kind=portal_dossiers";
        let file = rows.join("\n");
        let before = scene.breaker.broken();
        // The first calls are the request's, later ones the worker's.
        scene.breaker.arm(n * 4);
        let begun = Instant::now();
        let id = loop {
            let reply = scene.administrator.send("POST", path, &headers, Some(file.as_bytes()));
            clean(&reply, 202);
            if reply.status == 202 {
                break reply.body["id"].as_str().unwrap().to_owned();
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "it never comes back");
            std::thread::sleep(Duration::from_millis(50));
        };
        let import = loop {
            let reply = scene.administrator.get(&format!("/api/v1/imports/{id}"));
            clean(&reply, 200);
            if !matches!(reply.body["state"].as_str(), None | Some("queued" | "running")) {
                break reply.body;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "call {n}: {}", reply.text);
            std::thread::sleep(Duration::from_millis(50));
        };
        scene.breaker.arm(0);
        broken += usize::from(scene.breaker.broken() > before);
        total += rows.len();
        assert_eq!(
            (&import["state"], &import["rows_failed"]),
            (&json!("completed"), &json!(0)),
            "call {n}: {import}"
        );
        let figures =
            scene.administrator.get("/api/v1/statistics/unemployment?as_of=2023-11-15").expect(200).body;
        assert_eq!(figures["received"], json!(total), "call {n}: every row once");
    }
    assert!(broken > 0, "no call was broken");
}

/// R-14.
fn every_call_fails_once(database: Database) {
    let scene = Scene::new(database);
    let most = i64::try_from(rounds(9)).unwrap();
    submits(&scene, most);
    reads(&scene, most);
    every_call_of_an_action(&scene, "accept", &scene.desk, &json!({}), most);
    every_call_of_an_action(&scene, "propose", &scene.officer, &json!({ "outcome": "approved" }), most);
    let decision = json!({ "outcome": "approved", "decision_number": "1" });
    every_call_of_an_action(&scene, "decide", &scene.approver, &decision, most);
    batches(&scene, most);
    imports(&scene, most);
    scene.whole();
}

#[test]
fn r_14_every_call_fails_once_on_sqlite() {
    every_call_fails_once(Database::Sqlite);
}

#[test]
fn r_14_every_call_fails_once_on_postgresql() {
    every_call_fails_once(Database::Postgres);
}

/// R-14: the database refuses one row in the middle of a batch. Nothing of the batch is kept, and
/// what comes with it in the same transaction is not harmed.
#[test]
fn r_14_one_row_of_a_batch_is_refused_by_the_database() {
    for database in Database::BOTH {
        let world = World::new(database);
        let s = world.staff();
        let codes: Vec<String> = (0..5).map(|_| s.citizen.submit(&acceptance::package())).collect();
        let id = |code: &str| {
            let path = format!("/api/v1/dossiers/{code}");
            s.desk.get(&path).expect(200).body["version"].clone()
        };
        let url = world.state.config.database_url.reveal().to_owned();
        broken_row(&url, &codes[2], true);
        let items: Vec<Value> = codes.iter().map(|c| json!({ "code": c, "version": 1 })).collect();
        for atomic in [true, false] {
            let body = json!({ "atomic": atomic, "items": items });
            let key = format!("broken-{atomic}");
            // Another's write that may share the transaction.
            let (desk, other) = (s.desk.clone(), s.citizen.clone());
            let batch = std::thread::spawn(move || {
                desk.post_with("/api/v1/dossiers/batch/accept", &body, &[("idempotency-key", key.as_str())])
            });
            other.submit(&acceptance::package());
            let reply = batch.join().unwrap();
            assert!(matches!(reply.status, 500 | 503), "{}", reply.text);
            assert!(!reply.text.contains("broken on purpose"), "{}", reply.text);
            for code in &codes {
                assert_eq!(id(code), json!(1), "{code}: nothing is kept");
            }
        }
        broken_row(&url, &codes[2], false);
        let body = json!({ "atomic": true, "items": items });
        let done =
            s.desk.post_with("/api/v1/dossiers/batch/accept", &body, &[("idempotency-key", "broken-true")]);
        assert_eq!(done.expect(200).body["done"], 5);
        assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
    }
}

/// Makes the database refuse events of a dossier, or stop refusing them.
fn broken_row(url: &str, code: &str, broken: bool) {
    let of = format!("(SELECT id FROM dossiers WHERE code = '{code}')");
    let done = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let sql = if broken {
                // A trigger may not hold a sub-query in its condition.
                format!(
                    "CREATE TRIGGER broken BEFORE INSERT ON dossier_events BEGIN \
                     SELECT RAISE(ABORT, 'broken on purpose') WHERE NEW.dossier_id = {of}; END"
                )
            } else {
                "DROP TRIGGER broken".to_owned()
            };
            let script = format!(
                "import sqlite3; c = sqlite3.connect({path:?}, timeout=20); c.execute({sql:?}); c.commit()"
            );
            Command::new("python3").args(["-c", &script]).output().unwrap()
        }
        None => {
            let sql = if broken {
                format!(
                    "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                     IF NEW.dossier_id = {of} THEN RAISE EXCEPTION 'broken on purpose'; END IF; RETURN NEW; END $$; \
                     CREATE TRIGGER broken BEFORE INSERT ON dossier_events FOR EACH ROW EXECUTE FUNCTION broken()"
                )
            } else {
                "DROP TRIGGER broken ON dossier_events".to_owned()
            };
            Command::new("psql").args(["-q", "-v", "ON_ERROR_STOP=1", url, "-c", &sql]).output().unwrap()
        }
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// R-45: a panic in a read, in a write lane and in a job. Each is counted once, the request gets a
/// problem with an identity, and everything goes on.
#[test]
fn r_45_a_panic_ends_nothing_but_its_request() {
    let (url, folder) = fresh_database(Database::Sqlite);
    let token = crate::faults::token(&url);
    let faulty = Faulty::new(folder.path());
    let admin = free_port();
    let mut command = motcua(&url, &["serve", "--bind", "127.0.0.1:0"]);
    command.env("MOTCUA_ADMIN_BIND", format!("127.0.0.1:{admin}"));
    faulty.before(&mut command);
    let process = Process::spawn(command);
    let desk = actor(&process.url, &token);
    let code = desk.submit(&package_now());
    let panics = || {
        let text = Actor::at(&format!("http://127.0.0.1:{admin}")).get("/metrics").expect(200).text;
        let line = text.lines().find(|l| l.starts_with("panics_total ")).unwrap().to_owned();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    // The clock of these threads gives an instant that no date holds: reading it panics.
    let read = || desk.get(&format!("/api/v1/dossiers/{code}/events"));
    let gathered = || desk.get(&format!("/api/v1/dossiers/{code}"));
    let write = || desk.post("/api/v1/dossiers", &package_now());
    let sends: [(&str, &dyn Fn() -> Reply); 3] =
        [(READING, &read), ("gather", &gathered), ("lane-0", &write)];
    for (thread, send) in sends {
        let (before, lied) = (panics(), faulty.lied());
        faulty.lie_to(thread);
        let reply = send();
        faulty.lie_to("");
        assert!(faulty.lied() > lied, "{thread} read no clock");
        assert_eq!(reply.status, 500, "{thread}: {}", reply.text);
        assert_eq!(reply.code(), "internal", "{thread}: {}", reply.text);
        let id = reply.header("x-request-id").unwrap().to_owned();
        assert!(reply.body["instance"].as_str().unwrap_or_default().contains(&id), "{}", reply.text);
        // Jobs write as well, so a lane may have met it for them too.
        let counted = panics() - before;
        assert!(counted == 1 || (thread == "lane-0" && counted > 1), "{thread}: {counted}");
        send();
        for _ in 0..10 {
            desk.get(&format!("/api/v1/dossiers/{code}")).expect(200);
            desk.submit(&package_now());
        }
    }
    // A job that panics is begun again.
    let (before, lied) = (panics(), faulty.lied());
    faulty.lie_to("job-import");
    let begun = Instant::now();
    while faulty.lied() == lied {
        assert!(begun.elapsed() < Duration::from_secs(10), "the job reads no clock");
        std::thread::sleep(Duration::from_millis(20));
    }
    faulty.lie_to("");
    assert!(panics() > before);
    process.kill();
}

/// How the names of threads that read begin.
const READING: &str = "tokio-r";

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
