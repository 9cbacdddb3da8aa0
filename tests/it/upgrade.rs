//! Migrations: several processes at once.

use std::process::{Command, Stdio};

use acceptance::{Database, cluster};

use crate::faults::{motcua, rounds};

/// An empty database, and the folder that holds it.
fn empty(database: Database, number: usize) -> (String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = match database {
        Database::Sqlite => format!("sqlite:{}", folder.path().join("new.sqlite").display()),
        Database::Postgres => {
            let name = format!("empty_{}_{number}", std::process::id());
            let make = Command::new("psql")
                .args(["-q", &format!("{}/postgres", cluster()), "-c", &format!("CREATE DATABASE {name}")])
                .status()
                .unwrap();
            assert!(make.success());
            format!("{}/{name}", cluster())
        }
    };
    (url, folder)
}

/// four processes migrate one empty database at once; each migration runs once, all four end
/// well, and the schema is the same every time.
fn migrate_at_once(database: Database) {
    let mut schemas = Vec::new();
    for round in 0..rounds(2) {
        let (url, _folder) = empty(database, round);
        let processes: Vec<_> = (0..4)
            .map(|_| {
                let mut up = motcua(&url, &["migrate", "up"]);
                up.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let applied: Vec<String> = processes
            .into_iter()
            .flat_map(|process| {
                let done = process.wait_with_output().unwrap();
                assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
                let text = String::from_utf8(done.stdout).unwrap();
                text.lines().map(ToOwned::to_owned).collect::<Vec<_>>()
            })
            .collect();
        let status = motcua(&url, &["migrate", "status"]).output().unwrap();
        let status = String::from_utf8(status.stdout).unwrap();
        assert!(!status.contains("pending") && status.contains("applied"), "{status}");
        assert_eq!(applied.len(), status.lines().count(), "{applied:?}");
        if database == Database::Postgres {
            let dump = Command::new("pg_dump").args(["-s", &url]).output().unwrap();
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
            // Newer versions of the tool begin and end a dump with a key made for it.
            let text = String::from_utf8(dump.stdout).unwrap();
            schemas.push(text.lines().filter(|l| !l.contains("restrict")).collect::<Vec<_>>().join("\n"));
        }
    }
    assert!(schemas.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn r_12_processes_migrate_at_once_on_sqlite() {
    migrate_at_once(Database::Sqlite);
}

#[test]
fn r_12_processes_migrate_at_once_on_postgresql() {
    migrate_at_once(Database::Postgres);
}
