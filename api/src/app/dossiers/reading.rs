//! Reading dossiers: one, its events, lists and counts, and following one without signing in. It must
//! write nothing.

use domain::access::{self, Action, ListFilter};
use domain::dossier::Dossier;
use domain::dossier::number::DossierCode;
use persistence::dossiers::{Head, Listed, Place, Query, Stored};
use persistence::events::Recorded;
use persistence::{Reader, dossiers, events};

use super::{authorize, hash};
use crate::app::Cx;
use crate::app::error::Error;

/// The dossier with this code, if the actor may see it.
///
/// # Errors
/// Not found, also when it is hidden; those of the store.
pub fn get(cx: &Cx, reader: &mut Reader<'_>, code: &DossierCode) -> Result<Stored, Error> {
    let stored = dossiers::get(reader, code)?;
    authorize(cx, Action::ReadDossier, &stored.dossier)?;
    Ok(stored)
}

/// The dossier with this code, if the actor may see it, with its [`possible_duplicates`].
///
/// # Errors
/// As [`get`].
pub fn get_with_duplicates(
    cx: &Cx,
    reader: &mut Reader<'_>,
    code: &DossierCode,
) -> Result<(Stored, Option<Vec<String>>), Error> {
    let (stored, alike) = dossiers::get_and_whether_alike(reader, code)?;
    authorize(cx, Action::ReadDossier, &stored.dossier)?;
    let duplicates = match alike {
        true => possible_duplicates(cx, reader, &stored.dossier)?,
        false => cx.actor.sees_persons().then(Vec::new),
    };
    Ok((stored, duplicates))
}

/// Most possible duplicates that are told.
const DUPLICATES: usize = 20;

/// Codes of other dossiers of the same procedure about the same person that are not over, newest
/// first, as far as the actor may read them, at most twenty; none for who does not see persons.
///
/// # Errors
/// Those of the store.
pub fn possible_duplicates(
    cx: &Cx,
    reader: &mut Reader<'_>,
    dossier: &Dossier,
) -> Result<Option<Vec<String>>, Error> {
    if !cx.actor.sees_persons() {
        return Ok(None);
    }
    let person = dossier.applicant.personal_id.as_str();
    let found = dossiers::possible_duplicates(reader, &dossier.procedure, person, dossier.id)?;
    let readable = |head: &Head| {
        head.ask(|subject| {
            access::authorize(&cx.actor, Action::ReadDossier, subject, &cx.reference.units).is_ok()
        })
    };
    Ok(Some(found.into_iter().filter(readable).take(DUPLICATES).map(|head| head.code).collect()))
}

/// Events of a dossier after number `after`.
///
/// # Errors
/// As [`get`].
pub fn events(
    cx: &Cx,
    reader: &mut Reader<'_>,
    code: &DossierCode,
    after: i64,
    limit: i64,
) -> Result<Vec<Recorded>, Error> {
    let stored = get(cx, reader, code)?;
    Ok(events::list(reader, stored.dossier.id, after, limit)?)
}

/// What of a list the actor may see. The list behind a figure is exactly what was counted for
/// them, where they may see figures at all: not also what is their own or of other units.
fn seen(cx: &Cx, query: &Query) -> Result<ListFilter, Error> {
    let seen = access::list_filter(&cx.actor, Action::ReadDossier, &cx.reference.units)?;
    if query.counted.is_none() || !cx.actor.may_somewhere(Action::ReadStatistics) {
        return Ok(seen);
    }
    let counted = access::list_filter(&cx.actor, Action::ReadStatistics, &cx.reference.units)?;
    let units = seen.units.intersection(&counted.units).cloned().collect();
    let everything = seen.everything && counted.everything;
    Ok(ListFilter { units, everything, ..ListFilter::default() })
}

/// A page of dossiers that the actor may see.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn list(
    cx: &Cx,
    reader: &mut Reader<'_>,
    query: &Query,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    Ok(dossiers::list(reader, &seen(cx, query)?, query, after, limit)?)
}

/// How many dossiers of a list the actor may see.
///
/// # Errors
/// As [`list`].
pub fn count(cx: &Cx, reader: &mut Reader<'_>, query: &Query, cap: Option<i64>) -> Result<i64, Error> {
    Ok(dossiers::count_matching(reader, &seen(cx, query)?, query, cap)?)
}

/// What proves that somebody may follow a dossier.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The secret of the receipt.
    Secret(String),
    /// The last four digits of the applicant's identifier.
    LastFour(String),
}

/// A dossier to be followed by who has its code and a proof.
///
/// # Errors
/// [`persistence::Error::NotFound`], alike for an unknown code and a wrong proof.
pub fn track(reader: &mut Reader<'_>, code: &DossierCode, proof: &Proof) -> Result<Stored, Error> {
    // Reckoned before anything is looked up, so that an unknown code takes as long as a wrong proof.
    let digest = match proof {
        Proof::Secret(secret) => hash(&secret.trim().to_uppercase()),
        Proof::LastFour(digits) => hash(digits),
    };
    let stored = dossiers::get(reader, code)?;
    // Digests are compared, so the time taken tells nothing of the secret.
    let proven = match proof {
        Proof::Secret(_) => digest == stored.secret_hash,
        Proof::LastFour(_) => digest == hash(stored.dossier.applicant.personal_id.last4()),
    };
    if proven { Ok(stored) } else { Err(persistence::Error::NotFound.into()) }
}
