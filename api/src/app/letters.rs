//! Phiếu xin lỗi: drafted by an extension or by the timer, worded by templates, read by officers and,
//! once issued, by applicants; `acts` has the steps from draft to issue.
//!
//! The shipped texts hold until an administrator puts others in force.

mod acts;

pub use acts::{Edit, Issue, Step, perform};

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{self, Action, Denied, Permit};
use domain::calendar;
use domain::code::Code;
use domain::dossier::Dossier;
use domain::dossier::number::DossierCode;
use domain::letter::{DAY_MARK, LetterState, NUMBER_MARK, Occasion, SIGNER_MARK, must_act};
use minijinja::{Environment, UndefinedBehavior};
use persistence::dossiers::Stored;
use persistence::letters::{self as rows, Letter, Template, Waiting};
use persistence::{Reader, WriteTx, assignments, store};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::error::Error;
use super::{Cx, Done, dossiers};

/// The shipped text of an occasion.
pub fn shipped(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Overdue => include_str!("../../../reference/letters/overdue.txt"),
        Occasion::Extension => include_str!("../../../reference/letters/extension.txt"),
    }
}

/// Where the shipped texts come from.
pub const SHIPPED_SOURCE: &str =
    "Mẫu số 04, Thông tư 01/2018/TT-VPCP; Nghị định 61/2018/NĐ-CP (chưa đối chiếu câu chữ)";

/// Steps that a template may take: a text that would not end is cut off.
const FUEL: u64 = 100_000;

/// What a template may use. Instants are written as people read them, in local time.
#[derive(Debug, Clone, Serialize)]
struct Words {
    dossier_code: String,
    procedure_name: String,
    unit_name: String,
    parent_name: String,
    applicant_name: String,
    applicant_personal_id: String,
    received_on: String,
    due: String,
    new_due: Option<String>,
    reason: Option<String>,
    today: String,
    /// The marks that stand in a draft for what only the issue makes known.
    number: &'static str,
    issued_on: &'static str,
    signer: &'static str,
}

fn day(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

fn moment(at: DateTime<Utc>) -> String {
    calendar::local(at).format("%H giờ %M phút, ngày %d/%m/%Y").to_string()
}

/// Makes a letter's text.
fn render(template: &str, words: &Words) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.render_str(template, words)
}

/// What a letter is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// On which occasion.
    pub occasion: Occasion,
    /// The due date that passed or was moved.
    pub due_at: DateTime<Utc>,
    /// The new one.
    pub new_due_at: Option<DateTime<Utc>>,
    /// Why.
    pub reason: Option<&'a str>,
}

/// The text of a letter by the template in force, and that template's name.
fn text_of(
    cx: &Cx,
    reader: &mut Reader<'_>,
    dossier: &Dossier,
    about: About<'_>,
) -> Result<(String, String), Error> {
    let today = calendar::day_of(cx.now);
    let (text, name) = match rows::template(reader, about.occasion, today)? {
        Some(template) => (template.body, template.id.to_string()),
        None => (shipped(about.occasion).to_owned(), "shipped".to_owned()),
    };
    let units = &cx.reference.units;
    let unit = units.get(&dossier.unit);
    let parent = unit.and_then(|u| u.parent.as_deref()).and_then(|p| units.get(p));
    let entry = cx.reference.version(dossier.procedure_version)?;
    let words = Words {
        dossier_code: dossier.code.as_str().to_owned(),
        procedure_name: entry.procedure.name_vi.clone(),
        unit_name: unit.ok_or(Error::NotLoadedYet("the unit of a dossier"))?.name_vi.clone(),
        parent_name: parent.map(|u| u.name_vi.clone()).unwrap_or_default(),
        applicant_name: dossier.applicant.name.as_str().to_owned(),
        applicant_personal_id: dossier.applicant.personal_id.as_str().to_owned(),
        received_on: day(calendar::day_of(dossier.accepted_at.unwrap_or(dossier.submitted_at))),
        due: moment(about.due_at),
        new_due: about.new_due_at.map(moment),
        reason: about.reason.map(ToOwned::to_owned),
        today: day(today),
        number: NUMBER_MARK,
        issued_on: DAY_MARK,
        signer: SIGNER_MARK,
    };
    let body = render(&text, &words)
        .map_err(|e| Error::Internal(format!("letter template {name}: {}", e.kind())))?;
    Ok((body, name))
}

/// Drafts a letter in the transaction of what makes it necessary; nothing when there is one
/// already. Says whether it did.
///
/// # Errors
/// [`Error::Internal`] for a template that cannot be used; those of the store.
pub fn draft(cx: &Cx, tx: &mut WriteTx<'_>, dossier: &Dossier, about: About<'_>) -> Result<bool, Error> {
    let (body, template) = text_of(cx, &mut tx.reader(), dossier, about)?;
    let present: Vec<_> = assignments::holding(&mut tx.reader(), &[dossier.id], cx.now)?;
    let present: Vec<_> = present.into_iter().map(|(_, a)| a).collect();
    let letter = Letter {
        id: store::new_id(),
        occasion: about.occasion,
        state: LetterState::Draft,
        due_at: about.due_at,
        new_due_at: about.new_due_at,
        template,
        body,
        acts: must_act(dossier, &present, cx.now),
        drafted_by: cx.actor.user.clone(),
        drafted_at: cx.now,
        version: 1,
        reason: about.reason.map(ToOwned::to_owned),
        edited: None,
        reviewed: None,
        issued: None,
        discarded: None,
    };
    let drafted = rows::add(tx, dossier.id, &letter)?;
    if drafted {
        cx.record(
            tx,
            Done {
                action: "draft_letter",
                subject: dossier.code.as_str(),
                unit: Some(&dossier.unit),
                role: None,
                detail: json!({
                    "letter": letter.id,
                    "occasion": letter.occasion,
                    "acts_role": letter.acts.role,
                    "acts_account": letter.acts.officer.as_ref().map(|(account, _)| account),
                }),
            },
        );
    }
    Ok(drafted)
}

