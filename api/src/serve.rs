//! Runs the service: listeners, jobs, and an orderly end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use anyhow::Context;

use crate::health::Health;
use crate::http::{admin, server};
use crate::jobs::Jobs;
use crate::notify;
use crate::state::State;
use crate::telemetry::Metrics;

/// A running service.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    state: Data<State>,
    health: Arc<Health>,
    jobs: Jobs,
    public: actix_web::dev::ServerHandle,
    admin: Option<actix_web::dev::ServerHandle>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Starts listeners and jobs. Must be called within actix's runtime.
///
/// # Errors
/// When an address cannot be bound or a thread cannot be started.
pub fn start(state: State) -> anyhow::Result<Running> {
    let state = Data::new(state);
    let metrics = Metrics::install()?;
    let health = Arc::new(server::probe(state.clone()));
    let (addresses, public) = server::listen(&state, &health).context("the public listener")?;
    let address = *addresses.first().context("no address")?;
    let admin =
        admin::listen(state.config.admin_bind, metrics, health.clone()).context("the admin listener")?;
    let public_handle = public.handle();
    actix_web::rt::spawn(public);
    let admin = admin.map(|(_, server)| {
        let handle = server.handle();
        actix_web::rt::spawn(server);
        handle
    });
    let jobs = Jobs::start(&state)?;
    tracing::info!(%address, "listening");
    notify::ready(address);
    notify::watch(&state);
    Ok(Running { address, state, health, jobs, public: public_handle, admin })
}

impl Running {
    /// What the service shares.
    pub fn state(&self) -> &Data<State> {
        &self.state
    }

    /// Stops in order: not ready, wait for balancers to see it, finish what runs, then the lanes.
    pub async fn stop(self, drain: Duration) {
        notify::stopping();
        self.health.drain();
        self.state.drain();
        tokio::time::sleep(drain).await;
        self.public.stop(true).await;
        if let Some(admin) = self.admin {
            admin.stop(false).await;
        }
        let (jobs, state) = (self.jobs, self.state);
        let ended = actix_web::rt::task::spawn_blocking(move || {
            jobs.stop(&state);
            state.store.close();
        });
        if ended.await.is_err() {
            tracing::error!("the end was not orderly");
        }
        tracing::info!("stopped");
    }

    /// Serves until the first signal to stop; a second one ends the process at once.
    ///
    /// # Errors
    /// When signals cannot be listened to.
    pub async fn until_signal(self) -> anyhow::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        tracing::info!("stopping");
        let drain = Duration::from_secs(self.state.config.drain_seconds);
        tokio::select! {
            () = self.stop(drain) => Ok(()),
            _ = term.recv() => anyhow::bail!("stopped at once by a second signal"),
            _ = int.recv() => anyhow::bail!("stopped at once by a second signal"),
        }
    }
}

/// Opens the state and starts; for the command line, within actix's runtime.
///
/// # Errors
/// As [`State::open`] and [`start`].
pub fn start_with(config: crate::config::Config, clock: crate::clock::Clock) -> anyhow::Result<Opened> {
    Ok(Opened(State::open(config, clock)?))
}

/// A state that is open and not yet served.
#[derive(Debug)]
pub struct Opened(State);

impl Opened {
    /// Serves until a signal.
    ///
    /// # Errors
    /// As [`start`] and [`Running::until_signal`].
    pub async fn until_signal(self) -> anyhow::Result<()> {
        start(self.0)?.until_signal().await
    }
}
