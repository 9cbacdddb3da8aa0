//! A rule book as the files of reference data, the same that are loaded.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::calendar::DayKind;
use domain::rulebook::{Basis, RuleBook};
use serde::Serialize;

use crate::app::error::Error;

fn unwritable(name: &str, why: impl std::fmt::Display) -> Error {
    Error::Internal(format!("{name}: {why}"))
}

fn csv<R: Serialize>(name: &str, rows: impl IntoIterator<Item = R>) -> Result<String, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|e| unwritable(name, e))?;
    }
    let bytes = writer.into_inner().map_err(|e| unwritable(name, e))?;
    String::from_utf8(bytes).map_err(|e| unwritable(name, e))
}

fn json(name: &str, value: &impl Serialize) -> Result<String, Error> {
    Ok(serde_json::to_string_pretty(value).map_err(|e| unwritable(name, e))? + "\n")
}

/// The text of each file, by its name.
///
/// # Errors
/// [`Error::Internal`] naming the file that cannot be written.
pub fn files(book: &RuleBook) -> Result<BTreeMap<String, String>, Error> {
    #[derive(Serialize)]
    struct Day<'a> {
        date: NaiveDate,
        kind: DayKind,
        name_vi: &'a str,
        basis: Basis,
        source: &'a str,
    }
    let book = book.content();
    let days = book.calendar.days.iter().map(|(date, day)| Day {
        date: *date,
        kind: day.kind,
        name_vi: &day.name_vi,
        basis: day.basis,
        source: &day.source,
    });
    let all = [
        ("calendar.csv", csv("calendar.csv", days)?),
        ("working_hours.json", json("working_hours.json", &book.calendar.hours)?),
        ("base_salary.csv", csv("base_salary.csv", &book.base_salary)?),
        ("regional_minimum_wage.csv", csv("regional_minimum_wage.csv", &book.regional_minimum_wage)?),
        ("wage_regions.csv", csv("wage_regions.csv", &book.wage_regions)?),
        ("unemployment_rules.json", json("unemployment_rules.json", &book.unemployment)?),
        ("timers.json", json("timers.json", &book.timers)?),
    ];
    Ok(all.into_iter().map(|(name, text)| (name.to_owned(), text)).collect())
}
