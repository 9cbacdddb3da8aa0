//! Dossiers: handing in, and every transition through [`perform`]; what is read of them stands in
//! `reading`.

mod clock;
mod reading;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::access::{self, Action, Denied, Permit, Subject};
use domain::calendar;
use domain::dossier::command::{Command, PaperIn};
use domain::dossier::event::Event;
use domain::dossier::number::DossierCode;
use domain::dossier::status::Status;
use domain::dossier::transition::{self, Context, Refusal, Violation};
use domain::dossier::{self, Dossier, NewDossier};
use domain::ids::{BenefitId, DossierId};
use domain::letter::Occasion;
use domain::person::{Applicant, Representative};
use domain::procedure::{Channel, RuleSet};
use domain::unemployment::assessment::Assessment;
use domain::unemployment::facts::FactsInput;
use persistence::dossiers::{Beside, Stored};
use persistence::{WriteTx, append, dossiers, numbers, store};
use serde_json::{Value, json};

pub(super) use self::clock::stays;
pub use self::clock::{Deadline, SupplementWait, Transitions, deadline, remaining, transitions};
pub use self::reading::{Proof, count, events, get, get_with_duplicates, list, possible_duplicates, track};
use super::error::Error;
use super::letters::About;
use super::package::{Judged, check};
use super::reference::Entry;
use super::{Cx, Done, assignments, letters, papers};

/// A whole package as it is handed in.
#[derive(Debug, Clone)]
pub struct Submission {
    /// National code of the procedure.
    pub procedure: String,
    /// The unit that is to receive it.
    pub unit: String,
    /// How it comes in.
    pub channel: Channel,
    /// Chủ hồ sơ.
    pub applicant: Applicant,
    /// Who acts for the applicant.
    pub representative: Option<Representative>,
    /// What was filled in.
    pub form: Value,
    /// What is handed in.
    pub papers: Vec<PaperIn>,
    /// A word of the officer or applicant.
    pub note: Option<String>,
    /// How the form was judged before.
    pub judged: Option<Judged>,
}

/// What makes tracking secrets: never leaves the process.
#[derive(Clone)]
pub struct TrackingKey(pub [u8; 32]);

impl std::fmt::Debug for TrackingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TrackingKey")
    }
}

impl TrackingKey {
    /// The secret that the receipt of a dossier shows.
    fn secret(&self, id: DossierId) -> String {
        use hmac::{Hmac, KeyInit, Mac};
        let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(id.0.as_bytes());
        // Letters and digits that are not mistaken for each other on paper.
        const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        let digest = mac.finalize().into_bytes();
        digest
            .iter()
            .take(12)
            .filter_map(|b| LETTERS.get(usize::from(*b % 32)))
            .map(|b| char::from(*b))
            .collect()
    }
}

/// Hands a whole package in, at once or not at all. Gives the dossier and its tracking secret.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong, [`Error::Denied`], those of the store.
pub fn submit(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    key: &TrackingKey,
    new: &Submission,
) -> Result<(Stored, String), Error> {
    let day = calendar::day_of(cx.now);
    let checked = check(cx, &new.parts());
    let entry = checked.entry.filter(|_| checked.addressed);
    let Some(entry) = entry else { return Err(Error::Invalid(checked.wrong)) };
    // Whether there is a dossier is no secret to who hands one in.
    let permit = checked.permit.ok_or(Denied::Forbidden)?;
    let mut wrong = checked.wrong;
    let place = |place| format!("/papers/{place}");
    let resolved = papers::resolve(cx, &mut tx.reader(), &new.papers, &new.applicant, place, &mut wrong)?;
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let id = DossierId(store::new_id());
    let opened = NewDossier {
        id,
        procedure_version: entry.id,
        unit: new.unit.clone(),
        channel: new.channel,
        applicant: new.applicant.clone(),
        representative: new.representative.clone(),
        papers: new.papers.clone(),
        note: new.note.clone(),
    };
    let mut failed = None;
    let outcome = dossier::open(&permit, opened, &entry.procedure, cx.now, || {
        numbers::next(tx, &new.unit, day).map(|n| DossierCode::new(&new.unit, day, n)).map_err(|error| {
            failed = Some(error);
            Refusal::NoCode
        })
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    let (dossier, event) = outcome?;
    let secret = key.secret(id);
    let beside = Beside { form: new.form.clone(), secret_hash: hash(&secret), portal: None };
    resolved.bind(tx)?;
    dossiers::insert(tx, &dossier, beside.clone(), std::slice::from_ref(&event), &resolved.papers, cx.now)?;
    dossiers::count(tx, None, &dossier, &event);
    follow_up(cx, tx, &permit, None, &dossier, &event);
    Ok((Stored::fresh(dossier, beside), secret))
}

fn hash(secret: &str) -> String {
    persistence::audit::digest(secret)
}

pub(super) fn persons<'a>(
    applicant: &'a Applicant,
    representative: Option<&'a Representative>,
) -> Vec<&'a str> {
    let mut persons = vec![applicant.personal_id.as_str()];
    persons.extend(representative.map(|r| r.personal_id.as_str()));
    persons
}

