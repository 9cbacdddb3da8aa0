//! Reads the files of reference data and puts them in force.
//!
//! The shipped set is part of the program; a folder of the same files can take its place. Loading
//! the same data again changes nothing; other data makes a new rule book and new versions.

mod loading;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use domain::calendar::{Calendar, CalendarDay, DayKind, WorkingHours};
use domain::code::Code;
use domain::deadline::{Limit, LimitUnit};
use domain::money::Dong;
use domain::procedure::{Channel, OnlineLevel, Paper, Procedure, RuleSet, Stage};
use domain::rulebook::{Basis, DatedAmount, RegionOfArea, RegionalAmount, RuleBook, TimerRules};
use domain::unemployment::rules::{UnemploymentRules, WageRegion};
use domain::unit::{Level, Unit, UnitKind};
use persistence::audit::digest;
use persistence::units::SourcedUnit;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::Error;
use super::procedures::exchange::Item;

pub use self::loading::{Loaded, load};

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../reference/", $name)))),+]
    };
}

/// The shipped files.
const SHIPPED: &[(&str, &str)] = shipped![
    "units.csv",
    "procedures.csv",
    "papers.csv",
    "forms/1.001978.json",
    "calendar.csv",
    "working_hours.json",
    "base_salary.csv",
    "regional_minimum_wage.csv",
    "wage_regions.csv",
    "unemployment_rules.json",
    "timers.json",
];

/// The shipped portal export, for the demonstration.
pub const SHIPPED_PORTAL_EXPORT: &str =
    include_str!("../../../reference/unemployment_portal_export_2023-11-15.ndjson");

/// First day of the shipped catalogue: when the law that its oldest procedure rests on came into
/// force (Employment Law 38/2013/QH13). Assumed for all others.
const CATALOGUE_FROM: &str = "2015-01-01";

/// The department whose catalogue the shipped file is (domain reference 13: "the department's own
/// list"; its identifier is assumed there, 2.2).
const CATALOGUE_UNIT: &str = "H08.15";

/// How often a supplement may be asked for (Decree 61/2018/NĐ-CP; domain reference 4.2) and a due
/// date be moved, where the catalogue does not say otherwise.
pub const ONCE: u32 = 1;

/// Reference data as read from files.
#[derive(Debug)]
pub struct Set {
    files: BTreeMap<String, String>,
    /// Whether somebody named the files: then their rule book is put in force whatever is there.
    chosen: bool,
}

fn unreadable(name: &str, why: impl std::fmt::Display) -> Error {
    Error::Internal(format!("{name}: {why}"))
}

impl Set {
    /// The shipped set.
    pub fn shipped() -> Self {
        let files = SHIPPED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Self { files, chosen: false }
    }

    /// The files of a folder; what it does not hold is taken from the shipped set.
    ///
    /// # Errors
    /// [`Error::Internal`] naming the file that cannot be read.
    pub fn folder(dir: &Path) -> Result<Self, Error> {
        Self::shipped().with(dir)
    }

    /// The files of a folder over those that a rule book makes.
    ///
    /// # Errors
    /// As [`Set::folder`].
    pub fn over(book: &RuleBook, dir: &Path) -> Result<Self, Error> {
        let mut set = Self::shipped();
        set.files.extend(super::rule_books::files::files(book)?);
        set.with(dir)
    }

    fn with(self, dir: &Path) -> Result<Self, Error> {
        let mut set = Self { chosen: true, ..self };
        let mut names: Vec<String> = set.files.keys().cloned().collect();
        match std::fs::read_dir(dir.join("forms")) {
            Ok(forms) => {
                for form in forms {
                    let form = form.map_err(|e| unreadable("forms", e))?;
                    names.push(format!("forms/{}", form.file_name().to_string_lossy()));
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(unreadable("forms", e)),
        }
        let mut found = false;
        for name in names {
            let path = dir.join(&name);
            if path.is_file() {
                found = true;
                let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&name, e))?;
                set.files.insert(name, text);
            }
        }
        if found {
            Ok(set)
        } else {
            Err(unreadable(&dir.display().to_string(), "no reference file in this folder"))
        }
    }

