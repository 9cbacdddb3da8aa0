//! Ratings: what applicants say of settled dossiers, and what that adds up to.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{Action, Role};
use domain::calendar;
use domain::code::Code;
use domain::dossier::Dossier;
use domain::dossier::number::DossierCode;
use domain::dossier::rating::{NotNow, RatingReason, Score, may_rate};
use domain::ids::AccountId;
use persistence::audit::{self, Entry};
use persistence::ratings::{self, Rating, Scope};
use persistence::{Reader, WriteTx};
use serde_json::json;

use super::dossiers::{self, Expected, Proof, authorize, track};
use super::error::Error;
use super::statistics::units;
use super::{Cx, Done};

/// What the applicant says.
#[derive(Debug, Clone)]
pub struct Said {
    /// How satisfied.
    pub score: Score,
    /// Why.
    pub reasons: Vec<RatingReason>,
    /// In words.
    pub comment: Option<String>,
}

/// What a rating becomes, judged by status and time.
fn rated(
    dossier: &Dossier,
    before: Option<&Rating>,
    said: &Said,
    by: Option<AccountId>,
    now: DateTime<Utc>,
    days: u32,
) -> Result<Rating, NotNow> {
    may_rate(dossier.status, before.map(|b| b.rated_at), days, now)?;
    Ok(Rating {
        dossier: dossier.id,
        dossier_code: dossier.code.as_str().to_owned(),
        procedure: dossier.procedure.clone(),
        unit: dossier.unit.clone(),
        score: said.score,
        reasons: said.reasons.clone(),
        comment: said.comment.clone(),
        rated_by: by,
        rated_at: before.map_or(now, |b| b.rated_at),
        changed_at: now,
        version: before.map_or(1, |b| b.version + 1),
    })
}

/// Rates a settled dossier, or changes the rating within `days` of giving it. The comment is the
/// applicant's own and stands in no record but the rating.
///
/// `said` is none when the body could not be read; it comes after 404 and 403.
///
/// # Errors
/// Not found or hidden, forbidden, [`Error::Unreadable`], [`Error::RatingNotNow`]; for a change also
/// [`Error::VersionMissing`] and [`Error::VersionStale`].
pub fn rate(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    code: &DossierCode,
    said: Option<&Said>,
    expected: &Expected,
    days: u32,
) -> Result<Rating, Error> {
    let dossier = persistence::dossiers::get(&mut tx.reader(), code)?.dossier;
    let permit = authorize(cx, Action::Rate, &dossier)?;
    let said = said.ok_or(Error::Unreadable)?;
    let before = ratings::get(&mut tx.reader(), dossier.id)?;
    let rating = rated(&dossier, before.as_ref(), said, Some(cx.actor.account), cx.now, days)?;
    match &before {
        Some(before) => expected.check(before.version)?,
        // There is nothing yet that could have been read.
        None => expected.check_absent()?,
    }
    ratings::save(tx, &rating)?;
    let detail = json!({ "score": rating.score.number(), "version": rating.version });
    let role: Option<Role> = Some(permit.role());
    cx.record(tx, Done { action: "rate", subject: code.as_str(), unit: Some(&dossier.unit), role, detail });
    Ok(rating)
}

