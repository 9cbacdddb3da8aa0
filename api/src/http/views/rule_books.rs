//! Rule books: their tables as they are sent and shown, findings, differences, publications.

mod edits;
mod impact;
mod rehearsals;
mod tables;

pub use edits::RuleBookBody;
pub use impact::{DueDateChangeView, DueDatesView, ReasonView, WhatIfBody, WhatIfView};
pub use rehearsals::RuleBookRehearsalView;
pub use tables::TablesView;

use chrono::NaiveDate;
use domain::code::Code;
use domain::rulebook::Basis;
use domain::rulebook::check::Finding;
use domain::rulebook::rows::{Change, Difference, Row, Table, Value, ValueUnit};
use persistence::recomputations::{Recomputation, RecomputationState};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::{IntoParams, ToSchema};

use super::{At, codes};
use crate::app::rule_books::{Entry, Found};
use crate::http::format::Format;

domain::codes! {
    /// Whether a rule book is being written or was published.
    pub enum RuleBookState {
        /// Dự thảo.
        Draft => "draft", "Dự thảo", "Draft",
        /// Đã công bố.
        Published => "published", "Đã công bố", "Published",
    }
}

/// Filters and place in the list of rule books
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RuleBooksQuery {
    /// Only drafts, or only what was published
    #[param(schema_with = codes::<RuleBookState>)]
    pub state: Option<RuleBookState>,
    /// Page size, 1 to 200
    #[param(minimum = 1, maximum = 200)]
    #[serde(skip_serializing)]
    pub limit: Option<u32>,
    /// Place to go on from
    #[serde(skip_serializing)]
    pub cursor: Option<String>,
}

/// A draft or a published version of the rule book
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleBookSummary {
    /// Identity: a draft's own, or the name of a version, as decisions record it
    #[schema(example = "rules-9f86d08188")]
    pub id: String,
    /// Whether it is a draft
    #[schema(schema_with = codes::<RuleBookState>)]
    pub state: RuleBookState,
    /// Whether it is the version in force
    pub in_force: bool,
    /// Version that a draft was made from
    pub base: Option<String>,
    /// Name of the calendar of a version, as dossiers record it
    #[schema(example = "calendar-2c26b46b68")]
    pub calendar_version: Option<String>,
    /// Why it is made
    pub note: Option<String>,
    /// When a draft was made
    pub created_at: Option<At>,
    /// By whom: a user name
    pub created_by: Option<String>,
    /// When a draft was last changed
    pub changed_at: Option<At>,
    /// By whom: a user name
    pub changed_by: Option<String>,
    /// When a version was first published
    pub published_at: Option<At>,
    /// By whom: a user name; null when it came with reference data from the command line
    pub published_by: Option<String>,
}

impl RuleBookSummary {
    /// A draft or a version as it is shown.
    pub fn of(entry: &Entry) -> Self {
        match entry {
            Entry::Draft(d) => Self {
                id: d.id.to_string(),
                state: RuleBookState::Draft,
                in_force: false,
                base: Some(d.base.clone()),
                calendar_version: None,
                note: d.note.clone(),
                created_at: Some(At(d.created_at)),
                created_by: Some(d.created_by.clone()),
                changed_at: Some(At(d.changed_at)),
                changed_by: Some(d.changed_by.clone()),
                published_at: None,
                published_by: None,
            },
            Entry::Version(v) => Self {
                id: v.name.clone(),
                state: RuleBookState::Published,
                in_force: v.in_force,
                base: None,
                calendar_version: v.calendar.clone(),
                note: v.note.clone(),
                created_at: None,
                created_by: None,
                changed_at: None,
                changed_by: None,
                published_at: Some(At(v.published_at)),
                published_by: v.published_by.clone(),
            },
        }
    }
}

/// A draft or a version with its tables
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleBookView {
    /// What it is
    #[serde(flatten)]
    pub summary: RuleBookSummary,
    /// Its tables, in the order of their keys
    pub tables: TablesView,
}

impl RuleBookView {
    /// A draft or a version as it is shown.
    pub fn of(found: &Found) -> Self {
        Self { summary: RuleBookSummary::of(&found.entry), tables: TablesView::of(&found.book) }
    }
}

