//! Dossiers, their events, papers, deadlines, and what is asked of them.

use chrono::NaiveDate;
use domain::code::Code;
use domain::dossier::command::{Command, DeclineReason, HandOverBy, PaperIn, StopReason};
use domain::dossier::status::{Clock, Outcome, Status};
use domain::dossier::transition::Violation;
use domain::person::{Applicant, Name, PersonalId, Phone, Representative, Sex};
use domain::procedure::Channel;
use domain::text;
use persistence::dossiers::{Listed, Paper, Stored};
use persistence::events::Recorded;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::unemployment::{AssessmentView, DayView, RemainingView};
use super::{At, codes, codes_or_null};
use crate::app::Cx;
use crate::app::dossiers::{Asked, Submission, remaining};

/// The person the result concerns
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicantBody {
    /// Name
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "Nguyễn Thị Lan")]
    pub name: String,
    /// Personal identifier, 12 digits (9 of an old identity card)
    #[validate(length(min = 9, max = 20))]
    #[schema(min_length = 9, max_length = 20, example = "052190000001")]
    pub personal_id: String,
    /// Date of birth
    #[serde(default)]
    pub born_on: Option<NaiveDate>,
    /// Sex
    #[serde(default)]
    #[schema(schema_with = codes_or_null::<Sex>)]
    pub sex: Option<Sex>,
    /// Phone
    #[serde(default)]
    #[validate(length(min = 8, max = 30))]
    #[schema(min_length = 8, max_length = 30, example = "0905000001")]
    pub phone: Option<String>,
}

/// Who acts for the applicant
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RepresentativeBody {
    /// Name
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Personal identifier
    #[validate(length(min = 9, max = 20))]
    #[schema(min_length = 9, max_length = 20)]
    pub personal_id: String,
    /// What they are to the applicant
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub relation: Option<String>,
}

/// A paper handed in: on paper, or as a file
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperBody {
    /// Code of the paper in the procedure
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "mau_03")]
    pub code: String,
    /// Handed in on paper
    #[serde(default)]
    pub original: bool,
    /// Identifier of the file it is handed in as
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub upload: Option<String>,
}

impl PaperBody {
    fn domain(papers: Vec<Self>) -> Vec<PaperIn> {
        papers.into_iter().map(|p| PaperIn { code: p.code, original: p.original, upload: p.upload }).collect()
    }
}

/// A whole package
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitDossier {
    /// National code of the procedure
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "1.001978")]
    pub procedure: String,
    /// Unit that is to receive it
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "H08.15")]
    pub unit: String,
    /// How it comes in
    #[schema(schema_with = codes::<Channel>)]
    pub channel: Channel,
    /// The person the result concerns
    #[validate(nested)]
    pub applicant: ApplicantBody,
    /// Who acts for the applicant
    #[serde(default)]
    #[validate(nested)]
    pub representative: Option<RepresentativeBody>,
    /// What was filled in, by the procedure's form schema
    #[schema(value_type = Object)]
    pub form: Value,
    /// Papers handed in
    #[serde(default)]
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub papers: Vec<PaperBody>,
    /// A word for the record
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub note: Option<String>,
}

/// Collects everything that is wrong with texts and people.
#[derive(Default)]
struct Faults(Vec<Violation>);

impl Faults {
    fn take<T, E: std::fmt::Display>(&mut self, pointer: &str, read: Result<T, E>, vi: &str) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                // The error's own words name the rule, never the value.
                self.0.push(Violation::new(pointer.to_owned(), "invalid", vi, &format!("{error}")));
                None
            }
        }
    }

    fn line(&mut self, pointer: &str, raw: Option<String>, max: usize) -> Option<String> {
        raw.and_then(|raw| self.take(pointer, text::lines(&raw, max), "Nội dung có ký tự không hợp lệ."))
    }
}

