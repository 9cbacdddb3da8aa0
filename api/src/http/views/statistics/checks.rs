//! Self-checks as they are shown.

use chrono::NaiveDate;
use persistence::figures::checks::{Check, CheckState, Finding};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::views::{At, codes};

/// A number that is not what the events come to
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// Unit that received
    pub unit: String,
    /// Day, or period
    #[schema(example = "2023-11")]
    pub period: String,
    /// Procedure; null for a sum of all
    pub procedure: Option<String>,
    /// Channel; null for a sum of all
    pub channel: Option<String>,
    /// Figure
    #[schema(example = "received")]
    pub figure: String,
    /// Reason or officer's unit, where the figure is counted by it
    pub part: Option<String>,
    /// What is kept
    pub rolled_up: i64,
    /// What the events come to
    pub recounted: i64,
}

impl FindingView {
    fn of(f: Finding) -> Self {
        Self {
            unit: f.unit,
            period: f.period,
            procedure: f.procedure,
            channel: f.channel,
            figure: f.figure,
            part: f.part,
            rolled_up: f.rolled_up,
            recounted: f.recounted,
        }
    }
}

/// A self-check of the figures
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckView {
    /// Identity
    pub id: String,
    /// The night it belongs to; null when it was asked for
    pub night: Option<NaiveDate>,
    /// How far it is
    #[schema(schema_with = codes::<CheckState>)]
    pub state: CheckState,
    /// Begun
    pub started_at: At,
    /// Ended
    pub finished_at: Option<At>,
    /// First day compared
    pub first_day: NaiveDate,
    /// Last day compared
    pub last_day: NaiveDate,
    /// Dossiers counted anew
    pub dossiers: i64,
    /// Numbers compared
    pub comparisons: i64,
    /// Numbers that differ, of all units
    pub faults: i64,
    /// The first 200 of them, as far as they are of units within reach
    pub findings: Vec<FindingView>,
    /// Why it could not be carried out
    pub failure: Option<String>,
}

impl CheckView {
    /// A check as it is shown.
    pub fn of(c: Check) -> Self {
        Self {
            id: c.id.to_string(),
            night: c.day,
            state: c.state,
            started_at: At(c.started_at),
            finished_at: c.finished_at.map(At),
            first_day: c.first_day,
            last_day: c.last_day,
            dossiers: c.dossiers,
            comparisons: c.comparisons,
            faults: c.faults,
            findings: c.findings.into_iter().map(FindingView::of).collect(),
            // The database's own words are for the operator, who has them in the log.
            failure: c.failure.map(|_| "see the log of the service".to_owned()),
        }
    }
}
