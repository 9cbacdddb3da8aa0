//! What of a dossier decides who may touch it, for many at once; and possible duplicates.

use diesel::prelude::*;
use domain::access::Subject;
use domain::dossier::status::Status;
use domain::ids::{AccountId, DossierId, ProcedureVersionId};

use crate::backend::on_each;
use crate::column::{Id, code};
use crate::error::Error;
use crate::schema::dossiers;
use crate::store::Reader;

/// What of a dossier decides who may touch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Identity.
    pub id: DossierId,
    /// Mã hồ sơ.
    pub code: String,
    /// Unit.
    pub unit: String,
    /// Status.
    pub status: Status,
    /// The version of the procedure it keeps.
    pub procedure_version: ProcedureVersionId,
    /// The stage it is at.
    pub stage: i32,
    persons: Vec<String>,
    submitted_by: Option<AccountId>,
}

pub(crate) type HeadRow = (Id, String, String, String, String, Option<String>, Option<Id>, Id, i32);

/// The columns of a [`HeadRow`].
pub(crate) const HEAD: (
    dossiers::id,
    dossiers::code,
    dossiers::unit,
    dossiers::status,
    dossiers::personal_id,
    dossiers::representative_id,
    dossiers::submitted_by,
    dossiers::procedure_version,
    dossiers::stage,
) = (
    dossiers::id,
    dossiers::code,
    dossiers::unit,
    dossiers::status,
    dossiers::personal_id,
    dossiers::representative_id,
    dossiers::submitted_by,
    dossiers::procedure_version,
    dossiers::stage,
);

impl Head {
    pub(crate) fn read(row: HeadRow) -> Result<Self, Error> {
        let (id, dossier_code, unit, status, person, representative, submitted_by, version, stage) = row;
        Ok(Self {
            id: DossierId(id.0),
            code: dossier_code,
            unit,
            status: code(&status)?,
            procedure_version: ProcedureVersionId(version.0),
            stage,
            persons: [Some(person), representative].into_iter().flatten().collect(),
            submitted_by: submitted_by.map(|a| AccountId(a.0)),
        })
    }

    /// Asks `with` about it as the policy sees it.
    pub fn ask<T>(&self, with: impl FnOnce(&Subject<'_>) -> T) -> T {
        let persons: Vec<&str> = self.persons.iter().map(String::as_str).collect();
        with(&Subject { unit: &self.unit, persons: &persons, submitted_by: self.submitted_by })
    }
}

/// Codes of one statement.
const SOME: usize = 500;

/// Those of these dossiers that are there, in no order.
///
/// # Errors
/// Those of the database.
pub fn heads(reader: &mut Reader<'_>, codes: &[String]) -> Result<Vec<Head>, Error> {
    let mut found = Vec::new();
    for some in codes.chunks(SOME) {
        let rows: Vec<HeadRow> =
            dossiers::table.filter(dossiers::code.eq_any(some)).select(HEAD).load(reader.conn)?;
        for row in rows {
            found.push(Head::read(row)?);
        }
    }
    Ok(found)
}

/// Dossiers, each with whether [`possible_duplicates`] has any for it: a statement whose type has no name.
macro_rules! with_whether_alike {
    () => {{
        use $crate::schema::dossiers as d;
        let other = diesel::alias!($crate::schema::dossiers as other);
        let alike = other
            .filter(other.field(d::personal_id).eq(d::personal_id))
            .filter(other.field(d::procedure_code).eq(d::procedure_code))
            .filter(other.field(d::ended_at).is_null())
            .filter(other.field(d::returned_at).is_null())
            .filter(other.field(d::id).ne(d::id));
        d::table.select((d::all_columns, diesel::dsl::exists(alike)))
    }};
}
pub(crate) use with_whether_alike;

/// Most dossiers that are looked at for possible duplicates.
const LOOKED_AT: u16 = 200;

/// Other dossiers of the same procedure about the same person that are not over, newest first: at
/// most two hundred. Who may see them is for the caller to ask: in the statement it would make one
/// that no connection keeps prepared, and there is seldom a row.
///
/// # Errors
/// Those of the database.
pub fn possible_duplicates(
    reader: &mut Reader<'_>,
    procedure: &str,
    personal_id: &str,
    of_id: DossierId,
) -> Result<Vec<Head>, Error> {
    use dossiers as d;
    // Those that came in with it are the newest; the last of them first.
    let waiting = reader.waiting.iter().rev().filter_map(|row| row.alike(procedure, personal_id, of_id));
    let mut found: Vec<HeadRow> = waiting.take(usize::from(LOOKED_AT)).collect();
    let more = usize::from(LOOKED_AT).saturating_sub(found.len());
    if let Some(rows) = reader.foreseen.as_mut().and_then(|foreseen| foreseen.person(personal_id)) {
        let alike = rows.into_iter().filter(|(head, of, _)| of == procedure && head.0 != Id(of_id.0));
        found.extend(alike.take(more).map(|(head, ..)| head));
        return found.into_iter().map(Head::read).collect();
    }
    let alike = d::table
        .filter(d::personal_id.eq(personal_id))
        .filter(d::procedure_code.eq(procedure))
        .filter(d::ended_at.is_null())
        .filter(d::returned_at.is_null())
        .filter(d::id.ne(Id(of_id.0)))
        .order((d::submitted_at.desc(), d::id.desc()))
        .select(HEAD)
        .limit(i64::from(LOOKED_AT));
    // On each database by itself: the connection then knows the statement without writing it out.
    let rows: Vec<HeadRow> = on_each!(reader.conn, inner => alike.load(inner))?;
    found.extend(rows.into_iter().take(more));
    found.into_iter().map(Head::read).collect()
}
