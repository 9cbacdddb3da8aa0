//! Chuyển đến: a benefit that another province granted and that goes on here.

use chrono::{DateTime, NaiveDate, Utc};

use super::event::{BenefitDetail, BenefitEvent};
use super::status::BenefitStatus;
use super::{Benefit, Life, TransferIn};
use crate::access::Permit;
use crate::calendar;
use crate::dossier::transition::Violation;
use crate::ids::BenefitId;
use crate::money::Dong;
use crate::person::{Name, PersonalId};
use crate::unemployment::rules::UnemploymentRules;

/// What the letter of the other province says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The unit that follows it from now on.
    pub unit: String,
    /// Họ và tên.
    pub name: Name,
    /// Số định danh.
    pub personal_id: PersonalId,
    /// Day on which the contract ended, which decides the law.
    pub terminated_on: NaiveDate,
    /// Số quyết định hưởng.
    pub decision_number: String,
    /// Day of the decision.
    pub decided_on: NaiveDate,
    /// Mức hưởng hằng tháng, whole đồng.
    pub monthly_vnd: i64,
    /// First day of the benefit.
    pub starts_on: NaiveDate,
    /// Benefit months in all.
    pub months: u32,
    /// Of these, paid in the other province.
    pub months_drawn: u32,
    /// Contributed months that counted.
    pub months_counted: u32,
    /// Contributed months that the decision reserved.
    pub months_reserved: u32,
    /// The province.
    pub from_province: String,
    /// The day it arrived; silence before that is the other province's matter.
    pub arrived_on: NaiveDate,
    /// Số giấy giới thiệu.
    pub letter_number: String,
}

impl Arrival {
    /// Everything that does not hold together.
    fn violations(&self, rules: &UnemploymentRules, day: NaiveDate) -> Vec<Violation> {
        let mut wrong = Vec::new();
        let mut at = |bad: bool, pointer: &str, code: &'static str, vi: &str, en: &str| {
            if bad {
                wrong.push(Violation::new(pointer.to_owned(), code, vi, en));
            }
        };
        let odd = ("Ngày nằm ngoài phạm vi.", "The date is out of range.");
        let future = ("Ngày không được sau hôm nay.", "The day cannot lie in the future.");
        let days = [
            ("/terminated_on", self.terminated_on),
            ("/decided_on", self.decided_on),
            ("/starts_on", self.starts_on),
            ("/arrived_on", self.arrived_on),
        ];
        for (pointer, on) in days {
            at(!calendar::in_range(on), pointer, "out_of_range", odd.0, odd.1);
        }
        at(self.decided_on > day, "/decided_on", "in_future", future.0, future.1);
        at(self.arrived_on > day, "/arrived_on", "in_future", future.0, future.1);
        at(
            self.starts_on < self.terminated_on,
            "/starts_on",
            "before_termination",
            "Không thể hưởng trước ngày chấm dứt hợp đồng.",
            "A benefit cannot start before the contract ended.",
        );
        at(
            self.months == 0 || self.months > rules.max_benefit_months,
            "/months",
            "out_of_range",
            "Số tháng hưởng vượt mức luật định.",
            "More benefit months than the law gives.",
        );
        at(
            self.months_drawn >= self.months,
            "/months_drawn",
            "none_left",
            "Không còn tháng hưởng nào.",
            "No benefit month is left.",
        );
        at(
            self.months_reserved > self.months_counted,
            "/months_reserved",
            "more_than_counted",
            "Số tháng bảo lưu lớn hơn số tháng đóng.",
            "More months reserved than counted.",
        );
        wrong
    }

    /// The benefit as it goes on here, with its first event.
    ///
    /// # Errors
    /// Everything that does not hold together.
    pub fn open(
        &self,
        permit: &Permit,
        id: BenefitId,
        rules: &UnemploymentRules,
        rule_version: String,
        now: DateTime<Utc>,
    ) -> Result<(Benefit, BenefitEvent), Vec<Violation>> {
        let wrong = self.violations(rules, calendar::day_of(now));
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let ends = calendar::months_later(self.starts_on, self.months).and_then(|d| d.pred_opt());
        let Some(ends_on) = ends else {
            return Err(vec![Violation::new(
                "/starts_on".into(),
                "out_of_range",
                "Ngày nằm ngoài phạm vi.",
                "The date is out of range.",
            )]);
        };
        let came = TransferIn {
            from_province: self.from_province.clone(),
            arrived_on: self.arrived_on,
            letter_number: self.letter_number.clone(),
        };
        let benefit = Benefit {
            id,
            dossier: None,
            unit: self.unit.clone(),
            personal_id: self.personal_id.as_str().to_owned(),
            applicant_name: self.name.as_str().to_owned(),
            status: BenefitStatus::Granted,
            law: rules.law,
            rule_version,
            decision_number: self.decision_number.clone(),
            decided_on: self.decided_on,
            monthly_vnd: Dong(self.monthly_vnd),
            starts_on: self.starts_on,
            ends_on,
            months: self.months,
            first_month: self.months_drawn + 1,
            months_counted: self.months_counted,
            months_reserved: self.months_reserved,
            followed_from: self.arrived_on,
            suspended_on: None,
            life: Life { transfer_in: Some(came), ..Life::default() },
            assessment: None,
            created_at: now,
            version: 1,
        };
        let event = BenefitEvent {
            detail: BenefitDetail {
                month: Some(benefit.first_month),
                on: Some(self.arrived_on),
                amount_vnd: Some(self.monthly_vnd),
                decision_number: Some(self.decision_number.clone()),
                reference: Some(self.letter_number.clone()),
                province: Some(self.from_province.clone()),
                ..BenefitDetail::default()
            },
            ..BenefitEvent::of(permit, &benefit, None, now)
        };
        Ok((benefit, event))
    }
}
