//! What is printed of dossiers: receipt, control sheet, register.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use domain::calendar;
use persistence::Reader;
use uuid::Uuid;

use crate::app::Cx;
use crate::app::error::Error;
use crate::app::registers as app;
use crate::http::auth::Signed;
use crate::http::export::{self, Part};
use crate::http::format::{Format, LIST, chosen};
use crate::http::hop;
use crate::http::language::Text;
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::registers::{
    ControlSheetQuery, ControlSheetView, ReceiptView, RegisterLineView, RegisterQuery,
};
use crate::state::State;

/// Longest period of a register, in days after the first.
const LONGEST: u64 = 366;

/// Read the receipt of a dossier
///
/// Giấy tiếp nhận hồ sơ và hẹn trả kết quả: what was handed in, and when and where the result is due.
#[utoipa::path(tag = "registers", operation_id = "get_dossier_receipt", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001")), security(("bearer" = [])),
    responses((status = 200, description = "The receipt", body = ReceiptView)))]
#[get("/dossiers/{code}/receipt")]
pub async fn get_dossier_receipt(
    signed: Signed,
    code: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let code = hop::code(&code)?;
    let view = hop::read(&signed, move |cx, reader| {
        let (stored, papers) = app::receipt(cx, reader, &code)?;
        ReceiptView::of(cx, &stored, &papers)
    })
    .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// Read the control sheet of a dossier
///
/// Phiếu kiểm soát quá trình giải quyết hồ sơ: every time it changed hands, who gave and who got
/// it, how long it was held, and whether that was in time; made from its events. Also as a table to
/// take away.
#[utoipa::path(tag = "registers", operation_id = "get_dossier_control_sheet", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), ControlSheetQuery), security(("bearer" = [])),
    responses((status = 200, description = "The sheet", content((ControlSheetView = "application/json"), (String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
#[get("/dossiers/{code}/control-sheet")]
pub async fn get_dossier_control_sheet(
    signed: Signed,
    request: HttpRequest,
    code: web::Path<String>,
    query: Query<ControlSheetQuery>,
) -> Result<HttpResponse, Problem> {
    let (code, format) = (hop::code(&code)?, chosen(&request, query.format, LIST)?);
    let view = hop::read(&signed, move |cx, reader| {
        let sheet = app::control_sheet(cx, reader, &code)?;
        ControlSheetView::of(cx, sheet)
    })
    .await?;
    match format {
        Format::Json => Ok(HttpResponse::Ok().insert_header((header::VARY, "Accept")).json(view)),
        _ => view.table(signed.state.clock.now()).respond(format),
    }
}

fn wrong(name: &'static str, code: &'static str, vi: &'static str, en: &'static str) -> Problem {
    Problem::new(ErrorCode::InvalidQueryParameter).with_errors(vec![FieldProblem::new(
        name,
        code,
        Text::new(vi, en),
    )])
}

/// The instants between which a dossier must have come in.
fn period(state: &State, query: &RegisterQuery) -> Result<(DateTime<Utc>, DateTime<Utc>), Problem> {
    let today = state.today();
    let to = query.to.unwrap_or(today);
    let from = query.from.or_else(|| to.with_day(1)).unwrap_or(to);
    let possible = |day: NaiveDate| calendar::in_range(day);
    if !possible(from) || !possible(to) {
        return Err(wrong("from", "out_of_range", "Ngày nằm ngoài phạm vi.", "The day is out of range."));
    }
    if to < from {
        return Err(wrong(
            "to",
            "before_begin",
            "Ngày cuối trước ngày đầu.",
            "The last day lies before the first.",
        ));
    }
    if from.checked_add_days(Days::new(LONGEST)).is_some_and(|last| to > last) {
        return Err(wrong("to", "too_long", "Kỳ dài nhất là 366 ngày.", "A period has at most 366 days."));
    }
    let before = to.succ_opt().unwrap_or(to);
    Ok((calendar::start_of(from), calendar::start_of(before)))
}

/// Read the register of dossiers
///
/// Sổ theo dõi hồ sơ: what was handed in during a period, numbered, with its dates and how it ended.
/// JSON page by page; CSV and XLSX are the whole period, from `cursor` on where it is given. A transfer of CSV
/// that breaks off is not the whole register.
#[utoipa::path(tag = "registers", operation_id = "list_dossier_register", params(RegisterQuery), security(("bearer" = [])),
    responses((status = 200, description = "The register", content((Page<RegisterLineView> = "application/json"), (String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
#[get("/registers/dossiers")]
pub async fn list_dossier_register(
    signed: Signed,
    request: HttpRequest,
    query: Query<RegisterQuery>,
) -> Result<HttpResponse, Problem> {
    let format = chosen(&request, query.format, LIST)?;
    let period = period(&signed.state, &query)?;
    let paged =
        Paged::<Key>::read(&signed.state, "register", &query.0, query.limit, query.cursor.as_deref())?;
    if format != Format::Json {
        return whole(signed, &request, format, query.0.unit, period, paged.after).await;
    }
    let (after, rows, unit) = (paged.after, paged.fetch_rows(), query.0.unit);
    let found =
        hop::read(&signed, move |cx, reader| lines(cx, reader, unit.as_deref(), period, after, rows)).await?;
    respond(&request, paged.page(found, Numbered::key).map(|line| line.view))
}

/// Number of a line, and its place.
type Key = (i64, DateTime<Utc>, Uuid);

/// A line with its place.
struct Numbered {
    view: RegisterLineView,
    id: Uuid,
}

impl Numbered {
    fn key(&self) -> Key {
        (self.view.no, self.view.submitted_at.0, self.id)
    }
}

/// Lines after a place, numbered on.
fn lines(
    cx: &Cx,
    reader: &mut Reader<'_>,
    unit: Option<&str>,
    period: (DateTime<Utc>, DateTime<Utc>),
    after: Option<Key>,
    rows: i64,
) -> Result<Vec<Numbered>, Error> {
    let lines = app::register(cx, reader, unit, period, after.map(|(_, at, id)| (at, id)), rows)?;
    let first = after.map_or(1, |(no, ..)| no.saturating_add(1));
    let numbered = (first..).zip(lines);
    Ok(numbered
        .map(|(no, line)| Numbered { view: RegisterLineView::of(cx, no, &line), id: line.id })
        .collect())
}

async fn whole(
    signed: Signed,
    request: &HttpRequest,
    format: Format,
    unit: Option<String>,
    period: (DateTime<Utc>, DateTime<Utc>),
    from: Option<Key>,
) -> Result<HttpResponse, Problem> {
    let clock = &signed.state.clock;
    let (head, name) = (RegisterLineView::head(clock.now()), clock.new_id());
    export::respond(request, head, format, from, name, move |after| {
        let (signed, unit) = (signed.clone(), unit.clone());
        async move {
            hop::read(&signed, move |cx, reader| {
                let found = lines(cx, reader, unit.as_deref(), period, after, export::PAGE)?;
                Ok(Part::of(found, Numbered::key, |line| line.view.cells()))
            })
            .await
        }
    })
    .await
}
