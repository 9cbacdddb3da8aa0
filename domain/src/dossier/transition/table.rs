//! The one table of transitions: what may be done from which status, where it leads and what the clock does.

use crate::access::Action;
use crate::dossier::Dossier;
use crate::dossier::status::Status;

/// Where a transition leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To this status.
    To(Status),
    /// To the status the dossier came from.
    Back,
    /// Nowhere: the status stays.
    Same,
}

/// What a transition does to the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockEffect {
    /// Nothing.
    None,
    /// It starts.
    Start,
    /// It pauses, if it runs.
    Pause,
    /// It runs again, if it paused.
    Resume,
    /// It ends, if it had started.
    Stop,
}

impl ClockEffect {
    /// Stable text.
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Start => "starts",
            Self::Pause => "pauses",
            Self::Resume => "resumes",
            Self::Stop => "stops",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    /// What is done.
    pub action: Action,
    /// From which statuses.
    pub from: &'static [Status],
    /// Where to.
    pub to: Target,
    /// What the clock does.
    pub clock: ClockEffect,
}

use Action as A;
use Status as S;

const fn row(action: Action, from: &'static [Status], to: Target, clock: ClockEffect) -> Transition {
    Transition { action, from, to, clock }
}

/// The table. What is not in it is refused.
pub const TRANSITIONS: &[Transition] = &[
    row(A::Accept, &[S::Registered], Target::To(S::Accepted), ClockEffect::Start),
    row(A::Decline, &[S::Registered], Target::To(S::NotAccepted), ClockEffect::None),
    row(A::Start, &[S::Accepted], Target::To(S::Processing), ClockEffect::None),
    row(
        A::RequestSupplement,
        &[S::Registered, S::Accepted, S::Processing],
        Target::To(S::SupplementRequested),
        ClockEffect::Pause,
    ),
    row(A::Supplement, &[S::SupplementRequested], Target::Back, ClockEffect::Resume),
    row(
        A::RequestPayment,
        &[S::Registered, S::Accepted, S::Processing],
        Target::To(S::PaymentRequested),
        ClockEffect::Pause,
    ),
    row(A::ConfirmPayment, &[S::PaymentRequested], Target::Back, ClockEffect::Resume),
    row(A::Forward, &[S::Processing], Target::Same, ClockEffect::None),
    row(A::SendBack, &[S::Processing], Target::Same, ClockEffect::None),
    row(A::Propose, &[S::Processing], Target::Same, ClockEffect::None),
    row(A::Decide, &[S::Processing], Target::To(S::Completed), ClockEffect::Stop),
    row(A::Extend, &[S::Accepted, S::Processing], Target::Same, ClockEffect::None),
    row(A::HandOver, &[S::Completed], Target::To(S::Returned), ClockEffect::None),
    row(
        A::Withdraw,
        &[S::Registered, S::Accepted, S::Processing, S::SupplementRequested, S::PaymentRequested],
        Target::To(S::Withdrawn),
        ClockEffect::Stop,
    ),
    row(
        A::Stop,
        &[S::Accepted, S::Processing, S::SupplementRequested, S::PaymentRequested],
        Target::To(S::Stopped),
        ClockEffect::Stop,
    ),
];

/// The rows of the table that lead out of a status.
pub fn allowed_from(status: Status) -> impl Iterator<Item = &'static Transition> {
    TRANSITIONS.iter().filter(move |t| t.from.contains(&status))
}

pub(super) fn target(dossier: &Dossier, row: &Transition) -> Status {
    match row.to {
        Target::To(status) => status,
        Target::Back => dossier.resume_to.unwrap_or(Status::Processing),
        Target::Same => dossier.status,
    }
}

/// The whole table as text, for the golden file and the documentation.
pub fn table() -> String {
    let mut out = String::from("| action | from | to | clock | who |\n| --- | --- | --- | --- | --- |\n");
    for row in TRANSITIONS {
        let from: Vec<String> = row.from.iter().map(ToString::to_string).collect();
        let to = match row.to {
            Target::To(status) => status.to_string(),
            Target::Back => "the status it came from".to_owned(),
            Target::Same => "same".to_owned(),
        };
        let timer = crate::access::by_timer(row.action).then(|| "timer".to_owned());
        let roles = crate::access::roles_for(row.action).map(|(role, _)| role.to_string());
        let who: Vec<String> = roles.chain(timer).collect();
        out.push_str(&format!(
            "| {} | {} | {to} | {} | {} |\n",
            row.action,
            from.join(", "),
            row.clock.code(),
            who.join(", ")
        ));
    }
    out
}
