//! Following a dossier without signing in.

use chrono::NaiveDate;
use domain::code::Code;
use domain::dossier::next::{Next, NextActor};
use domain::dossier::status::Status;
use domain::text;
use persistence::dossiers::Stored;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::http::views::timeline::NextView;
use crate::http::views::{At, codes};

/// A code and a proof
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackingBody {
    /// Dossier code
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "H08.15-231115-0001")]
    pub code: String,
    /// Secret of the receipt
    #[serde(default)]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub secret: Option<String>,
    /// Last four digits of the applicant's identifier
    #[serde(default)]
    #[validate(length(equal = 4))]
    #[schema(min_length = 4, max_length = 4, example = "0001")]
    pub personal_id_last4: Option<String>,
}

/// Where a dossier stands
#[derive(Debug, Serialize, ToSchema)]
pub struct TrackingView {
    /// Dossier code
    pub code: String,
    /// Status
    #[schema(schema_with = codes::<Status>)]
    pub status: Status,
    /// Number of the status, 1 to 10
    pub status_code: u8,
    /// Vietnamese label
    pub status_label: String,
    /// Applicant's initials
    #[schema(example = "N.T.L.")]
    pub applicant: String,
    /// Vietnamese name of the procedure
    pub procedure_name: String,
    /// Who acts next
    #[schema(schema_with = codes::<NextActor>)]
    pub next_actor: NextActor,
    /// Who acts next, what, and until when
    pub next: NextView,
    /// Submitted
    pub submitted_at: At,
    /// Expected
    pub due_at: Option<At>,
    /// Last day of an open supplement request
    pub supplement_until: Option<NaiveDate>,
}

impl TrackingView {
    /// A dossier as who follows it may see it.
    pub fn of(stored: &Stored, procedure_name: String, next: Next) -> Self {
        let d = &stored.dossier;
        Self {
            code: d.code.as_str().to_owned(),
            status: d.status,
            status_code: d.status.number(),
            status_label: d.status.label_vi().to_owned(),
            applicant: text::initials(d.applicant.name.as_str()),
            procedure_name,
            next_actor: next.actor,
            next: NextView::of(next),
            submitted_at: At(d.submitted_at),
            due_at: d.due_at.map(At),
            supplement_until: d.supplement_until,
        }
    }
}
