//! What the calendar orders of dossiers without anybody asking: a supplement that does not come stops
//! its dossier, and a due date that passes has its letter of apology drafted.
//!
//! Each dossier is a transaction of its own. A second run finds nothing more to do, and of several
//! processes that try, one does it: the version, and the index of letters, let no second one in.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{Action, Actor, Permit};
use domain::calendar;
use domain::dossier::command::{Command, StopReason};
use domain::dossier::number::DossierCode;
use domain::dossier::status::Status;
use domain::letter::Occasion;
use domain::rulebook::TimerRules;
use persistence::letters::{self, Expired};
use persistence::{Store, WriteTx, dossiers as rows};

use super::Cx;
use super::dossiers::{Asked, Expected, carry_out};
use super::error::Error;
use super::letters::{About, draft};
use super::reference::Reference;

/// Most dossiers of one run.
const BATCH: i64 = 200;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ran {
    /// Dossiers stopped.
    pub stopped: usize,
    /// Letters drafted.
    pub drafted: usize,
    /// Whether there may be more to do.
    pub more: bool,
}

/// Does what is due as of `now`. Blocks.
///
/// # Errors
/// Those of the store; what one dossier refuses holds no other up.
pub fn run(store: &Store, reference: &Arc<Reference>, now: DateTime<Utc>) -> Result<Ran, Error> {
    let today = calendar::day_of(now);
    let Some(rules) = reference.rules.timers_on(today).cloned() else { return Ok(Ran::default()) };
    let cx = Cx {
        actor: Arc::new(Actor::timer()),
        address: None,
        request_id: None,
        reference: reference.clone(),
        now,
    };
    let mut ran = Ran::default();
    stop_expired(store, &cx, &rules, today, &mut ran)?;
    stop_unstated(store, &cx, &rules, today, &mut ran)?;
    apologise(store, &cx, &rules, &mut ran)?;
    Ok(ran)
}

fn stop_expired(
    store: &Store,
    cx: &Cx,
    rules: &TimerRules,
    today: NaiveDate,
    ran: &mut Ran,
) -> Result<(), Error> {
    let found = store.read(|reader| letters::expired_supplements(reader, today, BATCH))?;
    let grace = rules.supplement_grace_working_days;
    let calendar = &cx.reference.rules.calendar;
    let due: Vec<Expired> = found
        .into_iter()
        .filter(|e| calendar.working_days_after(e.until, grace).is_some_and(|last| last < today))
        .collect();
    ran.more |= i64::try_from(due.len()).is_ok_and(|n| n >= BATCH);
    stop_all(store, cx, due.into_iter().map(|e| (e.code, Day::Stated(e.until))), ran);
    Ok(())
}

/// Requests that state no last day: imported ones, whose other system had none.
fn stop_unstated(
    store: &Store,
    cx: &Cx,
    rules: &TimerRules,
    today: NaiveDate,
    ran: &mut Ran,
) -> Result<(), Error> {
    let calendar = &cx.reference.rules.calendar;
    let Some(over) = rules.unstated_over(today, calendar) else { return Ok(()) };
    let found = store.read(|reader| letters::unstated_supplements(reader, calendar::end_of(over), BATCH))?;
    ran.more |= i64::try_from(found.len()).is_ok_and(|n| n >= BATCH);
    let due = found.into_iter().filter_map(|(code, recorded)| {
        let until = rules.unstated_until(calendar::day_of(recorded), calendar)?;
        Some((code, Day::Unstated(until)))
    });
    stop_all(store, cx, due, ran);
    Ok(())
}

/// The last day of a supplement request.
#[derive(Debug, Clone, Copy)]
enum Day {
    /// As the request states it.
    Stated(NaiveDate),
    /// As the rule has it, where the request states none.
    Unstated(NaiveDate),
}

fn stop_all(store: &Store, cx: &Cx, due: impl Iterator<Item = (DossierCode, Day)>, ran: &mut Ran) {
    for (code, until) in due {
        let (cx, of) = (cx.clone(), code.clone());
        let done = store.write_blocking(code.as_str(), move |tx| stop(&cx, tx, &of, until));
        match done {
            Ok(done) => ran.stopped += usize::from(done),
            Err(error) => tracing::warn!(dossier = %code, %error, "a dossier could not be stopped"),
        }
    }
}

/// Stops a dossier that still waits for the supplement that was to come until a day; says whether
/// it did.
fn stop(cx: &Cx, tx: &mut WriteTx<'_>, code: &DossierCode, day: Day) -> Result<bool, Error> {
    let before = rows::get(&mut tx.reader(), code)?;
    // Somebody else was faster: what was to come came, or another process stopped it.
    let (stated, until, by_rule) = match day {
        Day::Stated(until) => (Some(until), until, ""),
        Day::Unstated(until) => (None, until, ", theo quy định cho yêu cầu không ghi thời hạn"),
    };
    let waits = before.dossier.status == Status::SupplementRequested;
    if before.dossier.supplement_until != stated || !waits {
        return Ok(false);
    }
    let Some(permit) = Permit::timer(Action::Stop) else { return Ok(false) };
    let asked = Asked {
        command: Command::Stop {
            reason: format!(
                "Quá thời hạn bổ sung hồ sơ (hết ngày {}{by_rule}) mà chưa nhận được bổ sung.",
                until.format("%d/%m/%Y")
            ),
            reason_code: StopReason::SupplementNotReceived,
        },
        form: None,
        note: None,
    };
    let expected = Expected::That(Arc::new(|_| true));
    carry_out(cx, tx, before, &permit, &asked, &expected)?;
    Ok(true)
}

fn apologise(store: &Store, cx: &Cx, rules: &TimerRules, ran: &mut Ran) -> Result<(), Error> {
    let found = store.read(|reader| letters::without_apology(reader, cx.now, BATCH))?;
    ran.more |= i64::try_from(found.len()).is_ok_and(|n| n >= BATCH);
    let after = rules.apology_after_working_days;
    let mut drafted = 0;
    for code in found {
        let (cx, name) = (cx.clone(), code.clone());
        let done = store.write_blocking(name.as_str(), move |tx| -> Result<bool, Error> {
            let stored = rows::get(&mut tx.reader(), &code)?;
            let calendar = &cx.reference.rules.calendar;
            let late =
                stored.dossier.due_at.filter(|due| *due < cx.now && stored.dossier.completed_at.is_none());
            let waited = |due: DateTime<Utc>| {
                after == 0
                    || calendar
                        .working_days_after(calendar::day_of(due), after)
                        .is_some_and(|last| last < calendar::day_of(cx.now))
            };
            let Some(due_at) = late.filter(|due| waited(*due)) else { return Ok(false) };
            let about = About { occasion: Occasion::Overdue, due_at, new_due_at: None, reason: None };
            draft(&cx, tx, &stored.dossier, about)
        });
        match done {
            Ok(done) => drafted += usize::from(done),
            Err(error) => tracing::warn!(dossier = %name, %error, "a letter could not be drafted"),
        }
    }
    // Letters that cannot be drafted must not keep the timer busy.
    ran.more &= drafted > 0 || ran.stopped > 0;
    ran.drafted = drafted;
    Ok(())
}
