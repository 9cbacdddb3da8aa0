//! The queue: dossiers that are not settled for good, and how they stand to their due date.

use chrono::{DateTime, Utc};

use super::status::Status;
use crate::calendar::{self, Calendar};
use crate::code::Code;

crate::codes! {
    /// Tình trạng thời hạn: how an open dossier stands to its due date.
    pub enum Lateness {
        /// Quá hạn: the due date has passed while the clock runs.
        Late => "late", "Quá hạn", "Late",
        /// Sắp đến hạn: due within the next working days.
        DueSoon => "due_soon", "Sắp đến hạn", "Due soon",
        /// Còn hạn.
        OnTime => "on_time", "Còn hạn", "On time",
        /// Không tính hạn: not accepted yet, waiting for the applicant, decided, or without limit.
        NoDue => "no_due", "Không tính hạn", "No time runs",
    }
}

/// The instants that divide late, due soon and on time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// What was due before this is late.
    pub now: DateTime<Utc>,
    /// What is due up to this is due soon.
    pub soon: DateTime<Utc>,
}

impl Bounds {
    /// As of now, where what is due by the end of the `working_days`-th working day after today is
    /// due soon.
    pub fn new(now: DateTime<Utc>, working_days: u32, calendar: &Calendar) -> Self {
        let last = calendar.working_days_after(calendar::day_of(now), working_days);
        Self { now, soon: last.map_or(now, calendar::end_of) }
    }
}

/// The statuses of dossiers in the queue: those that something leads out of.
pub fn statuses() -> impl Iterator<Item = Status> {
    Status::ALL.iter().copied().filter(|status| !status.is_final())
}
