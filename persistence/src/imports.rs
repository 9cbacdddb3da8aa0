//! Imports as leased, resumable jobs.
//!
//! The file is kept in chunks of whole lines; each chunk is worked in one transaction together
//! with the progress it makes, so a killed process loses and repeats nothing.

mod work;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Doc, Id, Ts, code, undoc};
use crate::error::Error;
use crate::schema::{import_chunks, import_disagreements, import_errors, imports};
use crate::store::{Reader, WriteTx};

pub use self::work::{Progress, advance, chunk, finish, lease, waiting};

domain::codes! {
    /// How far an import is.
    pub enum ImportState {
        /// Taken in, not begun.
        Queued => "queued", "Đang chờ", "Queued",
        /// Being worked.
        Running => "running", "Đang chạy", "Running",
        /// Every line was looked at.
        Completed => "completed", "Đã xong", "Completed",
        /// Nothing could be read.
        Failed => "failed", "Lỗi", "Failed",
        /// Called off.
        Cancelled => "cancelled", "Đã hủy", "Cancelled",
    }
}

#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = imports)]
struct ImportRow {
    id: Id,
    kind: String,
    state: String,
    created_by: Id,
    created_by_name: String,
    options: Doc,
    created_at: Ts,
    finished_at: Option<Ts>,
    rows_total: i64,
    rows_done: i64,
    rows_failed: i64,
    rows_unchanged: i64,
    disagreements: i64,
    next_line: i64,
    cancel_requested: bool,
    failure: Option<String>,
    lease_owner: Option<Id>,
    lease_until: Option<Ts>,
}

/// An import and how far it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Identity.
    pub id: Uuid,
    /// What is imported.
    pub kind: String,
    /// How far it is.
    pub state: ImportState,
    /// Who asked for it.
    pub created_by: Uuid,
    /// Their user name.
    pub created_by_name: String,
    /// How it is to be done.
    pub options: Value,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Lines that hold a row.
    pub rows_total: i64,
    /// Rows looked at, good and bad.
    pub rows_done: i64,
    /// Rows that were refused.
    pub rows_failed: i64,
    /// Rows that were there already.
    pub rows_unchanged: i64,
    /// Rows on which the portal decided otherwise.
    pub disagreements: i64,
    /// First line not yet worked.
    pub next_line: i64,
    /// Whether it was called off.
    pub cancel_requested: bool,
    /// Why nothing could be read.
    pub failure: Option<String>,
}

impl ImportRow {
    fn read(self) -> Result<Import, Error> {
        Ok(Import {
            id: self.id.0,
            kind: self.kind,
            state: code(&self.state)?,
            created_by: self.created_by.0,
            created_by_name: self.created_by_name,
            options: self.options.0,
            created_at: self.created_at.0,
            finished_at: self.finished_at.map(|t| t.0),
            rows_total: self.rows_total,
            rows_done: self.rows_done,
            rows_failed: self.rows_failed,
            rows_unchanged: self.rows_unchanged,
            disagreements: self.disagreements,
            next_line: self.next_line,
            cancel_requested: self.cancel_requested,
            failure: self.failure,
        })
    }
}

/// Some whole lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Number of the first line, from 1.
    pub first_line: i64,
    /// How many lines.
    pub line_count: i64,
    /// The lines.
    pub content: String,
}

/// Takes an import in; it is not begun before [`queue`] says that the file is whole.
///
/// # Errors
/// Those of the database.
pub fn create(tx: &mut WriteTx<'_>, import: &Import) -> Result<(), Error> {
    let row = ImportRow {
        id: Id(import.id),
        kind: import.kind.clone(),
        state: "receiving".to_owned(),
        created_by: Id(import.created_by),
        created_by_name: import.created_by_name.clone(),
        options: Doc(import.options.clone()),
        created_at: Ts(import.created_at),
        finished_at: None,
        rows_total: 0,
        rows_done: 0,
        rows_failed: 0,
        rows_unchanged: 0,
        disagreements: 0,
        next_line: 1,
        cancel_requested: false,
        failure: None,
        lease_owner: None,
        lease_until: None,
    };
    let conn = tx.change();
    on_each!(conn, inner => diesel::insert_into(imports::table).values(&row).execute(inner))?;
    Ok(())
}

/// Keeps a chunk of the file.
///
/// # Errors
/// Those of the database.
pub fn add_chunk(tx: &mut WriteTx<'_>, import: Uuid, chunk: &Chunk) -> Result<(), Error> {
    let row = (
        import_chunks::import_id.eq(Id(import)),
        import_chunks::first_line.eq(chunk.first_line),
        import_chunks::line_count.eq(chunk.line_count),
        import_chunks::content.eq(&chunk.content),
    );
    let conn = tx.change();
    on_each!(conn, inner => diesel::insert_into(import_chunks::table).values(row).execute(inner))?;
    Ok(())
}

/// Says that the file is whole: the import may begin.
///
/// # Errors
/// Those of the database.
pub fn queue(tx: &mut WriteTx<'_>, import: Uuid, rows_total: i64) -> Result<(), Error> {
    diesel::update(imports::table.find(Id(import)))
        .set((imports::state.eq(ImportState::Queued.to_string()), imports::rows_total.eq(rows_total)))
        .execute(tx.change())?;
    Ok(())
}

