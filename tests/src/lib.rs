//! A world for stories: the whole service on a database of its own, a clock that the story owns,
//! and actors who call it over HTTP.
//!
//! Tests may unwrap: a world that cannot be made is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod faulty;
pub mod proxy;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::web::Data;
use api::app::{accounts, seed};
use api::clock::Clock;
use api::config::{Config, Environment, Overrides};
use api::http::routes::sessions::sign;
use api::serve;
use api::state::{State, open_store, target};
use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::ids::AccountId;
use serde_json::{Value, json};

/// The two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// An own file.
    Sqlite,
    /// An own database of the cluster in `MOTCUA_TEST_POSTGRES`.
    Postgres,
}

impl Database {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// Wednesday, 15 November 2023, 09:00 in Vietnam.
pub const START: &str = "2023-11-15T09:00:00+07:00";

/// A running service.
pub struct World {
    /// Where it listens.
    pub url: String,
    /// Its clock.
    pub clock: Clock,
    /// What it shares.
    pub state: Data<State>,
    /// Its database.
    pub database: Database,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The cluster of the tests; a missing one is a failure, never a skip.
#[expect(clippy::disallowed_methods, reason = "the cluster is named by whoever runs the tests")]
pub fn cluster() -> String {
    std::env::var("MOTCUA_TEST_POSTGRES")
        .expect("MOTCUA_TEST_POSTGRES names no cluster: run ./scripts/test, which starts one")
}

fn psql(database: &str, sql: &str) {
    let done = Command::new("psql")
        .args(["-q", "-v", "ON_ERROR_STOP=1", &format!("{}/{database}", cluster()), "-c", sql])
        .output()
        .expect("psql");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn overrides(database_url: &str) -> Overrides {
    Overrides {
        database_url: Some(database_url.to_owned()),
        bind: Some("127.0.0.1:0".to_owned()),
        admin_bind: Some("off".to_owned()),
        public_rate_per_minute: Some("0".to_owned()),
        login_rate_per_minute: Some("0".to_owned()),
        // Stories run the timer themselves, when it is its turn.
        timer_seconds: Some("0".to_owned()),
        // A world is no process whose program could count.
        page_count_seconds: Some("0".to_owned()),
        workers: Some("1".to_owned()),
        drain_seconds: Some("0".to_owned()),
        files: Some(files(database_url)),
        // A story that wants the nightly check sets its own hour.
        figures_check_at: Some("off".to_owned()),
        // Cheap hashes: what is tested is not their strength.
        argon2_memory_kib: Some("64".to_owned()),
        argon2_iterations: Some("1".to_owned()),
        ..Overrides::default()
    }
}

/// Where the files of a database lie: beside SQLite's own, else in a folder named like the database.
pub fn files(database_url: &str) -> String {
    if database_url.starts_with("sqlite:") {
        return "auto".to_owned();
    }
    let name = database_url.rsplit('/').next().unwrap();
    format!("file:{}", std::env::temp_dir().join("motcua-test-files").join(name).display())
}

/// The settings of a test on a database.
pub fn config(database_url: &str) -> Config {
    Config::load(&overrides(database_url), &Environment::of(&[])).unwrap()
}

/// A database with the shipped reference data, made once a run and copied for each test.
fn template(database: Database) -> String {
    static SQLITE: OnceLock<PathBuf> = OnceLock::new();
    static POSTGRES: OnceLock<String> = OnceLock::new();
    let prepare = |url: &str| {
        let (config, clock) = (config(url), Clock::fixed(START.parse::<DateTime<Utc>>().unwrap()));
        persistence::migrate::up(&target(&config).unwrap()).unwrap();
        let store = open_store(&config, &clock).unwrap();
        seed::load(&store, &clock, &seed::Set::shipped()).unwrap();
        store.close();
    };
    match database {
        Database::Sqlite => SQLITE
            .get_or_init(|| {
                let file = tempfile::tempdir().unwrap().keep().join("template.sqlite");
                prepare(&format!("sqlite:{}", file.display()));
                file
            })
            .display()
            .to_string(),
        Database::Postgres => POSTGRES
            .get_or_init(|| {
                let name = format!("template_{}", std::process::id());
                psql("postgres", &format!("CREATE DATABASE {name}"));
                prepare(&format!("{}/{name}", cluster()));
                name
            })
            .clone(),
    }
}

/// A fresh database with the shipped reference data, and the folder that holds it.
pub fn fresh_database(database: Database) -> (String, tempfile::TempDir) {
    static ONE_COPY_AT_A_TIME: Mutex<u32> = Mutex::new(0);
    let folder = tempfile::tempdir().unwrap();
    let template = template(database);
    let url = match database {
        Database::Sqlite => {
            let file = folder.path().join("motcua.sqlite");
            std::fs::copy(template, &file).unwrap();
            format!("sqlite:{}", file.display())
        }
        Database::Postgres => {
            let mut number = ONE_COPY_AT_A_TIME.lock().unwrap();
            *number += 1;
            let name = format!("t_{}_{}", std::process::id(), *number);
            psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"));
            format!("{}/{name}", cluster())
        }
    };
    (url, folder)
}

/// A database without anything, and the folder that holds it.
pub fn empty_database(database: Database) -> (String, tempfile::TempDir) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let folder = tempfile::tempdir().unwrap();
    let url = match database {
        Database::Sqlite => format!("sqlite:{}", folder.path().join("empty.sqlite").display()),
        Database::Postgres => {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name = format!("e_{}_{number}", std::process::id());
            // Made from the one template that nobody ever connects to.
            psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
            format!("{}/{name}", cluster())
        }
    };
    (url, folder)
}

impl World {
    /// A service on a fresh database, at [`START`].
    pub fn new(database: Database) -> Self {
        let (url, folder) = fresh_database(database);
        Self::on(database, &url, folder)
    }

