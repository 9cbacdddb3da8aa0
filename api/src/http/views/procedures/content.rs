//! What a version of a procedure says, as it is written, read, exported and imported.

use chrono::NaiveDate;
use domain::access::Role;
use domain::deadline::Limit;
use domain::dossier::transition::Violation;
use domain::money::Dong;
use domain::procedure::{
    Channel, Fee, FeeKind, LegalBasis, OnlineLevel, Paper, Procedure, ResultKind, RuleSet, Stage,
};
use domain::rulebook::Basis;
use domain::text::{self, TextError};
use domain::unit::Level;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use super::LimitView;
use crate::app::seed::ONCE;
use crate::http::views::{codes, codes_or_null};

/// The schema of a list of channels.
pub fn channels() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    utoipa::openapi::schema::ArrayBuilder::new().items(codes::<Channel>()).into()
}

/// The schema of a list of levels.
pub fn levels() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    utoipa::openapi::schema::ArrayBuilder::new().items(codes::<Level>()).into()
}

/// A stage of the way between units
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StageContent {
    /// Place in the order, from 1
    #[schema(example = 1)]
    pub order: i32,
    /// Vietnamese name
    #[schema(example = "Thẩm định, giải quyết")]
    pub name_vi: String,
    /// Level whose unit works it
    #[schema(schema_with = codes::<Level>)]
    pub level: Level,
    /// Who works it; null where not said
    #[serde(default)]
    #[schema(schema_with = codes_or_null::<Role>)]
    pub role: Option<Role>,
    /// Its share of the time limit; null where it has none
    #[serde(default)]
    pub limit: Option<LimitView>,
}

/// A paper that is asked for
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperContent {
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
    #[serde(default)]
    pub copies: u8,
    /// In which case it is wanted; null where always
    #[serde(default)]
    pub when_vi: Option<String>,
}

/// Something that is paid
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeContent {
    /// Fee (phí) or charge (lệ phí)
    #[schema(schema_with = codes::<FeeKind>)]
    pub kind: FeeKind,
    /// What it is for
    pub name_vi: String,
    /// Whole đồng
    #[schema(example = 600_000)]
    pub amount_vnd: i64,
    /// For which channel alone; null for all
    #[serde(default)]
    #[schema(schema_with = codes_or_null::<Channel>)]
    pub channel: Option<Channel>,
    /// The document that sets it
    #[serde(default)]
    pub legal_basis: Option<String>,
}

/// What an applicant receives
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultContent {
    /// Code of the national list
    #[serde(default)]
    #[schema(example = "KQ.G07.000298")]
    pub code: Option<String>,
    /// Vietnamese name
    pub name_vi: String,
}

/// A document it rests on
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalBasisContent {
    /// Number of the document
    #[schema(example = "28/2015/NĐ-CP")]
    pub number: String,
    /// Its title
    #[serde(default)]
    pub title_vi: Option<String>,
    /// Article and clause
    #[serde(default)]
    pub article: Option<String>,
}

