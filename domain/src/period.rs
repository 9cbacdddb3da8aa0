//! Kỳ báo cáo: days, weeks, months, quarters and years of civil time.
//!
//! Owns which days belong to which period and what a period is called. Pure reckoning with dates.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

crate::codes! {
    /// Loại kỳ: how long the periods of a row of figures are.
    pub enum Span {
        /// Ngày.
        Day => "day", "Ngày", "Day",
        /// Tuần, from Monday (ISO 8601).
        Week => "week", "Tuần", "Week",
        /// Tháng.
        Month => "month", "Tháng", "Month",
        /// Quý.
        Quarter => "quarter", "Quý", "Quarter",
        /// Năm.
        Year => "year", "Năm", "Year",
    }
}

/// Kỳ: one period, both days included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Stable text: `2023-11-15`, `2023-W46`, `2023-11`, `2023-Q4`, `2023`.
    pub key: String,
    /// What it is called in Vietnamese.
    pub label_vi: String,
    /// First day.
    pub first: NaiveDate,
    /// Last day.
    pub last: NaiveDate,
}

impl Span {
    /// The first day of the period that holds a day.
    pub fn begin(self, day: NaiveDate) -> NaiveDate {
        let back = |days: u32| day.checked_sub_days(Days::new(u64::from(days))).unwrap_or(day);
        match self {
            Self::Day => day,
            Self::Week => back(day.weekday().days_since(Weekday::Mon)),
            Self::Month => day.with_day(1).unwrap_or(day),
            Self::Quarter => NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1).unwrap_or(day),
            Self::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1).unwrap_or(day),
        }
    }

    /// The first day of the next period after the one that begins on `first`; none out of range.
    fn next(self, first: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => first.succ_opt(),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
            Self::Quarter => first.checked_add_months(Months::new(3)),
            Self::Year => first.checked_add_months(Months::new(12)),
        }
    }

    /// The first day of the period so many periods before the one that holds a day.
    pub fn back(self, day: NaiveDate, periods: u32) -> NaiveDate {
        let first = self.begin(day);
        let days = |n: u32| first.checked_sub_days(Days::new(u64::from(n)));
        let months = |n: u32| first.checked_sub_months(Months::new(n));
        match self {
            Self::Day => days(periods),
            Self::Week => days(periods.saturating_mul(7)),
            Self::Month => months(periods),
            Self::Quarter => months(periods.saturating_mul(3)),
            Self::Year => months(periods.saturating_mul(12)),
        }
        .unwrap_or(first)
    }

    fn key(self, first: NaiveDate) -> String {
        let quarter = first.month0() / 3 + 1;
        match self {
            Self::Day => first.to_string(),
            Self::Week => format!("{}-W{:02}", first.iso_week().year(), first.iso_week().week()),
            Self::Month => first.format("%Y-%m").to_string(),
            Self::Quarter => format!("{}-Q{quarter}", first.year()),
            Self::Year => first.year().to_string(),
        }
    }

    fn label_of(self, first: NaiveDate) -> String {
        match self {
            Self::Day => first.format("%d/%m/%Y").to_string(),
            Self::Week => format!("Tuần {:02}/{}", first.iso_week().week(), first.iso_week().year()),
            Self::Month => first.format("%m/%Y").to_string(),
            Self::Quarter => {
                let roman = match first.month0() / 3 {
                    0 => "I",
                    1 => "II",
                    2 => "III",
                    _ => "IV",
                };
                format!("Quý {roman}/{}", first.year())
            }
            Self::Year => format!("Năm {}", first.year()),
        }
    }

    /// The periods from one day to another, oldest first; the first and the last are cut to those
    /// days. At most `most` of them, else none at all.
    pub fn periods(self, from: NaiveDate, to: NaiveDate, most: usize) -> Option<Vec<Period>> {
        let mut out = Vec::new();
        let mut begin = self.begin(from);
        while begin <= to {
            if out.len() == most {
                return None;
            }
            let next = self.next(begin);
            let last = next.and_then(|n| n.pred_opt()).unwrap_or(to);
            out.push(Period {
                key: self.key(begin),
                label_vi: self.label_of(begin),
                first: begin.max(from),
                last: last.min(to),
            });
            match next {
                Some(next) => begin = next,
                None => break,
            }
        }
        Some(out)
    }
}

