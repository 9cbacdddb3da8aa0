//! Edits of a rule book as they are sent: whole tables, or rows to put and to take out.

use std::fmt;
use std::marker::PhantomData;

use chrono::NaiveDate;
use domain::calendar::WorkingHours;
use domain::dossier::transition::Violation;
use domain::rulebook::edit::{Edit, Keyed, TableEdit};
use domain::unemployment::rules::{UnemploymentRules, WageRegion};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use validator::Validate;

use super::tables::{
    AmountRow, CalendarRow, LONGEST_NOTE, RegionalAmountRow, TimerRow, WageRegionRow, WorkingHoursRow,
};
use crate::http::views::codes;

/// A whole table: its rows, or the text of a CSV file with the header of the reference file.
#[derive(Debug, Clone)]
pub enum Rows<R> {
    /// Rows.
    List(Vec<R>),
    /// CSV.
    Csv(String),
}

impl<'de, R: Deserialize<'de>> Deserialize<'de> for Rows<R> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Either<R>(PhantomData<R>);
        impl<'de, R: Deserialize<'de>> Visitor<'de> for Either<R> {
            type Value = Rows<R>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }
            fn visit_str<E>(self, text: &str) -> Result<Rows<R>, E> {
                Ok(Rows::Csv(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Rows<R>, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Rows::List)
            }
        }
        d.deserialize_any(Either(PhantomData))
    }
}

/// The schema of a whole table of these rows.
macro_rules! rows_schema {
    ($($name:ident($row:literal);)+) => { $(
        fn $name() -> RefOr<Schema> {
            let list = ArrayBuilder::new().items(Ref::from_schema_name($row)).build();
            let csv = ObjectBuilder::new()
                .schema_type(SchemaType::new(Type::String))
                .description(Some("CSV with the header of the reference file"))
                .build();
            OneOfBuilder::new().item(list).item(csv).description(Some("All rows anew")).into()
        }
    )+ };
}

rows_schema! {
    calendar_rows("CalendarRow");
    amount_rows("AmountRow");
    regional_rows("RegionalAmountRow");
    area_rows("WageRegionRow");
    timer_rows("TimerRow");
}

/// Whole tables in the place of those of the base; what is not named stays
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TablesBody {
    /// Days that differ from their weekday
    #[schema(schema_with = calendar_rows)]
    pub calendar: Option<Rows<CalendarRow>>,
    /// Working hours
    pub working_hours: Option<WorkingHoursRow>,
    /// Base salary
    #[schema(schema_with = amount_rows)]
    pub base_salary: Option<Rows<AmountRow>>,
    /// Regional minimum wage
    #[schema(schema_with = regional_rows)]
    pub regional_minimum_wage: Option<Rows<RegionalAmountRow>>,
    /// Region of each area
    #[schema(schema_with = area_rows)]
    pub wage_regions: Option<Rows<WageRegionRow>>,
    /// Laws on unemployment benefit, in the shape of `unemployment_rules.json`
    #[schema(value_type = Option<Vec<Object>>)]
    pub unemployment_rules: Option<Vec<UnemploymentRules>>,
    /// What the calendar orders of dossiers
    #[schema(schema_with = timer_rows)]
    pub timers: Option<Rows<TimerRow>>,
}

/// Key of a day
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DayKey {
    /// The day
    pub date: NaiveDate,
}

/// Key of what is in force from a day on
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmountKey {
    /// First day
    pub valid_from: NaiveDate,
}

/// Key of an amount of a region
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionalAmountKey {
    /// First day
    pub valid_from: NaiveDate,
    /// Region
    #[schema(schema_with = codes::<WageRegion>)]
    pub region: WageRegion,
}

/// Key of the region of an area
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WageRegionKey {
    /// Code of the statistics office
    pub gso_code: String,
    /// First day
    pub valid_from: NaiveDate,
}

/// Key of a law
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LawKey {
    /// Name of its version
    pub version: String,
}

