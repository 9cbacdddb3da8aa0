//! The whole catalogue as one file: reading its items, telling what an import changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use domain::procedure::Procedure;
use persistence::blank_forms::About;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::content::ProcedureContent;
use crate::app::procedures::exchange::{Catalogue, Coming, Contents, Difference, Item, Missing, same_forms};
use crate::app::reference::Entry;
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

/// A blank form of a paper of a version
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogueForm {
    /// National code of the procedure
    #[schema(example = "1.001978")]
    pub procedure: String,
    /// First day of the version; null where the version does not say it
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// Code of the paper
    #[schema(example = "mau_03")]
    pub paper: String,
    /// Name of the file, with its ending
    #[schema(max_length = 200, example = "mau-03.docx")]
    pub file_name: String,
    /// SHA-256 of the file: what `contents` has it under
    pub sha256: String,
}

/// The whole catalogue: every published version, by code and first day
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogueFile {
    /// Versions
    pub items: Vec<ProcedureContent>,
    /// Blank forms of their papers; a file that leaves this out says nothing of them, and they stay
    #[serde(default)]
    #[schema(required = false)]
    pub blank_forms: Vec<CatalogueForm>,
    /// The files, each once, by their SHA-256, in base64
    #[serde(default)]
    #[schema(required = false)]
    pub contents: BTreeMap<String, String>,
}

impl CatalogueFile {
    /// How a file ends after the last content.
    pub const END: &[u8] = b"}}";

    /// The file of these versions up to the first content, and the digests of the contents that follow.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub fn begin<'a>(
        entries: impl IntoIterator<Item = &'a Arc<Entry>>,
    ) -> Result<(Vec<u8>, BTreeSet<String>), serde_json::Error> {
        let mut file = Self { items: Vec::new(), blank_forms: Vec::new(), contents: BTreeMap::new() };
        for entry in entries {
            let Entry { procedure, blank_forms, .. } = &**entry;
            file.items.push(ProcedureContent::of(procedure));
            file.blank_forms.extend(blank_forms.iter().map(|about| CatalogueForm {
                procedure: procedure.code.clone(),
                valid_from: Some(procedure.valid_from),
                paper: about.paper.clone(),
                file_name: about.file_name.clone(),
                sha256: about.sha256.clone(),
            }));
        }
        let mut begin = serde_json::to_vec(&file)?;
        begin.truncate(begin.len().saturating_sub(Self::END.len()));
        Ok((begin, file.blank_forms.into_iter().map(|form| form.sha256).collect()))
    }

    /// A content as it stands in the file: digest and base64 need no escape.
    pub fn content(first: bool, sha256: &str, base64: &str) -> String {
        format!("{}\"{sha256}\":\"{base64}\"", if first { "" } else { "," })
    }
}

/// The file before its items are read one by one.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct RawCatalogue {
    #[validate(length(min = 1, max = 20_000))]
    items: Vec<Value>,
    #[serde(default)]
    #[validate(length(max = 20_000))]
    blank_forms: Option<Vec<CatalogueForm>>,
    #[serde(default)]
    contents: BTreeMap<String, String>,
}

/// What a file holds, each item with its place.
#[derive(Debug, Default)]
pub struct Raw {
    /// Versions.
    pub items: Vec<(String, Value)>,
    forms: Option<Vec<CatalogueForm>>,
    contents: BTreeMap<String, String>,
}

impl Raw {
    /// What a JSON file holds.
    ///
    /// # Errors
    /// 400 and 422, when the file as a whole cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let file: RawCatalogue = parse_slice(bytes)?;
        let items =
            file.items.into_iter().enumerate().map(|(i, item)| (format!("/items/{i}"), item)).collect();
        Ok(Self { items, forms: file.blank_forms, contents: file.contents })
    }

    /// Versions alone, without a word on blank forms.
    pub fn of(items: Vec<(String, Value)>) -> Self {
        Self { items, ..Self::default() }
    }

    /// The catalogue; all that is wrong at once. No blank form may have more than `longest` bytes.
    ///
    /// # Errors
    /// Every fault, each with its place in the file.
    pub fn catalogue(self, today: NaiveDate, longest: usize) -> Result<Catalogue, Vec<FieldProblem>> {
        let mut items = items(self.items, today)?;
        match self.forms {
            None if self.contents.is_empty() => Ok(Catalogue { items, contents: Contents::new() }),
            forms => {
                let forms = forms.unwrap_or_default();
                let contents = super::forms::attach(&mut items, forms, &self.contents, longest)?;
                Ok(Catalogue { items, contents })
            }
        }
    }
}

/// Reads items; all that is wrong at once.
///
/// # Errors
/// Every fault, each behind the place of its item.
fn items(raw: Vec<(String, Value)>, today: NaiveDate) -> Result<Vec<Item>, Vec<FieldProblem>> {
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
    Ok(Item { place: place.to_owned(), procedure, dated: content.valid_from.is_some(), forms: None })
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
    /// Blank forms that it brings
    pub blank_forms: Vec<FormLine>,
}

/// A blank form that a version brings
#[derive(Debug, Serialize, ToSchema)]
pub struct FormLine {
    /// Code of the paper
    #[schema(example = "mau_03")]
    pub paper: String,
    /// Name of the file
    pub file_name: String,
    /// Bytes
    pub size: i64,
    /// SHA-256 of the file
    pub sha256: String,
}

impl FormLine {
    fn all(forms: &[About]) -> Vec<Self> {
        let line = |about: &About| Self {
            paper: about.paper.clone(),
            file_name: about.file_name.clone(),
            size: about.size,
            sha256: about.sha256.clone(),
        };
        forms.iter().map(line).collect()
    }
}

impl VersionLine {
    fn of(p: &Procedure, forms: &[About]) -> Self {
        Self {
            code: p.code.clone(),
            name_vi: p.name_vi.clone(),
            valid_from: p.valid_from,
            valid_to: p.valid_to,
            blank_forms: FormLine::all(forms),
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
    let mut fields: Vec<FieldChange> = fields.collect();
    if !same_forms(&coming.forms_before, &coming.forms) {
        let told = |forms: &[About]| serde_json::to_value(FormLine::all(forms)).unwrap_or_default();
        fields.push(FieldChange {
            field: "blank_forms".to_owned(),
            old: told(&coming.forms_before),
            new: told(&coming.forms),
        });
    }
    ChangedVersion { version: VersionLine::of(&coming.after, &coming.forms), fields }
}

impl DifferenceView {
    /// What an import changes, as it is shown.
    pub fn of(difference: &Difference, total: usize, dry_run: bool) -> Self {
        Self {
            dry_run,
            total,
            added: difference.added.iter().map(|c| VersionLine::of(&c.after, &c.forms)).collect(),
            changed: difference.changed.iter().map(changed).collect(),
            ended: difference.ended.iter().map(|p| VersionLine::of(p, &[])).collect(),
            unchanged: difference.unchanged,
        }
    }
}
