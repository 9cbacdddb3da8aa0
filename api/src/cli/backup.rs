//! Backup, verification, restoring, and copies between the two databases.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use persistence::archive::{self, Contents, Pace};
use persistence::{Target, migrate, uploads};

use super::exit::{Exit, Stop};
use super::progress::Bar;
use super::say;
use super::text::Language;
use crate::clock::Clock;
use crate::config::{COPY_FROM_VARIABLE, COPY_TO_VARIABLE, Config, Environment, secret_file};
use crate::files::Files;
use crate::state::{open_store, target};

/// How long a copy waits for a database that somebody else is writing.
const PATIENCE: Duration = Duration::from_secs(30);

fn show(contents: &Contents) {
    for sum in &contents.tables {
        say(format_args!("{} {} {}", sum.table, sum.rows, sum.sha256));
    }
}

/// How far a backup steps back behind whoever else wants a core.
const NICE: i32 = 10;

pub(super) fn backup(config: &Config, file: &Path, fast: bool, language: Language) -> anyhow::Result<()> {
    let target = target(config)?;
    // As long as somebody reads one moment of SQLite its log only grows, which costs the others more than haste.
    let pace = if fast || target.is_sqlite() { Pace::Fast } else { Pace::Gentle };
    if pace == Pace::Gentle
        && let Err(error) = rustix::process::nice(NICE)
    {
        tracing::debug!(%error, "the backup has the priority it was started with");
    }
    let contents = archive::backup(&target, file, Clock::system().now(), pace, &Bar::new(language))?;
    show(&contents);
    say(format_args!("{} holds {} rows of schema {}", file.display(), contents.rows(), contents.migration));
    Ok(())
}

pub(super) fn verify(file: &Path, language: Language) -> anyhow::Result<()> {
    let contents = archive::verify(file, &Bar::new(language)).with_context(|| file.display().to_string())?;
    show(&contents);
    say(format_args!(
        "{} is whole: {} rows of schema {}",
        file.display(),
        contents.rows(),
        contents.migration
    ));
    Ok(())
}

/// Files looked up at a time.
const PAGE: i64 = 500;

/// Reads every file that a dossier names and compares size and digest with what came in.
pub(super) fn verify_files(config: &Config) -> anyhow::Result<Exit> {
    let store = open_store(config, &Clock::system())?;
    let files = Files::new(config);
    let (mut whole, mut wrong, mut after) = (0_u64, 0_u64, None);
    loop {
        let page = store.read(|reader| uploads::used(reader, after, PAGE))?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for file in &page {
            match files.each_piece(file.id, |_| Ok(()))? {
                Some(found) if found.size == file.size && found.sha256 == file.sha256 => whole += 1,
                Some(_) => {
                    wrong += 1;
                    say(format_args!("damaged {}", file.id));
                }
                None => {
                    wrong += 1;
                    say(format_args!("missing {}", file.id));
                }
            }
        }
    }
    store.close();
    say(format_args!("{}: {whole} files are whole, {wrong} are not", files.shown()));
    Ok(if wrong == 0 { Exit::Done } else { Exit::Findings })
}

pub(super) fn restore(config: &Config, file: &Path, language: Language) -> anyhow::Result<()> {
    let contents = archive::restore(&target(config)?, file, &Bar::new(language))?;
    show(&contents);
    say(format_args!("restored: {} rows read back as they stand in {}", contents.rows(), file.display()));
    Ok(())
}

#[derive(Debug, Args)]
pub(super) struct Copy {
    #[arg(long, conflicts_with = "from_file")]
    from: Option<String>,
    #[arg(long)]
    from_file: Option<PathBuf>,
    #[arg(long, conflicts_with = "to_file")]
    to: Option<String>,
    #[arg(long)]
    to_file: Option<PathBuf>,
}

/// An address from its flag, else from the file that is named, else from the environment: the last
/// two keep a password out of the list of processes.
fn address(
    flag: Option<&str>,
    file: Option<&Path>,
    variable: &'static str,
    option: &str,
) -> anyhow::Result<Target> {
    let text = match (flag, file) {
        (Some(flag), _) => flag.to_owned(),
        (None, Some(file)) => secret_file(file)?,
        (None, None) => Environment::process()
            .secret(variable)?
            .map(|secret| secret.reveal().to_owned())
            .ok_or_else(|| {
                Stop::not_begun(format_args!(
                    "{option}, {option}-file, {variable} or {variable}_FILE must name a database"
                ))
            })?,
    };
    Ok(Target::parse(&text, PATIENCE).map_err(|error| Stop::not_begun(format_args!("{option}: {error}")))?)
}

impl Copy {
    pub(super) fn run(&self, language: Language) -> anyhow::Result<Exit> {
        let from = address(self.from.as_deref(), self.from_file.as_deref(), COPY_FROM_VARIABLE, "--from")?;
        let to = address(self.to.as_deref(), self.to_file.as_deref(), COPY_TO_VARIABLE, "--to")?;
        let contents = archive::copy(&from, &to, &Bar::new(language))?;
        show(&contents);
        let newest = migrate::newest()?;
        say(format_args!("copied: {} rows of schema {newest}; both sides agree", contents.rows()));
        Ok(Exit::Done)
    }
}
