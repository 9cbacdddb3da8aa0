//! What happened to dossiers: append-only, each row chained to the one before.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::dossier::event::Event;
use domain::ids::DossierId;

use crate::chain::{self, Fault, Walked};
use crate::error::Error;
use crate::schema::{dossier_events, dossiers};
use crate::store::{Reader, WriteTx};

/// An event of a dossier as it was recorded.
pub type Recorded = chain::Recorded<Event>;

chain::log! {
    EventRow: dossier_events.dossier_id of dossiers, events;
    event: Event, "dossier", |event| (event.dossier.0, event.seq, event.at, event.action.to_string());
    begins: 1;
    name: |conn, id| {
        let code = dossiers::table.find(id).select(dossiers::code).first(conn).optional()?;
        Ok(code.unwrap_or_else(|| id.0.to_string()))
    };
}

/// Appends an event behind the one whose hash is `prev`; gives its own hash.
pub(crate) fn append(
    tx: &mut WriteTx<'_>,
    prev: &str,
    event: &Event,
    now: DateTime<Utc>,
) -> Result<String, Error> {
    chain::append::<EventRow>(tx, prev, event, now)
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
    chain::list::<EventRow>(reader, dossier.0, after, limit)
}

/// Walks the events of every dossier and tells `found` of the first thing wrong with each chain.
///
/// # Errors
/// Those of the database.
pub fn verify(reader: &mut Reader<'_>, found: impl FnMut(Fault)) -> Result<Walked, Error> {
    chain::verify::<EventRow>(reader, found)
}
