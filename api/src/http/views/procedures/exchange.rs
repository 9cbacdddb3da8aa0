//! The whole catalogue as one file: reading its items, telling what an import changes.

use chrono::NaiveDate;
use domain::procedure::Procedure;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::content::ProcedureContent;
use crate::app::procedures::exchange::{Coming, Difference, Item, Missing};
use crate::http::body::parse_slice;
use crate::http::language::Text;
use crate::http::problem::{FieldProblem, Problem};
use crate::http::views::codes;

domain::codes! {
    /// How the catalogue is written.
    pub enum Format {
        /// JSON.
        Json => "json", "JSON", "JSON",
        /// CSV, UTF-8 with a byte order mark.
        Csv => "csv", "CSV", "CSV",
    }
}

/// How the catalogue is to be written
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Format; JSON without it
    #[param(schema_with = codes::<Format>)]
    pub format: Option<Format>,
}

/// How an import is to be done
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportCatalogueQuery {
    /// Full checks and the full answer, nothing written
    #[serde(default)]
    pub dry_run: bool,
    /// First day of what differs from a version that is published already; today without it
    pub valid_from: Option<NaiveDate>,
    /// What happens to procedures that the file does not hold; they stay without it
    #[param(schema_with = codes::<Missing>)]
    pub missing: Option<Missing>,
}

/// The whole catalogue: every published version, by code and first day
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogueFile {
    /// Versions
    pub items: Vec<ProcedureContent>,
}

impl CatalogueFile {
    /// The file of these versions.
    pub fn of<'a>(versions: impl IntoIterator<Item = &'a Procedure>) -> Self {
        Self { items: versions.into_iter().map(ProcedureContent::of).collect() }
    }
}

/// The file before its items are read one by one.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[validate(length(min = 1, max = 20_000))]
    items: Vec<Value>,
}

/// The items of a JSON file, each with its place.
///
/// # Errors
/// 400 and 422, when the file as a whole cannot be read.
pub fn raw_items(bytes: &[u8]) -> Result<Vec<(String, Value)>, Problem> {
    let file: RawFile = parse_slice(bytes)?;
    Ok(file.items.into_iter().enumerate().map(|(i, item)| (format!("/items/{i}"), item)).collect())
}

/// Reads items; all that is wrong at once.
///
/// # Errors
/// Every fault, each behind the place of its item.
pub fn items(raw: Vec<(String, Value)>, today: NaiveDate) -> Result<Vec<Item>, Vec<FieldProblem>> {
    let (mut items, mut wrong) = (Vec::with_capacity(raw.len()), Vec::new());
    for (place, value) in raw {
        match item(&place, &value, today) {
            Ok(item) => items.push(item),
            Err(more) => wrong.extend(more.into_iter().map(|mut field| {
                field.pointer.insert_str(0, &place);
                field
            })),
        }
    }
    if wrong.is_empty() { Ok(items) } else { Err(wrong) }
}

fn item(place: &str, value: &Value, today: NaiveDate) -> Result<Item, Vec<FieldProblem>> {
    let content: ProcedureContent = parse_slice(value.to_string().as_bytes()).map_err(|problem| {
        let errors = problem.errors();
        if errors.is_empty() {
            vec![FieldProblem::new("", "type", Text::new("Không đọc được", "Cannot be read"))]
        } else {
            errors.to_vec()
        }
    })?;
    let Some(code) = &content.code else {
        return Err(vec![FieldProblem::new(
            "/code",
            "required",
            Text::new("Thiếu mã thủ tục", "The code is missing"),
        )]);
    };
    let procedure = content.domain(code.trim(), today).map_err(crate::http::errors::fields)?;
    Ok(Item { place: place.to_owned(), procedure, dated: content.valid_from.is_some() })
}

/// A version that is or was in the catalogue
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionLine {
    /// National code
    #[schema(example = "1.001978")]
    pub code: String,
    /// Vietnamese name
    pub name_vi: String,
    /// First day
    pub valid_from: NaiveDate,
    /// Last day; null while it has no end
    pub valid_to: Option<NaiveDate>,
}

impl VersionLine {
    fn of(p: &Procedure) -> Self {
        Self {
            code: p.code.clone(),
            name_vi: p.name_vi.clone(),
            valid_from: p.valid_from,
            valid_to: p.valid_to,
        }
    }
}

/// A field that becomes another
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldChange {
    /// The field
    #[schema(example = "limit")]
    pub field: String,
    /// What it was
    #[schema(value_type = Object)]
    pub old: Value,
    /// What it becomes
    #[schema(value_type = Object)]
    pub new: Value,
}

/// A version in the place of another
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedVersion {
    /// The new version
    #[serde(flatten)]
    pub version: VersionLine,
    /// What differs from the version before
    pub fields: Vec<FieldChange>,
}

/// What an import changes
#[derive(Debug, Serialize, ToSchema)]
pub struct DifferenceView {
    /// Whether nothing was written
    pub dry_run: bool,
    /// Versions in the file
    pub total: usize,
    /// Procedures that were not in the catalogue
    pub added: Vec<VersionLine>,
    /// New versions of procedures that were
    pub changed: Vec<ChangedVersion>,
    /// Versions that end without another in their place
    pub ended: Vec<VersionLine>,
    /// Versions that are in the catalogue as the file has them
    pub unchanged: usize,
}

fn flat(p: &Procedure) -> Map<String, Value> {
    match serde_json::to_value(ProcedureContent::of(p)) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn changed(coming: &Coming) -> ChangedVersion {
    let (old, new) = (coming.before.as_ref().map(flat).unwrap_or_default(), flat(&coming.after));
    let fields = new.into_iter().filter(|(name, _)| name != "valid_from" && name != "valid_to").filter_map(
        |(field, new)| {
            let old = old.get(&field).cloned().unwrap_or(Value::Null);
            (old != new).then_some(FieldChange { field, old, new })
        },
    );
    ChangedVersion { version: VersionLine::of(&coming.after), fields: fields.collect() }
}

impl DifferenceView {
    /// What an import changes, as it is shown.
    pub fn of(difference: &Difference, total: usize, dry_run: bool) -> Self {
        Self {
            dry_run,
            total,
            added: difference.added.iter().map(|c| VersionLine::of(&c.after)).collect(),
            changed: difference.changed.iter().map(changed).collect(),
            ended: difference.ended.iter().map(VersionLine::of).collect(),
            unchanged: difference.unchanged,
        }
    }
}
