//! The command line: thin subcommands over the use cases.
//!
//! Owns the commands and their flags; their words stand in `words`, their ends in `exit`.

mod admin;
mod backup;
mod catalogue;
mod config;
mod demo;
mod doctor;
pub mod exit;
mod figures;
mod import;
mod man;
mod progress;
mod rule_book;
mod text;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, FromArgMatches, Parser, Subcommand};

use self::exit::Exit;
use self::text::Language;
use crate::clock::Clock;
use crate::config::{Config, Environment, Overrides};
use crate::http::server;
use crate::state::State;
use crate::{serve, telemetry};

// No doc comments on what clap derives: its words stand in `words`, in both languages.

#[derive(Debug, Parser)]
#[command(name = "motcua", version, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

// Settings that every command takes; all others come from `MOTCUA_*` or the file.
#[derive(Debug, Args)]
struct Settings {
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[arg(long, global = true)]
    database_url: Option<String>,
    #[arg(long, global = true)]
    bind: Option<String>,
    #[arg(long, global = true)]
    admin_bind: Option<String>,
    // Read before all others, in `text`; here it is only known and checked.
    #[arg(long, global = true, value_parser = text::language)]
    lang: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve,
    Demo(demo::Demo),
    #[command(subcommand)]
    Migrate(Migrate),
    #[command(subcommand)]
    Reference(Reference),
    #[command(subcommand)]
    RuleBook(rule_book::RuleBookCommand),
    #[command(subcommand)]
    User(User),
    Token(admin::Token),
    Import(import::Import),
    #[command(subcommand)]
    Export(catalogue::Export),
    #[command(subcommand)]
    Audit(Audit),
    #[command(subcommand)]
    Figures(Figures),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    Completions {
        shell: clap_complete::Shell,
    },
    Man {
        dir: Option<PathBuf>,
    },
    Backup {
        file: PathBuf,
        #[arg(long)]
        fast: bool,
    },
    Verify {
        #[arg(required_unless_present = "files")]
        file: Option<PathBuf>,
        #[arg(long)]
        files: bool,
    },
    Restore {
        file: PathBuf,
    },
    #[command(subcommand)]
    Db(Db),
    Doctor,
    Openapi,
    CountPages,
    Healthcheck,
}

#[derive(Debug, Subcommand)]
enum Migrate {
    Up,
    Status,
}

#[derive(Debug, Subcommand)]
enum Reference {
    Load {
        dir: Option<PathBuf>,
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
enum User {
    Create(admin::CreateUser),
}

#[derive(Debug, Subcommand)]
enum Db {
    Copy(backup::Copy),
}

#[derive(Debug, Subcommand)]
enum Audit {
    Verify,
}

#[derive(Debug, Subcommand)]
enum Figures {
    Check(figures::CheckFigures),
}

impl Settings {
    fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            database_url: self.database_url.clone(),
            bind: self.bind.clone(),
            admin_bind: self.admin_bind.clone(),
            ..Overrides::default()
        }
    }

    fn load(&self) -> anyhow::Result<Config> {
        Ok(Config::load(&self.overrides(), &Environment::process())?)
    }
}

/// Runs the command line and ends as [`exit`] says.
pub fn run() -> ExitCode {
    let language = Language::wanted();
    let matches = text::command(language).get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match execute(&cli, language) {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Also on standard error when the log is JSON: a person is waiting.
            print_error(&error);
            Exit::of(&error).into()
        }
    }
}

#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
fn print_error(error: &anyhow::Error) {
    eprintln!("motcua: {error:#}");
}

/// A line on standard output; whoever stops reading, such as `head`, has had enough.
pub(crate) fn say(line: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn execute(cli: &Cli, language: Language) -> anyhow::Result<Exit> {
    match &cli.command {
        Command::Openapi => {
            say(server::document_yaml()?.trim_end());
            return Ok(Exit::Done);
        }
        Command::CountPages => {
            let pages = crate::files::pages::count_bounded(std::io::stdin().lock())?;
            return Ok(pages.map_or(Exit::Findings, |pages| {
                say(pages);
                Exit::Done
            }));
        }
        Command::Demo(demo) => return demo.run(&cli.settings.overrides()),
        Command::Config(command) => return command.run(&cli.settings.overrides()),
        Command::Completions { shell } => {
            config::completions(*shell, language);
            return Ok(Exit::Done);
        }
        Command::Man { dir } => {
            man::run(dir.as_deref(), language)?;
            return Ok(Exit::Done);
        }
        Command::Verify { file, files } => {
            if let Some(file) = file {
                backup::verify(file, language)?;
            }
            return if *files { backup::verify_files(&cli.settings.load()?) } else { Ok(Exit::Done) };
        }
        Command::Db(Db::Copy(copy)) => return copy.run(language),
        Command::Doctor => return Ok(doctor::run(&cli.settings.overrides())),
        _ => {}
    }
    let config = cli.settings.load()?;
    let _log = telemetry::start_log(&config);
    match &cli.command {
        Command::Serve => {
            let service = serve::start_with(config, Clock::system());
            actix_web::rt::System::new().block_on(async move { service?.until_signal().await })?;
        }
        Command::Migrate(Migrate::Up) => {
            for name in persistence::migrate::up(&crate::state::target(&config)?)? {
                say(format_args!("applied {name}"));
            }
        }
        Command::Migrate(Migrate::Status) => {
            for migration in persistence::migrate::status(&crate::state::target(&config)?)? {
                say(format_args!(
                    "{} {}",
                    if migration.applied { "applied" } else { "pending" },
                    migration.name
                ));
            }
        }
        Command::Reference(Reference::Load { dir, dry_run: true }) => {
            let book = admin::reference_set(dir.as_deref())?.rule_book()?;
            with_state(config, |state| rule_book::rehearse(state, &book))?;
        }
        Command::Reference(Reference::Load { dir, .. }) => admin::load_reference(&config, dir.as_deref())?,
        Command::RuleBook(command) => return command.run(config),
        Command::User(User::Create(new)) => new.run(config)?,
        Command::Token(token) => token.run(config)?,
        Command::Import(import) => return import.run(config),
        Command::Export(export) => export.run(config)?,
        Command::Figures(Figures::Check(asked)) => return asked.run(config),
        Command::Audit(Audit::Verify) => return admin::verify_audit(config),
        Command::Healthcheck => return Ok(admin::healthcheck(&config)),
        Command::Backup { file, fast } => backup::backup(&config, file, *fast, language)?,
        Command::Restore { file } => backup::restore(&config, file, language)?,
        // Done above, before the settings are read.
        Command::Openapi
        | Command::CountPages
        | Command::Demo(_)
        | Command::Config(_)
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::Verify { .. }
        | Command::Db(_)
        | Command::Doctor => {}
    }
    Ok(Exit::Done)
}

/// Opens the state of a command and closes its lanes after, so that its audit chain is free again.
pub(crate) fn with_state<T>(
    config: Config,
    work: impl FnOnce(&State) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let state = State::open(config, Clock::system())?;
    let done = work(&state);
    state.store.close();
    done
}
