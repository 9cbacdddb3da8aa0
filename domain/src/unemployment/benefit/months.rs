//! The months of a benefit: when each is declared for, what it is worth now, and what is due next.
//!
//! Everything here is counted from the benefit and the law; nothing is stored but projections.

use chrono::NaiveDate;

use super::Benefit;
use super::command::Command;
use super::exemption;
use super::status::{BenefitStatus, MonthState};
use crate::calendar::Calendar;
use crate::money::Dong;
use crate::unemployment::life::{EndCause, ExemptionGround, FirstMonth, LifeRules, PayAfter};

/// What a benefit is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Law<'a> {
    /// The rules of its law on what follows a grant.
    pub life: &'a LifeRules,
    /// Working days.
    pub calendar: &'a Calendar,
}

/// Days, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub by: NaiveDate,
}

/// Một tháng hưởng, as of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// From 1.
    pub number: u32,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Whole đồng.
    pub amount_vnd: Dong,
    /// Days to declare; none where no declaration is needed.
    pub declare: Option<Window>,
    /// What frees from declaring for it.
    pub exempt: Option<ExemptionGround>,
    /// Days to pay, if it is paid.
    pub pay: Option<Window>,
    /// What it is worth.
    pub state: MonthState,
}

/// What must be looked at next, kept beside a benefit so that lists and the timer find it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agenda {
    /// Days in which the next declaration is due.
    pub declare: Option<Window>,
    /// First day on which a month that is not paid yet may be paid.
    pub payable_on: Option<NaiveDate>,
    /// The day on which the timer has something to do.
    pub check_on: Option<NaiveDate>,
}

impl Window {
    /// `days` working days, the first of which is the first one at or after `from`, or after it.
    fn of(from: NaiveDate, days: u32, first_counts: bool, calendar: &Calendar) -> Option<Self> {
        let before = if first_counts { from.pred_opt()? } else { from };
        Some(Self { from, by: calendar.working_days_after(before, days)? })
    }
}

/// The days in which a month is to be declared for; none where the law wants no declaration.
pub fn window(benefit: &Benefit, month: u32, law: Law<'_>) -> Option<Window> {
    let rules = &law.life.declaration;
    if month > 1 {
        let (from, _) = benefit.span(month)?;
        return Window::of(from, rules.window_working_days, rules.first_day_counts, law.calendar);
    }
    match rules.first_month {
        FirstMonth::None => None,
        FirstMonth::WithPickUp => {
            Window::of(benefit.decided_on, law.life.pick_up.working_days, false, law.calendar)
        }
    }
}

/// The window of a month that had, or has, to be declared for: not of one that was paid elsewhere,
/// passed before this register followed the benefit, came after the end, or is exempt.
fn required(benefit: &Benefit, month: u32, law: Law<'_>) -> Option<Window> {
    let window = window(benefit, month, law)?;
    let here = month >= benefit.first_month && month <= benefit.last_month();
    let followed = window.by >= benefit.followed_from;
    let stopped =
        benefit.life.end.as_ref().map(|e| e.on).or(benefit.life.transfer_out.as_ref().map(|t| t.on));
    // What was still open when the benefit ended need not be declared any more.
    let before_end = stopped.is_none_or(|on| window.by < on);
    let exempt = exemption::of_month(benefit, month, law).is_some();
    (here && followed && before_end && !exempt).then_some(window)
}

/// Whether a month was declared for.
pub fn is_declared(benefit: &Benefit, month: u32) -> bool {
    benefit.life.declarations.iter().any(|d| d.month == month)
}

/// Whether a month is answered for: declared, or exempt with its days begun.
pub fn is_answered(benefit: &Benefit, month: u32, day: NaiveDate, law: Law<'_>) -> bool {
    let begun = || window(benefit, month, law).is_some_and(|w| w.from <= day);
    is_declared(benefit, month) || (exemption::of_month(benefit, month, law).is_some() && begun())
}

