//! Embedded migrations, safe when several processes start at once.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::backend::{AnyConnection, Target};
use crate::{Error, Reader};

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

/// How often the loser of a race looks again.
const TRIES: u32 = 50;

/// How often a migration may fail for another reason than a lock: twice may be a race's doing.
const BROKEN: u32 = 3;

/// Brings the schema up to date and says which migrations ran.
///
/// One process does it; others that start at the same time wait for it and find nothing left.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached or a migration fails; a failed
/// migration leaves nothing behind. [`Error::OtherSchema`] when a newer program migrated it.
pub fn up(target: &Target) -> Result<Vec<String>, Error> {
    let mut connection = connect(target)?;
    match &mut connection {
        AnyConnection::Postgres(inner) => {
            diesel::sql_query("SET statement_timeout = 0; ").execute(inner)?;
            diesel::sql_query(format!("SELECT pg_advisory_lock({LOCK})")).execute(inner)?;
        }
        AnyConnection::Sqlite(_) => {}
    }
    let newer = newer(&unknown_of(&applied(&mut connection)?)?);
    match &mut connection {
        AnyConnection::Postgres(inner) => {
            let mut done = Vec::new();
            let ran = newer.and_then(|()| run(inner, POSTGRES, &mut done));
            diesel::sql_query(format!("SELECT pg_advisory_unlock({LOCK})")).execute(inner)?;
            ran.map(|()| done)
        }
        AnyConnection::Sqlite(inner) => {
            newer?;
            // SQLite has no advisory lock: an exclusive transaction over a side file's worth of
            // state would outlive a crash, so the losers of the race look again instead.
            let (mut tries, mut broken, mut done) = (0, 0, Vec::new());
            loop {
                let error = match run(inner, SQLITE, &mut done) {
                    Ok(()) => return Ok(done),
                    Err(error) => error,
                };
                std::thread::sleep(AGAIN);
                // While the winner is at work this may be refused as well: then it is asked again.
                if matches!(inner.has_pending_migration(SQLITE), Ok(false)) {
                    return Ok(done);
                }
                tries += 1;
                broken += if error.to_string().contains("locked") { 0 } else { 1 };
                if tries >= TRIES || broken >= BROKEN {
                    return Err(error);
                }
            }
        }
    }
}

/// Runs what has not run, each migration in a transaction of its own, and adds each that was run to `done`,
/// which so tells of all of them when one fails and the rest is tried again.
fn run<DB: diesel::backend::Backend>(
    connection: &mut impl MigrationHarness<DB>,
    source: EmbeddedMigrations,
    done: &mut Vec<String>,
) -> Result<(), Error>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    for migration in connection.pending_migrations(source).map_err(failed)? {
        let version = connection.run_migration(&migration).map_err(|error| {
            Error::Unavailable(format!(
                "migration {} failed and left nothing behind: {error}",
                migration.name()
            ))
        })?;
        done.push(version.to_string());
    }
    Ok(())
}

/// Every migration of this program and whether it has run.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached.
pub fn status(target: &Target) -> Result<Vec<MigrationStatus>, Error> {
    status_on(&mut connect(target)?)
}

/// [`status`] of a database that is open already.
///
/// # Errors
/// As [`status`].
pub fn status_of(reader: &mut Reader<'_>) -> Result<Vec<MigrationStatus>, Error> {
    status_on(reader.conn)
}

fn status_on(connection: &mut AnyConnection) -> Result<Vec<MigrationStatus>, Error> {
    let applied = applied(connection)?;
    let all = MigrationSource::<Sqlite>::migrations(&SQLITE).map_err(failed)?;
    Ok(all
        .iter()
        .map(|m| MigrationStatus {
            name: m.name().to_string(),
            applied: applied.contains(&m.name().version()),
        })
        .collect())
}

/// What has run on a database; looking makes no table, so that it never meets one who migrates.
fn applied(connection: &mut AnyConnection) -> Result<Vec<MigrationVersion<'static>>, Error> {
    let there = if connection.is_sqlite() {
        "SELECT name AS line_text FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
    } else {
        "SELECT '' AS line_text WHERE to_regclass('__diesel_schema_migrations') IS NOT NULL"
    };
    let mut found = false;
    connection.each_line(there, |_| {
        found = true;
        Ok::<(), Error>(())
    })?;
    let mut versions = Vec::new();
    if found {
        let list = "SELECT version AS line_text FROM __diesel_schema_migrations ORDER BY version";
        connection.each_line(list, |version| {
            versions.push(MigrationVersion::from(version));
            Ok::<(), Error>(())
        })?;
    }
    Ok(versions)
}

/// Refuses a database that this program cannot work with: one that a newer program has migrated,
/// since what stands in its new columns would be lost without a word, and one without any table. A
/// process that runs already goes on.
///
/// # Errors
/// [`Error::OtherSchema`]; [`Error::Unavailable`] when the database cannot be reached.
pub(crate) fn usable(target: &Target) -> Result<(), Error> {
    let none = || Error::OtherSchema("the database has no tables yet: run `motcua migrate up`".to_owned());
    if target.is_missing() {
        return Err(none());
    }
    let applied = applied(&mut connect(target)?)?;
    newer(&unknown_of(&applied)?)?;
    if applied.is_empty() { Err(none()) } else { Ok(()) }
}

fn newer(unknown: &[String]) -> Result<(), Error> {
    match unknown.last() {
        None => Ok(()),
        Some(name) => Err(Error::OtherSchema(format!(
            "the schema of the database is newer than this program: it has migration {name}; run the program that made it or a newer one"
        ))),
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
    unknown_of(&applied(&mut connect(target)?)?)
}

fn unknown_of(applied: &[MigrationVersion<'_>]) -> Result<Vec<String>, Error> {
    let all = MigrationSource::<Sqlite>::migrations(&SQLITE).map_err(failed)?;
    let known = |version: &MigrationVersion<'_>| all.iter().any(|m| m.name().version() == *version);
    Ok(applied.iter().filter(|version| !known(version)).map(ToString::to_string).collect())
}
