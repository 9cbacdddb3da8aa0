//! Versions of procedures: drafts that are written, published versions that never change again.
//!
//! The body of a published version and its digest stay as they were; only its last day may be set,
//! in a column of its own, which counts when a version is read.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Date, Text};
use domain::code::Code;
use domain::ids::ProcedureVersionId;
use domain::procedure::{OnlineLevel, Procedure, VersionState};
use domain::unit::Level;
use uuid::Uuid;

use crate::audit::{canonical, digest};
use crate::backend::on_each;
use crate::column::{Doc, Id, Ts, Uid, doc, undoc};
use crate::error::Error;
use crate::schema::procedure_versions;
use crate::store::{Reader, WriteTx};

/// A version with its identity and state.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Identity.
    pub id: ProcedureVersionId,
    /// Whether it was published; a draft else.
    pub published: bool,
    /// The version itself, with the last day that was set since.
    pub procedure: Procedure,
    /// Name folded for search.
    pub name_folded: String,
    /// What a writer must have seen; rises with every change.
    pub version: i64,
    /// Last change.
    pub updated_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = procedure_versions)]
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
    version: i64,
    updated_at: Option<Ts>,
}

impl VersionRow {
    fn new(id: Uuid, procedure: &Procedure, published: bool, now: DateTime<Utc>) -> Result<Self, Error> {
        let body = doc(procedure)?;
        Ok(Self {
            id: Id(id),
            code: procedure.code.clone(),
            state: if published { VersionState::Published } else { VersionState::Draft }.to_string(),
            valid_from: procedure.valid_from,
            valid_to: procedure.valid_to,
            name_folded: domain::text::fold(&procedure.name_vi),
            digest: digest(&canonical(&body.0)?),
            body,
            published_at: published.then_some(Ts(now)),
            version: 1,
            updated_at: Some(Ts(now)),
        })
    }

    fn read(self) -> Result<Version, Error> {
        let mut procedure: Procedure = undoc(self.body)?;
        procedure.valid_from = self.valid_from;
        procedure.valid_to = self.valid_to;
        Ok(Version {
            id: ProcedureVersionId(self.id.0),
            published: self.state != VersionState::Draft.code(),
            procedure,
            name_folded: self.name_folded,
            version: self.version,
            updated_at: self.updated_at.map(|t| t.0),
        })
    }
}

fn read_all(rows: Vec<VersionRow>) -> Result<Vec<Version>, Error> {
    rows.into_iter().map(VersionRow::read).collect()
}

/// Every published version of every procedure, by code and first day.
///
/// # Errors
/// Those of the database.
pub fn load(reader: &mut Reader<'_>) -> Result<Vec<Version>, Error> {
    read_all(
        procedure_versions::table
            .filter(procedure_versions::state.ne(VersionState::Draft.code()))
            .order((procedure_versions::code, procedure_versions::valid_from))
            .load(reader.conn)?,
    )
}

/// Every version of a procedure, drafts too, by first day.
///
/// # Errors
/// Those of the database.
pub fn of_code(reader: &mut Reader<'_>, code: &str) -> Result<Vec<Version>, Error> {
    read_all(
        procedure_versions::table
            .filter(procedure_versions::code.eq(code))
            .order((procedure_versions::valid_from, procedure_versions::id))
            .load(reader.conn)?,
    )
}

/// A version of a procedure.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, code: &str, id: Uuid) -> Result<Version, Error> {
    let row: VersionRow = procedure_versions::table
        .find(Id(id))
        .filter(procedure_versions::code.eq(code))
        .first(reader.conn)?;
    row.read()
}

/// Which versions are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Beginnings of words of the folded name.
    pub words: Vec<String>,
    /// Field, exactly.
    pub field: Option<String>,
    /// Level that settles it.
    pub level: Option<Level>,
    /// Online level.
    pub online_level: Option<OnlineLevel>,
    /// How it stands on a day.
    pub state: Option<(VersionState, NaiveDate)>,
}

