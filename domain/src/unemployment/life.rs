//! What the law says of a benefit after it was granted, as dated data.
//!
//! Owns the shape of the rules on declarations, suspension, endings, payment and transfer. The
//! numbers and articles come in with the rule book; how they are applied stands in `benefit`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::rulebook::Basis;

crate::codes! {
    /// Nguyên nhân chấm dứt hưởng (2013: art. 53(3); 2025: Decree 374/2025/NĐ-CP).
    pub enum EndCause {
        /// Hết thời hạn hưởng.
        PeriodOver => "period_over", "Hết thời hạn hưởng", "The period is over",
        /// Có việc làm.
        FoundJob => "found_job", "Có việc làm", "Found a job",
        /// Thực hiện nghĩa vụ quân sự, công an.
        MilitaryService => "military_service", "Thực hiện nghĩa vụ quân sự, công an", "Military service",
        /// Hưởng lương hưu hằng tháng.
        Pension => "pension", "Hưởng lương hưu hằng tháng", "Draws a pension",
        /// Hai lần từ chối việc làm được giới thiệu mà không có lý do chính đáng.
        RefusedJobs => "refused_jobs", "Từ chối việc làm được giới thiệu quá số lần cho phép",
            "Refused the suitable jobs offered",
        /// Không thông báo tìm kiếm việc làm trong ba tháng liên tục.
        SilentMonths => "silent_months", "Không thông báo tìm kiếm việc làm nhiều tháng liên tục",
            "Consecutive months without declaration",
        /// Ra nước ngoài định cư, lao động theo hợp đồng.
        WentAbroad => "went_abroad", "Ra nước ngoài định cư, lao động", "Went abroad",
        /// Đi học có thời hạn từ đủ 12 tháng.
        Study12Months => "study_12_months", "Đi học từ đủ 12 tháng", "Study of twelve months or more",
        /// Bị xử phạt vi phạm hành chính về bảo hiểm thất nghiệp.
        Sanctioned => "sanctioned", "Bị xử phạt vi phạm về bảo hiểm thất nghiệp",
            "Sanctioned for a violation of unemployment insurance",
        /// Chết.
        Died => "died", "Chết", "Died",
        /// Chấp hành biện pháp bắt buộc.
        CompulsoryMeasure => "compulsory_measure", "Chấp hành biện pháp bắt buộc", "Compulsory measure",
        /// Bị tòa án tuyên bố mất tích.
        DeclaredMissing => "declared_missing", "Bị tòa án tuyên bố mất tích", "Declared missing",
        /// Bị tạm giam, chấp hành hình phạt tù.
        Detained => "detained", "Bị tạm giam, chấp hành hình phạt tù", "Detained",
        /// Theo đề nghị của người lao động.
        OwnRequest => "own_request", "Theo đề nghị của người lao động", "At one's own request",
    }
}

crate::codes! {
    /// Which contributed months an ending leaves for the next claim.
    pub enum Keeps {
        /// Mọi tháng đóng chưa hưởng: all that the months drawn have not used.
        AllUnused => "all_unused", "Bảo lưu thời gian đóng chưa hưởng", "All unused months",
        /// Số tháng đã bảo lưu trong quyết định hưởng.
        ReservedAtGrant => "reserved_at_grant", "Chỉ số tháng đã bảo lưu trong quyết định",
            "The months the decision reserved",
        /// Không bảo lưu.
        Nothing => "nothing", "Không bảo lưu", "Nothing",
    }
}

crate::codes! {
    /// Lý do chính đáng của thông báo muộn (2013: art. 52(2)).
    pub enum Excuse {
        /// Ốm đau.
        Illness => "illness", "Ốm đau", "Illness",
        /// Thai sản.
        Maternity => "maternity", "Thai sản", "Maternity",
        /// Tai nạn.
        Accident => "accident", "Tai nạn", "Accident",
        /// Sự kiện bất khả kháng, thiên tai.
        ForceMajeure => "force_majeure", "Bất khả kháng, thiên tai", "Force majeure",
    }
}

crate::codes! {
    /// Trường hợp không phải thông báo tìm kiếm việc làm hằng tháng (2013: Circular 28/2015/TT-BLĐTBXH
    /// art. 10; 2025: Decree 374/2025/NĐ-CP art. 21). Which of them a law knows is the law's data.
    pub enum ExemptionGround {
        /// Đến tuổi mà pháp luật không buộc thông báo.
        Age => "age", "Đến tuổi không phải thông báo", "Age",
        /// Ốm đau, bệnh phải điều trị dài ngày.
        Illness => "illness", "Ốm đau, bệnh phải điều trị dài ngày", "Illness",
        /// Thai sản.
        Maternity => "maternity", "Thai sản", "Maternity",
        /// Tai nạn.
        Accident => "accident", "Tai nạn", "Accident",
        /// Đang tham gia khóa đào tạo nghề.
        Training => "training", "Đang tham gia khóa đào tạo nghề", "Vocational training",
        /// Đang làm việc theo hợp đồng ngắn hạn mà luật không coi là có việc làm.
        ShortContract => "short_contract", "Làm việc theo hợp đồng ngắn hạn", "Short contract",
        /// Thiên tai, hỏa hoạn, địch họa, dịch bệnh.
        Disaster => "disaster", "Thiên tai, hỏa hoạn, địch họa, dịch bệnh", "Disaster",
    }
}

