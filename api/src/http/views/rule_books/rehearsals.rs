//! A rehearsal as it is shown.

use persistence::rehearsals::{Rehearsal, RehearsalState};
use serde::Serialize;
use utoipa::ToSchema;

use super::impact::DueDateCountsView;
use crate::http::views::{At, codes};

/// A job that counts which due dates of open dossiers a publication would move
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleBookRehearsalView {
    /// Identity
    pub id: String,
    /// What is rehearsed: identity of a draft, or name of a version
    #[schema(example = "rules-9f86d08188")]
    pub rule_book: String,
    /// The version in force that it is held against
    pub in_force: String,
    /// How far it is; `superseded` when the draft was changed or another version came into force meanwhile
    #[schema(schema_with = codes::<RehearsalState>)]
    pub state: RehearsalState,
    /// Who asked for it: a user name
    pub created_by: String,
    /// When it was asked for
    pub created_at: At,
    /// When it ended
    pub finished_at: Option<At>,
    /// Open dossiers when it was asked for
    pub dossiers_total: i64,
    /// What was found so far; of all open dossiers once it is `completed`
    pub due_dates: DueDateCountsView,
}

impl RuleBookRehearsalView {
    /// A job as it is shown.
    pub fn of(job: &Rehearsal) -> Self {
        Self {
            id: job.id.to_string(),
            rule_book: job.rule_book.clone(),
            in_force: job.in_force.clone(),
            state: job.state,
            created_by: job.created_by_name.clone(),
            created_at: At(job.created_at),
            finished_at: job.finished_at.map(At),
            dossiers_total: job.total,
            due_dates: DueDateCountsView::of(&job.counts),
        }
    }
}
