//! Figures of dossiers over a period, by procedure, field, online level, unit, channel, officer's
//! unit, or period by period.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar;
use domain::code::Code;
use domain::dossier::figure::Part;
use domain::period::Span;
use domain::procedure::{Channel, OnlineLevel};
use persistence::Reader;
use persistence::figures::{self, Count, Grain, PartCount, Scope, StillOverdue};

use super::{AsOf, Facet, Figures, Filters, read};
use crate::app::Cx;
use crate::app::error::Error;

/// Most periods of one answer: a year of days and some more.
pub const MOST_PERIODS: usize = 400;

/// What is asked of the figures of a period.
#[derive(Debug, Clone)]
pub struct Asked {
    /// First day; none for everything from the beginning.
    pub from: Option<NaiveDate>,
    /// Moment up to which is counted.
    pub to: AsOf,
    /// Narrowed to.
    pub filters: Filters,
    /// Grouped by.
    pub by: Facet,
    /// The day whose units stand for those that received; they themselves without it.
    pub map: Option<NaiveDate>,
}

/// Which figures a group has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// All of them.
    All,
    /// Only what an officer ended: the rest has no officer to be counted by.
    Ended,
}

/// Figures of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Code of the group.
    pub key: String,
    /// What it is called in Vietnamese.
    pub label: String,
    /// First day, where it differs from that of the whole.
    pub from: Option<NaiveDate>,
    /// Moment up to which it counts.
    pub to: AsOf,
    /// The figures.
    pub figures: Figures,
}

/// Figures of a period by group, and of all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The groups, ordered by key.
    pub groups: Vec<Group>,
    /// Of all of it, each dossier once.
    pub total: Figures,
    /// Which figures the groups have.
    pub columns: Columns,
}

/// The first day of a row of periods that nobody named a first day for: a month of days, half a
/// year of weeks, and so on, up to a day.
pub fn first_day(span: Span, to: NaiveDate) -> NaiveDate {
    match span {
        Span::Day => span.back(to, 30),
        Span::Week => span.back(to, 25),
        Span::Month => span.back(to, 11),
        Span::Quarter => span.back(to, 7),
        Span::Year => span.back(to, 4),
    }
}

/// Figures of a period by group. To be read in one snapshot.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn of_period(cx: &Cx, reader: &mut Reader<'_>, asked: &Asked) -> Result<Report, Error> {
    let scope = asked.filters.scope(cx, asked.from, asked.to)?;
    let place = match asked.by {
        Facet::Procedure | Facet::Field | Facet::OnlineLevel | Facet::Channel => Grain::Place,
        _ => Grain::Unit,
    };
    let grain = asked.by.span().map_or(place, Grain::Periods);
    let carried = match asked.from {
        Some(from) => {
            let before = Scope { from: None, ..scope.clone() };
            read(reader, &before, AsOf::before(from), place)?
        }
        None => Vec::new(),
    };
    let rows = read(reader, &scope, asked.to, grain)?;
    let still = figures::still_overdue(reader, &scope, asked.to.0, grain)?;
    let total = whole(&carried, &rows, still.iter().map(|some| some.n).sum());
    let (groups, columns) = match asked.by.span() {
        Some(span) => (by_period(asked, span, &total, &rows, &still), Columns::All),
        None if asked.by == Facet::OfficerUnit => (by_officer(cx, reader, asked, &scope)?, Columns::Ended),
        None => (by_place(cx, asked, &carried, &rows, &still), Columns::All),
    };
    Ok(Report { groups, total, columns })
}

fn whole(carried: &[Count], rows: &[Count], still: i64) -> Figures {
    let mut before = Figures::default();
    carried.iter().for_each(|count| before.add(count));
    let mut total = Figures {
        carried_over: before.open(),
        open_overdue: before.open_overdue + still,
        ..Figures::default()
    };
    rows.iter().for_each(|count| total.add(count));
    total
}

/// The key of the group that a place belongs to.
fn key(cx: &Cx, asked: &Asked, procedure: &str, unit: &str, channel: &str) -> String {
    let entry = || cx.reference.catalogued(procedure, asked.to.day());
    match asked.by {
        Facet::Unit => match asked.map {
            Some(day) => cx.reference.units.on_map(unit, day).join(","),
            None => unit.to_owned(),
        },
        Facet::Channel => channel.to_owned(),
        Facet::Field => entry().map(|e| e.procedure.field.clone()).unwrap_or_default(),
        Facet::OnlineLevel => entry().map(|e| e.procedure.online_level.to_string()).unwrap_or_default(),
        _ => procedure.to_owned(),
    }
}

