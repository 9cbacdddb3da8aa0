//! The filters of a list of dossiers, in the store's terms.

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar;
use domain::dossier::figure::Figure;
use domain::dossier::queue::Bounds;
use domain::unit::Units;
use persistence::dossiers::{Counted, Order, Query as Wanted};

use crate::app::reference::Reference;
use crate::app::statistics::{AsOf, Filters};
use crate::http::problem::Problem;
use crate::http::routes::statistics::as_of;
use crate::http::views::dossiers::{CountedAs, DossiersQuery, Sort};
use crate::state::State;

/// What a figure counts, in the store's terms, as of a moment.
fn counted(figure: CountedAs, from: Option<NaiveDate>, at: AsOf) -> (Counted, DateTime<Utc>) {
    let had = |figure| Counted::Had(figure);
    let counted = match figure {
        // What was open before the first day; before the beginning nothing was.
        CountedAs::CarriedOver => {
            let before = from.map_or(DateTime::UNIX_EPOCH, |from| AsOf::before(from).0);
            return (Counted::UnderReview, before);
        }
        CountedAs::Open | CountedAs::UnderReview => Counted::UnderReview,
        CountedAs::OpenOverdue => Counted::OpenOverdue,
        CountedAs::Settled => Counted::Settled,
        CountedAs::OtherResults => Counted::OtherResults,
        CountedAs::ReceivedOnline => Counted::ReceivedOnline,
        CountedAs::Received => had(Figure::Received),
        CountedAs::Approved => had(Figure::Approved),
        CountedAs::Rejected => had(Figure::Rejected),
        CountedAs::InTime => had(Figure::InTime),
        CountedAs::Late => had(Figure::Late),
        CountedAs::Withdrawn => had(Figure::Withdrawn),
        CountedAs::Stopped => had(Figure::Stopped),
        CountedAs::NotAccepted => had(Figure::NotAccepted),
    };
    (counted, at.0)
}

/// The units that received what a list is narrowed to; none when it is not.
fn received_by(q: &DossiersQuery, units: &Units) -> Option<Vec<String>> {
    let below = q.unit.as_ref().map(|unit| units.reach(unit));
    let named: Option<Vec<String>> = q.received_by.as_ref().map(|named| match q.map {
        None => named.split(',').map(ToOwned::to_owned).collect(),
        Some(day) => {
            let stands = |code: &str| units.on_map(code, day).join(",") == *named;
            units.iter().map(|u| u.code.clone()).filter(|code| stands(code)).collect()
        }
    });
    match (below, named) {
        (None, named) => named,
        (Some(below), None) => Some(below.into_iter().collect()),
        (Some(below), Some(named)) => Some(named.into_iter().filter(|u| below.contains(u)).collect()),
    }
}

/// The filters of a list in the store's terms.
///
/// # Errors
/// 400 when `as_of` cannot be read.
pub(super) fn wanted(state: &State, q: &DossiersQuery, reference: &Reference) -> Result<Wanted, Problem> {
    let at = as_of(q.as_of.as_deref(), &state.clock)?;
    let from = q.from.filter(|d| calendar::in_range(*d));
    let filters = Filters { field: q.field.clone(), online_level: q.online_level, ..Filters::default() };
    let days = state.config.due_soon_working_days;
    let bounds = Bounds::new(state.clock.now(), days, &reference.rules.calendar);
    Ok(Wanted {
        procedure: q.procedure.clone(),
        procedures: filters.procedures(reference, q.catalogue_on.unwrap_or_else(|| at.day())),
        reason: q.reason.clone(),
        ended_by_unit: q.officer_unit.clone(),
        status: q.status,
        outcome: q.outcome,
        units: received_by(q, &reference.units),
        channel: q.channel,
        submitted_from: q.submitted_from.filter(|d| calendar::in_range(*d)).map(calendar::start_of),
        submitted_before: q
            .submitted_to
            .filter(|d| calendar::in_range(*d))
            .and_then(|d| d.succ_opt())
            .map(calendar::start_of),
        late: q.late.map(|late| (late, state.clock.now())),
        counted: q.figure.map(|figure| counted(figure, from, at)),
        counted_from: from.map(calendar::start_of),
        stage: q.stage,
        open: q.open,
        lateness: q.lateness.map(|lateness| (lateness, bounds)),
        stage_lateness: q.stage_lateness.map(|lateness| (lateness, bounds)),
        order: match q.sort {
            None | Some(Sort::NewestFirst) => Order::NewestFirst,
            Some(Sort::OldestFirst) => Order::OldestFirst,
            Some(Sort::DueFirst) => Order::DueFirst,
            Some(Sort::StageDueFirst) => Order::StageDueFirst,
        },
        ..Wanted::default()
    })
}
