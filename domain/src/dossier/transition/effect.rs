//! What a command does to a dossier, beside its status.

use chrono::{DateTime, Utc};

use super::{ClockEffect, Context, Violation};
use crate::access::Permit;
use crate::calendar;
use crate::dossier::command::Command;
use crate::dossier::status::{Clock, Outcome};
use crate::dossier::{Decision, Dossier, Extension, PauseReason, PauseSpan, Proposal};

/// Turns the clock as the table says.
pub(super) fn turn_clock(after: &mut Dossier, effect: ClockEffect, command: &Command, now: DateTime<Utc>) {
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
pub(super) fn effect(
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
