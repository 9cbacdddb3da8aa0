//! Accounts, tokens, reference data, audit, health.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use clap::Args;
use domain::access::Role;
use domain::calendar;
use domain::code::Code;
use domain::ids::AccountId;
use persistence::accounts::{self, Session};
use persistence::chain::{Fault, Walked};
use persistence::{audit, benefits, events};

use super::exit::{Exit, Stop};
use super::{say, with_state};
use crate::app::accounts::{self as app, New};
use crate::app::seed;
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::http::routes::sessions::sign;
use crate::passwords::{Hasher, check_policy};
use crate::state::{State, open_store};

fn role(text: &str) -> Result<Role, String> {
    Role::from_code(text).ok_or_else(|| {
        let all: Vec<&str> = Role::ALL.iter().map(|r| r.code()).collect();
        format!("one of {}", all.join(", "))
    })
}

/// Seconds of `8h`, `30m`, `900s` or plain seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.strip_suffix(['h', 'm', 's']) {
        Some(digits) => (digits, text.get(digits.len()..).unwrap_or_default()),
        None => (text, "s"),
    };
    let factor = match unit {
        "h" => 3_600,
        "m" => 60,
        _ => 1,
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|n| n.checked_mul(factor))
        .filter(|n| (1..=31_536_000).contains(n))
        .ok_or_else(|| "a length of time such as 8h, 30m or 900s, at most a year".to_owned())
}

#[derive(Debug, Args)]
pub(super) struct CreateUser {
    #[arg(long)]
    pub name: String,
    #[arg(long, value_parser = role)]
    pub role: Role,
    #[arg(long)]
    pub unit: Option<String>,
    #[arg(long)]
    pub personal_id: Option<String>,
    #[arg(long)]
    pub password_stdin: bool,
}

impl CreateUser {
    pub(super) fn run(&self, config: Config) -> anyhow::Result<()> {
        let password_hash = if self.password_stdin {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            let password = Secret::new(text.trim_end_matches(['\r', '\n']));
            check_policy(&password)?;
            let hasher =
                Hasher::new(config.argon2_memory_kib, config.argon2_iterations, config.argon2_parallelism)?;
            Some(hasher.hash(&password)?)
        } else {
            None
        };
        with_state(config, |state| {
            let id = create(state, self, password_hash)?;
            say(id);
            Ok(())
        })
    }
}

