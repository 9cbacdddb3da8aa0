//! What happened to a dossier, told to the applicant: one plain sentence an event.
//!
//! Owns the sentences. They name no officer and no word of the office; reasons, which an officer
//! wrote in words of their own, are told only where the reader may see whom the dossier is about.

use super::command::{DeclineReason, HandOverBy, StopReason};
use super::event::Event;
use super::next::{Names, Words, day};
use super::status::Outcome;
use crate::access::{Action, Role};
use crate::calendar;
use crate::code::Code;
use crate::money::Dong;
use crate::procedure::Channel;

/// An event in one plain sentence, or two where a reason is told.
pub fn told(event: &Event, channel: Channel, names: &Names<'_>, with_reasons: bool) -> Words {
    let mut words = happened(event, channel, names);
    let reason = event.reason.as_deref().filter(|_| with_reasons && tells_why(event.action));
    if let Some(reason) = reason {
        let reason = reason.trim().trim_end_matches('.');
        words.vi.push_str(&format!(" Lý do: {reason}."));
        words.en.push_str(&format!(" Reason given: {reason}."));
    }
    words
}

/// Actions whose reason was written for the applicant. What an officer puts before another officer is
/// not theirs to read here.
fn tells_why(action: Action) -> bool {
    matches!(
        action,
        Action::Decline
            | Action::RequestSupplement
            | Action::RequestPayment
            | Action::Decide
            | Action::Extend
            | Action::IssueLetter
            | Action::Stop
            | Action::Withdraw
    )
}

fn happened(event: &Event, channel: Channel, names: &Names<'_>) -> Words {
    let (unit, detail) = (names.unit, &event.detail);
    let by_applicant = event.role == Some(Role::Citizen);
    let due = detail.due_after.map(|due| day(calendar::day_of(due)));
    match event.action {
        Action::Submit => submitted(by_applicant, channel, unit),
        Action::Accept => match due {
            Some(due) => Words::new(
                format!("{unit} đã tiếp nhận hồ sơ và hẹn trả kết quả ngày {}.", due.vi),
                format!("{unit} accepted the dossier; the result is expected by {}.", due.en),
            ),
            None => {
                Words::new(format!("{unit} đã tiếp nhận hồ sơ."), format!("{unit} accepted the dossier."))
            }
        },
        Action::Decline => coded(
            Words::new(format!("{unit} không tiếp nhận hồ sơ"), format!("{unit} did not accept the dossier")),
            label::<DeclineReason>(event),
        ),
        Action::Start => Words::new("Hồ sơ bắt đầu được giải quyết.", "Work on the dossier has begun."),
        Action::RequestSupplement => asked_for_papers(event, names),
        Action::Supplement => supplemented(event, by_applicant, names),
        Action::RequestPayment => match detail.amount_vnd.map(Dong) {
            Some(amount) => Words::new(
                format!(
                    "Ông/Bà được yêu cầu nộp {amount} đồng; thời gian chờ nộp không tính vào thời hạn giải quyết."
                ),
                format!("You were asked to pay {amount} đồng; the time until then does not count."),
            ),
            None => Words::new("Ông/Bà được yêu cầu nộp tiền.", "You were asked to pay."),
        },
        Action::ConfirmPayment => Words::new(
            "Khoản tiền đã nộp được xác nhận, việc giải quyết tiếp tục.",
            "The payment was confirmed and the work goes on.",
        ),
        Action::Forward => moved(
            event,
            names,
            "Hồ sơ đã chuyển sang bước tiếp theo",
            "The dossier went on to the next stage",
        ),
        Action::SendBack => moved(
            event,
            names,
            "Hồ sơ được xem lại ở bước trước",
            "The dossier went back to an earlier stage",
        ),
        Action::Propose => Words::new(
            "Hồ sơ đã được xem xét xong và chờ lãnh đạo quyết định.",
            "The dossier was examined and waits for the decision.",
        ),
        Action::Decide => decided(event, unit),
        Action::Extend => match due {
            Some(due) => Words::new(
                format!("{unit} xin lỗi vì chưa xong đúng hẹn và hẹn lại ngày {}.", due.vi),
                format!("{unit} apologises for the delay; the result is now expected by {}.", due.en),
            ),
            None => Words::new(
                format!("{unit} xin lỗi vì chưa xong đúng hẹn và dời ngày hẹn trả kết quả."),
                format!("{unit} apologises for the delay and moved the day of the result."),
            ),
        },
        Action::HandOver => handed_over(detail.how),
        Action::IssueLetter => apologised(event, unit),
        Action::Withdraw => Words::new(
            if by_applicant {
                "Ông/Bà đã rút hồ sơ."
            } else {
                "Hồ sơ đã được rút theo yêu cầu của người nộp."
            },
            if by_applicant {
                "You withdrew the dossier."
            } else {
                "The dossier was withdrawn at the applicant's wish."
            },
        ),
        Action::Stop => coded(
            Words::new(
                format!("{unit} dừng giải quyết hồ sơ"),
                format!("{unit} stopped the work on the dossier"),
            ),
            label::<StopReason>(event),
        ),
        other => Words::new(
            format!("Hồ sơ được cập nhật: {}.", other.label_vi().to_lowercase()),
            format!("The dossier was updated: {}.", other.label_en().to_lowercase()),
        ),
    }
}

