//! The assessment: one pure function for both laws.
//!
//! Owns the verdict, the dates that follow from submission, and the order of the work; what fails
//! is found in `conditions`, what is paid in `amount`. It must not know a number of law: they all
//! come in with the rule book.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::rules::{CapBase, Condition, Law, UnemploymentRules};
use super::{amount, conditions};
use crate::calendar;
use crate::money::Dong;
use crate::rulebook::{NoRuleInForce, RuleBook};

/// A condition that fails, and what could be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCondition {
    /// Which.
    pub code: Condition,
    /// In Vietnamese.
    pub message: String,
    /// In English.
    pub message_en: String,
    /// The value found.
    pub value: String,
    /// The value required.
    pub required: String,
    /// Law and article.
    pub article: String,
    /// Whether it can be mended.
    pub fixable: bool,
    /// Until when.
    pub fixable_until: Option<NaiveDate>,
}

/// Một tháng hưởng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenefitMonth {
    /// From 1.
    pub month: u32,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Whole đồng.
    pub amount_vnd: Dong,
}

/// Cách tính mức hưởng: every number the monthly amount was made from, so that it can be checked by
/// hand (2013: art. 50; 2025: art. 39).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    /// Số tháng tính bình quân: contributed months the average was taken over.
    pub months_averaged: u32,
    /// Sum of their wages, whole đồng. The exact average is this divided by the months.
    pub wage_sum_vnd: Dong,
    /// Percent of the exact average.
    pub percent: i64,
    /// That percentage, half up to the đồng, before the cap.
    pub uncapped_vnd: Dong,
    /// What the cap is a multiple of.
    pub cap_base: CapBase,
    /// The base as in force on `cap_taken_on`, whole đồng a month.
    pub cap_base_vnd: Dong,
    /// How often the base.
    pub cap_multiple: i64,
    /// The day whose base was taken.
    pub cap_taken_on: NaiveDate,
}

/// Bảo hiểm y tế: health insurance that the fund pays while the benefit is drawn (2013: art. 51).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthInsurance {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Law and article.
    pub article: String,
}

/// Kết quả đánh giá điều kiện hưởng. Amounts, months and dates of the benefit are given only when
/// eligible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// Whether all conditions hold.
    pub eligible: bool,
    /// The law that governs.
    pub law: Law,
    /// Version of the law and of the rule book.
    pub rule_version: String,
    /// Everything that fails, in the order of the law.
    pub failed_conditions: Vec<FailedCondition>,
    /// Mức hưởng hằng tháng.
    pub monthly_vnd: Option<Dong>,
    /// Mức bình quân tiền lương.
    pub average_wage_vnd: Option<Dong>,
    /// Mức tối đa.
    pub cap_vnd: Option<Dong>,
    /// Whether the cap was applied.
    pub cap_applied: Option<bool>,
    /// Số tháng hưởng.
    pub months: Option<u32>,
    /// Số tháng đóng được tính.
    pub months_counted: u32,
    /// Số tháng bảo lưu.
    pub months_reserved: Option<u32>,
    /// Ngày cuối của thời gian chờ.
    pub waiting_period_ends_on: NaiveDate,
    /// Ngày bắt đầu hưởng.
    pub starts_on: Option<NaiveDate>,
    /// Hạn quyết định.
    pub decide_by: NaiveDate,
    /// Ngày kết thúc hưởng.
    pub ends_on: Option<NaiveDate>,
    /// Tổng số tiền.
    pub total_vnd: Option<Dong>,
    /// Lịch hưởng.
    pub schedule: Vec<BenefitMonth>,
    /// Cách tính mức hưởng; none when not eligible.
    // Verdicts are stored as they were given, so what came later has to have a default.
    #[serde(default)]
    pub derivation: Option<Derivation>,
    /// Bảo hiểm y tế; none when not eligible.
    #[serde(default)]
    pub health_insurance: Option<HealthInsurance>,
    /// What of the rules used is not confirmed.
    pub unconfirmed: Vec<String>,
}

/// Why nothing can be assessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssessError {
    /// A rule or amount is missing for a date.
    #[error(transparent)]
    NoRule(#[from] NoRuleInForce),
    /// A date or amount left the range that is reckoned with.
    #[error("a date or amount is out of range")]
    OutOfRange,
}

/// The dates that follow from submission and law.
pub(super) struct Dates {
    /// Last day in time, rolled forward off a day off (Civil Code 2015 art. 148).
    pub(super) submit_by: NaiveDate,
    /// Last day of the waiting period.
    pub(super) waiting_ends: NaiveDate,
    starts: NaiveDate,
    decide_by: NaiveDate,
}

fn dates(facts: &Facts, rules: &UnemploymentRules, book: &RuleBook) -> Option<Dates> {
    let after = |n| book.calendar.working_days_after(facts.submitted_on, n);
    Some(Dates {
        submit_by: calendar::months_later(facts.terminated_on, rules.submit_within_months)
            .and_then(|d| book.calendar.roll_forward(d))?,
        waiting_ends: after(rules.waiting_working_days)?,
        starts: after(rules.starts_on_working_day)?,
        decide_by: after(rules.decide_by_working_day)?,
    })
}

/// Assesses facts under the law that governs the day of termination.
///
/// # Errors
/// [`AssessError`] when no law or amount is in force, or a date leaves the range.
pub fn assess(facts: &Facts, book: &RuleBook) -> Result<Assessment, AssessError> {
    let rules = book.unemployment_on(facts.terminated_on)?;
    let dates = dates(facts, rules, book).ok_or(AssessError::OutOfRange)?;
    let contributed = u32::try_from(facts.wages.len()).unwrap_or(u32::MAX);
    let counted = contributed.saturating_sub(facts.months_already_used);
    let failed = conditions::failed(facts, rules, &dates, counted);
    let mut assessment = Assessment {
        eligible: failed.is_empty(),
        law: rules.law,
        rule_version: format!("{}/{}", rules.version, book.version),
        failed_conditions: failed,
        monthly_vnd: None,
        average_wage_vnd: None,
        cap_vnd: None,
        cap_applied: None,
        months: None,
        months_counted: counted,
        months_reserved: None,
        waiting_period_ends_on: dates.waiting_ends,
        starts_on: None,
        decide_by: dates.decide_by,
        ends_on: None,
        total_vnd: None,
        schedule: Vec::new(),
        derivation: None,
        health_insurance: None,
        unconfirmed: rules.unconfirmed.clone(),
    };
    if assessment.eligible {
        amount::grant(&mut assessment, facts, rules, book, dates.starts)?;
    }
    Ok(assessment)
}
