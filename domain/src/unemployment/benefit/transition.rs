//! The one table of a benefit's transitions, and the one function that applies it.
//!
//! [`decide`] is what every write goes through, the timer's too; [`availability`] answers the same
//! question without writing.

mod effect;
mod violations;

use chrono::{DateTime, NaiveDate, Utc};

use super::Benefit;
use super::command::Command;
use super::event::BenefitEvent;
use super::months::{self, Law};
use super::status::{BenefitBlocker, BenefitStatus, MonthState};
use crate::access::{Action, Permit};
use crate::calendar;
use crate::dossier::transition::Violation;
use crate::unemployment::life::EndCause;

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
    let wrong = violations::violations(benefit, command, cx);
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
    effect::effect(benefit, &mut after, command, &mut event, cx).ok_or(BenefitRefusal::OutOfRange)?;
    Ok(Step { benefit: after, event })
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
