//! A rule book made from another by changes to its tables.
//!
//! Owns what a change means: a whole table in place of the old one, then rows put, then rows taken
//! out, each row known by its key. Whether the outcome is fit to be law is judged in
//! [`super::check`].

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{DatedAmount, RegionOfArea, RegionalAmount, RuleBook, TimerRules};
use crate::calendar::{CalendarDay, WorkingHours};
use crate::dossier::transition::Violation;
use crate::unemployment::rules::{UnemploymentRules, WageRegion};

/// A row that is known by a key.
pub trait Keyed {
    /// What tells it from the others of its table.
    type Key: Ord;
    /// Its key.
    fn key(&self) -> Self::Key;
}

/// A day of the calendar with its date.
pub type Day = (NaiveDate, CalendarDay);

impl Keyed for Day {
    type Key = NaiveDate;
    fn key(&self) -> NaiveDate {
        self.0
    }
}

impl Keyed for DatedAmount {
    type Key = NaiveDate;
    fn key(&self) -> NaiveDate {
        self.valid_from
    }
}

impl Keyed for RegionalAmount {
    type Key = (NaiveDate, WageRegion);
    fn key(&self) -> Self::Key {
        (self.valid_from, self.region)
    }
}

impl Keyed for RegionOfArea {
    type Key = (String, NaiveDate);
    fn key(&self) -> Self::Key {
        (self.gso_code.clone(), self.valid_from)
    }
}

impl Keyed for TimerRules {
    type Key = NaiveDate;
    fn key(&self) -> NaiveDate {
        self.valid_from
    }
}

impl Keyed for UnemploymentRules {
    type Key = String;
    fn key(&self) -> String {
        self.version.clone()
    }
}

/// What is to become of a table.
#[derive(Debug, Clone)]
pub struct TableEdit<R: Keyed> {
    /// All rows anew.
    pub whole: Option<Vec<R>>,
    /// Rows that are added, or take the place of those with their keys.
    pub put: Vec<R>,
    /// Keys of rows that go.
    pub remove: Vec<R::Key>,
}

impl<R: Keyed> Default for TableEdit<R> {
    fn default() -> Self {
        Self { whole: None, put: Vec::new(), remove: Vec::new() }
    }
}

impl<R: Keyed> TableEdit<R> {
    fn apply(self, table: &str, present: Vec<R>, wrong: &mut Vec<Violation>) -> Vec<R> {
        let whole = self.whole.is_some();
        let mut rows: BTreeMap<R::Key, R> = BTreeMap::new();
        for (i, row) in self.whole.unwrap_or(present).into_iter().enumerate() {
            if rows.insert(row.key(), row).is_some() && whole {
                wrong.push(twice(format!("/tables/{table}/{i}")));
            }
        }
        let mut put = std::collections::BTreeSet::new();
        for (i, row) in self.put.into_iter().enumerate() {
            if !put.insert(row.key()) {
                wrong.push(twice(format!("/changes/{table}/put/{i}")));
            }
            rows.insert(row.key(), row);
        }
        for (i, key) in self.remove.into_iter().enumerate() {
            if rows.remove(&key).is_none() {
                wrong.push(Violation::new(
                    format!("/changes/{table}/remove/{i}"),
                    "no_such_row",
                    "Bảng không có dòng này.",
                    "The table has no such row.",
                ));
            }
        }
        rows.into_values().collect()
    }
}

fn twice(pointer: String) -> Violation {
    Violation::new(pointer, "duplicate_row", "Dòng này đã có ở trên.", "This row is given twice.")
}

/// Changes to a rule book.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Days off and swapped days.
    pub calendar: TableEdit<Day>,
    /// Working hours.
    pub working_hours: Option<WorkingHours>,
    /// Lương cơ sở.
    pub base_salary: TableEdit<DatedAmount>,
    /// Lương tối thiểu vùng.
    pub regional_minimum_wage: TableEdit<RegionalAmount>,
    /// Region of each area.
    pub wage_regions: TableEdit<RegionOfArea>,
    /// Laws on unemployment benefit.
    pub unemployment_rules: TableEdit<UnemploymentRules>,
    /// What the calendar orders of dossiers.
    pub timers: TableEdit<TimerRules>,
}

impl Edit {
    /// Every table anew, as another book has it.
    pub fn whole(book: RuleBook) -> Self {
        fn all<R: Keyed>(rows: Vec<R>) -> TableEdit<R> {
            TableEdit { whole: Some(rows), ..TableEdit::default() }
        }
        Self {
            calendar: all(book.calendar.days.into_iter().collect()),
            working_hours: Some(book.calendar.hours),
            base_salary: all(book.base_salary),
            regional_minimum_wage: all(book.regional_minimum_wage),
            wage_regions: all(book.wage_regions),
            unemployment_rules: all(book.unemployment),
            timers: all(book.timers),
        }
    }

    /// The book after the changes, without a name.
    ///
    /// # Errors
    /// Every change that cannot be made.
    pub fn apply(self, base: &RuleBook) -> Result<RuleBook, Vec<Violation>> {
        let mut wrong = Vec::new();
        let mut book = base.clone();
        let days = std::mem::take(&mut book.calendar.days).into_iter().collect();
        book.calendar.days = self.calendar.apply("calendar", days, &mut wrong).into_iter().collect();
        if let Some(hours) = self.working_hours {
            book.calendar.hours = hours;
        }
        book.base_salary = self.base_salary.apply("base_salary", book.base_salary, &mut wrong);
        book.regional_minimum_wage =
            self.regional_minimum_wage.apply("regional_minimum_wage", book.regional_minimum_wage, &mut wrong);
        book.wage_regions = self.wage_regions.apply("wage_regions", book.wage_regions, &mut wrong);
        book.unemployment =
            self.unemployment_rules.apply("unemployment_rules", book.unemployment, &mut wrong);
        book.timers = self.timers.apply("timers", book.timers, &mut wrong);
        if wrong.is_empty() { Ok(book.content()) } else { Err(wrong) }
    }
}
