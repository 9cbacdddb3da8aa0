//! The one table of a benefit's transitions, and the one function that applies it.
//!
//! [`decide`] is what every write goes through, the timer's too; [`availability`] answers the same
//! question without writing.

use chrono::{DateTime, NaiveDate, Utc};

use super::command::Command;
use super::event::BenefitEvent;
use super::exemption::{self, Exemption, Withdrawal};
use super::months::{self, Law, Window};
use super::status::{BenefitBlocker, BenefitStatus, MonthState};
use super::{Benefit, Declaration, End, JobRefusal, Payment, Recovery, Repayment, TransferOut, kept::kept};
use crate::access::{Action, Permit};
use crate::calendar;
use crate::dossier::transition::Violation;
use crate::money::Dong;
use crate::unemployment::life::{CauseRule, EndCause, Keeps};

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    /// What is done.
    pub action: Action,
    /// The word that stands for it in paths.
    pub path: &'static str,
    /// From which statuses.
    pub from: &'static [BenefitStatus],
    /// Where to; none when the status stays.
    pub to: Option<BenefitStatus>,
    /// What it does to the money.
    pub money: Money,
}

/// What a transition does to the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Money {
    /// Nothing.
    None,
    /// No more months are paid until it is resumed.
    Stops,
    /// Months are paid again.
    Resumes,
    /// No more months are paid.
    Ends,
    /// It moves.
    Moves,
}

impl Money {
    /// Stable text.
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Stops => "stops",
            Self::Resumes => "resumes",
            Self::Ends => "ends",
            Self::Moves => "moves",
        }
    }
}

use Action as A;
use BenefitBlocker as B;
use BenefitStatus as S;

const OPEN: &[S] = &[S::Granted, S::Suspended];
const EVER: &[S] = &[S::Granted, S::Suspended, S::Ended, S::Transferred];

const fn row(
    action: Action,
    path: &'static str,
    from: &'static [S],
    to: Option<S>,
    money: Money,
) -> Transition {
    Transition { action, path, from, to, money }
}

/// The table. What is not in it is refused.
pub const TRANSITIONS: &[Transition] = &[
    row(A::DeclareJobSearch, "declarations", OPEN, None, Money::None),
    row(A::ExcuseDeclaration, "declarations", OPEN, None, Money::None),
    row(A::ExemptDeclaration, "exemptions", OPEN, None, Money::None),
    row(A::WithdrawExemption, "withdraw-exemption", OPEN, None, Money::None),
    row(A::RecordJobRefusal, "refusals", OPEN, None, Money::None),
    row(A::SuspendBenefit, "suspend", &[S::Granted], Some(S::Suspended), Money::Stops),
    row(A::ResumeBenefit, "resume", &[S::Suspended], Some(S::Granted), Money::Resumes),
    row(A::TerminateBenefit, "terminate", OPEN, Some(S::Ended), Money::Ends),
    row(A::CancelBenefit, "cancel", &[S::Granted], Some(S::Cancelled), Money::Ends),
    row(A::TransferBenefit, "transfer", &[S::Granted], Some(S::Transferred), Money::Ends),
    row(A::PayBenefit, "payments", EVER, None, Money::Moves),
    row(A::RecoverBenefit, "recover", EVER, None, Money::Moves),
    row(A::RecordRepayment, "repayments", EVER, None, Money::Moves),
];

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BenefitRefusal {
    /// The table has no such transition from this status.
    #[error("{action} is not possible in status {status}")]
    NotFrom {
        /// Where the benefit stands.
        status: BenefitStatus,
        /// What was asked.
        action: Action,
        /// What could be asked instead: words as in paths.
        allowed: Vec<&'static str>,
    },
    /// The status allows it, but something stands in the way.
    #[error("blocked")]
    Blocked(Vec<BenefitBlocker>),
    /// The command carries something that is not acceptable; every violation at once.
    #[error("not acceptable")]
    Invalid(Vec<Violation>),
    /// A date leaves the range that is reckoned with.
    #[error("a date is out of range")]
    OutOfRange,
}

/// What a transition is judged by, beside the benefit.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Now.
    pub now: DateTime<Utc>,
    /// The law.
    pub law: Law<'a>,
}

impl Context<'_> {
    fn day(&self) -> NaiveDate {
        calendar::day_of(self.now)
    }
}

/// A benefit after a transition, with the event that led there.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The benefit as it is now.
    pub benefit: Benefit,
    /// What happened.
    pub event: BenefitEvent,
}

