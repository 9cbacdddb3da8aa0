//! `motcua config`: what is set, from where, and whether it can be used; and shell completions.

use clap::Subcommand;

use super::exit::Exit;
use super::say;
use super::text::{Language, command};
use crate::config::{Config, ConfigError, Environment, Overrides};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    Print,
    Check,
    Schema,
}

impl ConfigCommand {
    pub(super) fn run(&self, overrides: &Overrides) -> anyhow::Result<Exit> {
        let environment = Environment::process();
        match self {
            Self::Print => {
                for (key, value, origin) in Config::load(overrides, &environment)?.entries() {
                    say(format_args!("{key} = {value:?}  # {origin}"));
                }
                Ok(Exit::Done)
            }
            Self::Check => Ok(check(Config::load(overrides, &environment), &environment)),
            Self::Schema => {
                say(serde_json::to_string_pretty(&Config::schema())?);
                Ok(Exit::Done)
            }
        }
    }
}

fn check(loaded: Result<Config, ConfigError>, environment: &Environment) -> Exit {
    let mut code = Exit::Done;
    match loaded {
        Ok(config) => say(format_args!("ok: {} settings", config.entries().len())),
        Err(error) => {
            say(format_args!("fault: {error}"));
            code = Exit::Findings;
        }
    }
    // Most likely misspelt: what was meant does not happen.
    for name in environment.unknown() {
        say(format_args!("fault: {name} is no setting"));
        code = Exit::Findings;
    }
    code
}

/// Prints the completion script of a shell.
pub(super) fn completions(shell: clap_complete::Shell, language: Language) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(language), "motcua", &mut script);
    say(String::from_utf8_lossy(&script).trim_end());
}
