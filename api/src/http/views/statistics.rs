//! Figures.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

use super::codes;
use crate::app::statistics::{Facet, Figures};

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
}

/// Of which period
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// A date (its end, local time) or an instant; now without it
    #[param(example = "2023-11-15")]
    pub as_of: Option<String>,
    /// First day of the period; everything from the beginning without it
    pub from: Option<chrono::NaiveDate>,
    /// Last day of the period, in place of `as_of`
    pub to: Option<chrono::NaiveDate>,
    /// Only this procedure
    pub procedure: Option<String>,
    /// Only this unit and what belongs to it
    pub unit: Option<String>,
    /// Grouped by; by procedure without it
    #[param(schema_with = codes::<Facet>)]
    pub by: Option<Facet>,
}

/// Figures of one group. `carried_over + received = approved + rejected + withdrawn + stopped + not_accepted + open`
#[derive(Debug, Serialize, ToSchema)]
pub struct FiguresView {
    /// Open when the period began
    pub carried_over: i64,
    /// Submitted in the period
    pub received: i64,
    /// Submitted online or through the national portal
    pub received_online: i64,
    /// Decided: approved
    pub approved: i64,
    /// Decided: rejected
    pub rejected: i64,
    /// Decided by the due date
    pub in_time: i64,
    /// Decided after the due date
    pub late: i64,
    /// Withdrawn
    pub withdrawn: i64,
    /// Stopped
    pub stopped: i64,
    /// Not accepted
    pub not_accepted: i64,
    /// Open at the end
    pub open: i64,
    /// Online, percent of received
    pub online_percent: f64,
    /// In time, percent of decided
    pub in_time_percent: f64,
}

impl FiguresView {
    /// Figures as they are shown.
    pub fn of(f: &Figures) -> Self {
        Self {
            carried_over: f.carried_over,
            received: f.received,
            received_online: f.received_online,
            approved: f.approved,
            rejected: f.rejected,
            in_time: f.in_time,
            late: f.late,
            withdrawn: f.withdrawn,
            stopped: f.stopped,
            not_accepted: f.not_accepted,
            open: f.open(),
            online_percent: percent(f.received_online, f.received),
            in_time_percent: percent(f.in_time, f.in_time + f.late),
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
    /// The list of the dossiers received, as of the end of the period
    pub link: String,
}

/// Figures of a period by group
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodView {
    /// The moment up to which is counted, as it was asked for
    pub as_of: String,
    /// First day
    pub from: Option<chrono::NaiveDate>,
    /// Grouped by
    #[schema(schema_with = codes::<Facet>)]
    pub by: Facet,
    /// Sum of all groups
    pub total: FiguresView,
    /// Groups by key
    pub items: Vec<GroupView>,
    /// What each figure means and how it is reckoned
    pub definition: String,
}
