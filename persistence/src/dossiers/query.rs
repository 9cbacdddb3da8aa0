//! Which dossiers: what is asked of a list, as conditions on rows.
//!
//! Owns the conditions; the order and the columns are the list's.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::access::ListFilter;
use domain::dossier::figure::Figure;
use domain::dossier::queue::{Bounds, Lateness};
use domain::dossier::status::{Clock, Outcome, Status};
use domain::procedure::Channel;

use super::names::{self, Way};
use crate::assignments::{Held, held};
use crate::backend::AnyConnection;
use crate::column::{Id, Instant, Ts};
use crate::schema::dossiers;

/// What is asked of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Only this procedure.
    pub procedure: Option<String>,
    /// Only these statuses.
    pub status: Option<Status>,
    /// Only this outcome.
    pub outcome: Option<Outcome>,
    /// Only what these units received.
    pub units: Option<Vec<String>>,
    /// Only this channel.
    pub channel: Option<Channel>,
    /// Submitted at or after.
    pub submitted_from: Option<DateTime<Utc>>,
    /// Submitted before.
    pub submitted_before: Option<DateTime<Utc>>,
    /// Only those that are, or were, late at this instant; or only those that are not.
    pub late: Option<(bool, DateTime<Utc>)>,
    /// Only those that a figure counted as of an instant.
    pub counted: Option<(Counted, DateTime<Utc>)>,
    /// With `counted`: only those to whom it happened at or after this.
    pub counted_from: Option<DateTime<Utc>>,
    /// Only these procedures.
    pub procedures: Option<Vec<String>>,
    /// Only what was refused for this coded reason or failed condition.
    pub reason: Option<String>,
    /// Only what an officer of this unit decided, declined or stopped.
    pub ended_by_unit: Option<String>,
    /// Folded words of the name, every one of which must begin a word of it.
    pub name: Option<String>,
    /// With `name`: how it is looked for, which the list itself finds out.
    pub name_by: Way,
    /// This identifier, of the applicant or who acts for them.
    pub personal_id: Option<String>,
    /// This phone number.
    pub phone: Option<String>,
    /// Only those at this stage.
    pub stage: Option<i32>,
    /// Only those that are not over, neither ended nor handed over; or only those that are.
    pub open: Option<bool>,
    /// Only open ones that stand so to their due date.
    pub lateness: Option<(Lateness, Bounds)>,
    /// Only open ones that stand so to the due instant of their stage.
    pub stage_lateness: Option<(Lateness, Bounds)>,
    /// Only those held so at an instant.
    pub held: Option<(Held, DateTime<Utc>)>,
    /// The order.
    pub order: Order,
}

impl Query {
    /// Whether it asks for what lists of daily work ask for, and nothing else: a procedure, a status, what is
    /// open, in any order.
    pub(super) fn everyday(&self) -> bool {
        let Self { procedure, status, open, order, .. } = self.clone();
        *self == Self { procedure, status, open, order, ..Self::default() }
    }

    /// Whether it is for the few that an index of stage due instants finds.
    pub(super) fn lingers(&self) -> bool {
        self.stage_lateness.is_some_and(|(lateness, _)| lateness != Lateness::NoDue)
    }
}

/// In which order a list comes; the identity breaks ties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest submission first.
    #[default]
    NewestFirst,
    /// Oldest submission first.
    OldestFirst,
    /// Due soonest first; what has no due date comes last.
    DueFirst,
    /// Due soonest at its stage first; only with `stage_lateness` of those that have such an instant.
    StageDueFirst,
}

/// What a figure as of an instant counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Those to whom it had happened by then.
    Had(Figure),
    /// Those submitted by then and neither decided nor ended.
    UnderReview,
    /// Those decided, whatever the outcome.
    Settled,
    /// Those decided neither for nor against.
    OtherResults,
    /// Those submitted online or through the national portal.
    ReceivedOnline,
    /// Those open and past their due date at that very instant.
    OpenOverdue,
}

