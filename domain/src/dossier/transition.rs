//! The one table of transitions, and the one function that applies it.
//!
//! Nothing else compares statuses to decide what may happen. [`decide`] is what every write goes
//! through; [`availability`] answers the same question without writing.

use chrono::{DateTime, NaiveDate, Utc};

use super::command::Command;
use super::event::Event;
use super::status::{Clock, Outcome, Status};
use super::{Decision, Dossier, Extension, PauseReason, PauseSpan, Proposal, check_papers};
use crate::access::{Action, Permit};
use crate::calendar::{self, Calendar};
use crate::deadline::DeadlineError;
use crate::procedure::Procedure;
use crate::unemployment::assessment::Assessment;
use crate::unemployment::benefit::kept::RegisterCheck;

/// Where a transition leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To this status.
    To(Status),
    /// To the status the dossier came from.
    Back,
    /// Nowhere: the status stays.
    Same,
}

/// What a transition does to the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockEffect {
    /// Nothing.
    None,
    /// It starts.
    Start,
    /// It pauses, if it runs.
    Pause,
    /// It runs again, if it paused.
    Resume,
    /// It ends, if it had started.
    Stop,
}

impl ClockEffect {
    /// Stable text.
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Start => "starts",
            Self::Pause => "pauses",
            Self::Resume => "resumes",
            Self::Stop => "stops",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    /// What is done.
    pub action: Action,
    /// From which statuses.
    pub from: &'static [Status],
    /// Where to.
    pub to: Target,
    /// What the clock does.
    pub clock: ClockEffect,
}

use Action as A;
use Status as S;

const fn row(action: Action, from: &'static [Status], to: Target, clock: ClockEffect) -> Transition {
    Transition { action, from, to, clock }
}

/// The table. What is not in it is refused.
pub const TRANSITIONS: &[Transition] = &[
    row(A::Accept, &[S::Registered], Target::To(S::Accepted), ClockEffect::Start),
    row(A::Decline, &[S::Registered], Target::To(S::NotAccepted), ClockEffect::None),
    row(A::Start, &[S::Accepted], Target::To(S::Processing), ClockEffect::None),
    row(
        A::RequestSupplement,
        &[S::Registered, S::Accepted, S::Processing],
        Target::To(S::SupplementRequested),
        ClockEffect::Pause,
    ),
    row(A::Supplement, &[S::SupplementRequested], Target::Back, ClockEffect::Resume),
    row(
        A::RequestPayment,
        &[S::Registered, S::Accepted, S::Processing],
        Target::To(S::PaymentRequested),
        ClockEffect::Pause,
    ),
    row(A::ConfirmPayment, &[S::PaymentRequested], Target::Back, ClockEffect::Resume),
    row(A::Forward, &[S::Processing], Target::Same, ClockEffect::None),
    row(A::SendBack, &[S::Processing], Target::Same, ClockEffect::None),
    row(A::Propose, &[S::Processing], Target::Same, ClockEffect::None),
    row(A::Decide, &[S::Processing], Target::To(S::Completed), ClockEffect::Stop),
    row(A::Extend, &[S::Accepted, S::Processing], Target::Same, ClockEffect::None),
    row(A::HandOver, &[S::Completed], Target::To(S::Returned), ClockEffect::None),
    row(
        A::Withdraw,
        &[S::Registered, S::Accepted, S::Processing, S::SupplementRequested, S::PaymentRequested],
        Target::To(S::Withdrawn),
        ClockEffect::Stop,
    ),
    row(
        A::Stop,
        &[S::Accepted, S::Processing, S::SupplementRequested, S::PaymentRequested],
        Target::To(S::Stopped),
        ClockEffect::Stop,
    ),
];

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

/// The rows of the table that lead out of a status.
pub fn allowed_from(status: Status) -> impl Iterator<Item = &'static Transition> {
    TRANSITIONS.iter().filter(move |t| t.from.contains(&status))
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

