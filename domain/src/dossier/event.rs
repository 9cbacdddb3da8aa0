//! What happened to a dossier: append-only, numbered, in the words of the law.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Dossier;
use super::command::HandOverBy;
use super::status::{Clock, Outcome, Status};
use crate::access::{Action, Permit, Role};
use crate::ids::{AccountId, DossierId};
use crate::unemployment::benefit::kept::ClaimFinding;

/// What beside the change of status an event carries; every part only where it applies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventDetail {
    /// Provision that a refusal rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    /// Codes of papers asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Codes of papers handed in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<String>,
    /// Last day, or new due day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// Whole đồng asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_vnd: Option<i64>,
    /// Number of a payment, or of a letter of apology.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Stage before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_stage: Option<i32>,
    /// Stage after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_stage: Option<i32>,
    /// Outcome proposed or decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What the law says, where it decides: whether eligible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assessed_eligible: Option<bool>,
    /// What of a claim did not agree with what the register knows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<ClaimFinding>,
    /// Số quyết định.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_number: Option<String>,
    /// Day of the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_on: Option<NaiveDate>,
    /// How the result was handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<HandOverBy>,
    /// Due instant before the event, where the event moved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_before: Option<DateTime<Utc>>,
    /// Due instant after the event, where the event moved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_after: Option<DateTime<Utc>>,
}

/// For whom an officer acted who stood in for another (ủy quyền).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnBehalf {
    /// The account whose work it is.
    pub account: AccountId,
    /// Its user name.
    pub name: String,
}

/// Một bước trong quá trình giải quyết hồ sơ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The dossier.
    pub dossier: DossierId,
    /// Number within the dossier, from 1 without a gap.
    pub seq: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What was done.
    pub action: Action,
    /// Status before; none for the submission.
    pub from: Option<Status>,
    /// Status after.
    pub to: Status,
    /// What it did to the clock: the state of the clock after.
    pub clock: Clock,
    /// The account that acted.
    pub account: AccountId,
    /// The name that stands in the record.
    pub actor: String,
    /// In which role; none where the timer acted.
    pub role: Option<Role>,
    /// The unit the dossier belongs to.
    pub unit: String,
    /// The unit at which who acted holds the role; none for applicants and for what another system
    /// recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer_unit: Option<String>,
    /// Coded reason.
    pub reason_code: Option<String>,
    /// Reason in words.
    pub reason: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// Version of the rule set, where law decided.
    pub rule_version: Option<String>,
    /// Version of the calendar, where a due date was reckoned.
    pub calendar_version: Option<String>,
    /// Whose work it is, where a delegate acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<OnBehalf>,
    /// The rest.
    pub detail: EventDetail,
}

impl Event {
    /// The event that led to `after`, with nothing but the change itself.
    pub fn of(permit: &Permit, after: &Dossier, before: Option<&Dossier>, now: DateTime<Utc>) -> Self {
        Self {
            dossier: after.id,
            seq: after.version,
            at: now,
            action: permit.action(),
            from: before.map(|d| d.status),
            to: after.status,
            clock: after.clock,
            account: permit.actor().account,
            actor: permit.name().to_owned(),
            role: permit.acting_role(),
            unit: after.unit.clone(),
            officer_unit: permit.unit().map(ToOwned::to_owned),
            reason_code: None,
            reason: None,
            note: None,
            rule_version: None,
            calendar_version: None,
            on_behalf_of: None,
            detail: EventDetail::default(),
        }
    }
}
