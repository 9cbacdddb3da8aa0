//! How far a long run is, for whoever watches it.
//!
//! Owns the names of what is going on; how it is shown is the caller's.

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Rows are read from the database and written to the file.
    Writing,
    /// Bytes of the file are read and checked.
    Checking,
    /// Bytes of the file are read and loaded.
    Loading,
    /// Rows are copied from one database to the other.
    Copying,
    /// Rows are read back and compared.
    ReadingBack,
}

impl Phase {
    /// Whether bytes are counted; rows otherwise.
    pub fn counts_bytes(self) -> bool {
        matches!(self, Self::Checking | Self::Loading)
    }
}

/// Is told how far a run is.
pub trait Watch {
    /// Something begins, of this many rows or bytes.
    fn begin(&self, phase: Phase, total: u64);
    /// So many more of them are done.
    fn advance(&self, more: u64);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn begin(&self, _: Phase, _: u64) {}
    fn advance(&self, _: u64) {}
}
