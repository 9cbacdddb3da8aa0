//! Civil time in Vietnam and the working days of the state.
//!
//! Owns the offset of +07:00, which nothing else in the workspace knows, and the arithmetic of
//! working days and working time. Which days are off is data that comes in.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc, Weekday};
use serde::{Deserialize, Serialize};

use crate::rulebook::Basis;

/// Seconds that Vietnam's civil time is ahead of UTC.
const OFFSET_SECONDS: i32 = 7 * 3_600;

/// The first and last year that dates are reckoned in; outside them everything is refused.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// Vietnam's offset, for answers.
pub fn offset() -> chrono::FixedOffset {
    chrono::FixedOffset::east_opt(OFFSET_SECONDS).unwrap_or_else(|| chrono::Offset::fix(&Utc))
}

/// Civil time of an instant.
///
/// Total: at the very end of what chrono can hold, where seven hours no longer fit, the time of
/// UTC is given. Such a day is never [`in_range`], so it is refused before it is reckoned with.
pub fn local(at: DateTime<Utc>) -> NaiveDateTime {
    // A year of six digits is valid RFC 3339 to chrono and arrives in requests; `+` would panic.
    at.checked_add_signed(Duration::seconds(i64::from(OFFSET_SECONDS))).unwrap_or(at).naive_utc()
}

/// The civil day of an instant.
pub fn day_of(at: DateTime<Utc>) -> NaiveDate {
    local(at).date()
}

/// The instant of a civil time. Total, in the same way as [`local`].
pub fn instant(local: NaiveDateTime) -> DateTime<Utc> {
    let utc = local.checked_sub_signed(Duration::seconds(i64::from(OFFSET_SECONDS))).unwrap_or(local);
    Utc.from_utc_datetime(&utc)
}

/// The first instant of a civil day.
pub fn start_of(day: NaiveDate) -> DateTime<Utc> {
    instant(day.and_time(NaiveTime::MIN))
}

/// The last microsecond of a civil day, the finest that both databases keep.
pub fn end_of(day: NaiveDate) -> DateTime<Utc> {
    start_of(day)
        .checked_add_signed(Duration::days(1) - Duration::microseconds(1))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Whether a day can be reckoned with at all.
pub fn in_range(day: NaiveDate) -> bool {
    YEARS.contains(&day.year())
}

/// The same-numbered day some months later, or the last day of a month that has no such day
/// (Civil Code 2015 art. 148). None out of range.
pub fn months_later(day: NaiveDate, months: u32) -> Option<NaiveDate> {
    day.checked_add_months(chrono::Months::new(months)).filter(|d| in_range(*d))
}

crate::codes! {
    /// Why a day is not, or is, worked against its weekday (Labour Code 2019 art. 111, 112).
    pub enum DayKind {
        /// Ngày nghỉ lễ, tết.
        Holiday => "holiday", "Nghỉ lễ, tết", "Public holiday",
        /// Ngày nghỉ bù.
        DayInLieu => "day_in_lieu", "Nghỉ bù", "Day in lieu",
        /// Ngày nghỉ hoán đổi.
        SwappedOff => "swapped_off", "Nghỉ hoán đổi", "Swapped day off",
        /// Ngày làm bù.
        SwappedWork => "swapped_work", "Làm bù", "Swapped working day",
    }
}

/// A day that differs from its weekday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarDay {
    /// How it differs.
    pub kind: DayKind,
    /// What it is called.
    pub name_vi: String,
    /// How far it is confirmed.
    pub basis: Basis,
    /// Where it stands.
    pub source: String,
}

/// Giờ làm việc: working hours of a day and the cut-off for acceptance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkingHours {
    /// Spans of a working day, in order, not overlapping.
    pub spans: Vec<(NaiveTime, NaiveTime)>,
    /// What is accepted after this time counts from the next working day.
    pub cut_off: NaiveTime,
    /// How far it is confirmed.
    pub basis: Basis,
    /// Where it stands.
    pub source: String,
}

/// Lịch làm việc: days off, days in lieu and swapped days, with working hours, as one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Name of the version.
    pub version: String,
    /// Days that differ from their weekday.
    pub days: BTreeMap<NaiveDate, CalendarDay>,
    /// Working hours.
    pub hours: WorkingHours,
}

