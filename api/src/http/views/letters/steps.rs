//! What the steps of a letter carry, its printed form, and the letters that wait to be issued.

use chrono::NaiveDate;
use domain::access::Action;
use domain::letter::{LetterState, printed_number};
use persistence::dossiers::Stored;
use persistence::letters::{Letter, Waiting};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::LetterSummary;
use crate::app::Cx;
use crate::app::error::Error;
use crate::app::letters::{Edit, Issue, Step};
use crate::http::problem::Problem;
use crate::http::views::dossiers::{ApplicantView, Faults};
use crate::http::views::{At, codes};

/// What a step of a letter carries.
pub trait LetterBody: DeserializeOwned + Validate {
    /// The action that must be permitted.
    const ACTION: Action;

    /// What is asked in the application's terms.
    ///
    /// # Errors
    /// 422 for texts that hold what no text may.
    fn asked(self) -> Result<Step, Problem>;
}

fn told<T>(faults: Faults, asked: Option<T>) -> Result<T, Problem> {
    match asked {
        Some(asked) if faults.0.is_empty() => Ok(asked),
        _ => Err(Error::Invalid(faults.0).into()),
    }
}

/// What is changed of a draft: the whole text, or what the template puts into it
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditLetterBody {
    /// The whole text; `[số]`, `[ngày]` and `[người ký]` in it are filled in when the letter is issued.
    /// Not together with the others
    #[serde(default)]
    #[validate(length(min = 1, max = 20000))]
    #[schema(min_length = 1, max_length = 20000)]
    pub text: Option<String>,
    /// Why the result is late, in words for the applicant; the text is made anew by the template
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(
        min_length = 1,
        max_length = 2000,
        example = "Chờ kết quả xác minh của cơ quan bảo hiểm xã hội"
    )]
    pub reason: Option<String>,
    /// The day that is promised now, for an overdue dossier; the text is made anew by the template. The
    /// due date of the dossier stays: only `extend` moves it
    #[serde(default)]
    pub new_due_on: Option<NaiveDate>,
}

impl LetterBody for EditLetterBody {
    const ACTION: Action = Action::EditLetter;

    fn asked(self) -> Result<Step, Problem> {
        let mut faults = Faults::default();
        let words = self.reason.is_some() || self.new_due_on.is_some();
        if self.text.is_some() == words {
            return Err(Error::invalid(
                "",
                "text_or_words",
                "Gửi toàn văn (text), hoặc lý do và ngày hẹn (reason, new_due_on), không cả hai.",
                "Send the whole text, or reason and day, not both and not neither.",
            )
            .into());
        }
        let text = faults.line("/text", self.text, 20_000);
        let reason = faults.line("/reason", self.reason, 2_000);
        let edit = match text {
            Some(text) => Edit::Text(text),
            None => Edit::Words { reason, new_due_on: self.new_due_on },
        };
        told(faults, Some(Step::Edit(edit)))
    }
}

/// Nothing: that it was looked through is all there is to say
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewLetterBody {}

impl LetterBody for ReviewLetterBody {
    const ACTION: Action = Action::ReviewLetter;

    fn asked(self) -> Result<Step, Problem> {
        Ok(Step::Review)
    }
}

/// What makes a letter an issued one
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueLetterBody {
    /// Number, where the office keeps its own; the next of the unit and year without it
    #[serde(default)]
    #[validate(range(min = 1, max = 1000000))]
    #[schema(minimum = 1, maximum = 1000000)]
    pub number: Option<i64>,
    /// The day it bears; today without it
    #[serde(default)]
    pub issued_on: Option<NaiveDate>,
    /// Name of who signed it
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "Lê Văn Hòa")]
    pub signer: String,
    /// Their office
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "Phó Giám đốc")]
    pub signer_title: Option<String>,
}

impl LetterBody for IssueLetterBody {
    const ACTION: Action = Action::IssueLetter;

    fn asked(self) -> Result<Step, Problem> {
        let mut faults = Faults::default();
        let signer = faults.line("/signer", Some(self.signer), 200);
        let signer_title = faults.line("/signer_title", self.signer_title, 200);
        let (number, on) = (self.number, self.issued_on);
        told(faults, signer.map(|signer| Step::Issue(Issue { number, on, signer, signer_title })))
    }
}

