//! Who may do what: one policy table, one function that grants, one filter for lists.
//!
//! Nothing else in the workspace compares roles. A [`Permit`] is proof that [`authorize`] was
//! asked; writes need one, so a use case that forgets to ask does not compile.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::AccountId;
use crate::unit::Units;

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

/// How far a right goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// What is about oneself or was handed in by oneself.
    Own,
    /// What belongs to the unit of the grant, to the units below it and to their predecessors.
    Unit,
}

impl Reach {
    /// Stable text for the printed matrix.
    pub fn code(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Unit => "unit",
        }
    }
}

use Action as A;
use Role as R;

/// Who may pass work on: officers their own, those who lead or run a unit that of its officers.
const OWN_WORK: &[(Role, Reach)] = &[
    (R::DeskOfficer, Reach::Own),
    (R::CaseOfficer, Reach::Own),
    (R::Approver, Reach::Unit),
    (R::PaymentOfficer, Reach::Own),
    (R::Administrator, Reach::Unit),
];

/// What the calendar orders of dossiers, so that the timer does it without anybody asking, and the
/// role whose step it otherwise is.
const DOSSIERS_BY_TIMER: &[(Action, Role)] = &[(A::Stop, R::CaseOfficer)];

/// Whether the timer does an action on dossiers.
pub fn by_timer(action: Action) -> bool {
    DOSSIERS_BY_TIMER.iter().any(|(a, _)| *a == action)
}

