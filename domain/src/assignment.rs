//! Phân công, ủy quyền: who works a dossier, and who stands in for whom.
//!
//! Owns the rules by which work is given out. It must not know where the rows are kept, and it
//! gives nobody a right: who may do what to a dossier stands in [`crate::access`] alone.

use chrono::{DateTime, NaiveDate, Utc};

use crate::access::{self, Action, Actor, Grant, Role, Station, Subject};
use crate::dossier::event::OnBehalf;
use crate::dossier::status::Status;
use crate::dossier::transition::{Refusal, Violation};
use crate::ids::{AccountId, AssignmentId};
use crate::unit::Units;

crate::codes! {
    /// Vai trò trong phân công: how an officer stands to a dossier.
    pub enum AssignmentKind {
        /// Phụ trách chính: answers for it; at most one at a time.
        Primary => "primary", "Phụ trách chính", "Primary",
        /// Phối hợp.
        Collaborator => "collaborator", "Phối hợp", "Collaborator",
        /// Được ủy quyền: stands in for the primary on this dossier.
        Delegate => "delegate", "Được ủy quyền", "Delegate",
    }
}

/// A row of who works a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Identity.
    pub id: AssignmentId,
    /// How the officer stands to it.
    pub kind: AssignmentKind,
    /// The officer.
    pub account: AccountId,
    /// Their user name.
    pub user: String,
    /// Who assigned it.
    pub assigned_by: AccountId,
    /// Their user name.
    pub assigned_by_name: String,
    /// Why.
    pub reason: Option<String>,
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when; none while no end is set.
    pub to: Option<DateTime<Utc>>,
    /// The user name of who ended it before its time or took it over.
    pub ended_by_name: Option<String>,
    /// Why it was ended.
    pub end_reason: Option<String>,
}

impl Assignment {
    /// Whether it holds at an instant.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// What is asked of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// How the officer is to stand to the dossier.
    pub kind: AssignmentKind,
    /// Until when; the primary answers for it until ended or replaced.
    pub to: Option<DateTime<Utc>>,
    /// Why.
    pub reason: Option<String>,
}

fn wrong(pointer: &str, code: &'static str, vi: &str, en: &str) -> Refusal {
    Refusal::Invalid(vec![Violation::new(pointer.to_owned(), code, vi, en)])
}

/// Whether an officer may be given a dossier that belongs to `unit`: one in whose queue it stands.
pub fn works_at(officer: &Actor, unit: &str, units: &Units) -> bool {
    let subject = Subject { unit, persons: &[], submitted_by: None };
    access::authorize(officer, Action::ReadQueue, &subject, units).is_ok()
}

/// What is given out, and by what it is judged.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// Status of the dossier.
    pub status: Status,
    /// The unit that it belongs to.
    pub unit: &'a str,
    /// The stage at which it stands.
    pub station: Option<Station>,
    /// The units there are.
    pub units: &'a Units,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Work<'_> {
    /// Whether an officer may answer for the dossier where it stands: as primary, or in the place of
    /// the primary. Who collaborates may be of another role or level.
    pub fn fits(&self, officer: &Actor, kind: AssignmentKind) -> bool {
        let bound = self.station.filter(|_| kind != AssignmentKind::Collaborator);
        bound.is_none_or(|station| access::works_stage(officer, self.unit, &station, self.units))
    }
}

/// That an officer does not work the stage, at `pointer`.
pub fn not_of_this_stage(pointer: &str) -> Refusal {
    wrong(
        pointer,
        "not_of_this_stage",
        "Bước hiện tại của hồ sơ thuộc vai trò khác hoặc cấp khác với cán bộ này.",
        "Another role or level than this officer's works the stage at which the dossier stands.",
    )
}

