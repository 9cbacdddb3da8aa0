//! Dossiers as they are shown, alone and in lists.
//!
//! What comes in stands in `submission` and `actions`, what is asked of lists in `filters`.

mod actions;
mod filters;
mod history;
mod submission;
mod tracking;

use chrono::{DateTime, NaiveDate, Utc};
use domain::code::Code;
use domain::dossier::status::{Clock, Outcome, Status};
use domain::person::{Applicant, Phone, Sex};
use domain::procedure::Channel;
use domain::text;
use persistence::dossiers::{Listed, Stored};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

pub use self::actions::*;
pub use self::filters::*;
pub use self::history::*;
pub use self::submission::*;
pub use self::tracking::*;
use super::benefits::RegisterCheckView;
use super::timeline::NextView;
use super::unemployment::{AssessmentView, RemainingView};
use super::{At, codes, codes_or_null};
use crate::app::Cx;
use crate::app::dossiers::remaining;
use crate::app::error::Error;
use crate::app::reference::Reference;
use crate::app::timeline::next_of;
use crate::http::table::{Cell, Column, Head, Line};

/// Whether nothing is to be kept
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DryRun {
    /// Full checks and the full answer, nothing written
    #[serde(default)]
    pub dry_run: bool,
}

/// What of a dossier everybody who may see it sees
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierSummary {
    /// Dossier code
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// Status
    #[schema(schema_with = codes::<Status>)]
    pub status: Status,
    /// Number of the status in the national list, 1 to 10
    #[schema(minimum = 1, maximum = 10, example = 1)]
    pub status_code: u8,
    /// Vietnamese label of the status
    #[schema(example = "Mới đăng ký")]
    pub status_label: &'static str,
    /// National code of the procedure
    #[schema(example = "1.001978")]
    pub procedure: String,
    /// Unit that received it
    #[schema(example = "H08.15")]
    pub unit: String,
    /// How it came in
    #[schema(schema_with = codes::<Channel>)]
    pub channel: Channel,
    /// Result, once decided
    #[schema(schema_with = codes_or_null::<Outcome>)]
    pub outcome: Option<Outcome>,
    /// Submitted
    pub submitted_at: At,
    /// Accepted
    pub accepted_at: Option<At>,
    /// Due; null before acceptance, while paused, and where no limit is known
    pub due_at: Option<At>,
    /// Due at the stage it is at; null where the stage has no limit of its own, or its time does not run
    pub stage_due_at: Option<At>,
    /// Decided
    pub completed_at: Option<At>,
    /// Whether the time limit runs
    #[schema(schema_with = codes::<Clock>)]
    pub clock: Clock,
    /// Stage it is at, from 1
    pub stage: i32,
    /// Version; stands in the `ETag`
    pub version: i64,
    /// Applicant's name; initials for those who do not work dossiers
    #[schema(example = "Nguyễn Thị Lan")]
    pub applicant_name: String,
    /// Applicant's identifier, masked
    #[schema(example = "********0001")]
    pub applicant_personal_id: String,
}

impl DossierSummary {
    /// A line of a list.
    pub fn of(d: Listed, sees_persons: bool) -> Self {
        Self {
            code: d.code,
            status: d.status,
            status_code: d.status.number(),
            status_label: d.status.label_vi(),
            procedure: d.procedure,
            unit: d.unit,
            channel: d.channel,
            outcome: d.outcome,
            submitted_at: At(d.submitted_at),
            accepted_at: d.accepted_at.map(At),
            due_at: d.due_at.map(At),
            stage_due_at: stage_due_at(d.clock, d.stage_due_at),
            completed_at: d.completed_at.map(At),
            clock: d.clock,
            stage: d.stage,
            version: d.version,
            applicant_name: if sees_persons { d.applicant_name } else { text::initials(&d.applicant_name) },
            applicant_personal_id: text::mask(&d.personal_id, 4),
        }
    }
}

