//! What a change of a dossier adds to the figures.
//!
//! Every figure of a period is a count of these; each dossier adds each at most once, so what is
//! counted can also be listed.

use chrono::{DateTime, Utc};

use super::Dossier;
use super::status::{Outcome, Status};

crate::codes! {
    /// Chỉ tiêu: something that happens to a dossier at most once and is counted on its day.
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
    }
}

/// The figures that a change adds to, each with the instant it is counted at.
pub fn effects(before: Option<&Dossier>, after: &Dossier) -> Vec<(Figure, DateTime<Utc>)> {
    let mut out = Vec::new();
    if before.is_none() {
        out.push((Figure::Received, after.submitted_at));
    }
    let ended = |d: &Dossier| d.ended_at.is_some() || d.completed_at.is_some();
    if before.is_some_and(ended) || !ended(after) {
        return out;
    }
    if let (Some(at), Some(outcome)) = (after.completed_at, after.outcome) {
        out.push((if outcome == Outcome::Approved { Figure::Approved } else { Figure::Rejected }, at));
        out.push((if after.is_late(at) { Figure::Late } else { Figure::InTime }, at));
    }
    if let Some(at) = after.ended_at {
        match after.status {
            Status::NotAccepted => out.push((Figure::NotAccepted, at)),
            Status::Withdrawn => out.push((Figure::Withdrawn, at)),
            Status::Stopped => out.push((Figure::Stopped, at)),
            _ => {}
        }
    }
    out
}
