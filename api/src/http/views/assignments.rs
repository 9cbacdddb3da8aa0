//! Assignments: who works a dossier, what is asked of them, how a batch of them went.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::access::{Actor, Role};
use domain::assignment::{Ask, Assignment, AssignmentKind};
use domain::dossier::number::DossierCode;
use domain::dossier::transition::Violation;
use domain::ids::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::dossiers::Faults;
use super::sessions::GrantView;
use super::{At, codes};
use crate::app::assignments::{HandedOver, Wanted};
use crate::app::error::Error;
use crate::http::language::Text;
use crate::http::problem::{FieldProblem, Problem, ProblemBody};

fn primary() -> AssignmentKind {
    AssignmentKind::Primary
}

fn reason(raw: Option<String>, pointer: &str) -> Result<Option<String>, Problem> {
    let mut faults = Faults::default();
    let reason = faults.line(pointer, raw, 2000);
    if faults.0.is_empty() { Ok(reason) } else { Err(refused(faults.0)) }
}

fn refused(wrong: Vec<Violation>) -> Problem {
    Error::Invalid(wrong).into()
}

/// Who is to work a dossier
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignBody {
    /// Account of the officer
    #[schema(example = "018bd0a7-0000-7000-8000-000000000001")]
    pub account: Uuid,
    /// How they are to stand to it; `primary` without it
    #[serde(default = "primary")]
    #[schema(schema_with = codes::<AssignmentKind>)]
    pub kind: AssignmentKind,
    /// Until when; not for a primary, who keeps it until replaced
    #[serde(default)]
    pub valid_to: Option<At>,
    /// Why
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: Option<String>,
}

impl AssignBody {
    /// What is asked in the domain's terms.
    ///
    /// # Errors
    /// 422 for a reason that holds what no text may.
    pub fn asked(self) -> Result<(AccountId, Ask), Problem> {
        let reason = reason(self.reason, "/reason")?;
        Ok((AccountId(self.account), Ask { kind: self.kind, to: self.valid_to.map(|t| t.0), reason }))
    }
}

/// Why something ends
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndAssignmentBody {
    /// In words
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: Option<String>,
}

impl EndAssignmentBody {
    /// The reason.
    ///
    /// # Errors
    /// 422 for a reason that holds what no text may.
    pub fn asked(self) -> Result<Option<String>, Problem> {
        reason(self.reason, "/reason")
    }
}

/// An officer's stand to a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignmentView {
    /// Identity
    pub id: Uuid,
    /// How they stand to it
    #[schema(schema_with = codes::<AssignmentKind>)]
    pub kind: AssignmentKind,
    /// Account of the officer
    pub account: Uuid,
    /// Their user name
    pub user: String,
    /// User name of who assigned it
    pub assigned_by: String,
    /// Why
    pub reason: Option<String>,
    /// Since when
    pub valid_from: At,
    /// Until when; null while no end is set
    pub valid_to: Option<At>,
    /// Whether it holds now
    pub holds: bool,
    /// User name of who ended it or took it over
    pub ended_by: Option<String>,
    /// Why it was ended
    pub end_reason: Option<String>,
}

impl AssignmentView {
    /// An assignment as somebody sees it who sees reasons, or not.
    pub fn of(a: &Assignment, now: DateTime<Utc>, sees_persons: bool) -> Self {
        Self {
            id: a.id.0,
            kind: a.kind,
            account: a.account.0,
            user: a.user.clone(),
            assigned_by: a.assigned_by_name.clone(),
            reason: a.reason.clone().filter(|_| sees_persons),
            valid_from: At(a.from),
            valid_to: a.to.map(At),
            holds: a.holds(now),
            ended_by: a.ended_by_name.clone(),
            end_reason: a.end_reason.clone().filter(|_| sees_persons),
        }
    }
}

/// Everybody who works or worked a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignmentsView {
    /// Oldest first
    pub items: Vec<AssignmentView>,
}

/// A dossier and who is to work it
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignItemBody {
    /// Dossier code
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "H08.15-231115-0001")]
    pub code: String,
    /// Account of the officer
    pub account: Uuid,
    /// How they are to stand to it; `primary` without it
    #[serde(default = "primary")]
    #[schema(schema_with = codes::<AssignmentKind>)]
    pub kind: AssignmentKind,
    /// Until when; not for a primary
    #[serde(default)]
    pub valid_to: Option<At>,
}

/// Many dossiers and who is to work them
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignBatchBody {
    /// All of them or none; `false` lets each go in or be refused by itself
    pub atomic: bool,
    /// Why, for all of them
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: Option<String>,
    /// Dossiers, none twice
    #[validate(length(min = 1, max = 1000), nested)]
    #[schema(min_items = 1, max_items = 1000)]
    pub items: Vec<AssignItemBody>,
}

