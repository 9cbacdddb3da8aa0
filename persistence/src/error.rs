//! What can go wrong in the store, in words that do not depend on the database.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such row.
    #[error("not found")]
    NotFound,
    /// A value that must be unique is there already; names the index or column.
    #[error("already there: {0}")]
    Taken(String),
    /// The row changed since it was read.
    #[error("changed meanwhile")]
    Stale,
    /// No connection or no room in a queue; worth trying again.
    #[error("the store is busy: {0}")]
    Overloaded(&'static str),
    /// The database cannot be reached or refuses to work; worth trying again later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The connection broke while a transaction was being committed: it may or may not have been.
    #[error("it is not known whether the change was kept")]
    CommitUnknown,
    /// A row holds what the program never writes.
    #[error("the store holds something unexpected: {0}")]
    Corrupt(String),
    /// The schema of the database is none that this program can work with.
    #[error("{0}")]
    OtherSchema(String),
    /// The request's idempotency key was used for another request.
    #[error("the key was used for another request")]
    KeyReused,
    /// The first request with this idempotency key still runs.
    #[error("the first request with this key still runs")]
    KeyInProgress,
    /// Any other error of the database.
    #[error("database: {0}")]
    Database(String),
}

impl Error {
    /// A row that cannot be read back.
    pub fn corrupt(what: &str, why: &dyn std::fmt::Display) -> Self {
        Self::Corrupt(format!("{what}: {why}"))
    }

    /// Whether running the same job again alone may succeed.
    pub(crate) fn is_worth_another_try(&self) -> bool {
        matches!(self, Self::Taken(_) | Self::Stale | Self::Unavailable(_) | Self::Database(_))
    }

    /// Whether the connection is gone.
    pub(crate) fn lost_connection(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::CommitUnknown)
    }
}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::NotFound => Self::NotFound,
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                let name =
                    info.constraint_name().map_or_else(|| info.message().to_owned(), ToOwned::to_owned);
                Self::Taken(name)
            }
            Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection, info) => {
                Self::Unavailable(info.message().to_owned())
            }
            Diesel::DatabaseError(DatabaseErrorKind::UnableToSendCommand, info) => {
                Self::Unavailable(info.message().to_owned())
            }
            Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Stale,
            Diesel::DeserializationError(why) => Self::corrupt("row", &why),
            Diesel::BrokenTransactionManager => Self::Unavailable("broken transaction".to_owned()),
            Diesel::DatabaseError(kind, info) => classify(&kind, info.message()),
            other => Self::Database(other.to_string()),
        }
    }
}

/// Errors that the driver gives no kind for, told by their message.
fn classify(kind: &DatabaseErrorKind, message: &str) -> Error {
    const GONE: &[&str] = &[
        "server closed the connection",
        "terminating connection",
        "could not connect",
        "connection to server",
        "no connection to the server",
        "database system is",
        "read-only transaction",
        "database or disk is full",
        "disk I/O error",
        "No space left",
        "statement timeout",
        "lock timeout",
        "database is locked",
        "too many clients",
        "too many connections",
        "unable to open database",
        "attempt to write a readonly database",
    ];
    if GONE.iter().any(|part| message.contains(part)) {
        Error::Unavailable(message.to_owned())
    } else {
        Error::Database(format!("{kind:?}: {message}"))
    }
}
