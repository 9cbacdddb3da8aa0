//! Versions of procedures: reading, drafting and checking them; [`publication`](super::publication) puts them in force.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{self, Action, Permit};
use domain::calendar;
use domain::dossier::transition::Violation;
use domain::procedure::check::{self, Findings, Origin, Period};
use domain::procedure::{Procedure, VersionState};
use persistence::blank_forms::{self, About};
use persistence::procedures::{self, Version};
use persistence::{Reader, WriteTx, append, store};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Wanted;
use crate::app::dossiers::Expected;
use crate::app::error::Error;
use crate::app::reference::compile;
use crate::app::{Cx, Done};

/// What may be done with a draft.
pub(super) const OF_A_DRAFT: &[&str] = &["put", "delete", "validate", "publish"];
/// What may be done with a published version.
pub(super) const OF_A_PUBLISHED: &[&str] = &["end"];

/// A version with the blank forms of its papers.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The version.
    pub version: Version,
    /// Its blank forms.
    pub blank_forms: Vec<About>,
}

impl Shown {
    /// How it stands today.
    pub fn state(&self, today: NaiveDate) -> VersionState {
        self.version.procedure.state(self.version.published, today)
    }
}

pub(super) fn shown(reader: &mut Reader<'_>, version: Version) -> Result<Shown, Error> {
    let blank_forms = blank_forms::of_version(reader, version.id.0)?;
    Ok(Shown { version, blank_forms })
}

/// Records a change of the catalogue.
pub(super) fn record(cx: &Cx, tx: &mut WriteTx<'_>, permit: &Permit, subject: &str, detail: Value) {
    let action = permit.action().to_string();
    cx.record(tx, Done { action: &action, subject, unit: None, role: Some(permit.role()), detail });
}

/// Tells others what came into or goes out of force.
pub(super) fn tell(tx: &mut WriteTx<'_>, what: &str, id: Uuid, p: &Procedure, now: DateTime<Utc>) {
    let body = json!({ "version": id, "valid_from": p.valid_from, "valid_to": p.valid_to });
    append::outbox(tx, store::new_id(), now, &format!("procedure.{what}"), &p.code, body);
}

/// A published version; a draft is not found.
///
/// # Errors
/// [`persistence::Error::NotFound`]; those of the store.
pub fn get(reader: &mut Reader<'_>, code: &str, id: Uuid) -> Result<Shown, Error> {
    let version = a_published(reader, code, id)?;
    shown(reader, version)
}

/// A version, drafts too.
///
/// # Errors
/// [`persistence::Error::NotFound`]; [`Error::Denied`]; those of the store.
pub fn get_any(cx: &Cx, reader: &mut Reader<'_>, code: &str, id: Uuid) -> Result<Shown, Error> {
    access::authorize_somewhere(&cx.actor, Action::ReadCatalogue)?;
    let version = procedures::get(reader, code, id)?;
    shown(reader, version)
}

pub(super) fn a_published(reader: &mut Reader<'_>, code: &str, id: Uuid) -> Result<Version, Error> {
    let version = procedures::get(reader, code, id)?;
    if version.published { Ok(version) } else { Err(persistence::Error::NotFound.into()) }
}

/// Every version of a procedure, drafts too.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn of_code(cx: &Cx, reader: &mut Reader<'_>, code: &str) -> Result<Vec<Shown>, Error> {
    access::authorize_somewhere(&cx.actor, Action::ReadCatalogue)?;
    let versions = procedures::of_code(reader, code)?;
    let ids: Vec<Uuid> = versions.iter().map(|v| v.id.0).collect();
    let mut forms = blank_forms::of_versions(reader, &ids)?;
    let shown =
        |version: Version| Shown { blank_forms: forms.remove(&version.id.0).unwrap_or_default(), version };
    Ok(versions.into_iter().map(shown).collect())
}

/// A page of versions in a state, drafts too.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn list(
    cx: &Cx,
    reader: &mut Reader<'_>,
    wanted: &Wanted,
    state: VersionState,
    after: Option<&(String, NaiveDate, Uuid)>,
    limit: i64,
) -> Result<Vec<Version>, Error> {
    access::authorize_somewhere(&cx.actor, Action::ReadCatalogue)?;
    let query = procedures::Wanted {
        words: wanted.words(),
        field: wanted.field.clone(),
        level: wanted.level,
        online_level: wanted.online_level,
        state: Some((state, calendar::day_of(cx.now))),
    };
    Ok(procedures::list(reader, &query, after, limit)?)
}

