//! The machines of dossiers and benefits, as they are shown.

use domain::access::{Action, by_timer, roles_for};
use domain::code::Code;
use domain::dossier::diagram::{self, Lead};
use domain::dossier::status::{Status, StatusGroup};
use domain::dossier::transition::{TRANSITIONS, Transition};
use domain::unemployment::benefit::status::BenefitStatus;
use domain::unemployment::benefit::transition as benefit;
use serde::{Deserialize, Serialize};
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

domain::codes! {
    /// What goes through a machine.
    pub enum MachineSubject {
        /// Hồ sơ.
        Dossier => "dossier", "Hồ sơ", "Dossier",
        /// Trợ cấp thất nghiệp.
        Benefit => "benefit", "Trợ cấp thất nghiệp", "Unemployment benefit",
    }
}

/// Which machine, and how to write it
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MachineQuery {
    /// `json`, or `mermaid` for a diagram as `text/plain`; JSON without it
    #[param(schema_with = codes::<MachineFormat>)]
    pub format: Option<MachineFormat>,
    /// Only this machine; all without it
    #[param(schema_with = codes::<MachineSubject>)]
    pub subject: Option<MachineSubject>,
}

/// A state
#[derive(Debug, Serialize, ToSchema)]
pub struct StateView {
    /// Status
    #[schema(example = "registered")]
    pub status: &'static str,
    /// Number of a dossier's status in the national list, 1 to 10
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10, example = 1)]
    pub status_code: Option<u8>,
    /// Vietnamese label
    pub label_vi: &'static str,
    /// English label
    pub label_en: &'static str,
    /// Whose turn it is: the department's (`open`), the applicant's (`paused`), nobody's (`final`)
    #[schema(schema_with = codes::<StatusGroup>)]
    pub group: StatusGroup,
    /// Whether it begins here
    pub initial: bool,
}

impl StateView {
    fn of_dossier(status: Status, begins: &[Status]) -> Self {
        Self {
            status: status.code(),
            status_code: Some(status.number()),
            label_vi: status.label_vi(),
            label_en: status.label_en(),
            group: status.group(),
            initial: begins.contains(&status),
        }
    }

    fn of_benefit(status: BenefitStatus) -> Self {
        Self {
            status: status.code(),
            status_code: None,
            label_vi: status.label_vi(),
            label_en: status.label_en(),
            group: match status {
                BenefitStatus::Granted => StatusGroup::Open,
                BenefitStatus::Suspended => StatusGroup::Paused,
                BenefitStatus::Ended | BenefitStatus::Transferred | BenefitStatus::Cancelled => {
                    StatusGroup::Final
                }
            },
            initial: status == BenefitStatus::Granted,
        }
    }
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
    pub from: Vec<&'static str>,
    /// `to` one status, `back` to the one it came from, or the `same`
    #[schema(schema_with = codes::<Lead>)]
    pub leads: Lead,
    /// Statuses that it can lead to
    pub to: Vec<&'static str>,
    /// What the clock of a dossier does
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "pauses")]
    pub clock: Option<&'static str>,
    /// What the money of a benefit does
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "stops")]
    pub money: Option<&'static str>,
    /// Roles that have the action
    pub roles: Vec<&'static str>,
    /// Whether the calendar does it by itself
    pub by_timer: bool,
}

impl ArrowView {
    fn of_dossier(row: &'static Transition) -> Self {
        Self {
            action: row.action.code(),
            path: in_path(row.action),
            label_vi: row.action.label_vi(),
            label_en: row.action.label_en(),
            from: row.from.iter().map(|s| s.code()).collect(),
            leads: diagram::lead(row),
            to: diagram::targets(row).into_iter().map(Code::code).collect(),
            clock: Some(row.clock.code()),
            money: None,
            roles: roles_for(row.action).map(|(role, _)| role.code()).collect(),
            by_timer: by_timer(row.action),
        }
    }

    fn of_benefit(row: &'static benefit::Transition) -> Self {
        let from: Vec<&str> = row.from.iter().map(|s| s.code()).collect();
        Self {
            action: row.action.code(),
            path: row.path.to_owned(),
            label_vi: row.action.label_vi(),
            label_en: row.action.label_en(),
            to: row.to.map_or_else(|| from.clone(), |to| vec![to.code()]),
            from,
            leads: if row.to.is_some() { Lead::To } else { Lead::Same },
            clock: None,
            money: Some(row.money.code()),
            roles: roles_for(row.action).map(|(role, _)| role.code()).collect(),
            by_timer: by_timer(row.action),
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
    #[schema(schema_with = codes::<MachineSubject>)]
    pub subject: MachineSubject,
    /// States, a dossier's in the order of the national list
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
    /// One or all of them, from the tables that the program runs by.
    pub fn of(subject: Option<MachineSubject>) -> Self {
        let begins: Vec<Status> = diagram::beginnings().collect();
        let dossier = MachineView {
            subject: MachineSubject::Dossier,
            states: Status::ALL.iter().map(|s| StateView::of_dossier(*s, &begins)).collect(),
            transitions: TRANSITIONS.iter().map(ArrowView::of_dossier).collect(),
        };
        let benefit = MachineView {
            subject: MachineSubject::Benefit,
            states: BenefitStatus::ALL.iter().map(|s| StateView::of_benefit(*s)).collect(),
            transitions: benefit::TRANSITIONS.iter().map(ArrowView::of_benefit).collect(),
        };
        let mut items = vec![dossier, benefit];
        items.retain(|machine| subject.is_none_or(|wanted| machine.subject == wanted));
        Self { items }
    }
}