impl SubmitDossier {
    /// The package in the domain's own types.
    ///
    /// # Errors
    /// Everything that is wrong with people and texts.
    pub fn domain(self) -> Result<Submission, Vec<Violation>> {
        let mut faults = Faults::default();
        let a = self.applicant;
        let name = faults.take("/applicant/name", Name::parse(&a.name), "Họ tên không hợp lệ.");
        let id = faults.take(
            "/applicant/personal_id",
            PersonalId::parse(&a.personal_id),
            "Số định danh không hợp lệ.",
        );
        let phone = a
            .phone
            .and_then(|p| faults.take("/applicant/phone", Phone::parse(&p), "Số điện thoại không hợp lệ."));
        let representative = self.representative.and_then(|r| {
            let name = faults.take("/representative/name", Name::parse(&r.name), "Họ tên không hợp lệ.");
            let id = PersonalId::parse(&r.personal_id);
            let id = faults.take("/representative/personal_id", id, "Số định danh không hợp lệ.");
            let relation = faults.line("/representative/relation", r.relation, 200);
            Some(Representative { name: name?, personal_id: id?, relation })
        });
        let note = faults.line("/note", self.note, 2000);
        match (name, id) {
            (Some(name), Some(personal_id)) if faults.0.is_empty() => Ok(Submission {
                procedure: self.procedure,
                unit: self.unit,
                channel: self.channel,
                applicant: Applicant { name, personal_id, born_on: a.born_on, sex: a.sex, phone },
                representative,
                form: self.form,
                papers: PaperBody::domain(self.papers),
                note,
            }),
            _ => Err(faults.0),
        }
    }
}

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

/// Whether nothing is to be kept
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DryRun {
    /// Full checks and the full answer, nothing written
    #[serde(default)]
    pub dry_run: bool,
}

/// What of a dossier everybody who may see it sees
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierSummary {
    /// Dossier code
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// Status
    #[schema(schema_with = codes::<Status>)]
    pub status: Status,
    /// Number of the status in the national list, 1 to 10
    #[schema(minimum = 1, maximum = 10, example = 1)]
    pub status_code: u8,
    /// Vietnamese label of the status
    #[schema(example = "Mới đăng ký")]
    pub status_label: String,
    /// National code of the procedure
    #[schema(example = "1.001978")]
    pub procedure: String,
    /// Unit that received it
    #[schema(example = "H08.15")]
    pub unit: String,
    /// How it came in
    #[schema(schema_with = codes::<Channel>)]
    pub channel: Channel,
    /// Result, once decided
    #[schema(schema_with = codes_or_null::<Outcome>)]
    pub outcome: Option<Outcome>,
    /// Submitted
    pub submitted_at: At,
    /// Accepted
    pub accepted_at: Option<At>,
    /// Due; null before acceptance, while paused, and where no limit is known
    pub due_at: Option<At>,
    /// Decided
    pub completed_at: Option<At>,
    /// Whether the time limit runs
    #[schema(schema_with = codes::<Clock>)]
    pub clock: Clock,
    /// Stage it is at, from 1
    pub stage: i32,
    /// Version; stands in the `ETag`
    pub version: i64,
    /// Applicant's name; initials for those who do not work dossiers
    #[schema(example = "Nguyễn Thị Lan")]
    pub applicant_name: String,
    /// Applicant's identifier, masked
    #[schema(example = "********0001")]
    pub applicant_personal_id: String,
}

impl DossierSummary {
    /// A line of a list.
    pub fn of(d: &Listed, sees_persons: bool) -> Self {
        Self {
            code: d.code.clone(),
            status: d.status,
            status_code: d.status.number(),
            status_label: d.status.label_vi().to_owned(),
            procedure: d.procedure.clone(),
            unit: d.unit.clone(),
            channel: d.channel,
            outcome: d.outcome,
            submitted_at: At(d.submitted_at),
            accepted_at: d.accepted_at.map(At),
            due_at: d.due_at.map(At),
            completed_at: d.completed_at.map(At),
            clock: d.clock,
            stage: d.stage,
            version: d.version,
            applicant_name: shown_name(&d.applicant_name, sees_persons),
            applicant_personal_id: text::mask(&d.personal_id, 4),
        }
    }
}

