//! Due dates: the worked cases, and what each rule means at its edges.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

mod common;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use domain::calendar;
use domain::deadline::{
    DayExplained, DeadlineError, Limit, LimitUnit, Pause, compute, explain, push_back, remaining,
};
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
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../tests/cases/deadline_cases.json")).unwrap();
    assert_eq!(cases.len(), 30);
    for case in cases {
        let r = &case.request;
        let due = compute(r.accepted_at.to_utc(), &r.limit, &pauses(&r.pauses), &book.calendar).unwrap();
        let at = due.due_at.map(|at| at.with_timezone(&calendar::offset()).to_rfc3339());
        assert_eq!(serde_json::json!(at), case.expect["due_at"], "{}", case.name);
        assert_eq!(serde_json::json!(due.due_on), case.expect["due_on"], "{}", case.name);
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn working_days(value: i64) -> Limit {
    Limit { value, unit: LimitUnit::WorkingDays }
}

fn span(from: &str, to: &str) -> Pause {
    Pause { from: at(from), to: Some(at(to)) }
}

fn explained(accepted: &str, limit: &Limit, pauses: &[Pause]) -> Vec<DayExplained> {
    let calendar = common::book().calendar;
    let due = compute(at(accepted), limit, pauses, &calendar).unwrap();
    explain(at(accepted), &due, limit, pauses, day("2024-03-08"), &calendar)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// `date counted reason` of one day of a list.
fn line(days: &[DayExplained], date: &str) -> String {
    let found = days.iter().find(|d| d.date == day(date)).unwrap();
    format!("{} {}", found.counted, found.reason)
}

#[test]
fn every_day_on_the_way_is_explained() {
    let days = explained("2024-01-25T09:30:00+07:00", &working_days(20), &[]);
    assert_eq!(days.iter().filter(|d| d.counted).count(), 20);
    // The day it came in is over: the list begins with the next.
    assert_eq!(days[0].date, day("2024-01-26"));
    assert_eq!(line(&days, "2024-01-26"), "true working_day");
    assert_eq!(line(&days, "2024-01-27"), "false weekend");
    assert_eq!(line(&days, "2024-02-12"), "false holiday");
    assert_eq!(days.last().unwrap().date, day("2024-02-29"));
    assert!(days.iter().any(|d| d.reason.to_string() == "holiday" && d.name.is_some()));
}

#[test]
fn a_day_that_a_pause_took_whole_is_paused_and_one_it_took_in_part_counts() {
    let pause = span("2024-02-01T10:00:00+07:00", "2024-02-05T10:00:00+07:00");
    let days = explained("2024-01-25T09:30:00+07:00", &working_days(20), &[pause]);
    assert_eq!(line(&days, "2024-02-01"), "true working_day");
    assert_eq!(line(&days, "2024-02-02"), "false paused");
    assert_eq!(line(&days, "2024-02-03"), "false weekend");
    assert_eq!(line(&days, "2024-02-05"), "true working_day");
    assert_eq!(days.last().unwrap().date, day("2024-03-04"));
    // Two pauses that share a day out between them take it as one would.
    let halves = [
        span("2024-02-02T12:00:00+07:00", "2024-02-05T10:00:00+07:00"),
        span("2024-02-01T10:00:00+07:00", "2024-02-02T12:30:00+07:00"),
    ];
    assert_eq!(explained("2024-01-25T09:30:00+07:00", &working_days(20), &halves), days);
}

#[test]
fn the_list_begins_after_the_day_it_came_in_and_names_a_later_day_of_acceptance() {
    // After the cut-off on a Wednesday, and on a Saturday.
    for (accepted, first, acceptance) in [
        ("2023-11-15T15:01:00+07:00", "2023-11-16", "2023-11-16"),
        ("2023-11-18T09:00:00+07:00", "2023-11-19", "2023-11-20"),
    ] {
        let days = explained(accepted, &working_days(3), &[]);
        assert_eq!(days[0].date, day(first));
        assert_eq!(line(&days, acceptance), "false acceptance_day");
        assert_eq!(days.iter().filter(|d| d.counted).count(), 3);
    }
    // Hours run on the day of acceptance itself.
    let hours = Limit { value: 2, unit: LimitUnit::WorkingHours };
    let days = explained("2023-11-15T09:30:00+07:00", &hours, &[]);
    assert_eq!(line(&days, "2023-11-15"), "true working_day");
    assert_eq!(days.len(), 1);
}

#[test]
fn while_a_pause_lasts_the_list_goes_as_far_as_asked() {
    let open = Pause { from: at("2024-02-01T10:00:00+07:00"), to: None };
    let days = explained("2024-01-25T09:30:00+07:00", &working_days(20), &[open]);
    assert_eq!(days.last().unwrap().date, day("2024-03-08"));
    assert_eq!(line(&days, "2024-03-08"), "false paused");
}

#[test]
fn what_is_left_is_said_in_days_then_in_hours() {
    let calendar = common::book().calendar;
    let say = |due: &str, now: &str| {
        let r = remaining(at(due), at(now), &calendar);
        (r.late, r.working_days, r.working_minutes, r.text_vi, r.text_en)
    };
    let due = "2023-11-17T17:00:00+07:00";
    let of = |late, days, minutes, vi: &str, en: &str| (late, days, minutes, vi.to_owned(), en.to_owned());
    let cases = [
        ("2023-11-15T09:00:00+07:00", of(false, 2, 1_320, "Còn 2 ngày làm việc", "2 working days left")),
        ("2023-11-16T09:00:00+07:00", of(false, 1, 840, "Còn 1 ngày làm việc", "1 working day left")),
        ("2023-11-17T11:00:00+07:00", of(false, 0, 240, "Còn 4 giờ làm việc", "4 working hours left")),
        (
            "2023-11-17T15:30:00+07:00",
            of(false, 0, 90, "Còn 1 giờ 30 phút làm việc", "1 working hour 30 min left"),
        ),
        ("2023-11-17T17:00:00+07:00", of(false, 0, 0, "Đến hạn", "due now")),
        ("2023-11-18T09:00:00+07:00", of(true, 0, 0, "Quá hạn", "late")),
        ("2023-11-20T07:30:00+07:00", of(true, 1, 30, "Quá hạn 1 ngày làm việc", "1 working day late")),
    ];
    for (now, expected) in cases {
        assert_eq!(say(due, now), expected, "{now}");
    }
}

#[test]
fn limits_and_pauses_that_are_not_positive_are_refused() {
    let calendar = common::book().calendar;
    let accepted = at("2023-11-15T09:30:00+07:00");
    let run = |value, pauses: &[Pause]| {
        compute(accepted, &working_days(value), pauses, &calendar).map(|d| d.due_on)
    };
    assert_eq!(run(0, &[]), Err(DeadlineError::LimitNotPositive));
    assert_eq!(run(-1, &[]), Err(DeadlineError::LimitNotPositive));
    assert_eq!(run(i64::MAX, &[]), Err(DeadlineError::LimitTooLong));
    let good = span("2023-11-16T08:00:00+07:00", "2023-11-16T09:00:00+07:00");
    let empty = span("2023-11-16T08:00:00+07:00", "2023-11-16T08:00:00+07:00");
    let reversed = span("2023-11-16T08:00:00+07:00", "2023-11-16T07:00:00+07:00");
    assert_eq!(run(1, &[good, empty]), Err(DeadlineError::PauseNotPositive(1)));
    assert_eq!(run(1, &[reversed]), Err(DeadlineError::PauseNotPositive(0)));
}

// Such instants are valid RFC 3339 to chrono, so anybody can send them without signing in.
#[test]
fn the_ends_of_time_are_refused_and_never_panic() {
    let calendar = common::book().calendar;
    let now = at("2024-01-25T09:30:00+07:00");
    let ends = [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, at("+262142-12-31T23:59:59Z")];
    for end in ends {
        for unit in <LimitUnit as domain::code::Code>::ALL {
            let limit = Limit { value: 1, unit: *unit };
            assert_eq!(compute(end, &limit, &[], &calendar), Err(DeadlineError::OutOfRange));
            let far = Pause { from: now.min(end), to: Some(now.max(end)) };
            let _ = compute(now, &limit, &[far], &calendar);
            let _ = push_back(now, &[far], &calendar);
        }
        let _ = remaining(end, now, &calendar);
        let _ = remaining(now, end, &calendar);
    }
    let whole = Pause { from: now, to: Some(DateTime::<Utc>::MAX_UTC) };
    assert_eq!(compute(now, &working_days(1), &[whole], &calendar), Err(DeadlineError::OutOfRange));
    for day in [NaiveDate::MIN, NaiveDate::MAX] {
        assert!(calendar::start_of(day) <= calendar::end_of(day));
    }
}

// Looked at day by day, a pause in the far future once cost a walk of 175 years for each day.
#[test]
fn a_list_costs_its_days_and_not_the_years_to_a_pause() {
    let calendar = common::book().calendar;
    let limit = Limit { value: 3_000, unit: LimitUnit::CalendarDays };
    let pauses: Vec<Pause> = (0..200).map(|_| span("2199-01-01T00:00:00Z", "2199-01-02T00:00:00Z")).collect();
    let due = compute(at("2024-01-25T09:30:00+07:00"), &limit, &pauses, &calendar).unwrap();
    assert_eq!(
        explain(at("2024-01-25T09:30:00+07:00"), &due, &limit, &pauses, day("2024-02-01"), &calendar).len(),
        3_000
    );
}
