//! Files that are brought in: each comes as the body of a request, and is named by a paper of a dossier later.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, Charset, ContentDisposition, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use domain::dossier::paper::{ScanState, file_name};
use futures_util::StreamExt;
use persistence::uploads::Whole;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::papers as app;
use crate::files::kind::{self, HEAD, PDF, Refused};
use crate::http::auth::Signed;
use crate::http::body::{drain_for_a_while, is_encoded};
use crate::http::hop::{self, Writing, answer};
use crate::http::language::Text;
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::papers::UploadView;

/// Upload a file
///
/// The file is the body, its type the `Content-Type` (`application/octet-stream` leaves it to the
/// content), its name stands in `Content-Disposition` (RFC 6266, `filename*` for other letters
/// than ASCII). What it is is told by its content, which must agree with what was said. A paper of
/// a dossier then names it by its `id`; what no dossier names in time is removed. The pages of a PDF are
/// counted a moment later, and then stand in `pages`.
#[utoipa::path(tag = "papers", operation_id = "create_upload", security(("bearer" = [])),
    params(("Content-Disposition" = Option<String>, Header, description = "Name of the file", example = "attachment; filename*=UTF-8''S%E1%BB%95%20BHXH.pdf")),
    request_body(content = String, content_type = "application/octet-stream", description = "The file"),
    responses((status = 201, description = "The file as it was taken in", body = UploadView)))]
#[post("/uploads")]
pub async fn create_upload(
    signed: Signed,
    request: HttpRequest,
    _query: Query<NoQuery>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut payload = payload.into_inner();
    let begun = Incoming::of(&request, &signed);
    let incoming = match begun {
        Ok(incoming) => incoming,
        Err(problem) => {
            drain_for_a_while(&mut payload).await;
            return Err(problem);
        }
    };
    let id = signed.state.clock.new_id();
    let keep = signed.state.config.upload_keep_hours;
    hop::write_plain(&signed, id, move |cx, tx| app::begin(cx, tx, id, keep)).await?;
    let taken = take_in(&signed, &request, id, &incoming, &mut payload).await;
    if !taken.as_ref().is_ok_and(|answer| !hop::is_replayed(answer)) {
        // The answer is another file's, or a problem: what came in belongs to nobody.
        hop::write_plain(&signed, id, move |_, tx| Ok(persistence::uploads::discard(tx, id)?)).await?;
        if taken.is_err() {
            drain_for_a_while(&mut payload).await;
        }
    }
    taken
}

/// What the head of a request says of the file that follows.
struct Incoming {
    declared: Option<String>,
    name: String,
    limit: u64,
    patience: Duration,
}

impl Incoming {
    fn of(request: &HttpRequest, signed: &Signed) -> Result<Self, Problem> {
        let (headers, config) = (request.headers(), &signed.state.config);
        hop::key(request)?;
        if is_encoded(headers) {
            return Err(Problem::new(ErrorCode::UnsupportedMediaType));
        }
        let declared = declared(headers);
        if declared.as_deref().is_some_and(|said| !kind::is_taken(said, &config.upload_types)) {
            return Err(Problem::new(ErrorCode::UnsupportedMediaType));
        }
        let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|n| n > config.upload_limit_bytes) {
            return Err(Problem::new(ErrorCode::PayloadTooLarge));
        }
        Ok(Self {
            declared,
            name: name(headers)?,
            limit: config.upload_limit_bytes,
            patience: Duration::from_millis(config.body_timeout_ms),
        })
    }
}

/// The type that the sender says; none where it leaves it to the content.
fn declared(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().unwrap_or("?");
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (essence != "application/octet-stream").then_some(essence)
}

/// The name that the sender gives, as it came.
fn name(headers: &HeaderMap) -> Result<String, Problem> {
    let Some(value) = headers.get(header::CONTENT_DISPOSITION) else { return Ok(String::new()) };
    let bad = || Problem::new(ErrorCode::InvalidHeader);
    let disposition = ContentDisposition::from_raw(value).map_err(|_| bad())?;
    if let Some(extended) = disposition.get_filename_ext() {
        return match extended.charset {
            Charset::Ext(ref name) if name.eq_ignore_ascii_case("utf-8") => {
                String::from_utf8(extended.value.clone()).map_err(|_| bad())
            }
            _ => Err(bad()),
        };
    }
    Ok(disposition.get_filename().unwrap_or_default().to_owned())
}

