//! Units, catalogue and rules in force, held in memory.
//!
//! Every process watches one number in the database and loads anew when it rises, so that no
//! request queries what hardly ever changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::NaiveDate;
use domain::dossier::transition::Violation;
use domain::ids::ProcedureVersionId;
use domain::procedure::Procedure;
use domain::procedure::check::national_part;
use domain::rulebook::RuleBook;
use domain::unit::Units;
use jsonschema::Validator;
use persistence::blank_forms::About;
use persistence::procedures::Version;
use persistence::{Reader, Store, blank_forms, procedures, reference, units};
use serde_json::Value;

use super::error::Error;

/// A published version of a procedure, ready for use.
#[derive(Debug)]
pub struct Entry {
    /// Identity.
    pub id: ProcedureVersionId,
    /// How often it was changed, by its last day; rises with every change.
    pub revision: i64,
    /// The version.
    pub procedure: Procedure,
    /// Name folded for search.
    pub name_folded: String,
    /// Blank forms of its papers.
    pub blank_forms: Vec<About>,
    form: Option<Validator>,
}

impl Entry {
    fn new(version: Version, blank_forms: Vec<About>) -> Result<Self, Error> {
        let form = version.procedure.form_schema.as_deref().map(compile).transpose()?;
        Ok(Self {
            id: version.id,
            revision: version.version,
            procedure: version.procedure,
            name_folded: version.name_folded,
            blank_forms,
            form,
        })
    }

    /// Everything that is wrong with a form, each with its pointer below `/form`.
    pub fn check_form(&self, form: &Value) -> Vec<Violation> {
        if !form.is_object() {
            return vec![Violation::new(
                "/form".to_owned(),
                "type",
                "Nội dung biểu mẫu phải là một đối tượng JSON.",
                "The form must be a JSON object.",
            )];
        }
        let Some(validator) = &self.form else { return Vec::new() };
        validator
            .iter_errors(form)
            .take(100)
            .map(|error| {
                let keyword = error.kind().keyword().to_owned();
                Violation::new(
                    format!("/form{}", error.instance_path()),
                    "form",
                    &format!("Không đúng biểu mẫu ({keyword})."),
                    &format!("Does not match the form ({keyword})."),
                )
            })
            .collect()
    }
}

/// Compiles the JSON Schema of a form.
///
/// # Errors
/// [`Error::Internal`] when it is no schema.
pub fn compile(schema: &str) -> Result<Validator, Error> {
    let schema: Value =
        serde_json::from_str(schema).map_err(|e| Error::Internal(format!("form schema: {e}")))?;
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .map_err(|e| Error::Internal(format!("form schema: {e}")))
}

/// What is in force.
#[derive(Debug)]
pub struct Reference {
    version: i64,
    /// Organisation units, old and new.
    pub units: Units,
    /// Amounts, limits and holidays.
    pub rules: Arc<RuleBook>,
    by_id: BTreeMap<ProcedureVersionId, Arc<Entry>>,
    by_code: BTreeMap<String, Vec<Arc<Entry>>>,
}

impl Reference {
    fn load(reader: &mut Reader<'_>) -> Result<Option<Self>, Error> {
        let version = reference::version(reader)?;
        let Some(rules) = reference::current(reader)? else { return Ok(None) };
        let mut by_id = BTreeMap::new();
        let mut by_code: BTreeMap<String, Vec<Arc<Entry>>> = BTreeMap::new();
        let mut blank_forms = blank_forms::of_all(reader)?;
        for version in procedures::load(reader)? {
            let forms = blank_forms.remove(&version.id.0).unwrap_or_default();
            let entry = Arc::new(Entry::new(version, forms)?);
            by_id.insert(entry.id, entry.clone());
            by_code.entry(entry.procedure.code.clone()).or_default().push(entry);
        }
        Ok(Some(Self { version, units: units::load(reader)?, rules: Arc::new(rules), by_id, by_code }))
    }

    /// The version of a procedure that a dossier keeps.
    ///
    /// # Errors
    /// [`Error::NotLoadedYet`] when this process does not know it: for a moment after another process has
    /// published it, or for as long as the database lacks it.
    pub fn version(&self, id: ProcedureVersionId) -> Result<&Arc<Entry>, Error> {
        self.by_id.get(&id).ok_or(Error::NotLoadedYet("the version of the procedure that a dossier keeps"))
    }

    /// The published version of a procedure in force on a day; the code may carry an agency's suffix.
    pub fn in_force(&self, code: &str, day: NaiveDate) -> Option<&Arc<Entry>> {
        self.versions(code).iter().find(|e| e.procedure.in_force(day))
    }

    /// What the catalogue of a day says of a procedure: the version in force, else the last one
    /// before, else the first one after.
    pub fn catalogued(&self, code: &str, day: NaiveDate) -> Option<&Arc<Entry>> {
        self.in_force(code, day).or_else(|| {
            let published = self.versions(code);
            published.iter().rev().find(|e| e.procedure.valid_from <= day).or_else(|| published.first())
        })
    }

    /// Codes of procedures of which the catalogue of a day says what `holds` asks for.
    pub fn procedures(&self, day: NaiveDate, holds: impl Fn(&Procedure) -> bool) -> Vec<String> {
        let all = self.by_code.keys().filter_map(|code| self.catalogued(code, day));
        all.filter(|e| holds(&e.procedure)).map(|e| e.procedure.code.clone()).collect()
    }

    /// Every published version in force on a day, by code.
    pub fn catalogue(&self, day: NaiveDate) -> impl Iterator<Item = &Arc<Entry>> {
        self.by_code.keys().filter_map(move |code| self.in_force(code, day))
    }

    /// Every published version of every procedure, by code and first day.
    pub fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.by_code.values().flatten()
    }

    /// The fields of all published versions.
    pub fn fields(&self) -> BTreeSet<&str> {
        self.entries().map(|e| e.procedure.field.as_str()).collect()
    }

    /// Every published version of a procedure, oldest first.
    pub fn versions(&self, code: &str) -> &[Arc<Entry>] {
        self.by_code.get(national_part(code)).map_or(&[], Vec::as_slice)
    }
}

/// Holds what is in force and looks whether it still is.
#[derive(Debug)]
pub struct Holder {
    held: RwLock<Option<Arc<Reference>>>,
}

impl Holder {
    /// Loads what is in force; nothing, when no reference data was loaded yet.
    ///
    /// # Errors
    /// Those of the store.
    pub fn new(store: &Store) -> Result<Self, Error> {
        Ok(Self { held: RwLock::new(store.read(Reference::load)?.map(Arc::new)) })
    }

    /// What is in force.
    ///
    /// # Errors
    /// [`persistence::Error::Unavailable`] when no reference data was loaded yet.
    pub fn get(&self) -> Result<Arc<Reference>, Error> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        held.ok_or_else(|| {
            persistence::Error::Unavailable("no reference data: run `motcua reference load`".to_owned())
                .into()
        })
    }

    /// Loads anew if the number has risen.
    ///
    /// # Errors
    /// Those of the store.
    pub fn refresh(&self, store: &Store) -> Result<(), Error> {
        let known = self.held.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|r| r.version);
        let fresh = store.read(|reader| -> Result<_, Error> {
            if known == Some(reference::version(reader)?) {
                return Ok(None);
            }
            Reference::load(reader)
        })?;
        if let Some(fresh) = fresh {
            let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
            // Two may look at once: the older one must not come last.
            if held.as_ref().is_none_or(|held| held.version <= fresh.version) {
                *held = Some(Arc::new(fresh));
            }
        }
        Ok(())
    }
}
