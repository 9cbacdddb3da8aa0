//! What ARCHITECTURE.md promises, checked against the source.

use std::path::{Path, PathBuf};

use acceptance::root;

pub fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// Lines of code, without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|l| !l.trim_start().starts_with("//"))
}

#[track_caller]
fn nowhere(folder: &str, words: &[&str], except: &[&str]) {
    for (path, text) in sources(&root().join(folder)) {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        if except.iter().any(|e| name.starts_with(e)) {
            continue;
        }
        for line in code(&text) {
            for word in words {
                assert!(!line.contains(word), "{name}: `{word}` in: {line}");
            }
        }
    }
}

#[test]
fn domain_knows_no_framework_and_no_database() {
    let manifest = std::fs::read_to_string(root().join("domain/Cargo.toml")).unwrap();
    let own = manifest.split("[dev-dependencies]").next().unwrap();
    for name in ["diesel", "actix", "utoipa", "tokio", "serde_json", "rand"] {
        assert!(!own.contains(name), "domain depends on {name}");
    }
}

#[test]
fn only_persistence_names_diesel() {
    nowhere("api/src", &["diesel"], &[]);
    nowhere("domain/src", &["diesel"], &[]);
}

#[test]
fn use_cases_name_no_framework() {
    nowhere("api/src/app", &["actix_web", "utoipa", "crate::http"], &[]);
}

#[test]
fn only_http_names_utoipa() {
    nowhere("api/src", &["utoipa"], &["api/src/http"]);
}

#[test]
fn only_the_backend_matches_on_the_database() {
    let words = ["AnyConnection::Postgres", "AnyConnection::Sqlite"];
    nowhere("persistence/src", &words, &["persistence/src/backend.rs", "persistence/src/migrate.rs"]);
}

#[test]
fn only_access_compares_roles() {
    let words = ["== Role::", "!= Role::", "matches!(role", "Role::Administrator =>"];
    // The import names who acted on the portal; the demonstration makes one account a role.
    nowhere("api/src", &words, &["api/src/app/portal/steps.rs", "api/src/cli/demo.rs"]);
    nowhere("persistence/src", &words, &[]);
}

#[test]
fn the_clock_is_read_in_one_place() {
    nowhere("api/src", &["Utc::now", "SystemTime::now", "Local::now"], &["api/src/clock.rs"]);
    nowhere("domain/src", &["Utc::now", "SystemTime", "Local::now"], &[]);
    nowhere("persistence/src", &["Utc::now", "SystemTime", "Local::now"], &[]);
}

#[test]
fn money_never_floats() {
    nowhere("domain/src", &["f64", "f32"], &[]);
    nowhere("persistence/src", &["f32", " as f64"], &["persistence/src/lane.rs"]);
}

#[test]
fn migrations_have_the_same_names_on_both_sides() {
    let names = |side: &str| {
        let folder = root().join("persistence/migrations").join(side);
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().map(|e| e.file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn tables_have_the_same_columns_on_both_sides() {
    let columns = |side: &str| {
        let folder = root().join("persistence/migrations").join(side);
        let mut found = std::collections::BTreeSet::new();
        for migration in std::fs::read_dir(folder).unwrap().flatten() {
            let sql = std::fs::read_to_string(migration.path().join("up.sql")).unwrap();
            let mut table = String::new();
            for line in sql.lines() {
                if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                    table = rest.split_whitespace().next().unwrap().to_owned();
                } else if line.starts_with("    ")
                    && !table.is_empty()
                    && !line.trim_start().starts_with("PRIMARY")
                {
                    let column = line.split_whitespace().next().unwrap();
                    let needed = line.contains("NOT NULL") || line.contains("PRIMARY KEY");
                    found.insert((table.clone(), column.to_owned(), needed));
                } else if line.starts_with(')') {
                    table.clear();
                }
            }
        }
        found
    };
    assert!(columns("sqlite").len() > 150);
    assert_eq!(columns("sqlite"), columns("postgres"));
}

/// The document knows a body by its name alone: two of one name would be one there, and the wrong one.
#[test]
fn every_body_of_the_document_has_a_name_of_its_own() {
    let mut seen = std::collections::BTreeMap::new();
    for (path, text) in sources(&root().join("api/src/http")) {
        let mut derived = false;
        for line in code(&text) {
            derived |= line.contains("ToSchema");
            let Some(rest) = line.trim_start().split_once("struct ").map(|(_, rest)| rest) else { continue };
            let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            if std::mem::take(&mut derived) && !name.is_empty() {
                let before = seen.insert(name.clone(), path.clone());
                assert!(before.is_none(), "{name}: {before:?} and {path:?}");
            }
        }
    }
    assert!(seen.len() > 100, "{} bodies", seen.len());
}
