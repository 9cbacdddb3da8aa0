//! The law on unemployment benefit as dated data.
//!
//! One shape serves both laws: they differ in numbers and lists, not in the way they reckon.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::life::LifeRules;
use crate::rulebook::Basis;

crate::codes! {
    /// Luật áp dụng.
    pub enum Law {
        /// Luật Việc làm 38/2013/QH13.
        EmploymentLaw2013 => "employment_law_2013", "Luật Việc làm 2013", "Employment Law 2013",
        /// Luật Việc làm 74/2025/QH15.
        EmploymentLaw2025 => "employment_law_2025", "Luật Việc làm 2025", "Employment Law 2025",
    }
}

crate::codes! {
    /// Lý do chấm dứt hợp đồng.
    pub enum Termination {
        /// Hết hạn hợp đồng.
        ContractExpired => "contract_expired", "Hết hạn hợp đồng", "Contract expired",
        /// Thỏa thuận chấm dứt.
        Agreement => "agreement", "Thỏa thuận chấm dứt hợp đồng", "By agreement",
        /// Đơn phương chấm dứt đúng pháp luật.
        ResignedWithNotice => "resigned_with_notice", "Đơn phương chấm dứt có báo trước", "Resigned with notice",
        /// Thôi việc vì lý do kinh tế, thay đổi cơ cấu.
        DismissedEconomic => "dismissed_economic", "Thôi việc vì lý do kinh tế", "Dismissed for economic reasons",
        /// Doanh nghiệp giải thể, phá sản.
        EmployerDissolved => "employer_dissolved", "Doanh nghiệp giải thể, phá sản", "Employer dissolved",
        /// Bị sa thải.
        DismissedDiscipline => "dismissed_discipline", "Bị sa thải", "Dismissed for discipline",
        /// Đơn phương chấm dứt trái pháp luật.
        IllegalUnilateral => "illegal_unilateral", "Đơn phương chấm dứt trái pháp luật", "Unlawful unilateral termination",
    }
}

crate::codes! {
    /// Loại hợp đồng lao động.
    pub enum ContractKind {
        /// Không xác định thời hạn.
        Indefinite => "indefinite", "Không xác định thời hạn", "Indefinite",
        /// Xác định thời hạn.
        FixedTerm => "fixed_term", "Xác định thời hạn", "Fixed term",
        /// Theo mùa vụ hoặc theo công việc nhất định.
        Seasonal => "seasonal", "Theo mùa vụ, công việc nhất định", "Seasonal or for a certain work",
    }
}

crate::codes! {
    /// Chế độ tiền lương.
    pub enum WageRegime {
        /// Do Nhà nước quy định.
        State => "state", "Do Nhà nước quy định", "State wage scale",
        /// Do người sử dụng lao động quyết định.
        Employer => "employer", "Do người sử dụng lao động quyết định", "Set by the employer",
    }
}

crate::codes! {
    /// Vùng lương tối thiểu.
    pub enum WageRegion {
        /// Vùng I.
        I => "I", "Vùng I", "Region I",
        /// Vùng II.
        II => "II", "Vùng II", "Region II",
        /// Vùng III.
        III => "III", "Vùng III", "Region III",
        /// Vùng IV.
        IV => "IV", "Vùng IV", "Region IV",
    }
}

crate::codes! {
    /// Sự kiện trong thời gian chờ.
    pub enum WaitingEvent {
        /// Không có.
        None => "none", "Không có", "None",
        /// Tìm được việc làm.
        FoundJob => "found_job", "Tìm được việc làm", "Found a job",
        /// Thực hiện nghĩa vụ quân sự, công an.
        MilitaryService => "military_service", "Nghĩa vụ quân sự, công an", "Military service",
        /// Đi học từ đủ 12 tháng.
        Study12Months => "study_12_months", "Đi học từ đủ 12 tháng", "Study of twelve months or more",
        /// Chấp hành biện pháp bắt buộc.
        CompulsoryMeasure => "compulsory_measure", "Chấp hành biện pháp bắt buộc", "Compulsory measure",
        /// Bị tạm giam, phạt tù.
        Detained => "detained", "Bị tạm giam, chấp hành hình phạt tù", "Detained",
        /// Ra nước ngoài định cư, lao động.
        WentAbroad => "went_abroad", "Ra nước ngoài định cư, lao động", "Went abroad",
        /// Chết.
        Died => "died", "Chết", "Died",
    }
}

crate::codes! {
    /// Chế độ đang hưởng.
    pub enum Receives {
        /// Không.
        None => "none", "Không", "Nothing",
        /// Lương hưu.
        Pension => "pension", "Lương hưu", "Pension",
        /// Trợ cấp mất sức lao động hằng tháng.
        DisabilityAllowance => "disability_allowance", "Trợ cấp mất sức lao động", "Disability allowance",
        /// Đủ điều kiện hưởng lương hưu.
        EligibleForPension => "eligible_for_pension", "Đủ điều kiện hưởng lương hưu", "Eligible for a pension",
    }
}

