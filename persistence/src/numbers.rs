//! The sequence of dossier codes per unit and day.
//!
//! A batch takes as many numbers as it may still need in one statement and gives back what it did
//! not use before it commits, while it still holds the row: codes stay without gaps and two
//! statements serve a whole batch.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Text};

use crate::error::Error;
use crate::store::WriteTx;

#[derive(QueryableByName)]
struct Next {
    #[diesel(sql_type = BigInt)]
    next: i64,
}

/// The next number of a unit's day, from 1.
///
/// # Errors
/// Those of the database.
pub fn next(tx: &mut WriteTx<'_>, unit: &str, day: NaiveDate) -> Result<i64, Error> {
    let key = (unit.to_owned(), day);
    if let Some(number) = tx.numbers.get_mut(&key).and_then(Iterator::next) {
        return Ok(number);
    }
    let wanted = i64::try_from(tx.jobs_left).unwrap_or(0) + 1;
    let end = raise(tx, unit, day, wanted)?;
    let mut taken = (end - wanted)..end;
    let number = taken.next().ok_or_else(|| Error::Corrupt("empty sequence".to_owned()))?;
    tx.numbers.insert(key, taken);
    Ok(number)
}

/// Adds to the sequence and gives its next number after that.
fn raise(tx: &mut WriteTx<'_>, unit: &str, day: NaiveDate, by: i64) -> Result<i64, Error> {
    let row: Next = diesel::sql_query(
        "INSERT INTO code_sequences (unit, day, next) VALUES ($1, $2, $3 + 1) \
         ON CONFLICT (unit, day) DO UPDATE SET next = code_sequences.next + excluded.next - 1 RETURNING next",
    )
    .bind::<Text, _>(unit)
    .bind::<Date, _>(day)
    .bind::<BigInt, _>(by)
    .get_result(tx.conn)?;
    Ok(row.next)
}

/// Gives back the numbers that the batch did not use.
pub(crate) fn give_back(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for ((unit, day), left) in std::mem::take(&mut tx.numbers) {
        if left.start < left.end {
            diesel::sql_query(
                "UPDATE code_sequences SET next = $1 WHERE unit = $2 AND day = $3 AND next = $4",
            )
            .bind::<BigInt, _>(left.start)
            .bind::<Text, _>(unit)
            .bind::<Date, _>(day)
            // Not when something else of the batch moved the sequence on meanwhile.
            .bind::<BigInt, _>(left.end)
            .execute(tx.conn)?;
        }
    }
    Ok(())
}

/// Moves the sequence past a number that another system gave.
///
/// # Errors
/// Those of the database.
pub fn move_past(tx: &mut WriteTx<'_>, unit: &str, day: NaiveDate, number: i64) -> Result<(), Error> {
    diesel::sql_query(
        "INSERT INTO code_sequences (unit, day, next) VALUES ($1, $2, $3 + 1) \
         ON CONFLICT (unit, day) DO UPDATE SET next = \
         CASE WHEN excluded.next > code_sequences.next THEN excluded.next ELSE code_sequences.next END",
    )
    .bind::<Text, _>(unit)
    .bind::<Date, _>(day)
    .bind::<BigInt, _>(number)
    .execute(tx.change())?;
    Ok(())
}
