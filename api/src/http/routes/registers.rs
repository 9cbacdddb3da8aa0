//! What is printed of dossiers: receipt, control sheet, register.

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use domain::calendar;
use uuid::Uuid;

use crate::app::error::Error;
use crate::app::registers as app;
use crate::http::auth::Signed;
use crate::http::csv;
use crate::http::hop;
use crate::http::language::Text;
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::registers::{
    ControlSheetView, ReceiptView, RegisterFormat, RegisterLineView, RegisterQuery,
};
use crate::state::State;

/// Longest period of a register, in days after the first.
const LONGEST: u64 = 366;

/// Most lines of a register that is taken away whole.
const MOST: i64 = 50_000;

/// Lines that are read at once.
const SOME: i64 = 1_000;

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
        Ok(ReceiptView::of(cx, &stored, &papers))
    })
    .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// Read the control sheet of a dossier
///
/// Phiếu kiểm soát quá trình giải quyết hồ sơ: every time it changed hands, who gave and who got
/// it, how long it was held, and whether that was in time; made from its events.
#[utoipa::path(tag = "registers", operation_id = "get_dossier_control_sheet", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001")), security(("bearer" = [])),
    responses((status = 200, description = "The sheet", body = ControlSheetView)))]
#[get("/dossiers/{code}/control-sheet")]
pub async fn get_dossier_control_sheet(
    signed: Signed,
    code: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let code = hop::code(&code)?;
    let view = hop::read(&signed, move |cx, reader| {
        let sheet = app::control_sheet(cx, reader, &code)?;
        Ok(ControlSheetView::of(cx, sheet))
    })
    .await?;
    Ok(HttpResponse::Ok().json(view))
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
/// JSON page by page; `format=csv` is the whole period as a table for spreadsheets.
#[utoipa::path(tag = "registers", operation_id = "list_dossier_register", params(RegisterQuery), security(("bearer" = [])),
    responses((status = 200, description = "The register", content((Page<RegisterLineView> = "application/json"), (String = "text/csv")))))]
#[get("/registers/dossiers")]
pub async fn list_dossier_register(
    signed: Signed,
    request: HttpRequest,
    query: Query<RegisterQuery>,
) -> Result<HttpResponse, Problem> {
    type Key = (i64, DateTime<Utc>, Uuid);
    let period = period(&signed.state, &query)?;
    if query.format == Some(RegisterFormat::Csv) {
        return whole(&signed, query.0, period).await;
    }
    let paged =
        Paged::<Key>::read(&signed.state, "register", &query.0, query.limit, query.cursor.as_deref())?;
    let (after, rows, unit) = (paged.after, paged.fetch_rows(), query.0.unit);
    let found = hop::read(&signed, move |cx, reader| {
        let place = after.map(|(_, at, id)| (at, id));
        let lines = app::register(cx, reader, unit.as_deref(), period, place, rows)?;
        let first = after.map_or(1, |(no, ..)| no.saturating_add(1));
        let numbered = (first..).zip(lines);
        Ok(numbered.map(|(no, line)| (RegisterLineView::of(cx, no, &line), line.id)).collect::<Vec<_>>())
    })
    .await?;
    let page = paged.page(found, |(line, id)| (line.no, line.submitted_at.0, *id));
    respond(&request, page.map(|(line, _)| line))
}

async fn whole(
    signed: &Signed,
    query: RegisterQuery,
    period: (DateTime<Utc>, DateTime<Utc>),
) -> Result<HttpResponse, Problem> {
    let lines = hop::read_snapshot(signed, move |cx, reader| -> Result<_, Error> {
        let (mut lines, mut after, mut no) = (Vec::new(), None, 0);
        loop {
            let some = app::register(cx, reader, query.unit.as_deref(), period, after, SOME)?;
            let full = i64::try_from(some.len()).is_ok_and(|n| n >= SOME);
            after = some.last().map(|line| (line.submitted_at, line.id));
            for line in some {
                no += 1;
                lines.push(RegisterLineView::of(cx, no, &line).cells());
            }
            if !full || no >= MOST {
                return Ok(lines);
            }
        }
    })
    .await?;
    if i64::try_from(lines.len()).is_ok_and(|n| n >= MOST) {
        let (vi, en) = ("Quá 50.000 hồ sơ: hãy chia kỳ.", "More than 50,000 dossiers: divide the period.");
        return Err(wrong("to", "too_many", vi, en));
    }
    csv::respond("so-theo-doi-ho-so", &RegisterLineView::HEAD, lines)
}
