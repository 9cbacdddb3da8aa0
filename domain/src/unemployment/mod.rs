//! Unemployment benefit (trợ cấp thất nghiệp): facts in, verdict out.
//!
//! Owns the facts, the rule sets as data, the assessment, and the life of a benefit once it is
//! granted. It must not know where facts come from or who follows a benefit up.

pub mod life;

mod amount;
pub mod assessment;
pub mod benefit;
mod conditions;
pub mod facts;
pub mod remedy;
pub mod rules;
