//! What can be asked of a dossier, with all that the asking carries.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::status::Outcome;
use crate::access::Action;

crate::codes! {
    /// Lý do từ chối tiếp nhận (Decree 61/2018/NĐ-CP art. 17, form 03).
    pub enum DeclineReason {
        /// Không thuộc thẩm quyền giải quyết.
        OutOfCompetence => "out_of_competence", "Không thuộc thẩm quyền giải quyết", "Not within the unit's competence",
        /// Thiếu thành phần hồ sơ.
        IncompletePapers => "incomplete_papers", "Thiếu thành phần hồ sơ", "Papers are missing",
        /// Hồ sơ không hợp lệ.
        InvalidPapers => "invalid_papers", "Hồ sơ không hợp lệ", "Papers are not valid",
        /// Không đúng đối tượng.
        NotEntitled => "not_entitled", "Không đúng đối tượng", "The applicant is not entitled to apply",
        /// Hồ sơ trùng.
        Duplicate => "duplicate", "Hồ sơ trùng", "The same request is already open",
        /// Lý do khác.
        Other => "other", "Lý do khác", "Another reason",
    }
}

crate::codes! {
    /// Lý do dừng xử lý (status 8).
    pub enum StopReason {
        /// Quá hạn bổ sung hồ sơ.
        SupplementNotReceived => "supplement_not_received", "Quá hạn bổ sung hồ sơ", "The supplement did not come in time",
        /// Quá hạn thực hiện nghĩa vụ tài chính.
        PaymentNotReceived => "payment_not_received", "Quá hạn thực hiện nghĩa vụ tài chính", "The payment did not come in time",
        /// Người nộp hồ sơ chết.
        ApplicantDied => "applicant_died", "Người nộp hồ sơ chết", "The applicant died",
        /// Hồ sơ trùng.
        Duplicate => "duplicate", "Hồ sơ trùng", "The same request is already open",
        /// Không đủ điều kiện giải quyết.
        NotEligible => "not_eligible", "Không đủ điều kiện giải quyết", "Not eligible",
        /// Lý do khác.
        Other => "other", "Lý do khác", "Another reason",
    }
}

crate::codes! {
    /// Hình thức trả kết quả.
    pub enum HandOverBy {
        /// Trực tuyến.
        Online => "online", "Trực tuyến", "Online",
        /// Tại quầy.
        Counter => "counter", "Trực tiếp tại bộ phận Một cửa", "At the counter",
        /// Qua bưu chính công ích.
        Post => "post", "Qua bưu chính công ích", "By public post",
    }
}

/// Giấy tờ nộp kèm: a paper that is handed in, in exactly one of the four ways.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperIn {
    /// Code of the paper in the procedure.
    pub code: String,
    /// Bản chính: the original, on paper.
    pub original: bool,
    /// Bản sao: a copy on paper.
    #[serde(default)]
    pub copy: bool,
    /// Bản điện tử: identity of the uploaded file.
    pub upload: Option<String>,
    /// Giấy tờ dùng lại: identity of the paper of an earlier dossier that is named again.
    #[serde(default)]
    pub reuse: Option<String>,
}

/// A request to change a dossier.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Tiếp nhận.
    Accept,
    /// Từ chối tiếp nhận.
    Decline {
        /// In words, for the applicant.
        reason: String,
        /// Coded.
        reason_code: DeclineReason,
        /// The provision it rests on.
        legal_basis: Option<String>,
    },
    /// Bắt đầu xử lý.
    Start,
    /// Yêu cầu bổ sung.
    RequestSupplement {
        /// In words, for the applicant.
        reason: String,
        /// Codes of the papers wanted.
        missing: Vec<String>,
        /// Last day to bring them; not known of a request that another system made.
        until: Option<NaiveDate>,
    },
    /// Bổ sung.
    Supplement {
        /// Papers handed in now.
        papers: Vec<PaperIn>,
        /// Whether the form is replaced; the new form itself travels beside the command.
        changes_form: bool,
    },
    /// Yêu cầu thực hiện nghĩa vụ tài chính.
    RequestPayment {
        /// Whole đồng, more than nothing; not known of a request that another system made.
        amount_vnd: Option<i64>,
        /// What for.
        reason: String,
    },
    /// Xác nhận đã nộp tiền.
    ConfirmPayment {
        /// Number of the payment.
        reference: String,
    },
    /// Chuyển bước xử lý tiếp theo.
    Forward,
    /// Trả lại bước trước.
    SendBack {
        /// Order of the stage it goes back to.
        to_stage: i32,
        /// Why.
        reason: String,
    },
    /// Đề xuất kết quả.
    Propose {
        /// What is proposed.
        outcome: Outcome,
        /// Why; needed where it departs from the assessment.
        reason: Option<String>,
    },
    /// Quyết định.
    Decide {
        /// What is decided.
        outcome: Outcome,
        /// Số quyết định.
        number: String,
        /// Day of the decision; today when not given.
        on: Option<NaiveDate>,
        /// Needed where it departs from the assessment or the proposal.
        reason: Option<String>,
    },
    /// Gia hạn (phiếu xin lỗi và hẹn lại ngày trả kết quả).
    Extend {
        /// Why.
        reason: String,
        /// The new day; rolls forward off a day off.
        until: NaiveDate,
    },
    /// Trả kết quả.
    HandOver {
        /// How.
        how: HandOverBy,
    },
    /// Rút hồ sơ.
    Withdraw {
        /// Why.
        reason: String,
    },
    /// Dừng xử lý.
    Stop {
        /// In words.
        reason: String,
        /// Coded.
        reason_code: StopReason,
    },
}

impl Command {
    /// The action that must be permitted.
    pub fn action(&self) -> Action {
        match self {
            Self::Accept => Action::Accept,
            Self::Decline { .. } => Action::Decline,
            Self::Start => Action::Start,
            Self::RequestSupplement { .. } => Action::RequestSupplement,
            Self::Supplement { .. } => Action::Supplement,
            Self::RequestPayment { .. } => Action::RequestPayment,
            Self::ConfirmPayment { .. } => Action::ConfirmPayment,
            Self::Forward => Action::Forward,
            Self::SendBack { .. } => Action::SendBack,
            Self::Propose { .. } => Action::Propose,
            Self::Decide { .. } => Action::Decide,
            Self::Extend { .. } => Action::Extend,
            Self::HandOver { .. } => Action::HandOver,
            Self::Withdraw { .. } => Action::Withdraw,
            Self::Stop { .. } => Action::Stop,
        }
    }
}
