//! A package before it is a dossier: what is there of it, and everything that is wrong with it.
//!
//! Owns the checks of a submission. Handing in runs them on a whole package, a draft on what is there
//! of one: there is no second copy of them.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{self, Action, Permit, Subject};
use domain::calendar;
use domain::dossier;
use domain::dossier::command::PaperIn;
use domain::dossier::transition::Violation;
use domain::person::{Applicant, Representative, check_born_on};
use domain::procedure::Channel;
use serde_json::Value;

use super::Cx;
use super::dossiers::{Submission, check_form, persons};
use super::reference::{Entry, Reference};

/// What is there of a package, as far as it could be read.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// National code of the procedure.
    pub procedure: Option<String>,
    /// The unit that is to receive it.
    pub unit: Option<String>,
    /// How it comes in.
    pub channel: Option<Channel>,
    /// Chủ hồ sơ.
    pub applicant: Option<Applicant>,
    /// Who acts for the applicant.
    pub representative: Option<Representative>,
    /// What was filled in.
    pub form: Option<Value>,
    /// What is handed in.
    pub papers: Vec<PaperIn>,
    /// A word of the officer or applicant.
    pub note: Option<String>,
}

/// A package that was read from what somebody sent, with what could not be.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What is there.
    pub package: Package,
    /// What is missing, or is no name, number or text.
    pub wrong: Vec<Violation>,
}

/// The parts of a package to be checked; what is none is not there yet.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// National code of the procedure.
    pub procedure: Option<&'a str>,
    /// The unit that is to receive it.
    pub unit: Option<&'a str>,
    /// How it comes in.
    pub channel: Option<Channel>,
    /// Chủ hồ sơ.
    pub applicant: Option<&'a Applicant>,
    /// Who acts for the applicant.
    pub representative: Option<&'a Representative>,
    /// What was filled in.
    pub form: Option<&'a Value>,
    /// What is handed in.
    pub papers: &'a [PaperIn],
    /// How the form was judged before.
    pub judged: Option<&'a Judged>,
}

/// How a form was judged before a write lane was asked, and by what. The lane judges it anew where something
/// else is in force by then.
#[derive(Debug, Clone)]
pub struct Judged {
    by: Arc<Reference>,
    day: NaiveDate,
    wrong: Vec<Violation>,
}

impl Judged {
    fn holds(&self, cx: &Cx, day: NaiveDate) -> bool {
        Arc::ptr_eq(&self.by, &cx.reference) && self.day == day
    }
}

impl Package {
    /// Its parts.
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            procedure: self.procedure.as_deref(),
            unit: self.unit.as_deref(),
            channel: self.channel,
            applicant: self.applicant.as_ref(),
            representative: self.representative.as_ref(),
            form: self.form.as_ref(),
            papers: &self.papers,
            judged: None,
        }
    }

    /// The package to be handed in, when nothing that every package has is missing.
    pub fn complete(self) -> Option<Submission> {
        Some(Submission {
            procedure: self.procedure?,
            unit: self.unit?,
            channel: self.channel?,
            applicant: self.applicant?,
            representative: self.representative,
            form: self.form?,
            papers: self.papers,
            note: self.note,
            judged: None,
        })
    }
}

impl Submission {
    /// Its parts.
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            procedure: Some(&self.procedure),
            unit: Some(&self.unit),
            channel: Some(self.channel),
            applicant: Some(&self.applicant),
            representative: self.representative.as_ref(),
            form: Some(&self.form),
            papers: &self.papers,
            judged: self.judged.as_ref(),
        }
    }

    /// The same with its form judged by what is in force now, so that no write lane needs to.
    #[must_use]
    pub fn judged(self, by: Arc<Reference>, now: DateTime<Utc>) -> Self {
        let day = calendar::day_of(now);
        let wrong = by.in_force(&self.procedure, day).map(|entry| check_form(entry, &self.form, now));
        let judged = wrong.map(|wrong| Judged { by, day, wrong });
        Self { judged, ..self }
    }
}

/// How a package was found.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The version of the procedure in force today, if there is one.
    pub entry: Option<&'a Entry>,
    /// Whether unit and procedure, as far as they are named, exist.
    pub addressed: bool,
    /// The right to hand it in; none where it is refused, or cannot be told yet.
    pub permit: Option<Permit>,
    /// Whether handing it in would be refused whatever it holds.
    pub denied: bool,
    /// Everything that is wrong.
    pub wrong: Vec<Violation>,
}

/// Checks what is there of a package, as of now and for who asks.
pub fn check<'a>(cx: &'a Cx, parts: &Parts<'_>) -> Checked<'a> {
    let day = calendar::day_of(cx.now);
    let mut wrong = Vec::new();
    if parts.unit.is_some_and(|unit| cx.reference.units.get(unit).is_none()) {
        wrong.push(Violation::new(
            "/unit".into(),
            "unknown_unit",
            "Không có đơn vị này.",
            "There is no such unit.",
        ));
    }
    let entry = parts.procedure.and_then(|code| cx.reference.in_force(code, day));
    if parts.procedure.is_some() && entry.is_none() {
        wrong.push(Violation::new(
            "/procedure".into(),
            "unknown_procedure",
            "Không có thủ tục này đang có hiệu lực.",
            "There is no such procedure in force.",
        ));
    }
    let addressed = wrong.is_empty();
    let (mut permit, mut denied) = (None, false);
    if let (true, Some(unit), Some(applicant)) = (addressed, parts.unit, parts.applicant) {
        let persons = persons(applicant, parts.representative);
        let subject = Subject { unit, persons: &persons, submitted_by: None };
        permit = access::authorize(&cx.actor, Action::Submit, &subject, &cx.reference.units).ok();
        denied = permit.is_none();
    }
    if let (Some(entry), Some(form)) = (entry, parts.form) {
        match parts.judged.filter(|judged| judged.holds(cx, day)) {
            Some(judged) => wrong.extend(judged.wrong.iter().cloned()),
            None => wrong.extend(check_form(entry, form, cx.now)),
        }
    }
    let born = parts.applicant.and_then(|a| a.born_on);
    if born.is_some_and(|born| check_born_on(born, day).is_err()) {
        wrong.push(Violation::new(
            "/applicant/born_on".into(),
            "out_of_range",
            "Ngày sinh không hợp lý.",
            "The date of birth is not a possible one.",
        ));
    }
    if let Some(entry) = entry {
        wrong.extend(dossier::check_package(parts.channel, parts.papers, &entry.procedure));
    }
    Checked { entry: entry.map(AsRef::as_ref), addressed, permit, denied, wrong }
}
