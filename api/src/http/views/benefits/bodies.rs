//! Bodies of what is asked of benefits, made into commands.

use chrono::NaiveDate;
use domain::dossier::transition::Violation;
use domain::person::{Name, PersonalId};
use domain::text;
use domain::unemployment::benefit::arrival::Arrival;
use domain::unemployment::benefit::command::Command;
use domain::unemployment::benefit::exemption;
use domain::unemployment::life::{EndCause, Excuse, ExemptionGround};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::app::benefits::Asked;
use crate::http::views::{codes, codes_or_null};

/// A body of an action on a benefit, made into a command.
pub trait BenefitBody: Validate + serde::de::DeserializeOwned {
    /// The command.
    ///
    /// # Errors
    /// Everything that is wrong with its texts.
    fn asked(self) -> Result<Asked, Vec<Violation>>;
}

/// Reads texts and collects everything that is wrong with them.
#[derive(Default)]
struct Texts(Vec<Violation>);

impl Texts {
    fn read(&mut self, pointer: &str, raw: &str, max: usize) -> String {
        text::lines(raw, max).unwrap_or_else(|error| {
            // The error's own words name the rule, never the value.
            let vi = "Nội dung có ký tự không hợp lệ.";
            self.0.push(Violation::new(pointer.to_owned(), "invalid", vi, &error.to_string()));
            String::new()
        })
    }

    fn maybe(&mut self, pointer: &str, raw: Option<&String>, max: usize) -> Option<String> {
        raw.map(|raw| self.read(pointer, raw, max))
    }

    fn done(self, command: Command, note: Option<String>) -> Result<Asked, Vec<Violation>> {
        if self.0.is_empty() { Ok(Asked { command, note }) } else { Err(self.0) }
    }
}

const LONG: usize = 2000;
const SHORT: usize = 200;

macro_rules! benefit_bodies {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident : $ty:ty),* $(,)? } => |$body:ident, $texts:ident| $command:expr;)+) => { $(
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

        impl BenefitBody for $name {
            fn asked(self) -> Result<Asked, Vec<Violation>> {
                let mut texts = Texts::default();
                let note = texts.maybe("/note", self.note.as_ref(), LONG);
                let command: Command = {
                    let ($body, $texts) = (&self, &mut texts);
                    $command
                };
                texts.done(command, note)
            }
        }
    )+ };
}