/// What a version of a procedure says
///
/// A draft may lack much; what must hold is asked when it is published.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProcedureContent {
    /// National code; where the path names it, the same or left out
    #[serde(default)]
    #[schema(example = "1.001978")]
    pub code: Option<String>,
    /// Vietnamese name
    #[schema(max_length = 1000)]
    pub name_vi: String,
    /// Field
    #[schema(max_length = 200, example = "Việc làm")]
    pub field: String,
    /// Level that settles it
    #[schema(schema_with = codes::<Level>)]
    pub level: Level,
    /// Further levels that offer it
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(schema_with = levels)]
    pub other_levels: Vec<Level>,
    /// Competent unit
    #[serde(default)]
    #[schema(example = "H08.15")]
    pub unit: Option<String>,
    /// What the agency puts behind the national code in its own lists: `H08` or `000.00.00.H08`
    #[serde(default)]
    pub agency_suffix: Option<String>,
    /// Number of the decision that announced it
    #[serde(default)]
    pub decision_number: Option<String>,
    /// How far it is online
    #[schema(schema_with = codes::<OnlineLevel>)]
    pub online_level: OnlineLevel,
    /// How dossiers may come in
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(schema_with = channels)]
    pub channels: Vec<Channel>,
    /// The way through the units
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub stages: Vec<StageContent>,
    /// Papers asked for
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_items = 100)]
    pub papers: Vec<PaperContent>,
    /// Time limit; null where it is not known
    #[serde(default)]
    pub limit: Option<LimitView>,
    /// What is paid
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_items = 100)]
    pub fees: Vec<FeeContent>,
    /// Conditions that must be met
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_items = 100)]
    pub conditions: Vec<String>,
    /// What an applicant receives
    #[serde(default)]
    pub result: Option<ResultContent>,
    /// Documents it rests on
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(max_items = 100)]
    pub legal_basis: Vec<LegalBasisContent>,
    /// JSON Schema (draft 2020-12) of the form; null where any object will do
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub form_schema: Option<Value>,
    /// Rule set that decides the outcome
    #[serde(default)]
    #[schema(schema_with = codes_or_null::<RuleSet>)]
    pub rule: Option<RuleSet>,
    /// How often a supplement may be asked for
    #[serde(default = "once")]
    #[validate(range(max = 100))]
    #[schema(maximum = 100)]
    pub max_supplement_requests: u32,
    /// How often the due date may be moved
    #[serde(default = "once")]
    #[validate(range(max = 100))]
    #[schema(maximum = 100)]
    pub max_extensions: u32,
    /// First day in force
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// Last day in force
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
    /// Where the facts come from
    #[serde(default)]
    pub source: String,
    /// How far they are confirmed: `confirmed`, `recalled` or `assumed`
    #[serde(default = "confirmed")]
    #[schema(example = "confirmed")]
    pub basis: String,
}

fn once() -> u32 {
    ONCE
}

fn confirmed() -> String {
    Basis::Confirmed.to_string()
}

/// Collects what is wrong with texts. An empty text is left to publishing.
#[derive(Default)]
struct Texts(Vec<Violation>);

impl Texts {
    fn take(&mut self, pointer: &str, raw: &str, max: usize) -> String {
        match text::line(raw, max) {
            Ok(line) => line,
            Err(TextError::Empty) => String::new(),
            Err(error) => {
                // The error's own words name the rule, never the value.
                let (pointer, en) = (pointer.to_owned(), error.to_string());
                self.0.push(Violation::new(pointer, "invalid", "Nội dung không hợp lệ hoặc quá dài.", &en));
                String::new()
            }
        }
    }

    fn maybe(&mut self, pointer: &str, raw: Option<&String>, max: usize) -> Option<String> {
        raw.map(|raw| self.take(pointer, raw, max)).filter(|text| !text.is_empty())
    }
}

const NAME: usize = 1_000;
const SHORT: usize = 200;

fn limit(view: &LimitView) -> Limit {
    Limit { value: view.value, unit: view.unit }
}