/// The policy. What is not here is refused.
pub const POLICY: &[(Action, &[(Role, Reach)])] = &[
    (
        A::ReadRuleBook,
        &[(R::CatalogueEditor, Reach::Unit), (R::Auditor, Reach::Unit), (R::Administrator, Reach::Unit)],
    ),
    (A::EditRuleBook, &[(R::CatalogueEditor, Reach::Unit), (R::Administrator, Reach::Unit)]),
    (A::PublishRuleBook, &[(R::Administrator, Reach::Unit)]),
    (A::RecomputeDeadline, &[(R::Administrator, Reach::Unit)]),
    (A::Submit, &[(R::Citizen, Reach::Own), (R::DeskOfficer, Reach::Unit), (R::Integrator, Reach::Unit)]),
    (A::KeepDraft, &[(R::Citizen, Reach::Own), (R::DeskOfficer, Reach::Own), (R::Integrator, Reach::Own)]),
    (
        A::ReadDossier,
        &[
            (R::Citizen, Reach::Own),
            (R::DeskOfficer, Reach::Unit),
            (R::CaseOfficer, Reach::Unit),
            (R::Approver, Reach::Unit),
            (R::PaymentOfficer, Reach::Unit),
            (R::Archivist, Reach::Unit),
            (R::StatisticsReader, Reach::Unit),
            (R::Auditor, Reach::Unit),
            (R::Administrator, Reach::Unit),
            (R::Integrator, Reach::Own),
        ],
    ),
    (A::UploadPaper, &[(R::Citizen, Reach::Own), (R::DeskOfficer, Reach::Own), (R::Integrator, Reach::Own)]),
    (
        A::ReadPaper,
        &[
            (R::Citizen, Reach::Own),
            (R::DeskOfficer, Reach::Unit),
            (R::CaseOfficer, Reach::Unit),
            (R::Approver, Reach::Unit),
            (R::PaymentOfficer, Reach::Unit),
            (R::Archivist, Reach::Unit),
            (R::Auditor, Reach::Unit),
            (R::Integrator, Reach::Own),
        ],
    ),
    (
        A::ReplacePaper,
        &[(R::Citizen, Reach::Own), (R::DeskOfficer, Reach::Unit), (R::Integrator, Reach::Own)],
    ),
    (
        A::ReadEligibility,
        &[
            (R::Citizen, Reach::Own),
            (R::DeskOfficer, Reach::Unit),
            (R::CaseOfficer, Reach::Unit),
            (R::Approver, Reach::Unit),
            (R::PaymentOfficer, Reach::Unit),
            (R::Archivist, Reach::Unit),
            (R::Auditor, Reach::Unit),
            (R::Integrator, Reach::Own),
        ],
    ),
    (A::Accept, &[(R::DeskOfficer, Reach::Unit)]),
    (A::Decline, &[(R::DeskOfficer, Reach::Unit)]),
    (A::Start, &[(R::CaseOfficer, Reach::Unit)]),
    (A::RequestSupplement, &[(R::DeskOfficer, Reach::Unit), (R::CaseOfficer, Reach::Unit)]),
    (A::Supplement, &[(R::Citizen, Reach::Own), (R::DeskOfficer, Reach::Unit), (R::Integrator, Reach::Own)]),
    (A::RequestPayment, &[(R::DeskOfficer, Reach::Unit), (R::CaseOfficer, Reach::Unit)]),
    (
        A::ConfirmPayment,
        &[(R::DeskOfficer, Reach::Unit), (R::PaymentOfficer, Reach::Unit), (R::Integrator, Reach::Unit)],
    ),
    (A::Forward, &[(R::CaseOfficer, Reach::Unit)]),
    (A::SendBack, &[(R::CaseOfficer, Reach::Unit), (R::Approver, Reach::Unit)]),
    (A::Propose, &[(R::CaseOfficer, Reach::Unit)]),
    (A::Decide, &[(R::Approver, Reach::Unit)]),
    (A::Extend, &[(R::CaseOfficer, Reach::Unit)]),
    (A::HandOver, &[(R::DeskOfficer, Reach::Unit)]),
    (A::Withdraw, &[(R::Citizen, Reach::Own)]),
    (A::Stop, &[(R::CaseOfficer, Reach::Unit), (R::Approver, Reach::Unit)]),
    (A::Rate, &[(R::Citizen, Reach::Own)]),
    (
        A::ReadQueue,
        &[
            (R::DeskOfficer, Reach::Unit),
            (R::CaseOfficer, Reach::Unit),
            (R::Approver, Reach::Unit),
            (R::PaymentOfficer, Reach::Unit),
        ],
    ),
    (A::AssignDossier, &[(R::CaseOfficer, Reach::Unit), (R::Approver, Reach::Unit)]),
    (
        A::ReadLetter,
        &[
            (R::DeskOfficer, Reach::Unit),
            (R::CaseOfficer, Reach::Unit),
            (R::Approver, Reach::Unit),
            (R::Auditor, Reach::Unit),
        ],
    ),
    (
        A::ReadIssuedLetter,
        &[
            (R::Citizen, Reach::Own),
            (R::DeskOfficer, Reach::Unit),
            (R::CaseOfficer, Reach::Unit),
            (R::Approver, Reach::Unit),
            (R::Auditor, Reach::Unit),
        ],
    ),
    (A::EditLetter, &[(R::CaseOfficer, Reach::Unit), (R::Approver, Reach::Unit)]),
    (A::ReviewLetter, &[(R::CaseOfficer, Reach::Unit), (R::Approver, Reach::Unit)]),
    (A::IssueLetter, &[(R::Approver, Reach::Unit)]),
    (A::DiscardLetter, &[(R::CaseOfficer, Reach::Unit), (R::Approver, Reach::Unit)]),
    (
        A::ReadLetterTemplates,
        &[
            (R::DeskOfficer, Reach::Unit),
            (R::CaseOfficer, Reach::Unit),
            (R::Approver, Reach::Unit),
            (R::Auditor, Reach::Unit),
            (R::Administrator, Reach::Unit),
        ],
    ),
    (A::ChangeLetterTemplates, &[(R::Administrator, Reach::Unit)]),
    (
        A::ReadRegister,
        &[
            (R::DeskOfficer, Reach::Unit),
            (R::CaseOfficer, Reach::Unit),
            (R::Approver, Reach::Unit),
            (R::Archivist, Reach::Unit),
            (R::Auditor, Reach::Unit),
        ],
    ),
    (A::DelegateWork, OWN_WORK),
    (
        A::ReadOfficers,
        &[
            (R::DeskOfficer, Reach::Unit),
            (R::CaseOfficer, Reach::Unit),
            (R::Approver, Reach::Unit),
            (R::PaymentOfficer, Reach::Unit),
            (R::Auditor, Reach::Unit),
            (R::Administrator, Reach::Unit),
        ],
    ),
    (A::HandOverWork, OWN_WORK),
    (
        A::ReadBenefit,
        &[
            (R::Citizen, Reach::Own),
            (R::DeskOfficer, Reach::Unit),
            (R::CaseOfficer, Reach::Unit),
            (R::Approver, Reach::Unit),
            (R::PaymentOfficer, Reach::Unit),
            (R::Auditor, Reach::Unit),
        ],
    ),
    (A::ReceiveBenefit, &[(R::DeskOfficer, Reach::Unit), (R::CaseOfficer, Reach::Unit)]),
    (
        A::DeclareJobSearch,
        &[(R::Citizen, Reach::Own), (R::DeskOfficer, Reach::Unit), (R::CaseOfficer, Reach::Unit)],
    ),
    (A::ExcuseDeclaration, &[(R::DeskOfficer, Reach::Unit), (R::CaseOfficer, Reach::Unit)]),
    (A::RecordJobRefusal, &[(R::DeskOfficer, Reach::Unit), (R::CaseOfficer, Reach::Unit)]),
    (A::SuspendBenefit, &[(R::CaseOfficer, Reach::Unit), (R::Approver, Reach::Unit)]),
    (A::ResumeBenefit, &[(R::CaseOfficer, Reach::Unit), (R::Approver, Reach::Unit)]),
    (A::TerminateBenefit, &[(R::Approver, Reach::Unit)]),
    (A::CancelBenefit, &[(R::Approver, Reach::Unit)]),
    (A::TransferBenefit, &[(R::CaseOfficer, Reach::Unit), (R::Approver, Reach::Unit)]),
    (A::PayBenefit, &[(R::PaymentOfficer, Reach::Unit)]),
    (A::RecoverBenefit, &[(R::Approver, Reach::Unit)]),
    (A::RecordRepayment, &[(R::PaymentOfficer, Reach::Unit)]),
    (A::RunImport, &[(R::Administrator, Reach::Unit), (R::Integrator, Reach::Unit)]),
    (
        A::ReadStatistics,
        &[
            (R::DeskOfficer, Reach::Unit),
            (R::CaseOfficer, Reach::Unit),
            (R::Approver, Reach::Unit),
            (R::PaymentOfficer, Reach::Unit),
            (R::StatisticsReader, Reach::Unit),
            (R::Auditor, Reach::Unit),
            (R::Administrator, Reach::Unit),
        ],
    ),
    (
        A::ReadCatalogue,
        &[(R::CatalogueEditor, Reach::Unit), (R::Auditor, Reach::Unit), (R::Administrator, Reach::Unit)],
    ),
    (A::EditCatalogue, &[(R::CatalogueEditor, Reach::Unit), (R::Administrator, Reach::Unit)]),
    (A::PublishCatalogue, &[(R::CatalogueEditor, Reach::Unit), (R::Administrator, Reach::Unit)]),
    (
        A::ReadOwnAccount,
        &[
            (R::Citizen, Reach::Own),
            (R::DeskOfficer, Reach::Own),
            (R::CaseOfficer, Reach::Own),
            (R::Approver, Reach::Own),
            (R::PaymentOfficer, Reach::Own),
            (R::Archivist, Reach::Own),
            (R::CatalogueEditor, Reach::Own),
            (R::StatisticsReader, Reach::Own),
            (R::Auditor, Reach::Own),
            (R::Administrator, Reach::Own),
            (R::Integrator, Reach::Own),
        ],
    ),
];

