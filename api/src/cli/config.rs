//! `motcua config`: what is set, from where, and whether it can be used; and shell completions.

use std::process::ExitCode;

use clap::{CommandFactory, Subcommand};

use super::{Cli, say};
use crate::config::{Config, ConfigError, Environment, Overrides};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print every setting with its value, secrets redacted, and where it came from
    Print,
    /// Say whether the settings can be used; exit code 1 when not
    Check,
    /// Print the JSON Schema of the file of settings
    Schema,
}

impl ConfigCommand {
    pub(super) fn run(&self, overrides: &Overrides) -> anyhow::Result<ExitCode> {
        let environment = Environment::process();
        match self {
            Self::Print => {
                for (key, value, origin) in Config::load(overrides, &environment)?.entries() {
                    say(format_args!("{key} = {value:?}  # {origin}"));
                }
                Ok(ExitCode::SUCCESS)
            }
            Self::Check => Ok(check(Config::load(overrides, &environment), &environment)),
            Self::Schema => {
                say(serde_json::to_string_pretty(&Config::schema())?);
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn check(loaded: Result<Config, ConfigError>, environment: &Environment) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    match loaded {
        Ok(config) => say(format_args!("ok: {} settings", config.entries().len())),
        Err(error) => {
            say(format_args!("fault: {error}"));
            code = ExitCode::FAILURE;
        }
    }
    // Most likely misspelt: what was meant does not happen.
    for name in environment.unknown() {
        say(format_args!("fault: {name} is no setting"));
        code = ExitCode::FAILURE;
    }
    code
}

/// Prints the completion script of a shell.
pub(super) fn completions(shell: clap_complete::Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "motcua", &mut script);
    say(String::from_utf8_lossy(&script).trim_end());
}