impl DossierSummary {
    /// A list as a table to take away.
    pub fn head(made_at: DateTime<Utc>) -> Head {
        let columns = [
            ("Mã hồ sơ", 24),
            ("Mã thủ tục", 12),
            ("Thủ tục", 48),
            ("Mã đơn vị", 12),
            ("Đơn vị", 36),
            ("Kênh nộp", 20),
            ("Trạng thái", 24),
            ("Kết quả", 20),
            ("Ngày nộp", 20),
            ("Ngày tiếp nhận", 20),
            ("Ngày hẹn trả", 20),
            ("Ngày quyết định", 20),
            ("Chủ hồ sơ", 28),
            ("Số giấy tờ", 16),
            ("Hạn của bước", 20),
        ];
        Head {
            file: format!("ho-so-{}", domain::calendar::day_of(made_at)),
            title: "Danh sách hồ sơ".to_owned(),
            made_at,
            columns: Column::all(&columns),
            notes: Vec::new(),
        }
    }

    /// A line of that table.
    pub fn cells(self, reference: &Reference) -> Line {
        let at = |at: Option<At>| Cell::maybe(at, |at| Cell::At(at.0));
        let day = domain::calendar::day_of(self.submitted_at.0);
        let procedure = reference.catalogued(&self.procedure, day).map(|e| e.procedure.name_vi.clone());
        let unit = reference.units.get(&self.unit).map(|u| u.name_vi.clone());
        vec![
            Cell::Text(self.code),
            Cell::Text(self.procedure),
            Cell::maybe(procedure, Cell::Text),
            Cell::Text(self.unit),
            Cell::maybe(unit, Cell::Text),
            Cell::text(self.channel.label_vi()),
            Cell::Text(self.status_label.to_owned()),
            Cell::maybe(self.outcome, |o| Cell::text(o.label_vi())),
            at(Some(self.submitted_at)),
            at(self.accepted_at),
            at(self.due_at),
            at(self.completed_at),
            Cell::Text(self.applicant_name),
            Cell::Text(self.applicant_personal_id),
            at(self.stage_due_at),
        ]
    }
}

/// When the share of the stage is used up, while its time runs.
fn stage_due_at(clock: Clock, due: Option<DateTime<Utc>>) -> Option<At> {
    due.filter(|_| clock == Clock::Running).map(At)
}

fn shown_name(name: &str, sees_persons: bool) -> String {
    if sees_persons { name.to_owned() } else { text::initials(name) }
}

/// The person the result concerns, as far as the caller may know
#[derive(Debug, Serialize, ToSchema)]
pub struct ApplicantView {
    /// Name, or initials
    pub name: String,
    /// Identifier, or masked
    pub personal_id: String,
    /// Date of birth
    pub born_on: Option<NaiveDate>,
    /// Sex
    #[schema(schema_with = codes_or_null::<Sex>)]
    pub sex: Option<Sex>,
    /// Phone, or masked
    pub phone: Option<String>,
}

impl ApplicantView {
    /// The person as somebody may see them who sees persons, or not.
    pub fn of(a: &Applicant, sees_persons: bool) -> Self {
        let phone = a.phone.as_ref().map(Phone::as_str);
        if sees_persons {
            return Self {
                name: a.name.as_str().to_owned(),
                personal_id: a.personal_id.as_str().to_owned(),
                born_on: a.born_on,
                sex: a.sex,
                phone: phone.map(ToOwned::to_owned),
            };
        }
        Self {
            name: text::initials(a.name.as_str()),
            personal_id: text::mask(a.personal_id.as_str(), 4),
            born_on: None,
            sex: None,
            phone: phone.map(|p| text::mask(p, 3)),
        }
    }
}

/// What is put before the approver
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalView {
    /// Outcome proposed
    #[schema(schema_with = codes::<Outcome>)]
    pub outcome: Outcome,
    /// Why
    pub reason: Option<String>,
    /// When
    pub at: At,
}

/// The decision
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionView {
    /// Number
    pub number: String,
    /// Day
    pub on: NaiveDate,
    /// Why, where it departs
    pub reason: Option<String>,
}

