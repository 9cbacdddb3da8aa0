//! Whether the process may get traffic.
//!
//! Owns the cached outcome of the checks and the drain switch. What is checked comes from outside
//! as one function; it runs on a blocking thread and never longer than the answer may take.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::Mutex;

/// How long an outcome is answered again.
const FRESH: Duration = Duration::from_secs(1);
/// How long the checks may take.
const LONGEST: Duration = Duration::from_millis(500);

/// How well one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Well.
    Pass,
    /// Not well, but traffic may come.
    Warn,
    /// No traffic should come.
    Fail,
}

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked, such as `database`.
    pub name: &'static str,
    /// How well it is.
    pub status: Status,
    /// More for the operator; shown on the admin listener only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Check {
    /// Something that is well.
    pub fn pass(name: &'static str) -> Self {
        Self { name, status: Status::Pass, detail: None }
    }

    /// Something that keeps traffic away.
    pub fn fail(name: &'static str, detail: impl fmt::Display) -> Self {
        Self { name, status: Status::Fail, detail: Some(detail.to_string()) }
    }

    /// Something the operator should look at.
    pub fn warn(name: &'static str, detail: impl fmt::Display) -> Self {
        Self { name, status: Status::Warn, detail: Some(detail.to_string()) }
    }
}

/// Whether traffic may come, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// The worst of the checks.
    pub status: Status,
    /// Each check.
    pub checks: Vec<Check>,
}

impl Readiness {
    fn of(checks: Vec<Check>) -> Self {
        let status = checks.iter().map(|check| check.status).max().unwrap_or(Status::Pass);
        Self { status, checks }
    }

    /// Whether traffic may come.
    pub fn is_ready(&self) -> bool {
        self.status != Status::Fail
    }
}

/// Looks at everything an answer needs; may block.
pub type Probe = Arc<dyn Fn() -> Vec<Check> + Send + Sync>;

/// The state of the process, shared by all listeners.
pub struct Health {
    probe: Probe,
    draining: AtomicBool,
    last: Mutex<Option<(Instant, Readiness)>>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("draining", &self.draining).finish_non_exhaustive()
    }
}

impl Health {
    /// With these checks.
    pub fn new(probe: Probe) -> Self {
        Self { probe, draining: AtomicBool::new(false), last: Mutex::new(None) }
    }

    /// From now on no traffic is wanted; what runs goes on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Whether the process is stopping.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Whether traffic may come; the checks run at most once a second, however many ask.
    pub async fn ready(&self) -> Readiness {
        if self.is_draining() {
            return Readiness::of(vec![Check::fail("draining", "the process is stopping")]);
        }
        let mut last = self.last.lock().await;
        if let Some((at, readiness)) = &*last
            && at.elapsed() < FRESH
        {
            return readiness.clone();
        }
        let probe = Arc::clone(&self.probe);
        let checked = tokio::time::timeout(LONGEST, tokio::task::spawn_blocking(move || probe())).await;
        let readiness = Readiness::of(match checked {
            Ok(Ok(checks)) => checks,
            Ok(Err(_)) => vec![Check::fail("checks", "a check panicked")],
            Err(_) => vec![Check::fail("checks", "the checks took too long")],
        });
        *last = Some((Instant::now(), readiness.clone()));
        readiness
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    #[tokio::test]
    async fn the_worst_check_decides_and_is_asked_once_a_second() {
        let asked = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&asked);
        let health = Health::new(Arc::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            vec![Check::pass("database"), Check::warn("disk", "5 % free")]
        }));
        for _ in 0..10 {
            let readiness = health.ready().await;
            assert_eq!((readiness.status, readiness.is_ready()), (Status::Warn, true));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        health.drain();
        assert!(!health.ready().await.is_ready());
    }

    #[tokio::test]
    async fn checks_that_hang_or_panic_count_as_failed() {
        let hanging = Health::new(Arc::new(|| {
            std::thread::sleep(Duration::from_millis(700));
            vec![]
        }));
        let started = Instant::now();
        assert!(!hanging.ready().await.is_ready());
        assert!(started.elapsed() < Duration::from_millis(650));
        let broken = Health::new(Arc::new(|| panic!("on purpose")));
        assert!(!broken.ready().await.is_ready());
    }
}
