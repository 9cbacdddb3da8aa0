//! Working time walked minute by minute, and random calendars, limits and pauses: the reference that due
//! dates are held against. Written apart from the code under test.
#![allow(dead_code)]

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Timelike, Utc};
use domain::calendar::{self, Calendar, CalendarDay, DayKind};
use domain::deadline::{Limit, LimitUnit, Pause};
use domain::rulebook::Basis;
use proptest::prelude::*;

use crate::common;

/// Whether a minute, named by its beginning, is worked; written apart from the code under test.
pub fn is_worked(calendar: &Calendar, at: DateTime<Utc>) -> bool {
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
pub fn walk(
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
pub fn random_hours() -> impl Strategy<Value = (Vec<(NaiveTime, NaiveTime)>, NaiveTime)> {
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

pub fn random_calendar() -> impl Strategy<Value = Calendar> {
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

pub fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (0i64..60 * 24 * 60)
        .prop_map(|m| "2024-02-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::minutes(m))
}

pub fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        (1i64..25).prop_map(|value| Limit { value, unit: LimitUnit::WorkingDays }),
        (1i64..60).prop_map(|value| Limit { value, unit: LimitUnit::WorkingHours }),
        (1i64..45).prop_map(|value| Limit { value, unit: LimitUnit::CalendarDays }),
        (1i64..3).prop_map(|value| Limit { value, unit: LimitUnit::Months }),
    ]
}

pub fn random_pauses() -> impl Strategy<Value = Vec<Pause>> {
    let pause = (instant(), proptest::option::weighted(0.9, 1i64..12_000))
        .prop_map(|(from, length)| Pause { from, to: length.map(|l| from + Duration::minutes(l)) });
    proptest::collection::vec(pause, 0..4)
}