crate::codes! {
    /// Whether the first benefit month is declared for.
    pub enum FirstMonth {
        /// Không: taking the decision is declaration enough.
        None => "none", "Không phải thông báo", "None is needed",
        /// Trong thời hạn nhận quyết định.
        WithPickUp => "with_pick_up", "Trong thời hạn nhận quyết định", "Within the days to pick the decision up",
    }
}

crate::codes! {
    /// What the days to pay a month are counted from.
    pub enum PayAfter {
        /// Ngày quyết định.
        Decision => "decision", "Ngày quyết định", "Day of the decision",
        /// Hết thời hạn nhận quyết định.
        PickUp => "pick_up", "Hết thời hạn nhận quyết định", "End of the days to pick the decision up",
        /// Hết thời hạn thông báo.
        Declaration => "declaration", "Hết thời hạn thông báo của tháng", "End of the month's days to declare",
        /// Một ngày của tháng hưởng.
        DayOfMonth => "day_of_month", "Ngày thứ mấy của tháng hưởng", "A day of the benefit month",
    }
}

/// A term in working days, with its article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Working days.
    pub working_days: u32,
    /// Law and article.
    pub article: String,
}

/// A ground on which a month need not be declared for, as a law has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExemptionRule {
    /// The ground.
    pub ground: ExemptionGround,
    /// What must be shown, in the words of the law.
    pub condition: String,
    /// First day on which it is law.
    pub valid_from: NaiveDate,
    /// Last day on which it is law; none while nothing has ended it.
    pub valid_to: Option<NaiveDate>,
    /// Law and article.
    pub article: String,
    /// How far it is confirmed.
    pub basis: Basis,
    /// Where it stands.
    pub source: String,
}

/// Thông báo về việc tìm kiếm việc làm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclarationRules {
    /// How the first month is declared for.
    pub first_month: FirstMonth,
    /// Working days to declare, from the first day of the benefit month.
    pub window_working_days: u32,
    /// Whether that first day is itself counted, where it is worked.
    pub first_day_counts: bool,
    /// What excuses a late declaration.
    pub excuses: Vec<Excuse>,
    /// What frees from declaring; none in rule books from before there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exemptions: Vec<ExemptionRule>,
    /// Law and article.
    pub article: String,
}

impl DeclarationRules {
    /// What the law says of a ground on a day; none when it does not know it then.
    pub fn exemption(&self, ground: ExemptionGround, on: NaiveDate) -> Option<&ExemptionRule> {
        let valid = |e: &&ExemptionRule| e.valid_from <= on && e.valid_to.is_none_or(|to| on <= to);
        self.exemptions.iter().filter(|e| e.ground == ground).find(valid)
    }
}

/// Tạm dừng hưởng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuspensionRules {
    /// Working days to decide.
    pub decide_within_working_days: u32,
    /// Whether months of suspension are paid after all once it ends.
    pub paid_back: bool,
    /// Whether a month that is lost uses contributions as if it had been drawn.
    pub uses_contributions: bool,
    /// Law and article.
    pub article: String,
}

/// Tiếp tục hưởng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumptionRules {
    /// Working days to decide.
    pub decide_within_working_days: u32,
    /// Law and article.
    pub article: String,
}

/// When a month is to be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentRule {
    /// What the days are counted from.
    pub after: PayAfter,
    /// Which day of the benefit month, from 1; only with [`PayAfter::DayOfMonth`].
    pub day: Option<u32>,
    /// Working days to pay.
    pub working_days: u32,
    /// Law and article.
    pub article: String,
}

/// What an ending by one cause does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CauseRule {
    /// The cause.
    pub cause: EndCause,
    /// Law, article, clause and point.
    pub article: String,
    /// What is left for the next claim.
    pub keeps: Keeps,
    /// Whether the benefit month in which it happens is still paid whole.
    pub pays_running_month: bool,
    /// How far it is confirmed.
    pub basis: Basis,
}

/// Chuyển nơi hưởng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferRules {
    /// Benefit months that must have been paid before.
    pub min_months_drawn: u32,
    /// Working days in which the papers are sent.
    pub send_within_working_days: u32,
    /// Working days in which to hand them in at the new place.
    pub arrive_within_working_days: u32,
    /// Law and article.
    pub article: String,
}

/// Everything a law says of a benefit after the grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifeRules {
    /// Days to pick the decision up.
    pub pick_up: Term,
    /// Declarations.
    pub declaration: DeclarationRules,
    /// Suspension.
    pub suspension: SuspensionRules,
    /// Resumption.
    pub resumption: ResumptionRules,
    /// Consecutive months without declaration that end a benefit.
    pub silent_months: u32,
    /// Jobs refused without reason that end a benefit.
    pub refusals: u32,
    /// Contributed months that one benefit month uses.
    pub contribution_months_per_benefit_month: u32,
    /// When the first month is paid.
    pub first_payment: PaymentRule,
    /// When every further month is paid.
    pub later_payment: PaymentRule,
    /// Causes that end a benefit; a cause that is not here ends none under this law.
    pub causes: Vec<CauseRule>,
    /// Transfer to another province.
    pub transfer: TransferRules,
    /// What of this is not confirmed.
    pub unconfirmed: Vec<String>,
    /// How far the whole is confirmed.
    pub basis: Basis,
    /// Where it stands.
    pub source: String,
}

impl LifeRules {
    /// What a cause does under this law; none where the law does not know it.
    pub fn cause(&self, cause: EndCause) -> Option<&CauseRule> {
        self.causes.iter().find(|c| c.cause == cause)
    }
}
