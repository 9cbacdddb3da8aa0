//! Unemployment benefit: what each rule of the contract says of any facts.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

#[path = "common/claim.rs"]
mod claim;
mod common;

use chrono::{Days, NaiveDate};
use claim::{codes, facts, run};
use domain::code::Code;
use domain::unemployment::assessment::Assessment;
use domain::unemployment::rules::{Condition, ContractKind, Receives, Termination, WaitingEvent};
use proptest::prelude::*;
use serde_json::{Value, json};

fn day() -> impl Strategy<Value = NaiveDate> {
    (0u64..1_400).prop_map(|n| NaiveDate::from_ymd_opt(2022, 7, 1).unwrap() + Days::new(n))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    // Rule 1.
    #[test]
    fn the_law_is_that_of_the_day_of_termination(d in day()) {
        let a = run(facts(d, d, 20, 5_000_000), &common::book());
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        prop_assert_eq!(a.law.code() == "employment_law_2025", d >= first);
    }

    // Rule 2.
    #[test]
    fn contributing_means_this_month_or_the_one_before(d in day(), gap in 0u32..6) {
        let mut f = facts(d, d, 40, 5_000_000);
        let to = d.checked_sub_months(chrono::Months::new(gap)).unwrap();
        f["contributions"][0]["to"] = json!(to.format("%Y-%m").to_string());
        let failed = codes(&run(f, &common::book()));
        prop_assert_eq!(failed.contains(&Condition::NotContributingAtTermination), gap >= 2);
    }

    // Rules 3 and 4.
    #[test]
    fn causes_and_incomes_exclude_as_listed(d in day(), cause in 0usize..7, income in 0usize..4) {
        let (cause, income) = (Termination::ALL[cause], Receives::ALL[income]);
        let mut f = facts(d, d, 40, 5_000_000);
        f["termination"] = json!(cause);
        f["receives"] = json!(income);
        let a = run(f, &common::book());
        let new = a.law.code() == "employment_law_2025";
        let cause_out = cause == Termination::IllegalUnilateral || (new && cause == Termination::DismissedDiscipline);
        let income_out = income == Receives::Pension
            || (if new { income == Receives::EligibleForPension } else { income == Receives::DisabilityAllowance });
        prop_assert_eq!(codes(&a).contains(&Condition::ExcludedTermination), cause_out);
        prop_assert_eq!(codes(&a).contains(&Condition::ReceivesExcludedIncome), income_out);
    }

    // Rule 5: only months of the window count, and which window the contract decides.
    #[test]
    fn the_window_is_that_of_the_contract(d in day(), kind in 0usize..3, length in 1u32..20, back in 1u32..40) {
        let kind = ContractKind::ALL[kind];
        let mut f = facts(d, d, 1, 5_000_000);
        f["contract"] = json!({"kind": kind, "months": (kind != ContractKind::Indefinite).then_some(length)});
        // One month now and twelve that begin `back` months ago and before.
        let end = d.checked_sub_months(chrono::Months::new(back)).unwrap();
        let begin = end.checked_sub_months(chrono::Months::new(11)).unwrap();
        let older = json!({"from": begin.format("%Y-%m").to_string(), "to": end.format("%Y-%m").to_string(), "wage_vnd": 5_000_000});
        f["contributions"].as_array_mut().unwrap().push(older);
        let a = run(f, &common::book());
        let long = match (a.law.code(), kind) {
            ("employment_law_2013", ContractKind::Seasonal) => (3..12).contains(&length),
            ("employment_law_2025", ContractKind::Seasonal | ContractKind::FixedTerm) => (1..12).contains(&length),
            _ => false,
        };
        let window = if long { 36 } else { 24 };
        let inside = 1 + (back..back + 12).filter(|n| *n < window).count();
        prop_assert_eq!(codes(&a).contains(&Condition::ContributionTooShort), inside < 12);
    }

    // Rule 6.
    #[test]
    fn the_last_day_is_in_time_and_the_next_is_late(d in day()) {
        let book = common::book();
        let third = d + chrono::Months::new(3);
        let last = book.calendar.roll_forward(third).unwrap();
        let late = |on| codes(&run(facts(d, on, 40, 5_000_000), &book)).contains(&Condition::SubmittedLate);
        prop_assert!(!late(last));
        prop_assert!(late(last.succ_opt().unwrap()));
    }

    // Rule 7.
    #[test]
    fn events_exclude_within_the_waiting_period(d in day(), event in 1usize..8, offset in 0u64..40) {
        let book = common::book();
        let event = WaitingEvent::ALL[event];
        let on = d + Days::new(offset);
        let mut f = facts(d, d, 40, 5_000_000);
        f["after_submission"] = json!({"event": event, "on": on});
        let a = run(f, &book);
        let listed = a.law.code() == "employment_law_2025" || event == WaitingEvent::FoundJob;
        prop_assert_eq!(codes(&a).contains(&Condition::ExcludedAfterSubmission), listed && on <= a.waiting_period_ends_on);
    }

    // Rules 8 and 9.
    #[test]
    fn months_follow_from_contribution(d in day(), months in 1u32..220, used in 0u32..60) {
        let mut f = facts(d, d, months, 5_000_000);
        f["months_already_used"] = json!(used);
        let a = run(f, &common::book());
        let counted = months.saturating_sub(used);
        prop_assert_eq!(a.months_counted, counted);
        prop_assert_eq!(a.eligible, counted >= 12);
        if a.eligible {
            let expected = if counted < 36 { 3 } else { (3 + (counted - 36) / 12).min(12) };
            prop_assert_eq!(a.months, Some(expected));
            let reserved = if counted > 36 { counted - 36 - 12 * (expected - 3) } else { 0 };
            prop_assert_eq!(a.months_reserved, Some(reserved));
        }
    }

    // Rules 10 and 11.
    #[test]
    fn a_month_pays_three_fifths_up_to_the_cap(d in day(), wages in proptest::collection::vec(1i64..60_000_000, 6)) {
        let book = common::book();
        let mut f = facts(d, d, 24, 5_000_000);
        let periods: Vec<Value> = wages.iter().enumerate().map(|(i, wage)| {
            let m = d.checked_sub_months(chrono::Months::new(u32::try_from(i).unwrap())).unwrap().format("%Y-%m").to_string();
            json!({"from": m, "to": m, "wage_vnd": wage})
        }).collect();
        let rest = d.checked_sub_months(chrono::Months::new(6)).unwrap();
        let first = rest.checked_sub_months(chrono::Months::new(10)).unwrap();
        f["contributions"] = json!(periods);
        f["contributions"].as_array_mut().unwrap().push(json!({
            "from": first.format("%Y-%m").to_string(), "to": rest.format("%Y-%m").to_string(), "wage_vnd": 1}));
        let a = run(f.clone(), &book);
        let sum: i64 = wages.iter().sum();
        let exact_tenths = sum; // 60 % of sum / 6 is sum / 10
        let cap = a.cap_vnd.unwrap().0;
        let uncapped = (exact_tenths + 5) / 10;
        prop_assert_eq!(a.cap_applied, Some(exact_tenths > cap * 10));
        prop_assert_eq!(a.monthly_vnd.unwrap().0, if exact_tenths > cap * 10 { cap } else { uncapped });
        prop_assert_eq!(a.average_wage_vnd.unwrap().0, (sum * 2 + 6) / 12);
        let how = a.derivation.as_ref().unwrap();
        prop_assert_eq!((how.months_averaged, how.wage_sum_vnd.0, how.percent), (6, sum, 60));
        prop_assert_eq!(how.uncapped_vnd.0, uncapped);
        prop_assert_eq!(how.cap_base_vnd.0 * how.cap_multiple, cap);
        // The order in which periods are stated changes nothing.
        f["contributions"].as_array_mut().unwrap().reverse();
        prop_assert_eq!(run(f, &book), a);
    }

    // Rule 12.
    #[test]
    fn the_schedule_is_whole(d in day(), months in 12u32..200) {
        let book = common::book();
        let a = run(facts(d, d, months, 5_000_000), &book);
        let ordinal = |n| book.calendar.working_days_after(d, n);
        let new = a.law.code() == "employment_law_2025";
        prop_assert_eq!(Some(a.waiting_period_ends_on), ordinal(if new { 10 } else { 15 }));
        prop_assert_eq!(a.starts_on, ordinal(if new { 11 } else { 16 }));
        prop_assert_eq!(Some(a.decide_by), ordinal(if new { 15 } else { 20 }));
        prop_assert_eq!(a.schedule.len(), usize::try_from(a.months.unwrap()).unwrap());
        prop_assert_eq!(a.schedule.first().map(|m| m.from), a.starts_on);
        prop_assert_eq!(a.schedule.last().map(|m| m.to), a.ends_on);
        for pair in a.schedule.windows(2) {
            prop_assert_eq!(pair[0].to.succ_opt(), Some(pair[1].from));
        }
        let insured = a.health_insurance.as_ref().unwrap();
        prop_assert_eq!((Some(insured.from), Some(insured.to)), (a.starts_on, a.ends_on));
        prop_assert_eq!(a.schedule.iter().map(|m| m.amount_vnd.0).sum::<i64>(), a.total_vnd.unwrap().0);
    }

    // All that fails is named, in the order of the codes, and nothing is then given or scheduled.
    #[test]
    fn what_fails_stands_in_order_and_gives_nothing(
        d in day(), cause in 0usize..7, income in 0usize..4, event in 0usize..8,
        months in 0u32..30, gap in 0u32..4, wait in 0u64..200,
    ) {
        let submitted = d + Days::new(wait);
        let mut f = facts(d, submitted, 1, 5_000_000);
        f["termination"] = json!(Termination::ALL[cause]);
        f["receives"] = json!(Receives::ALL[income]);
        f["after_submission"] = json!({"event": WaitingEvent::ALL[event], "on": submitted});
        let last = d.checked_sub_months(chrono::Months::new(gap)).unwrap();
        f["contributions"] = match months.checked_sub(1) {
            None => json!([]),
            Some(back) => json!([{
                "from": last.checked_sub_months(chrono::Months::new(back)).unwrap().format("%Y-%m").to_string(),
                "to": last.format("%Y-%m").to_string(), "wage_vnd": 5_000_000}]),
        };
        let a = run(f, &common::book());
        let failed = codes(&a);
        prop_assert_eq!(a.eligible, failed.is_empty());
        let order: Vec<Condition> = Condition::ALL.iter().copied().filter(|c| failed.contains(c)).collect();
        prop_assert_eq!(&failed, &order);
        for c in &a.failed_conditions {
            prop_assert!(!c.article.is_empty() && !c.value.is_empty() && !c.required.is_empty());
            prop_assert!(c.fixable || c.fixable_until.is_none());
        }
        if !a.eligible {
            prop_assert!(a.schedule.is_empty() && a.derivation.is_none() && a.health_insurance.is_none());
            prop_assert!(a.monthly_vnd.or(a.average_wage_vnd).or(a.cap_vnd).or(a.total_vnd).is_none());
            prop_assert!(a.months.or(a.months_reserved).is_none() && a.cap_applied.is_none());
            prop_assert!(a.starts_on.or(a.ends_on).is_none());
        }
        // A stored verdict is read back as it was given.
        let text = serde_json::to_string(&a).unwrap();
        prop_assert_eq!(serde_json::from_str::<Assessment>(&text).unwrap(), a);
    }

    #[test]
    fn more_contribution_never_harms(d in day(), months in 1u32..200) {
        let book = common::book();
        let less = run(facts(d, d, months, 5_000_000), &book);
        let more = run(facts(d, d, months + 1, 5_000_000), &book);
        prop_assert!(!less.eligible || more.eligible);
        prop_assert!(less.total_vnd <= more.total_vnd);
    }
}