/// Whole periods of one length that follow each other: those that begin from `first` on, before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// How long each is: a day, a month or a year.
    pub span: Span,
    /// First day of the first.
    pub first: NaiveDate,
    /// Day after the last.
    pub end: NaiveDate,
    /// Whether they are taken out of what other runs hold too much.
    pub taken_out: bool,
}

impl Run {
    /// How many periods it is.
    fn periods(&self) -> i64 {
        let years = i64::from(self.end.year()) - i64::from(self.first.year());
        match self.span {
            Span::Year => years,
            Span::Month => years * 12 + i64::from(self.end.month0()) - i64::from(self.first.month0()),
            _ => (self.end - self.first).num_days(),
        }
    }
}

/// The days from one to another, both included, as whole years, months and days: of the longest that fit,
/// none longer than `longest`. At most five runs, none of them taken out.
pub fn runs(from: NaiveDate, to: NaiveDate, longest: Span) -> Vec<Run> {
    let spans: &[Span] = match longest {
        Span::Day | Span::Week => &[Span::Day],
        Span::Month | Span::Quarter => &[Span::Month, Span::Day],
        Span::Year => &[Span::Year, Span::Month, Span::Day],
    };
    let mut out = Vec::new();
    cut(from, to.succ_opt().unwrap_or(to), spans, &mut out);
    out
}

fn cut(from: NaiveDate, end: NaiveDate, spans: &[Span], out: &mut Vec<Run>) {
    let Some((&span, shorter)) = spans.split_first() else { return };
    let begin = span.begin(from);
    let first = if begin == from { from } else { span.next(begin).unwrap_or(end) };
    let last = span.begin(end);
    if first < last {
        cut(from, first, shorter, out);
        out.push(Run { span, first, end: last, taken_out: false });
        cut(last, end, shorter, out);
    } else {
        cut(from, end, shorter, out);
    }
}

/// The days from one to another, both included, as the fewest whole years, months and days, some of them
/// taken out of others: up to the 29th of November is the year without December and without the 30th. At
/// most five runs; no period is in two of them.
pub fn fewest_runs(from: NaiveDate, to: NaiveDate) -> Vec<Run> {
    fewest(from, to.succ_opt().unwrap_or(to), &[Span::Year, Span::Month, Span::Day], false)
}