/// Judges an assignment to `officer`, none where there is no such account; gives what of `present`
/// it replaces.
///
/// # Errors
/// [`Refusal::NotFrom`] for a dossier that is over, [`Refusal::Invalid`] for the rest.
pub fn judge<'a>(
    ask: &Ask,
    officer: Option<&Actor>,
    work: &Work<'_>,
    present: &'a [Assignment],
) -> Result<Option<&'a Assignment>, Refusal> {
    let Work { status, unit, units, now, .. } = *work;
    let Some(officer) = officer.filter(|o| works_at(o, unit, units)) else {
        return Err(wrong(
            "/account",
            "not_an_officer",
            "Không phải cán bộ xử lý hồ sơ của đơn vị này.",
            "Not an officer who works dossiers of this unit.",
        ));
    };
    if !work.fits(officer, ask.kind) {
        return Err(not_of_this_stage("/account"));
    }
    if ask.to.is_some_and(|to| to <= now) {
        return Err(wrong(
            "/to",
            "not_in_future",
            "Thời điểm phải sau bây giờ.",
            "It must lie in the future.",
        ));
    }
    if ask.to.is_some() && ask.kind == AssignmentKind::Primary {
        return Err(wrong(
            "/valid_to",
            "primary_has_no_end",
            "Người phụ trách chính giữ hồ sơ đến khi được thay; không đặt trước ngày kết thúc.",
            "The primary keeps the dossier until replaced; no end can be set beforehand.",
        ));
    }
    if status.is_final() {
        return Err(Refusal::NotFrom { status, action: Action::AssignDossier, allowed: Vec::new() });
    }
    let mut holding = present.iter().filter(|a| a.holds(now));
    if holding.clone().any(|a| a.kind == ask.kind && a.account == officer.account) {
        return Err(wrong(
            "/account",
            "already_assigned",
            "Cán bộ này đang được phân công như vậy.",
            "This officer is assigned so already.",
        ));
    }
    Ok(holding.find(|a| a.kind == AssignmentKind::Primary && ask.kind == AssignmentKind::Primary))
}

/// Work handed to another officer for a period: as far as acting under it is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandsIn {
    /// Whose work it is.
    pub from: AccountId,
    /// Their user name.
    pub from_name: String,
    /// In which role.
    pub role: Role,
}

/// For whom `account` acts in `role` on a dossier with these assignments: nobody while it has the
/// dossier itself; the primary, where it is assigned as delegate; else an assignee who delegated
/// to it.
pub fn on_behalf_of(
    account: AccountId,
    role: Role,
    present: &[Assignment],
    stands_in: &[StandsIn],
    now: DateTime<Utc>,
) -> Option<OnBehalf> {
    let holding: Vec<&Assignment> = present.iter().filter(|a| a.holds(now)).collect();
    let mine = |kind| holding.iter().any(|a| a.account == account && a.kind == kind);
    if mine(AssignmentKind::Primary) || mine(AssignmentKind::Collaborator) {
        return None;
    }
    let primary = holding.iter().find(|a| a.kind == AssignmentKind::Primary);
    if let Some(primary) = primary.filter(|_| mine(AssignmentKind::Delegate)) {
        return Some(OnBehalf { account: primary.account, name: primary.user.clone() });
    }
    let of = |a: &&&Assignment| stands_in.iter().any(|d| d.role == role && d.from == a.account);
    let first = primary.into_iter().chain(&holding).find(of);
    first.map(|a| OnBehalf { account: a.account, name: a.user.clone() })
}

/// The role and unit that a delegation is about: one that `from` works in, that `to` works in too.
/// `role` and `unit` choose where there are several.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn delegable(
    from: &Actor,
    to: Option<&Actor>,
    role: Option<Role>,
    unit: Option<&str>,
) -> Result<Grant, Refusal> {
    let none = || {
        wrong(
            "/to",
            "not_a_colleague",
            "Chỉ ủy quyền cho cán bộ khác cùng đơn vị và cùng vai trò.",
            "Work can only be delegated to another officer of the same unit with the same role.",
        )
    };
    let to = to.filter(|to| to.account != from.account).ok_or_else(none)?;
    let mut shared: Vec<&Grant> = from
        .grants
        .iter()
        .filter(|g| access::reach(g.role, Action::ReadQueue).is_some())
        .filter(|g| role.is_none_or(|r| r == g.role) && unit.is_none_or(|u| g.unit.as_deref() == Some(u)))
        .filter(|g| to.grants.contains(g))
        .collect();
    match (shared.pop(), shared.is_empty()) {
        (Some(grant), true) => Ok(grant.clone()),
        (Some(_), false) => Err(wrong(
            "/role",
            "ambiguous",
            "Hai người có nhiều vai trò chung; hãy nêu role và unit.",
            "Both share several roles; name role and unit.",
        )),
        (None, _) => Err(none()),
    }
}

