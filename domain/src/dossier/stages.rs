//! Thời hạn của từng bước: how long each stage of the way took, beside its own share of the limit.
//!
//! Owns the clock of a stage, which begins anew whenever a dossier comes to it. Pauses are taken out
//! and days counted as for the dossier itself ([`crate::deadline`]). A due date moved by letter of
//! apology moves no stage: what was promised to the applicant is one thing, the share of an office
//! another.

use chrono::{DateTime, Utc};

use super::event::Event;
use super::status::Clock;
use super::{Dossier, PauseSpan};
use crate::access::Action;
use crate::calendar::Calendar;
use crate::deadline::{self, DeadlineError, Limit, Pause};
use crate::procedure::Procedure;

/// Một lần hồ sơ ở một bước: from when a dossier came to a stage until it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageTime {
    /// The stage, from 1.
    pub stage: i32,
    /// When it came there: the acceptance, or the step that brought it.
    pub began_at: DateTime<Utc>,
    /// The stage's own share of the limit; none where the procedure gives it none.
    pub limit: Option<Limit>,
    /// When that share is used up; none without a limit and while a pause lasts.
    pub due_at: Option<DateTime<Utc>>,
    /// When it went on, back, or was decided or ended; none while it is there.
    pub ended_at: Option<DateTime<Utc>>,
}

impl StageTime {
    /// Whether it took, or by now has taken, longer than its share.
    pub fn is_late(&self, now: DateTime<Utc>) -> bool {
        self.due_at.is_some_and(|due| self.ended_at.unwrap_or(now) > due)
    }
}

/// When the share of a stage is used up for a dossier that came to it at an instant.
///
/// # Errors
/// [`DeadlineError`] when the share cannot be reckoned with.
pub fn due_at(
    began_at: DateTime<Utc>,
    limit: Option<&Limit>,
    pauses: &[PauseSpan],
    calendar: &Calendar,
) -> Result<Option<DateTime<Utc>>, DeadlineError> {
    let Some(limit) = limit else { return Ok(None) };
    // Asked for and brought in the same instant: nothing to take out.
    let positive = pauses.iter().filter(|p| p.to.is_none_or(|to| to > p.from));
    let pauses: Vec<Pause> = positive.map(|p| Pause { from: p.from, to: p.to }).collect();
    Ok(deadline::compute(began_at, limit, &pauses, calendar)?.due_at)
}

/// Every stay of a dossier at a stage, oldest first, from all of its events in their order; none
/// before acceptance. A stage it was sent back to stands in the list again.
///
/// # Errors
/// [`DeadlineError`] when the share of a stage cannot be reckoned with.
pub fn stages(
    dossier: &Dossier,
    events: &[Event],
    procedure: &Procedure,
    calendar: &Calendar,
) -> Result<Vec<StageTime>, DeadlineError> {
    let mut stays: Vec<(i32, DateTime<Utc>, Option<DateTime<Utc>>)> = Vec::new();
    let first = procedure.stages.iter().map(|s| s.order).min().unwrap_or(1);
    for event in events {
        let ends = |stays: &mut Vec<(_, _, Option<DateTime<Utc>>)>| {
            if let Some((_, _, end)) = stays.last_mut().filter(|(_, _, end)| end.is_none()) {
                *end = Some(event.at);
            }
        };
        match event.action {
            Action::Accept => stays.push((first, event.at, None)),
            Action::Forward | Action::SendBack => {
                ends(&mut stays);
                let stage = event.detail.to_stage.unwrap_or(dossier.stage);
                stays.push((stage, event.at, None));
            }
            // Decided, withdrawn or stopped; handing over comes after.
            _ if event.clock == Clock::Stopped => ends(&mut stays),
            _ => {}
        }
    }
    stays
        .into_iter()
        .map(|(stage, began_at, ended_at)| {
            let limit = procedure.stage(stage).and_then(|s| s.limit);
            let due_at = due_at(began_at, limit.as_ref(), &dossier.pauses, calendar)?;
            Ok(StageTime { stage, began_at, limit, due_at, ended_at })
        })
        .collect()
}
