//! Reasons of refusal as they are shown.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::definitions::REFUSALS;
use super::{Links, percent};
use crate::app::statistics::Refusals;
use crate::http::views::codes;
use crate::http::views::dossiers::CountedAs;

/// Dossiers refused for one reason
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusalView {
    /// `not_accepted` or `rejected`
    #[schema(schema_with = codes::<CountedAs>)]
    pub figure: CountedAs,
    /// Reason code of declining, failed condition, or `not_coded`
    #[schema(example = "contribution_too_short")]
    pub key: String,
    /// In Vietnamese
    pub label: String,
    /// In English
    pub label_en: String,
    /// Dossiers; one with several failed conditions counts in each
    pub count: i64,
    /// Percent of what was not accepted, or of what was rejected
    pub percent: f64,
    /// The list of exactly the records counted
    pub link: String,
}

/// Why dossiers were refused in a period
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusalsView {
    /// The moment up to which is counted, as it was asked for
    pub as_of: String,
    /// First day
    pub from: Option<NaiveDate>,
    /// Not accepted, each dossier once
    pub not_accepted: i64,
    /// Rejected, each dossier once
    pub rejected: i64,
    /// For each of the two, the list of exactly the records counted
    pub links: BTreeMap<String, String>,
    /// Not accepted before rejected, most frequent first
    pub items: Vec<RefusalView>,
    /// What is counted and how
    pub definition: &'static str,
}

impl RefusalsView {
    /// Refusals as they are shown.
    pub fn of(found: &Refusals, links: &Links, from: Option<NaiveDate>, as_of: String) -> Self {
        let list = |links: &Links, figure| links.to(figure).unwrap_or_default();
        let items = found.items.iter().map(|r| {
            let rejected = r.figure == domain::dossier::figure::Figure::Rejected;
            let figure = if rejected { CountedAs::Rejected } else { CountedAs::NotAccepted };
            RefusalView {
                figure,
                key: r.reason.clone(),
                label: r.label_vi.clone(),
                label_en: r.label_en.clone(),
                count: r.count,
                percent: percent(r.count, if rejected { found.rejected } else { found.not_accepted }),
                link: list(&links.clone().with("reason", r.reason.clone()), figure),
            }
        });
        let both = [CountedAs::NotAccepted, CountedAs::Rejected];
        Self {
            as_of,
            from,
            not_accepted: found.not_accepted,
            rejected: found.rejected,
            links: both.iter().map(|figure| (figure.to_string(), list(links, *figure))).collect(),
            items: items.collect(),
            definition: REFUSALS,
        }
    }
}