macro_rules! changes {
    ($($(#[doc = $doc:literal])+ $name:ident($row:ty, $shown:ty, $key:ty);)+) => { $(
        $(#[doc = $doc])+
        #[derive(Debug, Default, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Rows that are added, or take the place of those with their keys
            #[serde(default)]
            #[schema(value_type = Vec<$shown>)]
            pub put: Vec<$row>,
            /// Keys of rows that go
            #[serde(default)]
            pub remove: Vec<$key>,
        }
    )+ };
}

changes! {
    /// Changes to the calendar
    CalendarChange(CalendarRow, CalendarRow, DayKey);
    /// Changes to the base salary
    AmountChange(AmountRow, AmountRow, AmountKey);
    /// Changes to the regional minimum wage
    RegionalAmountChange(RegionalAmountRow, RegionalAmountRow, RegionalAmountKey);
    /// Changes to the regions of areas
    WageRegionChange(WageRegionRow, WageRegionRow, WageRegionKey);
    /// Changes to the laws on unemployment benefit
    LawChange(UnemploymentRules, Object, LawKey);
    /// Changes to what the calendar orders of dossiers
    TimerChange(TimerRow, TimerRow, AmountKey);
}

/// Changes to tables by key; working hours are replaced as a whole, in `tables`
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangesBody {
    /// Days that differ from their weekday
    #[serde(default)]
    pub calendar: CalendarChange,
    /// Base salary
    #[serde(default)]
    pub base_salary: AmountChange,
    /// Regional minimum wage
    #[serde(default)]
    pub regional_minimum_wage: RegionalAmountChange,
    /// Region of each area
    #[serde(default)]
    pub wage_regions: WageRegionChange,
    /// Laws on unemployment benefit
    #[serde(default)]
    pub unemployment_rules: LawChange,
    /// What the calendar orders of dossiers
    #[serde(default)]
    pub timers: TimerChange,
}

/// A rule book made from a version: whole tables first, then changes
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleBookBody {
    /// Name of the version to begin with; the one in force, or of a draft its own, where none is given
    #[validate(length(max = 100))]
    #[schema(max_length = 100, example = "rules-9f86d08188")]
    pub base: Option<String>,
    /// Why it is made; it stands in the story of every dossier that moves. Nothing personal
    #[validate(length(max = LONGEST_NOTE))]
    #[schema(max_length = 500, example = "Quyết định hoán đổi ngày làm việc dịp 30/4")]
    pub note: Option<String>,
    /// Whole tables
    #[serde(default)]
    pub tables: TablesBody,
    /// Changes by key
    #[serde(default)]
    pub changes: ChangesBody,
}

fn rows<R, D>(table: &str, whole: Option<Rows<R>>, wrong: &mut Vec<Violation>) -> Option<Vec<D>>
where
    R: DeserializeOwned + Into<D>,
{
    match whole? {
        Rows::List(rows) => Some(rows.into_iter().map(Into::into).collect()),
        Rows::Csv(text) => {
            let text = text.trim_start_matches('\u{feff}');
            let mut rows = Vec::new();
            for row in csv::Reader::from_reader(text.as_bytes()).into_deserialize::<R>() {
                match row {
                    Ok(row) => rows.push(row.into()),
                    Err(error) => {
                        let line = error.position().map_or(1, csv::Position::line);
                        wrong.push(Violation::new(
                            format!("/tables/{table}"),
                            "csv",
                            &format!("Dòng {line} không đọc được."),
                            &format!("Line {line} cannot be read."),
                        ));
                    }
                }
            }
            Some(rows)
        }
    }
}

fn table<D: Keyed>(whole: Option<Vec<D>>, put: Vec<impl Into<D>>, remove: Vec<D::Key>) -> TableEdit<D> {
    TableEdit { whole, put: put.into_iter().map(Into::into).collect(), remove }
}

impl RuleBookBody {
    /// What is to be made.
    ///
    /// # Errors
    /// Every line of CSV that cannot be read.
    pub fn edit(self) -> Result<Edit, Vec<Violation>> {
        let (t, c) = (self.tables, self.changes);
        let mut wrong = Vec::new();
        let calendar = rows("calendar", t.calendar, &mut wrong);
        let base_salary = rows("base_salary", t.base_salary, &mut wrong);
        let regional = rows("regional_minimum_wage", t.regional_minimum_wage, &mut wrong);
        let areas = rows("wage_regions", t.wage_regions, &mut wrong);
        let timers = rows("timers", t.timers, &mut wrong);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Edit {
            calendar: table(
                calendar,
                c.calendar.put,
                c.calendar.remove.into_iter().map(|k| k.date).collect(),
            ),
            working_hours: t.working_hours.map(|h| WorkingHours {
                spans: h.spans,
                cut_off: h.cut_off,
                basis: h.basis,
                source: h.source,
            }),
            base_salary: table(
                base_salary,
                c.base_salary.put,
                c.base_salary.remove.into_iter().map(|k| k.valid_from).collect(),
            ),
            regional_minimum_wage: table(
                regional,
                c.regional_minimum_wage.put,
                c.regional_minimum_wage.remove.into_iter().map(|k| (k.valid_from, k.region)).collect(),
            ),
            wage_regions: table(
                areas,
                c.wage_regions.put,
                c.wage_regions.remove.into_iter().map(|k| (k.gso_code, k.valid_from)).collect(),
            ),
            unemployment_rules: table(
                t.unemployment_rules,
                c.unemployment_rules.put,
                c.unemployment_rules.remove.into_iter().map(|k| k.version).collect(),
            ),
            timers: table(timers, c.timers.put, c.timers.remove.into_iter().map(|k| k.valid_from).collect()),
        })
    }
}
