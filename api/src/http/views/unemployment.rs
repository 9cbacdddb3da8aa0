//! Assessments of unemployment benefit, and deadlines.

use chrono::NaiveDate;
use domain::deadline::{DayExplained, DayReason, Limit, LimitUnit, Pause, Remaining};
use domain::unemployment::assessment::{Assessment, BenefitMonth, FailedCondition};
use domain::unemployment::facts::{
    AfterSubmissionInput, ContractInput, ContributionInput, FactsInput, YearMonth,
};
use domain::unemployment::rules::{
    Condition, ContractKind, Law, Receives, Termination, WageRegime, WageRegion, WaitingEvent,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use validator::Validate;

use super::{At, codes};

fn month() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .pattern(Some("^[0-9]{4}-[0-9]{2}$"))
        .description(Some("Calendar month, YYYY-MM"))
        .into()
}

/// The contract that ended
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractBody {
    /// Kind
    #[schema(schema_with = codes::<ContractKind>)]
    pub kind: ContractKind,
    /// Length in months; needed for all but indefinite ones
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1200)]
    pub months: Option<u32>,
}

/// Whole months of contribution at one wage, both ends included
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContributionBody {
    /// First month
    #[schema(schema_with = month)]
    pub from: YearMonth,
    /// Last month
    #[schema(schema_with = month)]
    pub to: YearMonth,
    /// Wage, whole đồng a month
    #[schema(minimum = 1, maximum = 10000000000_i64, example = 8000000)]
    pub wage_vnd: i64,
}

/// What happened first in the waiting period
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AfterSubmissionBody {
    /// What
    #[schema(schema_with = codes::<WaitingEvent>)]
    pub event: WaitingEvent,
    /// When; needed with every event but `none`
    #[serde(default)]
    pub on: Option<NaiveDate>,
}

/// Facts of a claim to unemployment benefit
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentRequest {
    /// Day on which the contract ended
    #[schema(example = "2023-08-15")]
    pub terminated_on: NaiveDate,
    /// Why it ended
    #[schema(schema_with = codes::<Termination>)]
    pub termination: Termination,
    /// The contract
    pub contract: ContractBody,
    /// Day of submission
    #[schema(example = "2023-11-15")]
    pub submitted_on: NaiveDate,
    /// Periods of contribution, in any order
    #[validate(length(max = 600))]
    #[schema(max_items = 600)]
    pub contributions: Vec<ContributionBody>,
    /// Contributed months used up by earlier benefits
    #[serde(default)]
    #[validate(range(max = 1200))]
    #[schema(maximum = 1200)]
    pub months_already_used: u32,
    /// Who sets the wage
    #[schema(schema_with = codes::<WageRegime>)]
    pub wage_regime: WageRegime,
    /// Region of the minimum wage
    #[schema(schema_with = codes::<WageRegion>)]
    pub wage_region: WageRegion,
    /// What happened in the waiting period
    #[serde(default)]
    pub after_submission: Option<AfterSubmissionBody>,
    /// Income that may exclude
    #[serde(default = "nothing")]
    #[schema(schema_with = codes::<Receives>)]
    pub receives: Receives,
    /// Rule book to go by: name of a version, or identity of a draft; the one in force where none is given
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 100))]
    #[schema(max_length = 100)]
    pub rule_book: Option<String>,
}

fn nothing() -> Receives {
    Receives::None
}

impl AssessmentRequest {
    /// The facts, and the day of submission.
    pub fn facts(self) -> (FactsInput, NaiveDate) {
        let after =
            self.after_submission.map_or(AfterSubmissionInput { event: WaitingEvent::None, on: None }, |a| {
                AfterSubmissionInput { event: a.event, on: a.on }
            });
        let contributions = self
            .contributions
            .into_iter()
            .map(|c| ContributionInput { from: c.from, to: c.to, wage_vnd: c.wage_vnd })
            .collect();
        let facts = FactsInput {
            terminated_on: self.terminated_on,
            termination: self.termination,
            contract: ContractInput { kind: self.contract.kind, months: self.contract.months },
            contributions,
            months_already_used: self.months_already_used,
            wage_regime: self.wage_regime,
            wage_region: self.wage_region,
            after_submission: after,
            receives: self.receives,
        };
        (facts, self.submitted_on)
    }
}

/// A condition that fails
#[derive(Debug, Serialize, ToSchema)]
pub struct FailedConditionView {
    /// Which
    #[schema(schema_with = codes::<Condition>)]
    pub code: Condition,
    /// In Vietnamese
    pub message: String,
    /// In English
    pub message_en: String,
    /// Value found
    pub value: String,
    /// Value required
    pub required: String,
    /// Law and article
    pub article: String,
    /// Whether it can be mended
    pub fixable: bool,
    /// Until when
    pub fixable_until: Option<NaiveDate>,
}

impl FailedConditionView {
    /// A condition as it is shown.
    pub fn of(c: &FailedCondition) -> Self {
        Self {
            code: c.code,
            message: c.message.clone(),
            message_en: c.message_en.clone(),
            value: c.value.clone(),
            required: c.required.clone(),
            article: c.article.clone(),
            fixable: c.fixable,
            fixable_until: c.fixable_until,
        }
    }
}

/// A benefit month
#[derive(Debug, Serialize, ToSchema)]
pub struct BenefitMonthView {
    /// From 1
    pub month: u32,
    /// First day
    pub from: NaiveDate,
    /// Last day
    pub to: NaiveDate,
    /// Whole đồng
    pub amount_vnd: i64,
}

impl BenefitMonthView {
    fn of(m: &BenefitMonth) -> Self {
        Self { month: m.month, from: m.from, to: m.to, amount_vnd: m.amount_vnd.0 }
    }
}

