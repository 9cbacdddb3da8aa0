//! Unemployment benefits after the grant: what is shown of them.

mod bodies;
mod claim;
mod declarations;
mod history;

use chrono::NaiveDate;
use domain::code::Code;
use domain::text;
use domain::unemployment::benefit::months;
use domain::unemployment::benefit::status::BenefitStatus;
use domain::unemployment::life::EndCause;
use domain::unemployment::rules::Law;
use persistence::benefits::Held;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rule_books::ReasonView;
use super::unemployment::AssessmentView;
use super::{At, codes, codes_or_null};
use crate::app::Cx;
use crate::app::benefits::law;

pub use claim::RegisterCheckView;
pub use declarations::{DeclarationView, DeclarationsView, ExemptionView, MonthView};
pub use history::{BenefitEventView, BenefitTransitionView, BenefitTransitionsView};

pub use bodies::{
    BenefitBody, CancelBody, DeclarationBody, ExemptionBody, PaymentBody, ReceiveBody, RecoverBody,
    RefusalBody, RepaymentBody, ResumeBody, SuspendBody, TerminateBody, TransferBody, WithdrawExemptionBody,
};

/// Which benefits
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BenefitsQuery {
    /// Only the one granted on this dossier
    pub dossier: Option<String>,
    /// Only this status
    #[param(schema_with = codes::<BenefitStatus>)]
    pub status: Option<BenefitStatus>,
    /// Only those followed by this unit and what belongs to it
    pub unit: Option<String>,
    /// Only those whose next declaration is due on this day
    pub declaration_due: Option<NaiveDate>,
    /// Only those suspended now, on or after this day
    pub suspended_since: Option<NaiveDate>,
    /// Only those of which a month may be paid by this day
    pub payable_on: Option<NaiveDate>,
    /// Page size, 1 to 200
    #[param(minimum = 1, maximum = 200)]
    #[serde(skip_serializing)]
    pub limit: Option<u32>,
    /// Place to go on from
    #[serde(skip_serializing)]
    pub cursor: Option<String>,
}

/// How a benefit ended
#[derive(Debug, Serialize, ToSchema)]
pub struct EndView {
    /// Why; null for a decision that was cancelled
    #[schema(schema_with = codes_or_null::<EndCause>)]
    pub cause: Option<EndCause>,
    /// The day of the cause
    pub on: NaiveDate,
    /// The last month that is still paid; 0 for none
    pub last_month: u32,
    /// Law and article
    pub article: String,
    /// Contributed months left for the next claim
    pub months_kept: u32,
    /// Number of the decision
    pub decision_number: Option<String>,
}

/// Where a benefit went on
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferOutView {
    /// The province
    pub to_province: String,
    /// The day
    pub on: NaiveDate,
    /// The last month that is paid here
    pub last_month: u32,
    /// Months left to the other province
    pub months_left: u32,
    /// Last day to send the papers
    pub send_by: NaiveDate,
    /// Last day to hand them in at the new place
    pub arrive_by: NaiveDate,
}

/// Where a benefit came from
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferInView {
    /// The province
    pub from_province: String,
    /// The day it arrived
    pub arrived_on: NaiveDate,
    /// Number of the letter of introduction
    pub letter_number: String,
}

/// A job that was refused
#[derive(Debug, Serialize, ToSchema)]
pub struct JobRefusalView {
    /// The day
    pub on: NaiveDate,
    /// The job
    pub job: String,
}

/// Months demanded back
#[derive(Debug, Serialize, ToSchema)]
pub struct RecoveryView {
    /// The months
    pub months: Vec<u32>,
    /// Their sum, whole đồng
    pub amount_vnd: i64,
    /// Number of the decision
    pub decision_number: String,
    /// Day of the decision
    pub on: NaiveDate,
}

