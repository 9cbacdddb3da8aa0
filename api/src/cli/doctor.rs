//! A check-up: a line for each thing an operator would otherwise have to think of.

use std::fmt::Display;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, Datelike, Days, TimeDelta, Utc};
use domain::calendar;
use persistence::chain::Walked;
use persistence::doctor::{self, Engine};
use persistence::{Error, Store, accounts, audit, benefits, events, migrate, procedures, reference, uploads};

use super::exit::Exit;
use super::say;
use crate::clock::Clock;
use crate::config::{Config, Environment, Overrides};
use crate::files::Files;
use crate::state::{open_store, target};

/// How far ahead the calendar should reach: the longest time limits end within it.
const AHEAD: Days = Days::new(90);

/// How far the newest record may lie ahead of this machine's clock.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// Free MiB below which is warned, and below which it is a fault.
const DISK_MIB: (u64, u64) = (2_048, 256);

#[derive(Default)]
struct Report {
    faults: usize,
}

impl Report {
    fn ok(&self, what: &str, text: impl Display) {
        say(format_args!("ok      {what}: {text}"));
    }

    fn warning(&self, what: &str, text: impl Display) {
        say(format_args!("warning {what}: {text}"));
    }

    fn fault(&mut self, what: &str, text: impl Display) {
        self.faults += 1;
        say(format_args!("fault   {what}: {text}"));
    }

    fn code(&self) -> Exit {
        if self.faults == 0 { Exit::Done } else { Exit::Findings }
    }

    /// Says why something could not be looked at, or gives it.
    fn found<T, E: Display>(&mut self, what: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.fault(what, error)).ok()
    }
}

/// Looks at everything; changes nothing.
pub(super) fn run(overrides: &Overrides) -> Exit {
    let mut report = Report::default();
    let loaded = Config::load(overrides, &Environment::process());
    let Some(config) = report.found("configuration", loaded) else { return report.code() };
    report.ok("configuration", "loads");
    let clock = Clock::system();
    listener(&mut report, &config);
    if let Some(store) = schema(&mut report, &config, &clock) {
        engine(&mut report, &store);
        laws(&mut report, &store, &clock);
        records(&mut report, &store, clock.now());
        files(&mut report, &store, &config);
        store.close();
    }
    disk(&mut report, &config);
    report.code()
}

fn listener(report: &mut Report, config: &Config) {
    match TcpListener::bind(config.bind) {
        Ok(_) => report.ok("listener", format_args!("{} is free", config.bind)),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            report.ok("listener", format_args!("{} is in use, by the service if it runs", config.bind));
        }
        Err(error) => report.fault("listener", format_args!("{}: {error}", config.bind)),
    }
}

/// Reaches the database; gives the store when its schema is one that can be looked into.
fn schema(report: &mut Report, config: &Config, clock: &Clock) -> Option<Store> {
    let target = report.found("database", target(config))?;
    if target.is_missing() {
        report.fault("database", "there is no such file; `motcua migrate up` makes it");
        return None;
    }
    let status = report.found("database", migrate::status(&target))?;
    report.ok("database", "reachable");
    let unknown = report.found("schema", migrate::unknown(&target))?;
    if let Some(name) = unknown.first() {
        report.fault("schema", format_args!("newer than this program: it has {name}"));
        return None;
    }
    let pending = status.iter().filter(|m| !m.applied).count();
    if pending > 0 {
        report.fault("schema", format_args!("{pending} migrations have not run: `motcua migrate up`"));
        return None;
    }
    report.ok("schema", format_args!("up to date, {} migrations", status.len()));
    report.found("database", open_store(config, clock))
}

fn engine(report: &mut Report, store: &Store) {
    match report.found("engine", store.read(doctor::engine)) {
        Some(Engine::Sqlite(wrong)) if wrong.is_empty() => report.ok("engine", "SQLite, the file is sound"),
        Some(Engine::Sqlite(wrong)) => {
            report.fault("engine", format_args!("SQLite, integrity check: {}", wrong.join("; ")));
        }
        Some(Engine::Postgres(version)) if version >= doctor::OLDEST_POSTGRES => {
            report.ok("engine", format_args!("PostgreSQL {version}"));
        }
        Some(Engine::Postgres(version)) => report.fault(
            "engine",
            format_args!("PostgreSQL {version}, needed is {} or newer", doctor::OLDEST_POSTGRES),
        ),
        None => {}
    }
}

fn laws(report: &mut Report, store: &Store, clock: &Clock) {
    const LOAD: &str = "`motcua reference load`";
    match report.found("procedures", store.read(procedures::load)) {
        Some(known) if known.is_empty() => report.fault("procedures", format_args!("none: {LOAD}")),
        Some(known) => report.ok("procedures", format_args!("{} versions", known.len())),
        None => {}
    }
    let Some(book) = report.found("rules", store.read(reference::current)) else { return };
    let Some(book) = book else {
        report.fault("rules", format_args!("no rule book is in force: {LOAD}"));
        return;
    };
    report.ok("rules", format_args!("version {}", book.version));
    let today = calendar::day_of(clock.now());
    let ahead = today.checked_add_days(AHEAD).unwrap_or(today);
    let covers = |year: i32| book.calendar.days.keys().any(|day| day.year() == year);
    let reach =
        book.calendar.days.keys().next_back().map_or_else(|| "nowhere".to_owned(), ToString::to_string);
    if !covers(today.year()) {
        report.fault(
            "calendar",
            format_args!("no days off of {} (it reaches to {reach}): {LOAD}", today.year()),
        );
    } else if !covers(ahead.year()) {
        report.warning(
            "calendar",
            format_args!("no days off of {} yet: {LOAD} when they are published", ahead.year()),
        );
    } else {
        report.ok("calendar", format_args!("covers the next 90 days, reaches to {reach}"));
    }
}

