//! Rule books from the command line: which there are, out into files, and in force.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Subcommand;
use domain::access::{Actor, Grant, Role};
use domain::ids::AccountId;
use domain::rulebook::RuleBook;
use domain::rulebook::check::{Finding, check};
use domain::rulebook::edit::Edit;
use domain::rulebook::rows::differences;
use uuid::Uuid;

use super::exit::{Exit, Stop};
use super::{say, with_state};
use crate::app::Cx;
use crate::app::dossiers::Expected;
use crate::app::error::Error;
use crate::app::recomputations::{self, OPERATOR};
use crate::app::rule_books::impact::{self, Until};
use crate::app::rule_books::{self as app, Entry, Wanted, files::files};
use crate::app::seed::Set;
use crate::config::Config;
use crate::jobs::work_recomputation;
use crate::state::State;

/// Most differences and dossiers that are printed.
const SHOWN: usize = 200;

// Their words stand in `words`.
#[derive(Debug, Subcommand)]
pub(super) enum RuleBookCommand {
    List,
    Export {
        dir: PathBuf,
        #[arg(long)]
        version: Option<String>,
    },
    Publish {
        what: String,
        #[arg(long)]
        note: Option<String>,
        #[arg(long)]
        dry_run: bool,
    },
}

impl RuleBookCommand {
    pub(super) fn run(&self, config: Config) -> anyhow::Result<Exit> {
        with_state(config, |state| match self {
            Self::List => list(state),
            Self::Export { dir, version } => export(state, dir, version.as_deref()),
            Self::Publish { what, note, dry_run } => publish(state, what, note.as_deref(), *dry_run),
        })
    }
}

/// The operator of the machine, who may do for every unit what an administrator may.
fn operator(state: &State) -> anyhow::Result<Cx> {
    let reference = state.in_force()?;
    let roots = reference.units.iter().filter(|u| u.parent.is_none());
    let grants = roots.map(|u| Grant { role: Role::Administrator, unit: Some(u.code.clone()) }).collect();
    let actor =
        Actor { account: AccountId(Uuid::nil()), user: OPERATOR.to_owned(), grants, personal_id: None };
    Ok(Cx { actor: Arc::new(actor), address: None, request_id: None, reference, now: state.clock.now() })
}

fn list(state: &State) -> anyhow::Result<Exit> {
    let cx = operator(state)?;
    let mut after = None;
    loop {
        let page = state.store.read(|reader| app::list(&cx, reader, None, after.as_ref(), 200))?;
        for entry in &page {
            let (id, (at, _, _)) = (entry.id(), entry.place());
            let (kind, by, note) = match entry {
                Entry::Draft(d) => ("draft", Some(&d.created_by), &d.note),
                Entry::Version(v) if v.in_force => ("in force", v.published_by.as_ref(), &v.note),
                Entry::Version(v) => ("published", v.published_by.as_ref(), &v.note),
            };
            let at = at.with_timezone(&domain::calendar::offset()).format("%Y-%m-%d %H:%M");
            let by = by.map_or("-", String::as_str);
            say(format_args!("{id}  {kind}  {at}  {by}  {}", note.as_deref().unwrap_or_default()));
        }
        match page.last() {
            Some(last) => after = Some(last.place()),
            None => return Ok(Exit::Done),
        }
    }
}

