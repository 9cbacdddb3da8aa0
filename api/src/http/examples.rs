//! Examples of answers, as a running instance gave them.
//!
//! The files are written by the acceptance tests from real answers; a test compares them with the
//! schema of the operation.

use serde_json::{Map, Value};

/// One file of all examples, by operation.
const ALL: &str = include_str!("examples.json");

/// Every example by operation; read once for a whole document.
pub fn all() -> Map<String, Value> {
    serde_json::from_str(ALL).unwrap_or_default()
}