/// Makes an account; gives its identity.
pub(super) fn create(
    state: &State,
    new: &CreateUser,
    password_hash: Option<String>,
) -> anyhow::Result<AccountId> {
    let id = AccountId(state.clock.new_id());
    let personal_id = new.personal_id.as_deref().map(domain::person::PersonalId::parse).transpose()?;
    let account = New {
        id,
        user: new.name.clone(),
        role: new.role,
        unit: new.unit.clone(),
        personal_id: personal_id.map(|p| p.as_str().to_owned()),
        password_hash,
    };
    let (reference, now) = (state.in_force()?, state.clock.now());
    let made: Result<(), crate::app::error::Error> =
        state.store.write_blocking("accounts", move |tx| app::create(tx, &reference, &account, now));
    match made {
        Ok(()) => Ok(id),
        Err(crate::app::error::Error::Store(persistence::Error::Taken(_))) => {
            Err(Stop::refused(format_args!("there is already a user {}", new.name)).into())
        }
        Err(crate::app::error::Error::Invalid(wrong)) => {
            Err(Stop::not_begun(wrong.first().map(|v| v.message_en.clone()).unwrap_or_default()).into())
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Debug, Args)]
pub(super) struct Token {
    #[arg(long)]
    user: String,
    #[arg(long, default_value = "8h", value_parser = seconds)]
    ttl: u64,
}

impl Token {
    pub(super) fn run(&self, config: Config) -> anyhow::Result<()> {
        with_state(config, |state| {
            say(token_for(state, &self.user, self.ttl)?);
            Ok(())
        })
    }
}

/// Signs a token for an account, with a session of its own so that it can be ended.
pub(super) fn token_for(state: &State, user: &str, ttl_seconds: u64) -> anyhow::Result<String> {
    let now = state.clock.now();
    let account = state.store.read(|reader| accounts::by_user(reader, user, calendar::day_of(now))).map_err(
        |error| match error {
            persistence::Error::NotFound => Stop::refused(format_args!("no user {user}")).into(),
            other => anyhow::Error::from(other),
        },
    )?;
    let family = state.clock.new_id();
    let session = Session {
        // No refresh token belongs to it: a digest that no token has.
        token_hash: format!("operator-{family}"),
        family,
        account: account.actor.account,
        expires_at: now + chrono::Duration::seconds(i64::try_from(ttl_seconds)?),
        used_at: Some(now),
        revoked_at: None,
    };
    state.store.write_blocking("sessions", move |tx| accounts::open_session(tx, &session, now))?;
    Ok(sign(state, &account, family, ttl_seconds)?)
}

/// What cannot be taken from the files that were named.
fn unreadable(error: crate::app::error::Error) -> anyhow::Error {
    match error {
        crate::app::error::Error::Internal(what) => Stop::not_begun(what).into(),
        other => other.into(),
    }
}

/// The reference data of a folder, or the shipped set.
pub(super) fn reference_set(dir: Option<&Path>) -> anyhow::Result<seed::Set> {
    Ok(match dir {
        Some(dir) => seed::Set::folder(dir).map_err(unreadable)?,
        None => seed::Set::shipped(),
    })
}

pub(super) fn load_reference(config: &Config, dir: Option<&Path>) -> anyhow::Result<()> {
    let set = reference_set(dir)?;
    let clock = Clock::system();
    let store = open_store(config, &clock)?;
    let loaded = seed::load(&store, &clock, &set);
    store.close();
    let loaded = loaded.map_err(unreadable)?;
    say(format_args!(
        "{} units, {} procedures ({} new versions), rules {}",
        loaded.units,
        loaded.procedures,
        loaded.new_versions,
        if loaded.new_rules { "new" } else { "unchanged" }
    ));
    if let Some(kept) = loaded.kept {
        say(format_args!("{kept} stays in force: an administrator published it"));
    }
    if loaded.to_reckon > 0 {
        say(format_args!("{} open dossiers will be reckoned anew by the service", loaded.to_reckon));
    }
    Ok(())
}

pub(super) fn verify_audit(config: Config) -> anyhow::Result<Exit> {
    let store = open_store(&config, &Clock::system())?;
    // As of one moment: while the service writes, a head read before its entries would seem cut off.
    let found = store.read_snapshot(audit::verify)?;
    say(format_args!(
        "audit: {} chains, {} entries, {} faults",
        found.chains,
        found.entries,
        found.faults.len()
    ));
    for fault in &found.faults {
        say(format_args!("{} {} at {}", fault.kind, fault.chain, fault.seq));
    }
    let told = |what: &'static str| {
        move |fault: Fault| say(format_args!("{} {what} {} at {}", fault.kind, fault.subject, fault.seq))
    };
    let dossiers = store.read(|reader| events::verify(reader, told("dossier")))?;
    walked("dossiers", dossiers);
    let benefits = store.read(|reader| benefits::events::verify(reader, told("benefit")))?;
    walked("benefits", benefits);
    let sound = found.faults.is_empty() && dossiers.broken == 0 && benefits.broken == 0;
    Ok(if sound { Exit::Done } else { Exit::Findings })
}

fn walked(what: &str, Walked { chains, events, broken }: Walked) {
    say(format_args!("{what}: {chains} chains, {events} events, {broken} faults"));
}

/// Asks `/healthz` with nothing but a socket: the image has no other client.
pub(super) fn healthcheck(config: &Config) -> Exit {
    match lives(config) {
        Ok(true) => Exit::Done,
        Ok(false) => Exit::Findings,
        Err(error) => {
            say(format_args!("the service does not answer: {error}"));
            Exit::Findings
        }
    }
}

fn lives(config: &Config) -> std::io::Result<bool> {
    let ip = if config.bind.ip().is_unspecified() {
        std::net::IpAddr::from([127, 0, 0, 1])
    } else {
        config.bind.ip()
    };
    let limit = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(ip, config.bind.port()), limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}