/// Forgets an import whose file was never whole.
///
/// # Errors
/// Those of the database.
pub fn discard(tx: &mut WriteTx<'_>, import: Uuid) -> Result<(), Error> {
    let conn = tx.change();
    let receiving = imports::table.find(Id(import)).filter(imports::state.eq("receiving"));
    if diesel::delete(receiving).execute(conn)? == 1 {
        diesel::delete(import_chunks::table.filter(import_chunks::import_id.eq(Id(import)))).execute(conn)?;
    }
    Ok(())
}

/// Forgets imports that were begun before an instant and whose file never came in whole: the
/// sender went away, or the process was killed. Gives how many.
///
/// # Errors
/// Those of the database.
pub fn discard_abandoned(tx: &mut WriteTx<'_>, before: DateTime<Utc>) -> Result<usize, Error> {
    let abandoned: Vec<Id> = imports::table
        .filter(imports::state.eq("receiving"))
        .filter(imports::created_at.lt(Ts(before)))
        .select(imports::id)
        .load(tx.reader().conn)?;
    if abandoned.is_empty() {
        return Ok(0);
    }
    let conn = tx.change();
    diesel::delete(import_chunks::table.filter(import_chunks::import_id.eq_any(&abandoned))).execute(conn)?;
    Ok(diesel::delete(imports::table.filter(imports::id.eq_any(&abandoned))).execute(conn)?)
}

/// The import with this identity.
///
/// # Errors
/// [`Error::NotFound`], also while its file is still coming in; those of the database.
pub fn get(reader: &mut Reader<'_>, id: Uuid) -> Result<Import, Error> {
    imports::table.find(Id(id)).filter(imports::state.ne("receiving")).first::<ImportRow>(reader.conn)?.read()
}

/// Imports that somebody asked for, newest first, after the given place.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    created_by: Option<Uuid>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Import>, Error> {
    let mut query = imports::table.filter(imports::state.ne("receiving")).into_boxed();
    if let Some(account) = created_by {
        query = query.filter(imports::created_by.eq(Id(account)));
    }
    if let Some((at, id)) = after {
        query = query.filter(
            imports::created_at.lt(Ts(at)).or(imports::created_at.eq(Ts(at)).and(imports::id.lt(Id(id)))),
        );
    }
    let rows: Vec<ImportRow> =
        query.order((imports::created_at.desc(), imports::id.desc())).limit(limit).load(reader.conn)?;
    rows.into_iter().map(ImportRow::read).collect()
}

/// What was wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Line, from 1.
    pub line: i64,
    /// The field, as a JSON pointer.
    pub column: String,
    /// Stable code.
    pub code: String,
    /// In Vietnamese.
    pub message_vi: String,
    /// In English.
    pub message_en: String,
}

/// A dossier on which the portal decided otherwise than the law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// Mã hồ sơ.
    pub code: String,
    /// What the portal says.
    pub portal_outcome: String,
    /// What the rules say.
    pub outcome: String,
    /// Codes of the conditions that fail.
    pub failed_conditions: Vec<String>,
}

/// Calls an import off; what is done stays done. Says whether there was anything to call off.
///
/// # Errors
/// Those of the database.
pub fn cancel(tx: &mut WriteTx<'_>, import: Uuid) -> Result<bool, Error> {
    let open = imports::table
        .filter(imports::id.eq(Id(import)))
        .filter(imports::state.eq_any(["queued", "running"]));
    Ok(diesel::update(open).set(imports::cancel_requested.eq(true)).execute(tx.change())? == 1)
}

/// What was wrong, by line, after the given place.
///
/// # Errors
/// Those of the database.
pub fn errors(
    reader: &mut Reader<'_>,
    import: Uuid,
    after: (i64, i32),
    limit: i64,
) -> Result<Vec<(i32, RowError)>, Error> {
    type Row = (i64, i32, String, String, String, String);
    let (line, position) = after;
    let rows: Vec<Row> = import_errors::table
        .filter(import_errors::import_id.eq(Id(import)))
        .filter(
            import_errors::line
                .gt(line)
                .or(import_errors::line.eq(line).and(import_errors::position.gt(position))),
        )
        .order((import_errors::line, import_errors::position))
        .select((
            import_errors::line,
            import_errors::position,
            import_errors::column_name,
            import_errors::code,
            import_errors::message_vi,
            import_errors::message_en,
        ))
        .limit(limit)
        .load(reader.conn)?;
    Ok(rows
        .into_iter()
        .map(|(line, position, column, code, message_vi, message_en)| {
            (position, RowError { line, column, code, message_vi, message_en })
        })
        .collect())
}

/// Where the portal decided otherwise, by code, after the given one.
///
/// # Errors
/// Those of the database.
pub fn disagreements(
    reader: &mut Reader<'_>,
    import: Uuid,
    after: &str,
    limit: i64,
) -> Result<Vec<Disagreement>, Error> {
    type Row = (String, String, String, Doc);
    let rows: Vec<Row> = import_disagreements::table
        .filter(import_disagreements::import_id.eq(Id(import)))
        .filter(import_disagreements::code.gt(after))
        .order(import_disagreements::code)
        .select((
            import_disagreements::code,
            import_disagreements::portal_outcome,
            import_disagreements::outcome,
            import_disagreements::failed_conditions,
        ))
        .limit(limit)
        .load(reader.conn)?;
    rows.into_iter()
        .map(|(code, portal_outcome, outcome, failed)| {
            Ok(Disagreement { code, portal_outcome, outcome, failed_conditions: undoc(failed)? })
        })
        .collect()
}
