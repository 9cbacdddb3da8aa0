//! The table of transitions, seen as a machine: for those who draw it or build a screen by it.
//!
//! Nothing here is a rule of its own; every state and every arrow is counted from [`TRANSITIONS`].

use std::collections::BTreeSet;

use super::status::Status;
use super::transition::{TRANSITIONS, Target, Transition};
use crate::access::Action;
use crate::code::Code;

crate::codes! {
    /// How the status after a transition is found.
    pub enum Lead {
        /// Sang một trạng thái định sẵn.
        To => "to", "Sang trạng thái định sẵn", "To one status",
        /// Về trạng thái trước khi tạm dừng.
        Back => "back", "Về trạng thái trước khi tạm dừng", "Back to where it came from",
        /// Giữ nguyên trạng thái.
        Same => "same", "Giữ nguyên trạng thái", "The status stays",
    }
}

/// How the status after a transition is found.
pub fn lead(row: &Transition) -> Lead {
    match row.to {
        Target::To(_) => Lead::To,
        Target::Back => Lead::Back,
        Target::Same => Lead::Same,
    }
}

/// Every pair of statuses that a transition can lead between, in the order of the table.
pub fn arrows(row: &Transition) -> Vec<(Status, Status)> {
    let mut found = Vec::new();
    for from in row.from {
        match row.to {
            Target::To(to) => found.push((*from, to)),
            Target::Same => found.push((*from, *from)),
            Target::Back => {
                let origins: BTreeSet<Status> = TRANSITIONS
                    .iter()
                    .filter(|into| into.to == Target::To(*from))
                    .flat_map(|into| into.from.iter().copied())
                    .collect();
                found.extend(origins.into_iter().map(|origin| (*from, origin)));
            }
        }
    }
    found
}

/// The statuses that a transition can lead to, in the order of the national list.
pub fn targets(row: &Transition) -> Vec<Status> {
    let reached: BTreeSet<Status> = arrows(row).into_iter().map(|(_, to)| to).collect();
    reached.into_iter().collect()
}

/// The statuses that a dossier begins in: those that it is never sent on to.
pub fn beginnings() -> impl Iterator<Item = Status> {
    let sent_to = |status: Status| TRANSITIONS.iter().any(|row| row.to == Target::To(status));
    Status::ALL.iter().copied().filter(move |status| !sent_to(*status))
}

/// The whole machine in the notation of Mermaid, with Vietnamese names of states and stable codes
/// of actions.
pub fn mermaid() -> String {
    let mut out = String::from("stateDiagram-v2\n");
    for status in Status::ALL {
        out.push_str(&format!("    state \"{}. {}\" as {status}\n", status.number(), status.label_vi()));
    }
    for status in beginnings() {
        out.push_str(&format!("    [*] --> {status} : {}\n", Action::Submit));
    }
    for row in TRANSITIONS {
        for (from, to) in arrows(row) {
            out.push_str(&format!("    {from} --> {to} : {}\n", row.action));
        }
    }
    for status in Status::ALL.iter().filter(|s| s.is_final()) {
        out.push_str(&format!("    {status} --> [*]\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dossier::status::StatusGroup;
    use crate::dossier::transition::allowed_from;

    #[test]
    fn groups_agree_with_the_table() {
        for status in Status::ALL {
            let ends = allowed_from(*status).next().is_none();
            assert_eq!(status.group() == StatusGroup::Final, ends, "{status}");
            let waits = allowed_from(*status).any(|row| row.to == Target::Back);
            assert_eq!(status.group() == StatusGroup::Paused, waits, "{status}");
        }
    }

    #[test]
    fn a_dossier_begins_registered_and_returns_where_it_came_from() {
        assert_eq!(beginnings().collect::<Vec<_>>(), [Status::Registered]);
        let back = TRANSITIONS.iter().find(|row| row.action == Action::Supplement).unwrap();
        assert_eq!(targets(back), [Status::Registered, Status::Accepted, Status::Processing]);
    }

    #[test]
    fn the_drawing_has_every_state_and_action() {
        let drawn = mermaid();
        assert!(drawn.starts_with("stateDiagram-v2\n"));
        for status in Status::ALL {
            assert!(drawn.contains(&format!(" as {status}\n")), "{status}");
        }
        for row in TRANSITIONS {
            assert!(drawn.contains(&format!(" : {}\n", row.action)), "{}", row.action);
        }
    }
}
