//! Leases of jobs that are given back when a process stops in order.
//!
//! Each kind of job takes and renews its own leases; a process that is killed loses them by time.

use diesel::prelude::*;
use uuid::Uuid;

use crate::column::{Id, Ts};
use crate::error::Error;
use crate::schema::{imports, recomputations, rule_book_rehearsals, timer_leases};
use crate::store::WriteTx;

/// Gives back whatever `owner` holds of work that goes on elsewhere or after the next start, so that nobody
/// waits for its time to run out. To be called when nothing of it runs any more. Says how many were given back.
///
/// # Errors
/// Those of the database.
pub fn give_back(tx: &mut WriteTx<'_>, owner: Uuid) -> Result<usize, Error> {
    let conn = tx.change();
    macro_rules! of_jobs {
        ($table:ident) => {
            diesel::update($table::table.filter($table::lease_owner.eq(Some(Id(owner)))))
                .set(($table::lease_owner.eq(None::<Id>), $table::lease_until.eq(None::<Ts>)))
                .execute(conn)?
        };
    }
    let jobs = of_jobs!(imports) + of_jobs!(recomputations) + of_jobs!(rule_book_rehearsals);
    let timers = diesel::update(timer_leases::table.filter(timer_leases::owner.eq(Id(owner))))
        .set(timer_leases::lease_until.eq(None::<Ts>))
        .execute(conn)?;
    Ok(jobs + timers)
}
