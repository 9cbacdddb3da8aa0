//! A dossier (hồ sơ): one case of one procedure, from submission to the result handed over.
//!
//! Owns the value and how it is opened. What may happen to it afterwards stands in
//! [`transition`], the only place that decides on legality.

pub mod command;
pub mod control;
pub mod diagram;
pub mod event;
pub mod figure;
pub mod next;
pub mod number;
pub mod paper;
pub mod queue;
pub mod rating;
pub mod recount;
pub mod stages;
pub mod status;
pub mod timeline;
pub mod transition;

pub mod recompute;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::access::Permit;
use crate::calendar::{self, Calendar};
use crate::deadline::{self, DeadlineError, Pause};
use crate::ids::{AccountId, DossierId, ProcedureVersionId};
use crate::person::{Applicant, Representative};
use crate::procedure::{Channel, Procedure};
use crate::unemployment::assessment::Assessment;
use crate::unemployment::benefit::kept::RegisterCheck;
use command::PaperIn;
use event::Event;
use number::DossierCode;
use status::{Clock, Outcome, Status};
use transition::{Refusal, Violation};

crate::codes! {
    /// Why the clock of a dossier waits.
    pub enum PauseReason {
        /// Chờ bổ sung giấy tờ.
        Supplement => "supplement", "Chờ bổ sung giấy tờ", "Waiting for a supplement",
        /// Chờ thực hiện nghĩa vụ tài chính.
        Payment => "payment", "Chờ thực hiện nghĩa vụ tài chính", "Waiting for a payment",
    }
}

/// A span of time in which the clock waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseSpan {
    /// Begin.
    pub from: DateTime<Utc>,
    /// End; none while it lasts.
    pub to: Option<DateTime<Utc>>,
    /// Why.
    pub reason: PauseReason,
}

/// Đề xuất của chuyên viên thụ lý: what the case officer puts before the approver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Who proposed, in the sense of [`Permit::identity`]; may not decide.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What is proposed.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<String>,
    /// What the law says, for procedures that law decides; the decision is bound to it.
    pub assessment: Option<Assessment>,
    /// What the register knows of earlier benefits of the same person, for a claim to one.
    #[serde(default)]
    pub register: Option<RegisterCheck>,
}

/// Quyết định.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who decided.
    pub by: String,
    /// Số quyết định.
    pub number: String,
    /// Day of the decision.
    pub on: NaiveDate,
    /// Why, where it departs from the assessment or the proposal.
    pub reason: Option<String>,
}

/// Gia hạn: a due date that was moved by letter of apology.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// When it was moved.
    pub at: DateTime<Utc>,
    /// The new due instant, before later pauses.
    pub until: DateTime<Utc>,
}

/// Hồ sơ thủ tục hành chính.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// Inside identity.
    pub id: DossierId,
    /// Mã hồ sơ.
    pub code: DossierCode,
    /// National code of the procedure.
    pub procedure: String,
    /// The version of the procedure it was received under and keeps.
    pub procedure_version: ProcedureVersionId,
    /// The unit that received it.
    pub unit: String,
    /// How it came in.
    pub channel: Channel,
    /// Chủ hồ sơ.
    pub applicant: Applicant,
    /// Who acts for the applicant.
    pub representative: Option<Representative>,
    /// The account that handed it in.
    pub submitted_by: Option<AccountId>,
    /// Where it stands in the national list.
    pub status: Status,
    /// The status a supplement or payment leads back to.
    pub resume_to: Option<Status>,
    /// Result, once decided.
    pub outcome: Option<Outcome>,
    /// Whether the time limit runs.
    pub clock: Clock,
    /// The stage it is at, from 1.
    pub stage: i32,
    /// Since when.
    pub stage_since: DateTime<Utc>,
    /// Hạn của bước: when the stage's own share of the limit is used up; none before acceptance, while
    /// paused, and where the stage has none.
    pub stage_due_at: Option<DateTime<Utc>>,
    /// Ngày nộp.
    pub submitted_at: DateTime<Utc>,
    /// Ngày tiếp nhận.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Ngày hẹn trả; none before acceptance, while paused, and where no limit is known.
    pub due_at: Option<DateTime<Utc>>,
    /// Since when this due date is in force: when the step or the publication that set it took place; none
    /// of those that were set before this was kept.
    pub due_since: Option<DateTime<Utc>>,
    /// Ngày kết thúc xử lý: when it was decided (status 9).
    pub completed_at: Option<DateTime<Utc>>,
    /// When it was declined, withdrawn or stopped.
    pub ended_at: Option<DateTime<Utc>>,
    /// Ngày trả kết quả.
    pub returned_at: Option<DateTime<Utc>>,
    /// When the clock waited and why.
    pub pauses: Vec<PauseSpan>,
    /// How often a supplement was asked for.
    pub supplement_requests: u32,
    /// Last day of the open supplement request.
    pub supplement_until: Option<NaiveDate>,
    /// How often the due date was moved.
    pub extensions: u32,
    /// The last move of the due date.
    pub extension: Option<Extension>,
    /// What is put before the approver.
    pub proposal: Option<Proposal>,
    /// The decision.
    pub decision: Option<Decision>,
    /// Version of the calendar the due date was reckoned with.
    pub calendar_version: Option<String>,
    /// Number of the last event; also the version that a writer must have seen.
    pub version: i64,
}

