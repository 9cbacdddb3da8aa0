//! The clock of a stage: what must hold for any way through the stages, with the slow walker as
//! reference.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

mod common;
#[path = "common/story.rs"]
mod story;
#[path = "common/walker.rs"]
mod walker;

use chrono::{DateTime, Duration, Utc};
use domain::access::Role;
use domain::deadline::{Limit, Pause};
use domain::dossier::command::{Command, StopReason};
use domain::dossier::stages::stages;
use domain::procedure::Stage;
use domain::unit::Level;
use proptest::prelude::*;
use story::{BEGIN, Story, procedure};
use walker::{limit, random_calendar, walk};

#[derive(Debug, Clone, Copy)]
enum Step {
    Forward,
    Back(i32),
    Pause,
    Resume,
    Extend,
    Stop,
}

impl Step {
    fn command(self, now: DateTime<Utc>) -> Command {
        let reason = "x".to_owned();
        match self {
            Self::Forward => Command::Forward,
            Self::Back(to_stage) => Command::SendBack { to_stage, reason },
            Self::Pause => Command::RequestPayment { amount_vnd: Some(1), reason },
            Self::Resume => Command::ConfirmPayment { reference: reason },
            Self::Extend => Command::Extend { reason, until: now.date_naive() + Duration::days(200) },
            Self::Stop => Command::Stop { reason, reason_code: StopReason::Other },
        }
    }

    fn role(self) -> Role {
        if matches!(self, Self::Pause | Self::Resume) { Role::DeskOfficer } else { Role::CaseOfficer }
    }
}

fn script() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let step = prop_oneof![
        4 => Just(Step::Forward),
        2 => (1i32..3).prop_map(Step::Back),
        3 => Just(Step::Pause),
        4 => Just(Step::Resume),
        1 => Just(Step::Extend),
        1 => Just(Step::Stop),
    ];
    proptest::collection::vec((0i64..6_000, step), 0..10)
}

/// A stay as the model keeps it.
struct Stay {
    stage: i32,
    began: DateTime<Utc>,
    ended: Option<DateTime<Utc>>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn each_stay_agrees_with_the_slow_walker(
        calendar in random_calendar(),
        limits in proptest::collection::vec(proptest::option::weighted(0.8, limit()), 3),
        script in script(),
        look in 0i64..30_000,
    ) {
        let mut way = procedure(1, 1);
        let stage = |(order, limit): (i32, &Option<Limit>)| Stage {
            order, name_vi: "x".into(), level: Level::Province, role: None, limit: *limit,
        };
        way.stages = (1..).zip(&limits).map(stage).collect();
        let mut now: DateTime<Utc> = BEGIN.parse().unwrap();
        let mut story = Story::on(way, calendar.clone());
        let mut model = vec![Stay { stage: 1, began: now, ended: None }];
        let mut pauses: Vec<Pause> = Vec::new();
        for (gap, step) in script {
            now += Duration::minutes(gap);
            let before = model.last().unwrap().stage;
            if story.does_at(step.command(now), step.role(), now).is_err() {
                continue;
            }
            let mut end = |to: Option<i32>| {
                model.last_mut().unwrap().ended = Some(now);
                model.extend(to.map(|stage| Stay { stage, began: now, ended: None }));
            };
            match step {
                Step::Forward => end(Some(before + 1)),
                Step::Back(to) => end(Some(to)),
                Step::Pause => pauses.push(Pause { from: now, to: None }),
                Step::Resume => pauses.last_mut().unwrap().to = Some(now),
                Step::Extend => {}
                Step::Stop => {
                    end(None);
                    if let Some(open) = pauses.last_mut().filter(|p| p.to.is_none()) {
                        open.to = Some(now);
                    }
                }
            }
        }
        now += Duration::minutes(look);
        // What is kept with the dossier is what its events say, until it is over.
        if let Some(stay) = model.last().filter(|stay| stay.ended.is_none()) {
            let limit = limits[usize::try_from(stay.stage - 1).unwrap()];
            let due = limit.and_then(|limit| walk(stay.began, &limit, &pauses, &calendar));
            prop_assert_eq!(story.dossier.stage_due_at, due);
        }
        let found = stages(&story.dossier, &story.events, &story.procedure, &calendar).unwrap();
        prop_assert_eq!(found.len(), model.len());
        for (found, stay) in found.iter().zip(&model) {
            prop_assert_eq!((found.stage, found.began_at, found.ended_at), (stay.stage, stay.began, stay.ended));
            let limit = limits[usize::try_from(stay.stage - 1).unwrap()];
            let due = limit.and_then(|limit| walk(stay.began, &limit, &pauses, &calendar));
            prop_assert_eq!(found.due_at, due);
            prop_assert_eq!(found.is_late(now), due.is_some_and(|due| stay.ended.unwrap_or(now) > due));
        }
    }
}
