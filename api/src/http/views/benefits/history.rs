//! What happened to a benefit, and what can be done with it.

use domain::code::Code;
use domain::unemployment::benefit::status::BenefitStatus;
use persistence::benefits::Held;
use persistence::benefits::events::Recorded;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::benefits::Available;
use crate::http::views::dossiers::BlockerView;
use crate::http::views::{At, codes, codes_or_null};

/// Something that happened to a benefit
#[derive(Debug, Serialize, ToSchema)]
pub struct BenefitEventView {
    /// Number within the benefit, from 1
    pub seq: i64,
    /// When it happened
    pub at: At,
    /// When it was written down
    pub recorded_at: At,
    /// What was done
    #[schema(example = "suspend_benefit")]
    pub action: String,
    /// Status before
    #[schema(schema_with = codes_or_null::<BenefitStatus>)]
    pub from: Option<BenefitStatus>,
    /// Status after
    #[schema(schema_with = codes::<BenefitStatus>)]
    pub to: BenefitStatus,
    /// Who acted: a user name, or `timer`
    pub actor: String,
    /// In which role; null for the timer
    #[schema(example = "case_officer")]
    pub role: Option<String>,
    /// Unit
    pub unit: String,
    /// Reason in words
    pub reason: Option<String>,
    /// Note
    pub note: Option<String>,
    /// Law and article
    pub article: Option<String>,
    /// The rest
    #[schema(value_type = Object)]
    pub detail: Value,
    /// Digest of the event before
    pub prev_hash: String,
    /// Digest of this event and the one before
    pub hash: String,
}

impl BenefitEventView {
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
            actor: e.actor.clone(),
            role: e.role.map(|r| r.to_string()),
            unit: e.unit.clone(),
            reason: e.reason.clone().filter(|_| sees_persons),
            note: e.note.clone().filter(|_| sees_persons),
            article: e.article.clone(),
            detail: serde_json::to_value(&e.detail).unwrap_or_default(),
            prev_hash: r.prev_hash.clone(),
            hash: r.hash.clone(),
        }
    }
}

/// What an action would do and what stands in its way
#[derive(Debug, Serialize, ToSchema)]
pub struct BenefitTransitionView {
    /// Stable code of the action
    #[schema(example = "suspend_benefit")]
    pub action: String,
    /// The word that stands for it in paths
    #[schema(example = "suspend")]
    pub path: String,
    /// Whether the caller can do it now
    pub allowed: bool,
    /// Whether the caller's roles have the action
    pub permitted: bool,
    /// What stands in the way
    pub blocked_by: Vec<BlockerView>,
    /// Status after it
    #[schema(schema_with = codes::<BenefitStatus>)]
    pub to: BenefitStatus,
    /// What it does to the money
    #[schema(example = "stops")]
    pub money: String,
    /// Roles that have the action
    pub roles: Vec<String>,
}

/// Every action that leads out of the present status
#[derive(Debug, Serialize, ToSchema)]
pub struct BenefitTransitionsView {
    /// Present status
    #[schema(schema_with = codes::<BenefitStatus>)]
    pub status: BenefitStatus,
    /// Actions
    pub items: Vec<BenefitTransitionView>,
}

impl BenefitTransitionsView {
    /// What can be done with a benefit.
    pub fn of(held: &Held, found: Vec<Available>) -> Self {
        let status = held.benefit.status;
        let items = found
            .into_iter()
            .map(|(row, blockers, permitted)| BenefitTransitionView {
                action: row.action.to_string(),
                path: row.path.to_owned(),
                allowed: blockers.is_empty() && permitted,
                permitted,
                blocked_by: blockers
                    .iter()
                    .map(|b| BlockerView {
                        code: b.to_string(),
                        message_vi: b.label_vi().to_owned(),
                        message_en: b.label_en().to_owned(),
                    })
                    .collect(),
                to: row.to.unwrap_or(status),
                money: row.money.code().to_owned(),
                roles: domain::access::roles_for(row.action).map(|(role, _)| role.to_string()).collect(),
            })
            .collect();
        Self { status, items }
    }
}
