//! What the law orders by the calendar: benefits are suspended and ended without anybody asking.
//!
//! One batch is one transaction under a lease, so that of several processes one works, a killed one
//! leaves nothing half done, and a second run finds nothing more to do.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use domain::access::{Action, Permit};
use domain::calendar;
use domain::rulebook::RuleBook;
use domain::unemployment::benefit::months;
use domain::unemployment::benefit::transition::{self, Context};
use persistence::audit::{self, Entry};
use persistence::benefits::{self, Held};
use persistence::{Store, WriteTx, timers};
use uuid::Uuid;

use super::{agenda, law, save, told};
use crate::app::error::Error;

/// Name of the lease.
pub const NAME: &str = "benefits";

/// Benefits of one transaction.
const BATCH: i64 = 50;

/// How long a silent process keeps the lease.
const LEASE_SECONDS: i64 = 60;

/// Most steps of one benefit in one run: suspended, and then ended.
const STEPS: usize = 4;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ran {
    /// Benefits looked at.
    pub looked_at: usize,
    /// Benefits suspended.
    pub suspended: usize,
    /// Benefits ended.
    pub ended: usize,
    /// Whether there may be more to do.
    pub more: bool,
}

/// Works one batch of what is due as of `now`; nothing while another process holds the lease. Blocks.
///
/// # Errors
/// Those of the store.
pub fn run(store: &Store, rules: Arc<RuleBook>, owner: Uuid, now: DateTime<Utc>) -> Result<Ran, Error> {
    let day = calendar::day_of(now);
    if store.read(|reader| benefits::due(reader, day, 1))?.is_empty() {
        return Ok(Ran::default());
    }
    store.write_blocking(NAME, move |tx| -> Result<Ran, Error> {
        if !timers::lease(tx, NAME, owner, now, Duration::seconds(LEASE_SECONDS))? {
            return Ok(Ran::default());
        }
        let mut due = benefits::due(&mut tx.reader(), day, BATCH)?;
        let mut ran = Ran { more: i64::try_from(due.len()).is_ok_and(|n| n >= BATCH), ..Ran::default() };
        // Rows are locked in the order of identities, as by every lane.
        due.sort_by_key(|held| held.benefit.id);
        for held in due {
            ran.looked_at += 1;
            advance(tx, &rules, held, now, &mut ran)?;
        }
        Ok(ran)
    })
}

/// Takes a benefit as far as the calendar orders.
fn advance(
    tx: &mut WriteTx<'_>,
    rules: &RuleBook,
    mut held: Held,
    now: DateTime<Utc>,
    ran: &mut Ran,
) -> Result<(), Error> {
    let day = calendar::day_of(now);
    let tomorrow = day.succ_opt();
    let Ok(law) = law(rules, &held.benefit, now) else {
        // Rules may be loaded later; until then once a day is enough.
        tracing::warn!(benefit = %held.benefit.id, law = %held.benefit.law, "no rules in force follow it");
        let later = months::Agenda { check_on: tomorrow, ..held.agenda };
        return Ok(benefits::look_ahead(tx, &held, later)?);
    };
    for _ in 0..STEPS {
        let Some(command) = months::due(&held.benefit, day, law) else { break };
        let Some(permit) = Permit::timer(command.action()) else { break };
        let step = match transition::decide(&permit, &held.benefit, &command, &Context { now, law }) {
            Ok(step) => step,
            Err(refusal) => {
                tracing::error!(benefit = %held.benefit.id, %refusal, "what the calendar orders was refused");
                break;
            }
        };
        match command.action() {
            Action::SuspendBenefit => ran.suspended += 1,
            _ => ran.ended += 1,
        }
        let before = held;
        held = save(tx, &before, &step, rules, now)?;
        audit::record(
            tx,
            Entry {
                at: now,
                actor: None,
                actor_name: permit.name().to_owned(),
                role: None,
                action: step.event.action.to_string(),
                subject: step.benefit.id.to_string(),
                unit: Some(step.benefit.unit.clone()),
                address: None,
                request_id: None,
                detail: told(Some(&before.benefit), &step),
            },
        );
    }
    let mut next = agenda(rules, &held.benefit, now);
    // What was refused, or wants more steps, is looked at again tomorrow.
    next.check_on = next.check_on.map(|on| if on <= day { tomorrow.unwrap_or(on) } else { on });
    if next != held.agenda {
        benefits::look_ahead(tx, &held, next)?;
    }
    Ok(())
}
