//! Law as dated data: every amount, limit and holiday, with its source.
//!
//! A rule book is one immutable document. What depends on it records its version, so a decision
//! can be replayed years later. Nothing here is a number of law; they all come in.

pub mod check;
pub mod edit;
pub mod rows;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::money::Dong;
use crate::unemployment::life::LifeRules;
use crate::unemployment::rules::{Law, UnemploymentRules, WageRegion};

crate::codes! {
    /// How far a fact of the reference data is confirmed.
    pub enum Basis {
        /// Đã đối chiếu văn bản.
        Confirmed => "confirmed", "Đã xác nhận", "Confirmed",
        /// Chưa đối chiếu văn bản.
        Recalled => "recalled", "Chưa đối chiếu", "Believed, to be confirmed",
        /// Giả định.
        Assumed => "assumed", "Giả định", "Assumed",
    }
}

/// Lương cơ sở: an amount in force from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedAmount {
    /// First day.
    pub valid_from: NaiveDate,
    /// Whole đồng a month.
    pub amount_vnd: Dong,
    /// How far it is confirmed.
    pub basis: Basis,
    /// Where it stands.
    pub source: String,
}

/// Lương tối thiểu vùng: an amount of a region in force from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionalAmount {
    /// First day.
    pub valid_from: NaiveDate,
    /// Region.
    pub region: WageRegion,
    /// Whole đồng a month.
    pub amount_vnd: Dong,
    /// How far it is confirmed.
    pub basis: Basis,
    /// Where it stands.
    pub source: String,
}

/// Vùng lương tối thiểu của một địa bàn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionOfArea {
    /// The statistics office's code of the area.
    pub gso_code: String,
    /// Its name.
    pub unit_name: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Region.
    pub region: WageRegion,
    /// How far it is confirmed.
    pub basis: Basis,
    /// Where it stands.
    pub source: String,
}

/// No rule is in force on a date that one is needed for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no {what} in force on {on}")]
pub struct NoRuleInForce {
    /// What was looked for.
    pub what: &'static str,
    /// On which day.
    pub on: NaiveDate,
}

/// Việc hệ thống tự làm theo thời hạn: what the calendar orders of dossiers (Decree 61/2018/NĐ-CP).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerRules {
    /// First day.
    pub valid_from: NaiveDate,
    /// Working days after the last day of a supplement request before its dossier is stopped.
    pub supplement_grace_working_days: u32,
    /// Working days after which a supplement request that states no last day has come to its last, counted
    /// from the day on which it was written down here, so that a request of another system is not over
    /// before anybody could know; none where such a request stays open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplement_unstated_working_days: Option<u32>,
    /// Working days after the due date before a letter of apology is drafted.
    pub apology_after_working_days: u32,
    /// How far it is confirmed.
    pub basis: Basis,
    /// Where it stands.
    pub source: String,
}

impl TimerRules {
    /// The last day of a supplement request that states none; none where it stays open.
    pub fn unstated_until(&self, recorded_on: NaiveDate, calendar: &Calendar) -> Option<NaiveDate> {
        calendar.working_days_after(recorded_on, self.supplement_unstated_working_days?)
    }

    /// The last day whose requests without a stated day are over by `today`, grace and all; none where
    /// they stay open.
    pub fn unstated_over(&self, today: NaiveDate, calendar: &Calendar) -> Option<NaiveDate> {
        let grace = self.supplement_grace_working_days;
        let over = |day: &NaiveDate| {
            let last = self.unstated_until(*day, calendar);
            last.and_then(|last| calendar.working_days_after(last, grace)).is_some_and(|last| last < today)
        };
        self.supplement_unstated_working_days?;
        std::iter::successors(today.pred_opt(), NaiveDate::pred_opt).take(FARTHEST).find(over)
    }
}

/// How many days back a request is looked for that is over by today; a bound against endless walking.
const FARTHEST: usize = 3_660;

