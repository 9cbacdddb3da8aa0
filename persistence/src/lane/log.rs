//! The log of the embedded database, which is kept short.
//!
//! Owns when what stands in it is carried over to the file. By itself SQLite does so within a commit, as soon as a
//! number of pages is reached, and begins the log anew only if nobody reads just then. Where somebody always reads, the
//! log grows for good, every commit carries over, and each page that is read is looked for in all of it. So it is
//! done here, after those who wait have been answered, and the readers of that moment are waited for.

use std::time::Duration;

use crate::backend::AnyConnection;
use crate::error::Error;

/// Pages from which on the log is carried over. Most pages are changed again by the next batches, so that fewer would be
/// written more often; more would make each pause longer.
const LONG: i64 = 2_000;

/// How long the readers of the moment are waited for. Who reads for longer, such as a backup, is not: the
/// log is then let grow.
const PATIENCE: Duration = Duration::from_millis(20);

/// By how many pages at most it is let grow until the next try.
const MORE: i64 = 8 * LONG;

/// When the log is carried over next.
#[derive(Debug)]
pub(super) struct Log {
    at: i64,
}

impl Default for Log {
    fn default() -> Self {
        Self { at: LONG }
    }
}

impl Log {
    /// Carries the log over to the file if it has become long. To be called outside of a transaction.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn tend(&mut self, connection: &mut AnyConnection) -> Result<(), Error> {
        let Some(length) = connection.log_length()? else { return Ok(()) };
        if length < self.at {
            return Ok(());
        }
        // Until it is known that it could be begun anew; trying again at once would be in vain.
        self.at = length.saturating_add(length.min(MORE));
        if connection.carry_log_over(PATIENCE)? {
            self.at = LONG;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Begin, Target};

    /// Writes until the log has so many pages; gives how many it has.
    fn write_until(writer: &mut AnyConnection, pages: i64) -> i64 {
        loop {
            writer.batch("INSERT INTO t VALUES (zeroblob(400000))").unwrap();
            let length = writer.log_length().unwrap().unwrap();
            if length >= pages {
                return length;
            }
        }
    }

    #[test]
    fn the_log_stays_short_and_grows_only_while_somebody_reads_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("log.sqlite").display());
        let target = Target::parse(&url, Duration::from_secs(5)).unwrap();
        let mut writer = target.connect().unwrap();
        writer.for_a_lane().unwrap();
        writer.batch("CREATE TABLE t (v BLOB)").unwrap();
        let mut log = Log::default();
        // Nobody reads: it begins anew each time.
        for _ in 0..3 {
            let before = write_until(&mut writer, LONG);
            assert!(before < LONG * 2);
            log.tend(&mut writer).unwrap();
            assert_eq!(log.at, LONG);
            assert!(write_until(&mut writer, 1) < LONG);
        }
        // Somebody reads for long: it is let grow, and tried again only where it has become twice as long.
        let mut reader = target.connect().unwrap();
        reader.begin(Begin::Snapshot).unwrap();
        reader.batch("SELECT count(*) FROM t").unwrap();
        let length = write_until(&mut writer, LONG);
        log.tend(&mut writer).unwrap();
        assert_eq!(log.at, length * 2);
        let tried = std::time::Instant::now();
        (0..100).for_each(|_| log.tend(&mut writer).unwrap());
        assert!(tried.elapsed() < PATIENCE * 50, "it waits each time");
        // No longer: it is short again.
        reader.rollback();
        write_until(&mut writer, length * 2);
        log.tend(&mut writer).unwrap();
        assert_eq!(log.at, LONG);
        assert!(write_until(&mut writer, 1) < LONG);
        // Its patience with other writers is what it was.
        let mut other = target.connect().unwrap();
        other.begin(Begin::Write).unwrap();
        let waiting = std::thread::spawn(move || {
            writer.batch("INSERT INTO t VALUES (zeroblob(1))").unwrap();
        });
        std::thread::sleep(PATIENCE * 10);
        other.commit().unwrap();
        waiting.join().unwrap();
    }
}