fn permitted(cx: &Cx, action: Action, dossier: &Dossier) -> Result<Permit, Denied> {
    let persons = dossier.persons();
    let subject =
        access::Subject { unit: &dossier.unit, persons: &persons, submitted_by: dossier.submitted_by };
    access::authorize(&cx.actor, action, &subject, &cx.reference.units)
}

/// Whether the actor may see a letter: an issued one also who it was sent to, a draft only those who
/// work it.
fn shown(cx: &Cx, dossier: &Dossier, letter: &Letter) -> bool {
    letter.state == LetterState::Issued || permitted(cx, Action::ReadLetter, dossier).is_ok()
}

/// Letters of a dossier, oldest first; for its applicant those that were issued.
///
/// # Errors
/// Not found or hidden, forbidden; those of the store.
pub fn list(cx: &Cx, reader: &mut Reader<'_>, code: &DossierCode) -> Result<Vec<Letter>, Error> {
    let dossier = dossiers::get(cx, reader, code)?.dossier;
    permitted(cx, Action::ReadIssuedLetter, &dossier)?;
    let mut found = rows::of_dossier(reader, dossier.id)?;
    found.retain(|letter| shown(cx, &dossier, letter));
    Ok(found)
}

/// A letter of a dossier. A draft is hidden from the applicant.
///
/// # Errors
/// As [`list`].
pub fn get(
    cx: &Cx,
    reader: &mut Reader<'_>,
    code: &DossierCode,
    id: Uuid,
) -> Result<(Stored, Letter), Error> {
    let stored = dossiers::get(cx, reader, code)?;
    permitted(cx, Action::ReadIssuedLetter, &stored.dossier)?;
    let letter = rows::get(reader, stored.dossier.id, id)?;
    if !shown(cx, &stored.dossier, &letter) {
        return Err(persistence::Error::NotFound.into());
    }
    Ok((stored, letter))
}

/// Letters within the actor's reach that wait to be issued, oldest first, narrowed to a unit and what
/// belongs to it, and to a state.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn waiting(
    cx: &Cx,
    reader: &mut Reader<'_>,
    unit: Option<&str>,
    state: Option<LetterState>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Waiting>, Error> {
    let seen = access::list_filter(&cx.actor, Action::ReadLetter, &cx.reference.units)?;
    // Nobody reads drafts of their own dossiers: whole units are all there is to see.
    let within = unit.map(|unit| cx.reference.units.reach(unit));
    let narrowed = |u: &String| within.as_ref().is_none_or(|within| within.contains(u));
    let units = seen.units.into_iter().filter(narrowed).collect();
    Ok(rows::waiting(reader, units, state, after, limit)?)
}

/// Templates that were put in force, by occasion, newest first.
///
/// # Errors
/// [`Denied::Forbidden`]; those of the store.
pub fn templates(cx: &Cx, reader: &mut Reader<'_>) -> Result<Vec<Template>, Error> {
    access::authorize_somewhere(&cx.actor, Action::ReadLetterTemplates)?;
    Ok(rows::templates(reader)?)
}

/// A template that is wanted.
#[derive(Debug, Clone)]
pub struct NewTemplate {
    /// For which occasion.
    pub occasion: Occasion,
    /// First day; today without it.
    pub valid_from: Option<NaiveDate>,
    /// The text.
    pub body: String,
    /// Where it comes from.
    pub source: String,
}

/// Puts a template in force from a day on. It is tried before.
///
/// # Errors
/// [`Error::Invalid`] for a text that makes no letter; [`Denied::Forbidden`].
pub fn put_template(cx: &Cx, tx: &mut WriteTx<'_>, new: &NewTemplate) -> Result<Template, Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::ChangeLetterTemplates)?;
    let sample = || "x".to_owned();
    let mut words = Words {
        dossier_code: sample(),
        procedure_name: sample(),
        unit_name: sample(),
        parent_name: sample(),
        applicant_name: sample(),
        applicant_personal_id: sample(),
        received_on: sample(),
        due: sample(),
        new_due: Some(sample()),
        reason: Some(sample()),
        today: sample(),
        number: NUMBER_MARK,
        issued_on: DAY_MARK,
        signer: SIGNER_MARK,
    };
    let full = render(&new.body, &words);
    (words.new_due, words.reason) = (None, None);
    if let Err(error) = full.and_then(|_| render(&new.body, &words)) {
        let line = error.line().unwrap_or(0);
        return Err(Error::Invalid(vec![domain::dossier::transition::Violation::new(
            "/body".to_owned(),
            "template",
            &format!("Mẫu không dùng được, dòng {line}: {}.", error.kind()),
            &format!("The template cannot be used, line {line}: {}.", error.kind()),
        )]));
    }
    let template = Template {
        id: store::new_id(),
        occasion: new.occasion,
        valid_from: new.valid_from.unwrap_or_else(|| calendar::day_of(cx.now)),
        body: new.body.clone(),
        source: new.source.clone(),
        created_by: (cx.actor.account, cx.actor.user.clone()),
        created_at: cx.now,
    };
    rows::add_template(tx, &template)?;
    cx.record(
        tx,
        Done {
            action: "change_letter_templates",
            subject: &template.id.to_string(),
            unit: None,
            role: Some(permit.role()),
            detail: json!({
                "occasion": template.occasion.code(),
                "valid_from": template.valid_from,
                "body_sha256": persistence::audit::digest(&template.body),
            }),
        },
    );
    Ok(template)
}
