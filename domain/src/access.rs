//! Who may do what: one policy table, one function that grants, one filter for lists.
//!
//! Nothing else in the workspace compares roles. A [`Permit`] is proof that [`authorize`] was
//! asked; writes need one, so a use case that forgets to ask does not compile.

mod actor;
mod filter;
mod permit;
mod policy;
mod station;

pub use actor::{Actor, Grant, Subject};
pub use filter::{ListFilter, list_filter};
use permit::covers;
pub use permit::{Denied, Permit, authorize, authorize_at, authorize_at_the_top, authorize_somewhere};
pub use policy::{POLICY, Reach, by_timer, matrix, reach, roles_for, works_dossiers};
pub use station::{Station, works_stage};

crate::codes! {
    /// Vai trò: what an account is there to do.
    pub enum Role {
        /// Công dân: applies and follows.
        Citizen => "citizen", "Công dân", "Citizen",
        /// Cán bộ tiếp nhận tại bộ phận Một cửa.
        DeskOfficer => "desk_officer", "Cán bộ một cửa", "Desk officer",
        /// Chuyên viên thụ lý.
        CaseOfficer => "case_officer", "Chuyên viên thụ lý", "Case officer",
        /// Lãnh đạo phê duyệt.
        Approver => "approver", "Lãnh đạo phê duyệt", "Approver",
        /// Cán bộ chi trả.
        PaymentOfficer => "payment_officer", "Cán bộ chi trả", "Payment officer",
        /// Cán bộ lưu trữ.
        Archivist => "archivist", "Cán bộ lưu trữ", "Archivist",
        /// Người quản lý danh mục thủ tục.
        CatalogueEditor => "catalogue_editor", "Quản lý danh mục thủ tục", "Catalogue editor",
        /// Người xem số liệu.
        StatisticsReader => "statistics_reader", "Người xem số liệu", "Statistics reader",
        /// Thanh tra, kiểm toán: reads all, writes nothing.
        Auditor => "auditor", "Thanh tra, kiểm toán", "Auditor",
        /// Quản trị hệ thống: runs the system, reads no personal data of dossiers.
        Administrator => "administrator", "Quản trị hệ thống", "Administrator",
        /// Hệ thống kết nối.
        Integrator => "integrator", "Hệ thống kết nối", "Integrator",
    }
}

