//! The tables of a rule book, in the shape of the reference files.

use chrono::{NaiveDate, NaiveTime};
use domain::calendar::{CalendarDay, DayKind};
use domain::money::Dong;
use domain::rulebook::edit::Day;
use domain::rulebook::{Basis, DatedAmount, RegionOfArea, RegionalAmount, RuleBook, TimerRules};
use domain::unemployment::rules::WageRegion;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};

use crate::http::views::codes;

/// Most bytes of a note.
pub(super) const LONGEST_NOTE: u64 = 500;

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
