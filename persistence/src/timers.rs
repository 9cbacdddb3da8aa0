//! Leases of timers: which process runs one now.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use uuid::Uuid;

use crate::column::{Id, Instant, Ts, Uid};
use crate::error::Error;
use crate::store::WriteTx;

/// Takes, or keeps, the lease of a timer for a while; says whether `owner` has it. A holder that has
/// gone silent loses it when the while is over.
///
/// # Errors
/// Those of the database.
pub fn lease(
    tx: &mut WriteTx<'_>,
    name: &str,
    owner: Uuid,
    now: DateTime<Utc>,
    length: Duration,
) -> Result<bool, Error> {
    let taken = diesel::sql_query(
        "INSERT INTO timer_leases (name, owner, lease_until) VALUES ($1, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until \
         WHERE timer_leases.owner = excluded.owner OR timer_leases.lease_until IS NULL \
         OR timer_leases.lease_until < $4",
    )
    .bind::<Text, _>(name)
    .bind::<Uid, _>(Id(owner))
    .bind::<Instant, _>(Ts(now + length))
    .bind::<Instant, _>(Ts(now))
    .execute(tx.change())?;
    Ok(taken == 1)
}
