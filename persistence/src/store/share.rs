//! How much of the pool background jobs may hold.
//!
//! A job that hangs on a connection whose other end is gone holds it until that is noticed, some seconds later, and
//! the next job takes the next one. Were all held so, whoever waits for an answer would be refused for want of a
//! connection without having tried one.

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

/// The turns that jobs take: half of the pool, and one where the pool is one.
#[derive(Debug)]
pub(super) struct Share {
    free: Receiver<()>,
    back: Sender<()>,
}

impl Share {
    /// That of a pool of so many connections.
    pub(super) fn of(pool: u32) -> Self {
        let turns = usize::try_from(pool / 2).unwrap_or(usize::MAX).max(1);
        let (back, free) = bounded(turns);
        while back.try_send(()).is_ok() {}
        Self { free, back }
    }

    /// Waits for a turn; none when none is given back in time.
    pub(super) fn turn(&self, patience: Duration) -> Option<Turn> {
        self.free.recv_timeout(patience).ok().map(|()| Turn(self.back.clone()))
    }
}

/// May hold one connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Sender<()>);

impl Drop for Turn {
    fn drop(&mut self) {
        // It was taken out, so there is room for it; without the share there is nobody to give it to.
        let _ = self.0.try_send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_pool_is_left_and_what_is_given_back_is_taken_again() {
        for (pool, turns) in [(1, 1), (2, 1), (6, 3), (7, 3)] {
            let share = Share::of(pool);
            let mut held: Vec<Turn> = std::iter::from_fn(|| share.turn(Duration::ZERO)).collect();
            assert_eq!(held.len(), turns, "of {pool}");
            held.pop();
            assert!(share.turn(Duration::ZERO).is_some());
        }
    }
}