/// Months whose days to declare have passed without a declaration, as of `day`.
pub fn missed(benefit: &Benefit, day: NaiveDate, law: Law<'_>) -> Vec<(u32, Window)> {
    (benefit.first_month..=benefit.last_month())
        .filter(|m| !is_declared(benefit, *m) && !benefit.life.lost.contains(m))
        .filter_map(|m| required(benefit, m, law).map(|w| (m, w)))
        .filter(|(_, w)| w.by < day)
        .collect()
}

/// The month, with its window, by whose silence as many consecutive months are silent as end a
/// benefit.
pub fn silent_since(benefit: &Benefit, day: NaiveDate, law: Law<'_>) -> Option<(u32, Window)> {
    let wanted = law.life.silent_months.max(1);
    let mut run = 0;
    for month in benefit.first_month..=benefit.last_month() {
        let silent = !is_declared(benefit, month);
        match required(benefit, month, law).filter(|w| silent && w.by < day) {
            Some(window) => {
                run += 1;
                if run >= wanted {
                    return Some((month, window));
                }
            }
            None => run = 0,
        }
    }
    None
}

/// Whether a month may be paid here at all, whatever the day.
fn is_entitled(benefit: &Benefit, month: u32) -> bool {
    let suspended = benefit.life.suspended_from.is_some_and(|from| month >= from);
    let revoked = benefit.life.recoveries.iter().any(|r| r.months.contains(&month));
    month >= benefit.first_month
        && month <= benefit.last_month()
        && benefit.status != BenefitStatus::Cancelled
        && !benefit.life.lost.contains(&month)
        && !suspended
        && !revoked
}

/// The days in which a month is to be paid.
fn pay_window(benefit: &Benefit, month: u32, law: Law<'_>) -> Option<Window> {
    let rule = if month == 1 { &law.life.first_payment } else { &law.life.later_payment };
    let (from, _) = benefit.span(month)?;
    let after = |day: NaiveDate| Window::of(day.succ_opt()?, rule.working_days, true, law.calendar);
    match rule.after {
        PayAfter::Decision => Window::of(benefit.decided_on, rule.working_days, false, law.calendar),
        PayAfter::PickUp => {
            after(law.calendar.working_days_after(benefit.decided_on, law.life.pick_up.working_days)?)
        }
        PayAfter::Declaration => match window(benefit, month, law) {
            Some(window) => after(window.by),
            None => Window::of(from, rule.working_days, true, law.calendar),
        },
        PayAfter::DayOfMonth => {
            let offset = u64::from(rule.day.unwrap_or(1).saturating_sub(1));
            let day = from.checked_add_days(chrono::Days::new(offset))?;
            Window::of(day, rule.working_days, true, law.calendar)
        }
    }
}

fn state(benefit: &Benefit, month: u32, pay: Option<Window>, day: NaiveDate, law: Law<'_>) -> MonthState {
    let paid = benefit.life.payments.iter().any(|p| p.month == month);
    let entitled = is_entitled(benefit, month);
    if month < benefit.first_month {
        return MonthState::Elsewhere;
    }
    if paid {
        return if entitled { MonthState::Paid } else { MonthState::Overpaid };
    }
    if month > benefit.last_month() || benefit.status == BenefitStatus::Cancelled {
        return MonthState::CutOff;
    }
    if benefit.life.lost.contains(&month) {
        return MonthState::Lost;
    }
    let open = required(benefit, month, law).filter(|_| !is_declared(benefit, month));
    if let Some(window) = open {
        if window.by < day {
            return if entitled { MonthState::Missed } else { MonthState::Suspended };
        }
        return if window.from <= day { MonthState::DeclarationDue } else { MonthState::Upcoming };
    }
    if !entitled {
        return MonthState::Suspended;
    }
    match pay {
        Some(pay) if pay.from <= day => MonthState::Payable,
        _ if is_declared(benefit, month) => MonthState::Declared,
        _ => MonthState::Upcoming,
    }
}

