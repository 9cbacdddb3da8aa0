//! How much time is left to a due instant, as numbers and in words.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::calendar::{self, Calendar};

/// Minutes of an hour, to write working minutes as hours.
const MINUTES_OF_HOUR: i64 = 60;

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

/// The working time between now and the due instant: working days after today up to the due day,
/// and working minutes exactly (rounded down). In words the days, or the hours where no whole day
/// lies between.
pub fn remaining(due_at: DateTime<Utc>, now: DateTime<Utc>, calendar: &Calendar) -> Remaining {
    let late = now > due_at;
    let (from, to) = if late { (due_at, now) } else { (now, due_at) };
    let working_days = calendar.working_days_between(calendar::day_of(from), calendar::day_of(to));
    let working_minutes = calendar.working_time(from, to).num_minutes();
    let (text_vi, text_en) = match (length(working_days, working_minutes), late) {
        (Some((vi, en)), true) => (format!("Quá hạn {vi}"), format!("{en} late")),
        (Some((vi, en)), false) => (format!("Còn {vi}"), format!("{en} left")),
        // The evening of the due day: late, though no working time has passed since.
        (None, true) => ("Quá hạn".to_owned(), "late".to_owned()),
        (None, false) => ("Đến hạn".to_owned(), "due now".to_owned()),
    };
    Remaining { late, working_days, working_minutes, text_vi, text_en }
}

/// A length in words, Vietnamese and English; none when there is none.
fn length(days: i64, minutes: i64) -> Option<(String, String)> {
    let counted = |n: i64, one: &str| format!("{n} working {one}{}", if n == 1 { "" } else { "s" });
    let (hours, rest) = (minutes / MINUTES_OF_HOUR, minutes % MINUTES_OF_HOUR);
    Some(match (days, hours, rest) {
        (days, ..) if days > 0 => (format!("{days} ngày làm việc"), counted(days, "day")),
        (_, 0, 0) => return None,
        (_, 0, rest) => (format!("{rest} phút làm việc"), counted(rest, "minute")),
        (_, hours, 0) => (format!("{hours} giờ làm việc"), counted(hours, "hour")),
        (_, hours, rest) => {
            (format!("{hours} giờ {rest} phút làm việc"), format!("{} {rest} min", counted(hours, "hour")))
        }
    })
}
