//! Whose turn it is with a dossier, what they are to do and until when, in plain words; and what the
//! applicant can do meanwhile.
//!
//! The one place that says so: the dossier itself, its timeline and public tracking all ask
//! [`next`]. It speaks to the applicant and uses no word of the office; it must not know who asks.

use chrono::{DateTime, NaiveDate, Utc};

use super::Dossier;
use super::status::Status;
use super::transition::allowed_from;
use crate::access::{Action, Role, reach};
use crate::calendar;
use crate::procedure::Procedure;

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl Words {
    /// A sentence in both languages.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: en.into() }
    }
}

crate::codes! {
    /// Who acts next.
    pub enum NextActor {
        /// Bộ phận Một cửa.
        Desk => "desk", "Bộ phận Một cửa", "The one-stop desk",
        /// Chuyên viên thụ lý.
        CaseOfficer => "case_officer", "Cán bộ giải quyết hồ sơ", "The officer who works the dossier",
        /// Lãnh đạo.
        Approver => "approver", "Lãnh đạo cơ quan", "The head of the office",
        /// Người nộp hồ sơ.
        Applicant => "applicant", "Người nộp hồ sơ", "The applicant",
        /// Không còn ai phải làm gì.
        Nobody => "nobody", "Không còn ai", "Nobody",
    }
}

crate::codes! {
    /// What they are to do.
    pub enum NextTask {
        /// Kiểm tra và tiếp nhận.
        CheckIn => "check_in", "kiểm tra giấy tờ và tiếp nhận hồ sơ", "checks the papers and accepts the dossier",
        /// Bắt đầu giải quyết.
        Begin => "begin", "bắt đầu giải quyết hồ sơ", "begins to work on the dossier",
        /// Xem xét.
        Examine => "examine", "xem xét hồ sơ", "examines the dossier",
        /// Quyết định.
        Decide => "decide", "quyết định kết quả", "decides on the result",
        /// Bổ sung.
        Supplement => "supplement", "nộp bổ sung giấy tờ hoặc nội dung còn thiếu", "hands in what is missing",
        /// Nộp tiền.
        Pay => "pay", "nộp khoản tiền đã được thông báo", "pays what was asked for",
        /// Trả kết quả.
        HandOver => "hand_over", "trả kết quả", "hands the result over",
        /// Không còn việc gì.
        Nothing => "nothing", "không phải làm gì thêm", "has nothing left to do",
    }
}

/// What a dossier's names are, for whoever puts it into words.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// Vietnamese name of the unit that received it.
    pub unit: &'a str,
    /// The version of the procedure that it keeps.
    pub procedure: &'a Procedure,
}

impl Names<'_> {
    /// The names of papers, by their codes; a code that the procedure does not know stands for itself.
    pub fn papers(&self, codes: &[String]) -> String {
        let paper = |code: &str| self.procedure.paper(code);
        let name = |code: &String| paper(code).map_or(code.clone(), |p| p.name_vi.clone());
        codes.iter().map(name).collect::<Vec<_>>().join("; ")
    }

    /// The name of a stage; none where the procedure has but one, of which nobody need know.
    pub fn stage(&self, order: i32) -> Option<&str> {
        let known = self.procedure.stages.len() > 1;
        self.procedure.stage(order).filter(|_| known).map(|s| s.name_vi.as_str())
    }
}

/// Bước tiếp theo: who acts next, what they are to do, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Who.
    pub actor: NextActor,
    /// Who, by the name of the unit.
    pub who: Words,
    /// What.
    pub task: NextTask,
    /// The last day: that of the result while the office works, that of the supplement while it
    /// waits; none where no day is set.
    pub until: Option<NaiveDate>,
    /// Whether that day has passed.
    pub overdue: bool,
    /// All of it in one sentence.
    pub text: Words,
}

/// A day as people write it: `15/11/2023`, `15 November 2023`.
pub fn day(day: NaiveDate) -> Words {
    Words::new(day.format("%d/%m/%Y").to_string(), day.format("%-d %B %Y").to_string())
}

fn actor_and_task(dossier: &Dossier) -> (NextActor, NextTask) {
    match dossier.status {
        Status::Registered => (NextActor::Desk, NextTask::CheckIn),
        Status::Accepted => (NextActor::CaseOfficer, NextTask::Begin),
        Status::Processing if dossier.proposal.is_some() => (NextActor::Approver, NextTask::Decide),
        Status::Processing => (NextActor::CaseOfficer, NextTask::Examine),
        Status::SupplementRequested => (NextActor::Applicant, NextTask::Supplement),
        Status::PaymentRequested => (NextActor::Applicant, NextTask::Pay),
        Status::Completed => (NextActor::Desk, NextTask::HandOver),
        Status::NotAccepted | Status::Withdrawn | Status::Stopped | Status::Returned => {
            (NextActor::Nobody, NextTask::Nothing)
        }
    }
}