/// Verdict on a claim. Amounts, months and dates of the benefit are given only when eligible
#[derive(Debug, Serialize, ToSchema)]
pub struct AssessmentView {
    /// Whether all conditions hold
    pub eligible: bool,
    /// Law that governs
    #[schema(schema_with = codes::<Law>)]
    pub law: Law,
    /// Version of law and amounts
    pub rule_version: String,
    /// Everything that fails, in the order of the law
    pub failed_conditions: Vec<FailedConditionView>,
    /// Monthly benefit
    #[schema(example = 4800000)]
    pub monthly_vnd: Option<i64>,
    /// Average wage
    #[schema(example = 8000000)]
    pub average_wage_vnd: Option<i64>,
    /// The most a month may pay
    #[schema(example = 18200000)]
    pub cap_vnd: Option<i64>,
    /// Whether the cap was applied
    pub cap_applied: Option<bool>,
    /// Benefit months
    #[schema(example = 4)]
    pub months: Option<u32>,
    /// Contributed months that count
    #[schema(example = 55)]
    pub months_counted: u32,
    /// Contributed months kept for the next claim
    #[schema(example = 7)]
    pub months_reserved: Option<u32>,
    /// Last day of the waiting period
    pub waiting_period_ends_on: NaiveDate,
    /// First day of the benefit
    pub starts_on: Option<NaiveDate>,
    /// Last day to decide
    pub decide_by: NaiveDate,
    /// Last day of the benefit
    pub ends_on: Option<NaiveDate>,
    /// Sum of all months
    pub total_vnd: Option<i64>,
    /// Benefit months
    pub schedule: Vec<BenefitMonthView>,
    /// What of the rules used is not confirmed
    pub unconfirmed: Vec<String>,
}

impl AssessmentView {
    /// A verdict as it is shown.
    pub fn of(a: &Assessment) -> Self {
        Self {
            eligible: a.eligible,
            law: a.law,
            rule_version: a.rule_version.clone(),
            failed_conditions: a.failed_conditions.iter().map(FailedConditionView::of).collect(),
            monthly_vnd: a.monthly_vnd.map(|d| d.0),
            average_wage_vnd: a.average_wage_vnd.map(|d| d.0),
            cap_vnd: a.cap_vnd.map(|d| d.0),
            cap_applied: a.cap_applied,
            months: a.months,
            months_counted: a.months_counted,
            months_reserved: a.months_reserved,
            waiting_period_ends_on: a.waiting_period_ends_on,
            starts_on: a.starts_on,
            decide_by: a.decide_by,
            ends_on: a.ends_on,
            total_vnd: a.total_vnd.map(|d| d.0),
            schedule: a.schedule.iter().map(BenefitMonthView::of).collect(),
            unconfirmed: a.unconfirmed.clone(),
        }
    }
}

/// A time limit
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitBody {
    /// How many, 1 to 3000
    #[schema(minimum = 1, maximum = 3000, example = 20)]
    pub value: i64,
    /// Of what
    #[schema(schema_with = codes::<LimitUnit>)]
    pub unit: LimitUnit,
}

/// A span in which the clock waits
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    /// Begin
    pub from: At,
    /// End; null while it lasts
    #[serde(default)]
    pub to: Option<At>,
}

/// What a due date follows from
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimulationRequest {
    /// Instant of acceptance
    pub accepted_at: At,
    /// Time limit
    pub limit: LimitBody,
    /// Pauses, in any order
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub pauses: Vec<PauseBody>,
    /// Rule book to go by: name of a version, or identity of a draft; the one in force where none is given
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 100))]
    #[schema(max_length = 100)]
    pub rule_book: Option<String>,
}

impl SimulationRequest {
    /// The limit.
    pub fn limit(&self) -> Limit {
        Limit { value: self.limit.value, unit: self.limit.unit }
    }

    /// The pauses.
    pub fn pauses(&self) -> Vec<Pause> {
        self.pauses.iter().map(|p| Pause { from: p.from.0, to: p.to.map(|t| t.0) }).collect()
    }
}

/// One day of the way to the due date
#[derive(Debug, Serialize, ToSchema)]
pub struct DayView {
    /// The day
    pub date: NaiveDate,
    /// Whether it counted
    pub counted: bool,
    /// Why
    #[schema(schema_with = codes::<DayReason>)]
    pub reason: DayReason,
    /// What the calendar calls it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl DayView {
    /// A day as it is shown.
    pub fn of(day: DayExplained) -> Self {
        Self { date: day.date, counted: day.counted, reason: day.reason, name: day.name }
    }
}

/// A due date and how it came about
#[derive(Debug, Serialize, ToSchema)]
pub struct SimulationView {
    /// Due instant; null while a pause lasts
    pub due_at: Option<At>,
    /// Its civil day
    pub due_on: Option<NaiveDate>,
    /// Version of the calendar
    pub calendar_version: String,
    /// Every day from acceptance to the due day
    pub days: Vec<DayView>,
}

/// Time left, or by how much it is late
#[derive(Debug, Serialize, ToSchema)]
pub struct RemainingView {
    /// Whether the due instant has passed
    pub late: bool,
    /// Working days left, or late
    pub working_days: i64,
    /// Working minutes left, or late
    pub working_minutes: i64,
    /// In words, Vietnamese
    pub text_vi: String,
    /// In words, English
    pub text_en: String,
}

impl RemainingView {
    /// Time left as it is shown.
    pub fn of(r: Remaining) -> Self {
        Self {
            late: r.late,
            working_days: r.working_days,
            working_minutes: r.working_minutes,
            text_vi: r.text_vi,
            text_en: r.text_en,
        }
    }
}
