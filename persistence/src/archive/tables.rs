//! What stands in an archive: every table, its columns, and how each database reads and takes them.
//!
//! The list is read from `schema.rs` itself, so that a new table or column cannot be forgotten. A
//! row is one JSON array whose text does not depend on the database: instants are microseconds
//! since 1970, identities text, documents an array of one (so that no document and the document
//! `null` stay apart).

use serde_json::Value;
use uuid::Uuid;

use crate::audit::canonical;
use crate::error::Error;

/// How a column's values stand in an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Bool,
    Date,
    Instant,
    Uid,
    Json,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "Text" => Self::Text,
            "Integer" | "BigInt" => Self::Integer,
            "Bool" => Self::Bool,
            "Date" => Self::Date,
            "Instant" => Self::Instant,
            "Uid" => Self::Uid,
            "Json" => Self::Json,
            _ => return None,
        })
    }

    fn code(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Bool => "bool",
            Self::Date => "date",
            Self::Instant => "instant",
            Self::Uid => "uuid",
            Self::Json => "json",
        }
    }
}

#[derive(Debug)]
struct Column {
    name: &'static str,
    kind: Kind,
    /// A lease: its holder does not exist where the archive is restored, so it is read as none.
    released: bool,
}

/// A table of the schema.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    key: Vec<&'static str>,
    columns: Vec<Column>,
}

/// Who holds a chain, a check, an import or a scan, by table and column.
const LEASES: [(&str, &str); 8] = [
    ("audit_heads", "owner"),
    ("audit_heads", "lease_until"),
    ("figure_checks", "lease_owner"),
    ("figure_checks", "lease_until"),
    ("imports", "lease_owner"),
    ("imports", "lease_until"),
    ("uploads", "lease_owner"),
    ("uploads", "lease_until"),
];

/// Every table, in the order of the schema.
pub(super) fn all() -> Result<Vec<Table>, Error> {
    parse(include_str!("../schema.rs"))
}

fn parse(schema: &'static str) -> Result<Vec<Table>, Error> {
    let mut tables: Vec<Table> = Vec::new();
    for line in schema.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        if let Some((name, key)) = line.strip_suffix(") {").and_then(|head| head.split_once(" (")) {
            tables.push(Table { name, key: key.split(", ").collect(), columns: Vec::new() });
        } else if let (Some((name, kind)), Some(table)) = (line.split_once(" -> "), tables.last_mut()) {
            let kind = kind.trim_end_matches(',');
            let kind = kind.strip_prefix("Nullable<").and_then(|k| k.strip_suffix('>')).unwrap_or(kind);
            let kind = Kind::of(kind).ok_or_else(|| Error::corrupt("schema", &line))?;
            let released = LEASES.contains(&(table.name, name)) || name.starts_with("lease_");
            table.columns.push(Column { name, kind, released });
        }
    }
    Ok(tables)
}

impl Table {
    /// Names of the columns, for comparing with a database's own list.
    pub(super) fn columns(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.name.to_owned()).collect()
    }

    /// The columns with their kinds, as an archive names them.
    pub(super) fn described(&self) -> Vec<String> {
        self.columns.iter().map(|c| format!("{}:{}", c.name, c.kind.code())).collect()
    }

    /// Reads every row, in one order on both databases. The columns behind the key settle the
    /// order where the database does not enforce the key; elsewhere they cost nothing.
    pub(super) fn read_sql(&self, sqlite: bool) -> String {
        let values: Vec<String> = self.columns.iter().map(|c| c.read_sql(sqlite)).collect();
        let (key, rest): (Vec<&Column>, Vec<&Column>) =
            self.columns.iter().filter(|c| c.kind != Kind::Json).partition(|c| self.key.contains(&c.name));
        let key = self.key.iter().filter_map(|name| key.iter().find(|c| c.name == *name));
        let order: Vec<String> = key
            .map(|c| self.order_sql(c, sqlite))
            .chain(rest.iter().map(|c| self.order_sql(c, sqlite) + " NULLS FIRST"))
            .collect();
        let array = if sqlite { "json_array" } else { "json_build_array" };
        let cast = if sqlite { "" } else { "::text" };
        format!(
            "SELECT {array}({}){cast} AS line_text FROM \"{}\" ORDER BY {}",
            values.join(", "),
            self.name,
            order.join(", ")
        )
    }

    fn order_sql(&self, column: &Column, sqlite: bool) -> String {
        let collation = if column.kind == Kind::Text && !sqlite { " COLLATE \"C\"" } else { "" };
        format!("\"{}\".\"{}\"{collation}", self.name, column.name)
    }

    /// Inserts the rows of one JSON array, its only parameter.
    pub(super) fn take_sql(&self, sqlite: bool) -> String {
        let names: Vec<String> = self.columns.iter().map(|c| format!("\"{}\"", c.name)).collect();
        let values: Vec<String> =
            self.columns.iter().enumerate().map(|(place, c)| c.take_sql(place, sqlite)).collect();
        let rows = if sqlite { "json_each($1)" } else { "jsonb_array_elements($1::jsonb) AS rows(value)" };
        format!(
            "INSERT INTO \"{}\" ({}) SELECT {} FROM {rows}",
            self.name,
            names.join(", "),
            values.join(", ")
        )
    }

    /// A row in the text that both databases share, from what one of them gave.
    pub(super) fn line(&self, raw: &str) -> Result<String, Error> {
        let mut values: Vec<Value> = serde_json::from_str(raw).map_err(|e| Error::corrupt(self.name, &e))?;
        for (value, column) in values.iter_mut().zip(&self.columns) {
            let shared = match (column.kind, &*value) {
                (Kind::Bool, Value::Number(number)) => Value::Bool(number.as_i64() != Some(0)),
                (Kind::Uid, Value::String(text)) => {
                    let id = Uuid::parse_str(text).map_err(|e| Error::corrupt(self.name, &e))?;
                    Value::String(id.to_string())
                }
                _ => continue,
            };
            *value = shared;
        }
        canonical(&Value::Array(values))
    }
}