/// What is handed in to open a dossier.
#[derive(Debug, Clone)]
pub struct NewDossier {
    /// Inside identity, made by the caller.
    pub id: DossierId,
    /// The version of the procedure in force.
    pub procedure_version: ProcedureVersionId,
    /// The unit that receives it.
    pub unit: String,
    /// How it came in.
    pub channel: Channel,
    /// Chủ hồ sơ.
    pub applicant: Applicant,
    /// Who acts for the applicant.
    pub representative: Option<Representative>,
    /// What is handed in.
    pub papers: Vec<PaperIn>,
    /// A word of the officer or applicant.
    pub note: Option<String>,
}

/// All that is wrong with the papers handed in, against what the procedure asks for.
///
/// With `complete`, a required paper that is not named is a violation too.
pub fn check_papers(papers: &[PaperIn], procedure: &Procedure, complete: bool) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for (i, paper) in papers.iter().enumerate() {
        if procedure.paper(&paper.code).is_none() {
            wrong.push(Violation::new(
                format!("/papers/{i}/code"),
                "unknown_paper",
                "Thủ tục không có thành phần hồ sơ này.",
                "The procedure does not ask for such a paper.",
            ));
        }
        if papers.iter().take(i).any(|earlier| earlier.code == paper.code) {
            wrong.push(Violation::new(
                format!("/papers/{i}/code"),
                "duplicate_paper",
                "Thành phần hồ sơ này đã được nêu ở trên.",
                "This paper is named twice.",
            ));
        }
        wrong.extend(paper::one_way(paper, &format!("/papers/{i}")));
    }
    if complete {
        for wanted in procedure.papers.iter().filter(|p| p.required) {
            if !papers.iter().any(|p| p.code == wanted.code) {
                wrong.push(Violation::new(
                    "/papers".to_owned(),
                    "paper_missing",
                    &format!("Thiếu {} ({}).", wanted.name_vi, wanted.code),
                    &format!("The required paper {} is missing.", wanted.code),
                ));
            }
        }
    }
    wrong
}

/// Everything that is wrong with how a package comes in and what papers it holds. What is not known
/// yet of a package that is still being filled in is not judged, except that papers are missing.
pub fn check_package(channel: Option<Channel>, papers: &[PaperIn], procedure: &Procedure) -> Vec<Violation> {
    let mut wrong = check_papers(papers, procedure, true);
    if channel.is_some_and(|channel| !procedure.channels.contains(&channel)) {
        wrong.push(Violation::new(
            "/channel".to_owned(),
            "channel_not_offered",
            "Thủ tục không nhận hồ sơ qua kênh này.",
            "The procedure does not take dossiers through this channel.",
        ));
    }
    wrong
}