/// The rows of the table that lead out of a status.
pub fn allowed_from(status: BenefitStatus) -> impl Iterator<Item = &'static Transition> {
    TRANSITIONS.iter().filter(move |t| t.from.contains(&status))
}

/// For every action that leads out of the status: the row, and what stands in the way.
pub fn availability(benefit: &Benefit, cx: &Context<'_>) -> Vec<(&'static Transition, Vec<BenefitBlocker>)> {
    allowed_from(benefit.status).map(|row| (row, blockers(benefit, row.action, None, cx))).collect()
}

/// The month that a declaration is for when none is named: the one whose days run; with an excuse,
/// the oldest that was missed.
fn declared_month(benefit: &Benefit, late: bool, cx: &Context<'_>) -> Option<u32> {
    let day = cx.day();
    if late {
        return months::missed(benefit, day, cx.law).first().map(|(month, _)| *month);
    }
    (benefit.first_month..=benefit.last_month())
        .filter(|m| !months::is_declared(benefit, *m))
        .filter_map(|m| months::window(benefit, m, cx.law).map(|w| (m, w)))
        .find(|(_, w)| w.from <= day && day <= w.by)
        .map(|(m, _)| m)
}

fn blockers(
    benefit: &Benefit,
    action: Action,
    command: Option<&Command>,
    cx: &Context<'_>,
) -> Vec<BenefitBlocker> {
    let mut found = Vec::new();
    let mut when = |stands: bool, blocker: BenefitBlocker| {
        if stands {
            found.push(blocker);
        }
    };
    let (day, law, life) = (cx.day(), cx.law, &benefit.life);
    match action {
        A::WithdrawExemption => {
            when(life.exemptions.iter().all(|e| e.withdrawn.is_some()), B::NothingExempt);
        }
        A::SuspendBenefit => when(months::missed(benefit, day, law).is_empty(), B::NothingMissed),
        A::ResumeBenefit => {
            when(resumes_at(benefit, cx).is_none(), B::DeclarationMissing);
            when(day > benefit.ends_on, B::NoMonthsLeft);
        }
        A::TerminateBenefit => match command {
            Some(Command::Terminate { cause: EndCause::PeriodOver, .. }) => {
                when(day <= benefit.ends_on, B::PeriodNotOver);
            }
            Some(Command::Terminate { cause: EndCause::SilentMonths, .. }) => {
                when(months::silent_since(benefit, day, law).is_none(), B::NotSilentLongEnough);
            }
            Some(Command::Terminate { cause: EndCause::RefusedJobs, .. }) => {
                let refused = u32::try_from(life.refusals.len()).unwrap_or(u32::MAX);
                when(refused < law.life.refusals, B::TooFewRefusals);
            }
            _ => {}
        },
        A::CancelBenefit => {
            when(!life.payments.is_empty() || benefit.first_month > 1, B::AlreadyPaid);
            let term = law.life.pick_up.working_days;
            let by = law.calendar.working_days_after(benefit.decided_on, term);
            when(by.is_none_or(|by| day <= by), B::PickUpOpen);
        }
        A::TransferBenefit => {
            let here = u32::try_from(life.payments.len()).unwrap_or(u32::MAX);
            let drawn = here.saturating_add(benefit.first_month.saturating_sub(1));
            when(drawn < law.life.transfer.min_months_drawn, B::NotDrawnLongEnough);
            when(benefit.month_of(day) >= benefit.months, B::NoMonthsLeft);
        }
        A::PayBenefit => match command {
            Some(Command::Pay { month, .. }) => {
                let paid = life.payments.iter().any(|p| p.month == *month);
                let state = months::month(benefit, *month, day, law).map(|m| m.state);
                when(paid, B::AlreadyPaid);
                when(!paid && state != Some(MonthState::Payable), B::NotPayable);
            }
            _ => {
                let payable = months::months(benefit, day, law);
                when(!payable.iter().any(|m| m.state == MonthState::Payable), B::NotPayable);
            }
        },
        A::RecoverBenefit => {
            let named = matches!(command, Some(Command::Recover { months, .. }) if !months.is_empty());
            when(!named && months::overpaid(benefit).is_empty(), B::NothingOverpaid);
        }
        A::RecordRepayment => when(benefit.owed().2 == 0, B::NothingOwed),
        _ => {}
    }
    found
}

