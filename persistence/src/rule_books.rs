//! Versions of the rule book and the drafts that become versions.
//!
//! A version is never changed; a draft is, by whoever has seen its last revision. What puts a version
//! in force stands in [`crate::reference`].

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::rulebook::RuleBook;
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Doc, Id, Ts, doc, undoc};
use crate::error::Error;
use crate::schema::{rule_book_drafts, rulebooks};
use crate::store::{Reader, WriteTx};

/// A published version, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its name.
    pub name: String,
    /// Name of its calendar.
    pub calendar: Option<String>,
    /// Why it was published.
    pub note: Option<String>,
    /// When it was first published.
    pub published_at: DateTime<Utc>,
    /// By whom: a user name; none when it came with the program's own data.
    pub published_by: Option<String>,
    /// Whether it is in force.
    pub in_force: bool,
}

type VersionRow = (String, Option<String>, Option<String>, Ts, Option<String>, bool);

fn version((name, calendar, note, at, by, in_force): VersionRow) -> Version {
    Version { name, calendar, note, published_at: at.0, published_by: by, in_force }
}

macro_rules! version_columns {
    () => {
        (
            rulebooks::version,
            rulebooks::calendar_version,
            rulebooks::note,
            rulebooks::published_at,
            rulebooks::published_by,
            rulebooks::is_current,
        )
    };
}

/// A version with this name and its content.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, name: &str) -> Result<(Version, RuleBook), Error> {
    let (row, body): (VersionRow, Doc) =
        rulebooks::table.find(name).select((version_columns!(), rulebooks::body)).first(reader.conn)?;
    Ok((version(row), undoc(body)?))
}

/// The version in force, without its content.
///
/// # Errors
/// Those of the database.
pub fn in_force(reader: &mut Reader<'_>) -> Result<Option<Version>, Error> {
    let found: Option<VersionRow> = rulebooks::table
        .filter(rulebooks::is_current.eq(true))
        .select(version_columns!())
        .first(reader.conn)
        .optional()?;
    Ok(found.map(version))
}

/// The last published rule book with this calendar.
///
/// # Errors
/// Those of the database.
pub fn with_calendar(reader: &mut Reader<'_>, calendar: &str) -> Result<Option<RuleBook>, Error> {
    let found: Option<Doc> = rulebooks::table
        .filter(rulebooks::calendar_version.eq(calendar))
        .order((rulebooks::published_at.desc(), rulebooks::version.desc()))
        .select(rulebooks::body)
        .first(reader.conn)
        .optional()?;
    found.map(undoc).transpose()
}

/// Published versions, newest first, after a place; without a name in it, at that instant or before.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    after: Option<(DateTime<Utc>, Option<String>)>,
    limit: i64,
) -> Result<Vec<Version>, Error> {
    let mut query = rulebooks::table.into_boxed();
    query = match after {
        None => query,
        Some((at, None)) => query.filter(rulebooks::published_at.le(Ts(at))),
        Some((at, Some(name))) => query.filter(
            rulebooks::published_at
                .lt(Ts(at))
                .or(rulebooks::published_at.eq(Ts(at)).and(rulebooks::version.lt(name))),
        ),
    };
    let rows: Vec<VersionRow> = query
        .order((rulebooks::published_at.desc(), rulebooks::version.desc()))
        .select(version_columns!())
        .limit(limit)
        .load(reader.conn)?;
    Ok(rows.into_iter().map(version).collect())
}

/// A rule book that is being written.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Identity.
    pub id: Uuid,
    /// Name of the version it was made from.
    pub base: String,
    /// Its content, without a name.
    pub book: RuleBook,
    /// Why it is made.
    pub note: Option<String>,
    /// How often it was written.
    pub revision: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// By whom: a user name.
    pub created_by: String,
    /// When it was last changed.
    pub changed_at: DateTime<Utc>,
    /// By whom: a user name.
    pub changed_by: String,
    /// Name of the version it became.
    pub published_as: Option<String>,
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = rule_book_drafts)]
struct DraftRow {
    id: Id,
    base: String,
    body: Doc,
    note: Option<String>,
    revision: i64,
    created_at: Ts,
    created_by: String,
    changed_at: Ts,
    changed_by: String,
    published_as: Option<String>,
}

