//! Letters of apology, their steps, and their templates.

mod steps;

use chrono::NaiveDate;
use domain::access::Role;
use domain::code::Code;
use domain::letter::{LetterState, Occasion, printed_number};
use persistence::letters::{Letter, Template};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

pub use self::steps::*;
use super::dossiers::Faults;
use super::{At, codes};
use crate::app::error::Error;
use crate::app::letters::{NewTemplate, SHIPPED_SOURCE, shipped};
use crate::http::problem::Problem;

/// A letter of apology, without its text
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterSummary {
    /// Identity
    pub id: Uuid,
    /// Why it was drafted
    #[schema(schema_with = codes::<Occasion>)]
    pub occasion: Occasion,
    /// Vietnamese label
    pub occasion_label: &'static str,
    /// How far it is
    #[schema(schema_with = codes::<LetterState>)]
    pub state: LetterState,
    /// Vietnamese label
    pub state_label: &'static str,
    /// The due date that passed or was moved
    pub due_at: At,
    /// The new one, where it is known
    pub new_due_at: Option<At>,
    /// Role that must act on it
    #[schema(schema_with = codes::<Role>)]
    pub acts_role: Role,
    /// Account that must act on it, where the dossier has a primary
    pub acts_account: Option<Uuid>,
    /// Their user name
    pub acts_user: Option<String>,
    /// Template it was made from: its identity, or `shipped`
    #[schema(example = "shipped")]
    pub template: String,
    /// User name of who drafted it; `timer` where nobody did
    #[schema(example = "timer")]
    pub drafted_by: String,
    /// When
    pub drafted_at: At,
    /// Why the result is late, in words for the applicant
    pub reason: Option<String>,
    /// User name of who changed the draft last
    pub edited_by: Option<String>,
    /// When
    pub edited_at: Option<At>,
    /// User name of who looked it through since
    pub reviewed_by: Option<String>,
    /// When
    pub reviewed_at: Option<At>,
    /// Its number, as it is printed; unique within the unit and year
    #[schema(example = "12/PXL")]
    pub number: Option<String>,
    /// The day it bears
    pub issued_on: Option<NaiveDate>,
    /// Name of who signed it
    pub signer: Option<String>,
    /// Their office
    pub signer_title: Option<String>,
    /// User name of who issued it
    pub issued_by: Option<String>,
    /// When
    pub issued_at: Option<At>,
    /// User name of who discarded it
    pub discarded_by: Option<String>,
    /// When
    pub discarded_at: Option<At>,
    /// Why it was not sent
    pub discard_reason: Option<String>,
    /// Counts its changes; the `ETag` to be sent back as `If-Match`
    #[schema(example = 1)]
    pub version: i64,
}

/// A letter of apology
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterView {
    /// What lists show
    #[serde(flatten)]
    pub summary: LetterSummary,
    /// The text
    pub text: String,
}

/// Letters of a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct LettersView {
    /// Oldest first
    pub items: Vec<LetterSummary>,
}

impl LetterView {
    /// A letter with its text.
    pub fn of(l: &Letter) -> Self {
        Self { summary: LetterSummary::of(l), text: l.body.clone() }
    }
}

