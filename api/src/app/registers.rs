//! What is printed of dossiers: the receipt, the control sheet, the register.

use chrono::{DateTime, Utc};
use domain::access::{self, Action};
use domain::dossier::control::{self, HandOver};
use domain::dossier::number::DossierCode;
use domain::dossier::stages::StageTime;
use persistence::dossiers::{Period, Registered, Stored};
use persistence::papers::{self, Paper};
use persistence::{Reader, assignments, dossiers, events};
use uuid::Uuid;

use super::error::Error;
use super::{Cx, dossiers as use_cases};

/// Most events of a control sheet.
const EVENTS: i64 = 1_000;

/// A dossier and every time it changed hands.
#[derive(Debug, Clone)]
pub struct ControlSheet {
    /// The dossier.
    pub stored: Stored,
    /// Hand-overs, oldest first.
    pub items: Vec<HandOver>,
    /// Every stay at a stage, oldest first.
    pub stages: Vec<StageTime>,
}

/// The control sheet of a dossier.
///
/// # Errors
/// Not found or hidden, forbidden; those of the store.
pub fn control_sheet(cx: &Cx, reader: &mut Reader<'_>, code: &DossierCode) -> Result<ControlSheet, Error> {
    let stored = use_cases::get(cx, reader, code)?;
    let dossier = &stored.dossier;
    let persons = dossier.persons();
    let subject =
        access::Subject { unit: &dossier.unit, persons: &persons, submitted_by: dossier.submitted_by };
    access::authorize(&cx.actor, Action::ReadRegister, &subject, &cx.reference.units)?;
    let happened: Vec<_> =
        events::list(reader, dossier.id, 0, EVENTS)?.into_iter().map(|recorded| recorded.event).collect();
    let present = assignments::of_dossier(reader, dossier.id)?;
    let items = control::sheet(&happened, &present, &cx.reference.rules.calendar);
    let stages = use_cases::stays(cx, reader, &stored.dossier, &happened)?;
    Ok(ControlSheet { stored, items, stages })
}

/// A dossier and what was handed in with it.
///
/// # Errors
/// Not found or hidden; those of the store.
pub fn receipt(cx: &Cx, reader: &mut Reader<'_>, code: &DossierCode) -> Result<(Stored, Vec<Paper>), Error> {
    let stored = use_cases::get(cx, reader, code)?;
    let papers = papers::of_dossier(reader, stored.dossier.id, false)?;
    Ok((stored, papers))
}

/// Lines of the register of a period within the actor's reach, narrowed to a unit and what belongs
/// to it, after the given place.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn register(
    cx: &Cx,
    reader: &mut Reader<'_>,
    unit: Option<&str>,
    (from, before): (DateTime<Utc>, DateTime<Utc>),
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Registered>, Error> {
    let seen = access::list_filter(&cx.actor, Action::ReadRegister, &cx.reference.units)?;
    let units = unit.map(|unit| cx.reference.units.reach(unit).into_iter().collect());
    Ok(dossiers::register(reader, &seen, &Period { units, from, before }, after, limit)?)
}
