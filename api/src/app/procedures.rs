//! The catalogue: finding procedures and counting them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use domain::code::Code;
use domain::procedure::OnlineLevel;
use domain::text::fold;
use domain::unit::Level;

use super::reference::{Entry, Reference};

/// What of the catalogue is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Words of the name, without accents if need be.
    pub text: Option<String>,
    /// Field, exactly.
    pub field: Option<String>,
    /// Level that offers it.
    pub level: Option<Level>,
    /// Online level.
    pub online_level: Option<OnlineLevel>,
}

/// The procedures in force on a day that are wanted, by code, after the given one.
pub fn list<'a>(
    reference: &'a Reference,
    wanted: &Wanted,
    on: NaiveDate,
    after: Option<&str>,
    limit: usize,
) -> Vec<&'a Arc<Entry>> {
    let words: Vec<String> = wanted
        .text
        .as_deref()
        .map(fold)
        .unwrap_or_default()
        .split(' ')
        .filter(|w| !w.is_empty())
        .map(Into::into)
        .collect();
    reference
        .catalogue(on)
        .filter(|e| after.is_none_or(|after| e.procedure.code.as_str() > after))
        .filter(|e| wanted.field.as_ref().is_none_or(|f| e.procedure.field == *f))
        .filter(|e| wanted.level.is_none_or(|l| e.procedure.level == l))
        .filter(|e| wanted.online_level.is_none_or(|l| e.procedure.online_level == l))
        .filter(|e| words.iter().all(|word| e.name_folded.split(' ').any(|w| w.starts_with(word.as_str()))))
        .take(limit)
        .collect()
}

domain::codes! {
    /// What the catalogue is counted by.
    pub enum Facet {
        /// Mức độ trực tuyến.
        OnlineLevel => "online_level", "Mức độ trực tuyến", "Online level",
        /// Cấp thực hiện.
        Level => "level", "Cấp thực hiện", "Level",
        /// Lĩnh vực.
        Field => "field", "Lĩnh vực", "Field",
    }
}

/// One line of a count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Code, or the text itself.
    pub key: String,
    /// Vietnamese label.
    pub label: String,
    /// How many.
    pub count: usize,
}

/// How many procedures are in force on a day, by facet; codes in their own order, texts by name.
pub fn counts(reference: &Reference, by: Facet, on: NaiveDate) -> Vec<Counted> {
    let mut sums: BTreeMap<(usize, String), (String, usize)> = BTreeMap::new();
    for entry in reference.catalogue(on) {
        let p = &entry.procedure;
        let (place, key, label) = match by {
            Facet::OnlineLevel => placed(p.online_level),
            Facet::Level => placed(p.level),
            Facet::Field => (0, p.field.clone(), p.field.clone()),
        };
        sums.entry((place, key)).or_insert((label, 0)).1 += 1;
    }
    sums.into_iter().map(|((_, key), (label, count))| Counted { key, label, count }).collect()
}

fn placed<C: Code>(code: C) -> (usize, String, String) {
    let place = C::ALL.iter().position(|c| *c == code).unwrap_or(usize::MAX);
    (place, code.code().to_owned(), code.label_vi().to_owned())
}