/// The month from which a suspended benefit would be paid again: the first since the suspension that
/// was declared for, or is exempt.
fn resumes_at(benefit: &Benefit, cx: &Context<'_>) -> Option<u32> {
    let from = benefit.life.suspended_from?;
    (from..=benefit.last_month()).find(|m| months::is_answered(benefit, *m, cx.day(), cx.law))
}

/// Applies a command: the only way in which a benefit changes.
///
/// # Errors
/// [`BenefitRefusal`], in the order: what is wrong with the command itself, the table, what stands
/// in the way.
pub fn decide(
    permit: &Permit,
    benefit: &Benefit,
    command: &Command,
    cx: &Context<'_>,
) -> Result<Step, BenefitRefusal> {
    let wrong = violations(benefit, command, cx);
    if !wrong.is_empty() {
        return Err(BenefitRefusal::Invalid(wrong));
    }
    let action = command.action();
    let Some(row) = allowed_from(benefit.status).find(|row| row.action == action) else {
        let mut allowed: Vec<_> = allowed_from(benefit.status).map(|row| row.path).collect();
        allowed.dedup();
        return Err(BenefitRefusal::NotFrom { status: benefit.status, action, allowed });
    };
    let blocked = blockers(benefit, action, Some(command), cx);
    if !blocked.is_empty() {
        return Err(BenefitRefusal::Blocked(blocked));
    }
    let mut after = benefit.clone();
    after.version += 1;
    after.status = row.to.unwrap_or(benefit.status);
    let mut event = BenefitEvent::of(permit, &after, Some(benefit), cx.now);
    effect(benefit, &mut after, command, &mut event, cx).ok_or(BenefitRefusal::OutOfRange)?;
    Ok(Step { benefit: after, event })
}