domain::codes! {
    /// How grave a finding is.
    pub enum Severity {
        /// Không công bố được.
        Error => "error", "Lỗi", "Keeps it from being published",
        /// Cần xem lại.
        Warning => "warning", "Cần xem lại", "To be looked at",
    }
}

/// Something wrong with a rule book
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleBookFindingView {
    /// JSON pointer into the rule book as it is shown
    #[schema(example = "/tables/calendar/42/kind")]
    pub pointer: String,
    /// Stable code
    #[schema(example = "swap_without_pair")]
    pub code: String,
    /// How grave
    #[schema(schema_with = codes::<Severity>)]
    pub severity: Severity,
    /// In Vietnamese
    pub message_vi: String,
    /// In English
    pub message_en: String,
}

impl RuleBookFindingView {
    /// A finding as it is shown.
    pub fn of(finding: Finding) -> Self {
        let v = finding.violation;
        Self {
            pointer: v.pointer,
            code: v.code.to_owned(),
            severity: if finding.warning { Severity::Warning } else { Severity::Error },
            message_vi: v.message_vi,
            message_en: v.message_en,
        }
    }
}

/// Everything that is wrong with a rule book
#[derive(Debug, Serialize, ToSchema)]
pub struct ValidationView {
    /// Whether it may be published
    pub valid: bool,
    /// How many findings keep it from being published
    pub errors: usize,
    /// How many findings are only to be looked at
    pub warnings: usize,
    /// The findings, in the order of the tables
    pub items: Vec<RuleBookFindingView>,
}

impl ValidationView {
    /// Findings as they are shown.
    pub fn of(findings: Vec<Finding>) -> Self {
        let warnings = findings.iter().filter(|f| f.warning).count();
        let errors = findings.len().saturating_sub(warnings);
        Self {
            valid: errors == 0,
            errors,
            warnings,
            items: findings.into_iter().map(RuleBookFindingView::of).collect(),
        }
    }
}

fn value() -> RefOr<Schema> {
    let of = |kind| ObjectBuilder::new().schema_type(SchemaType::new(kind)).build();
    OneOfBuilder::new()
        .item(of(Type::Integer))
        .item(of(Type::String))
        .description(Some("Whole number, or text"))
        .into()
}

/// A dated fact of the law
#[derive(Debug, Serialize, ToSchema)]
pub struct RowView {
    /// What tells it from the others of its table
    #[schema(example = "2024-07-01")]
    pub key: String,
    /// Vietnamese name
    #[schema(example = "Lương cơ sở")]
    pub name: String,
    /// First day; null for what is not dated
    pub valid_from: Option<NaiveDate>,
    /// Last day; null while in force
    pub valid_to: Option<NaiveDate>,
    /// The value
    #[schema(schema_with = value)]
    pub value: Value,
    /// What it is counted in
    #[schema(schema_with = codes::<ValueUnit>)]
    pub unit: ValueUnit,
    /// Where it stands
    pub source: String,
    /// How far it is confirmed
    #[schema(schema_with = codes::<Basis>)]
    pub basis: Basis,
}

impl RowView {
    /// A row as it is shown.
    pub fn of(row: Row) -> Self {
        Self {
            key: row.key,
            name: row.name,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            value: row.value,
            unit: row.unit,
            source: row.source,
            basis: row.basis,
        }
    }
}

/// A row in which a rule book differs from the one in force
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleBookDifferenceView {
    /// Table
    #[schema(schema_with = codes::<Table>)]
    pub table: Table,
    /// Row
    pub key: String,
    /// How it differs
    #[schema(schema_with = codes::<Change>)]
    pub change: Change,
    /// As it is in force; null when it is new
    pub before: Option<RowView>,
    /// As it would be; null when it is gone
    pub after: Option<RowView>,
}

impl RuleBookDifferenceView {
    /// A difference as it is shown.
    pub fn of(d: Difference) -> Self {
        Self {
            table: d.table,
            key: d.key,
            change: d.change,
            before: d.before.map(RowView::of),
            after: d.after.map(RowView::of),
        }
    }
}

