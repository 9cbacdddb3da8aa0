//! Dossiers by the applicant's name.
//!
//! Owns the two ways to find one: a rare name by the full-text index of each database, a common one by going
//! through the list in its order, where it comes up soon. Which is better PostgreSQL knows by itself; SQLite
//! keeps no count of words and is asked first.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::query::{Condition, Query};
use crate::backend::AnyConnection;
use crate::error::Error;
use crate::store::Reader;

/// So many dossiers are read and put in order at once within some ten milliseconds; of a name that has more,
/// the next fifty come up within some ten thousand dossiers of a million.
const FEW: i64 = 5_000;

/// What is asked, with whether its name is a common one. One statement on SQLite, none on PostgreSQL.
pub(super) fn weighed(reader: &mut Reader<'_>, query: &Query) -> Result<Query, Error> {
    let mut query = query.clone();
    if let Some(name) = query.name.as_deref().filter(|_| reader.conn.is_sqlite()) {
        let found =
            sql::<BigInt>("SELECT COUNT(*) FROM (SELECT 1 FROM dossier_names WHERE dossier_names MATCH ")
                .bind::<Text, _>(of_sqlite(name))
                .sql(" LIMIT ")
                .bind::<BigInt, _>(FEW + 1)
                .sql(")");
        query.name_is_common = found.get_result::<i64>(reader.conn)? > FEW;
    }
    Ok(query)
}

/// Every word of the folded name begins a word of the stored one, by the index.
pub(super) fn indexed(conn: &AnyConnection, folded: &str) -> Condition {
    if conn.is_sqlite() {
        let found =
            sql::<Bool>("dossiers.rowid IN (SELECT rowid FROM dossier_names WHERE dossier_names MATCH ");
        return Box::new(found.bind::<Text, _>(of_sqlite(folded)).sql(")"));
    }
    let words = folded.split_whitespace().map(|w| format!("{w}:*")).collect::<Vec<_>>().join(" & ");
    let found = sql::<Bool>("to_tsvector('simple', name_folded) @@ to_tsquery('simple', ")
        .bind::<Text, _>(words)
        .sql(")");
    // Where the planner goes through the list instead, this spares it taking every name apart; as a CASE it
    // leaves the planner's count of the words as it is, but for a half.
    let near = sql::<Bool>("CASE WHEN ")
        .bind::<Bool, _>(begins_words(conn, folded))
        .sql(" THEN TRUE ELSE FALSE END");
    Box::new(near.and(found))
}

/// The same, told from the stored name itself.
pub(super) fn begins_words(conn: &AnyConnection, folded: &str) -> Condition {
    // Folded names are letters and digits in words, with one space between.
    let position = if conn.is_sqlite() { "INSTR" } else { "STRPOS" };
    let all: Condition = Box::new(true.into_sql::<Bool>());
    folded.split_whitespace().fold(all, |all, word| {
        let begins = sql::<Bool>(&format!("{position}(' ' || name_folded, "))
            .bind::<Text, _>(format!(" {word}"))
            .sql(") > 0");
        Box::new(all.and(begins))
    })
}

/// A query of SQLite's full-text index.
fn of_sqlite(folded: &str) -> String {
    folded.split_whitespace().map(|w| format!("\"{w}\"*")).collect::<Vec<_>>().join(" ")
}
