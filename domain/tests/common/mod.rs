//! The shipped reference data as a rule book, read the short way.

use domain::calendar::{Calendar, CalendarDay};
use domain::code::Code;
use domain::money::Dong;
use domain::rulebook::{Basis, DatedAmount, RegionalAmount, RuleBook};

/// Fields of a CSV line; quoted fields may hold commas.
fn fields(line: &str) -> Vec<String> {
    let (mut out, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            c => out.last_mut().unwrap().push(c),
        }
    }
    out
}

fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(fields).collect()
}

pub fn book() -> RuleBook {
    let basis = |text: &str| Basis::from_code(text).unwrap();
    let days = rows(include_str!("../../../reference/calendar.csv"))
        .into_iter()
        .map(|r| {
            let day = CalendarDay {
                kind: Code::from_code(&r[1]).unwrap(),
                name_vi: r[2].clone(),
                basis: basis(&r[3]),
                source: r[4].clone(),
            };
            (r[0].parse().unwrap(), day)
        })
        .collect();
    RuleBook {
        version: "test".into(),
        calendar: Calendar {
            version: "test".into(),
            days,
            hours: serde_json::from_str(include_str!("../../../reference/working_hours.json")).unwrap(),
        },
        base_salary: rows(include_str!("../../../reference/base_salary.csv"))
            .into_iter()
            .map(|r| DatedAmount {
                valid_from: r[0].parse().unwrap(),
                amount_vnd: Dong(r[1].parse().unwrap()),
                basis: basis(&r[2]),
                source: r[3].clone(),
            })
            .collect(),
        regional_minimum_wage: rows(include_str!("../../../reference/regional_minimum_wage.csv"))
            .into_iter()
            .map(|r| RegionalAmount {
                valid_from: r[0].parse().unwrap(),
                region: Code::from_code(&r[1]).unwrap(),
                amount_vnd: Dong(r[2].parse().unwrap()),
                basis: basis(&r[3]),
                source: r[4].clone(),
            })
            .collect(),
        wage_regions: Vec::new(),
        unemployment: serde_json::from_str(include_str!("../../../reference/unemployment_rules.json"))
            .unwrap(),
        timers: serde_json::from_str(include_str!("../../../reference/timers.json")).unwrap(),
    }
}
