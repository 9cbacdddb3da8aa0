//! The bodies of the actions, made into commands.

use chrono::NaiveDate;
use domain::dossier::command::{Command, DeclineReason, HandOverBy, StopReason};
use domain::dossier::status::Outcome;
use domain::dossier::transition::Violation;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use super::submission::Faults;
use crate::app::dossiers::Asked;
use crate::http::views::codes;
use crate::http::views::papers::PaperBody;

macro_rules! action_bodies {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident : $ty:ty),* $(,)? } => |$body:ident, $faults:ident| $command:expr;)+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$fmeta])* pub $field: $ty,)*
            /// A word for the record
            #[serde(default)]
            #[validate(length(min = 1, max = 2000))]
            #[schema(min_length = 1, max_length = 2000)]
            pub note: Option<String>,
        }

        impl ActionBody for $name {
            fn asked(self) -> Result<Asked, Vec<Violation>> {
                let mut faults = Faults::default();
                let note = faults.line("/note", self.note.clone(), 2000);
                let ($body, $faults) = (self, &mut faults);
                let (command, form): (Option<Command>, Option<Value>) = $command;
                match command {
                    Some(command) if faults.0.is_empty() => Ok(Asked { command, form, note }),
                    _ => Err(faults.0),
                }
            }
        }
    )+ };
}

/// A body of an action, made into a command.
pub trait ActionBody: Validate + serde::de::DeserializeOwned {
    /// The command.
    ///
    /// # Errors
    /// Everything that is wrong with its texts.
    fn asked(self) -> Result<Asked, Vec<Violation>>;
}

/// A reason of at most 2,000 characters.
fn said(faults: &mut Faults, raw: String) -> Option<String> {
    faults.line("/reason", Some(raw), 2000)
}

action_bodies! {
    /// Nothing but, perhaps, a note
    AcceptBody {} => |_body, _faults| (Some(Command::Accept), None);
    /// Nothing but, perhaps, a note
    StartBody {} => |_body, _faults| (Some(Command::Start), None);
    /// Nothing but, perhaps, a note
    ForwardBody {} => |_body, _faults| (Some(Command::Forward), None);
    /// Why it is not accepted
    DeclineBody {
        /// In words
        #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: String,
        /// Coded
        #[schema(schema_with = codes::<DeclineReason>)]
        reason_code: DeclineReason,
        /// Provision it rests on
        #[serde(default)] #[validate(length(min = 1, max = 500))] #[schema(min_length = 1, max_length = 500)]
        legal_basis: Option<String>,
    } => |body, faults| {
        let reason = said(faults, body.reason);
        let legal_basis = faults.line("/legal_basis", body.legal_basis, 500);
        (reason.map(|reason| Command::Decline { reason, reason_code: body.reason_code, legal_basis }), None)
    };
    /// What is missing
    RequestSupplementBody {
        /// In words
        #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: String,
        /// Codes of the papers wanted
        #[serde(default)] #[validate(length(max = 100))] #[schema(max_items = 100)]
        missing: Vec<String>,
        /// Last day to bring them
        until: NaiveDate,
    } => |body, faults| {
        let reason = said(faults, body.reason);
        (reason.map(|reason| Command::RequestSupplement { reason, missing: body.missing, until: Some(body.until) }), None)
    };
    /// What is handed in now
    SupplementBody {
        /// Papers
        #[serde(default)] #[validate(length(max = 100), nested)] #[schema(max_items = 100)]
        papers: Vec<PaperBody>,
        /// The whole form, changed
        #[serde(default)] #[schema(value_type = Option<Object>)]
        form: Option<Value>,
    } => |body, _faults| {
        let changes_form = body.form.is_some();
        (Some(Command::Supplement { papers: PaperBody::domain(body.papers), changes_form }), body.form)
    };
    /// What is to be paid
    RequestPaymentBody {
        /// Whole đồng
        #[validate(range(min = 1, max = 1000000000000_i64))] #[schema(minimum = 1, maximum = 1000000000000_i64)]
        amount_vnd: i64,
        /// What for
        #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: String,
    } => |body, faults| {
        let reason = said(faults, body.reason);
        (reason.map(|reason| Command::RequestPayment { amount_vnd: Some(body.amount_vnd), reason }), None)
    };
    /// The payment
    ConfirmPaymentBody {
        /// Number of the payment
        #[validate(length(min = 1, max = 100))] #[schema(min_length = 1, max_length = 100)]
        reference: String,
    } => |body, faults| {
        let reference = faults.line("/reference", Some(body.reference), 100);
        (reference.map(|reference| Command::ConfirmPayment { reference }), None)
    };
    /// Where it goes back to
    SendBackBody {
        /// Order of the stage
        #[validate(range(min = 1, max = 100))] #[schema(minimum = 1, maximum = 100)]
        to_stage: i32,
        /// Why
        #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: String,
    } => |body, faults| {
        let reason = said(faults, body.reason);
        (reason.map(|reason| Command::SendBack { to_stage: body.to_stage, reason }), None)
    };
    /// What is proposed
    ProposeBody {
        /// Outcome
        #[schema(schema_with = codes::<Outcome>)]
        outcome: Outcome,
        /// Why; needed where it departs from the assessment
        #[serde(default)] #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: Option<String>,
    } => |body, faults| {
        let reason = faults.line("/reason", body.reason, 2000);
        (Some(Command::Propose { outcome: body.outcome, reason }), None)
    };
    /// What is decided
    DecideBody {
        /// Outcome
        #[schema(schema_with = codes::<Outcome>)]
        outcome: Outcome,
        /// Number of the decision
        #[validate(length(min = 1, max = 100))] #[schema(min_length = 1, max_length = 100, example = "101/QĐ-SLĐTBXH")]
        decision_number: String,
        /// Day of the decision; today without it
        #[serde(default)]
        decided_on: Option<NaiveDate>,
        /// Needed where it departs from the assessment or the proposal
        #[serde(default)] #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: Option<String>,
    } => |body, faults| {
        let reason = faults.line("/reason", body.reason, 2000);
        let number = faults.line("/decision_number", Some(body.decision_number), 100);
        (number.map(|number| Command::Decide { outcome: body.outcome, number, on: body.decided_on, reason }), None)
    };
    /// The new due day
    ExtendBody {
        /// Why
        #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: String,
        /// The day; rolls forward off a day off
        until: NaiveDate,
    } => |body, faults| {
        let reason = said(faults, body.reason);
        (reason.map(|reason| Command::Extend { reason, until: body.until }), None)
    };
    /// How the result is handed over
    HandOverBody {
        /// How
        #[schema(schema_with = codes::<HandOverBy>)]
        how: HandOverBy,
    } => |body, _faults| (Some(Command::HandOver { how: body.how }), None);
    /// Why it is withdrawn
    WithdrawBody {
        /// In words
        #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: String,
    } => |body, faults| {
        let reason = said(faults, body.reason);
        (reason.map(|reason| Command::Withdraw { reason }), None)
    };
    /// Why it is stopped
    StopBody {
        /// In words
        #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: String,
        /// Coded
        #[schema(schema_with = codes::<StopReason>)]
        reason_code: StopReason,
    } => |body, faults| {
        let reason = said(faults, body.reason);
        (reason.map(|reason| Command::Stop { reason, reason_code: body.reason_code }), None)
    };
}
