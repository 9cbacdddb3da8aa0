//! Unemployment benefits: one row each, with what must be looked at next beside it.
//!
//! Owns rows and queries. Whether a change is legal is decided before it comes here; [`save`] only
//! makes sure that nobody else changed the benefit meanwhile.

pub mod events;
mod query;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::ids::{BenefitId, DossierId};
use domain::unemployment::benefit::Benefit;
use domain::unemployment::benefit::event::BenefitEvent;
use domain::unemployment::benefit::months::{Agenda, Window};
use uuid::Uuid;

use crate::backend::on_each;
use crate::chain::FIRST;
use crate::column::{Doc, Id, Ts, code, doc, undoc};
use crate::error::Error;
use crate::schema::{benefit_payments, benefits};
use crate::store::{Reader, WriteTx};

pub use query::{Query, due, list, of_person};

/// A benefit with what is kept beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The benefit.
    pub benefit: Benefit,
    /// What must be looked at next, as it was last reckoned.
    pub agenda: Agenda,
    event_hash: String,
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = benefits, treat_none_as_default_value = false)]
pub(crate) struct BenefitRow {
    id: Id,
    dossier_id: Id,
    dossier_code: String,
    unit: String,
    personal_id: String,
    applicant_name: String,
    state: String,
    law: String,
    rule_version: String,
    monthly_vnd: i64,
    months: i32,
    months_reserved: i32,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
    total_vnd: i64,
    decision_number: String,
    decided_on: NaiveDate,
    assessment: Doc,
    created_at: Ts,
    version: i64,
    first_month: i32,
    months_counted: i32,
    followed_from: NaiveDate,
    suspended_on: Option<NaiveDate>,
    ended_on: Option<NaiveDate>,
    end_cause: Option<String>,
    months_kept: Option<i32>,
    declare_from: Option<NaiveDate>,
    declare_by: Option<NaiveDate>,
    payable_on: Option<NaiveDate>,
    check_on: Option<NaiveDate>,
    life: Doc,
    event_hash: String,
}

/// The columns that a transition can change.
#[derive(AsChangeset, Debug)]
#[diesel(table_name = benefits, treat_none_as_null = true)]
struct Changed {
    state: String,
    version: i64,
    suspended_on: Option<NaiveDate>,
    ended_on: Option<NaiveDate>,
    end_cause: Option<String>,
    months_kept: Option<i32>,
    declare_from: Option<NaiveDate>,
    declare_by: Option<NaiveDate>,
    payable_on: Option<NaiveDate>,
    check_on: Option<NaiveDate>,
    life: Doc,
    event_hash: String,
}

#[derive(Insertable, Debug)]
#[diesel(table_name = benefit_payments)]
struct PaymentRow {
    benefit_id: Id,
    month: i32,
    unit: String,
    amount_vnd: i64,
    paid_on: NaiveDate,
    reference: String,
    recorded_at: Ts,
}

fn small(n: u32) -> Result<i32, Error> {
    i32::try_from(n).map_err(|e| Error::corrupt("count", &e))
}

fn large(n: i32) -> Result<u32, Error> {
    u32::try_from(n).map_err(|e| Error::corrupt("count", &e))
}

impl BenefitRow {
    fn read(self) -> Result<Held, Error> {
        // A benefit that no dossier granted stands under its own identity.
        let granted = self.dossier_id != self.id;
        let benefit = Benefit {
            id: BenefitId(self.id.0),
            dossier: granted.then_some((DossierId(self.dossier_id.0), self.dossier_code)),
            unit: self.unit,
            personal_id: self.personal_id,
            applicant_name: self.applicant_name,
            status: code(&self.state)?,
            law: code(&self.law)?,
            rule_version: self.rule_version,
            decision_number: self.decision_number,
            decided_on: self.decided_on,
            monthly_vnd: domain::money::Dong(self.monthly_vnd),
            starts_on: self.starts_on,
            ends_on: self.ends_on,
            months: large(self.months)?,
            first_month: large(self.first_month)?,
            months_counted: large(self.months_counted)?,
            months_reserved: large(self.months_reserved)?,
            followed_from: self.followed_from,
            suspended_on: self.suspended_on,
            life: undoc(self.life)?,
            assessment: undoc(self.assessment)?,
            created_at: self.created_at.0,
            version: self.version,
        };
        let window = self.declare_from.zip(self.declare_by);
        let agenda = Agenda {
            declare: window.map(|(from, by)| Window { from, by }),
            payable_on: self.payable_on,
            check_on: self.check_on,
        };
        Ok(Held { benefit, agenda, event_hash: self.event_hash })
    }
}

