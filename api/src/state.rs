//! What every request and every job shares.
//!
//! Owns the store, what is in force, the keys and the clock of one process. It must not know HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use domain::access::Action;
use domain::calendar;
use moka::sync::Cache;
use persistence::accounts::{Account, SigningKey};
use persistence::{Reader, Settings, Store, Target, accounts};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::dossiers::TrackingKey;
use crate::app::error::Error;
use crate::app::reference::{Holder, Reference};
use crate::app::{Cx, sessions};
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::files::Files;
use crate::passwords::Passwords;
use crate::tokens::{Claims, KeyRecord, KeyState, Keys, Tokens};

/// How long an account is believed to be as it was last seen; disabling it works within this time.
const ACCOUNT_SEEN: Duration = Duration::from_secs(20);

/// Write lanes on PostgreSQL.
pub const LANES: u32 = 2;

/// How long a write may wait for its lane before it is refused instead of run.
const LANE_PATIENCE: Duration = Duration::from_secs(2);

/// One process.
pub struct State {
    /// Settings.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// Units, procedures and rules in force.
    pub reference: Holder,
    /// Access tokens.
    pub tokens: Arc<Tokens>,
    /// Password hashing.
    pub passwords: Passwords,
    /// The content of files.
    pub files: Files,
    /// Makes tracking secrets.
    pub tracking: TrackingKey,
    /// Key that all instances share, for cursors.
    pub cursor_key: [u8; 32],
    /// Name of this process in leases.
    pub owner: Uuid,
    draining: AtomicBool,
    seen: Cache<(Uuid, Uuid), Arc<Account>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("owner", &self.owner).finish_non_exhaustive()
    }
}

/// The database that the settings name.
///
/// # Errors
/// When the URL is none that we know.
pub fn target(config: &Config) -> anyhow::Result<Target> {
    Ok(Target::parse(config.database_url.reveal(), Duration::from_millis(config.statement_timeout_ms))?)
}

/// Opens the store that the settings name.
///
/// # Errors
/// When the database cannot be reached or its schema is none that this program can work with.
pub fn open_store(config: &Config, clock: &Clock) -> anyhow::Result<Store> {
    let time = clock.clone();
    let target = target(config)?;
    let settings = Settings {
        target,
        pool_size: config.connection_count(LANES.saturating_add(persistence::GATHERERS)),
        acquire_timeout: Duration::from_millis(config.acquire_timeout_ms),
        lanes: usize::try_from(LANES)?,
        lane_queue: config.lane_queue,
        lane_batch: config.lane_batch,
        lane_patience: LANE_PATIENCE,
        clock: Arc::new(move || time.now()),
    };
    Ok(Store::open(&settings)?)
}

impl State {
    /// Opens everything; makes the instance's first signing key when there is none.
    ///
    /// # Errors
    /// When the database cannot be reached or holds keys that cannot be read.
    pub fn open(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let store = open_store(&config, &clock)?;
        let keys = signing_keys(&store, &clock)?;
        let secret = keys.first().map(|k| k.private_pem.clone()).unwrap_or_default();
        let derived = |purpose: &str| -> [u8; 32] { Sha256::digest(format!("{purpose}\n{secret}")).into() };
        let records = keys.into_iter().map(|key| {
            Ok(KeyRecord {
                kid: key.kid,
                state: domain::code::Code::from_code(&key.state).context("state of a signing key")?,
                public: key.public,
                private_pem: Some(Secret::new(key.private_pem)),
            })
        });
        let keys = Keys::from_records(records.collect::<anyhow::Result<Vec<_>>>()?)?;
        let tokens = Arc::new(Tokens::new(config.issuer.clone(), config.audience.clone(), keys));
        Ok(Self {
            tokens,
            passwords: Passwords::from_config(&config)?,
            files: Files::new(&config),
            tracking: TrackingKey(derived("tracking")),
            cursor_key: derived("cursors"),
            owner: clock.new_id(),
            reference: Holder::new(&store)?,
            draining: AtomicBool::new(false),
            seen: Cache::builder().max_capacity(50_000).time_to_live(ACCOUNT_SEEN).build(),
            store,
            clock,
            config,
        })
    }

    /// Says from now on that no more work is wanted.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the process is stopping.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Who acts under a token, and what is in force.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] when the token is no longer worth anything; those of the store.
    pub fn cx(&self, reader: &mut Reader<'_>, claims: &Claims, origin: &Origin) -> Result<Cx, Error> {
        let now = self.clock.now();
        let key = (claims.sub.0, claims.sid);
        let account = match self.seen.get(&key).filter(|a| a.token_version == i64::from(claims.ver)) {
            Some(account) => account,
            None => {
                let found = sessions::present(reader, claims.sub, claims.sid, i64::from(claims.ver), now)?;
                let found = Arc::new(found);
                self.seen.insert(key, found.clone());
                found
            }
        };
        Ok(Cx {
            actor: Arc::new(account.actor.clone()),
            address: origin.address.clone(),
            request_id: origin.request_id.clone(),
            reference: self.reference.get()?,
            now,
        })
    }

    /// Forgets what was believed of an account.
    pub fn forget(&self, claims: &Claims) {
        self.seen.invalidate(&(claims.sub.0, claims.sid));
    }

    /// What is in force.
    ///
    /// # Errors
    /// When no reference data was loaded yet.
    pub fn in_force(&self) -> Result<Arc<Reference>, Error> {
        self.reference.get()
    }

    /// Today, as the state reckons it.
    pub fn today(&self) -> chrono::NaiveDate {
        calendar::day_of(self.clock.now())
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// Network address.
    pub address: Option<String>,
    /// Identifier of the request.
    pub request_id: Option<String>,
}

/// Whether any role of a token has an action at all.
pub fn may_somewhere(claims: &Claims, action: Action) -> bool {
    claims.roles.iter().any(|grant| domain::access::reach(grant.role, action).is_some())
}

fn signing_keys(store: &Store, clock: &Clock) -> anyhow::Result<Vec<SigningKey>> {
    let read = || store.read(accounts::signing_keys);
    let known = read()?;
    if !known.is_empty() {
        return Ok(known);
    }
    let record = KeyRecord::generate(format!("k-{}", clock.new_id().simple()), KeyState::Current)?;
    let private = record.private_pem.as_ref().context("a new key has a private half")?;
    let key = SigningKey {
        kid: record.kid.clone(),
        private_pem: private.reveal().to_owned(),
        public: record.public.clone(),
        state: record.state.to_string(),
    };
    let now = clock.now();
    store.write_blocking("signing-keys", move |tx| accounts::first_signing_key(tx, &key, now))?;
    Ok(read()?)
}
