//! Unemployment benefits that were granted.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::ListFilter;
use domain::ids::BenefitId;
use domain::unemployment::assessment::Assessment;
use uuid::Uuid;

use crate::column::{Doc, Id, Ts, doc, undoc};
use crate::error::Error;
use crate::schema::benefits;
use crate::store::{Reader, WriteTx};

/// Trợ cấp thất nghiệp đang hưởng: a benefit as it was granted.
#[derive(Debug, Clone, PartialEq)]
pub struct Benefit {
    /// Identity.
    pub id: BenefitId,
    /// The dossier it was granted on.
    pub dossier_id: Uuid,
    /// Its code.
    pub dossier_code: String,
    /// The unit that decided.
    pub unit: String,
    /// Who draws it.
    pub personal_id: String,
    /// Their name.
    pub applicant_name: String,
    /// `granted` until declarations, suspensions and terminations change it.
    pub state: String,
    /// Số quyết định.
    pub decision_number: String,
    /// Day of the decision.
    pub decided_on: NaiveDate,
    /// What the law gave.
    pub assessment: Assessment,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// Version for conditional requests.
    pub version: i64,
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = benefits)]
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
}

impl BenefitRow {
    fn read(self) -> Result<Benefit, Error> {
        Ok(Benefit {
            id: BenefitId(self.id.0),
            dossier_id: self.dossier_id.0,
            dossier_code: self.dossier_code,
            unit: self.unit,
            personal_id: self.personal_id,
            applicant_name: self.applicant_name,
            state: self.state,
            decision_number: self.decision_number,
            decided_on: self.decided_on,
            assessment: undoc(self.assessment)?,
            created_at: self.created_at.0,
            version: self.version,
        })
    }
}

/// Records a benefit.
///
/// # Errors
/// [`Error::Corrupt`] when the assessment gives no amounts.
pub fn insert(tx: &mut WriteTx<'_>, benefit: &Benefit) -> Result<(), Error> {
    let a = &benefit.assessment;
    let missing = || Error::Corrupt("a benefit without amounts".to_owned());
    tx.appends.benefits.push(BenefitRow {
        id: Id(benefit.id.0),
        dossier_id: Id(benefit.dossier_id),
        dossier_code: benefit.dossier_code.clone(),
        unit: benefit.unit.clone(),
        personal_id: benefit.personal_id.clone(),
        applicant_name: benefit.applicant_name.clone(),
        state: benefit.state.clone(),
        law: a.law.to_string(),
        rule_version: a.rule_version.clone(),
        monthly_vnd: a.monthly_vnd.ok_or_else(missing)?.0,
        months: a.months.and_then(|m| i32::try_from(m).ok()).ok_or_else(missing)?,
        months_reserved: a.months_reserved.and_then(|m| i32::try_from(m).ok()).ok_or_else(missing)?,
        starts_on: a.starts_on.ok_or_else(missing)?,
        ends_on: a.ends_on.ok_or_else(missing)?,
        total_vnd: a.total_vnd.ok_or_else(missing)?.0,
        decision_number: benefit.decision_number.clone(),
        decided_on: benefit.decided_on,
        assessment: doc(a)?,
        created_at: Ts(benefit.created_at),
        version: benefit.version,
    });
    Ok(())
}

/// The benefit with this identity.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, id: Uuid) -> Result<Benefit, Error> {
    benefits::table.find(Id(id)).first::<BenefitRow>(reader.conn)?.read()
}

/// Benefits that `seen` lets through, newest first, after the given place.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    seen: &ListFilter,
    dossier_code: Option<&str>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Benefit>, Error> {
    let mut query = benefits::table.into_boxed();
    let units: Vec<&String> = seen.units.iter().collect();
    query = match &seen.person {
        Some(person) => query.filter(benefits::unit.eq_any(units).or(benefits::personal_id.eq(person))),
        None => query.filter(benefits::unit.eq_any(units)),
    };
    if let Some(code) = dossier_code {
        query = query.filter(benefits::dossier_code.eq(code));
    }
    if let Some((at, id)) = after {
        query = query.filter(
            benefits::created_at.lt(Ts(at)).or(benefits::created_at.eq(Ts(at)).and(benefits::id.lt(Id(id)))),
        );
    }
    let rows: Vec<BenefitRow> =
        query.order((benefits::created_at.desc(), benefits::id.desc())).limit(limit).load(reader.conn)?;
    rows.into_iter().map(BenefitRow::read).collect()
}
