//! Unemployment benefit (trợ cấp thất nghiệp): facts in, verdict out.
//!
//! Owns the facts, the rule sets as data and the assessment. It must not know where facts come
//! from or what is done with a verdict.

mod amount;
pub mod assessment;
mod conditions;
pub mod facts;
pub mod remedy;
pub mod rules;
