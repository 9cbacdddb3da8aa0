//! Miễn thông báo tìm kiếm việc làm: periods in which a month need not be declared for.
//!
//! Owns which months an exemption covers and what is wrong with one that is asked for. Which grounds
//! there are is the law's, as data.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Benefit;
use super::months::{self, Law, Window};
use crate::calendar;
use crate::dossier::transition::Violation;
use crate::unemployment::life::{ExemptionGround, ExemptionRule};

/// What is asked for: a ground of the law, a period, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The ground.
    pub ground: ExemptionGround,
    /// First day.
    pub from: NaiveDate,
    /// Last day; the last of the benefit when none is given.
    pub to: Option<NaiveDate>,
    /// In words.
    pub reason: String,
    /// Giấy tờ chứng minh: the paper that proves it.
    pub evidence: String,
}

/// Một lần được miễn thông báo, as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemption {
    /// The ground.
    pub ground: ExemptionGround,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// In words.
    pub reason: String,
    /// Giấy tờ chứng minh: the paper that proves it.
    pub evidence: String,
    /// Law and article.
    pub article: String,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// Who recorded it: a user name.
    pub by: String,
    /// Months lost to a suspension that it gave back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gave_back: Vec<u32>,
    /// Thu hồi việc miễn: when it was found to be a mistake; none while it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
}

/// Thu hồi việc miễn thông báo, vì miễn nhầm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// When.
    pub at: DateTime<Utc>,
    /// Who: a user name.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Exemption {
    /// Whether it frees a month with these days to declare.
    ///
    /// It frees one whose last day it covers, so that nobody could be told to declare on that day any more. One
    /// that was withdrawn still frees a month whose days had begun by then, if it was recorded before they
    /// ended: who was told by the office that they need not declare loses nothing by the office's mistake.
    pub fn frees(&self, window: Window) -> bool {
        let covers = self.from <= window.by && window.by <= self.to;
        let relied_on =
            |w: &Withdrawal| calendar::day_of(self.at) <= window.by && window.from <= calendar::day_of(w.at);
        covers && self.withdrawn.as_ref().is_none_or(relied_on)
    }
}

/// The exemption with this number, counted from 1 in the order in which they were recorded.
pub fn numbered(benefit: &Benefit, number: u32) -> Option<&Exemption> {
    let place = usize::try_from(number.checked_sub(1)?).ok()?;
    benefit.life.exemptions.get(place)
}

impl Asked {
    /// The last day.
    pub fn last_day(&self, benefit: &Benefit) -> NaiveDate {
        self.to.unwrap_or(benefit.ends_on)
    }

    /// What the law says of the ground on the first day; none when it does not know it then.
    pub fn rule<'a>(&self, law: Law<'a>) -> Option<&'a ExemptionRule> {
        law.life.declaration.exemption(self.ground, self.from)
    }

    /// Everything that is wrong with it.
    pub fn violations(&self, benefit: &Benefit, law: Law<'_>) -> Vec<Violation> {
        let mut wrong = Vec::new();
        let mut at = |bad: bool, pointer: &str, code: &'static str, vi: &str, en: &str| {
            if bad {
                wrong.push(Violation::new(pointer.to_owned(), code, vi, en));
            }
        };
        let to = self.last_day(benefit);
        at(
            self.rule(law).is_none(),
            "/ground",
            "not_in_law",
            "Luật áp dụng không có trường hợp miễn thông báo này vào ngày đó.",
            "The law that governs does not know this ground on that day.",
        );
        at(
            !calendar::in_range(self.from) || !calendar::in_range(to),
            "/from",
            "out_of_range",
            "Ngày nằm ngoài phạm vi.",
            "The date is out of range.",
        );
        at(
            self.to.is_some_and(|to| to < self.from),
            "/to",
            "range",
            "Ngày cuối trước ngày đầu.",
            "The last day lies before the first.",
        );
        at(
            self.from > benefit.ends_on || to < benefit.decided_on,
            "/from",
            "outside_benefit",
            "Thời gian miễn nằm ngoài thời gian hưởng.",
            "The period lies outside the benefit.",
        );
        let held = benefit.life.exemptions.iter().filter(|e| e.withdrawn.is_none());
        at(
            held.into_iter().any(|e| e.ground == self.ground && e.from <= self.from && to <= e.to),
            "/from",
            "already_exempt",
            "Thời gian này đã được miễn thông báo.",
            "The period is exempt already.",
        );
        wrong
    }
}

/// Months that only exemptions which were withdrawn had given back: nothing excuses them any more.
pub fn lost_again(benefit: &Benefit, law: Law<'_>) -> Vec<u32> {
    let withdrawn = benefit.life.exemptions.iter().filter(|e| e.withdrawn.is_some());
    let once: BTreeSet<u32> = withdrawn.flat_map(|e| e.gave_back.iter().copied()).collect();
    once.into_iter()
        .filter(|m| !months::is_declared(benefit, *m) && !benefit.life.lost.contains(m))
        .filter(|m| of_month(benefit, *m, law).is_none())
        .collect()
}

/// The exemption that frees a month from its declaration.
pub fn of_month<'a>(benefit: &'a Benefit, month: u32, law: Law<'_>) -> Option<&'a Exemption> {
    let window = months::window(benefit, month, law)?;
    benefit.life.exemptions.iter().find(|e| e.frees(window))
}
