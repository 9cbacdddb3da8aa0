//! Figures as of any instant, counted from what happened, each with the list behind it.

pub mod checks;
mod dossiers;
mod refusals;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::access::{self, Action};
use domain::calendar;
use domain::code::Code;
use domain::dossier::figure::Figure;
use domain::period::Span;
use domain::procedure::{Channel, OnlineLevel, RuleSet};
use persistence::Reader;
use persistence::figures::{self, Count, Grain, Scope};

pub use self::dossiers::{Asked, Columns, Group, MOST_PERIODS, Report, first_day, of_period};
pub use self::refusals::{Refusal, Refusals, refusals};
use super::Cx;
use super::error::Error;
use super::reference::Reference;

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

    /// The last moment before a civil day.
    pub fn before(day: NaiveDate) -> Self {
        Self(calendar::start_of(day) - Duration::microseconds(1))
    }

    /// The civil day it lies in.
    pub fn day(self) -> NaiveDate {
        calendar::day_of(self.0)
    }

    /// Days counted whole, and the part of the day after them, if the moment lies within a day.
    fn split(self) -> (NaiveDate, Option<Part>) {
        let day = self.day();
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
    /// Open and past its due date at the end of the period.
    pub open_overdue: i64,
}

impl Figures {
    fn add(&mut self, count: &Count) {
        let n = count.n;
        match count.figure {
            Figure::Received => {
                self.received += n;
                if count.online {
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
            Figure::OverdueBegan => self.open_overdue += n,
            Figure::OverdueEnded => self.open_overdue -= n,
        }
    }

    /// Decided, whatever the outcome: every decision is either in time or late.
    pub fn settled(&self) -> i64 {
        self.in_time + self.late
    }

    /// Decided neither for nor against.
    pub fn other_results(&self) -> i64 {
        self.settled() - self.approved - self.rejected
    }

    /// Neither decided nor ended: what the others leave over.
    pub fn open(&self) -> i64 {
        self.carried_over + self.received - self.settled() - self.withdrawn - self.stopped - self.not_accepted
    }
}

/// What figures are narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    /// Only this procedure.
    pub procedure: Option<String>,
    /// Only this unit and what belongs to it.
    pub unit: Option<String>,
    /// Only this channel.
    pub channel: Option<Channel>,
    /// Only procedures of this field.
    pub field: Option<String>,
    /// Only procedures that are so far online.
    pub online_level: Option<OnlineLevel>,
}

impl Filters {
    /// The procedures that pass, by the catalogue of a day; none when all do.
    pub fn procedures(&self, reference: &Reference, day: NaiveDate) -> Option<Vec<String>> {
        if self.field.is_none() && self.online_level.is_none() {
            return self.procedure.clone().map(|code| vec![code]);
        }
        Some(reference.procedures(day, |p| {
            self.procedure.as_ref().is_none_or(|code| *code == p.code)
                && self.field.as_ref().is_none_or(|field| *field == p.field)
                && self.online_level.is_none_or(|level| level == p.online_level)
        }))
    }

    fn scope(&self, cx: &Cx, from: Option<NaiveDate>, to: AsOf) -> Result<Scope, Error> {
        Ok(Scope {
            procedures: self.procedures(&cx.reference, to.day()),
            channel: self.channel.map(|c| c.to_string()),
            units: units(cx, self.unit.as_deref())?,
            from,
            to: to.day(),
        })
    }
}

fn read(reader: &mut Reader<'_>, scope: &Scope, as_of: AsOf, grain: Grain) -> Result<Vec<Count>, Error> {
    let (whole, part) = as_of.split();
    let scope = Scope { to: whole, ..scope.clone() };
    let mut counts = figures::counts(reader, &scope, grain)?;
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
    let filters = Filters {
        procedure: Some(procedure.to_owned()),
        unit: unit.map(ToOwned::to_owned),
        ..Filters::default()
    };
    let scope = filters.scope(cx, None, at)?;
    let mut figures = Figures::default();
    for count in read(reader, &scope, at, Grain::Unit)? {
        figures.add(&count);
    }
    Ok(figures)
}

domain::codes! {
    /// What figures are grouped by.
    pub enum Facet {
        /// Thủ tục.
        Procedure => "procedure", "Thủ tục", "Procedure",
        /// Lĩnh vực.
        Field => "field", "Lĩnh vực", "Field",
        /// Mức độ trực tuyến.
        OnlineLevel => "online_level", "Mức độ trực tuyến", "Online level",
        /// Đơn vị tiếp nhận.
        Unit => "unit", "Đơn vị tiếp nhận", "Unit",
        /// Kênh nộp.
        Channel => "channel", "Kênh nộp", "Channel",
        /// Đơn vị của cán bộ giải quyết.
        OfficerUnit => "officer_unit", "Đơn vị của cán bộ giải quyết", "Officer's unit",
        /// Ngày.
        Day => "day", "Ngày", "Day",
        /// Tuần.
        Week => "week", "Tuần", "Week",
        /// Tháng.
        Month => "month", "Tháng", "Month",
        /// Quý.
        Quarter => "quarter", "Quý", "Quarter",
        /// Năm.
        Year => "year", "Năm", "Year",
    }
}

impl Facet {
    /// The length of the periods, where it groups by time.
    pub fn span(self) -> Option<Span> {
        Span::from_code(self.code())
    }
}