fn export(state: &State, dir: &Path, version: Option<&str>) -> anyhow::Result<Exit> {
    let in_force = state.in_force()?.rules.clone();
    let book = match version {
        None => in_force,
        Some(name) => Arc::new(
            state
                .store
                .read(|reader| app::published(reader, name))
                .map_err(|error| absent(error, &format!("there is no version {name}")))?,
        ),
    };
    std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    for (name, text) in files(&book)? {
        let path = dir.join(name);
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    say(format_args!("{} in {}", book.version, dir.display()));
    Ok(Exit::Done)
}

/// What was named is not there, or the database failed.
fn absent(error: Error, what: &str) -> anyhow::Error {
    match error {
        Error::Store(persistence::Error::NotFound) => Stop::not_begun(what).into(),
        other => other.into(),
    }
}

fn finding(f: &Finding) {
    let grave = if f.warning { "warning" } else { "error" };
    say(format_args!("{grave} {} {}: {}", f.violation.pointer, f.violation.code, f.violation.message_vi));
}

/// Shows in what a book differs from the one in force and which open dossiers would move.
pub(super) fn rehearse(state: &State, book: &RuleBook) -> anyhow::Result<()> {
    let cx = operator(state)?;
    let book = app::name(book, &cx.reference.rules)?;
    check(&book).iter().for_each(finding);
    let found = differences(&cx.reference.rules, &book);
    say(format_args!("{} differences from {}", found.len(), cx.reference.rules.version));
    for d in found.iter().take(SHOWN) {
        let shown = |row: &Option<domain::rulebook::rows::Row>| {
            row.as_ref().map_or_else(|| "-".to_owned(), |row| format!("{} ({})", row.value, row.name))
        };
        say(format_args!("{} {} {}: {} -> {}", d.change, d.table, d.key, shown(&d.before), shown(&d.after)));
    }
    let moved = state.store.read_snapshot(|reader| impact::due_dates(&cx, reader, &book, Until::THE_END))?;
    let counts = &moved.counts;
    say(format_args!(
        "{} of {} open dossiers would move: {} later, {} earlier",
        counts.moved, counts.examined, counts.later, counts.earlier
    ));
    for m in &moved.items {
        let day = |at: Option<chrono::DateTime<chrono::Utc>>| {
            at.map_or_else(
                || "-".to_owned(),
                |at| domain::calendar::local(at).format("%Y-%m-%d %H:%M").to_string(),
            )
        };
        say(format_args!("{}: {} -> {}", m.code, day(m.before), day(m.after)));
    }
    let rest = usize::try_from(counts.moved)?.saturating_sub(moved.items.len());
    if rest > 0 {
        say(format_args!("and {rest} more"));
    }
    if counts.failed > 0 {
        say(format_args!("{} cannot be reckoned and would stay", counts.failed));
    }
    for dossier in &moved.failures {
        let why: Vec<_> = dossier.reasons.iter().map(|reason| reason.message_vi.as_str()).collect();
        say(format_args!("{}: {}", dossier.code, why.join(" ")));
    }
    Ok(())
}

fn publish(state: &State, what: &str, note: Option<&str>, dry_run: bool) -> anyhow::Result<Exit> {
    let cx = operator(state)?;
    let dir = Path::new(what);
    let (id, book) = if dir.is_dir() {
        let book = Set::over(&cx.reference.rules, dir)?.rule_book()?;
        (None, book)
    } else {
        let book = state
            .store
            .read(|reader| app::published(reader, what))
            .map_err(|error| absent(error, &format!("{what} is neither a folder nor a version")))?;
        (Some(what.to_owned()), book)
    };
    if dry_run {
        rehearse(state, &book)?;
        return Ok(Exit::Done);
    }
    let wanted = Wanted { base: None, edit: Edit::whole(book), note: note.map(ToOwned::to_owned) };
    let expected = Expected::That(Arc::new(|_| true));
    let done: Result<app::Publishing, Error> = state.store.write_blocking("reference", move |tx| {
        let id = match &id {
            Some(version) => version.clone(),
            None => app::create(&cx, tx, Some(&wanted))?.id.to_string(),
        };
        app::publish(&cx, tx, &id, &expected)
    });
    let done = match done {
        Ok(done) => done,
        Err(Error::Invalid(wrong)) => {
            wrong.into_iter().for_each(|violation| finding(&Finding { violation, warning: false }));
            return Ok(Exit::Findings);
        }
        Err(error) => return Err(error.into()),
    };
    done.warnings.iter().for_each(finding);
    let outcome = if done.changed { "in force" } else { "was in force already" };
    say(format_args!("{} {outcome}", done.version.name));
    let Some(job) = done.recomputation else { return Ok(Exit::Done) };
    say(format_args!("reckoning {} open dossiers anew", job.total));
    loop {
        let cx = operator(state)?;
        let job = state.store.read(|reader| recomputations::get(&cx, reader, job.id))?;
        if job.finished_at.is_some() {
            say(format_args!(
                "{}: {} reckoned, {} moved, {} failed",
                job.state, job.done, job.moved, job.failed
            ));
            return Ok(Exit::Done);
        }
        if !work_recomputation(state)? {
            // A service works it: followed to its end.
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
    }
}
