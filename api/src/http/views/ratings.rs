//! Ratings of settled dossiers.

use domain::code::Code;
use domain::dossier::rating::{RatingReason, Score, changeable_until};
use domain::dossier::transition::Violation;
use domain::text;
use persistence::ratings::Rating;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::statistics::percent;
use super::{At, codes};
use crate::app::ratings::{Facet, Figures, Said};

fn reasons() -> RefOr<Schema> {
    ArrayBuilder::new().items(codes::<RatingReason>()).max_items(Some(11)).into()
}

/// What the applicant says
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingBody {
    /// 1 very dissatisfied to 5 very satisfied
    #[validate(range(min = 1, max = 5))]
    #[schema(minimum = 1, maximum = 5, example = 5)]
    pub score: i32,
    /// Why, each at most once
    #[serde(default)]
    #[validate(length(max = 11))]
    #[schema(schema_with = reasons)]
    pub reasons: Vec<RatingReason>,
    /// In words; read by those who work dossiers, never by readers of figures
    #[serde(default)]
    #[validate(length(min = 1, max = 1000))]
    #[schema(min_length = 1, max_length = 1000)]
    pub comment: Option<String>,
}

impl RatingBody {
    /// What is said, in the domain's own types.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn said(self) -> Result<Said, Vec<Violation>> {
        let mut wrong = Vec::new();
        for (i, reason) in self.reasons.iter().enumerate() {
            if self.reasons.iter().take(i).any(|earlier| earlier == reason) {
                let (vi, en) = ("Lý do này đã được nêu ở trên.", "This reason is named twice.");
                wrong.push(Violation::new(format!("/reasons/{i}"), "duplicate", vi, en));
            }
        }
        let comment = self.comment.map(|raw| text::lines(&raw, 1000)).transpose();
        let comment = comment.unwrap_or_else(|error| {
            let vi = "Nội dung có ký tự không hợp lệ.";
            wrong.push(Violation::new("/comment".to_owned(), "invalid", vi, &error.to_string()));
            None
        });
        match Score::from_number(self.score) {
            Some(score) if wrong.is_empty() => Ok(Said { score, reasons: self.reasons, comment }),
            _ => Err(wrong),
        }
    }
}

/// What the holder of a receipt says
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackedRatingBody {
    /// Dossier code
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "H08.15-231115-0001")]
    pub code: String,
    /// Secret of the receipt
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub secret: String,
    /// The rating
    #[validate(nested)]
    pub rating: RatingBody,
}

/// A rating
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingView {
    /// Dossier code
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// 1 to 5
    #[schema(minimum = 1, maximum = 5, example = 5)]
    pub score: i32,
    /// Vietnamese label of the score
    #[schema(example = "Rất hài lòng")]
    pub score_label: String,
    /// Why
    #[schema(schema_with = reasons)]
    pub reasons: Vec<RatingReason>,
    /// In words; null for those who do not work dossiers
    pub comment: Option<String>,
    /// First given
    pub rated_at: At,
    /// Last changed
    pub changed_at: At,
    /// May be changed until then
    pub changeable_until: At,
    /// Version; stands in the `ETag`
    pub version: i64,
}

impl RatingView {
    /// A rating as it is shown; its comment only to those who see persons.
    pub fn of(r: &Rating, sees_persons: bool, days: u32) -> Self {
        Self {
            code: r.dossier_code.clone(),
            score: r.score.number(),
            score_label: r.score.label_vi().to_owned(),
            reasons: r.reasons.clone(),
            comment: r.comment.clone().filter(|_| sees_persons),
            rated_at: At(r.rated_at),
            changed_at: At(r.changed_at),
            changeable_until: At(changeable_until(r.rated_at, days)),
            version: r.version,
        }
    }
}

/// Which ratings are counted
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RatingsQuery {
    /// First given on or after this day
    pub from: Option<chrono::NaiveDate>,
    /// First given on or before this day
    pub to: Option<chrono::NaiveDate>,
    /// Only this procedure
    pub procedure: Option<String>,
    /// Only this unit and what belongs to it
    pub unit: Option<String>,
    /// Grouped by; `procedure` without it
    #[param(schema_with = codes::<Facet>)]
    pub by: Option<Facet>,
}

/// How many ratings have a score
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreCountView {
    /// 1 to 5
    pub score: i32,
    /// Vietnamese label
    pub label: String,
    /// How many
    pub count: i64,
    /// Percent of all ratings of the group
    pub share_percent: f64,
}

/// How often a reason was named
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonCountView {
    /// Reason
    #[schema(schema_with = codes::<RatingReason>)]
    pub reason: RatingReason,
    /// Vietnamese label
    pub label: String,
    /// How often
    pub count: i64,
}

/// What ratings add up to
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingFiguresView {
    /// How many ratings
    pub count: i64,
    /// Average score with two decimals, half up from the exact sum; null of none
    #[schema(example = 4.33)]
    pub average: Option<f64>,
    /// Every score, from 1 to 5
    pub distribution: Vec<ScoreCountView>,
    /// Reasons that were named, in the order of the list
    pub reasons: Vec<ReasonCountView>,
}

impl RatingFiguresView {
    /// Figures as they are shown.
    pub fn of(figures: &Figures) -> Self {
        let count = figures.count();
        let average = figures.average_hundredths().and_then(|h| i32::try_from(h).ok());
        Self {
            count,
            average: average.map(|hundredths| f64::from(hundredths) / 100.0),
            distribution: figures
                .scores()
                .map(|(score, n)| ScoreCountView {
                    score: score.number(),
                    label: score.label_vi().to_owned(),
                    count: n,
                    share_percent: percent(n, count),
                })
                .collect(),
            reasons: figures
                .by_reason
                .iter()
                .map(|(reason, n)| ReasonCountView {
                    reason: *reason,
                    label: reason.label_vi().to_owned(),
                    count: *n,
                })
                .collect(),
        }
    }
}

/// Ratings of one group
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingGroupView {
    /// Key of the group
    #[schema(example = "1.001978")]
    pub key: String,
    /// Vietnamese name
    pub label: String,
    /// Figures
    #[serde(flatten)]
    pub figures: RatingFiguresView,
}

/// Ratings of a period by group
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingsView {
    /// First day
    pub from: Option<chrono::NaiveDate>,
    /// Last day
    pub to: Option<chrono::NaiveDate>,
    /// Grouped by
    #[schema(schema_with = codes::<Facet>)]
    pub by: Facet,
    /// All of them
    pub total: RatingFiguresView,
    /// Groups by key
    pub items: Vec<RatingGroupView>,
    /// What each figure means and how it is reckoned
    pub definition: String,
}
