//! The work that is measured, once for the clock and once for the count of instructions.

use std::hint::black_box;

use chrono::{DateTime, Utc};
use domain::access::{Action, Role};
use domain::calendar::Calendar;
use domain::deadline::{Limit, Pause, compute};
use domain::dossier::command::Command;
use domain::dossier::transition::{Context, decide};
use domain::rulebook::RuleBook;
use domain::unemployment::assessment::assess;
use domain::unemployment::facts::FactsInput;
use serde_json::Value;

use crate::common;
use crate::story::{Story, procedure};

/// Something to measure, by its name.
pub type Work = (&'static str, Box<dyn Fn()>);

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn deadline(calendar: Calendar, limit: &str, pauses: Vec<Pause>) -> Box<dyn Fn()> {
    let limit: Limit = serde_json::from_str(limit).unwrap();
    let accepted = at("2024-01-25T02:30:00Z");
    Box::new(move || {
        black_box(compute(black_box(accepted), black_box(&limit), black_box(&pauses), &calendar).unwrap());
    })
}

/// A claim checked and assessed: the conditions and, when they hold, the amount.
fn claim(book: RuleBook, request: &str) -> Box<dyn Fn()> {
    let mut request: Value = serde_json::from_str(request).unwrap();
    let submitted = request.as_object_mut().unwrap().remove("submitted_on").unwrap();
    let submitted = serde_json::from_value(submitted).unwrap();
    let facts: FactsInput = serde_json::from_value(request).unwrap();
    let facts = facts.check(submitted).unwrap();
    Box::new(move || {
        black_box(assess(black_box(&facts), &book).unwrap());
    })
}

const ELIGIBLE: &str = r#"{
    "terminated_on": "2023-08-15", "termination": "contract_expired", "contract": {"kind": "indefinite", "months": null},
    "submitted_on": "2023-11-15", "contributions": [
        {"from": "2012-01", "to": "2016-05", "wage_vnd": 4500000}, {"from": "2016-08", "to": "2023-07", "wage_vnd": 8000000}],
    "months_already_used": 12, "wage_regime": "employer", "wage_region": "III",
    "after_submission": {"event": "none", "on": null}, "receives": "none"}"#;

const NOT_ELIGIBLE: &str = r#"{
    "terminated_on": "2023-04-15", "termination": "illegal_unilateral", "contract": {"kind": "seasonal", "months": 6},
    "submitted_on": "2023-11-15", "contributions": [{"from": "2022-10", "to": "2023-04", "wage_vnd": 8000000}],
    "months_already_used": 0, "wage_regime": "employer", "wage_region": "III",
    "after_submission": {"event": "none", "on": null}, "receives": "pension"}"#;

fn context(story: &Story) -> Context<'_> {
    Context {
        now: at("2023-11-16T02:00:00Z"),
        procedure: &story.procedure,
        calendar: &story.calendar,
        assessment: None,
        register: None,
    }
}

/// Everything that is measured.
pub fn all() -> Vec<Work> {
    let calendar = || common::book().calendar;
    let pauses = (1..=5)
        .map(|n| Pause {
            from: at(&format!("2024-02-{:02}T03:00:00Z", n * 3)),
            to: Some(at(&format!("2024-02-{:02}T08:00:00Z", n * 3 + 1))),
        })
        .collect();
    let story = Story::new(procedure(3, 3));
    let permit = Story::permit(&story.units, Action::RequestSupplement, Role::CaseOfficer);
    let command = Command::RequestSupplement {
        reason: "Thiếu giấy tờ".into(),
        missing: Vec::new(),
        until: Some("2023-11-30".parse().unwrap()),
    };
    vec![
        (
            "deadline_20_working_days",
            deadline(calendar(), r#"{"value":20,"unit":"working_days"}"#, Vec::new()),
        ),
        (
            "deadline_20_working_days_5_pauses",
            deadline(calendar(), r#"{"value":20,"unit":"working_days"}"#, pauses),
        ),
        (
            "deadline_12_working_hours",
            deadline(calendar(), r#"{"value":12,"unit":"working_hours"}"#, Vec::new()),
        ),
        ("claim_eligible_with_amount", claim(common::book(), ELIGIBLE)),
        ("claim_not_eligible", claim(common::book(), NOT_ELIGIBLE)),
        (
            "transition_request_supplement",
            Box::new(move || {
                black_box(decide(&permit, black_box(&story.dossier), &command, &context(&story)).unwrap());
            }),
        ),
        ("dossier_from_submission_to_processing", {
            let procedure = procedure(1, 1);
            let calendar = calendar();
            Box::new(move || {
                black_box(Story::on(black_box(procedure.clone()), calendar.clone()));
            })
        }),
    ]
}
