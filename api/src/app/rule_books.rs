//! Rule books: drafting, checking, comparing and publishing calendar, amounts and laws.
//!
//! A draft is a whole book made from a version by changes; publishing gives it a name by its content
//! and puts it in force. What it moves is reckoned beforehand in [`impact`], by a job in [`rehearsals`]
//! where that takes longer than an answer may, and carried out by [`super::recomputations`].

pub mod files;
pub mod impact;
mod publishing;
pub mod rehearsals;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::access::{self, Action};
use domain::rulebook::RuleBook;
use domain::rulebook::check::{Finding, check};
use domain::rulebook::edit::Edit;
use domain::rulebook::rows::{Difference, differences};
use persistence::reference::{self};
use persistence::rule_books::{self, Draft, Version};
use persistence::{Reader, WriteTx, store};
use serde_json::json;
use uuid::Uuid;

use super::dossiers::Expected;
use super::error::Error;
use super::seed::named;
use super::{Cx, Done};

pub use self::publishing::{Publishing, of_job, publish, rehearse};

/// A draft or a version, as a list shows it.
#[derive(Debug, Clone)]
pub enum Entry {
    /// Being written.
    Draft(Box<Draft>),
    /// Published.
    Version(Version),
}

/// Place in the list: drafts stand before versions of the same instant.
pub type Place = (DateTime<Utc>, bool, String);

impl Entry {
    /// Identity in addresses: a draft's own, or the name of a version.
    pub fn id(&self) -> String {
        match self {
            Self::Draft(draft) => draft.id.to_string(),
            Self::Version(version) => version.name.clone(),
        }
    }

    /// What a writer must have seen. Of a version only whether it is in force can change.
    pub fn revision(&self) -> i64 {
        match self {
            Self::Draft(draft) => draft.revision,
            Self::Version(version) => 1 + i64::from(version.in_force),
        }
    }

    /// Its place in the list.
    pub fn place(&self) -> Place {
        match self {
            Self::Draft(draft) => (draft.created_at, true, draft.id.to_string()),
            Self::Version(version) => (version.published_at, false, version.name.clone()),
        }
    }
}

/// A draft or a version with its content.
#[derive(Debug, Clone)]
pub struct Found {
    /// What it is.
    pub entry: Entry,
    /// Its content.
    pub book: Arc<RuleBook>,
}

/// The draft with this identity, or the version with this name; of a draft that was published the
/// version it became.
///
/// # Errors
/// [`persistence::Error::NotFound`]; those of the store.
fn find(reader: &mut Reader<'_>, id: &str) -> Result<Found, Error> {
    let mut name = id.to_owned();
    if let Ok(id) = id.parse::<Uuid>() {
        let draft = rule_books::draft(reader, id)?;
        match draft.published_as {
            Some(version) => name = version,
            None => {
                let book = Arc::new(draft.book.clone());
                return Ok(Found { entry: Entry::Draft(Box::new(draft)), book });
            }
        }
    }
    let (version, book) = rule_books::get(reader, &name)?;
    Ok(Found { entry: Entry::Version(version), book: Arc::new(book) })
}

/// The rule book in force as the database has it, which this process may not have seen yet.
fn in_force(reader: &mut Reader<'_>) -> Result<RuleBook, Error> {
    let missing = || persistence::Error::Unavailable("no reference data".to_owned());
    Ok(reference::current(reader)?.ok_or_else(missing)?)
}

/// Drafts and versions, newest first, after a place.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn list(
    cx: &Cx,
    reader: &mut Reader<'_>,
    kind: Option<bool>,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    access::authorize_at_the_top(&cx.actor, Action::ReadRuleBook, &cx.reference.units)?;
    let mut entries = Vec::new();
    if kind != Some(false) {
        let place = after.map(|(at, draft, id)| (*at, id.parse().ok().filter(|_: &Uuid| *draft)));
        let drafts = rule_books::drafts(reader, place, limit)?;
        entries.extend(drafts.into_iter().map(|draft| Entry::Draft(Box::new(draft))));
    }
    if kind != Some(true) {
        let place = after.map(|(at, draft, name)| (*at, (!draft).then(|| name.clone())));
        entries.extend(rule_books::list(reader, place, limit)?.into_iter().map(Entry::Version));
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.place()));
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(entries)
}

