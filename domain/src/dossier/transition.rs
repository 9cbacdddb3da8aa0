//! The one table of transitions, and the one function that applies it.
//!
//! Nothing else compares statuses to decide what may happen. [`decide`] is what every write goes
//! through; [`availability`] answers the same question without writing.

mod effect;
mod table;
mod tell;
mod wrong;

use chrono::{DateTime, Utc};

use self::effect::{effect, turn_clock};
use self::table::target;
pub use self::table::{ClockEffect, TRANSITIONS, Target, Transition, allowed_from, table};
use self::tell::describe;
use self::wrong::violations;
use super::Dossier;
use super::command::Command;
use super::event::Event;
use super::status::Status;
use crate::access::{Action, Permit};
use crate::calendar::Calendar;
use crate::deadline::DeadlineError;
use crate::procedure::Procedure;
use crate::unemployment::assessment::Assessment;
use crate::unemployment::benefit::kept::RegisterCheck;

use Action as A;

crate::codes! {
    /// What stands in the way of an action that the status would allow.
    pub enum Blocker {
        /// Đã yêu cầu bổ sung đủ số lần cho phép.
        SupplementLimitReached => "supplement_limit_reached",
            "Đã yêu cầu bổ sung đủ số lần cho phép của thủ tục.",
            "A supplement was asked for as often as the procedure allows.",
        /// Đã gia hạn đủ số lần cho phép.
        ExtensionLimitReached => "extension_limit_reached",
            "Đã gia hạn đủ số lần cho phép của thủ tục.",
            "The due date was moved as often as the procedure allows.",
        /// Hồ sơ không có hạn giải quyết để gia hạn.
        NoDueDate => "no_due_date",
            "Hồ sơ không có hạn giải quyết để gia hạn.",
            "The dossier has no due date that could be moved.",
        /// Không còn bước tiếp theo.
        LastStage => "last_stage",
            "Hồ sơ đã ở bước cuối cùng.",
            "The dossier is at its last stage.",
        /// Không có bước trước.
        FirstStage => "first_stage",
            "Hồ sơ đang ở bước đầu tiên.",
            "The dossier is at its first stage.",
        /// Chưa tới bước cuối cùng.
        NotLastStage => "not_last_stage",
            "Chỉ đề xuất và quyết định ở bước cuối; hãy chuyển bước trước.",
            "Only the last stage proposes and decides; forward the dossier first.",
        /// Chưa có đề xuất.
        ProposalMissing => "proposal_missing",
            "Chưa có đề xuất của chuyên viên thụ lý.",
            "No case officer has proposed an outcome yet.",
        /// Người đề xuất không được quyết định.
        ProposerMayNotDecide => "proposer_may_not_decide",
            "Người đề xuất không được quyết định hồ sơ này.",
            "Who proposed may not decide.",
    }
}

/// Something wrong with what a command carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer into the body.
    pub pointer: String,
    /// Stable code.
    pub code: &'static str,
    /// In Vietnamese.
    pub message_vi: String,
    /// In English.
    pub message_en: String,
}

impl Violation {
    /// A violation at `pointer`.
    pub fn new(pointer: String, code: &'static str, vi: &str, en: &str) -> Self {
        Self { pointer, code, message_vi: vi.to_owned(), message_en: en.to_owned() }
    }
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The table has no such transition from this status.
    #[error("{action} is not possible in status {status}")]
    NotFrom {
        /// Where the dossier stands.
        status: Status,
        /// What was asked.
        action: Action,
        /// What could be asked instead.
        allowed: Vec<Action>,
    },
    /// The status allows it, but something stands in the way.
    #[error("blocked")]
    Blocked(Vec<Blocker>),
    /// Who proposed may not decide.
    #[error("the proposer may not decide")]
    SameOfficer,
    /// The command carries something that is not acceptable; every violation at once.
    #[error("not acceptable")]
    Invalid(Vec<Violation>),
    /// The due date cannot be reckoned.
    #[error("the due date cannot be reckoned: {0}")]
    Deadline(#[from] DeadlineError),
    /// The sequence of codes gave none.
    #[error("no code")]
    NoCode,
}

/// What a transition is judged by, beside the dossier.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Now.
    pub now: DateTime<Utc>,
    /// The version of the procedure that the dossier keeps.
    pub procedure: &'a Procedure,
    /// The calendar in force.
    pub calendar: &'a Calendar,
    /// What the law says of the dossier, for procedures that law decides; looked at by
    /// [`Command::Propose`] only.
    pub assessment: Option<&'a Assessment>,
    /// What the register knows of earlier benefits of the same person; kept with a proposal.
    pub register: Option<&'a RegisterCheck>,
}