/// A dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierView {
    /// What lists show
    #[serde(flatten)]
    pub summary: DossierSummary,
    /// Vietnamese name of the procedure
    pub procedure_name: String,
    /// Vietnamese name of the unit
    pub unit_name: String,
    /// The person the result concerns
    pub applicant: ApplicantView,
    /// Whether somebody acts for the applicant
    pub represented: bool,
    /// What was filled in; null for those who do not work dossiers
    #[schema(value_type = Option<Object>)]
    pub form: Option<Value>,
    /// Stage names
    pub stage_name: Option<String>,
    /// Declined, withdrawn or stopped
    pub ended_at: Option<At>,
    /// Result handed over
    pub returned_at: Option<At>,
    /// Last day of the open supplement request
    pub supplement_until: Option<NaiveDate>,
    /// Who acts next, what, and until when
    pub next: NextView,
    /// Time left
    pub remaining: Option<RemainingView>,
    /// What is put before the approver
    pub proposal: Option<ProposalView>,
    /// What the law says, for procedures that law decides
    pub assessment: Option<AssessmentView>,
    /// For a claim that was proposed: what the register knows of earlier benefits of the same person
    pub register_check: Option<RegisterCheckView>,
    /// The decision
    pub decision: Option<DecisionView>,
    /// What the national portal said of it
    #[schema(value_type = Option<Object>)]
    pub portal: Option<Value>,
    /// Codes of other open dossiers of the same procedure about the same person, as far as the
    /// caller may read them; never a reason to refuse. Told on submission and on reading
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!([]))]
    pub possible_duplicates: Option<Vec<String>>,
    /// Secret by which the applicant may follow it; shown once, on submission
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_secret: Option<String>,
}

impl DossierView {
    /// A dossier as the actor may see it.
    ///
    /// # Errors
    /// Where the version of the procedure that it keeps is not known.
    pub fn of(cx: &Cx, stored: &Stored) -> Result<Self, Error> {
        let d = &stored.dossier;
        let sees = cx.actor.sees_persons();
        let procedure = &cx.reference.version(d.procedure_version)?.procedure;
        let proposal = d.proposal.as_ref();
        Ok(Self {
            summary: DossierSummary {
                code: d.code.as_str().to_owned(),
                status: d.status,
                status_code: d.status.number(),
                status_label: d.status.label_vi(),
                procedure: d.procedure.clone(),
                unit: d.unit.clone(),
                channel: d.channel,
                outcome: d.outcome,
                submitted_at: At(d.submitted_at),
                accepted_at: d.accepted_at.map(At),
                due_at: d.due_at.map(At),
                stage_due_at: stage_due_at(d.clock, d.stage_due_at),
                completed_at: d.completed_at.map(At),
                clock: d.clock,
                stage: d.stage,
                version: d.version,
                applicant_name: shown_name(d.applicant.name.as_str(), sees),
                applicant_personal_id: text::mask(d.applicant.personal_id.as_str(), 4),
            },
            procedure_name: procedure.name_vi.clone(),
            unit_name: cx.reference.units.get(&d.unit).map(|u| u.name_vi.clone()).unwrap_or_default(),
            applicant: ApplicantView::of(&d.applicant, sees),
            represented: d.representative.is_some(),
            form: sees.then(|| stored.form.clone()),
            stage_name: procedure.stage(d.stage).map(|s| s.name_vi.clone()),
            ended_at: d.ended_at.map(At),
            returned_at: d.returned_at.map(At),
            supplement_until: d.supplement_until,
            next: NextView::of(next_of(&cx.reference, d, cx.now)?),
            remaining: remaining(cx, d).map(RemainingView::of),
            proposal: proposal.map(|p| ProposalView {
                outcome: p.outcome,
                reason: p.reason.clone(),
                at: At(p.at),
            }),
            assessment: proposal.and_then(|p| p.assessment.as_ref()).filter(|_| sees).map(AssessmentView::of),
            register_check: proposal
                .and_then(|p| p.register.as_ref())
                .filter(|_| sees)
                .map(RegisterCheckView::of),
            decision: d.decision.as_ref().map(|x| DecisionView {
                number: x.number.clone(),
                on: x.on,
                reason: x.reason.clone(),
            }),
            portal: stored.portal.clone(),
            possible_duplicates: None,
            tracking_secret: None,
        })
    }
}
