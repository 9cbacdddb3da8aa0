//! The scanner of files: a program that gets a file on standard input.

use std::process::Command;
use std::time::Duration;

use uuid::Uuid;

use super::program::{Ended, run};
use super::{Files, FilesError};
use crate::config::CommandLine;

/// Runs the program once a file. It ends with 0 for a clean file and with 1 for an infected one;
/// everything else is no answer.
#[derive(Debug, Clone)]
pub struct Scanner {
    command: Vec<String>,
    timeout: Duration,
}

impl Scanner {
    /// With a program and its arguments, run without a shell.
    pub fn new(command: &CommandLine, timeout: Duration) -> Self {
        Self { command: command.0.clone(), timeout }
    }

    /// Whether a file is clean. Blocks.
    ///
    /// # Errors
    /// When the program cannot be run, ends otherwise than with 0 or 1, or not in time; when the
    /// file cannot be read.
    pub fn scan(&self, files: &Files, id: Uuid) -> Result<bool, FilesError> {
        let (program, arguments) =
            self.command.split_first().ok_or_else(|| FilesError::Unavailable("no scanner".to_owned()))?;
        let mut command = Command::new(program);
        command.args(arguments);
        let late = || FilesError::Unavailable("the scan took too long".to_owned());
        let Ended { status, fed, .. } = run(command, files, id, self.timeout)?.ok_or_else(late)?;
        match status.code() {
            // An answer about less than the whole file is none, unless it found something.
            Some(0) => fed.map(|()| true),
            Some(1) => Ok(false),
            other => Err(FilesError::Unavailable(format!("the scanner ended with {other:?}"))),
        }
    }
}
