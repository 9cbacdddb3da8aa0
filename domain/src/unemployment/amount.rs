//! What a benefit pays, for how long and on which days.
//!
//! Amounts are exact fractions until the last step and are rounded half up to the đồng once, the
//! average for display apart from the amount that is paid.

use chrono::NaiveDate;

use super::assessment::{AssessError, Assessment, BenefitMonth, Derivation, HealthInsurance};
use super::facts::Facts;
use super::rules::{CapBase, CapDate, UnemploymentRules, WageRegime};
use crate::calendar;
use crate::money::{Dong, half_up};
use crate::rulebook::RuleBook;

/// Parts of the whole that a percentage counts.
const PERCENT: i128 = 100;

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

/// The base of the cap, its amount and the day it was taken on.
fn cap_base(
    facts: &Facts,
    rules: &UnemploymentRules,
    book: &RuleBook,
) -> Result<(CapBase, Dong, NaiveDate), AssessError> {
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
    let amount = match base {
        CapBase::BaseSalary => book.base_salary_on(on)?,
        CapBase::RegionalMinimumWage => book.regional_minimum_on(facts.wage_region, on)?,
    };
    Ok((base, amount, on))
}

/// Fills in what an eligible applicant gets from `starts` on.
///
/// # Errors
/// [`AssessError`] when no amount is in force for the cap, or a number or date leaves its range.
pub(super) fn grant(
    assessment: &mut Assessment,
    facts: &Facts,
    rules: &UnemploymentRules,
    book: &RuleBook,
    starts: NaiveDate,
) -> Result<(), AssessError> {
    let out = || AssessError::OutOfRange;
    let last: Vec<i64> = facts.wages.values().rev().take(rules.average_months).copied().collect();
    let sum: i128 = last.iter().map(|w| i128::from(*w)).sum();
    let months_averaged = u32::try_from(last.len()).map_err(|_| out())?;
    let count = i128::from(months_averaged);
    let average = half_up(sum, count).ok_or_else(out)?;
    let (base, base_amount, taken_on) = cap_base(facts, rules, book)?;
    let cap = base_amount.checked_mul(rules.cap.multiple).ok_or_else(out)?;
    // Compared before rounding: percent × sum / (100 × count) against the cap.
    let parts = sum.checked_mul(i128::from(rules.percent)).ok_or_else(out)?;
    let of = count * PERCENT;
    let applied = parts > i128::from(cap.0) * of;
    let uncapped = Dong(half_up(parts, of).ok_or_else(out)?);
    let monthly = if applied { cap } else { uncapped };
    let months = benefit_months(assessment.months_counted, rules);
    let schedule = schedule(starts, months, monthly).ok_or_else(out)?;
    let ends = schedule.last().map(|m| m.to);
    assessment.average_wage_vnd = Some(Dong(average));
    assessment.cap_vnd = Some(cap);
    assessment.cap_applied = Some(applied);
    assessment.monthly_vnd = Some(monthly);
    assessment.months = Some(months);
    assessment.months_reserved = Some(reserved_months(assessment.months_counted, months, rules));
    assessment.starts_on = Some(starts);
    assessment.ends_on = ends;
    assessment.total_vnd = Some(monthly.checked_mul(i64::from(months)).ok_or_else(out)?);
    assessment.schedule = schedule;
    assessment.derivation = Some(Derivation {
        months_averaged,
        wage_sum_vnd: Dong(i64::try_from(sum).map_err(|_| out())?),
        percent: rules.percent,
        uncapped_vnd: uncapped,
        cap_base: base,
        cap_base_vnd: base_amount,
        cap_multiple: rules.cap.multiple,
        cap_taken_on: taken_on,
    });
    let insured = rules.health_insurance.clone().zip(ends);
    assessment.health_insurance = insured.map(|(article, to)| HealthInsurance { from: starts, to, article });
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
