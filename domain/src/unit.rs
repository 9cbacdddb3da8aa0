//! Organisation units: a tree of dated units with successors.
//!
//! Owns who belongs to whom on which day and where a unit's affairs went when it ended. It must
//! not know who may see what; `access` asks it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

crate::codes! {
    /// Cấp hành chính: the level of government a unit or a stage belongs to.
    pub enum Level {
        /// Cấp tỉnh.
        Province => "province", "Cấp tỉnh", "Province",
        /// Cấp huyện, until 30 June 2025 (two-tier local government from 1 July 2025).
        District => "district", "Cấp huyện", "District",
        /// Cấp xã.
        Commune => "commune", "Cấp xã", "Commune",
    }
}

impl Level {
    /// Whether it is that level or one above it.
    pub fn includes(self, other: Self) -> bool {
        // The highest comes first.
        self <= other
    }
}

crate::codes! {
    /// Loại đơn vị: what kind of body a unit is.
    pub enum UnitKind {
        /// Tỉnh.
        Province => "province", "Tỉnh", "Province",
        /// Sở, ban, ngành.
        Department => "department", "Sở, ban, ngành", "Department",
        /// Trung tâm trực thuộc.
        ServiceCentre => "service_centre", "Trung tâm", "Service centre",
        /// Huyện, thị xã, thành phố.
        District => "district", "Huyện, thị xã, thành phố", "District",
        /// Xã, phường, thị trấn.
        Commune => "commune", "Xã, phường, thị trấn", "Commune",
        /// Cơ quan ngoài tỉnh quản lý mà hồ sơ đi qua.
        External => "external", "Cơ quan phối hợp", "External body",
    }
}

/// Cơ quan, đơn vị: one unit as it is during its validity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Mã định danh, for example `H08.15` (Decision 20/2020/QĐ-TTg).
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// What kind of body it is.
    pub kind: UnitKind,
    /// The level of government.
    pub level: Level,
    /// The statistics office's code of the area, where the unit governs one.
    pub gso_code: Option<String>,
    /// The unit above.
    pub parent: Option<String>,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day; none while in force.
    pub valid_to: Option<NaiveDate>,
    /// The units that took its affairs over.
    pub successors: Vec<String>,
}

impl Unit {
    /// Whether the unit exists on this day.
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

/// All units, old and new, with what is needed to walk them.
#[derive(Debug, Clone, Default)]
pub struct Units {
    by_code: BTreeMap<String, Unit>,
    children: BTreeMap<String, Vec<String>>,
    predecessors: BTreeMap<String, Vec<String>>,
}

impl Units {
    /// Builds the tree. Unknown parents and successors are kept as names without a unit.
    pub fn new(units: impl IntoIterator<Item = Unit>) -> Self {
        let mut tree = Self::default();
        for unit in units {
            if let Some(parent) = &unit.parent {
                tree.children.entry(parent.clone()).or_default().push(unit.code.clone());
            }
            for successor in &unit.successors {
                tree.predecessors.entry(successor.clone()).or_default().push(unit.code.clone());
            }
            tree.by_code.insert(unit.code.clone(), unit);
        }
        tree
    }

    /// The unit with this code, whenever it was in force.
    pub fn get(&self, code: &str) -> Option<&Unit> {
        self.by_code.get(code)
    }

    /// Every unit, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.by_code.values()
    }

    /// The units below `code` on a day, without itself, by code.
    pub fn descendants(&self, code: &str, on: NaiveDate) -> Vec<&Unit> {
        let mut found = Vec::new();
        let mut open = vec![code];
        while let Some(next) = open.pop() {
            for child in self.children.get(next).into_iter().flatten() {
                if let Some(unit) = self.by_code.get(child).filter(|u| u.in_force(on)) {
                    found.push(unit);
                    open.push(child);
                }
            }
        }
        found.sort_by(|a, b| a.code.cmp(&b.code));
        found
    }

    /// Everything that belongs to a unit: itself, all below it at any time, and all that any of
    /// these succeeded, so that what an abolished unit held is found under its successor.
    ///
    /// A unit that was split is found under each of its successors.
    pub fn reach(&self, code: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open = vec![code.to_owned()];
        while let Some(next) = open.pop() {
            if !reached.insert(next.clone()) {
                continue;
            }
            open.extend(self.children.get(&next).into_iter().flatten().cloned());
            open.extend(self.predecessors.get(&next).into_iter().flatten().cloned());
        }
        reached
    }

    /// The highest level whose affairs a unit has: its own, or that of a unit it succeeded, at once or
    /// through others. None where there is no such unit.
    pub fn standing(&self, code: &str) -> Option<Level> {
        let mut highest = None;
        let mut seen = BTreeSet::new();
        let mut open = vec![code];
        while let Some(next) = open.pop() {
            if !seen.insert(next) {
                continue;
            }
            let level = self.by_code.get(next).map(|unit| unit.level);
            highest = [highest, level].into_iter().flatten().min();
            open.extend(self.predecessors.get(next).into_iter().flatten().map(String::as_str));
        }
        highest
    }

