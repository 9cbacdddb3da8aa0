//! Background work, leased in the database so that several processes share it.
//!
//! Owns the threads. What a job does stands in `app`; a job may be killed at any moment and is
//! taken up by whoever is left.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::web::Data;
use domain::calendar;
use domain::code::Code;
use persistence::{accounts, drafts, figures, idempotency, imports, leases};

use crate::app::benefits::timer;
use crate::app::error::Error;
use crate::app::imports::{Work, Worker, actor_of};
use crate::app::papers;
use crate::app::statistics;
use crate::files::pages::Counter;
use crate::files::scan::Scanner;
use crate::state::State;

/// How often a job looks whether there is something to do.
const LOOKS: Duration = Duration::from_millis(200);

/// How often what has expired is removed.
const PURGES: Duration = Duration::from_secs(600);

/// How often files that nobody names are looked for.
const COLLECTS: Duration = Duration::from_secs(10);

/// How often the timer of benefits looks at the calendar.
const FOLLOWS: Duration = Duration::from_secs(5);

/// The threads of a process.
#[derive(Debug)]
pub struct Jobs {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Starts them.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(state: &Data<State>) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        let mut start = |name: &str, work: fn(&State) -> Result<bool, Error>, pause: Duration| {
            let (state, stop) = (state.clone(), stop.clone());
            threads.push(
                std::thread::Builder::new()
                    .name(name.to_owned())
                    .spawn(move || run(&state, &stop, work, pause))?,
            );
            std::io::Result::Ok(())
        };
        start("job-benefits", follow_benefits, FOLLOWS)?;
        start("job-import", import, LOOKS)?;
        start("job-recompute", recompute, Duration::from_secs(1))?;
        start("job-figures", roll_up, Duration::from_secs(2))?;
        start("job-figures-check", check_figures, Duration::from_secs(30))?;
        start("job-reference", refresh, Duration::from_secs(1))?;
        start("job-purge", purge, PURGES)?;
        start("job-files", collect_files, COLLECTS)?;
        let seconds = state.config.timer_seconds;
        if seconds > 0 {
            start("job-timers", calendar_orders, Duration::from_secs(seconds))?;
        }
        if state.config.page_count_seconds > 0 {
            start("job-pages", count_pages, LOOKS)?;
        }
        if !state.config.scan_command.0.is_empty() {
            start("job-scan", scan_file, LOOKS)?;
        }
        Ok(Self { stop, threads })
    }

    /// Stops them after what they are at, and leaves what is not done to whoever looks next.
    pub fn stop(self, state: &State) {
        self.stop.store(true, Ordering::Release);
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a job panicked");
            }
        }
        let owner = state.owner;
        let given_back = state.store.write_blocking("jobs", move |tx| leases::give_back(tx, owner));
        if let Err(error) = given_back.map_err(Error::from) {
            tracing::warn!(%error, "what this process was at goes on when its leases have run out");
        }
    }
}

/// Runs a job as long as there is something to do, then pauses.
fn run(state: &State, stop: &AtomicBool, work: fn(&State) -> Result<bool, Error>, pause: Duration) {
    let stopped = || stop.load(Ordering::Acquire);
    persistence::store::work_jobs();
    while !stopped() {
        // A job that panics is begun again after its pause; the panic hook has counted and logged it.
        match catch_unwind(AssertUnwindSafe(|| work(state))) {
            Ok(Ok(true)) => continue,
            Ok(Ok(false)) | Err(_) => {}
            Ok(Err(error)) => {
                let job = std::thread::current().name().unwrap_or_default().to_owned();
                tracing::warn!(job, %error, "a job failed and will try again");
            }
        }
        let mut left = pause;
        while !left.is_zero() && !stopped() {
            let step = left.min(LOOKS);
            std::thread::sleep(step);
            left -= step;
        }
    }
}

/// Does what the calendar orders of dossiers; says whether there may be more.
fn calendar_orders(state: &State) -> Result<bool, Error> {
    let Ok(reference) = state.in_force() else { return Ok(false) };
    let ran = crate::app::timers::run(&state.store, &reference, state.clock.now())?;
    Ok(ran.more && !state.is_draining())
}

