//! The periods of a procedure's published versions: no day has two, and the past stays as it was.

use chrono::NaiveDate;

use crate::dossier::transition::Violation;
use crate::procedure::Procedure;

/// First and last day of a published version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub from: NaiveDate,
    /// Last day; none while it has no end.
    pub to: Option<NaiveDate>,
}

impl Period {
    /// Of a version.
    pub fn of(p: &Procedure) -> Self {
        Self { from: p.valid_from, to: p.valid_to }
    }

    /// Whether a day belongs to it.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|last| day <= last)
    }

    /// Whether two have a day in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        let begins_within = |a: &Self, b: &Self| b.holds(a.from);
        begins_within(self, other) || begins_within(other, self)
    }
}

/// How the periods of a procedure change when a version comes into force.
///
/// Gives the last day that the version before must end on and which of `others` that is, if there
/// is one. `today` and later days may be chosen freely; what was in force in the past stays so.
///
/// # Errors
/// Every reason why the periods would overlap or the past would change.
pub fn make_room(
    new: Period,
    others: &[Period],
    today: NaiveDate,
) -> Result<Option<(usize, NaiveDate)>, Vec<Violation>> {
    let mut wrong = Vec::new();
    let before = others.iter().position(|other| other.from < new.from && other.holds(new.from));
    let eve = new.from.pred_opt();
    if before.is_some() && new.from < today {
        wrong.push(Violation::new(
            "/valid_from".to_owned(),
            "in_the_past",
            "Không được thay thế phiên bản đã có hiệu lực trong quá khứ.",
            "A version that was in force in the past cannot be replaced.",
        ));
    }
    let overlaps = others.iter().enumerate().any(|(i, other)| Some(i) != before && other.overlaps(&new));
    if overlaps || eve.is_none() {
        wrong.push(Violation::new(
            "/valid_from".to_owned(),
            "period_overlaps",
            "Thời gian hiệu lực trùng với một phiên bản đã công bố.",
            "The period overlaps that of a published version.",
        ));
    }
    if wrong.is_empty() { Ok(before.zip(eve)) } else { Err(wrong) }
}

/// What is wrong with ending a published version on a day: the past stays as it was, an end may
/// come earlier but not later.
pub fn check_end(period: Period, last: NaiveDate, today: NaiveDate) -> Option<Violation> {
    let pointer = || "/valid_to".to_owned();
    if last < period.from {
        return Some(Violation::new(
            pointer(),
            "out_of_range",
            "Ngày hết hiệu lực phải từ ngày có hiệu lực trở đi.",
            "The last day must not be before the first.",
        ));
    }
    if today.pred_opt().is_some_and(|yesterday| last < yesterday) {
        return Some(Violation::new(
            pointer(),
            "in_the_past",
            "Không được chấm dứt hiệu lực trong quá khứ.",
            "A version cannot be ended in the past.",
        ));
    }
    period.to.is_some_and(|to| last > to).then(|| {
        Violation::new(
            pointer(),
            "already_ended",
            "Phiên bản đã được ấn định ngày hết hiệu lực sớm hơn.",
            "The version ends earlier already.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn period(from: &str, to: Option<&str>) -> Period {
        Period { from: day(from), to: to.map(day) }
    }

    #[test]
    fn a_new_version_ends_the_one_before_the_day_before() {
        let others = [period("2015-01-01", Some("2019-12-31")), period("2020-01-01", None)];
        let room = make_room(period("2024-01-01", None), &others, day("2023-11-15")).unwrap();
        assert_eq!(room, Some((1, day("2023-12-31"))));
        // Nothing before it, or a gap: nobody ends.
        assert_eq!(make_room(period("2010-01-01", Some("2014-12-31")), &others, day("2023-11-15")), Ok(None));
    }

    #[test]
    fn periods_never_overlap_and_the_past_stays() {
        let others = [period("2015-01-01", None)];
        let codes = |new: Period, others: &[Period]| -> Vec<&'static str> {
            let wrong = make_room(new, others, day("2023-11-15")).unwrap_err();
            wrong.iter().map(|v| v.code).collect()
        };
        assert_eq!(codes(period("2015-01-01", None), &others), ["period_overlaps"]);
        assert_eq!(codes(period("2014-01-01", None), &others), ["period_overlaps"]);
        assert_eq!(codes(period("2023-11-14", None), &others), ["in_the_past"]);
        let later = [period("2015-01-01", None), period("2025-01-01", None)];
        assert_eq!(codes(period("2024-01-01", None), &later), ["period_overlaps"]);
        assert!(make_room(period("2024-01-01", Some("2024-12-31")), &later[..1], day("2023-11-15")).is_ok());
    }

    #[test]
    fn an_end_comes_neither_in_the_past_nor_later_than_it_stands() {
        let today = day("2023-11-15");
        let code = |p: Period, last: &str| check_end(p, day(last), today).map(|v| v.code);
        assert_eq!(code(period("2015-01-01", None), "2023-11-14"), None);
        assert_eq!(code(period("2015-01-01", None), "2023-11-13"), Some("in_the_past"));
        assert_eq!(code(period("2015-01-01", Some("2023-12-31")), "2024-01-01"), Some("already_ended"));
        assert_eq!(code(period("2024-01-01", None), "2023-12-31"), Some("out_of_range"));
    }
}
