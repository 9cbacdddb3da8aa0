//! The only crate that knows diesel: one store over SQLite and PostgreSQL.
//!
//! Reads go through [`Store::read`], writes through the write lanes of [`Store::write`]; nothing
//! else gives a connection. Each aggregate has a module of free functions; rows are private.

pub mod accounts;
pub mod append;
pub mod archive;
pub mod assignments;
pub mod audit;
mod backend;
pub mod benefits;
pub mod blank_forms;
pub mod chain;
mod column;
pub mod delegations;
pub mod doctor;
pub mod dossiers;
pub mod drafts;
mod error;
pub mod events;
pub mod figures;
mod foresight;
mod gather;
pub mod idempotency;
pub mod imports;
mod lane;
pub mod leases;
pub mod letters;
pub mod migrate;
pub mod numbers;
mod one_of;
pub mod papers;
pub mod procedures;
pub mod queue;
pub mod ratings;
pub mod reference;
mod schema;
pub mod store;
pub mod timers;
pub mod units;
pub mod uploads;

// The law as data.
pub mod recomputations;
pub mod rehearsals;
pub mod rule_books;

pub use backend::Target;
pub use error::Error;
pub use foresight::Foresight;
pub use gather::THREADS as GATHERERS;
pub use idempotency::{Answer, IdempotencyKey};
pub use store::{Reader, Settings, Store, WriteTx};
