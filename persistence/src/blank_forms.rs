//! Blank forms of papers: small files that belong to a version of a procedure.
//!
//! The content is kept in base64, so that an archive reads the same on both databases.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Id, Ts};
use crate::error::Error;
use crate::schema::blank_forms;
use crate::store::{Reader, WriteTx};

/// What is known of a blank form without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Code of the paper.
    pub paper: String,
    /// Name of the file.
    pub file_name: String,
    /// Media type.
    pub content_type: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of the content, in hexadecimal digits.
    pub sha256: String,
}

/// A blank form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlankForm {
    /// What is known of it.
    pub about: About,
    /// The file.
    pub content: Vec<u8>,
}

type AboutRow = (String, String, String, i64, String);

fn about((paper, file_name, content_type, size, sha256): AboutRow) -> About {
    About { paper, file_name, content_type, size, sha256 }
}

/// The blank forms of a version, without their content.
///
/// # Errors
/// Those of the database.
pub fn of_version(reader: &mut Reader<'_>, version: Uuid) -> Result<Vec<About>, Error> {
    use blank_forms as b;
    let rows: Vec<AboutRow> = b::table
        .filter(b::version_id.eq(Id(version)))
        .select((b::paper, b::file_name, b::content_type, b::size, b::sha256))
        .order(b::paper)
        .load(reader.conn)?;
    Ok(rows.into_iter().map(about).collect())
}

/// The blank forms of every version, without their content.
///
/// # Errors
/// Those of the database.
pub fn of_all(reader: &mut Reader<'_>) -> Result<HashMap<Uuid, Vec<About>>, Error> {
    use blank_forms as b;
    let rows: Vec<(Id, AboutRow)> = b::table
        .select((b::version_id, (b::paper, b::file_name, b::content_type, b::size, b::sha256)))
        .order((b::version_id, b::paper))
        .load(reader.conn)?;
    Ok(by_version(rows))
}

/// The blank forms of some versions, without their content.
///
/// # Errors
/// Those of the database.
pub fn of_versions(reader: &mut Reader<'_>, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<About>>, Error> {
    use blank_forms as b;
    let ids: Vec<Id> = ids.iter().map(|id| Id(*id)).collect();
    let rows: Vec<(Id, AboutRow)> = b::table
        .filter(b::version_id.eq_any(ids))
        .select((b::version_id, (b::paper, b::file_name, b::content_type, b::size, b::sha256)))
        .order((b::version_id, b::paper))
        .load(reader.conn)?;
    Ok(by_version(rows))
}

fn by_version(rows: Vec<(Id, AboutRow)>) -> HashMap<Uuid, Vec<About>> {
    let mut found: HashMap<Uuid, Vec<About>> = HashMap::new();
    for (id, row) in rows {
        found.entry(id.0).or_default().push(about(row));
    }
    found
}

/// The blank form of a paper.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, version: Uuid, paper: &str) -> Result<BlankForm, Error> {
    use blank_forms as b;
    let (row, content): (AboutRow, String) = b::table
        .find((Id(version), paper))
        .select(((b::paper, b::file_name, b::content_type, b::size, b::sha256), b::content))
        .first(reader.conn)?;
    let content = STANDARD.decode(content).map_err(|e| Error::corrupt("blank form", &e))?;
    Ok(BlankForm { about: about(row), content })
}

/// The content of a file by its digest, in base64, whichever version has it.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn encoded(reader: &mut Reader<'_>, sha256: &str) -> Result<String, Error> {
    use blank_forms as b;
    Ok(b::table.filter(b::sha256.eq(sha256)).select(b::content).first(reader.conn)?)
}

/// [`encoded`], decoded.
///
/// # Errors
/// As [`encoded`]; when what is kept is no base64.
pub fn content(reader: &mut Reader<'_>, sha256: &str) -> Result<Vec<u8>, Error> {
    STANDARD.decode(encoded(reader, sha256)?).map_err(|e| Error::corrupt("blank form", &e))
}

/// Puts a blank form in the place of what was there.
///
/// # Errors
/// Those of the database.
pub fn put(tx: &mut WriteTx<'_>, version: Uuid, form: &BlankForm, now: DateTime<Utc>) -> Result<(), Error> {
    use blank_forms as b;
    let row = (
        b::version_id.eq(Id(version)),
        b::paper.eq(&form.about.paper),
        b::file_name.eq(&form.about.file_name),
        b::content_type.eq(&form.about.content_type),
        b::size.eq(form.about.size),
        b::sha256.eq(&form.about.sha256),
        b::content.eq(STANDARD.encode(&form.content)),
        b::updated_at.eq(Ts(now)),
    );
    let set = (
        b::file_name.eq(excluded(b::file_name)),
        b::content_type.eq(excluded(b::content_type)),
        b::size.eq(excluded(b::size)),
        b::sha256.eq(excluded(b::sha256)),
        b::content.eq(excluded(b::content)),
        b::updated_at.eq(excluded(b::updated_at)),
    );
    on_each!(tx.change(), inner => diesel::insert_into(b::table)
        .values(row)
        .on_conflict((b::version_id, b::paper))
        .do_update()
        .set(set)
        .execute(inner))?;
    Ok(())
}

/// Gives a version the blank forms of another, with one statement.
///
/// # Errors
/// Those of the database.
pub fn copy(tx: &mut WriteTx<'_>, from: Uuid, to: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::sql_query(
        "INSERT INTO blank_forms (version_id, paper, file_name, content_type, size, sha256, content, updated_at) \
         SELECT $1, paper, file_name, content_type, size, sha256, content, $2 FROM blank_forms WHERE version_id = $3",
    )
    .bind::<crate::column::Uid, _>(Id(to))
    .bind::<crate::column::Instant, _>(Ts(now))
    .bind::<crate::column::Uid, _>(Id(from))
    .execute(tx.change())?;
    Ok(())
}

/// Takes the blank form of a paper away.
///
/// # Errors
/// [`Error::NotFound`] when there is none; those of the database.
pub fn delete(tx: &mut WriteTx<'_>, version: Uuid, paper: &str) -> Result<(), Error> {
    let gone = diesel::delete(blank_forms::table.find((Id(version), paper))).execute(tx.change())?;
    if gone == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Takes every blank form of a version away.
pub(crate) fn delete_all(tx: &mut WriteTx<'_>, version: Uuid) -> Result<(), Error> {
    let of_it = blank_forms::table.filter(blank_forms::version_id.eq(Id(version)));
    diesel::delete(of_it).execute(tx.change())?;
    Ok(())
}