fn shown_name(name: &str, sees_persons: bool) -> String {
    if sees_persons { name.to_owned() } else { text::initials(name) }
}

/// The person the result concerns, as far as the caller may know
#[derive(Debug, Serialize, ToSchema)]
pub struct ApplicantView {
    /// Name, or initials
    pub name: String,
    /// Identifier, or masked
    pub personal_id: String,
    /// Date of birth
    pub born_on: Option<NaiveDate>,
    /// Sex
    #[schema(schema_with = codes_or_null::<Sex>)]
    pub sex: Option<Sex>,
    /// Phone, or masked
    pub phone: Option<String>,
}

impl ApplicantView {
    fn of(a: &Applicant, sees_persons: bool) -> Self {
        let phone = a.phone.as_ref().map(Phone::as_str);
        if sees_persons {
            return Self {
                name: a.name.as_str().to_owned(),
                personal_id: a.personal_id.as_str().to_owned(),
                born_on: a.born_on,
                sex: a.sex,
                phone: phone.map(ToOwned::to_owned),
            };
        }
        Self {
            name: text::initials(a.name.as_str()),
            personal_id: text::mask(a.personal_id.as_str(), 4),
            born_on: None,
            sex: None,
            phone: phone.map(|p| text::mask(p, 3)),
        }
    }
}

/// What is put before the approver
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalView {
    /// Outcome proposed
    #[schema(schema_with = codes::<Outcome>)]
    pub outcome: Outcome,
    /// Why
    pub reason: Option<String>,
    /// When
    pub at: At,
}

/// The decision
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionView {
    /// Number
    pub number: String,
    /// Day
    pub on: NaiveDate,
    /// Why, where it departs
    pub reason: Option<String>,
}

/// A dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierView {
    /// What lists show
    #[serde(flatten)]
    pub summary: DossierSummary,
    /// Vietnamese name of the procedure
    pub procedure_name: String,
    /// Vietnamese name of the unit
    pub unit_name: String,
    /// The person the result concerns
    pub applicant: ApplicantView,
    /// Whether somebody acts for the applicant
    pub represented: bool,
    /// What was filled in; null for those who do not work dossiers
    #[schema(value_type = Option<Object>)]
    pub form: Option<Value>,
    /// Stage names
    pub stage_name: Option<String>,
    /// Declined, withdrawn or stopped
    pub ended_at: Option<At>,
    /// Result handed over
    pub returned_at: Option<At>,
    /// Last day of the open supplement request
    pub supplement_until: Option<NaiveDate>,
    /// Time left
    pub remaining: Option<RemainingView>,
    /// What is put before the approver
    pub proposal: Option<ProposalView>,
    /// What the law says, for procedures that law decides
    pub assessment: Option<AssessmentView>,
    /// The decision
    pub decision: Option<DecisionView>,
    /// What the national portal said of it
    #[schema(value_type = Option<Object>)]
    pub portal: Option<Value>,
    /// Secret by which the applicant may follow it; shown once, on submission
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_secret: Option<String>,
}

