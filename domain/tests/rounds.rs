//! How often a supplement may be asked for, and a due date moved, is data of the procedure; how often
//! a payment, is not limited.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

use domain::access::{Action, Actor, Grant, Permit, Role, Subject, authorize};
use domain::calendar::Calendar;
use domain::dossier::command::{Command, PaperIn};
use domain::dossier::number::DossierCode;
use domain::dossier::transition::{Blocker, Context, Refusal, decide};
use domain::dossier::{Dossier, NewDossier, open};
use domain::ids::{AccountId, DossierId, ProcedureVersionId};
use domain::person::{Applicant, Name, PersonalId};
use domain::procedure::{Channel, OnlineLevel, Paper, Procedure, Stage};
use domain::unit::{Level, Unit, UnitKind, Units};
use uuid::Uuid;

#[path = "common/mod.rs"]
mod common;

fn procedure(supplements: u32, extensions: u32) -> Procedure {
    Procedure {
        code: "1.000000".into(),
        name_vi: "Thủ tục".into(),
        field: "Việc làm".into(),
        level: Level::Province,
        other_levels: Vec::new(),
        unit: None,
        agency_suffix: None,
        decision_number: None,
        online_level: OnlineLevel::Full,
        channels: vec![Channel::InPerson],
        stages: vec![Stage {
            order: 1,
            name_vi: "Xử lý".into(),
            level: Level::Province,
            role: None,
            limit: None,
        }],
        papers: vec![Paper {
            code: "don".into(),
            name_vi: "Đơn".into(),
            when_vi: None,
            required: false,
            originals: 1,
            copies: 0,
        }],
        limit: Some(serde_json::from_str(r#"{"value":20,"unit":"working_days"}"#).unwrap()),
        fees: Vec::new(),
        conditions: Vec::new(),
        result: None,
        legal_basis: Vec::new(),
        max_supplement_requests: supplements,
        max_extensions: extensions,
        rule: None,
        form_schema: None,
        valid_from: "2015-01-01".parse().unwrap(),
        valid_to: None,
        source: String::new(),
        basis: String::new(),
    }
}

struct Story {
    procedure: Procedure,
    calendar: Calendar,
    units: Units,
    dossier: Dossier,
}

impl Story {
    fn permit(units: &Units, action: Action, role: Role) -> Permit {
        let actor = Actor {
            account: AccountId(Uuid::from_u128(1)),
            user: "officer".into(),
            grants: vec![Grant { role, unit: Some("H08".into()) }],
            personal_id: None,
        };
        let subject = Subject { unit: "H08", persons: &[], submitted_by: None };
        authorize(&actor, action, &subject, units).unwrap()
    }

    fn new(procedure: Procedure) -> Self {
        let unit = Unit {
            code: "H08".into(),
            name_vi: "Tỉnh".into(),
            kind: UnitKind::Department,
            level: Level::Province,
            gso_code: None,
            parent: None,
            valid_from: "2000-01-01".parse().unwrap(),
            valid_to: None,
            successors: Vec::new(),
        };
        let units = Units::new([unit]);
        let new = NewDossier {
            id: DossierId(Uuid::from_u128(7)),
            procedure_version: ProcedureVersionId(Uuid::from_u128(8)),
            unit: "H08".into(),
            channel: Channel::InPerson,
            applicant: Applicant {
                name: Name::parse("Nguyễn Thị Lan").unwrap(),
                personal_id: PersonalId::parse("052190000001").unwrap(),
                born_on: None,
                sex: None,
                phone: None,
            },
            representative: None,
            papers: Vec::new(),
            note: None,
        };
        let permit = Self::permit(&units, Action::Submit, Role::DeskOfficer);
        let code = || Ok(DossierCode::new("H08", "2023-11-15".parse().unwrap(), 1));
        let now = "2023-11-15T02:00:00Z".parse().unwrap();
        let (dossier, _) = open(&permit, new, &procedure, now, code).unwrap();
        let mut story = Self { procedure, calendar: common::book().calendar, units, dossier };
        story.does(Command::Accept, Role::DeskOfficer).unwrap();
        story.does(Command::Start, Role::CaseOfficer).unwrap();
        story
    }

    fn does(&mut self, command: Command, role: Role) -> Result<(), Refusal> {
        let permit = Self::permit(&self.units, command.action(), role);
        let context = Context {
            now: "2023-11-15T02:00:00Z".parse().unwrap(),
            procedure: &self.procedure,
            calendar: &self.calendar,
            assessment: None,
            register: None,
        };
        self.dossier = decide(&permit, &self.dossier, &command, &context)?.dossier;
        Ok(())
    }

    fn round(&mut self) -> Result<(), Refusal> {
        let until = Some("2023-11-30".parse().unwrap());
        let wanted =
            Command::RequestSupplement { reason: "Thiếu".into(), missing: vec!["don".into()], until };
        self.does(wanted, Role::CaseOfficer)?;
        let papers =
            vec![PaperIn { code: "don".into(), original: true, copy: false, upload: None, reuse: None }];
        self.does(Command::Supplement { papers, changes_form: false }, Role::DeskOfficer)
    }
}

#[test]
fn supplements_are_asked_for_as_often_as_the_procedure_says() {
    for allowed in [0, 1, 2, 3] {
        let mut story = Story::new(procedure(allowed, 1));
        for _ in 0..allowed {
            story.round().unwrap();
        }
        assert_eq!(story.round(), Err(Refusal::Blocked(vec![Blocker::SupplementLimitReached])), "{allowed}");
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
