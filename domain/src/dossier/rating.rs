//! Đánh giá của người nộp: what the applicant says of how a dossier was settled.
//!
//! Owns the closed words of a rating and when one may be given or changed. It must not know who asks:
//! the policy does, and the secret of the receipt.

use chrono::{DateTime, Duration, Utc};

use super::status::Status;

crate::codes! {
    /// Mức độ hài lòng.
    pub enum Score {
        /// Rất không hài lòng.
        One => "1", "Rất không hài lòng", "Very dissatisfied",
        /// Không hài lòng.
        Two => "2", "Không hài lòng", "Dissatisfied",
        /// Bình thường.
        Three => "3", "Bình thường", "Neither",
        /// Hài lòng.
        Four => "4", "Hài lòng", "Satisfied",
        /// Rất hài lòng.
        Five => "5", "Rất hài lòng", "Very satisfied",
    }
}

impl Score {
    /// The score with this number, 1 to 5.
    pub fn from_number(number: i32) -> Option<Self> {
        <Self as crate::code::Code>::ALL.iter().copied().find(|s| s.number() == number)
    }

    /// Its number, 1 to 5.
    pub fn number(self) -> i32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
            Self::Five => 5,
        }
    }
}

crate::codes! {
    /// Lý do đánh giá.
    pub enum RatingReason {
        /// Giải quyết nhanh, đúng hẹn.
        InTime => "in_time", "Giải quyết nhanh, đúng hẹn", "Quick, as promised",
        /// Giải quyết chậm, trễ hẹn.
        Slow => "slow", "Giải quyết chậm, trễ hẹn", "Slow, later than promised",
        /// Hướng dẫn rõ ràng.
        ClearGuidance => "clear_guidance", "Hướng dẫn rõ ràng", "Clear guidance",
        /// Hướng dẫn không rõ, phải đi lại nhiều lần.
        UnclearGuidance => "unclear_guidance", "Hướng dẫn không rõ, phải đi lại nhiều lần", "Unclear guidance, several ways",
        /// Cán bộ lịch sự, tận tình.
        Courteous => "courteous", "Cán bộ lịch sự, tận tình", "Courteous staff",
        /// Thái độ cán bộ không tốt.
        Discourteous => "discourteous", "Thái độ cán bộ không tốt", "Discourteous staff",
        /// Nộp và nhận kết quả trực tuyến thuận tiện.
        EasyOnline => "easy_online", "Nộp và theo dõi trực tuyến thuận tiện", "Easy to use online",
        /// Hệ thống trực tuyến khó dùng.
        HardOnline => "hard_online", "Hệ thống trực tuyến khó dùng", "Hard to use online",
        /// Phải nộp giấy tờ ngoài quy định.
        ExtraPapers => "extra_papers", "Bị yêu cầu giấy tờ ngoài quy định", "Papers were asked for that the procedure does not name",
        /// Phải trả chi phí ngoài quy định.
        ExtraCosts => "extra_costs", "Phải trả chi phí ngoài quy định", "Costs were asked for that the procedure does not name",
        /// Lý do khác.
        Other => "other", "Lý do khác", "Another reason",
    }
}

/// Why a rating cannot be given or changed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// The dossier is not settled yet.
    #[error("the dossier is not settled")]
    NotSettled,
    /// The time in which a rating could be changed has passed.
    #[error("the rating can no longer be changed")]
    Closed,
}

/// Whether a dossier in this status can be rated: it is decided, handed over or ended.
pub fn is_open(status: Status) -> bool {
    status.is_final() || status == Status::Completed
}

/// Until when a rating that was first given at this instant may be changed.
pub fn changeable_until(rated_at: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    rated_at + Duration::days(i64::from(days))
}

/// Whether a rating may be given, or the one of `rated_at` be changed, now.
///
/// # Errors
/// [`NotNow`].
pub fn may_rate(
    status: Status,
    rated_at: Option<DateTime<Utc>>,
    days: u32,
    now: DateTime<Utc>,
) -> Result<(), NotNow> {
    if !is_open(status) {
        return Err(NotNow::NotSettled);
    }
    match rated_at {
        Some(at) if now > changeable_until(at, days) => Err(NotNow::Closed),
        _ => Ok(()),
    }
}