    /// A service with units and rules, but without a single procedure, at [`START`].
    pub fn without_procedures(database: Database) -> Self {
        let (url, folder) = empty_database(database);
        let dir = folder.path().join("reference");
        std::fs::create_dir(&dir).unwrap();
        for file in ["procedures.csv", "papers.csv"] {
            let shipped = std::fs::read_to_string(root().join("reference").join(file)).unwrap();
            std::fs::write(dir.join(file), shipped.lines().next().unwrap()).unwrap();
        }
        let (config, clock) = (config(&url), Clock::fixed(START.parse::<DateTime<Utc>>().unwrap()));
        persistence::migrate::up(&target(&config).unwrap()).unwrap();
        let store = open_store(&config, &clock).unwrap();
        seed::load(&store, &clock, &seed::Set::folder(&dir).unwrap()).unwrap();
        store.close();
        Self::on(database, &url, folder)
    }

    /// A service on a database that is there, at [`START`]; the folder is removed with it.
    pub fn on(database: Database, url: &str, folder: tempfile::TempDir) -> Self {
        let clock = Clock::fixed(START.parse::<DateTime<Utc>>().unwrap());
        let state = State::open(config(url), clock.clone()).unwrap();
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let running = serve::start(state).unwrap();
                tell.send((running.address, running.state().clone())).unwrap();
                let _ = actix_web::rt::task::spawn_blocking(move || stopped.recv()).await;
                running.stop(Duration::ZERO).await;
            });
        });
        let (address, state) = told.recv_timeout(Duration::from_secs(20)).expect("the service starts");
        let url = format!("http://{address}");
        STORES.lock().unwrap().insert(url.clone(), state.store.clone());
        Self { url, clock, state, database, stop: Some(stop), thread: Some(thread), _folder: folder }
    }

    /// A second process on the same database, with the same clock's instant.
    pub fn beside(&self) -> Self {
        let url = self.state.config.database_url.reveal().to_owned();
        Self::on(self.database, &url, tempfile::tempdir().unwrap())
    }

    /// An actor with a role at a unit.
    pub fn actor(&self, role: Role, unit: &str) -> Actor {
        self.person(role, Some(unit), None)
    }

    /// A citizen with a personal identifier.
    pub fn citizen(&self, personal_id: &str) -> Actor {
        self.person(Role::Citizen, None, Some(personal_id))
    }

    fn person(&self, role: Role, unit: Option<&str>, personal_id: Option<&str>) -> Actor {
        let id = AccountId(persistence::store::new_id());
        let new = accounts::New {
            id,
            user: format!("{role}.{}", id.0.simple()),
            role,
            unit: unit.map(ToOwned::to_owned),
            personal_id: personal_id.map(ToOwned::to_owned),
            password_hash: None,
        };
        let (reference, now) = (self.state.in_force().unwrap(), self.clock.now());
        let made = new.clone();
        self.state
            .store
            .write_blocking("accounts", move |tx| accounts::create(tx, &reference, &made, now))
            .unwrap();
        let day = domain::calendar::day_of(now);
        let account = self.state.store.read(|r| persistence::accounts::by_id(r, id, day)).unwrap();
        // Long enough for stories that last months.
        let token = sign(&self.state, &account, persistence::store::new_id(), 400 * 86_400).unwrap();
        Actor { url: self.url.clone(), token: Some(token), user: new.user }
    }

    /// Somebody who has not signed in.
    pub fn nobody(&self) -> Actor {
        Actor { url: self.url.clone(), token: None, user: String::new() }
    }

    /// The five who take a dossier from submission to the result.
    pub fn staff(&self) -> Staff {
        Staff {
            citizen: self.citizen(PERSON),
            desk: self.actor(Role::DeskOfficer, "H08.15"),
            officer: self.actor(Role::CaseOfficer, "H08.15"),
            approver: self.actor(Role::Approver, "H08.15"),
            reader: self.actor(Role::StatisticsReader, "H08"),
            administrator: self.actor(Role::Administrator, "H08"),
        }
    }

    /// Moves the clock to an instant.
    pub fn at(&self, instant: &str) {
        self.clock.set(instant.parse::<DateTime<Utc>>().unwrap());
    }
}

