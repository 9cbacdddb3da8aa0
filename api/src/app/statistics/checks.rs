//! The self-check: every figure of the last years counted anew from the events and compared with
//! what is kept, unit by unit, day by day, the identity of every period, and the sums of periods.

mod book;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use domain::access::{self, Action};
use domain::calendar;
use domain::dossier::recount::recount;
use domain::period::Span;
use persistence::figures::checks::{self, Check, CheckState, Finding};
use persistence::figures::periods::{self, PeriodKey, Tally};
use persistence::{Reader, Store};
use uuid::Uuid;

use self::book::{Book, Numbers};
use super::Figures;
use crate::app::Cx;
use crate::app::error::Error;
use crate::clock::Clock;

/// Findings that are kept of a check; the rest is only counted.
const KEPT_FINDINGS: usize = 200;

/// Dossiers that are counted anew at once.
const AT_ONCE: i64 = 500;

/// How often a check says that it goes on; its lease is five times as long.
const RENEW_SECONDS: i64 = 60;

/// Most periods of a kind that a check looks at: more than a lifetime of months.
const PERIODS: usize = 2_000;

/// Which check is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// The night it belongs to; none when somebody asks.
    pub night: Option<NaiveDate>,
    /// Whole years before this one.
    pub years: u32,
    /// Who carries it out.
    pub owner: Uuid,
}

#[derive(Debug, Default)]
struct Found {
    dossiers: i64,
    comparisons: i64,
    faults: i64,
    findings: Vec<Finding>,
}

impl Found {
    fn compare(&mut self, rolled_up: i64, recounted: i64, finding: impl FnOnce() -> Finding) {
        self.comparisons += 1;
        if rolled_up != recounted {
            self.faults += 1;
            if self.findings.len() < KEPT_FINDINGS {
                self.findings.push(Finding { rolled_up, recounted, ..finding() });
            }
        }
    }
}

/// Carries a check out and records what it found; none when another process has taken it, or when it was
/// `stopped` before its end: then it is as if it had never begun. Blocks, for as long as the register is
/// large; each unit is read as of one moment of its own.
///
/// # Errors
/// Those of the store, which are recorded too as far as that is possible.
pub fn check(
    store: &Store,
    clock: &Clock,
    asked: Asked,
    stopped: &dyn Fn() -> bool,
) -> Result<Option<Check>, Error> {
    let now = clock.now();
    let today = calendar::day_of(now);
    let back = i32::try_from(asked.years).unwrap_or(100);
    let first_day = NaiveDate::from_ymd_opt(today.year() - back, 1, 1).unwrap_or(today);
    let mut check = Check {
        id: clock.new_id(),
        day: asked.night,
        state: CheckState::Running,
        started_at: now,
        finished_at: None,
        first_day,
        last_day: today,
        dossiers: 0,
        comparisons: 0,
        faults: 0,
        findings: Vec::new(),
        failure: None,
    };
    let (begun, owner) = (check.clone(), asked.owner);
    if !store.write_blocking("figures", move |tx| checks::begin(tx, &begun, owner))? {
        return Ok(None);
    }
    let found = every_unit(store, clock, &check, owner, stopped);
    check.finished_at = Some(clock.now());
    match &found {
        Ok(Some(found)) => {
            check.dossiers = found.dossiers;
            check.comparisons = found.comparisons;
            check.faults = found.faults;
            check.findings.clone_from(&found.findings);
            check.state = if found.faults == 0 { CheckState::Agreed } else { CheckState::Disagreed };
        }
        Ok(None) => {
            let id = check.id;
            store.write_blocking("figures", move |tx| checks::give_up(tx, id, owner))?;
            return Ok(None);
        }
        Err(error) => {
            check.state = CheckState::Failed;
            check.failure = Some(error.to_string());
        }
    }
    let ended = check.clone();
    store.write_blocking("figures", move |tx| checks::finish(tx, &ended, owner))?;
    found.map(|_| Some(check))
}

/// Compares unit after unit; none when it was stopped.
fn every_unit(
    store: &Store,
    clock: &Clock,
    check: &Check,
    owner: Uuid,
    stopped: &dyn Fn() -> bool,
) -> Result<Option<Found>, Error> {
    let mut found = Found::default();
    let mut renewed = check.started_at;
    let mut goes_on = || {
        if stopped() {
            return Ok(false);
        }
        let (id, now) = (check.id, clock.now());
        if now - renewed >= TimeDelta::seconds(RENEW_SECONDS) {
            store.write_blocking("figures", move |tx| checks::renew(tx, id, owner, now))?;
            renewed = now;
        }
        Ok::<bool, Error>(true)
    };
    for unit in store.read(checks::units)? {
        if !store.read_snapshot(|reader| one_unit(reader, check, &unit, &mut found, &mut goes_on))? {
            return Ok(None);
        }
    }
    Ok(Some(found))
}

