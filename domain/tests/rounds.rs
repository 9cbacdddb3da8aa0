//! How often a supplement may be asked for, and a due date moved, is data of the procedure; how often
//! a payment, is not limited.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

use domain::access::Role;
use domain::dossier::command::{Command, PaperIn};
use domain::dossier::transition::{Blocker, Refusal};
use story::{Story, procedure};

#[path = "common/mod.rs"]
mod common;
#[path = "common/story.rs"]
mod story;

fn round(story: &mut Story) -> Result<(), Refusal> {
    let until = Some("2023-11-30".parse().unwrap());
    let wanted = Command::RequestSupplement { reason: "Thiếu".into(), missing: vec!["don".into()], until };
    story.does(wanted, Role::CaseOfficer)?;
    let papers = vec![PaperIn { code: "don".into(), original: true, copy: false, upload: None, reuse: None }];
    story.does(Command::Supplement { papers, changes_form: false }, Role::DeskOfficer)
}

#[test]
fn supplements_are_asked_for_as_often_as_the_procedure_says() {
    for allowed in [0, 1, 2, 3] {
        let mut story = Story::new(procedure(allowed, 1));
        for _ in 0..allowed {
            round(&mut story).unwrap();
        }
        assert_eq!(
            round(&mut story),
            Err(Refusal::Blocked(vec![Blocker::SupplementLimitReached])),
            "{allowed}"
        );
    }
}

#[test]
fn due_dates_are_moved_as_often_as_the_procedure_says() {
    for allowed in [0, 1, 2] {
        let mut story = Story::new(procedure(1, allowed));
        let mut days = ["2023-12-20", "2024-01-10", "2024-02-01"].into_iter();
        let mut extend = |story: &mut Story| {
            let until = days.next().unwrap().parse().unwrap();
            story.does(Command::Extend { reason: "Chờ".into(), until }, Role::CaseOfficer)
        };
        for _ in 0..allowed {
            extend(&mut story).unwrap();
        }
        assert_eq!(
            extend(&mut story),
            Err(Refusal::Blocked(vec![Blocker::ExtensionLimitReached])),
            "{allowed}"
        );
    }
}

#[test]
fn payments_are_asked_for_as_often_as_there_is_something_to_pay() {
    let mut story = Story::new(procedure(1, 1));
    for n in 0..3 {
        let wanted = Command::RequestPayment { amount_vnd: Some(30_000), reason: "Lệ phí".into() };
        story.does(wanted, Role::DeskOfficer).unwrap();
        story.does(Command::ConfirmPayment { reference: format!("BL-{n}") }, Role::DeskOfficer).unwrap();
    }
}