impl ProcedureContent {
    /// The version that this is, of a procedure and from a day on where it does not say itself.
    ///
    /// # Errors
    /// Every text that is too long or holds hidden characters.
    pub fn domain(&self, code: &str, today: NaiveDate) -> Result<Procedure, Vec<Violation>> {
        let mut t = Texts::default();
        let stages = self.stages.iter().enumerate().map(|(i, s)| Stage {
            order: s.order,
            name_vi: t.take(&format!("/stages/{i}/name_vi"), &s.name_vi, NAME),
            level: s.level,
            role: s.role,
            limit: s.limit.as_ref().map(limit),
        });
        let stages = stages.collect();
        let papers = self.papers.iter().enumerate().map(|(i, p)| Paper {
            code: t.take(&format!("/papers/{i}/code"), &p.code, SHORT),
            name_vi: t.take(&format!("/papers/{i}/name_vi"), &p.name_vi, NAME),
            required: p.required,
            originals: p.originals,
            copies: p.copies,
            when_vi: t.maybe(&format!("/papers/{i}/when_vi"), p.when_vi.as_ref(), NAME),
        });
        let papers = papers.collect();
        let fees = self.fees.iter().enumerate().map(|(i, f)| Fee {
            kind: f.kind,
            name_vi: t.take(&format!("/fees/{i}/name_vi"), &f.name_vi, NAME),
            amount_vnd: Dong(f.amount_vnd),
            channel: f.channel,
            legal_basis: t.maybe(&format!("/fees/{i}/legal_basis"), f.legal_basis.as_ref(), NAME),
        });
        let fees = fees.collect();
        let conditions = self.conditions.iter().enumerate();
        let conditions = conditions.map(|(i, c)| t.take(&format!("/conditions/{i}"), c, NAME)).collect();
        let legal_basis = self.legal_basis.iter().enumerate().map(|(i, l)| LegalBasis {
            number: t.take(&format!("/legal_basis/{i}/number"), &l.number, SHORT),
            title_vi: t.maybe(&format!("/legal_basis/{i}/title_vi"), l.title_vi.as_ref(), NAME),
            article: t.maybe(&format!("/legal_basis/{i}/article"), l.article.as_ref(), SHORT),
        });
        let legal_basis = legal_basis.collect();
        let result = self.result.as_ref().map(|r| ResultKind {
            code: t.maybe("/result/code", r.code.as_ref(), SHORT),
            name_vi: t.take("/result/name_vi", &r.name_vi, NAME),
        });
        let procedure = Procedure {
            code: code.to_owned(),
            name_vi: t.take("/name_vi", &self.name_vi, NAME),
            field: t.take("/field", &self.field, SHORT),
            level: self.level,
            other_levels: self.other_levels.clone(),
            unit: t.maybe("/unit", self.unit.as_ref(), SHORT),
            agency_suffix: t.maybe("/agency_suffix", self.agency_suffix.as_ref(), SHORT),
            decision_number: t.maybe("/decision_number", self.decision_number.as_ref(), SHORT),
            online_level: self.online_level,
            channels: self.channels.clone(),
            stages,
            papers,
            limit: self.limit.as_ref().map(limit),
            fees,
            conditions,
            result,
            legal_basis,
            max_supplement_requests: self.max_supplement_requests,
            max_extensions: self.max_extensions,
            rule: self.rule,
            form_schema: self.form_schema.as_ref().map(ToString::to_string),
            valid_from: self.valid_from.unwrap_or(today),
            valid_to: self.valid_to,
            source: t.take("/source", &self.source, NAME),
            basis: t.take("/basis", &self.basis, SHORT),
        };
        if t.0.is_empty() { Ok(procedure) } else { Err(t.0) }
    }

    /// What a version says.
    pub fn of(p: &Procedure) -> Self {
        Self {
            code: Some(p.code.clone()),
            name_vi: p.name_vi.clone(),
            field: p.field.clone(),
            level: p.level,
            other_levels: p.other_levels.clone(),
            unit: p.unit.clone(),
            agency_suffix: p.agency_suffix.clone(),
            decision_number: p.decision_number.clone(),
            online_level: p.online_level,
            channels: p.channels.clone(),
            stages: p.stages.iter().map(stage).collect(),
            papers: p.papers.iter().map(paper).collect(),
            limit: p.limit.as_ref().map(LimitView::of),
            fees: p.fees.iter().map(fee).collect(),
            conditions: p.conditions.clone(),
            result: p
                .result
                .as_ref()
                .map(|r| ResultContent { code: r.code.clone(), name_vi: r.name_vi.clone() }),
            legal_basis: p.legal_basis.iter().map(legal_basis).collect(),
            form_schema: p.form_schema.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            rule: p.rule,
            max_supplement_requests: p.max_supplement_requests,
            max_extensions: p.max_extensions,
            valid_from: Some(p.valid_from),
            valid_to: p.valid_to,
            source: p.source.clone(),
            basis: p.basis.clone(),
        }
    }
}

fn stage(s: &Stage) -> StageContent {
    StageContent {
        order: s.order,
        name_vi: s.name_vi.clone(),
        level: s.level,
        role: s.role,
        limit: s.limit.as_ref().map(LimitView::of),
    }
}

fn paper(p: &Paper) -> PaperContent {
    PaperContent {
        code: p.code.clone(),
        name_vi: p.name_vi.clone(),
        required: p.required,
        originals: p.originals,
        copies: p.copies,
        when_vi: p.when_vi.clone(),
    }
}

fn fee(f: &Fee) -> FeeContent {
    FeeContent {
        kind: f.kind,
        name_vi: f.name_vi.clone(),
        amount_vnd: f.amount_vnd.0,
        channel: f.channel,
        legal_basis: f.legal_basis.clone(),
    }
}

fn legal_basis(l: &LegalBasis) -> LegalBasisContent {
    LegalBasisContent { number: l.number.clone(), title_vi: l.title_vi.clone(), article: l.article.clone() }
}
