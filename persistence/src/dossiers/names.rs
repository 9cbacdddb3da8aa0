//! Dossiers by the applicant's name.
//!
//! Owns the ways to find one: a rare name by the full-text index of each database, a common one by going
//! through the list in its order, where it comes up soon. Which is better PostgreSQL knows by itself; SQLite
//! keeps no count of words, so a sample tells.

use std::borrow::Cow;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use domain::access::ListFilter;

use super::query::{Condition, Query};
use crate::backend::AnyConnection;
use crate::error::Error;
use crate::schema::dossiers;
use crate::store::Reader;

/// How a name is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Way {
    /// By the full-text index: a rare one.
    #[default]
    Index,
    /// Through all that may be seen in the order of the list: one that comes up there again and again.
    Order,
    /// Unit by unit in its order: a common one, where little may be seen.
    Units,
}

/// Newest dossiers that tell how common a name is.
const SAMPLE: i64 = 2_000;

/// A name comes up again and again where so many of the sample have it: its next fifty come within some fifty
/// thousand dossiers, whose names are read in some thirty milliseconds, however many there are.
const COMMON: usize = 2;

/// What is asked, with how its name is looked for. One statement on SQLite, none on PostgreSQL.
pub(super) fn weighed<'q>(
    reader: &mut Reader<'_>,
    seen: &ListFilter,
    query: &'q Query,
) -> Result<Cow<'q, Query>, Error> {
    let by_unit = seen.person.is_none() && seen.submitted_by.is_none();
    let Some(name) = query.name.as_deref().filter(|_| by_unit && reader.conn.is_sqlite()) else {
        return Ok(Cow::Borrowed(query));
    };
    let newest = dossiers::table.order((dossiers::submitted_at.desc(), dossiers::id.desc())).limit(SAMPLE);
    let sample: Vec<(String, String)> =
        newest.select((dossiers::unit, dossiers::name_folded)).load(reader.conn)?;
    let asked = |unit: &String| query.units.as_ref().is_none_or(|units| units.contains(unit));
    let within = |unit: &String| seen.units.contains(unit) && asked(unit);
    let (mut named, mut there, mut both) = (0, 0, 0);
    for (unit, stored) in &sample {
        let is_named = name.split_whitespace().all(|word| stored.split(' ').any(|own| own.starts_with(word)));
        named += usize::from(is_named);
        there += usize::from(within(unit));
        both += usize::from(is_named && within(unit));
    }
    let name_by = if both >= COMMON {
        Way::Order
    } else if there < named {
        Way::Units
    } else {
        Way::Index
    };
    Ok(Cow::Owned(Query { name_by, ..query.clone() }))
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
    let words = folded.split_whitespace().map(|word| -> Condition {
        let begins = sql::<Bool>(&format!("{position}(' ' || name_folded, "))
            .bind::<Text, _>(format!(" {word}"))
            .sql(") > 0");
        Box::new(begins)
    });
    words.reduce(|all, word| Box::new(all.and(word))).unwrap_or_else(|| Box::new(true.into_sql::<Bool>()))
}

/// A query of SQLite's full-text index.
fn of_sqlite(folded: &str) -> String {
    folded.split_whitespace().map(|w| format!("\"{w}\"*")).collect::<Vec<_>>().join(" ")
}
