//! The one place that knows which database it is.
//!
//! Owns the connection enum, how a connection is made ready, how transactions begin and end, and
//! the dispatch for the few statements that must be written per database. Nothing else matches on
//! the backend.

use std::time::Duration;

use diesel::connection::{Connection, DefaultLoadingMode, SimpleConnection, TransactionManager};
use diesel::pg::{PgConnection, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use crate::Error;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL 15 or newer.
    Postgres(PgConnection),
    /// SQLite 3.
    Sqlite(SqliteConnection),
}

/// Runs the same expression on the connection inside, compiled once for each database; for what
/// the enum itself cannot do (upserts and multi-row inserts).
macro_rules! on_each {
    ($connection:expr, $inner:ident => $body:expr) => {
        match $connection {
            $crate::backend::AnyConnection::Postgres($inner) => $body,
            $crate::backend::AnyConnection::Sqlite($inner) => $body,
        }
    };
}
pub(crate) use on_each;

/// Where the database is and how patient to be with it.
#[derive(Debug, Clone)]
pub struct Target {
    url: String,
    /// SQLite: the path; PostgreSQL: none.
    path: Option<String>,
    statement_timeout: Duration,
}

/// How libpq is to notice a peer that is gone without a word, such as a host that lost its power:
/// within some ten seconds, where the system's own defaults take two hours. What idles is given up after seven
/// seconds, what was asked something after six; asked at the last moment, after thirteen.
const WATCH: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "3"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "6000"),
];

/// The address with [`WATCH`], except for what it says itself.
fn watched(url: &str) -> String {
    let mut watched = url.to_owned();
    for (name, value) in WATCH {
        if !url.contains(&format!("{name}=")) {
            let mark = if watched.contains('?') { '&' } else { '?' };
            watched.push_str(&format!("{mark}{name}={value}"));
        }
    }
    watched
}

impl Target {
    /// Reads `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for any other scheme, so that a slip of the pen cannot make an
    /// empty register.
    pub fn parse(url: &str, statement_timeout: Duration) -> Result<Self, Error> {
        let path = match url.split_once(':') {
            Some(("sqlite", path)) if !path.trim().is_empty() => {
                Some(path.strip_prefix("//").unwrap_or(path).to_owned())
            }
            Some(("postgres" | "postgresql", _)) => None,
            _ => {
                return Err(Error::Unavailable(
                    "the database URL must be sqlite:PATH or postgres://…".to_owned(),
                ));
            }
        };
        Ok(Self { url: url.to_owned(), path, statement_timeout })
    }

    /// Whether one process alone may write at a time.
    pub fn is_sqlite(&self) -> bool {
        self.path.is_some()
    }

    /// Whether it is a file that is not there; opening it would make an empty one.
    pub fn is_missing(&self) -> bool {
        self.file().is_some_and(|file| !file.exists())
    }

    /// The file of SQLite, as far as it has one.
    pub fn file(&self) -> Option<&std::path::Path> {
        let path = self.path.as_deref()?;
        let is_file = path != ":memory:" && !path.starts_with("file:");
        is_file.then(|| std::path::Path::new(path))
    }

    /// Opens a connection and makes it ready.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with the database's own words.
    pub fn connect(&self) -> Result<AnyConnection, Error> {
        let unavailable = |e: diesel::ConnectionError| Error::Unavailable(e.to_string());
        let millis = self.statement_timeout.as_millis();
        match &self.path {
            Some(path) => {
                let mut inner = SqliteConnection::establish(path).map_err(unavailable)?;
                // Pages that a connection has not kept are mostly in the system's own cache, which
                // all connections share and which gives way when memory is short.
                inner.batch_execute(&format!(
                    "PRAGMA busy_timeout = {millis}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA foreign_keys = ON; PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;"
                ))?;
                Ok(AnyConnection::Sqlite(inner))
            }
            None => {
                let mut inner = PgConnection::establish(&watched(&self.url)).map_err(unavailable)?;
                inner.batch_execute(&format!(
                    "SET statement_timeout = {millis}; SET lock_timeout = {millis}; \
                     SET idle_in_transaction_session_timeout = {}; SET TIME ZONE 'UTC'; \
                     SET client_min_messages = warning;",
                    millis.saturating_mul(2)
                ))?;
                Ok(AnyConnection::Postgres(inner))
            }
        }
    }
}

/// How a transaction begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// For a writer: SQLite takes its lock at once, since a later upgrade would fail instead of
    /// waiting.
    Write,
    /// For a reader that needs one snapshot over several statements.
    Snapshot,
}

impl AnyConnection {
    /// Begins a transaction.
    pub(crate) fn begin(&mut self, how: Begin) -> Result<(), Error> {
        match (self, how) {
            (Self::Sqlite(inner), Begin::Write) => {
                <SqliteConnection as Connection>::TransactionManager::begin_transaction_sql(
                    inner,
                    "BEGIN IMMEDIATE",
                )?;
            }
            (Self::Sqlite(inner), Begin::Snapshot) => {
                <SqliteConnection as Connection>::TransactionManager::begin_transaction(inner)?;
            }
            (Self::Postgres(inner), Begin::Write) => {
                <PgConnection as Connection>::TransactionManager::begin_transaction(inner)?;
            }
            (Self::Postgres(inner), Begin::Snapshot) => {
                <PgConnection as Connection>::TransactionManager::begin_transaction_sql(
                    inner,
                    "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
                )?;
            }
        }
        Ok(())
    }

    /// Commits the open transaction.
    pub(crate) fn commit(&mut self) -> Result<(), diesel::result::Error> {
        on_each!(self, inner => commit_on(inner))
    }

