//! What jobs do with files: scanning them, counting their pages, collecting what nobody names.

use chrono::{DateTime, Duration, Utc};
use domain::dossier::paper::ScanState;
use persistence::{Store, uploads};
use uuid::Uuid;

use crate::app::error::Error;
use crate::files::Files;
use crate::files::pages::Counter;
use crate::files::scan::Scanner;

/// How long a scan that said nothing is put off.
const SCAN_AGAIN: Duration = Duration::seconds(30);

/// Scans the oldest file that waits for it; says whether there was one. An infected file loses its
/// content at once and can never be named. Blocks.
///
/// # Errors
/// Those of the store and of the file store.
pub fn scan(
    store: &Store,
    files: &Files,
    scanner: &Scanner,
    owner: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    if !store.read(uploads::has_unscanned)? {
        return Ok(false);
    }
    let leased = store.write_blocking("uploads", move |tx| uploads::lease_scan(tx, owner, now))?;
    let Some(file) = leased else { return Ok(false) };
    let (said, again) = match scanner.scan(files, file.id) {
        Ok(true) => (ScanState::Clean, None),
        Ok(false) => (ScanState::Infected, None),
        Err(error) => {
            tracing::warn!(file = %file.id, %error, "a scan failed and will be tried again");
            (ScanState::Pending, Some(now + SCAN_AGAIN))
        }
    };
    metrics::counter!("uploads_scanned_total", "result" => said.to_string()).increment(1);
    store.write_blocking("uploads", move |tx| uploads::scanned(tx, file.id, said, again))?;
    if said == ScanState::Infected {
        tracing::warn!(file = %file.id, "the scanner found malicious code in a file");
        files.remove(&[file.id]).map_err(|e| Error::Internal(e.to_string()))?;
    }
    Ok(true)
}

/// How long a count that could not be made is put off.
const COUNT_AGAIN: Duration = Duration::seconds(30);

/// Counts the pages of the oldest file whose pages are wanted; says whether there was one. What states none
/// is not looked at again. Blocks.
///
/// # Errors
/// Those of the store.
pub fn count_pages(
    store: &Store,
    files: &Files,
    counter: Counter,
    owner: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    if !store.read(uploads::has_uncounted)? {
        return Ok(false);
    }
    let leased = store.write_blocking("uploads", move |tx| uploads::lease_count(tx, owner, now))?;
    let Some(file) = leased else { return Ok(false) };
    let (pages, again) = match counter.count(files, file.id, file.size) {
        Ok(pages) => (pages, None),
        Err(error) => {
            tracing::warn!(file = %file.id, %error, "the pages of a file could not be counted; tried again later");
            (None, Some(now + COUNT_AGAIN))
        }
    };
    let result = match (pages, again) {
        (Some(_), _) => "counted",
        (None, None) => "none",
        (None, Some(_)) => "later",
    };
    metrics::counter!("uploads_pages_total", "result" => result).increment(1);
    store.write_blocking("uploads", move |tx| uploads::counted(tx, file.id, pages, again))?;
    Ok(true)
}

/// Files whose content is removed at a time.
const AT_A_TIME: i64 = 100;

/// Gives up files that no dossier has named in time and removes the content of whatever was given
/// up; says whether there may be more. Blocks. Killed at any moment it goes on where it stopped:
/// the row goes after the content.
///
/// # Errors
/// Those of the store and of the file store.
pub fn collect(store: &Store, files: &Files, now: DateTime<Utc>) -> Result<bool, Error> {
    if !store.read(|reader| uploads::has_loose(reader, now))? {
        return Ok(false);
    }
    store.write_blocking("uploads", move |tx| uploads::expire(tx, now))?;
    let loose = store.read(|reader| uploads::removing(reader, AT_A_TIME))?;
    let gone = files.remove(&loose).map_err(|e| Error::Internal(e.to_string()))?;
    let (wanted, removed) = (loose.len(), gone.len());
    metrics::counter!("uploads_collected_total").increment(u64::try_from(removed).unwrap_or(0));
    store.write_blocking("uploads", move |tx| uploads::forget(tx, &gone))?;
    // What could not be removed is tried again after a pause.
    Ok(removed == wanted && i64::try_from(wanted).is_ok_and(|n| n == AT_A_TIME))
}
