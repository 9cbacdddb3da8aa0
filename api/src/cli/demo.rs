//! The demonstration: one command from nothing to decided dossiers and true figures.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use domain::access::Role;
use domain::code::Code;
use persistence::figures;

use super::admin::{CreateUser, create, token_for};
use super::exit::Exit;
use super::{import, say};
use crate::app::imports::Kind;
use crate::app::seed;
use crate::clock::Clock;
use crate::config::{Config, Environment, Overrides};
use crate::state::{State, open_store, target};
use crate::{serve, telemetry};

#[derive(Debug, Args)]
pub(super) struct Demo {
    #[arg(long)]
    port: Option<u16>,
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Where the demonstration's roles are held: the department, or the province for those who look
/// over all of it.
fn unit_of(role: Role) -> Option<&'static str> {
    match role {
        Role::Citizen => None,
        Role::DeskOfficer | Role::CaseOfficer | Role::Approver | Role::PaymentOfficer | Role::Archivist => {
            Some("H08.15")
        }
        _ => Some("H08"),
    }
}

/// The citizen of the demonstration, a made-up person.
const CITIZEN_ID: &str = "052190000001";

/// Life of the printed tokens.
const TOKEN_SECONDS: u64 = 8 * 3_600;

impl Demo {
    pub(super) fn run(&self, overrides: &Overrides) -> anyhow::Result<Exit> {
        let environment = Environment::process();
        let mut overrides = overrides.clone();
        if let Some(port) = self.port {
            overrides.bind = Some(format!("127.0.0.1:{port}"));
        }
        let named = Config::load(&overrides, &environment)?;
        if named.is_default("database_url") {
            overrides.database_url = Some(self.fresh_database()?);
        }
        if named.is_default("admin_bind") {
            overrides.admin_bind = Some("off".to_owned());
        }
        if named.is_default("log_filter") {
            overrides.log_filter = Some("warn".to_owned());
        }
        let config = Config::load(&overrides, &environment)?;
        let _log = telemetry::start_log(&config);
        let clock = Clock::system();
        persistence::migrate::up(&target(&config)?)?;
        let store = open_store(&config, &clock)?;
        seed::load(&store, &clock, &seed::Set::shipped())?;
        store.close();
        drop(store);
        let state = State::open(config, clock)?;
        let done = import::take(&state, Kind::PortalDossiers, seed::SHIPPED_PORTAL_EXPORT.as_bytes(), false)?;
        while state.store.write_blocking("figures", figures::roll_up)? > 0 {}
        let disagreements = import::disagreements(&state, done.id)?;
        let tokens = accounts(&state)?;
        let database = state.config.database_url.redacted();
        actix_web::rt::System::new().block_on(async move {
            let service = serve::start(state)?;
            announce(&format!("http://{}", service.address), &database, &tokens, &done);
            for line in &disagreements {
                say(line);
            }
            say("\nReady. Ctrl-C stops.");
            service.until_signal().await
        })?;
        Ok(Exit::Done)
    }

    fn fresh_database(&self) -> anyhow::Result<String> {
        let folder = self
            .data
            .clone()
            .unwrap_or_else(|| std::env::temp_dir().join(format!("motcua-demo-{}", std::process::id())));
        std::fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
        let file = folder.join("motcua-demo.sqlite");
        for suffix in ["", "-wal", "-shm"] {
            let old = PathBuf::from(format!("{}{suffix}", file.display()));
            if old.exists() {
                std::fs::remove_file(&old).with_context(|| format!("{}", old.display()))?;
            }
        }
        let files = PathBuf::from(format!("{}.files", file.display()));
        if files.exists() {
            std::fs::remove_dir_all(&files).with_context(|| format!("{}", files.display()))?;
        }
        Ok(format!("sqlite:{}", file.display()))
    }
}

/// One account and one token a role; the accounts of an earlier run are used again.
fn accounts(state: &State) -> anyhow::Result<Vec<(Role, String)>> {
    let mut tokens = Vec::new();
    for role in Role::ALL {
        let new = CreateUser {
            name: format!("demo.{role}"),
            role: *role,
            unit: unit_of(*role).map(ToOwned::to_owned),
            personal_id: (*role == Role::Citizen).then(|| CITIZEN_ID.to_owned()),
            password_stdin: false,
        };
        let there =
            state.store.read(|reader| persistence::accounts::by_user(reader, &new.name, state.today()));
        if matches!(there, Err(persistence::Error::NotFound)) {
            create(state, &new, None)?;
        }
        tokens.push((*role, token_for(state, &new.name, TOKEN_SECONDS)?));
    }
    Ok(tokens)
}

/// What a role of the demonstration tries first.
fn first_request(role: Role, address: &str) -> String {
    let get = |path: &str| format!("{address}{path}");
    match role {
        Role::Citizen => {
            let form = serde_json::json!({
                "procedure": "1.001978", "unit": "H08.15", "channel": "online",
                "applicant": { "name": "Nguyễn Thị Lan", "personal_id": CITIZEN_ID, "born_on": "1990-05-02", "sex": "female", "phone": "0905000001" },
                "form": {
                    "terminated_on": "2026-10-15", "termination": "contract_expired",
                    "contract": { "kind": "indefinite", "months": null },
                    "contributions": [ { "from": "2021-01", "to": "2026-09", "wage_vnd": 8000000 } ],
                    "months_already_used": 0, "wage_regime": "employer", "wage_region": "III",
                    "after_submission": { "event": "none", "on": null }, "receives": "none"
                },
                "papers": [ { "code": "mau_03", "original": true }, { "code": "cham_dut_hdld", "original": true }, { "code": "so_bhxh", "original": true } ]
            });
            format!("-H 'Content-Type: application/json' -d '{form}' '{}'", get("/api/v1/dossiers"))
        }
        Role::DeskOfficer => format!("'{}'", get("/api/v1/dossiers?status=registered")),
        Role::CaseOfficer => format!("'{}'", get("/api/v1/dossiers?status=accepted")),
        Role::Approver => format!("'{}'", get("/api/v1/dossiers?status=processing")),
        Role::PaymentOfficer => format!("'{}'", get("/api/v1/unemployment/benefits?limit=3")),
        Role::Archivist => format!("'{}'", get("/api/v1/dossiers?status=returned&limit=3")),
        Role::StatisticsReader => format!("'{}'", get("/api/v1/statistics/unemployment?as_of=2023-11-15")),
        Role::Auditor => format!("'{}'", get("/api/v1/statistics/dossiers?as_of=2023-11-15")),
        Role::Administrator => format!("'{}'", get("/api/v1/imports")),
        Role::CatalogueEditor | Role::Integrator => format!("'{}'", get("/api/v1/me")),
    }
}

fn announce(address: &str, database: &str, tokens: &[(Role, String)], done: &persistence::imports::Import) {
    say(format_args!("Motcua serves at {address} ({database})"));
    say(format_args!("Reference: {address}/docs/   Document: {address}/openapi.yaml"));
    say(format_args!(
        "Imported {} dossiers of the national portal, {} refused, {} on which the portal decided otherwise",
        done.rows_done, done.rows_failed, done.disagreements
    ));
    say("");
    for (role, token) in tokens {
        say(format_args!("# {} ({})", role.code(), role.label_vi()));
        say(format_args!("curl -sS -H 'Authorization: Bearer {token}' {}", first_request(*role, address)));
        say("");
    }
}