/// Records a new benefit with its first event, at the end of the batch.
///
/// # Errors
/// [`Error::Corrupt`] when something has no stored form.
pub fn insert(
    tx: &mut WriteTx<'_>,
    benefit: &Benefit,
    event: &BenefitEvent,
    agenda: Agenda,
    now: DateTime<Utc>,
) -> Result<Held, Error> {
    let event_hash = events::append(tx, FIRST, event, now)?;
    let (dossier_id, dossier_code) = match &benefit.dossier {
        Some((id, code)) => (id.0, code.clone()),
        None => (benefit.id.0, String::new()),
    };
    let total = benefit.total_vnd().ok_or_else(|| Error::Corrupt("the sum of a benefit".to_owned()))?;
    tx.appends.benefits.push(BenefitRow {
        id: Id(benefit.id.0),
        dossier_id: Id(dossier_id),
        dossier_code,
        unit: benefit.unit.clone(),
        personal_id: benefit.personal_id.clone(),
        applicant_name: benefit.applicant_name.clone(),
        state: benefit.status.to_string(),
        law: benefit.law.to_string(),
        rule_version: benefit.rule_version.clone(),
        monthly_vnd: benefit.monthly_vnd.0,
        months: small(benefit.months)?,
        months_reserved: small(benefit.months_reserved)?,
        starts_on: benefit.starts_on,
        ends_on: benefit.ends_on,
        total_vnd: total.0,
        decision_number: benefit.decision_number.clone(),
        decided_on: benefit.decided_on,
        assessment: doc(&benefit.assessment)?,
        created_at: Ts(benefit.created_at),
        version: benefit.version,
        first_month: small(benefit.first_month)?,
        months_counted: small(benefit.months_counted)?,
        followed_from: benefit.followed_from,
        suspended_on: benefit.suspended_on,
        ended_on: None,
        end_cause: None,
        months_kept: None,
        declare_from: agenda.declare.map(|w| w.from),
        declare_by: agenda.declare.map(|w| w.by),
        payable_on: agenda.payable_on,
        check_on: agenda.check_on,
        life: doc(&benefit.life)?,
        event_hash: event_hash.clone(),
    });
    Ok(Held { benefit: benefit.clone(), agenda, event_hash })
}

/// Saves a benefit after a transition, with its event and the payment it may have made.
///
/// # Errors
/// [`Error::Stale`] when somebody else changed it since `before` was read.
pub fn save(
    tx: &mut WriteTx<'_>,
    before: &Held,
    after: &Benefit,
    event: &BenefitEvent,
    agenda: Agenda,
    now: DateTime<Utc>,
) -> Result<Held, Error> {
    let event_hash = events::append(tx, &before.event_hash, event, now)?;
    let end = after.life.end.as_ref();
    let gone = after.life.transfer_out.as_ref().map(|t| t.on);
    let changed = Changed {
        state: after.status.to_string(),
        version: after.version,
        suspended_on: after.suspended_on,
        ended_on: end.map(|e| e.on).or(gone),
        end_cause: end.and_then(|e| e.cause).map(|c| c.to_string()),
        months_kept: end.map(|e| small(e.months_kept)).transpose()?,
        declare_from: agenda.declare.map(|w| w.from),
        declare_by: agenda.declare.map(|w| w.by),
        payable_on: agenda.payable_on,
        check_on: agenda.check_on,
        life: doc(&after.life)?,
        event_hash: event_hash.clone(),
    };
    let unchanged = benefits::table
        .filter(benefits::id.eq(Id(after.id.0)))
        .filter(benefits::version.eq(before.benefit.version));
    if diesel::update(unchanged).set(changed).execute(tx.change())? != 1 {
        return Err(Error::Stale);
    }
    let paid_before = before.benefit.life.payments.len();
    let made = after.life.payments.iter().skip(paid_before).map(|payment| {
        Ok(PaymentRow {
            benefit_id: Id(after.id.0),
            month: small(payment.month)?,
            unit: after.unit.clone(),
            amount_vnd: payment.amount_vnd.0,
            paid_on: payment.paid_on,
            reference: payment.reference.clone(),
            recorded_at: Ts(now),
        })
    });
    let made = made.collect::<Result<Vec<_>, Error>>()?;
    if !made.is_empty() {
        let conn = tx.change();
        on_each!(conn, inner => diesel::insert_into(benefit_payments::table).values(&made).execute(inner))?;
    }
    Ok(Held { benefit: after.clone(), agenda, event_hash })
}

/// Writes down what must be looked at next, where nothing has happened but time.
///
/// # Errors
/// [`Error::Stale`] when somebody else changed it since `held` was read.
pub fn look_ahead(tx: &mut WriteTx<'_>, held: &Held, agenda: Agenda) -> Result<(), Error> {
    let unchanged = benefits::table
        .filter(benefits::id.eq(Id(held.benefit.id.0)))
        .filter(benefits::version.eq(held.benefit.version));
    let set = (
        benefits::declare_from.eq(agenda.declare.map(|w| w.from)),
        benefits::declare_by.eq(agenda.declare.map(|w| w.by)),
        benefits::payable_on.eq(agenda.payable_on),
        benefits::check_on.eq(agenda.check_on),
    );
    if diesel::update(unchanged).set(set).execute(tx.change())? == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// The benefit with this identity.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, id: Uuid) -> Result<Held, Error> {
    benefits::table.find(Id(id)).first::<BenefitRow>(reader.conn)?.read()
}