crate::codes! {
    /// Điều kiện hưởng: a condition that can fail.
    pub enum Condition {
        /// Đang đóng bảo hiểm thất nghiệp khi chấm dứt hợp đồng.
        NotContributingAtTermination => "not_contributing_at_termination",
            "Không đang đóng bảo hiểm thất nghiệp khi chấm dứt hợp đồng: tháng chấm dứt và tháng liền trước đều không đóng.",
            "Not contributing at termination: neither the month of termination nor the month before has a contribution.",
        /// Lý do chấm dứt bị loại trừ.
        ExcludedTermination => "excluded_termination",
            "Lý do chấm dứt hợp đồng thuộc trường hợp không được hưởng.",
            "The cause of termination excludes the benefit.",
        /// Đang hưởng chế độ loại trừ.
        ReceivesExcludedIncome => "receives_excluded_income",
            "Đang hưởng, hoặc đủ điều kiện hưởng, chế độ loại trừ trợ cấp thất nghiệp.",
            "An income is, or can be, drawn that excludes the benefit.",
        /// Chưa đóng đủ thời gian.
        ContributionTooShort => "contribution_too_short",
            "Chưa đóng đủ số tháng bảo hiểm thất nghiệp trong thời gian luật định.",
            "Too few months of contribution within the period the law looks at.",
        /// Nộp hồ sơ quá hạn.
        SubmittedLate => "submitted_late",
            "Nộp hồ sơ sau thời hạn kể từ ngày chấm dứt hợp đồng.",
            "Submitted after the limit that runs from termination.",
        /// Có sự kiện loại trừ trong thời gian chờ.
        ExcludedAfterSubmission => "excluded_after_submission",
            "Trong thời gian chờ đã có sự kiện làm mất điều kiện hưởng.",
            "Something happened in the waiting period that excludes the benefit.",
    }
}

/// What a contract of some kind and length is judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongWindow {
    /// Kinds of contract.
    pub kinds: Vec<ContractKind>,
    /// Shortest length in months, included.
    pub months_from: u32,
    /// Length in months from which the ordinary window applies, excluded.
    pub months_below: u32,
    /// Calendar months looked at.
    pub window_months: u32,
}

crate::codes! {
    /// What the cap is a multiple of.
    pub enum CapBase {
        /// Lương cơ sở.
        BaseSalary => "base_salary", "Lương cơ sở", "Base salary",
        /// Lương tối thiểu vùng.
        RegionalMinimumWage => "regional_minimum_wage", "Lương tối thiểu vùng", "Regional minimum wage",
    }
}

crate::codes! {
    /// The day on which the cap is taken.
    pub enum CapDate {
        /// Ngày chấm dứt hợp đồng.
        Termination => "termination", "Ngày chấm dứt hợp đồng", "Day of termination",
        /// Ngày cuối của tháng đóng cuối cùng.
        LastContributedMonth => "last_contributed_month", "Ngày cuối của tháng đóng cuối cùng",
            "Last day of the last contributed month",
    }
}

/// The most a month may pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// How often the base.
    pub multiple: i64,
    /// Base under the state wage scale.
    pub state: CapBase,
    /// Base where the employer sets wages.
    pub employer: CapBase,
    /// The day it is taken on.
    pub on: CapDate,
}

/// Article that a condition rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// The condition.
    pub condition: Condition,
    /// Law and article.
    pub article: String,
    /// Whether the applicant can still mend it by applying again.
    pub fixable: bool,
}

/// A law on unemployment benefit during its validity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnemploymentRules {
    /// Which law.
    pub law: Law,
    /// Name of this version of it.
    pub version: String,
    /// First day of termination it governs.
    pub valid_from: NaiveDate,
    /// Last day of termination it governs.
    pub valid_to: Option<NaiveDate>,
    /// Contributed months wanted (2013: art. 49(2); 2025: art. 38).
    pub min_months: u32,
    /// Calendar months looked at for them.
    pub window_months: u32,
    /// A longer look for some contracts.
    pub long_windows: Vec<LongWindow>,
    /// Causes of termination that exclude (2013: art. 49(1)(a); 2025: art. 38).
    pub excluded_terminations: Vec<Termination>,
    /// Incomes that exclude (2013: art. 49(1)(b); 2025: art. 38).
    pub excluded_receives: Vec<Receives>,
    /// Events of the waiting period that exclude (2013: art. 49(4); 2025: art. 38).
    pub excluding_events: Vec<WaitingEvent>,
    /// Months after termination in which to submit (2013: art. 46(1); 2025: Decree 374/2025 art. 3(6)).
    pub submit_within_months: u32,
    /// Working days of the waiting period after submission, which is not itself counted (2013:
    /// art. 49(4) with Decree 28/2015; 2025: art. 38).
    pub waiting_working_days: u32,
    /// The working day after submission on which the benefit starts (2013: Decree 28/2015; 2025:
    /// art. 39(3)).
    pub starts_on_working_day: u32,
    /// The working day after submission by which to decide (2013: Decree 28/2015 art. 18; 2025:
    /// Decree 374/2025).
    pub decide_by_working_day: u32,
    /// Contributed months the average is taken over (2013: art. 50; 2025: art. 39).
    pub average_months: usize,
    /// Percent of the average.
    pub percent: i64,
    /// The most a month may pay (2013: art. 50; 2025: art. 39).
    pub cap: Cap,
    /// Contributed months up to which the base number of benefit months is paid (2013: art. 50;
    /// 2025: art. 39).
    pub base_contribution_months: u32,
    /// Benefit months for them.
    pub base_benefit_months: u32,
    /// Further contributed months for one more benefit month.
    pub step_months: u32,
    /// Most benefit months.
    pub max_benefit_months: u32,
    /// Articles of the conditions.
    pub articles: Vec<Article>,
    /// Law and article by which the fund pays health insurance while the benefit is drawn; none
    /// where a law does not provide it.
    #[serde(default)]
    pub health_insurance: Option<String>,
    /// What happens to a benefit after the grant; none in rule books of before it was kept here.
    #[serde(default)]
    pub life: Option<LifeRules>,
    /// What of this is not confirmed.
    pub unconfirmed: Vec<String>,
    /// How far the whole is confirmed.
    pub basis: Basis,
    /// Where it stands.
    pub source: String,
}