impl DossierView {
    /// A dossier as the actor may see it.
    pub fn of(cx: &Cx, stored: &Stored) -> Self {
        let d = &stored.dossier;
        let sees = cx.actor.sees_persons();
        let entry = cx.reference.version(d.procedure_version).ok();
        let proposal = d.proposal.as_ref();
        Self {
            summary: DossierSummary {
                code: d.code.as_str().to_owned(),
                status: d.status,
                status_code: d.status.number(),
                status_label: d.status.label_vi().to_owned(),
                procedure: d.procedure.clone(),
                unit: d.unit.clone(),
                channel: d.channel,
                outcome: d.outcome,
                submitted_at: At(d.submitted_at),
                accepted_at: d.accepted_at.map(At),
                due_at: d.due_at.map(At),
                completed_at: d.completed_at.map(At),
                clock: d.clock,
                stage: d.stage,
                version: d.version,
                applicant_name: shown_name(d.applicant.name.as_str(), sees),
                applicant_personal_id: text::mask(d.applicant.personal_id.as_str(), 4),
            },
            procedure_name: entry.map(|e| e.procedure.name_vi.clone()).unwrap_or_default(),
            unit_name: cx.reference.units.get(&d.unit).map(|u| u.name_vi.clone()).unwrap_or_default(),
            applicant: ApplicantView::of(&d.applicant, sees),
            represented: d.representative.is_some(),
            form: sees.then(|| stored.form.clone()),
            stage_name: entry.and_then(|e| e.procedure.stage(d.stage)).map(|s| s.name_vi.clone()),
            ended_at: d.ended_at.map(At),
            returned_at: d.returned_at.map(At),
            supplement_until: d.supplement_until,
            remaining: remaining(cx, d).map(RemainingView::of),
            proposal: proposal.map(|p| ProposalView {
                outcome: p.outcome,
                reason: p.reason.clone(),
                at: At(p.at),
            }),
            assessment: proposal.and_then(|p| p.assessment.as_ref()).filter(|_| sees).map(AssessmentView::of),
            decision: d.decision.as_ref().map(|x| DecisionView {
                number: x.number.clone(),
                on: x.on,
                reason: x.reason.clone(),
            }),
            portal: stored.portal.clone(),
            tracking_secret: None,
        }
    }
}

/// Something that happened to a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Number within the dossier, from 1
    pub seq: i64,
    /// When it happened
    pub at: At,
    /// When it was written down
    pub recorded_at: At,
    /// What was done
    #[schema(example = "accept")]
    pub action: String,
    /// Status before
    #[schema(schema_with = codes_or_null::<Status>)]
    pub from: Option<Status>,
    /// Status after
    #[schema(schema_with = codes::<Status>)]
    pub to: Status,
    /// Clock after
    #[schema(schema_with = codes::<Clock>)]
    pub clock: Clock,
    /// Who acted: a user name
    pub actor: String,
    /// In which role
    #[schema(example = "desk_officer")]
    pub role: String,
    /// Unit
    pub unit: String,
    /// Coded reason
    pub reason_code: Option<String>,
    /// Reason in words
    pub reason: Option<String>,
    /// Note
    pub note: Option<String>,
    /// Version of the rules, where law decided
    pub rule_version: Option<String>,
    /// Version of the calendar, where a due date was reckoned
    pub calendar_version: Option<String>,
    /// The rest
    #[schema(value_type = Object)]
    pub detail: Value,
    /// Digest of the event before
    pub prev_hash: String,
    /// Digest of this event and the one before
    pub hash: String,
}

impl EventView {
    /// An event as the actor may see it: reasons and notes may name people.
    pub fn of(r: &Recorded, sees_persons: bool) -> Self {
        let e = &r.event;
        Self {
            seq: e.seq,
            at: At(e.at),
            recorded_at: At(r.recorded_at),
            action: e.action.to_string(),
            from: e.from,
            to: e.to,
            clock: e.clock,
            actor: e.actor.clone(),
            role: e.role.to_string(),
            unit: e.unit.clone(),
            reason_code: e.reason_code.clone(),
            reason: e.reason.clone().filter(|_| sees_persons),
            note: e.note.clone().filter(|_| sees_persons),
            rule_version: e.rule_version.clone(),
            calendar_version: e.calendar_version.clone(),
            detail: serde_json::to_value(&e.detail).unwrap_or_default(),
            prev_hash: r.prev_hash.clone(),
            hash: r.hash.clone(),
        }
    }
}

/// A paper that was handed in
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperView {
    /// Code of the paper in the procedure
    pub code: String,
    /// On paper
    pub original: bool,
    /// As this file
    pub upload: Option<String>,
    /// When
    pub handed_in_at: At,
}