crate::codes! {
    /// Something that can be allowed or refused.
    pub enum Action {
        /// See rule books, their drafts and what a publication moved.
        ReadRuleBook => "read_rule_book", "Xem bộ quy định", "Read rule books",
        /// Draft a rule book: calendar, working hours, amounts, laws.
        EditRuleBook => "edit_rule_book", "Soạn bộ quy định", "Draft rule books",
        /// Công bố bộ quy định.
        PublishRuleBook => "publish_rule_book", "Công bố bộ quy định", "Publish rule books",
        /// Tính lại hạn sau khi công bố lịch.
        RecomputeDeadline => "recompute_deadline", "Tính lại hạn giải quyết", "Reckon due dates anew",
        /// Hand a dossier in.
        Submit => "submit_dossier", "Nộp hồ sơ", "Submit a dossier",
        /// Keep a package that is not handed in yet: hồ sơ nháp.
        KeepDraft => "keep_draft", "Lưu hồ sơ nháp", "Keep drafts",
        /// See a dossier, its events, the list of its papers and its deadline.
        ReadDossier => "read_dossier", "Xem hồ sơ", "Read dossiers",
        /// Bring a file in, look at it and take it back before a dossier names it.
        UploadPaper => "upload_paper", "Tải tệp lên", "Upload files",
        /// Read the content of a paper.
        ReadPaper => "read_paper", "Xem nội dung giấy tờ", "Read the content of papers",
        /// Thay giấy tờ trước khi tiếp nhận.
        ReplacePaper => "replace_paper", "Thay giấy tờ", "Replace a paper",
        /// See what the law says of a dossier.
        ReadEligibility => "read_eligibility", "Xem đánh giá điều kiện", "Read what the law says of a dossier",
        /// Tiếp nhận.
        Accept => "accept", "Tiếp nhận", "Accept",
        /// Từ chối tiếp nhận.
        Decline => "decline", "Từ chối tiếp nhận", "Decline",
        /// Bắt đầu xử lý.
        Start => "start", "Bắt đầu xử lý", "Start",
        /// Yêu cầu bổ sung.
        RequestSupplement => "request_supplement", "Yêu cầu bổ sung", "Request a supplement",
        /// Bổ sung.
        Supplement => "supplement", "Bổ sung", "Supplement",
        /// Yêu cầu nghĩa vụ tài chính.
        RequestPayment => "request_payment", "Yêu cầu nghĩa vụ tài chính", "Request payment",
        /// Xác nhận đã nộp tiền.
        ConfirmPayment => "confirm_payment", "Xác nhận thanh toán", "Confirm payment",
        /// Chuyển bước.
        Forward => "forward", "Chuyển bước", "Forward",
        /// Trả lại bước trước.
        SendBack => "send_back", "Trả lại bước trước", "Send back",
        /// Đề xuất kết quả.
        Propose => "propose", "Đề xuất", "Propose",
        /// Quyết định.
        Decide => "decide", "Quyết định", "Decide",
        /// Gia hạn kèm phiếu xin lỗi.
        Extend => "extend", "Gia hạn", "Extend",
        /// Trả kết quả.
        HandOver => "hand_over", "Trả kết quả", "Hand over",
        /// Rút hồ sơ.
        Withdraw => "withdraw", "Rút hồ sơ", "Withdraw",
        /// Dừng xử lý.
        Stop => "stop", "Dừng xử lý", "Stop",
        /// Đánh giá việc giải quyết.
        Rate => "rate", "Đánh giá", "Rate",
        /// See how many dossiers wait, and for what.
        ReadQueue => "read_queue", "Xem hàng đợi", "Read the queue",
        /// Phân công: say who works a dossier.
        AssignDossier => "assign_dossier", "Phân công", "Assign dossiers",
        /// Ủy quyền: hand one's work to a colleague for a period.
        DelegateWork => "delegate_work", "Ủy quyền xử lý", "Delegate work",
        /// Bàn giao: hand all open work of an officer to another.
        HandOverWork => "hand_over_work", "Bàn giao công việc", "Hand work over",
        /// See which officers work dossiers.
        ReadOfficers => "read_officers", "Xem danh sách cán bộ", "Read officers",
        /// See letters of apology and their drafts.
        ReadLetter => "read_letter", "Xem phiếu xin lỗi", "Read letters",
        /// See letters of apology that were issued.
        ReadIssuedLetter => "read_issued_letter", "Xem phiếu xin lỗi đã phát hành", "Read issued letters",
        /// Sửa dự thảo phiếu xin lỗi.
        EditLetter => "edit_letter", "Sửa dự thảo phiếu xin lỗi", "Edit a letter's draft",
        /// Rà soát phiếu xin lỗi, trình ký.
        ReviewLetter => "review_letter", "Rà soát phiếu xin lỗi", "Review a letter",
        /// Phát hành phiếu xin lỗi.
        IssueLetter => "issue_letter", "Phát hành phiếu xin lỗi", "Issue a letter",
        /// Hủy dự thảo phiếu xin lỗi.
        DiscardLetter => "discard_letter", "Hủy dự thảo phiếu xin lỗi", "Discard a letter's draft",
        /// See the texts that letters are made from.
        ReadLetterTemplates => "read_letter_templates", "Xem mẫu phiếu", "Read letter templates",
        /// Change the texts that letters are made from.
        ChangeLetterTemplates => "change_letter_templates", "Thay đổi mẫu phiếu", "Change letter templates",
        /// See the register and the control sheets.
        ReadRegister => "read_register", "Xem sổ theo dõi", "Read registers",
        /// See granted unemployment benefits.
        ReadBenefit => "read_benefit", "Xem trợ cấp", "Read benefits",
        /// Nhận trợ cấp từ tỉnh khác chuyển đến.
        ReceiveBenefit => "receive_benefit", "Nhận trợ cấp chuyển đến", "Receive a benefit from another province",
        /// Thông báo tìm kiếm việc làm.
        DeclareJobSearch => "declare_job_search", "Thông báo tìm kiếm việc làm", "Declare job search",
        /// Chấp nhận thông báo muộn có lý do.
        ExcuseDeclaration => "excuse_declaration", "Chấp nhận thông báo muộn", "Accept a late declaration",
        /// Miễn thông báo tìm kiếm việc làm trong một thời gian.
        ExemptDeclaration => "exempt_declaration", "Miễn thông báo tìm kiếm việc làm", "Exempt from declaring",
        /// Thu hồi việc miễn thông báo tìm kiếm việc làm, vì miễn nhầm.
        WithdrawExemption => "withdraw_exemption", "Thu hồi việc miễn thông báo", "Withdraw an exemption from declaring",
        /// Ghi nhận từ chối việc làm.
        RecordJobRefusal => "record_job_refusal", "Ghi nhận từ chối việc làm", "Record a refused job",
        /// Tạm dừng hưởng.
        SuspendBenefit => "suspend_benefit", "Tạm dừng hưởng trợ cấp", "Suspend a benefit",
        /// Tiếp tục hưởng.
        ResumeBenefit => "resume_benefit", "Tiếp tục hưởng trợ cấp", "Resume a benefit",
        /// Chấm dứt hưởng.
        TerminateBenefit => "terminate_benefit", "Chấm dứt hưởng trợ cấp", "Terminate a benefit",
        /// Hủy quyết định hưởng.
        CancelBenefit => "cancel_benefit", "Hủy quyết định hưởng", "Cancel a decision on a benefit",
        /// Chuyển nơi hưởng.
        TransferBenefit => "transfer_benefit", "Chuyển nơi hưởng trợ cấp", "Transfer a benefit",
        /// Chi trả một tháng hưởng.
        PayBenefit => "pay_benefit", "Chi trả trợ cấp", "Pay a benefit month",
        /// Thu hồi tiền chi trả sai.
        RecoverBenefit => "recover_benefit", "Thu hồi trợ cấp", "Recover what was paid wrongly",
        /// Ghi nhận hoàn trả.
        RecordRepayment => "record_repayment", "Ghi nhận hoàn trả", "Record a repayment",
        /// Import dossiers and follow the import.
        RunImport => "run_import", "Nhập dữ liệu", "Run imports",
        /// See figures.
        ReadStatistics => "read_statistics", "Xem số liệu", "Read statistics",
        /// See drafts and every version of the catalogue.
        ReadCatalogue => "read_catalogue", "Xem danh mục kể cả bản nháp", "Read the catalogue with its drafts",
        /// Write drafts of procedures.
        EditCatalogue => "edit_catalogue", "Soạn thảo thủ tục", "Draft procedures",
        /// Publish and end versions of procedures, alone or by import.
        PublishCatalogue => "publish_catalogue", "Công bố, bãi bỏ thủ tục", "Publish and end procedures",
        /// See one's own account.
        ReadOwnAccount => "read_own_account", "Xem tài khoản của mình", "Read one's own account",
    }
}

