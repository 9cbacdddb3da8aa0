//! The steps of a letter from draft to issue: policy, the table of steps, the store, the audit entry.
//!
//! An issue is an event of the dossier, so that its applicant sees it; what happens to a draft is the
//! department's own and stands in the audit chain and the outbox alone.

use chrono::{Datelike, NaiveDate};
use domain::access::{Action, Permit};
use domain::calendar;
use domain::dossier::Dossier;
use domain::dossier::number::DossierCode;
use domain::letter::{self, MustAct, Occasion, must_act};
use persistence::letters::{self as rows, Done as By, Issued, Letter};
use persistence::{WriteTx, append, assignments, store};
use serde_json::json;
use uuid::Uuid;

use super::{About, permitted, text_of};
use crate::app::dossiers::{Expected, follow_up};
use crate::app::error::Error;
use crate::app::{Cx, Done, assignments as officers};

/// What is changed of a draft.
#[derive(Debug, Clone)]
pub enum Edit {
    /// The whole text.
    Text(String),
    /// What the template puts into its text; what is not given stays.
    Words {
        /// Why it is late.
        reason: Option<String>,
        /// The day that is promised now; rolls forward off a day off.
        new_due_on: Option<NaiveDate>,
    },
}

/// What makes a letter an issued one.
#[derive(Debug, Clone)]
pub struct Issue {
    /// Number, where the office keeps its own; else the next of the unit and year.
    pub number: Option<i64>,
    /// The day it bears; today without it.
    pub on: Option<NaiveDate>,
    /// Name of who signed it.
    pub signer: String,
    /// Their office.
    pub signer_title: Option<String>,
}

/// A step of a letter.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sửa.
    Edit(Edit),
    /// Rà soát, trình ký.
    Review,
    /// Phát hành.
    Issue(Issue),
    /// Hủy, and why.
    Discard(String),
}

/// Serves every step: policy, then the letter, then what is asked, then whether it is possible now.
///
/// `asked` is an error when the body could not be read; it comes after 404 and 403.
///
/// # Errors
/// In this order: not found or hidden, forbidden, unreadable, not acceptable, not possible now, stale,
/// version missing.
pub fn perform(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    (code, id): (&DossierCode, Uuid),
    action: Action,
    asked: Option<&Step>,
    expected: &Expected,
) -> Result<(Dossier, Letter), Error> {
    let before = persistence::dossiers::get(&mut tx.reader(), code)?;
    let dossier = &before.dossier;
    let permit = permitted(cx, action, dossier)?;
    let old = rows::get(&mut tx.reader(), dossier.id, id)?;
    let step = asked.ok_or(Error::Unreadable)?;
    check(cx, dossier, &old, step)?;
    let state = old.state.after(action).ok_or(Error::NotNow(old.state.steps()))?;
    expected.check(old.version)?;
    let by = By { by: cx.actor.user.clone(), at: cx.now };
    let mut new = Letter { state, version: old.version + 1, ..old.clone() };
    let mut event = None;
    match step {
        Step::Edit(edit) => {
            change(cx, tx, dossier, &mut new, edit)?;
            (new.edited, new.reviewed) = (Some(by), None);
            let present = assignments::holding(&mut tx.reader(), &[dossier.id], cx.now)?;
            let present: Vec<_> = present.into_iter().map(|(_, a)| a).collect();
            new.acts = must_act(dossier, &present, cx.now);
        }
        Step::Review => {
            new.reviewed = Some(by);
            new.acts = MustAct::signature();
        }
        Step::Issue(issue) => {
            let issued = number(cx, tx, dossier, issue, by)?;
            new.body = letter::issued_text(&old.body, issued.number, issued.on, &issued.signer);
            let number = letter::printed_number(issued.number);
            let new_due_on = old.new_due_at.map(calendar::day_of);
            let (after, mut happened) =
                letter::issued(&permit, dossier, number, old.reason.clone(), new_due_on, cx.now);
            happened.on_behalf_of = officers::acting_for(cx, &mut tx.reader(), &permit, dossier.id)?;
            new.issued = Some(issued);
            event = Some((after, happened));
        }
        Step::Discard(reason) => new.discarded = Some((by, reason.clone())),
    }
    rows::save(tx, dossier.id, old.version, &new)?;
    match event {
        Some((after, happened)) => {
            persistence::dossiers::save(tx, &before, &after, &happened, None, &[], cx.now)?;
            record(cx, tx, &permit, dossier, &new, false);
            follow_up(cx, tx, &permit, Some(dossier), &after, &happened);
            Ok((after, new))
        }
        None => {
            record(cx, tx, &permit, dossier, &new, true);
            Ok((before.dossier, new))
        }
    }
}

