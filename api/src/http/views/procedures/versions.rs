//! Drafting, checking, publishing and ending versions.

use chrono::NaiveDate;
use domain::dossier::transition::Violation;
use domain::procedure::check::Findings;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::content::ProcedureContent;
use super::{ProcedureView, Seen};
use crate::app::procedures::publication::Publication;
use crate::http::language::Language;
use crate::http::problem::FieldProblemBody;

/// What a further draft begins with
///
/// Nothing: a copy of the version in force.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVersionBody {
    /// A copy of this version
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub copy_of: Option<Uuid>,
    /// Content of its own, in place of a copy
    #[serde(default)]
    #[validate(nested)]
    pub content: Option<ProcedureContent>,
    /// First day in force; today without it
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
}

/// When a version is to be in force
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishBody {
    /// First day; that of the draft without it
    #[serde(default)]
    #[schema(example = "2023-12-01")]
    pub valid_from: Option<NaiveDate>,
    /// Last day; that of the draft without it
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
}

/// When a version ends
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndVersionBody {
    /// Last day in force; yesterday at the earliest
    #[schema(example = "2023-12-31")]
    pub valid_to: NaiveDate,
    /// Why, such as the decision that abolishes it
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: Option<String>,
}

/// What would stand in the way of publishing
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingsView {
    /// Whether nothing does
    pub publishable: bool,
    /// Everything that does, each with its pointer into the version
    pub errors: Vec<FieldProblemBody>,
    /// What should be looked at
    pub warnings: Vec<FieldProblemBody>,
}

impl FindingsView {
    /// Findings in a language.
    pub fn of(found: Findings, language: Language) -> Self {
        let told = |all: Vec<Violation>| {
            let one = |v: Violation| FieldProblemBody {
                pointer: v.pointer,
                code: v.code.to_owned(),
                message: match language {
                    Language::Vi => v.message_vi,
                    Language::En => v.message_en,
                },
            };
            all.into_iter().map(one).collect()
        };
        Self {
            publishable: found.errors.is_empty(),
            errors: told(found.errors),
            warnings: told(found.warnings),
        }
    }
}

/// A version that ends because another begins
#[derive(Debug, Serialize, ToSchema)]
pub struct EndedView {
    /// Identity of the version
    pub version: String,
    /// Its last day
    pub valid_to: NaiveDate,
}

/// A version that was published
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicationView {
    /// The version
    #[serde(flatten)]
    pub procedure: ProcedureView,
    /// The version before it; null where there is none
    pub ended: Option<EndedView>,
}

impl PublicationView {
    /// What publishing did.
    pub fn of(done: &Publication, today: NaiveDate) -> Self {
        Self {
            procedure: ProcedureView::of(Seen::shown(&done.shown), today),
            ended: done.ended.map(|(version, valid_to)| EndedView { version: version.to_string(), valid_to }),
        }
    }
}