impl Drop for World {
    fn drop(&mut self) {
        STORES.lock().unwrap().remove(&self.url);
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The five who take a dossier from submission to the result.
#[derive(Debug)]
pub struct Staff {
    /// The applicant.
    pub citizen: Actor,
    /// Desk officer of the department.
    pub desk: Actor,
    /// Case officer of the department.
    pub officer: Actor,
    /// Approver of the department.
    pub approver: Actor,
    /// Reads figures of the province.
    pub reader: Actor,
    /// Administers the province.
    pub administrator: Actor,
}

/// The applicant of the stories, a made-up person.
pub const PERSON: &str = "052190000001";

/// Somebody who calls the service.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Where the service that they call listens.
    pub url: String,
    /// The token sent, if any.
    pub token: Option<String>,
    /// User name.
    pub user: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as text.
    pub text: String,
    /// Body as JSON; null when it is none.
    pub body: Value,
    /// Statements that the called world's store sent meanwhile, those of its jobs among them; none when what was
    /// called is no [`World`].
    pub statements: Option<u64>,
}

/// The stores of the worlds that run, by their address.
static STORES: Mutex<BTreeMap<String, persistence::Store>> = Mutex::new(BTreeMap::new());

fn statements(url: &str) -> Option<u64> {
    STORES.lock().unwrap().get(url).map(persistence::Store::statements)
}

impl Reply {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Fails with the body unless the status is this.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The `code` of a problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The pointers and codes of what was wrong.
    pub fn wrong(&self) -> Vec<(String, String)> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        errors.iter().map(|e| (text(&e["pointer"]), text(&e["code"]))).collect()
    }
}

