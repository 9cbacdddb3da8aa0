//! Why a due date is what it is, day by day.
//!
//! Owns the list that an applicant or an officer reads. Nothing is decided here: the due date
//! comes in, and writes do not pay for the list.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::Serialize;

use super::{Deadline, Limit, LimitUnit, Pause};
use crate::calendar::{self, Calendar, DayKind, DayNature};

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

/// Every day after the one on which the dossier came in, up to the due day, or to `until` while no
/// due date can be given: whether it counted and why.
///
/// Acceptance after the cut-off or on a day off moves the day of acceptance to the next working
/// day (the contract's order of rules); that day then stands in the list and is not counted. Of a
/// limit in working hours the list begins with the day of acceptance, because the hours run from
/// it. A working day of which pauses took everything is paused; one of which they took a part
/// counts.
pub fn explain(
    accepted_at: DateTime<Utc>,
    deadline: &Deadline,
    limit: &Limit,
    pauses: &[Pause],
    until: NaiveDate,
    calendar: &Calendar,
) -> Vec<DayExplained> {
    let acceptance = calendar::day_of(deadline.started_at);
    let last = deadline.due_on.unwrap_or_else(|| until.max(acceptance));
    let every_day = matches!(limit.unit, LimitUnit::CalendarDays | LimitUnit::Months);
    let by_the_hour = limit.unit == LimitUnit::WorkingHours;
    let mut paused = Paused::new(pauses);
    // The day on which it came in is over before anything counts; only hours count on it.
    let received = calendar::day_of(accepted_at);
    let first = if by_the_hour { acceptance } else { received.succ_opt().unwrap_or(received) };
    first
        .iter_days()
        .take_while(|day| *day <= last && calendar::in_range(*day))
        .map(|day| {
            let name = calendar.days.get(&day).map(|d| d.name_vi.clone());
            let (counted, reason) = match calendar.nature(day) {
                _ if day == acceptance && !by_the_hour => (false, DayReason::AcceptanceDay),
                DayNature::Weekend => (every_day && day > acceptance, DayReason::Weekend),
                DayNature::Special(DayKind::Holiday) => (every_day && day > acceptance, DayReason::Holiday),
                DayNature::Special(DayKind::DayInLieu) => {
                    (every_day && day > acceptance, DayReason::DayInLieu)
                }
                DayNature::Special(DayKind::SwappedOff) => {
                    (every_day && day > acceptance, DayReason::SwappedOff)
                }
                _ if paused.takes_all_of(day, calendar) => (false, DayReason::Paused),
                DayNature::Special(DayKind::SwappedWork) => (true, DayReason::SwappedWork),
                DayNature::Working => (true, DayReason::WorkingDay),
            };
            DayExplained { date: day, counted, reason, name }
        })
        .collect()
}

/// Pauses as spans that do not touch, in order, with a mark of how far the days have gone.
///
/// Asked day by day in order, each span is looked at only on the days it meets: anybody may ask
/// for thousands of days with pauses decades away, and that must stay cheap.
struct Paused {
    spans: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    gone: usize,
}

impl Paused {
    fn new(pauses: &[Pause]) -> Self {
        let mut raw: Vec<(DateTime<Utc>, DateTime<Utc>)> =
            pauses.iter().map(|p| (p.from, p.to.unwrap_or(DateTime::<Utc>::MAX_UTC))).collect();
        raw.sort_unstable();
        let mut spans: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::with_capacity(raw.len());
        for (from, to) in raw {
            match spans.last_mut() {
                Some((_, end)) if from <= *end => *end = to.max(*end),
                _ => spans.push((from, to)),
            }
        }
        Self { spans, gone: 0 }
    }

    /// Whether pauses took all working time of a working day. Days must be asked in order.
    fn takes_all_of(&mut self, day: NaiveDate, calendar: &Calendar) -> bool {
        let (Some(open), Some(close)) = (calendar.open_of(day), calendar.close_of(day)) else {
            return false;
        };
        self.gone += self.spans.iter().skip(self.gone).take_while(|(_, to)| *to <= open).count();
        let taken = self
            .spans
            .iter()
            .skip(self.gone)
            .take_while(|(from, _)| *from < close)
            .fold(Duration::zero(), |sum, (from, to)| {
                sum + calendar.working_time((*from).max(open), (*to).min(close))
            });
        taken >= calendar.length_of_day()
    }
}
