//! Letters on their way: saving a step, numbers, and what waits to be issued.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Text};
use domain::ids::DossierId;
use domain::letter::LetterState;
use uuid::Uuid;

use super::{Letter, LetterRow};
use crate::column::{Id, Instant, Ts, Uid};
use crate::error::Error;
use crate::schema::{dossiers, letters};
use crate::store::{Reader, WriteTx};

/// Saves a letter after a step.
///
/// # Errors
/// [`Error::Stale`] when somebody else changed it since version `seen` was read.
pub fn save(tx: &mut WriteTx<'_>, dossier: DossierId, seen: i64, letter: &Letter) -> Result<(), Error> {
    let unchanged = letters::table.filter(letters::id.eq(Id(letter.id))).filter(letters::version.eq(seen));
    let changed = diesel::update(unchanged).set(LetterRow::of(dossier, letter)).execute(tx.change())?;
    if changed == 1 { Ok(()) } else { Err(Error::Stale) }
}

#[derive(QueryableByName)]
struct Next {
    #[diesel(sql_type = BigInt)]
    next: i64,
}

/// The next number of a unit's year, from 1. A number that is not used after all is given again.
///
/// # Errors
/// Those of the database.
pub fn next_number(tx: &mut WriteTx<'_>, unit: &str, year: i32) -> Result<i64, Error> {
    let row: Next = diesel::sql_query(
        "INSERT INTO letter_numbers (unit, year, next) VALUES ($1, $2, 2) \
         ON CONFLICT (unit, year) DO UPDATE SET next = letter_numbers.next + 1 RETURNING next",
    )
    .bind::<Text, _>(unit)
    .bind::<Integer, _>(year)
    .get_result(tx.change())?;
    Ok(row.next - 1)
}

/// Moves the sequence past a number that was given by hand.
///
/// # Errors
/// Those of the database.
pub fn numbered_past(tx: &mut WriteTx<'_>, unit: &str, year: i32, number: i64) -> Result<(), Error> {
    diesel::sql_query(
        "INSERT INTO letter_numbers (unit, year, next) VALUES ($1, $2, $3 + 1) \
         ON CONFLICT (unit, year) DO UPDATE SET next = \
         CASE WHEN excluded.next > letter_numbers.next THEN excluded.next ELSE letter_numbers.next END",
    )
    .bind::<Text, _>(unit)
    .bind::<Integer, _>(year)
    .bind::<BigInt, _>(number)
    .execute(tx.change())?;
    Ok(())
}

/// Whether a number of a unit's year is taken.
///
/// # Errors
/// Those of the database.
pub fn is_taken(reader: &mut Reader<'_>, unit: &str, year: i32, number: i64) -> Result<bool, Error> {
    let found: Option<Id> = letters::table
        .filter(letters::number_unit.eq(unit))
        .filter(letters::number_year.eq(year))
        .filter(letters::number.eq(number))
        .select(letters::id)
        .first(reader.conn)
        .optional()?;
    Ok(found.is_some())
}

/// A letter that waits to be issued, with the dossier it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Mã hồ sơ.
    pub code: String,
    /// Unit.
    pub unit: String,
    /// The letter.
    pub letter: Letter,
}

/// Letters that are neither issued nor discarded, of dossiers of these units, narrowed to a state,
/// oldest first, after the given place; served by `letters_waiting`.
///
/// # Errors
/// Those of the database.
pub fn waiting(
    reader: &mut Reader<'_>,
    units: Vec<String>,
    state: Option<LetterState>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Waiting>, Error> {
    let rows: Vec<LetterRow> = still_open(units, state, after).limit(limit).load(reader.conn)?;
    let ids: Vec<Id> = rows.iter().map(|row| row.dossier_id).collect();
    let heads: Vec<(Id, String, String)> = dossiers::table
        .filter(dossiers::id.eq_any(&ids))
        .select((dossiers::id, dossiers::code, dossiers::unit))
        .load(reader.conn)?;
    rows.into_iter()
        .map(|row| {
            let head = heads.iter().find(|(id, ..)| *id == row.dossier_id);
            let (_, code, unit) = head.ok_or_else(|| Error::Corrupt("dossier".to_owned()))?;
            Ok(Waiting { code: code.clone(), unit: unit.clone(), letter: row.read()? })
        })
        .collect()
}

/// The statement of [`waiting`].
pub(crate) fn still_open<'a>(
    units: Vec<String>,
    state: Option<LetterState>,
    after: Option<(DateTime<Utc>, Uuid)>,
) -> letters::BoxedQuery<'a, crate::backend::MultiBackend> {
    let of_dossier =
        dossiers::table.filter(dossiers::id.eq(letters::dossier_id)).filter(dossiers::unit.eq_any(units));
    let mut query = letters::table
        .filter(letters::issued_at.is_null())
        .filter(letters::discarded_at.is_null())
        .filter(exists(of_dossier))
        .order((letters::drafted_at, letters::id))
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(letters::state.eq(state.to_string()));
    }
    if let Some((at, id)) = after {
        query = query.filter(
            diesel::dsl::sql::<Bool>("(drafted_at, id) > (")
                .bind::<Instant, _>(Ts(at))
                .sql(", ")
                .bind::<Uid, _>(Id(id))
                .sql(")"),
        );
    }
    query
}