    fn text(&self, name: &str) -> &str {
        self.files.get(name).map_or("", String::as_str)
    }

    fn rows<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, Error> {
        csv::Reader::from_reader(self.text(name).as_bytes())
            .deserialize()
            .collect::<Result<_, _>>()
            .map_err(|e| unreadable(name, e))
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        serde_json::from_str(self.text(name)).map_err(|e| unreadable(name, e))
    }

    /// The rule book that the files make.
    ///
    /// # Errors
    /// [`Error::Internal`] naming file and row.
    pub fn rule_book(&self) -> Result<RuleBook, Error> {
        #[derive(Deserialize)]
        struct Day {
            date: NaiveDate,
            kind: DayKind,
            name_vi: String,
            basis: Basis,
            source: String,
        }
        #[derive(Deserialize)]
        struct Amount {
            valid_from: NaiveDate,
            amount_vnd: i64,
            basis: Basis,
            source: String,
        }
        #[derive(Deserialize)]
        struct Regional {
            valid_from: NaiveDate,
            region: WageRegion,
            amount_vnd: i64,
            basis: Basis,
            source: String,
        }
        let days: BTreeMap<NaiveDate, CalendarDay> = self
            .rows::<Day>("calendar.csv")?
            .into_iter()
            .map(|d| {
                (d.date, CalendarDay { kind: d.kind, name_vi: d.name_vi, basis: d.basis, source: d.source })
            })
            .collect();
        let hours: WorkingHours = self.json("working_hours.json")?;
        let unemployment: Vec<UnemploymentRules> = self.json("unemployment_rules.json")?;
        let calendar_text = format!("{}{}", self.text("calendar.csv"), self.text("working_hours.json"));
        let law_text = [
            calendar_text.as_str(),
            self.text("base_salary.csv"),
            self.text("regional_minimum_wage.csv"),
            self.text("wage_regions.csv"),
            self.text("unemployment_rules.json"),
            self.text("timers.json"),
        ]
        .concat();
        Ok(RuleBook {
            version: named("rules", &law_text),
            calendar: Calendar { version: named("calendar", &calendar_text), days, hours },
            base_salary: self
                .rows::<Amount>("base_salary.csv")?
                .into_iter()
                .map(|a| DatedAmount {
                    valid_from: a.valid_from,
                    amount_vnd: Dong(a.amount_vnd),
                    basis: a.basis,
                    source: a.source,
                })
                .collect(),
            regional_minimum_wage: self
                .rows::<Regional>("regional_minimum_wage.csv")?
                .into_iter()
                .map(|a| RegionalAmount {
                    valid_from: a.valid_from,
                    region: a.region,
                    amount_vnd: Dong(a.amount_vnd),
                    basis: a.basis,
                    source: a.source,
                })
                .collect(),
            wage_regions: self.rows::<RegionOfArea>("wage_regions.csv")?,
            unemployment,
            timers: self.json::<Vec<TimerRules>>("timers.json")?,
        })
    }

    fn units(&self) -> Result<Vec<SourcedUnit>, Error> {
        #[derive(Deserialize)]
        struct Row {
            code: String,
            name_vi: String,
            kind: UnitKind,
            level: Level,
            gso_code: Option<String>,
            parent: Option<String>,
            valid_from: NaiveDate,
            valid_to: Option<NaiveDate>,
            successors: String,
            basis: String,
            source: String,
        }
        let rows = self.rows::<Row>("units.csv")?;
        Ok(rows
            .into_iter()
            .map(|r| SourcedUnit {
                unit: Unit {
                    code: r.code,
                    name_vi: r.name_vi,
                    kind: r.kind,
                    level: r.level,
                    gso_code: r.gso_code,
                    parent: r.parent,
                    valid_from: r.valid_from,
                    valid_to: r.valid_to,
                    successors: r
                        .successors
                        .split('|')
                        .filter(|s| !s.is_empty())
                        .map(ToOwned::to_owned)
                        .collect(),
                },
                basis: r.basis,
                source: r.source,
            })
            .collect())
    }