/// Everything that is wrong with the period of a delegation; both days belong to it.
pub fn check_period(from: NaiveDate, to: NaiveDate, today: NaiveDate) -> Vec<Violation> {
    let mut found = Vec::new();
    if to < from {
        found.push(Violation::new(
            "/valid_to".to_owned(),
            "before_begin",
            "Ngày cuối không được trước ngày đầu.",
            "The last day cannot lie before the first.",
        ));
    }
    if from < today {
        found.push(Violation::new(
            "/valid_from".to_owned(),
            "in_past",
            "Không ủy quyền lùi về quá khứ.",
            "Work cannot be delegated for days that are over.",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn officer(n: u128, grants: &[(Role, &str)]) -> Actor {
        Actor {
            account: AccountId(Uuid::from_u128(n)),
            user: format!("u{n}"),
            grants: grants
                .iter()
                .map(|(role, unit)| Grant { role: *role, unit: Some((*unit).into()) })
                .collect(),
            personal_id: None,
        }
    }

    fn row(n: u128, kind: AssignmentKind, to: Option<&str>) -> Assignment {
        Assignment {
            id: AssignmentId(Uuid::from_u128(n + 100)),
            kind,
            account: AccountId(Uuid::from_u128(n)),
            user: format!("u{n}"),
            assigned_by: AccountId(Uuid::from_u128(9)),
            assigned_by_name: "u9".into(),
            reason: None,
            from: at("2023-11-15T02:00:00Z"),
            to: to.map(at),
            ended_by_name: None,
            end_reason: None,
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn who_acts_for_whom() {
        use AssignmentKind::{Collaborator, Delegate, Primary};
        let now = at("2023-11-16T02:00:00Z");
        let who = |me: u128, rows: &[Assignment], from: &[u128]| {
            let stands: Vec<StandsIn> = from
                .iter()
                .map(|n| StandsIn {
                    from: AccountId(Uuid::from_u128(*n)),
                    from_name: format!("u{n}"),
                    role: Role::CaseOfficer,
                })
                .collect();
            let me = AccountId(Uuid::from_u128(me));
            on_behalf_of(me, Role::CaseOfficer, rows, &stands, now).map(|o| o.name)
        };
        assert_eq!(who(2, &[row(1, Primary, None)], &[]), None);
        assert_eq!(who(2, &[row(1, Primary, None)], &[1]), Some("u1".into()));
        assert_eq!(who(2, &[row(1, Primary, None), row(2, Delegate, None)], &[]), Some("u1".into()));
        // What has ended, and what is one's own, is nobody else's.
        assert_eq!(
            who(2, &[row(1, Primary, None), row(2, Delegate, Some("2023-11-15T09:00:00Z"))], &[]),
            None
        );
        assert_eq!(who(2, &[row(1, Primary, None), row(2, Collaborator, None)], &[1]), None);
        assert_eq!(who(2, &[row(3, Primary, None), row(1, Collaborator, None)], &[1]), Some("u1".into()));
        // Another role than the one delegated is one's own doing.
        let stands =
            StandsIn { from: AccountId(Uuid::from_u128(1)), from_name: "u1".into(), role: Role::Approver };
        let me = AccountId(Uuid::from_u128(2));
        assert_eq!(on_behalf_of(me, Role::CaseOfficer, &[row(1, Primary, None)], &[stands], now), None);
    }

    #[test]
    fn work_goes_to_a_colleague_only() {
        let from = officer(1, &[(Role::CaseOfficer, "H08.15"), (Role::DeskOfficer, "H08.15")]);
        let code = |to: Option<&Actor>, role| match delegable(&from, to, role, None) {
            Ok(grant) => grant.role.to_string(),
            Err(Refusal::Invalid(v)) => v[0].code.to_owned(),
            Err(other) => panic!("{other}"),
        };
        let same = officer(2, &[(Role::CaseOfficer, "H08.15")]);
        assert_eq!(code(Some(&same), None), "case_officer");
        assert_eq!(code(Some(&same), Some(Role::DeskOfficer)), "not_a_colleague");
        assert_eq!(code(Some(&officer(3, &[(Role::CaseOfficer, "H08.40")])), None), "not_a_colleague");
        assert_eq!(code(Some(&from), None), "not_a_colleague");
        assert_eq!(code(None, None), "not_a_colleague");
        let both = officer(4, &[(Role::CaseOfficer, "H08.15"), (Role::DeskOfficer, "H08.15")]);
        assert_eq!(code(Some(&both), None), "ambiguous");
        assert_eq!(code(Some(&both), Some(Role::DeskOfficer)), "desk_officer");
    }
}
