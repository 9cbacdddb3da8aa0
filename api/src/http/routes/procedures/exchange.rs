//! The whole catalogue as one file, out and in.

use std::collections::BTreeSet;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, post, web};
use domain::access::{self, Action};

use super::versions::LANE;
use crate::app::error::Error;
use crate::app::procedures::exchange::{self as app, Missing, Options};
use crate::http::auth::Signed;
use crate::http::body::{BodyLimits, RawBody};
use crate::http::export;
use crate::http::hop::{self, Writing, answer};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::Query;
use crate::http::views::procedures::exchange::{
    CatalogueFile, DifferenceView, ExportQuery, Format, ImportCatalogueQuery, Raw,
};
use crate::http::views::procedures::sheet;

/// Export the catalogue
///
/// Every published version, by code and first day, as JSON or as CSV (UTF-8 with a byte order mark,
/// cells safe to open in a spreadsheet). Importing JSON elsewhere gives the same catalogue, blank forms
/// byte for byte; a CSV has all but the blank forms.
#[utoipa::path(tag = "procedures", operation_id = "export_procedures", params(ExportQuery), security(("bearer" = [])),
    responses((status = 200, description = "The catalogue", content((CatalogueFile = "application/json"), (String = "text/csv")))))]
#[get("/procedures/export")]
pub async fn export_procedures(signed: Signed, query: Query<ExportQuery>) -> Result<HttpResponse, Problem> {
    let format = query.format.unwrap_or(Format::Json);
    let (begin, digests) = hop::read(&signed, move |cx, _| {
        access::authorize_somewhere(&cx.actor, Action::ReadCatalogue)?;
        let entries = || cx.reference.entries();
        match format {
            Format::Json => CatalogueFile::begin(entries()).map_err(|e| Error::Internal(e.to_string())),
            Format::Csv => sheet::write(entries().map(|entry| &entry.procedure))
                .map(|file| (file, BTreeSet::new()))
                .map_err(|e| Error::Internal(e.to_string())),
        }
    })
    .await?;
    let disposition = format!("attachment; filename=\"procedures.{format}\"");
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_DISPOSITION, disposition));
    match format {
        Format::Csv => Ok(answer.content_type("text/csv; charset=utf-8").body(begin)),
        Format::Json => {
            answer.content_type("application/json");
            Ok(with_contents(&mut answer, signed, begin, digests))
        }
    }
}

/// The file with its contents, one after another, so that no more than one is held.
fn with_contents(
    answer: &mut HttpResponseBuilder,
    signed: Signed,
    begin: Vec<u8>,
    digests: BTreeSet<String>,
) -> HttpResponse {
    export::streamed(answer, begin, Some((digests.into_iter(), true)), move |left| {
        let signed = signed.clone();
        async move {
            let Some((mut left, first)) = left else { return Ok(None) };
            let Some(sha256) = left.next() else { return Ok(Some((CatalogueFile::END.to_vec(), None))) };
            let wanted = sha256.clone();
            let content = hop::read(&signed, move |cx, reader| app::content(cx, reader, &wanted)).await?;
            let text = CatalogueFile::content(first, &sha256, &content);
            Ok(Some((text.into_bytes(), Some((left, false)))))
        }
    })
}

/// What a request's body is.
fn format_of(request: &HttpRequest) -> Option<Format> {
    let text = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    match text.split(';').next()?.trim().to_ascii_lowercase().as_str() {
        "application/json" => Some(Format::Json),
        "text/csv" => Some(Format::Csv),
        _ => None,
    }
}

/// Import the catalogue
///
/// A file as it is exported, JSON or CSV; a CSV with fewer columns changes only those. A version that
/// is there already, by code and first day, stays; what differs takes effect as a new version from
/// `valid_from` on, and so does another blank form; a file that says nothing of blank forms keeps them.
/// Each must have the SHA-256 that it stands under. Everything that is wrong is told at once, by item or row, and then nothing is
/// changed. The same file again changes nothing.
#[utoipa::path(tag = "procedures", operation_id = "import_procedures", params(ImportCatalogueQuery), security(("bearer" = [])),
    request_body(content((CatalogueFile = "application/json"), (String = "text/csv")), description = "The catalogue"),
    responses((status = 200, description = "What changes", body = DifferenceView)))]
#[post("/procedures/import")]
pub async fn import_procedures(
    signed: Signed,
    request: HttpRequest,
    query: Query<ImportCatalogueQuery>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let format = format_of(&request).ok_or_else(|| Problem::new(ErrorCode::UnsupportedMediaType))?;
    let limits = request.app_data::<BodyLimits>().copied().unwrap_or_default();
    let limits = BodyLimits { json: signed.state.config.catalogue_limit_bytes, ..limits };
    let body = RawBody::read(request.headers(), payload.into_inner(), limits).await;
    let today = signed.state.today();
    let options =
        Options { from: query.valid_from.unwrap_or(today), missing: query.missing.unwrap_or(Missing::Keep) };
    let bytes = body.bytes()?.clone();
    let reference = signed.state.in_force()?;
    let longest = signed.state.config.blank_form_limit_bytes;
    let read = web::block(move || -> Result<app::Catalogue, Problem> {
        let raw = match format {
            Format::Json => Raw::read(&bytes)?,
            Format::Csv => {
                let in_force =
                    |code: &str| reference.in_force(code, options.from).map(|e| e.procedure.clone());
                Raw::of(sheet::read(&bytes, in_force).map_err(Problem::validation)?)
            }
        };
        raw.catalogue(options.from, longest).map_err(Problem::validation)
    });
    let wanted = read.await.map_err(|_| Problem::new(ErrorCode::ShuttingDown))??;
    let writing = Writing::of(&request, &signed, &body, LANE, query.dry_run)?;
    let dry_run = query.dry_run;
    hop::write_reference(&signed, writing, move |cx, tx| {
        let difference = app::import(cx, tx, &wanted, options)?;
        answer(StatusCode::OK, Vec::new(), &DifferenceView::of(&difference, wanted.items.len(), dry_run))
    })
    .await
}
