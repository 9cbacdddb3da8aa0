//! Imports from the command line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use domain::access::{Action, Actor, Grant, Role};
use domain::calendar;
use domain::code::Code;
use domain::ids::AccountId;
use persistence::imports::{Import as Job, ImportState};
use persistence::{accounts, imports};
use uuid::Uuid;

use super::exit::Exit;
use super::{progress, say, with_state};
use crate::app::Cx;
use crate::app::error::Error;
use crate::app::imports::{self as app, Cutter, Kind, Work, Worker, actor_of};
use crate::config::Config;
use crate::state::State;

/// The account in whose name the machine's operator imports; it cannot sign in.
const OPERATOR: &str = "operator";

/// What is imported: as a job, or the catalogue at once.
#[derive(Debug, Clone, Copy)]
enum What {
    Job(Kind),
    Procedures,
}

fn kind(text: &str) -> Result<What, String> {
    if text == "procedures" {
        return Ok(What::Procedures);
    }
    Kind::from_code(&text.replace('-', "_")).map(What::Job).ok_or_else(|| {
        let jobs: Vec<&str> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        format!("procedures, {}", jobs.join(", "))
    })
}

#[derive(Debug, Args)]
pub(super) struct Import {
    #[arg(value_parser = kind)]
    kind: What,
    file: PathBuf,
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    pub(super) fn run(&self, config: Config) -> anyhow::Result<Exit> {
        let kind = match self.kind {
            What::Procedures => return super::catalogue::import(config, &self.file, self.dry_run),
            What::Job(kind) => kind,
        };
        let Ok(file) = File::open(&self.file) else {
            say(format_args!("{} cannot be read", self.file.display()));
            return Ok(Exit::NotBegun);
        };
        with_state(config, |state| {
            let done = take(state, kind, BufReader::new(file), self.dry_run)?;
            say(format_args!(
                "{}: {} rows, {} failed, {} unchanged, {} disagreements",
                done.state, done.rows_total, done.rows_failed, done.rows_unchanged, done.disagreements
            ));
            report(state, done.id)?;
            Ok(match (done.rows_total, done.rows_failed) {
                (0, _) => Exit::NotBegun,
                (total, failed) if failed == total => Exit::NotBegun,
                (_, 0) => Exit::Done,
                _ => Exit::Findings,
            })
        })
    }
}

/// Most lines of a report.
const SHOWN: i64 = 1_000;

/// What was wrong and where the portal decided otherwise, a line each.
fn report(state: &State, id: Uuid) -> anyhow::Result<()> {
    for (_, error) in state.store.read(|reader| imports::errors(reader, id, (0, -1), SHOWN))? {
        say(format_args!("line {} {}: {} {}", error.line, error.column, error.code, error.message_vi));
    }
    disagreements(state, id)?.iter().for_each(say);
    Ok(())
}

/// Where the portal decided otherwise than the law, a line each.
pub(super) fn disagreements(state: &State, id: Uuid) -> anyhow::Result<Vec<String>> {
    let found = state.store.read(|reader| imports::disagreements(reader, id, "", SHOWN))?;
    let line = |d: &imports::Disagreement| {
        let failed =
            if d.failed_conditions.is_empty() { "-".to_owned() } else { d.failed_conditions.join(", ") };
        format!("{}: portal {}, law {} (fails: {failed})", d.code, d.portal_outcome, d.outcome)
    };
    Ok(found.iter().map(line).collect())
}

/// The operator's account, made when it is first needed.
pub(super) fn operator(state: &State) -> anyhow::Result<Arc<Actor>> {
    let now = state.clock.now();
    let day = calendar::day_of(now);
    let find = || state.store.read(|reader| accounts::by_user(reader, OPERATOR, day));
    match find() {
        Ok(account) => return Ok(Arc::new(account.actor)),
        Err(persistence::Error::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    let reference = state.in_force()?;
    let roots = reference.units.iter().filter(|u| u.parent.is_none());
    let grants = roots.map(|u| Grant { role: Role::Administrator, unit: Some(u.code.clone()) }).collect();
    let actor = Actor {
        account: AccountId(state.clock.new_id()),
        user: OPERATOR.to_owned(),
        grants,
        personal_id: None,
    };
    state.store.write_blocking("accounts", move |tx| accounts::create(tx, &actor, None, day, now))?;
    Ok(Arc::new(find()?.actor))
}

/// Takes a file in and works it to the end, showing how far it is.
pub(super) fn take(state: &State, kind: Kind, file: impl BufRead, dry_run: bool) -> anyhow::Result<Job> {
    let actor = operator(state)?;
    let cx =
        Cx { actor, address: None, request_id: None, reference: state.in_force()?, now: state.clock.now() };
    let id = state.clock.new_id();
    let lane = id.to_string();
    let created = cx.clone();
    let made: Result<(), Error> =
        state.store.write_blocking(&lane, move |tx| app::create(&created, tx, id, kind, dry_run));
    made?;
    let mut cutter = Cutter::default();
    for line in file.split(b'\n') {
        if let Some(chunk) = cutter.push(&String::from_utf8_lossy(&line?)) {
            state.store.write_blocking(&lane, move |tx| imports::add_chunk(tx, id, &chunk))?;
        }
    }
    let (last, rows) = cutter.finish();
    if let Some(chunk) = last {
        state.store.write_blocking(&lane, move |tx| imports::add_chunk(tx, id, &chunk))?;
    }
    let queued: Result<persistence::imports::Import, Error> =
        state.store.write_blocking(&lane, move |tx| app::queue(&cx, tx, id, rows));
    queued?;
    finish(state, id, rows)
}

/// Works the import, or follows whoever works it.
fn finish(state: &State, id: Uuid, rows: i64) -> anyhow::Result<Job> {
    let bar = progress::rows(u64::try_from(rows).unwrap_or(0), "import");
    loop {
        let import = state.store.read(|reader| imports::get(reader, id))?;
        bar.set_position(u64::try_from(import.rows_done).unwrap_or(0));
        if !matches!(import.state, ImportState::Queued | ImportState::Running) {
            bar.finish_and_clear();
            return Ok(import);
        }
        let (owner, now) = (state.owner, state.clock.now());
        let leased = state.store.write_blocking("imports", move |tx| imports::lease(tx, owner, now))?;
        let Some(job) = leased else {
            std::thread::sleep(Duration::from_millis(100));
            continue;
        };
        let actor =
            state.store.read(|reader| actor_of(reader, &job, now)).context("who asked for the import")?;
        debug_assert!(actor.may_somewhere(Action::RunImport));
        let (mut work, mut line) = (Work::new(&state.store, &job), job.next_line);
        loop {
            let worker =
                Worker { owner, reference: state.in_force()?, actor: actor.clone(), now: state.clock.now() };
            match work.chunk(&worker, line)? {
                Some(next) => {
                    bar.inc(app::CHUNK_LINES.unsigned_abs());
                    line = next;
                }
                None => break,
            }
        }
    }
}
