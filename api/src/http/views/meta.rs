//! The machine of a dossier's statuses, as it is shown.

use domain::access::{Action, roles_for};
use domain::code::Code;
use domain::dossier::diagram::{self, Lead};
use domain::dossier::status::{Status, StatusGroup};
use domain::dossier::transition::{TRANSITIONS, Transition};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::{IntoParams, ToSchema};

use super::codes;

domain::codes! {
    /// How a machine is written.
    pub enum MachineFormat {
        /// JSON.
        Json => "json", "JSON", "JSON",
        /// Mermaid.
        Mermaid => "mermaid", "Sơ đồ Mermaid", "Mermaid diagram",
    }
}

/// How to write it
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MachineQuery {
    /// `json`, or `mermaid` for a diagram as `text/plain`; JSON without it
    #[param(schema_with = codes::<MachineFormat>)]
    pub format: Option<MachineFormat>,
}

/// A state
#[derive(Debug, Serialize, ToSchema)]
pub struct StateView {
    /// Status
    #[schema(schema_with = codes::<Status>)]
    pub status: Status,
    /// Number of the status in the national list, 1 to 10
    #[schema(minimum = 1, maximum = 10, example = 1)]
    pub status_code: u8,
    /// Vietnamese label
    pub label_vi: &'static str,
    /// English label
    pub label_en: &'static str,
    /// Whose turn it is: the department's (`open`), the applicant's (`paused`), nobody's (`final`)
    #[schema(schema_with = codes::<StatusGroup>)]
    pub group: StatusGroup,
    /// Whether a dossier begins here
    pub initial: bool,
}

/// A schema of several statuses.
fn statuses() -> RefOr<Schema> {
    ArrayBuilder::new().items(codes::<Status>()).into()
}

/// What leads from state to state
#[derive(Debug, Serialize, ToSchema)]
pub struct ArrowView {
    /// Action
    #[schema(example = "request_supplement")]
    pub action: &'static str,
    /// Action as it stands in paths
    #[schema(example = "request-supplement")]
    pub path: String,
    /// Vietnamese label
    pub label_vi: &'static str,
    /// English label
    pub label_en: &'static str,
    /// From these statuses
    #[schema(schema_with = statuses)]
    pub from: &'static [Status],
    /// `to` one status, `back` to the one it came from, or the `same`
    #[schema(schema_with = codes::<Lead>)]
    pub leads: Lead,
    /// Statuses that it can lead to
    #[schema(schema_with = statuses)]
    pub to: Vec<Status>,
    /// What the clock does
    #[schema(example = "pauses")]
    pub clock: &'static str,
    /// Roles that have the action
    pub roles: Vec<&'static str>,
}

impl ArrowView {
    fn of(row: &'static Transition) -> Self {
        Self {
            action: row.action.code(),
            path: in_path(row.action),
            label_vi: row.action.label_vi(),
            label_en: row.action.label_en(),
            from: row.from,
            leads: diagram::lead(row),
            to: diagram::targets(row),
            clock: row.clock.code(),
            roles: roles_for(row.action).map(|(role, _)| role.code()).collect(),
        }
    }
}

/// An action as it stands in paths.
pub fn in_path(action: Action) -> String {
    action.code().replace('_', "-")
}

/// A machine: states and what leads between them
#[derive(Debug, Serialize, ToSchema)]
pub struct MachineView {
    /// What goes through it
    #[schema(example = "dossier")]
    pub subject: &'static str,
    /// States, in the order of the national list
    pub states: Vec<StateView>,
    /// Transitions
    pub transitions: Vec<ArrowView>,
}

/// Every machine of the interface
#[derive(Debug, Serialize, ToSchema)]
pub struct MachinesView {
    /// Machines
    pub items: Vec<MachineView>,
}

impl MachinesView {
    /// All of them, from the tables that the program runs by.
    pub fn all() -> Self {
        let begins: Vec<Status> = diagram::beginnings().collect();
        let states = Status::ALL.iter().map(|s| StateView {
            status: *s,
            status_code: s.number(),
            label_vi: s.label_vi(),
            label_en: s.label_en(),
            group: s.group(),
            initial: begins.contains(s),
        });
        let dossier = MachineView {
            subject: "dossier",
            states: states.collect(),
            transitions: TRANSITIONS.iter().map(ArrowView::of).collect(),
        };
        Self { items: vec![dossier] }
    }
}
