//! Unemployment benefits after the grant: every transition through [`perform`], reading, and what
//! comes from another province.

pub mod claim;
pub mod timer;

use chrono::{DateTime, Utc};
use domain::access::{self, Action, Denied, Permit, Subject};
use domain::calendar;
use domain::dossier::Dossier;
use domain::dossier::event::Event;
use domain::dossier::status::Outcome;
use domain::dossier::transition::Violation;
use domain::ids::BenefitId;
use domain::rulebook::RuleBook;
use domain::unemployment::benefit::arrival::Arrival;
use domain::unemployment::benefit::command::Command;
use domain::unemployment::benefit::event::BenefitEvent;
use domain::unemployment::benefit::months::{self, Agenda, Law};
use domain::unemployment::benefit::status::BenefitBlocker;
use domain::unemployment::benefit::transition::{self, Context, Step, Transition};
use domain::unemployment::benefit::{Benefit, Grant};
use persistence::benefits::events::Recorded;
use persistence::benefits::{self, Held, Query};
use persistence::{Reader, WriteTx, append, store};
use serde_json::json;
use uuid::Uuid;

use super::dossiers::Expected;
use super::error::Error;
use super::{Cx, Done};

/// A command with what travels beside it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The command.
    pub command: Command,
    /// A note for the record.
    pub note: Option<String>,
}

/// The law that a benefit keeps, as the rules in force have it.
///
/// # Errors
/// What is missing, when the rule book holds nothing on benefits after the grant.
pub fn law<'a>(rules: &'a RuleBook, benefit: &Benefit, now: DateTime<Utc>) -> Result<Law<'a>, Violation> {
    let life = rules.life_of(benefit.law, calendar::day_of(now)).map_err(|missing| {
        Violation::new(
            String::new(),
            "no_rule_in_force",
            &format!("Không có quy định có hiệu lực vào ngày {}.", missing.on),
            &format!("No {} is in force on {}.", missing.what, missing.on),
        )
    })?;
    Ok(Law { life, calendar: &rules.calendar })
}

/// Refuses what no law says anything of.
fn unlawful(missing: Violation) -> Error {
    Error::Invalid(vec![missing])
}

/// What must be looked at next. Without rules the timer looks again until there are some.
fn agenda(rules: &RuleBook, benefit: &Benefit, now: DateTime<Utc>) -> Agenda {
    let day = calendar::day_of(now);
    match law(rules, benefit, now) {
        Ok(law) => months::agenda(benefit, day, law),
        Err(_) => Agenda { check_on: Some(day), ..Agenda::default() },
    }
}

fn authorize(cx: &Cx, action: Action, benefit: &Benefit) -> Result<Permit, Error> {
    let persons = [benefit.personal_id.as_str()];
    let subject = Subject { unit: &benefit.unit, persons: &persons, submitted_by: None };
    Ok(access::authorize(&cx.actor, action, &subject, &cx.reference.units)?)
}

/// Serves every transition: load, authorise, decide, save where the version agrees, with the event,
/// the outbox row and the audit entry.
///
/// # Errors
/// In this order: not found or hidden, forbidden, unreadable, not acceptable, illegal now, stale,
/// version missing.
pub fn perform(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    id: Uuid,
    action: Action,
    asked: Option<&Asked>,
    expected: &Expected,
) -> Result<Held, Error> {
    let before = benefits::get(&mut tx.reader(), id)?;
    let mut permit = authorize(cx, action, &before.benefit)?;
    let asked = asked.ok_or(Error::Unreadable)?;
    // What is asked may want more than the address says, as a late declaration does.
    if asked.command.action() != action {
        permit = authorize(cx, asked.command.action(), &before.benefit)?;
    }
    let rules = &cx.reference.rules;
    let context = Context { now: cx.now, law: law(rules, &before.benefit, cx.now).map_err(unlawful)? };
    let mut step = transition::decide(&permit, &before.benefit, &asked.command, &context)?;
    expected.check(before.benefit.version)?;
    step.event.note.clone_from(&asked.note);
    let held = save(tx, &before, &step, rules, cx.now)?;
    let detail = told(Some(&before.benefit), &step);
    let (action, subject) = (step.event.action.to_string(), id.to_string());
    cx.record(
        tx,
        Done {
            action: &action,
            subject: &subject,
            unit: Some(&step.benefit.unit),
            role: Some(permit.role()),
            detail,
        },
    );
    Ok(held)
}

/// Saves a step and leaves word of it.
fn save(
    tx: &mut WriteTx<'_>,
    before: &Held,
    step: &Step,
    rules: &RuleBook,
    now: DateTime<Utc>,
) -> Result<Held, Error> {
    let agenda = agenda(rules, &step.benefit, now);
    let held = benefits::save(tx, before, &step.benefit, &step.event, agenda, now)?;
    word(tx, Some(&before.benefit), step, now);
    Ok(held)
}

/// What the record says of a step; nothing personal.
fn told(before: Option<&Benefit>, step: &Step) -> serde_json::Value {
    json!({
        "from": before.map(|b| b.status),
        "to": step.benefit.status,
        "version": step.benefit.version,
        "month": step.event.detail.month,
        "cause": step.event.detail.cause,
        "amount_vnd": step.event.detail.amount_vnd,
    })
}

fn word(tx: &mut WriteTx<'_>, before: Option<&Benefit>, step: &Step, now: DateTime<Utc>) {
    let topic = format!("benefit.{}", step.event.action);
    let subject = step.benefit.id.to_string();
    append::outbox(tx, store::new_id(), now, &topic, &subject, told(before, step));
}

