//! Delegations: who stands in for whom, and from when to when.

use chrono::NaiveDate;
use domain::access::Role;
use domain::ids::AccountId;
use persistence::delegations::Delegation;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::dossiers::Faults;
use super::{At, codes, codes_or_null};
use crate::app::delegations::New;
use crate::app::error::Error;
use crate::http::problem::Problem;

/// Who is to stand in for whom
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DelegateBody {
    /// Account whose work it is; the caller's own without it
    #[serde(default)]
    pub from: Option<Uuid>,
    /// Account that is to stand in: an officer of the same unit with the same role
    pub to: Uuid,
    /// Role, where both share several
    #[serde(default)]
    #[schema(schema_with = codes_or_null::<Role>)]
    pub role: Option<Role>,
    /// Unit, where both share several
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub unit: Option<String>,
    /// First day; today without it
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// Last day
    pub valid_to: NaiveDate,
    /// Why
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000, example = "Nghỉ phép")]
    pub reason: Option<String>,
}

impl DelegateBody {
    /// What is asked in the domain's terms.
    ///
    /// # Errors
    /// 422 for a reason that holds what no text may.
    pub fn asked(self) -> Result<New, Problem> {
        let mut faults = Faults::default();
        let reason = faults.line("/reason", self.reason, 2000);
        if !faults.0.is_empty() {
            return Err(Error::Invalid(faults.0).into());
        }
        Ok(New {
            from: self.from.map(AccountId),
            to: AccountId(self.to),
            role: self.role,
            unit: self.unit,
            first_day: self.valid_from,
            last_day: self.valid_to,
            reason,
        })
    }
}

/// Work handed to another officer for a period
#[derive(Debug, Serialize, ToSchema)]
pub struct DelegationView {
    /// Identity
    pub id: Uuid,
    /// Account whose work it is
    pub from: Uuid,
    /// Their user name
    pub from_user: String,
    /// Account that stands in
    pub to: Uuid,
    /// Their user name
    pub to_user: String,
    /// Role
    #[schema(schema_with = codes::<Role>)]
    pub role: Role,
    /// Unit
    #[schema(example = "H08.15")]
    pub unit: String,
    /// First day
    pub valid_from: NaiveDate,
    /// Last day
    pub valid_to: NaiveDate,
    /// Why
    pub reason: Option<String>,
    /// Whether it holds today
    pub in_force: bool,
    /// User name of who arranged it
    pub created_by: String,
    /// When
    pub created_at: At,
    /// Ended before its time
    pub ended_at: Option<At>,
    /// User name of who ended it
    pub ended_by: Option<String>,
}

impl DelegationView {
    /// A delegation as it stands on a day.
    pub fn of(d: &Delegation, today: NaiveDate) -> Self {
        Self {
            id: d.id.0,
            from: d.from.0.0,
            from_user: d.from.1.clone(),
            to: d.to.0.0,
            to_user: d.to.1.clone(),
            role: d.role,
            unit: d.unit.clone(),
            valid_from: d.first_day,
            valid_to: d.last_day,
            reason: d.reason.clone(),
            in_force: d.in_force(today),
            created_by: d.created_by.1.clone(),
            created_at: At(d.created_at),
            ended_at: d.ended_at.map(At),
            ended_by: d.ended_by_name.clone(),
        }
    }
}

/// Which delegations
#[derive(Debug, Clone, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DelegationsQuery {
    /// Only those that hold today
    #[serde(default)]
    pub in_force: bool,
    /// Page size, 1 to 200; 50 without it
    #[param(minimum = 1, maximum = 200)]
    #[serde(skip_serializing)]
    pub limit: Option<u32>,
    /// Place to go on from
    #[serde(skip_serializing)]
    pub cursor: Option<String>,
}
