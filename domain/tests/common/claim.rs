//! Plain claims to turn in tests, and the short way from a request to a verdict.

use chrono::NaiveDate;
use domain::rulebook::RuleBook;
use domain::unemployment::assessment::{Assessment, assess};
use domain::unemployment::facts::FactsInput;
use domain::unemployment::rules::Condition;
use serde_json::{Value, json};

pub fn run(mut request: Value, book: &RuleBook) -> Assessment {
    let submitted = request.as_object_mut().unwrap().remove("submitted_on").unwrap();
    let submitted: NaiveDate = serde_json::from_value(submitted).unwrap();
    let facts: FactsInput = serde_json::from_value(request).unwrap();
    assess(&facts.check(submitted).unwrap(), book).unwrap()
}

/// Facts that differ from a plain eligible case in what the tests turn.
pub fn facts(terminated: NaiveDate, submitted: NaiveDate, months: u32, wage: i64) -> Value {
    let last = terminated;
    let first = last.checked_sub_months(chrono::Months::new(months.saturating_sub(1))).unwrap();
    json!({
        "terminated_on": terminated, "termination": "contract_expired",
        "contract": {"kind": "indefinite", "months": null}, "submitted_on": submitted,
        "contributions": [{"from": first.format("%Y-%m").to_string(), "to": last.format("%Y-%m").to_string(), "wage_vnd": wage}],
        "months_already_used": 0, "wage_regime": "employer", "wage_region": "III",
        "after_submission": {"event": "none", "on": null}, "receives": "none"
    })
}

pub fn codes(a: &Assessment) -> Vec<Condition> {
    a.failed_conditions.iter().map(|c| c.code).collect()
}