/// Everything that law puts into numbers, as of one publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleBook {
    /// Name of the publication.
    pub version: String,
    /// Days off and working hours.
    pub calendar: Calendar,
    /// Lương cơ sở.
    pub base_salary: Vec<DatedAmount>,
    /// Lương tối thiểu vùng.
    pub regional_minimum_wage: Vec<RegionalAmount>,
    /// Region of each area.
    pub wage_regions: Vec<RegionOfArea>,
    /// Laws on unemployment benefit.
    pub unemployment: Vec<UnemploymentRules>,
    /// What the calendar orders of dossiers; none in books of before.
    #[serde(default)]
    pub timers: Vec<TimerRules>,
}

impl RuleBook {
    /// The same with its tables in the order of their keys and without names: two books say the same
    /// when, and only when, this is equal.
    #[must_use]
    pub fn content(&self) -> Self {
        let mut plain = self.clone();
        plain.version = String::new();
        plain.calendar.version = String::new();
        plain.base_salary.sort_by_key(|a| a.valid_from);
        plain.regional_minimum_wage.sort_by_key(|a| (a.valid_from, a.region));
        plain.wage_regions.sort_by(|a, b| (&a.gso_code, a.valid_from).cmp(&(&b.gso_code, b.valid_from)));
        plain.unemployment.sort_by(|a, b| (a.valid_from, &a.version).cmp(&(b.valid_from, &b.version)));
        plain.timers.sort_by_key(|t| t.valid_from);
        plain
    }

    /// Base salary in force on a day.
    ///
    /// # Errors
    /// [`NoRuleInForce`].
    pub fn base_salary_on(&self, on: NaiveDate) -> Result<Dong, NoRuleInForce> {
        let known = self.base_salary.iter().filter(|a| a.valid_from <= on);
        known
            .max_by_key(|a| a.valid_from)
            .map(|a| a.amount_vnd)
            .ok_or(NoRuleInForce { what: "base salary", on })
    }

    /// Minimum wage of a region in force on a day.
    ///
    /// # Errors
    /// [`NoRuleInForce`].
    pub fn regional_minimum_on(&self, region: WageRegion, on: NaiveDate) -> Result<Dong, NoRuleInForce> {
        let known = self.regional_minimum_wage.iter().filter(|a| a.region == region && a.valid_from <= on);
        known
            .max_by_key(|a| a.valid_from)
            .map(|a| a.amount_vnd)
            .ok_or(NoRuleInForce { what: "regional minimum wage", on })
    }

    /// What the calendar orders of dossiers on a day; none where nothing is ordered.
    pub fn timers_on(&self, on: NaiveDate) -> Option<&TimerRules> {
        self.timers.iter().filter(|t| t.valid_from <= on).max_by_key(|t| t.valid_from)
    }

    /// The law on unemployment benefit for a contract that ended on a day. Of several versions
    /// that cover the day the one that began last governs, so a later version replaces an
    /// earlier one even where nobody closed the earlier one.
    ///
    /// # Errors
    /// [`NoRuleInForce`].
    pub fn unemployment_on(&self, terminated_on: NaiveDate) -> Result<&UnemploymentRules, NoRuleInForce> {
        self.unemployment
            .iter()
            .filter(|r| r.valid_from <= terminated_on)
            .filter(|r| r.valid_to.is_none_or(|last| terminated_on <= last))
            .max_by_key(|r| r.valid_from)
            .ok_or(NoRuleInForce { what: "law on unemployment benefit", on: terminated_on })
    }

    /// What a law says of a benefit after the grant, in its latest version. A benefit keeps the law
    /// it was granted under.
    ///
    /// # Errors
    /// [`NoRuleInForce`].
    pub fn life_of(&self, law: Law, on: NaiveDate) -> Result<&LifeRules, NoRuleInForce> {
        self.unemployment
            .iter()
            .filter(|r| r.law == law && r.valid_from <= on)
            .max_by_key(|r| r.valid_from)
            .and_then(|r| r.life.as_ref())
            .ok_or(NoRuleInForce { what: "law on benefits after the grant", on })
    }
}
