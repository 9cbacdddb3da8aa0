//! Who may take a step at a stage: what must hold for any tree of units, any roles and any stage, with
//! the rule written down a second time.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use domain::access::{
    Action, Actor, Denied, Grant, Role, Station, Subject, authorize, authorize_at, reach, works_stage,
};
use domain::code::Code;
use domain::dossier::transition::TRANSITIONS;
use domain::ids::AccountId;
use domain::unit::{Level, Unit, UnitKind, Units};
use proptest::prelude::*;
use uuid::Uuid;

const UNITS: usize = 7;

fn name(n: usize) -> String {
    format!("H{n:02}")
}

/// Units of any level, each below an earlier one and taken over by any others.
fn units() -> impl Strategy<Value = Vec<Unit>> {
    let one = (0..UNITS, 0..3usize, proptest::collection::vec(0..UNITS, 0..2), any::<bool>());
    proptest::collection::vec(one, UNITS).prop_map(|all| {
        let unit =
            |(n, (parent, level, successors, has_parent)): (usize, (usize, usize, Vec<usize>, bool))| Unit {
                code: name(n),
                name_vi: name(n),
                kind: UnitKind::Department,
                level: Level::ALL[level],
                gso_code: None,
                parent: (has_parent && parent < n).then(|| name(parent)),
                valid_from: "2000-01-01".parse().unwrap(),
                valid_to: None,
                successors: successors.into_iter().map(name).collect(),
            };
        all.into_iter().enumerate().map(unit).collect()
    })
}

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let grant = (0..Role::ALL.len(), 0..UNITS)
        .prop_map(|(role, unit)| Grant { role: Role::ALL[role], unit: Some(name(unit)) });
    proptest::collection::vec(grant, 1..4)
}

fn station() -> impl Strategy<Value = Station> {
    let role = prop_oneof![
        Just(None),
        Just(Some(Role::DeskOfficer)),
        Just(Some(Role::CaseOfficer)),
        Just(Some(Role::Approver)),
    ];
    (0..3usize, role).prop_map(|(level, role)| Station { level: Level::ALL[level], role })
}

fn actor(grants: &[Grant]) -> Actor {
    Actor {
        account: AccountId(Uuid::from_u128(1)),
        user: "officer".into(),
        grants: grants.to_vec(),
        personal_id: None,
    }
}

fn height(level: Level) -> u8 {
    match level {
        Level::Commune => 1,
        Level::District => 2,
        Level::Province => 3,
    }
}

/// Everything whose affairs a unit has, by going over all of them until nothing is added.
fn has_affairs_of(unit: &str, all: &[Unit]) -> Vec<String> {
    let mut found = vec![unit.to_owned()];
    loop {
        let more = all.iter().find(|u| {
            !found.contains(&u.code) && u.successors.iter().any(|successor| found.contains(successor))
        });
        match more {
            Some(unit) => found.push(unit.code.clone()),
            None => return found,
        }
    }
}

fn is_at(unit: &str, level: Level, all: &[Unit]) -> bool {
    let held = has_affairs_of(unit, all);
    all.iter().any(|u| held.contains(&u.code) && height(u.level) >= height(level))
}

/// The rule, said another way: the role of the stage at least, by those three who work dossiers.
fn in_role(role: Role, named: Option<Role>) -> bool {
    match named {
        None => true,
        Some(Role::DeskOfficer) => matches!(role, Role::DeskOfficer | Role::CaseOfficer | Role::Approver),
        Some(Role::CaseOfficer) => matches!(role, Role::CaseOfficer | Role::Approver),
        Some(other) => role == other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_step_is_for_whom_the_policy_and_the_stage_name(
        all in units(), grants in grants(), station in station(), at in 0..UNITS, row in 0..TRANSITIONS.len(),
    ) {
        let (tree, me, action) = (Units::new(all.clone()), actor(&grants), TRANSITIONS[row].action);
        let unit = name(at);
        let subject = Subject { unit: &unit, persons: &[], submitted_by: None };
        let plain = authorize(&me, action, &subject, &tree);
        let found = authorize_at(&me, action, &subject, Some(station), &tree);
        // Without a stage it is the policy alone.
        let nowhere = authorize_at(&me, action, &subject, None, &tree);
        prop_assert_eq!(nowhere.as_ref().map(|p| p.role()).ok(), plain.as_ref().map(|p| p.role()).ok());
        // Each role by itself, said another way.
        let allowed = |grant: &Grant| {
            let alone = actor(std::slice::from_ref(grant));
            if authorize(&alone, action, &subject, &tree).is_err() {
                return false;
            }
            if !matches!(grant.role, Role::CaseOfficer | Role::Approver) {
                return true;
            }
            let others = station.role.is_some_and(|named| reach(named, action).is_none());
            (others || in_role(grant.role, station.role))
                && is_at(grant.unit.as_deref().unwrap(), station.level, &all)
        };
        let first = grants.iter().find(|grant| allowed(grant));
        match (&found, &plain) {
            (Ok(permit), Ok(_)) => {
                prop_assert_eq!(Some(permit.role()), first.map(|g| g.role));
                prop_assert_eq!(permit.unit(), first.and_then(|g| g.unit.as_deref()));
            }
            (Err(Denied::OffStage(told)), Ok(_)) => {
                prop_assert_eq!(first, None);
                prop_assert_eq!(told, &station);
            }
            // The stage widens nothing and hides nothing.
            (Err(found), Err(plain)) => prop_assert_eq!(found, plain),
            other => prop_assert!(false, "{:?}", other),
        }
        // A lower stage, and one that names no role, is open to whom this one is.
        if found.is_ok() {
            for level in Level::ALL.iter().filter(|level| height(**level) <= height(station.level)) {
                for role in [station.role, None] {
                    let easier = Some(Station { level: *level, role });
                    prop_assert!(authorize_at(&me, action, &subject, easier, &tree).is_ok());
                }
            }
        }
    }

    #[test]
    fn who_answers_for_a_dossier_works_its_stage(
        all in units(), grants in grants(), station in station(), at in 0..UNITS,
    ) {
        let (tree, unit) = (Units::new(all.clone()), name(at));
        let reached = |grant: &Grant| tree.belongs(&unit, grant.unit.as_deref().unwrap());
        let expected = grants.iter().any(|grant| {
            reach(grant.role, Action::ReadQueue).is_some()
                && reached(grant)
                && in_role(grant.role, station.role)
                && is_at(grant.unit.as_deref().unwrap(), station.level, &all)
        });
        prop_assert_eq!(works_stage(&actor(&grants), &unit, &station, &tree), expected);
    }
}
