//! Phiếu xin lỗi và hẹn lại ngày trả kết quả (form 04 of Circular 01/2018/TT-VPCP): when one is drafted,
//! and who must act on it.
//!
//! Owns the occasions. The words of a letter come from a template, which is data.

use crate::access::Role;
use crate::assignment::{Assignment, AssignmentKind};
use crate::dossier::Dossier;
use crate::ids::AccountId;
use chrono::{DateTime, Utc};

crate::codes! {
    /// Dịp gửi thư xin lỗi.
    pub enum Occasion {
        /// Quá hạn: the due date has passed.
        Overdue => "overdue", "Quá hạn giải quyết", "Overdue",
        /// Gia hạn: the due date was moved.
        Extension => "extension", "Gia hạn, hẹn lại ngày trả", "Extension",
    }
}

crate::codes! {
    /// How far a letter is.
    pub enum LetterState {
        /// Dự thảo: nobody has signed it.
        Draft => "draft", "Dự thảo", "Draft",
    }
}

/// Who must act on a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MustAct {
    /// In which role.
    pub role: Role,
    /// The primary, where the dossier has one.
    pub officer: Option<(AccountId, String)>,
}

/// Who must act on an open dossier: the approver once an outcome is proposed, the case officer
/// until then; by name the primary, where there is one and nothing is proposed yet.
pub fn must_act(dossier: &Dossier, present: &[Assignment], now: DateTime<Utc>) -> MustAct {
    if dossier.proposal.is_some() {
        return MustAct { role: Role::Approver, officer: None };
    }
    let primary = present.iter().find(|a| a.kind == AssignmentKind::Primary && a.holds(now));
    MustAct { role: Role::CaseOfficer, officer: primary.map(|a| (a.account, a.user.clone())) }
}