/// Begins a procedure that is not in the catalogue, with its first draft.
///
/// # Errors
/// [`Error::Denied`]; [`persistence::Error::Taken`] when the catalogue has the code; those of the store.
pub fn create(cx: &Cx, tx: &mut WriteTx<'_>, id: Uuid, procedure: &Procedure) -> Result<Shown, Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::EditCatalogue)?;
    if !check::is_national_code(&procedure.code) {
        return Err(Error::invalid(
            "/code",
            "format",
            "Mã thủ tục phải có dạng 1.001978.",
            "The code must look like 1.001978.",
        ));
    }
    if !procedures::of_code(&mut tx.reader(), &procedure.code)?.is_empty() {
        return Err(persistence::Error::Taken(procedure.code.clone()).into());
    }
    let version = procedures::insert_draft(tx, id, procedure, cx.now)?;
    record(cx, tx, &permit, &procedure.code, json!({ "version": id, "did": "created" }));
    Ok(Shown { version, blank_forms: Vec::new() })
}

/// What a further draft begins with.
#[derive(Debug, Clone)]
pub enum Beginning {
    /// A copy of the version in force, or of the last one where none is.
    InForce,
    /// A copy of this version.
    CopyOf(Uuid),
    /// Content of its own.
    Content(Box<Procedure>),
}

/// Begins a further version of a procedure as a draft; a copy takes the blank forms along.
///
/// # Errors
/// [`persistence::Error::NotFound`]; [`Error::Denied`]; [`Error::Unreadable`] when the body was
/// none; those of the store.
pub fn draft(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    code: &str,
    id: Uuid,
    asked: Option<&(Beginning, Option<NaiveDate>)>,
) -> Result<Shown, Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::EditCatalogue)?;
    let today = calendar::day_of(cx.now);
    let known = procedures::of_code(&mut tx.reader(), code)?;
    let last = known.last().ok_or(persistence::Error::NotFound)?;
    let (beginning, valid_from) = asked.ok_or(Error::Unreadable)?;
    let from = match beginning {
        Beginning::InForce => {
            Some(known.iter().find(|v| v.published && v.procedure.in_force(today)).unwrap_or(last))
        }
        Beginning::CopyOf(id) => Some(known.iter().find(|v| v.id.0 == *id).ok_or_else(|| {
            Error::invalid(
                "/copy_of",
                "unknown_version",
                "Thủ tục không có phiên bản này.",
                "The procedure has no such version.",
            )
        })?),
        Beginning::Content(_) => None,
    };
    let mut procedure = match (from, beginning) {
        (Some(from), _) => Procedure { valid_from: today, valid_to: None, ..from.procedure.clone() },
        (None, Beginning::Content(content)) => (**content).clone(),
        (None, _) => return Err(Error::Internal("a draft of nothing".to_owned())),
    };
    procedure.valid_from = valid_from.unwrap_or(procedure.valid_from);
    let version = procedures::insert_draft(tx, id, &procedure, cx.now)?;
    if let Some(from) = from {
        blank_forms::copy(tx, from.id.0, id, cx.now)?;
    }
    record(cx, tx, &permit, code, json!({ "version": id, "did": "drafted" }));
    shown(&mut tx.reader(), version)
}

/// The version with this identity, which must be a draft; `allowed` says what a published one allows.
pub(super) fn a_draft(tx: &mut WriteTx<'_>, code: &str, id: Uuid) -> Result<Version, Error> {
    let version = procedures::get(&mut tx.reader(), code, id)?;
    if version.published { Err(Error::NotNow(OF_A_PUBLISHED)) } else { Ok(version) }
}

/// Writes a draft anew.
///
/// # Errors
/// [`persistence::Error::NotFound`]; [`Error::Denied`]; [`Error::Unreadable`] when the body was
/// none; [`Error::NotNow`] when it is published; stale or missing version; those of the store.
pub fn save(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    code: &str,
    id: Uuid,
    expected: &Expected,
    procedure: Option<&Procedure>,
) -> Result<Shown, Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::EditCatalogue)?;
    let found = procedures::get(&mut tx.reader(), code, id)?;
    let procedure = procedure.ok_or(Error::Unreadable)?;
    if found.published {
        return Err(Error::NotNow(OF_A_PUBLISHED));
    }
    expected.check(found.version)?;
    let version = procedures::save_draft(tx, &found, procedure, false, cx.now)?;
    record(cx, tx, &permit, code, json!({ "version": id, "did": "changed" }));
    shown(&mut tx.reader(), version)
}