/// Works the next import; says whether there was one.
fn import(state: &State) -> Result<bool, Error> {
    let Ok(reference) = state.in_force() else { return Ok(false) };
    let (owner, now) = (state.owner, state.clock.now());
    let waiting = state.store.read(|reader| imports::waiting(reader, owner, now))?;
    if !waiting {
        return Ok(false);
    }
    let leased = state.store.write_blocking("imports", move |tx| imports::lease(tx, owner, now))?;
    let Some(import) = leased else { return Ok(false) };
    let actor = state.store.read(|reader| actor_of(reader, &import, now))?;
    let (mut work, mut line) = (Work::new(&state.store, &import), import.next_line);
    loop {
        if state.is_draining() {
            return Ok(false);
        }
        let worker =
            Worker { owner, reference: reference.clone(), actor: actor.clone(), now: state.clock.now() };
        match work.chunk(&worker, line)? {
            Some(next) => line = next,
            None => return Ok(true),
        }
    }
}

/// How often the same dossiers are looked at again because somebody else changes them.
const MOST_TRIES: u32 = 50;

/// Reckons open dossiers anew after a publication, or else tries out what a publication would move;
/// says whether there was anything to do.
fn recompute(state: &State) -> Result<bool, Error> {
    use crate::app::recomputations;
    if recomputations::look(&state.store, state.clock.now())? {
        return work_recomputation(state);
    }
    work_rehearsal(state)
}

/// Takes the rehearsal that waits and works it to its end; says whether there was one.
fn work_rehearsal(state: &State) -> Result<bool, Error> {
    use crate::app::rule_books::rehearsals;
    let (owner, now) = (state.owner, state.clock.now());
    if !state.store.read(|reader| persistence::rehearsals::waiting(reader, now))? {
        return Ok(false);
    }
    let lease = move |tx: &mut persistence::WriteTx<'_>| persistence::rehearsals::lease(tx, owner, now);
    let Some(mut job) = state.store.write_blocking("recomputations", lease)? else { return Ok(false) };
    state.reference.refresh(&state.store)?;
    let reference = state.in_force()?;
    let worker = |now| rehearsals::Worker { owner, reference: reference.clone(), now };
    let Some(book) = rehearsals::of_job(&state.store, &job)? else {
        rehearsals::supersede(&state.store, &worker(now), &job)?;
        return Ok(true);
    };
    while !state.is_draining() {
        match rehearsals::work(&state.store, &worker(state.clock.now()), &book, job)? {
            Some(further) => job = further,
            None => return Ok(true),
        }
    }
    Ok(false)
}

/// Takes the recomputation that waits and works it to its end; says whether there was one.
///
/// # Errors
/// Those of the store.
pub fn work_recomputation(state: &State) -> Result<bool, Error> {
    use crate::app::recomputations::{self, Worked};
    use crate::app::rule_books;
    let (owner, now) = (state.owner, state.clock.now());
    let lease = move |tx: &mut persistence::WriteTx<'_>| persistence::recomputations::lease(tx, owner, now);
    let Some(job) = state.store.write_blocking("recomputations", lease)? else { return Ok(false) };
    state.reference.refresh(&state.store)?;
    let (reference, book) = (state.in_force()?, rule_books::of_job(&state.store, &job)?);
    let mut again = 0;
    loop {
        if state.is_draining() {
            return Ok(false);
        }
        let now = state.clock.now();
        let worker = recomputations::Worker { owner, reference: reference.clone(), book: book.clone(), now };
        match recomputations::work(&state.store, &worker, &job)? {
            Worked::Some => again = 0,
            Worked::Again if again < MOST_TRIES => again += 1,
            // Left to the next who leases it.
            Worked::Again => return Err(persistence::Error::Stale.into()),
            Worked::Done => return Ok(true),
        }
    }
}

/// Rolls figures up by day; says whether there may be more.
fn roll_up(state: &State) -> Result<bool, Error> {
    if !state.store.read(figures::has_deltas)? {
        return Ok(false);
    }
    Ok(state.store.write_blocking("figures", figures::roll_up)? > 0)
}

