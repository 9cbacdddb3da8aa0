//! Handlers: unwrap, call one use case, wrap. Three to fifteen lines each.

pub mod actions;
pub mod assignments;
pub mod batch;
pub mod benefits;
pub mod delegations;
pub mod dossiers;
pub mod drafts;
pub mod health;
pub mod imports;
pub mod letters;
pub mod meta;
pub mod papers;
pub mod procedures;
pub mod queue;
pub mod ratings;
pub mod registers;
pub mod sessions;
pub mod statistics;
pub mod timeline;
pub mod unemployment;
pub mod units;
pub mod uploads;

// The law as data.
pub mod reference_tables;
pub mod rule_books;
