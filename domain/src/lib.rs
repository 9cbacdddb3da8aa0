//! Pure rules of the one-stop department.
//!
//! This crate knows no clock, no input or output, no database and no web framework: facts,
//! rules and the time come in, values and refusals go out. Everything that the law decides is
//! decided here; every amount, limit and holiday comes in as dated data.

pub mod access;
pub mod assignment;
pub mod calendar;
pub mod code;
pub mod deadline;
pub mod dossier;
pub mod ids;
pub mod letter;
pub mod money;
pub mod period;
pub mod person;
pub mod procedure;
pub mod rulebook;
pub mod text;
pub mod unemployment;
pub mod unit;