fn refused(why: Refused) -> Problem {
    let (code, vi, en) = match why {
        Refused::Empty => ("empty_file", "Tệp không có nội dung.", "The file has no content."),
        Refused::NotTaken => {
            ("file_type_not_taken", "Loại tệp này không được nhận.", "Files of this type are not taken.")
        }
        Refused::Differs => (
            "file_type_differs",
            "Nội dung tệp không đúng loại đã khai.",
            "The content of the file is not of the type that was said.",
        ),
    };
    Problem::new(ErrorCode::FileNotAcceptable).with_errors(vec![FieldProblem::new(
        "",
        code,
        Text::new(vi, en),
    )])
}

/// The body in pieces, within its limits of size and time.
struct Body<'a> {
    payload: &'a mut actix_web::dev::Payload,
    patience: Duration,
    left: u64,
}

impl Body<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let next = tokio::time::timeout(self.patience, self.payload.next()).await;
        let piece = match next.map_err(|_| Problem::new(ErrorCode::RequestTimeout))? {
            None => return Ok(None),
            Some(piece) => piece.map_err(|_| Problem::new(ErrorCode::BadRequest))?,
        };
        let size = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(size).ok_or_else(|| Problem::new(ErrorCode::PayloadTooLarge))?;
        Ok(Some(piece))
    }
}

/// Streams the body into the file store, then says that the file is whole.
async fn take_in(
    signed: &Signed,
    request: &HttpRequest,
    id: Uuid,
    incoming: &Incoming,
    payload: &mut actix_web::dev::Payload,
) -> Result<HttpResponse, Problem> {
    let mut body = Body { payload, patience: incoming.patience, left: incoming.limit };
    let mut head = BytesMut::new();
    while head.len() < HEAD {
        match body.next().await? {
            Some(piece) => head.extend_from_slice(&piece),
            None => break,
        }
    }
    let config = &signed.state.config;
    let media_type =
        kind::settle(&head, incoming.declared.as_deref(), &config.upload_types).map_err(refused)?;
    let mut writer = signed.state.files.write(id)?;
    writer.add(head.freeze()).await?;
    while let Some(piece) = body.next().await? {
        writer.add(piece).await?;
    }
    let written = writer.finish().await?;
    let whole = Whole {
        pages_wanted: media_type == PDF && config.page_count_seconds > 0,
        name: file_name(&incoming.name, &format!("upload.{}", kind::ending(&media_type))),
        media_type,
        size: written.size,
        sha256: written.sha256,
        scan: if config.scan_command.0.is_empty() { ScanState::Unscanned } else { ScanState::Pending },
    };
    // A repeat is the same file under the same name.
    let asked: [u8; 32] =
        Sha256::digest(format!("{}\n{}\n{}", whole.sha256, whole.media_type, whole.name)).into();
    let lane = hop::key(request)?.map_or_else(|| id.to_string(), ToOwned::to_owned);
    let writing = Writing::of_digest(request, signed, &asked, &lane, false)?;
    let keep = config.upload_keep_hours;
    hop::write(signed, writing, move |cx, tx| {
        let upload = app::finish(cx, tx, id, &whole, keep)?;
        let location = format!("/api/v1/uploads/{id}");
        answer(StatusCode::CREATED, vec![(header::LOCATION, location)], &UploadView::of(&upload))
    })
    .await
}

/// Read what is known of a file
///
/// By who brought it in: whether it is whole, scanned and used.
#[utoipa::path(tag = "papers", operation_id = "get_upload", params(("id" = String, Path, description = "Identity of the file")), security(("bearer" = [])),
    responses((status = 200, description = "The file", body = UploadView)))]
#[get("/uploads/{id}")]
pub async fn get_upload(
    signed: Signed,
    id: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    let upload = hop::read(&signed, move |cx, reader| app::get(cx, reader, id)).await?;
    Ok(HttpResponse::Ok().json(UploadView::of(&upload)))
}

/// Take a file back
///
/// By who brought it in, before a dossier names it; 409 after that.
#[utoipa::path(tag = "papers", operation_id = "delete_upload", params(("id" = String, Path, description = "Identity of the file")), security(("bearer" = [])),
    responses((status = 204, description = "It is gone")))]
#[delete("/uploads/{id}")]
pub async fn delete_upload(
    signed: Signed,
    id: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id = hop::id(&id)?;
    hop::write_plain(&signed, id, move |cx, tx| app::discard(cx, tx, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
