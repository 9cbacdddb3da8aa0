//! Unemployment benefit: the worked cases, and what the rules mean at their edges.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

#[path = "common/claim.rs"]
mod claim;
mod common;

use chrono::NaiveDate;
use claim::{codes, facts, run};
use domain::code::Code;
use domain::unemployment::assessment::assess;
use domain::unemployment::facts::FactsInput;
use domain::unemployment::rules::Condition;
use serde_json::{Value, json};

#[test]
fn worked_cases() {
    let book = common::book();
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/cases/unemployment_cases.json")).unwrap();
    assert_eq!(cases.len(), 40);
    for case in cases {
        let answer = serde_json::to_value(run(case["request"].clone(), &book)).unwrap();
        for (field, expected) in case["expect"].as_object().unwrap() {
            let found = if field == "failed_conditions" {
                answer[field].as_array().unwrap().iter().map(|c| c["code"].clone()).collect()
            } else {
                answer[field].clone()
            };
            assert_eq!(&found, expected, "{}: {field}", case["name"]);
        }
    }
}

#[test]
fn wrong_facts_are_named_all_at_once() {
    let d = NaiveDate::from_ymd_opt(2023, 8, 15).unwrap();
    let mut f = facts(d, d, 20, 5_000_000);
    f.as_object_mut().unwrap().remove("submitted_on");
    f["contract"] = json!({"kind": "seasonal"});
    f["after_submission"] = json!({"event": "found_job"});
    f["contributions"] = json!([
        {"from": "2022-01", "to": "2022-06", "wage_vnd": 0},
        {"from": "2022-06", "to": "2022-08", "wage_vnd": 5_000_000},
        {"from": "2023-09", "to": "2023-09", "wage_vnd": 5_000_000},
        {"from": "2023-02", "to": "2023-01", "wage_vnd": 5_000_000}
    ]);
    let input: FactsInput = serde_json::from_value(f).unwrap();
    let wrong = input.check(d.pred_opt().unwrap()).unwrap_err();
    let found: Vec<(&str, &str)> = wrong.iter().map(|v| (v.pointer.as_str(), v.code)).collect();
    assert_eq!(
        found,
        [
            ("/submitted_on", "before_termination"),
            ("/contract/months", "required"),
            ("/after_submission/on", "required"),
            ("/contributions/0/wage_vnd", "out_of_range"),
            ("/contributions/1", "overlap"),
            ("/contributions/2/to", "after_termination"),
            ("/contributions/3/to", "before_from"),
        ]
    );
}

// Rule 12: from 31 January the first month ends on 27 February, 28 in a leap year.
#[test]
fn a_benefit_that_starts_on_the_31st_clamps_and_comes_back() {
    let book = common::book();
    let january = |year, n| {
        let new_year = NaiveDate::from_ymd_opt(year, 1, 31).unwrap();
        let mut submitted = new_year;
        while book.calendar.working_days_after(submitted, n) != Some(new_year) {
            submitted = submitted.pred_opt().unwrap();
        }
        let a = run(facts(submitted, submitted, 60, 5_000_000), &book);
        assert_eq!(a.starts_on, Some(new_year));
        a.schedule.iter().take(3).map(|m| format!("{} {}", m.from, m.to)).collect::<Vec<_>>()
    };
    assert_eq!(
        january(2023, 16),
        ["2023-01-31 2023-02-27", "2023-02-28 2023-03-30", "2023-03-31 2023-04-29"]
    );
    assert_eq!(
        january(2024, 16),
        ["2024-01-31 2024-02-28", "2024-02-29 2024-03-30", "2024-03-31 2024-04-29"]
    );
}

// Rule 1 has no earlier bound.
#[test]
fn terminations_before_the_law_was_in_force_are_judged_by_it() {
    let d = NaiveDate::from_ymd_opt(2013, 6, 3).unwrap();
    let a = run(facts(d, NaiveDate::from_ymd_opt(2023, 11, 15).unwrap(), 20, 5_000_000), &common::book());
    assert_eq!((a.law.code(), codes(&a)), ("employment_law_2013", vec![Condition::SubmittedLate]));
}

// Rule 9: what the law of 2025 does not confirm can be seen in the version.
#[test]
fn the_version_marks_what_is_not_confirmed() {
    let d = NaiveDate::from_ymd_opt(2026, 3, 10).unwrap();
    let a = run(facts(d, d, 40, 5_000_000), &common::book());
    assert!(a.rule_version.contains("reserved_months_unconfirmed"), "{}", a.rule_version);
    assert_eq!(a.months_reserved, Some(4));
}

#[test]
fn a_later_version_of_a_law_replaces_the_one_before() {
    let mut book = common::book();
    let mut newer = book.unemployment.last().unwrap().clone();
    newer.valid_from = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
    newer.version = "newer".into();
    book.unemployment.push(newer);
    let version =
        |y| book.unemployment_on(NaiveDate::from_ymd_opt(y, 6, 1).unwrap()).unwrap().version.clone();
    assert!(version(2026) != "newer" && version(2027) == "newer");
}

#[test]
fn a_missing_amount_is_an_error_and_not_a_guess() {
    let mut book = common::book();
    book.regional_minimum_wage.clear();
    let d = NaiveDate::from_ymd_opt(2023, 11, 10).unwrap();
    let mut f = facts(d, d, 40, 5_000_000);
    f.as_object_mut().unwrap().remove("submitted_on");
    let facts = serde_json::from_value::<FactsInput>(f).unwrap().check(d).unwrap();
    assert!(assess(&facts, &book).is_err());
}

// Six hundred periods that each span a century: refused, without walking their months.
#[test]
fn hostile_contributions_are_cheap() {
    let d = NaiveDate::from_ymd_opt(2023, 11, 10).unwrap();
    let mut f = facts(d, d, 40, 5_000_000);
    f.as_object_mut().unwrap().remove("submitted_on");
    f["contributions"] = json!(vec![json!({"from": "1900-01", "to": "2023-11", "wage_vnd": i64::MAX}); 601]);
    f["months_already_used"] = json!(u32::MAX);
    let input: FactsInput = serde_json::from_value(f).unwrap();
    let began = std::time::Instant::now();
    let wrong = input.check(d).unwrap_err();
    assert!(began.elapsed() < std::time::Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(wrong.iter().filter(|v| v.code == "overlap").count(), 599);
    assert!(wrong.iter().any(|v| v.pointer == "/contributions" && v.code == "too_many"));
}