/// Roles that work dossiers and so see whom they are about; every other reader sees masks.
const SEES_PERSONS: &[Role] = &[
    R::Citizen,
    R::DeskOfficer,
    R::CaseOfficer,
    R::Approver,
    R::PaymentOfficer,
    R::Archivist,
    R::Integrator,
    R::Auditor,
];

/// How far a role's right to an action goes, if it has one.
pub fn reach(role: Role, action: Action) -> Option<Reach> {
    let (_, rights) = POLICY.iter().find(|(a, _)| *a == action)?;
    rights.iter().find(|(r, _)| *r == role).map(|(_, reach)| *reach)
}

/// Whether a role works dossiers, so that a stage of a procedure may name it.
pub fn works_dossiers(role: Role) -> bool {
    [A::Accept, A::Start, A::Decide].iter().any(|action| reach(role, *action).is_some())
}

/// The roles that have an action at all, in the order of the table.
pub fn roles_for(action: Action) -> impl Iterator<Item = (Role, Reach)> {
    POLICY.iter().filter(move |(a, _)| *a == action).flat_map(|(_, rights)| rights.iter().copied())
}

/// A role held at a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The unit it is held at; none for roles that reach only what is their own.
    pub unit: Option<String>,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub account: AccountId,
    /// The account's user name: a public function, not a person's name.
    pub user: String,
    /// Roles and where they are held.
    pub grants: Vec<Grant>,
    /// A citizen's own identifier.
    pub personal_id: Option<String>,
}

