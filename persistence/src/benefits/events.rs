//! What happened to benefits: append-only, each row chained to the one before.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::ids::BenefitId;
use domain::unemployment::benefit::event::BenefitEvent;

use crate::backend::on_each;
use crate::column::{Doc, Id, Ts, doc, undoc};
use crate::error::Error;
use crate::events::{FIRST, hash_of};
use crate::schema::benefit_events;
use crate::store::{Reader, WriteTx};

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = benefit_events)]
struct EventRow {
    benefit_id: Id,
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
    pub event: BenefitEvent,
    /// When it was written down.
    pub recorded_at: DateTime<Utc>,
    /// Digest of the event before.
    pub prev_hash: String,
    /// Digest of this event and the one before.
    pub hash: String,
}

/// Appends an event behind the one whose hash is `prev`; gives its own hash.
pub(super) fn append(
    tx: &mut WriteTx<'_>,
    prev: &str,
    event: &BenefitEvent,
    now: DateTime<Utc>,
) -> Result<String, Error> {
    let body = doc(event)?;
    let hash = hash_of(prev, &body, now);
    let row = EventRow {
        benefit_id: Id(event.benefit.0),
        seq: event.seq,
        at: Ts(event.at),
        recorded_at: Ts(now),
        action: event.action.to_string(),
        body,
        prev_hash: prev.to_owned(),
        hash: hash.clone(),
    };
    let conn = tx.change();
    on_each!(conn, inner => diesel::insert_into(benefit_events::table).values(row).execute(inner))?;
    Ok(hash)
}

/// Events of a benefit after number `after`, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    benefit: BenefitId,
    after: i64,
    limit: i64,
) -> Result<Vec<Recorded>, Error> {
    let rows: Vec<EventRow> = benefit_events::table
        .filter(benefit_events::benefit_id.eq(Id(benefit.0)))
        .filter(benefit_events::seq.gt(after))
        .order(benefit_events::seq)
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

/// The event numbers of a benefit at which the chain of digests is broken; none when all is well. A
/// benefit that was granted before events were kept begins with its second.
///
/// # Errors
/// Those of the database.
pub fn verify(reader: &mut Reader<'_>, benefit: BenefitId) -> Result<Vec<i64>, Error> {
    let rows: Vec<EventRow> = benefit_events::table
        .filter(benefit_events::benefit_id.eq(Id(benefit.0)))
        .order(benefit_events::seq)
        .load(reader.conn)?;
    let mut broken = Vec::new();
    let mut prev = FIRST.to_owned();
    let first = rows.first().map_or(1, |row| row.seq.clamp(1, 2));
    for (place, row) in (first..).zip(rows) {
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
