//! What a change of a dossier adds to the figures.
//!
//! Every figure of a period is a count of these, so what is counted can also be listed. A dossier
//! adds each at most once, except that it may become overdue again after its due date was moved.

use chrono::{DateTime, Utc};

use super::Dossier;
use super::event::Event;
use super::status::{Outcome, Status};
use crate::access::Action;

crate::codes! {
    /// Chỉ tiêu: something that happens to a dossier and is counted on its day.
    pub enum Figure {
        /// Tiếp nhận từ người nộp: submitted.
        Received => "received", "Hồ sơ đã nhận", "Received",
        /// Không được tiếp nhận.
        NotAccepted => "not_accepted", "Không được tiếp nhận", "Not accepted",
        /// Đủ điều kiện.
        Approved => "approved", "Đủ điều kiện", "Approved",
        /// Không đủ điều kiện.
        Rejected => "rejected", "Không đủ điều kiện", "Rejected",
        /// Rút hồ sơ.
        Withdrawn => "withdrawn", "Rút hồ sơ", "Withdrawn",
        /// Dừng xử lý.
        Stopped => "stopped", "Dừng xử lý", "Stopped",
        /// Giải quyết trước hạn và đúng hạn.
        InTime => "in_time", "Đúng hạn", "Settled in time",
        /// Giải quyết quá hạn.
        Late => "late", "Quá hạn", "Settled late",
        /// Bắt đầu quá hạn: an open dossier passed its due date.
        OverdueBegan => "overdue_began", "Bắt đầu quá hạn", "Became overdue",
        /// Hết quá hạn: it was settled, ended, paused, or its due date was moved.
        OverdueEnded => "overdue_ended", "Hết quá hạn", "No longer overdue",
    }
}

crate::codes! {
    /// What some figures are divided by beside procedure, unit and channel.
    pub enum Part {
        /// Lý do từ chối: the coded reason of a decline, each failed condition of a rejection.
        Reason => "reason", "Lý do", "Reason",
        /// Đơn vị của cán bộ giải quyết: where the officer who ended it holds the role.
        OfficerUnit => "officer_unit", "Đơn vị của cán bộ giải quyết", "Officer's unit",
    }
}

/// What stands for the reason of a refusal that has no coded one: a rejection by discretion, or
/// against the law's verdict.
pub const NOT_CODED: &str = "not_coded";

/// A span in which an open dossier was past its due date: after `since`, before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    /// From when: the due instant, or when it came into force if that was later.
    pub since: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// What a change adds to the figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// Each figure with the instant it is counted at.
    pub figures: Vec<(Figure, DateTime<Utc>)>,
    /// Those of them that are counted by part too, with the key of the part.
    pub parts: Vec<(Figure, DateTime<Utc>, Part, String)>,
    /// The span of being overdue that the change ended.
    pub overdue: Option<Overdue>,
}

/// The unit of the officer who ended a dossier by this event: who decided, declined or stopped.
/// Where another system recorded it, the dossier's own; none when the event ended nothing or the
/// applicant did.
pub fn ended_by_unit(event: &Event) -> Option<String> {
    matches!(event.action, Action::Decide | Action::Decline | Action::Stop)
        .then(|| event.officer_unit.clone().unwrap_or_else(|| event.unit.clone()))
}

fn is_open(dossier: &Dossier) -> bool {
    dossier.ended_at.is_none() && dossier.completed_at.is_none()
}

/// From when an open dossier counts as overdue: its due instant or, where that came into force
/// later, when it did: a calendar that is published today makes nothing overdue as of yesterday. None
/// when it is over, or has no due date because its clock waits. A pause that begins after the due
/// instant moves nothing: the dossier stays overdue.
pub fn overdue_from(dossier: &Dossier) -> Option<DateTime<Utc>> {
    let due = dossier.due_at.filter(|_| is_open(dossier))?;
    if let Some(since) = dossier.due_since {
        return Some(due.max(since));
    }
    // Set before it was kept since when: by a step, which is known, or by a publication, which is not.
    let moved = dossier.extension.as_ref().map(|e| e.at);
    let resumed = dossier.pauses.iter().filter(|p| p.from < due).filter_map(|p| p.to).max();
    [Some(due), dossier.accepted_at, moved, resumed].into_iter().flatten().max()
}

/// Why a dossier was refused by this change; empty when it was not. A rejection has every
/// condition that failed.
pub fn reasons(before: Option<&Dossier>, after: &Dossier, event: &Event) -> Vec<String> {
    if before.is_none_or(|b| !is_open(b)) || is_open(after) {
        return Vec::new();
    }
    let mut found: Vec<String> = match (after.status, after.outcome) {
        (Status::NotAccepted, _) => event.reason_code.iter().cloned().collect(),
        (_, Some(Outcome::Rejected)) => {
            let assessment = after.proposal.as_ref().and_then(|p| p.assessment.as_ref());
            assessment.iter().flat_map(|a| &a.failed_conditions).map(|c| c.code.to_string()).collect()
        }
        _ => return Vec::new(),
    };
    found.sort();
    found.dedup();
    if found.is_empty() {
        found.push(NOT_CODED.to_owned());
    }
    found
}

/// What the change that `event` tells of adds to the figures.
pub fn effects(before: Option<&Dossier>, after: &Dossier, event: &Event) -> Effects {
    let mut out = Effects::default();
    let Some(before) = before else {
        out.figures.push((Figure::Received, after.submitted_at));
        return out;
    };
    if let Some(since) = overdue_from(before)
        && overdue_from(after) != Some(since)
        && event.at > since
    {
        out.overdue = Some(Overdue { since, until: event.at });
        out.figures.push((Figure::OverdueBegan, since));
        out.figures.push((Figure::OverdueEnded, event.at));
    }
    if !is_open(before) || is_open(after) {
        return out;
    }
    let mut ends = Vec::new();
    if let (Some(at), Some(outcome)) = (after.completed_at, after.outcome) {
        ends.push((if outcome == Outcome::Approved { Figure::Approved } else { Figure::Rejected }, at));
        ends.push((if after.is_late(at) { Figure::Late } else { Figure::InTime }, at));
    }
    if let Some(at) = after.ended_at {
        match after.status {
            Status::NotAccepted => ends.push((Figure::NotAccepted, at)),
            Status::Withdrawn => ends.push((Figure::Withdrawn, at)),
            Status::Stopped => ends.push((Figure::Stopped, at)),
            _ => {}
        }
    }
    if let Some(unit) = ended_by_unit(event) {
        out.parts.extend(ends.iter().map(|(figure, at)| (*figure, *at, Part::OfficerUnit, unit.clone())));
    }
    for reason in reasons(Some(before), after, event) {
        let refused = ends.iter().filter(|(f, _)| matches!(f, Figure::NotAccepted | Figure::Rejected));
        out.parts.extend(refused.map(|(figure, at)| (*figure, *at, Part::Reason, reason.clone())));
    }
    out.figures.extend(ends);
    out
}