    /// The units that stand for `code` on the map of a day: itself where it was in force, else those
    /// that took its affairs over by then, or those whose affairs it took over later. More than one
    /// where a unit was split or merged meanwhile; itself where nobody stands for it.
    pub fn on_map(&self, code: &str, day: NaiveDate) -> Vec<String> {
        let Some(unit) = self.by_code.get(code) else { return vec![code.to_owned()] };
        let forward = unit.valid_from <= day;
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![code];
        while let Some(next) = open.pop() {
            if !seen.insert(next) {
                continue;
            }
            match self.by_code.get(next) {
                Some(unit) if unit.in_force(day) => {
                    found.insert(next.to_owned());
                }
                Some(unit) if forward => open.extend(unit.successors.iter().map(String::as_str)),
                _ => open.extend(self.predecessors.get(next).into_iter().flatten().map(String::as_str)),
            }
        }
        if found.is_empty() { vec![code.to_owned()] } else { found.into_iter().collect() }
    }

    /// Whether a unit belongs to `root` in the sense of [`Units::reach`].
    ///
    /// Walks upwards from `code`, so it costs a few look-ups and builds no set.
    pub fn belongs(&self, code: &str, root: &str) -> bool {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![code];
        while let Some(next) = open.pop() {
            if next == root {
                return true;
            }
            if !seen.insert(next) {
                continue;
            }
            if let Some(unit) = self.by_code.get(next) {
                open.extend(unit.parent.as_deref());
                open.extend(unit.successors.iter().map(String::as_str));
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(code: &str, parent: Option<&str>, to: Option<&str>, successors: &[&str]) -> Unit {
        Unit {
            code: code.into(),
            name_vi: code.into(),
            kind: UnitKind::Department,
            level: Level::Province,
            gso_code: None,
            parent: parent.map(Into::into),
            valid_from: "2000-01-01".parse().unwrap(),
            valid_to: to.map(|t| t.parse().unwrap()),
            successors: successors.iter().map(|s| (*s).into()).collect(),
        }
    }

    fn tree() -> Units {
        Units::new([
            unit("H08", None, Some("2025-06-30"), &["H21"]),
            unit("H08.15", Some("H08"), Some("2025-02-28"), &["H08.16"]),
            unit("H08.15.01", Some("H08.15"), Some("2025-02-28"), &["H08.16.01"]),
            unit("H08.16", Some("H08"), Some("2025-06-30"), &["H21.16"]),
            unit("H08.16.01", Some("H08.16"), Some("2025-06-30"), &["H21.16.01"]),
            unit("H21", None, None, &[]),
            unit("H21.16", Some("H21"), None, &[]),
            unit("H21.16.01", Some("H21.16"), None, &[]),
        ])
    }

    #[test]
    fn what_a_unit_held_is_found_under_its_successor() {
        let units = tree();
        assert!(units.reach("H21.16").contains("H08.15.01"));
        assert!(units.reach("H21").contains("H08.15"));
        assert!(!units.reach("H08.15").contains("H08.16"));
        for a in units.iter() {
            let reach = units.reach(&a.code);
            for b in units.iter() {
                assert_eq!(
                    units.belongs(&b.code, &a.code),
                    reach.contains(&b.code),
                    "{} in {}",
                    b.code,
                    a.code
                );
            }
        }
    }

    #[test]
    fn a_map_of_a_day_names_who_stood_for_a_unit_then() {
        let mut all: Vec<Unit> = tree().iter().cloned().collect();
        all.push(unit("H08.20", Some("H08"), Some("2025-02-28"), &["H08.16", "H08.21"]));
        all.push(unit("H08.21", Some("H08"), None, &[]));
        for unit in &mut all {
            match unit.code.as_str() {
                "H08.16" | "H08.16.01" | "H08.21" => unit.valid_from = "2025-03-01".parse().unwrap(),
                code if code.starts_with("H21") => unit.valid_from = "2025-07-01".parse().unwrap(),
                _ => {}
            }
        }
        let units = Units::new(all);
        let on = |code: &str, day: &str| units.on_map(code, day.parse().unwrap());
        assert_eq!(on("H08.15", "2023-11-15"), ["H08.15"]);
        assert_eq!(on("H08.15", "2025-03-01"), ["H08.16"]);
        assert_eq!(on("H08.15", "2025-07-01"), ["H21.16"]);
        assert_eq!(on("H21.16.01", "2023-11-15"), ["H08.15.01"]);
        // Split and merged: each of them.
        assert_eq!(on("H08.20", "2025-07-01"), ["H08.21", "H21.16"]);
        assert_eq!(on("H21.16", "2023-11-15"), ["H08.15", "H08.20"]);
        assert_eq!(on("unknown", "2023-11-15"), ["unknown"]);
    }

    #[test]
    fn descendants_are_those_of_the_day() {
        let units = tree();
        let names = |root: &str, day: &str| -> Vec<String> {
            units.descendants(root, day.parse().unwrap()).iter().map(|u| u.code.clone()).collect()
        };
        assert_eq!(names("H08", "2023-11-15"), ["H08.15", "H08.15.01", "H08.16", "H08.16.01"]);
        assert_eq!(names("H08", "2025-03-01"), ["H08.16", "H08.16.01"]);
        assert!(names("H08", "2025-07-01").is_empty());
    }
}
