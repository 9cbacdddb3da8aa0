//! The receipt, the control sheet and the register, as the forms of Decree 61/2018/NĐ-CP ask for them.

use chrono::NaiveDate;
use domain::access::Action;
use domain::code::Code;
use domain::deadline::LimitUnit;
use domain::dossier::command::HandOverBy;
use domain::dossier::control::{HandOver, Holder, Party, Punctuality};
use domain::dossier::paper::PaperKind;
use domain::dossier::status::{Outcome, Status};
use domain::procedure::Channel;
use domain::text;
use persistence::dossiers::{Registered, Stored};
use persistence::papers::Paper;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::dossiers::{ApplicantView, StageTimeView};
use super::{At, codes, codes_or_null};
use crate::app::Cx;
use crate::app::registers::ControlSheet;

/// A component of the dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptPaperView {
    /// Code of the paper in the procedure
    #[schema(example = "mau_03")]
    pub code: String,
    /// Vietnamese name
    pub name: String,
    /// How it was handed in
    #[schema(schema_with = codes::<PaperKind>)]
    pub kind: PaperKind,
}

/// A time limit
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptLimitView {
    /// How many
    #[schema(example = 20)]
    pub value: i64,
    /// Of what
    #[schema(schema_with = codes::<LimitUnit>)]
    pub unit: LimitUnit,
}

/// Giấy tiếp nhận hồ sơ và hẹn trả kết quả (form 01)
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptView {
    /// Agency above
    pub parent_name: Option<String>,
    /// Unit that receives it
    #[schema(example = "H08.15")]
    pub unit: String,
    /// Its Vietnamese name
    pub unit_name: String,
    /// Dossier code
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// Applicant
    pub applicant: ApplicantView,
    /// Name of who acts for the applicant, or initials
    pub representative: Option<String>,
    /// What is asked for: the Vietnamese name of the procedure
    pub procedure_name: String,
    /// National code of the procedure
    #[schema(example = "1.001978")]
    pub procedure: String,
    /// Components handed in, oldest first
    pub papers: Vec<ReceiptPaperView>,
    /// Time limit, where it is known
    pub limit: Option<ReceiptLimitView>,
    /// How it came in
    #[schema(schema_with = codes::<Channel>)]
    pub channel: Channel,
    /// Handed in
    pub submitted_at: At,
    /// Accepted; a receipt before that has no due date
    pub accepted_at: Option<At>,
    /// Result due
    pub due_at: Option<At>,
}

impl ReceiptView {
    /// The receipt as the caller may see it.
    pub fn of(cx: &Cx, stored: &Stored, papers: &[Paper]) -> Self {
        let (d, sees) = (&stored.dossier, cx.actor.sees_persons());
        let units = &cx.reference.units;
        let unit = units.get(&d.unit);
        let parent = unit.and_then(|u| u.parent.as_deref()).and_then(|p| units.get(p));
        let procedure = cx.reference.version(d.procedure_version).ok().map(|e| &e.procedure);
        let name_of =
            |code: &str| procedure.and_then(|p| p.paper(code)).map(|p| p.name_vi.clone()).unwrap_or_default();
        let shown = |name: &str| if sees { name.to_owned() } else { text::initials(name) };
        Self {
            parent_name: parent.map(|u| u.name_vi.clone()),
            unit: d.unit.clone(),
            unit_name: unit.map(|u| u.name_vi.clone()).unwrap_or_default(),
            code: d.code.as_str().to_owned(),
            applicant: ApplicantView::of(&d.applicant, sees),
            representative: d.representative.as_ref().map(|r| shown(r.name.as_str())),
            procedure_name: procedure.map(|p| p.name_vi.clone()).unwrap_or_default(),
            procedure: d.procedure.clone(),
            papers: papers
                .iter()
                .map(|p| ReceiptPaperView { code: p.code.clone(), name: name_of(&p.code), kind: p.kind })
                .collect(),
            limit: procedure
                .and_then(|p| p.limit.as_ref())
                .map(|l| ReceiptLimitView { value: l.value, unit: l.unit }),
            channel: d.channel,
            submitted_at: At(d.submitted_at),
            accepted_at: d.accepted_at.map(At),
            due_at: d.due_at.map(At),
        }
    }
}

/// Who has a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct HolderView {
    /// Side
    #[schema(schema_with = codes::<Party>)]
    pub party: Party,
    /// Vietnamese label
    pub label_vi: &'static str,
    /// Stage of the procedure
    pub stage: i32,
    /// Vietnamese name of the stage
    pub stage_name: Option<String>,
    /// User name, where an officer is known
    pub person: Option<String>,
}

