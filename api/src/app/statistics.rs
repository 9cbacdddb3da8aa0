//! Figures as of any instant, counted from what happened, each with the list behind it.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::access::{self, Action};
use domain::calendar;
use domain::code::Code;
use domain::dossier::figure::Figure;
use domain::procedure::{Channel, RuleSet};
use persistence::Reader;
use persistence::figures::{self, Count, Scope};

use super::Cx;
use super::error::Error;

/// First and last instant of a part of a day, both included.
type Part = (DateTime<Utc>, DateTime<Utc>);

/// The moment up to which is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf(pub DateTime<Utc>);

impl AsOf {
    /// The end of a civil day.
    pub fn end_of(day: NaiveDate) -> Self {
        Self(calendar::end_of(day))
    }

    /// Days counted whole, and the part of the day after them, if the moment lies within a day.
    fn split(self) -> (NaiveDate, Option<Part>) {
        let day = calendar::day_of(self.0);
        if self.0 >= calendar::end_of(day) {
            return (day, None);
        }
        (day.pred_opt().unwrap_or(day), Some((calendar::start_of(day), self.0)))
    }
}

/// Figures of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Open when the period began.
    pub carried_over: i64,
    /// Submitted.
    pub received: i64,
    /// Đủ điều kiện.
    pub approved: i64,
    /// Không đủ điều kiện.
    pub rejected: i64,
    /// Decided by the due date.
    pub in_time: i64,
    /// Decided after it.
    pub late: i64,
    /// Rút.
    pub withdrawn: i64,
    /// Dừng.
    pub stopped: i64,
    /// Không được tiếp nhận.
    pub not_accepted: i64,
    /// Submitted online or through the national portal.
    pub received_online: i64,
}

impl Figures {
    fn add(&mut self, count: &Count) {
        let n = count.n;
        match count.figure {
            Figure::Received => {
                self.received += n;
                let online = [Channel::Online.code(), Channel::NationalPortal.code()];
                if online.contains(&count.channel.as_str()) {
                    self.received_online += n;
                }
            }
            Figure::Approved => self.approved += n,
            Figure::Rejected => self.rejected += n,
            Figure::InTime => self.in_time += n,
            Figure::Late => self.late += n,
            Figure::Withdrawn => self.withdrawn += n,
            Figure::Stopped => self.stopped += n,
            Figure::NotAccepted => self.not_accepted += n,
        }
    }

    /// Neither decided nor ended: what the others leave over.
    pub fn open(&self) -> i64 {
        self.carried_over + self.received
            - self.approved
            - self.rejected
            - self.withdrawn
            - self.stopped
            - self.not_accepted
    }
}

fn read(reader: &mut Reader<'_>, scope: &Scope, as_of: AsOf) -> Result<Vec<Count>, Error> {
    let (whole, part) = as_of.split();
    let scope = Scope { to: whole, ..scope.clone() };
    let mut counts = figures::counts(reader, &scope)?;
    if let Some((from, until)) = part {
        counts.extend(figures::part_of_day(reader, &scope, from, until)?);
    }
    Ok(counts)
}

/// Units that a figure may count for the actor, narrowed to one and what belongs to it.
pub(super) fn units(cx: &Cx, unit: Option<&str>) -> Result<Vec<String>, Error> {
    let seen = access::list_filter(&cx.actor, Action::ReadStatistics, &cx.reference.units)?;
    let wanted = unit.map(|unit| cx.reference.units.reach(unit));
    Ok(seen.units.into_iter().filter(|u| wanted.as_ref().is_none_or(|w| w.contains(u))).collect())
}

/// The procedure that law decides as unemployment benefit.
///
/// # Errors
/// [`Error::Internal`] when the catalogue has none.
pub fn unemployment_procedure(cx: &Cx, on: NaiveDate) -> Result<String, Error> {
    let found = cx.reference.catalogue(on).find(|e| e.procedure.rule == Some(RuleSet::UnemploymentBenefit));
    found
        .map(|e| e.procedure.code.clone())
        .ok_or_else(|| Error::Internal("no unemployment procedure".to_owned()))
}

/// Everything that had happened to the dossiers of a procedure by a moment. To be read in one
/// snapshot.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn as_of(
    cx: &Cx,
    reader: &mut Reader<'_>,
    procedure: &str,
    unit: Option<&str>,
    at: AsOf,
) -> Result<Figures, Error> {
    let scope = Scope {
        procedure: Some(procedure.to_owned()),
        units: units(cx, unit)?,
        from: None,
        to: calendar::day_of(at.0),
    };
    let mut figures = Figures::default();
    for count in read(reader, &scope, at)? {
        figures.add(&count);
    }
    Ok(figures)
}

domain::codes! {
    /// What figures are grouped by.
    pub enum Facet {
        /// Thủ tục.
        Procedure => "procedure", "Thủ tục", "Procedure",
        /// Đơn vị.
        Unit => "unit", "Đơn vị", "Unit",
        /// Kênh nộp.
        Channel => "channel", "Kênh nộp", "Channel",
    }
}

/// What is asked of the figures of a period.
#[derive(Debug, Clone)]
pub struct Period {
    /// First day; none for everything from the beginning.
    pub from: Option<NaiveDate>,
    /// Moment up to which is counted.
    pub to: AsOf,
    /// Only this procedure.
    pub procedure: Option<String>,
    /// Only this unit and what belongs to it.
    pub unit: Option<String>,
    /// Grouped by.
    pub by: Facet,
}

/// Figures of a period by group, ordered by key, and their sum. To be read in one snapshot.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn of_period(
    cx: &Cx,
    reader: &mut Reader<'_>,
    asked: &Period,
) -> Result<(BTreeMap<String, Figures>, Figures), Error> {
    let scope = Scope {
        procedure: asked.procedure.clone(),
        units: units(cx, asked.unit.as_deref())?,
        from: asked.from,
        to: calendar::day_of(asked.to.0),
    };
    let key = |count: &Count| match asked.by {
        Facet::Procedure => count.procedure.clone(),
        Facet::Unit => count.unit.clone(),
        Facet::Channel => count.channel.clone(),
    };
    let mut groups: BTreeMap<String, Figures> = BTreeMap::new();
    let mut total = Figures::default();
    if let Some(from) = asked.from {
        let before = Scope { from: None, ..scope.clone() };
        let until = AsOf(calendar::start_of(from) - Duration::microseconds(1));
        let mut carried: BTreeMap<String, Figures> = BTreeMap::new();
        for count in read(reader, &before, until)? {
            carried.entry(key(&count)).or_default().add(&count);
        }
        for (key, figures) in carried {
            groups.entry(key).or_default().carried_over = figures.open();
            total.carried_over += figures.open();
        }
    }
    for count in read(reader, &scope, asked.to)? {
        groups.entry(key(&count)).or_default().add(&count);
        total.add(&count);
    }
    Ok((groups, total))
}
