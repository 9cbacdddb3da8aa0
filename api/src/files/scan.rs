//! The scanner of files: a program that gets a file on standard input.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{Files, FilesError};
use crate::config::CommandLine;

/// How often it is looked whether the program has ended.
const LOOKS: Duration = Duration::from_millis(10);

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
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let stdin = child.stdin.take();
        std::thread::scope(|scope| {
            let feeding = scope.spawn(move || feed(files, id, stdin));
            let begun = Instant::now();
            let ended = loop {
                match child.try_wait() {
                    Ok(Some(status)) => break Ok(status),
                    Ok(None) if begun.elapsed() < self.timeout => std::thread::sleep(LOOKS),
                    Ok(None) => break Err(FilesError::Unavailable("the scan took too long".to_owned())),
                    Err(error) => break Err(error.into()),
                }
            };
            if ended.is_err() {
                // The feeding thread then finds nobody to feed.
                let _ = child.kill();
                let _ = child.wait();
            }
            let fed = feeding.join().map_err(|_| FilesError::Unavailable("feeding panicked".to_owned()))?;
            match ended?.code() {
                // An answer about less than the whole file is none, unless it found something.
                Some(0) => fed.map(|()| true),
                Some(1) => Ok(false),
                other => Err(FilesError::Unavailable(format!("the scanner ended with {other:?}"))),
            }
        })
    }
}

fn feed(files: &Files, id: Uuid, stdin: Option<std::process::ChildStdin>) -> Result<(), FilesError> {
    let Some(mut stdin) = stdin else { return Ok(()) };
    let fed = files.each_piece(id, |piece| match stdin.write_all(piece) {
        // It need not read to the end of what it knows enough of.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(FilesError::GivenUp),
        other => Ok(other?),
    });
    match fed {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(FilesError::Missing),
        Err(error) => Err(error),
    }
}
