//! Rule books, and the mark by which every process sees that reference data changed.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::rulebook::RuleBook;

use crate::backend::on_each;
use crate::column::{Doc, Ts, doc, undoc};
use crate::error::Error;
use crate::schema::{reference_state, rulebooks};
use crate::store::{Reader, WriteTx};

/// Number that rises whenever reference data changes; nothing loaded yet is 0.
///
/// # Errors
/// Those of the database.
pub fn version(reader: &mut Reader<'_>) -> Result<i64, Error> {
    let found: Option<i64> = reference_state::table
        .find("reference")
        .select(reference_state::version)
        .first(reader.conn)
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// Tells every process to load reference data anew.
///
/// # Errors
/// Those of the database.
pub fn raise(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    diesel::sql_query(
        "INSERT INTO reference_state (name, version) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET version = reference_state.version + excluded.version",
    )
    .bind::<Text, _>("reference")
    .bind::<BigInt, _>(1)
    .execute(tx.change())?;
    Ok(())
}

/// The rule book in force, if one was published.
///
/// # Errors
/// Those of the database.
pub fn current(reader: &mut Reader<'_>) -> Result<Option<RuleBook>, Error> {
    let found: Option<Doc> = rulebooks::table
        .filter(rulebooks::is_current.eq(true))
        .select(rulebooks::body)
        .first(reader.conn)
        .optional()?;
    found.map(undoc).transpose()
}

/// Who publishes and why.
#[derive(Debug, Clone, Default)]
pub struct Publication {
    /// A user name; none for the program's own data.
    pub by: Option<String>,
    /// In words.
    pub note: Option<String>,
}

/// What [`publish`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Whether another version was in force before, or none.
    pub changed: bool,
    /// The version that was in force before.
    pub previous: Option<String>,
}

/// Puts a rule book in force; what was published before stays, so that old decisions can be replayed.
/// The version in force again changes nothing. Publishers wait for each other.
///
/// # Errors
/// Those of the database.
pub fn publish(
    tx: &mut WriteTx<'_>,
    book: &RuleBook,
    publication: &Publication,
    now: DateTime<Utc>,
) -> Result<Published, Error> {
    // First of all, so that whoever publishes at the same time waits here.
    raise(tx)?;
    let conn = tx.change();
    let previous: Option<String> = rulebooks::table
        .filter(rulebooks::is_current.eq(true))
        .select(rulebooks::version)
        .first(conn)
        .optional()?;
    if previous.as_deref() == Some(book.version.as_str()) {
        return Ok(Published { changed: false, previous });
    }
    diesel::update(rulebooks::table.filter(rulebooks::is_current.eq(true)))
        .set(rulebooks::is_current.eq(false))
        .execute(conn)?;
    let known = diesel::update(rulebooks::table.find(&book.version))
        .set(rulebooks::is_current.eq(true))
        .execute(conn)?;
    if known == 0 {
        let row = (
            rulebooks::version.eq(&book.version),
            rulebooks::body.eq(doc(book)?),
            rulebooks::published_at.eq(Ts(now)),
            rulebooks::is_current.eq(true),
            rulebooks::calendar_version.eq(&book.calendar.version),
            rulebooks::note.eq(&publication.note),
            rulebooks::published_by.eq(&publication.by),
        );
        on_each!(conn, inner => diesel::insert_into(rulebooks::table).values(row).execute(inner))?;
    }
    Ok(Published { changed: true, previous })
}