impl Actor {
    /// Somebody who has not signed in, at an address.
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), token: None, user: String::new() }
    }

    /// The same somebody, calling another process.
    pub fn elsewhere(&self, world: &World) -> Self {
        Self { url: world.url.clone(), ..self.clone() }
    }

    /// Sends a request as it is.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Reply {
        self.try_send(method, path, headers, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"))
    }

    /// Sends JSON; nothing when no answer came.
    pub fn try_post(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Option<Reply> {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.try_send("POST", path, &all, Some(body.to_string().as_bytes())).ok()
    }

    fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Reply, ureq::Error> {
        static AGENT: OnceLock<ureq::Agent> = OnceLock::new();
        let agent = AGENT.get_or_init(|| {
            let config = ureq::Agent::config_builder()
                .http_status_as_error(false)
                .timeout_global(Some(Duration::from_secs(30)))
                .max_idle_connections(0)
                .build();
            ureq::Agent::new_with_config(config)
        });
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let before = statements(&self.url);
        let done = match body {
            Some(body) => agent.run(request.body(body.to_vec()).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        let mut response = done?;
        let text = response.body_mut().read_to_string()?;
        Ok(Reply {
            statements: statements(&self.url).zip(before).map(|(after, before)| after - before),
            status: response.status().as_u16(),
            headers: response
                .headers()
                .iter()
                .map(|(n, v)| (n.as_str().to_owned(), v.to_str().unwrap_or_default().to_owned()))
                .collect(),
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        })
    }

    /// Sends a body as it is; nothing when no answer came.
    pub fn try_raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Reply> {
        self.try_send(method, path, headers, Some(body)).ok()
    }

    /// Reads; nothing when no whole answer came.
    pub fn try_get(&self, path: &str) -> Option<Reply> {
        self.try_send("GET", path, &[], None).ok()
    }

    /// Reads.
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    /// Sends JSON.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_with(path, body, &[])
    }

    /// Sends JSON with more headers.
    pub fn post_with(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send("POST", path, &all, Some(body.to_string().as_bytes()))
    }

    /// Hands a dossier in; gives its code.
    #[track_caller]
    pub fn submit(&self, body: &Value) -> String {
        let reply = self.post("/api/v1/dossiers", body).expect(201);
        reply.body["code"].as_str().unwrap().to_owned()
    }

    /// Does an action with the version last read.
    pub fn act(&self, code: &str, action: &str, body: &Value) -> Reply {
        let tag = self.get(&format!("/api/v1/dossiers/{code}")).header("etag").unwrap_or("\"v0\"").to_owned();
        self.post_with(&format!("/api/v1/dossiers/{code}/{action}"), body, &[("if-match", &tag)])
    }

    /// Imports a file and waits for the end; gives the import.
    pub fn import(&self, content: &str) -> Value {
        let headers = [("content-type", "application/x-ndjson")];
        let reply = self
            .send("POST", "/api/v1/imports?kind=portal_dossiers", &headers, Some(content.as_bytes()))
            .expect(202);
        let id = reply.body["id"].as_str().unwrap().to_owned();
        let begun = Instant::now();
        loop {
            let import = self.get(&format!("/api/v1/imports/{id}")).expect(200).body;
            if !matches!(import["state"].as_str(), Some("queued" | "running")) {
                return import;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{import}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A whole package for unemployment benefit, eligible when submitted at [`START`].
pub fn package() -> Value {
    json!({
        "procedure": "1.001978", "unit": "H08.15", "channel": "online",
        "applicant": { "name": "Nguyễn Thị Lan", "personal_id": PERSON, "born_on": "1990-05-02", "sex": "female", "phone": "0905000001" },
        "form": {
            "terminated_on": "2023-08-15", "termination": "contract_expired",
            "contract": { "kind": "indefinite", "months": null },
            "contributions": [ { "from": "2019-01", "to": "2023-07", "wage_vnd": 8000000 } ],
            "months_already_used": 0, "wage_regime": "employer", "wage_region": "III",
            "after_submission": { "event": "none", "on": null }, "receives": "none"
        },
        "papers": [
            { "code": "mau_03", "original": true },
            { "code": "cham_dut_hdld", "original": true },
            { "code": "so_bhxh", "original": true }
        ]
    })
}

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Compares the part of a document between `<!-- NAME -->` and `<!-- /NAME -->` with what the code
/// makes; `GOLDEN=overwrite` writes it instead.
#[track_caller]
pub fn golden_part(path: &str, name: &str, text: &str) {
    let whole = std::fs::read_to_string(root().join(path)).unwrap();
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = whole.split_once(&begin).unwrap_or_else(|| panic!("{path} has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{path} has no {end}"));
    golden(path, &format!("{before}{begin}\n{}\n\n{end}{after}", text.trim()));
}

/// Compares with a golden file; `GOLDEN=overwrite` writes it instead.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests may want golden files written")]
pub fn golden(path: &str, text: &str) {
    let file = root().join(path);
    if std::env::var("GOLDEN").is_ok_and(|v| v == "overwrite") {
        std::fs::write(&file, text).unwrap();
        return;
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == text, "{path} is not what the code makes; GOLDEN=overwrite writes it anew");
}
