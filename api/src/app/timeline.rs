//! A dossier told to its applicant: what happened in plain sentences, who acts next, what can be done.

use chrono::{DateTime, Utc};
use domain::access::Action;
use domain::dossier::next::{self, CanDo, Names, Next, Words};
use domain::dossier::number::DossierCode;
use domain::dossier::{Dossier, rating, timeline};
use persistence::{Reader, ratings};

use super::Cx;
use super::dossiers;
use super::error::Error;
use super::reference::Reference;

/// Something that happened, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Number of the event.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub action: Action,
    /// In a sentence.
    pub text: Words,
}

/// A dossier as it is told.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// The dossier.
    pub dossier: Dossier,
    /// What happened, oldest first.
    pub told: Vec<Told>,
    /// Who acts next.
    pub next: Next,
    /// What the applicant can do now.
    pub can_do: Vec<CanDo>,
}

fn names<'a>(reference: &'a Reference, dossier: &'a Dossier) -> Result<Names<'a>, Error> {
    Ok(Names {
        unit: reference.units.get(&dossier.unit).map_or(dossier.unit.as_str(), |u| u.name_vi.as_str()),
        procedure: &reference.version(dossier.procedure_version)?.procedure,
    })
}

/// Who acts next on a dossier, what, and until when.
///
/// # Errors
/// As [`Reference::version`].
pub fn next_of(reference: &Reference, dossier: &Dossier, now: DateTime<Utc>) -> Result<Next, Error> {
    Ok(next::next(dossier, &names(reference, dossier)?, now))
}

/// What happened to a dossier after event number `after`, and what comes next. Reasons are told to
/// those who may see whom the dossier is about.
///
/// # Errors
/// Not found, also when it is hidden; those of the store.
pub fn read(
    cx: &Cx,
    reader: &mut Reader<'_>,
    code: &DossierCode,
    after: i64,
    limit: i64,
) -> Result<Timeline, Error> {
    let dossier = dossiers::get(cx, reader, code)?.dossier;
    let events = persistence::events::list(reader, dossier.id, after, limit)?;
    let names = names(&cx.reference, &dossier)?;
    let with_reasons = cx.actor.sees_persons();
    let told = events
        .iter()
        .map(|recorded| &recorded.event)
        .map(|event| Told {
            seq: event.seq,
            at: event.at,
            action: event.action,
            text: timeline::told(event, dossier.channel, &names, with_reasons),
        })
        .collect();
    let (next, mut can_do) = (next::next(&dossier, &names, cx.now), next::can_do(&dossier));
    if rating::is_open(dossier.status) && ratings::get(reader, dossier.id)?.is_none() {
        can_do.push(next::can_rate());
    }
    Ok(Timeline { told, next, can_do, dossier })
}