impl Column {
    fn read_sql(&self, sqlite: bool) -> String {
        let name = format!("\"{}\"", self.name);
        match (self.kind, sqlite) {
            _ if self.released => if sqlite { "NULL" } else { "NULL::text" }.to_owned(),
            (Kind::Uid, true) => format!("CASE WHEN {name} IS NOT NULL THEN hex({name}) END"),
            (Kind::Json, true) => {
                format!("json(CASE WHEN {name} IS NOT NULL THEN json_array(json({name})) END)")
            }
            (Kind::Json, false) => format!("CASE WHEN {name} IS NOT NULL THEN json_build_array({name}) END"),
            (Kind::Instant, false) => format!("(extract(epoch FROM {name}) * 1000000)::bigint"),
            _ => name,
        }
    }

    fn take_sql(&self, place: usize, sqlite: bool) -> String {
        let text = format!("(value ->> {place})");
        match (self.kind, sqlite) {
            (Kind::Uid, true) => format!("unhex(replace({text}, '-', ''))"),
            (Kind::Json, true) => format!("value -> '$[{place}][0]'"),
            (_, true) | (Kind::Text, false) => text,
            (Kind::Integer, false) => format!("{text}::bigint"),
            (Kind::Bool, false) => format!("{text}::boolean"),
            (Kind::Date, false) => format!("{text}::date"),
            (Kind::Instant, false) => {
                format!("timestamptz '1970-01-01 00:00:00+00' + {text}::bigint * interval '1 microsecond'")
            }
            (Kind::Uid, false) => format!("{text}::uuid"),
            // By its path: `-> 0` of the document `null` would give that document once more.
            (Kind::Json, false) => format!("value #> '{{{place},0}}'"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_schema_is_read_whole() {
        let tables = all().unwrap();
        let schema = include_str!("../schema.rs");
        assert_eq!(tables.len(), schema.matches("diesel::table!").count());
        let columns: usize = tables.iter().map(|t| t.columns.len()).sum();
        assert_eq!(columns, schema.matches(" -> ").count());
        for table in &tables {
            assert!(table.key.iter().all(|k| table.columns.iter().any(|c| c.name == *k)), "{}", table.name);
        }
        let leases = tables.iter().flat_map(|t| &t.columns).filter(|c| c.released).count();
        // Every lease by its name, and who holds an audit chain.
        assert_eq!(leases, schema.matches("\n        lease_").count() + 1);
    }

    #[test]
    fn every_table_and_column_of_sqlite_is_in_an_archive() {
        let file = std::env::temp_dir().join(format!("{}.sqlite", crate::store::new_id()));
        let url = format!("sqlite:{}", file.display());
        let target = crate::Target::parse(&url, std::time::Duration::from_secs(5)).unwrap();
        crate::migrate::up(&target).unwrap();
        let mut there: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let sql = "SELECT t.name || ' ' || c.name AS line_text \
                   FROM pragma_table_list t, pragma_table_info(t.name) c \
                   WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\' \
                   ORDER BY t.name, c.cid";
        let taken = target.connect().unwrap().each_line(sql, |line| {
            let (table, column) = line.split_once(' ').unwrap();
            there.entry(table.to_owned()).or_default().push(column.to_owned());
            Ok::<(), Error>(())
        });
        taken.unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(there, crate::archive::tables().unwrap());
    }

    #[test]
    fn a_row_has_one_text_whatever_database_gave_it() {
        let schema = "t (id) {\nid -> Uid,\nyes -> Bool,\ndoc -> Nullable<Json>,\n}";
        let tables = parse(schema).unwrap();
        let table = &tables[0];
        let sqlite = table.line(r#"["018F0000000070008000000000000001",1,[{"b":1,"a":null}]]"#).unwrap();
        let postgres =
            table.line(r#"["018f0000-0000-7000-8000-000000000001", true, [{"a": null, "b": 1}]]"#).unwrap();
        assert_eq!(sqlite, postgres);
        assert_eq!(sqlite, r#"["018f0000-0000-7000-8000-000000000001",true,[{"a":null,"b":1}]]"#);
    }
}
