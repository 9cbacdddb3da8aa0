//! What a use case is lent to read and to write with.
//!
//! Owns no connection: each is lent one, and only functions of this crate get at it.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::append::Appends;
use crate::backend::AnyConnection;
use crate::dossiers::DossierRow;
use crate::error::Error;
use crate::foresight::Foreseen;

/// Reads the database; lends its connection to the functions of this crate only.
pub struct Reader<'c> {
    pub(crate) conn: &'c mut AnyConnection,
    pub(crate) foreseen: Option<&'c mut Foreseen>,
    /// Dossiers that the running batch is going to append: no statement finds them yet.
    pub(crate) waiting: &'c [DossierRow],
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader")
    }
}

/// A write transaction that a lane runs.
pub struct WriteTx<'c> {
    pub(crate) conn: &'c mut AnyConnection,
    /// What was read ahead for the batch.
    pub(crate) foreseen: Foreseen,
    pub(crate) appends: Appends,
    pub(crate) numbers: HashMap<(String, NaiveDate), std::ops::Range<i64>>,
    /// Jobs of this batch that have not run yet: how many numbers may still be wanted.
    pub(crate) jobs_left: usize,
    /// Whether the running job has changed rows that a roll-back alone would undo.
    pub(crate) touched: bool,
}

impl std::fmt::Debug for WriteTx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WriteTx")
    }
}

impl WriteTx<'_> {
    /// The same transaction, for reading.
    pub fn reader(&mut self) -> Reader<'_> {
        Reader { conn: self.conn, foreseen: Some(&mut self.foreseen), waiting: &self.appends.dossiers }
    }

    /// The connection, for a statement that changes rows at once.
    pub(crate) fn change(&mut self) -> &mut AnyConnection {
        self.touched = true;
        self.conn
    }
}

/// What a job may fail with: a refusal of its own, or an error of the store.
pub trait JobError: From<Error> + Send + 'static {
    /// The store's error, if that is what it is; then the job is run again alone.
    fn store_error(&self) -> Option<&Error>;
}

impl JobError for Error {
    fn store_error(&self) -> Option<&Error> {
        Some(self)
    }
}