/// Checks the figures once a day, from the hour that is set on; whichever process comes first does.
fn check_figures(state: &State) -> Result<bool, Error> {
    let now = state.clock.now();
    let local = calendar::local(now);
    if state.config.figures_check_at.0.is_none_or(|from| local.time() < from) {
        return Ok(false);
    }
    let night = local.date();
    if state.store.read(|reader| figures::checks::taken(reader, night, now))? {
        return Ok(false);
    }
    let years = state.config.figures_check_years;
    let asked = statistics::checks::Asked { night: Some(night), years, owner: state.owner };
    let stopped = || state.is_draining();
    let Some(found) = statistics::checks::check(&state.store, &state.clock, asked, &stopped)? else {
        return Ok(false);
    };
    let faults = u32::try_from(found.faults).unwrap_or(u32::MAX);
    metrics::gauge!("figures_check_faults").set(f64::from(faults));
    metrics::counter!("figures_checks_total", "state" => found.state.code()).increment(1);
    if found.faults == 0 {
        tracing::info!(dossiers = found.dossiers, comparisons = found.comparisons, "the figures agree");
    }
    // Units, days and counts: nothing of a person.
    for f in found.findings.iter().take(20) {
        tracing::warn!(
            unit = f.unit,
            period = f.period,
            figure = f.figure,
            kept = f.rolled_up,
            events = f.recounted,
            "a figure is not what the events come to"
        );
    }
    Ok(false)
}

/// Loads reference data anew when it has changed, and tells the metrics how full the store is.
fn refresh(state: &State) -> Result<bool, Error> {
    let load = state.store.load();
    let used = load.connections.saturating_sub(load.idle);
    metrics::gauge!("db_client_connection_count", "state" => "idle").set(f64::from(load.idle));
    metrics::gauge!("db_client_connection_count", "state" => "used").set(f64::from(used));
    metrics::gauge!("lane_queued_jobs").set(f64::from(u32::try_from(load.queued).unwrap_or(u32::MAX)));
    state.reference.refresh(&state.store)?;
    Ok(false)
}

/// Removes files that no dossier names; says whether there may be more.
///
/// # Errors
/// Those of the store and of the file store.
pub fn collect_files(state: &State) -> Result<bool, Error> {
    papers::collect(&state.store, &state.files, state.clock.now())
}

/// Scans the next file; says whether there was one.
fn scan_file(state: &State) -> Result<bool, Error> {
    let config = &state.config;
    let scanner = Scanner::new(&config.scan_command, Duration::from_secs(config.scan_timeout_seconds));
    papers::scan(&state.store, &state.files, &scanner, state.owner, state.clock.now())
}

/// Counts the pages of the next file; says whether there was one.
fn count_pages(state: &State) -> Result<bool, Error> {
    let counter = Counter::new(Duration::from_secs(state.config.page_count_seconds));
    papers::count_pages(&state.store, &state.files, counter, state.owner, state.clock.now())
}

/// After how long a file that is still coming in counts as given up.
const ABANDONED_AFTER_HOURS: i64 = 24;

/// Rows that are removed in one transaction: a day after a busy hour millions of answers expire, and a lane that
/// removed them at once would do nothing else for as long as that takes.
const PURGED_AT_ONCE: i64 = 500;

/// Removes kept answers that have expired, files that never came in whole, forgotten drafts and sessions that are
/// over, some at a time; says whether there may be more.
///
/// # Errors
/// Those of the store.
pub fn purge(state: &State) -> Result<bool, Error> {
    let now = state.clock.now();
    let before = now - chrono::Duration::hours(ABANDONED_AFTER_HOURS);
    let forgotten = now - chrono::Duration::days(i64::from(state.config.draft_days));
    let gone = state.store.write_blocking("purge", move |tx| -> Result<[usize; 3], Error> {
        imports::discard_abandoned(tx, before)?;
        Ok([
            drafts::purge(tx, forgotten, PURGED_AT_ONCE)?,
            idempotency::purge(tx, now, PURGED_AT_ONCE)?,
            // A day later no access token is left that asks whether its sign-in was ended.
            accounts::purge_sessions(tx, before, PURGED_AT_ONCE)?,
        ])
    })?;
    Ok(gone.iter().any(|gone| i64::try_from(*gone).is_ok_and(|n| n >= PURGED_AT_ONCE)))
}

/// Suspends and ends benefits as the calendar orders; says whether there may be more.
fn follow_benefits(state: &State) -> Result<bool, Error> {
    let Ok(reference) = state.in_force() else { return Ok(false) };
    let ran = timer::run(&state.store, reference.rules.clone(), state.owner, state.clock.now())?;
    if ran.looked_at > 0 {
        tracing::info!(
            looked_at = ran.looked_at,
            suspended = ran.suspended,
            ended = ran.ended,
            "benefits were followed up"
        );
    }
    Ok(ran.more && !state.is_draining())
}
