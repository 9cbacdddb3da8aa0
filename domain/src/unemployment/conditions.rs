//! The conditions of the benefit: every one that fails, not the first.
//!
//! Owns what is compared with what and how it is put to the applicant. Lists, limits and articles
//! come in with the rules.

use chrono::NaiveDate;

use super::assessment::{Dates, FailedCondition};
use super::facts::{Facts, YearMonth};
use super::rules::{Condition, ContractKind, UnemploymentRules};
use crate::code::Code;

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

/// Every condition that fails, in the order of the codes; `counted` are the contributed months that
/// earlier benefits have not used.
pub(super) fn failed(
    facts: &Facts,
    rules: &UnemploymentRules,
    dates: &Dates,
    counted: u32,
) -> Vec<FailedCondition> {
    let ended = YearMonth::of(facts.terminated_on);
    let before = ended.minus(1);
    let contributing = facts.wages.contains_key(&ended) || facts.wages.contains_key(&before);
    let last = if facts.wages.contains_key(&ended) { ended } else { before };
    let window = window(facts, rules);
    let first = last.minus(window.saturating_sub(1));
    let in_window = u32::try_from(facts.wages.range(first..=last).count()).unwrap_or(u32::MAX);
    let waiting = facts.submitted_on..=dates.waiting_ends;

    let mut failed = Vec::new();
    let mut unless =
        |holds: bool, code: Condition, value: String, required: String, until: Option<NaiveDate>| {
            if holds {
                return;
            }
            let article = rules.articles.iter().find(|a| a.condition == code);
            let fixable =
                article.is_some_and(|a| a.fixable) && until.is_none_or(|day| facts.submitted_on <= day);
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
    let excluded =
        facts.event.filter(|(event, on)| rules.excluding_events.contains(event) && waiting.contains(on));
    unless(
        excluded.is_none(),
        Condition::ExcludedAfterSubmission,
        excluded.map(|(event, on)| format!("{event} {on}")).unwrap_or_default(),
        format!("nothing from {} to {}", facts.submitted_on, dates.waiting_ends),
        None,
    );
    failed
}
