//! Dossiers by the applicant's name.
//!
//! Owns the two ways to find one: a rare name by the full-text index of each database, a common one by going
//! through the list in its order, where it comes up soon. Which is better PostgreSQL knows by itself; SQLite
//! keeps no count of words and is asked first.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::query::{Condition, Query};
use crate::backend::AnyConnection;
use crate::error::Error;
use crate::schema::dossiers;
use crate::store::Reader;

/// Newest dossiers that tell how common a name is.
const SAMPLE: i64 = 2_000;

/// A name is common where so many of the sample have it: its next fifty come up within some fifty thousand
/// dossiers, whose names are read in some thirty milliseconds, however many there are. One that is rarer has
/// few dossiers, which the index finds about as fast.
const COMMON: usize = 2;

/// What is asked, with whether its name is a common one. One statement on SQLite, none on PostgreSQL.
pub(super) fn weighed(reader: &mut Reader<'_>, query: &Query) -> Result<Query, Error> {
    let mut query = query.clone();
    if let Some(name) = query.name.as_deref().filter(|_| reader.conn.is_sqlite()) {
        let newest = dossiers::table.order((dossiers::submitted_at.desc(), dossiers::id.desc()));
        let names: Vec<String> = newest.select(dossiers::name_folded).limit(SAMPLE).load(reader.conn)?;
        let has = |stored: &&String| {
            name.split_whitespace().all(|word| stored.split(' ').any(|own| own.starts_with(word)))
        };
        query.name_is_common = names.iter().filter(has).count() >= COMMON;
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