benefit_bodies! {
    /// A declaration of job search
    DeclarationBody {
        /// The benefit month; the one whose days run, when not given
        #[serde(default)] #[validate(range(min = 1, max = 100))] #[schema(minimum = 1, maximum = 100)]
        month: Option<u32>,
        /// Why it is late, as papers prove: for officers only
        #[serde(default)] #[schema(schema_with = codes_or_null::<Excuse>)]
        excuse: Option<Excuse>,
        /// Where work was looked for
        #[serde(default)] #[validate(length(max = 20))] #[schema(max_items = 20)]
        searched: Vec<String>,
    } => |body, texts| Command::Declare {
        month: body.month,
        excuse: body.excuse,
        searched: body.searched.iter().enumerate()
            .map(|(i, place)| texts.read(&format!("/searched/{i}"), place, SHORT)).collect(),
    };
    /// Why and for which days nobody has to declare, as papers prove
    ExemptionBody {
        /// The ground, as the law knows it
        #[schema(schema_with = codes::<ExemptionGround>)]
        ground: ExemptionGround,
        /// First day
        from: NaiveDate,
        /// Last day; the last of the benefit when not given
        #[serde(default)]
        to: Option<NaiveDate>,
        /// In words
        #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000, example = "Điều trị nội trú")]
        reason: String,
        /// The paper that proves it
        #[validate(length(min = 1, max = 200))] #[schema(min_length = 1, max_length = 200, example = "Giấy ra viện số 15")]
        evidence: String,
    } => |body, texts| Command::Exempt(exemption::Asked {
        ground: body.ground,
        from: body.from,
        to: body.to,
        reason: texts.read("/reason", &body.reason, LONG),
        evidence: texts.read("/evidence", &body.evidence, SHORT),
    });
    /// Which exemption was a mistake
    WithdrawExemptionBody {
        /// Its number in the list of declarations
        #[validate(range(min = 1, max = 10000))] #[schema(minimum = 1, maximum = 10000, example = 1)]
        number: u32,
        /// Why
        #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000, example = "Nhập nhầm người")]
        reason: String,
    } => |body, texts| Command::WithdrawExemption {
        number: body.number,
        reason: texts.read("/reason", &body.reason, LONG),
    };
    /// A job that was offered and refused without a reason that counts
    RefusalBody {
        /// The day
        on: NaiveDate,
        /// The job as it was offered
        #[validate(length(min = 1, max = 200))] #[schema(min_length = 1, max_length = 200, example = "Công nhân may, khu công nghiệp Phú Tài")]
        job: String,
    } => |body, texts| Command::Refuse { on: body.on, job: texts.read("/job", &body.job, SHORT) };
    /// Why it is suspended, beside the month that was missed
    SuspendBody {
        /// In words
        #[serde(default)] #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: Option<String>,
        /// Number of the decision
        #[serde(default)] #[validate(length(min = 1, max = 100))] #[schema(min_length = 1, max_length = 100)]
        decision_number: Option<String>,
    } => |body, texts| Command::Suspend {
        reason: texts.maybe("/reason", body.reason.as_ref(), LONG),
        decision_number: texts.maybe("/decision_number", body.decision_number.as_ref(), SHORT),
    };
    /// Why it goes on
    ResumeBody {
        /// In words
        #[serde(default)] #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: Option<String>,
        /// Number of the decision
        #[serde(default)] #[validate(length(min = 1, max = 100))] #[schema(min_length = 1, max_length = 100)]
        decision_number: Option<String>,
    } => |body, texts| Command::Resume {
        reason: texts.maybe("/reason", body.reason.as_ref(), LONG),
        decision_number: texts.maybe("/decision_number", body.decision_number.as_ref(), SHORT),
    };
    /// Why it ends
    TerminateBody {
        /// Cause, of those the law knows
        #[schema(schema_with = codes::<EndCause>)]
        cause: EndCause,
        /// Day of the cause; reckoned for `period_over` and `silent_months`
        #[serde(default)]
        on: Option<NaiveDate>,
        /// In words
        #[serde(default)] #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: Option<String>,
        /// Number of the decision
        #[serde(default)] #[validate(length(min = 1, max = 100))] #[schema(min_length = 1, max_length = 100, example = "12/QĐ-SLĐTBXH")]
        decision_number: Option<String>,
    } => |body, texts| Command::Terminate {
        cause: body.cause,
        on: body.on,
        reason: texts.maybe("/reason", body.reason.as_ref(), LONG),
        decision_number: texts.maybe("/decision_number", body.decision_number.as_ref(), SHORT),
    };
    /// Why the decision is cancelled
    CancelBody {
        /// In words
        #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: String,
        /// Number of the decision that cancels
        #[validate(length(min = 1, max = 100))] #[schema(min_length = 1, max_length = 100)]
        decision_number: String,
    } => |body, texts| Command::Cancel {
        reason: texts.read("/reason", &body.reason, LONG),
        decision_number: texts.read("/decision_number", &body.decision_number, SHORT),
    };
    /// Where it goes on
    TransferBody {
        /// The province
        #[validate(length(min = 1, max = 200))] #[schema(min_length = 1, max_length = 200, example = "Đà Nẵng")]
        to_province: String,
        /// In words
        #[serde(default)] #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: Option<String>,
    } => |body, texts| Command::Transfer {
        to_province: texts.read("/to_province", &body.to_province, SHORT),
        reason: texts.maybe("/reason", body.reason.as_ref(), LONG),
    };
    /// A month that was paid
    PaymentBody {
        /// The benefit month
        #[validate(range(min = 1, max = 100))] #[schema(minimum = 1, maximum = 100, example = 1)]
        month: u32,
        /// Day of the payment
        paid_on: NaiveDate,
        /// Number of the payment
        #[validate(length(min = 1, max = 100))] #[schema(min_length = 1, max_length = 100, example = "UNC-0001")]
        reference: String,
    } => |body, texts| Command::Pay {
        month: body.month,
        paid_on: body.paid_on,
        reference: texts.read("/reference", &body.reference, SHORT),
    };
    /// What is demanded back
    RecoverBody {
        /// Months that were paid wrongly; all that are known when empty
        #[serde(default)] #[validate(length(max = 100))] #[schema(max_items = 100)]
        months: Vec<u32>,
        /// Why
        #[validate(length(min = 1, max = 2000))] #[schema(min_length = 1, max_length = 2000)]
        reason: String,
        /// Number of the decision
        #[validate(length(min = 1, max = 100))] #[schema(min_length = 1, max_length = 100)]
        decision_number: String,
    } => |body, texts| Command::Recover {
        months: body.months.clone(),
        reason: texts.read("/reason", &body.reason, LONG),
        decision_number: texts.read("/decision_number", &body.decision_number, SHORT),
    };
    /// Money that came back
    RepaymentBody {
        /// Whole đồng
        #[validate(range(min = 1, max = 1000000000000_i64))] #[schema(minimum = 1, maximum = 1000000000000_i64)]
        amount_vnd: i64,
        /// The day
        on: NaiveDate,
        /// Number of the receipt
        #[validate(length(min = 1, max = 100))] #[schema(min_length = 1, max_length = 100, example = "BL-0001")]
        reference: String,
    } => |body, texts| Command::Repay {
        amount_vnd: body.amount_vnd,
        on: body.on,
        reference: texts.read("/reference", &body.reference, SHORT),
    };
}

