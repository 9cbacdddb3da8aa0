//! What is wrong with a command itself, whatever the status of the dossier.

use chrono::NaiveDate;

use super::{Context, Violation};
use crate::calendar;
use crate::dossier::command::Command;
use crate::dossier::status::Status;
use crate::dossier::{Dossier, check_papers};

/// Everything that is wrong with a command whatever the status.
pub(super) fn violations(dossier: &Dossier, command: &Command, cx: &Context<'_>) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let mut at = |bad: bool, pointer: &str, code: &'static str, vi: &str, en: &str| {
        if bad {
            wrong.push(Violation::new(pointer.to_owned(), code, vi, en));
        }
    };
    let today = calendar::day_of(cx.now);
    match command {
        Command::RequestSupplement { missing, until, .. } => {
            at(
                until.is_some_and(|until| until <= today),
                "/until",
                "not_in_future",
                "Ngày phải sau hôm nay.",
                "The day must lie in the future.",
            );
            for (i, code) in missing.iter().enumerate() {
                let unknown = cx.procedure.paper(code).is_none();
                let pointer = format!("/missing/{i}");
                at(
                    unknown,
                    &pointer,
                    "unknown_paper",
                    "Thủ tục không có thành phần hồ sơ này.",
                    "The procedure does not ask for such a paper.",
                );
            }
        }
        Command::Supplement { papers, changes_form } => {
            let nothing = papers.is_empty() && !changes_form && dossier.status == Status::SupplementRequested;
            at(
                nothing,
                "",
                "nothing_new",
                "Bổ sung phải có giấy tờ hoặc nội dung mới.",
                "A supplement must bring a paper or a changed form.",
            );
            wrong.extend(check_papers(papers, cx.procedure, false));
        }
        Command::RequestPayment { amount_vnd, .. } => {
            at(
                amount_vnd.is_some_and(|amount| amount <= 0),
                "/amount_vnd",
                "not_positive",
                "Số tiền phải lớn hơn 0.",
                "The amount must be more than nothing.",
            );
        }
        Command::SendBack { to_stage, .. } => {
            let earlier = cx.procedure.stage(*to_stage).is_some() && *to_stage < dossier.stage;
            let bad = !earlier && dossier.status == Status::Processing && dossier.stage > 1;
            at(
                bad,
                "/to_stage",
                "not_an_earlier_stage",
                "Không phải một bước trước bước hiện tại.",
                "Not a stage before the present one.",
            );
        }
        Command::Decide { on: Some(on), .. } => {
            let accepted = dossier.accepted_at.map(calendar::day_of);
            at(
                *on > today,
                "/decided_on",
                "in_future",
                "Ngày quyết định không được sau hôm nay.",
                "A decision cannot be dated in the future.",
            );
            at(
                accepted.is_some_and(|day| *on < day),
                "/decided_on",
                "before_acceptance",
                "Ngày quyết định không được trước ngày tiếp nhận.",
                "A decision cannot be dated before acceptance.",
            );
        }
        Command::Extend { until, .. } => {
            let due: Option<NaiveDate> = dossier.due_at.map(calendar::day_of);
            at(
                due.is_some_and(|due| *until <= due),
                "/until",
                "not_after_due",
                "Ngày hẹn mới phải sau ngày hẹn hiện tại.",
                "The new day must lie after the present due day.",
            );
            at(
                *until <= today,
                "/until",
                "not_in_future",
                "Ngày phải sau hôm nay.",
                "The day must lie in the future.",
            );
            let closes = cx.calendar.roll_forward(*until).and_then(|day| cx.calendar.close_of(day));
            at(
                closes.is_none(),
                "/until",
                "out_of_range",
                "Ngày nằm ngoài phạm vi tính được.",
                "The day is out of range.",
            );
        }
        _ => {}
    }
    wrong
}