pub(super) type Base<'a> = dossiers::BoxedQuery<'a, crate::backend::MultiBackend>;

/// The dossiers that `seen` and `query` let through.
pub(super) fn filtered<'a>(conn: &AnyConnection, seen: &ListFilter, query: &Query) -> Base<'a> {
    use dossiers as d;
    let mut q = d::table.into_boxed();
    // In the order of all dossiers, past those of other units: SQLite is told not to take each unit's instead.
    let past = query.name_by == Way::Order && conn.is_sqlite() && seen.only_unit().is_none();
    let unit = || diesel::dsl::sql::<diesel::sql_types::Text>("+dossiers.unit");
    if !seen.everything && past {
        q = q.filter(unit().eq_any(seen.units.clone()));
    } else if !seen.everything {
        q = match seen.only_unit() {
            // One unit by itself has the order of its index, which a list of one has not on every database.
            Some(unit) if !query.lingers() => q.filter(d::unit.eq(unit.to_owned())),
            _ => q.filter(visible(seen)),
        };
    }
    if let Some(units) = &query.units {
        q = if past {
            q.filter(unit().eq_any(units.clone()))
        } else {
            q.filter(d::unit.eq_any(units.clone()))
        };
    }
    narrowed(conn, q, query)
}

/// What `query` lets through, whatever the unit.
pub(super) fn narrowed<'a>(conn: &AnyConnection, mut q: Base<'a>, query: &Query) -> Base<'a> {
    use dossiers as d;
    if let Some(procedure) = &query.procedure {
        q = q.filter(d::procedure_code.eq(procedure.clone()));
    }
    if let Some(status) = query.status {
        q = q.filter(d::status.eq(status.to_string()));
    }
    if let Some(outcome) = query.outcome {
        q = q.filter(d::outcome.eq(outcome.to_string()));
    }
    if let Some(channel) = query.channel {
        q = q.filter(d::channel.eq(channel.to_string()));
    }
    if let Some(from) = query.submitted_from {
        q = q.filter(d::submitted_at.ge(Ts(from)));
    }
    if let Some(before) = query.submitted_before {
        q = q.filter(d::submitted_at.lt(Ts(before)));
    }
    if let Some((late, at)) = query.late {
        let done_late = d::completed_at.gt(d::due_at).or(d::ended_at.gt(d::due_at));
        let open = d::completed_at.is_null().and(d::ended_at.is_null());
        let is_late = d::due_at.is_not_null().and(done_late.or(open.and(d::due_at.lt(Ts(at)))));
        // A comparison with a missing instant is neither true nor false; both lists must be.
        let is_late = diesel::dsl::case_when(is_late.assume_not_null(), true.into_sql::<Bool>())
            .otherwise(false.into_sql::<Bool>());
        q = q.filter(is_late.eq(late));
    }
    if let Some((counted, at)) = query.counted {
        q = q.filter(counts(counted, query.counted_from, at));
    }
    if let Some(procedures) = &query.procedures {
        q = q.filter(d::procedure_code.eq_any(procedures.clone()));
    }
    if let Some(reason) = &query.reason {
        q = q.filter(
            diesel::dsl::sql::<Bool>(
                "dossiers.id IN (SELECT dossier_id FROM dossier_reasons WHERE reason = ",
            )
            .bind::<diesel::sql_types::Text, _>(reason.clone())
            .sql(")"),
        );
    }
    if let Some(unit) = &query.ended_by_unit {
        q = q.filter(d::ended_by_unit.is_not_null().and(d::ended_by_unit.assume_not_null().eq(unit.clone())));
    }
    if let Some(stage) = query.stage {
        q = q.filter(d::stage.eq(stage));
    }
    match query.open {
        Some(true) => q = q.filter(d::ended_at.is_null()).filter(d::returned_at.is_null()),
        Some(false) => q = q.filter(d::ended_at.is_not_null().or(d::returned_at.is_not_null())),
        None => {}
    }
    if let Some((lateness, bounds)) = query.lateness {
        q = q.filter(stands(conn, lateness, bounds));
    }
    if let Some((lateness, bounds)) = query.stage_lateness {
        q = q.filter(stands_at_stage(lateness, bounds));
    }
    if let Some((how, at)) = &query.held {
        q = q.filter(held(how, *at));
    }
    if let Some(id) = &query.personal_id {
        q = q.filter(d::personal_id.eq(id.clone()).or(d::representative_id.eq(id.clone()).assume_not_null()));
    }
    if let Some(phone) = &query.phone {
        q = q.filter(d::phone.eq(phone.clone()));
    }
    if let Some(name) = &query.name {
        q = if query.name_by == Way::Index {
            q.filter(names::indexed(conn, name))
        } else {
            q.filter(names::begins_words(conn, name))
        };
    }
    q
}

