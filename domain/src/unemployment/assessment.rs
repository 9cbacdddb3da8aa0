//! The assessment: one pure function for both laws.
//!
//! Every condition that fails is named, not the first; amounts are exact until the last step and
//! rounded half up to the đồng once.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::facts::{Facts, YearMonth};
use super::rules::{CapBase, CapDate, Condition, ContractKind, Law, UnemploymentRules, WageRegime};
use crate::calendar;
use crate::code::Code;
use crate::money::{Dong, half_up};
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

/// Months that are looked at for the minimum contribution.
fn window(facts: &Facts, rules: &UnemploymentRules) -> u32 {
    let length = facts.contract_months.filter(|_| facts.contract_kind != ContractKind::Indefinite);
    rules
        .long_windows
        .iter()
        .find(|w| {
            w.kinds.contains(&facts.contract_kind)
                && length.is_some_and(|m| (w.months_from..w.months_below).contains(&m))
        })
        .map_or(rules.window_months, |w| w.window_months)
}

/// The dates that follow from submission and law.
struct Dates {
    submit_by: NaiveDate,
    waiting_ends: NaiveDate,
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
    let failed = failed_conditions(facts, rules, &dates, counted);
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
        unconfirmed: rules.unconfirmed.clone(),
    };
    if assessment.eligible {
        grant(&mut assessment, facts, rules, book, dates.starts)?;
    }
    Ok(assessment)
}

fn failed_conditions(facts: &Facts, rules: &UnemploymentRules, dates: &Dates, counted: u32) -> Vec<FailedCondition> {
    let ended = YearMonth::of(facts.terminated_on);
    let before = ended.minus(1);
    let contributing = facts.wages.contains_key(&ended) || facts.wages.contains_key(&before);
    let last = if facts.wages.contains_key(&ended) { ended } else { before };
    let window = window(facts, rules);
    let first = last.minus(window.saturating_sub(1));
    let in_window = u32::try_from(facts.wages.range(first..=last).count()).unwrap_or(u32::MAX);
    let waiting = facts.submitted_on..=dates.waiting_ends;

    let mut failed = Vec::new();
    let mut unless = |holds: bool, code: Condition, value: String, required: String, until: Option<NaiveDate>| {
        if holds {
            return;
        }
        let article = rules.articles.iter().find(|a| a.condition == code);
        let fixable = article.is_some_and(|a| a.fixable) && until.is_none_or(|day| facts.submitted_on <= day);
        failed.push(FailedCondition {
            code,
            message: code.label_vi().to_owned(),
            message_en: code.label_en().to_owned(),
            value,
            required,
            article: article.map(|a| a.article.clone()).unwrap_or_default(),
            fixable,
            fixable_until: until.filter(|_| fixable),
        });
    };
    let listed = |codes: Vec<String>| codes.join(", ");
    unless(
        contributing,
        Condition::NotContributingAtTermination,
        facts.wages.keys().next_back().map_or_else(|| "-".to_owned(), ToString::to_string),
        format!("{before} / {ended}"),
        Some(dates.submit_by),
    );
    unless(
        !rules.excluded_terminations.contains(&facts.termination),
        Condition::ExcludedTermination,
        facts.termination.to_string(),
        format!("not {}", listed(rules.excluded_terminations.iter().map(ToString::to_string).collect())),
        None,
    );
    unless(
        !rules.excluded_receives.contains(&facts.receives),
        Condition::ReceivesExcludedIncome,
        facts.receives.to_string(),
        format!("not {}", listed(rules.excluded_receives.iter().map(ToString::to_string).collect())),
        None,
    );
    let enough = in_window >= rules.min_months && counted >= rules.min_months;
    unless(
        enough,
        Condition::ContributionTooShort,
        format!("{in_window} in {window} months, {counted} counted"),
        format!("{} in {window} months, {} counted", rules.min_months, rules.min_months),
        Some(dates.submit_by),
    );
    unless(
        facts.submitted_on <= dates.submit_by,
        Condition::SubmittedLate,
        facts.submitted_on.to_string(),
        dates.submit_by.to_string(),
        None,
    );
    let excluded = facts.event.filter(|(event, on)| rules.excluding_events.contains(event) && waiting.contains(on));
    unless(
        excluded.is_none(),
        Condition::ExcludedAfterSubmission,
        excluded.map(|(event, on)| format!("{event} {on}")).unwrap_or_default(),
        format!("nothing from {} to {}", facts.submitted_on, dates.waiting_ends),
        None,
    );
    failed
}