impl PaperView {
    /// A paper as it is shown.
    pub fn of(p: Paper) -> Self {
        Self { code: p.code, original: p.original, upload: p.upload, handed_in_at: At(p.handed_in_at) }
    }
}

/// Papers of a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct PapersView {
    /// Papers, oldest first
    pub items: Vec<PaperView>,
}

/// Something that stands in the way
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockerView {
    /// Stable code
    #[schema(example = "proposal_missing")]
    pub code: String,
    /// In Vietnamese
    pub message_vi: String,
    /// In English
    pub message_en: String,
}

/// What an action would do and what stands in its way
#[derive(Debug, Serialize, ToSchema)]
pub struct TransitionView {
    /// Action, as it stands in the path
    #[schema(example = "accept")]
    pub action: String,
    /// Whether the caller can do it now
    pub allowed: bool,
    /// Whether the caller's roles have the action
    pub permitted: bool,
    /// What stands in the way
    pub blocked_by: Vec<BlockerView>,
    /// Status after it
    #[schema(schema_with = codes::<Status>)]
    pub to: Status,
    /// What the clock does
    #[schema(example = "starts")]
    pub clock: String,
    /// Roles that have the action
    pub roles: Vec<String>,
}

/// Every action that leads out of the present status
#[derive(Debug, Serialize, ToSchema)]
pub struct TransitionsView {
    /// Present status
    #[schema(schema_with = codes::<Status>)]
    pub status: Status,
    /// Actions
    pub items: Vec<TransitionView>,
}

/// The due date of a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadlineView {
    /// Accepted
    pub accepted_at: Option<At>,
    /// Due
    pub due_at: Option<At>,
    /// Its civil day
    pub due_on: Option<NaiveDate>,
    /// Version of the calendar
    pub calendar_version: Option<String>,
    /// Clock
    #[schema(schema_with = codes::<Clock>)]
    pub clock: Clock,
    /// Time left
    pub remaining: Option<RemainingView>,
    /// Every day on the way, if asked for
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<DayView>>,
}

/// Whether to explain
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExplainQuery {
    /// List every day with its reason
    #[serde(default)]
    pub explain: bool,
}

domain::codes! {
    /// What a figure counts, for the list behind it.
    pub enum CountedAs {
        /// Hồ sơ đã nhận.
        Received => "received", "Đã nhận", "Received",
        /// Đủ điều kiện.
        Approved => "approved", "Đủ điều kiện", "Approved",
        /// Không đủ điều kiện.
        Rejected => "rejected", "Không đủ điều kiện", "Rejected",
        /// Đang xem xét.
        UnderReview => "under_review", "Đang xem xét", "Under review",
        /// Rút.
        Withdrawn => "withdrawn", "Rút", "Withdrawn",
        /// Dừng.
        Stopped => "stopped", "Dừng", "Stopped",
        /// Không được tiếp nhận.
        NotAccepted => "not_accepted", "Không được tiếp nhận", "Not accepted",
        /// Đúng hạn.
        InTime => "in_time", "Đúng hạn", "In time",
        /// Quá hạn.
        Late => "late", "Quá hạn", "Late",
    }
}

domain::codes! {
    /// Order of a list of dossiers.
    pub enum Sort {
        /// Mới nhất trước.
        NewestFirst => "-submitted_at", "Mới nhất trước", "Newest first",
        /// Cũ nhất trước.
        OldestFirst => "submitted_at", "Cũ nhất trước", "Oldest first",
    }
}

domain::codes! {
    /// How a list is counted.
    pub enum Counting {
        /// Chính xác.
        Exact => "exact", "Chính xác", "Exact",
        /// Tối đa 1.000.
        Capped => "capped", "Tối đa 1.000", "Up to 1,000",
    }
}