pub(crate) type Condition =
    Box<dyn diesel::BoxableExpression<dossiers::table, crate::backend::MultiBackend, SqlType = Bool>>;

/// What of the dossiers somebody may see.
pub(crate) fn visible(seen: &ListFilter) -> Condition {
    use dossiers as d;
    let units: Vec<String> = seen.units.iter().cloned().collect();
    let mut any: Condition = Box::new(d::unit.eq_any(units));
    if let Some(person) = &seen.person {
        let representative =
            d::representative_id.is_not_null().and(d::representative_id.assume_not_null().eq(person.clone()));
        any = Box::new(any.or(d::personal_id.eq(person.clone())).or(representative));
    }
    if let Some(account) = seen.submitted_by {
        any = Box::new(
            any.or(d::submitted_by.is_not_null().and(d::submitted_by.assume_not_null().eq(Id(account.0)))),
        );
    }
    any
}

/// Due dates as lists go by them: nothing due is due at the end of time, so that it comes last. As
/// the indexes `dossiers_due_order` and `dossiers_due_unit` have it.
pub(super) fn due_order(conn: &AnyConnection) -> &'static str {
    if conn.is_sqlite() {
        "COALESCE(due_at, 9223372036854775807)"
    } else {
        "COALESCE(due_at, TIMESTAMPTZ 'infinity')"
    }
}

/// When what has no due date counts as due.
pub(super) fn end_of_time(conn: &AnyConnection) -> &'static str {
    if conn.is_sqlite() { "9223372036854775807" } else { "TIMESTAMPTZ 'infinity'" }
}

/// How an open dossier stands to its due date, as the queue counts it.
fn stands(conn: &AnyConnection, lateness: Lateness, bounds: Bounds) -> Condition {
    use dossiers as d;
    let due = due_order(conn);
    let due = |sign: &str, at| diesel::dsl::sql::<Bool>(&format!("{due} {sign} ")).bind::<Instant, _>(Ts(at));
    let (now, soon) = (bounds.now, bounds.soon);
    let runs = d::clock.eq(Clock::Running.to_string()).and(d::due_at.is_not_null());
    match lateness {
        Lateness::Late => Box::new(runs.and(due("<", now))),
        Lateness::DueSoon => Box::new(runs.and(due(">=", now)).and(due("<=", soon))),
        Lateness::OnTime => Box::new(runs.and(due(">=", now)).and(due(">", soon))),
        Lateness::NoDue => {
            let waits = d::ended_at.is_null().and(d::returned_at.is_null());
            Box::new(waits.and(diesel::dsl::not(runs)))
        }
    }
}

