//! Logs and metrics: how they leave the process.
//!
//! Owns the log writer, the panic hook and the recorder of metrics. Logs go to standard error, one
//! JSON object a line, because commands print their results on standard output. A log that cannot
//! be written, to a full disk or a stuck pipe, never holds a request up: lines are dropped
//! instead. No personal data goes here; see the rules at each place that logs.

use std::io::IsTerminal;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Buckets of durations, as OpenTelemetry advises for HTTP.
const SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// Buckets of counts and sizes.
const AMOUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
/// Log lines that may wait to be written.
const LINES: usize = 16_384;
/// How often collected samples are folded into histograms when nobody asks for them.
const UPKEEP: Duration = Duration::from_secs(5);

/// Writes what is waiting when it is dropped: keep it until the process ends.
#[derive(Debug)]
#[must_use = "dropping it ends the log"]
pub struct LogGuard(#[expect(dead_code, reason = "held for its drop")] WorkerGuard);

/// Starts the log and the panic hook. A second start in one process changes nothing.
pub fn start_log(config: &Config) -> LogGuard {
    let (writer, guard) = writer(std::io::stderr());
    let filter = filter(&config.log_filter.0);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let started = match config.log_format {
        LogFormat::Json => json(log).try_init(),
        LogFormat::Pretty => log.compact().with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(panicked));
    }
    LogGuard(guard)
}

fn writer<W: std::io::Write + Send + 'static>(to: W) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES).thread_name("log").finish(to)
}

/// `RUST_LOG` where it is set and makes sense, else the setting, else `info`.
fn filter(setting: &str) -> EnvFilter {
    EnvFilter::try_from_default_env()
        .or_else(|_| EnvFilter::try_new(setting))
        .unwrap_or_else(|_| EnvFilter::new("info"))
}

type Formatter<F, W> = tracing_subscriber::fmt::SubscriberBuilder<
    tracing_subscriber::fmt::format::JsonFields,
    tracing_subscriber::fmt::format::Format<tracing_subscriber::fmt::format::Json>,
    F,
    W,
>;

fn json<F, W>(
    log: tracing_subscriber::fmt::SubscriberBuilder<
        tracing_subscriber::fmt::format::DefaultFields,
        tracing_subscriber::fmt::format::Format,
        F,
        W,
    >,
) -> Formatter<F, W> {
    log.json().flatten_event(true).with_current_span(false).with_span_list(false)
}

/// Says where, not what: a message may hold anything.
fn panicked(info: &std::panic::PanicHookInfo<'_>) {
    metrics::counter!("panics_total").increment(1);
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    tracing::error!(target: "panic", location, thread, "panic");
}

/// The metrics of the process.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

static METRICS: OnceLock<Metrics> = OnceLock::new();
static INSTALL: Mutex<()> = Mutex::new(());

impl Metrics {
    /// Installs the recorder; a second call gives the same.
    ///
    /// # Errors
    /// [`BuildError`] when another recorder is installed already.
    pub fn install() -> Result<Self, BuildError> {
        let _alone = INSTALL.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = METRICS.get() {
            return Ok(metrics.clone());
        }
        let handle = PrometheusBuilder::new()
            .set_buckets(AMOUNTS)?
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
            .install_recorder()?;
        describe();
        metrics::gauge!("build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        metrics::counter!("panics_total").absolute(0);
        let metrics = Self(handle.clone());
        // Without it samples pile up until somebody asks. It ends with the process.
        let upkeep = std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(UPKEEP);
                handle.run_upkeep();
            }
        });
        if let Err(error) = upkeep {
            tracing::warn!(%error, "metrics are folded only when they are read");
        }
        Ok(METRICS.get_or_init(|| metrics).clone())
    }

    /// All metrics in the text form of Prometheus.
    pub fn render(&self) -> String {
        if let Some(bytes) = resident_bytes() {
            metrics::gauge!("process_resident_memory_bytes").set(bytes);
        }
        self.0.render()
    }
}

fn describe() {
    describe_histogram!("http_server_request_duration_seconds", Unit::Seconds, "Duration of HTTP requests.");
    describe_gauge!("http_server_active_requests", "HTTP requests being answered.");
    describe_counter!("http_requests_shed_total", "Requests refused to protect the rest, by reason.");
    describe_counter!("panics_total", "Panics of any thread.");
    describe_gauge!("build_info", "Version of the program.");
    describe_gauge!("process_resident_memory_bytes", Unit::Bytes, "Memory in use.");
}

/// Memory in use, where the system tells it.
fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kib) * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_flat_json_object() {
        let kept = Kept::default();
        let (writer, guard) = writer(kept.clone());
        let log = json(tracing_subscriber::fmt().with_env_filter("info").with_writer(writer)).finish();
        tracing::subscriber::with_default(log, || {
            let nothing: Option<&str> = None;
            tracing::info!(target: "http", request_id = "r", http.route = "/a/{b}", code = nothing, "request");
            tracing::debug!("not wanted");
        });
        drop(guard);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&line["level"], &line["target"], &line["message"]),
            (&"INFO".into(), &"http".into(), &"request".into())
        );
        assert_eq!((&line["request_id"], &line["http.route"]), (&"r".into(), &"/a/{b}".into()));
        assert!(line.get("code").is_none());
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn metrics_are_installed_once_and_rendered() {
        let metrics = Metrics::install().unwrap();
        Metrics::install().unwrap();
        metrics::histogram!("sample_duration_seconds", "kind" => "x").record(0.03);
        let text = metrics.render();
        assert!(text.contains("sample_duration_seconds_bucket{kind=\"x\",le=\"0.05\"} 1"), "{text}");
        assert!(text.contains("build_info{version="), "{text}");
        assert!(text.contains("process_resident_memory_bytes"));
    }

    #[test]
    fn a_filter_that_makes_no_sense_falls_back() {
        assert_eq!(filter("=/=").to_string(), "info");
        assert_eq!(filter("warn,http=debug").to_string(), "http=debug,warn");
    }
}
