//! The receipt, the control sheet and the register, as the forms of Decree 61/2018/NĐ-CP ask for them.

mod control_sheet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::code::Code;
use domain::deadline::LimitUnit;
use domain::dossier::command::HandOverBy;
use domain::dossier::control::Punctuality;
use domain::dossier::paper::PaperKind;
use domain::dossier::status::{Outcome, Status};
use domain::procedure::Channel;
use domain::text;
use persistence::dossiers::{Registered, Stored};
use persistence::papers::Paper;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub use self::control_sheet::{ControlSheetQuery, ControlSheetView, HandOverView, HolderView};
use super::dossiers::ApplicantView;
use super::{At, codes, codes_or_null};
use crate::app::Cx;
use crate::app::error::Error;
use crate::http::format::Format;
use crate::http::table::{Cell, Column, Head, Line};

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
    ///
    /// # Errors
    /// Where the version of the procedure that the dossier keeps is not known.
    pub fn of(cx: &Cx, stored: &Stored, papers: &[Paper]) -> Result<Self, Error> {
        let (d, sees) = (&stored.dossier, cx.actor.sees_persons());
        let units = &cx.reference.units;
        let unit = units.get(&d.unit);
        let parent = unit.and_then(|u| u.parent.as_deref()).and_then(|p| units.get(p));
        let procedure = &cx.reference.version(d.procedure_version)?.procedure;
        // A paper that the version does not have stands under its code.
        let name_of =
            |code: &str| procedure.paper(code).map_or_else(|| code.to_owned(), |p| p.name_vi.clone());
        let shown = |name: &str| if sees { name.to_owned() } else { text::initials(name) };
        Ok(Self {
            parent_name: parent.map(|u| u.name_vi.clone()),
            unit: d.unit.clone(),
            unit_name: unit.map(|u| u.name_vi.clone()).unwrap_or_default(),
            code: d.code.as_str().to_owned(),
            applicant: ApplicantView::of(&d.applicant, sees),
            representative: d.representative.as_ref().map(|r| shown(r.name.as_str())),
            procedure_name: procedure.name_vi.clone(),
            procedure: d.procedure.clone(),
            papers: papers
                .iter()
                .map(|p| ReceiptPaperView { code: p.code.clone(), name: name_of(&p.code), kind: p.kind })
                .collect(),
            limit: procedure.limit.as_ref().map(|l| ReceiptLimitView { value: l.value, unit: l.unit }),
            channel: d.channel,
            submitted_at: At(d.submitted_at),
            accepted_at: d.accepted_at.map(At),
            due_at: d.due_at.map(At),
        })
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
    /// `json` page by page, `csv` or `xlsx` whole; by `Accept` without it
    #[param(schema_with = codes::<Format>)]
    #[serde(skip_serializing)]
    pub format: Option<Format>,
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

    /// The register as a table to take away.
    pub fn head(made_at: DateTime<Utc>) -> Head {
        let columns = [
            ("STT", 8),
            ("Mã hồ sơ", 24),
            ("Mã thủ tục", 12),
            ("Tên thủ tục", 48),
            ("Đơn vị tiếp nhận", 36),
            ("Người nộp hồ sơ", 28),
            ("Điện thoại", 14),
            ("Hình thức nộp", 20),
            ("Ngày nộp", 20),
            ("Ngày tiếp nhận", 20),
            ("Ngày hẹn trả", 20),
            ("Ngày giải quyết xong", 20),
            ("Ngày kết thúc khác", 20),
            ("Ngày trả kết quả", 20),
            ("Hình thức trả", 20),
            ("Trạng thái", 24),
            ("Thời hạn", 14),
        ];
        Head {
            file: "so-theo-doi-ho-so".to_owned(),
            title: "Sổ theo dõi hồ sơ".to_owned(),
            made_at,
            columns: Column::all(&columns),
            notes: Vec::new(),
        }
    }

    /// A line of that table.
    pub fn cells(self) -> Line {
        let at = |at: Option<At>| Cell::maybe(at, |at| Cell::At(at.0));
        vec![
            Cell::Count(self.no),
            Cell::Text(self.code),
            Cell::Text(self.procedure),
            Cell::Text(self.procedure_name),
            Cell::Text(self.unit_name),
            Cell::Text(self.applicant),
            Cell::maybe(self.phone, Cell::Text),
            Cell::text(self.channel.label_vi()),
            at(Some(self.submitted_at)),
            at(self.accepted_at),
            at(self.due_at),
            at(self.completed_at),
            at(self.ended_at),
            at(self.returned_at),
            Cell::maybe(self.returned_by, |how| Cell::text(how.label_vi())),
            Cell::text(self.status.label_vi()),
            Cell::maybe(self.result, |result| Cell::text(result.label_vi())),
        ]
    }
}
