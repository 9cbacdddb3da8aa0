//! Drafts: packages that are still being filled in, each seen by its owner alone.
//!
//! Owns how a draft is kept and how it ends. What is wrong with one is told by [`package`]'s checks,
//! handing in is [`dossiers::submit`]'s; a draft itself is no dossier and is counted nowhere.

use std::collections::BTreeSet;

use chrono::Duration;
use domain::access::{self, Action, Permit, Subject};
use domain::dossier::transition::Violation;
use persistence::dossiers::Stored;
use persistence::drafts::{Draft, Listed};
use persistence::{Reader, WriteTx, drafts, store, uploads};
use serde_json::{Value, json};
use uuid::Uuid;

use super::dossiers::{self, Expected, TrackingKey};
use super::error::Error;
use super::package::{self, Reading};
use super::papers;
use super::{Cx, Done};

/// How a package is read from what was sent.
pub type Read = fn(&Value) -> Reading;

/// How drafts are kept.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Drafts that one account may have.
    pub most: i64,
    /// Days that a draft, and the files it names, are kept after it was last saved.
    pub days: u32,
    /// Hours that files are kept once no draft names them.
    pub upload_keep_hours: u64,
}

/// A draft with everything that is wrong with it as of now.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The draft.
    pub draft: Draft,
    /// What handing it in now would be refused for.
    pub findings: Vec<Violation>,
}

/// Everything that handing the package in now would be refused for, read and checked as then.
///
/// What could not be read is told once: a later check that stumbles over the same place is left out.
///
/// # Errors
/// Those of the store.
pub fn findings(cx: &Cx, reader: &mut Reader<'_>, reading: &Reading) -> Result<Vec<Violation>, Error> {
    let mut checked = package::check(cx, &reading.package.parts());
    let (named, place) = (&reading.package.papers, |place| format!("/papers/{place}"));
    match &reading.package.applicant {
        Some(applicant) => {
            papers::resolve(cx, reader, named, applicant, place, &mut checked.wrong)?;
        }
        // Whose they may be cannot be told yet.
        None => checked.wrong.extend(papers::unreadable(named, place)),
    }
    let told: BTreeSet<&str> = reading.wrong.iter().map(|v| v.pointer.as_str()).collect();
    let more = checked.wrong.into_iter().filter(|v| !told.contains(v.pointer.as_str()));
    let denied = checked.denied.then(|| {
        Violation::new(
            "/applicant/personal_id".into(),
            "not_for_them",
            "Tài khoản này không được nộp hồ sơ cho người này tại đơn vị này.",
            "This account may not hand in for this person at this unit.",
        )
    });
    Ok(reading.wrong.iter().cloned().chain(more).chain(denied).collect())
}

/// The files that a package names; what is no identity of one is told by [`findings`].
fn files(reading: &Reading) -> Vec<Uuid> {
    papers::uploads_of(&reading.package.papers)
}

fn authorize(cx: &Cx, draft: &Draft) -> Result<Permit, Error> {
    let subject = Subject { unit: "", persons: &[], submitted_by: Some(draft.owner) };
    Ok(access::authorize(&cx.actor, Action::KeepDraft, &subject, &cx.reference.units)?)
}

fn named(package: &Value, part: &str) -> Option<String> {
    package.get(part).and_then(Value::as_str).map(ToOwned::to_owned)
}

fn record(cx: &Cx, tx: &mut WriteTx<'_>, permit: &Permit, action: &str, draft: &Draft) {
    let subject = draft.id.to_string();
    let unit = draft.unit.as_deref();
    let detail = json!({ "version": draft.version });
    cx.record(tx, Done { action, subject: &subject, unit, role: Some(permit.role()), detail });
}

/// Begins a draft, as long as its owner has fewer than `most`.
///
/// # Errors
/// [`Error::LimitReached`]; [`Error::Denied`]; those of the store.
pub fn create(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    package: &Value,
    read: Read,
    terms: Terms,
) -> Result<Judged, Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::KeepDraft)?;
    if drafts::count(&mut tx.reader(), cx.actor.account)? >= terms.most {
        return Err(Error::LimitReached);
    }
    let draft = Draft {
        id: store::new_id(),
        owner: cx.actor.account,
        procedure: named(package, "procedure"),
        unit: named(package, "unit"),
        package: package.clone(),
        created_at: cx.now,
        updated_at: cx.now,
        version: 1,
    };
    drafts::insert(tx, &draft)?;
    record(cx, tx, &permit, "keep_draft", &draft);
    judged(cx, tx, draft, read, terms)
}

