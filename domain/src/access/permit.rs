//! The proof that somebody, or the timer, may do something: made here and nowhere else.

use super::policy::{Reach, instead_of, reach};
use super::{Action, Actor, Grant, Role, Station, Subject};
use crate::ids::AccountId;
use crate::unit::Units;

/// Why an action is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The actor may not even know that the subject exists.
    #[error("not found")]
    Hidden,
    /// The actor may see it but not do this.
    #[error("forbidden")]
    Forbidden,
    /// The actor may do this, but not at the stage at which the subject stands.
    #[error("another role or level works this stage")]
    OffStage(Station),
}

/// Proof that somebody may do something to a subject; made only in this module.
#[derive(Debug, Clone)]
pub struct Permit {
    actor: Actor,
    role: Role,
    action: Action,
    unit: Option<String>,
    on_record: Option<String>,
}

impl Permit {
    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    /// In which role; for the timer the one whose step it otherwise is.
    pub fn role(&self) -> Role {
        self.role
    }
    /// In which role somebody acts; none for the timer.
    pub fn acting_role(&self) -> Option<Role> {
        (!self.actor.is_timer()).then_some(self.role)
    }
    /// The account that acts; none for the timer.
    pub fn acting_account(&self) -> Option<AccountId> {
        (!self.actor.is_timer()).then_some(self.actor.account)
    }
    /// The permit of the timer; none for what it may not do.
    pub fn timer(action: Action) -> Option<Self> {
        let grants = vec![Grant { role: instead_of(action)?, unit: None }];
        authorize_somewhere(&Actor { grants, ..Actor::timer() }, action).ok()
    }
    /// What is permitted.
    pub fn action(&self) -> Action {
        self.action
    }
    /// The unit at which the role is held; none where the right reaches only what is one's own, and
    /// for what another system recorded.
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }
    /// The name that stands in the record: the actor's, or the officer another system names.
    pub fn name(&self) -> &str {
        self.on_record.as_deref().unwrap_or(&self.actor.user)
    }
    /// What tells two people apart: the account, and for a record of another system its name.
    pub fn identity(&self) -> String {
        match &self.on_record {
            Some(name) => format!("portal:{name}"),
            None => self.actor.account.to_string(),
        }
    }

    /// Turns the right to import into the right to record what another system says `name` did in
    /// `role`. Only a permit for [`Action::RunImport`] can be turned.
    pub fn on_record(&self, action: Action, role: Role, name: &str) -> Option<Self> {
        (self.action == Action::RunImport).then(|| Self {
            actor: self.actor.clone(),
            role,
            action,
            unit: None,
            on_record: Some(name.to_owned()),
        })
    }
}

pub(super) fn covers(
    actor: &Actor,
    grant: &Grant,
    reach: Reach,
    subject: &Subject<'_>,
    units: &Units,
) -> bool {
    match reach {
        Reach::Own => {
            let about_me = actor.personal_id.as_deref().is_some_and(|me| subject.persons.contains(&me));
            about_me || subject.submitted_by == Some(actor.account)
        }
        Reach::Unit => grant.unit.as_deref().is_some_and(|root| units.belongs(subject.unit, root)),
    }
}

/// Whether `actor` may do `action` to `subject`.
///
/// # Errors
/// [`Denied::Hidden`] when the actor may not read the subject either, else [`Denied::Forbidden`].
pub fn authorize(
    actor: &Actor,
    action: Action,
    subject: &Subject<'_>,
    units: &Units,
) -> Result<Permit, Denied> {
    authorize_at(actor, action, subject, None, units)
}

/// Whether `actor` may do `action` to `subject` at the stage at which it stands, if it stands at one.
/// Of several roles the first counts that has the action there.
///
/// # Errors
/// As [`authorize`]; [`Denied::OffStage`] when the actor has the action, but not at this stage.
pub fn authorize_at(
    actor: &Actor,
    action: Action,
    subject: &Subject<'_>,
    station: Option<Station>,
    units: &Units,
) -> Result<Permit, Denied> {
    let granted = |action: Action| {
        actor.grants.iter().filter(move |grant| {
            reach(grant.role, action).is_some_and(|reach| covers(actor, grant, reach, subject, units))
        })
    };
    let mut off_stage = None;
    for grant in granted(action) {
        match station.filter(|station| !station.allows(action, grant, units)) {
            Some(station) => off_stage = Some(Denied::OffStage(station)),
            None => {
                let unit = grant.unit.clone().filter(|_| reach(grant.role, action) == Some(Reach::Unit));
                return Ok(Permit { actor: actor.clone(), role: grant.role, action, unit, on_record: None });
            }
        }
    }
    let seen =
        || if granted(Action::ReadDossier).next().is_some() { Denied::Forbidden } else { Denied::Hidden };
    Err(off_stage.unwrap_or_else(seen))
}

/// A permit for something that reaches exactly as far as the actor's own grants, such as an
/// import; the units it may touch are those of [`super::list_filter`].
///
/// # Errors
/// [`Denied::Forbidden`] when no role of the actor has the action.
pub fn authorize_somewhere(actor: &Actor, action: Action) -> Result<Permit, Denied> {
    match actor.grants.iter().find(|g| reach(g.role, action).is_some()) {
        Some(grant) => {
            let unit = grant.unit.clone();
            Ok(Permit { actor: actor.clone(), role: grant.role, action, unit, on_record: None })
        }
        None => Err(Denied::Forbidden),
    }
}

/// A permit for something that concerns every unit, such as the law: the role must be held at a unit
/// that has none above it.
///
/// # Errors
/// [`Denied::Forbidden`] when no role of the actor held there has the action.
pub fn authorize_at_the_top(actor: &Actor, action: Action, units: &Units) -> Result<Permit, Denied> {
    let top = |code: &str| units.get(code).is_some_and(|unit| unit.parent.is_none());
    let granted = |g: &&Grant| reach(g.role, action).is_some() && g.unit.as_deref().is_some_and(top);
    match actor.grants.iter().find(granted) {
        Some(grant) => {
            let unit = grant.unit.clone();
            Ok(Permit { actor: actor.clone(), role: grant.role, action, unit, on_record: None })
        }
        None => Err(Denied::Forbidden),
    }
}