/// A dossier after a transition, with the event that led there.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The dossier as it is now.
    pub dossier: Dossier,
    /// What happened.
    pub event: Event,
}

/// What an action would do and what stands in its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// The action.
    pub action: Action,
    /// Whether the table allows it from here and nothing stands in the way.
    pub allowed: bool,
    /// What stands in the way.
    pub blockers: Vec<Blocker>,
    /// Status after it.
    pub to: Status,
    /// What the clock would do.
    pub clock: ClockEffect,
}

/// For every action that leads out of the dossier's status: whether it is possible and, if not,
/// what stands in the way. `identity` is that of the asking officer.
pub fn availability(dossier: &Dossier, procedure: &Procedure, identity: &str) -> Vec<Availability> {
    allowed_from(dossier.status)
        .map(|row| {
            let blockers = blockers(dossier, row.action, procedure, identity);
            Availability {
                action: row.action,
                allowed: blockers.is_empty(),
                blockers,
                to: target(dossier, row),
                clock: row.clock,
            }
        })
        .collect()
}

fn blockers(dossier: &Dossier, action: Action, procedure: &Procedure, identity: &str) -> Vec<Blocker> {
    let mut found = Vec::new();
    let mut when = |stands: bool, blocker: Blocker| {
        if stands {
            found.push(blocker);
        }
    };
    let last_stage = procedure.stage_after(dossier.stage).is_none();
    match action {
        A::RequestSupplement => {
            let reached = dossier.supplement_requests >= procedure.max_supplement_requests;
            when(reached, Blocker::SupplementLimitReached);
        }
        A::Extend => {
            when(dossier.extensions >= procedure.max_extensions, Blocker::ExtensionLimitReached);
            when(dossier.due_at.is_none(), Blocker::NoDueDate);
        }
        A::Forward => when(last_stage, Blocker::LastStage),
        A::SendBack => {
            when(!procedure.stages.iter().any(|s| s.order < dossier.stage), Blocker::FirstStage);
        }
        A::Propose => when(!last_stage, Blocker::NotLastStage),
        A::Decide => match &dossier.proposal {
            None => when(true, Blocker::ProposalMissing),
            Some(proposal) => when(proposal.by == identity, Blocker::ProposerMayNotDecide),
        },
        _ => {}
    }
    found
}

/// Applies a command: the only way in which a dossier changes.
///
/// # Errors
/// [`Refusal`], in the order: what is wrong with the command itself, the table, what stands in
/// the way.
pub fn decide(
    permit: &Permit,
    dossier: &Dossier,
    command: &Command,
    cx: &Context<'_>,
) -> Result<Step, Refusal> {
    let wrong = violations(dossier, command, cx);
    if !wrong.is_empty() {
        return Err(Refusal::Invalid(wrong));
    }
    let action = command.action();
    let Some(row) = allowed_from(dossier.status).find(|row| row.action == action) else {
        let allowed = allowed_from(dossier.status).map(|row| row.action).collect();
        return Err(Refusal::NotFrom { status: dossier.status, action, allowed });
    };
    let blocked = blockers(dossier, action, cx.procedure, &permit.identity());
    if blocked.contains(&Blocker::ProposerMayNotDecide) {
        return Err(Refusal::SameOfficer);
    }
    if !blocked.is_empty() {
        return Err(Refusal::Blocked(blocked));
    }

    let mut after = dossier.clone();
    after.version += 1;
    after.status = target(dossier, row);
    turn_clock(&mut after, row.clock, command, cx.now);
    let reason_missing = effect(&mut after, dossier, command, permit, cx);
    if let Some(violation) = reason_missing {
        return Err(Refusal::Invalid(vec![violation]));
    }
    let turned = matches!(row.clock, ClockEffect::Start | ClockEffect::Pause | ClockEffect::Resume);
    if turned || action == A::Extend {
        after.reckon_due(cx.procedure, cx.calendar, cx.now)?;
    }
    // A letter of apology moves what was promised and no share of an office.
    if turned || matches!(action, A::Forward | A::SendBack) {
        after.reckon_stage_due(cx.procedure, cx.calendar)?;
    }
    let event = describe(permit, dossier, &after, command, cx.now);
    Ok(Step { dossier: after, event })
}
