//! The inside of an archive: lines of JSON, each with one right text.
//!
//! A head; for each table a line naming its columns, a line a row, and a line with the number of
//! rows and their SHA-256; at the end the SHA-256 of everything before. Apart from the rows every
//! line is compared, not interpreted: no bit of them can change unseen.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::packing::{Packer, Unpacker, Unreadable};
use super::progress::{Phase, Watch};
use super::tables::Table;
use super::{Contents, Failure, Sum};
use crate::audit::hex;
use crate::migrate;

/// Version of the form of the lines.
const FORMAT: u32 = 1;

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

/// Digest and count of rows as they pass by.
#[derive(Default)]
pub(super) struct Summing {
    rows: u64,
    digest: Sha256,
}

impl Summing {
    pub(super) fn add(&mut self, line: &str) {
        self.rows += 1;
        self.digest.update(line);
        self.digest.update("\n");
    }

    pub(super) fn sum(self, table: &Table) -> Sum {
        Sum { table: table.name, rows: self.rows, sha256: hex(&self.digest.finalize()) }
    }
}

/// Writes an archive.
pub(super) struct Out {
    file: Packer,
    whole: Sha256,
}

impl Out {
    /// Begins a file for its owner alone: it holds everything that the database holds.
    pub(super) fn begin(part: &Path, migration: &str, made_at: i64) -> Result<Self, Failure> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part)?;
        let mut out = Self { file: Packer::new(file)?, whole: Sha256::new() };
        out.line(&head(migration, made_at))?;
        Ok(out)
    }

    /// Writes one table, whose rows `rows` gives to what it is handed.
    pub(super) fn table(
        &mut self,
        table: &Table,
        rows: impl FnOnce(&mut dyn FnMut(&str) -> Result<(), Failure>) -> Result<Sum, Failure>,
    ) -> Result<Sum, Failure> {
        self.line(&opening(table))?;
        let sum = rows(&mut |line| Ok(self.line(line)?))?;
        self.line(&closing(&sum))?;
        Ok(sum)
    }

    /// Ends the file; it is on the disk then.
    pub(super) fn finish(mut self, contents: &Contents) -> Result<(), Failure> {
        let last = ending(contents, &hex(&self.whole.clone().finalize()));
        self.line(&last)?;
        Ok(self.file.finish()?)
    }

    fn line(&mut self, text: &str) -> std::io::Result<()> {
        for bytes in [text.as_bytes(), b"\n"] {
            self.whole.update(bytes);
            self.file.write(bytes)?;
        }
        Ok(())
    }
}

/// The lines of an archive, each looked at before it enters the digest of everything.
struct Lines<'w> {
    file: Unpacker<'w>,
    number: u64,
    whole: Sha256,
}

impl Lines<'_> {
    fn damaged(&self, what: impl Into<String>) -> Failure {
        Failure::Damaged { line: self.number, what: what.into() }
    }

    /// The next line with its end; empty at the end of the file.
    fn next(&mut self) -> Result<String, Failure> {
        self.number += 1;
        let bytes = self.file.line()?;
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

/// Reads an archive from its first to its last byte, checks everything and hands over each row.
pub(super) fn walk<'t>(
    file: &Path,
    tables: &'t [Table],
    phase: Phase,
    watch: &dyn Watch,
    mut row: impl FnMut(&'t Table, &str) -> Result<(), Failure>,
) -> Result<Contents, Failure> {
    let file = File::open(file)?;
    watch.begin(phase, file.metadata()?.len());
    let unpacker = Unpacker::open(file, watch).map_err(|error| match error {
        Unreadable::File(error) => Failure::File(error),
        Unreadable::Damaged(what) => Failure::Damaged { line: 0, what: what.to_owned() },
    })?;
    let mut lines = Lines { file: unpacker, number: 0, whole: Sha256::new() };
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
fn first(lines: &mut Lines<'_>) -> Result<String, Failure> {
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
