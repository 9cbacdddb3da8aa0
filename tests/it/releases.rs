//! What an earlier release left is read by this one; what a later one left is not touched.
//!
//! `tests/releases/SCHEMA` holds a database of each released schema, as the program of that release
//! made it, with what it answered. `scripts/fixture` adds the next one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Actor, Database, World, empty_database, fresh_database, root};
use domain::access::Role;
use serde_json::{Value, json};

use crate::faults::{Process, actor, motcua, package_now};

fn releases() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(root().join("tests/releases")).unwrap().flatten().map(|e| e.path()).collect();
    found.sort();
    found
}

fn shell(program: &str, arguments: &[&str], input: Option<&Path>) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(file) = input {
        command.stdin(std::fs::File::open(file).unwrap());
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

fn unpacked(file: &Path) -> Vec<u8> {
    shell("gzip", &["-dc"], Some(file))
}

/// A database as a release left it.
fn left_by(release: &Path, database: Database) -> (String, tempfile::TempDir) {
    let (url, folder) = empty_database(database);
    match url.strip_prefix("sqlite:") {
        Some(path) => std::fs::write(path, unpacked(&release.join("sqlite.gz"))).unwrap(),
        None => {
            let sql = folder.path().join("dump.sql");
            std::fs::write(&sql, unpacked(&release.join("postgres.sql.gz"))).unwrap();
            shell("psql", &["-q", "-v", "ON_ERROR_STOP=1", &url, "-f", sql.to_str().unwrap()], None);
        }
    }
    (url, folder)
}

/// What a release answered, and when it was asked.
struct Told {
    at: String,
    answers: Vec<Value>,
}

impl Told {
    fn by(release: &Path) -> Self {
        let mut told: Value = serde_json::from_slice(&unpacked(&release.join("answers.json.gz"))).unwrap();
        let answers = told["answers"].as_array_mut().map(std::mem::take).unwrap();
        assert!(answers.len() > 20, "{}", release.display());
        Self { at: told["asked_at"].as_str().unwrap().to_owned(), answers }
    }

    /// The code that comes after the last one.
    fn next_code(&self) -> String {
        let codes = self.answers.iter().filter_map(|t| t["body"]["code"].as_str()?.rsplit_once('-'));
        let (day, last) = codes.max_by_key(|(_, number)| number.parse::<u32>().unwrap()).unwrap();
        format!("{day}-{:04}", last.parse::<u32>().unwrap() + 1)
    }
}

fn asked(world: &World, told: &Told) -> Vec<Value> {
    let reader = world.actor(Role::StatisticsReader, "H08");
    let (desk, officer) =
        (world.actor(Role::DeskOfficer, "H08.15"), world.actor(Role::CaseOfficer, "H08.15"));
    let answer = |told: &Value| {
        let actor = match told["who"].as_str() {
            Some("reader") => &reader,
            Some("officer") => &officer,
            _ => &desk,
        };
        actor.get(told["path"].as_str().unwrap()).expect(200).body
    };
    told.answers.iter().map(answer).collect()
}

/// Whether everything that was told is still told: later releases may add, never change or leave
/// out. Items of a list keep their order; others may come between.
fn still_told(then: &Value, now: &Value, at: &str) -> Result<(), String> {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => then.iter().try_for_each(|(name, value)| {
            // A cursor is sealed anew, time goes by, the same list may have another address, and
            // what figures mean may be told in other words.
            if matches!(
                name.as_str(),
                "next_cursor" | "remaining" | "as_of" | "link" | "links" | "definition"
            ) {
                return Ok(());
            }
            let now = now.get(name).ok_or_else(|| format!("{at}/{name} is gone"))?;
            still_told(value, now, &format!("{at}/{name}"))
        }),
        (Value::Array(then), Value::Array(now)) if then.len() == now.len() => {
            let mut pairs = then.iter().zip(now).enumerate();
            pairs.try_for_each(|(n, (then, now))| still_told(then, now, &format!("{at}/{n}")))
        }
        (Value::Array(then), Value::Array(now)) => {
            let mut rest = now.iter();
            let mut kept = then.iter();
            match kept.find(|then| !rest.any(|now| still_told(then, now, at).is_ok())) {
                None => Ok(()),
                Some(gone) => Err(format!("{at}: {gone} is gone")),
            }
        }
        _ if then == now => Ok(()),
        _ => Err(format!("{at} was {then} and is {now}")),
    }
}

