//! One action on many dossiers: what is sent and how each went.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr};
use validator::Validate;

use crate::http::language::Text;
use crate::http::problem::{FieldProblem, Problem, ProblemBody};

/// A dossier, with what is asked of it
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchItemBody {
    /// Dossier code
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "H08.15-231115-0001")]
    pub code: String,
    /// Version last read, as in `If-Match`
    #[schema(example = 1)]
    pub version: i64,
    /// What the action alone would have as its body; `{}` without it
    #[serde(default = "nothing")]
    #[schema(value_type = Object)]
    pub body: Value,
}

fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

/// Many dossiers
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchBody {
    /// All of them or none; `false` lets each go in or be refused by itself
    pub atomic: bool,
    /// Dossiers, none twice
    #[validate(length(min = 1, max = 1000), nested)]
    #[schema(min_items = 1, max_items = 1000)]
    pub items: Vec<BatchItemBody>,
}

impl BatchBody {
    /// Refuses a dossier that is named twice.
    ///
    /// # Errors
    /// 422 with every repetition.
    pub fn distinct(self) -> Result<Self, Problem> {
        let mut seen = HashSet::new();
        let again: Vec<FieldProblem> = self
            .items
            .iter()
            .enumerate()
            .filter(|(_, item)| !seen.insert(item.code.as_str()))
            .map(|(place, _)| {
                let text =
                    Text::new("Hồ sơ này đã có trong lô.", "This dossier stands in the batch already.");
                FieldProblem::new(format!("/items/{place}/code"), "duplicate", text)
            })
            .collect();
        if again.is_empty() { Ok(self) } else { Err(Problem::validation(again)) }
    }
}

/// The schema of a problem; its component is made with the document.
fn problem() -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name("Problem"))
}

/// How it went with a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchItemView {
    /// Dossier code, as it was sent
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// What the action alone would have answered; 409 `batch_not_applied` where only others of an
    /// atomic batch were refused
    #[schema(minimum = 200, maximum = 499, example = 200)]
    pub status: u16,
    /// Version after it, when it was done
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub version: Option<i64>,
    /// Why it was not done; pointers lead into `body` of the item
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = problem, required = false)]
    pub problem: Option<ProblemBody>,
}

/// How it went with each dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchView {
    /// As it was sent
    pub atomic: bool,
    /// How many were done; all or none of an atomic batch
    pub done: usize,
    /// How many were not
    pub failed: usize,
    /// Dossiers, in the order sent
    pub items: Vec<BatchItemView>,
}
