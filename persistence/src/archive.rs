//! Archives: the whole database in one file that either database can take.
//!
//! Owns the all-or-nothing of backup, restoring and copying; a copy between two databases is the
//! same without the file. The inside of the file is `file`'s, its compression `packing`'s, what
//! stands in it `tables`', the loading `fill`'s, the rests that a backup takes `pace`'s. It must not know what a table means.

mod file;
mod fill;
mod pace;
mod packing;
mod progress;
mod tables;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

pub use self::pace::Pace;
pub use self::progress::{Phase, Unwatched, Watch};

use self::file::{Out, walk};
use self::fill::{fill, read};
use self::pace::Rests;
use self::tables::Table;
use crate::backend::{AnyConnection, Begin, Target};
use crate::error::Error;
use crate::migrate;

/// Why an archive could not be made, believed or loaded.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
    /// The file cannot be read or written.
    #[error("the file: {0}")]
    File(#[from] std::io::Error),
    /// There is a file of this name already.
    #[error("{0} exists already; an archive never takes the place of another file")]
    Exists(PathBuf),
    /// The file is not as it was written.
    #[error("line {line}: {what}")]
    Damaged {
        /// The line.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// It belongs to another version of the program.
    #[error("{0}")]
    OtherVersion(String),
    /// The database to be filled holds something.
    #[error("the database is not empty: table {0} has rows; nothing was written")]
    NotEmpty(&'static str),
    /// What was written reads back otherwise.
    #[error("table {0} reads back otherwise than it was given; nothing was written")]
    Differs(&'static str),
}

/// Rows and digest of a table; the same on both databases for the same rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// Its name.
    pub table: &'static str,
    /// How many rows.
    pub rows: u64,
    /// SHA-256 of the rows in their order.
    pub sha256: String,
}

/// What an archive or a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Last migration of the schema.
    pub migration: String,
    /// Each table, in the order of the schema.
    pub tables: Vec<Sum>,
}

impl Contents {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|t| t.rows).sum()
    }
}

/// Names and columns of every table that an archive holds.
///
/// # Errors
/// [`Error::Corrupt`] when the schema holds a type that has no form in an archive.
pub fn tables() -> Result<BTreeMap<String, Vec<String>>, Error> {
    Ok(tables::all()?.iter().map(|t| (t.name.to_owned(), t.columns())).collect())
}

/// Writes the whole database, as of one moment, to a new file. Works while the service runs.
///
/// # Errors
/// [`Failure::Exists`] when there is such a file; those of the database and of the file. Nothing
/// is left behind then.
pub fn backup(
    target: &Target,
    file: &Path,
    made_at: DateTime<Utc>,
    pace: Pace,
    watch: &dyn Watch,
) -> Result<Contents, Failure> {
    let migration = up_to_date(target)?;
    if file.try_exists()? {
        return Err(Failure::Exists(file.to_owned()));
    }
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let done = write(target, &part, (&migration, made_at), pace, watch).and_then(|contents| {
        std::fs::rename(&part, file)?;
        // The name itself must last as well.
        let folder = file.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
        Ok(contents)
    });
    if done.is_err() && std::fs::remove_file(&part).is_err() {
        tracing::debug!("no unfinished archive to remove");
    }
    done
}

fn write(
    target: &Target,
    part: &Path,
    (migration, made_at): (&str, DateTime<Utc>),
    pace: Pace,
    watch: &dyn Watch,
) -> Result<Contents, Failure> {
    let tables = tables::all()?;
    let mut out = Out::begin(part, migration, made_at.timestamp_micros())?;
    let mut source = snapshot(target)?;
    watch.begin(Phase::Writing, count(&mut source, &tables)?);
    let (mut sums, mut rests) = (Vec::new(), Rests::of(pace));
    for table in &tables {
        let sum = out.table(table, |each| {
            read(&mut source, table, watch, &mut |line| {
                rests.rest();
                each(line)
            })
        });
        sums.push(sum?);
    }
    source.rollback();
    let contents = Contents { migration: migration.to_owned(), tables: sums };
    out.finish(&contents)?;
    Ok(contents)
}

/// Reads an archive from its first to its last byte and checks everything about it.
///
/// # Errors
/// [`Failure::Damaged`] when anything changed since it was written; [`Failure::OtherVersion`] when
/// it is whole but of another schema than this program's.
pub fn verify(file: &Path, watch: &dyn Watch) -> Result<Contents, Failure> {
    walk(file, &tables::all()?, Phase::Checking, watch, |_, _| Ok(()))
}

/// Verifies an archive, then loads it into an empty database: all of it or nothing.
///
/// # Errors
/// As [`verify`]; [`Failure::NotEmpty`] when the database holds anything.
pub fn restore(target: &Target, file: &Path, watch: &dyn Watch) -> Result<Contents, Failure> {
    let tables = tables::all()?;
    walk(file, &tables, Phase::Checking, watch, |_, _| Ok(()))?;
    fill(target, &tables, watch, |loader| {
        walk(file, &tables, Phase::Loading, watch, |table, line| loader.push(table, line))
    })
}

/// Copies one database into another, empty one, as of one moment: all of it or nothing.
///
/// # Errors
/// [`Failure::NotEmpty`] when `to` holds anything; those of the databases.
pub fn copy(from: &Target, to: &Target, watch: &dyn Watch) -> Result<Contents, Failure> {
    let tables = tables::all()?;
    let migration = up_to_date(from)?;
    fill(to, &tables, watch, |loader| {
        let mut source = snapshot(from)?;
        watch.begin(Phase::Copying, count(&mut source, &tables)?);
        let mut sums = Vec::new();
        for table in &tables {
            sums.push(read(&mut source, table, watch, &mut |line| loader.push(table, line))?);
        }
        source.rollback();
        Ok(Contents { migration, tables: sums })
    })
}

/// Rows of all tables.
fn count(conn: &mut AnyConnection, tables: &[Table]) -> Result<u64, Failure> {
    let counts: Vec<String> =
        tables.iter().map(|t| format!("(SELECT count(*) FROM \"{}\")", t.name)).collect();
    let mut rows = 0;
    conn.each_line(&format!("SELECT CAST({} AS text) AS line_text", counts.join(" + ")), |line| {
        rows = line.parse().map_err(|e| Error::corrupt("a count", &e))?;
        Ok::<(), Failure>(())
    })?;
    Ok(rows)
}

/// The last migration, when the database has exactly those of this program.
fn up_to_date(target: &Target) -> Result<String, Failure> {
    if target.is_missing() {
        return Err(Error::Unavailable("there is no such database file".to_owned()).into());
    }
    let unknown = migrate::unknown(target)?;
    if let Some(name) = unknown.first() {
        return Err(Failure::OtherVersion(format!("the schema is newer than this program: it has {name}")));
    }
    if migrate::status(target)?.iter().any(|m| !m.applied) {
        return Err(Failure::OtherVersion(
            "the schema is older than this program: run `motcua migrate up` first".to_owned(),
        ));
    }
    Ok(migrate::newest()?)
}

/// A connection that sees one moment and may take as long as it needs.
fn snapshot(target: &Target) -> Result<AnyConnection, Failure> {
    let mut conn = target.connect()?;
    conn.without_limits()?;
    conn.begin(Begin::Snapshot)?;
    Ok(conn)
}