macro_rules! filters {
    ($(#[$meta:meta])* $name:ident, $doc:ident, $($extra:tt)*) => {
        $(#[$meta])*
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($extra)*
            /// Only this procedure
            pub procedure: Option<String>,
            /// Only this status
            #[$doc(schema_with = codes::<Status>)]
            pub status: Option<Status>,
            /// Only this outcome
            #[$doc(schema_with = codes::<Outcome>)]
            pub outcome: Option<Outcome>,
            /// Only this unit and what belongs to it
            pub unit: Option<String>,
            /// Only this channel
            #[$doc(schema_with = codes::<Channel>)]
            pub channel: Option<Channel>,
            /// Submitted on or after this day
            pub submitted_from: Option<NaiveDate>,
            /// Submitted on or before this day
            pub submitted_to: Option<NaiveDate>,
            /// Only those that are late, or only those that are not
            pub late: Option<bool>,
            /// Only those that this figure counted as of `as_of`
            #[$doc(schema_with = codes::<CountedAs>)]
            pub figure: Option<CountedAs>,
            /// With `figure`: a date (its end) or an instant; now without it
            pub as_of: Option<String>,
            /// Order; newest first without it
            #[$doc(schema_with = codes::<Sort>)]
            pub sort: Option<Sort>,
            /// Count the whole list too
            #[$doc(schema_with = codes::<Counting>)]
            pub count: Option<Counting>,
            /// Page size, 1 to 200; 50 without it
            #[$doc(minimum = 1, maximum = 200)]
            #[serde(skip_serializing)]
            pub limit: Option<u32>,
            /// Place to go on from
            #[serde(skip_serializing)]
            pub cursor: Option<String>,
        }
    };
}

filters! {
    /// Which dossiers
    #[derive(Debug, Clone, Default, Deserialize, Serialize, IntoParams)]
    #[into_params(parameter_in = Query)]
    DossiersQuery, param,
}

filters! {
    /// Which dossiers, by personal values too: these never stand in an address
    #[derive(Debug, Clone, Default, Deserialize, Serialize, Validate, ToSchema)]
    SearchBody, schema,
    /// Words of the name; accents may be left out, words may be begun
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "nguyen thi lan")]
    pub name: Option<String>,
    /// Personal identifier of the applicant or who acts for them
    #[validate(length(min = 9, max = 20))]
    #[schema(min_length = 9, max_length = 20)]
    pub personal_id: Option<String>,
    /// Phone number
    #[validate(length(min = 8, max = 30))]
    #[schema(min_length = 8, max_length = 30)]
    pub phone: Option<String>,
}

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
    /// Who acts next: `desk`, `case_officer`, `approver`, `applicant` or `nobody`
    #[schema(example = "desk")]
    pub next_actor: String,
    /// Submitted
    pub submitted_at: At,
    /// Expected
    pub due_at: Option<At>,
    /// Last day of an open supplement request
    pub supplement_until: Option<NaiveDate>,
}

impl TrackingView {
    /// A dossier as who follows it may see it.
    pub fn of(stored: &Stored, procedure_name: String) -> Self {
        let d = &stored.dossier;
        let next_actor = match d.status {
            Status::Registered | Status::Completed => "desk",
            Status::Accepted => "case_officer",
            Status::Processing if d.proposal.is_some() => "approver",
            Status::Processing => "case_officer",
            Status::SupplementRequested | Status::PaymentRequested => "applicant",
            Status::NotAccepted | Status::Withdrawn | Status::Stopped | Status::Returned => "nobody",
        };
        Self {
            code: d.code.as_str().to_owned(),
            status: d.status,
            status_code: d.status.number(),
            status_label: d.status.label_vi().to_owned(),
            applicant: text::initials(d.applicant.name.as_str()),
            procedure_name,
            next_actor: next_actor.to_owned(),
            submitted_at: At(d.submitted_at),
            due_at: d.due_at.map(At),
            supplement_until: d.supplement_until,
        }
    }
}
