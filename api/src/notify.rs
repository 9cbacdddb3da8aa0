//! What the service manager (systemd) is told: ready, stopping, still at work.
//!
//! Owns the messages to the socket that `NOTIFY_SOCKET` names; without it nothing is sent. The
//! watchdog looks at this process alone: that its runtime runs, that it still has a thread to block
//! and that every write lane lives. A database that is away is no reason to be started anew, since
//! a new process would be no better off; `/readyz` tells of that.

use std::time::Duration;

use actix_web::web::Data;
use sd_notify::NotifyState;

use crate::state::State;

fn tell(messages: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(messages) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

/// It serves, at this address.
pub fn ready(address: std::net::SocketAddr) {
    tell(&[NotifyState::Ready, NotifyState::Status(&format!("serving at {address}"))]);
}

/// It finishes what runs and ends.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("finishing what runs")]);
}

/// Tells the watchdog, where there is one, twice in its time that the process is at work. Must be
/// called within actix's runtime, and ends with it.
pub fn watch(state: &Data<State>) {
    let Some(longest) = sd_notify::watchdog_enabled() else { return };
    let (state, every) = (state.clone(), longest / 2);
    actix_web::rt::spawn(async move {
        loop {
            if works(&state, every).await {
                tell(&[NotifyState::Watchdog]);
            } else {
                tracing::error!("the process no longer works as it should; the watchdog is not told");
            }
            actix_web::rt::time::sleep(every).await;
        }
    });
}

/// Whether a blocking thread answers in time and no write lane has died.
async fn works(state: &Data<State>, within: Duration) -> bool {
    let state = state.clone();
    let looked = actix_web::rt::task::spawn_blocking(move || state.store.lanes_live());
    matches!(actix_web::rt::time::timeout(within, looked).await, Ok(Ok(true)))
}
