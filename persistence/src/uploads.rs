//! Files: what is known of each. The content lies in the file store under the same identity.
//!
//! The row comes before the content and goes after it: whatever the store holds is named here,
//! and what is `ready` or `used` is whole. Nothing here touches the content.

mod upkeep;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::dossier::paper::{FileState, ScanState};
use domain::ids::AccountId;
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Id, Ts, code};
use crate::error::Error;
use crate::schema::uploads;
use crate::store::{Reader, WriteTx};

pub use self::upkeep::{
    counted, expire, forget, has_loose, has_uncounted, has_unscanned, lease_count, lease_scan, removing,
    scanned,
};

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = uploads)]
struct UploadRow {
    id: Id,
    owner: Id,
    state: String,
    name: String,
    media_type: String,
    size: i64,
    sha256: String,
    scan: String,
    created_at: Ts,
    expires_at: Option<Ts>,
    lease_owner: Option<Id>,
    lease_until: Option<Ts>,
    pages: Option<i64>,
    pages_wanted: bool,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Identity; the content lies under it.
    pub id: Uuid,
    /// Who brought it in.
    pub owner: AccountId,
    /// How far it has come.
    pub state: FileState,
    /// Name.
    pub name: String,
    /// What it is, by its content.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the content, in hexadecimal digits.
    pub sha256: String,
    /// What the scanner says.
    pub scan: ScanState,
    /// When it came in.
    pub created_at: DateTime<Utc>,
    /// When it is collected unless a dossier names it; none once one does.
    pub expires_at: Option<DateTime<Utc>>,
    /// How many pages a PDF states that it has; none while they are not counted, and for what states none.
    pub pages: Option<u32>,
}

/// What is known of a file once it is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Name.
    pub name: String,
    /// What it is, by its content.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the content, in hexadecimal digits.
    pub sha256: String,
    /// Whether it waits for a scanner.
    pub scan: ScanState,
    /// Whether its pages are to be counted.
    pub pages_wanted: bool,
}

impl UploadRow {
    fn read(self) -> Result<Upload, Error> {
        Ok(Upload {
            id: self.id.0,
            owner: AccountId(self.owner.0),
            state: code(&self.state)?,
            name: self.name,
            media_type: self.media_type,
            size: u64::try_from(self.size).map_err(|e| Error::corrupt("size", &e))?,
            sha256: self.sha256,
            scan: code(&self.scan)?,
            created_at: self.created_at.0,
            expires_at: self.expires_at.map(|t| t.0),
            pages: self.pages.map(u32::try_from).transpose().map_err(|e| Error::corrupt("pages", &e))?,
        })
    }
}

fn read_all(rows: Vec<UploadRow>) -> Result<Vec<Upload>, Error> {
    rows.into_iter().map(UploadRow::read).collect()
}

fn ids(ids: &[Uuid]) -> Vec<Id> {
    ids.iter().map(|id| Id(*id)).collect()
}

/// Says that a file is about to come in: from now on its content belongs to somebody.
///
/// # Errors
/// Those of the database.
pub fn begin(
    tx: &mut WriteTx<'_>,
    id: Uuid,
    owner: AccountId,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), Error> {
    let row = UploadRow {
        id: Id(id),
        owner: Id(owner.0),
        state: FileState::Receiving.to_string(),
        name: String::new(),
        media_type: String::new(),
        size: 0,
        sha256: String::new(),
        scan: ScanState::Unscanned.to_string(),
        created_at: Ts(now),
        expires_at: Some(Ts(expires_at)),
        lease_owner: None,
        lease_until: None,
        pages: None,
        pages_wanted: false,
    };
    on_each!(tx.change(), inner => diesel::insert_into(uploads::table).values(&row).execute(inner))?;
    Ok(())
}

