//! What happened to a benefit: append-only, numbered, in the words of the law.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Benefit;
use super::status::BenefitStatus;
use crate::access::{Action, Permit, Role};
use crate::ids::{AccountId, BenefitId};
use crate::unemployment::life::{EndCause, Excuse, ExemptionGround};

/// What beside the change of status an event carries; every part only where it applies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BenefitDetail {
    /// The benefit month it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<u32>,
    /// Benefit months it is about: lost, or demanded back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub months: Vec<u32>,
    /// The last month that is still paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_month: Option<u32>,
    /// Contributed months left for the next claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub months_kept: Option<u32>,
    /// The day it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<NaiveDate>,
    /// Last day of what it rests on, such as the days to declare.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// Cause of an ending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<EndCause>,
    /// Excuse of a late declaration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excuse: Option<Excuse>,
    /// Number of an exemption from declaring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exemption: Option<u32>,
    /// Ground of an exemption from declaring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<ExemptionGround>,
    /// Whole đồng.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_vnd: Option<i64>,
    /// Whole đồng still owed after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owed_vnd: Option<i64>,
    /// Number of a payment or receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Số quyết định.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_number: Option<String>,
    /// The other province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
}

/// Một bước trong quá trình hưởng trợ cấp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenefitEvent {
    /// The benefit.
    pub benefit: BenefitId,
    /// Number within the benefit, from 1 without a gap.
    pub seq: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What was done.
    pub action: Action,
    /// Status before; none for the first.
    pub from: Option<BenefitStatus>,
    /// Status after.
    pub to: BenefitStatus,
    /// The account that acted; none for the timer.
    pub account: Option<AccountId>,
    /// The name that stands in the record.
    pub actor: String,
    /// In which role; none for the timer.
    pub role: Option<Role>,
    /// The unit that follows the benefit.
    pub unit: String,
    /// Reason in words.
    pub reason: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// Law and article it rests on.
    pub article: Option<String>,
    /// The rest.
    pub detail: BenefitDetail,
}

impl BenefitEvent {
    /// The event that led to `after`, with nothing but the change itself.
    pub fn of(permit: &Permit, after: &Benefit, before: Option<&Benefit>, now: DateTime<Utc>) -> Self {
        Self {
            benefit: after.id,
            seq: after.version,
            at: now,
            action: permit.action(),
            from: before.map(|b| b.status),
            to: after.status,
            account: permit.acting_account(),
            actor: permit.name().to_owned(),
            role: permit.acting_role(),
            unit: after.unit.clone(),
            reason: None,
            note: None,
            article: None,
            detail: BenefitDetail::default(),
        }
    }

    /// The first event of a benefit that a decision on a dossier granted.
    pub fn granted(decided: &crate::dossier::event::Event, benefit: &Benefit) -> Self {
        Self {
            benefit: benefit.id,
            seq: benefit.version,
            at: decided.at,
            action: decided.action,
            from: None,
            to: benefit.status,
            account: Some(decided.account),
            actor: decided.actor.clone(),
            role: decided.role,
            unit: benefit.unit.clone(),
            reason: None,
            note: None,
            article: None,
            detail: BenefitDetail {
                decision_number: Some(benefit.decision_number.clone()),
                on: Some(benefit.decided_on),
                last_month: Some(benefit.months),
                months_kept: Some(benefit.months_reserved),
                amount_vnd: Some(benefit.monthly_vnd.0),
                ..BenefitDetail::default()
            },
        }
    }
}
