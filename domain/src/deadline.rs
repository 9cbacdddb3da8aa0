//! When a dossier is due: a pure function of acceptance, limit, pauses and calendar.
//!
//! [`compute`] is the cheap answer that every write uses; [`explain()`] lists each day with its
//! reason; [`remaining()`] says how much is left. What a pause adds is its working time, walked in
//! working time only. It must not know dossiers or the clock: instants come in.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::{self, Calendar};

mod explain;
mod remaining;

pub use explain::{DayExplained, DayReason, explain};
pub use remaining::{Remaining, remaining};

crate::codes! {
    /// Đơn vị của thời hạn.
    pub enum LimitUnit {
        /// Ngày làm việc.
        WorkingDays => "working_days", "ngày làm việc", "working days",
        /// Giờ làm việc.
        WorkingHours => "working_hours", "giờ làm việc", "working hours",
        /// Ngày.
        CalendarDays => "calendar_days", "ngày", "calendar days",
        /// Tháng.
        Months => "months", "tháng", "months",
    }
}

/// Thời hạn giải quyết: a typed amount, more than nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many.
    pub value: i64,
    /// Of what.
    pub unit: LimitUnit,
}

/// A span in which the clock waits; without an end while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Begin.
    pub from: DateTime<Utc>,
    /// End, exclusive.
    pub to: Option<DateTime<Utc>>,
}

/// Why no due date can be reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeadlineError {
    /// The limit is nothing or less.
    #[error("the limit is not positive")]
    LimitNotPositive,
    /// The limit is longer than any law gives.
    #[error("the limit is too long to be reckoned")]
    LimitTooLong,
    /// The pause with this index ends before, or when, it begins.
    #[error("pause {0} is not positive")]
    PauseNotPositive(usize),
    /// A date outside the years that can be reckoned with, or a calendar without working hours.
    #[error("a date is out of range")]
    OutOfRange,
}

/// The longest limit that is reckoned with, in its own unit; a bound against endless walking, not
/// a rule of law.
const LONGEST: i64 = 10_000;

impl Limit {
    /// Whether it is more than nothing, and no more than [`compute`] reckons with.
    pub fn is_usable(&self) -> bool {
        (1..=LONGEST).contains(&self.value)
    }
}

/// A due date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// Due instant; none while a pause lasts.
    pub due_at: Option<DateTime<Utc>>,
    /// Its civil day.
    pub due_on: Option<NaiveDate>,
    /// Version of the calendar.
    pub calendar_version: String,
    /// When the clock started: the acceptance, or the morning of the next working day.
    pub started_at: DateTime<Utc>,
}

/// Reckons the due instant.
///
/// Acceptance after the cut-off or on a day off counts as the next working day's start, which is
/// then the day of acceptance; the day of acceptance is not counted (Civil Code 2015 art. 147);
/// terms in days and months that end on a day off end on the next working day (art. 148).
///
/// # Errors
/// [`DeadlineError`].
pub fn compute(
    accepted_at: DateTime<Utc>,
    limit: &Limit,
    pauses: &[Pause],
    calendar: &Calendar,
) -> Result<Deadline, DeadlineError> {
    if limit.value <= 0 {
        return Err(DeadlineError::LimitNotPositive);
    }
    if limit.value > LONGEST {
        return Err(DeadlineError::LimitTooLong);
    }
    if let Some(bad) = pauses.iter().position(|p| p.to.is_some_and(|to| to <= p.from)) {
        return Err(DeadlineError::PauseNotPositive(bad));
    }
    let started_at = clock_start(accepted_at, calendar)?;
    let due = unpaused(started_at, limit, calendar)?;
    let due_at = pushed(due, Some(started_at), pauses, calendar)?;
    Ok(Deadline {
        due_at,
        due_on: due_at.map(calendar::day_of),
        calendar_version: calendar.version.clone(),
        started_at,
    })
}

/// When the clock starts for an acceptance.
fn clock_start(accepted_at: DateTime<Utc>, calendar: &Calendar) -> Result<DateTime<Utc>, DeadlineError> {
    let out = DeadlineError::OutOfRange;
    let at = calendar::local(accepted_at);
    if !calendar::in_range(at.date()) {
        return Err(out);
    }
    if calendar.is_working(at.date()) && at.time() <= calendar.hours.cut_off {
        return Ok(accepted_at);
    }
    let day = calendar.next_working_day(at.date()).ok_or(out)?;
    calendar.open_of(day).ok_or(out)
}

/// The due instant without pauses.
fn unpaused(
    started_at: DateTime<Utc>,
    limit: &Limit,
    calendar: &Calendar,
) -> Result<DateTime<Utc>, DeadlineError> {
    let out = DeadlineError::OutOfRange;
    let day = calendar::day_of(started_at);
    let count = u32::try_from(limit.value).map_err(|_| DeadlineError::LimitTooLong)?;
    let due_day = match limit.unit {
        LimitUnit::WorkingHours => {
            return calendar.after_working_time(started_at, Duration::hours(limit.value)).ok_or(out);
        }
        LimitUnit::WorkingDays => calendar.working_days_after(day, count),
        LimitUnit::CalendarDays => day
            .checked_add_days(chrono::Days::new(u64::from(count)))
            .filter(|d| calendar::in_range(*d))
            .and_then(|d| calendar.roll_forward(d)),
        LimitUnit::Months => calendar::months_later(day, count).and_then(|d| calendar.roll_forward(d)),
    };
    due_day.and_then(|d| calendar.close_of(d)).ok_or(out)
}

/// A due instant moved by pauses that began before it, walking working time only. None while one
/// of them lasts.
///
/// # Errors
/// [`DeadlineError::OutOfRange`].
pub fn push_back(
    due: DateTime<Utc>,
    pauses: &[Pause],
    calendar: &Calendar,
) -> Result<Option<DateTime<Utc>>, DeadlineError> {
    pushed(due, None, pauses, calendar)
}

fn pushed(
    mut due: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    pauses: &[Pause],
    calendar: &Calendar,
) -> Result<Option<DateTime<Utc>>, DeadlineError> {
    // In order of their beginning, each cut to what the ones before have not covered.
    let mut pauses: Vec<Pause> = pauses.to_vec();
    pauses.sort_by_key(|p| p.from);
    let mut covered = started_at;
    for pause in pauses {
        let from = covered.map_or(pause.from, |covered| pause.from.max(covered));
        if pause.to.is_some_and(|to| to <= from) {
            continue;
        }
        if from >= due {
            // What begins at or after the due instant reached so far changes nothing; a pause
            // that was cut to what an earlier one covered begins where that one ended.
            continue;
        }
        let Some(to) = pause.to else { return Ok(None) };
        // Out of range no working time would be found, which would pass for a pause of nothing.
        if ![from, to].map(calendar::day_of).into_iter().all(calendar::in_range) {
            return Err(DeadlineError::OutOfRange);
        }
        let inside = calendar.working_time(from, to);
        due = calendar.after_working_time(due, inside).ok_or(DeadlineError::OutOfRange)?;
        covered = Some(to);
    }
    Ok(Some(due))
}
