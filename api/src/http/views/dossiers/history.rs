//! What happened to a dossier, what was handed in, what may happen next, and until when.

use chrono::{DateTime, NaiveDate, Utc};
use domain::deadline::LimitUnit;
use domain::dossier::stages::StageTime;
use domain::dossier::status::{Clock, Status};
use domain::procedure::Procedure;
use persistence::events::Recorded;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::app::dossiers::SupplementWait;
use crate::http::views::unemployment::{DayView, RemainingView};
use crate::http::views::{At, codes, codes_or_null};

/// Something that happened to a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Number within the dossier, from 1
    pub seq: i64,
    /// When it happened
    pub at: At,
    /// When it was written down
    pub recorded_at: At,
    /// What was done
    #[schema(example = "accept")]
    pub action: String,
    /// Status before
    #[schema(schema_with = codes_or_null::<Status>)]
    pub from: Option<Status>,
    /// Status after
    #[schema(schema_with = codes::<Status>)]
    pub to: Status,
    /// Clock after
    #[schema(schema_with = codes::<Clock>)]
    pub clock: Clock,
    /// Who acted: a user name
    pub actor: String,
    /// Whose work it is, where a delegate acted: a user name
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub on_behalf_of: Option<String>,
    /// In which role; `timer` where the calendar ordered it
    #[schema(example = "desk_officer")]
    pub role: String,
    /// Unit
    pub unit: String,
    /// Coded reason
    pub reason_code: Option<String>,
    /// Reason in words
    pub reason: Option<String>,
    /// Note
    pub note: Option<String>,
    /// Version of the rules, where law decided
    pub rule_version: Option<String>,
    /// Version of the calendar, where a due date was reckoned
    pub calendar_version: Option<String>,
    /// The rest
    #[schema(value_type = Object)]
    pub detail: Value,
    /// Digest of the event before
    pub prev_hash: String,
    /// Digest of this event and the one before
    pub hash: String,
}

impl EventView {
    /// An event as the actor may see it: reasons and notes may name people.
    pub fn of(r: &Recorded, sees_persons: bool) -> Self {
        let e = &r.event;
        Self {
            seq: e.seq,
            at: At(e.at),
            recorded_at: At(r.recorded_at),
            action: e.action.to_string(),
            from: e.from,
            to: e.to,
            clock: e.clock,
            actor: e.actor.clone(),
            on_behalf_of: e.on_behalf_of.as_ref().map(|o| o.name.clone()),
            role: e.role.map_or_else(|| "timer".to_owned(), |role| role.to_string()),
            unit: e.unit.clone(),
            reason_code: e.reason_code.clone(),
            reason: e.reason.clone().filter(|_| sees_persons),
            note: e.note.clone().filter(|_| sees_persons),
            rule_version: e.rule_version.clone(),
            calendar_version: e.calendar_version.clone(),
            detail: serde_json::to_value(&e.detail).unwrap_or_default(),
            prev_hash: r.prev_hash.clone(),
            hash: r.hash.clone(),
        }
    }
}

/// Something that stands in the way
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockerView {
    /// Stable code
    #[schema(example = "proposal_missing")]
    pub code: String,
    /// In Vietnamese
    pub message_vi: String,
    /// In English
    pub message_en: String,
}

/// What an action would do and what stands in its way
#[derive(Debug, Serialize, ToSchema)]
pub struct TransitionView {
    /// Action, as it stands in the path
    #[schema(example = "accept")]
    pub action: String,
    /// Whether the caller can do it now
    pub allowed: bool,
    /// Whether the caller's roles have the action
    pub permitted: bool,
    /// What stands in the way
    pub blocked_by: Vec<BlockerView>,
    /// Status after it
    #[schema(schema_with = codes::<Status>)]
    pub to: Status,
    /// What the clock does
    #[schema(example = "starts")]
    pub clock: String,
    /// Roles that have the action
    pub roles: Vec<String>,
}

/// Every action that leads out of the present status
#[derive(Debug, Serialize, ToSchema)]
pub struct TransitionsView {
    /// Present status
    #[schema(schema_with = codes::<Status>)]
    pub status: Status,
    /// Actions
    pub items: Vec<TransitionView>,
    /// The supplement that is waited for
    pub supplement: Option<SupplementWaitView>,
}

/// A supplement that is waited for
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplementWaitView {
    /// When it was asked for
    pub requested_at: At,
    /// Its last day; after it the timer stops the dossier. Null where it may take as long as it takes
    pub until: Option<NaiveDate>,
    /// Whether the request states that day; else it is the rule's for requests that state none
    pub stated: bool,
}

impl SupplementWaitView {
    /// What is waited for.
    pub fn of(w: SupplementWait) -> Self {
        Self { requested_at: At(w.requested_at), until: w.until, stated: w.stated }
    }
}

/// A share of the time limit that a stage has
#[derive(Debug, Serialize, ToSchema)]
pub struct StageLimitView {
    /// How many
    #[schema(example = 4)]
    pub value: i64,
    /// Of what
    #[schema(schema_with = codes::<LimitUnit>)]
    pub unit: LimitUnit,
}

/// A stay of a dossier at a stage
///
/// The clock of a stage begins anew whenever a dossier comes to it; pauses are taken out of it, and a
/// due date that is moved by letter of apology does not move it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StageTimeView {
    /// Stage of the procedure, from 1
    #[schema(example = 1)]
    pub stage: i32,
    /// Its Vietnamese name
    pub stage_name: Option<String>,
    /// When the dossier came there
    pub began_at: At,
    /// The stage's own limit, where it has one
    pub limit: Option<StageLimitView>,
    /// When that is used up; null without a limit and while a pause lasts
    pub due_at: Option<At>,
    /// When the dossier left: went on, went back, was decided or ended
    pub ended_at: Option<At>,
    /// Whether it took, or has taken by now, longer; null without a limit
    pub late: Option<bool>,
}

impl StageTimeView {
    /// A stay as it is shown as of now.
    pub fn of(s: &StageTime, procedure: &Procedure, now: DateTime<Utc>) -> Self {
        Self {
            stage: s.stage,
            stage_name: procedure.stage(s.stage).map(|stage| stage.name_vi.clone()),
            began_at: At(s.began_at),
            limit: s.limit.map(|l| StageLimitView { value: l.value, unit: l.unit }),
            due_at: s.due_at.map(At),
            ended_at: s.ended_at.map(At),
            late: s.limit.map(|_| s.is_late(now)),
        }
    }
}

/// The due date of a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadlineView {
    /// Accepted
    pub accepted_at: Option<At>,
    /// Due
    pub due_at: Option<At>,
    /// Its civil day
    pub due_on: Option<NaiveDate>,
    /// Version of the calendar it was reckoned with
    pub calendar_version: Option<String>,
    /// Version of the rule book that holds this calendar
    pub rule_book: Option<String>,
    /// Clock
    #[schema(schema_with = codes::<Clock>)]
    pub clock: Clock,
    /// Time left
    pub remaining: Option<RemainingView>,
    /// Every stay at a stage with the stage's own limit, oldest first; empty before acceptance
    pub stages: Vec<StageTimeView>,
    /// The supplement that is waited for
    pub supplement: Option<SupplementWaitView>,
    /// Every day on the way, if asked for
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<DayView>>,
}

/// Whether to explain
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExplainQuery {
    /// List every day with its reason
    #[serde(default)]
    pub explain: bool,
}
