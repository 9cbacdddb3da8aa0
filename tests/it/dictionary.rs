//! The documents that are made from the source: the data dictionary and the lists of the glossary.

use acceptance::{golden, golden_part, root};

struct Column {
    name: String,
    kind: String,
    meaning: String,
}

struct Table {
    name: String,
    key: String,
    meaning: String,
    columns: Vec<Column>,
}

/// Reads the tables with the line above each table and column.
fn tables() -> Vec<Table> {
    let schema = std::fs::read_to_string(root().join("persistence/src/schema.rs")).unwrap();
    let mut tables: Vec<Table> = Vec::new();
    let mut meaning = String::new();
    for line in schema.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            meaning = [meaning.as_str(), text.trim()].join(" ").trim().to_owned();
            continue;
        }
        let meaning = std::mem::take(&mut meaning);
        if let Some((name, key)) = line.strip_suffix(") {").and_then(|head| head.split_once(" (")) {
            let (name, key) = (name.to_owned(), key.to_owned());
            tables.push(Table { name, key, meaning, columns: Vec::new() });
        } else if let (Some((name, kind)), Some(table)) = (line.split_once(" -> "), tables.last_mut()) {
            let (name, kind) = (name.to_owned(), kind.trim_end_matches(',').to_owned());
            table.columns.push(Column { name, kind, meaning });
        }
    }
    tables
}

/// The type on SQLite and on PostgreSQL.
fn stored(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "Text" => ("text", "text"),
        "Integer" | "BigInt" => ("integer", if kind == "Integer" { "integer" } else { "bigint" }),
        "Bool" => ("boolean", "boolean"),
        "Date" => ("text, YYYY-MM-DD", "date"),
        "Instant" => ("integer, µs since 1970", "timestamptz"),
        "Uid" => ("blob of 16 bytes", "uuid"),
        "Json" => ("text, JSON", "jsonb"),
        other => panic!("tests/it/dictionary.rs: how is {other} stored?"),
    }
}

#[test]
fn the_data_dictionary_documents_every_table_and_column() {
    let tables = tables();
    let mut missing = Vec::new();
    let mut text = String::from(
        "# Data dictionary\n\nEvery table and column of both databases. Made from `persistence/src/schema.rs`, where the line above a \
         column says what it means;\n`GOLDEN=overwrite cargo test -p acceptance dictionary` writes this file anew. Instants are UTC; \
         days are days in Vietnam; amounts are whole đồng.\nA column that may be empty is marked `?`. Neither database keeps anything \
         else, except the migrations that have run (`__diesel_schema_migrations`) and\nSQLite's index of names (`dossiers_name`).\n",
    );
    for table in &tables {
        if table.meaning.is_empty() {
            missing.push(table.name.clone());
        }
        text.push_str(&format!("\n## {}\n\n{} Key: {}.\n\n", table.name, table.meaning, table.key));
        text.push_str("| column | SQLite | PostgreSQL | meaning |\n| --- | --- | --- | --- |\n");
        for column in &table.columns {
            if column.meaning.is_empty() {
                missing.push(format!("{}.{}", table.name, column.name));
            }
            let kind = column.kind.strip_prefix("Nullable<").and_then(|k| k.strip_suffix('>'));
            let (sqlite, postgres) = stored(kind.unwrap_or(&column.kind));
            let mark = if kind.is_some() { "?" } else { "" };
            text.push_str(&format!(
                "| `{}`{mark} | {sqlite} | {postgres} | {} |\n",
                column.name, column.meaning
            ));
        }
    }
    assert!(tables.len() > 20);
    assert!(
        missing.is_empty(),
        "persistence/src/schema.rs: write a line `/// what it means` above each of {missing:?}, then \
         `GOLDEN=overwrite cargo test -p acceptance dictionary`"
    );
    golden("docs/data-dictionary.md", &text);
}

/// The tables of codes in a file of the domain: name, meaning, and each code with its labels.
fn code_tables(text: &str) -> Vec<(String, String, Vec<[String; 3]>)> {
    let mut found = Vec::new();
    for block in text.split("codes! {").skip(1) {
        let (mut meaning, mut name, mut codes) = (String::new(), None, Vec::new());
        let mut entry = String::new();
        for line in block.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("pub enum ") {
                name = rest.split([' ', '{']).next().map(ToOwned::to_owned);
            } else if name.is_none() {
                let text = line.strip_prefix("///").unwrap_or_default().trim();
                meaning = [meaning.as_str(), text].join(" ").trim().to_owned();
            } else if line == "}" {
                break;
            } else {
                // A code and its labels may stand on several lines.
                entry.push_str(line.split_once(" => ").map_or(line, |(_, texts)| texts));
                let parts: Vec<String> = entry.split('"').map(ToOwned::to_owned).collect();
                if line.starts_with("///") {
                    entry.clear();
                } else if let [_, code, _, vi, _, en, _, ..] = parts.as_slice() {
                    codes.push([code.clone(), vi.clone(), en.clone()]);
                    entry.clear();
                }
            }
        }
        found.extend(name.map(|name| (name, meaning, codes)));
    }
    found
}

#[test]
fn the_glossary_documents_every_code() {
    let mut all = Vec::new();
    for (_, text) in crate::tidy::sources(&root().join("domain/src")) {
        all.extend(code_tables(&text));
    }
    all.sort();
    assert!(all.len() > 25, "{}", all.len());
    let mut text = String::new();
    for (name, meaning, codes) in &all {
        assert!(!codes.is_empty() && !meaning.is_empty(), "{name}");
        text.push_str(&format!(
            "\n### {name}\n\n{meaning}\n\n| code | Vietnamese | English |\n| --- | --- | --- |\n"
        ));
        for [code, vi, en] in codes {
            assert!(!code.is_empty() && !vi.is_empty() && !en.is_empty(), "{name}: {code}");
            text.push_str(&format!("| `{code}` | {vi} | {en} |\n"));
        }
    }
    golden_part("docs/glossary.md", "codes", &text);
}
