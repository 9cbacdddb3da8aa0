//! Embedded migrations, safe when several processes start at once.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::Error;
use crate::backend::{AnyConnection, Target, on_each};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Number of the advisory lock that one migrating process holds ("motcua" in digits of a phone).
const LOCK: i64 = 668_282;

/// A migration and whether it has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its name.
    pub name: String,
    /// Whether it has run on this database.
    pub applied: bool,
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Unavailable(format!("migration: {error}"))
}

/// How long the loser of a race waits before it looks again.
const AGAIN: std::time::Duration = std::time::Duration::from_millis(100);

/// Opens a connection. Turning a new SQLite file to WAL does not wait for the lock of another who
/// does the same, so whoever finds it locked tries again.
fn connect(target: &Target) -> Result<AnyConnection, Error> {
    let mut last = target.connect();
    for _ in 0..50 {
        match &last {
            Err(error) if target.is_sqlite() && error.to_string().contains("locked") => {}
            _ => return last,
        }
        std::thread::sleep(AGAIN);
        last = target.connect();
    }
    last
}

/// Brings the schema up to date and says which migrations ran.
///
/// One process does it; others that start at the same time wait for it and find nothing left.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached or a migration fails; a failed
/// migration leaves nothing behind.
pub fn up(target: &Target) -> Result<Vec<String>, Error> {
    let mut connection = connect(target)?;
    match &mut connection {
        AnyConnection::Postgres(inner) => {
            diesel::sql_query("SET statement_timeout = 0; ").execute(inner)?;
            diesel::sql_query(format!("SELECT pg_advisory_lock({LOCK})")).execute(inner)?;
            let done = inner.run_pending_migrations(POSTGRES).map(|done| names(&done)).map_err(failed);
            diesel::sql_query(format!("SELECT pg_advisory_unlock({LOCK})")).execute(inner)?;
            done
        }
        AnyConnection::Sqlite(inner) => {
            // SQLite has no advisory lock: an exclusive transaction over a side file's worth of
            // state would outlive a crash, so the losers of the race look again instead.
            let mut last = None;
            for _ in 0..50 {
                match inner.run_pending_migrations(SQLITE) {
                    Ok(done) => return Ok(names(&done)),
                    Err(error) => last = Some(error),
                }
                std::thread::sleep(AGAIN);
                // While the winner is at work this may be refused as well: then it is asked again.
                if matches!(inner.has_pending_migration(SQLITE), Ok(false)) {
                    return Ok(Vec::new());
                }
            }
            Err(last.map_or_else(|| Error::Unavailable("migration".to_owned()), failed))
        }
    }
}

fn names(done: &[MigrationVersion<'_>]) -> Vec<String> {
    done.iter().map(ToString::to_string).collect()
}

/// Every migration of this program and whether it has run.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached.
pub fn status(target: &Target) -> Result<Vec<MigrationStatus>, Error> {
    let mut connection = target.connect()?;
    match &mut connection {
        AnyConnection::Postgres(inner) => {
            let applied = inner.applied_migrations().map_err(failed)?;
            Ok(listed(&MigrationSource::<Pg>::migrations(&POSTGRES).map_err(failed)?, &applied))
        }
        AnyConnection::Sqlite(inner) => {
            let applied = inner.applied_migrations().map_err(failed)?;
            Ok(listed(&MigrationSource::<Sqlite>::migrations(&SQLITE).map_err(failed)?, &applied))
        }
    }
}

/// Name of this program's last migration.
///
/// # Errors
/// [`Error::Unavailable`] when the program was built without any.
pub fn newest() -> Result<String, Error> {
    let all = MigrationSource::<Sqlite>::migrations(&SQLITE).map_err(failed)?;
    let last = all.iter().map(|m| m.name().to_string()).max();
    last.ok_or_else(|| Error::Unavailable("no migrations".to_owned()))
}

/// Migrations that ran on the database and that this program does not know: a newer program's.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached.
pub fn unknown(target: &Target) -> Result<Vec<String>, Error> {
    let mut connection = target.connect()?;
    let applied = on_each!(&mut connection, inner => inner.applied_migrations()).map_err(failed)?;
    let all = MigrationSource::<Sqlite>::migrations(&SQLITE).map_err(failed)?;
    let known = |version: &MigrationVersion<'_>| all.iter().any(|m| m.name().version() == *version);
    Ok(applied.iter().filter(|version| !known(version)).map(ToString::to_string).collect())
}

fn listed<DB: diesel::backend::Backend>(
    all: &[Box<dyn Migration<DB>>],
    applied: &[MigrationVersion<'_>],
) -> Vec<MigrationStatus> {
    all.iter()
        .map(|m| MigrationStatus {
            name: m.name().to_string(),
            applied: applied.contains(&m.name().version()),
        })
        .collect()
}