fn by_place(cx: &Cx, asked: &Asked, carried: &[Count], rows: &[Count], still: &[StillOverdue]) -> Vec<Group> {
    let mut before: BTreeMap<String, Figures> = BTreeMap::new();
    for count in carried {
        before.entry(key(cx, asked, &count.procedure, &count.unit, &count.channel)).or_default().add(count);
    }
    let mut groups: BTreeMap<String, Figures> = before
        .into_iter()
        .map(|(key, figures)| {
            let (carried_over, open_overdue) = (figures.open(), figures.open_overdue);
            (key, Figures { carried_over, open_overdue, ..Figures::default() })
        })
        .collect();
    for count in rows {
        groups.entry(key(cx, asked, &count.procedure, &count.unit, &count.channel)).or_default().add(count);
    }
    for some in still {
        groups.entry(key(cx, asked, &some.procedure, &some.unit, &some.channel)).or_default().open_overdue +=
            some.n;
    }
    groups
        .into_iter()
        // A group to which nothing happened and in which nothing is open says nothing.
        .filter(|(_, figures)| *figures != Figures::default())
        .map(|(key, figures)| {
            let label = label(cx, asked.by, &key, asked.to.day());
            Group { key, label, from: None, to: asked.to, figures }
        })
        .collect()
}

/// What a group is called.
fn label(cx: &Cx, by: Facet, key: &str, on: NaiveDate) -> String {
    let unit = |code: &str| cx.reference.units.get(code).map_or(code.to_owned(), |u| u.name_vi.clone());
    match by {
        Facet::Procedure => cx.reference.catalogued(key, on).map(|e| e.procedure.name_vi.clone()),
        Facet::Channel => Channel::from_code(key).map(|c| c.label_vi().to_owned()),
        Facet::OnlineLevel => OnlineLevel::from_code(key).map(|c| c.label_vi().to_owned()),
        Facet::Unit | Facet::OfficerUnit => Some(key.split(',').map(unit).collect::<Vec<_>>().join(" / ")),
        _ => None,
    }
    .unwrap_or_else(|| key.to_owned())
}

fn by_period(
    asked: &Asked,
    span: Span,
    total: &Figures,
    rows: &[Count],
    still: &[StillOverdue],
) -> Vec<Group> {
    let (last, from) = (asked.to.day(), asked.from.unwrap_or_else(|| first_day(span, asked.to.day())));
    let periods = span.periods(from, last, MOST_PERIODS).unwrap_or_default();
    let mut groups: Vec<Group> = periods
        .into_iter()
        .map(|p| Group {
            key: p.key,
            label: p.label_vi,
            from: Some(p.first),
            to: AsOf(asked.to.0.min(calendar::end_of(p.last))),
            figures: Figures::default(),
        })
        .collect();
    for count in rows {
        let Some(day) = count.day else { continue };
        let place = groups.partition_point(|g| g.from.is_some_and(|first| first <= day));
        if let Some(group) = place.checked_sub(1).and_then(|i| groups.get_mut(i)) {
            group.figures.add(count);
        }
    }
    // What was overdue when the row began: the total, less what happened and what still lasts.
    let within: i64 = groups.iter().map(|g| g.figures.open_overdue).sum();
    let lasting: i64 = still.iter().map(|some| some.n).sum();
    let (mut open, mut overdue) = (total.carried_over, total.open_overdue - within - lasting);
    for group in &mut groups {
        overdue += group.figures.open_overdue;
        group.figures.open_overdue = overdue + lasting_at(still, group.to.0);
        group.figures.carried_over = open;
        open = group.figures.open();
    }
    groups
}

fn lasting_at(still: &[StillOverdue], at: DateTime<Utc>) -> i64 {
    still.iter().filter(|some| some.since.is_some_and(|since| since < at)).map(|some| some.n).sum()
}

fn by_officer(cx: &Cx, reader: &mut Reader<'_>, asked: &Asked, scope: &Scope) -> Result<Vec<Group>, Error> {
    let mut groups: BTreeMap<String, Figures> = BTreeMap::new();
    for part in read_parts(reader, scope, asked.to, Part::OfficerUnit)? {
        let count = Count {
            figure: part.figure,
            day: None,
            procedure: String::new(),
            unit: String::new(),
            channel: String::new(),
            online: false,
            n: part.n,
        };
        groups.entry(part.key).or_default().add(&count);
    }
    Ok(groups
        .into_iter()
        .map(|(key, figures)| {
            let label = label(cx, asked.by, &key, asked.to.day());
            Group { key, label, from: None, to: asked.to, figures }
        })
        .collect())
}

/// Counts by part up to a moment.
pub(super) fn read_parts(
    reader: &mut Reader<'_>,
    scope: &Scope,
    as_of: AsOf,
    part: Part,
) -> Result<Vec<PartCount>, Error> {
    let (whole, rest) = as_of.split();
    let scope = Scope { to: whole, ..scope.clone() };
    let mut counts = figures::parts(reader, &scope, part)?;
    if let Some((from, until)) = rest {
        counts.extend(figures::parts_of_day(reader, &scope, part, from, until)?);
    }
    Ok(counts)
}
