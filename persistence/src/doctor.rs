//! What a check-up asks the database about itself. Reads only.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::column::Ts;
use crate::error::Error;
use crate::schema::{audit_entries, dossier_events, outbox};
use crate::store::Reader;

/// Oldest PostgreSQL that is supported.
pub const OLDEST_POSTGRES: u32 = 15;

/// The database's own state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// SQLite with what its integrity check found wrong.
    Sqlite(Vec<String>),
    /// PostgreSQL of this major version.
    Postgres(u32),
}

/// Which database it is, and whether it is sound: SQLite reads its whole file for that.
///
/// # Errors
/// Those of the database.
pub fn engine(reader: &mut Reader<'_>) -> Result<Engine, Error> {
    let mut lines = Vec::new();
    let sqlite = reader.conn.is_sqlite();
    let sql = if sqlite {
        "SELECT integrity_check AS line_text FROM pragma_integrity_check"
    } else {
        "SELECT current_setting('server_version_num') AS line_text"
    };
    reader.conn.each_line(sql, |line| {
        lines.push(line);
        Ok::<(), Error>(())
    })?;
    if sqlite {
        lines.retain(|line| line != "ok");
        return Ok(Engine::Sqlite(lines));
    }
    let number = lines.first().map_or("", String::as_str);
    let number: u32 = number.parse().map_err(|e| Error::corrupt("server_version_num", &e))?;
    Ok(Engine::Postgres(number / 10_000))
}

/// The newest instant that anything was recorded at.
///
/// # Errors
/// Those of the database.
pub fn newest(reader: &mut Reader<'_>) -> Result<Option<DateTime<Utc>>, Error> {
    let audited: Option<Ts> = audit_entries::table
        .select(audit_entries::at)
        .order(audit_entries::at.desc())
        .first(reader.conn)
        .optional()?;
    let recorded: Option<Ts> = dossier_events::table
        .select(dossier_events::recorded_at)
        .order(dossier_events::recorded_at.desc())
        .first(reader.conn)
        .optional()?;
    Ok(audited.max(recorded).map(|t| t.0))
}

/// Messages that nobody took yet, and since when the oldest waits.
///
/// # Errors
/// Those of the database.
pub fn waiting(reader: &mut Reader<'_>) -> Result<(i64, Option<DateTime<Utc>>), Error> {
    let open = outbox::table.filter(outbox::dispatched_at.is_null());
    let count: i64 = open.count().get_result(reader.conn)?;
    let oldest: Option<Ts> = open.select(outbox::at).order(outbox::at).first(reader.conn).optional()?;
    Ok((count, oldest.map(|t| t.0)))
}