/// Months of benefit for months of contribution.
fn benefit_months(counted: u32, rules: &UnemploymentRules) -> u32 {
    let further = counted.saturating_sub(rules.base_contribution_months) / rules.step_months.max(1);
    rules.base_benefit_months.saturating_add(further).min(rules.max_benefit_months)
}

/// Months of contribution left for the next claim.
fn reserved_months(counted: u32, months: u32, rules: &UnemploymentRules) -> u32 {
    let used = months.saturating_sub(rules.base_benefit_months).saturating_mul(rules.step_months);
    counted.saturating_sub(rules.base_contribution_months).saturating_sub(used)
}

fn cap(facts: &Facts, rules: &UnemploymentRules, book: &RuleBook) -> Result<Dong, AssessError> {
    let on = match rules.cap.on {
        CapDate::Termination => facts.terminated_on,
        CapDate::LastContributedMonth => {
            let last = facts.wages.keys().next_back().ok_or(AssessError::OutOfRange)?;
            last.last_day().ok_or(AssessError::OutOfRange)?
        }
    };
    let base = match facts.wage_regime {
        WageRegime::State => rules.cap.state,
        WageRegime::Employer => rules.cap.employer,
    };
    let base = match base {
        CapBase::BaseSalary => book.base_salary_on(on)?,
        CapBase::RegionalMinimumWage => book.regional_minimum_on(facts.wage_region, on)?,
    };
    base.checked_mul(rules.cap.multiple).ok_or(AssessError::OutOfRange)
}

fn grant(
    assessment: &mut Assessment,
    facts: &Facts,
    rules: &UnemploymentRules,
    book: &RuleBook,
    starts: NaiveDate,
) -> Result<(), AssessError> {
    let out = AssessError::OutOfRange;
    let last: Vec<i64> = facts.wages.values().rev().take(rules.average_months).copied().collect();
    let sum: i128 = last.iter().map(|w| i128::from(*w)).sum();
    let count = i128::try_from(last.len()).map_err(|_| AssessError::OutOfRange)?;
    let average = half_up(sum, count).ok_or(AssessError::OutOfRange)?;
    let cap = cap(facts, rules, book)?;
    // Compared before rounding: percent * sum / (100 * count) against the cap.
    let exact = (sum * i128::from(rules.percent), count * 100);
    let applied = exact.0 > i128::from(cap.0) * exact.1;
    let monthly = if applied { cap } else { Dong(half_up(exact.0, exact.1).ok_or(AssessError::OutOfRange)?) };
    let months = benefit_months(assessment.months_counted, rules);
    let schedule = schedule(starts, months, monthly).ok_or(AssessError::OutOfRange)?;
    assessment.average_wage_vnd = Some(Dong(average));
    assessment.cap_vnd = Some(cap);
    assessment.cap_applied = Some(applied);
    assessment.monthly_vnd = Some(monthly);
    assessment.months = Some(months);
    assessment.months_reserved = Some(reserved_months(assessment.months_counted, months, rules));
    assessment.starts_on = Some(starts);
    assessment.ends_on = schedule.last().map(|m| m.to);
    assessment.total_vnd = Some(monthly.checked_mul(i64::from(months)).ok_or(out)?);
    assessment.schedule = schedule;
    Ok(())
}

/// The benefit months: the i-th begins on the day numbered like the start, i − 1 months later
/// (Circular 28/2015/TT-BLĐTBXH art. 8).
fn schedule(starts: NaiveDate, months: u32, amount_vnd: Dong) -> Option<Vec<BenefitMonth>> {
    (0..months)
        .map(|i| {
            let from = calendar::months_later(starts, i)?;
            let to = calendar::months_later(starts, i + 1)?.pred_opt()?;
            Some(BenefitMonth { month: i + 1, from, to, amount_vnd })
        })
        .collect()
}
