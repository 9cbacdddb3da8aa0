//! A file on its way into the store.

use actix_web::web::Bytes;
use object_store::buffered::BufWriter;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{FilesError, Measure, Written};

pub(super) enum Piece {
    Bytes(Bytes),
    End,
}

/// A file on its way into the store.
#[derive(Debug)]
pub struct Writer {
    pub(super) send: mpsc::Sender<Piece>,
    pub(super) task: JoinHandle<Result<Written, FilesError>>,
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Piece")
    }
}

impl Writer {
    /// Writes the next bytes, as soon as there is room for them.
    ///
    /// # Errors
    /// [`FilesError::Full`], [`FilesError::Unavailable`].
    pub async fn add(&mut self, bytes: Bytes) -> Result<(), FilesError> {
        if self.send.send(Piece::Bytes(bytes)).await.is_ok() {
            return Ok(());
        }
        let ended = (&mut self.task).await;
        Err(match ended {
            Ok(Err(error)) => error,
            _ => FilesError::GivenUp,
        })
    }

    /// Waits until the content lies safe: file and folder are on the disk.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub async fn finish(self) -> Result<Written, FilesError> {
        // Where the task has ended already, its result says why.
        let _ = self.send.send(Piece::End).await;
        self.task.await.map_err(|e| FilesError::Unavailable(e.to_string()))?
    }
}

/// Writes what comes in to its end, or gives it up.
pub(super) async fn keep(
    mut writer: BufWriter,
    mut incoming: mpsc::Receiver<Piece>,
) -> Result<Written, FilesError> {
    let mut measure = Measure::default();
    let failed = loop {
        match incoming.recv().await {
            Some(Piece::Bytes(bytes)) => {
                measure.add(&bytes);
                if let Err(error) = writer.put(bytes).await {
                    break FilesError::from(error);
                }
            }
            Some(Piece::End) => {
                writer.shutdown().await?;
                return Ok(measure.done());
            }
            None => break FilesError::GivenUp,
        }
    };
    if let Err(error) = writer.abort().await {
        tracing::warn!(%error, "an unfinished file could not be removed; the collector will");
    }
    Err(failed)
}
