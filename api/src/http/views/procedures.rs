//! The catalogue of procedures: as it is read.

pub mod content;
pub mod exchange;
mod forms;
pub mod sheet;
pub mod versions;

use chrono::NaiveDate;
use domain::deadline::{Limit, LimitUnit};
use domain::procedure::{Channel, OnlineLevel, Procedure, RuleSet, VersionState};
use domain::unit::Level;
use persistence::blank_forms::About;
use persistence::procedures::Version;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{codes, codes_or_null};
use crate::app::procedures::versions::Shown;
use crate::app::procedures::{Counted, Facet, Wanted};
use crate::app::reference::Entry;
use content::{FeeContent, LegalBasisContent, PaperContent, ProcedureContent, ResultContent, StageContent};

/// A time limit
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitView {
    /// How many
    #[schema(example = 20)]
    pub value: i64,
    /// Of what
    #[schema(schema_with = codes::<LimitUnit>)]
    pub unit: LimitUnit,
}

impl LimitView {
    /// A limit as it is shown.
    pub fn of(limit: &Limit) -> Self {
        Self { value: limit.value, unit: limit.unit }
    }
}

/// A blank form to be filled in
#[derive(Debug, Serialize, ToSchema)]
pub struct BlankFormView {
    /// Where it is downloaded
    pub url: String,
    /// Name of the file
    pub file_name: String,
    /// Media type
    #[schema(example = "application/pdf")]
    pub content_type: String,
    /// Bytes
    pub size: i64,
    /// SHA-256 of the file
    pub sha256: String,
}

impl BlankFormView {
    /// A blank form of a version as it is shown.
    pub fn of(code: &str, version: uuid::Uuid, about: &About) -> Self {
        Self {
            url: format!("/api/v1/procedures/{code}/versions/{version}/blank-forms/{}", about.paper),
            file_name: about.file_name.clone(),
            content_type: about.content_type.clone(),
            size: about.size,
            sha256: about.sha256.clone(),
        }
    }
}

/// A paper that is asked for, with its blank form
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
    /// In which case it is wanted; null where always
    pub when_vi: Option<String>,
    /// Blank form to be filled in; null where there is none
    pub blank_form: Option<BlankFormView>,
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
    /// Competent unit; null where none is named
    #[schema(example = "H08.15")]
    pub unit: Option<String>,
    /// Identity of the version
    pub version: String,
    /// How the version stands today
    #[schema(schema_with = codes::<VersionState>)]
    pub state: VersionState,
    /// First day of this version
    pub valid_from: NaiveDate,
    /// Last day of this version; null while it has no end
    pub valid_to: Option<NaiveDate>,
}

/// A version with what surrounds it
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The version.
    pub procedure: &'a Procedure,
    /// Its identity.
    pub id: uuid::Uuid,
    /// Whether it was published.
    pub published: bool,
    /// The blank forms of its papers.
    pub blank_forms: &'a [About],
}

impl<'a> Seen<'a> {
    /// Of a published version.
    pub fn entry(entry: &'a Entry) -> Self {
        Self { procedure: &entry.procedure, id: entry.id.0, published: true, blank_forms: &entry.blank_forms }
    }

    /// Of any version.
    pub fn shown(shown: &'a Shown) -> Self {
        Self { blank_forms: &shown.blank_forms, ..Self::version(&shown.version) }
    }

    /// Of any version, without its blank forms.
    pub fn version(version: &'a Version) -> Self {
        Self {
            procedure: &version.procedure,
            id: version.id.0,
            published: version.published,
            blank_forms: &[],
        }
    }
}