/// What the letter of the other province says
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveBody {
    /// Unit that follows it from now on
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "H08.15")]
    pub unit: String,
    /// Name of who draws it
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "Trần Văn Bình")]
    pub name: String,
    /// Personal identifier
    #[validate(length(min = 9, max = 20))]
    #[schema(min_length = 9, max_length = 20, example = "048190000001")]
    pub personal_id: String,
    /// Day on which the contract ended, which decides the law
    pub terminated_on: NaiveDate,
    /// Number of the decision that granted it
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub decision_number: String,
    /// Day of the decision
    pub decided_on: NaiveDate,
    /// Monthly benefit, whole đồng
    #[validate(range(min = 1, max = 10000000000_i64))]
    #[schema(minimum = 1, maximum = 10000000000_i64, example = 4800000)]
    pub monthly_vnd: i64,
    /// First day of the benefit
    pub starts_on: NaiveDate,
    /// Benefit months in all
    #[validate(range(min = 1, max = 100))]
    #[schema(minimum = 1, maximum = 100, example = 4)]
    pub months: u32,
    /// Of these, paid in the other province
    #[validate(range(max = 100))]
    #[schema(maximum = 100, example = 1)]
    pub months_drawn: u32,
    /// Contributed months that counted
    #[validate(range(max = 1200))]
    #[schema(maximum = 1200, example = 55)]
    pub months_counted: u32,
    /// Contributed months that the decision reserved
    #[serde(default)]
    #[validate(range(max = 1200))]
    #[schema(maximum = 1200, example = 7)]
    pub months_reserved: u32,
    /// The province it comes from
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "Đà Nẵng")]
    pub from_province: String,
    /// The day it arrived
    pub arrived_on: NaiveDate,
    /// Number of the letter of introduction
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub letter_number: String,
    /// A word for the record
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub note: Option<String>,
}

impl ReceiveBody {
    /// The arrival, and the note.
    ///
    /// # Errors
    /// Everything that is wrong with people and texts.
    pub fn domain(self) -> Result<(Arrival, Option<String>), Vec<Violation>> {
        let mut texts = Texts::default();
        let decision_number = texts.read("/decision_number", &self.decision_number, SHORT);
        let letter_number = texts.read("/letter_number", &self.letter_number, SHORT);
        let from_province = texts.read("/from_province", &self.from_province, SHORT);
        let note = texts.maybe("/note", self.note.as_ref(), LONG);
        let name = Name::parse(&self.name).map_err(|e| {
            texts.0.push(Violation::new("/name".into(), "invalid", "Họ tên không hợp lệ.", &e.to_string()));
        });
        let personal_id = PersonalId::parse(&self.personal_id).map_err(|e| {
            let vi = "Số định danh không hợp lệ.";
            texts.0.push(Violation::new("/personal_id".into(), "invalid", vi, &e.to_string()));
        });
        let (Ok(name), Ok(personal_id), true) = (name, personal_id, texts.0.is_empty()) else {
            return Err(texts.0);
        };
        let arrival = Arrival {
            unit: self.unit,
            name,
            personal_id,
            terminated_on: self.terminated_on,
            decision_number,
            decided_on: self.decided_on,
            monthly_vnd: self.monthly_vnd,
            starts_on: self.starts_on,
            months: self.months,
            months_drawn: self.months_drawn,
            months_counted: self.months_counted,
            months_reserved: self.months_reserved,
            from_province,
            arrived_on: self.arrived_on,
            letter_number,
        };
        Ok((arrival, note))
    }
}
