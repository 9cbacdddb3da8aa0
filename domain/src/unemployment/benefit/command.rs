//! What can be asked of a benefit, with all that the asking carries.

use chrono::NaiveDate;

use super::exemption;
use crate::access::Action;
use crate::unemployment::life::{EndCause, Excuse};

/// A request to change a benefit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Thông báo tìm kiếm việc làm.
    Declare {
        /// The month; the one whose days run, when not given.
        month: Option<u32>,
        /// Why it is late; an officer's word that papers prove it.
        excuse: Option<Excuse>,
        /// Places where work was looked for.
        searched: Vec<String>,
    },
    /// Miễn thông báo trong một thời gian.
    Exempt(exemption::Asked),
    /// Thu hồi việc miễn thông báo.
    WithdrawExemption {
        /// Which, counted from 1 in the order in which they were recorded.
        number: u32,
        /// Why.
        reason: String,
    },
    /// Ghi nhận từ chối việc làm.
    Refuse {
        /// The day.
        on: NaiveDate,
        /// The job.
        job: String,
    },
    /// Tạm dừng hưởng.
    Suspend {
        /// In words.
        reason: Option<String>,
        /// Số quyết định.
        decision_number: Option<String>,
    },
    /// Tiếp tục hưởng.
    Resume {
        /// In words.
        reason: Option<String>,
        /// Số quyết định.
        decision_number: Option<String>,
    },
    /// Chấm dứt hưởng.
    Terminate {
        /// Why.
        cause: EndCause,
        /// The day of the cause; reckoned for an ending by time or by silence.
        on: Option<NaiveDate>,
        /// In words.
        reason: Option<String>,
        /// Số quyết định.
        decision_number: Option<String>,
    },
    /// Hủy quyết định hưởng.
    Cancel {
        /// Why.
        reason: String,
        /// Số quyết định.
        decision_number: String,
    },
    /// Chuyển nơi hưởng.
    Transfer {
        /// The province.
        to_province: String,
        /// In words.
        reason: Option<String>,
    },
    /// Chi trả một tháng.
    Pay {
        /// The month.
        month: u32,
        /// Day of the payment.
        paid_on: NaiveDate,
        /// Number of the payment.
        reference: String,
    },
    /// Thu hồi.
    Recover {
        /// Months paid wrongly; all of them when empty.
        months: Vec<u32>,
        /// Why.
        reason: String,
        /// Số quyết định.
        decision_number: String,
    },
    /// Hoàn trả.
    Repay {
        /// Whole đồng.
        amount_vnd: i64,
        /// The day.
        on: NaiveDate,
        /// Number of the receipt.
        reference: String,
    },
}

impl Command {
    /// The action that must be permitted.
    pub fn action(&self) -> Action {
        match self {
            Self::Declare { excuse: None, .. } => Action::DeclareJobSearch,
            Self::Declare { excuse: Some(_), .. } => Action::ExcuseDeclaration,
            Self::Exempt(_) => Action::ExemptDeclaration,
            Self::WithdrawExemption { .. } => Action::WithdrawExemption,
            Self::Refuse { .. } => Action::RecordJobRefusal,
            Self::Suspend { .. } => Action::SuspendBenefit,
            Self::Resume { .. } => Action::ResumeBenefit,
            Self::Terminate { .. } => Action::TerminateBenefit,
            Self::Cancel { .. } => Action::CancelBenefit,
            Self::Transfer { .. } => Action::TransferBenefit,
            Self::Pay { .. } => Action::PayBenefit,
            Self::Recover { .. } => Action::RecoverBenefit,
            Self::Repay { .. } => Action::RecordRepayment,
        }
    }
}