/// A dossier passed from one to another
#[derive(Debug, Serialize, ToSchema)]
pub struct HandOverView {
    /// Number on the sheet, from 1
    #[schema(example = 1)]
    pub no: usize,
    /// When
    pub at: At,
    /// By which step
    #[schema(schema_with = codes::<Action>)]
    pub action: Action,
    /// Who passed it on
    pub giver: HolderView,
    /// For whom, where a delegate did: a user name
    pub on_behalf_of: Option<String>,
    /// Who got it
    pub receiver: HolderView,
    /// Since when the giver had it
    pub received_at: Option<At>,
    /// Working minutes that the giver had it
    pub held_working_minutes: Option<i64>,
    /// Due date at that moment
    pub due_at: Option<At>,
    /// Early, on time or late; null without a due date
    #[schema(schema_with = codes_or_null::<Punctuality>)]
    pub result: Option<Punctuality>,
}

/// Phiếu kiểm soát quá trình giải quyết hồ sơ (form 05)
#[derive(Debug, Serialize, ToSchema)]
pub struct ControlSheetView {
    /// Dossier code
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// National code of the procedure
    pub procedure: String,
    /// Its Vietnamese name
    pub procedure_name: String,
    /// Handling unit
    pub unit: String,
    /// Its Vietnamese name
    pub unit_name: String,
    /// Handed in
    pub submitted_at: At,
    /// Accepted
    pub accepted_at: Option<At>,
    /// Due
    pub due_at: Option<At>,
    /// Decided
    pub completed_at: Option<At>,
    /// Status
    #[schema(schema_with = codes::<Status>)]
    pub status: Status,
    /// Hand-overs, oldest first
    pub items: Vec<HandOverView>,
    /// Every stay at a stage with its own limit, oldest first
    pub stages: Vec<StageTimeView>,
}

impl ControlSheetView {
    /// The sheet as it is shown.
    pub fn of(cx: &Cx, sheet: ControlSheet) -> Self {
        let d = &sheet.stored.dossier;
        let procedure = cx.reference.version(d.procedure_version).ok().map(|e| &e.procedure);
        let holder = |h: Holder| HolderView {
            party: h.party,
            label_vi: h.party.label_vi(),
            stage: h.stage,
            stage_name: procedure.and_then(|p| p.stage(h.stage)).map(|s| s.name_vi.clone()),
            person: h.person,
        };
        let row = |(no, h): (usize, HandOver)| HandOverView {
            no,
            at: At(h.at),
            action: h.action,
            giver: holder(h.giver),
            on_behalf_of: h.on_behalf_of,
            receiver: holder(h.receiver),
            received_at: h.held_since.map(At),
            held_working_minutes: h.held_working_minutes,
            due_at: h.due_at.map(At),
            result: h.result,
        };
        Self {
            code: d.code.as_str().to_owned(),
            procedure: d.procedure.clone(),
            procedure_name: procedure.map(|p| p.name_vi.clone()).unwrap_or_default(),
            unit: d.unit.clone(),
            unit_name: cx.reference.units.get(&d.unit).map(|u| u.name_vi.clone()).unwrap_or_default(),
            submitted_at: At(d.submitted_at),
            accepted_at: d.accepted_at.map(At),
            due_at: d.due_at.map(At),
            completed_at: d.completed_at.map(At),
            status: d.status,
            items: (1..).zip(sheet.items).map(row).collect(),
            stages: sheet.stages.iter().map(|s| StageTimeView::of(s, procedure, cx.now)).collect(),
        }
    }
}

domain::codes! {
    /// How a register is written.
    pub enum RegisterFormat {
        /// JSON, page by page.
        Json => "json", "JSON", "JSON",
        /// CSV, whole.
        Csv => "csv", "CSV", "CSV",
    }
}

/// Of which unit and period
#[derive(Debug, Clone, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RegisterQuery {
    /// Only this unit and what belongs to it
    #[param(example = "H08.15")]
    pub unit: Option<String>,
    /// Handed in on or after this day; the first of the month without it
    pub from: Option<NaiveDate>,
    /// Handed in on or before this day, at most 366 days later; today without it
    pub to: Option<NaiveDate>,
    /// `json` page by page, or `csv` whole; JSON without it
    #[param(schema_with = codes::<RegisterFormat>)]
    pub format: Option<RegisterFormat>,
    /// Page size, 1 to 200; 50 without it
    #[param(minimum = 1, maximum = 200)]
    #[serde(skip_serializing)]
    pub limit: Option<u32>,
    /// Place to go on from
    #[serde(skip_serializing)]
    pub cursor: Option<String>,
}