/// How a day counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayNature {
    /// Worked, as its weekday says.
    Working,
    /// Not worked, as its weekday says.
    Weekend,
    /// As the calendar says.
    Special(DayKind),
}

impl Calendar {
    /// How a day counts.
    pub fn nature(&self, day: NaiveDate) -> DayNature {
        match self.days.get(&day) {
            Some(special) => DayNature::Special(special.kind),
            None if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) => DayNature::Weekend,
            None => DayNature::Working,
        }
    }

    /// Whether a day is worked.
    pub fn is_working(&self, day: NaiveDate) -> bool {
        matches!(self.nature(day), DayNature::Working | DayNature::Special(DayKind::SwappedWork))
    }

    /// The first working day after `day`.
    pub fn next_working_day(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.roll_forward(day.succ_opt()?)
    }

    /// `day` itself if it is worked, else the first working day after it.
    pub fn roll_forward(&self, mut day: NaiveDate) -> Option<NaiveDate> {
        while in_range(day) {
            if self.is_working(day) {
                return Some(day);
            }
            day = day.succ_opt()?;
        }
        None
    }

    /// The `n`-th working day after `day`, which is itself not counted; `day` when `n` is nothing.
    pub fn working_days_after(&self, mut day: NaiveDate, n: u32) -> Option<NaiveDate> {
        for _ in 0..n {
            day = self.next_working_day(day)?;
        }
        Some(day)
    }

    /// Working days from the day after `from` to `to`, both civil days; nothing when `to` is not
    /// after `from`.
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        let mut day = from;
        let mut count = 0;
        while let Some(next) = self.next_working_day(day).filter(|next| *next <= to) {
            count += 1;
            day = next;
        }
        count
    }

    /// When work ends on a day; none when the calendar has no hours.
    pub fn close_of(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let (_, end) = self.hours.spans.last()?;
        Some(instant(day.and_time(*end)))
    }

    /// When work begins on a day.
    pub fn open_of(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let (begin, _) = self.hours.spans.first()?;
        Some(instant(day.and_time(*begin)))
    }

    /// The working spans of a working day, as instants.
    fn spans(&self, day: NaiveDate) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        self.hours
            .spans
            .iter()
            .map(move |(from, to)| (instant(day.and_time(*from)), instant(day.and_time(*to))))
    }

    /// Working time of a whole day.
    pub fn length_of_day(&self) -> Duration {
        self.hours.spans.iter().fold(Duration::zero(), |sum, (from, to)| sum + (*to - *from))
    }

    /// Working time between two instants; nothing when `to` is not after `from`, and nothing when
    /// `from` is not [`in_range`].
    pub fn working_time(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
        if to <= from {
            return Duration::zero();
        }
        let (first, last) = (day_of(from), day_of(to));
        let within = |day: NaiveDate| {
            self.spans(day).fold(Duration::zero(), |sum, (begin, end)| {
                let length = end.min(to) - begin.max(from);
                if length > Duration::zero() { sum + length } else { sum }
            })
        };
        let mut sum = Duration::zero();
        let mut day = self.roll_forward(first);
        while let Some(d) = day.filter(|d| *d <= last) {
            sum += if d == first || d == last { within(d) } else { self.length_of_day() };
            day = self.next_working_day(d);
        }
        sum
    }

    /// The instant at which some working time after `from` is used up; `from` itself for no time.
    /// None out of range.
    pub fn after_working_time(&self, from: DateTime<Utc>, mut left: Duration) -> Option<DateTime<Utc>> {
        if left <= Duration::zero() {
            return Some(from);
        }
        let day_length = self.length_of_day();
        if day_length <= Duration::zero() {
            return None;
        }
        let first = day_of(from);
        let mut day = self.roll_forward(first)?;
        loop {
            if day != first && left > day_length {
                left -= day_length;
            } else {
                for (begin, end) in self.spans(day) {
                    let begin = begin.max(from);
                    let length = end - begin;
                    if length <= Duration::zero() {
                        continue;
                    }
                    if left <= length {
                        return Some(begin + left);
                    }
                    left -= length;
                }
            }
            day = self.next_working_day(day)?;
        }
    }
}