/// Opens a dossier: registered, clock not started. The code is given by the caller once all else
/// is settled, so that a refusal uses up no number.
///
/// # Errors
/// [`Refusal::Invalid`] with every violation at once.
pub fn open(
    permit: &Permit,
    new: NewDossier,
    procedure: &Procedure,
    now: DateTime<Utc>,
    code: impl FnOnce() -> Result<DossierCode, Refusal>,
) -> Result<(Dossier, Event), Refusal> {
    let wrong = check_package(Some(new.channel), &new.papers, procedure);
    if !wrong.is_empty() {
        return Err(Refusal::Invalid(wrong));
    }
    let first_stage = procedure.stages.iter().map(|s| s.order).min().unwrap_or(1);
    let dossier = Dossier {
        id: new.id,
        code: code()?,
        procedure: procedure.code.clone(),
        procedure_version: new.procedure_version,
        unit: new.unit,
        channel: new.channel,
        applicant: new.applicant,
        representative: new.representative,
        submitted_by: Some(permit.actor().account),
        status: Status::Registered,
        resume_to: None,
        outcome: None,
        clock: Clock::NotStarted,
        stage: first_stage,
        stage_since: now,
        stage_due_at: None,
        submitted_at: now,
        accepted_at: None,
        due_at: None,
        due_since: None,
        completed_at: None,
        ended_at: None,
        returned_at: None,
        pauses: Vec::new(),
        supplement_requests: 0,
        supplement_until: None,
        extensions: 0,
        extension: None,
        proposal: None,
        decision: None,
        calendar_version: None,
        version: 1,
    };
    let mut event = Event::of(permit, &dossier, None, now);
    event.note = new.note;
    event.detail.papers = new.papers.into_iter().map(|p| p.code).collect();
    Ok((dossier, event))
}

/// The due instant of a dossier by acceptance, pauses, the last move by letter of apology, and the
/// limit of its procedure; none while it is paused and where no limit is known. A moved due day that
/// a later calendar makes a day off ends on the next working day (Civil Code 2015 art. 148).
///
/// # Errors
/// [`DeadlineError`] when the limit cannot be reckoned with.
pub fn due_at(
    accepted_at: DateTime<Utc>,
    pauses: &[PauseSpan],
    extension: Option<&Extension>,
    procedure: &Procedure,
    calendar: &Calendar,
) -> Result<Option<DateTime<Utc>>, DeadlineError> {
    let pauses = |since: Option<DateTime<Utc>>| -> Vec<Pause> {
        pauses
            .iter()
            .filter(|p| since.is_none_or(|since| p.from >= since))
            // Asked for and brought in the same instant: nothing to take out.
            .filter(|p| p.to.is_none_or(|to| to > p.from))
            .map(|p| Pause { from: p.from, to: p.to })
            .collect()
    };
    match (extension, &procedure.limit) {
        (Some(moved), _) => {
            let day = calendar.roll_forward(calendar::day_of(moved.until));
            let until = day.and_then(|day| calendar.close_of(day)).ok_or(DeadlineError::OutOfRange)?;
            deadline::push_back(until, &pauses(Some(moved.at)), calendar)
        }
        (None, Some(limit)) => Ok(deadline::compute(accepted_at, limit, &pauses(None), calendar)?.due_at),
        (None, None) => Ok(None),
    }
}

impl Dossier {
    /// Everybody the dossier is about.
    pub fn persons(&self) -> Vec<&str> {
        let mut persons = vec![self.applicant.personal_id.as_str()];
        persons.extend(self.representative.as_ref().map(|r| r.personal_id.as_str()));
        persons
    }

    /// Reckons the due instant anew from acceptance, limit, pauses and extension; where it moves, the
    /// new one is in force from `now` on and not before.
    ///
    /// # Errors
    /// [`Refusal::Deadline`] when the limit cannot be reckoned with.
    pub fn reckon_due(
        &mut self,
        procedure: &Procedure,
        calendar: &Calendar,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let Some(accepted_at) = self.accepted_at else { return Ok(()) };
        let due = due_at(accepted_at, &self.pauses, self.extension.as_ref(), procedure, calendar)?;
        if due != self.due_at {
            (self.due_at, self.due_since) = (due, Some(now));
        }
        self.calendar_version = Some(calendar.version.clone());
        Ok(())
    }

    /// Reckons the due instant of the stage anew, from when the dossier came there, the stage's share of
    /// the limit and the pauses.
    ///
    /// # Errors
    /// [`Refusal::Deadline`] when the share cannot be reckoned with.
    pub fn reckon_stage_due(&mut self, procedure: &Procedure, calendar: &Calendar) -> Result<(), Refusal> {
        let limit = procedure.stage(self.stage).and_then(|stage| stage.limit);
        let limit = limit.filter(|_| self.accepted_at.is_some());
        self.stage_due_at = stages::due_at(self.stage_since, limit.as_ref(), &self.pauses, calendar)?;
        Ok(())
    }

    /// Whether it was, or still is, late at an instant. A dossier without a due date is never
    /// late; what counts is the decision, not the hand-over (KPI reference: finish is status 9).
    pub fn is_late(&self, at: DateTime<Utc>) -> bool {
        self.due_at.is_some_and(|due| self.completed_at.or(self.ended_at).unwrap_or(at) > due)
    }
}
