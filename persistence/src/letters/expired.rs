//! Dossiers whose time is up: supplements that did not come, due dates without an apology.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::dossier::number::DossierCode;
use domain::dossier::status::{Clock, Status};
use domain::letter::Occasion;

use crate::column::{Instant, Ts};
use crate::error::Error;
use crate::schema::{dossiers, letters};
use crate::store::Reader;

/// A dossier whose time is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// Mã hồ sơ.
    pub code: DossierCode,
    /// Last day of the supplement it waits for.
    pub until: NaiveDate,
}

#[derive(QueryableByName)]
struct UnstatedRow {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Instant)]
    recorded_at: Ts,
}

/// Dossiers that wait for a supplement whose request states no last day and was written down before an
/// instant, with when it was; longest ago first. Served by `dossiers_unstated`.
///
/// # Errors
/// Those of the database.
pub fn unstated_supplements(
    reader: &mut Reader<'_>,
    recorded_before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(DossierCode, DateTime<Utc>)>, Error> {
    let rows: Vec<UnstatedRow> = diesel::sql_query(
        "SELECT d.code AS code, MAX(e.recorded_at) AS recorded_at FROM dossiers d \
         JOIN dossier_events e ON e.dossier_id = d.id AND e.action = 'request_supplement' \
         WHERE d.status = 'supplement_requested' AND d.supplement_until IS NULL \
         GROUP BY d.code HAVING MAX(e.recorded_at) < $1 ORDER BY 2, 1 LIMIT $2",
    )
    .bind::<Instant, _>(Ts(recorded_before))
    .bind::<BigInt, _>(limit)
    .load(reader.conn)?;
    rows.into_iter()
        .map(|row| {
            let code = DossierCode::parse(&row.code).ok_or_else(|| Error::Corrupt("code".to_owned()))?;
            Ok((code, row.recorded_at.0))
        })
        .collect()
}

/// Dossiers that wait for a supplement that was to come before a day, longest overdue first.
///
/// # Errors
/// Those of the database.
pub fn expired_supplements(
    reader: &mut Reader<'_>,
    before: NaiveDate,
    limit: i64,
) -> Result<Vec<Expired>, Error> {
    use dossiers as d;
    let rows: Vec<(String, Option<NaiveDate>)> = d::table
        .filter(d::supplement_until.is_not_null())
        .filter(d::supplement_until.assume_not_null().lt(before))
        .filter(d::status.eq(Status::SupplementRequested.to_string()))
        .order((d::supplement_until, d::code))
        .limit(limit)
        .select((d::code, d::supplement_until))
        .load(reader.conn)?;
    rows.into_iter()
        .filter_map(|(code, until)| until.map(|until| (code, until)))
        .map(|(raw, until)| {
            let code = DossierCode::parse(&raw).ok_or_else(|| Error::Corrupt("code".to_owned()))?;
            Ok(Expired { code, until })
        })
        .collect()
}

/// Codes of dossiers whose due date passed before an instant while the clock runs, and for which no
/// letter of that due date was drafted; longest overdue first.
///
/// # Errors
/// Those of the database.
pub fn without_apology(
    reader: &mut Reader<'_>,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<DossierCode>, Error> {
    use dossiers as d;
    let drafted = letters::table
        .filter(letters::dossier_id.eq(d::id))
        .filter(letters::occasion.eq(Occasion::Overdue.to_string()))
        .filter(letters::due_at.eq(d::due_at.assume_not_null()));
    let codes: Vec<String> = d::table
        .filter(d::due_at.is_not_null())
        .filter(d::due_at.assume_not_null().lt(Ts(before)))
        .filter(d::completed_at.is_null())
        .filter(d::ended_at.is_null())
        .filter(d::clock.eq(Clock::Running.to_string()))
        .filter(not(exists(drafted)))
        .order((d::due_at, d::code))
        .limit(limit)
        .select(d::code)
        .load(reader.conn)?;
    codes.iter().map(|raw| DossierCode::parse(raw).ok_or_else(|| Error::Corrupt("code".to_owned()))).collect()
}
