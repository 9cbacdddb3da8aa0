//! Due dates: what must hold for any calendar, limit and pauses, with a slow walker as reference.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

mod common;
#[path = "common/walker.rs"]
mod walker;

use chrono::{DateTime, Duration};
use domain::calendar;
use domain::deadline::{Limit, LimitUnit, Pause, compute, explain};
use proptest::prelude::*;
use walker::{instant, is_worked, limit, random_calendar, random_pauses, walk};

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
