//! Adding many numbers to the rows of a table of sums by one statement.
//!
//! Owns the statement, which both databases read from a JSON array of rows.

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;

use crate::backend::AnyConnection;
use crate::error::Error;

/// A table of sums.
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// Columns of its primary key, with the type that PostgreSQL reads each as.
    pub(super) keys: &'static [(&'static str, &'static str)],
    /// Columns of whole numbers that are added to.
    pub(super) sums: &'static [&'static str],
}

/// Rows of one statement: a text of some hundred kilobytes.
const AT_ONCE: usize = 2_000;

/// Adds `rows`, each the values of the keys and then of the sums, to those that are there. No two may have
/// the same keys.
pub(super) fn upsert(conn: &mut AnyConnection, table: &Table, rows: Vec<Value>) -> Result<(), Error> {
    let keys: Vec<&str> = table.keys.iter().map(|(name, _)| *name).collect();
    let columns: Vec<&str> = keys.iter().chain(table.sums).copied().collect();
    let taken = if conn.is_sqlite() {
        let values: Vec<String> = (0..columns.len()).map(|n| format!("value ->> {n}")).collect();
        // Without a condition, SQLite would read the ON that follows as that of a join.
        format!("SELECT {} FROM json_each($1) WHERE true", values.join(", "))
    } else {
        let kinds = table.keys.iter().map(|(_, kind)| *kind).chain(table.sums.iter().map(|_| "bigint"));
        let values: Vec<String> =
            kinds.enumerate().map(|(n, kind)| format!("CAST(value ->> {n} AS {kind})")).collect();
        format!("SELECT {} FROM jsonb_array_elements(CAST($1 AS jsonb))", values.join(", "))
    };
    let added: Vec<String> =
        table.sums.iter().map(|sum| format!("{sum} = {}.{sum} + excluded.{sum}", table.name)).collect();
    let statement = format!(
        "INSERT INTO {} ({}) {taken} ON CONFLICT ({}) DO UPDATE SET {}",
        table.name,
        columns.join(", "),
        keys.join(", "),
        added.join(", ")
    );
    for some in rows.chunks(AT_ONCE) {
        let text = serde_json::to_string(some).map_err(|e| Error::corrupt("json", &e))?;
        diesel::sql_query(statement.as_str()).bind::<Text, _>(text).execute(conn)?;
    }
    Ok(())
}