impl AssignBatchBody {
    /// What is asked in the domain's terms, with the codes as they were sent.
    ///
    /// # Errors
    /// 422 with every dossier that is named twice.
    pub fn asked(self) -> Result<(Vec<String>, Vec<Wanted>), Problem> {
        let reason = reason(self.reason, "/reason")?;
        let mut seen = HashSet::new();
        let again = self.items.iter().enumerate().filter(|(_, item)| !seen.insert(item.code.as_str()));
        let again: Vec<FieldProblem> = again
            .map(|(place, _)| {
                let text =
                    Text::new("Hồ sơ này đã có trong lô.", "This dossier stands in the batch already.");
                FieldProblem::new(format!("/items/{place}/code"), "duplicate", text)
            })
            .collect();
        if !again.is_empty() {
            return Err(Problem::validation(again));
        }
        let wanted = self.items.iter().map(|item| {
            let ask = Ask { kind: item.kind, to: item.valid_to.map(|t| t.0), reason: reason.clone() };
            Wanted { code: DossierCode::parse(&item.code), asked: Some((AccountId(item.account), ask)) }
        });
        let wanted = wanted.collect();
        Ok((self.items.into_iter().map(|item| item.code).collect(), wanted))
    }
}

/// The schema of a problem; its component is made with the document.
fn problem() -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name("Problem"))
}

/// How it went with a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignItemView {
    /// Dossier code, as it was sent
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// What assigning it alone would have answered; 409 `batch_not_applied` where only others of an
    /// atomic batch were refused
    #[schema(minimum = 201, maximum = 499, example = 201)]
    pub status: u16,
    /// Identity of the assignment, when it was made
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub assignment: Option<Uuid>,
    /// Why it was not made
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = problem, required = false)]
    pub problem: Option<ProblemBody>,
}

/// How it went with each dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignBatchView {
    /// As it was sent
    pub atomic: bool,
    /// How many were assigned; all or none of an atomic batch
    pub done: usize,
    /// How many were not
    pub failed: usize,
    /// Dossiers, in the order sent
    pub items: Vec<AssignItemView>,
}

/// Whose work goes to whom
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverWorkBody {
    /// Account whose open work it is
    pub from: Uuid,
    /// Account that takes it
    pub to: Uuid,
    /// Why
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000, example = "Nghỉ thai sản")]
    pub reason: String,
}

impl HandOverWorkBody {
    /// The reason.
    ///
    /// # Errors
    /// 422 for a reason that holds what no text may.
    pub fn reason(&self) -> Result<String, Problem> {
        Ok(reason(Some(self.reason.clone()), "/reason")?.unwrap_or_default())
    }
}

/// A dossier that went over
#[derive(Debug, Serialize, ToSchema)]
pub struct HandedOverItem {
    /// Dossier code
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// How the officer stood to it, and the other now does
    #[schema(schema_with = codes::<AssignmentKind>)]
    pub kind: AssignmentKind,
}

/// What went over
#[derive(Debug, Serialize, ToSchema)]
pub struct HandedOverView {
    /// User name of whose work it was
    pub from: String,
    /// User name of whose it is
    pub to: String,
    /// How many
    pub count: usize,
    /// Which, by code
    pub items: Vec<HandedOverItem>,
}

impl HandedOverView {
    /// What went over, as it is shown.
    pub fn of(done: HandedOver) -> Self {
        let items: Vec<HandedOverItem> =
            done.items.into_iter().map(|(code, kind)| HandedOverItem { code, kind }).collect();
        Self { from: done.from, to: done.to, count: items.len(), items }
    }
}

/// Which officers
#[derive(Debug, Clone, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfficersQuery {
    /// Only of this unit and what belongs to it
    #[param(example = "H08.15")]
    pub unit: Option<String>,
    /// Only with this role
    #[param(schema_with = codes::<Role>)]
    pub role: Option<Role>,
    /// Page size, 1 to 200; 50 without it
    #[param(minimum = 1, maximum = 200)]
    #[serde(skip_serializing)]
    pub limit: Option<u32>,
    /// Place to go on from
    #[serde(skip_serializing)]
    pub cursor: Option<String>,
}

/// An officer who works dossiers
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficerView {
    /// Account
    pub account: Uuid,
    /// User name
    pub user: String,
    /// Roles held today
    pub roles: Vec<GrantView>,
}

impl OfficerView {
    /// An officer as colleagues see them.
    pub fn of(actor: &Actor) -> Self {
        let roles = actor.grants.iter().map(|g| GrantView { role: g.role, unit: g.unit.clone() }).collect();
        Self { account: actor.account.0, user: actor.user.clone(), roles }
    }
}
