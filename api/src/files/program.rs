//! A program that gets a file on standard input: how it is fed, waited for and ended.

use std::io::{ErrorKind, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{Files, FilesError};

/// How often it is looked whether the program has ended.
const LOOKS: Duration = Duration::from_millis(10);

/// Most bytes of what a program says; less than a pipe holds, so that saying it never waits for a reader.
const SAID: u64 = 1024;

/// How a program ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// As the system tells it.
    pub status: ExitStatus,
    /// What it said on standard output, up to [`SAID`] bytes.
    pub said: Vec<u8>,
    /// Whether the whole file was there for it to read; it need not have read it.
    pub fed: Result<(), FilesError>,
}

/// Runs a program with a file on its standard input; none when it had not ended in time and was killed. Blocks.
///
/// # Errors
/// When it cannot be run.
pub(super) fn run(
    mut command: Command,
    files: &Files,
    id: Uuid,
    timeout: Duration,
) -> Result<Option<Ended>, FilesError> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    std::thread::scope(|scope| {
        let feeding = scope.spawn(move || feed(files, id, stdin));
        let begun = Instant::now();
        let ended: Result<_, FilesError> = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Ok(Some(status)),
                Ok(None) if begun.elapsed() < timeout => std::thread::sleep(LOOKS),
                Ok(None) => break Ok(None),
                Err(error) => break Err(error.into()),
            }
        };
        if !matches!(ended, Ok(Some(_))) {
            // The feeding thread then finds nobody to feed. One that has ended by itself meanwhile cannot be
            // killed any more, which is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
        let fed = feeding.join().map_err(|_| FilesError::Unavailable("feeding panicked".to_owned()))?;
        let (Some(status), mut said) = (ended?, Vec::new()) else { return Ok(None) };
        if let Some(stdout) = stdout {
            stdout.take(SAID).read_to_end(&mut said)?;
        }
        Ok(Some(Ended { status, said, fed }))
    })
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