    /// Rolls the open transaction back; an error here only means that the database did so itself.
    pub(crate) fn rollback(&mut self) {
        let done = on_each!(self, inner => rollback_on(inner));
        if let Err(error) = done {
            tracing::debug!(%error, "roll-back answered with an error");
        }
    }

    /// Makes the connection of a write lane ready for many rows a transaction.
    ///
    /// A server plans each statement anew: a lane lives long and meets empty tables first, and a plan kept from
    /// then would scan them for ever. The embedded database keeps all pages that a batch changes in memory until the
    /// commit, or it would write and read some of them several times, and leaves it to the lane when its log is
    /// carried over to the file.
    pub(crate) fn for_a_lane(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => self.batch("PRAGMA cache_size = -4096; PRAGMA wal_autocheckpoint = 0"),
            Self::Postgres(_) => self.batch("SET plan_cache_mode = force_custom_plan"),
        }
    }

    /// How many pages the log of the embedded database has; nothing of a server, which keeps its own.
    pub(crate) fn log_length(&mut self) -> Result<Option<i64>, Error> {
        match self {
            Self::Sqlite(inner) => Ok(Some(checkpoint(inner, "NOOP")?.log)),
            Self::Postgres(_) => Ok(None),
        }
    }

    /// Carries the log of the embedded database over to its file and has the next writer begin it anew; says whether
    /// that could be done within `patience`, for which the readers of the moment are waited for.
    pub(crate) fn carry_log_over(&mut self, patience: Duration) -> Result<bool, Error> {
        match self {
            Self::Sqlite(inner) => {
                let usual: BusyTimeout = diesel::sql_query("PRAGMA busy_timeout").get_result(inner)?;
                inner.batch_execute(&format!("PRAGMA busy_timeout = {}", patience.as_millis()))?;
                let done = checkpoint(inner, "RESTART");
                inner.batch_execute(&format!("PRAGMA busy_timeout = {}", usual.timeout))?;
                Ok(done?.busy == 0)
            }
            Self::Postgres(_) => Ok(true),
        }
    }

    /// For work that may take long, such as reading everything.
    pub(crate) fn without_limits(&mut self) -> Result<(), Error> {
        if self.is_sqlite() {
            return Ok(());
        }
        self.batch("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
    }

    /// Lets nobody else write these tables until the transaction ends.
    pub(crate) fn keep_writers_out(&mut self, tables: &[&str]) -> Result<(), Error> {
        if self.is_sqlite() {
            // A transaction that writes keeps all others out there.
            return Ok(());
        }
        self.batch(&format!("LOCK TABLE {} IN EXCLUSIVE MODE", tables.join(", ")))
    }

    /// Hands over the text `line_text` of each row as it comes, without holding the result.
    pub(crate) fn each_line<E: From<Error>>(
        &mut self,
        sql: &str,
        mut with: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        let query = diesel::sql_query(sql);
        match self {
            Self::Postgres(inner) => {
                let lines = query.load_iter::<Line, PgRowByRowLoadingMode>(inner).map_err(Error::from)?;
                lines.map(|line| line.map_err(Error::from)).try_for_each(|line| with(line?.line_text))
            }
            Self::Sqlite(inner) => {
                let lines = query.load_iter::<Line, DefaultLoadingMode>(inner).map_err(Error::from)?;
                lines.map(|line| line.map_err(Error::from)).try_for_each(|line| with(line?.line_text))
            }
        }
    }

    /// Several statements without parameters.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        Ok(on_each!(self, inner => inner.batch_execute(sql))?)
    }

    /// The connection to a server, to which each statement is a round trip; none to the embedded database.
    pub(crate) fn across_a_socket(&mut self) -> Option<&mut PgConnection> {
        match self {
            Self::Postgres(inner) => Some(inner),
            Self::Sqlite(_) => None,
        }
    }

    /// Whether this is SQLite.
    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

/// What SQLite answers when it is asked for its log.
#[derive(QueryableByName)]
struct Checkpoint {
    /// Not zero where somebody was in the way.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    busy: i64,
    /// Pages of the log.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    log: i64,
}

#[derive(QueryableByName)]
struct BusyTimeout {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    timeout: i64,
}

fn checkpoint(conn: &mut SqliteConnection, how: &str) -> QueryResult<Checkpoint> {
    diesel::sql_query(format!("PRAGMA wal_checkpoint({how})")).get_result(conn)
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line_text: String,
}

fn commit_on<C: Connection>(connection: &mut C) -> diesel::QueryResult<()> {
    C::TransactionManager::commit_transaction(connection)
}

fn rollback_on<C: Connection>(connection: &mut C) -> diesel::QueryResult<()> {
    C::TransactionManager::rollback_transaction(connection)
}

/// Makes pooled connections; the variant is chosen by the URL's scheme, never by trying.
#[derive(Debug)]
pub(crate) struct Manager(pub(crate) Target);

impl r2d2::ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = Error;

    fn connect(&self) -> Result<AnyConnection, Error> {
        self.0.connect()
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), Error> {
        connection.batch("SELECT 1")
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        std::thread::panicking() || on_each!(connection, inner => is_broken(inner))
    }
}

fn is_broken<C: Connection>(connection: &mut C) -> bool {
    C::TransactionManager::is_broken_transaction_manager(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_address_says_itself_stays() {
        let plain = watched("postgres://m@h1,h2/motcua");
        assert!(
            plain.starts_with("postgres://m@h1,h2/motcua?connect_timeout=5&keepalives_idle=3&"),
            "{plain}"
        );
        let own = watched("postgres://m@h/motcua?target_session_attrs=read-write&connect_timeout=1");
        assert!(own.contains("&connect_timeout=1&keepalives_idle=3"), "{own}");
        assert!(!own.contains("connect_timeout=5"), "{own}");
    }
}
