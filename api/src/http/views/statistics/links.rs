//! Where the lists behind the figures are: the same conditions, as parameters of the list.

use chrono::NaiveDate;
use domain::code::Code;

use crate::app::statistics::{Facet, Filters, Group};
use crate::http::views::dossiers::CountedAs;

/// Where the lists behind the figures are.
#[derive(Debug, Clone)]
pub struct Links {
    filters: Vec<(&'static str, String)>,
    from: Option<NaiveDate>,
    as_of: String,
}

impl Links {
    /// Of a period. `catalogue_on` is the day whose catalogue says field and online level.
    pub fn new(filters: &Filters, from: Option<NaiveDate>, as_of: &str, catalogue_on: NaiveDate) -> Self {
        let mut pairs = Vec::new();
        let mut push = |name, value: Option<String>| pairs.extend(value.map(|value| (name, value)));
        push("procedure", filters.procedure.clone());
        push("unit", filters.unit.clone());
        push("channel", filters.channel.map(|c| c.to_string()));
        push("field", filters.field.clone());
        push("online_level", filters.online_level.map(|l| l.to_string()));
        push("catalogue_on", Some(catalogue_on.to_string()));
        Self { filters: pairs, from, as_of: as_of.to_owned() }
    }

    /// Narrowed to one more thing, in place of what the same filter said.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.filters.retain(|(known, _)| *known != name);
        self.filters.push((name, value));
        self
    }

    /// The list behind a figure; none where there is none: nothing was carried over into everything.
    pub fn to(&self, figure: CountedAs) -> Option<String> {
        if figure == CountedAs::CarriedOver && self.from.is_none() {
            return None;
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("figure", figure.code());
        query.append_pair("as_of", &self.as_of);
        if let Some(from) = self.from {
            query.append_pair("from", &from.to_string());
        }
        let by_catalogue = self.filters.iter().any(|(name, _)| matches!(*name, "field" | "online_level"));
        for (name, value) in self.filters.iter().filter(|(name, _)| by_catalogue || *name != "catalogue_on") {
            query.append_pair(name, value);
        }
        Some(format!("/api/v1/dossiers?{}", query.finish()))
    }

    pub(super) fn of_group(&self, by: Facet, map: Option<NaiveDate>, group: &Group, end: &str) -> Self {
        let key = group.key.clone();
        let links = self.clone();
        match by {
            Facet::Procedure => links.with("procedure", key),
            Facet::Field => links.with("field", key),
            Facet::OnlineLevel => links.with("online_level", key),
            Facet::Channel => links.with("channel", key),
            Facet::OfficerUnit => links.with("officer_unit", key),
            Facet::Unit => match map {
                Some(day) => links.with("received_by", key).with("map", day.to_string()),
                None => links.with("received_by", key),
            },
            _ => Self { from: group.from, as_of: end.to_owned(), ..links },
        }
    }
}