impl Actor {
    /// The timer, which holds no role: what it may do stands apart from the policy.
    pub fn timer() -> Self {
        Self {
            account: AccountId(uuid::Uuid::nil()),
            user: "timer".to_owned(),
            grants: Vec::new(),
            personal_id: None,
        }
    }

    /// Whether nobody acts but the calendar.
    pub fn is_timer(&self) -> bool {
        self.account.0.is_nil()
    }

    /// Whether any role of the actor has the action at all, wherever.
    pub fn may_somewhere(&self, action: Action) -> bool {
        self.grants.iter().any(|g| reach(g.role, action).is_some())
    }

    /// Whether the actor sees the persons of dossiers, or masks.
    pub fn sees_persons(&self) -> bool {
        self.grants.iter().any(|g| SEES_PERSONS.contains(&g.role))
    }
}

/// What an action is about, as far as access is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The unit it belongs to.
    pub unit: &'a str,
    /// The personal identifiers of those it is about.
    pub persons: &'a [&'a str],
    /// The account whose it is: that handed it in, or whose work it is.
    pub submitted_by: Option<AccountId>,
}

/// Why an action is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The actor may not even know that the subject exists.
    #[error("not found")]
    Hidden,
    /// The actor may see it but not do this.
    #[error("forbidden")]
    Forbidden,
}

/// Proof that somebody may do something to a subject; made only in this module.
#[derive(Debug, Clone)]
pub struct Permit {
    actor: Actor,
    role: Role,
    action: Action,
    unit: Option<String>,
    on_record: Option<String>,
}

impl Permit {
    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    /// In which role; for the timer the one whose step it otherwise is.
    pub fn role(&self) -> Role {
        self.role
    }
    /// In which role somebody acts; none for the timer.
    pub fn acting_role(&self) -> Option<Role> {
        (!self.actor.is_timer()).then_some(self.role)
    }
    /// The permit of the timer; none for what it may not do.
    pub fn timer(action: Action) -> Option<Self> {
        let (_, role) = DOSSIERS_BY_TIMER.iter().find(|(a, _)| *a == action)?;
        let grants = vec![Grant { role: *role, unit: None }];
        authorize_somewhere(&Actor { grants, ..Actor::timer() }, action).ok()
    }
    /// What is permitted.
    pub fn action(&self) -> Action {
        self.action
    }
    /// The unit at which the role is held; none where the right reaches only what is one's own, and
    /// for what another system recorded.
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }
    /// The name that stands in the record: the actor's, or the officer another system names.
    pub fn name(&self) -> &str {
        self.on_record.as_deref().unwrap_or(&self.actor.user)
    }
    /// What tells two people apart: the account, and for a record of another system its name.
    pub fn identity(&self) -> String {
        match &self.on_record {
            Some(name) => format!("portal:{name}"),
            None => self.actor.account.to_string(),
        }
    }

    /// Turns the right to import into the right to record what another system says `name` did in
    /// `role`. Only a permit for [`Action::RunImport`] can be turned.
    pub fn on_record(&self, action: Action, role: Role, name: &str) -> Option<Self> {
        (self.action == A::RunImport).then(|| Self {
            actor: self.actor.clone(),
            role,
            action,
            unit: None,
            on_record: Some(name.to_owned()),
        })
    }
}

/// What the law orders by the calendar, so that the timer does it without anybody asking.
const BY_TIMER: &[Action] = &[A::SuspendBenefit, A::TerminateBenefit];

/// Proof that somebody, or the timer, may do something; made only in this module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    action: Action,
    by: Option<(AccountId, Role)>,
    name: String,
}

impl Mandate {
    /// The mandate of the timer; none for what it may not do.
    pub fn timer(action: Action) -> Option<Self> {
        BY_TIMER.contains(&action).then(|| Self { action, by: None, name: "timer".to_owned() })
    }
    /// What is permitted.
    pub fn action(&self) -> Action {
        self.action
    }
    /// The account that acts; none for the timer.
    pub fn account(&self) -> Option<AccountId> {
        self.by.map(|(account, _)| account)
    }
    /// In which role; none for the timer.
    pub fn role(&self) -> Option<Role> {
        self.by.map(|(_, role)| role)
    }
    /// The name that stands in the record.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl From<&Permit> for Mandate {
    fn from(permit: &Permit) -> Self {
        Self {
            action: permit.action,
            by: Some((permit.actor.account, permit.role)),
            name: permit.name().to_owned(),
        }
    }
}

