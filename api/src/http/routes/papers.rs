//! Papers of dossiers: listed, replaced, and their files given out again in whole or in ranges. How a file comes in
//! stands in [`uploads`](super::uploads).

use actix_web::body::SizedStream;
use actix_web::http::header::{
    self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue, HeaderMap,
};
use actix_web::http::{StatusCode, header::HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, put, web};
use persistence::uploads::Upload;

use crate::app::papers as app;
use crate::http::auth::Signed;
use crate::http::body::RawBody;
use crate::http::conditional::{ETag, not_modified};
use crate::http::hop::{self, Writing, answer};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::dossiers::DryRun;
use crate::http::views::papers::{HistoryQuery, PaperView, PapersView, ReplacePaper};

/// List papers of a dossier
///
/// What was handed in, on paper or as a file, oldest first; with `history=true` also what was
/// replaced.
#[utoipa::path(tag = "papers", operation_id = "list_dossier_papers", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), HistoryQuery), security(("bearer" = [])),
    responses((status = 200, description = "The papers", body = PapersView)))]
#[get("/dossiers/{code}/papers")]
pub async fn list_dossier_papers(
    signed: Signed,
    code: web::Path<String>,
    query: Query<HistoryQuery>,
) -> Result<HttpResponse, Problem> {
    let (code, history) = (hop::code(&code)?, query.history);
    let (sees, papers) = hop::read(&signed, move |cx, reader| {
        Ok((cx.actor.sees_persons(), app::list(cx, reader, &code, history)?))
    })
    .await?;
    let items = papers.iter().map(|p| PaperView::of(p, sees)).collect();
    Ok(HttpResponse::Ok().json(PapersView { items }))
}

/// Replace a paper of a dossier
///
/// Before the dossier is accepted. The old paper stays in the history (`history=true`) and names
/// the one that took its place; `If-Match` is the `ETag` of the dossier, and so is the answer's.
#[utoipa::path(tag = "papers", operation_id = "replace_dossier_paper", request_body = ReplacePaper,
    params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), ("id" = String, Path, description = "Identity of the paper"), DryRun), security(("bearer" = [])),
    responses((status = 200, description = "The paper that took its place", body = PaperView)))]
#[put("/dossiers/{code}/papers/{id}")]
pub async fn replace_dossier_paper(
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (code, id) = (hop::code(&path.0)?, hop::id(&path.1)?);
    let expected = hop::expected(&request)?;
    let writing = Writing::of(&request, &signed, &body, code.as_str(), query.dry_run)?;
    let (asked, unreadable) = hop::apart(body.parse::<ReplacePaper>().map(|asked| asked.domain()));
    let done = hop::write(&signed, writing, move |cx, tx| {
        let (stored, paper) = app::replace(cx, tx, &code, id, asked.as_ref(), &expected)?;
        let tag = hop::tag(stored.dossier.version).as_str().to_owned();
        let view = PaperView::of(&paper, cx.actor.sees_persons());
        answer(StatusCode::OK, vec![(header::ETAG, tag)], &view)
    })
    .await;
    hop::told(done, unreadable)
}

/// Download the file of a paper
///
/// In whole or one range of it (several are answered whole). The `ETag` is the digest of the
/// content; a whole answer breaks off before its last piece if the content is not what was
/// uploaded.
#[utoipa::path(tag = "papers", operation_id = "get_dossier_paper_content",
    params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), ("id" = String, Path, description = "Identity of the paper")), security(("bearer" = [])),
    responses(
        (status = 200, description = "The whole file, as an attachment", body = String, content_type = "application/octet-stream"),
        (status = 206, description = "The range of it that was asked for", body = String, content_type = "application/octet-stream"),
        (status = 304, description = "The caller has it already")))]
#[get("/dossiers/{code}/papers/{id}/content")]
pub async fn get_dossier_paper_content(
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = (hop::code(&path.0)?, hop::id(&path.1)?);
    let file = hop::read(&signed, move |cx, reader| app::content(cx, reader, &code, id)).await?;
    let tag = tag(&file)?;
    if let Some(same) = not_modified(request.headers(), &tag) {
        return Ok(same);
    }
    let range = range(request.headers(), &tag, file.size)?;
    let bytes = range.map(|(first, last)| first..last.saturating_add(1));
    let content = signed.state.files.read(file.id, bytes.clone(), &file.sha256).await?;
    let mut response = match range {
        None => HttpResponse::Ok(),
        Some(_) => HttpResponse::PartialContent(),
    };
    if let Some((first, last)) = range {
        response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{}", file.size)));
    }
    let length = bytes.map_or(file.size, |r| r.end.saturating_sub(r.start));
    response
        .insert_header(tag.header())
        .insert_header((header::CONTENT_TYPE, file.media_type.as_str()))
        .insert_header((header::ACCEPT_RANGES, HeaderValue::from_static("bytes")))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")))
        // Compressing it on the way would make other bytes of it than the tag and ranges name.
        .insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("identity")))
        .insert_header(attachment(&file.name));
    Ok(response.body(SizedStream::new(length, content)))
}

