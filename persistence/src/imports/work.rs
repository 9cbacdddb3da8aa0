//! The work on an import: who has it, chunk by chunk, to its end.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::{Chunk, Disagreement, Import, ImportRow, ImportState, RowError};
use crate::backend::on_each;
use crate::column::{Id, Ts, doc};
use crate::error::Error;
use crate::schema::{import_chunks, import_disagreements, import_errors, imports};
use crate::store::{Reader, WriteTx};

/// How long a silent worker keeps an import.
const LEASE_SECONDS: i64 = 30;

/// Takes the oldest import that waits, or whose worker has gone silent.
///
/// # Errors
/// Those of the database.
pub fn lease(tx: &mut WriteTx<'_>, owner: Uuid, now: DateTime<Utc>) -> Result<Option<Import>, Error> {
    let conn = tx.change();
    // A worker that met an error takes its own import up again at once.
    let own = imports::lease_owner.assume_not_null().eq(Id(owner));
    let free = imports::lease_until.is_null().or(imports::lease_until.assume_not_null().lt(Ts(now))).or(own);
    let waiting: Option<ImportRow> = imports::table
        .filter(imports::state.eq_any(["queued", "running"]))
        .filter(free)
        .order(imports::created_at)
        .first(conn)
        .optional()?;
    let Some(row) = waiting else { return Ok(None) };
    let own = imports::lease_owner.assume_not_null().eq(Id(owner));
    let free = imports::lease_until.is_null().or(imports::lease_until.assume_not_null().lt(Ts(now))).or(own);
    let taken = diesel::update(imports::table.filter(imports::id.eq(row.id)).filter(free))
        .set((
            imports::state.eq(ImportState::Running.to_string()),
            imports::lease_owner.eq(Some(Id(owner))),
            imports::lease_until.eq(Some(Ts(now + Duration::seconds(LEASE_SECONDS)))),
        ))
        .execute(conn)?;
    if taken != 1 {
        return Ok(None);
    }
    Ok(Some(Import { state: ImportState::Running, ..row.read()? }))
}

/// The chunk that holds a line.
///
/// # Errors
/// Those of the database.
pub fn chunk(reader: &mut Reader<'_>, import: Uuid, line: i64) -> Result<Option<Chunk>, Error> {
    let found: Option<(i64, i64, String)> = import_chunks::table
        .filter(import_chunks::import_id.eq(Id(import)))
        .filter(import_chunks::first_line.ge(line))
        .order(import_chunks::first_line)
        .select((import_chunks::first_line, import_chunks::line_count, import_chunks::content))
        .first(reader.conn)
        .optional()?;
    Ok(found.map(|(first_line, line_count, content)| Chunk { first_line, line_count, content }))
}

/// What working a chunk came to.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Rows looked at.
    pub done: i64,
    /// Rows that were there already.
    pub unchanged: i64,
    /// What was wrong.
    pub errors: Vec<RowError>,
    /// Where the portal decided otherwise.
    pub disagreements: Vec<Disagreement>,
    /// First line after the chunk.
    pub next_line: i64,
}

/// Moves an import on, in the transaction of the rows themselves. Says whether it was called off.
///
/// # Errors
/// [`Error::Stale`] when another worker has taken it over; those of the database.
pub fn advance(
    tx: &mut WriteTx<'_>,
    import: Uuid,
    owner: Uuid,
    from_line: i64,
    progress: &Progress,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let conn = tx.change();
    let mut failed_lines: Vec<i64> = progress.errors.iter().map(|e| e.line).collect();
    failed_lines.dedup();
    let failed = i64::try_from(failed_lines.len()).unwrap_or(0);
    let disagreements = i64::try_from(progress.disagreements.len()).unwrap_or(0);
    let mine = imports::table
        .filter(imports::id.eq(Id(import)))
        .filter(imports::lease_owner.eq(Some(Id(owner))))
        .filter(imports::next_line.eq(from_line));
    let moved = diesel::update(mine)
        .set((
            imports::rows_done.eq(imports::rows_done + progress.done),
            imports::rows_failed.eq(imports::rows_failed + failed),
            imports::rows_unchanged.eq(imports::rows_unchanged + progress.unchanged),
            imports::disagreements.eq(imports::disagreements + disagreements),
            imports::next_line.eq(progress.next_line),
            imports::lease_until.eq(Some(Ts(now + Duration::seconds(LEASE_SECONDS)))),
        ))
        .execute(conn)?;
    if moved != 1 {
        return Err(Error::Stale);
    }
    for (position, error) in (0_i32..).zip(&progress.errors) {
        let row = (
            import_errors::import_id.eq(Id(import)),
            import_errors::line.eq(error.line),
            import_errors::position.eq(position),
            import_errors::column_name.eq(&error.column),
            import_errors::code.eq(&error.code),
            import_errors::message_vi.eq(&error.message_vi),
            import_errors::message_en.eq(&error.message_en),
        );
        on_each!(conn, inner => diesel::insert_into(import_errors::table).values(row).execute(inner))?;
    }
    for found in &progress.disagreements {
        let row = (
            import_disagreements::import_id.eq(Id(import)),
            import_disagreements::code.eq(&found.code),
            import_disagreements::portal_outcome.eq(&found.portal_outcome),
            import_disagreements::outcome.eq(&found.outcome),
            import_disagreements::failed_conditions.eq(doc(&found.failed_conditions)?),
        );
        on_each!(conn, inner => diesel::insert_into(import_disagreements::table).values(row).execute(inner))?;
    }
    Ok(imports::table.find(Id(import)).select(imports::cancel_requested).first(conn)?)
}

/// Ends an import and removes its file.
///
/// # Errors
/// Those of the database.
pub fn finish(
    tx: &mut WriteTx<'_>,
    import: Uuid,
    state: ImportState,
    failure: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let conn = tx.change();
    diesel::update(imports::table.find(Id(import)))
        .set((
            imports::state.eq(state.to_string()),
            imports::finished_at.eq(Some(Ts(now))),
            imports::failure.eq(failure),
            imports::lease_owner.eq(None::<Id>),
            imports::lease_until.eq(None::<Ts>),
        ))
        .execute(conn)?;
    diesel::delete(import_chunks::table.filter(import_chunks::import_id.eq(Id(import)))).execute(conn)?;
    Ok(())
}

/// Whether an import waits for a worker.
///
/// # Errors
/// Those of the database.
pub fn waiting(reader: &mut Reader<'_>, owner: Uuid, now: DateTime<Utc>) -> Result<bool, Error> {
    let own = imports::lease_owner.assume_not_null().eq(Id(owner));
    let free = imports::lease_until.is_null().or(imports::lease_until.assume_not_null().lt(Ts(now))).or(own);
    let found: Option<Id> = imports::table
        .filter(imports::state.eq_any(["queued", "running"]))
        .filter(free)
        .select(imports::id)
        .first(reader.conn)
        .optional()?;
    Ok(found.is_some())
}