fn submitted(by_applicant: bool, channel: Channel, unit: &str) -> Words {
    let (vi, en) = match channel {
        Channel::Online => ("trực tuyến", "online"),
        Channel::InPerson => ("trực tiếp", "in person"),
        Channel::Post => ("qua bưu điện", "by post"),
        Channel::NationalPortal => ("qua Cổng Dịch vụ công quốc gia", "through the national portal"),
    };
    if by_applicant {
        Words::new(
            format!("Ông/Bà đã nộp hồ sơ {vi} tới {unit}."),
            format!("You handed the dossier in {en} to {unit}."),
        )
    } else {
        Words::new(
            format!("Hồ sơ của Ông/Bà nộp {vi} đã được ghi nhận tại {unit}."),
            format!("Your dossier, handed in {en}, was taken down at {unit}."),
        )
    }
}

/// The label of a coded reason, for the applicant; none where there is no code.
fn label<C: Code>(event: &Event) -> Option<C> {
    event.reason_code.as_deref().and_then(C::from_code)
}

fn coded<C: Code>(what: Words, reason: Option<C>) -> Words {
    match reason {
        Some(code) => Words::new(
            format!("{}: {}.", what.vi, code.label_vi().to_lowercase()),
            format!("{}: {}.", what.en, code.label_en().to_lowercase()),
        ),
        None => Words::new(format!("{}.", what.vi), format!("{}.", what.en)),
    }
}

fn asked_for_papers(event: &Event, names: &Names<'_>) -> Words {
    let mut words = Words::new("Ông/Bà được yêu cầu bổ sung", "You were asked to hand in more");
    if !event.detail.missing.is_empty() {
        let papers = names.papers(&event.detail.missing);
        words.vi.push_str(&format!(": {papers}"));
        words.en.push_str(&format!(": {papers}"));
    }
    if let Some(until) = event.detail.until.map(day) {
        words.vi.push_str(&format!(", chậm nhất ngày {}", until.vi));
        words.en.push_str(&format!(", by {}", until.en));
    }
    words.vi.push('.');
    words.en.push('.');
    words
}

fn supplemented(event: &Event, by_applicant: bool, names: &Names<'_>) -> Words {
    let mut words = match (by_applicant, event.detail.papers.is_empty()) {
        (true, true) => Words::new("Ông/Bà đã sửa nội dung đã khai", "You mended what you had filled in"),
        (true, false) => Words::new("Ông/Bà đã nộp bổ sung", "You handed in what was missing"),
        (false, true) => Words::new("Nội dung hồ sơ đã được sửa", "What was filled in was mended"),
        (false, false) => Words::new("Giấy tờ bổ sung đã được nhận", "What was missing has come in"),
    };
    if !event.detail.papers.is_empty() {
        let papers = names.papers(&event.detail.papers);
        words.vi.push_str(&format!(": {papers}"));
        words.en.push_str(&format!(": {papers}"));
    }
    match event.detail.due_after.map(|due| day(calendar::day_of(due))) {
        Some(due) => {
            words.vi.push_str(&format!(". Việc giải quyết tiếp tục, ngày hẹn trả kết quả là {}.", due.vi));
            words.en.push_str(&format!(". The work goes on; the result is expected by {}.", due.en));
        }
        None => {
            words.vi.push('.');
            words.en.push('.');
        }
    }
    words
}

fn moved(event: &Event, names: &Names<'_>, vi: &str, en: &str) -> Words {
    match event.detail.to_stage.and_then(|stage| names.stage(stage)) {
        Some(stage) => Words::new(format!("{vi}: {stage}."), format!("{en}: {stage}.")),
        None => Words::new(format!("{vi}."), format!("{en}.")),
    }
}

fn decided(event: &Event, unit: &str) -> Words {
    let detail = &event.detail;
    let (mut vi, mut en) = match detail.outcome {
        Some(Outcome::Approved) => {
            (format!("{unit} đã đồng ý giải quyết hồ sơ"), format!("{unit} decided in your favour"))
        }
        Some(Outcome::Rejected) => {
            (format!("{unit} không đồng ý giải quyết hồ sơ"), format!("{unit} decided against the request"))
        }
        None => (format!("{unit} đã quyết định"), format!("{unit} has decided")),
    };
    if let Some(number) = &detail.decision_number {
        vi.push_str(&format!(" theo quyết định số {number}"));
        en.push_str(&format!(", decision {number}"));
    }
    if let Some(on) = detail.decided_on.map(day) {
        vi.push_str(&format!(" ngày {}", on.vi));
        en.push_str(&format!(" of {}", on.en));
    }
    Words::new(format!("{vi}."), format!("{en}."))
}

fn apologised(event: &Event, unit: &str) -> Words {
    let (mut vi, mut en) =
        (format!("{unit} đã gửi Ông/Bà phiếu xin lỗi"), format!("{unit} sent you a letter of apology"));
    if let Some(number) = &event.detail.reference {
        vi.push_str(&format!(" số {number}"));
        en.push_str(&format!(", no. {number}"));
    }
    if let Some(until) = event.detail.until.map(day) {
        vi.push_str(&format!(", hẹn trả kết quả ngày {}", until.vi));
        en.push_str(&format!("; it promises the result by {}", until.en));
    }
    Words::new(format!("{vi}."), format!("{en}."))
}

fn handed_over(how: Option<HandOverBy>) -> Words {
    match how {
        Some(HandOverBy::Online) => {
            Words::new("Kết quả đã được trả trực tuyến.", "The result was handed over online.")
        }
        Some(HandOverBy::Counter) => {
            Words::new("Kết quả đã được trả tại bộ phận Một cửa.", "The result was handed over at the desk.")
        }
        Some(HandOverBy::Post) => {
            Words::new("Kết quả đã được gửi qua bưu điện.", "The result was sent by post.")
        }
        None => Words::new("Kết quả đã được trả.", "The result was handed over."),
    }
}
