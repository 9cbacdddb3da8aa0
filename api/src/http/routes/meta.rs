//! What the interface says of itself: its codes and its errors.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get};
use domain::access::{Action, Role};
use domain::assignment::AssignmentKind;
use domain::code::Code;
use domain::deadline::{DayReason, LimitUnit};
use domain::dossier::command::{DeclineReason, HandOverBy, StopReason};
use domain::dossier::control::{Party, Punctuality};
use domain::dossier::diagram;
use domain::dossier::next::{NextActor, NextTask};
use domain::dossier::paper::{FileState, PaperKind, ScanState};
use domain::dossier::rating::{RatingReason, Score};
use domain::dossier::status::{Clock, Outcome, Status, StatusGroup};
use domain::dossier::transition::Blocker;
use domain::letter::{LetterState, Occasion};
use domain::person::Sex;
use domain::procedure::{Channel, FeeKind, OnlineLevel, RuleSet, VersionState};
use domain::unemployment::rules::{
    Condition, ContractKind, Law, Receives, Termination, WageRegime, WageRegion, WaitingEvent,
};
use domain::unit::{Level, UnitKind};
use persistence::figures::checks::CheckState;
use persistence::imports::ImportState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::eligibility::Basis;
use crate::app::procedures::Facet;
use crate::app::procedures::exchange::Missing;
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::CodeView;
use crate::http::views::dossiers::CountedAs;
use crate::http::views::meta::{MachineFormat, MachineQuery, MachinesView};

/// Every closed code of the interface with its labels
#[derive(Serialize, ToSchema)]
pub struct CodesView {
    /// Code lists by name
    pub items: BTreeMap<&'static str, Vec<CodeView>>,
}

/// List codes
///
/// Every closed code with its Vietnamese and English label; statuses with their number in the
/// national list.
#[utoipa::path(tag = "meta", operation_id = "list_codes", responses((status = 200, description = "The codes", body = CodesView)))]
#[get("/meta/codes")]
pub async fn list_codes(_query: Query<NoQuery>) -> Result<HttpResponse, Problem> {
    let status = Status::ALL
        .iter()
        .map(|s| CodeView {
            code: s.code().to_owned(),
            number: Some(s.number()),
            label_vi: s.label_vi().to_owned(),
            label_en: s.label_en().to_owned(),
        })
        .collect();
    let items = BTreeMap::from([
        ("status", status),
        ("status_group", CodeView::all::<StatusGroup>()),
        ("outcome", CodeView::all::<Outcome>()),
        ("clock", CodeView::all::<Clock>()),
        ("channel", CodeView::all::<Channel>()),
        ("action", CodeView::all::<Action>()),
        ("role", CodeView::all::<Role>()),
        ("assignment_kind", CodeView::all::<AssignmentKind>()),
        ("letter_occasion", CodeView::all::<Occasion>()),
        ("letter_state", CodeView::all::<LetterState>()),
        ("party", CodeView::all::<Party>()),
        ("punctuality", CodeView::all::<Punctuality>()),
        ("decline_reason", CodeView::all::<DeclineReason>()),
        ("stop_reason", CodeView::all::<StopReason>()),
        ("hand_over", CodeView::all::<HandOverBy>()),
        ("blocker", CodeView::all::<Blocker>()),
        ("online_level", CodeView::all::<OnlineLevel>()),
        ("version_state", CodeView::all::<VersionState>()),
        ("rule_set", CodeView::all::<RuleSet>()),
        ("fee_kind", CodeView::all::<FeeKind>()),
        ("catalogue_facet", CodeView::all::<Facet>()),
        ("catalogue_missing", CodeView::all::<Missing>()),
        ("level", CodeView::all::<Level>()),
        ("unit_kind", CodeView::all::<UnitKind>()),
        ("sex", CodeView::all::<Sex>()),
        ("limit_unit", CodeView::all::<LimitUnit>()),
        ("day_reason", CodeView::all::<DayReason>()),
        ("day_kind", CodeView::all::<domain::calendar::DayKind>()),
        ("basis", CodeView::all::<domain::rulebook::Basis>()),
        ("reference_table", CodeView::all::<domain::rulebook::rows::Table>()),
        ("value_unit", CodeView::all::<domain::rulebook::rows::ValueUnit>()),
        ("rule_book_change", CodeView::all::<domain::rulebook::rows::Change>()),
        ("rule_book_state", CodeView::all::<crate::http::views::rule_books::RuleBookState>()),
        ("finding_severity", CodeView::all::<crate::http::views::rule_books::Severity>()),
        ("rehearsal_state", CodeView::all::<persistence::rehearsals::RehearsalState>()),
        ("recomputation_state", CodeView::all::<persistence::recomputations::RecomputationState>()),
        ("law", CodeView::all::<Law>()),
        ("benefit_status", CodeView::all::<domain::unemployment::benefit::status::BenefitStatus>()),
        ("benefit_month_state", CodeView::all::<domain::unemployment::benefit::status::MonthState>()),
        ("benefit_blocker", CodeView::all::<domain::unemployment::benefit::status::BenefitBlocker>()),
        ("benefit_end_cause", CodeView::all::<domain::unemployment::life::EndCause>()),
        ("declaration_excuse", CodeView::all::<domain::unemployment::life::Excuse>()),
        ("exemption_ground", CodeView::all::<domain::unemployment::life::ExemptionGround>()),
        ("claim_finding", CodeView::all::<domain::unemployment::benefit::kept::ClaimFinding>()),
        ("condition", CodeView::all::<Condition>()),
        ("termination", CodeView::all::<Termination>()),
        ("contract_kind", CodeView::all::<ContractKind>()),
        ("wage_regime", CodeView::all::<WageRegime>()),
        ("wage_region", CodeView::all::<WageRegion>()),
        ("waiting_event", CodeView::all::<WaitingEvent>()),
        ("receives", CodeView::all::<Receives>()),
        ("score", CodeView::all::<Score>()),
        ("rating_reason", CodeView::all::<RatingReason>()),
        ("next_actor", CodeView::all::<NextActor>()),
        ("next_task", CodeView::all::<NextTask>()),
        ("eligibility_basis", CodeView::all::<Basis>()),
        ("rule_set", CodeView::all::<RuleSet>()),
        ("import_state", CodeView::all::<ImportState>()),
        ("paper_kind", CodeView::all::<PaperKind>()),
        ("file_state", CodeView::all::<FileState>()),
        ("scan_state", CodeView::all::<ScanState>()),
        ("figure", CodeView::all::<CountedAs>()),
        ("check_state", CodeView::all::<CheckState>()),
    ]);
    Ok(HttpResponse::Ok().json(CodesView { items }))
}

