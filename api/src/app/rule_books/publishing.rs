//! Putting a rule book in force.

use std::sync::Arc;

use domain::access::{self, Action};
use domain::rulebook::RuleBook;
use domain::rulebook::check::Finding;
use persistence::recomputations::Recomputation;
use persistence::reference::{self, Publication};
use persistence::rule_books::{self, Draft, Version};
use persistence::{Reader, Store, WriteTx, append, store};
use serde_json::json;

use super::{Entry, Found, find, findings, in_force, name};
use crate::app::dossiers::Expected;
use crate::app::error::Error;
use crate::app::recomputations::{self, By};
use crate::app::{Cx, Done};

/// What a publication did.
#[derive(Debug, Clone)]
pub struct Publishing {
    /// The version in force after it.
    pub version: Version,
    /// Its content.
    pub book: Arc<RuleBook>,
    /// Whether another was in force before.
    pub changed: bool,
    /// What was wrong with it and did not keep it back.
    pub warnings: Vec<Finding>,
    /// The job that reckons open dossiers anew; none when there is nothing to reckon.
    pub recomputation: Option<Recomputation>,
}

/// What a publication would put in force, with all its checks; nothing is written.
///
/// # Errors
/// As [`publish`].
pub fn rehearse(
    cx: &Cx,
    reader: &mut Reader<'_>,
    id: &str,
    expected: &Expected,
) -> Result<(Found, RuleBook, bool, Vec<Finding>), Error> {
    access::authorize_at_the_top(&cx.actor, Action::PublishRuleBook, &cx.reference.units)?;
    let found = find(reader, id)?;
    expected.check(found.entry.revision())?;
    let current = in_force(reader)?;
    let (errors, warnings): (Vec<_>, Vec<_>) =
        findings(&found, &current).into_iter().partition(|finding| !finding.warning);
    // A version was judged when it was published; putting it back must always be possible.
    if !errors.is_empty() && matches!(found.entry, Entry::Draft(_)) {
        return Err(Error::Invalid(errors.into_iter().map(|finding| finding.violation).collect()));
    }
    let book = match &found.entry {
        Entry::Draft(_) => name(&found.book, &current)?,
        Entry::Version(_) => found.book.as_ref().clone(),
    };
    let changed = book.version != current.version;
    Ok((found, book, changed, warnings))
}

/// Puts a draft, or an earlier version again, in force and asks for the open dossiers to be reckoned
/// anew. What is in force already changes nothing.
///
/// # Errors
/// [`Error::Denied`]; not found; [`Error::Invalid`] with every error of the draft; stale; those of
/// the store.
pub fn publish(cx: &Cx, tx: &mut WriteTx<'_>, id: &str, expected: &Expected) -> Result<Publishing, Error> {
    let permit = access::authorize_at_the_top(&cx.actor, Action::PublishRuleBook, &cx.reference.units)?;
    // Whoever publishes at the same time waits here, so that what is compared with stays in force.
    reference::raise(tx)?;
    let (found, book, changed, warnings) = rehearse(cx, &mut tx.reader(), id, expected)?;
    let note = match &found.entry {
        Entry::Draft(draft) => draft.note.clone(),
        Entry::Version(version) => version.note.clone(),
    };
    let publication = Publication { by: Some(cx.actor.user.clone()), note: note.clone() };
    let published = reference::publish(tx, &book, &publication, cx.now)?;
    if let Entry::Draft(draft) = found.entry {
        let published_as = Some(book.version.clone());
        let revision = draft.revision.saturating_add(1);
        rule_books::replace(tx, &Draft { published_as, revision, ..*draft })?;
    }
    let mut recomputation = None;
    if changed {
        let by = By { account: cx.actor.account.0, name: cx.actor.user.clone(), role: permit.role(), note };
        recomputation = recomputations::begin(tx, &book, published.previous.as_deref(), &by, cx.now)?;
        let detail = json!({
            "previous": published.previous,
            "calendar_version": book.calendar.version,
            "recomputation": recomputation.as_ref().map(|job| job.id),
        });
        let subject = book.version.as_str();
        append::outbox(tx, store::new_id(), cx.now, "rule_book.published", subject, detail.clone());
        let role = Some(permit.role());
        cx.record(tx, Done { action: "publish_rule_book", subject, unit: None, role, detail });
    }
    let (version, _) = rule_books::get(&mut tx.reader(), &book.version)?;
    Ok(Publishing { version, book: Arc::new(book), changed, warnings, recomputation })
}

/// The rule book that a recomputation goes by.
///
/// # Errors
/// Those of the store.
pub fn of_job(store: &Store, job: &Recomputation) -> Result<Arc<RuleBook>, Error> {
    Ok(Arc::new(store.read(|reader| rule_books::get(reader, &job.rule_book))?.1))
}
