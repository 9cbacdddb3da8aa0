//! The rule book: what is wrong with it, in what two differ, how one is made from another.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

mod common;

use chrono::NaiveDate;
use domain::calendar::{CalendarDay, DayKind};
use domain::money::Dong;
use domain::rulebook::check::check;
use domain::rulebook::edit::{Edit, TableEdit};
use domain::rulebook::rows::{Change, Table, Value, differences, rows};
use domain::rulebook::{Basis, DatedAmount, RegionOfArea, RuleBook};
use domain::unemployment::rules::WageRegion;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn book() -> RuleBook {
    let mut book = common::book();
    book.wage_regions.push(RegionOfArea {
        gso_code: "540".into(),
        unit_name: "Thành phố Quy Nhơn".into(),
        valid_from: day("2015-01-01"),
        valid_to: Some(day("2025-06-30")),
        region: WageRegion::II,
        basis: Basis::Assumed,
        source: "x".into(),
    });
    book
}

fn found(book: &RuleBook) -> Vec<(String, &'static str)> {
    check(book).into_iter().filter(|f| !f.warning).map(|f| (f.violation.pointer, f.violation.code)).collect()
}

#[test]
fn the_shipped_book_may_be_published() {
    assert_eq!(found(&book()), []);
}

#[test]
fn each_fault_has_its_place() {
    type Fault = (fn(&mut RuleBook), &'static str, &'static str);
    let special = |kind| CalendarDay { kind, name_vi: "x".into(), basis: Basis::Assumed, source: "x".into() };
    let faults: [Fault; 16] = [
        (|b| b.timers[0].source.clear(), "/tables/timers/0/source", "source_missing"),
        (|b| b.timers.push(b.timers[0].clone()), "/tables/timers/1", "overlapping_periods"),
        (
            |b| b.timers[0].supplement_unstated_working_days = Some(0),
            "/tables/timers/0/supplement_unstated_working_days",
            "not_positive",
        ),
        (|b| b.base_salary[0].amount_vnd = Dong(0), "/tables/base_salary/0/amount_vnd", "not_positive"),
        (|b| b.base_salary[1].source = " ".into(), "/tables/base_salary/1/source", "source_missing"),
        (
            |b| b.base_salary[1].valid_from = b.base_salary[0].valid_from,
            "/tables/base_salary/1",
            "overlapping_periods",
        ),
        (|b| b.base_salary.clear(), "/tables/base_salary", "empty"),
        (
            |b| {
                b.regional_minimum_wage.remove(2);
            },
            "/tables/regional_minimum_wage/0",
            "gap",
        ),
        (
            |b| b.wage_regions[0].valid_to = Some(NaiveDate::MIN),
            "/tables/wage_regions/0/valid_to",
            "ends_before_it_begins",
        ),
        (
            |b| b.unemployment[1].valid_from = b.unemployment[1].valid_from + chrono::Days::new(1),
            "/tables/unemployment_rules/1/valid_from",
            "gap",
        ),
        (
            |b| b.unemployment[0].valid_to = None,
            "/tables/unemployment_rules/1/valid_from",
            "overlapping_periods",
        ),
        (|b| b.unemployment[0].percent = 101, "/tables/unemployment_rules/0/percent", "out_of_range"),
        (
            |b| {
                b.unemployment[0].articles.pop();
            },
            "/tables/unemployment_rules/0/articles",
            "article_missing",
        ),
        (|b| b.calendar.hours.spans.clear(), "/tables/working_hours/spans", "empty"),
        (|b| b.calendar.hours.spans.reverse(), "/tables/working_hours/spans/1", "overlapping_periods"),
        (
            |b| b.calendar.hours.cut_off = "18:00:00".parse().unwrap(),
            "/tables/working_hours/cut_off",
            "outside_working_hours",
        ),
    ];
    for (spoil, pointer, code) in faults {
        let mut spoilt = book();
        spoil(&mut spoilt);
        let found = found(&spoilt);
        assert!(found.iter().any(|(p, c)| p == pointer && *c == code), "{pointer} {code} in {found:?}");
    }
    // 20 November 2023 is a Monday.
    for (date, kind, code) in [
        ("2023-11-20", DayKind::SwappedOff, "swap_without_pair"),
        ("2023-11-25", DayKind::SwappedWork, "swap_without_pair"),
        ("2023-11-20", DayKind::SwappedWork, "not_a_weekend"),
        ("2023-11-25", DayKind::DayInLieu, "weekend_already"),
        ("2150-01-01", DayKind::Holiday, "gap"),
    ] {
        let mut spoilt = book();
        spoilt.calendar.days.insert(day(date), special(kind));
        let found = found(&spoilt);
        assert!(found.iter().any(|(_, c)| *c == code), "{date} {code} in {found:?}");
    }
    // Both halves together are a pair.
    let mut paired = book();
    paired.calendar.days.insert(day("2023-11-20"), special(DayKind::SwappedOff));
    paired.calendar.days.insert(day("2023-11-25"), special(DayKind::SwappedWork));
    assert_eq!(found(&paired), []);
}

