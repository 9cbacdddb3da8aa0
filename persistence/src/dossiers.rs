//! Dossiers: one row each, found by code, listed by keyset.
//!
//! Owns rows and queries. Whether a change is legal is decided before it comes here; [`save`]
//! only makes sure that nobody else changed the dossier meanwhile.

mod heads;
mod list;
mod names;
#[cfg(test)]
mod plans;
mod query;
mod register;
mod row;
mod scope;
mod written;

pub mod reckoned;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::dossier::Dossier;
use domain::dossier::event::Event;
use domain::dossier::figure;
use domain::dossier::number::DossierCode;
use serde_json::Value;

pub(crate) use self::heads::{HEAD, HeadRow, with_whether_alike};
pub use self::heads::{Head, heads, possible_duplicates};
pub use self::list::{Listed, Place, count_matching, list};
pub use self::names::Way;
pub(crate) use self::query::{Condition, visible};
pub use self::query::{Counted, Order, Query};
pub use self::register::{Period, Registered, register};
use self::row::Changed;
pub(crate) use self::row::DossierRow;
use crate::backend::on_each;
use crate::column::Id;
use crate::error::Error;
use crate::papers::{self, NewPaper};
use crate::schema::dossiers;
use crate::store::{Reader, WriteTx};
use crate::{chain, events, figures};

/// A dossier with what is kept beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The dossier.
    pub dossier: Dossier,
    /// What was filled in.
    pub form: Value,
    /// Digest of the tracking secret.
    pub secret_hash: String,
    /// What another system said of it.
    pub portal: Option<Value>,
    event_hash: String,
    ended_by_unit: Option<String>,
}

/// What is kept beside a new dossier.
#[derive(Debug, Clone)]
pub struct Beside {
    /// What was filled in.
    pub form: Value,
    /// Digest of the tracking secret.
    pub secret_hash: String,
    /// What another system says of it.
    pub portal: Option<Value>,
}

impl Stored {
    /// A dossier that was just opened and will stand in the store when the batch is committed.
    pub fn fresh(dossier: Dossier, beside: Beside) -> Self {
        Self {
            dossier,
            form: beside.form,
            secret_hash: beside.secret_hash,
            portal: beside.portal,
            event_hash: String::new(),
            ended_by_unit: None,
        }
    }

    /// The same after a transition.
    #[must_use]
    pub fn after(self, dossier: Dossier, form: Value) -> Self {
        Self { dossier, form, ..self }
    }
}

/// The dossier with this code.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, code: &DossierCode) -> Result<Stored, Error> {
    if let Some(row) = reader.foreseen.as_mut().and_then(|foreseen| foreseen.dossier(code)) {
        return row.read();
    }
    let of_code = dossiers::table.filter(dossiers::code.eq(code.as_str()));
    // On each database by itself: the connection then knows the statement without writing it out.
    on_each!(reader.conn, inner => of_code.first::<DossierRow>(inner))?.read()
}

/// The dossier with this code, and whether [`possible_duplicates`] has any for it, by one statement: there
/// is seldom one, and whoever reads a dossier need not ask twice.
///
/// # Errors
/// As [`get`].
pub fn get_and_whether_alike(reader: &mut Reader<'_>, code: &DossierCode) -> Result<(Stored, bool), Error> {
    let foreseen = reader.foreseen.as_mut().and_then(|foreseen| foreseen.shown(code));
    let (row, alike) = match foreseen {
        Some(found) => found,
        // On each database by itself: the connection then knows the statement without writing it out.
        None => on_each!(reader.conn, inner => {
            with_whether_alike!().filter(dossiers::code.eq(code.as_str())).first(inner)
        })?,
    };
    Ok((row.read()?, alike))
}

/// Which of these codes are taken.
///
/// # Errors
/// Those of the database.
pub fn known(reader: &mut Reader<'_>, codes: &[String]) -> Result<Vec<String>, Error> {
    Ok(dossiers::table.filter(dossiers::code.eq_any(codes)).select(dossiers::code).load(reader.conn)?)
}

/// Records a new dossier with its first events, papers and figures, at the end of the batch.
///
/// # Errors
/// [`Error::Corrupt`] when something has no stored form.
pub fn insert(
    tx: &mut WriteTx<'_>,
    dossier: &Dossier,
    beside: Beside,
    events: &[Event],
    handed_in: &[NewPaper],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mut hash = chain::FIRST.to_owned();
    for event in events {
        hash = events::append(tx, &hash, event, now)?;
    }
    let ended_by_unit = events.iter().find_map(figure::ended_by_unit);
    let row = DossierRow::of(dossier, beside, hash, ended_by_unit)?;
    tx.appends.dossiers.push(row);
    papers::append(tx, dossier.id, handed_in, now);
    Ok(())
}

/// Appends what the change that `event` tells of adds to the figures.
pub fn count(tx: &mut WriteTx<'_>, before: Option<&Dossier>, after: &Dossier, event: &Event) {
    figures::append(tx, before, after, event);
}

/// Saves a dossier after a transition, with its event, papers and figures.
///
/// # Errors
/// [`Error::Stale`] when somebody else changed it since `before` was read.
pub fn save(
    tx: &mut WriteTx<'_>,
    before: &Stored,
    after: &Dossier,
    event: &Event,
    form: Option<Value>,
    handed_in: &[NewPaper],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let event_hash = events::append(tx, &before.event_hash, event, now)?;
    let form = form.unwrap_or_else(|| before.form.clone());
    let ended_by_unit = figure::ended_by_unit(event).or_else(|| before.ended_by_unit.clone());
    let changed = Changed::of(after, form, event_hash, ended_by_unit)?;
    let unchanged = dossiers::table
        .filter(dossiers::id.eq(Id(after.id.0)))
        .filter(dossiers::version.eq(before.dossier.version));
    if on_each!(tx.change(), inner => diesel::update(unchanged).set(changed).execute(inner))? != 1 {
        return Err(Error::Stale);
    }
    figures::append(tx, Some(&before.dossier), after, event);
    papers::append(tx, after.id, handed_in, now);
    Ok(())
}
