//! The policy: which role may do what, and how far; what the timer does of itself.

use super::{Action, Role};

use Action as A;
use Role as R;

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

/// Who may pass work on: officers their own, those who lead or run a unit that of its officers.
const OWN_WORK: &[(Role, Reach)] = &[
    (R::DeskOfficer, Reach::Own),
    (R::CaseOfficer, Reach::Own),
    (R::Approver, Reach::Unit),
    (R::PaymentOfficer, Reach::Own),
    (R::Administrator, Reach::Unit),
];

/// What the calendar orders of dossiers and benefits, so that the timer does it without anybody
/// asking, and the role whose step it otherwise is.
const BY_TIMER: &[(Action, Role)] =
    &[(A::Stop, R::CaseOfficer), (A::SuspendBenefit, R::CaseOfficer), (A::TerminateBenefit, R::Approver)];

/// Whether the timer does an action.
pub fn by_timer(action: Action) -> bool {
    instead_of(action).is_some()
}

/// The role whose step it is where the timer does not do it; none for what the timer may not do.
pub(super) fn instead_of(action: Action) -> Option<Role> {
    BY_TIMER.iter().find(|(a, _)| *a == action).map(|(_, role)| *role)
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
    (A::ExemptDeclaration, &[(R::CaseOfficer, Reach::Unit)]),
    (A::WithdrawExemption, &[(R::CaseOfficer, Reach::Unit), (R::Approver, Reach::Unit)]),
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
pub(super) const SEES_PERSONS: &[Role] = &[
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