impl DraftRow {
    fn of(draft: &Draft) -> Result<Self, Error> {
        Ok(Self {
            id: Id(draft.id),
            base: draft.base.clone(),
            body: doc(&draft.book)?,
            note: draft.note.clone(),
            revision: draft.revision,
            created_at: Ts(draft.created_at),
            created_by: draft.created_by.clone(),
            changed_at: Ts(draft.changed_at),
            changed_by: draft.changed_by.clone(),
            published_as: draft.published_as.clone(),
        })
    }

    fn read(self) -> Result<Draft, Error> {
        Ok(Draft {
            id: self.id.0,
            base: self.base,
            book: undoc(self.body)?,
            note: self.note,
            revision: self.revision,
            created_at: self.created_at.0,
            created_by: self.created_by,
            changed_at: self.changed_at.0,
            changed_by: self.changed_by,
            published_as: self.published_as,
        })
    }
}

/// The draft with this identity, also when it was published.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn draft(reader: &mut Reader<'_>, id: Uuid) -> Result<Draft, Error> {
    rule_book_drafts::table.find(Id(id)).first::<DraftRow>(reader.conn)?.read()
}

/// How often a draft was written; none when it is gone.
///
/// # Errors
/// Those of the database.
pub fn revision(reader: &mut Reader<'_>, id: Uuid) -> Result<Option<i64>, Error> {
    let draft = rule_book_drafts::table.find(Id(id)).select(rule_book_drafts::revision);
    Ok(draft.first(reader.conn).optional()?)
}

/// Drafts that were not published, newest first, after a place; without an identity in it, before
/// that instant.
///
/// # Errors
/// Those of the database.
pub fn drafts(
    reader: &mut Reader<'_>,
    after: Option<(DateTime<Utc>, Option<Uuid>)>,
    limit: i64,
) -> Result<Vec<Draft>, Error> {
    let mut query = rule_book_drafts::table.filter(rule_book_drafts::published_as.is_null()).into_boxed();
    query = match after {
        None => query,
        Some((at, None)) => query.filter(rule_book_drafts::created_at.lt(Ts(at))),
        Some((at, Some(id))) => query.filter(
            rule_book_drafts::created_at
                .lt(Ts(at))
                .or(rule_book_drafts::created_at.eq(Ts(at)).and(rule_book_drafts::id.lt(Id(id)))),
        ),
    };
    let rows: Vec<DraftRow> = query
        .order((rule_book_drafts::created_at.desc(), rule_book_drafts::id.desc()))
        .limit(limit)
        .load(reader.conn)?;
    rows.into_iter().map(DraftRow::read).collect()
}

/// Keeps a new draft.
///
/// # Errors
/// Those of the database.
pub fn create(tx: &mut WriteTx<'_>, draft: &Draft) -> Result<(), Error> {
    let row = DraftRow::of(draft)?;
    let conn = tx.change();
    on_each!(conn, inner => diesel::insert_into(rule_book_drafts::table).values(&row).execute(inner))?;
    Ok(())
}

/// Writes a draft over the revision before its own.
///
/// # Errors
/// [`Error::Stale`] when somebody else changed or published it; those of the database.
pub fn replace(tx: &mut WriteTx<'_>, draft: &Draft) -> Result<(), Error> {
    let before = rule_book_drafts::table
        .find(Id(draft.id))
        .filter(rule_book_drafts::published_as.is_null())
        .filter(rule_book_drafts::revision.eq(draft.revision.saturating_sub(1)));
    let changed = diesel::update(before)
        .set((
            rule_book_drafts::base.eq(&draft.base),
            rule_book_drafts::body.eq(doc(&draft.book)?),
            rule_book_drafts::note.eq(&draft.note),
            rule_book_drafts::revision.eq(draft.revision),
            rule_book_drafts::changed_at.eq(Ts(draft.changed_at)),
            rule_book_drafts::changed_by.eq(&draft.changed_by),
            rule_book_drafts::published_as.eq(&draft.published_as),
        ))
        .execute(tx.change())?;
    if changed == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Forgets a draft.
///
/// # Errors
/// [`Error::Stale`] when somebody else changed or published it; those of the database.
pub fn delete(tx: &mut WriteTx<'_>, id: Uuid, revision: i64) -> Result<(), Error> {
    let seen = rule_book_drafts::table
        .find(Id(id))
        .filter(rule_book_drafts::published_as.is_null())
        .filter(rule_book_drafts::revision.eq(revision));
    if diesel::delete(seen).execute(tx.change())? == 1 { Ok(()) } else { Err(Error::Stale) }
}