/// A draft or a version with its content.
///
/// # Errors
/// [`Error::Denied`]; not found; those of the store.
pub fn get(cx: &Cx, reader: &mut Reader<'_>, id: &str) -> Result<Found, Error> {
    access::authorize_at_the_top(&cx.actor, Action::ReadRuleBook, &cx.reference.units)?;
    find(reader, id)
}

/// The content of a version, for whoever asks: what was published is public.
///
/// # Errors
/// Not found; those of the store.
pub fn published(reader: &mut Reader<'_>, name: &str) -> Result<RuleBook, Error> {
    Ok(rule_books::get(reader, name)?.1)
}

/// The content of a draft, for a simulation by who may edit it.
///
/// # Errors
/// [`Error::Denied`]; not found; those of the store.
pub fn drafted(cx: &Cx, reader: &mut Reader<'_>, id: &str) -> Result<RuleBook, Error> {
    access::authorize_at_the_top(&cx.actor, Action::EditRuleBook, &cx.reference.units)?;
    let found = find(reader, id)?;
    name(&found.book, &cx.reference.rules)
}

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Name of the version to begin with; the one in force where none is given.
    pub base: Option<String>,
    /// What is to be different.
    pub edit: Edit,
    /// Why.
    pub note: Option<String>,
}

impl Wanted {
    fn make(&self, reader: &mut Reader<'_>, base: Option<&str>) -> Result<(String, RuleBook), Error> {
        let base = match self.base.as_deref().or(base) {
            None => in_force(reader)?,
            Some(name) => match rule_books::get(reader, name) {
                Ok((_, book)) => book,
                Err(persistence::Error::NotFound) => {
                    return Err(Error::invalid(
                        "/base",
                        "unknown_rule_book",
                        "Không có bộ quy định đã công bố này.",
                        "There is no such published rule book.",
                    ));
                }
                Err(error) => return Err(error.into()),
            },
        };
        let book = self.edit.clone().apply(&base).map_err(Error::Invalid)?;
        Ok((base.version, book))
    }
}

/// Makes a draft. What is wanted is none when the body could not be read; that comes after 403.
///
/// # Errors
/// [`Error::Denied`]; [`Error::Unreadable`]; [`Error::Invalid`] with every change that cannot be made; those of the store.
pub fn create(cx: &Cx, tx: &mut WriteTx<'_>, wanted: Option<&Wanted>) -> Result<Draft, Error> {
    access::authorize_at_the_top(&cx.actor, Action::EditRuleBook, &cx.reference.units)?;
    let wanted = wanted.ok_or(Error::Unreadable)?;
    let (base, book) = wanted.make(&mut tx.reader(), None)?;
    let draft = Draft {
        id: store::new_id(),
        base,
        book,
        note: wanted.note.clone(),
        revision: 1,
        created_at: cx.now,
        created_by: cx.actor.user.clone(),
        changed_at: cx.now,
        changed_by: cx.actor.user.clone(),
        published_as: None,
    };
    rule_books::create(tx, &draft)?;
    edited(cx, tx, "create_rule_book", &draft);
    Ok(draft)
}

fn edited(cx: &Cx, tx: &mut WriteTx<'_>, action: &str, draft: &Draft) {
    let subject = draft.id.to_string();
    let detail = json!({ "base": draft.base, "revision": draft.revision });
    cx.record(tx, Done { action, subject: &subject, unit: None, role: None, detail });
}

/// The draft with this identity, for a writer.
fn to_write(cx: &Cx, tx: &mut WriteTx<'_>, id: &str) -> Result<Draft, Error> {
    access::authorize_at_the_top(&cx.actor, Action::EditRuleBook, &cx.reference.units)?;
    match find(&mut tx.reader(), id)?.entry {
        Entry::Draft(draft) => Ok(*draft),
        Entry::Version(_) => Err(Error::Conflict("a published rule book is never changed")),
    }
}

