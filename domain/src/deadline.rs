//! When a dossier is due: a pure function of acceptance, limit, pauses and calendar.
//!
//! [`compute`] is the cheap answer that every write uses; [`explain`] lists each day with its
//! reason. What a pause adds is its working time, walked in working time only.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::{self, Calendar, DayKind, DayNature};

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
const LONGEST: i64 = 3_000;

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
fn unpaused(started_at: DateTime<Utc>, limit: &Limit, calendar: &Calendar) -> Result<DateTime<Utc>, DeadlineError> {
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
        if !calendar::in_range(calendar::day_of(to)) {
            return Err(DeadlineError::OutOfRange);
        }
        let inside = calendar.working_time(from, to);
        due = calendar.after_working_time(due, inside).ok_or(DeadlineError::OutOfRange)?;
        covered = Some(to);
    }
    Ok(Some(due))
}

crate::codes! {
    /// Why a day was counted or not.
    pub enum DayReason {
        /// Ngày làm việc.
        WorkingDay => "working_day", "Ngày làm việc", "Working day",
        /// Ngày tiếp nhận, không tính.
        AcceptanceDay => "acceptance_day", "Ngày tiếp nhận, không tính", "Day of acceptance, not counted",
        /// Ngày nghỉ hằng tuần.
        Weekend => "weekend", "Ngày nghỉ hằng tuần", "Weekend",
        /// Ngày nghỉ lễ, tết.
        Holiday => "holiday", "Nghỉ lễ, tết", "Public holiday",
        /// Ngày nghỉ bù.
        DayInLieu => "day_in_lieu", "Nghỉ bù", "Day in lieu",
        /// Ngày nghỉ hoán đổi.
        SwappedOff => "swapped_off", "Nghỉ hoán đổi", "Swapped day off",
        /// Ngày làm bù.
        SwappedWork => "swapped_work", "Làm bù", "Swapped working day",
        /// Tạm dừng tính thời hạn.
        Paused => "paused", "Tạm dừng tính thời hạn", "Paused",
    }
}

/// One day of the way to the due date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayExplained {
    /// The day.
    pub date: NaiveDate,
    /// Whether working time of it counted.
    pub counted: bool,
    /// Why.
    pub reason: DayReason,
    /// What the calendar calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Every day from acceptance to the due day, or to `until` while no due date can be given: whether
/// it counted and why. A working day of which a pause took everything is paused; one of which it
/// took a part counts.
pub fn explain(
    accepted_at: DateTime<Utc>,
    deadline: &Deadline,
    limit: &Limit,
    pauses: &[Pause],
    until: NaiveDate,
    calendar: &Calendar,
) -> Vec<DayExplained> {
    let first = calendar::day_of(accepted_at);
    let acceptance = calendar::day_of(deadline.started_at);
    let last = deadline.due_on.unwrap_or_else(|| until.max(acceptance));
    let every_day = matches!(limit.unit, LimitUnit::CalendarDays | LimitUnit::Months);
    first
        .iter_days()
        .take_while(|day| *day <= last)
        .map(|day| {
            let name = calendar.days.get(&day).map(|d| d.name_vi.clone());
            let off = match calendar.nature(day) {
                DayNature::Weekend => Some(DayReason::Weekend),
                DayNature::Special(DayKind::Holiday) => Some(DayReason::Holiday),
                DayNature::Special(DayKind::DayInLieu) => Some(DayReason::DayInLieu),
                DayNature::Special(DayKind::SwappedOff) => Some(DayReason::SwappedOff),
                DayNature::Special(DayKind::SwappedWork) | DayNature::Working => None,
            };
            let hours_count = limit.unit == LimitUnit::WorkingHours && day == acceptance;
            let (counted, reason) = if let Some(off) = off {
                (every_day && day > acceptance, off)
            } else if day <= acceptance && !hours_count {
                (false, DayReason::AcceptanceDay)
            } else if wholly_paused(day, pauses, calendar) {
                (false, DayReason::Paused)
            } else if calendar.nature(day) == DayNature::Working {
                (true, DayReason::WorkingDay)
            } else {
                (true, DayReason::SwappedWork)
            };
            DayExplained { date: day, counted, reason, name }
        })
        .collect()
}

/// Whether pauses took all working time of a working day.
fn wholly_paused(day: NaiveDate, pauses: &[Pause], calendar: &Calendar) -> bool {
    let (Some(mut from), Some(close)) = (calendar.open_of(day), calendar.close_of(day)) else { return false };
    let mut pauses: Vec<&Pause> = pauses.iter().collect();
    pauses.sort_by_key(|p| p.from);
    for pause in pauses {
        if calendar.working_time(from, pause.from.max(from)) > Duration::zero() {
            return false;
        }
        match pause.to {
            None => return true,
            Some(to) => from = from.max(to),
        }
        if calendar.working_time(from, close) == Duration::zero() {
            return true;
        }
    }
    false
}

/// How much time is left, or by how much it is late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remaining {
    /// Whether the due instant has passed.
    pub late: bool,
    /// Working days left, or late.
    pub working_days: i64,
    /// Working minutes left, or late.
    pub working_minutes: i64,
    /// In words, Vietnamese.
    pub text_vi: String,
    /// In words, English.
    pub text_en: String,
}

/// The time between now and the due instant.
pub fn remaining(due_at: DateTime<Utc>, now: DateTime<Utc>, calendar: &Calendar) -> Remaining {
    let late = now > due_at;
    let (from, to) = if late { (due_at, now) } else { (now, due_at) };
    let working_days = calendar.working_days_between(calendar::day_of(from), calendar::day_of(to));
    let working_minutes = calendar.working_time(from, to).num_minutes();
    let (text_vi, text_en) = if late {
        (format!("Quá hạn {working_days} ngày làm việc"), format!("{working_days} working days late"))
    } else {
        (format!("Còn {working_days} ngày làm việc"), format!("{working_days} working days left"))
    };
    Remaining { late, working_days, working_minutes, text_vi, text_en }
}