/// Everything that is wrong with what a step carries.
fn check(cx: &Cx, dossier: &Dossier, old: &Letter, step: &Step) -> Result<(), Error> {
    let today = calendar::day_of(cx.now);
    match step {
        Step::Edit(Edit::Words { new_due_on: Some(_), .. }) if old.occasion == Occasion::Extension => {
            Err(Error::invalid(
                "/new_due_on",
                "fixed_by_extension",
                "Ngày hẹn lại đã được ấn định khi gia hạn.",
                "The new day was set by the extension.",
            ))
        }
        Step::Edit(Edit::Words { new_due_on: Some(day), .. }) if *day <= today => Err(Error::invalid(
            "/new_due_on",
            "not_in_future",
            "Ngày phải sau hôm nay.",
            "The day must lie in the future.",
        )),
        Step::Edit(Edit::Words { new_due_on: Some(day), .. }) if closing(cx, *day).is_none() => {
            Err(Error::invalid(
                "/new_due_on",
                "out_of_range",
                "Ngày nằm ngoài phạm vi tính được.",
                "The day is out of range.",
            ))
        }
        Step::Issue(Issue { on: Some(on), .. }) if *on > today => Err(Error::invalid(
            "/issued_on",
            "in_future",
            "Ngày phát hành không được sau hôm nay.",
            "A letter cannot be dated in the future.",
        )),
        Step::Issue(Issue { on: Some(on), .. }) if dossier.accepted_at.map(calendar::day_of) > Some(*on) => {
            Err(Error::invalid(
                "/issued_on",
                "before_acceptance",
                "Ngày phát hành không được trước ngày tiếp nhận.",
                "A letter cannot be dated before acceptance.",
            ))
        }
        _ => Ok(()),
    }
}

/// The end of the working hours of a day, or of the next working day.
fn closing(cx: &Cx, day: NaiveDate) -> Option<chrono::DateTime<chrono::Utc>> {
    let calendar = &cx.reference.rules.calendar;
    calendar.roll_forward(day).and_then(|day| calendar.close_of(day))
}

fn change(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    dossier: &Dossier,
    new: &mut Letter,
    edit: &Edit,
) -> Result<(), Error> {
    match edit {
        Edit::Text(text) => new.body.clone_from(text),
        Edit::Words { reason, new_due_on } => {
            if reason.is_some() {
                new.reason.clone_from(reason);
            }
            if let Some(day) = new_due_on {
                new.new_due_at = closing(cx, *day);
            }
            let about = About {
                occasion: new.occasion,
                due_at: new.due_at,
                new_due_at: new.new_due_at,
                reason: new.reason.as_deref(),
            };
            (new.body, new.template) = text_of(cx, &mut tx.reader(), dossier, about)?;
        }
    }
    Ok(())
}

/// The number, day and signer of a letter that is issued now.
fn number(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    dossier: &Dossier,
    issue: &Issue,
    done: By,
) -> Result<Issued, Error> {
    let on = issue.on.unwrap_or_else(|| calendar::day_of(cx.now));
    let (unit, year) = (dossier.unit.clone(), on.year());
    let number = match issue.number {
        Some(number) if rows::is_taken(&mut tx.reader(), &unit, year, number)? => {
            return Err(Error::invalid(
                "/number",
                "taken",
                "Số này đã được dùng trong năm của đơn vị.",
                "This number of the unit and year is taken.",
            ));
        }
        Some(number) => {
            rows::numbered_past(tx, &unit, year, number)?;
            number
        }
        None => rows::next_number(tx, &unit, year)?,
    };
    let (signer, signer_title) = (issue.signer.clone(), issue.signer_title.clone());
    Ok(Issued { number, unit, year, on, signer, signer_title, done })
}

/// The audit entry of a step and, where the dossier itself does not tell of it, the outbox row.
fn record(cx: &Cx, tx: &mut WriteTx<'_>, permit: &Permit, dossier: &Dossier, new: &Letter, tell: bool) {
    let action = permit.action().to_string();
    let detail = json!({
        "letter": new.id,
        "occasion": new.occasion,
        "state": new.state,
        "version": new.version,
        "number": new.issued.as_ref().map(|i| i.number),
        "issued_on": new.issued.as_ref().map(|i| i.on),
        "body_sha256": persistence::audit::digest(&new.body),
    });
    let code = dossier.code.as_str();
    let subject = if tell { code.to_owned() } else { format!("{code}/letters/{}", new.id) };
    cx.record(
        tx,
        Done {
            action: &action,
            subject: &subject,
            unit: Some(&dossier.unit),
            role: permit.acting_role(),
            detail: detail.clone(),
        },
    );
    if tell {
        append::outbox(tx, store::new_id(), cx.now, &format!("dossier.{action}"), code, detail);
    }
}
