//! Examples of answers, as a running instance gave them.
//!
//! The files are written by the acceptance tests from real answers; a test compares them with the
//! schema of the operation.

use serde_json::Value;

/// One file of all examples, by operation.
const ALL: &str = include_str!("examples.json");

/// The example of an operation.
pub fn of(operation_id: &str) -> Option<Value> {
    let all: Value = serde_json::from_str(ALL).ok()?;
    all.get(operation_id).cloned()
}
