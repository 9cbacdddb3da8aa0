//! What a command does to a benefit beside its status.
//!
//! Must not ask whether it may: that is told before.

use chrono::NaiveDate;

use super::super::command::Command;
use super::super::event::BenefitEvent;
use super::super::exemption::{self, Exemption, Withdrawal};
use super::super::kept::kept;
use super::super::months;
use super::super::{Benefit, Declaration, End, JobRefusal, Payment, Recovery, Repayment, TransferOut};
use super::{Context, declared_month, resumes_at};
use crate::money::Dong;
use crate::unemployment::life::{CauseRule, EndCause, Keeps};

/// What a command does beside the status, told by the event. None when a date is out of range.
pub(super) fn effect(
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
