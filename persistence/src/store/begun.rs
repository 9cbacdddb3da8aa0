//! A write on its way.

use tokio::sync::oneshot;

use crate::error::Error;

/// A write that a lane has, and whose outcome nobody has waited for yet.
#[derive(Debug)]
pub struct Begun<T, E>(oneshot::Receiver<Result<T, E>>);

impl<T, E: From<Error>> Begun<T, E> {
    pub(super) fn of(outcome: oneshot::Receiver<Result<T, E>>) -> Self {
        Self(outcome)
    }

    /// How it ended.
    ///
    /// # Errors
    /// As [`crate::store::Store::write`].
    pub async fn told(self) -> Result<T, E> {
        self.0.await.unwrap_or_else(|_| gone())
    }

    /// How it ended. Blocks.
    ///
    /// # Errors
    /// As [`crate::store::Store::write`].
    pub fn wait(self) -> Result<T, E> {
        self.0.blocking_recv().unwrap_or_else(|_| gone())
    }
}

fn gone<T, E: From<Error>>() -> Result<T, E> {
    Err(Error::Unavailable("the write lane has ended".to_owned()).into())
}
