//! Blank forms of papers: small files that belong to a version.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};
use persistence::blank_forms::BlankForm;
use serde::Deserialize;
use utoipa::IntoParams;

use super::drafts_reader;
use super::versions::LANE;
use crate::app::procedures::blank_forms as app;
use crate::http::auth::{Public, Signed};
use crate::http::body::{BodyLimits, RawBody};
use crate::http::conditional::{ETag, not_modified};
use crate::http::hop::{self, Writing, answer};
use crate::http::language::Text;
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::procedures::BlankFormView;

/// What a blank form is called
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BlankFormQuery {
    /// Name of the file, with its ending
    #[param(max_length = 200, example = "mau-03.docx")]
    pub file_name: String,
}

fn file_name(raw: &str) -> Result<String, Problem> {
    app::file_name(raw).ok_or_else(|| {
        let text = Text::new("Tên tệp không hợp lệ", "Not a name of a file");
        Problem::new(ErrorCode::InvalidQueryParameter).with_errors(vec![FieldProblem::new(
            "file_name",
            "invalid",
            text,
        )])
    })
}

fn place(path: web::Path<(String, String, String)>) -> Result<(String, uuid::Uuid, String), Problem> {
    let (code, id, paper) = path.into_inner();
    Ok((code, hop::id(&id)?, paper))
}

/// Put a blank form
///
/// The file is the body: PDF, Word, Excel or OpenDocument text, told by its name and its first bytes.
/// Only drafts take one; it takes the place of the one before, and the draft's `ETag` changes.
#[utoipa::path(tag = "procedures", operation_id = "put_procedure_blank_form",
    params(("code" = String, Path, description = "National code", example = "1.001978"), ("id" = String, Path, description = "Identity of the version"),
        ("paper" = String, Path, description = "Code of the paper", example = "mau_03"), BlankFormQuery), security(("bearer" = [])),
    request_body(content = String, content_type = "application/octet-stream", description = "The file"),
    responses((status = 200, description = "It took the place of another", body = BlankFormView), (status = 201, description = "It is the first", body = BlankFormView)))]
#[put("/procedures/{code}/versions/{id}/blank-forms/{paper}")]
pub async fn put_procedure_blank_form(
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
    query: Query<BlankFormQuery>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (code, id, paper) = place(path)?;
    let limits = request.app_data::<BodyLimits>().copied().unwrap_or_default();
    let limits = BodyLimits { json: signed.state.config.blank_form_limit_bytes, ..limits };
    let body = RawBody::read(request.headers(), payload.into_inner(), limits).await;
    let name = file_name(&query.file_name)?;
    let content = body.bytes()?.to_vec();
    let content_type =
        app::media_type(&name, &content).ok_or_else(|| Problem::new(ErrorCode::UnsupportedMediaType))?;
    let about = app::about(paper, name, content_type, &content);
    let form = BlankForm { about, content };
    let writing = Writing::plain(LANE, false);
    hop::write(&signed, writing, move |cx, tx| {
        let first = app::put_blank_form(cx, tx, &code, id, &form)?;
        let status = if first { StatusCode::CREATED } else { StatusCode::OK };
        let tag = ETag::of_version(&form.about.sha256).as_str().to_owned();
        answer(status, vec![(header::ETAG, tag)], &BlankFormView::of(&code, id, &form.about))
    })
    .await
}

/// Download a blank form
///
/// Of a published version; of a draft for those who have `read_catalogue`.
#[utoipa::path(tag = "procedures", operation_id = "get_procedure_blank_form",
    params(("code" = String, Path, description = "National code", example = "1.001978"), ("id" = String, Path, description = "Identity of the version"),
        ("paper" = String, Path, description = "Code of the paper", example = "mau_03")),
    responses((status = 200, description = "The file", body = String, content_type = "application/octet-stream")))]
#[get("/procedures/{code}/versions/{id}/blank-forms/{paper}")]
pub async fn get_procedure_blank_form(
    public: Public,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let (code, id, paper) = place(path)?;
    let form = match drafts_reader(&request, &public)? {
        Some(signed) => {
            hop::read(&signed, move |cx, reader| app::any_blank_form(cx, reader, &code, id, &paper)).await?
        }
        None => hop::read_public(&public, move |reader| app::blank_form(reader, &code, id, &paper)).await?,
    };
    let tag = ETag::of_version(&form.about.sha256);
    if let Some(same) = not_modified(request.headers(), &tag) {
        return Ok(same);
    }
    // The plain name is for programs that know no other alphabet (RFC 6266, appendix D).
    let plain: String = form.about.file_name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(plain),
            DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext("UTF-8".to_owned()),
                language_tag: None,
                value: form.about.file_name.clone().into_bytes(),
            }),
        ],
    };
    Ok(HttpResponse::Ok()
        .content_type(form.about.content_type.clone())
        .insert_header(tag.header())
        .insert_header(disposition)
        .body(form.content))
}

/// Delete a blank form
///
/// Of a draft.
#[utoipa::path(tag = "procedures", operation_id = "delete_procedure_blank_form",
    params(("code" = String, Path, description = "National code", example = "1.001978"), ("id" = String, Path, description = "Identity of the version"),
        ("paper" = String, Path, description = "Code of the paper", example = "mau_03")), security(("bearer" = [])),
    responses((status = 204, description = "It is gone")))]
#[delete("/procedures/{code}/versions/{id}/blank-forms/{paper}")]
pub async fn delete_procedure_blank_form(
    signed: Signed,
    path: web::Path<(String, String, String)>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let (code, id, paper) = place(path)?;
    let writing = Writing::plain(LANE, false);
    hop::write(&signed, writing, move |cx, tx| {
        app::delete_blank_form(cx, tx, &code, id, &paper)?;
        answer(StatusCode::NO_CONTENT, Vec::new(), &())
    })
    .await
}
