//! Files of any length: the pages of a list one after another, as CSV or XLSX.
//!
//! Owns how a list goes out whole in flat memory. Each page is one hop into the store and is asked of
//! the policy anew; between two pages nothing is held. CSV is sent while it is read, as fast as the
//! caller takes it; XLSX is first written to a temporary file. It knows neither filters nor columns.

use std::error::Error as _;
use std::fs::{File, OpenOptions, remove_file};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::{Stream, StreamExt, stream};
use rust_xlsxwriter::XlsxError;
use uuid::Uuid;

use crate::http::format::Format;
use crate::http::hop;
use crate::http::problem::{ErrorCode, Problem};
use crate::http::table::workbook::Book;
use crate::http::table::{Head, Line, csv};

/// Marks a request of which only the head is wanted; the middleware sets it.
#[derive(Debug, Clone, Copy)]
pub struct HeadOnly;

/// Rows that are read at once.
pub const PAGE: i64 = 1_000;
/// Room that a temporary file must find before a page is written to it: more than a page of long cells takes.
/// What writes a workbook row by row cannot tell of a full disk, so it is asked before.
const ROOM: u64 = 4 * 1024 * 1024;
/// Bytes of a workbook that are sent at once.
const PIECE: u64 = 256 * 1024;

/// A page of a list.
#[derive(Debug)]
pub struct Part<K> {
    /// Its rows.
    pub rows: Vec<Line>,
    /// Where the next one begins; none after the last.
    pub next: Option<K>,
}

impl<K> Part<K> {
    /// A page of what was read by [`PAGE`]: it is the last when it is shorter than that.
    pub fn of<T>(found: Vec<T>, key: impl FnOnce(&T) -> K, line: impl FnMut(T) -> Line) -> Self {
        let full = i64::try_from(found.len()).is_ok_and(|n| n >= PAGE);
        let next = found.last().filter(|_| full).map(key);
        Self { rows: found.into_iter().map(line).collect(), next }
    }
}

/// Answers a list whole, from a place on. What is refused is refused before anything is sent; what
/// fails after that breaks the transfer off, so that no part is taken for the whole. Where only the head is
/// wanted nothing is read but the first page, which says whether the list may be had at all.
///
/// # Errors
/// Those of the first page; with XLSX those of any, and 507 where the temporary file finds no room.
pub async fn respond<K: 'static, F>(
    request: &HttpRequest,
    head: Head,
    format: Format,
    from: Option<K>,
    name: Uuid,
    page: impl Fn(Option<K>) -> F + 'static,
) -> Result<HttpResponse, Problem>
where
    F: Future<Output = Result<Part<K>, Problem>> + 'static,
{
    let first = page(from).await?;
    let mut answer = head.answer(if format == Format::Xlsx { format } else { Format::Csv });
    if request.extensions().contains::<HeadOnly>() {
        // How long it would be nobody knows before it is made.
        return Ok(answer.streaming(stream::empty::<Result<Bytes, Problem>>()));
    }
    if format == Format::Xlsx {
        let (file, size) = workbook(head, first, name, &page).await?;
        return Ok(answer.body(SizedStream::new(size, pieces(file, size))));
    }
    let begin =
        csv::begin(&head).and_then(|begin| csv::add(begin, &first.rows)).map_err(Problem::internal)?;
    Ok(streamed(&mut answer, begin, first.next, move |place| {
        let part = place.map(|place| page(Some(place)));
        async move {
            let Some(part) = part else { return Ok(None) };
            let part = part.await?;
            let bytes = csv::add(Vec::new(), &part.rows).map_err(Problem::internal)?;
            Ok(Some((bytes, part.next)))
        }
    }))
}

