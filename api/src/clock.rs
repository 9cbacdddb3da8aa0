//! The time, and identifiers that carry it.
//!
//! Owns the only reading of the system clock in the workspace; everything else is given a
//! [`Clock`]. It must not know what the time is used for. (`std::time::Instant` is free to use for
//! durations, never for dates.)

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// Where the time comes from; clones of one clock agree.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    /// Microseconds since 1970, shared by all clones.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is [`set`](Self::set) or [`advance`](Self::advance)d.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(at.timestamp_micros()))))
    }

    /// The instant now, in whole microseconds: what both databases keep.
    #[expect(clippy::disallowed_methods, reason = "the one reading of the machine's clock")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => DateTime::<Utc>::from(SystemTime::now()).trunc_subsecs(6),
            Source::Fixed(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default()
            }
        }
    }

    /// Moves a fixed clock, and all its clones, to an instant; the system clock stays as it is.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Source::Fixed(micros) = &self.0 {
            micros.store(at.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Moves a fixed clock, and all its clones, on; the system clock stays as it is.
    pub fn advance(&self, by: TimeDelta) {
        if let (Source::Fixed(micros), Some(by)) = (&self.0, by.num_microseconds()) {
            micros.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// A new identifier (UUIDv7) that carries this clock's time and sorts by it.
    pub fn new_id(&self) -> Uuid {
        let now = self.now();
        // A time before 1970 cannot stand in a UUIDv7; a clock set so far back gives the first one.
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_fixed_clock_move_together() {
        let clock = Clock::fixed("2023-11-15T01:00:00Z".parse().unwrap());
        let copy = clock.clone();
        copy.advance(TimeDelta::hours(2));
        assert_eq!(clock.now().to_rfc3339(), "2023-11-15T03:00:00+00:00");
        clock.set("2024-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(copy.now().to_rfc3339(), "2024-01-01T00:00:00+00:00");
    }

    #[test]
    fn the_time_has_whole_microseconds() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1000, 0);
        let fine: DateTime<Utc> = "2023-11-15T01:00:00.123456789Z".parse().unwrap();
        assert_eq!(Clock::fixed(fine).now().timestamp_subsec_nanos(), 123_456_000);
    }

    #[test]
    fn identifiers_differ_and_sort_by_time() {
        let clock = Clock::fixed("2023-11-15T01:00:00Z".parse().unwrap());
        let first = clock.new_id();
        assert_ne!(first, clock.new_id());
        clock.advance(TimeDelta::milliseconds(1));
        assert!(first < clock.new_id());
        assert_eq!(first.get_version_num(), 7);
    }
}