/// The strong tag of a content.
fn tag(file: &Upload) -> Result<ETag, Problem> {
    let pairs = (0..32_usize).map(|i| file.sha256.get(i * 2..i * 2 + 2));
    let digest = pairs.map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()));
    let digest = digest.collect::<Option<Vec<u8>>>();
    Ok(ETag::of_digest(&digest.ok_or_else(|| Problem::internal("digest of a file"))?))
}

/// First and last byte asked for; none for the whole: without `Range`, with several ranges, with
/// one that cannot be read, and where `If-Range` names another content.
fn range(headers: &HeaderMap, tag: &ETag, size: u64) -> Result<Option<(u64, u64)>, Problem> {
    let Some(asked) = headers.get(header::RANGE).and_then(|v| v.to_str().ok()) else { return Ok(None) };
    if headers.get(header::IF_RANGE).is_some_and(|v| v.as_bytes() != tag.as_str().as_bytes()) {
        return Ok(None);
    }
    match asked.parse() {
        Ok(header::Range::Bytes(ranges)) => match ranges.as_slice() {
            [one] => match one.to_satisfiable_range(size) {
                Some(found) => Ok(Some(found)),
                None => {
                    let whole =
                        HeaderValue::try_from(format!("bytes */{size}")).map_err(Problem::internal)?;
                    Err(Problem::new(ErrorCode::RangeNotSatisfiable)
                        .with_header(header::CONTENT_RANGE, whole))
                }
            },
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// As an attachment, under its name: once in ASCII for old programs, once whole (RFC 6266).
fn attachment(name: &str) -> ContentDisposition {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(plain),
            DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext("UTF-8".to_owned()),
                language_tag: None,
                value: name.as_bytes().to_vec(),
            }),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::TryIntoHeaderValue;
    use actix_web::test::TestRequest;

    fn ranged(range: &str, if_range: Option<&str>) -> Result<Option<(u64, u64)>, ErrorCode> {
        let mut request = TestRequest::default().insert_header((header::RANGE, range));
        if let Some(tag) = if_range {
            request = request.insert_header((header::IF_RANGE, tag));
        }
        let tag = ETag::of_version(1);
        super::range(request.to_http_request().headers(), &tag, 1000).map_err(|p| p.code())
    }

    #[test]
    fn one_range_is_answered_and_several_are_not() {
        for (asked, found) in [
            ("bytes=0-0", Ok(Some((0, 0)))),
            ("bytes=10-", Ok(Some((10, 999)))),
            ("bytes=-10", Ok(Some((990, 999)))),
            ("bytes=-5000", Ok(Some((0, 999)))),
            ("bytes=999-5000", Ok(Some((999, 999)))),
            ("bytes=1000-", Err(ErrorCode::RangeNotSatisfiable)),
            ("bytes=-0", Err(ErrorCode::RangeNotSatisfiable)),
            ("bytes=0-1,5-6", Ok(None)),
            ("bytes=x", Ok(None)),
            ("lines=1-2", Ok(None)),
            ("bytes=18446744073709551615-", Err(ErrorCode::RangeNotSatisfiable)),
        ] {
            assert_eq!(ranged(asked, None), found, "{asked}");
        }
        assert_eq!(ranged("bytes=0-1", Some("\"v1\"")), Ok(Some((0, 1))));
        for other in ["\"v2\"", "W/\"v1\"", "Wed, 15 Nov 2023 02:00:00 GMT"] {
            assert_eq!(ranged("bytes=0-1", Some(other)), Ok(None), "{other}");
        }
    }

    #[test]
    fn a_name_survives_in_a_header() {
        for name in ["Sổ BHXH \"bản 2\".pdf", "a%41.pdf", "plain.pdf", "x\\y.pdf", "日本.pdf"] {
            let value = attachment(name).try_into_value().unwrap();
            assert!(value.to_str().is_ok(), "{value:?}");
            let read = ContentDisposition::from_raw(&value).unwrap();
            assert_eq!(read.get_filename_ext().unwrap().value, name.as_bytes());
            assert!(read.is_attachment() && read.get_filename().unwrap().is_ascii());
        }
    }
}
