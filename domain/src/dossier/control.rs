//! Phiếu kiểm soát quá trình giải quyết hồ sơ: every time a dossier changed hands, from its events
//! (form 05 of Circular 01/2018/TT-VPCP, form 06 of Circular 03/2025/TT-VPCP).
//!
//! Owns the reading of events as hand-overs. It keeps nothing: the same events give the same sheet.

use chrono::{DateTime, Utc};

use super::event::Event;
use super::status::Status;
use crate::access::{Action, Role};
use crate::assignment::{Assignment, AssignmentKind};
use crate::calendar::{self, Calendar};

crate::codes! {
    /// Bên giữ hồ sơ: whose turn it is.
    pub enum Party {
        /// Người nộp hồ sơ.
        Applicant => "applicant", "Người nộp hồ sơ", "Applicant",
        /// Bộ phận Một cửa.
        Desk => "desk", "Bộ phận Một cửa", "One-stop desk",
        /// Chuyên viên thụ lý.
        CaseOfficer => "case_officer", "Chuyên viên thụ lý", "Case officer",
        /// Lãnh đạo phê duyệt.
        Approver => "approver", "Lãnh đạo phê duyệt", "Approver",
        /// Không còn ai: the dossier is over.
        Nobody => "nobody", "Đã kết thúc", "Nobody",
    }
}

crate::codes! {
    /// Kết quả về thời hạn của một lần giao nhận.
    pub enum Punctuality {
        /// Trước hạn: on a day before the due day.
        Early => "early", "Trước hạn", "Early",
        /// Đúng hạn.
        OnTime => "on_time", "Đúng hạn", "On time",
        /// Quá hạn.
        Late => "late", "Quá hạn", "Late",
    }
}

impl Punctuality {
    /// How an instant stands to a due one; a dossier without a due date is never late.
    pub fn of(at: DateTime<Utc>, due: Option<DateTime<Utc>>) -> Option<Self> {
        let due = due?;
        Some(match () {
            () if at > due => Self::Late,
            () if calendar::day_of(at) < calendar::day_of(due) => Self::Early,
            () => Self::OnTime,
        })
    }
}

/// Who has a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Which side.
    pub party: Party,
    /// At which stage of the procedure.
    pub stage: i32,
    /// User name, where an officer is known.
    pub person: Option<String>,
}

/// Một lần giao nhận: a dossier passed from one to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// When.
    pub at: DateTime<Utc>,
    /// By which step.
    pub action: Action,
    /// Who passed it on.
    pub giver: Holder,
    /// For whom, where a delegate did.
    pub on_behalf_of: Option<String>,
    /// Who got it.
    pub receiver: Holder,
    /// Since when the giver had it; none for the applicant who hands it in.
    pub held_since: Option<DateTime<Utc>>,
    /// Working minutes that the giver had it.
    pub held_working_minutes: Option<i64>,
    /// Due date at that moment.
    pub due_at: Option<DateTime<Utc>>,
    /// In time or late.
    pub result: Option<Punctuality>,
}

/// Whose turn it is in a status.
pub fn party(status: Status, proposed: bool) -> Party {
    match status {
        Status::Registered | Status::Completed => Party::Desk,
        Status::Processing if proposed => Party::Approver,
        Status::Accepted | Status::Processing => Party::CaseOfficer,
        Status::SupplementRequested | Status::PaymentRequested | Status::Returned => Party::Applicant,
        Status::NotAccepted | Status::Withdrawn | Status::Stopped => Party::Nobody,
    }
}

/// Whether who acts in a role acts for a side.
fn plays(role: Option<Role>, party: Party) -> bool {
    matches!(
        (role, party),
        (Some(Role::DeskOfficer), Party::Desk)
            | (Some(Role::CaseOfficer), Party::CaseOfficer)
            | (Some(Role::Approver), Party::Approver)
    )
}

