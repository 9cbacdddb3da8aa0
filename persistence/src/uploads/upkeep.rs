//! What jobs do with files: giving them up, scanning them, counting their pages.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use domain::dossier::paper::{FileState, ScanState};
use uuid::Uuid;

use super::{Upload, UploadRow, ids};
use crate::column::{Id, Ts};
use crate::error::Error;
use crate::schema::uploads;
use crate::store::{Reader, WriteTx};

/// How long a scan or a count may take before another process takes it up.
const LEASE_MINUTES: i64 = 15;

/// Gives up every file that no dossier has named in time; says how many.
///
/// # Errors
/// Those of the database.
pub fn expire(tx: &mut WriteTx<'_>, now: DateTime<Utc>) -> Result<usize, Error> {
    use uploads as u;
    let unused = [FileState::Receiving.to_string(), FileState::Ready.to_string()];
    let late = u::table.filter(u::expires_at.le(Ts(now))).filter(u::state.eq_any(unused));
    Ok(diesel::update(late)
        .set((u::state.eq(FileState::Removing.to_string()), u::expires_at.eq(None::<Ts>)))
        .execute(tx.change())?)
}

/// Whether any file is late or waits to be removed.
///
/// # Errors
/// Those of the database.
pub fn has_loose(reader: &mut Reader<'_>, now: DateTime<Utc>) -> Result<bool, Error> {
    use uploads as u;
    let late = u::table.filter(u::expires_at.le(Ts(now))).select(u::id).limit(1);
    let late: Vec<Id> = late.load(reader.conn)?;
    Ok(!late.is_empty() || !removing(reader, 1)?.is_empty())
}

/// Files whose content is to be removed.
///
/// # Errors
/// Those of the database.
pub fn removing(reader: &mut Reader<'_>, limit: i64) -> Result<Vec<Uuid>, Error> {
    use uploads as u;
    let rows: Vec<Id> = u::table
        .filter(u::state.eq(FileState::Removing.to_string()))
        .order(u::id)
        .select(u::id)
        .limit(limit)
        .load(reader.conn)?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}

/// Forgets files whose content is gone.
///
/// # Errors
/// Those of the database.
pub fn forget(tx: &mut WriteTx<'_>, gone: &[Uuid]) -> Result<(), Error> {
    use uploads as u;
    let rows = u::table.filter(u::id.eq_any(ids(gone))).filter(u::state.eq(FileState::Removing.to_string()));
    diesel::delete(rows).execute(tx.change())?;
    Ok(())
}

/// Whether any file waits for the scanner.
///
/// # Errors
/// Those of the database.
pub fn has_unscanned(reader: &mut Reader<'_>) -> Result<bool, Error> {
    use uploads as u;
    let pending = u::table.filter(u::scan.eq(ScanState::Pending.to_string()));
    let rows: Vec<Id> = pending.select(u::id).limit(1).load(reader.conn)?;
    Ok(!rows.is_empty())
}

/// Takes up the oldest file that waits for the scanner and nobody else is at.
///
/// # Errors
/// Those of the database.
pub fn lease_scan(tx: &mut WriteTx<'_>, owner: Uuid, now: DateTime<Utc>) -> Result<Option<Upload>, Error> {
    use uploads as u;
    let free = u::table
        .filter(u::scan.eq(ScanState::Pending.to_string()))
        .filter(u::state.eq(FileState::Ready.to_string()))
        .filter(u::lease_until.is_null().or(u::lease_until.assume_not_null().lt(Ts(now))))
        .order((u::created_at, u::id));
    let found = free.first(tx.conn).optional()?;
    leased(tx, found, owner, now)
}

/// Leases the file that was found to `owner`.
fn leased(
    tx: &mut WriteTx<'_>,
    found: Option<UploadRow>,
    owner: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Upload>, Error> {
    use uploads as u;
    let Some(row) = found else { return Ok(None) };
    let until = now + Duration::minutes(LEASE_MINUTES);
    diesel::update(u::table.filter(u::id.eq(row.id)))
        .set((u::lease_owner.eq(Id(owner)), u::lease_until.eq(Ts(until))))
        .execute(tx.change())?;
    Ok(Some(row.read()?))
}

/// Keeps what the scanner said. `later` is when to try again where it said nothing.
///
/// # Errors
/// Those of the database.
pub fn scanned(
    tx: &mut WriteTx<'_>,
    id: Uuid,
    said: ScanState,
    later: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    use uploads as u;
    let row = u::table.filter(u::id.eq(Id(id))).filter(u::scan.eq(ScanState::Pending.to_string()));
    diesel::update(row)
        .set((u::scan.eq(said.to_string()), u::lease_owner.eq(None::<Id>), u::lease_until.eq(later.map(Ts))))
        .execute(tx.change())?;
    Ok(())
}

/// Whether the pages of any file are still to be counted.
///
/// # Errors
/// Those of the database.
pub fn has_uncounted(reader: &mut Reader<'_>) -> Result<bool, Error> {
    use uploads as u;
    let rows: Vec<Id> = u::table.filter(u::pages_wanted).select(u::id).limit(1).load(reader.conn)?;
    Ok(!rows.is_empty())
}

/// Takes up the oldest file whose pages are to be counted, that no scanner is still at and nobody else counts.
///
/// # Errors
/// Those of the database.
pub fn lease_count(tx: &mut WriteTx<'_>, owner: Uuid, now: DateTime<Utc>) -> Result<Option<Upload>, Error> {
    use uploads as u;
    let free = u::table
        .filter(u::pages_wanted)
        .filter(u::scan.ne(ScanState::Pending.to_string()))
        .filter(u::lease_until.is_null().or(u::lease_until.assume_not_null().lt(Ts(now))))
        .order((u::created_at, u::id));
    let found = free.first(tx.conn).optional()?;
    leased(tx, found, owner, now)
}

/// Keeps how many pages a file states, if any, so that they are not counted again; or puts it off to `later`
/// where nobody could tell.
///
/// # Errors
/// Those of the database.
pub fn counted(
    tx: &mut WriteTx<'_>,
    id: Uuid,
    pages: Option<u32>,
    later: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    use uploads as u;
    let row = u::table.filter(u::id.eq(Id(id))).filter(u::pages_wanted);
    diesel::update(row)
        .set((
            u::pages.eq(pages.map(i64::from)),
            u::pages_wanted.eq(later.is_some()),
            u::lease_owner.eq(None::<Id>),
            u::lease_until.eq(later.map(Ts)),
        ))
        .execute(tx.change())?;
    Ok(())
}