/// What a command does beside the status, told by the event. None when a date is out of range.
fn effect(
    before: &Benefit,
    after: &mut Benefit,
    command: &Command,
    event: &mut BenefitEvent,
    cx: &Context<'_>,
) -> Option<()> {
    let (day, rules) = (cx.day(), cx.law.life);
    let detail = &mut event.detail;
    match command {
        Command::Declare { month, excuse, searched } => {
            let month = month.or_else(|| declared_month(before, excuse.is_some(), cx))?;
            after.life.declarations.push(Declaration {
                month,
                at: cx.now,
                by: event.actor.clone(),
                excuse: *excuse,
                searched: searched.clone(),
            });
            // What a lawful reason excuses is not lost.
            after.life.lost.retain(|m| *m != month);
            detail.month = Some(month);
            detail.excuse = *excuse;
            detail.until = months::window(before, month, cx.law).map(|w| w.by);
            event.article = Some(rules.declaration.article.clone());
        }
        Command::Exempt(asked) => {
            let rule = asked.rule(cx.law)?;
            after.life.exemptions.push(Exemption {
                ground: asked.ground,
                from: asked.from,
                to: asked.last_day(before),
                reason: asked.reason.clone(),
                evidence: asked.evidence.clone(),
                article: rule.article.clone(),
                at: cx.now,
                by: event.actor.clone(),
                gave_back: Vec::new(),
                withdrawn: None,
            });
            // What a lawful reason excuses is not lost.
            let lost = std::mem::take(&mut after.life.lost);
            let (gave_back, lost) =
                lost.into_iter().partition(|m| exemption::of_month(after, *m, cx.law).is_some());
            after.life.lost = lost;
            after.life.exemptions.last_mut()?.gave_back = gave_back;
            detail.exemption = u32::try_from(after.life.exemptions.len()).ok();
            detail.ground = Some(asked.ground);
            detail.on = Some(asked.from);
            detail.until = Some(asked.last_day(before));
            event.reason = Some(format!("{} ({})", asked.reason, asked.evidence));
            event.article = Some(rule.article.clone());
        }
        Command::WithdrawExemption { number, reason } => {
            let place = usize::try_from(number.checked_sub(1)?).ok()?;
            let exemption = after.life.exemptions.get_mut(place)?;
            let by = event.actor.clone();
            exemption.withdrawn = Some(Withdrawal { at: cx.now, by, reason: reason.clone() });
            detail.exemption = Some(*number);
            detail.ground = Some(exemption.ground);
            detail.on = Some(exemption.from);
            detail.until = Some(exemption.to);
            event.reason = Some(reason.clone());
            event.article = Some(exemption.article.clone());
            let lost = exemption::lost_again(after, cx.law);
            detail.months.clone_from(&lost);
            after.life.lost.extend(lost);
        }
        Command::Refuse { on, job } => {
            after.life.refusals.push(JobRefusal { on: *on, job: job.clone() });
            detail.on = Some(*on);
        }
        Command::Suspend { reason, decision_number } => {
            let missed = months::missed(before, day, cx.law);
            let (month, window) = missed.first()?;
            after.life.suspended_from = Some(*month);
            after.suspended_on = Some(window.by.succ_opt()?);
            event.reason.clone_from(reason);
            event.article = Some(rules.suspension.article.clone());
            detail.month = Some(*month);
            detail.on = after.suspended_on;
            detail.until = Some(window.by);
            detail.decision_number.clone_from(decision_number);
        }
        Command::Resume { reason, decision_number } => {
            let (from, at) = (before.life.suspended_from?, resumes_at(before, cx)?);
            if !rules.suspension.paid_back {
                detail.months = (from..at).collect();
                after.life.lost.extend(from..at);
            }
            after.life.suspended_from = None;
            after.suspended_on = None;
            event.reason.clone_from(reason);
            event.article = Some(rules.resumption.article.clone());
            detail.month = Some(at);
            detail.decision_number.clone_from(decision_number);
        }
        Command::Terminate { cause, on, reason, decision_number } => {
            let rule = rules.cause(*cause)?;
            let on = match cause {
                EndCause::PeriodOver => before.ends_on,
                EndCause::SilentMonths => months::silent_since(before, day, cx.law)?.1.by.succ_opt()?,
                _ => (*on)?,
            };
            let last = last_month(before, on, rule);
            close(before, after, last, on, event, cx);
            let end = End {
                cause: Some(*cause),
                on,
                last_month: last,
                article: rule.article.clone(),
                months_kept: 0,
                decision_number: decision_number.clone(),
            };
            finish(after, end, rule.keeps, event, cx);
            event.reason.clone_from(reason);
        }
        Command::Cancel { reason, decision_number } => {
            close(before, after, 0, day, event, cx);
            let end = End {
                cause: None,
                on: day,
                last_month: 0,
                article: rules.pick_up.article.clone(),
                months_kept: 0,
                decision_number: Some(decision_number.clone()),
            };
            finish(after, end, Keeps::AllUnused, event, cx);
            event.reason = Some(reason.clone());
        }
        Command::Transfer { to_province, reason } => {
            let last = before.month_of(day).max(before.first_month.saturating_sub(1));
            close(before, after, last, day, event, cx);
            let within = |days| cx.law.calendar.working_days_after(day, days);
            let out = TransferOut {
                to_province: to_province.clone(),
                on: day,
                last_month: last,
                months_left: before.months.saturating_sub(last),
                send_by: within(rules.transfer.send_within_working_days)?,
                arrive_by: within(rules.transfer.arrive_within_working_days)?,
            };
            event.reason.clone_from(reason);
            event.article = Some(rules.transfer.article.clone());
            event.detail.province = Some(to_province.clone());
            event.detail.last_month = Some(last);
            event.detail.until = Some(out.arrive_by);
            after.life.transfer_out = Some(out);
        }
        Command::Pay { month, paid_on, reference } => {
            let amount_vnd = before.monthly_vnd;
            let (paid_on, reference) = (*paid_on, reference.clone());
            detail.month = Some(*month);
            detail.amount_vnd = Some(amount_vnd.0);
            detail.on = Some(paid_on);
            detail.reference = Some(reference.clone());
            let rule = if *month == 1 { &rules.first_payment } else { &rules.later_payment };
            event.article = Some(rule.article.clone());
            after.life.payments.push(Payment { month: *month, amount_vnd, paid_on, reference });
        }
        Command::Recover { months: named, reason, decision_number } => {
            let mut demanded = if named.is_empty() { months::overpaid(before) } else { named.clone() };
            demanded.sort_unstable();
            let paid = before.life.payments.iter().filter(|p| demanded.contains(&p.month));
            let amount = paid.fold(0_i64, |sum, p| sum.saturating_add(p.amount_vnd.0));
            detail.months.clone_from(&demanded);
            detail.amount_vnd = Some(amount);
            detail.decision_number = Some(decision_number.clone());
            event.reason = Some(reason.clone());
            after.life.recoveries.push(Recovery {
                months: demanded,
                amount_vnd: Dong(amount),
                decision_number: decision_number.clone(),
                on: day,
            });
            event.detail.owed_vnd = Some(after.owed().2);
        }
        Command::Repay { amount_vnd, on, reference } => {
            let (on, reference) = (*on, reference.clone());
            detail.amount_vnd = Some(*amount_vnd);
            detail.on = Some(on);
            detail.reference = Some(reference.clone());
            after.life.repayments.push(Repayment { amount_vnd: Dong(*amount_vnd), on, reference });
            event.detail.owed_vnd = Some(after.owed().2);
        }
    }
    Some(())
}

