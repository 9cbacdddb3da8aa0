//! What happened to dossiers: append-only, each row chained to the one before.

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::prelude::*;
use domain::dossier::event::Event;
use domain::ids::DossierId;

use crate::audit::{canonical, digest};
use crate::column::{Doc, Id, Ts, doc, undoc};
use crate::error::Error;
use crate::schema::dossier_events;
use crate::store::{Reader, WriteTx};

/// Hash before the first event of a dossier.
pub(crate) const FIRST: &str = "";

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = dossier_events)]
pub(crate) struct EventRow {
    dossier_id: Id,
    seq: i64,
    at: Ts,
    recorded_at: Ts,
    action: String,
    body: Doc,
    prev_hash: String,
    hash: String,
}

/// An event as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The event.
    pub event: Event,
    /// When it was written down, which for an import is later than when it happened.
    pub recorded_at: DateTime<Utc>,
    /// Digest of the event before.
    pub prev_hash: String,
    /// Digest of this event and the one before.
    pub hash: String,
}

/// Digest of an event and the one before.
pub(crate) fn hash_of(prev: &str, body: &Doc, recorded_at: DateTime<Utc>) -> String {
    digest(&format!(
        "{prev}\n{}\n{}",
        recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        canonical(&body.0)
    ))
}

/// Appends an event behind the one whose hash is `prev`; gives its own hash.
pub(crate) fn append(
    tx: &mut WriteTx<'_>,
    prev: &str,
    event: &Event,
    now: DateTime<Utc>,
) -> Result<String, Error> {
    let body = doc(event)?;
    let hash = hash_of(prev, &body, now);
    tx.appends.events.push(EventRow {
        dossier_id: Id(event.dossier.0),
        seq: event.seq,
        at: Ts(event.at),
        recorded_at: Ts(now),
        action: event.action.to_string(),
        body,
        prev_hash: prev.to_owned(),
        hash: hash.clone(),
    });
    Ok(hash)
}

/// Events of a dossier after number `after`, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    dossier: DossierId,
    after: i64,
    limit: i64,
) -> Result<Vec<Recorded>, Error> {
    let rows: Vec<EventRow> = dossier_events::table
        .filter(dossier_events::dossier_id.eq(Id(dossier.0)))
        .filter(dossier_events::seq.gt(after))
        .order(dossier_events::seq)
        .limit(limit)
        .load(reader.conn)?;
    rows.into_iter()
        .map(|row| {
            Ok(Recorded {
                event: undoc(row.body)?,
                recorded_at: row.recorded_at.0,
                prev_hash: row.prev_hash,
                hash: row.hash,
            })
        })
        .collect()
}

/// The event numbers of a dossier at which the chain of digests is broken; none when all is well.
///
/// # Errors
/// Those of the database.
pub fn verify(reader: &mut Reader<'_>, dossier: DossierId) -> Result<Vec<i64>, Error> {
    let rows: Vec<EventRow> = dossier_events::table
        .filter(dossier_events::dossier_id.eq(Id(dossier.0)))
        .order(dossier_events::seq)
        .load(reader.conn)?;
    let mut broken = Vec::new();
    let mut prev = FIRST.to_owned();
    for (place, row) in (1_i64..).zip(rows) {
        let sound = row.seq == place
            && row.prev_hash == prev
            && row.hash == hash_of(&prev, &row.body, row.recorded_at.0);
        if !sound {
            broken.push(place);
        }
        prev = row.hash;
    }
    Ok(broken)
}
