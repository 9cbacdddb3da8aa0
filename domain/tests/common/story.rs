//! A dossier under rules of its own, changed by nothing but commands.
#![allow(dead_code)]

use chrono::{DateTime, Utc};
use domain::access::{Action, Actor, Grant, Permit, Role, Subject, authorize};
use domain::calendar::Calendar;
use domain::dossier::command::Command;
use domain::dossier::event::Event;
use domain::dossier::number::DossierCode;
use domain::dossier::transition::{Context, Refusal, decide};
use domain::dossier::{Dossier, NewDossier, open};
use domain::ids::{AccountId, DossierId, ProcedureVersionId};
use domain::person::{Applicant, Name, PersonalId};
use domain::procedure::{Channel, OnlineLevel, Paper, Procedure, Stage};
use domain::unit::{Level, Unit, UnitKind, Units};
use uuid::Uuid;

use crate::common;

/// When it is handed in, accepted and begun.
pub const BEGIN: &str = "2023-11-15T02:00:00Z";

/// A procedure of one stage.
pub fn procedure(supplements: u32, extensions: u32) -> Procedure {
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

/// A dossier that was accepted and begun, and what happens to it.
pub struct Story {
    pub procedure: Procedure,
    pub calendar: Calendar,
    pub units: Units,
    pub dossier: Dossier,
    pub events: Vec<Event>,
}

impl Story {
    pub fn permit(units: &Units, action: Action, role: Role) -> Permit {
        let actor = Actor {
            account: AccountId(Uuid::from_u128(1)),
            user: "officer".into(),
            grants: vec![Grant { role, unit: Some("H08".into()) }],
            personal_id: None,
        };
        let subject = Subject { unit: "H08", persons: &[], submitted_by: None };
        authorize(&actor, action, &subject, units).unwrap()
    }

    pub fn new(procedure: Procedure) -> Self {
        Self::on(procedure, common::book().calendar)
    }

    pub fn on(procedure: Procedure, calendar: Calendar) -> Self {
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
        let now = BEGIN.parse().unwrap();
        let (dossier, event) = open(&permit, new, &procedure, now, code).unwrap();
        let mut story = Self { procedure, calendar, units, dossier, events: vec![event] };
        story.does(Command::Accept, Role::DeskOfficer).unwrap();
        story.does(Command::Start, Role::CaseOfficer).unwrap();
        story
    }

    pub fn does(&mut self, command: Command, role: Role) -> Result<(), Refusal> {
        self.does_at(command, role, BEGIN.parse().unwrap())
    }

    pub fn does_at(&mut self, command: Command, role: Role, now: DateTime<Utc>) -> Result<(), Refusal> {
        let permit = Self::permit(&self.units, command.action(), role);
        let context = Context {
            now,
            procedure: &self.procedure,
            calendar: &self.calendar,
            assessment: None,
            register: None,
        };
        let step = decide(&permit, &self.dossier, &command, &context)?;
        self.dossier = step.dossier;
        self.events.push(step.event);
        Ok(())
    }
}
