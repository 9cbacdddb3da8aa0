//! Imports.

use persistence::imports::{Disagreement, Import, ImportState, RowError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{At, codes};
use crate::app::imports::Kind;

/// How an import is to be done
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// What is imported
    #[param(schema_with = codes::<Kind>)]
    pub kind: Kind,
    /// Full checks, nothing written
    #[serde(default)]
    pub dry_run: bool,
}

/// An import and how far it is
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// Identity
    pub id: String,
    /// What is imported
    #[schema(schema_with = codes::<Kind>)]
    pub kind: String,
    /// How far it is
    #[schema(schema_with = codes::<ImportState>)]
    pub state: ImportState,
    /// Whether nothing is written
    pub dry_run: bool,
    /// Rows in the file
    pub rows_total: i64,
    /// Rows looked at, good and bad
    pub rows_done: i64,
    /// Rows that were refused
    pub rows_failed: i64,
    /// Rows that were there already
    pub rows_unchanged: i64,
    /// Rows on which the portal decided otherwise than the law
    pub disagreements: i64,
    /// When it was asked for
    pub created_at: At,
    /// When it ended
    pub finished_at: Option<At>,
    /// Why nothing could be read
    pub failure: Option<String>,
}

impl ImportView {
    /// An import as it is shown.
    pub fn of(import: &Import) -> Self {
        Self {
            id: import.id.to_string(),
            kind: import.kind.clone(),
            state: import.state,
            dry_run: import.options.get("dry_run").and_then(serde_json::Value::as_bool).unwrap_or(false),
            rows_total: import.rows_total,
            rows_done: import.rows_done,
            rows_failed: import.rows_failed,
            rows_unchanged: import.rows_unchanged,
            disagreements: import.disagreements,
            created_at: At(import.created_at),
            finished_at: import.finished_at.map(At),
            failure: import.failure.clone(),
        }
    }
}

/// A page
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Page size, 1 to 200
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// Place to go on from
    pub cursor: Option<String>,
}

/// What was wrong with a row
#[derive(Debug, Serialize, ToSchema)]
pub struct RowErrorView {
    /// Line of the file, from 1
    pub line: i64,
    /// The field, as a JSON pointer into the line
    #[schema(example = "/NgayNopHoSo")]
    pub column: String,
    /// Stable code
    #[schema(example = "invalid_instant")]
    pub code: String,
    /// In Vietnamese
    pub message_vi: String,
    /// In English
    pub message_en: String,
}

impl RowErrorView {
    /// An error as it is shown.
    pub fn of(error: RowError) -> Self {
        Self {
            line: error.line,
            column: error.column,
            code: error.code,
            message_vi: error.message_vi,
            message_en: error.message_en,
        }
    }
}

/// A dossier on which the portal decided otherwise than the law
#[derive(Debug, Serialize, ToSchema)]
pub struct DisagreementView {
    /// Dossier code
    pub code: String,
    /// What the portal says
    #[schema(example = "rejected")]
    pub portal_outcome: String,
    /// What the rules say
    #[schema(example = "approved")]
    pub outcome: String,
    /// Conditions that fail
    pub failed_conditions: Vec<String>,
}

impl DisagreementView {
    /// A disagreement as it is shown.
    pub fn of(found: Disagreement) -> Self {
        Self {
            code: found.code,
            portal_outcome: found.portal_outcome,
            outcome: found.outcome,
            failed_conditions: found.failed_conditions,
        }
    }
}