fn records(report: &mut Report, store: &Store, now: DateTime<Utc>) {
    match report.found("audit", store.read_snapshot(audit::verify)) {
        Some(found) if found.faults.is_empty() => {
            report.ok("audit", format_args!("{} entries in {} chains verify", found.entries, found.chains));
        }
        Some(found) => report
            .fault("audit", format_args!("{} faults: `motcua audit verify` names them", found.faults.len())),
        None => {}
    }
    chains(report, "events of dossiers", store.read(|reader| events::verify(reader, drop)));
    chains(report, "events of benefits", store.read(|reader| benefits::events::verify(reader, drop)));
    match report.found("clock", store.read(doctor::newest)) {
        Some(Some(newest)) if newest > now + SKEW => report.fault(
            "clock",
            format_args!("it says {now}, but something was recorded at {newest}: set the clock"),
        ),
        Some(_) => report.ok("clock", format_args!("{now}, not before the newest record")),
        None => {}
    }
    match report.found("signing key", store.read(accounts::signing_keys)) {
        Some(keys) if keys.iter().any(|k| k.state == "current") => report.ok("signing key", "present"),
        Some(keys) if keys.is_empty() => report.warning("signing key", "none yet; the first start makes it"),
        Some(_) => report.fault("signing key", "none is current: nobody can sign in"),
        None => {}
    }
    match report.found("outbox", store.read(doctor::waiting)) {
        Some((count, Some(oldest))) => {
            report.ok("outbox", format_args!("{count} messages wait, the oldest since {oldest}"));
        }
        Some(_) => report.ok("outbox", "nothing waits"),
        None => {}
    }
}

fn chains(report: &mut Report, what: &str, walked: Result<Walked, Error>) {
    match report.found(what, walked) {
        Some(Walked { chains, events, broken: 0 }) => {
            report.ok(what, format_args!("{events} in {chains} chains verify"));
        }
        Some(Walked { chains, broken, .. }) => report.fault(
            what,
            format_args!("{broken} of {chains} chains are broken: `motcua audit verify` names them"),
        ),
        None => {}
    }
}

/// Whether every file that a dossier names is there with its size; `motcua verify --files` reads
/// them as well.
fn files(report: &mut Report, store: &Store, config: &Config) {
    const PAGE: i64 = 500;
    let files = Files::new(config);
    let (mut there, mut wrong, mut after) = (0_u64, 0_u64, None);
    loop {
        let page = store.read(|reader| uploads::used(reader, after, PAGE));
        let Some(page) = report.found("files", page) else { return };
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        if files.folder().is_some_and(|folder| !folder.is_dir()) {
            report.fault("files", format_args!("there is no folder {}", files.shown()));
            return;
        }
        for file in &page {
            match report.found("files", files.size(file.id)) {
                Some(Some(size)) if size == file.size => there += 1,
                Some(_) => wrong += 1,
                None => return,
            }
        }
    }
    if wrong > 0 {
        let text = "files of dossiers are missing or cut off: `motcua verify --files` names them";
        report.fault("files", format_args!("{wrong} {text}"));
    } else {
        report.ok("files", format_args!("{there} of dossiers, all there, in {}", files.shown()));
    }
    if let Some(folder) = files.folder().filter(|folder| folder.is_dir()) {
        space(report, "disk of files", folder);
    }
}

/// Free space where SQLite keeps its file, or else where the program runs. The standard library
/// cannot tell, `df` is on every machine that runs this.
fn disk(report: &mut Report, config: &Config) {
    let file = target(config).ok().and_then(|t| t.file().map(Path::to_owned));
    let folder = file
        .and_then(|f| f.parent().map(Path::to_owned))
        .filter(|f| !f.as_os_str().is_empty())
        .unwrap_or_else(|| PathBuf::from("."));
    space(report, "disk", &folder);
}

fn space(report: &mut Report, what: &str, folder: &Path) {
    let told = Command::new("df").arg("-Pk").arg(folder).output();
    let free = told.ok().and_then(|out| {
        let text = String::from_utf8(out.stdout).ok()?;
        text.lines().nth(1)?.split_whitespace().nth(3)?.parse::<u64>().ok()
    });
    let (low, too_low) = DISK_MIB;
    match free.map(|kib| kib / 1_024) {
        Some(mib) if mib < too_low => report.fault(what, format_args!("only {mib} MiB are free")),
        Some(mib) if mib < low => report.warning(what, format_args!("only {mib} MiB are free")),
        Some(mib) => report.ok(what, format_args!("{mib} MiB are free")),
        None => report.warning(what, "free space is not known"),
    }
}