impl ProcedureSummary {
    /// A version as lists show it.
    pub fn of(seen: Seen<'_>, today: NaiveDate) -> Self {
        let p = seen.procedure;
        Self {
            code: p.code.clone(),
            name_vi: p.name_vi.clone(),
            field: p.field.clone(),
            level: p.level,
            online_level: p.online_level,
            limit: p.limit.as_ref().map(LimitView::of),
            unit: p.unit.clone(),
            version: seen.id.to_string(),
            state: p.state(seen.published, today),
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
    /// Further levels that offer it
    #[schema(schema_with = content::levels)]
    pub other_levels: Vec<Level>,
    /// What the agency puts behind the national code in its own lists; null where nothing
    pub agency_suffix: Option<String>,
    /// Number of the decision that announced it; null where not known
    pub decision_number: Option<String>,
    /// How dossiers may come in
    #[schema(schema_with = content::channels)]
    pub channels: Vec<Channel>,
    /// The way through the units
    pub stages: Vec<StageContent>,
    /// Papers asked for
    pub papers: Vec<PaperWanted>,
    /// What is paid; empty where it is free
    pub fees: Vec<FeeContent>,
    /// Conditions that must be met
    pub conditions: Vec<String>,
    /// What an applicant receives; null where not named
    pub result: Option<ResultContent>,
    /// Documents it rests on
    pub legal_basis: Vec<LegalBasisContent>,
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

impl ProcedureView {
    /// A version as it is shown by itself.
    pub fn of(seen: Seen<'_>, today: NaiveDate) -> Self {
        let ProcedureContent {
            other_levels,
            agency_suffix,
            decision_number,
            channels,
            stages,
            papers,
            fees,
            conditions,
            result,
            legal_basis,
            form_schema,
            rule,
            max_supplement_requests,
            max_extensions,
            source,
            basis,
            ..
        } = ProcedureContent::of(seen.procedure);
        let form_of = |code: &str| seen.blank_forms.iter().find(|about| about.paper == code);
        let wanted = |paper: PaperContent| PaperWanted {
            blank_form: form_of(&paper.code)
                .map(|about| BlankFormView::of(&seen.procedure.code, seen.id, about)),
            code: paper.code,
            name_vi: paper.name_vi,
            required: paper.required,
            originals: paper.originals,
            copies: paper.copies,
            when_vi: paper.when_vi,
        };
        Self {
            summary: ProcedureSummary::of(seen, today),
            other_levels,
            agency_suffix,
            decision_number,
            channels,
            stages,
            papers: papers.into_iter().map(wanted).collect(),
            fees,
            conditions,
            result,
            legal_basis,
            form_schema,
            rule,
            max_supplement_requests,
            max_extensions,
            source,
            basis,
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
    /// What this unit, those below it or those it succeeded are competent for
    pub unit: Option<String>,
    /// Takes dossiers through this channel
    #[param(schema_with = codes::<Channel>)]
    pub channel: Option<Channel>,
    /// In force on this day; today without it
    pub on: Option<NaiveDate>,
    /// Versions that stand so today, drafts too; for those who may read drafts, and not with `on`, `unit` or `channel`
    #[param(schema_with = codes::<VersionState>)]
    pub state: Option<VersionState>,
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
    /// What this unit, those below it or those it succeeded are competent for
    pub unit: Option<String>,
    /// Takes dossiers through this channel
    #[param(schema_with = codes::<Channel>)]
    pub channel: Option<Channel>,
    /// Decided by this rule set
    #[param(schema_with = codes::<RuleSet>)]
    pub rule: Option<RuleSet>,
    /// In force on this day; today without it
    pub on: Option<NaiveDate>,
}

impl From<&ProceduresQuery> for Wanted {
    fn from(query: &ProceduresQuery) -> Self {
        Self {
            text: query.q.clone(),
            field: query.field.clone(),
            level: query.level,
            online_level: query.online_level,
            unit: query.unit.clone(),
            channel: query.channel,
            rule: None,
        }
    }
}

impl From<&CountsQuery> for Wanted {
    fn from(query: &CountsQuery) -> Self {
        Self {
            text: query.q.clone(),
            field: query.field.clone(),
            level: query.level,
            online_level: query.online_level,
            unit: query.unit.clone(),
            channel: query.channel,
            rule: query.rule,
        }
    }
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
    /// Procedures counted; a procedure of several channels stands in several lines
    #[schema(example = 132)]
    pub total: usize,
    /// Lines
    pub items: Vec<CountView>,
}

impl CountsView {
    /// A count as it is shown.
    pub fn of(by: Facet, (total, counted): (usize, Vec<Counted>)) -> Self {
        let items: Vec<CountView> =
            counted.into_iter().map(|c| CountView { key: c.key, label: c.label, count: c.count }).collect();
        Self { by, total, items }
    }
}