fn target(dossier: &Dossier, row: &Transition) -> Status {
    match row.to {
        Target::To(status) => status,
        Target::Back => dossier.resume_to.unwrap_or(Status::Processing),
        Target::Same => dossier.status,
    }
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

/// Turns the clock as the table says.
fn turn_clock(after: &mut Dossier, effect: ClockEffect, command: &Command, now: DateTime<Utc>) {
    let close_pause = |after: &mut Dossier| {
        if let Some(open) = after.pauses.iter_mut().find(|p| p.to.is_none()) {
            open.to = Some(now);
        }
    };
    match (effect, after.clock) {
        (ClockEffect::Start, _) => {
            after.clock = Clock::Running;
            after.accepted_at = Some(now);
        }
        (ClockEffect::Pause, Clock::Running) => {
            let reason = match command {
                Command::RequestPayment { .. } => PauseReason::Payment,
                _ => PauseReason::Supplement,
            };
            after.clock = Clock::Paused;
            after.pauses.push(PauseSpan { from: now, to: None, reason });
        }
        (ClockEffect::Resume, Clock::Paused) => {
            after.clock = Clock::Running;
            close_pause(after);
        }
        (ClockEffect::Stop, Clock::Running | Clock::Paused) => {
            after.clock = Clock::Stopped;
            close_pause(after);
        }
        _ => {}
    }
}

/// What a command does beside status and clock. Gives a violation when a reason is missing that
/// only now turns out to be needed.
fn effect(
    after: &mut Dossier,
    before: &Dossier,
    command: &Command,
    permit: &Permit,
    cx: &Context<'_>,
) -> Option<Violation> {
    let now = cx.now;
    match command {
        // The stage begins with the acceptance; beginning to work it does not turn its clock back.
        Command::Accept => after.stage_since = now,
        Command::Start => {}
        Command::Decline { .. } | Command::Withdraw { .. } | Command::Stop { .. } => {
            after.ended_at = Some(now);
            after.supplement_until = None;
        }
        Command::RequestSupplement { until, .. } => {
            after.resume_to = Some(before.status);
            after.supplement_requests += 1;
            after.supplement_until = *until;
        }
        Command::RequestPayment { .. } => after.resume_to = Some(before.status),
        Command::Supplement { .. } => {
            after.resume_to = None;
            after.supplement_until = None;
            // What was proposed rested on the papers of before.
            after.proposal = None;
        }
        Command::ConfirmPayment { .. } => after.resume_to = None,
        Command::Forward => {
            after.stage = cx.procedure.stage_after(before.stage).map_or(before.stage, |s| s.order);
            after.stage_since = now;
        }
        Command::SendBack { to_stage, .. } => {
            after.stage = *to_stage;
            after.stage_since = now;
            after.proposal = None;
        }
        Command::Propose { outcome, reason } => {
            let eligible = cx.assessment.map(|a| a.eligible);
            if eligible.is_some_and(|e| e != (*outcome == Outcome::Approved)) && reason.is_none() {
                return Some(departure());
            }
            after.proposal = Some(Proposal {
                by: permit.identity(),
                at: now,
                outcome: *outcome,
                reason: reason.clone(),
                assessment: cx.assessment.cloned(),
                register: cx.register.cloned(),
            });
        }
        Command::Decide { outcome, number, on, reason } => {
            let proposal = before.proposal.as_ref()?;
            let eligible = proposal.assessment.as_ref().map(|a| a.eligible);
            let departs = proposal.outcome != *outcome
                || eligible.is_some_and(|e| e != (*outcome == Outcome::Approved));
            if departs && reason.is_none() {
                return Some(departure());
            }
            after.outcome = Some(*outcome);
            after.completed_at = Some(now);
            after.decision = Some(Decision {
                by: permit.identity(),
                number: number.clone(),
                on: on.unwrap_or_else(|| calendar::day_of(now)),
                reason: reason.clone(),
            });
        }
        Command::Extend { until, .. } => {
            after.extensions += 1;
            let day = cx.calendar.roll_forward(*until);
            let until = day.and_then(|day| cx.calendar.close_of(day));
            after.extension = until.map(|until| Extension { at: now, until });
        }
        Command::HandOver { .. } => after.returned_at = Some(now),
    }
    None
}

fn departure() -> Violation {
    Violation::new(
        "/reason".to_owned(),
        "reason_required",
        "Kết quả khác với đánh giá theo luật hoặc với đề xuất thì phải nêu lý do.",
        "An outcome that departs from the assessment or the proposal needs a reason.",
    )
}

/// Everything that is wrong with a command whatever the status.
fn violations(dossier: &Dossier, command: &Command, cx: &Context<'_>) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let mut at = |bad: bool, pointer: &str, code: &'static str, vi: &str, en: &str| {
        if bad {
            wrong.push(Violation::new(pointer.to_owned(), code, vi, en));
        }
    };
    let today = calendar::day_of(cx.now);
    match command {
        Command::RequestSupplement { missing, until, .. } => {
            at(
                until.is_some_and(|until| until <= today),
                "/until",
                "not_in_future",
                "Ngày phải sau hôm nay.",
                "The day must lie in the future.",
            );
            for (i, code) in missing.iter().enumerate() {
                let unknown = cx.procedure.paper(code).is_none();
                let pointer = format!("/missing/{i}");
                at(
                    unknown,
                    &pointer,
                    "unknown_paper",
                    "Thủ tục không có thành phần hồ sơ này.",
                    "The procedure does not ask for such a paper.",
                );
            }
        }
        Command::Supplement { papers, changes_form } => {
            let nothing = papers.is_empty() && !changes_form && dossier.status == Status::SupplementRequested;
            at(
                nothing,
                "",
                "nothing_new",
                "Bổ sung phải có giấy tờ hoặc nội dung mới.",
                "A supplement must bring a paper or a changed form.",
            );
            wrong.extend(check_papers(papers, cx.procedure, false));
        }
        Command::RequestPayment { amount_vnd, .. } => {
            at(
                amount_vnd.is_some_and(|amount| amount <= 0),
                "/amount_vnd",
                "not_positive",
                "Số tiền phải lớn hơn 0.",
                "The amount must be more than nothing.",
            );
        }
        Command::SendBack { to_stage, .. } => {
            let earlier = cx.procedure.stage(*to_stage).is_some() && *to_stage < dossier.stage;
            let bad = !earlier && dossier.status == Status::Processing && dossier.stage > 1;
            at(
                bad,
                "/to_stage",
                "not_an_earlier_stage",
                "Không phải một bước trước bước hiện tại.",
                "Not a stage before the present one.",
            );
        }
        Command::Decide { on: Some(on), .. } => {
            let accepted = dossier.accepted_at.map(calendar::day_of);
            at(
                *on > today,
                "/decided_on",
                "in_future",
                "Ngày quyết định không được sau hôm nay.",
                "A decision cannot be dated in the future.",
            );
            at(
                accepted.is_some_and(|day| *on < day),
                "/decided_on",
                "before_acceptance",
                "Ngày quyết định không được trước ngày tiếp nhận.",
                "A decision cannot be dated before acceptance.",
            );
        }
        Command::Extend { until, .. } => {
            let due: Option<NaiveDate> = dossier.due_at.map(calendar::day_of);
            at(
                due.is_some_and(|due| *until <= due),
                "/until",
                "not_after_due",
                "Ngày hẹn mới phải sau ngày hẹn hiện tại.",
                "The new day must lie after the present due day.",
            );
            at(
                *until <= today,
                "/until",
                "not_in_future",
                "Ngày phải sau hôm nay.",
                "The day must lie in the future.",
            );
            let closes = cx.calendar.roll_forward(*until).and_then(|day| cx.calendar.close_of(day));
            at(
                closes.is_none(),
                "/until",
                "out_of_range",
                "Ngày nằm ngoài phạm vi tính được.",
                "The day is out of range.",
            );
        }
        _ => {}
    }
    wrong
}

fn describe(
    permit: &Permit,
    before: &Dossier,
    after: &Dossier,
    command: &Command,
    now: DateTime<Utc>,
) -> Event {
    let mut event = Event::of(permit, after, Some(before), now);
    let detail = &mut event.detail;
    match command {
        Command::Accept | Command::Start => {}
        Command::Decline { reason, reason_code, legal_basis } => {
            event.reason_code = Some(reason_code.to_string());
            event.reason = Some(reason.clone());
            detail.legal_basis.clone_from(legal_basis);
        }
        Command::RequestSupplement { reason, missing, until } => {
            event.reason = Some(reason.clone());
            detail.missing.clone_from(missing);
            detail.until = *until;
        }
        Command::Supplement { papers, .. } => {
            detail.papers = papers.iter().map(|p| p.code.clone()).collect();
        }
        Command::RequestPayment { amount_vnd, reason } => {
            event.reason = Some(reason.clone());
            detail.amount_vnd = *amount_vnd;
        }
        Command::ConfirmPayment { reference } => detail.reference = Some(reference.clone()),
        Command::Forward => {}
        Command::SendBack { reason, .. } | Command::Withdraw { reason } => {
            event.reason = Some(reason.clone())
        }
        Command::Propose { outcome, reason } => {
            event.reason.clone_from(reason);
            detail.outcome = Some(*outcome);
            if let Some(assessment) = after.proposal.as_ref().and_then(|p| p.assessment.as_ref()) {
                detail.assessed_eligible = Some(assessment.eligible);
                event.rule_version = Some(assessment.rule_version.clone());
            }
            if let Some(register) = after.proposal.as_ref().and_then(|p| p.register.as_ref()) {
                detail.findings.clone_from(&register.findings);
            }
        }
        Command::Decide { outcome, number, reason, .. } => {
            event.reason.clone_from(reason);
            detail.outcome = Some(*outcome);
            detail.decision_number = Some(number.clone());
            detail.decided_on = after.decision.as_ref().map(|d| d.on);
            if let Some(assessment) = before.proposal.as_ref().and_then(|p| p.assessment.as_ref()) {
                detail.assessed_eligible = Some(assessment.eligible);
                event.rule_version = Some(assessment.rule_version.clone());
            }
        }
        Command::Extend { reason, until } => {
            event.reason = Some(reason.clone());
            detail.until = Some(*until);
        }
        Command::HandOver { how } => detail.how = Some(*how),
        Command::Stop { reason, reason_code } => {
            event.reason_code = Some(reason_code.to_string());
            event.reason = Some(reason.clone());
        }
    }
    if before.stage != after.stage {
        event.detail.from_stage = Some(before.stage);
        event.detail.to_stage = Some(after.stage);
    }
    if before.due_at != after.due_at {
        event.detail.due_before = before.due_at;
        event.detail.due_after = after.due_at;
        event.calendar_version.clone_from(&after.calendar_version);
    }
    event
}

/// The whole table as text, for the golden file and the documentation.
pub fn table() -> String {
    let mut out = String::from("| action | from | to | clock | who |\n| --- | --- | --- | --- | --- |\n");
    for row in TRANSITIONS {
        let from: Vec<String> = row.from.iter().map(ToString::to_string).collect();
        let to = match row.to {
            Target::To(status) => status.to_string(),
            Target::Back => "the status it came from".to_owned(),
            Target::Same => "same".to_owned(),
        };
        let timer = crate::access::by_timer(row.action).then(|| "timer".to_owned());
        let roles = crate::access::roles_for(row.action).map(|(role, _)| role.to_string());
        let who: Vec<String> = roles.chain(timer).collect();
        out.push_str(&format!(
            "| {} | {} | {to} | {} | {} |\n",
            row.action,
            from.join(", "),
            row.clock.code(),
            who.join(", ")
        ));
    }
    out
}
