//! The command line: thin subcommands over the use cases.

mod admin;
mod backup;
mod config;
mod demo;
mod doctor;
mod import;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::clock::Clock;
use crate::config::{Config, Environment, Overrides};
use crate::http::server;
use crate::state::State;
use crate::{serve, telemetry};

/// Backend of a provincial one-stop department (một cửa).
#[derive(Debug, Parser)]
#[command(name = "motcua", version, about, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

/// Settings that every command takes; all others come from `MOTCUA_*` or the file.
#[derive(Debug, Args)]
struct Settings {
    /// File of settings (TOML); also MOTCUA_CONFIG
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// Database: sqlite:PATH or postgres://…; also MOTCUA_DATABASE_URL
    #[arg(long, global = true)]
    database_url: Option<String>,
    /// Address to serve on; also MOTCUA_BIND
    #[arg(long, global = true)]
    bind: Option<String>,
    /// Address of metrics, or off; also MOTCUA_ADMIN_BIND
    #[arg(long, global = true)]
    admin_bind: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve
    Serve,
    /// Make a fresh database with the shipped data, import the shipped portal export and serve
    Demo(demo::Demo),
    /// Database migrations
    #[command(subcommand)]
    Migrate(Migrate),
    /// Reference data: units, procedures, calendar, rates
    #[command(subcommand)]
    Reference(Reference),
    /// Accounts
    #[command(subcommand)]
    User(User),
    /// Sign an access token with the instance's key; the token alone on standard output
    Token(admin::Token),
    /// Import a file
    Import(import::Import),
    /// The audit chains
    #[command(subcommand)]
    Audit(Audit),
    /// The settings
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the whole database, as of one moment, to a new file; the service may run meanwhile
    Backup {
        /// The file
        file: PathBuf,
    },
    /// Check that an archive is whole
    Verify {
        /// The file
        file: PathBuf,
    },
    /// Load an archive into an empty database, all of it or nothing
    Restore {
        /// The file
        file: PathBuf,
    },
    /// Whole databases
    #[command(subcommand)]
    Db(Db),
    /// Check configuration, database, reference data, records and machine
    Doctor,
    /// Print the OpenAPI document
    Openapi,
    /// Ask the service on this machine whether it lives; for container health checks
    Healthcheck,
}

#[derive(Debug, Subcommand)]
enum Migrate {
    /// Bring the schema up to date
    Up,
    /// Say which migrations have run
    Status,
}

#[derive(Debug, Subcommand)]
enum Reference {
    /// Load reference data; without a folder the shipped set
    Load {
        /// Folder of the files
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum User {
    /// Make an account
    Create(admin::CreateUser),
}

#[derive(Debug, Subcommand)]
enum Db {
    /// Copy a database into another, empty one, all of it or nothing
    Copy(backup::Copy),
}

#[derive(Debug, Subcommand)]
enum Audit {
    /// Walk every chain and say what was changed, removed or reordered
    Verify,
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

/// Runs the command line. Exit codes: 0, 1 for a fault, 2 for wrong usage or nothing readable.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match execute(&cli) {
        Ok(code) => code,
        Err(error) => {
            // Also on standard error when the log is JSON: a person is waiting.
            print_error(&error);
            ExitCode::FAILURE
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

fn execute(cli: &Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Command::Openapi => {
            say(server::document_yaml()?.trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        Command::Demo(demo) => return demo.run(&cli.settings.overrides()),
        Command::Config(command) => return command.run(&cli.settings.overrides()),
        Command::Completions { shell } => {
            config::completions(*shell);
            return Ok(ExitCode::SUCCESS);
        }
        Command::Verify { file } => {
            backup::verify(file)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Db(Db::Copy(copy)) => return copy.run(),
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
        Command::Reference(Reference::Load { dir }) => admin::load_reference(&config, dir.as_deref())?,
        Command::User(User::Create(new)) => new.run(config)?,
        Command::Token(token) => token.run(config)?,
        Command::Import(import) => return import.run(config),
        Command::Audit(Audit::Verify) => return admin::verify_audit(config),
        Command::Healthcheck => return admin::healthcheck(&config),
        Command::Backup { file } => backup::backup(&config, file)?,
        Command::Restore { file } => backup::restore(&config, file)?,
        // Done above, before the settings are read.
        Command::Openapi
        | Command::Demo(_)
        | Command::Config(_)
        | Command::Completions { .. }
        | Command::Verify { .. }
        | Command::Db(_)
        | Command::Doctor => {}
    }
    Ok(ExitCode::SUCCESS)
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