/// An error code
#[derive(Serialize, ToSchema)]
pub struct ErrorView {
    /// Stable code
    #[schema(example = "transition_not_allowed")]
    pub code: &'static str,
    /// HTTP status
    #[schema(example = 409)]
    pub status: u16,
    /// Vietnamese title
    pub title_vi: &'static str,
    /// English title
    pub title_en: &'static str,
}

/// Every error code of the interface
#[derive(Serialize, ToSchema)]
pub struct ErrorsView {
    /// Error codes
    pub items: Vec<ErrorView>,
}

/// List error codes
///
/// Everything that can stand in `code` of a problem.
#[utoipa::path(tag = "meta", operation_id = "list_errors", responses((status = 200, description = "The error codes", body = ErrorsView)))]
#[get("/meta/errors")]
pub async fn list_errors(_query: Query<NoQuery>) -> Result<HttpResponse, Problem> {
    let items = ErrorCode::ALL
        .iter()
        .map(|c| ErrorView {
            code: c.code(),
            status: c.status().as_u16(),
            title_vi: c.title_vi(),
            title_en: c.title_en(),
        })
        .collect();
    Ok(HttpResponse::Ok().json(ErrorsView { items }))
}

/// List state machines
///
/// The statuses of a dossier and of an unemployment benefit, and every action that leads between
/// them, with what it does to the clock or the money and the roles that have it: the tables that the
/// program itself runs by. With `format=mermaid` one of them as a diagram, `text/plain`: that of
/// `subject`, the dossier's without it.
#[utoipa::path(tag = "meta", operation_id = "list_state_machines", params(MachineQuery),
    responses((status = 200, description = "The machines", content((MachinesView = "application/json"), (String = "text/plain")))))]
#[get("/meta/state-machines")]
pub async fn list_state_machines(query: Query<MachineQuery>) -> Result<HttpResponse, Problem> {
    Ok(match query.format {
        Some(MachineFormat::Mermaid) => {
            let drawn = match query.subject {
                Some(crate::http::views::meta::MachineSubject::Benefit) => {
                    domain::unemployment::benefit::diagram::mermaid()
                }
                _ => diagram::mermaid(),
            };
            HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(drawn)
        }
        Some(MachineFormat::Json) | None => HttpResponse::Ok().json(MachinesView::of(query.subject)),
    })
}
