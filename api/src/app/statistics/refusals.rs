//! Why dossiers were refused: coded reasons of declines, failed conditions of rejections.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::code::Code;
use domain::dossier::command::DeclineReason;
use domain::dossier::figure::{Figure, NOT_CODED, Part};
use domain::unemployment::rules::Condition;
use persistence::Reader;
use persistence::figures::Grain;

use super::dossiers::read_parts;
use super::{AsOf, Figures, Filters, read};
use crate::app::Cx;
use crate::app::error::Error;

/// Dossiers refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Not accepted, or rejected.
    pub figure: Figure,
    /// Code of the reason or of the condition.
    pub reason: String,
    /// In Vietnamese.
    pub label_vi: String,
    /// In English.
    pub label_en: String,
    /// How many dossiers; one with several failed conditions counts in each.
    pub count: i64,
}

/// Why dossiers were refused in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    /// By figure, most frequent first.
    pub items: Vec<Refusal>,
    /// Not accepted, each dossier once.
    pub not_accepted: i64,
    /// Rejected, each dossier once.
    pub rejected: i64,
}

fn labels(reason: &str) -> (String, String) {
    let both = |vi: &str, en: &str| (vi.to_owned(), en.to_owned());
    if reason == NOT_CODED {
        return both("Không có lý do được mã hóa", "No coded reason");
    }
    let decline = DeclineReason::from_code(reason).map(|r| both(r.label_vi(), r.label_en()));
    let condition = || Condition::from_code(reason).map(|c| both(c.label_vi(), c.label_en()));
    decline.or_else(condition).unwrap_or_else(|| both(reason, reason))
}

/// Why dossiers were refused from a day, or the beginning, up to a moment. To be read in one
/// snapshot.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn refusals(
    cx: &Cx,
    reader: &mut Reader<'_>,
    filters: &Filters,
    from: Option<NaiveDate>,
    to: AsOf,
) -> Result<Refusals, Error> {
    let scope = filters.scope(cx, from, to)?;
    let mut total = Figures::default();
    for count in read(reader, &scope, to, Grain::Unit)? {
        total.add(&count);
    }
    let mut sums: BTreeMap<(Figure, String), i64> = BTreeMap::new();
    for part in read_parts(reader, &scope, to, Part::Reason)? {
        *sums.entry((part.figure, part.key)).or_default() += part.n;
    }
    let mut items: Vec<Refusal> = sums
        .into_iter()
        .map(|((figure, reason), count)| {
            let (label_vi, label_en) = labels(&reason);
            Refusal { figure, reason, label_vi, label_en, count }
        })
        .collect();
    // Stable: equal counts stay in the order of their codes.
    items.sort_by_key(|r| (r.figure, -r.count));
    Ok(Refusals { items, not_accepted: total.not_accepted, rejected: total.rejected })
}
