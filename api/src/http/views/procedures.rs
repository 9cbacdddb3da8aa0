//! The catalogue of procedures.

use chrono::NaiveDate;
use domain::deadline::LimitUnit;
use domain::procedure::{Channel, OnlineLevel, Paper, RuleSet, Stage, VersionState};
use domain::unit::Level;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{codes, codes_or_null};
use crate::app::procedures::{Counted, Facet};
use crate::app::reference::Entry;

/// A time limit
#[derive(Debug, Serialize, ToSchema)]
pub struct LimitView {
    /// How many
    #[schema(example = 20)]
    pub value: i64,
    /// Of what
    #[schema(schema_with = codes::<LimitUnit>)]
    pub unit: LimitUnit,
}

/// A stage of the way between units
#[derive(Debug, Serialize, ToSchema)]
pub struct StageView {
    /// Place in the order, from 1
    pub order: i32,
    /// Vietnamese name
    pub name_vi: String,
    /// Level whose unit works it
    #[schema(schema_with = codes::<Level>)]
    pub level: Level,
}

impl StageView {
    fn of(stage: &Stage) -> Self {
        Self { order: stage.order, name_vi: stage.name_vi.clone(), level: stage.level }
    }
}

/// A paper that is asked for
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperWanted {
    /// Code within the procedure
    #[schema(example = "mau_03")]
    pub code: String,
    /// Vietnamese name
    pub name_vi: String,
    /// Whether a dossier needs it
    pub required: bool,
    /// Originals wanted
    pub originals: u8,
    /// Copies wanted
    pub copies: u8,
}

impl PaperWanted {
    fn of(paper: &Paper) -> Self {
        Self {
            code: paper.code.clone(),
            name_vi: paper.name_vi.clone(),
            required: paper.required,
            originals: paper.originals,
            copies: paper.copies,
        }
    }
}

/// A procedure, as lists show it
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcedureSummary {
    /// National code
    #[schema(example = "1.001978")]
    pub code: String,
    /// Vietnamese name
    pub name_vi: String,
    /// Field
    pub field: String,
    /// Level that offers it
    #[schema(schema_with = codes::<Level>)]
    pub level: Level,
    /// How far it is online
    #[schema(schema_with = codes::<OnlineLevel>)]
    pub online_level: OnlineLevel,
    /// Time limit; null where it is not known
    pub limit: Option<LimitView>,
    /// First day of this version
    pub valid_from: NaiveDate,
    /// Last day of this version; null while in force
    pub valid_to: Option<NaiveDate>,
}

impl ProcedureSummary {
    /// A version as lists show it.
    pub fn of(entry: &Entry) -> Self {
        let p = &entry.procedure;
        Self {
            code: p.code.clone(),
            name_vi: p.name_vi.clone(),
            field: p.field.clone(),
            level: p.level,
            online_level: p.online_level,
            limit: p.limit.map(|l| LimitView { value: l.value, unit: l.unit }),
            valid_from: p.valid_from,
            valid_to: p.valid_to,
        }
    }
}

/// A procedure with all that a dossier of it needs
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcedureView {
    /// What lists show
    #[serde(flatten)]
    pub summary: ProcedureSummary,
    /// Identity of the version
    pub version: String,
    /// State of the version
    #[schema(schema_with = codes::<VersionState>)]
    pub state: VersionState,
    /// How dossiers may come in
    #[schema(schema_with = channels)]
    pub channels: Vec<Channel>,
    /// The way through the units
    pub stages: Vec<StageView>,
    /// Papers asked for
    pub papers: Vec<PaperWanted>,
    /// JSON Schema (draft 2020-12) of the form; null where any object will do
    #[schema(value_type = Option<Object>)]
    pub form_schema: Option<serde_json::Value>,
    /// Rule set that decides the outcome; null where discretion does
    #[schema(schema_with = codes_or_null::<RuleSet>)]
    pub rule: Option<RuleSet>,
    /// How often a supplement may be asked for
    pub max_supplement_requests: u32,
    /// How often the due date may be moved
    pub max_extensions: u32,
    /// Where the facts come from
    pub source: String,
    /// How far they are confirmed
    #[schema(example = "recalled")]
    pub basis: String,
}

fn channels() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    utoipa::openapi::schema::ArrayBuilder::new().items(codes::<Channel>()).into()
}

impl ProcedureView {
    /// A version as it is shown by itself.
    pub fn of(entry: &Entry) -> Self {
        let p = &entry.procedure;
        Self {
            summary: ProcedureSummary::of(entry),
            version: entry.id.to_string(),
            state: entry.state,
            channels: p.channels.clone(),
            stages: p.stages.iter().map(StageView::of).collect(),
            papers: p.papers.iter().map(PaperWanted::of).collect(),
            form_schema: p.form_schema.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            rule: p.rule,
            max_supplement_requests: p.max_supplement_requests,
            max_extensions: p.max_extensions,
            source: p.source.clone(),
            basis: p.basis.clone(),
        }
    }
}

/// Which procedures
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProceduresQuery {
    /// Words of the name; accents may be left out, words may be begun
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// Field, exactly
    pub field: Option<String>,
    /// Level that offers it
    #[param(schema_with = codes::<Level>)]
    pub level: Option<Level>,
    /// How far it is online
    #[param(schema_with = codes::<OnlineLevel>)]
    pub online_level: Option<OnlineLevel>,
    /// In force on this day; today without it
    pub on: Option<NaiveDate>,
    /// Page size, 1 to 200
    #[param(minimum = 1, maximum = 200)]
    #[serde(skip_serializing)]
    pub limit: Option<u32>,
    /// Place to go on from
    #[serde(skip_serializing)]
    pub cursor: Option<String>,
}

/// What to count by
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountsQuery {
    /// Facet
    #[param(schema_with = codes::<Facet>)]
    pub by: Facet,
    /// In force on this day; today without it
    pub on: Option<NaiveDate>,
}

/// One line of a count
#[derive(Debug, Serialize, ToSchema)]
pub struct CountView {
    /// Code, or the text itself
    #[schema(example = "full")]
    pub key: String,
    /// Vietnamese label
    #[schema(example = "Toàn trình")]
    pub label: String,
    /// How many
    #[schema(example = 59)]
    pub count: usize,
}

/// A count by facet
#[derive(Debug, Serialize, ToSchema)]
pub struct CountsView {
    /// Facet
    #[schema(schema_with = codes::<Facet>)]
    pub by: Facet,
    /// Sum of all lines
    #[schema(example = 132)]
    pub total: usize,
    /// Lines
    pub items: Vec<CountView>,
}

impl CountsView {
    /// A count as it is shown.
    pub fn of(by: Facet, counted: Vec<Counted>) -> Self {
        let items: Vec<CountView> =
            counted.into_iter().map(|c| CountView { key: c.key, label: c.label, count: c.count }).collect();
        Self { by, total: items.iter().map(|i| i.count).sum(), items }
    }
}