/// Something that may move a dossier.
enum Moves<'a> {
    Event(&'a Event),
    Assigned(&'a Assignment),
}

/// Every hand-over, oldest first. `events` and `assignments` are those of one dossier, each oldest
/// first; a primary taking over from another is a hand-over too.
pub fn sheet(events: &[Event], assignments: &[Assignment], calendar: &Calendar) -> Vec<HandOver> {
    let mut moves: Vec<(DateTime<Utc>, Moves<'_>)> = events.iter().map(|e| (e.at, Moves::Event(e))).collect();
    let primaries = assignments.iter().filter(|a| a.kind == AssignmentKind::Primary);
    moves.extend(primaries.map(|a| (a.from, Moves::Assigned(a))));
    // Stable: what happened at the same instant stays in the order of events, assignments after.
    moves.sort_by_key(|(at, _)| *at);
    let mut sheet = Sheet {
        found: Vec::new(),
        holder: Holder { party: Party::Applicant, stage: 1, person: None },
        since: None,
        due: None,
        proposed: false,
    };
    for (at, moved) in moves {
        match moved {
            Moves::Event(event) => sheet.happened(event, calendar),
            Moves::Assigned(assignment) => sheet.assigned(at, assignment, calendar),
        }
    }
    sheet.found
}

/// The sheet as far as it is filled in.
struct Sheet {
    found: Vec<HandOver>,
    holder: Holder,
    since: Option<DateTime<Utc>>,
    due: Option<DateTime<Utc>>,
    proposed: bool,
}

impl Sheet {
    fn happened(&mut self, e: &Event, calendar: &Calendar) {
        self.proposed = match e.action {
            Action::Propose => true,
            Action::SendBack | Action::Supplement => false,
            _ => self.proposed,
        };
        // In time or late is told by the due date that held until then.
        let due = self.due;
        if e.detail.due_before.is_some() || e.detail.due_after.is_some() {
            self.due = e.detail.due_after;
        }
        let stage = e.detail.to_stage.unwrap_or(self.holder.stage);
        let next = party(e.to, self.proposed);
        // An applicant is no officer: no user name stands for them.
        let person = Some(e.actor.clone()).filter(|_| e.role != Some(Role::Citizen));
        // Who works it on the side that had got it is who had got it.
        if plays(e.role, self.holder.party) {
            self.holder.person.clone_from(&person);
            if let Some(last) = self.found.last_mut().filter(|l| l.receiver.person.is_none()) {
                last.receiver.person.clone_from(&person);
            }
        }
        if next == self.holder.party && stage == self.holder.stage {
            return;
        }
        let giver = Holder { person, ..self.holder.clone() };
        let receiver = Holder { party: next, stage, person: None };
        let name = e.on_behalf_of.as_ref().map(|o| o.name.clone());
        self.passed(e.at, e.action, giver, receiver, due, calendar);
        if let Some(last) = self.found.last_mut() {
            last.on_behalf_of = name;
        }
    }

    fn assigned(&mut self, at: DateTime<Utc>, a: &Assignment, calendar: &Calendar) {
        let same = self.holder.person.as_ref() == Some(&a.user);
        // Before it came in, while the applicant has it, and after it is over, no officer's hands change.
        if same || matches!(self.holder.party, Party::Applicant | Party::Nobody) {
            return;
        }
        let giver = Holder { person: Some(a.assigned_by_name.clone()), ..self.holder.clone() };
        let receiver = Holder { person: Some(a.user.clone()), ..self.holder.clone() };
        self.passed(at, Action::AssignDossier, giver, receiver, self.due, calendar);
    }

    fn passed(
        &mut self,
        at: DateTime<Utc>,
        action: Action,
        giver: Holder,
        receiver: Holder,
        due_at: Option<DateTime<Utc>>,
        calendar: &Calendar,
    ) {
        self.found.push(HandOver {
            at,
            action,
            giver,
            on_behalf_of: None,
            receiver: receiver.clone(),
            held_since: self.since,
            held_working_minutes: self.since.map(|since| calendar.working_time(since, at).num_minutes()),
            due_at,
            result: Punctuality::of(at, due_at),
        });
        self.holder = receiver;
        self.since = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn early_on_time_and_late() {
        let due = Some(at("2023-12-13T10:00:00Z"));
        for (now, result) in [
            ("2023-12-12T16:59:59Z", Punctuality::Early),
            ("2023-12-12T17:00:00Z", Punctuality::OnTime),
            ("2023-12-13T10:00:00Z", Punctuality::OnTime),
            ("2023-12-13T10:00:01Z", Punctuality::Late),
        ] {
            assert_eq!(Punctuality::of(at(now), due), Some(result), "{now}");
        }
        assert_eq!(Punctuality::of(at("2023-12-13T10:00:01Z"), None), None);
    }

    #[test]
    fn everybody_has_it_until_nobody_does() {
        use crate::code::Code;
        for status in Status::ALL {
            let over = [Status::NotAccepted, Status::Withdrawn, Status::Stopped].contains(status);
            assert_eq!(party(*status, false) == Party::Nobody, over, "{status}");
        }
        assert_eq!(party(Status::Processing, true), Party::Approver);
    }
}