/// A benefit month as of a day; none for a number it does not have.
pub fn month(benefit: &Benefit, number: u32, day: NaiveDate, law: Law<'_>) -> Option<Month> {
    if !(1..=benefit.months).contains(&number) {
        return None;
    }
    let (from, to) = benefit.span(number)?;
    let pay = pay_window(benefit, number, law);
    Some(Month {
        number,
        from,
        to,
        amount_vnd: benefit.monthly_vnd,
        declare: window(benefit, number, law),
        exempt: exemption::of_month(benefit, number, law).map(|e| e.ground),
        pay,
        state: state(benefit, number, pay, day, law),
    })
}

/// Every month of a benefit as of a day.
pub fn months(benefit: &Benefit, day: NaiveDate, law: Law<'_>) -> Vec<Month> {
    (1..=benefit.months).filter_map(|n| month(benefit, n, day, law)).collect()
}

/// Months that were paid though they are not due, and are not demanded back yet.
pub fn overpaid(benefit: &Benefit) -> Vec<u32> {
    let demanded = |m: u32| benefit.life.recoveries.iter().any(|r| r.months.contains(&m));
    let paid = benefit.life.payments.iter().map(|p| p.month);
    let mut found: Vec<u32> = paid.filter(|m| !is_entitled(benefit, *m) && !demanded(*m)).collect();
    found.sort_unstable();
    found
}

/// Months that the register counts as drawn: every month up to the last that suspension has not
/// taken, those paid in another province among them.
pub fn drawn(benefit: &Benefit) -> u32 {
    let lost = benefit.life.lost.iter().filter(|m| **m <= benefit.last_month()).count();
    benefit.last_month().saturating_sub(u32::try_from(lost).unwrap_or(u32::MAX))
}

/// What the timer has to do with a benefit on a day: what the law orders without anybody asking.
pub fn due(benefit: &Benefit, day: NaiveDate, law: Law<'_>) -> Option<Command> {
    let end = |cause| Some(Command::Terminate { cause, on: None, reason: None, decision_number: None });
    match benefit.status {
        BenefitStatus::Granted => {
            if !missed(benefit, day, law).is_empty() {
                return Some(Command::Suspend { reason: None, decision_number: None });
            }
        }
        BenefitStatus::Suspended => {
            if silent_since(benefit, day, law).is_some() {
                return end(EndCause::SilentMonths);
            }
        }
        BenefitStatus::Ended | BenefitStatus::Transferred | BenefitStatus::Cancelled => return None,
    }
    if day > benefit.ends_on { end(EndCause::PeriodOver) } else { None }
}

/// What must be looked at next, as of `day`.
pub fn agenda(benefit: &Benefit, day: NaiveDate, law: Law<'_>) -> Agenda {
    let open = benefit.status.is_open();
    let windows: Vec<Window> = (benefit.first_month..=benefit.last_month())
        .filter(|m| !is_declared(benefit, *m) && !benefit.life.lost.contains(m))
        .filter_map(|m| required(benefit, m, law))
        .collect();
    let declare = windows.iter().copied().filter(|w| open && w.by >= day).min_by_key(|w| w.from);
    let payable_on = (benefit.first_month..=benefit.last_month())
        .filter(|m| is_entitled(benefit, *m) && !benefit.life.payments.iter().any(|p| p.month == *m))
        .filter(|m| is_declared(benefit, *m) || required(benefit, *m, law).is_none())
        .filter_map(|m| pay_window(benefit, m, law))
        .map(|w| w.from)
        .min();
    let check_on = if open {
        // The day after the present window has passed, at the latest that after the last month.
        let acts = due(benefit, day, law).map(|_| day);
        let passes = windows.iter().map(|w| w.by).filter(|by| *by >= day).min();
        let next = passes.into_iter().chain([benefit.ends_on]).min().and_then(|d| d.succ_opt());
        acts.or(next)
    } else {
        None
    };
    Agenda { declare, payable_on, check_on }
}