/// Money that came back
#[derive(Debug, Serialize, ToSchema)]
pub struct RepaymentView {
    /// Whole đồng
    pub amount_vnd: i64,
    /// The day
    pub on: NaiveDate,
    /// Number of the receipt
    pub reference: String,
}

/// An unemployment benefit from the grant to its end
#[derive(Debug, Serialize, ToSchema)]
pub struct BenefitView {
    /// Identity
    pub id: String,
    /// The dossier it was granted on; null where another province granted it
    pub dossier: Option<String>,
    /// The unit that follows it
    pub unit: String,
    /// As `status`
    #[schema(example = "granted")]
    pub state: String,
    /// Where it stands
    #[schema(schema_with = codes::<BenefitStatus>)]
    pub status: BenefitStatus,
    /// Vietnamese label of the status
    #[schema(example = "Đang hưởng")]
    pub status_label: String,
    /// Name of who draws it; initials for those who do not work dossiers
    #[schema(example = "Nguyễn Thị Lan")]
    pub applicant_name: String,
    /// Their identifier, masked
    #[schema(example = "********0001")]
    pub applicant_personal_id: String,
    /// The law it was granted under, which it keeps
    #[schema(schema_with = codes::<Law>)]
    pub law: Law,
    /// Number of the decision
    pub decision_number: String,
    /// Day of the decision
    pub decided_on: NaiveDate,
    /// Monthly benefit, whole đồng
    #[schema(example = 4800000)]
    pub monthly_vnd: i64,
    /// Benefit months in all
    #[schema(example = 4)]
    pub months: u32,
    /// First month that is paid here
    #[schema(example = 1)]
    pub first_month: u32,
    /// First day
    pub starts_on: NaiveDate,
    /// Last day of the last month
    pub ends_on: NaiveDate,
    /// Contributed months that counted
    #[schema(example = 55)]
    pub months_counted: u32,
    /// Contributed months that the decision reserved
    #[schema(example = 7)]
    pub months_reserved: u32,
    /// Since when it is suspended
    pub suspended_on: Option<NaiveDate>,
    /// First day of the next declaration
    pub declare_from: Option<NaiveDate>,
    /// Last day of the next declaration
    pub declare_by: Option<NaiveDate>,
    /// First day on which a month may be paid that is not paid yet
    pub payable_on: Option<NaiveDate>,
    /// How it ended
    pub end: Option<EndView>,
    /// Where it went on
    pub transfer_out: Option<TransferOutView>,
    /// Where it came from
    pub transfer_in: Option<TransferInView>,
    /// Paid for months that are not due and not demanded back yet, whole đồng
    #[schema(example = 0)]
    pub overpaid_vnd: i64,
    /// Demanded back, whole đồng
    #[schema(example = 0)]
    pub demanded_vnd: i64,
    /// Come back, whole đồng
    #[schema(example = 0)]
    pub repaid_vnd: i64,
    /// Still owed, whole đồng
    #[schema(example = 0)]
    pub owed_vnd: i64,
    /// Every month as it stands today; not in lists
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benefit_months: Option<Vec<MonthView>>,
    /// Jobs refused; not in lists
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusals: Option<Vec<JobRefusalView>>,
    /// Months demanded back; not in lists
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recoveries: Option<Vec<RecoveryView>>,
    /// Money that came back; not in lists
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repayments: Option<Vec<RepaymentView>>,
    /// What of the rules on benefits after the grant is not confirmed; not in lists
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unconfirmed: Option<Vec<String>>,
    /// Why months cannot be reckoned and `benefit_months` is missing: no law on them is in force
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreckonable: Option<ReasonView>,
    /// What the law gave; null where another province assessed it
    pub assessment: Option<AssessmentView>,
    /// When it was recorded
    pub created_at: At,
    /// Version for conditional requests
    pub version: i64,
}

