//! What is declared for, month by month, and what frees from it.

use chrono::NaiveDate;
use domain::code::Code;
use domain::unemployment::benefit::Benefit;
use domain::unemployment::benefit::exemption::Exemption;
use domain::unemployment::benefit::months::Month;
use domain::unemployment::benefit::status::MonthState;
use domain::unemployment::life::{Excuse, ExemptionGround};
use persistence::benefits::Held;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::views::{At, codes, codes_or_null};

/// A benefit month as it stands today
#[derive(Debug, Serialize, ToSchema)]
pub struct MonthView {
    /// From 1
    pub month: u32,
    /// First day
    pub from: NaiveDate,
    /// Last day
    pub to: NaiveDate,
    /// Whole đồng
    #[schema(example = 4800000)]
    pub amount_vnd: i64,
    /// What it is worth today
    #[schema(schema_with = codes::<MonthState>)]
    pub state: MonthState,
    /// Vietnamese label of the state
    pub state_label: String,
    /// First day to declare; null where no declaration is needed
    pub declare_from: Option<NaiveDate>,
    /// Last day to declare
    pub declare_by: Option<NaiveDate>,
    /// What frees from declaring for it; null where nothing does
    #[schema(schema_with = codes_or_null::<ExemptionGround>)]
    pub exempt: Option<ExemptionGround>,
    /// When it was declared for
    pub declared_at: Option<At>,
    /// First day to pay
    pub pay_from: Option<NaiveDate>,
    /// Last day to pay
    pub pay_by: Option<NaiveDate>,
    /// When it was paid
    pub paid_on: Option<NaiveDate>,
    /// Number of the payment
    pub payment_reference: Option<String>,
}

impl MonthView {
    /// A month as it stands.
    pub(super) fn of(benefit: &Benefit, m: &Month) -> Self {
        let declared = benefit.life.declarations.iter().find(|d| d.month == m.number);
        let paid = benefit.life.payments.iter().find(|p| p.month == m.number);
        Self {
            month: m.number,
            from: m.from,
            to: m.to,
            amount_vnd: m.amount_vnd.0,
            state: m.state,
            state_label: m.state.label_vi().to_owned(),
            declare_from: m.declare.map(|w| w.from),
            declare_by: m.declare.map(|w| w.by),
            exempt: m.exempt,
            declared_at: declared.map(|d| At(d.at)),
            pay_from: m.pay.map(|w| w.from),
            pay_by: m.pay.map(|w| w.by),
            paid_on: paid.map(|p| p.paid_on),
            payment_reference: paid.map(|p| p.reference.clone()),
        }
    }
}

/// A declaration of job search
#[derive(Debug, Serialize, ToSchema)]
pub struct DeclarationView {
    /// The benefit month it is for
    pub month: u32,
    /// When it was made
    pub at: At,
    /// Who took it down: a user name
    pub by: String,
    /// Why it was accepted late; null when it came in time
    #[schema(schema_with = codes_or_null::<Excuse>)]
    pub excuse: Option<Excuse>,
    /// Where work was looked for
    pub searched: Vec<String>,
}

/// A period in which nobody has to declare
#[derive(Debug, Serialize, ToSchema)]
pub struct ExemptionView {
    /// Its number, from 1 in the order in which they were recorded
    #[schema(example = 1)]
    pub number: u32,
    /// The ground
    #[schema(schema_with = codes::<ExemptionGround>)]
    pub ground: ExemptionGround,
    /// Vietnamese label of the ground
    pub ground_label: String,
    /// First day
    pub from: NaiveDate,
    /// Last day
    pub to: NaiveDate,
    /// In words; null for those who do not work dossiers
    pub reason: Option<String>,
    /// The paper that proves it; null for those who do not work dossiers
    pub evidence: Option<String>,
    /// Law and article
    pub article: String,
    /// When it was recorded
    pub at: At,
    /// Who recorded it: a user name
    pub by: String,
    /// When it was withdrawn as a mistake; null while it stands
    pub withdrawn_at: Option<At>,
    /// Who withdrew it: a user name
    pub withdrawn_by: Option<String>,
    /// Why; null for those who do not work dossiers
    pub withdrawn_reason: Option<String>,
}

impl ExemptionView {
    fn of((number, e): (u32, &Exemption), sees_persons: bool) -> Self {
        let withdrawn = e.withdrawn.as_ref();
        Self {
            number,
            ground: e.ground,
            ground_label: e.ground.label_vi().to_owned(),
            from: e.from,
            to: e.to,
            reason: sees_persons.then(|| e.reason.clone()),
            evidence: sees_persons.then(|| e.evidence.clone()),
            article: e.article.clone(),
            at: At(e.at),
            by: e.by.clone(),
            withdrawn_at: withdrawn.map(|w| At(w.at)),
            withdrawn_by: withdrawn.map(|w| w.by.clone()),
            withdrawn_reason: withdrawn.filter(|_| sees_persons).map(|w| w.reason.clone()),
        }
    }
}

/// Declarations of a benefit, and the next that is due
#[derive(Debug, Serialize, ToSchema)]
pub struct DeclarationsView {
    /// First day of the next one
    pub declare_from: Option<NaiveDate>,
    /// Last day of the next one
    pub declare_by: Option<NaiveDate>,
    /// Declarations, in the order they were made
    pub items: Vec<DeclarationView>,
    /// Periods in which nobody has to declare, in the order they were recorded
    pub exemptions: Vec<ExemptionView>,
}

impl DeclarationsView {
    /// The declarations of a benefit as the actor may see them: reasons and papers tell of illness.
    pub fn of(held: &Held, sees_persons: bool) -> Self {
        let made = held.benefit.life.declarations.iter();
        Self {
            declare_from: held.agenda.declare.map(|w| w.from),
            declare_by: held.agenda.declare.map(|w| w.by),
            items: made
                .map(|d| DeclarationView {
                    month: d.month,
                    at: At(d.at),
                    by: d.by.clone(),
                    excuse: d.excuse,
                    searched: d.searched.clone(),
                })
                .collect(),
            exemptions: (1..)
                .zip(&held.benefit.life.exemptions)
                .map(|numbered| ExemptionView::of(numbered, sees_persons))
                .collect(),
        }
    }
}
