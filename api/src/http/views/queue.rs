//! The queue, as it is shown.

use domain::code::Code;
use domain::dossier::queue::Lateness;
use domain::dossier::status::Status;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{At, codes};
use crate::app::Cx;
use crate::app::queue::{Queue, stage_name};

/// Of which unit
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// Only this unit and what belongs to it
    #[param(example = "H08.15")]
    pub unit: Option<String>,
    /// Only those that this officer is assigned to: an account, `me` (and whom I stand in for), or
    /// `none` for those without a primary
    #[param(example = "me")]
    pub assignee: Option<String>,
}

/// Dossiers in a status
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusCountView {
    /// Status
    #[schema(schema_with = codes::<Status>)]
    pub status: Status,
    /// Number of the status in the national list, 1 to 10
    #[schema(minimum = 1, maximum = 10, example = 1)]
    pub status_code: u8,
    /// Vietnamese label
    pub label_vi: &'static str,
    /// English label
    pub label_en: &'static str,
    /// How many
    pub count: i64,
    /// The list of exactly these
    #[schema(example = "/api/v1/dossiers?status=registered")]
    pub link: String,
}

/// Dossiers of a procedure at a stage
#[derive(Debug, Serialize, ToSchema)]
pub struct StageCountView {
    /// National code of the procedure
    #[schema(example = "1.001978")]
    pub procedure: String,
    /// Stage, from 1
    pub stage: i32,
    /// Vietnamese name of the stage in the version in force
    pub stage_name: Option<String>,
    /// How many
    pub count: i64,
    /// The list of exactly these
    pub link: String,
}

/// Dossiers by whom they are assigned to
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldCountView {
    /// How many
    pub count: i64,
    /// The list of exactly these
    #[schema(example = "/api/v1/dossiers?assignee=me&open=true")]
    pub link: String,
}

/// Dossiers by how they stand to their due date
#[derive(Debug, Serialize, ToSchema)]
pub struct LatenessCountView {
    /// `late`: the due date has passed while the clock runs; `due_soon`: due by `due_soon_until`;
    /// `no_due`: no time runs, or there is no limit
    #[schema(schema_with = codes::<Lateness>)]
    pub lateness: Lateness,
    /// Vietnamese label
    pub label_vi: &'static str,
    /// English label
    pub label_en: &'static str,
    /// How many
    pub count: i64,
    /// The list of exactly these
    pub link: String,
}

/// Dossiers by how they stand to the due instant of the stage at which they are
#[derive(Debug, Serialize, ToSchema)]
pub struct StageLatenessCountView {
    /// As `lateness`, of the share of the limit that the stage has: `late`: used up while the clock runs;
    /// `due_soon`: used up by `due_soon_until`; `no_due`: no time runs, or the stage has no share
    #[schema(schema_with = codes::<Lateness>)]
    pub stage_lateness: Lateness,
    /// Vietnamese label
    pub label_vi: &'static str,
    /// English label
    pub label_en: &'static str,
    /// How many
    pub count: i64,
    /// The list of exactly these
    #[schema(example = "/api/v1/dossiers?stage_lateness=late")]
    pub link: String,
}

/// How many open dossiers wait, and for what
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueView {
    /// Counted at
    pub as_of: At,
    /// Only this unit and what belongs to it
    pub unit: Option<String>,
    /// Working days ahead that count as soon
    #[schema(example = 2)]
    pub due_soon_working_days: u32,
    /// What is due up to this is due soon
    pub due_soon_until: At,
    /// Every dossier that something leads on from; each of the lists below adds up to it
    pub total: i64,
    /// By status, also where nothing waits
    pub by_status: Vec<StatusCountView>,
    /// By procedure and stage
    pub by_stage: Vec<StageCountView>,
    /// By how they stand to their due date
    pub by_lateness: Vec<LatenessCountView>,
    /// By how they stand to the due instant of their stage
    pub by_stage_lateness: Vec<StageLatenessCountView>,
    /// Those the caller is assigned to or stands in for, whatever `assignee` says
    pub mine: HeldCountView,
    /// Those without a primary, whatever `assignee` says
    pub unassigned: HeldCountView,
}

impl QueueView {
    /// A queue as it is shown.
    pub fn of(cx: &Cx, queue: Queue, asked: QueueQuery, due_soon_working_days: u32) -> Self {
        let QueueQuery { unit, assignee } = asked;
        let narrowed = |name: &str, value: Option<&String>| -> String {
            let encode = |v: &String| form_urlencoded::byte_serialize(v.as_bytes()).collect::<String>();
            value.map(|v| format!("&{name}={}", encode(v))).unwrap_or_default()
        };
        let (of_unit, of_officer) =
            (narrowed("unit", unit.as_ref()), narrowed("assignee", assignee.as_ref()));
        let list = |filter: &str| format!("/api/v1/dossiers?{filter}{of_unit}{of_officer}");
        let held = |who: &str, count| HeldCountView {
            count,
            link: format!("/api/v1/dossiers?assignee={who}&open=true{of_unit}"),
        };
        let by_status = queue.by_status.iter().map(|(status, count)| StatusCountView {
            status: *status,
            status_code: status.number(),
            label_vi: status.label_vi(),
            label_en: status.label_en(),
            count: *count,
            link: list(&format!("status={status}")),
        });
        let by_stage = queue.by_stage.iter().map(|(stage, count)| StageCountView {
            procedure: stage.procedure.clone(),
            stage: stage.stage,
            stage_name: stage_name(cx, stage),
            count: *count,
            link: list(&format!("procedure={}&stage={}&open=true", stage.procedure, stage.stage)),
        });
        let by_lateness = queue.by_lateness.iter().map(|(lateness, count)| LatenessCountView {
            lateness: *lateness,
            label_vi: lateness.label_vi(),
            label_en: lateness.label_en(),
            count: *count,
            link: list(&format!("lateness={lateness}")),
        });
        let by_stage_lateness = queue.by_stage_lateness.iter().map(|(lateness, count)| {
            let link = list(&format!("stage_lateness={lateness}"));
            let (label_vi, label_en) = (lateness.label_vi(), lateness.label_en());
            StageLatenessCountView { stage_lateness: *lateness, label_vi, label_en, count: *count, link }
        });
        Self {
            as_of: At(queue.bounds.now),
            due_soon_working_days,
            due_soon_until: At(queue.bounds.soon),
            total: queue.total,
            by_status: by_status.collect(),
            by_stage: by_stage.collect(),
            by_lateness: by_lateness.collect(),
            by_stage_lateness: by_stage_lateness.collect(),
            mine: held("me", queue.mine),
            unassigned: held("none", queue.unassigned),
            unit,
        }
    }
}
