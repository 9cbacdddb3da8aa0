//! Backup, verification, restoring, and copies between the two databases.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use persistence::archive::{self, Contents};
use persistence::{Target, migrate};

use super::say;
use crate::clock::Clock;
use crate::config::Config;
use crate::state::target;

/// How long a copy waits for a database that somebody else is writing.
const PATIENCE: Duration = Duration::from_secs(30);

fn show(contents: &Contents) {
    for sum in &contents.tables {
        say(format_args!("{} {} {}", sum.table, sum.rows, sum.sha256));
    }
}

pub(super) fn backup(config: &Config, file: &Path) -> anyhow::Result<()> {
    let contents = archive::backup(&target(config)?, file, Clock::system().now())?;
    show(&contents);
    say(format_args!("{} holds {} rows of schema {}", file.display(), contents.rows(), contents.migration));
    Ok(())
}

pub(super) fn verify(file: &Path) -> anyhow::Result<()> {
    let contents = archive::verify(file).with_context(|| file.display().to_string())?;
    show(&contents);
    say(format_args!(
        "{} is whole: {} rows of schema {}",
        file.display(),
        contents.rows(),
        contents.migration
    ));
    Ok(())
}

pub(super) fn restore(config: &Config, file: &Path) -> anyhow::Result<()> {
    let contents = archive::restore(&target(config)?, file)?;
    show(&contents);
    say(format_args!("restored: {} rows read back as they stand in {}", contents.rows(), file.display()));
    Ok(())
}

#[derive(Debug, Args)]
pub(super) struct Copy {
    /// Database that is read: sqlite:PATH or postgres://…
    #[arg(long)]
    from: String,
    /// Empty database that is filled
    #[arg(long)]
    to: String,
}

impl Copy {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (from, to) = (Target::parse(&self.from, PATIENCE)?, Target::parse(&self.to, PATIENCE)?);
        let contents = archive::copy(&from, &to)?;
        show(&contents);
        let newest = migrate::newest()?;
        say(format_args!("copied: {} rows of schema {newest}; both sides agree", contents.rows()));
        Ok(ExitCode::SUCCESS)
    }
}
