//! How much of the machine the writing of an archive takes.
//!
//! Owns the rests between two stretches of work. The database rests with whoever reads it: it cannot send
//! more than is taken.

use std::time::{Duration, Instant};

/// How a backup shares the machine with those who work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It rests three times as long as it works.
    Gentle,
    /// It takes whatever there is.
    Fast,
}

/// How long it works at a stretch: less than an answer takes, so that nobody waits for the whole of it.
const STRETCH: Duration = Duration::from_millis(2);

/// How many times as long as it works it rests.
const RESTS: u32 = 3;

/// The longest rest: what took long was waited for, a table that the database sorted first.
const LONGEST: Duration = Duration::from_millis(100);

/// The rests of one backup.
#[derive(Debug)]
pub(super) struct Rests {
    pace: Pace,
    since: Instant,
}

impl Rests {
    pub(super) fn of(pace: Pace) -> Self {
        Self { pace, since: Instant::now() }
    }

    /// Rests if it has worked for a stretch.
    pub(super) fn rest(&mut self) {
        let worked = self.since.elapsed();
        if self.pace == Pace::Gentle && worked >= STRETCH {
            std::thread::sleep(worked.saturating_mul(RESTS).min(LONGEST));
            self.since = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Works for so long; says how long it took with the rests.
    fn worked(pace: Pace, long: Duration) -> Duration {
        let begun = Instant::now();
        let mut rests = Rests::of(pace);
        let mut done = Duration::ZERO;
        while done < long {
            let from = Instant::now();
            while from.elapsed() < Duration::from_micros(200) {}
            done += from.elapsed();
            rests.rest();
        }
        begun.elapsed()
    }

    #[test]
    fn it_rests_longer_than_it_works_unless_it_is_told_to_be_fast() {
        let long = Duration::from_millis(40);
        // A stretch may be left over at the end.
        assert!(worked(Pace::Gentle, long) >= (1 + RESTS) * (long - STRETCH));
        let mut rests = Rests::of(Pace::Fast);
        std::thread::sleep(2 * STRETCH);
        let since = rests.since;
        rests.rest();
        assert_eq!(rests.since, since, "the fast one does not rest");
    }
}
