//! Due dates: what must hold for any calendar, limit and pauses, with a slow walker as reference.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

mod common;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Timelike, Utc};
use domain::calendar::{self, Calendar, CalendarDay, DayKind};
use domain::deadline::{Limit, LimitUnit, Pause, compute, explain};
use domain::rulebook::Basis;
use proptest::prelude::*;

/// Whether a minute, named by its beginning, is worked; written apart from the code under test.
fn is_worked(calendar: &Calendar, at: DateTime<Utc>) -> bool {
    let local = at.naive_utc() + Duration::hours(7);
    let weekday = local.weekday().number_from_monday();
    let open = match calendar.days.get(&local.date()).map(|d| d.kind) {
        Some(DayKind::SwappedWork) => true,
        Some(_) => false,
        None => weekday <= 5,
    };
    let of_day = |t: &chrono::NaiveTime| t.hour() * 60 + t.minute();
    let minute = of_day(&local.time());
    open && calendar.hours.spans.iter().any(|(from, to)| (of_day(from)..of_day(to)).contains(&minute))
}

/// The due instant, minute by minute.
fn walk(
    accepted: DateTime<Utc>,
    limit: &Limit,
    pauses: &[Pause],
    calendar: &Calendar,
) -> Option<DateTime<Utc>> {
    let minute = Duration::minutes(1);
    let (opens, closes) = (calendar.hours.spans[0].0, calendar.hours.spans.last().unwrap().1);
    let worked_day = |day: NaiveDate| is_worked(calendar, calendar::instant(day.and_time(opens)));
    let local = accepted.naive_utc() + Duration::hours(7);
    let mut start = accepted;
    if !worked_day(local.date()) || local.time() > calendar.hours.cut_off {
        let mut day = local.date().succ_opt().unwrap();
        while !worked_day(day) {
            day = day.succ_opt().unwrap();
        }
        start = calendar::instant(day.and_time(opens));
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
            calendar::instant(day.and_time(closes))
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
            calendar::instant(day.and_time(closes))
        }
    };
    // A pause moves the due instant by the working time it takes. So: count the work there is
    // up to the unpaused due instant, then do that work minute by minute whenever no pause
    // covers the minute. Nothing here sorts, merges or cuts pauses, as the code under test does.
    let mut work = 0;
    let mut now = start;
    while now < due {
        work += i64::from(is_worked(calendar, now));
        now += minute;
    }
    now = start;
    while work > 0 {
        let covering = |p: &&Pause| p.from <= now && p.to.is_none_or(|to| now < to);
        if pauses.iter().filter(covering).any(|p| p.to.is_none()) {
            return None;
        }
        if is_worked(calendar, now) && !pauses.iter().any(|p| covering(&p)) {
            work -= 1;
            due = now + minute;
        }
        now += minute;
    }
    Some(due)
}

/// Working hours of one to three spans, and a cut-off within them; half of the time the shipped ones.
fn random_hours() -> impl Strategy<Value = (Vec<(NaiveTime, NaiveTime)>, NaiveTime)> {
    let time = |minute: u32| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap();
    let shipped = common::book().calendar.hours;
    let random = (1usize..4, proptest::collection::btree_set(300u32..1300, 6..9), 0u32..1000).prop_map(
        move |(spans, minutes, cut)| {
            let minutes: Vec<u32> = minutes.into_iter().take(spans * 2).collect();
            let (first, last) = (minutes[0], minutes[minutes.len() - 1]);
            let spans = minutes.chunks(2).map(|m| (time(m[0]), time(m[1]))).collect();
            (spans, time(first + cut * (last - first) / 1000))
        },
    );
    // A day of a few minutes would make the walker walk for years.
    let long = |(spans, _): &(Vec<(NaiveTime, NaiveTime)>, NaiveTime)| {
        spans.iter().map(|(from, to)| (*to - *from).num_minutes()).sum::<i64>() >= 120
    };
    prop_oneof![Just((shipped.spans, shipped.cut_off)), random.prop_filter("a day of two hours", long)]
}

fn random_calendar() -> impl Strategy<Value = Calendar> {
    let kinds = prop_oneof![
        Just(DayKind::Holiday),
        Just(DayKind::DayInLieu),
        Just(DayKind::SwappedOff),
        Just(DayKind::SwappedWork)
    ];
    (proptest::collection::vec((0i64..200, kinds), 0..25), random_hours()).prop_map(|(days, hours)| {
        let mut calendar = common::book().calendar;
        (calendar.hours.spans, calendar.hours.cut_off) = hours;
        let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        calendar.days = days
            .into_iter()
            .map(|(n, kind)| {
                let day =
                    CalendarDay { kind, name_vi: "x".into(), basis: Basis::Assumed, source: "x".into() };
                (first + Duration::days(n), day)
            })
            .collect();
        calendar
    })
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (0i64..60 * 24 * 60)
        .prop_map(|m| "2024-02-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::minutes(m))
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
        prop_assert_eq!(fast, slow);
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
    fn the_list_goes_to_the_due_day(calendar in random_calendar(), at in instant(), limit in limit(), pauses in random_pauses()) {
        let due = compute(at, &limit, &pauses, &calendar).unwrap();
        let until = calendar::day_of(due.started_at) + Duration::days(30);
        let days = explain(at, &due, &limit, &pauses, until, &calendar);
        let acceptance = calendar::day_of(due.started_at);
        let first = if limit.unit == LimitUnit::WorkingHours { acceptance } else { calendar::day_of(at) + Duration::days(1) };
        prop_assert_eq!(days.first().map(|d| d.date), Some(first));
        prop_assert_eq!(days.last().map(|d| d.date), Some(due.due_on.unwrap_or(until)));
        prop_assert!(days.windows(2).all(|w| w[0].date.succ_opt() == Some(w[1].date)));
        // A day is paused when, and only when, no working minute of it was free.
        for d in days.iter().filter(|d| d.date > acceptance && calendar.is_working(d.date)) {
            let free = (0..24 * 60).map(|m| calendar::start_of(d.date) + Duration::minutes(m)).any(|m| {
                is_worked(&calendar, m) && !pauses.iter().any(|p| p.from <= m && p.to.is_none_or(|to| m < to))
            });
            prop_assert_eq!(d.reason.to_string() == "paused", !free, "{}", d.date);
        }
        if pauses.is_empty() && limit.unit == LimitUnit::WorkingDays {
            prop_assert_eq!(i64::try_from(days.iter().filter(|d| d.counted).count()), Ok(limit.value));
        }
    }

    #[test]
    fn later_acceptance_is_never_due_earlier(calendar in random_calendar(), at in instant(), later in 0i64..20_000, limit in limit()) {
        let due = |at| compute(at, &limit, &[], &calendar).unwrap().due_at.unwrap();
        prop_assert!(due(at) <= due(at + Duration::minutes(later)));
    }

    #[test]
    fn working_time_and_its_inverse_agree(calendar in random_calendar(), at in instant(), minutes in 1i64..20_000) {
        let end = calendar.after_working_time(at, Duration::minutes(minutes)).unwrap();
        prop_assert_eq!(calendar.working_time(at, end), Duration::minutes(minutes));
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