fn who(dossier: &Dossier, actor: NextActor, names: &Names<'_>) -> Words {
    let unit = names.unit;
    match actor {
        NextActor::Desk => Words::new(format!("Bộ phận Một cửa của {unit}"), format!("The desk of {unit}")),
        NextActor::CaseOfficer => match names.stage(dossier.stage) {
            Some(stage) => Words::new(
                format!("Cán bộ giải quyết hồ sơ của {unit} (bước “{stage}”)"),
                format!("The officer at {unit} (stage “{stage}”)"),
            ),
            None => Words::new(
                format!("Cán bộ giải quyết hồ sơ của {unit}"),
                format!("The officer who works the dossier at {unit}"),
            ),
        },
        NextActor::Approver => Words::new(format!("Lãnh đạo {unit}"), format!("The head of {unit}")),
        NextActor::Applicant => Words::new("Ông/Bà", "You"),
        NextActor::Nobody => Words::default(),
    }
}

/// Who acts next, what, and until when, from status, stage and clock.
pub fn next(dossier: &Dossier, names: &Names<'_>, now: DateTime<Utc>) -> Next {
    let (actor, task) = actor_and_task(dossier);
    let who = who(dossier, actor, names);
    let until = match task {
        NextTask::Begin | NextTask::Examine | NextTask::Decide => dossier.due_at.map(calendar::day_of),
        NextTask::Supplement => dossier.supplement_until,
        NextTask::CheckIn | NextTask::Pay | NextTask::HandOver | NextTask::Nothing => None,
    };
    let overdue = match task {
        NextTask::Begin | NextTask::Examine | NextTask::Decide => dossier.due_at.is_some_and(|due| now > due),
        _ => until.is_some_and(|until| calendar::day_of(now) > until),
    };
    let text = sentence(dossier, actor, task, &who, until, overdue);
    Next { actor, who, task, until, overdue, text }
}

fn sentence(
    dossier: &Dossier,
    actor: NextActor,
    task: NextTask,
    who: &Words,
    until: Option<NaiveDate>,
    overdue: bool,
) -> Words {
    use crate::code::Code;
    if actor == NextActor::Nobody {
        return match dossier.status {
            Status::Returned => Words::new(
                "Hồ sơ đã kết thúc, kết quả đã được trả.",
                "The dossier is closed, the result was handed over.",
            ),
            _ => Words::new(
                "Hồ sơ đã kết thúc, không phải làm gì thêm.",
                "The dossier is closed, nothing is left to do.",
            ),
        };
    }
    let verb = match actor {
        // The English labels speak of somebody else.
        NextActor::Applicant if task == NextTask::Pay => {
            Words::new("cần nộp khoản tiền đã được thông báo", "need to pay what was asked for")
        }
        NextActor::Applicant => {
            Words::new("cần nộp bổ sung giấy tờ hoặc nội dung còn thiếu", "need to hand in what is missing")
        }
        _ if task == NextTask::HandOver => {
            Words::new("đã có kết quả và chờ trả cho Ông/Bà", "has the result ready for you")
        }
        _ => Words::new(format!("sẽ {}", task.label_vi()), task.label_en()),
    };
    let limit = match until.map(day) {
        None => Words::default(),
        Some(d) if overdue => Words::new(
            format!("; ngày hẹn {} đã qua", d.vi),
            format!("; the day set for it, {}, has passed", d.en),
        ),
        Some(d) if actor == NextActor::Applicant => {
            Words::new(format!(" chậm nhất ngày {}", d.vi), format!(" by {}", d.en))
        }
        Some(d) => Words::new(
            format!("; ngày hẹn trả kết quả là {}", d.vi),
            format!("; the result is expected by {}", d.en),
        ),
    };
    Words::new(format!("{} {}{}.", who.vi, verb.vi, limit.vi), format!("{} {}{}.", who.en, verb.en, limit.en))
}

/// Something that the applicant can do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanDo {
    /// What.
    pub action: Action,
    /// In words.
    pub text: Words,
}

/// What the applicant can do with the dossier now, by the table of transitions and the policy.
pub fn can_do(dossier: &Dossier) -> Vec<CanDo> {
    allowed_from(dossier.status)
        .map(|row| row.action)
        .filter(|action| reach(Role::Citizen, *action).is_some())
        .map(|action| CanDo { action, text: plain(action) })
        .collect()
}

/// That a settled dossier can be rated, where nobody has yet.
pub fn can_rate() -> CanDo {
    let text = Words::new("Đánh giá việc giải quyết hồ sơ.", "Say how you were served.");
    CanDo { action: Action::Rate, text }
}

fn plain(action: Action) -> Words {
    use crate::code::Code;
    match action {
        Action::Supplement => Words::new(
            "Nộp bổ sung giấy tờ hoặc sửa nội dung đã khai; sau đó việc giải quyết tiếp tục.",
            "Hand in what is missing, or mend what you filled in; then the work goes on.",
        ),
        Action::Withdraw => Words::new(
            "Rút hồ sơ, nếu Ông/Bà không còn nhu cầu giải quyết.",
            "Withdraw the dossier, if you no longer want it settled.",
        ),
        other => Words::new(format!("{}.", other.label_vi()), format!("{}.", other.label_en())),
    }
}