/// How an open dossier stands to the due instant of its stage, as the queue counts it. The range on
/// that instant and that it is not over are what `dossiers_stage_due` serves.
fn stands_at_stage(lateness: Lateness, bounds: Bounds) -> Condition {
    use dossiers as d;
    let (now, soon) = (Ts(bounds.now), Ts(bounds.soon));
    let due = d::stage_due_at.assume_not_null();
    let has = d::stage_due_at.is_not_null().and(d::completed_at.is_null()).and(d::ended_at.is_null());
    let runs = has.and(d::clock.eq(Clock::Running.to_string()));
    match lateness {
        Lateness::Late => Box::new(runs.and(due.lt(now))),
        Lateness::DueSoon => Box::new(runs.and(due.ge(now)).and(due.le(soon))),
        Lateness::OnTime => Box::new(runs.and(due.ge(now)).and(due.gt(soon))),
        Lateness::NoDue => {
            let waits = d::ended_at.is_null().and(d::returned_at.is_null());
            Box::new(waits.and(diesel::dsl::not(runs)))
        }
    }
}

fn counts(counted: Counted, from: Option<DateTime<Utc>>, at: DateTime<Utc>) -> Condition {
    use dossiers as d;
    // Before all that can be reckoned with: everything from the beginning.
    let from =
        Ts(from.unwrap_or_else(|| DateTime::from_timestamp_nanos(0) - chrono::TimeDelta::days(365 * 400)));
    let received = d::submitted_at.le(Ts(at));
    let in_period = received.and(d::submitted_at.ge(from));
    let decided = d::completed_at.is_not_null().and(d::completed_at.assume_not_null().le(Ts(at)));
    let ended = d::ended_at.is_not_null().and(d::ended_at.assume_not_null().le(Ts(at)));
    let settled = decided.and(d::completed_at.assume_not_null().ge(from));
    let over = ended.and(d::ended_at.assume_not_null().ge(from));
    let late = d::due_at.is_not_null().and(d::completed_at.assume_not_null().gt(d::due_at.assume_not_null()));
    let outcome = |o: Outcome| d::outcome.is_not_null().and(d::outcome.assume_not_null().eq(o.to_string()));
    let status = |s: Status| d::status.eq(s.to_string());
    match counted {
        Counted::UnderReview => {
            Box::new(received.and(diesel::dsl::not(decided)).and(diesel::dsl::not(ended)))
        }
        Counted::Settled => Box::new(settled),
        Counted::OtherResults => {
            let known = [Outcome::Approved.to_string(), Outcome::Rejected.to_string()];
            let other = d::outcome.is_null().or(d::outcome.assume_not_null().ne_all(known));
            Box::new(settled.and(other))
        }
        Counted::ReceivedOnline => {
            let online: Vec<String> = Channel::ONLINE.iter().map(ToString::to_string).collect();
            Box::new(in_period.and(d::channel.eq_any(online)))
        }
        Counted::OpenOverdue => {
            let still = d::overdue_from.is_not_null().and(d::overdue_from.assume_not_null().lt(Ts(at)));
            let was = diesel::dsl::sql::<Bool>(
                "dossiers.id IN (SELECT dossier_id FROM dossier_overdue_spans WHERE until > ",
            )
            .bind::<crate::column::Instant, _>(Ts(at))
            .sql(" AND since < ")
            .bind::<crate::column::Instant, _>(Ts(at))
            .sql(")");
            Box::new(still.or(was))
        }
        Counted::Had(Figure::Received) => Box::new(in_period),
        Counted::Had(Figure::Approved) => Box::new(settled.and(outcome(Outcome::Approved))),
        Counted::Had(Figure::Rejected) => Box::new(settled.and(outcome(Outcome::Rejected))),
        Counted::Had(Figure::NotAccepted) => Box::new(over.and(status(Status::NotAccepted))),
        Counted::Had(Figure::Withdrawn) => Box::new(over.and(status(Status::Withdrawn))),
        Counted::Had(Figure::Stopped) => Box::new(over.and(status(Status::Stopped))),
        Counted::Had(Figure::Late) => Box::new(settled.and(late)),
        Counted::Had(Figure::InTime) => Box::new(settled.and(diesel::dsl::not(late))),
        // They lead to no list of their own; what is overdue at an instant is `OpenOverdue`.
        Counted::Had(Figure::OverdueBegan | Figure::OverdueEnded) => Box::new(false.into_sql::<Bool>()),
    }
}
