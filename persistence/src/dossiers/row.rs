//! How a dossier is written down: its row, and the columns that a transition changes.
//!
//! Owns the way there and back. Must not query.

use chrono::NaiveDate;
use diesel::prelude::*;
use domain::dossier::Dossier;
use domain::dossier::figure;
use domain::dossier::number::DossierCode;
use domain::ids::{AccountId, DossierId, ProcedureVersionId};
use domain::person::Applicant;
use serde_json::Value;

use super::{Beside, HeadRow, Stored};
use crate::column::{Doc, Id, Ts, code, doc, undoc};
use crate::error::Error;
use crate::schema::dossiers;

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = dossiers, treat_none_as_default_value = false)]
pub(crate) struct DossierRow {
    id: Id,
    code: String,
    procedure_code: String,
    procedure_version: Id,
    unit: String,
    channel: String,
    status: String,
    outcome: Option<String>,
    clock: String,
    stage: i32,
    stage_since: Ts,
    submitted_at: Ts,
    accepted_at: Option<Ts>,
    due_at: Option<Ts>,
    completed_at: Option<Ts>,
    ended_at: Option<Ts>,
    returned_at: Option<Ts>,
    applicant_name: String,
    name_folded: String,
    personal_id: String,
    born_on: Option<NaiveDate>,
    sex: Option<String>,
    phone: Option<String>,
    representative: Option<Doc>,
    representative_id: Option<String>,
    submitted_by: Option<Id>,
    resume_to: Option<String>,
    supplement_requests: i32,
    supplement_until: Option<NaiveDate>,
    extensions: i32,
    extension: Option<Doc>,
    pauses: Doc,
    proposal: Option<Doc>,
    decision: Option<Doc>,
    calendar_version: Option<String>,
    form: Doc,
    secret_hash: String,
    event_hash: String,
    portal: Option<Doc>,
    version: i64,
    overdue_from: Option<Ts>,
    ended_by_unit: Option<String>,
    due_since: Option<Ts>,
    stage_due_at: Option<Ts>,
}

/// The columns that a transition can change.
#[derive(AsChangeset, Debug)]
#[diesel(table_name = dossiers, treat_none_as_null = true)]
pub(super) struct Changed {
    status: String,
    outcome: Option<String>,
    clock: String,
    stage: i32,
    stage_since: Ts,
    accepted_at: Option<Ts>,
    due_at: Option<Ts>,
    completed_at: Option<Ts>,
    ended_at: Option<Ts>,
    returned_at: Option<Ts>,
    resume_to: Option<String>,
    supplement_requests: i32,
    supplement_until: Option<NaiveDate>,
    extensions: i32,
    extension: Option<Doc>,
    pauses: Doc,
    proposal: Option<Doc>,
    decision: Option<Doc>,
    calendar_version: Option<String>,
    form: Doc,
    event_hash: String,
    version: i64,
    overdue_from: Option<Ts>,
    ended_by_unit: Option<String>,
    due_since: Option<Ts>,
    stage_due_at: Option<Ts>,
}

impl Changed {
    /// What the columns become.
    pub(super) fn of(
        d: &Dossier,
        form: Value,
        event_hash: String,
        ended_by_unit: Option<String>,
    ) -> Result<Self, Error> {
        Ok(Self {
            status: d.status.to_string(),
            outcome: text(d.outcome),
            clock: d.clock.to_string(),
            stage: d.stage,
            stage_since: Ts(d.stage_since),
            accepted_at: d.accepted_at.map(Ts),
            due_at: d.due_at.map(Ts),
            completed_at: d.completed_at.map(Ts),
            ended_at: d.ended_at.map(Ts),
            returned_at: d.returned_at.map(Ts),
            resume_to: text(d.resume_to),
            supplement_requests: small(d.supplement_requests)?,
            supplement_until: d.supplement_until,
            extensions: small(d.extensions)?,
            extension: d.extension.as_ref().map(doc).transpose()?,
            pauses: doc(&d.pauses)?,
            proposal: d.proposal.as_ref().map(doc).transpose()?,
            decision: d.decision.as_ref().map(doc).transpose()?,
            calendar_version: d.calendar_version.clone(),
            form: Doc(form),
            event_hash,
            version: d.version,
            overdue_from: figure::overdue_from(d).map(Ts),
            ended_by_unit,
            due_since: d.due_since.map(Ts),
            stage_due_at: d.stage_due_at.map(Ts),
        })
    }
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|v| v.to_string())
}

fn small(n: u32) -> Result<i32, Error> {
    i32::try_from(n).map_err(|e| Error::corrupt("count", &e))
}

fn large(n: i32) -> Result<u32, Error> {
    u32::try_from(n).map_err(|e| Error::corrupt("count", &e))
}

impl DossierRow {
    /// Mã hồ sơ.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// What decides who may touch it, where it is another open dossier of this procedure about this person.
    pub(super) fn alike(&self, procedure: &str, personal_id: &str, of_id: DossierId) -> Option<HeadRow> {
        let open = self.ended_at.is_none() && self.returned_at.is_none();
        let same = self.procedure_code == procedure && self.personal_id == personal_id;
        (open && same && self.id != Id(of_id.0)).then(|| {
            (
                self.id,
                self.code.clone(),
                self.unit.clone(),
                self.status.clone(),
                self.personal_id.clone(),
                self.representative_id.clone(),
                self.submitted_by,
                self.procedure_version,
                self.stage,
            )
        })
    }