/// Why a letter is not sent
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscardLetterBody {
    /// Why
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000, example = "Kết quả đã được trả trong ngày")]
    pub reason: String,
}

impl LetterBody for DiscardLetterBody {
    const ACTION: Action = Action::DiscardLetter;

    fn asked(self) -> Result<Step, Problem> {
        let mut faults = Faults::default();
        let reason = faults.line("/reason", Some(self.reason), 2_000);
        told(faults, reason.map(Step::Discard))
    }
}

/// Phiếu xin lỗi và hẹn lại ngày trả kết quả (form 04), field by field, to be printed
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterFormView {
    /// Agency above
    pub parent_name: Option<String>,
    /// Unit that sends it
    #[schema(example = "H08.15")]
    pub unit: String,
    /// Its Vietnamese name
    pub unit_name: String,
    /// How far it is
    #[schema(schema_with = codes::<LetterState>)]
    pub state: LetterState,
    /// Its number, once issued
    #[schema(example = "12/PXL")]
    pub number: Option<String>,
    /// The day it bears
    pub issued_on: Option<NaiveDate>,
    /// To whom
    pub applicant: ApplicantView,
    /// Dossier code
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// National code of the procedure
    #[schema(example = "1.001978")]
    pub procedure: String,
    /// Its Vietnamese name
    pub procedure_name: String,
    /// Accepted
    pub accepted_at: Option<At>,
    /// The due date that passed or was moved
    pub due_at: At,
    /// Why the result is late
    pub reason: Option<String>,
    /// The new due date, where one is promised
    pub new_due_at: Option<At>,
    /// Name of who signed it
    pub signer: Option<String>,
    /// Their office
    pub signer_title: Option<String>,
    /// The whole text
    pub text: String,
}

impl LetterFormView {
    /// The form as the caller may see it.
    ///
    /// # Errors
    /// Where the version of the procedure that the dossier keeps is not known.
    pub fn of(cx: &Cx, stored: &Stored, letter: &Letter) -> Result<Self, Error> {
        let (d, issued) = (&stored.dossier, letter.issued.as_ref());
        let units = &cx.reference.units;
        let unit = units.get(&d.unit);
        let parent = unit.and_then(|u| u.parent.as_deref()).and_then(|p| units.get(p));
        let procedure = &cx.reference.version(d.procedure_version)?.procedure;
        Ok(Self {
            parent_name: parent.map(|u| u.name_vi.clone()),
            unit: d.unit.clone(),
            unit_name: unit.map(|u| u.name_vi.clone()).unwrap_or_default(),
            state: letter.state,
            number: issued.map(|i| printed_number(i.number)),
            issued_on: issued.map(|i| i.on),
            applicant: ApplicantView::of(&d.applicant, cx.actor.sees_persons()),
            code: d.code.as_str().to_owned(),
            procedure: d.procedure.clone(),
            procedure_name: procedure.name_vi.clone(),
            accepted_at: d.accepted_at.map(At),
            due_at: At(letter.due_at),
            reason: letter.reason.clone(),
            new_due_at: letter.new_due_at.map(At),
            signer: issued.map(|i| i.signer.clone()),
            signer_title: issued.and_then(|i| i.signer_title.clone()),
            text: letter.body.clone(),
        })
    }
}

/// Which letters
#[derive(Debug, Clone, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WaitingLettersQuery {
    /// Only those of this unit and what belongs to it
    #[param(example = "H08.15")]
    pub unit: Option<String>,
    /// Only `draft` ones, which wait to be looked through, or `reviewed` ones, which wait for the
    /// signature
    #[param(schema_with = codes::<LetterState>)]
    pub state: Option<LetterState>,
    /// Page size, 1 to 200; 50 without it
    #[param(minimum = 1, maximum = 200)]
    #[serde(skip_serializing)]
    pub limit: Option<u32>,
    /// Place to go on from
    #[serde(skip_serializing)]
    pub cursor: Option<String>,
}

/// A letter that waits to be issued
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingLetterView {
    /// Dossier code
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// Unit
    #[schema(example = "H08.15")]
    pub unit: String,
    /// The letter
    #[serde(flatten)]
    pub letter: LetterSummary,
}

impl WaitingLetterView {
    /// A letter in the queue.
    pub fn of(w: &Waiting) -> Self {
        Self { code: w.code.clone(), unit: w.unit.clone(), letter: LetterSummary::of(&w.letter) }
    }
}