/// Compares all that is kept of a unit; says whether it came to its end.
fn one_unit(
    reader: &mut Reader<'_>,
    check: &Check,
    unit: &str,
    found: &mut Found,
    goes_on: &mut dyn FnMut() -> Result<bool, Error>,
) -> Result<bool, Error> {
    let since = calendar::start_of(check.first_day);
    let (mut book, mut after) = (Book::new(check.first_day, check.last_day), None);
    loop {
        if !goes_on()? {
            return Ok(false);
        }
        let some = checks::histories(reader, unit, since, after, AT_ONCE)?;
        for history in &some {
            book.count(history, &recount(&history.events));
            found.dossiers += 1;
        }
        after = some.last().map(|h| (h.submitted_at, h.id));
        if i64::try_from(some.len()).unwrap_or(AT_ONCE) < AT_ONCE {
            break;
        }
    }
    let years = checks::years(reader, unit)?;
    // Year after year, so that what is kept of a unit for long does not stand in memory at once.
    for (first, last) in years.clone() {
        if !goes_on()? {
            return Ok(false);
        }
        for (key, n) in checks::kept(reader, unit, first, last.min(check.last_day))? {
            book.keep(&key, n);
        }
    }
    days(unit, &book, found);
    periods(check, unit, &book, found)?;
    for (first, last) in years {
        if !goes_on()? {
            return Ok(false);
        }
        sums(reader, unit, (first, last), found)?;
    }
    Ok(true)
}

/// Every sum of a day, a month or a year of one year: it is what the days come to.
fn sums(
    reader: &mut Reader<'_>,
    unit: &str,
    year: (NaiveDate, NaiveDate),
    found: &mut Found,
) -> Result<(), Error> {
    let (kept, added_up) = (periods::kept_of(reader, unit, year)?, periods::added_up(reader, unit, year)?);
    let keys: std::collections::BTreeSet<&PeriodKey> = kept.keys().chain(added_up.keys()).collect();
    for key in keys {
        let tally = |of: &BTreeMap<PeriodKey, Tally>| of.get(key).copied().unwrap_or_default();
        let (kept, added_up) = (tally(&kept), tally(&added_up));
        for ((figure, n), (_, days)) in kept.columns().zip(added_up.columns()) {
            found.compare(n, days, || Finding {
                unit: unit.to_owned(),
                period: key.text(),
                procedure: key.place.as_ref().map(|(procedure, _)| procedure.clone()),
                channel: key.place.as_ref().map(|(_, channel)| channel.clone()),
                figure: figure.to_owned(),
                part: None,
                rolled_up: 0,
                recounted: 0,
            });
        }
    }
    Ok(())
}

/// Every number of every day.
fn days(unit: &str, book: &Book, found: &mut Found) {
    for (key, Numbers { kept, anew }) in book.differing() {
        found.compare(kept, anew, || Finding {
            unit: unit.to_owned(),
            period: key.day.to_string(),
            procedure: Some(key.procedure),
            channel: Some(key.channel),
            figure: key.figure.to_string(),
            part: key.part.map(|(part, key)| format!("{part}: {key}")),
            rolled_up: 0,
            recounted: 0,
        });
    }
    found.comparisons += book.agreeing();
}

/// For every month, quarter and year: what was carried over and received, less what was settled,
/// withdrawn, stopped and not accepted, is what is still open, counted dossier by dossier.
fn periods(check: &Check, unit: &str, book: &Book, found: &mut Found) -> Result<(), Error> {
    for span in [Span::Month, Span::Quarter, Span::Year] {
        let all = span.periods(check.first_day, check.last_day, PERIODS);
        // Nothing compared must not look like nothing found.
        let all = all.ok_or_else(|| Error::Internal("more periods than can be compared".to_owned()))?;
        let mut carried_over = check.first_day.pred_opt().map_or(0, |day| book.figures(None, day).open());
        for period in all {
            let of_it = Figures { carried_over, ..book.figures(Some(period.first), period.last) };
            found.compare(of_it.open(), book.open_at_end_of(period.last), || Finding {
                unit: unit.to_owned(),
                period: period.key.clone(),
                procedure: None,
                channel: None,
                figure: "open".to_owned(),
                part: None,
                rolled_up: 0,
                recounted: 0,
            });
            carried_over = of_it.open();
        }
    }
    Ok(())
}

/// Checks, newest first, after the given place, with the findings of units whose figures the
/// actor may see.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn list(
    cx: &Cx,
    reader: &mut Reader<'_>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Check>, Error> {
    let seen = access::list_filter(&cx.actor, Action::ReadStatistics, &cx.reference.units)?;
    let mut found = checks::list(reader, after, limit)?;
    for check in &mut found {
        check.findings.retain(|finding| seen.units.contains(&finding.unit));
    }
    Ok(found)
}
