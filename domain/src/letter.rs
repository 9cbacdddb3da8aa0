//! Phiếu xin lỗi và hẹn lại ngày trả kết quả (Decree 61/2018/NĐ-CP as amended by Decree 107/2021/NĐ-CP;
//! form 04 of Circular 01/2018/TT-VPCP): when one is drafted, who must act on it, how it is issued.
//!
//! Owns the occasions and the steps from draft to issue. The words of a letter come from a template,
//! which is data; what stands in it once it is issued never changes.

use chrono::{DateTime, NaiveDate, Utc};

use crate::access::{Action, Permit, Role};
use crate::assignment::{Assignment, AssignmentKind};
use crate::dossier::Dossier;
use crate::dossier::event::Event;
use crate::ids::AccountId;

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
        /// Dự thảo: drafted or changed, and not looked through since.
        Draft => "draft", "Dự thảo", "Draft",
        /// Trình ký: looked through, waits for the signature.
        Reviewed => "reviewed", "Đã rà soát, trình ký", "Reviewed",
        /// Đã phát hành: numbered, dated and signed; never changed again.
        Issued => "issued", "Đã phát hành", "Issued",
        /// Hủy dự thảo: not sent, for the reason given.
        Discarded => "discarded", "Đã hủy", "Discarded",
    }
}

/// What leads from one state of a letter to another. What is not here is refused.
pub const LETTER_STEPS: &[(LetterState, Action, LetterState)] = &[
    (LetterState::Draft, Action::EditLetter, LetterState::Draft),
    (LetterState::Draft, Action::ReviewLetter, LetterState::Reviewed),
    (LetterState::Draft, Action::DiscardLetter, LetterState::Discarded),
    // What is changed must be looked through again.
    (LetterState::Reviewed, Action::EditLetter, LetterState::Draft),
    (LetterState::Reviewed, Action::IssueLetter, LetterState::Issued),
    (LetterState::Reviewed, Action::DiscardLetter, LetterState::Discarded),
];

impl LetterState {
    /// Where a step leads from here; none where it is not possible.
    pub fn after(self, action: Action) -> Option<Self> {
        LETTER_STEPS.iter().find(|(from, step, _)| *from == self && *step == action).map(|(_, _, to)| *to)
    }

    /// The steps that lead out of it, in one word each.
    pub fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Draft => &["edit", "review", "discard"],
            Self::Reviewed => &["edit", "issue", "discard"],
            Self::Issued | Self::Discarded => &[],
        }
    }
}

/// Số và ký hiệu of a letter as it is printed, for example `12/PXL`.
pub fn printed_number(number: i64) -> String {
    format!("{number}/PXL")
}

/// What stands in a draft where the number will.
pub const NUMBER_MARK: &str = "[số]";
/// What stands in a draft where the day of issue will.
pub const DAY_MARK: &str = "[ngày]";
/// What stands in a draft where the name of the signer will.
pub const SIGNER_MARK: &str = "[người ký]";

/// The text of a letter once it is issued: its marks filled in.
pub fn issued_text(draft: &str, number: i64, on: NaiveDate, signer: &str) -> String {
    draft
        .replace(NUMBER_MARK, &number.to_string())
        .replace(DAY_MARK, &on.format("%d/%m/%Y").to_string())
        .replace(SIGNER_MARK, signer)
}

/// The issue of a letter in the history of its dossier: nothing changes but the number of the last
/// event. `number` is the printed one.
pub fn issued(
    permit: &Permit,
    dossier: &Dossier,
    number: String,
    reason: Option<String>,
    new_due_on: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> (Dossier, Event) {
    let after = Dossier { version: dossier.version + 1, ..dossier.clone() };
    let mut event = Event::of(permit, &after, Some(dossier), now);
    event.reason = reason;
    event.detail.reference = Some(number);
    event.detail.until = new_due_on;
    (after, event)
}

/// Who must act on a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MustAct {
    /// In which role.
    pub role: Role,
    /// The primary, where the dossier has one.
    pub officer: Option<(AccountId, String)>,
}

impl MustAct {
    /// Waits for the signature.
    pub fn signature() -> Self {
        Self { role: Role::Approver, officer: None }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;

    #[test]
    fn the_steps_are_those_of_the_table() {
        for state in LetterState::ALL {
            let table: Vec<String> = LETTER_STEPS
                .iter()
                .filter(|(from, ..)| from == state)
                .map(|(_, action, _)| action.to_string().trim_end_matches("_letter").to_owned())
                .collect();
            assert_eq!(state.steps(), table, "{state}");
        }
        for over in [LetterState::Issued, LetterState::Discarded] {
            assert!(Action::ALL.iter().all(|action| over.after(*action).is_none()), "{over}");
        }
        assert_eq!(LetterState::Draft.after(Action::IssueLetter), None, "nothing is signed unread");
    }

    #[test]
    fn an_issued_text_has_no_marks() {
        let on = NaiveDate::from_ymd_opt(2023, 12, 14).unwrap();
        let draft = format!("Số: {NUMBER_MARK}/PXL, {DAY_MARK}, {SIGNER_MARK}");
        assert_eq!(issued_text(&draft, 7, on, "Lê Văn Hòa"), "Số: 7/PXL, 14/12/2023, Lê Văn Hòa");
    }
}
