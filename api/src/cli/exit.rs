//! How the program ends: one table of exit codes for every command.
//!
//! Owns the codes, what each command may end with, and which error means which. A command that
//! ends with another code than the table says is a defect; `docs/operations.md` shows the table.

use std::process::ExitCode;

use persistence::archive::Failure;

use crate::app::error::Error as AppError;
use crate::config::ConfigError;

/// Why the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for is done.
    Done = 0,
    /// Finished, and something was found that somebody should look at.
    Findings = 1,
    /// Could not begin: wrong usage, settings, a file or an address.
    NotBegun = 2,
    /// The database cannot be reached or failed.
    Database = 3,
    /// Refused, so that nothing is overwritten or misread; nothing was changed.
    Refused = 4,
    /// Failed in another way, or was ended at once.
    Failed = 5,
}

impl Exit {
    /// Every code.
    pub const ALL: [Self; 6] =
        [Self::Done, Self::Findings, Self::NotBegun, Self::Database, Self::Refused, Self::Failed];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::NotBegun => 2,
            Self::Database => 3,
            Self::Refused => 4,
            Self::Failed => 5,
        }
    }

    /// What it means in general.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Findings => "finished, and found something that somebody should look at",
            Self::NotBegun => "could not begin: wrong usage, settings, a file or an address",
            Self::Database => "the database cannot be reached or failed",
            Self::Refused => {
                "refused, so that nothing is overwritten or misread: another schema, a full database, something that is there already"
            }
            Self::Failed => "failed in another way, or was ended at once by a second signal",
        }
    }

    /// What an error that ends a command means.
    pub fn of(error: &anyhow::Error) -> Self {
        error.chain().find_map(Self::of_one).unwrap_or(Self::Failed)
    }

    fn of_one(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        if let Some(stop) = error.downcast_ref::<Stop>() {
            return Some(stop.exit);
        }
        if error.is::<ConfigError>() || error.is::<std::io::Error>() {
            return Some(Self::NotBegun);
        }
        if let Some(failure) = error.downcast_ref::<Failure>() {
            return Some(match failure {
                Failure::Store(error) => Self::of_store(error),
                Failure::File(_) => Self::NotBegun,
                Failure::Exists(_) | Failure::OtherVersion(_) | Failure::NotEmpty(_) => Self::Refused,
                Failure::Damaged { .. } => Self::Findings,
                Failure::Differs(_) => Self::Failed,
            });
        }
        match error.downcast_ref::<AppError>() {
            Some(AppError::Store(error)) => Some(Self::of_store(error)),
            _ => error.downcast_ref::<persistence::Error>().map(Self::of_store),
        }
    }

    fn of_store(error: &persistence::Error) -> Self {
        use persistence::Error;
        match error {
            Error::Unavailable(_) | Error::Overloaded(_) | Error::CommitUnknown | Error::Database(_) => {
                Self::Database
            }
            Error::NotFound | Error::Taken(_) | Error::OtherSchema(_) => Self::Refused,
            Error::Stale | Error::Corrupt(_) | Error::KeyReused | Error::KeyInProgress => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An end that a command decides on itself.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Stop {
    exit: Exit,
    message: String,
}

impl Stop {
    /// Could not begin.
    pub fn not_begun(message: impl std::fmt::Display) -> Self {
        Self { exit: Exit::NotBegun, message: message.to_string() }
    }

    /// Refused.
    pub fn refused(message: impl std::fmt::Display) -> Self {
        Self { exit: Exit::Refused, message: message.to_string() }
    }
}

/// What 1 means for a command, and which of the other codes it may end with besides 0, 2 and 5.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// The command with its parents.
    pub command: &'static str,
    /// What was found when it ends with 1; none when it never does.
    pub findings: Option<&'static str>,
    /// What else may end it.
    pub others: &'static [Exit],
}

const NONE: &[Exit] = &[];
const DATABASE: &[Exit] = &[Exit::Database];
const BOTH: &[Exit] = &[Exit::Database, Exit::Refused];

macro_rules! ends {
    ($($command:literal: $findings:expr, $others:expr;)+) => {
        /// Every command.
        pub const ENDS: &[Ends] = &[$(Ends { command: $command, findings: $findings, others: $others }),+];
    };
}

ends! {
    "serve": None, BOTH;
    "demo": None, BOTH;
    "migrate up": None, BOTH;
    "migrate status": None, DATABASE;
    "reference load": None, BOTH;
    "rule-book list": None, BOTH;
    "rule-book export": None, BOTH;
    "rule-book publish": Some("the rule book has errors; nothing was published"), BOTH;
    "user create": None, BOTH;
    "token": None, BOTH;
    "import": Some("some rows were refused; 2: no row could be taken"), BOTH;
    "export procedures": None, BOTH;
    "audit verify": Some("an entry or an event was changed, removed or reordered"), BOTH;
    "figures check": Some("a number is not what the events come to"), BOTH;
    "config print": None, NONE;
    "config check": Some("a setting cannot be used or is none"), NONE;
    "config schema": None, NONE;
    "completions": None, NONE;
    "man": None, NONE;
    "backup": None, BOTH;
    "verify": Some("the archive is not as it was written, or a file is missing or damaged"), BOTH;
    "restore": Some("the archive is not as it was written; nothing was loaded"), BOTH;
    "db copy": None, BOTH;
    "doctor": Some("at least one fault"), NONE;
    "openapi": None, NONE;
    "count-pages": Some("no number of pages can be read: not a PDF, encrypted, or broken"), NONE;
    "healthcheck": Some("the service does not live"), NONE;
}

/// The table of the documentation, in Markdown.
pub fn table() -> String {
    let mut text = String::from("| code | meaning |\n| --- | --- |\n");
    for exit in Exit::ALL {
        text.push_str(&format!("| {} | {} |\n", exit.code(), exit.meaning()));
    }
    text.push_str("\n| command | ends with | 1 means |\n| --- | --- | --- |\n");
    for ends in ENDS {
        let mut codes = vec![Exit::Done, Exit::NotBegun, Exit::Failed];
        codes.extend(ends.findings.map(|_| Exit::Findings));
        codes.extend(ends.others);
        let mut codes: Vec<String> = codes.iter().map(|e| e.code().to_string()).collect();
        codes.sort_unstable();
        let findings = ends.findings.unwrap_or("");
        text.push_str(&format!("| `motcua {}` | {} | {findings} |\n", ends.command, codes.join(" ")));
    }
    text
}
