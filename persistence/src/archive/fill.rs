//! Filling an empty database: all of it or nothing.
//!
//! Owns the one transaction that loads every row and reads everything back before the commit.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::file::Summing;
use super::progress::{Phase, Watch};
use super::tables::Table;
use super::{Contents, Failure, Sum, up_to_date};
use crate::backend::{AnyConnection, Begin, Target};
use crate::error::Error;
use crate::migrate;

/// Rows of one insert.
const ROWS: usize = 500;

/// Bytes after which an insert is sent even with fewer rows: an import's file lies in long rows.
const BYTES: usize = 1 << 20;

/// Reads every row of a table in its one order, in the text that both databases share.
pub(super) fn read(
    conn: &mut AnyConnection,
    table: &Table,
    watch: &dyn Watch,
    each: &mut dyn FnMut(&str) -> Result<(), Failure>,
) -> Result<Sum, Failure> {
    let mut summing = Summing::default();
    let sql = table.read_sql(conn.is_sqlite());
    conn.each_line(&sql, |raw| {
        let line = table.line(&raw)?;
        summing.add(&line);
        watch.advance(1);
        each(&line)
    })?;
    Ok(summing.sum(table))
}

/// Collects rows and inserts many with one statement.
pub(super) struct Loader<'c, 't> {
    conn: &'c mut AnyConnection,
    table: Option<&'t Table>,
    rows: String,
    count: usize,
}

impl<'t> Loader<'_, 't> {
    pub(super) fn push(&mut self, table: &'t Table, line: &str) -> Result<(), Failure> {
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
pub(super) fn fill<'t>(
    target: &Target,
    tables: &'t [Table],
    watch: &dyn Watch,
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
    let done = fill_on(&mut conn, tables, watch, give);
    match &done {
        Ok(_) => conn.commit().map_err(Error::from)?,
        Err(_) => conn.rollback(),
    }
    done
}

fn fill_on<'t>(
    conn: &mut AnyConnection,
    tables: &'t [Table],
    watch: &dyn Watch,
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
    watch.begin(Phase::ReadingBack, contents.rows());
    for (table, given) in tables.iter().zip(&contents.tables) {
        if read(conn, table, watch, &mut |_| Ok(()))? != *given {
            return Err(Failure::Differs(table.name));
        }
    }
    Ok(contents)
}
