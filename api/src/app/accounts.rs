//! Making accounts.

use chrono::{DateTime, Utc};
use domain::access::{Actor, Grant, Reach, Role, reach};
use domain::calendar;
use domain::code::Code;
use domain::ids::AccountId;
use persistence::audit::{self, Entry};
use persistence::{WriteTx, accounts};
use serde_json::json;

use super::error::Error;
use super::reference::Reference;

/// An account to be made.
#[derive(Debug, Clone)]
pub struct New {
    /// Identity.
    pub id: AccountId,
    /// User name.
    pub user: String,
    /// Role.
    pub role: Role,
    /// Where it is held.
    pub unit: Option<String>,
    /// A citizen's own identifier.
    pub personal_id: Option<String>,
    /// Digest of the password.
    pub password_hash: Option<String>,
}

/// Whether a role reaches anything through a unit.
fn needs_unit(role: Role) -> bool {
    domain::access::Action::ALL.iter().any(|action| reach(role, *action) == Some(Reach::Unit))
}

/// Makes an account on behalf of whoever runs the machine.
///
/// # Errors
/// [`Error::Invalid`] for an unknown unit, a missing one, or a user name that is no name;
/// [`persistence::Error::Taken`] when the name is there.
pub fn create(
    tx: &mut WriteTx<'_>,
    reference: &Reference,
    new: &New,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    if !(1..=64).contains(&new.user.len()) || !new.user.chars().all(plain) {
        return Err(Error::invalid(
            "/name",
            "invalid_name",
            "Tên đăng nhập gồm 1 đến 64 ký tự A-Z, a-z, 0-9, '.', '_', '-', '@'.",
            "A user name has 1 to 64 of A-Z, a-z, 0-9, '.', '_', '-', '@'.",
        ));
    }
    match &new.unit {
        Some(unit) if reference.units.get(unit).is_none() => {
            return Err(Error::invalid(
                "/unit",
                "unknown_unit",
                "Không có đơn vị này.",
                "There is no such unit.",
            ));
        }
        None if needs_unit(new.role) => {
            return Err(Error::invalid(
                "/unit",
                "required",
                "Vai trò này cần một đơn vị.",
                "This role needs a unit.",
            ));
        }
        _ => {}
    }
    let actor = Actor {
        account: new.id,
        user: new.user.clone(),
        grants: vec![Grant { role: new.role, unit: new.unit.clone() }],
        personal_id: new.personal_id.clone(),
    };
    accounts::create(tx, &actor, new.password_hash.clone(), calendar::day_of(now), now)?;
    audit::record(
        tx,
        Entry {
            at: now,
            actor: None,
            actor_name: "command-line".to_owned(),
            role: None,
            action: "create_account".to_owned(),
            subject: new.id.to_string(),
            unit: new.unit.clone(),
            address: None,
            request_id: None,
            detail: json!({ "role": new.role }),
        },
    );
    Ok(())
}
