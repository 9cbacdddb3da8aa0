//! The tables of a rule book, in the shape of the reference files: whole, as rows or as CSV, and as
//! changes by key.

use std::fmt;
use std::marker::PhantomData;

use chrono::{NaiveDate, NaiveTime};
use domain::calendar::{CalendarDay, DayKind, WorkingHours};
use domain::dossier::transition::Violation;
use domain::money::Dong;
use domain::rulebook::edit::{Day, Edit, Keyed, TableEdit};
use domain::rulebook::{Basis, DatedAmount, RegionOfArea, RegionalAmount, RuleBook, TimerRules};
use domain::unemployment::rules::{UnemploymentRules, WageRegion};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use validator::Validate;

use crate::http::views::codes;

/// Most bytes of a note.
const LONGEST_NOTE: u64 = 500;

/// A day that differs from its weekday
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarRow {
    /// The day
    #[schema(example = "2024-04-29")]
    pub date: NaiveDate,
    /// How it differs
    #[schema(schema_with = codes::<DayKind>)]
    pub kind: DayKind,
    /// Vietnamese name
    pub name_vi: String,
    /// How far it is confirmed
    #[schema(schema_with = codes::<Basis>)]
    pub basis: Basis,
    /// Where it stands
    pub source: String,
}

impl From<CalendarRow> for Day {
    fn from(r: CalendarRow) -> Self {
        (r.date, CalendarDay { kind: r.kind, name_vi: r.name_vi, basis: r.basis, source: r.source })
    }
}

fn spans() -> RefOr<Schema> {
    let time = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .examples([serde_json::json!("07:00:00")])
        .build();
    let span = ArrayBuilder::new().items(time).min_items(Some(2)).max_items(Some(2));
    ArrayBuilder::new().items(span).description(Some("Begin and end of each, in order")).build().into()
}

fn time() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .description(Some("What is accepted after this time counts from the next working day"))
        .examples([serde_json::json!("15:00:00")])
        .into()
}

/// Working hours and cut-off of acceptance
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkingHoursRow {
    /// Spans of a working day
    #[schema(schema_with = spans)]
    pub spans: Vec<(NaiveTime, NaiveTime)>,
    /// Cut-off
    #[schema(schema_with = time)]
    pub cut_off: NaiveTime,
    /// How far it is confirmed
    #[schema(schema_with = codes::<Basis>)]
    pub basis: Basis,
    /// Where it stands
    pub source: String,
}

/// An amount in force from a day on
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmountRow {
    /// First day
    #[schema(example = "2026-07-01")]
    pub valid_from: NaiveDate,
    /// Whole đồng a month
    #[schema(example = 2530000)]
    pub amount_vnd: i64,
    /// How far it is confirmed
    #[schema(schema_with = codes::<Basis>)]
    pub basis: Basis,
    /// Where it stands
    pub source: String,
}

impl From<AmountRow> for DatedAmount {
    fn from(r: AmountRow) -> Self {
        Self { valid_from: r.valid_from, amount_vnd: Dong(r.amount_vnd), basis: r.basis, source: r.source }
    }
}

/// An amount of a region in force from a day on
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionalAmountRow {
    /// First day
    #[schema(example = "2026-01-01")]
    pub valid_from: NaiveDate,
    /// Region
    #[schema(schema_with = codes::<WageRegion>)]
    pub region: WageRegion,
    /// Whole đồng a month
    #[schema(example = 4140000)]
    pub amount_vnd: i64,
    /// How far it is confirmed
    #[schema(schema_with = codes::<Basis>)]
    pub basis: Basis,
    /// Where it stands
    pub source: String,
}

impl From<RegionalAmountRow> for RegionalAmount {
    fn from(r: RegionalAmountRow) -> Self {
        Self {
            valid_from: r.valid_from,
            region: r.region,
            amount_vnd: Dong(r.amount_vnd),
            basis: r.basis,
            source: r.source,
        }
    }
}

/// The wage region of an area during a period
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WageRegionRow {
    /// Code of the statistics office
    #[schema(example = "540")]
    pub gso_code: String,
    /// Vietnamese name
    pub unit_name: String,
    /// First day
    pub valid_from: NaiveDate,
    /// Last day; null while in force
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
    /// Region
    #[schema(schema_with = codes::<WageRegion>)]
    pub region: WageRegion,
    /// How far it is confirmed
    #[schema(schema_with = codes::<Basis>)]
    pub basis: Basis,
    /// Where it stands
    pub source: String,
}

