//! What a rule book would do, as it is shown: due dates, verdicts, and what cannot be reckoned.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::dossier::transition::Violation;
use persistence::dossiers::reckoned::Place;
use persistence::rehearsals::Counts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::app::rule_books::impact::{
    self, Change, DueDates, Moved, OutcomeChange, Outcomes, Simulation, Unreckonable,
};
use crate::http::views::At;

/// Why something cannot be reckoned
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReasonView {
    /// JSON pointer into what it was reckoned from
    #[schema(example = "/form/contributions")]
    pub pointer: String,
    /// Stable code
    #[schema(example = "no_rule_in_force")]
    pub code: String,
    /// In Vietnamese
    pub message_vi: String,
    /// In English
    pub message_en: String,
}

impl ReasonView {
    /// A reason as it is shown.
    pub fn of(v: &Violation) -> Self {
        Self {
            pointer: v.pointer.clone(),
            code: v.code.to_owned(),
            message_vi: v.message_vi.clone(),
            message_en: v.message_en.clone(),
        }
    }
}

/// A dossier that cannot be reckoned, and why
#[derive(Debug, Serialize, ToSchema)]
pub struct UnreckonableView {
    /// Dossier code
    pub code: String,
    /// Unit
    pub unit: String,
    /// Procedure
    pub procedure: String,
    /// Why
    pub reasons: Vec<ReasonView>,
}

impl UnreckonableView {
    fn of(u: &Unreckonable) -> Self {
        Self {
            code: u.code.clone(),
            unit: u.unit.clone(),
            procedure: u.procedure.clone(),
            reasons: u.reasons.iter().map(ReasonView::of).collect(),
        }
    }
}

/// An open dossier whose due date would move, or cannot be reckoned
#[derive(Debug, Serialize, ToSchema)]
pub struct DueDateChangeView {
    /// Dossier code
    pub code: String,
    /// Unit
    pub unit: String,
    /// Procedure
    pub procedure: String,
    /// Due now; null when it cannot be reckoned or there is none
    pub due_before: Option<At>,
    /// Due then; null when it cannot be reckoned or there is none
    pub due_after: Option<At>,
    /// By how many days; negative for earlier; null when it cannot be reckoned
    pub days: Option<i64>,
    /// Why it cannot be reckoned and would stay; empty when it moves
    pub reasons: Vec<ReasonView>,
}

impl DueDateChangeView {
    /// A change as it is shown.
    pub fn of(change: &Change) -> Self {
        match change {
            Change::Moved(m) => Self {
                code: m.code.clone(),
                unit: m.unit.clone(),
                procedure: m.procedure.clone(),
                due_before: m.before.map(At),
                due_after: m.after.map(At),
                days: Some(m.days),
                reasons: Vec::new(),
            },
            Change::Failed(u) => Self {
                code: u.code.clone(),
                unit: u.unit.clone(),
                procedure: u.procedure.clone(),
                due_before: None,
                due_after: None,
                days: None,
                reasons: u.reasons.iter().map(ReasonView::of).collect(),
            },
        }
    }
}

/// A dossier whose due date would move
#[derive(Debug, Serialize, ToSchema)]
pub struct MovedView {
    /// Dossier code
    pub code: String,
    /// Unit
    pub unit: String,
    /// Procedure
    pub procedure: String,
    /// Due now
    pub due_before: Option<At>,
    /// Due then
    pub due_after: Option<At>,
    /// By how many days; negative for earlier
    pub days: i64,
}

impl MovedView {
    fn of(m: &Moved) -> Self {
        Self {
            code: m.code.clone(),
            unit: m.unit.clone(),
            procedure: m.procedure.clone(),
            due_before: m.before.map(At),
            due_after: m.after.map(At),
            days: m.days,
        }
    }
}

/// How many due dates cannot be reckoned for one reason
#[derive(Debug, Serialize, ToSchema)]
pub struct UnreckonableReasonView {
    /// Stable code
    #[schema(example = "out_of_range")]
    pub code: String,
    /// In Vietnamese
    pub message_vi: String,
    /// In English
    pub message_en: String,
    /// Dossiers
    pub dossiers: i64,
}

/// What would become of the due dates of open dossiers, in numbers
#[derive(Debug, Serialize, ToSchema)]
pub struct DueDateCountsView {
    /// Dossiers looked at
    pub examined: i64,
    /// Those that would move
    pub moved: i64,
    /// Those due later
    pub later: i64,
    /// Those due earlier
    pub earlier: i64,
    /// Those whose due date cannot be reckoned and would stay
    pub failed: i64,
    /// How many would move by how many days, by days
    pub shifts: BTreeMap<String, i64>,
    /// How many cannot be reckoned for which reason
    pub reasons: Vec<UnreckonableReasonView>,
}

impl DueDateCountsView {
    /// Counts as they are shown.
    pub fn of(counts: &Counts) -> Self {
        let reasons = counts.reasons.iter().map(|(code, of)| UnreckonableReasonView {
            code: code.clone(),
            message_vi: of.message_vi.clone(),
            message_en: of.message_en.clone(),
            dossiers: of.dossiers,
        });
        Self {
            examined: counts.examined,
            moved: counts.moved,
            later: counts.later,
            earlier: counts.earlier,
            failed: counts.failed,
            shifts: counts.shifts.iter().map(|(days, n)| (days.to_string(), *n)).collect(),
            reasons: reasons.collect(),
        }
    }
}