impl LetterSummary {
    /// A letter in a list.
    pub fn of(l: &Letter) -> Self {
        let (account, user) = l.acts.officer.clone().unzip();
        let (issued, discarded) = (l.issued.as_ref(), l.discarded.as_ref());
        Self {
            id: l.id,
            occasion: l.occasion,
            occasion_label: l.occasion.label_vi(),
            state: l.state,
            state_label: l.state.label_vi(),
            due_at: At(l.due_at),
            new_due_at: l.new_due_at.map(At),
            acts_role: l.acts.role,
            acts_account: account.map(|a| a.0),
            acts_user: user,
            template: l.template.clone(),
            drafted_by: l.drafted_by.clone(),
            drafted_at: At(l.drafted_at),
            reason: l.reason.clone(),
            edited_by: l.edited.as_ref().map(|d| d.by.clone()),
            edited_at: l.edited.as_ref().map(|d| At(d.at)),
            reviewed_by: l.reviewed.as_ref().map(|d| d.by.clone()),
            reviewed_at: l.reviewed.as_ref().map(|d| At(d.at)),
            number: issued.map(|i| printed_number(i.number)),
            issued_on: issued.map(|i| i.on),
            signer: issued.map(|i| i.signer.clone()),
            signer_title: issued.and_then(|i| i.signer_title.clone()),
            issued_by: issued.map(|i| i.done.by.clone()),
            issued_at: issued.map(|i| At(i.done.at)),
            discarded_by: discarded.map(|(d, _)| d.by.clone()),
            discarded_at: discarded.map(|(d, _)| At(d.at)),
            discard_reason: discarded.map(|(_, reason)| reason.clone()),
            version: l.version,
        }
    }
}

domain::codes! {
    /// How a letter is written.
    pub enum LetterFormat {
        /// JSON.
        Json => "json", "JSON", "JSON",
        /// The text alone.
        Text => "text", "Văn bản", "Text",
    }
}

/// How to write it
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LetterQuery {
    /// `json`, or `text` for the text alone as `text/plain`; JSON without it
    #[param(schema_with = codes::<LetterFormat>)]
    pub format: Option<LetterFormat>,
}

/// A text that letters are made from
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LetterTemplateBody {
    /// For which occasion
    #[schema(schema_with = codes::<Occasion>)]
    pub occasion: Occasion,
    /// First day; today without it
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// The text, in MiniJinja; the words it may use stand in the shipped ones
    #[validate(length(min = 1, max = 20000))]
    #[schema(min_length = 1, max_length = 20000, example = "Kính gửi: {{ applicant_name }} …")]
    pub body: String,
    /// Where it comes from: the document that orders it
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500, example = "Công văn 12/SLĐTBXH-VP")]
    pub source: String,
}

impl LetterTemplateBody {
    /// What is asked in the application's terms.
    ///
    /// # Errors
    /// 422 for texts that hold what no text may.
    pub fn asked(self) -> Result<NewTemplate, Problem> {
        let mut faults = Faults::default();
        let body = faults.line("/body", Some(self.body), 20_000);
        let source = faults.line("/source", Some(self.source), 500);
        match (body, source) {
            (Some(body), Some(source)) if faults.0.is_empty() => {
                Ok(NewTemplate { occasion: self.occasion, valid_from: self.valid_from, body, source })
            }
            _ => Err(Error::Invalid(faults.0).into()),
        }
    }
}

/// A text that letters are made from
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterTemplateView {
    /// Identity; null of the shipped ones
    pub id: Option<Uuid>,
    /// For which occasion
    #[schema(schema_with = codes::<Occasion>)]
    pub occasion: Occasion,
    /// First day; null of the shipped ones, which hold where there is no other
    pub valid_from: Option<NaiveDate>,
    /// The text
    pub body: String,
    /// Where it comes from
    pub source: String,
    /// User name of who put it in force
    pub created_by: Option<String>,
    /// When
    pub created_at: Option<At>,
}

impl LetterTemplateView {
    /// A template that was put in force.
    pub fn of(t: &Template) -> Self {
        Self {
            id: Some(t.id),
            occasion: t.occasion,
            valid_from: Some(t.valid_from),
            body: t.body.clone(),
            source: t.source.clone(),
            created_by: Some(t.created_by.1.clone()),
            created_at: Some(At(t.created_at)),
        }
    }

    /// The shipped template of an occasion.
    pub fn shipped(occasion: Occasion) -> Self {
        Self {
            id: None,
            occasion,
            valid_from: None,
            body: shipped(occasion).to_owned(),
            source: SHIPPED_SOURCE.to_owned(),
            created_by: None,
            created_at: None,
        }
    }
}

/// Texts that letters are made from
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterTemplatesView {
    /// By occasion, newest first; the shipped ones last
    pub items: Vec<LetterTemplateView>,
}