/// Judges a draft that was just saved, and keeps the files it names as long as itself.
fn judged(cx: &Cx, tx: &mut WriteTx<'_>, draft: Draft, read: Read, terms: Terms) -> Result<Judged, Error> {
    let reading = read(&draft.package);
    let until = cx.now + Duration::days(i64::from(terms.days));
    uploads::keep(tx, draft.owner, &files(&reading), until)?;
    let findings = findings(cx, &mut tx.reader(), &reading)?;
    Ok(Judged { draft, findings })
}

/// The actor's own drafts, last begun first.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn list(cx: &Cx, reader: &mut Reader<'_>, after: Option<Uuid>, limit: i64) -> Result<Vec<Listed>, Error> {
    let seen = access::list_filter(&cx.actor, Action::KeepDraft, &cx.reference.units)?;
    match seen.submitted_by {
        Some(owner) => Ok(drafts::list(reader, owner, after, limit)?),
        None => Ok(Vec::new()),
    }
}

/// The draft with this identity, if it is the actor's.
///
/// # Errors
/// Not found, also when it is somebody else's; those of the store.
pub fn get(cx: &Cx, reader: &mut Reader<'_>, id: Uuid) -> Result<Draft, Error> {
    let draft = drafts::get(reader, id)?;
    authorize(cx, &draft)?;
    Ok(draft)
}

/// [`get`], with what is wrong with it as of now.
///
/// # Errors
/// As [`get`].
pub fn judge(cx: &Cx, reader: &mut Reader<'_>, id: Uuid, read: Read) -> Result<Judged, Error> {
    let draft = get(cx, reader, id)?;
    let findings = findings(cx, reader, &read(&draft.package))?;
    Ok(Judged { draft, findings })
}

/// Saves a draft anew. Saving is not recorded one by one: it is private, unfinished work.
///
/// # Errors
/// As [`get`]; [`Error::Unreadable`] when the package could not be read; [`Error::VersionMissing`] and
/// [`Error::VersionStale`].
pub fn save(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    id: Uuid,
    package: Option<&Value>,
    expected: &Expected,
    read: Read,
    terms: Terms,
) -> Result<Judged, Error> {
    let before = get(cx, &mut tx.reader(), id)?;
    let package = package.ok_or(Error::Unreadable)?;
    expected.check(before.version)?;
    let draft = Draft {
        procedure: named(package, "procedure"),
        unit: named(package, "unit"),
        package: package.clone(),
        updated_at: cx.now,
        version: before.version + 1,
        ..before
    };
    drafts::save(tx, &draft)?;
    judged(cx, tx, draft, read, terms)
}

/// Throws a draft away.
///
/// # Errors
/// As [`get`]; [`Error::VersionMissing`] and [`Error::VersionStale`].
pub fn discard(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    id: Uuid,
    expected: &Expected,
    read: Read,
    terms: Terms,
) -> Result<(), Error> {
    let draft = drafts::get(&mut tx.reader(), id)?;
    let permit = authorize(cx, &draft)?;
    expected.check(draft.version)?;
    drafts::end(tx, &draft)?;
    let until = cx.now + Duration::hours(i64::try_from(terms.upload_keep_hours).unwrap_or(24));
    uploads::keep(tx, draft.owner, &files(&read(&draft.package)), until)?;
    record(cx, tx, &permit, "discard_draft", &draft);
    Ok(())
}

/// Hands a draft in: the dossier is opened and the draft ends in the same transaction. Gives the
/// dossier and its tracking secret.
///
/// # Errors
/// As [`get`]; [`Error::Invalid`] with every finding; those of [`dossiers::submit`];
/// [`Error::VersionMissing`] and [`Error::VersionStale`].
pub fn submit(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    key: &TrackingKey,
    id: Uuid,
    read: Read,
    expected: &Expected,
) -> Result<(Stored, String), Error> {
    let draft = get(cx, &mut tx.reader(), id)?;
    let reading = read(&draft.package);
    if !reading.wrong.is_empty() {
        return Err(Error::Invalid(findings(cx, &mut tx.reader(), &reading)?));
    }
    let whole = reading.package.complete();
    let whole = whole.ok_or_else(|| Error::Internal("a package without a part it has".to_owned()))?;
    expected.check(draft.version)?;
    let opened = dossiers::submit(cx, tx, key, &whole)?;
    drafts::end(tx, &draft)?;
    Ok(opened)
}