/// A job that reckons open dossiers anew after a publication
#[derive(Debug, Serialize, ToSchema)]
pub struct RecomputationView {
    /// Identity
    pub id: String,
    /// The version that came into force
    #[schema(example = "rules-9f86d08188")]
    pub rule_book: String,
    /// Its calendar
    #[schema(example = "calendar-2c26b46b68")]
    pub calendar_version: String,
    /// The version in force before
    pub previous: Option<String>,
    /// How far it is
    #[schema(schema_with = codes::<RecomputationState>)]
    pub state: RecomputationState,
    /// Who published: a user name
    pub created_by: String,
    /// Why
    pub note: Option<String>,
    /// When it was asked for
    pub created_at: At,
    /// When it ended
    pub finished_at: Option<At>,
    /// Open dossiers to be reckoned
    pub dossiers_total: i64,
    /// Dossiers reckoned
    pub dossiers_done: i64,
    /// Those whose due date moved
    pub dossiers_moved: i64,
    /// Those whose due date cannot be reckoned and stays
    pub dossiers_failed: i64,
}

impl RecomputationView {
    /// A job as it is shown.
    pub fn of(job: &Recomputation) -> Self {
        Self {
            id: job.id.to_string(),
            rule_book: job.rule_book.clone(),
            calendar_version: job.calendar.clone(),
            previous: job.previous.clone(),
            state: job.state,
            created_by: job.created_by_name.clone(),
            note: job.note.clone(),
            created_at: At(job.created_at),
            finished_at: job.finished_at.map(At),
            dossiers_total: job.total,
            dossiers_done: job.done,
            dossiers_moved: job.moved,
            dossiers_failed: job.failed,
        }
    }
}

/// What a publication did, or would do
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleBookPublicationView {
    /// The version in force after it; of a dry run the draft
    pub rule_book: RuleBookSummary,
    /// The name that its content gives the version
    #[schema(example = "rules-9f86d08188")]
    pub version: String,
    /// Whether another version was in force before
    pub changed: bool,
    /// Findings that did not keep it back
    pub warnings: Vec<RuleBookFindingView>,
    /// Which open dossiers would move; only of a dry run
    pub due_dates: Option<DueDatesView>,
    /// The last rehearsal of the same; only of a dry run that is not complete, null when none was asked for
    pub rehearsal: Option<RuleBookRehearsalView>,
    /// The job that reckons open dossiers anew; null when there is nothing to reckon
    pub recomputation: Option<RecomputationView>,
}

/// A table of the law
#[derive(Debug, Serialize, ToSchema)]
pub struct ReferenceTableSummary {
    /// Table
    #[schema(schema_with = codes::<Table>)]
    pub table: Table,
    /// Vietnamese title
    pub title_vi: String,
    /// English title
    pub title_en: String,
    /// Its rows
    pub rows: usize,
    /// Those that are confirmed
    pub confirmed: usize,
    /// Those that are believed and to be confirmed
    pub recalled: usize,
    /// Those that are assumed
    pub assumed: usize,
    /// Version they are in force by
    #[schema(example = "rules-9f86d08188")]
    pub rule_book: String,
}

impl ReferenceTableSummary {
    /// A table as it is listed.
    pub fn of(table: Table, rows: &[Row], rule_book: &str) -> Self {
        let count = |basis: Basis| rows.iter().filter(|row| row.basis == basis).count();
        Self {
            table,
            title_vi: table.label_vi().to_owned(),
            title_en: table.label_en().to_owned(),
            rows: rows.len(),
            confirmed: count(Basis::Confirmed),
            recalled: count(Basis::Recalled),
            assumed: count(Basis::Assumed),
            rule_book: rule_book.to_owned(),
        }
    }
}

/// Day, form and place of the rows
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RowsQuery {
    /// Only what is in force on this day
    pub on: Option<NaiveDate>,
    /// `csv` and `xlsx` give all rows as a table; by `Accept` without it
    #[param(schema_with = codes::<Format>)]
    #[serde(skip_serializing)]
    pub format: Option<Format>,
    /// Page size, 1 to 200
    #[param(minimum = 1, maximum = 200)]
    #[serde(skip_serializing)]
    pub limit: Option<u32>,
    /// Place to go on from
    #[serde(skip_serializing)]
    pub cursor: Option<String>,
}
