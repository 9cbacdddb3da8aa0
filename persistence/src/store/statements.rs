//! How many statements are sent, and on whose account.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;

use crate::backend::AnyConnection;
use crate::error::Error;

/// On whose account statements are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Of whoever waits for an answer.
    Requests,
    /// Of background jobs, which nobody waits for.
    Jobs,
}

thread_local! {
    static WHOSE: Cell<Whose> = const { Cell::new(Whose::Requests) };
}

/// Has everything that this thread reads and writes from now on counted as of background jobs.
pub fn work_jobs() {
    WHOSE.set(Whose::Jobs);
}

impl Whose {
    /// On whose account this thread works.
    pub(crate) fn here() -> Self {
        WHOSE.get()
    }
}

/// Statements sent since the start; the budget test reads those of requests.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    requests: AtomicU64,
    jobs: AtomicU64,
}

impl Statements {
    pub(super) fn of(&self, whose: Whose) -> &AtomicU64 {
        match whose {
            Whose::Requests => &self.requests,
            Whose::Jobs => &self.jobs,
        }
    }

    /// Counts what was sent on somebody's account.
    pub(crate) fn add(&self, whose: Whose, sent: u64) {
        self.of(whose).fetch_add(sent, Ordering::Relaxed);
    }
}

/// Has every statement of a connection counted.
pub(crate) fn count_statements(connection: &mut AnyConnection, count: impl Fn() + Send + 'static) {
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { .. } = event {
            count();
        }
    });
}

/// Has the statements of pooled connections counted.
#[derive(Debug)]
pub(super) struct Counted(pub(super) Arc<Statements>);

impl r2d2::CustomizeConnection<AnyConnection, Error> for Counted {
    fn on_acquire(&self, connection: &mut AnyConnection) -> Result<(), Error> {
        let statements = self.0.clone();
        // A pooled connection is used by the thread that asked for it.
        count_statements(connection, move || statements.add(Whose::here(), 1));
        Ok(())
    }
}
