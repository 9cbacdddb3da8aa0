//! Figures: what is asked, what is answered, and what each figure means.

mod checks;
mod definitions;
mod export;
mod links;
mod refusals;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::procedure::{Channel, OnlineLevel};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::codes;
use super::dossiers::CountedAs;
use crate::app::statistics::{AsOf, Columns, Facet, Figures, Filters, Report};
use crate::http::format::Format;

pub use checks::{CheckView, FindingView};
pub use definitions::{Definition, UNEMPLOYMENT, definitions};
pub use links::Links;
pub use refusals::{RefusalView, RefusalsView};

/// Figures of unemployment benefit as of a moment
#[derive(Debug, Serialize, ToSchema)]
pub struct UnemploymentFigures {
    /// The moment, as it was asked for
    #[schema(example = "2023-11-15")]
    pub as_of: String,
    /// Every dossier submitted by then
    #[schema(example = 257)]
    pub received: i64,
    /// Decided: eligible
    #[schema(example = 137)]
    pub approved: i64,
    /// Decided: not eligible
    #[schema(example = 51)]
    pub rejected: i64,
    /// Neither decided nor ended
    #[schema(example = 69)]
    pub under_review: i64,
    /// Withdrawn by the applicant
    pub withdrawn: i64,
    /// Not accepted at intake
    pub not_accepted: i64,
    /// Stopped
    pub stopped: i64,
    /// Approved, percent of received
    #[schema(example = 53.3)]
    pub approved_percent: f64,
    /// Rejected, percent of received
    #[schema(example = 19.8)]
    pub rejected_percent: f64,
    /// Under review, percent of received
    #[schema(example = 26.8)]
    pub under_review_percent: f64,
    /// What each figure means and how it is reckoned
    pub definition: String,
    /// For each figure, the list of exactly the records counted
    pub links: BTreeMap<String, String>,
}

/// `part` of `whole` as a percentage with one decimal, half up from the exact counts.
///
/// The one number of the interface that is not an integer; it is made from tenths that are.
pub fn percent(part: i64, whole: i64) -> f64 {
    let tenths = i32::try_from(domain::money::permille_half_up(part, whole)).unwrap_or(i32::MAX);
    f64::from(tenths) / 10.0
}

/// As of when
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuery {
    /// A date (its end, local time) or an instant; now without it
    #[param(example = "2023-11-15")]
    pub as_of: Option<String>,
    /// Only this unit and what belongs to it
    pub unit: Option<String>,
    /// Form of the answer; by `Accept` without it
    #[param(schema_with = codes::<Format>)]
    pub format: Option<Format>,
}

macro_rules! period_query {
    ($(#[$meta:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$meta])*
        #[derive(Debug, Deserialize, IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            /// A date (its end, local time) or an instant; now without it
            #[param(example = "2023-11-15")]
            pub as_of: Option<String>,
            /// First day of the period; everything from the beginning without it
            pub from: Option<NaiveDate>,
            /// Last day of the period, in place of `as_of`
            pub to: Option<NaiveDate>,
            /// Only this procedure
            pub procedure: Option<String>,
            /// Only this unit and what belongs to it, also what it took over from units that have ended
            pub unit: Option<String>,
            /// Only this channel
            #[param(schema_with = codes::<Channel>)]
            pub channel: Option<Channel>,
            /// Only procedures of this field, by the catalogue of the last day
            pub field: Option<String>,
            /// Only procedures that are so far online, by the catalogue of the last day
            #[param(schema_with = codes::<OnlineLevel>)]
            pub online_level: Option<OnlineLevel>,
            /// Form of the answer; by `Accept` without it
            #[param(schema_with = codes::<Format>)]
            pub format: Option<Format>,
            $($own)*
        }

        impl $name {
            /// What is asked of the period in common.
            pub fn common(&self) -> Common<'_> {
                Common { as_of: self.as_of.as_deref(), from: self.from, to: self.to, filters: Filters {
                    procedure: self.procedure.clone(),
                    unit: self.unit.clone(),
                    channel: self.channel,
                    field: self.field.clone(),
                    online_level: self.online_level,
                } }
            }
        }
    };
}

/// What is asked of every period.
#[derive(Debug)]
pub struct Common<'a> {
    /// A date or an instant.
    pub as_of: Option<&'a str>,
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
    /// Narrowed to.
    pub filters: Filters,
}

period_query! {
    /// Of which period
    PeriodQuery {
        /// Grouped by; by procedure without it. By day, week, month, quarter or year at most 400 groups, and
        /// without `from` the last 31 days, 26 weeks, 12 months, 8 quarters or 5 years
        #[param(schema_with = codes::<Facet>)]
        pub by: Option<Facet>,
        /// With `by=unit`: the day whose units stand for those that received, such as `2023-11-15` for the old map
        /// and `2025-07-01` for the new one. A unit that was split or merged meanwhile makes one group with the
        /// others it cannot be told from
        pub map: Option<NaiveDate>,
    }
}

period_query! {
    /// Of which refusals
    RefusalsQuery {}
}