/// The days from `from` on, before `end`.
fn fewest(from: NaiveDate, end: NaiveDate, spans: &[Span], taken_out: bool) -> Vec<Run> {
    let Some((&span, shorter)) = spans.split_first().filter(|_| from < end) else { return Vec::new() };
    let (down, last) = (span.begin(from), span.begin(end));
    let up = if down == from { Some(from) } else { span.next(down) };
    let over = if last == end { Some(end) } else { span.next(last) };
    // What is left over beside whole periods is added; what they hold too much is taken out. Where both are as
    // many, the latter: often nothing has happened there yet.
    let begins = [
        Some((down, fewest(down, from, shorter, !taken_out))),
        up.map(|first| (first, fewest(from, first, shorter, taken_out))),
    ];
    let ends = [
        over.map(|behind| (behind, fewest(end, behind, shorter, !taken_out))),
        Some((last, fewest(last, end, shorter, taken_out))),
    ];
    let mut ways = Vec::new();
    for (first, before) in begins.iter().flatten() {
        for (behind, after) in ends.iter().flatten().filter(|(behind, _)| first < behind) {
            let whole = Run { span, first: *first, end: *behind, taken_out };
            ways.push(before.iter().chain(after).copied().chain([whole]).collect::<Vec<Run>>());
        }
    }
    if !shorter.is_empty() {
        ways.push(fewest(from, end, shorter, taken_out));
    }
    ways.into_iter().min_by_key(|way| way.iter().map(Run::periods).sum::<i64>()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn periods_are_called_what_people_call_them() {
        let names = |span: Span, from: &str, to: &str| -> Vec<String> {
            let periods = span.periods(day(from), day(to), 10).unwrap();
            periods.into_iter().map(|p| format!("{} {} {}..{}", p.key, p.label_vi, p.first, p.last)).collect()
        };
        assert_eq!(
            names(Span::Quarter, "2023-11-15", "2024-01-31"),
            ["2023-Q4 Quý IV/2023 2023-11-15..2023-12-31", "2024-Q1 Quý I/2024 2024-01-01..2024-01-31"]
        );
        assert_eq!(
            names(Span::Week, "2024-12-30", "2025-01-06"),
            ["2025-W01 Tuần 01/2025 2024-12-30..2025-01-05", "2025-W02 Tuần 02/2025 2025-01-06..2025-01-06"]
        );
        assert_eq!(
            names(Span::Month, "2024-02-29", "2024-02-29"),
            ["2024-02 02/2024 2024-02-29..2024-02-29"]
        );
        assert_eq!(Span::Day.periods(day("2023-01-01"), day("2023-02-01"), 31), None);
    }

    #[test]
    fn up_to_a_late_day_is_the_year_without_its_end() {
        let found = fewest_runs(day("2024-01-01"), day("2026-11-29"));
        let told: Vec<String> = found
            .iter()
            .map(|run| {
                let sign = if run.taken_out { '-' } else { '+' };
                format!("{sign}{} {}..{}", run.span, run.first, run.end)
            })
            .collect();
        let expected =
            ["-day 2026-11-30..2026-12-01", "-month 2026-12-01..2027-01-01", "+year 2024-01-01..2027-01-01"];
        assert_eq!(told, expected);
    }

    proptest! {
        /// Whole periods hold every day once, whatever the longest are, and there are few of them.
        #[test]
        fn runs_hold_every_day_once(start in 0_i64..40_000, length in 0_i64..3_000, which in 0_usize..5) {
            use crate::code::Code;
            let from = day("1950-01-01") + chrono::Duration::days(start);
            let to = from + chrono::Duration::days(length);
            let found = runs(from, to, Span::ALL[which]);
            prop_assert!(found.len() <= 5);
            let mut next = from;
            for run in found {
                prop_assert_eq!(run.first, next);
                prop_assert!(run.first < run.end);
                prop_assert_eq!(run.span.begin(run.first), run.first);
                prop_assert_eq!(run.span.begin(run.end), run.end);
                next = run.end;
            }
            prop_assert_eq!(next.pred_opt().unwrap(), to);
        }

        /// What is added less what is taken out is every day once, and never more periods than without.
        #[test]
        fn the_fewest_runs_come_to_every_day_once(start in 0_i64..40_000, length in 0_i64..1_500) {
            let from = day("1950-01-01") + chrono::Duration::days(start);
            let to = from + chrono::Duration::days(length);
            let found = fewest_runs(from, to);
            prop_assert!(found.len() <= 5);
            let plain: i64 = runs(from, to, Span::Year).iter().map(Run::periods).sum();
            prop_assert!(found.iter().map(Run::periods).sum::<i64>() <= plain);
            let mut periods = std::collections::BTreeSet::new();
            let mut times: std::collections::BTreeMap<NaiveDate, i64> = std::collections::BTreeMap::new();
            for run in found {
                let mut first = run.first;
                while first < run.end {
                    prop_assert_eq!(run.span.begin(first), first);
                    prop_assert!(periods.insert((run.span.to_string(), first)));
                    let next = run.span.next(first).unwrap();
                    for day in first.iter_days().take_while(|day| *day < next) {
                        *times.entry(day).or_default() += if run.taken_out { -1 } else { 1 };
                    }
                    first = next;
                }
                prop_assert_eq!(first, run.end);
            }
            for (day, n) in times {
                prop_assert_eq!(n, i64::from(from <= day && day <= to), "{}", day);
            }
        }

        /// Periods follow each other without a gap and hold every day once.
        #[test]
        fn periods_cover_every_day_once(start in 0_i64..40_000, length in 0_i64..900, which in 0_usize..5) {
            use crate::code::Code;
            let from = day("1950-01-01") + chrono::Duration::days(start);
            let to = from + chrono::Duration::days(length);
            let span = Span::ALL[which];
            let periods = span.periods(from, to, 1_000).unwrap();
            prop_assert_eq!(periods.first().unwrap().first, from);
            prop_assert_eq!(periods.last().unwrap().last, to);
            for pair in periods.windows(2) {
                prop_assert_eq!(pair[0].last.succ_opt().unwrap(), pair[1].first);
                prop_assert!(pair[0].key < pair[1].key);
                prop_assert_eq!(span.begin(pair[1].first), pair[1].first);
            }
            prop_assert!(span.back(to, 3) <= to);
        }
    }
}
