//! A dossier told to its applicant.

use chrono::NaiveDate;
use domain::calendar;
use domain::code::Code;
use domain::dossier::next::{CanDo, Next, NextActor, NextTask, Words};
use domain::dossier::status::Status;
use serde::Serialize;
use utoipa::ToSchema;

use super::meta::in_path;
use super::{At, codes};
use crate::app::timeline::{Timeline, Told};
use crate::http::language::Language;
use crate::http::page::Page;

/// Who acts next, what they are to do, and until when
#[derive(Debug, Serialize, ToSchema)]
pub struct NextView {
    /// Who
    #[schema(schema_with = codes::<NextActor>)]
    pub actor: NextActor,
    /// Who, in Vietnamese words
    #[schema(example = "Cán bộ giải quyết hồ sơ của Sở Lao động - Thương binh và Xã hội")]
    pub who_vi: String,
    /// Who, in English words
    pub who_en: String,
    /// What they are to do
    #[schema(schema_with = codes::<NextTask>)]
    pub task: NextTask,
    /// Last day: that of the result, or that of a supplement; null where no day is set
    pub until: Option<NaiveDate>,
    /// Whether that day has passed
    pub overdue: bool,
    /// All of it in one Vietnamese sentence
    pub text_vi: String,
    /// All of it in one English sentence
    pub text_en: String,
}

impl NextView {
    /// What comes next, as it is shown.
    pub fn of(next: Next) -> Self {
        Self {
            actor: next.actor,
            who_vi: next.who.vi,
            who_en: next.who.en,
            task: next.task,
            until: next.until,
            overdue: next.overdue,
            text_vi: next.text.vi,
            text_en: next.text.en,
        }
    }
}

fn in_language(words: Words, language: Language) -> String {
    match language {
        Language::Vi => words.vi,
        Language::En => words.en,
    }
}

/// Something that happened, in a sentence
#[derive(Debug, Serialize, ToSchema)]
pub struct ToldView {
    /// Number of the event within the dossier, from 1
    pub seq: i64,
    /// When
    pub at: At,
    /// Its civil day
    pub on: NaiveDate,
    /// What was done
    #[schema(example = "accept")]
    pub action: String,
    /// One plain sentence, in the language of the caller
    pub text: String,
}

/// Something that the applicant can do now
#[derive(Debug, Serialize, ToSchema)]
pub struct CanDoView {
    /// Action, as it stands in the path
    #[schema(example = "withdraw")]
    pub action: String,
    /// In a sentence, in the language of the caller
    pub text: String,
}

/// A dossier told to its applicant
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineView {
    /// Dossier code
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// Status
    #[schema(schema_with = codes::<Status>)]
    pub status: Status,
    /// Label of the status, in the language of the caller
    pub status_label: String,
    /// What happened, oldest first
    #[serde(flatten)]
    pub page: Page<ToldView>,
    /// Who acts next, what, and until when
    pub next: NextView,
    /// What the applicant can do now
    pub can_do: Vec<CanDoView>,
}

impl TimelineView {
    /// A timeline as it is shown, once its page is cut.
    pub fn of(timeline: Timeline, page: Page<Told>, language: Language) -> Self {
        let d = &timeline.dossier;
        let can_do =
            |can: CanDo| CanDoView { action: in_path(can.action), text: in_language(can.text, language) };
        Self {
            code: d.code.as_str().to_owned(),
            status: d.status,
            status_label: match language {
                Language::Vi => d.status.label_vi(),
                Language::En => d.status.label_en(),
            }
            .to_owned(),
            page: page.map(|told| ToldView {
                seq: told.seq,
                at: At(told.at),
                on: calendar::day_of(told.at),
                action: told.action.to_string(),
                text: in_language(told.text, language),
            }),
            next: NextView::of(timeline.next),
            can_do: timeline.can_do.into_iter().map(can_do).collect(),
        }
    }
}