/// Answers with what is there, then with what `next` makes of where it stands, until it makes nothing
/// more; what fails breaks the transfer off.
pub fn streamed<S: 'static, F>(
    answer: &mut HttpResponseBuilder,
    begin: Vec<u8>,
    from: S,
    next: impl Fn(S) -> F + 'static,
) -> HttpResponse
where
    F: Future<Output = Result<Option<(Vec<u8>, S)>, Problem>> + 'static,
{
    let rest = stream::try_unfold(from, move |at| {
        let more = next(at);
        async move {
            let more = more.await.map_err(broken_off)?;
            Ok::<_, Problem>(more.map(|(bytes, at)| (Bytes::from(bytes), at)))
        }
    });
    answer.streaming(stream::iter([Ok(Bytes::from(begin))]).chain(rest))
}

/// Says that a file was not sent to its end.
fn broken_off(problem: Problem) -> Problem {
    metrics::counter!("exports_broken_off_total").increment(1);
    tracing::error!(code = problem.code().code(), cause = problem.cause(), "an export was broken off");
    problem
}

/// The workbook of all pages, in a file that is gone when nobody reads it any more.
async fn workbook<K, F>(
    head: Head,
    first: Part<K>,
    name: Uuid,
    page: impl Fn(Option<K>) -> F,
) -> Result<(Arc<File>, u64), Problem>
where
    F: Future<Output = Result<Part<K>, Problem>>,
{
    let Part { rows, mut next } = first;
    let mut book = hop::aside(move || {
        roomy()?;
        let mut book = Book::begin(head).map_err(unwritten)?;
        book.add(&rows).map_err(unwritten)?;
        Ok(book)
    })
    .await?;
    while let Some(place) = next {
        let part = page(Some(place)).await?;
        next = part.next;
        book = hop::aside(move || {
            roomy()?;
            book.add(&part.rows).map_err(unwritten)?;
            Ok(book)
        })
        .await?;
    }
    hop::aside(move || {
        roomy()?;
        let file = nameless(name).map_err(full)?;
        let mut writer = BufWriter::new(&file);
        book.finish(&mut writer).map_err(unwritten)?;
        writer.flush().map_err(full)?;
        drop(writer);
        let size = file.metadata().map_err(full)?.len();
        Ok((Arc::new(file), size))
    })
    .await
}

/// A file for this process alone, without a name: whatever happens, nothing of it stays.
fn nameless(name: Uuid) -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("motcua-export-{name}"));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    remove_file(&path)?;
    Ok(file)
}

/// Whether there is room for the next page where temporary files lie.
fn roomy() -> Result<(), Problem> {
    let disk = rustix::fs::statvfs(std::env::temp_dir()).map_err(io::Error::from).map_err(full)?;
    if disk.f_bavail.saturating_mul(disk.f_frsize) >= ROOM {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::StorageFull).caused_by("no room for a temporary file"))
}

fn full(error: io::Error) -> Problem {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    match error.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => Problem::new(ErrorCode::StorageFull).caused_by(error),
        _ => Problem::internal(error),
    }
}

fn unwritten(error: XlsxError) -> Problem {
    match error {
        XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => full(error),
        // What packs the file wraps the disk's own word.
        other => match other.source().and_then(|cause| cause.downcast_ref::<io::Error>()) {
            Some(cause) => full(cause.kind().into()),
            None => Problem::internal(other),
        },
    }
}

/// A file in pieces.
fn pieces(file: Arc<File>, size: u64) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::try_unfold(0, move |at: u64| {
        let file = Arc::clone(&file);
        async move {
            let length = size.saturating_sub(at).min(PIECE);
            if length == 0 {
                return Ok(None);
            }
            let read = hop::aside(move || {
                let mut bytes = vec![0; usize::try_from(length).map_err(Problem::internal)?];
                file.read_exact_at(&mut bytes, at).map_err(Problem::internal)?;
                Ok(bytes)
            });
            let bytes = read.await.map_err(broken_off)?;
            Ok(Some((Bytes::from(bytes), at.saturating_add(length))))
        }
    })
}
