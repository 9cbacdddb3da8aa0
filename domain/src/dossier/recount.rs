//! The figures of a dossier, counted anew from nothing but its events.
//!
//! A second way to what [`figure::effects`] adds up change by change, so
//! that one can be checked against the other. It must not look at the dossier itself.

use chrono::{DateTime, Utc};

use super::event::Event;
use super::figure::{self, Figure};
use super::status::{Outcome, Status};

/// The end of a dossier by an officer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The unit at which the officer holds the role.
    pub unit: String,
    /// The figures that are counted by it.
    pub figures: Vec<(Figure, DateTime<Utc>)>,
}

/// What the events of a dossier come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recount {
    /// Each figure with the instant it is counted at.
    pub figures: Vec<(Figure, DateTime<Utc>)>,
    /// Who ended it, if an officer did.
    pub ended_by: Option<Ended>,
    /// The coded reason of a decline.
    pub declined_for: Option<(String, DateTime<Utc>)>,
    /// When it was submitted.
    pub received_at: Option<DateTime<Utc>>,
    /// When it was decided or ended.
    pub over_at: Option<DateTime<Utc>>,
}

/// Counts the events of one dossier, in their order.
pub fn recount(events: &[Event]) -> Recount {
    let mut out = Recount::default();
    // The due instant in force, with the instant from which the dossier counts as overdue.
    let mut due: Option<(DateTime<Utc>, DateTime<Utc>)> = None;
    for event in events {
        if event.from.is_none() {
            out.figures.push((Figure::Received, event.at));
            out.received_at = Some(event.at);
        }
        if out.over_at.is_some() {
            continue;
        }
        let ends = match event.to {
            Status::Completed => {
                let for_it = event.detail.outcome == Some(Outcome::Approved);
                let late = due.is_some_and(|(due, _)| event.at > due);
                vec![
                    if for_it { Figure::Approved } else { Figure::Rejected },
                    if late { Figure::Late } else { Figure::InTime },
                ]
            }
            Status::NotAccepted => vec![Figure::NotAccepted],
            Status::Withdrawn => vec![Figure::Withdrawn],
            Status::Stopped => vec![Figure::Stopped],
            _ => Vec::new(),
        };
        let moved = event.detail.due_before.is_some() || event.detail.due_after.is_some();
        if let Some((_, since)) = due.filter(|(_, since)| (moved || !ends.is_empty()) && event.at > *since) {
            out.figures.push((Figure::OverdueBegan, since));
            out.figures.push((Figure::OverdueEnded, event.at));
        }
        if moved {
            due = event.detail.due_after.map(|due| (due, due.max(event.at)));
        }
        if ends.is_empty() {
            continue;
        }
        let ends: Vec<(Figure, DateTime<Utc>)> = ends.into_iter().map(|figure| (figure, event.at)).collect();
        out.over_at = Some(event.at);
        if event.to == Status::NotAccepted {
            let reason = event.reason_code.clone().unwrap_or_else(|| figure::NOT_CODED.to_owned());
            out.declined_for = Some((reason, event.at));
        }
        out.ended_by = figure::ended_by_unit(event).map(|unit| Ended { unit, figures: ends.clone() });
        out.figures.extend(ends);
    }
    out
}