/// Takes a draft away.
///
/// # Errors
/// As [`save`].
pub fn delete(cx: &Cx, tx: &mut WriteTx<'_>, code: &str, id: Uuid, expected: &Expected) -> Result<(), Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::EditCatalogue)?;
    let found = a_draft(tx, code, id)?;
    expected.check(found.version)?;
    procedures::delete_draft(tx, &found)?;
    record(cx, tx, &permit, code, json!({ "version": id, "did": "deleted" }));
    Ok(())
}

/// Everything that is wrong with a version by itself: by the rules and by its form's schema.
pub fn find_faults(cx: &Cx, p: &Procedure, origin: Origin, fields: &BTreeSet<&str>) -> Findings {
    let mut found = check::check(p, origin, &cx.reference.units, fields);
    if let Some(schema) = &p.form_schema {
        found.errors.extend(check_schema(schema));
    }
    found
}

/// Everything that is wrong with the schema of a form.
fn check_schema(schema: &str) -> Vec<Violation> {
    let at = |pointer: String, code, vi: &str, en: &str| {
        Violation::new(format!("/form_schema{pointer}"), code, vi, en)
    };
    let Ok(value) = serde_json::from_str::<Value>(schema) else {
        return vec![at(String::new(), "type", "Không phải JSON.", "Not JSON.")];
    };
    let mut wrong = Vec::new();
    let draft = value.get("$schema").and_then(Value::as_str);
    if draft.is_some_and(|uri| uri.trim_end_matches('#') != "https://json-schema.org/draft/2020-12/schema") {
        wrong.push(at(
            "/$schema".to_owned(),
            "other_draft",
            "Chỉ dùng JSON Schema bản 2020-12.",
            "Only JSON Schema draft 2020-12 is taken.",
        ));
        return wrong;
    }
    if value.get("type").is_some_and(|kind| kind != "object") {
        wrong.push(at(
            "/type".to_owned(),
            "form_is_no_object",
            "Biểu mẫu phải là một đối tượng.",
            "A form must be an object.",
        ));
    }
    for error in jsonschema::draft202012::meta::validator().iter_errors(&value).take(100) {
        let keyword = error.kind().keyword().to_owned();
        wrong.push(at(
            error.instance_path().to_string(),
            "schema",
            &format!("Không đúng JSON Schema ({keyword})."),
            &format!("Not JSON Schema ({keyword})."),
        ));
    }
    // What no meta-schema sees: references that lead nowhere, patterns that are none.
    if wrong.is_empty() && compile(schema).is_err() {
        wrong.push(at(
            String::new(),
            "schema",
            "Biểu mẫu không biên dịch được (tham chiếu hoặc mẫu ký tự sai).",
            "The schema does not compile (a reference or a pattern is wrong).",
        ));
    }
    wrong
}

/// What would stand in the way of publishing a draft with its own dates.
///
/// # Errors
/// [`persistence::Error::NotFound`]; [`Error::Denied`]; [`Error::NotNow`] when it is published; those of the store.
pub fn validate(cx: &Cx, reader: &mut Reader<'_>, code: &str, id: Uuid) -> Result<Findings, Error> {
    access::authorize_somewhere(&cx.actor, Action::EditCatalogue)?;
    let known = procedures::of_code(reader, code)?;
    let version = known.iter().find(|v| v.id.0 == id).ok_or(persistence::Error::NotFound)?;
    if version.published {
        return Err(Error::NotNow(OF_A_PUBLISHED));
    }
    let mut found = find_faults(cx, &version.procedure, Origin::Drafted, &cx.reference.fields());
    let others: Vec<Period> = published(&known).map(|v| Period::of(&v.procedure)).collect();
    let new = Period::of(&version.procedure);
    if let Err(wrong) = check::make_room(new, &others, calendar::day_of(cx.now)) {
        found.errors.extend(wrong);
    }
    Ok(found)
}

pub(super) fn published(known: &[Version]) -> impl Iterator<Item = &Version> {
    known.iter().filter(|v| v.published)
}