/// A line of the register
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RegisterLineView {
    /// Number in the period, from 1
    #[schema(example = 1)]
    pub no: i64,
    /// Dossier code
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// National code of the procedure
    pub procedure: String,
    /// Its Vietnamese name
    pub procedure_name: String,
    /// Unit that received it
    pub unit: String,
    /// Its Vietnamese name
    pub unit_name: String,
    /// Name, or initials for those who do not work dossiers
    pub applicant: String,
    /// Phone, masked in this list
    pub phone: Option<String>,
    /// How it came in
    #[schema(schema_with = codes::<Channel>)]
    pub channel: Channel,
    /// Handed in
    pub submitted_at: At,
    /// Accepted
    pub accepted_at: Option<At>,
    /// Due
    pub due_at: Option<At>,
    /// Decided
    pub completed_at: Option<At>,
    /// Declined, withdrawn or stopped
    pub ended_at: Option<At>,
    /// Result handed over
    pub returned_at: Option<At>,
    /// How it was handed over
    #[schema(schema_with = codes_or_null::<HandOverBy>)]
    pub returned_by: Option<HandOverBy>,
    /// Status
    #[schema(schema_with = codes::<Status>)]
    pub status: Status,
    /// Result, once decided
    #[schema(schema_with = codes_or_null::<Outcome>)]
    pub outcome: Option<Outcome>,
    /// Early, on time or late, by the decision; null while open, or without a due date
    #[schema(schema_with = codes_or_null::<Punctuality>)]
    pub result: Option<Punctuality>,
}

impl RegisterLineView {
    /// A line as the caller may see it.
    pub fn of(cx: &Cx, no: i64, r: &Registered) -> Self {
        let day = domain::calendar::day_of(r.submitted_at);
        let name = cx.reference.in_force(&r.procedure, day).map(|e| e.procedure.name_vi.clone());
        Self {
            no,
            code: r.code.clone(),
            procedure: r.procedure.clone(),
            procedure_name: name.unwrap_or_default(),
            unit: r.unit.clone(),
            unit_name: cx.reference.units.get(&r.unit).map(|u| u.name_vi.clone()).unwrap_or_default(),
            applicant: match cx.actor.sees_persons() {
                true => r.applicant_name.clone(),
                false => text::initials(&r.applicant_name),
            },
            phone: r.phone.as_deref().map(|p| text::mask(p, 3)),
            channel: r.channel,
            submitted_at: At(r.submitted_at),
            accepted_at: r.accepted_at.map(At),
            due_at: r.due_at.map(At),
            completed_at: r.completed_at.map(At),
            ended_at: r.ended_at.map(At),
            returned_at: r.returned_at.map(At),
            returned_by: r.returned_by,
            status: r.status,
            outcome: r.outcome,
            result: r.completed_at.and_then(|at| Punctuality::of(at, r.due_at)),
        }
    }

    /// The heads of the columns of a table.
    pub const HEAD: [&'static str; 17] = [
        "STT",
        "Mã hồ sơ",
        "Mã thủ tục",
        "Tên thủ tục",
        "Đơn vị tiếp nhận",
        "Người nộp hồ sơ",
        "Điện thoại",
        "Hình thức nộp",
        "Ngày nộp",
        "Ngày tiếp nhận",
        "Ngày hẹn trả",
        "Ngày giải quyết xong",
        "Ngày kết thúc khác",
        "Ngày trả kết quả",
        "Hình thức trả",
        "Trạng thái",
        "Thời hạn",
    ];

    /// The cells of a table; instants in local time.
    pub fn cells(&self) -> Vec<String> {
        let at = |t: Option<At>| {
            t.map(|t| domain::calendar::local(t.0).format("%d/%m/%Y %H:%M").to_string()).unwrap_or_default()
        };
        vec![
            self.no.to_string(),
            self.code.clone(),
            self.procedure.clone(),
            self.procedure_name.clone(),
            self.unit_name.clone(),
            self.applicant.clone(),
            self.phone.clone().unwrap_or_default(),
            self.channel.label_vi().to_owned(),
            at(Some(self.submitted_at)),
            at(self.accepted_at),
            at(self.due_at),
            at(self.completed_at),
            at(self.ended_at),
            at(self.returned_at),
            self.returned_by.map(|h| h.label_vi().to_owned()).unwrap_or_default(),
            self.status.label_vi().to_owned(),
            self.result.map(|r| r.label_vi().to_owned()).unwrap_or_default(),
        ]
    }
}
