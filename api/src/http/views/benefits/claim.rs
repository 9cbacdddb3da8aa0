//! A new claim beside what the register knows of the same person.

use chrono::NaiveDate;
use domain::code::Code;
use domain::unemployment::benefit::kept::RegisterCheck;
use domain::unemployment::benefit::status::BenefitStatus;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::views::codes;
use crate::http::views::dossiers::BlockerView;

/// An earlier benefit of the same person
#[derive(Debug, Serialize, ToSchema)]
pub struct EarlierView {
    /// Identity
    pub benefit: String,
    /// Where it stands
    #[schema(schema_with = codes::<BenefitStatus>)]
    pub status: BenefitStatus,
    /// Day of its decision
    pub decided_on: NaiveDate,
    /// Contributed months that counted then
    pub months_counted: u32,
    /// Those of them that it has left, or would leave by its decision while it runs
    pub months_kept: u32,
    /// Those of them that it has used up
    pub months_used: u32,
}

/// A claim beside what the register knows; nothing of the claim is replaced
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisterCheckView {
    /// Months used by earlier benefits, as the claim states
    pub months_stated: u32,
    /// Months used by earlier benefits, as the register knows
    pub months_known: u32,
    /// Contributed months that the last benefit has left
    pub months_left: u32,
    /// What does not agree, or is not certain; empty when all is well
    pub findings: Vec<BlockerView>,
    /// Earlier benefits, oldest first
    pub earlier: Vec<EarlierView>,
}

impl RegisterCheckView {
    /// A check as it is shown.
    pub fn of(check: &RegisterCheck) -> Self {
        Self {
            months_stated: check.months_stated,
            months_known: check.months_known,
            months_left: check.months_left,
            findings: check
                .findings
                .iter()
                .map(|f| BlockerView {
                    code: f.to_string(),
                    message_vi: f.label_vi().to_owned(),
                    message_en: f.label_en().to_owned(),
                })
                .collect(),
            earlier: check
                .earlier
                .iter()
                .map(|e| EarlierView {
                    benefit: e.benefit.to_string(),
                    status: e.status,
                    decided_on: e.decided_on,
                    months_counted: e.months_counted,
                    months_kept: e.months_kept,
                    months_used: e.months_used,
                })
                .collect(),
        }
    }
}
