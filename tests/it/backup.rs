//! What is in an archive is what was in the database; what is not whole is never restored.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use acceptance::{Database, empty_database, fresh_database};
use serde_json::json;

use crate::faults::{Process, actor, motcua, package_now, token};

fn run(url: &str, arguments: &[&str]) -> Output {
    motcua(url, arguments).output().expect("target/debug/motcua: build it with `cargo build -p api`")
}

#[track_caller]
fn done(url: &str, arguments: &[&str]) -> String {
    let out = run(url, arguments);
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[track_caller]
fn refused(url: &str, arguments: &[&str], why: &str) {
    let out = run(url, arguments);
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(4), "{arguments:?}: {said}");
    assert!(said.contains(why), "{said}");
}

/// The lines of tables: name, rows, digest.
fn sums(text: &str) -> Vec<(String, u64, String)> {
    let sum = |line: &str| {
        let mut words = line.split(' ');
        let sum = (words.next()?.to_owned(), words.next()?.parse().ok()?, words.next()?.to_owned());
        (sum.2.len() == 64).then_some(sum)
    };
    let found: Vec<_> = text.lines().filter_map(sum).collect();
    assert_eq!(found.len(), persistence::archive::tables().unwrap().len(), "{text}");
    found
}

fn rows(sums: &[(String, u64, String)], table: &str) -> u64 {
    sums.iter().find(|s| s.0 == table).unwrap().1
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The lines of an archive, unpacked as anybody can.
fn unpacked(file: &Path) -> String {
    let out = Command::new("gzip").arg("-dc").stdin(std::fs::File::open(file).unwrap()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// an archive taken under a write load, restored on both databases.
fn taken_under_load(database: Database) {
    let (url, folder) = fresh_database(database);
    let token = token(&url);
    let process = Process::start(&url);
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (actor, stop) = (actor(&process.url, &token), stop.clone());
            std::thread::spawn(move || {
                let mut made = 0_u64;
                while !stop.load(Ordering::Acquire) {
                    let code = actor.submit(&package_now());
                    actor.act(&code, "accept", &json!({})).expect(200);
                    made += 1;
                }
                made
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(700));
    let file = folder.path().join("motcua.archive");
    let written = sums(&done(&url, &["backup", text(&file)]));
    std::thread::sleep(Duration::from_millis(200));
    stop.store(true, Ordering::Release);
    let made: u64 = clients.into_iter().map(|c| c.join().unwrap()).sum();
    process.kill();

    let kept = rows(&written, "dossiers");
    assert!(kept > 0 && kept < made, "in the middle of the load: {kept} of {made}");
    refused(&url, &["backup", text(&file)], "exists already");
    refused(&url, &["restore", text(&file)], "not empty");
    assert_eq!(sums(&done(&url, &["verify", text(&file)])), written);

    for into in Database::BOTH {
        let (restored, other) = empty_database(into);
        assert_eq!(sums(&done(&restored, &["restore", text(&file)])), written);
        refused(&restored, &["restore", text(&file)], "not empty");
        let again = other.path().join("again.archive");
        assert_eq!(sums(&done(&restored, &["backup", text(&again)])), written);
        assert!(done(&restored, &["audit", "verify"]).contains(" 0 faults"));

        // The restored database is served, and its numbers go on.
        let process = Process::start(&restored);
        let desk = actor(&process.url, done(&restored, &["token", "--user", "desk"]).trim());
        let counted = desk.get("/api/v1/dossiers?count=exact&limit=1").expect(200).body["count"].clone();
        assert_eq!(counted, json!(kept));
        // A token from before is worth what it was.
        actor(&process.url, &token).get("/api/v1/dossiers").expect(200);
        let code = desk.submit(&package_now());
        let number: u64 = code.rsplit('-').next().unwrap().parse().unwrap();
        assert_eq!(number, kept + 1, "{code}");
        let found =
            desk.post("/api/v1/dossiers/search", &json!({ "name": "lan", "limit": 1 })).expect(200).body;
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "found by name: {found}");
        process.kill();
        assert!(done(&restored, &["audit", "verify"]).contains(" 0 faults"));
    }
}

#[test]
fn r_54_taken_under_load_on_sqlite() {
    taken_under_load(Database::Sqlite);
}

#[test]
fn r_54_taken_under_load_on_postgresql() {
    taken_under_load(Database::Postgres);
}

/// from the pilot to PostgreSQL and back, with everything that an import leaves.
#[test]
fn r_54_copied_there_and_back() {
    let (sqlite, folder) = fresh_database(Database::Sqlite);
    let export = folder.path().join("export.jsonl");
    std::fs::write(&export, crate::figures::export()).unwrap();
    done(&sqlite, &["import", "portal-dossiers", text(&export)]);
    let (postgres, _keep) = empty_database(Database::Postgres);
    let (back, _keep_too) = empty_database(Database::Sqlite);
    let there = done("sqlite:none", &["db", "copy", "--from", &sqlite, "--to", &postgres]);
    assert!(there.contains("both sides agree"), "{there}");
    let there = sums(&there);
    assert!(rows(&there, "dossiers") > 100 && rows(&there, "benefits") > 0);
    let again = sums(&done("sqlite:none", &["db", "copy", "--from", &postgres, "--to", &back]));
    assert_eq!(again, there);
    let same: Vec<_> = [&sqlite, &postgres, &back]
        .into_iter()
        .enumerate()
        .map(|(n, url)| {
            let file = folder.path().join(format!("{n}.archive"));
            assert_eq!(sums(&done(url, &["backup", "--fast", text(&file)])), there);
            assert!(done(url, &["audit", "verify"]).contains(" 0 faults"));
            // Without the head, which says when it was made, and the digest of everything.
            let lines = unpacked(&file);
            let lines: Vec<String> = lines.lines().map(ToOwned::to_owned).collect();
            lines[1..lines.len() - 1].to_vec()
        })
        .collect();
    assert!(same[0] == same[1] && same[1] == same[2]);
    refused("sqlite:none", &["db", "copy", "--from", &sqlite, "--to", &back], "not empty");
}

/// one changed bit, anywhere, is found, and nothing of such an archive is restored.
#[test]
fn r_55_one_changed_bit_is_found() {
    let (url, folder) = fresh_database(Database::Sqlite);
    let token = token(&url);
    let process = Process::start(&url);
    let desk = actor(&process.url, &token);
    for _ in 0..5 {
        desk.submit(&package_now());
    }
    let file = folder.path().join("whole.archive");
    done(&url, &["backup", text(&file)]);
    process.kill();
    let whole = std::fs::read(&file).unwrap();
    let damaged = folder.path().join("damaged.archive");
    let empty: PathBuf = folder.path().join("target.sqlite");
    let target = format!("sqlite:{}", empty.display());
    let mut found = 0;
    for n in 0..100_usize {
        let mut bytes = whole.clone();
        // Both ends, and evenly between.
        let place = n * (bytes.len() - 1) / 99;
        bytes[place] ^= 1 << (n % 8);
        std::fs::write(&damaged, &bytes).unwrap();
        let verified = run(&target, &["verify", text(&damaged)]);
        assert_eq!(verified.status.code(), Some(1), "bit {} of byte {place}", n % 8);
        let restored = run(&target, &["restore", text(&damaged)]);
        assert_eq!(restored.status.code(), Some(1), "bit {} of byte {place}", n % 8);
        assert!(!empty.exists(), "nothing was written");
        found += 1;
    }
    assert_eq!(found, 100);
    // Cut off, and longer than it was.
    std::fs::write(&damaged, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(run(&target, &["verify", text(&damaged)]).status.code(), Some(1));
    std::fs::write(&damaged, [whole.as_slice(), b"\n"].concat()).unwrap();
    assert_eq!(run(&target, &["verify", text(&damaged)]).status.code(), Some(1));
    done(&target, &["verify", text(&file)]);
}

/// Archives of before they were compressed are the lines themselves.
#[test]
fn an_archive_that_is_not_compressed_is_read_as_well() {
    let (url, folder) = fresh_database(Database::Sqlite);
    let (packed, plain) = (folder.path().join("packed.archive"), folder.path().join("plain.archive"));
    let written = sums(&done(&url, &["backup", text(&packed)]));
    let lines = unpacked(&packed);
    let size = std::fs::metadata(&packed).unwrap().len();
    assert!(usize::try_from(size).unwrap() * 4 < lines.len(), "{size} of {}", lines.len());
    std::fs::write(&plain, &lines).unwrap();
    assert_eq!(sums(&done("sqlite:none", &["verify", text(&plain)])), written);
    let (restored, _other) = empty_database(Database::Sqlite);
    assert_eq!(sums(&done(&restored, &["restore", text(&plain)])), written);
    std::fs::write(&plain, lines.replacen("H08.15", "H08.16", 1)).unwrap();
    assert_eq!(run("sqlite:none", &["verify", text(&plain)]).status.code(), Some(1));
}

/// No table and no column of PostgreSQL's own catalogue is forgotten; SQLite's is compared beside
/// the list itself.
#[test]
fn every_table_and_column_of_postgresql_is_in_an_archive() {
    let (url, _folder) = fresh_database(Database::Postgres);
    let sql = "SELECT table_name, column_name FROM information_schema.columns \
               WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' \
               ORDER BY table_name, ordinal_position";
    let listed = Command::new("psql").args(["-At", "-F", " ", &url, "-c", sql]).output().unwrap();
    let mut there = std::collections::BTreeMap::<String, Vec<String>>::new();
    for line in String::from_utf8(listed.stdout).unwrap().lines() {
        let (table, column) = line.split_once(' ').unwrap();
        there.entry(table.to_owned()).or_default().push(column.to_owned());
    }
    assert_eq!(there, persistence::archive::tables().unwrap());
}

/// The check-up passes on a fresh database of each kind and names what is missing elsewhere.
#[test]
fn the_check_up_says_what_is_wrong() {
    for database in Database::BOTH {
        let (url, _folder) = fresh_database(database);
        let said = String::from_utf8(run(&url, &["doctor", "--bind", "127.0.0.1:0"]).stdout).unwrap();
        for what in
            ["configuration", "listener", "database", "schema", "engine", "procedures", "rules", "audit"]
        {
            assert!(said.contains(&format!("ok      {what}: ")), "{what}: {said}");
        }
        // The shipped calendar ends some day; nothing else may be wrong.
        assert!(said.lines().all(|l| !l.starts_with("fault") || l.contains("calendar")), "{said}");
        let (empty, _other) = empty_database(database);
        let out = run(&empty, &["doctor", "--bind", "127.0.0.1:0"]);
        assert_eq!(out.status.code(), Some(1));
        let said = String::from_utf8(out.stdout).unwrap();
        assert!(said.contains("motcua migrate up"), "{said}");
    }
}
