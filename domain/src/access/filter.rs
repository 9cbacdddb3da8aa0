//! What of a list somebody may see.

use std::collections::BTreeSet;

use super::policy::{Reach, reach};
use super::{Action, Actor, Denied};
use crate::ids::AccountId;
use crate::unit::Units;

/// What of a list an actor may see: the union of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListFilter {
    /// Whatever belongs to these units.
    pub units: BTreeSet<String>,
    /// Whether these are all units there are: then nothing is left out, whatever the unit.
    pub everything: bool,
    /// Whatever is about this person.
    pub person: Option<String>,
    /// Whatever this account handed in.
    pub submitted_by: Option<AccountId>,
}

impl ListFilter {
    /// The unit, where only what belongs to a single one may be seen.
    pub fn only_unit(&self) -> Option<&str> {
        let by_unit = self.person.is_none() && self.submitted_by.is_none() && self.units.len() == 1;
        self.units.first().filter(|_| by_unit).map(String::as_str)
    }
}

/// The part of a list that `actor` may see under `action`; counts, exports and figures take the
/// same filter, so they cannot show more than reading would.
///
/// # Errors
/// [`Denied::Forbidden`] when no role of the actor has the action.
pub fn list_filter(actor: &Actor, action: Action, units: &Units) -> Result<ListFilter, Denied> {
    let mut filter = ListFilter::default();
    let mut any = false;
    for grant in &actor.grants {
        match reach(grant.role, action) {
            None => {}
            Some(Reach::Own) => {
                any = true;
                filter.person.clone_from(&actor.personal_id);
                filter.submitted_by = Some(actor.account);
            }
            Some(Reach::Unit) => {
                any = true;
                if let Some(root) = &grant.unit {
                    filter.units.extend(units.reach(root));
                }
            }
        }
    }
    filter.everything = !filter.units.is_empty() && filter.units.len() == units.iter().count();
    if any { Ok(filter) } else { Err(Denied::Forbidden) }
}