/// Where a request without sign-in came from, and when.
#[derive(Debug, Clone)]
pub struct Unsigned {
    /// Network address.
    pub address: Option<String>,
    /// Identifier of the request.
    pub request_id: Option<String>,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Rates a settled dossier on behalf of who holds its receipt. A later call within `days` takes the
/// place of the one before.
///
/// # Errors
/// [`persistence::Error::NotFound`], alike for an unknown code and a wrong secret; [`Error::RatingNotNow`].
pub fn rate_tracked(
    tx: &mut WriteTx<'_>,
    code: &DossierCode,
    secret: &str,
    said: &Said,
    from: &Unsigned,
    days: u32,
) -> Result<Rating, Error> {
    let proof = Proof::Secret(secret.to_owned());
    let dossier = track(&mut tx.reader(), code, &proof)?.dossier;
    let before = ratings::get(&mut tx.reader(), dossier.id)?;
    let rating = rated(&dossier, before.as_ref(), said, None, from.now, days)?;
    ratings::save(tx, &rating)?;
    audit::record(
        tx,
        Entry {
            at: from.now,
            actor: None,
            actor_name: "tracking".to_owned(),
            role: None,
            action: "rate".to_owned(),
            subject: code.as_str().to_owned(),
            unit: Some(dossier.unit),
            address: from.address.clone(),
            request_id: from.request_id.clone(),
            detail: json!({ "score": rating.score.number(), "version": rating.version }),
        },
    );
    Ok(rating)
}

/// The rating of a dossier.
///
/// # Errors
/// Not found, also when the dossier is hidden or nobody has rated it; those of the store.
pub fn get(cx: &Cx, reader: &mut Reader<'_>, code: &DossierCode) -> Result<Rating, Error> {
    let dossier = dossiers::get(cx, reader, code)?.dossier;
    Ok(ratings::get(reader, dossier.id)?.ok_or(persistence::Error::NotFound)?)
}

/// What ratings add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many of each score, from 1 to 5.
    pub by_score: BTreeMap<Score, i64>,
    /// How often each reason was named.
    pub by_reason: BTreeMap<RatingReason, i64>,
}

impl Figures {
    fn add(&mut self, count: &ratings::Count) {
        *self.by_score.entry(count.score).or_default() += count.n;
        for reason in &count.reasons {
            *self.by_reason.entry(*reason).or_default() += count.n;
        }
    }

    /// How many ratings.
    pub fn count(&self) -> i64 {
        self.by_score.values().sum()
    }

    /// Hundredths of the average score, half up; none of nothing.
    pub fn average_hundredths(&self) -> Option<i64> {
        let sum: i128 = self.by_score.iter().map(|(s, n)| i128::from(s.number()) * i128::from(*n)).sum();
        domain::money::half_up(sum.checked_mul(100)?, i128::from(self.count()))
    }

    /// Every score, also where nobody gave it.
    pub fn scores(&self) -> impl Iterator<Item = (Score, i64)> {
        Score::ALL.iter().map(|s| (*s, self.by_score.get(s).copied().unwrap_or(0)))
    }
}

domain::codes! {
    /// What ratings are grouped by.
    pub enum Facet {
        /// Thủ tục.
        Procedure => "procedure", "Thủ tục", "Procedure",
        /// Đơn vị.
        Unit => "unit", "Đơn vị", "Unit",
    }
}

/// What is asked of the figures of ratings.
#[derive(Debug, Clone)]
pub struct Asked {
    /// First given on or after this day.
    pub from: Option<NaiveDate>,
    /// First given on or before this day.
    pub to: Option<NaiveDate>,
    /// Only this procedure.
    pub procedure: Option<String>,
    /// Only this unit and what belongs to it.
    pub unit: Option<String>,
    /// Grouped by.
    pub by: Facet,
}

/// Ratings by group, ordered by key, and all of them. No comment is read for it.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn figures(
    cx: &Cx,
    reader: &mut Reader<'_>,
    asked: &Asked,
) -> Result<(BTreeMap<String, Figures>, Figures), Error> {
    let day = |day: NaiveDate| Some(day).filter(|d| calendar::in_range(*d));
    let scope = Scope {
        units: units(cx, asked.unit.as_deref())?,
        procedure: asked.procedure.clone(),
        from: asked.from.and_then(day).map(calendar::start_of),
        before: asked.to.and_then(day).and_then(|d| d.succ_opt()).map(calendar::start_of),
    };
    let (mut groups, mut total): (BTreeMap<String, Figures>, _) = (BTreeMap::new(), Figures::default());
    for count in ratings::counts(reader, &scope)? {
        let key = match asked.by {
            Facet::Unit => count.unit.clone(),
            Facet::Procedure => count.procedure.clone(),
        };
        groups.entry(key).or_default().add(&count);
        total.add(&count);
    }
    Ok((groups, total))
}