/// What would become of the due dates of open dossiers
#[derive(Debug, Serialize, ToSchema)]
pub struct DueDatesView {
    /// Whether all open ones were looked at; otherwise time was over and the counts are lower bounds, which
    /// `POST /rule-books/{id}/rehearsals` has completed
    pub complete: bool,
    /// In numbers
    #[serde(flatten)]
    pub counts: DueDateCountsView,
    /// The first 200 of them that the caller may see
    pub items: Vec<MovedView>,
    /// Those that cannot be reckoned, as many, and why
    pub failures: Vec<UnreckonableView>,
    /// Where `GET /rule-books/{id}/due-dates` goes on with the rest; null when all are listed
    pub next_cursor: Option<String>,
}

impl DueDatesView {
    /// Due dates as they are shown; `cursor` tells where the list goes on.
    pub fn of(d: &DueDates, cursor: impl Fn(&Place) -> String) -> Self {
        Self {
            complete: d.complete,
            counts: DueDateCountsView::of(&d.counts),
            items: d.items.iter().map(MovedView::of).collect(),
            failures: d.failures.iter().map(UnreckonableView::of).collect(),
            next_cursor: d.rest.as_ref().map(cursor),
        }
    }
}

/// A verdict of the law in short
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictView {
    /// Whether there is a benefit
    pub eligible: bool,
    /// Monthly benefit
    pub monthly_vnd: Option<i64>,
    /// Benefit months
    pub months: Option<u32>,
    /// First day
    pub starts_on: Option<NaiveDate>,
    /// Sum of all months
    pub total_vnd: Option<i64>,
    /// Version of law and amounts
    pub rule_version: String,
}

impl VerdictView {
    fn of(v: &impact::Verdict) -> Self {
        Self {
            eligible: v.eligible,
            monthly_vnd: v.monthly_vnd,
            months: v.months,
            starts_on: v.starts_on,
            total_vnd: v.total_vnd,
            rule_version: v.rule_version.clone(),
        }
    }
}

/// A dossier on which the law would speak otherwise
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeChangeView {
    /// Dossier code
    pub code: String,
    /// Unit
    pub unit: String,
    /// Procedure
    pub procedure: String,
    /// The verdict that was recorded, or that the rules in force give
    pub before: VerdictView,
    /// The verdict of this rule book
    pub after: VerdictView,
}

impl OutcomeChangeView {
    fn of(c: &OutcomeChange) -> Self {
        Self {
            code: c.code.clone(),
            unit: c.unit.clone(),
            procedure: c.procedure.clone(),
            before: VerdictView::of(&c.before),
            after: VerdictView::of(&c.after),
        }
    }
}

/// What would become of the law's verdicts
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomesView {
    /// Dossiers looked at that law decides
    pub examined: usize,
    /// Whether that were all; otherwise the counts are lower bounds
    pub complete: bool,
    /// Eligible before and not after, or the other way
    pub eligibility_changed: usize,
    /// Eligible both times, for another amount or number of months
    pub amount_changed: usize,
    /// Eligible both times, for the same, from another day on
    pub dates_changed: usize,
    /// Those that cannot be assessed under one of the two
    pub failed: usize,
    /// The first 200 of them that the caller may see
    pub items: Vec<OutcomeChangeView>,
    /// Those that cannot be assessed, as many, and why
    pub failures: Vec<UnreckonableView>,
}

impl OutcomesView {
    fn of(o: &Outcomes) -> Self {
        Self {
            examined: o.examined,
            complete: o.complete,
            eligibility_changed: o.eligibility_changed,
            amount_changed: o.amount_changed,
            dates_changed: o.dates_changed,
            failed: o.failed,
            items: o.items.iter().map(OutcomeChangeView::of).collect(),
            failures: o.failures.iter().map(UnreckonableView::of).collect(),
        }
    }
}

/// What would have become of dossiers decided in a period
#[derive(Debug, Serialize, ToSchema)]
pub struct DecidedView {
    /// Dossiers looked at
    pub examined: usize,
    /// Whether that were all of the period
    pub complete: bool,
    /// Decided in time, late under this rule book
    pub late_instead: usize,
    /// Decided late, in time under this rule book
    pub in_time_instead: usize,
    /// Those whose due date cannot be reckoned under this rule book
    pub failed: usize,
    /// The first 200 of them that the caller may see, and why
    pub failures: Vec<UnreckonableView>,
    /// The law's verdicts
    pub outcomes: OutcomesView,
}

/// What a rule book would do
#[derive(Debug, Serialize, ToSchema)]
pub struct WhatIfView {
    /// Due dates of open dossiers
    pub due_dates: DueDatesView,
    /// The law's verdicts on open dossiers
    pub open_outcomes: OutcomesView,
    /// Dossiers decided in the period, if one was asked for
    pub decided: Option<DecidedView>,
}

impl WhatIfView {
    /// A simulation as it is shown; `cursor` tells where the list of due dates goes on.
    pub fn of(s: &Simulation, cursor: impl Fn(&Place) -> String) -> Self {
        Self {
            due_dates: DueDatesView::of(&s.due_dates, cursor),
            open_outcomes: OutcomesView::of(&s.open_outcomes),
            decided: s.decided.as_ref().map(|d| DecidedView {
                examined: d.examined,
                complete: d.complete,
                late_instead: d.late_instead,
                in_time_instead: d.in_time_instead,
                failed: d.failed,
                failures: d.failures.iter().map(UnreckonableView::of).collect(),
                outcomes: OutcomesView::of(&d.outcomes),
            }),
        }
    }
}

/// A period of decided dossiers to look at beside the open ones
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfBody {
    /// First day of decision
    #[schema(example = "2023-10-01")]
    pub decided_from: Option<NaiveDate>,
    /// Last day of decision
    #[schema(example = "2023-10-31")]
    pub decided_to: Option<NaiveDate>,
}
