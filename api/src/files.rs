//! Where the content of files lies.
//!
//! Owns the store of contents, a folder or a bucket, and the threads that read and write it, so that a
//! slow disk holds up no other answer. It knows identities and bytes; what a file is and who may
//! see it is decided elsewhere.

pub mod kind;
pub mod pages;
mod program;
#[cfg(feature = "s3")]
mod s3;
pub mod scan;
mod writer;

use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt, stream};
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, GetResultPayload, ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::mpsc;
use uuid::Uuid;

pub use self::writer::Writer;
use self::writer::keep;
use crate::config::{Bucket, Config, FilesPlace, Secret};

/// Bytes collected before they are written to a folder.
const PIECE: usize = 1024 * 1024;
/// The same for a bucket: no part but the last may be smaller there.
const PART: usize = 5 * 1024 * 1024;
/// Bytes of a piece on its way to a client.
const CHUNK: u64 = 256 * 1024;
/// Pieces on their way between two threads.
const IN_FLIGHT: usize = 4;
/// Threads that may wait for the disk.
const THREADS: usize = 16;

/// Why the content of a file could not be kept or given.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// No room is left.
    #[error("no space is left for files")]
    Full,
    /// There is no such content.
    #[error("the content of a file is missing")]
    Missing,
    /// It is not what was written.
    #[error("the content of a file is not what was written")]
    Damaged,
    /// Whoever was bringing it stopped.
    #[error("the file was given up")]
    GivenUp,
    /// The store cannot be reached or refuses to work.
    #[error("the file store: {0}")]
    Unavailable(String),
}

impl FilesError {
    fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let mut cause = Some(error);
        let mut said = error.to_string();
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<std::io::Error>()
                && matches!(io.kind(), StorageFull | QuotaExceeded | FileTooLarge)
            {
                return Self::Full;
            }
            if matches!(error.downcast_ref(), Some(object_store::Error::NotFound { .. })) {
                return Self::Missing;
            }
            said = error.to_string();
            cause = error.source();
        }
        Self::Unavailable(said)
    }
}

impl From<object_store::Error> for FilesError {
    fn from(error: object_store::Error) -> Self {
        Self::of(&error)
    }
}

impl From<std::io::Error> for FilesError {
    fn from(error: std::io::Error) -> Self {
        Self::of(&error)
    }
}

/// What was written or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the content, in hexadecimal digits.
    pub sha256: String,
}

#[derive(Default)]
struct Measure {
    size: u64,
    digest: Sha256,
}

impl Measure {
    fn add(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.digest.update(bytes);
    }

    fn done(self) -> Written {
        let sha256 = persistence::audit::hex(&self.digest.finalize());
        Written { size: self.size, sha256 }
    }
}

/// The store of contents; opened when it is first used.
pub struct Files {
    place: Place,
    opened: Mutex<Option<Arc<Opened>>>,
}

enum Place {
    Folder(PathBuf),
    Bucket(Bucket, #[cfg_attr(not(feature = "s3"), allow(dead_code))] Keys),
}

/// What opens a bucket.
#[cfg_attr(not(feature = "s3"), allow(dead_code))]
struct Keys {
    key: Secret,
    secret: Secret,
}

struct Opened {
    store: Arc<dyn ObjectStore>,
    folder: Option<Arc<LocalFileSystem>>,
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Drop for Opened {
    fn drop(&mut self) {
        // The last owner may be a thread that must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").field("place", &self.shown()).finish_non_exhaustive()
    }
}

/// Where the content of a file lies in the store: spread over 256 folders.
fn place(id: Uuid) -> Path {
    let digits = id.simple().to_string();
    Path::from_iter([digits.get(30..).unwrap_or("00"), &id.to_string()])
}

impl Files {
    /// The store that the settings name.
    pub fn new(config: &Config) -> Self {
        let place = match &config.files {
            FilesPlace::S3(bucket) => {
                let keys = Keys { key: config.files_s3_key.clone(), secret: config.files_s3_secret.clone() };
                Place::Bucket(bucket.clone(), keys)
            }
            FilesPlace::Auto | FilesPlace::Folder(_) => Place::Folder(config.files_folder()),
        };
        Self { place, opened: Mutex::new(None) }
    }