/// The last month that an ending leaves payable.
fn last_month(benefit: &Benefit, on: NaiveDate, rule: &CauseRule) -> u32 {
    let running = benefit.month_of(on);
    let over = on > benefit.ends_on || rule.cause == EndCause::PeriodOver;
    let last = if over || rule.pays_running_month { running } else { running.saturating_sub(1) };
    let before_here = benefit.first_month.saturating_sub(1);
    if over { benefit.months } else { last.max(before_here) }
}

/// Closes the months: those up to the last that nobody declared for in time are lost.
fn close(
    before: &Benefit,
    after: &mut Benefit,
    last: u32,
    on: NaiveDate,
    event: &mut BenefitEvent,
    cx: &Context<'_>,
) {
    let missed = months::missed(before, on, cx.law).into_iter().map(|(month, _)| month);
    let lost: Vec<u32> = missed.filter(|m| *m <= last && !cx.law.life.suspension.paid_back).collect();
    event.detail.months.clone_from(&lost);
    after.life.lost.extend(lost);
    after.life.suspended_from = None;
    after.suspended_on = None;
    event.detail.last_month = Some(last);
}

/// Writes the ending down, with the contributed months that it leaves.
fn finish(after: &mut Benefit, end: End, keeps: Keeps, event: &mut BenefitEvent, cx: &Context<'_>) {
    event.article = Some(end.article.clone());
    event.detail.cause = end.cause;
    event.detail.on = Some(end.on);
    event.detail.decision_number.clone_from(&end.decision_number);
    // What is left follows from the last month, so the ending stands before it is reckoned.
    after.life.end = Some(end.clone());
    let months_kept = kept(after, keeps, cx.law.life);
    event.detail.months_kept = Some(months_kept);
    after.life.end = Some(End { months_kept, ..end });
}

