//! Versions of procedures.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::ids::ProcedureVersionId;
use domain::procedure::{Procedure, VersionState};
use uuid::Uuid;

use crate::audit::{canonical, digest};
use crate::backend::on_each;
use crate::column::{Doc, Id, Ts, code, doc, undoc};
use crate::error::Error;
use crate::schema::procedure_versions;
use crate::store::{Reader, WriteTx};

/// A version with its identity and state.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Identity.
    pub id: ProcedureVersionId,
    /// Whether it may be used.
    pub state: VersionState,
    /// The version itself.
    pub procedure: Procedure,
    /// Name folded for search.
    pub name_folded: String,
}

#[derive(Queryable, Insertable, AsChangeset, Debug)]
#[diesel(table_name = procedure_versions, treat_none_as_null = true)]
struct VersionRow {
    id: Id,
    code: String,
    state: String,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    name_folded: String,
    body: Doc,
    digest: String,
    published_at: Option<Ts>,
}

/// Every version of every procedure, by code and first day.
///
/// # Errors
/// Those of the database.
pub fn load(reader: &mut Reader<'_>) -> Result<Vec<Version>, Error> {
    let rows: Vec<VersionRow> = procedure_versions::table
        .order((procedure_versions::code, procedure_versions::valid_from))
        .load(reader.conn)?;
    rows.into_iter()
        .map(|row| {
            Ok(Version {
                id: ProcedureVersionId(row.id.0),
                state: code(&row.state)?,
                procedure: undoc(row.body)?,
                name_folded: row.name_folded,
            })
        })
        .collect()
}

/// What [`publish`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// A new version.
    New,
    /// The very version was there.
    Unchanged,
}

/// Publishes a version from its first day on. The same content again changes nothing; other
/// content from the same day on is refused, since a published version is never changed.
///
/// # Errors
/// [`Error::Taken`] when another version begins on the same day; those of the database.
pub fn publish(
    tx: &mut WriteTx<'_>,
    id: Uuid,
    procedure: &Procedure,
    now: DateTime<Utc>,
) -> Result<Published, Error> {
    let body = doc(procedure)?;
    let digest = digest(&canonical(&body.0));
    let conn = tx.change();
    let there: Option<String> = procedure_versions::table
        .filter(procedure_versions::code.eq(&procedure.code))
        .filter(procedure_versions::valid_from.eq(procedure.valid_from))
        .select(procedure_versions::digest)
        .first(conn)
        .optional()?;
    match there {
        Some(known) if known == digest => return Ok(Published::Unchanged),
        Some(_) => return Err(Error::Taken("procedure_versions_code".to_owned())),
        None => {}
    }
    let row = VersionRow {
        id: Id(id),
        code: procedure.code.clone(),
        state: VersionState::Published.to_string(),
        valid_from: procedure.valid_from,
        valid_to: procedure.valid_to,
        name_folded: domain::text::fold(&procedure.name_vi),
        body,
        digest,
        published_at: Some(Ts(now)),
    };
    on_each!(conn, inner => diesel::insert_into(procedure_versions::table).values(&row).execute(inner))?;
    Ok(Published::New)
}
