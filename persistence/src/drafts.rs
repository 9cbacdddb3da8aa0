//! Drafts: packages that people have begun and not handed in.
//!
//! Owns their rows. A draft is no dossier: nothing here touches dossiers, events or figures. What is
//! in a package is not looked at.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::ids::AccountId;
use serde_json::Value;
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Doc, Id, Ts};
use crate::error::Error;
use crate::schema::drafts;
use crate::store::{Reader, WriteTx};

/// Hồ sơ nháp: a package as far as its owner has filled it in.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Identity, ordered by the time it was begun.
    pub id: Uuid,
    /// Whose it is.
    pub owner: AccountId,
    /// National code of the procedure, if it is named already.
    pub procedure: Option<String>,
    /// The unit it is meant for, if it is named already.
    pub unit: Option<String>,
    /// The package, as it was sent.
    pub package: Value,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was last saved.
    pub updated_at: DateTime<Utc>,
    /// Version for conditional requests, from 1.
    pub version: i64,
}

/// What a list shows of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Identity.
    pub id: Uuid,
    /// National code of the procedure, if it is named already.
    pub procedure: Option<String>,
    /// The unit it is meant for, if it is named already.
    pub unit: Option<String>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was last saved.
    pub updated_at: DateTime<Utc>,
    /// Version for conditional requests.
    pub version: i64,
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = drafts)]
struct DraftRow {
    id: Id,
    owner: Id,
    procedure_code: Option<String>,
    unit: Option<String>,
    package: Doc,
    created_at: Ts,
    updated_at: Ts,
    version: i64,
}

impl DraftRow {
    fn read(self) -> Draft {
        Draft {
            id: self.id.0,
            owner: AccountId(self.owner.0),
            procedure: self.procedure_code,
            unit: self.unit,
            package: self.package.0,
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            version: self.version,
        }
    }
}

/// Records a new draft.
///
/// # Errors
/// Those of the database.
pub fn insert(tx: &mut WriteTx<'_>, draft: &Draft) -> Result<(), Error> {
    let row = DraftRow {
        id: Id(draft.id),
        owner: Id(draft.owner.0),
        procedure_code: draft.procedure.clone(),
        unit: draft.unit.clone(),
        package: Doc(draft.package.clone()),
        created_at: Ts(draft.created_at),
        updated_at: Ts(draft.updated_at),
        version: draft.version,
    };
    on_each!(tx.change(), inner => diesel::insert_into(drafts::table).values(&row).execute(inner))?;
    Ok(())
}

/// The draft with this identity.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, id: Uuid) -> Result<Draft, Error> {
    Ok(drafts::table.find(Id(id)).first::<DraftRow>(reader.conn)?.read())
}

/// The drafts of an owner, last begun first, after the given one; without their packages.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    owner: AccountId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    type Row = (Id, Option<String>, Option<String>, Ts, Ts, i64);
    let columns = (
        drafts::id,
        drafts::procedure_code,
        drafts::unit,
        drafts::created_at,
        drafts::updated_at,
        drafts::version,
    );
    let mut query = drafts::table.filter(drafts::owner.eq(Id(owner.0))).select(columns).into_boxed();
    if let Some(after) = after {
        query = query.filter(drafts::id.lt(Id(after)));
    }
    let rows: Vec<Row> = query.order(drafts::id.desc()).limit(limit).load(reader.conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, procedure, unit, created, updated, version)| Listed {
            id: id.0,
            procedure,
            unit,
            created_at: created.0,
            updated_at: updated.0,
            version,
        })
        .collect())
}

/// How many drafts an owner has.
///
/// # Errors
/// Those of the database.
pub fn count(reader: &mut Reader<'_>, owner: AccountId) -> Result<i64, Error> {
    Ok(drafts::table.filter(drafts::owner.eq(Id(owner.0))).count().get_result(reader.conn)?)
}

/// Saves a draft over the version before it.
///
/// # Errors
/// [`Error::Stale`] when somebody else saved it meanwhile; those of the database.
pub fn save(tx: &mut WriteTx<'_>, draft: &Draft) -> Result<(), Error> {
    let before =
        drafts::table.filter(drafts::id.eq(Id(draft.id))).filter(drafts::version.eq(draft.version - 1));
    let set = (
        drafts::procedure_code.eq(draft.procedure.clone()),
        drafts::unit.eq(draft.unit.clone()),
        drafts::package.eq(Doc(draft.package.clone())),
        drafts::updated_at.eq(Ts(draft.updated_at)),
        drafts::version.eq(draft.version),
    );
    if diesel::update(before).set(set).execute(tx.change())? != 1 {
        return Err(Error::Stale);
    }
    Ok(())
}

/// Ends a draft: it was handed in or thrown away.
///
/// # Errors
/// [`Error::Stale`] when somebody else changed or ended it meanwhile; those of the database.
pub fn end(tx: &mut WriteTx<'_>, draft: &Draft) -> Result<(), Error> {
    let it = drafts::table.filter(drafts::id.eq(Id(draft.id))).filter(drafts::version.eq(draft.version));
    if diesel::delete(it).execute(tx.change())? != 1 {
        return Err(Error::Stale);
    }
    Ok(())
}

/// Removes the first of the drafts that were last saved before an instant, at most `limit`; gives how many.
///
/// # Errors
/// Those of the database.
pub fn purge(tx: &mut WriteTx<'_>, before: DateTime<Utc>, limit: i64) -> Result<usize, Error> {
    let conn = tx.change();
    let old: Vec<Id> = drafts::table
        .filter(drafts::updated_at.lt(Ts(before)))
        .order(drafts::updated_at)
        .select(drafts::id)
        .limit(limit)
        .load(conn)?;
    Ok(diesel::delete(drafts::table.filter(drafts::id.eq_any(old))).execute(conn)?)
}
