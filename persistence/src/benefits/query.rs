//! Which benefits: for lists, for a new claim of the same person, and for the timer.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::access::ListFilter;
use domain::unemployment::benefit::Benefit;
use domain::unemployment::benefit::status::BenefitStatus;
use uuid::Uuid;

use super::{BenefitRow, Held};
use crate::column::{Id, Instant, Ts, Uid};
use crate::error::Error;
use crate::schema::benefits;
use crate::store::Reader;

/// What is asked of a list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only the one granted on this dossier.
    pub dossier_code: Option<String>,
    /// Only these.
    pub status: Option<BenefitStatus>,
    /// Only those that these units follow.
    pub units: Option<Vec<String>>,
    /// Only those to be declared for on this day.
    pub declaration_due: Option<NaiveDate>,
    /// Only those suspended now, on or after this day.
    pub suspended_since: Option<NaiveDate>,
    /// Only those of which a month may be paid on this day.
    pub payable_on: Option<NaiveDate>,
}

/// Benefits that `seen` lets through, newest first, after the given place.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    seen: &ListFilter,
    query: &Query,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Held>, Error> {
    use benefits as b;
    let mut q = b::table.into_boxed();
    let units: Vec<&String> = seen.units.iter().collect();
    q = match &seen.person {
        Some(person) => q.filter(b::unit.eq_any(units).or(b::personal_id.eq(person))),
        None => q.filter(b::unit.eq_any(units)),
    };
    if let Some(code) = &query.dossier_code {
        q = q.filter(b::dossier_code.eq(code));
    }
    if let Some(status) = query.status {
        q = q.filter(b::state.eq(status.to_string()));
    }
    if let Some(units) = &query.units {
        q = q.filter(b::unit.eq_any(units));
    }
    if let Some(day) = query.declaration_due {
        q = q.filter(b::declare_by.ge(day)).filter(b::declare_from.le(day));
    }
    if let Some(day) = query.suspended_since {
        q = q.filter(b::suspended_on.ge(day));
    }
    if let Some(day) = query.payable_on {
        q = q.filter(b::payable_on.le(day));
    }
    if let Some((at, id)) = after {
        // A row value, which both databases answer from the index in one step.
        q = q.filter(
            diesel::dsl::sql::<Bool>("(created_at, id) < (")
                .bind::<Instant, _>(Ts(at))
                .sql(", ")
                .bind::<Uid, _>(Id(id))
                .sql(")"),
        );
    }
    let rows: Vec<BenefitRow> =
        q.order((b::created_at.desc(), b::id.desc())).limit(limit).load(reader.conn)?;
    rows.into_iter().map(BenefitRow::read).collect()
}

/// Most benefits of one person that are looked at: more than a working life can hold.
const OF_A_PERSON: i64 = 100;

/// Every benefit of a person, oldest first.
///
/// # Errors
/// Those of the database.
pub fn of_person(reader: &mut Reader<'_>, personal_id: &str) -> Result<Vec<Benefit>, Error> {
    let rows: Vec<BenefitRow> = benefits::table
        .filter(benefits::personal_id.eq(personal_id))
        .order((benefits::decided_on, benefits::id))
        .limit(OF_A_PERSON)
        .load(reader.conn)?;
    rows.into_iter().map(|row| Ok(row.read()?.benefit)).collect()
}

/// Benefits with which the timer has something to do on a day, those longest due first.
///
/// # Errors
/// Those of the database.
pub fn due(reader: &mut Reader<'_>, day: NaiveDate, limit: i64) -> Result<Vec<Held>, Error> {
    let rows: Vec<BenefitRow> = benefits::table
        .filter(benefits::check_on.le(day))
        .order((benefits::check_on, benefits::id))
        .limit(limit)
        .load(reader.conn)?;
    rows.into_iter().map(BenefitRow::read).collect()
}