/// Everything that is wrong with a form: against its schema and, where law decides, against itself.
pub(super) fn check_form(entry: &Entry, form: &Value, submitted_at: DateTime<Utc>) -> Vec<Violation> {
    let wrong = entry.check_form(form);
    if !wrong.is_empty() || entry.procedure.rule.is_none() {
        return wrong;
    }
    match facts(form, submitted_at) {
        Ok(_) => Vec::new(),
        Err(wrong) => wrong,
    }
}

/// The facts of an assessment that a form holds.
pub fn facts(
    form: &Value,
    submitted_at: DateTime<Utc>,
) -> Result<domain::unemployment::facts::Facts, Vec<Violation>> {
    let input: FactsInput = serde_json::from_value(form.clone()).map_err(|_| {
        vec![Violation::new(
            "/form".into(),
            "form",
            "Biểu mẫu không đọc được theo quy định của thủ tục.",
            "The form cannot be read as the procedure wants it.",
        )]
    })?;
    input.check(calendar::day_of(submitted_at)).map_err(|wrong| {
        wrong
            .into_iter()
            .map(|v| {
                // The day of submission is the dossier's own; what contradicts it stands in the form.
                let pointer =
                    if v.pointer == "/submitted_on" { "/terminated_on" } else { v.pointer.as_str() };
                Violation { pointer: format!("/form{pointer}"), ..v }
            })
            .collect()
    })
}

/// What the law says of a dossier, where it decides.
///
/// # Errors
/// [`Error::Invalid`] when the form does not hold together, [`Error::Internal`] when no rule is in force.
pub fn assess(cx: &Cx, entry: &Entry, stored: &Stored, form: &Value) -> Result<Option<Assessment>, Error> {
    match entry.procedure.rule {
        None => Ok(None),
        Some(RuleSet::UnemploymentBenefit) => {
            let facts = facts(form, stored.dossier.submitted_at).map_err(Error::Invalid)?;
            super::unemployment::assess(&facts, &cx.reference.rules).map(Some)
        }
    }
}

/// What a writer must have seen of what it changes.
#[derive(Clone)]
pub enum Expected {
    /// It did not say.
    Nothing,
    /// A version that this holds for.
    That(Arc<dyn Fn(i64) -> bool + Send + Sync>),
}

impl std::fmt::Debug for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Expected")
    }
}

impl Expected {
    /// Whether the writer has seen this version.
    ///
    /// # Errors
    /// [`Error::VersionMissing`], [`Error::VersionStale`].
    pub fn check(&self, version: i64) -> Result<(), Error> {
        match self {
            Self::Nothing => Err(Error::VersionMissing),
            Self::That(holds) if holds(version) => Ok(()),
            Self::That(_) => Err(Error::VersionStale),
        }
    }

    /// For what is not there yet: no version of it can have been seen.
    pub(super) fn check_absent(&self) -> Result<(), Error> {
        match self {
            Self::Nothing => Ok(()),
            Self::That(_) => Err(Error::VersionStale),
        }
    }
}

/// A command with what travels beside it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The command.
    pub command: Command,
    /// A new form, with a supplement.
    pub form: Option<Value>,
    /// A note for the record.
    pub note: Option<String>,
}

/// Serves every transition: load, authorise, decide, save where the version agrees, with the
/// event, the outbox row, the figures and the audit entry.
///
/// `asked` is an error when the body could not be read; it comes after 404 and 403.
///
/// # Errors
/// In this order: not found or hidden, forbidden, unreadable, not acceptable, illegal now, stale,
/// version missing.
pub fn perform(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    code: &DossierCode,
    action: Action,
    asked: Option<&Asked>,
    expected: &Expected,
) -> Result<Stored, Error> {
    let before = dossiers::get(&mut tx.reader(), code)?;
    let permit = authorize_step(cx, action, &before.dossier)?;
    let asked = asked.ok_or(Error::Unreadable)?;
    carry_out(cx, tx, before, &permit, asked, expected)
}

