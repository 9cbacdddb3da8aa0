//! The catalogue: finding procedures and counting them; [`versions`] drafts them one by one and [`publication`] puts
//! them in force, [`exchange`] changes all at once, [`blank_forms`] are the files that belong to them.

pub mod blank_forms;
pub mod exchange;
pub mod publication;
pub mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use domain::code::Code;
use domain::procedure::{Channel, OnlineLevel, Procedure, RuleSet};
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
    /// What this unit, those below it or those it succeeded are competent for.
    pub unit: Option<String>,
    /// A channel that it takes dossiers through.
    pub channel: Option<Channel>,
    /// The rule set that decides it.
    pub rule: Option<RuleSet>,
}

impl Wanted {
    /// The words to look for.
    pub fn words(&self) -> Vec<String> {
        let folded = self.text.as_deref().map(fold).unwrap_or_default();
        folded.split(' ').filter(|w| !w.is_empty()).map(Into::into).collect()
    }

    fn takes(&self, reference: &Reference, words: &[String], e: &Entry) -> bool {
        let p: &Procedure = &e.procedure;
        let belongs = |root: &String| p.unit.as_ref().is_some_and(|unit| reference.units.belongs(unit, root));
        self.field.as_ref().is_none_or(|f| p.field == *f)
            && self.level.is_none_or(|level| p.levels().any(|l| l == level))
            && self.online_level.is_none_or(|l| p.online_level == l)
            && self.unit.as_ref().is_none_or(belongs)
            && self.channel.is_none_or(|channel| p.channels.contains(&channel))
            && self.rule.is_none_or(|rule| p.rule == Some(rule))
            && words.iter().all(|word| e.name_folded.split(' ').any(|w| w.starts_with(word.as_str())))
    }
}

/// The procedures in force on a day that are wanted, by code, after the given one.
pub fn list<'a>(
    reference: &'a Reference,
    wanted: &Wanted,
    on: NaiveDate,
    after: Option<&str>,
    limit: usize,
) -> Vec<&'a Arc<Entry>> {
    let words = wanted.words();
    reference
        .catalogue(on)
        .filter(|e| after.is_none_or(|after| e.procedure.code.as_str() > after))
        .filter(|e| wanted.takes(reference, &words, e))
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
        /// Cơ quan thực hiện.
        Unit => "unit", "Cơ quan thực hiện", "Unit",
        /// Kênh nộp hồ sơ: a procedure counts under each of its channels.
        Channel => "channel", "Kênh nộp hồ sơ", "Channel",
        /// Bộ quy tắc.
        Rule => "rule", "Bộ quy tắc", "Rule set",
        /// Đơn vị của thời hạn.
        LimitUnit => "limit_unit", "Đơn vị thời hạn", "Unit of the limit",
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

/// The line for what has no value in a facet.
const NONE: (usize, &str, &str) = (usize::MAX, "none", "Không có");

/// How many procedures are in force on a day, in all and by facet; codes in their own order, texts
/// by name, what has no value last. Counted from the versions themselves, which stand in memory:
/// no statement is sent.
pub fn counts(reference: &Reference, wanted: &Wanted, by: Facet, on: NaiveDate) -> (usize, Vec<Counted>) {
    let words = wanted.words();
    let mut total = 0_usize;
    let mut sums: BTreeMap<(usize, String), (String, usize)> = BTreeMap::new();
    for entry in reference.catalogue(on).filter(|e| wanted.takes(reference, &words, e)) {
        total = total.saturating_add(1);
        for (place, key, label) in lines(reference, by, &entry.procedure) {
            sums.entry((place, key)).or_insert((label, 0)).1 += 1;
        }
    }
    let lines = sums.into_iter().map(|((_, key), (label, count))| Counted { key, label, count }).collect();
    (total, lines)
}

/// The lines of a facet that a procedure counts in.
fn lines(reference: &Reference, by: Facet, p: &Procedure) -> Vec<(usize, String, String)> {
    let none = || (NONE.0, NONE.1.to_owned(), NONE.2.to_owned());
    vec![match by {
        Facet::OnlineLevel => placed(p.online_level),
        Facet::Level => placed(p.level),
        Facet::Field => (0, p.field.clone(), p.field.clone()),
        Facet::Unit => p.unit.as_ref().map_or_else(none, |code| {
            let name = reference.units.get(code).map_or(code, |unit| &unit.name_vi);
            (0, code.clone(), name.clone())
        }),
        Facet::Channel => return p.channels.iter().map(|channel| placed(*channel)).collect(),
        Facet::Rule => p.rule.map_or_else(none, placed),
        Facet::LimitUnit => p.limit.map_or_else(none, |limit| placed(limit.unit)),
    }]
}

fn placed<C: Code>(code: C) -> (usize, String, String) {
    let place = C::ALL.iter().position(|c| *c == code).unwrap_or(usize::MAX);
    (place, code.code().to_owned(), code.label_vi().to_owned())
}