    /// The row of a new dossier.
    pub(super) fn of(
        d: &Dossier,
        beside: Beside,
        event_hash: String,
        ended_by_unit: Option<String>,
    ) -> Result<Self, Error> {
        Ok(Self {
            id: Id(d.id.0),
            code: d.code.as_str().to_owned(),
            procedure_code: d.procedure.clone(),
            procedure_version: Id(d.procedure_version.0),
            unit: d.unit.clone(),
            channel: d.channel.to_string(),
            status: d.status.to_string(),
            outcome: text(d.outcome),
            clock: d.clock.to_string(),
            stage: d.stage,
            stage_since: Ts(d.stage_since),
            submitted_at: Ts(d.submitted_at),
            accepted_at: d.accepted_at.map(Ts),
            due_at: d.due_at.map(Ts),
            completed_at: d.completed_at.map(Ts),
            ended_at: d.ended_at.map(Ts),
            returned_at: d.returned_at.map(Ts),
            applicant_name: d.applicant.name.as_str().to_owned(),
            name_folded: domain::text::fold(d.applicant.name.as_str()),
            personal_id: d.applicant.personal_id.as_str().to_owned(),
            born_on: d.applicant.born_on,
            sex: text(d.applicant.sex),
            phone: d.applicant.phone.as_ref().map(|p| p.as_str().to_owned()),
            representative: d.representative.as_ref().map(doc).transpose()?,
            representative_id: d.representative.as_ref().map(|r| r.personal_id.as_str().to_owned()),
            submitted_by: d.submitted_by.map(|a| Id(a.0)),
            resume_to: text(d.resume_to),
            supplement_requests: small(d.supplement_requests)?,
            supplement_until: d.supplement_until,
            extensions: small(d.extensions)?,
            extension: d.extension.as_ref().map(doc).transpose()?,
            pauses: doc(&d.pauses)?,
            proposal: d.proposal.as_ref().map(doc).transpose()?,
            decision: d.decision.as_ref().map(doc).transpose()?,
            calendar_version: d.calendar_version.clone(),
            form: Doc(beside.form),
            secret_hash: beside.secret_hash,
            event_hash,
            portal: beside.portal.map(Doc),
            version: d.version,
            overdue_from: figure::overdue_from(d).map(Ts),
            ended_by_unit,
            due_since: d.due_since.map(Ts),
            stage_due_at: d.stage_due_at.map(Ts),
        })
    }

    /// The dossier that stands in the row.
    pub(super) fn read(self) -> Result<Stored, Error> {
        let bad = |e: domain::person::PersonError| Error::corrupt("person", &e);
        let applicant = Applicant {
            name: domain::person::Name::parse(&self.applicant_name).map_err(bad)?,
            personal_id: domain::person::PersonalId::parse(&self.personal_id).map_err(bad)?,
            born_on: self.born_on,
            sex: self.sex.as_deref().map(code).transpose()?,
            phone: self.phone.as_deref().map(domain::person::Phone::parse).transpose().map_err(bad)?,
        };
        let dossier = Dossier {
            id: DossierId(self.id.0),
            code: DossierCode::parse(&self.code).ok_or_else(|| Error::Corrupt("code".to_owned()))?,
            procedure: self.procedure_code,
            procedure_version: ProcedureVersionId(self.procedure_version.0),
            unit: self.unit,
            channel: code(&self.channel)?,
            applicant,
            representative: self.representative.map(undoc).transpose()?,
            submitted_by: self.submitted_by.map(|id| AccountId(id.0)),
            status: code(&self.status)?,
            resume_to: self.resume_to.as_deref().map(code).transpose()?,
            outcome: self.outcome.as_deref().map(code).transpose()?,
            clock: code(&self.clock)?,
            stage: self.stage,
            stage_since: self.stage_since.0,
            stage_due_at: self.stage_due_at.map(|t| t.0),
            submitted_at: self.submitted_at.0,
            accepted_at: self.accepted_at.map(|t| t.0),
            due_at: self.due_at.map(|t| t.0),
            due_since: self.due_since.map(|t| t.0),
            completed_at: self.completed_at.map(|t| t.0),
            ended_at: self.ended_at.map(|t| t.0),
            returned_at: self.returned_at.map(|t| t.0),
            pauses: undoc(self.pauses)?,
            supplement_requests: large(self.supplement_requests)?,
            supplement_until: self.supplement_until,
            extensions: large(self.extensions)?,
            extension: self.extension.map(undoc).transpose()?,
            proposal: self.proposal.map(undoc).transpose()?,
            decision: self.decision.map(undoc).transpose()?,
            calendar_version: self.calendar_version,
            version: self.version,
        };
        Ok(Stored {
            dossier,
            form: self.form.0,
            secret_hash: self.secret_hash,
            portal: self.portal.map(|p| p.0),
            event_hash: self.event_hash,
            ended_by_unit: self.ended_by_unit,
        })
    }
}