/// The part of [`perform`] behind the policy; what the timer does begins here.
///
/// # Errors
/// Not acceptable, illegal now, stale, version missing.
pub fn carry_out(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    before: Stored,
    permit: &Permit,
    asked: &Asked,
    expected: &Expected,
) -> Result<Stored, Error> {
    let action = permit.action();
    let entry = cx.reference.version(before.dossier.procedure_version)?;
    if let Some(form) = &asked.form {
        let wrong = check_form(entry, form, before.dossier.submitted_at);
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }
    }
    let assessment = match action {
        Action::Propose if before.dossier.status == Status::Processing => {
            assess(cx, entry, &before, &before.form)?
        }
        _ => None,
    };
    let register = match assessment {
        Some(_) => super::benefits::claim::register_check(&mut tx.reader(), &before.dossier, &before.form)?,
        None => None,
    };
    let context = Context {
        now: cx.now,
        procedure: &entry.procedure,
        calendar: &cx.reference.rules.calendar,
        assessment: assessment.as_ref(),
        register: register.as_ref(),
    };
    let handed_in = match &asked.command {
        Command::Supplement { papers, .. } => papers.as_slice(),
        _ => &[],
    };
    let mut wrong = Vec::new();
    let place = |place| format!("/papers/{place}");
    let applicant = &before.dossier.applicant;
    let resolved = papers::resolve(cx, &mut tx.reader(), handed_in, applicant, place, &mut wrong)?;
    let mut step = match transition::decide(permit, &before.dossier, &asked.command, &context) {
        Err(Refusal::Invalid(more)) => {
            wrong.extend(more);
            return Err(Error::Invalid(wrong));
        }
        _ if !wrong.is_empty() => return Err(Error::Invalid(wrong)),
        decided => decided?,
    };
    expected.check(before.dossier.version)?;
    step.event.note.clone_from(&asked.note);
    step.event.on_behalf_of = assignments::acting_for(cx, &mut tx.reader(), permit, before.dossier.id)?;
    resolved.bind(tx)?;
    dossiers::save(tx, &before, &step.dossier, &step.event, asked.form.clone(), &resolved.papers, cx.now)?;
    if action == Action::Decide {
        let id = BenefitId(store::new_id());
        super::benefits::grant(id, cx.now, tx, &cx.reference.rules, &step.dossier, &step.event)?;
    }
    if let (Command::Extend { reason, .. }, Some(due_at)) = (&asked.command, before.dossier.due_at) {
        let new_due_at = step.dossier.due_at;
        let about =
            About { occasion: Occasion::Extension, due_at, new_due_at, reason: Some(reason.as_str()) };
        letters::draft(cx, tx, &step.dossier, about)?;
    }
    follow_up(cx, tx, permit, Some(&before.dossier), &step.dossier, &step.event);
    let form = asked.form.clone().unwrap_or_else(|| before.form.clone());
    Ok(before.after(step.dossier, form))
}

/// Tells the audit chain and whoever listens.
pub(super) fn follow_up(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    permit: &Permit,
    before: Option<&Dossier>,
    after: &Dossier,
    event: &Event,
) {
    let code = after.code.as_str();
    let detail = json!({
        "from": before.map(|d| d.status),
        "to": after.status,
        "version": after.version,
        "outcome": after.outcome,
        "reason_code": event.reason_code,
        "on_behalf_of": event.on_behalf_of.as_ref().map(|o| o.account),
    });
    let action = permit.action().to_string();
    cx.record(
        tx,
        Done {
            action: &action,
            subject: code,
            unit: Some(&after.unit),
            role: permit.acting_role(),
            detail: detail.clone(),
        },
    );
    append::outbox(tx, store::new_id(), cx.now, &format!("dossier.{action}"), code, detail);
}

/// A permit for an action on a dossier.
pub(super) fn authorize(cx: &Cx, action: Action, dossier: &Dossier) -> Result<Permit, Error> {
    let persons = dossier.persons();
    let subject = Subject { unit: &dossier.unit, persons: &persons, submitted_by: dossier.submitted_by };
    Ok(access::authorize(&cx.actor, action, &subject, &cx.reference.units)?)
}

/// A permit for a step with a dossier, which must also be the actor's at the stage where it stands.
pub(super) fn authorize_step(cx: &Cx, action: Action, dossier: &Dossier) -> Result<Permit, Error> {
    let persons = dossier.persons();
    let subject = Subject { unit: &dossier.unit, persons: &persons, submitted_by: dossier.submitted_by };
    let station = cx.reference.version(dossier.procedure_version)?.procedure.station(dossier.stage);
    Ok(access::authorize_at(&cx.actor, action, &subject, station, &cx.reference.units)?)
}
