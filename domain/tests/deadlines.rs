//! Due dates: the worked cases, and a slow walker as reference for random events.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

mod common;

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, Utc};
use domain::calendar::{self, Calendar, CalendarDay, DayKind};
use domain::deadline::{Limit, LimitUnit, Pause, compute, explain};
use domain::rulebook::Basis;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    name: String,
    request: Request,
    expect: Value,
}

#[derive(Deserialize)]
struct Request {
    accepted_at: DateTime<FixedOffset>,
    limit: Limit,
    pauses: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    from: DateTime<FixedOffset>,
    to: Option<DateTime<FixedOffset>>,
}

fn pauses(spans: &[Span]) -> Vec<Pause> {
    spans.iter().map(|s| Pause { from: s.from.to_utc(), to: s.to.map(|t| t.to_utc()) }).collect()
}

#[test]
fn worked_cases() {
    let book = common::book();
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/cases/deadline_cases.json")).unwrap();
    assert_eq!(cases.len(), 30);
    for case in cases {
        let r = &case.request;
        let due = compute(r.accepted_at.to_utc(), &r.limit, &pauses(&r.pauses), &book.calendar).unwrap();
        let at = due.due_at.map(|at| at.with_timezone(&calendar::offset()).to_rfc3339());
        assert_eq!(serde_json::json!(at), case.expect["due_at"], "{}", case.name);
        assert_eq!(serde_json::json!(due.due_on), case.expect["due_on"], "{}", case.name);
    }
}

#[test]
fn every_day_on_the_way_is_explained() {
    let book = common::book();
    let accepted: DateTime<Utc> = "2024-01-25T09:30:00+07:00".parse().unwrap();
    let limit = Limit { value: 20, unit: LimitUnit::WorkingDays };
    let due = compute(accepted, &limit, &[], &book.calendar).unwrap();
    let days = explain(accepted, &due, &limit, &[], due.due_on.unwrap(), &book.calendar);
    assert_eq!(days.iter().filter(|d| d.counted).count(), 20);
    assert_eq!(days.first().map(|d| d.reason.to_string()), Some("acceptance_day".into()));
    assert_eq!(days[1].date.to_string(), "2024-01-26");
    assert_eq!(days[1].reason.to_string(), "working_day");
    assert_eq!(days.last().map(|d| d.date), due.due_on);
    assert!(days.iter().any(|d| d.reason.to_string() == "holiday" && d.name.is_some()));
}

/// Whether a minute, named by its beginning, is worked; written apart from the code under test.
fn is_worked(calendar: &Calendar, at: DateTime<Utc>) -> bool {
    let local = at.naive_utc() + Duration::hours(7);
    let weekday = local.format("%u").to_string().parse::<u32>().unwrap();
    let open = match calendar.days.get(&local.date()).map(|d| d.kind) {
        Some(DayKind::SwappedWork) => true,
        Some(_) => false,
        None => weekday <= 5,
    };
    let minute = local.format("%H").to_string().parse::<u32>().unwrap() * 60
        + local.format("%M").to_string().parse::<u32>().unwrap();
    open && ((420..690).contains(&minute) || (810..1020).contains(&minute))
}

/// The due instant, minute by minute.
fn walk(accepted: DateTime<Utc>, limit: &Limit, pauses: &[Pause], calendar: &Calendar) -> Option<DateTime<Utc>> {
    let minute = Duration::minutes(1);
    let worked_day = |day: NaiveDate| is_worked(calendar, calendar::instant(day.and_hms_opt(8, 0, 0).unwrap()));
    let local = accepted.naive_utc() + Duration::hours(7);
    let mut start = accepted;
    if !worked_day(local.date()) || local.time() > "15:00:00".parse().unwrap() {
        let mut day = local.date().succ_opt().unwrap();
        while !worked_day(day) {
            day = day.succ_opt().unwrap();
        }
        start = calendar::instant(day.and_hms_opt(7, 0, 0).unwrap());
    }
    let mut day = (start.naive_utc() + Duration::hours(7)).date();
    let mut due = match limit.unit {
        LimitUnit::WorkingHours => {
            let (mut left, mut at) = (limit.value * 60, start);
            while left > 0 {
                if is_worked(calendar, at) {
                    left -= 1;
                }
                at += minute;
            }
            at
        }
        LimitUnit::WorkingDays => {
            let mut left = limit.value;
            while left > 0 {
                day = day.succ_opt().unwrap();
                if worked_day(day) {
                    left -= 1;
                }
            }
            calendar::instant(day.and_hms_opt(17, 0, 0).unwrap())
        }
        unit => {
            if unit == LimitUnit::CalendarDays {
                day += Duration::days(limit.value);
            } else {
                day = day + chrono::Months::new(u32::try_from(limit.value).unwrap());
            }
            while !worked_day(day) {
                day = day.succ_opt().unwrap();
            }
            calendar::instant(day.and_hms_opt(17, 0, 0).unwrap())
        }
    };
    // Each minute that any pause covers counts once, and only while its pause began before due.
    let mut pauses = pauses.to_vec();
    pauses.sort_by_key(|p| p.from);
    let mut at = start;
    let mut next = start;
    for pause in &pauses {
        at = at.max(pause.from);
        if pause.to.is_some_and(|to| to <= at) {
            continue;
        }
        if at >= due {
            continue;
        }
        let to = pause.to?;
        let mut lost = 0;
        while at < to {
            if is_worked(calendar, at) {
                lost += 1;
            }
            at += minute;
        }
        next = next.max(at);
        while lost > 0 {
            if is_worked(calendar, due) {
                lost -= 1;
            }
            due += minute;
        }
    }
    Some(due)
}

