//! The facts that an assessment rests on, checked as a whole.
//!
//! [`FactsInput`] is what comes over the wire and what a dossier's form holds; [`Facts`] can only
//! be made from it by [`FactsInput::check`], which names everything that is wrong at once.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::rules::{ContractKind, Receives, Termination, WageRegime, WageRegion, WaitingEvent};
use crate::calendar;
use crate::dossier::transition::Violation;

/// A calendar month, `YYYY-MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearMonth(i32);

impl YearMonth {
    /// The month of a day.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.year() * 12 + i32::try_from(day.month0()).unwrap_or(0))
    }

    /// Reads `YYYY-MM`, of years that can be reckoned with.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let first = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
        calendar::in_range(first).then(|| Self::of(first))
    }

    /// The month `n` before.
    pub fn minus(self, n: u32) -> Self {
        Self(self.0.saturating_sub(i32::try_from(n).unwrap_or(i32::MAX)))
    }

    /// The next month.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Its last day.
    pub fn last_day(self) -> Option<NaiveDate> {
        let next = Self(self.0 + 1);
        NaiveDate::from_ymd_opt(next.0.div_euclid(12), u32::try_from(next.0.rem_euclid(12) + 1).ok()?, 1)?
            .pred_opt()
    }
}

impl std::fmt::Display for YearMonth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl Serialize for YearMonth {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for YearMonth {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a month YYYY-MM"))
    }
}

/// Hợp đồng lao động đã chấm dứt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractInput {
    /// Kind.
    pub kind: ContractKind,
    /// Length in months; needed for all but indefinite ones.
    #[serde(default)]
    pub months: Option<u32>,
}

/// Quá trình đóng: whole months at one wage, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContributionInput {
    /// First month.
    pub from: YearMonth,
    /// Last month.
    pub to: YearMonth,
    /// Wage the contribution was reckoned on, whole đồng a month.
    pub wage_vnd: i64,
}

/// What happened first in the waiting period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfterSubmissionInput {
    /// What.
    pub event: WaitingEvent,
    /// When; needed with every event but `none`.
    #[serde(default)]
    pub on: Option<NaiveDate>,
}

/// The facts as they come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsInput {
    /// Ngày chấm dứt hợp đồng.
    pub terminated_on: NaiveDate,
    /// Lý do chấm dứt.
    pub termination: Termination,
    /// Hợp đồng.
    pub contract: ContractInput,
    /// Quá trình đóng, in any order.
    pub contributions: Vec<ContributionInput>,
    /// Số tháng đã hưởng của các lần trước: contributed months used up by earlier benefits.
    #[serde(default)]
    pub months_already_used: u32,
    /// Chế độ tiền lương.
    pub wage_regime: WageRegime,
    /// Vùng lương tối thiểu.
    pub wage_region: WageRegion,
    /// Sự kiện trong thời gian chờ.
    #[serde(default = "nothing_happened")]
    pub after_submission: AfterSubmissionInput,
    /// Chế độ đang hưởng.
    #[serde(default = "receives_nothing")]
    pub receives: Receives,
}

fn nothing_happened() -> AfterSubmissionInput {
    AfterSubmissionInput { event: WaitingEvent::None, on: None }
}

fn receives_nothing() -> Receives {
    Receives::None
}

/// Facts that hold together, month by month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub(super) terminated_on: NaiveDate,
    pub(super) submitted_on: NaiveDate,
    pub(super) termination: Termination,
    pub(super) contract_kind: ContractKind,
    pub(super) contract_months: Option<u32>,
    /// Wage of every contributed month.
    pub(super) wages: BTreeMap<YearMonth, i64>,
    pub(super) months_already_used: u32,
    pub(super) wage_regime: WageRegime,
    pub(super) wage_region: WageRegion,
    pub(super) event: Option<(WaitingEvent, NaiveDate)>,
    pub(super) receives: Receives,
}

/// Bounds of what is looked at; technical, not of law: they keep sums within range.
const MOST_PERIODS: usize = 600;
const HIGHEST_WAGE: i64 = 10_000_000_000;
const LONGEST_CONTRACT: u32 = 1_200;

