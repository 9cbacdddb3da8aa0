//! The stage at which something stands, as far as it decides who may work it.
//!
//! A version of a procedure says which level of government works a stage and, where it says so, in
//! which role. The policy says which roles have an action at all; this says which of them have it
//! at the stage. A level above works what those below it do, since a role reaches every unit below
//! the one it is held at.

use super::policy::{Reach, reach};
use super::{Action, Actor, Grant, Role, Subject, covers};
use crate::unit::{Level, Units};

/// Bước mà hồ sơ đang ở: who works it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Station {
    /// Cấp hành chính: the level whose unit works it.
    pub level: Level,
    /// Vai trò: in which role; none where the procedure does not say.
    pub role: Option<Role>,
}

/// Roles that work dossiers, each above the one before it.
const RANKS: [Role; 3] = [Role::DeskOfficer, Role::CaseOfficer, Role::Approver];

fn rank(role: Role) -> Option<usize> {
    RANKS.iter().position(|r| *r == role)
}

impl Station {
    /// Whether a role works the stage: the one that it names, or one above that.
    fn is_for(&self, role: Role) -> bool {
        self.role.is_none_or(|named| named == role || rank(named) < rank(role))
    }

    /// Whether a unit works the stage: one of its level or of a level above it, or one that took over
    /// the affairs of such a unit, as the communes did those of the districts on 1 July 2025.
    fn is_at(&self, unit: &str, units: &Units) -> bool {
        units.standing(unit).is_some_and(|level| level.includes(self.level))
    }

    /// Whether somebody who holds a role so may take a step at the stage. What is bound to it is the
    /// work of case officers and approvers. The desk (Bộ phận Một cửa) speaks with the applicant
    /// wherever the dossier stands: it receives, asks for papers and payment, and hands over (Decree
    /// 61/2018/NĐ-CP). A step that the policy does not give to the role of the stage is that of
    /// whom the policy names: nobody but an approver decides, at whatever stage.
    pub(super) fn allows(&self, action: Action, grant: &Grant, units: &Units) -> bool {
        if rank(grant.role) <= rank(Role::DeskOfficer) {
            return true;
        }
        let elsewhere = self.role.is_some_and(|named| reach(named, action).is_none());
        (elsewhere || self.is_for(grant.role)) && grant.unit.as_deref().is_some_and(|u| self.is_at(u, units))
    }
}

/// Whether an officer works a stage of what belongs to `unit`: the role of the stage or one above it,
/// held at a unit that reaches `unit` and is of the stage's level or above it.
pub fn works_stage(officer: &Actor, unit: &str, station: &Station, units: &Units) -> bool {
    let subject = Subject { unit, persons: &[], submitted_by: None };
    officer.grants.iter().any(|grant| {
        let at_work = reach(grant.role, Action::ReadQueue) == Some(Reach::Unit);
        at_work
            && covers(officer, grant, Reach::Unit, &subject, units)
            && station.is_for(grant.role)
            && grant.unit.as_deref().is_some_and(|held| station.is_at(held, units))
    })
}