#[test]
fn a_change_is_the_only_difference() {
    let base = book();
    let amount = DatedAmount {
        valid_from: day("2027-07-01"),
        amount_vnd: Dong(2_700_000),
        basis: Basis::Assumed,
        source: "x".into(),
    };
    let edit = Edit {
        base_salary: TableEdit { whole: None, put: vec![amount], remove: vec![day("2013-07-01")] },
        ..Edit::default()
    };
    let made = edit.apply(&base).unwrap();
    let told: Vec<(Table, String, Change)> =
        differences(&base, &made).into_iter().map(|d| (d.table, d.key, d.change)).collect();
    assert_eq!(
        told,
        [
            (Table::BaseSalary, "2013-07-01".to_owned(), Change::Removed),
            (Table::BaseSalary, "2027-07-01".to_owned(), Change::Added)
        ]
    );
    assert_eq!(differences(&base, &Edit::whole(base.clone()).apply(&made).unwrap()), []);
    assert_eq!(Edit::whole(base.clone()).apply(&made).unwrap(), base.content());
    let wrong = Edit {
        base_salary: TableEdit { whole: None, put: Vec::new(), remove: vec![day("1999-01-01")] },
        ..Edit::default()
    };
    assert_eq!(wrong.apply(&base).unwrap_err()[0].pointer, "/changes/base_salary/remove/0");
}

#[test]
fn an_amount_ends_before_the_next_begins() {
    let book = book();
    let salary = rows(&book, Table::BaseSalary);
    assert_eq!(salary.last().unwrap().valid_to, None);
    assert_eq!(salary[0].valid_to, Some(day("2016-04-30")));
    let in_force: Vec<&Value> =
        salary.iter().filter(|r| r.in_force(day("2024-06-30"))).map(|r| &r.value).collect();
    assert_eq!(in_force, [&Value::Number(1_800_000)]);
    // On every day of the table each region has one amount.
    let wages = rows(&book, Table::RegionalMinimumWage);
    for on in day("2015-01-01").iter_days().take(4_500).step_by(13) {
        assert_eq!(wages.iter().filter(|r| r.in_force(on)).count(), 4, "{on}");
    }
}

#[test]
fn the_rules_of_timers_end_together() {
    let mut book = book();
    let mut next = book.timers[0].clone();
    next.valid_from = day("2027-01-01");
    next.supplement_unstated_working_days = None;
    book.timers.push(next);
    let told: Vec<(String, Option<NaiveDate>)> =
        rows(&book, Table::Timers).into_iter().map(|r| (r.key, r.valid_to)).collect();
    let (last, key) = (Some(day("2026-12-31")), |text: &str| text.to_owned());
    assert_eq!(
        told,
        [
            (key("2018-06-21/supplement_grace_working_days"), last),
            (key("2018-06-21/supplement_unstated_working_days"), last),
            (key("2018-06-21/apology_after_working_days"), last),
            (key("2027-01-01/supplement_grace_working_days"), None),
            (key("2027-01-01/apology_after_working_days"), None),
        ]
    );
}