fn random_calendar() -> impl Strategy<Value = Calendar> {
    let kinds = prop_oneof![Just(DayKind::Holiday), Just(DayKind::DayInLieu), Just(DayKind::SwappedOff), Just(DayKind::SwappedWork)];
    proptest::collection::vec((0i64..200, kinds), 0..25).prop_map(|days| {
        let mut calendar = common::book().calendar;
        let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        calendar.days = days
            .into_iter()
            .map(|(n, kind)| {
                let day = CalendarDay { kind, name_vi: "x".into(), basis: Basis::Assumed, source: "x".into() };
                (first + Duration::days(n), day)
            })
            .collect();
        calendar
    })
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (0i64..60 * 24 * 60).prop_map(|m| "2024-02-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::minutes(m))
}

fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        (1i64..25).prop_map(|value| Limit { value, unit: LimitUnit::WorkingDays }),
        (1i64..60).prop_map(|value| Limit { value, unit: LimitUnit::WorkingHours }),
        (1i64..45).prop_map(|value| Limit { value, unit: LimitUnit::CalendarDays }),
        (1i64..3).prop_map(|value| Limit { value, unit: LimitUnit::Months }),
    ]
}

fn random_pauses() -> impl Strategy<Value = Vec<Pause>> {
    let pause = (instant(), proptest::option::weighted(0.9, 1i64..12_000))
        .prop_map(|(from, length)| Pause { from, to: length.map(|l| from + Duration::minutes(l)) });
    proptest::collection::vec(pause, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn agrees_with_the_slow_walker(calendar in random_calendar(), at in instant(), limit in limit(), pauses in random_pauses()) {
        let fast = compute(at, &limit, &pauses, &calendar).unwrap().due_at;
        let slow = walk(at, &limit, &pauses, &calendar);
        // The end of one span and the beginning of the next are the same working time.
        let between = |a: DateTime<Utc>, b: DateTime<Utc>| calendar.working_time(a.min(b), a.max(b));
        match (fast, slow) {
            (Some(fast), Some(slow)) => prop_assert_eq!(between(fast, slow), Duration::zero(), "{} {}", fast, slow),
            (fast, slow) => prop_assert_eq!(fast, slow),
        }
    }

    #[test]
    fn the_order_of_pauses_changes_nothing(at in instant(), limit in limit(), pauses in random_pauses()) {
        let calendar = common::book().calendar;
        let mut turned = pauses.clone();
        turned.reverse();
        prop_assert_eq!(compute(at, &limit, &pauses, &calendar), compute(at, &limit, &turned, &calendar));
    }

    #[test]
    fn a_pause_never_brings_the_due_date_nearer(at in instant(), limit in limit(), pauses in random_pauses()) {
        let calendar = common::book().calendar;
        let without = compute(at, &limit, &[], &calendar).unwrap().due_at.unwrap();
        if let Some(with) = compute(at, &limit, &pauses, &calendar).unwrap().due_at {
            prop_assert!(with >= without);
        }
    }

    #[test]
    fn hostile_numbers_give_an_error_or_an_answer(value in any::<i64>(), micros in any::<i64>(), unit in 0usize..4) {
        let calendar = common::book().calendar;
        let unit = *<LimitUnit as domain::code::Code>::ALL.get(unit).unwrap();
        if let Some(at) = DateTime::from_timestamp_micros(micros) {
            let _ = compute(at, &Limit { value, unit }, &[Pause { from: at, to: None }], &calendar);
        }
    }
}