    /// Where the files lie, for people.
    pub fn shown(&self) -> String {
        match &self.place {
            Place::Folder(folder) => folder.display().to_string(),
            Place::Bucket(bucket, _) => bucket.to_string(),
        }
    }

    /// The folder, where they lie in one.
    pub fn folder(&self) -> Option<&std::path::Path> {
        match &self.place {
            Place::Folder(folder) => Some(folder),
            Place::Bucket(..) => None,
        }
    }

    fn opened(&self) -> Result<Arc<Opened>, FilesError> {
        let lost = |_| FilesError::Unavailable("its lock is lost".to_owned());
        let mut opened = self.opened.lock().map_err(lost)?;
        if let Some(opened) = opened.as_ref() {
            return Ok(opened.clone());
        }
        let (store, folder): (Arc<dyn ObjectStore>, _) = match &self.place {
            Place::Folder(path) => {
                let folder = Arc::new(folder(path)?);
                (folder.clone(), Some(folder))
            }
            #[cfg(feature = "s3")]
            Place::Bucket(bucket, keys) => (s3::open(bucket, &keys.key, &keys.secret)?, None),
            #[cfg(not(feature = "s3"))]
            Place::Bucket(..) => {
                let text = "this program was built without S3: build it with `--features s3`";
                return Err(FilesError::Unavailable(text.to_owned()));
            }
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(THREADS)
            .thread_name("files")
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let fresh = Arc::new(Opened { store, folder, runtime: Some(runtime), handle });
        *opened = Some(fresh.clone());
        Ok(fresh)
    }

    /// Begins to write the content of a file. What was not [finished](Writer::finish) leaves nothing.
    ///
    /// # Errors
    /// [`FilesError::Unavailable`] when the store cannot be opened.
    pub fn write(&self, id: Uuid) -> Result<Writer, FilesError> {
        let opened = self.opened()?;
        let (send, incoming) = mpsc::channel(IN_FLIGHT);
        let piece = if opened.folder.is_some() { PIECE } else { PART };
        let writer = BufWriter::with_capacity(opened.store.clone(), place(id), piece).with_max_concurrency(2);
        let task = opened.handle.spawn(keep(writer, incoming));
        Ok(Writer { send, task })
    }

    /// The content of a file, or a range of it. Whole content is compared with `sha256` before its
    /// last piece is given, so that nobody takes a damaged file for a whole one.
    ///
    /// # Errors
    /// [`FilesError::Missing`], [`FilesError::Unavailable`].
    pub async fn read(
        &self,
        id: Uuid,
        range: Option<Range<u64>>,
        sha256: &str,
    ) -> Result<impl Stream<Item = Result<Bytes, FilesError>> + use<>, FilesError> {
        let opened = self.opened()?;
        let whole = range.is_none().then(|| sha256.to_owned());
        let (send, coming) = mpsc::channel(IN_FLIGHT);
        let store = opened.store.clone();
        let options = GetOptions::new().with_range(range);
        let begun = opened.handle.spawn(async move { store.get_opts(&place(id), options).await });
        let found = begun.await.map_err(|e| FilesError::Unavailable(e.to_string()))??;
        opened.handle.spawn(async move {
            if let Err(error) = give(pieces(found), &send, whole).await {
                metrics::counter!("file_read_failures_total").increment(1);
                tracing::error!(file = %id, %error, "a file could not be given");
                let _ = send.send(Err(error)).await;
            }
        });
        Ok(stream::unfold(coming, |mut coming| async move {
            let piece: Result<Bytes, FilesError> = coming.recv().await?;
            Some((piece, coming))
        }))
    }

    /// Removes contents; what is not there is no error. Gives those that are gone. Blocks.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub fn remove(&self, ids: &[Uuid]) -> Result<Vec<Uuid>, FilesError> {
        let opened = self.opened()?;
        let mut gone = Vec::with_capacity(ids.len());
        for id in ids {
            let removed = opened.handle.block_on(opened.store.delete(&place(*id)));
            // A file that was still coming in has no content yet, only its unfinished beginning.
            let removed = match removed.map_err(FilesError::from) {
                Err(FilesError::Missing) => Ok(()),
                other => other,
            };
            match removed.and_then(|()| opened.remove_unfinished(*id)) {
                Ok(()) => gone.push(*id),
                Err(error) => tracing::warn!(file = %id, %error, "a file could not be removed"),
            }
        }
        Ok(gone)
    }

