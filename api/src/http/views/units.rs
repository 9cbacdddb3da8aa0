//! Organisation units.

use chrono::NaiveDate;
use domain::unit::{Level, Unit, UnitKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::codes;

/// An organisation unit
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitView {
    /// Agency identifier
    #[schema(example = "H08.15")]
    pub code: String,
    /// Vietnamese name
    pub name_vi: String,
    /// Kind of body
    #[schema(schema_with = codes::<UnitKind>)]
    pub kind: UnitKind,
    /// Level of government
    #[schema(schema_with = codes::<Level>)]
    pub level: Level,
    /// Code of the area it governs, of the statistics office
    pub gso_code: Option<String>,
    /// Unit above
    pub parent: Option<String>,
    /// First day
    pub valid_from: NaiveDate,
    /// Last day; null while in force
    pub valid_to: Option<NaiveDate>,
    /// Units that took its affairs over
    pub successors: Vec<String>,
}

impl UnitView {
    /// The unit as it is shown.
    pub fn of(unit: &Unit) -> Self {
        Self {
            code: unit.code.clone(),
            name_vi: unit.name_vi.clone(),
            kind: unit.kind,
            level: unit.level,
            gso_code: unit.gso_code.clone(),
            parent: unit.parent.clone(),
            valid_from: unit.valid_from,
            valid_to: unit.valid_to,
            successors: unit.successors.clone(),
        }
    }
}

/// Which units
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnitsQuery {
    /// Only those in force on this day; all, old and new, without it
    pub on: Option<NaiveDate>,
    /// Only this level
    #[param(schema_with = codes::<Level>)]
    pub level: Option<Level>,
    /// Page size, 1 to 200
    #[param(minimum = 1, maximum = 200)]
    #[serde(skip_serializing)]
    pub limit: Option<u32>,
    /// Place to go on from
    #[serde(skip_serializing)]
    pub cursor: Option<String>,
}

/// On which day
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OnQuery {
    /// The day; today without it
    pub on: Option<NaiveDate>,
}