/// every database of an earlier release is migrated; all that was in it reads the same, the
/// figures are equal, the audit verifies, and work goes on.
#[test]
fn r_57_what_every_release_left_is_read_the_same() {
    let releases = releases();
    assert!(!releases.is_empty());
    for release in releases {
        for database in Database::BOTH {
            let (url, folder) = left_by(&release, database);
            let schema = release.file_name().unwrap().to_str().unwrap();
            let status = motcua(&url, &["migrate", "status"]).output().unwrap();
            let status = String::from_utf8(status.stdout).unwrap();
            let applied = status.lines().rfind(|l| l.starts_with("applied")).unwrap();
            assert_eq!(applied, format!("applied {schema}"), "{status}");
            let up = motcua(&url, &["migrate", "up"]).output().unwrap();
            assert!(up.status.success(), "{schema}: {}", String::from_utf8_lossy(&up.stderr));
            let verify = || {
                let verified = motcua(&url, &["audit", "verify"]).output().unwrap();
                let said = String::from_utf8_lossy(&verified.stdout).into_owned();
                assert!(verified.status.success() && said.contains(" 0 faults"), "{schema}: {said}");
            };
            verify();
            let told = Told::by(&release);
            let world = World::on(database, &url, folder);
            world.at(&told.at);
            for (then, now) in told.answers.iter().zip(asked(&world, &told)) {
                let path = then["path"].as_str().unwrap();
                still_told(&then["body"], &now, path).unwrap_or_else(|e| panic!("{schema}: {e}"));
            }
            // Numbers go on, and what was begun is finished.
            let s = world.staff();
            let listed = |status: &str| {
                let path = format!("/api/v1/dossiers?status={status}&limit=1");
                s.desk.get(&path).expect(200).body["items"][0]["code"].as_str().unwrap().to_owned()
            };
            assert_eq!(s.desk.submit(&package_now()), told.next_code(), "{schema}");
            let open = listed("accepted");
            s.officer.act(&open, "start", &json!({})).expect(200);
            s.officer.act(&open, "propose", &json!({ "outcome": "approved" })).expect(200);
            let decision = json!({ "outcome": "approved", "decision_number": "57" });
            s.approver.act(&open, "decide", &decision).expect(200);
            s.desk.act(&listed("completed"), "hand-over", &json!({ "how": "counter" })).expect(200);
            assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
        }
    }
}

/// Runs statements on either database.
pub fn sql(url: &str, statements: &str) {
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let script = format!(
                "import sqlite3; c = sqlite3.connect({path:?}, timeout=20); c.executescript({statements:?})"
            );
            shell("python3", &["-c", &script], None);
        }
        None => {
            shell("psql", &["-q", "-v", "ON_ERROR_STOP=1", url, "-c", statements], None);
        }
    }
}

/// The tables and their rows, as far as somebody put them there.
fn tables(url: &str) -> BTreeSet<String> {
    let listed = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let script = format!(
                "import sqlite3; c = sqlite3.connect({path:?}); \
                 print('\\n'.join(f'{{n}} {{c.execute(f\"SELECT count(*) FROM {{n}}\").fetchone()[0]}}' for (n,) in c.execute(\
                 \"SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%'\").fetchall()))"
            );
            shell("python3", &["-c", &script], None)
        }
        None => {
            let count = "(xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I', tablename), false, true, '')))[1]::text";
            let list =
                format!("SELECT tablename || ' ' || {count} FROM pg_tables WHERE schemaname = 'public'");
            shell("psql", &["-At", url, "-c", &list], None)
        }
    };
    String::from_utf8(listed).unwrap().lines().map(ToOwned::to_owned).collect()
}

/// The last table or index that a migration makes, of the newest that makes any; and the names of the
/// migrations from that one on.
fn last_made(database: Database) -> (String, Vec<String>) {
    let side = if database == Database::Sqlite { "sqlite" } else { "postgres" };
    let folder = root().join("persistence/migrations").join(side);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for (n, name) in names.iter().enumerate().rev() {
        let up = std::fs::read_to_string(folder.join(name).join("up.sql")).unwrap();
        let mut made = up.lines().filter_map(|line| {
            let rest = ["CREATE TABLE ", "CREATE INDEX ", "CREATE UNIQUE INDEX "]
                .iter()
                .find_map(|p| line.strip_prefix(p))?;
            rest.split([' ', '(']).next().map(ToOwned::to_owned)
        });
        if let Some(made) = made.next_back() {
            return (made, names[n..].to_vec());
        }
    }
    panic!("no migration makes a table or an index")
}

