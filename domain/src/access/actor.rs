//! Who acts, with which roles held where, and what an action is about.

use serde::{Deserialize, Serialize};

use super::policy::{SEES_PERSONS, reach};
use super::{Action, Role};
use crate::ids::AccountId;

/// A role held at a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The unit it is held at; none for roles that reach only what is their own.
    pub unit: Option<String>,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub account: AccountId,
    /// The account's user name: a public function, not a person's name.
    pub user: String,
    /// Roles and where they are held.
    pub grants: Vec<Grant>,
    /// A citizen's own identifier.
    pub personal_id: Option<String>,
}

impl Actor {
    /// The timer, which holds no role: what it may do stands apart from the policy.
    pub fn timer() -> Self {
        Self {
            account: AccountId(uuid::Uuid::nil()),
            user: "timer".to_owned(),
            grants: Vec::new(),
            personal_id: None,
        }
    }

    /// Whether nobody acts but the calendar.
    pub fn is_timer(&self) -> bool {
        self.account.0.is_nil()
    }

    /// Whether any role of the actor has the action at all, wherever.
    pub fn may_somewhere(&self, action: Action) -> bool {
        self.grants.iter().any(|g| reach(g.role, action).is_some())
    }

    /// Whether the actor sees the persons of dossiers, or masks.
    pub fn sees_persons(&self) -> bool {
        self.grants.iter().any(|g| SEES_PERSONS.contains(&g.role))
    }
}

/// What an action is about, as far as access is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The unit it belongs to.
    pub unit: &'a str,
    /// The personal identifiers of those it is about.
    pub persons: &'a [&'a str],
    /// The account whose it is: that handed it in, or whose work it is.
    pub submitted_by: Option<AccountId>,
}