/// Figures of one group; null where a group has no such figure. `carried_over + received = settled + withdrawn + stopped + not_accepted + open`
#[derive(Debug, Serialize, ToSchema)]
pub struct FiguresView {
    /// Open when the period began
    pub carried_over: Option<i64>,
    /// Submitted in the period
    pub received: Option<i64>,
    /// Submitted online or through the national portal
    pub received_online: Option<i64>,
    /// Decided, whatever the outcome
    pub settled: i64,
    /// Decided: approved
    pub approved: i64,
    /// Decided: rejected
    pub rejected: i64,
    /// Decided: neither
    pub other_results: i64,
    /// Decided by the due date
    pub in_time: i64,
    /// Decided after the due date
    pub late: i64,
    /// Withdrawn
    pub withdrawn: Option<i64>,
    /// Stopped
    pub stopped: i64,
    /// Not accepted
    pub not_accepted: i64,
    /// Open at the end
    pub open: Option<i64>,
    /// Open at the end and past the due date
    pub open_overdue: Option<i64>,
    /// Online, percent of received
    pub online_percent: Option<f64>,
    /// In time, percent of decided
    pub in_time_percent: f64,
    /// For each figure, the list of exactly the records counted
    pub links: BTreeMap<String, String>,
}

/// The figures that an answer has a column for, in order.
pub const COUNTED: &[CountedAs] = &[
    CountedAs::CarriedOver,
    CountedAs::Received,
    CountedAs::ReceivedOnline,
    CountedAs::Settled,
    CountedAs::Approved,
    CountedAs::Rejected,
    CountedAs::OtherResults,
    CountedAs::InTime,
    CountedAs::Late,
    CountedAs::Withdrawn,
    CountedAs::Stopped,
    CountedAs::NotAccepted,
    CountedAs::Open,
    CountedAs::OpenOverdue,
];

/// A figure of a group; none where the group has no such figure.
pub fn value(f: &Figures, figure: CountedAs, columns: Columns) -> Option<i64> {
    let every = |n: i64| (columns == Columns::All).then_some(n);
    match figure {
        CountedAs::CarriedOver => every(f.carried_over),
        CountedAs::Received => every(f.received),
        CountedAs::ReceivedOnline => every(f.received_online),
        CountedAs::Settled => Some(f.settled()),
        CountedAs::Approved => Some(f.approved),
        CountedAs::Rejected => Some(f.rejected),
        CountedAs::OtherResults => Some(f.other_results()),
        CountedAs::InTime => Some(f.in_time),
        CountedAs::Late => Some(f.late),
        CountedAs::Withdrawn => every(f.withdrawn),
        CountedAs::Stopped => Some(f.stopped),
        CountedAs::NotAccepted => Some(f.not_accepted),
        CountedAs::Open | CountedAs::UnderReview => every(f.open()),
        CountedAs::OpenOverdue => every(f.open_overdue),
    }
}

impl FiguresView {
    /// Figures as they are shown, each with what `link` says of it.
    pub fn of(f: &Figures, columns: Columns, link: impl Fn(CountedAs) -> Option<String>) -> Self {
        let shown = |figure| value(f, figure, columns);
        let links = COUNTED
            .iter()
            .filter(|figure| shown(**figure).is_some())
            .filter_map(|figure| Some((figure.to_string(), link(*figure)?)));
        Self {
            carried_over: shown(CountedAs::CarriedOver),
            received: shown(CountedAs::Received),
            received_online: shown(CountedAs::ReceivedOnline),
            settled: f.settled(),
            approved: f.approved,
            rejected: f.rejected,
            other_results: f.other_results(),
            in_time: f.in_time,
            late: f.late,
            withdrawn: shown(CountedAs::Withdrawn),
            stopped: f.stopped,
            not_accepted: f.not_accepted,
            open: shown(CountedAs::Open),
            open_overdue: shown(CountedAs::OpenOverdue),
            online_percent: (columns == Columns::All).then(|| percent(f.received_online, f.received)),
            in_time_percent: percent(f.in_time, f.settled()),
            links: links.collect(),
        }
    }
}

/// Figures of one group with its name
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupView {
    /// Code of the group
    #[schema(example = "1.001978")]
    pub key: String,
    /// Vietnamese label
    pub label: String,
    /// Figures
    #[serde(flatten)]
    pub figures: FiguresView,
    /// The list of what was received, or where groups have no such figure, of what was settled
    pub link: Option<String>,
}

/// Figures of a period by group
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodView {
    /// The moment up to which is counted, as it was asked for
    pub as_of: String,
    /// First day
    pub from: Option<NaiveDate>,
    /// Grouped by
    #[schema(schema_with = codes::<Facet>)]
    pub by: Facet,
    /// The day whose units the groups are
    pub map: Option<NaiveDate>,
    /// Of all of it, each dossier once
    pub total: FiguresView,
    /// Groups by key
    pub items: Vec<GroupView>,
    /// What holds between the figures, and what a period is
    pub definition: String,
    /// What each figure means and how it is reckoned
    pub definitions: Vec<Definition>,
}

impl PeriodView {
    /// A report as it is shown. `end` says how the moment up to which a group counts is written.
    pub fn of(
        report: &Report,
        asked: &crate::app::statistics::Asked,
        as_of: String,
        end: impl Fn(AsOf) -> String,
    ) -> Self {
        let links = Links::new(&asked.filters, asked.from, &as_of, asked.to.day());
        let items = report.groups.iter().map(|group| {
            let end = if group.to == asked.to { as_of.clone() } else { end(group.to) };
            let links = links.of_group(asked.by, asked.map, group, &end);
            let main = if report.columns == Columns::All { CountedAs::Received } else { CountedAs::Settled };
            GroupView {
                key: group.key.clone(),
                label: group.label.clone(),
                figures: FiguresView::of(&group.figures, report.columns, |f| links.to(f)),
                link: links.to(main),
            }
        });
        Self {
            from: asked.from,
            by: asked.by,
            map: asked.map,
            items: items.collect(),
            total: FiguresView::of(&report.total, Columns::All, |f| links.to(f)),
            definition: definitions::PERIOD.to_owned(),
            definitions: definitions(),
            as_of,
        }
    }
}