/// Records the benefit of an approved dossier on which the law gives one; `decided` is the event of
/// the decision. An approval against the law's verdict has no amounts to grant; its payment is
/// decided outside the rules.
///
/// # Errors
/// Those of the store.
pub fn grant(
    id: BenefitId,
    now: DateTime<Utc>,
    tx: &mut WriteTx<'_>,
    rules: &RuleBook,
    dossier: &Dossier,
    decided: &Event,
) -> Result<(), Error> {
    let (Some(decision), Some(Outcome::Approved)) = (&dossier.decision, dossier.outcome) else {
        return Ok(());
    };
    let assessment = dossier.proposal.as_ref().and_then(|p| p.assessment.as_ref());
    let Some(assessment) = assessment.filter(|a| a.eligible) else { return Ok(()) };
    let grant = Grant {
        id,
        dossier: dossier.id,
        dossier_code: dossier.code.as_str(),
        unit: &dossier.unit,
        personal_id: dossier.applicant.personal_id.as_str(),
        applicant_name: dossier.applicant.name.as_str(),
        decision_number: &decision.number,
        decided_on: decision.on,
        assessment,
    };
    let benefit = Benefit::granted(&grant, now)
        .ok_or_else(|| Error::Internal("a benefit without amounts".to_owned()))?;
    let event = BenefitEvent::granted(decided, &benefit);
    let agenda = agenda(rules, &benefit, now);
    benefits::insert(tx, &benefit, &event, agenda, now)?;
    Ok(())
}

/// Takes in a benefit that another province granted and that goes on here.
///
/// # Errors
/// [`Error::Invalid`] with everything that does not hold together, [`Error::Denied`].
pub fn receive(cx: &Cx, tx: &mut WriteTx<'_>, arrival: &Arrival, note: Option<&str>) -> Result<Held, Error> {
    let mut wrong = Vec::new();
    if cx.reference.units.get(&arrival.unit).is_none() {
        wrong.push(Violation::new(
            "/unit".into(),
            "unknown_unit",
            "Không có đơn vị này.",
            "There is no such unit.",
        ));
        return Err(Error::Invalid(wrong));
    }
    let persons = [arrival.personal_id.as_str()];
    let subject = Subject { unit: &arrival.unit, persons: &persons, submitted_by: None };
    let permit = access::authorize(&cx.actor, Action::ReceiveBenefit, &subject, &cx.reference.units)
        .map_err(|_| Denied::Forbidden)?;
    let book = &cx.reference.rules;
    let rules = book.unemployment_on(arrival.terminated_on).map_err(|missing| {
        Error::invalid(
            "/terminated_on",
            "no_rule_in_force",
            &format!("Không có quy định có hiệu lực vào ngày {}.", missing.on),
            &format!("No {} is in force on {}.", missing.what, missing.on),
        )
    })?;
    let version = format!("{}/{}", rules.version, book.version);
    let id = BenefitId(store::new_id());
    let opened = arrival.open(&permit, id, rules, version, cx.now);
    let (benefit, mut event) = opened.map_err(Error::Invalid)?;
    event.note = note.map(ToOwned::to_owned);
    let agenda = agenda(book, &benefit, cx.now);
    let held = benefits::insert(tx, &benefit, &event, agenda, cx.now)?;
    let step = Step { benefit, event };
    word(tx, None, &step, cx.now);
    let subject = id.to_string();
    cx.record(
        tx,
        Done {
            action: "receive_benefit",
            subject: &subject,
            unit: Some(&arrival.unit),
            role: Some(permit.role()),
            detail: told(None, &step),
        },
    );
    Ok(held)
}

/// A page of benefits that the actor may see, newest first.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn list(
    cx: &Cx,
    reader: &mut Reader<'_>,
    query: &Query,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Held>, Error> {
    let seen = access::list_filter(&cx.actor, Action::ReadBenefit, &cx.reference.units)?;
    Ok(benefits::list(reader, &seen, query, after, limit)?)
}

/// The benefit with this identity, if the actor may see it.
///
/// # Errors
/// Not found, also when it is hidden; those of the store.
pub fn get(cx: &Cx, reader: &mut Reader<'_>, id: Uuid) -> Result<Held, Error> {
    let held = benefits::get(reader, id)?;
    authorize(cx, Action::ReadBenefit, &held.benefit)?;
    Ok(held)
}

/// Events of a benefit after number `after`.
///
/// # Errors
/// As [`get`].
pub fn events(
    cx: &Cx,
    reader: &mut Reader<'_>,
    id: Uuid,
    after: i64,
    limit: i64,
) -> Result<Vec<Recorded>, Error> {
    let held = get(cx, reader, id)?;
    Ok(benefits::events::list(reader, held.benefit.id, after, limit)?)
}

/// What can be done with a benefit: the row of the table, what stands in the way, and whether the
/// actor may.
pub type Available = (&'static Transition, Vec<BenefitBlocker>, bool);

/// For every action that leads out of the present status: whether it is possible, and whether the
/// actor may do it.
///
/// # Errors
/// As [`get`].
pub fn transitions(cx: &Cx, reader: &mut Reader<'_>, id: Uuid) -> Result<(Held, Vec<Available>), Error> {
    let held = get(cx, reader, id)?;
    let context =
        Context { now: cx.now, law: law(&cx.reference.rules, &held.benefit, cx.now).map_err(unlawful)? };
    let found = transition::availability(&held.benefit, &context)
        .into_iter()
        .map(|(row, blockers)| {
            let may = authorize(cx, row.action, &held.benefit).is_ok();
            (row, blockers, may)
        })
        .collect();
    Ok((held, found))
}
