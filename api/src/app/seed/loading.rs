//! Putting a set of reference data in force.

use chrono::{DateTime, Utc};
use domain::calendar::day_of;
use domain::dossier::transition::Violation;
use persistence::reference::{self, Publication};
use persistence::{Store, rule_books, units};

use super::{Set, unreadable};
use crate::app::error::Error;
use crate::app::procedures::exchange::{self, Catalogue, Contents, Item, Missing, Options, When};
use crate::app::recomputations::{self, By};
use crate::clock::Clock;

/// What loading did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Units in the files.
    pub units: usize,
    /// Procedures in the files.
    pub procedures: usize,
    /// Versions that are new.
    pub new_versions: usize,
    /// Whether the rule book is new.
    pub new_rules: bool,
    /// The version that an administrator published and that the shipped set left in force.
    pub kept: Option<String>,
    /// Open dossiers that will be reckoned anew.
    pub to_reckon: i64,
}

/// What is wrong, in a line.
fn told(wrong: &[Violation]) -> String {
    wrong.iter().map(|v| format!("{}: {}", v.pointer, v.message_en)).collect::<Vec<_>>().join("; ")
}

/// Puts a set in force. A procedure that says other than its version in force gets a new one from
/// today on. The shipped set leaves the rule book in force that an administrator published: it is loaded
/// on every start of an installation, and would take back what was decided since. Blocks.
///
/// # Errors
/// [`Error::Internal`] naming what cannot be read; those of the store.
pub fn load(store: &Store, clock: &Clock, set: &Set) -> Result<Loaded, Error> {
    let (book, all_units) = (set.rule_book()?, set.units()?);
    let catalogue = Catalogue { items: set.procedures()?, contents: Contents::new() };
    for Item { procedure, .. } in &catalogue.items {
        procedure.form_schema.as_deref().map(crate::app::reference::compile).transpose()?;
    }
    let now: DateTime<Utc> = clock.now();
    let chosen = set.chosen;
    store.write_blocking("reference", move |tx| -> Result<Loaded, Error> {
        let (mut new_rules, mut kept, mut to_reckon) = (false, None, 0);
        // Other spellings of what is in force are no other law.
        let book = match reference::current(&mut tx.reader())? {
            Some(current) => crate::app::rule_books::keep_names(&book, &current),
            None => book.clone(),
        };
        let current = rule_books::in_force(&mut tx.reader())?;
        match current.filter(|v| !chosen && v.published_by.is_some() && v.name != book.version) {
            Some(version) => kept = Some(version.name),
            None => {
                let published = reference::publish(tx, &book, &Publication::default(), now)?;
                new_rules = published.changed;
                if published.changed {
                    let by = By::operator(None);
                    let job = recomputations::begin(tx, &book, published.previous.as_deref(), &by, now)?;
                    to_reckon = job.map_or(0, |job| job.total);
                }
            }
        }
        units::save_all(tx, &all_units)?;
        let options = Options { from: day_of(now), missing: Missing::Keep };
        // Its forms were compiled above; what else it lacks is the reference's own, with its basis.
        let difference = exchange::merge(tx, &catalogue, When { now, options, told: false }, |_| Vec::new());
        let difference = difference.map_err(|error| match error {
            Error::Invalid(wrong) => unreadable("procedures.csv", told(&wrong)),
            other => other,
        })?;
        let new_versions = difference.added.len().saturating_add(difference.changed.len());
        reference::raise(tx)?;
        let (units, procedures) = (all_units.len(), catalogue.items.len());
        Ok(Loaded { units, procedures, new_versions, new_rules, kept, to_reckon })
    })
}
