//! Signing in.

use domain::access::{Actor, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::codes;

/// User name and password
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// User name
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "demo.desk_officer")]
    pub user: String,
    /// Password
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128, format = Password, example = "correct horse battery staple")]
    pub password: String,
}

/// A refresh token
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The refresh token last received
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub refresh_token: String,
}

/// What to call with from now on
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    /// Access token, to be sent as `Authorization: Bearer …`
    pub access_token: String,
    /// Always `Bearer`
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Seconds until the access token ends
    #[schema(example = 900)]
    pub expires_in: u64,
    /// Exchanged once for the next pair
    pub refresh_token: String,
}

/// A role held at a unit
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantView {
    /// Role
    #[schema(schema_with = codes::<Role>)]
    pub role: Role,
    /// Unit it is held at
    pub unit: Option<String>,
}

/// Who is calling
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// Account
    pub account: String,
    /// User name
    pub user: String,
    /// Roles
    pub roles: Vec<GrantView>,
}

impl Me {
    /// The account as its owner sees it.
    pub fn of(actor: &Actor) -> Self {
        let roles = actor.grants.iter().map(|g| GrantView { role: g.role, unit: g.unit.clone() }).collect();
        Self { account: actor.account.to_string(), user: actor.user.clone(), roles }
    }
}