/// A page of versions, drafts too, by code, first day and identity; read in the order of
/// `procedure_versions_listed`.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    wanted: &Wanted,
    after: Option<&(String, NaiveDate, Uuid)>,
    limit: i64,
) -> Result<Vec<Version>, Error> {
    use procedure_versions as v;
    let mut q = v::table.into_boxed();
    if let Some((code, from, id)) = after {
        q = q.filter(
            diesel::dsl::sql::<Bool>("(code, valid_from, id) > (")
                .bind::<Text, _>(code.clone())
                .sql(", ")
                .bind::<Date, _>(*from)
                .sql(", ")
                .bind::<Uid, _>(Id(*id))
                .sql(")"),
        );
    }
    // The operator reads a field of a document as text on both databases.
    let member = |name: &str, value: String| {
        diesel::dsl::sql::<Bool>(&format!("body ->> '{name}' = ")).bind::<Text, _>(value)
    };
    if let Some(field) = &wanted.field {
        q = q.filter(member("field", field.clone()));
    }
    if let Some(level) = wanted.level {
        q = q.filter(member("level", level.to_string()));
    }
    if let Some(level) = wanted.online_level {
        q = q.filter(member("online_level", level.to_string()));
    }
    for word in &wanted.words {
        let begins = format!("% {word}%");
        q = q.filter(diesel::dsl::sql::<Bool>("' ' || name_folded LIKE ").bind::<Text, _>(begins));
    }
    let draft = VersionState::Draft.code();
    q = match wanted.state {
        None => q,
        Some((VersionState::Draft, _)) => q.filter(v::state.eq(draft)),
        Some((VersionState::Published, day)) => {
            q.filter(v::state.ne(draft)).filter(v::valid_to.is_null().or(v::valid_to.ge(day)))
        }
        Some((VersionState::Ended, day)) => q.filter(v::state.ne(draft)).filter(v::valid_to.lt(day)),
    };
    read_all(q.order((v::code, v::valid_from, v::id)).limit(limit).load(reader.conn)?)
}

/// Rows of one statement.
const ROWS: usize = 500;

/// Puts many published versions in, a few statements for all.
///
/// # Errors
/// [`Error::Taken`] when another version begins on the same day; those of the database.
pub fn publish_all(tx: &mut WriteTx<'_>, new: &[(Uuid, Procedure)], now: DateTime<Utc>) -> Result<(), Error> {
    let rows = new
        .iter()
        .map(|(id, procedure)| VersionRow::new(*id, procedure, true, now))
        .collect::<Result<Vec<_>, _>>()?;
    let conn = tx.change();
    for rows in rows.chunks(ROWS) {
        on_each!(conn, inner => diesel::insert_into(procedure_versions::table).values(rows).execute(inner))?;
    }
    Ok(())
}

/// Puts a draft in.
///
/// # Errors
/// Those of the database.
pub fn insert_draft(
    tx: &mut WriteTx<'_>,
    id: Uuid,
    procedure: &Procedure,
    now: DateTime<Utc>,
) -> Result<Version, Error> {
    let row = VersionRow::new(id, procedure, false, now)?;
    let conn = tx.change();
    on_each!(conn, inner => diesel::insert_into(procedure_versions::table).values(&row).execute(inner))?;
    row.read()
}

/// Writes what a draft has become; with `published` it is a draft no more.
///
/// # Errors
/// [`Error::Stale`] when it was changed meanwhile; those of the database.
pub fn save_draft(
    tx: &mut WriteTx<'_>,
    before: &Version,
    procedure: &Procedure,
    published: bool,
    now: DateTime<Utc>,
) -> Result<Version, Error> {
    use procedure_versions as v;
    let mut row = VersionRow::new(before.id.0, procedure, published, now)?;
    row.version = before.version + 1;
    let mine = v::table
        .find(Id(before.id.0))
        .filter(v::version.eq(before.version))
        .filter(v::state.eq(VersionState::Draft.code()));
    let changed = diesel::update(mine)
        .set((
            v::state.eq(&row.state),
            v::valid_from.eq(row.valid_from),
            v::valid_to.eq(row.valid_to),
            v::name_folded.eq(&row.name_folded),
            v::body.eq(&row.body),
            v::digest.eq(&row.digest),
            v::published_at.eq(row.published_at),
            v::version.eq(row.version),
            v::updated_at.eq(row.updated_at),
        ))
        .execute(tx.change())?;
    if changed == 1 { row.read() } else { Err(Error::Stale) }
}

/// Takes a draft away, with its blank forms.
///
/// # Errors
/// [`Error::Stale`] when it was changed or published meanwhile; those of the database.
pub fn delete_draft(tx: &mut WriteTx<'_>, before: &Version) -> Result<(), Error> {
    use procedure_versions as v;
    let mine = v::table
        .find(Id(before.id.0))
        .filter(v::version.eq(before.version))
        .filter(v::state.eq(VersionState::Draft.code()));
    if diesel::delete(mine).execute(tx.change())? == 0 {
        return Err(Error::Stale);
    }
    crate::blank_forms::delete_all(tx, before.id.0)
}

/// Sets the last day of published versions; one statement for all of one day.
///
/// # Errors
/// Those of the database.
pub fn end(tx: &mut WriteTx<'_>, ids: &[Uuid], last: NaiveDate, now: DateTime<Utc>) -> Result<(), Error> {
    use procedure_versions as v;
    for some in ids.chunks(ROWS) {
        let some: Vec<Id> = some.iter().map(|id| Id(*id)).collect();
        diesel::update(v::table.filter(v::id.eq_any(some)))
            .set((v::valid_to.eq(Some(last)), v::version.eq(v::version + 1), v::updated_at.eq(Some(Ts(now)))))
            .execute(tx.change())?;
    }
    Ok(())
}