/// a migration of a new release fails in its middle. Nothing of it is left, whoever asks is told,
/// and once the cause is gone it runs.
#[test]
fn r_13_a_migration_that_fails_leaves_nothing_behind() {
    for database in Database::BOTH {
        // What an earlier release left, where there is more than one schema yet.
        let oldest = releases().into_iter().next().unwrap();
        let newest = persistence::migrate::newest().unwrap();
        let (url, _folder) =
            if oldest.ends_with(&newest) { empty_database(database) } else { left_by(&oldest, database) };
        let (obstacle, waiting) = last_made(database);
        let broken = &waiting[0];
        sql(&url, &format!("CREATE TABLE {obstacle} (in_the_way integer)"));
        let up = motcua(&url, &["migrate", "up"]).output().unwrap();
        let said = String::from_utf8_lossy(&up.stderr).into_owned();
        assert_eq!(up.status.code(), Some(3), "{said}");
        assert!(said.contains(broken) && said.contains("left nothing behind"), "{said}");
        let before = tables(&url);
        let again = motcua(&url, &["migrate", "up"]).output().unwrap();
        assert_eq!(again.status.code(), Some(3));
        assert_eq!(tables(&url), before, "a second try changes nothing");
        let status =
            String::from_utf8(motcua(&url, &["migrate", "status"]).output().unwrap().stdout).unwrap();
        assert_eq!(
            status.lines().filter(|l| l.starts_with("pending")).collect::<Vec<_>>(),
            waiting.iter().map(|name| format!("pending {name}")).collect::<Vec<_>>()
        );
        if status.contains("applied") {
            // The new program is up and says why no traffic should come.
            let admin = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let mut command = motcua(&url, &["serve", "--bind", "127.0.0.1:0"]);
            command.env("MOTCUA_ADMIN_BIND", admin.to_string());
            let process = Process::spawn(command);
            Actor::at(&process.url).get("/readyz").expect(503);
            let why = Actor::at(&format!("http://{admin}")).get("/readyz").expect(503);
            assert!(why.text.contains("migrations") && why.text.contains(broken), "{}", why.text);
            process.kill();
        } else {
            let made: Vec<&String> = before.iter().filter(|t| !t.starts_with("__diesel")).collect();
            assert_eq!(made, [&format!("{obstacle} 0")], "nothing of it is left");
        }
        sql(&url, &format!("DROP TABLE {obstacle}"));
        let up = motcua(&url, &["migrate", "up"]).output().unwrap();
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
        let status =
            String::from_utf8(motcua(&url, &["migrate", "status"]).output().unwrap().stdout).unwrap();
        assert!(!status.contains("pending"), "{status}");
    }
}

/// while a later release migrates, and fails, and then succeeds, the program that
/// runs goes on; but nothing of this release begins on what a later one left.
#[test]
fn a_newer_schema_is_served_by_who_runs_and_refused_to_who_begins() {
    for database in Database::BOTH {
        let (url, folder) = fresh_database(database);
        let token = crate::faults::token(&url);
        let process = Process::start(&url);
        let desk = actor(&process.url, &token);
        desk.submit(&package_now());
        // A later release's migration, in a transaction as ours are: first it fails in the middle.
        let column = "BEGIN; ALTER TABLE dossiers ADD COLUMN of_a_later_release text;";
        let failing = format!("{column} SELECT no_such_function(); COMMIT;");
        let failed = std::panic::catch_unwind(|| sql(&url, &failing));
        assert!(failed.is_err());
        let code = desk.submit(&package_now());
        desk.act(&code, "accept", &json!({})).expect(200);
        let done = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000001'); COMMIT;";
        sql(&url, &format!("{column} {done}"));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(1_500) {
            Actor::at(&process.url).get("/readyz").expect(200);
            let code = desk.submit(&package_now());
            desk.act(&code, "accept", &json!({})).expect(200);
        }
        let archive = folder.path().join("a.archive");
        for arguments in [
            vec!["serve", "--bind", "127.0.0.1:0"],
            vec!["migrate", "up"],
            vec!["token", "--user", "desk"],
            vec!["reference", "load"],
            vec!["backup", archive.to_str().unwrap()],
        ] {
            let done = motcua(&url, &arguments).stdin(Stdio::null()).output().unwrap();
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            assert_eq!(done.status.code(), Some(4), "{arguments:?}: {said}");
            assert!(said.contains("newer than this program") && said.contains("29991231000001"), "{said}");
        }
        let doctor = motcua(&url, &["doctor", "--bind", "127.0.0.1:0"]).output().unwrap();
        assert_eq!(doctor.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&doctor.stdout).contains("newer than this program"));
        process.kill();
    }
}

#[test]
fn what_is_gone_or_changed_is_noticed() {
    let then = json!({ "a": 1, "list": [ { "x": 1 }, { "x": 2 } ] });
    let ok = |now: Value| still_told(&then, &now, "").is_ok();
    assert!(ok(json!({ "a": 1, "b": 2, "list": [ { "x": 1 }, { "x": 5 }, { "x": 2, "y": 0 } ] })));
    assert!(!ok(json!({ "a": 2, "list": [ { "x": 1 }, { "x": 2 } ] })));
    assert!(!ok(json!({ "a": 1, "list": [ { "x": 2 }, { "x": 1 } ] })));
    assert!(!ok(json!({ "a": 1, "list": [ { "x": 1 } ] })));
}