/// Makes a draft anew: from its base, or from another, with other changes.
///
/// # Errors
/// As [`create`]; [`Error::Conflict`] for what was published; stale; those of the store.
pub fn replace(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    id: &str,
    wanted: Option<&Wanted>,
    expected: &Expected,
) -> Result<Draft, Error> {
    let before = to_write(cx, tx, id)?;
    let wanted = wanted.ok_or(Error::Unreadable)?;
    let (base, book) = wanted.make(&mut tx.reader(), Some(&before.base))?;
    expected.check(before.revision)?;
    let draft = Draft {
        base,
        book,
        note: wanted.note.clone(),
        revision: before.revision.saturating_add(1),
        changed_at: cx.now,
        changed_by: cx.actor.user.clone(),
        ..before
    };
    rule_books::replace(tx, &draft)?;
    edited(cx, tx, "update_rule_book", &draft);
    Ok(draft)
}

/// Forgets a draft.
///
/// # Errors
/// [`Error::Denied`]; not found; [`Error::Conflict`] for what was published; stale; those of the store.
pub fn delete(cx: &Cx, tx: &mut WriteTx<'_>, id: &str, expected: &Expected) -> Result<(), Error> {
    let draft = to_write(cx, tx, id)?;
    expected.check(draft.revision)?;
    rule_books::delete(tx, draft.id, draft.revision)?;
    edited(cx, tx, "delete_rule_book", &draft);
    Ok(())
}

/// Everything that is wrong with a draft or a version; nothing is written.
///
/// # Errors
/// [`Error::Denied`]; not found; those of the store.
pub fn validate(cx: &Cx, reader: &mut Reader<'_>, id: &str) -> Result<Vec<Finding>, Error> {
    let found = get(cx, reader, id)?;
    let current = in_force(reader)?;
    Ok(findings(&found, &current))
}

fn findings(found: &Found, current: &RuleBook) -> Vec<Finding> {
    let mut all = check(&found.book);
    if let Entry::Draft(draft) = &found.entry
        && draft.base != current.version
    {
        all.insert(
            0,
            Finding {
                violation: domain::dossier::transition::Violation::new(
                    "/base".to_owned(),
                    "base_superseded",
                    &format!(
                        "Đã có bộ quy định khác có hiệu lực: {}. Hãy soạn lại từ bộ đó.",
                        current.version
                    ),
                    &format!(
                        "Another rule book is in force: {}. Make the draft anew from it.",
                        current.version
                    ),
                ),
                warning: false,
            },
        );
    }
    all
}

/// Everything in which a draft or a version differs from the one in force, and that one's name.
///
/// # Errors
/// [`Error::Denied`]; not found; those of the store.
pub fn compare(cx: &Cx, reader: &mut Reader<'_>, id: &str) -> Result<(String, Vec<Difference>), Error> {
    let found = get(cx, reader, id)?;
    let current = in_force(reader)?;
    let found = differences(&current, &found.book);
    Ok((current.version, found))
}

/// The book itself, under the names of the one in force as far as it says the same.
pub fn keep_names(book: &RuleBook, current: &RuleBook) -> RuleBook {
    let (content, of_current) = (book.content(), current.content());
    if content == of_current {
        return current.clone();
    }
    let mut kept = book.clone();
    if content.calendar == of_current.calendar {
        kept.calendar.version.clone_from(&current.calendar.version);
    }
    kept
}

/// The book under the names its content gives it; a calendar that is the one in force keeps its name.
///
/// # Errors
/// [`Error::Internal`] when it has no text, and so could not be told from another.
pub fn name(book: &RuleBook, current: &RuleBook) -> Result<RuleBook, Error> {
    let mut content = book.content();
    let of_current = current.content();
    if content == of_current {
        return Ok(current.clone());
    }
    let untold = |error: serde_json::Error| Error::Internal(format!("a rule book without a text: {error}"));
    let calendar_text = serde_json::to_string(&content.calendar).map_err(untold)?;
    let version = named("rules", &serde_json::to_string(&content).map_err(untold)?);
    content.calendar.version = named("calendar", &calendar_text);
    content.version = version;
    Ok(keep_names(&content, current))
}
