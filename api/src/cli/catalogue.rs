//! The whole catalogue from and to a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use persistence::blank_forms;

use super::exit::Exit;
use super::import::operator;
use super::{say, with_state};
use crate::app::Cx;
use crate::app::error::Error;
use crate::app::procedures::exchange::{self as app, Difference, Missing, Options};
use crate::config::Config;
use crate::http::problem::{FieldProblem, Problem};
use crate::http::views::procedures::exchange::{CatalogueFile, Raw};
use crate::http::views::procedures::sheet;
use crate::state::State;

#[derive(Debug, Subcommand)]
pub(super) enum Export {
    Procedures(ExportFile),
}

#[derive(Debug, Args)]
pub(super) struct ExportFile {
    file: PathBuf,
}

impl Export {
    pub(super) fn run(&self, config: Config) -> anyhow::Result<()> {
        let Self::Procedures(ExportFile { file }) = self;
        with_state(config, |state| {
            let reference = state.in_force()?;
            let entries = || reference.entries();
            let (begin, digests) = if is_csv(file) {
                (sheet::write(entries().map(|entry| &entry.procedure))?, None)
            } else {
                let (begin, digests) = CatalogueFile::begin(entries())?;
                (begin, Some(digests))
            };
            let mut out = BufWriter::new(File::create(file).with_context(|| file.display().to_string())?);
            out.write_all(&begin)?;
            if let Some(digests) = digests {
                for (n, sha256) in digests.iter().enumerate() {
                    let content = state.store.read(|reader| blank_forms::encoded(reader, sha256))?;
                    out.write_all(CatalogueFile::content(n == 0, sha256, &content).as_bytes())?;
                }
                out.write_all(CatalogueFile::END)?;
            }
            out.flush().with_context(|| file.display().to_string())?;
            say(format_args!("{} versions", entries().count()));
            Ok(())
        })
    }
}

fn is_csv(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

/// Imports a catalogue. Exit codes: 0, 1 with row errors (and nothing imported), 2 when nothing
/// could be read.
pub(super) fn import(config: Config, file: &Path, dry_run: bool) -> anyhow::Result<Exit> {
    let Ok(bytes) = std::fs::read(file) else {
        say(format_args!("{} cannot be read", file.display()));
        return Ok(Exit::NotBegun);
    };
    with_state(config, |state| {
        let today = state.today();
        let reference = state.in_force()?;
        let raw = if is_csv(file) {
            let in_force = |code: &str| reference.in_force(code, today).map(|e| e.procedure.clone());
            sheet::read(&bytes, in_force).map(Raw::of)
        } else {
            Raw::read(&bytes).map_err(|problem| told(&problem))
        };
        let raw = match raw {
            Ok(raw) => raw,
            Err(wrong) => {
                // Rows that were read before a bad one make it an error of rows.
                let of_rows = wrong.iter().all(|field| field.pointer.starts_with("/rows/"));
                print(&wrong);
                return Ok(if of_rows { Exit::Findings } else { Exit::NotBegun });
            }
        };
        let wanted = match raw.catalogue(today, state.config.blank_form_limit_bytes) {
            Ok(wanted) => wanted,
            Err(wrong) => {
                print(&wrong);
                return Ok(Exit::Findings);
            }
        };
        let total = wanted.items.len();
        match perform(state, wanted, dry_run)? {
            Ok(difference) => {
                say(format_args!(
                    "{}{total} versions: {} added, {} changed, {} ended, {} unchanged",
                    if dry_run { "dry run, nothing written; " } else { "" },
                    difference.added.len(),
                    difference.changed.len(),
                    difference.ended.len(),
                    difference.unchanged
                ));
                Ok(Exit::Done)
            }
            Err(wrong) => {
                print(&wrong);
                Ok(Exit::Findings)
            }
        }
    })
}

/// What a dry run ends with, so that nothing of it is kept.
#[derive(Debug)]
enum Unkept {
    Rehearsed(Box<Difference>),
    Failed(Error),
}

impl From<persistence::Error> for Unkept {
    fn from(error: persistence::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl persistence::store::JobError for Unkept {
    fn store_error(&self) -> Option<&persistence::Error> {
        match self {
            Self::Rehearsed(_) => None,
            Self::Failed(error) => error.store_error(),
        }
    }
}

fn perform(
    state: &State,
    wanted: app::Catalogue,
    dry_run: bool,
) -> anyhow::Result<Result<Difference, Vec<FieldProblem>>> {
    let cx = Cx {
        actor: operator(state)?,
        address: None,
        request_id: None,
        reference: state.in_force()?,
        now: state.clock.now(),
    };
    let options = Options { from: state.today(), missing: Missing::Keep };
    let done: Result<Difference, Unkept> = state.store.write_blocking("catalogue", move |tx| {
        let difference = app::import(&cx, tx, &wanted, options).map_err(Unkept::Failed)?;
        if dry_run { Err(Unkept::Rehearsed(Box::new(difference))) } else { Ok(difference) }
    });
    match done {
        Ok(difference) => Ok(Ok(difference)),
        Err(Unkept::Rehearsed(difference)) => Ok(Ok(*difference)),
        Err(Unkept::Failed(Error::Invalid(wrong))) => Ok(Err(crate::http::errors::fields(wrong))),
        Err(Unkept::Failed(error)) => Err(error.into()),
    }
}

fn told(problem: &Problem) -> Vec<FieldProblem> {
    if problem.errors().is_empty() {
        let code = problem.code();
        let text = crate::http::language::Text::new(code.title_vi(), code.title_en());
        return vec![FieldProblem::new("", code.code(), text)];
    }
    problem.errors().to_vec()
}

fn print(wrong: &[FieldProblem]) {
    for field in wrong {
        say(format_args!("{} {}: {}", field.pointer, field.code, field.message.vi));
    }
}
