//! The self-check: every figure of the last years counted anew from the events and compared with
//! what is kept, unit by unit, day by day, the identity of every period, and the sums of periods.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use domain::access::{self, Action};
use domain::calendar;
use domain::dossier::figure::{Figure, Part};
use domain::dossier::recount::{Recount, recount};
use domain::period::Span;
use persistence::figures::Count;
use persistence::figures::checks::{self, Check, CheckState, Finding, History, Kept};
use persistence::figures::periods::{self, PeriodKey, Tally};
use persistence::{Reader, Store};
use uuid::Uuid;

use super::Figures;
use crate::app::Cx;
use crate::app::error::Error;
use crate::clock::Clock;

/// Findings that are kept of a check; the rest is only counted.
const KEPT_FINDINGS: usize = 200;

/// Dossiers that are counted anew at once.
const AT_ONCE: i64 = 500;

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

/// Carries a check out and records what it found; none when another process has taken it. Blocks,
/// for as long as the register is large; each unit is read as of one moment of its own.
///
/// # Errors
/// Those of the store, which are recorded too as far as that is possible.
pub fn check(store: &Store, clock: &Clock, asked: Asked) -> Result<Option<Check>, Error> {
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
    let found = every_unit(store, clock, &check, owner);
    check.finished_at = Some(clock.now());
    match &found {
        Ok(found) => {
            check.dossiers = found.dossiers;
            check.comparisons = found.comparisons;
            check.faults = found.faults;
            check.findings.clone_from(&found.findings);
            check.state = if found.faults == 0 { CheckState::Agreed } else { CheckState::Disagreed };
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

fn every_unit(store: &Store, clock: &Clock, check: &Check, owner: Uuid) -> Result<Found, Error> {
    let mut found = Found::default();
    for unit in store.read(checks::units)? {
        let (id, now) = (check.id, clock.now());
        store.write_blocking("figures", move |tx| checks::renew(tx, id, owner, now))?;
        store.read_snapshot(|reader| one_unit(reader, check, &unit, &mut found))?;
    }
    Ok(found)
}

/// What the events of a unit's dossiers come to.
#[derive(Debug, Default)]
struct Anew {
    sums: BTreeMap<Kept, i64>,
    /// When each was submitted and when it was over.
    spans: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)>,
}

impl Anew {
    fn add(&mut self, history: &History, counted: &Recount) {
        let mut add = |figure: Figure, at: DateTime<Utc>, part: Option<(Part, String)>| {
            let kept = Kept {
                day: calendar::day_of(at),
                procedure: history.procedure.clone(),
                channel: history.channel.clone(),
                figure,
                part,
            };
            *self.sums.entry(kept).or_default() += 1;
        };
        for (figure, at) in &counted.figures {
            add(*figure, *at, None);
        }
        if let Some(ended) = &counted.ended_by {
            for (figure, at) in &ended.figures {
                add(*figure, *at, Some((Part::OfficerUnit, ended.unit.clone())));
            }
        }
        if let Some((reason, at)) = &counted.declined_for {
            add(Figure::NotAccepted, *at, Some((Part::Reason, reason.clone())));
        }
        let rejected = counted.figures.iter().find(|(figure, _)| *figure == Figure::Rejected);
        for reason in rejected.iter().flat_map(|_| &history.reasons) {
            if let Some((_, at)) = rejected {
                add(Figure::Rejected, *at, Some((Part::Reason, reason.clone())));
            }
        }
        if let Some(at) = counted.received_at {
            self.spans.push((at, counted.over_at));
        }
    }
}

fn one_unit(reader: &mut Reader<'_>, check: &Check, unit: &str, found: &mut Found) -> Result<(), Error> {
    let since = calendar::start_of(check.first_day);
    let (mut anew, mut after) = (Anew::default(), None);
    loop {
        let some = checks::histories(reader, unit, since, after, AT_ONCE)?;
        for history in &some {
            anew.add(history, &recount(&history.events));
            found.dossiers += 1;
        }
        after = some.last().map(|h| (h.submitted_at, h.id));
        if i64::try_from(some.len()).unwrap_or(AT_ONCE) < AT_ONCE {
            break;
        }
    }
    let mut kept: BTreeMap<Kept, i64> = BTreeMap::new();
    for (key, n) in checks::kept(reader, unit, check.last_day)? {
        *kept.entry(key).or_default() += n;
    }
    days(check, unit, &kept, &anew, found);
    periods(check, unit, &kept, &anew, found)?;
    sums(reader, unit, found)
}

/// Every sum of a day, a month or a year: it is what the days come to.
fn sums(reader: &mut Reader<'_>, unit: &str, found: &mut Found) -> Result<(), Error> {
    let (kept, added_up) = (periods::kept_of(reader, unit)?, periods::added_up(reader, unit)?);
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
fn days(check: &Check, unit: &str, kept: &BTreeMap<Kept, i64>, anew: &Anew, found: &mut Found) {
    let within = |key: &&Kept| (check.first_day..=check.last_day).contains(&key.day);
    let keys: std::collections::BTreeSet<&Kept> =
        kept.keys().filter(within).chain(anew.sums.keys().filter(within)).collect();
    for key in keys {
        let number = |of: &BTreeMap<Kept, i64>| of.get(key).copied().unwrap_or(0);
        found.compare(number(kept), number(&anew.sums), || Finding {
            unit: unit.to_owned(),
            period: key.day.to_string(),
            procedure: Some(key.procedure.clone()),
            channel: Some(key.channel.clone()),
            figure: key.figure.to_string(),
            part: key.part.as_ref().map(|(part, key)| format!("{part}: {key}")),
            rolled_up: 0,
            recounted: 0,
        });
    }
}

/// For every month, quarter and year: what was carried over and received, less what was settled,
/// withdrawn, stopped and not accepted, is what is still open, counted dossier by dossier.
fn periods(
    check: &Check,
    unit: &str,
    kept: &BTreeMap<Kept, i64>,
    anew: &Anew,
    found: &mut Found,
) -> Result<(), Error> {
    let figures = |from: Option<NaiveDate>, to: NaiveDate| {
        let mut sum = Figures::default();
        for (key, n) in kept.iter().filter(|(key, _)| key.part.is_none()) {
            if key.day <= to && from.is_none_or(|from| key.day >= from) {
                let (procedure, unit, channel) = (String::new(), String::new(), key.channel.clone());
                // What is compared is what is open, to which it does not matter how it came in.
                let (figure, online) = (key.figure, false);
                sum.add(&Count { figure, day: None, procedure, unit, channel, online, n: *n });
            }
        }
        sum
    };
    for span in [Span::Month, Span::Quarter, Span::Year] {
        let all = span.periods(check.first_day, check.last_day, PERIODS);
        // Nothing compared must not look like nothing found.
        let all = all.ok_or_else(|| Error::Internal("more periods than can be compared".to_owned()))?;
        let mut carried_over = check.first_day.pred_opt().map_or(0, |day| figures(None, day).open());
        for period in all {
            let of_it = Figures { carried_over, ..figures(Some(period.first), period.last) };
            let end = calendar::end_of(period.last);
            let open =
                anew.spans.iter().filter(|(from, over)| *from <= end && over.is_none_or(|over| over > end));
            let open = i64::try_from(open.count()).unwrap_or(i64::MAX);
            found.compare(of_it.open(), open, || Finding {
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
