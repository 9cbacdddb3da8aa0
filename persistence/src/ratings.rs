//! Ratings of settled dossiers: one row a dossier, counted by unit, procedure and score.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::code::Code;
use domain::dossier::rating::{RatingReason, Score};
use domain::ids::{AccountId, DossierId};

use crate::backend::on_each;
use crate::column::{Id, Ts};
use crate::error::Error;
use crate::schema::dossier_ratings;
use crate::store::{Reader, WriteTx};

/// Đánh giá: what the applicant says of a settled dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// The dossier.
    pub dossier: DossierId,
    /// Its code.
    pub dossier_code: String,
    /// National code of its procedure.
    pub procedure: String,
    /// The unit that received it.
    pub unit: String,
    /// How satisfied.
    pub score: Score,
    /// Why, each once, in the order of the list.
    pub reasons: Vec<RatingReason>,
    /// In words.
    pub comment: Option<String>,
    /// The account that rated last; none for who proved to be the applicant by the receipt.
    pub rated_by: Option<AccountId>,
    /// When it was first given.
    pub rated_at: DateTime<Utc>,
    /// When it was last changed.
    pub changed_at: DateTime<Utc>,
    /// Version for conditional requests, from 1.
    pub version: i64,
}

#[derive(Queryable, Insertable, AsChangeset, Debug)]
#[diesel(table_name = dossier_ratings, treat_none_as_null = true)]
struct RatingRow {
    dossier_id: Id,
    dossier_code: String,
    procedure_code: String,
    unit: String,
    score: i32,
    reasons: String,
    comment: Option<String>,
    rated_by: Option<Id>,
    rated_at: Ts,
    changed_at: Ts,
    version: i64,
}

fn joined(reasons: &[RatingReason]) -> String {
    let all = RatingReason::ALL.iter().filter(|r| reasons.contains(r));
    all.map(|r| r.code()).collect::<Vec<_>>().join("|")
}

fn parted(reasons: &str) -> Result<Vec<RatingReason>, Error> {
    reasons.split('|').filter(|r| !r.is_empty()).map(crate::column::code).collect()
}

fn score(number: i32) -> Result<Score, Error> {
    Score::from_number(number).ok_or_else(|| Error::Corrupt(format!("score {number}")))
}

impl RatingRow {
    fn of(r: &Rating) -> Self {
        Self {
            dossier_id: Id(r.dossier.0),
            dossier_code: r.dossier_code.clone(),
            procedure_code: r.procedure.clone(),
            unit: r.unit.clone(),
            score: r.score.number(),
            reasons: joined(&r.reasons),
            comment: r.comment.clone(),
            rated_by: r.rated_by.map(|a| Id(a.0)),
            rated_at: Ts(r.rated_at),
            changed_at: Ts(r.changed_at),
            version: r.version,
        }
    }

    fn read(self) -> Result<Rating, Error> {
        Ok(Rating {
            dossier: DossierId(self.dossier_id.0),
            dossier_code: self.dossier_code,
            procedure: self.procedure_code,
            unit: self.unit,
            score: score(self.score)?,
            reasons: parted(&self.reasons)?,
            comment: self.comment,
            rated_by: self.rated_by.map(|a| AccountId(a.0)),
            rated_at: self.rated_at.0,
            changed_at: self.changed_at.0,
            version: self.version,
        })
    }
}

/// The rating of a dossier, if there is one.
///
/// # Errors
/// Those of the database.
pub fn get(reader: &mut Reader<'_>, dossier: DossierId) -> Result<Option<Rating>, Error> {
    let row: Option<RatingRow> = dossier_ratings::table.find(Id(dossier.0)).first(reader.conn).optional()?;
    row.map(RatingRow::read).transpose()
}

/// Saves a rating: the first of a dossier, or over the version before it.
///
/// # Errors
/// [`Error::Stale`] or [`Error::Taken`] when somebody else rated meanwhile; those of the database.
pub fn save(tx: &mut WriteTx<'_>, rating: &Rating) -> Result<(), Error> {
    let row = RatingRow::of(rating);
    if rating.version == 1 {
        on_each!(tx.change(), inner => diesel::insert_into(dossier_ratings::table).values(&row).execute(inner))?;
        return Ok(());
    }
    let before = dossier_ratings::table
        .filter(dossier_ratings::dossier_id.eq(row.dossier_id))
        .filter(dossier_ratings::version.eq(rating.version - 1));
    if diesel::update(before).set(row).execute(tx.change())? != 1 {
        return Err(Error::Stale);
    }
    Ok(())
}

/// How many ratings of a procedure and unit have the same score and the same reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// National code of the procedure.
    pub procedure: String,
    /// The unit that received the dossiers.
    pub unit: String,
    /// Score.
    pub score: Score,
    /// Reasons.
    pub reasons: Vec<RatingReason>,
    /// How many.
    pub n: i64,
}

/// Which ratings are counted.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only dossiers of these units.
    pub units: Vec<String>,
    /// Only of this procedure.
    pub procedure: Option<String>,
    /// First given at or after.
    pub from: Option<DateTime<Utc>>,
    /// First given before.
    pub before: Option<DateTime<Utc>>,
}

/// Counts ratings by procedure, unit, score and reasons: one statement over `dossier_ratings_unit`.
///
/// # Errors
/// Those of the database.
pub fn counts(reader: &mut Reader<'_>, scope: &Scope) -> Result<Vec<Count>, Error> {
    use dossier_ratings as r;
    type Row = (String, String, i32, String, i64);
    let mut query = r::table
        .filter(r::unit.eq_any(&scope.units))
        .group_by((r::procedure_code, r::unit, r::score, r::reasons))
        .select((r::procedure_code, r::unit, r::score, r::reasons, diesel::dsl::sql::<BigInt>("COUNT(*)")))
        .order((r::procedure_code, r::unit, r::score, r::reasons))
        .into_boxed();
    if let Some(procedure) = &scope.procedure {
        query = query.filter(r::procedure_code.eq(procedure));
    }
    if let Some(from) = scope.from {
        query = query.filter(r::rated_at.ge(Ts(from)));
    }
    if let Some(before) = scope.before {
        query = query.filter(r::rated_at.lt(Ts(before)));
    }
    let rows: Vec<Row> = query.load(reader.conn)?;
    rows.into_iter()
        .map(|(procedure, unit, number, reasons, n)| {
            Ok(Count { procedure, unit, score: score(number)?, reasons: parted(&reasons)?, n })
        })
        .collect()
}