impl From<WageRegionRow> for RegionOfArea {
    fn from(r: WageRegionRow) -> Self {
        Self {
            gso_code: r.gso_code,
            unit_name: r.unit_name,
            valid_from: r.valid_from,
            valid_to: r.valid_to,
            region: r.region,
            basis: r.basis,
            source: r.source,
        }
    }
}

/// What the calendar orders of dossiers from a day on
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimerRow {
    /// First day
    #[schema(example = "2018-06-21")]
    pub valid_from: NaiveDate,
    /// Working days after the last day of a supplement request before its dossier is stopped
    #[schema(example = 0, maximum = 500)]
    pub supplement_grace_working_days: u32,
    /// Working days after which a request that states no last day has come to its last; null where it stays open
    #[serde(default)]
    #[schema(example = 30, minimum = 1, maximum = 500)]
    pub supplement_unstated_working_days: Option<u32>,
    /// Working days after the due date before a letter of apology is drafted
    #[schema(example = 0, maximum = 500)]
    pub apology_after_working_days: u32,
    /// How far it is confirmed
    #[schema(schema_with = codes::<Basis>)]
    pub basis: Basis,
    /// Where it stands
    pub source: String,
}

impl From<TimerRow> for TimerRules {
    fn from(r: TimerRow) -> Self {
        Self {
            valid_from: r.valid_from,
            supplement_grace_working_days: r.supplement_grace_working_days,
            supplement_unstated_working_days: r.supplement_unstated_working_days,
            apology_after_working_days: r.apology_after_working_days,
            basis: r.basis,
            source: r.source,
        }
    }
}

impl From<TimerRules> for TimerRow {
    fn from(t: TimerRules) -> Self {
        Self {
            valid_from: t.valid_from,
            supplement_grace_working_days: t.supplement_grace_working_days,
            supplement_unstated_working_days: t.supplement_unstated_working_days,
            apology_after_working_days: t.apology_after_working_days,
            basis: t.basis,
            source: t.source,
        }
    }
}

/// The tables of a rule book
#[derive(Debug, Serialize, ToSchema)]
pub struct TablesView {
    /// Days that differ from their weekday
    pub calendar: Vec<CalendarRow>,
    /// Working hours
    pub working_hours: WorkingHoursRow,
    /// Base salary
    pub base_salary: Vec<AmountRow>,
    /// Regional minimum wage
    pub regional_minimum_wage: Vec<RegionalAmountRow>,
    /// Region of each area
    pub wage_regions: Vec<WageRegionRow>,
    /// Laws on unemployment benefit, in the shape of `unemployment_rules.json`
    #[schema(value_type = Vec<Object>)]
    pub unemployment_rules: Vec<Value>,
    /// What the calendar orders of dossiers
    pub timers: Vec<TimerRow>,
}

impl TablesView {
    /// The tables of a book, in the order of their keys.
    pub fn of(book: &RuleBook) -> Self {
        let book = book.content();
        let hours = book.calendar.hours;
        Self {
            calendar: book
                .calendar
                .days
                .into_iter()
                .map(|(date, d)| CalendarRow {
                    date,
                    kind: d.kind,
                    name_vi: d.name_vi,
                    basis: d.basis,
                    source: d.source,
                })
                .collect(),
            working_hours: WorkingHoursRow {
                spans: hours.spans,
                cut_off: hours.cut_off,
                basis: hours.basis,
                source: hours.source,
            },
            base_salary: book
                .base_salary
                .into_iter()
                .map(|a| AmountRow {
                    valid_from: a.valid_from,
                    amount_vnd: a.amount_vnd.0,
                    basis: a.basis,
                    source: a.source,
                })
                .collect(),
            regional_minimum_wage: book
                .regional_minimum_wage
                .into_iter()
                .map(|a| RegionalAmountRow {
                    valid_from: a.valid_from,
                    region: a.region,
                    amount_vnd: a.amount_vnd.0,
                    basis: a.basis,
                    source: a.source,
                })
                .collect(),
            wage_regions: book
                .wage_regions
                .into_iter()
                .map(|a| WageRegionRow {
                    gso_code: a.gso_code,
                    unit_name: a.unit_name,
                    valid_from: a.valid_from,
                    valid_to: a.valid_to,
                    region: a.region,
                    basis: a.basis,
                    source: a.source,
                })
                .collect(),
            unemployment_rules: book
                .unemployment
                .iter()
                .map(|law| serde_json::to_value(law).unwrap_or_default())
                .collect(),
            timers: book.timers.into_iter().map(Into::into).collect(),
        }
    }
}

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