    fn procedures(&self) -> Result<Vec<Item>, Error> {
        #[derive(Deserialize)]
        struct Row {
            code: String,
            name_vi: String,
            field: String,
            unit_level: Level,
            online_level: OnlineLevel,
            limit_value: Option<i64>,
            limit_unit: Option<LimitUnit>,
            interlinked_from: Option<Level>,
            rule: Option<RuleSet>,
            basis: String,
            source: String,
        }
        #[derive(Deserialize)]
        struct PaperRow {
            procedure: String,
            code: String,
            name_vi: String,
            required: bool,
            originals: u8,
            copies: u8,
        }
        let mut papers: BTreeMap<String, Vec<Paper>> = BTreeMap::new();
        for row in self.rows::<PaperRow>("papers.csv")? {
            papers.entry(row.procedure).or_default().push(Paper {
                code: row.code,
                name_vi: row.name_vi,
                required: row.required,
                originals: row.originals,
                copies: row.copies,
                when_vi: None,
            });
        }
        let valid_from = CATALOGUE_FROM.parse().map_err(|e| unreadable("procedures.csv", e))?;
        let rows = self.rows::<Row>("procedures.csv")?;
        Ok(rows
            .into_iter()
            .map(|r| Item {
                place: format!("/{}", r.code),
                dated: true,
                forms: None,
                procedure: Procedure {
                    stages: stages(r.interlinked_from.unwrap_or(r.unit_level), r.unit_level),
                    channels: channels(r.online_level),
                    papers: papers.remove(&r.code).unwrap_or_default(),
                    limit: r.limit_value.zip(r.limit_unit).map(|(value, unit)| Limit { value, unit }),
                    other_levels: Vec::new(),
                    unit: Some(CATALOGUE_UNIT.to_owned()),
                    agency_suffix: None,
                    decision_number: None,
                    fees: Vec::new(),
                    conditions: Vec::new(),
                    result: None,
                    legal_basis: Vec::new(),
                    max_supplement_requests: ONCE,
                    max_extensions: ONCE,
                    rule: r.rule,
                    form_schema: self.files.get(&format!("forms/{}.json", r.code)).cloned(),
                    valid_from,
                    valid_to: None,
                    code: r.code,
                    name_vi: r.name_vi,
                    field: r.field,
                    level: r.unit_level,
                    online_level: r.online_level,
                    source: r.source,
                    basis: r.basis,
                },
            })
            .collect())
    }
}

/// A version named by its content.
pub(super) fn named(kind: &str, text: &str) -> String {
    let digest = digest(text);
    format!("{kind}-{}", digest.get(..10).unwrap_or(&digest))
}

/// The way from the level that receives up to the level that settles.
pub fn stages(from: Level, to: Level) -> Vec<Stage> {
    let upwards = [Level::Commune, Level::District, Level::Province];
    let place = |level: Level| upwards.iter().position(|l| *l == level).unwrap_or(0);
    let way = upwards.iter().copied().filter(|l| place(*l) >= place(from) && place(*l) <= place(to));
    (1_i32..)
        .zip(way)
        .map(|(order, level)| Stage {
            order,
            name_vi: if level == to {
                "Giải quyết"
            } else {
                "Tiếp nhận, thẩm tra, chuyển cấp trên"
            }
            .to_owned(),
            level,
            role: None,
            limit: None,
        })
        .collect()
}

/// What an online level means for how dossiers come in (Decree 42/2022/NĐ-CP art. 11).
pub fn channels(level: OnlineLevel) -> Vec<Channel> {
    match level {
        OnlineLevel::Full | OnlineLevel::Partial => Channel::ALL.to_vec(),
        OnlineLevel::Information => vec![Channel::InPerson, Channel::Post],
    }
}
