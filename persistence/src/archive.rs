//! Archives: the whole database in one file that either database can take.
//!
//! Owns the form of the file, the digests and the all-or-nothing loading; a copy between two
//! databases is the same without the file. It must not know what a table means.
//!
//! The file is lines of JSON: a head; for each table a line naming its columns, a line a row, and
//! a line with the number of rows and their SHA-256; at the end the SHA-256 of everything before.
//! Apart from the rows every line has exactly one right text, so it is compared, not interpreted:
//! no bit of the file can change unseen.

mod tables;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::audit::hex;
use crate::backend::{AnyConnection, Begin, Target};
use crate::error::Error;
use crate::migrate;
use tables::Table;

/// Version of the form of the file.
const FORMAT: u32 = 1;

/// Rows of one insert.
const ROWS: usize = 500;

/// Bytes after which an insert is sent even with fewer rows: an import's file lies in long rows.
const BYTES: usize = 1 << 20;

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
pub fn backup(target: &Target, file: &Path, made_at: DateTime<Utc>) -> Result<Contents, Failure> {
    let migration = up_to_date(target)?;
    if file.try_exists()? {
        return Err(Failure::Exists(file.to_owned()));
    }
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let done = write(target, &part, migration, made_at).and_then(|contents| {
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
    migration: String,
    made_at: DateTime<Utc>,
) -> Result<Contents, Failure> {
    // For its owner alone: it holds everything that the database holds.
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part)?;
    let mut out = Out { file: BufWriter::new(file), whole: Sha256::new() };
    out.line(&head(&migration, made_at.timestamp_micros()))?;
    let mut source = snapshot(target)?;
    let mut sums = Vec::new();
    for table in &tables::all()? {
        out.line(&opening(table))?;
        let sum = read(&mut source, table, |line| Ok(out.line(line)?))?;
        out.line(&closing(&sum))?;
        sums.push(sum);
    }
    source.rollback();
    let contents = Contents { migration, tables: sums };
    let last = ending(&contents, &hex(&out.whole.clone().finalize()));
    out.line(&last)?;
    out.file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok(contents)
}

/// Reads an archive from its first to its last byte and checks everything about it.
///
/// # Errors
/// [`Failure::Damaged`] when anything changed since it was written; [`Failure::OtherVersion`] when
/// it is whole but of another schema than this program's.
pub fn verify(file: &Path) -> Result<Contents, Failure> {
    walk(file, &tables::all()?, |_, _| Ok(()))
}

/// Verifies an archive, then loads it into an empty database: all of it or nothing.
///
/// # Errors
/// As [`verify`]; [`Failure::NotEmpty`] when the database holds anything.
pub fn restore(target: &Target, file: &Path) -> Result<Contents, Failure> {
    let tables = tables::all()?;
    walk(file, &tables, |_, _| Ok(()))?;
    fill(target, &tables, |loader| walk(file, &tables, |table, line| loader.push(table, line)))
}

/// Copies one database into another, empty one, as of one moment: all of it or nothing.
///
/// # Errors
/// [`Failure::NotEmpty`] when `to` holds anything; those of the databases.
pub fn copy(from: &Target, to: &Target) -> Result<Contents, Failure> {
    let tables = tables::all()?;
    let migration = up_to_date(from)?;
    fill(to, &tables, |loader| {
        let mut source = snapshot(from)?;
        let mut sums = Vec::new();
        for table in &tables {
            sums.push(read(&mut source, table, |line| loader.push(table, line))?);
        }
        source.rollback();
        Ok(Contents { migration, tables: sums })
    })
}

fn head(migration: &str, made_at: i64) -> String {
    json!({ "archive": "motcua", "format": FORMAT, "migration": migration, "made_at": made_at }).to_string()
}

fn opening(table: &Table) -> String {
    json!({ "table": table.name, "columns": table.described() }).to_string()
}

fn closing(sum: &Sum) -> String {
    json!({ "end": sum.table, "rows": sum.rows, "sha256": sum.sha256 }).to_string()
}

fn ending(contents: &Contents, whole: &str) -> String {
    json!({ "tables": contents.tables.len(), "rows": contents.rows(), "sha256": whole }).to_string()
}

struct Out {
    file: BufWriter<File>,
    whole: Sha256,
}

impl Out {
    fn line(&mut self, text: &str) -> std::io::Result<()> {
        for bytes in [text.as_bytes(), b"\n"] {
            self.whole.update(bytes);
            self.file.write_all(bytes)?;
        }
        Ok(())
    }
}

/// Digest and count of rows as they pass by.
#[derive(Default)]
struct Summing {
    rows: u64,
    digest: Sha256,
}

impl Summing {
    fn add(&mut self, line: &str) {
        self.rows += 1;
        self.digest.update(line);
        self.digest.update("\n");
    }

    fn sum(self, table: &Table) -> Sum {
        Sum { table: table.name, rows: self.rows, sha256: hex(&self.digest.finalize()) }
    }
}

/// The lines of an archive, each looked at before it enters the digest of everything.
struct Lines {
    file: BufReader<File>,
    number: u64,
    whole: Sha256,
}

impl Lines {
    fn damaged(&self, what: impl Into<String>) -> Failure {
        Failure::Damaged { line: self.number, what: what.into() }
    }

    /// The next line with its end; empty at the end of the file.
    fn next(&mut self) -> Result<String, Failure> {
        self.number += 1;
        let mut bytes = Vec::new();
        self.file.read_until(b'\n', &mut bytes)?;
        String::from_utf8(bytes).map_err(|_| self.damaged("not UTF-8"))
    }

    /// The next line must be this one.
    fn exactly(&mut self, right: &str, what: &str) -> Result<(), Failure> {
        let line = self.next()?;
        if line.strip_suffix('\n') != Some(right) {
            return Err(self.damaged(what));
        }
        self.whole.update(line);
        Ok(())
    }
}

fn walk<'t>(
    file: &Path,
    tables: &'t [Table],
    mut row: impl FnMut(&'t Table, &str) -> Result<(), Failure>,
) -> Result<Contents, Failure> {
    let mut lines = Lines { file: BufReader::new(File::open(file)?), number: 0, whole: Sha256::new() };
    let migration = first(&mut lines)?;
    let mut sums = Vec::new();
    for table in tables {
        let what = format!("here the columns of table {} must stand", table.name);
        lines.exactly(&opening(table), &what)?;
        let mut summing = Summing::default();
        let closed = loop {
            let line = lines.next()?;
            let Some(text) = line.strip_suffix('\n') else {
                return Err(lines.damaged("the file ends too early"));
            };
            if !text.starts_with('[') {
                break line;
            }
            summing.add(text);
            row(table, text)?;
            lines.whole.update(line);
        };
        let sum = summing.sum(table);
        if closed.strip_suffix('\n') != Some(closing(&sum).as_str()) {
            return Err(lines.damaged(format!("rows or digest of table {} do not agree", table.name)));
        }
        lines.whole.update(closed);
        sums.push(sum);
    }
    let contents = Contents { migration, tables: sums };
    let last = ending(&contents, &hex(&lines.whole.clone().finalize()));
    lines.exactly(&last, "the digest of the whole file does not agree")?;
    if !lines.next()?.is_empty() {
        return Err(lines.damaged("something stands behind the end"));
    }
    Ok(contents)
}

/// Reads the head; gives the migration, which must be this program's last.
fn first(lines: &mut Lines) -> Result<String, Failure> {
    let line = lines.next()?;
    let value: Value = serde_json::from_str(&line).map_err(|_| lines.damaged("this is no archive"))?;
    let (Some(migration), Some(made_at)) = (
        value.pointer("/migration").and_then(Value::as_str),
        value.pointer("/made_at").and_then(Value::as_i64),
    ) else {
        return Err(lines.damaged("this is no archive"));
    };
    let known = migrate::newest()?;
    if line.strip_suffix('\n') != Some(head(migration, made_at).as_str()) {
        return Err(lines.damaged("this is no archive of a form that this program knows"));
    }
    if migration != known {
        return Err(Failure::OtherVersion(format!(
            "the archive is of schema {migration}, this program of {known}: restore it with the program that made it, then migrate"
        )));
    }
    lines.whole.update(&line);
    Ok(migration.to_owned())
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

fn read(
    conn: &mut AnyConnection,
    table: &Table,
    mut each: impl FnMut(&str) -> Result<(), Failure>,
) -> Result<Sum, Failure> {
    let mut summing = Summing::default();
    let sql = table.read_sql(conn.is_sqlite());
    conn.each_line(&sql, |raw| {
        let line = table.line(&raw)?;
        summing.add(&line);
        each(&line)
    })?;
    Ok(summing.sum(table))
}

/// Collects rows and inserts many with one statement.
struct Loader<'c, 't> {
    conn: &'c mut AnyConnection,
    table: Option<&'t Table>,
    rows: String,
    count: usize,
}

impl<'t> Loader<'_, 't> {
    fn push(&mut self, table: &'t Table, line: &str) -> Result<(), Failure> {
        if self.count >= ROWS || self.rows.len() >= BYTES || self.table.is_some_and(|t| t.name != table.name)
        {
            self.flush()?;
        }
        self.table = Some(table);
        self.rows.push(if self.count == 0 { '[' } else { ',' });
        self.rows.push_str(line);
        self.count += 1;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let Some(table) = self.table.take() else { return Ok(()) };
        self.rows.push(']');
        let sql = table.take_sql(self.conn.is_sqlite());
        diesel::sql_query(sql).bind::<Text, _>(&self.rows).execute(self.conn).map_err(Error::from)?;
        self.rows.clear();
        self.count = 0;
        Ok(())
    }
}

/// Fills an empty database in one transaction and reads everything back before the commit.
fn fill<'t>(
    target: &Target,
    tables: &'t [Table],
    give: impl FnOnce(&mut Loader<'_, 't>) -> Result<Contents, Failure>,
) -> Result<Contents, Failure> {
    // An empty database is migrated; one that was begun with another version is left alone.
    if migrate::status(target)?.iter().all(|m| !m.applied) && migrate::unknown(target)?.is_empty() {
        migrate::up(target)?;
    }
    up_to_date(target)?;
    let mut conn = target.connect()?;
    conn.without_limits()?;
    conn.begin(Begin::Write)?;
    let done = fill_on(&mut conn, tables, give);
    match &done {
        Ok(_) => conn.commit().map_err(Error::from)?,
        Err(_) => conn.rollback(),
    }
    done
}

fn fill_on<'t>(
    conn: &mut AnyConnection,
    tables: &'t [Table],
    give: impl FnOnce(&mut Loader<'_, 't>) -> Result<Contents, Failure>,
) -> Result<Contents, Failure> {
    let names: Vec<&str> = tables.iter().map(|t| t.name).collect();
    conn.keep_writers_out(&names)?;
    for table in tables {
        let sql = format!("SELECT '' AS line_text FROM \"{}\" LIMIT 1", table.name);
        conn.each_line(&sql, |_| Err(Failure::NotEmpty(table.name)))?;
    }
    let mut loader = Loader { conn, table: None, rows: String::new(), count: 0 };
    let contents = give(&mut loader)?;
    loader.flush()?;
    for (table, given) in tables.iter().zip(&contents.tables) {
        if read(conn, table, |_| Ok(()))? != *given {
            return Err(Failure::Differs(table.name));
        }
    }
    Ok(contents)
}
