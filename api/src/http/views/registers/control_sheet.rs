//! The control sheet: every time a dossier changed hands (form 05 of Decree 61/2018/NĐ-CP).

use chrono::{DateTime, Utc};
use domain::access::Action;
use domain::code::Code;
use domain::dossier::control::{HandOver, Holder, Party, Punctuality};
use domain::dossier::status::Status;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::Cx;
use crate::app::error::Error;
use crate::app::registers::ControlSheet;
use crate::http::format::Format;
use crate::http::table::{Cell, Column, Head, Table};
use crate::http::views::dossiers::StageTimeView;
use crate::http::views::{At, codes, codes_or_null};

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
    ///
    /// # Errors
    /// Where the version of the procedure that the dossier keeps is not known.
    pub fn of(cx: &Cx, sheet: ControlSheet) -> Result<Self, Error> {
        let d = &sheet.stored.dossier;
        let procedure = &cx.reference.version(d.procedure_version)?.procedure;
        let holder = |h: Holder| HolderView {
            party: h.party,
            label_vi: h.party.label_vi(),
            stage: h.stage,
            stage_name: procedure.stage(h.stage).map(|s| s.name_vi.clone()),
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
        Ok(Self {
            code: d.code.as_str().to_owned(),
            procedure: d.procedure.clone(),
            procedure_name: procedure.name_vi.clone(),
            unit: d.unit.clone(),
            unit_name: cx.reference.units.get(&d.unit).map(|u| u.name_vi.clone()).unwrap_or_default(),
            submitted_at: At(d.submitted_at),
            accepted_at: d.accepted_at.map(At),
            due_at: d.due_at.map(At),
            completed_at: d.completed_at.map(At),
            status: d.status,
            items: (1..).zip(sheet.items).map(row).collect(),
            stages: sheet.stages.iter().map(|s| StageTimeView::of(s, procedure, cx.now)).collect(),
        })
    }

    /// The sheet as a table to take away.
    pub fn table(self, made_at: DateTime<Utc>) -> Table {
        let columns = [
            ("STT", 8),
            ("Thời điểm", 20),
            ("Bước", 28),
            ("Bên giao", 24),
            ("Người giao", 20),
            ("Thay mặt", 20),
            ("Bên nhận", 24),
            ("Người nhận", 20),
            ("Nhận từ", 20),
            ("Đã giữ (phút làm việc)", 16),
            ("Ngày hẹn trả", 20),
            ("Thời hạn", 14),
        ];
        let at = |at: Option<At>| Cell::maybe(at, |at| Cell::At(at.0));
        let row = |h: HandOverView| {
            vec![
                Cell::Count(i64::try_from(h.no).unwrap_or(i64::MAX)),
                at(Some(h.at)),
                Cell::text(h.action.label_vi()),
                Cell::text(h.giver.label_vi),
                Cell::maybe(h.giver.person, Cell::Text),
                Cell::maybe(h.on_behalf_of, Cell::Text),
                Cell::text(h.receiver.label_vi),
                Cell::maybe(h.receiver.person, Cell::Text),
                at(h.received_at),
                Cell::maybe(h.held_working_minutes, Cell::Count),
                at(h.due_at),
                Cell::maybe(h.result, |result| Cell::text(result.label_vi())),
            ]
        };
        Table {
            head: Head {
                file: format!("phieu-kiem-soat-{}", self.code),
                title: format!("Phiếu kiểm soát quá trình giải quyết hồ sơ {}", self.code),
                made_at,
                columns: Column::all(&columns),
                notes: Vec::new(),
            },
            rows: self.items.into_iter().map(row).collect(),
        }
    }
}

/// Form of the sheet
#[derive(Debug, Clone, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ControlSheetQuery {
    /// `json`, `csv` or `xlsx`; by `Accept` without it
    #[param(schema_with = codes::<Format>)]
    pub format: Option<Format>,
}