#[cfg(test)]
mod tests {
    use super::Action as A;
    use super::*;
    use crate::code::Code;

    #[test]
    fn every_action_stands_once_in_the_policy() {
        for action in Action::ALL {
            assert_eq!(POLICY.iter().filter(|(a, _)| a == action).count(), 1, "{action}");
        }
    }

    #[test]
    fn who_may_change_a_dossier_may_read_it() {
        let before = [
            A::Submit,
            A::RunImport,
            A::ReadStatistics,
            A::ReadOwnAccount,
            A::ReadBenefit,
            A::ReadOfficers,
            A::ReadLetterTemplates,
            A::ChangeLetterTemplates,
            // Procedures, no dossiers.
            A::ReadCatalogue,
            A::EditCatalogue,
            A::PublishCatalogue,
        ];
        for (action, rights) in POLICY.iter().filter(|(a, _)| !before.contains(a)) {
            for (role, _) in *rights {
                let of_the_law = action.to_string().ends_with("rule_book");
                assert!(
                    of_the_law || reach(*role, A::ReadDossier).is_some(),
                    "{role} may {action} but not read"
                );
            }
        }
    }

    #[test]
    fn no_role_both_proposes_and_decides() {
        for role in Role::ALL {
            assert!(reach(*role, A::Propose).is_none() || reach(*role, A::Decide).is_none(), "{role}");
        }
    }
}
