//! Trợ cấp thất nghiệp đang hưởng: a benefit from the grant to its end.
//!
//! Owns what a benefit is and what has happened to it. What may happen stands in `transition`, what
//! each month is worth and when it must be declared for in `months`, what is left for the next claim
//! in `kept`. It must not know where benefits are stored, nor a number of law.

pub mod arrival;
pub mod command;
pub mod diagram;
pub mod event;
pub mod exemption;
pub mod kept;
pub mod months;
pub mod status;
pub mod transition;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::assessment::Assessment;
use super::life::{EndCause, Excuse};
use super::rules::Law;
use crate::calendar;
use crate::ids::{BenefitId, DossierId};
use crate::money::Dong;
use exemption::Exemption;
use status::BenefitStatus;

/// Thông báo tìm kiếm việc làm của một tháng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// The benefit month it is for, from 1.
    pub month: u32,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Who took it down: a user name.
    pub by: String,
    /// Why it was accepted late; none when it came in time.
    pub excuse: Option<Excuse>,
    /// Places where work was looked for, as stated.
    pub searched: Vec<String>,
}

/// A month that was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The benefit month.
    pub month: u32,
    /// Whole đồng.
    pub amount_vnd: Dong,
    /// Day of the payment.
    pub paid_on: NaiveDate,
    /// Number of the payment.
    pub reference: String,
}

/// Từ chối việc làm được giới thiệu mà không có lý do chính đáng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRefusal {
    /// The day.
    pub on: NaiveDate,
    /// The job, as it was offered.
    pub job: String,
}

/// Quyết định thu hồi: months demanded back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The months.
    pub months: Vec<u32>,
    /// Their sum, whole đồng.
    pub amount_vnd: Dong,
    /// Number of the decision.
    pub decision_number: String,
    /// Day of the decision.
    pub on: NaiveDate,
}

/// Money that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repayment {
    /// Whole đồng.
    pub amount_vnd: Dong,
    /// The day.
    pub on: NaiveDate,
    /// Number of the receipt.
    pub reference: String,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Why; none for a decision that was cancelled.
    pub cause: Option<EndCause>,
    /// The day of the cause.
    pub on: NaiveDate,
    /// The last month that is still paid; 0 for none.
    pub last_month: u32,
    /// Law and article.
    pub article: String,
    /// Contributed months left for the next claim.
    pub months_kept: u32,
    /// Number of the decision, where one was given.
    pub decision_number: Option<String>,
}

/// Where it went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferOut {
    /// The province, as it is called.
    pub to_province: String,
    /// The day of the transfer.
    pub on: NaiveDate,
    /// The last month that is paid here.
    pub last_month: u32,
    /// Months left to the other province.
    pub months_left: u32,
    /// Last day to send the papers.
    pub send_by: NaiveDate,
    /// Last day to hand them in at the new place.
    pub arrive_by: NaiveDate,
}

/// Where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferIn {
    /// The province, as it is called.
    pub from_province: String,
    /// The day it arrived.
    pub arrived_on: NaiveDate,
    /// Number of the letter of introduction.
    pub letter_number: String,
}

/// What has happened to a benefit beside its status. Stored as one document, so everything that
/// came later has a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Life {
    /// Declarations, in the order they were made.
    pub declarations: Vec<Declaration>,
    /// Exemptions from declaring, in the order they were recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exemptions: Vec<Exemption>,
    /// Payments, in the order they were made.
    pub payments: Vec<Payment>,
    /// Months lost to suspension.
    pub lost: Vec<u32>,
    /// The first month of the present suspension.
    pub suspended_from: Option<u32>,
    /// Jobs refused.
    pub refusals: Vec<JobRefusal>,
    /// Decisions to recover.
    pub recoveries: Vec<Recovery>,
    /// Money that came back.
    pub repayments: Vec<Repayment>,
    /// How it ended.
    pub end: Option<End>,
    /// Where it went on.
    pub transfer_out: Option<TransferOut>,
    /// Where it came from.
    pub transfer_in: Option<TransferIn>,
}