/// Says that the content is whole and lies safe.
///
/// # Errors
/// [`Error::NotFound`] when it was given up meanwhile.
pub fn finish(
    tx: &mut WriteTx<'_>,
    id: Uuid,
    whole: &Whole,
    expires_at: DateTime<Utc>,
) -> Result<Upload, Error> {
    use uploads as u;
    let size = i64::try_from(whole.size).map_err(|e| Error::corrupt("size", &e))?;
    let coming = u::table.filter(u::id.eq(Id(id))).filter(u::state.eq(FileState::Receiving.to_string()));
    let done = diesel::update(coming)
        .set((
            u::state.eq(FileState::Ready.to_string()),
            u::name.eq(&whole.name),
            u::media_type.eq(&whole.media_type),
            u::size.eq(size),
            u::sha256.eq(&whole.sha256),
            u::scan.eq(whole.scan.to_string()),
            u::pages_wanted.eq(whole.pages_wanted),
            u::expires_at.eq(Ts(expires_at)),
        ))
        .execute(tx.change())?;
    if done != 1 {
        return Err(Error::NotFound);
    }
    get(&mut tx.reader(), id)
}

/// The file with this identity.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, id: Uuid) -> Result<Upload, Error> {
    uploads::table.filter(uploads::id.eq(Id(id))).first::<UploadRow>(reader.conn)?.read()
}

/// Those of these files that are there.
///
/// # Errors
/// Those of the database.
pub fn some(reader: &mut Reader<'_>, wanted: &[Uuid]) -> Result<Vec<Upload>, Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    read_all(uploads::table.filter(uploads::id.eq_any(ids(wanted))).load(reader.conn)?)
}

/// Gives ready files to a dossier, in the transaction that writes it: from now on they stay.
///
/// # Errors
/// [`Error::Stale`] when somebody else was faster with one of them.
pub fn bind(tx: &mut WriteTx<'_>, wanted: &[Uuid]) -> Result<(), Error> {
    use uploads as u;
    if wanted.is_empty() {
        return Ok(());
    }
    let ready = u::table
        .filter(u::id.eq_any(ids(wanted)))
        .filter(u::state.eq(FileState::Ready.to_string()))
        .filter(u::scan.ne_all([ScanState::Pending.to_string(), ScanState::Infected.to_string()]));
    let done = diesel::update(ready)
        .set((u::state.eq(FileState::Used.to_string()), u::expires_at.eq(None::<Ts>)))
        .execute(tx.change())?;
    if done == wanted.len() { Ok(()) } else { Err(Error::Stale) }
}

/// Keeps an owner's loose files until an instant, because a draft names them or no longer does.
///
/// # Errors
/// Those of the database.
pub fn keep(
    tx: &mut WriteTx<'_>,
    owner: AccountId,
    wanted: &[Uuid],
    until: DateTime<Utc>,
) -> Result<(), Error> {
    use uploads as u;
    if wanted.is_empty() {
        return Ok(());
    }
    let loose = u::table
        .filter(u::id.eq_any(ids(wanted)))
        .filter(u::owner.eq(Id(owner.0)))
        .filter(u::state.eq(FileState::Ready.to_string()));
    diesel::update(loose).set(u::expires_at.eq(Some(Ts(until)))).execute(tx.change())?;
    Ok(())
}

/// Gives a file up that no dossier names; says whether there was one.
///
/// # Errors
/// Those of the database.
pub fn discard(tx: &mut WriteTx<'_>, id: Uuid) -> Result<bool, Error> {
    use uploads as u;
    let unused = [FileState::Receiving.to_string(), FileState::Ready.to_string()];
    let loose = u::table.filter(u::id.eq(Id(id))).filter(u::state.eq_any(unused));
    let done = diesel::update(loose)
        .set((u::state.eq(FileState::Removing.to_string()), u::expires_at.eq(None::<Ts>)))
        .execute(tx.change())?;
    Ok(done == 1)
}

/// Files that dossiers name, in the order of their identities, after the given one.
///
/// # Errors
/// Those of the database.
pub fn used(reader: &mut Reader<'_>, after: Option<Uuid>, limit: i64) -> Result<Vec<Upload>, Error> {
    use uploads as u;
    let mut query = u::table.filter(u::state.eq(FileState::Used.to_string())).into_boxed();
    if let Some(after) = after {
        query = query.filter(u::id.gt(Id(after)));
    }
    read_all(query.order(u::id).limit(limit).load(reader.conn)?)
}
