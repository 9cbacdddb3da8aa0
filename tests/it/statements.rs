//! What each operation asks of the database: a budget of statements, kept in `tests/golden/statements.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use acceptance::{Database, World, golden, root};
use api::http::server::document;

use crate::document::{operations, real_answers};

const FILE: &str = "tests/golden/statements.md";

/// Runs of which the fewest statements are taken; more only when there seems to be a rise.
const RUNS: usize = 2;
/// Not every request finds the same kept in memory, so a rise must show in all of so many runs.
const MOST_RUNS: usize = 4;

/// Operations with their statements on SQLite and on PostgreSQL.
type Budget = BTreeMap<String, [u64; 2]>;

/// The statements of each operation on a database, in one run of all.
fn run(database: Database) -> BTreeMap<String, u64> {
    let mut sent = real_answers(database).statements;
    for (operation, statements) in crate::sign_in::statements(&World::new(database)) {
        sent.insert(operation.to_owned(), statements);
    }
    sent
}

fn table(budget: &Budget) -> String {
    let mut text = String::from(
        "Statements that each operation takes once, with `BEGIN` and `COMMIT`; written by the tests (`GOLDEN=overwrite`).\n\
         A rise fails them.\n\n| operation | SQLite | PostgreSQL |\n| --- | ---: | ---: |\n",
    );
    for (operation, [sqlite, postgres]) in budget {
        writeln!(text, "| {operation} | {sqlite} | {postgres} |").unwrap();
    }
    text
}

fn read(text: &str) -> Budget {
    let rows = text.lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0].to_owned(), [cells[1].parse().unwrap(), cells[2].parse().unwrap()])
    };
    rows.map(row).collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests may want golden files written")]
fn no_operation_takes_more_statements_than_its_budget() {
    let overwrite = std::env::var("GOLDEN").is_ok_and(|v| v == "overwrite");
    let kept = read(&std::fs::read_to_string(root().join(FILE)).unwrap_or_default());
    let mut fewest = Budget::new();
    for (place, database) in Database::BOTH.into_iter().enumerate() {
        for tried in 1..=MOST_RUNS {
            for (operation, sent) in run(database) {
                let least = &mut fewest.entry(operation).or_insert([u64::MAX; 2])[place];
                *least = sent.min(*least);
            }
            let rises =
                fewest.iter().any(|(name, sent)| kept.get(name).is_none_or(|k| sent[place] > k[place]));
            if tried >= RUNS && !rises && !overwrite {
                break;
            }
        }
    }
    let documented = operations(&serde_json::to_value(document()).unwrap());
    let documented: Vec<&str> =
        documented.iter().map(|(_, _, operation)| operation["operationId"].as_str().unwrap()).collect();
    let unmeasured: Vec<_> = documented.iter().filter(|id| !fewest.contains_key(**id)).collect();
    assert!(unmeasured.is_empty(), "not measured: {unmeasured:?}");
    if overwrite {
        golden(FILE, &table(&fewest));
        return;
    }
    let names = |budget: &Budget| budget.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&kept), names(&fewest), "operations of {FILE}; GOLDEN=overwrite writes it anew");
    let rises: Vec<String> = fewest
        .iter()
        .filter(|(name, sent)| sent.iter().zip(&kept[*name]).any(|(now, budget)| now > budget))
        .map(|(name, sent)| format!("{name}: {sent:?}, at most {:?} on SQLite and PostgreSQL", kept[name]))
        .collect();
    assert!(rises.is_empty(), "more statements than their budget:\n{}", rises.join("\n"));
}
