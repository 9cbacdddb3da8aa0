//! Publishing versions of procedures, and ending them.
//!
//! Whatever does so first raises the mark of the reference data: that row is locked until the commit, so that no two
//! transactions of any process judge the same periods at once.

use chrono::NaiveDate;
use domain::access::{self, Action};
use domain::calendar;
use domain::procedure::check::{self, Origin, Period};
use persistence::procedures::{self, Version};
use persistence::{WriteTx, reference};
use serde_json::json;
use uuid::Uuid;

use super::versions::{OF_A_DRAFT, OF_A_PUBLISHED, Shown, find_faults, published, record, shown, tell};
use crate::app::Cx;
use crate::app::dossiers::Expected;
use crate::app::error::Error;

/// What publishing did.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The version that was published.
    pub shown: Shown,
    /// The version before, with the last day it was given.
    pub ended: Option<(Uuid, NaiveDate)>,
}

/// When a version is to be in force, where it differs from the draft's own days.
#[derive(Debug, Clone, Copy, Default)]
pub struct Days {
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
}

/// Publishes a draft; the version in force before ends the day before.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong; else as [`save`](super::versions::save).
pub fn publish(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    code: &str,
    id: Uuid,
    expected: &Expected,
    days: Option<Days>,
) -> Result<Publication, Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::PublishCatalogue)?;
    reference::raise(tx)?;
    let known = procedures::of_code(&mut tx.reader(), code)?;
    let draft = known.iter().find(|v| v.id.0 == id).ok_or(persistence::Error::NotFound)?;
    let days = days.ok_or(Error::Unreadable)?;
    if draft.published {
        return Err(Error::NotNow(OF_A_PUBLISHED));
    }
    let mut procedure = draft.procedure.clone();
    procedure.valid_from = days.from.unwrap_or(procedure.valid_from);
    procedure.valid_to = days.to.or(procedure.valid_to);
    let mut wrong = find_faults(cx, &procedure, Origin::Drafted, &cx.reference.fields()).errors;
    let others: Vec<&Version> = published(&known).collect();
    let periods: Vec<Period> = others.iter().map(|v| Period::of(&v.procedure)).collect();
    let room = check::make_room(Period::of(&procedure), &periods, calendar::day_of(cx.now));
    let room = room.unwrap_or_else(|more| {
        wrong.extend(more);
        None
    });
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    expected.check(draft.version)?;
    let ended = room.and_then(|(i, last)| others.get(i).map(|v| (*v, last)));
    if let Some((before, last)) = ended {
        procedures::end(tx, &[before.id.0], last, cx.now)?;
        let mut gone = before.procedure.clone();
        gone.valid_to = Some(last);
        tell(tx, "ended", before.id.0, &gone, cx.now);
    }
    let version = procedures::save_draft(tx, draft, &procedure, true, cx.now)?;
    let ended = ended.map(|(before, last)| (before.id.0, last));
    tell(tx, "published", id, &procedure, cx.now);
    record(
        cx,
        tx,
        &permit,
        code,
        json!({ "version": id, "did": "published", "valid_from": procedure.valid_from, "ended": ended.map(|e| e.0) }),
    );
    Ok(Publication { shown: shown(&mut tx.reader(), version)?, ended })
}

/// Gives a published version its last day.
///
/// # Errors
/// [`Error::NotNow`] for a draft; [`Error::Invalid`] for a day in the past or after the one it has; else as [`save`](super::versions::save).
pub fn end(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    code: &str,
    id: Uuid,
    expected: &Expected,
    asked: Option<(NaiveDate, Option<String>)>,
) -> Result<Shown, Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::PublishCatalogue)?;
    reference::raise(tx)?;
    let found = procedures::get(&mut tx.reader(), code, id)?;
    let (last, reason) = asked.ok_or(Error::Unreadable)?;
    if !found.published {
        return Err(Error::NotNow(OF_A_DRAFT));
    }
    if let Some(wrong) = check::check_end(Period::of(&found.procedure), last, calendar::day_of(cx.now)) {
        return Err(Error::Invalid(vec![wrong]));
    }
    expected.check(found.version)?;
    procedures::end(tx, &[id], last, cx.now)?;
    let version = procedures::get(&mut tx.reader(), code, id)?;
    tell(tx, "ended", id, &version.procedure, cx.now);
    let detail = json!({ "version": id, "did": "ended", "valid_to": last, "reason": reason });
    record(cx, tx, &permit, code, detail);
    shown(&mut tx.reader(), version)
}
