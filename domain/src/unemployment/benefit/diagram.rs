//! The table of a benefit's transitions, seen as a machine.
//!
//! Nothing here is a rule of its own; every state and arrow is counted from [`TRANSITIONS`].

use super::status::BenefitStatus;
use super::transition::{TRANSITIONS, Transition};
use crate::code::Code;

/// Every pair of statuses that a transition can lead between.
pub fn arrows(row: &Transition) -> Vec<(BenefitStatus, BenefitStatus)> {
    row.from.iter().map(|from| (*from, row.to.unwrap_or(*from))).collect()
}

/// The whole machine in the notation of Mermaid, with Vietnamese names of states and stable codes
/// of actions.
pub fn mermaid() -> String {
    let mut out = String::from("stateDiagram-v2\n");
    for status in BenefitStatus::ALL {
        out.push_str(&format!("    state \"{}\" as {status}\n", status.label_vi()));
    }
    out.push_str(&format!("    [*] --> {}\n", BenefitStatus::Granted));
    for row in TRANSITIONS {
        for (from, to) in arrows(row) {
            out.push_str(&format!("    {from} --> {to} : {}\n", row.action));
        }
    }
    for status in BenefitStatus::ALL.iter().filter(|s| !s.is_open()) {
        out.push_str(&format!("    {status} --> [*]\n"));
    }
    out
}