impl FactsInput {
    /// Checks the facts against each other and against the day of submission.
    ///
    /// # Errors
    /// Every violation at once, each with its JSON pointer.
    pub fn check(&self, submitted_on: NaiveDate) -> Result<Facts, Vec<Violation>> {
        let mut wrong = Vec::new();
        let mut at = |bad: bool, pointer: &str, code: &'static str, vi: &str, en: &str| {
            if bad {
                wrong.push(Violation::new(pointer.to_owned(), code, vi, en));
            }
            bad
        };
        let odd = |day: NaiveDate| !calendar::in_range(day);
        at(
            odd(self.terminated_on),
            "/terminated_on",
            "out_of_range",
            "Ngày nằm ngoài phạm vi.",
            "The date is out of range.",
        );
        at(
            odd(submitted_on),
            "/submitted_on",
            "out_of_range",
            "Ngày nằm ngoài phạm vi.",
            "The date is out of range.",
        );
        at(
            submitted_on < self.terminated_on,
            "/submitted_on",
            "before_termination",
            "Không thể nộp hồ sơ trước ngày chấm dứt hợp đồng.",
            "A dossier cannot be submitted before the contract ended.",
        );
        let needs_months = self.contract.kind != ContractKind::Indefinite;
        at(
            needs_months && self.contract.months.is_none(),
            "/contract/months",
            "required",
            "Hợp đồng có thời hạn phải nêu số tháng.",
            "A contract for a term needs its length in months.",
        );
        at(
            self.contract.months.is_some_and(|m| m == 0 || m > LONGEST_CONTRACT),
            "/contract/months",
            "out_of_range",
            "Số tháng không hợp lý.",
            "The number of months is not a possible one.",
        );
        at(
            self.after_submission.event != WaitingEvent::None && self.after_submission.on.is_none(),
            "/after_submission/on",
            "required",
            "Phải nêu ngày xảy ra sự kiện.",
            "The day of the event is needed.",
        );
        at(
            self.contributions.len() > MOST_PERIODS,
            "/contributions",
            "too_many",
            "Quá nhiều giai đoạn đóng.",
            "Too many periods of contribution.",
        );
        let last = YearMonth::of(self.terminated_on);
        for (i, period) in self.contributions.iter().take(MOST_PERIODS).enumerate() {
            let here = |field: &str| format!("/contributions/{i}{field}");
            at(
                !(1..=HIGHEST_WAGE).contains(&period.wage_vnd),
                &here("/wage_vnd"),
                "out_of_range",
                "Tiền lương phải lớn hơn 0 và hợp lý.",
                "The wage must be more than nothing and a possible one.",
            );
            let reversed = at(
                period.to < period.from,
                &here("/to"),
                "before_from",
                "Tháng cuối trước tháng đầu.",
                "The last month lies before the first.",
            );
            let after = at(
                period.to > last,
                &here("/to"),
                "after_termination",
                "Giai đoạn đóng sau tháng chấm dứt hợp đồng.",
                "The period lies after the month of termination.",
            );
            if reversed || after {
                continue;
            }
            // By their ends, not month by month: hundreds of periods that all span a century must
            // not cost hundreds of centuries.
            let earlier = self.contributions.iter().take(i);
            let overlaps = earlier
                .filter(|p| p.from <= p.to && p.to <= last)
                .any(|p| p.from <= period.to && period.from <= p.to);
            at(
                overlaps,
                &here(""),
                "overlap",
                "Các giai đoạn đóng chồng lên nhau.",
                "Periods of contribution overlap.",
            );
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let months = |p: &ContributionInput| {
            let (to, wage) = (p.to, p.wage_vnd);
            std::iter::successors(Some(p.from), |m| Some(m.next()))
                .take_while(move |m| *m <= to)
                .map(move |m| (m, wage))
        };
        let wages = self.contributions.iter().flat_map(months).collect();
        let event = match (self.after_submission.event, self.after_submission.on) {
            (WaitingEvent::None, _) | (_, None) => None,
            (event, Some(on)) => Some((event, on)),
        };
        Ok(Facts {
            terminated_on: self.terminated_on,
            submitted_on,
            termination: self.termination,
            contract_kind: self.contract.kind,
            contract_months: self.contract.months,
            wages,
            months_already_used: self.months_already_used,
            wage_regime: self.wage_regime,
            wage_region: self.wage_region,
            event,
            receives: self.receives,
        })
    }
}