/// Trợ cấp thất nghiệp của một người.
#[derive(Debug, Clone, PartialEq)]
pub struct Benefit {
    /// Identity.
    pub id: BenefitId,
    /// The dossier it was granted on, and its code; none where another province granted it.
    pub dossier: Option<(DossierId, String)>,
    /// The unit that follows it.
    pub unit: String,
    /// Who draws it: their identifier.
    pub personal_id: String,
    /// Their name.
    pub applicant_name: String,
    /// Where it stands.
    pub status: BenefitStatus,
    /// The law it was granted under, which it keeps.
    pub law: Law,
    /// Version of the rules it was granted by.
    pub rule_version: String,
    /// Số quyết định.
    pub decision_number: String,
    /// Day of the decision.
    pub decided_on: NaiveDate,
    /// Mức hưởng hằng tháng, whole đồng.
    pub monthly_vnd: Dong,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day of the last month.
    pub ends_on: NaiveDate,
    /// Benefit months in all.
    pub months: u32,
    /// The first month that is paid here: 1, or a later one of a benefit from another province.
    pub first_month: u32,
    /// Contributed months that counted.
    pub months_counted: u32,
    /// Contributed months that the decision reserved.
    pub months_reserved: u32,
    /// The day from which this register follows it: silence before that proves nothing.
    pub followed_from: NaiveDate,
    /// Since when it is suspended.
    pub suspended_on: Option<NaiveDate>,
    /// What has happened.
    pub life: Life,
    /// What the law gave; none where another province assessed it.
    pub assessment: Option<Assessment>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// Version for conditional requests, and number of its last event.
    pub version: i64,
}

/// A decision on a dossier that grants a benefit.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// Identity of the benefit to be.
    pub id: BenefitId,
    /// The dossier.
    pub dossier: DossierId,
    /// Its code.
    pub dossier_code: &'a str,
    /// Its unit.
    pub unit: &'a str,
    /// Identifier of the applicant.
    pub personal_id: &'a str,
    /// Name of the applicant.
    pub applicant_name: &'a str,
    /// Số quyết định.
    pub decision_number: &'a str,
    /// Day of the decision.
    pub decided_on: NaiveDate,
    /// What the law gives.
    pub assessment: &'a Assessment,
}

impl Benefit {
    /// The benefit that a decision grants; none when the assessment gives no amounts.
    pub fn granted(grant: &Grant<'_>, now: DateTime<Utc>) -> Option<Self> {
        let a = grant.assessment;
        Some(Self {
            id: grant.id,
            dossier: Some((grant.dossier, grant.dossier_code.to_owned())),
            unit: grant.unit.to_owned(),
            personal_id: grant.personal_id.to_owned(),
            applicant_name: grant.applicant_name.to_owned(),
            status: BenefitStatus::Granted,
            law: a.law,
            rule_version: a.rule_version.clone(),
            decision_number: grant.decision_number.to_owned(),
            decided_on: grant.decided_on,
            monthly_vnd: a.monthly_vnd?,
            starts_on: a.starts_on?,
            ends_on: a.ends_on?,
            months: a.months?,
            first_month: 1,
            months_counted: a.months_counted,
            months_reserved: a.months_reserved?,
            followed_from: calendar::day_of(now),
            suspended_on: None,
            life: Life::default(),
            assessment: Some(a.clone()),
            created_at: now,
            version: 1,
        })
    }

    /// What all months together would pay here, whole đồng.
    pub fn total_vnd(&self) -> Option<Dong> {
        let months = self.months.checked_sub(self.first_month)?.checked_add(1)?;
        self.monthly_vnd.checked_mul(i64::from(months))
    }

    /// The last month that can still be paid here.
    pub fn last_month(&self) -> u32 {
        let ended = self.life.end.as_ref().map(|e| e.last_month);
        let gone = self.life.transfer_out.as_ref().map(|t| t.last_month);
        ended.or(gone).unwrap_or(self.months)
    }

    /// First and last day of a benefit month; the i-th begins on the day numbered like the start,
    /// i − 1 months later (Circular 28/2015/TT-BLĐTBXH art. 8).
    pub fn span(&self, month: u32) -> Option<(NaiveDate, NaiveDate)> {
        let before = month.checked_sub(1)?;
        let from = calendar::months_later(self.starts_on, before)?;
        let to = calendar::months_later(self.starts_on, month)?.pred_opt()?;
        Some((from, to))
    }

    /// The benefit month that a day lies in: 0 before the first, [`Benefit::months`] after the last.
    pub fn month_of(&self, day: NaiveDate) -> u32 {
        (1..=self.months)
            .take_while(|m| calendar::months_later(self.starts_on, m - 1).is_some_and(|from| from <= day))
            .last()
            .unwrap_or(0)
    }

    /// Whole đồng demanded back, come back, and still owed.
    pub fn owed(&self) -> (i64, i64, i64) {
        let demanded = self.life.recoveries.iter().fold(0_i64, |sum, r| sum.saturating_add(r.amount_vnd.0));
        let repaid = self.life.repayments.iter().fold(0_i64, |sum, r| sum.saturating_add(r.amount_vnd.0));
        (demanded, repaid, demanded.saturating_sub(repaid).max(0))
    }
}