impl BenefitView {
    /// A benefit as it stands in a list.
    pub fn line(held: &Held, sees_persons: bool) -> Self {
        let b = &held.benefit;
        let (demanded, repaid, owed) = b.owed();
        let overpaid = i64::try_from(months::overpaid(b).len()).unwrap_or(i64::MAX);
        let name = &b.applicant_name;
        Self {
            id: b.id.to_string(),
            dossier: b.dossier.as_ref().map(|(_, code)| code.clone()),
            unit: b.unit.clone(),
            state: b.status.to_string(),
            status: b.status,
            status_label: b.status.label_vi().to_owned(),
            applicant_name: if sees_persons { name.clone() } else { text::initials(name) },
            applicant_personal_id: text::mask(&b.personal_id, 4),
            law: b.law,
            decision_number: b.decision_number.clone(),
            decided_on: b.decided_on,
            monthly_vnd: b.monthly_vnd.0,
            months: b.months,
            first_month: b.first_month,
            starts_on: b.starts_on,
            ends_on: b.ends_on,
            months_counted: b.months_counted,
            months_reserved: b.months_reserved,
            suspended_on: b.suspended_on,
            declare_from: held.agenda.declare.map(|w| w.from),
            declare_by: held.agenda.declare.map(|w| w.by),
            payable_on: held.agenda.payable_on,
            end: b.life.end.as_ref().map(|e| EndView {
                cause: e.cause,
                on: e.on,
                last_month: e.last_month,
                article: e.article.clone(),
                months_kept: e.months_kept,
                decision_number: e.decision_number.clone(),
            }),
            transfer_out: b.life.transfer_out.as_ref().map(|t| TransferOutView {
                to_province: t.to_province.clone(),
                on: t.on,
                last_month: t.last_month,
                months_left: t.months_left,
                send_by: t.send_by,
                arrive_by: t.arrive_by,
            }),
            transfer_in: b.life.transfer_in.as_ref().map(|t| TransferInView {
                from_province: t.from_province.clone(),
                arrived_on: t.arrived_on,
                letter_number: t.letter_number.clone(),
            }),
            overpaid_vnd: b.monthly_vnd.checked_mul(overpaid).map_or(i64::MAX, |d| d.0),
            demanded_vnd: demanded,
            repaid_vnd: repaid,
            owed_vnd: owed,
            benefit_months: None,
            refusals: None,
            recoveries: None,
            repayments: None,
            unconfirmed: None,
            unreckonable: None,
            assessment: b.assessment.as_ref().map(AssessmentView::of),
            created_at: At(b.created_at),
            version: b.version,
        }
    }

    /// A benefit whole, as it stands now.
    pub fn of(cx: &Cx, held: &Held) -> Self {
        let b = &held.benefit;
        let day = domain::calendar::day_of(cx.now);
        let (law, unreckonable) = match law(&cx.reference.rules, b, cx.now) {
            Ok(law) => (Some(law), None),
            Err(missing) => (None, Some(ReasonView::of(&missing))),
        };
        let refusals = b.life.refusals.iter();
        let recoveries = b.life.recoveries.iter();
        let repayments = b.life.repayments.iter();
        Self {
            benefit_months: law
                .map(|law| months::months(b, day, law).iter().map(|m| MonthView::of(b, m)).collect()),
            refusals: Some(refusals.map(|r| JobRefusalView { on: r.on, job: r.job.clone() }).collect()),
            recoveries: Some(
                recoveries
                    .map(|r| RecoveryView {
                        months: r.months.clone(),
                        amount_vnd: r.amount_vnd.0,
                        decision_number: r.decision_number.clone(),
                        on: r.on,
                    })
                    .collect(),
            ),
            repayments: Some(
                repayments
                    .map(|r| RepaymentView {
                        amount_vnd: r.amount_vnd.0,
                        on: r.on,
                        reference: r.reference.clone(),
                    })
                    .collect(),
            ),
            unconfirmed: law.map(|law| law.life.unconfirmed.clone()),
            unreckonable,
            ..Self::line(held, cx.actor.sees_persons())
        }
    }
}
