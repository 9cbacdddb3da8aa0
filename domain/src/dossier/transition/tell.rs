//! The event that a command leaves behind.

use chrono::{DateTime, Utc};

use crate::access::Permit;
use crate::dossier::Dossier;
use crate::dossier::command::Command;
use crate::dossier::event::Event;

pub(super) fn describe(
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