fn covers(actor: &Actor, grant: &Grant, reach: Reach, subject: &Subject<'_>, units: &Units) -> bool {
    match reach {
        Reach::Own => {
            let about_me = actor.personal_id.as_deref().is_some_and(|me| subject.persons.contains(&me));
            about_me || subject.submitted_by == Some(actor.account)
        }
        Reach::Unit => grant.unit.as_deref().is_some_and(|root| units.belongs(subject.unit, root)),
    }
}

/// Whether `actor` may do `action` to `subject`.
///
/// # Errors
/// [`Denied::Hidden`] when the actor may not read the subject either, else [`Denied::Forbidden`].
pub fn authorize(
    actor: &Actor,
    action: Action,
    subject: &Subject<'_>,
    units: &Units,
) -> Result<Permit, Denied> {
    let granted = |action: Action| {
        actor.grants.iter().find(|grant| {
            reach(grant.role, action).is_some_and(|reach| covers(actor, grant, reach, subject, units))
        })
    };
    if let Some(grant) = granted(action) {
        let unit = grant.unit.clone().filter(|_| reach(grant.role, action) == Some(Reach::Unit));
        return Ok(Permit { actor: actor.clone(), role: grant.role, action, unit, on_record: None });
    }
    Err(if granted(A::ReadDossier).is_some() { Denied::Forbidden } else { Denied::Hidden })
}

/// A permit for something that reaches exactly as far as the actor's own grants, such as an
/// import; the units it may touch are those of [`list_filter`].
///
/// # Errors
/// [`Denied::Forbidden`] when no role of the actor has the action.
pub fn authorize_somewhere(actor: &Actor, action: Action) -> Result<Permit, Denied> {
    match actor.grants.iter().find(|g| reach(g.role, action).is_some()) {
        Some(grant) => {
            let unit = grant.unit.clone();
            Ok(Permit { actor: actor.clone(), role: grant.role, action, unit, on_record: None })
        }
        None => Err(Denied::Forbidden),
    }
}

/// A permit for something that concerns every unit, such as the law: the role must be held at a unit
/// that has none above it.
///
/// # Errors
/// [`Denied::Forbidden`] when no role of the actor held there has the action.
pub fn authorize_at_the_top(actor: &Actor, action: Action, units: &Units) -> Result<Permit, Denied> {
    let top = |code: &str| units.get(code).is_some_and(|unit| unit.parent.is_none());
    let granted = |g: &&Grant| reach(g.role, action).is_some() && g.unit.as_deref().is_some_and(top);
    match actor.grants.iter().find(granted) {
        Some(grant) => {
            let unit = grant.unit.clone();
            Ok(Permit { actor: actor.clone(), role: grant.role, action, unit, on_record: None })
        }
        None => Err(Denied::Forbidden),
    }
}

/// What of a list an actor may see: the union of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListFilter {
    /// Whatever belongs to these units.
    pub units: BTreeSet<String>,
    /// Whatever is about this person.
    pub person: Option<String>,
    /// Whatever this account handed in.
    pub submitted_by: Option<AccountId>,
}

/// The part of a list that `actor` may see under `action`; counts, exports and figures take the
/// same filter, so they cannot show more than reading would.
///
/// # Errors
/// [`Denied::Forbidden`] when no role of the actor has the action.
pub fn list_filter(actor: &Actor, action: Action, units: &Units) -> Result<ListFilter, Denied> {
    let mut filter = ListFilter::default();
    let mut any = false;
    for grant in &actor.grants {
        match reach(grant.role, action) {
            None => {}
            Some(Reach::Own) => {
                any = true;
                filter.person.clone_from(&actor.personal_id);
                filter.submitted_by = Some(actor.account);
            }
            Some(Reach::Unit) => {
                any = true;
                if let Some(root) = &grant.unit {
                    filter.units.extend(units.reach(root));
                }
            }
        }
    }
    if any { Ok(filter) } else { Err(Denied::Forbidden) }
}

/// The whole matrix as text, role by action, for the golden file and the documentation.
pub fn matrix() -> String {
    use crate::code::Code;
    let mut out = String::from("| action |");
    for role in Role::ALL {
        out.push_str(&format!(" {role} |"));
    }
    out.push_str("\n| --- |");
    out.push_str(&" --- |".repeat(Role::ALL.len()));
    out.push('\n');
    for action in Action::ALL {
        out.push_str(&format!("| {action} |"));
        for role in Role::ALL {
            out.push_str(&format!(" {} |", reach(*role, *action).map_or("-", Reach::code)));
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
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
