//! What happened to benefits: append-only, each row chained to the one before. A benefit that was
//! granted before events were kept begins with its second.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::ids::BenefitId;
use domain::unemployment::benefit::event::BenefitEvent;

use crate::chain::{self, Fault, Walked};
use crate::error::Error;
use crate::schema::{benefit_events, benefits};
use crate::store::{Reader, WriteTx};

/// An event of a benefit as it was recorded.
pub type Recorded = chain::Recorded<BenefitEvent>;

chain::log! {
    EventRow: benefit_events.benefit_id of benefits, benefit_events;
    event: BenefitEvent, "benefit", |event| (event.benefit.0, event.seq, event.at, event.action.to_string());
    begins: 2;
    name: |_, id| Ok(id.0.to_string());
}

/// Appends an event behind the one whose hash is `prev`; gives its own hash.
pub(super) fn append(
    tx: &mut WriteTx<'_>,
    prev: &str,
    event: &BenefitEvent,
    now: DateTime<Utc>,
) -> Result<String, Error> {
    chain::append::<EventRow>(tx, prev, event, now)
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
    chain::list::<EventRow>(reader, benefit.0, after, limit)
}

/// Walks the events of every benefit and tells `found` of the first thing wrong with each chain.
///
/// # Errors
/// Those of the database.
pub fn verify(reader: &mut Reader<'_>, found: impl FnMut(Fault)) -> Result<Walked, Error> {
    chain::verify::<EventRow>(reader, found)
}