    /// Size of a content; none when it is missing. Blocks.
    ///
    /// # Errors
    /// [`FilesError::Unavailable`].
    pub fn size(&self, id: Uuid) -> Result<Option<u64>, FilesError> {
        let opened = self.opened()?;
        match opened.handle.block_on(opened.store.head(&place(id))).map_err(FilesError::from) {
            Ok(meta) => Ok(Some(meta.size)),
            Err(FilesError::Missing) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Hands over a content piece by piece and measures it; none when it is missing. Blocks.
    ///
    /// # Errors
    /// [`FilesError::Unavailable`]; those of `each`.
    pub fn each_piece(
        &self,
        id: Uuid,
        mut each: impl FnMut(&[u8]) -> Result<(), FilesError>,
    ) -> Result<Option<Written>, FilesError> {
        let opened = self.opened()?;
        opened.handle.block_on(async {
            let found = match opened.store.get(&place(id)).await.map_err(FilesError::from) {
                Ok(found) => found,
                Err(FilesError::Missing) => return Ok(None),
                Err(error) => return Err(error),
            };
            let mut pieces = std::pin::pin!(pieces(found));
            let mut measure = Measure::default();
            while let Some(bytes) = pieces.next().await {
                let bytes = bytes?;
                measure.add(&bytes);
                each(&bytes)?;
            }
            Ok(Some(measure.done()))
        })
    }
}

impl Opened {
    /// Removes what a killed process left of a file that was still coming in: the store writes
    /// beside the final name and never gives such names out.
    fn remove_unfinished(&self, id: Uuid) -> Result<(), FilesError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut beside = folder.path_to_filesystem(&place(id))?.into_os_string();
        beside.push("#1");
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// A folder as a store whose writes last.
fn folder(path: &std::path::Path) -> Result<LocalFileSystem, FilesError> {
    // For its owner alone: what lies in it is personal.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    // The name of the folder itself must last as well.
    if let Some(parent) = std::fs::canonicalize(path)?.parent() {
        std::fs::File::open(parent)?.sync_all()?;
    }
    Ok(LocalFileSystem::new_with_prefix(path)?.with_fsync(true))
}

/// The bytes of a content in pieces.
fn pieces(found: object_store::GetResult) -> impl Stream<Item = Result<Bytes, FilesError>> + Send + use<> {
    let range = found.range.clone();
    match found.payload {
        GetResultPayload::Stream(stream) => stream.map(|piece| Ok(piece?)).boxed(),
        GetResultPayload::File(file, _) => {
            stream::try_unfold((Arc::new(file), range), |(file, range)| async move {
                if range.is_empty() {
                    return Ok(None);
                }
                let from = file.clone();
                let wanted = range.clone();
                let read = tokio::task::spawn_blocking(move || {
                    let count = usize::try_from((wanted.end - wanted.start).min(CHUNK)).unwrap_or(0);
                    let mut bytes = vec![0; count];
                    from.read_exact_at(&mut bytes, wanted.start).map(|()| Bytes::from(bytes))
                });
                let bytes = read.await.map_err(|e| FilesError::Unavailable(e.to_string()))??;
                let next = range.start + u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                Ok(Some((bytes, (file, next..range.end))))
            })
            .boxed()
        }
    }
}

/// Sends pieces on; the last one only when all of them together are what was written.
async fn give(
    pieces: impl Stream<Item = Result<Bytes, FilesError>> + Send,
    send: &mpsc::Sender<Result<Bytes, FilesError>>,
    whole: Option<String>,
) -> Result<(), FilesError> {
    let mut pieces = std::pin::pin!(pieces);
    let (mut measure, mut held) = (Measure::default(), None);
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        if whole.is_some() {
            measure.add(&piece);
        }
        if let Some(before) = held.replace(piece)
            && send.send(Ok(before)).await.is_err()
        {
            // Nobody listens any more.
            return Ok(());
        }
    }
    if whole.is_some_and(|sha256| sha256 != measure.done().sha256) {
        return Err(FilesError::Damaged);
    }
    if let Some(last) = held {
        let _ = send.send(Ok(last)).await;
    }
    Ok(())
}
