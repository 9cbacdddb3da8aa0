//! Contributed months: what an ending leaves of them, and what the register knows of earlier claims.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Benefit;
use super::months::drawn;
use super::status::BenefitStatus;
use crate::ids::BenefitId;
use crate::unemployment::life::{Keeps, LifeRules};

/// Số tháng đóng được bảo lưu: contributed months left for the next claim by a benefit whose last
/// month is known (2013: art. 45(2): all months less those that the months drawn have used).
pub fn kept(benefit: &Benefit, keeps: Keeps, rules: &LifeRules) -> u32 {
    match keeps {
        Keeps::Nothing => 0,
        Keeps::ReservedAtGrant => benefit.months_reserved,
        Keeps::AllUnused => {
            let uses = rules.suspension.uses_contributions;
            let months = if uses { benefit.last_month() } else { drawn(benefit) };
            let used = months.saturating_mul(rules.contribution_months_per_benefit_month);
            benefit.months_counted.saturating_sub(used)
        }
    }
}

crate::codes! {
    /// What of a new claim does not agree with what the register knows.
    pub enum ClaimFinding {
        /// Số tháng đã hưởng khai khác với sổ theo dõi.
        MonthsUsedDiffer => "months_used_differ",
            "Số tháng đóng đã hưởng được khai khác với các lần hưởng trước trong hệ thống.",
            "The months used as stated differ from what the earlier benefits in this register have used.",
        /// Còn đang hưởng trợ cấp.
        BenefitStillOpen => "benefit_still_open",
            "Người này còn một trợ cấp chưa chấm dứt; số tháng đã dùng mới là tạm tính.",
            "A benefit of this person has not ended; what it has used is provisional.",
        /// Đã chuyển nơi hưởng.
        TransferredAway => "transferred_away",
            "Một lần hưởng trước đã chuyển đi tỉnh khác; cần hỏi nơi đó số tháng còn bảo lưu.",
            "An earlier benefit went on in another province, which alone knows what it left.",
        /// Còn nợ tiền phải hoàn trả.
        MoneyOwed => "money_owed",
            "Người này còn khoản trợ cấp phải hoàn trả.",
            "Money of an earlier benefit is still to be paid back.",
    }
}

/// An earlier benefit of the same person, as far as a new claim is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// The benefit.
    pub benefit: BenefitId,
    /// Where it stands.
    pub status: BenefitStatus,
    /// Day of its decision.
    pub decided_on: NaiveDate,
    /// Contributed months that counted then.
    pub months_counted: u32,
    /// Those of them that it has left, or would leave by its decision while it runs.
    pub months_kept: u32,
    /// Those of them that it has used up.
    pub months_used: u32,
}

/// Đối chiếu với sổ theo dõi: a new claim beside what the register knows of the same person. Nothing
/// of the claim is replaced; the case officer judges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterCheck {
    /// Months used by earlier benefits, as the claim states.
    pub months_stated: u32,
    /// Months used by earlier benefits, as the register knows.
    pub months_known: u32,
    /// Contributed months that earlier benefits have left.
    pub months_left: u32,
    /// What does not agree, or is not certain; empty when all is well.
    pub findings: Vec<ClaimFinding>,
    /// The earlier benefits, oldest first.
    pub earlier: Vec<Earlier>,
}

/// Compares the months used that a claim states with the earlier benefits of the same person. What
/// a benefit has left counts again in the next one, so what was used is the sum over all.
pub fn check(stated: u32, earlier: &[Benefit]) -> RegisterCheck {
    let mut lines: Vec<Earlier> = earlier
        .iter()
        .map(|b| {
            let months_kept = b.life.end.as_ref().map_or(b.months_reserved, |e| e.months_kept);
            Earlier {
                benefit: b.id,
                status: b.status,
                decided_on: b.decided_on,
                months_counted: b.months_counted,
                months_kept,
                months_used: b.months_counted.saturating_sub(months_kept),
            }
        })
        .collect();
    lines.sort_by_key(|l| (l.decided_on, l.benefit));
    let known = lines.iter().fold(0_u32, |sum, l| sum.saturating_add(l.months_used));
    let mut findings = Vec::new();
    let mut when = |stands: bool, finding: ClaimFinding| {
        if stands {
            findings.push(finding);
        }
    };
    when(stated != known, ClaimFinding::MonthsUsedDiffer);
    when(lines.iter().any(|l| l.status.is_open()), ClaimFinding::BenefitStillOpen);
    when(lines.iter().any(|l| l.status == BenefitStatus::Transferred), ClaimFinding::TransferredAway);
    when(earlier.iter().any(|b| b.owed().2 > 0), ClaimFinding::MoneyOwed);
    RegisterCheck {
        months_stated: stated,
        months_known: known,
        months_left: lines.last().map_or(0, |l| l.months_kept),
        findings,
        earlier: lines,
    }
}
