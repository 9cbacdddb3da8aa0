//! What is wrong with what a command on a benefit carries: every fault at once, each with its place.

use super::super::Benefit;
use super::super::command::Command;
use super::super::exemption;
use super::super::months::{self, Window};
use super::{Context, declared_month};
use crate::calendar;
use crate::dossier::transition::Violation;
use crate::unemployment::life::EndCause;

/// Everything that is wrong with what a command carries.
pub(super) fn violations(benefit: &Benefit, command: &Command, cx: &Context<'_>) -> Vec<Violation> {
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