/// Everything that is wrong with what a command carries.
fn violations(benefit: &Benefit, command: &Command, cx: &Context<'_>) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let mut at = |bad: bool, pointer: &str, code: &'static str, vi: &str, en: &str| {
        if bad {
            wrong.push(Violation::new(pointer.to_owned(), code, vi, en));
        }
    };
    let day = cx.day();
    let no_month = ("Không có tháng hưởng này.", "There is no such benefit month.");
    let future = ("Ngày không được sau hôm nay.", "The day cannot lie in the future.");
    match command {
        Command::Declare { month, excuse, .. } if benefit.status.is_open() => {
            let late = excuse.is_some();
            let Some(month) = month.or_else(|| declared_month(benefit, late, cx)) else {
                at(
                    true,
                    "/month",
                    "outside_window",
                    "Hôm nay không nằm trong thời hạn thông báo của tháng hưởng nào.",
                    "Today lies in the days to declare of no benefit month.",
                );
                return wrong;
            };
            let here = (benefit.first_month..=benefit.last_month()).contains(&month);
            at(!here, "/month", "no_such_month", no_month.0, no_month.1);
            at(
                months::is_declared(benefit, month),
                "/month",
                "already_declared",
                "Tháng này đã được thông báo.",
                "The month was declared for already.",
            );
            match months::window(benefit, month, cx.law).filter(|_| here) {
                None => at(
                    here,
                    "/month",
                    "not_required",
                    "Tháng này không phải thông báo.",
                    "The month need not be declared for.",
                ),
                Some(window) => {
                    let inside = window.from <= day && day <= window.by;
                    let (vi, en) = outside(window);
                    at(!late && !inside, "/month", "outside_window", &vi, &en);
                    at(
                        late && day <= window.by,
                        "/excuse",
                        "not_late",
                        "Thông báo chưa muộn, không cần lý do.",
                        "The declaration is not late and needs no excuse.",
                    );
                }
            }
            at(
                excuse.is_some_and(|e| !cx.law.life.declaration.excuses.contains(&e)),
                "/excuse",
                "not_in_law",
                "Luật áp dụng không có lý do này.",
                "The law that governs does not know this excuse.",
            );
        }
        Command::Exempt(asked) => wrong.extend(asked.violations(benefit, cx.law)),
        Command::Refuse { on, .. } => {
            at(*on > day, "/on", "in_future", future.0, future.1);
            at(
                *on < benefit.decided_on,
                "/on",
                "before_decision",
                "Ngày không được trước ngày quyết định hưởng.",
                "The day cannot lie before the decision.",
            );
        }
        Command::Terminate { cause, on, .. } => {
            at(
                cx.law.life.cause(*cause).is_none(),
                "/cause",
                "not_in_law",
                "Luật áp dụng không có nguyên nhân này.",
                "The law that governs does not know this cause.",
            );
            let reckoned = matches!(cause, EndCause::PeriodOver | EndCause::SilentMonths);
            at(
                !reckoned && on.is_none(),
                "/on",
                "required",
                "Phải nêu ngày xảy ra nguyên nhân.",
                "The day of the cause is needed.",
            );
            at(on.is_some_and(|on| on > day), "/on", "in_future", future.0, future.1);
            at(
                on.is_some_and(|on| !calendar::in_range(on)),
                "/on",
                "out_of_range",
                "Ngày nằm ngoài phạm vi.",
                "The date is out of range.",
            );
        }
        Command::Pay { month, paid_on, .. } => {
            let found = months::month(benefit, *month, day, cx.law);
            at(found.is_none(), "/month", "no_such_month", no_month.0, no_month.1);
            at(*paid_on > day, "/paid_on", "in_future", future.0, future.1);
            at(
                *paid_on < benefit.decided_on,
                "/paid_on",
                "before_decision",
                "Ngày không được trước ngày quyết định hưởng.",
                "The day cannot lie before the decision.",
            );
        }
        Command::Recover { months, .. } => {
            for (i, month) in months.iter().enumerate() {
                let paid = benefit.life.payments.iter().any(|p| p.month == *month);
                let twice = months.iter().take(i).any(|m| m == month)
                    || benefit.life.recoveries.iter().any(|r| r.months.contains(month));
                let pointer = format!("/months/{i}");
                at(!paid, &pointer, "not_paid", "Tháng này chưa được chi trả.", "The month was not paid.");
                at(
                    twice,
                    &pointer,
                    "already_demanded",
                    "Tháng này đã có quyết định thu hồi.",
                    "The month is demanded back already.",
                );
            }
        }
        Command::WithdrawExemption { number, .. } if benefit.status.is_open() => {
            let found = exemption::numbered(benefit, *number);
            at(
                found.is_none(),
                "/number",
                "no_such_exemption",
                "Không có lần miễn thông báo này.",
                "There is no such exemption.",
            );
            at(
                found.is_some_and(|e| e.withdrawn.is_some()),
                "/number",
                "already_withdrawn",
                "Lần miễn thông báo này đã được thu hồi.",
                "The exemption was withdrawn already.",
            );
        }
        Command::Repay { amount_vnd, on, .. } => {
            let owed = benefit.owed().2;
            at(
                owed > 0 && *amount_vnd > owed,
                "/amount_vnd",
                "more_than_owed",
                "Số tiền lớn hơn khoản còn phải hoàn trả.",
                "The amount is more than is owed.",
            );
            at(*on > day, "/on", "in_future", future.0, future.1);
        }
        Command::Declare { .. }
        | Command::WithdrawExemption { .. }
        | Command::Suspend { .. }
        | Command::Resume { .. }
        | Command::Cancel { .. }
        | Command::Transfer { .. } => {}
    }
    wrong
}

fn outside(window: Window) -> (String, String) {
    (
        format!("Thời hạn thông báo của tháng này là từ {} đến {}.", window.from, window.by),
        format!("This month is to be declared for from {} to {}.", window.from, window.by),
    )
}

/// The whole table as text, for the golden file and the documentation.
pub fn table() -> String {
    let mut out =
        String::from("| action | path | from | to | money | who |\n| --- | --- | --- | --- | --- | --- |\n");
    for row in TRANSITIONS {
        let from: Vec<String> = row.from.iter().map(ToString::to_string).collect();
        let to = row.to.map_or_else(|| "same".to_owned(), |s| s.to_string());
        let mut who: Vec<String> =
            crate::access::roles_for(row.action).map(|(role, _)| role.to_string()).collect();
        if crate::access::by_timer(row.action) {
            who.push("timer".to_owned());
        }
        out.push_str(&format!(
            "| {} | {} | {} | {to} | {} | {} |\n",
            row.action,
            row.path,
            from.join(", "),
            row.money.code(),
            who.join(", ")
        ));
    }
    out
}
