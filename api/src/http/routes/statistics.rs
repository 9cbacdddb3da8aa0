//! Figures.

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar;
use serde::Serialize;
use uuid::Uuid;

use crate::app::statistics::{self as app, AsOf, Asked, Facet};
use crate::clock::Clock;
use crate::http::auth::Signed;
use crate::http::chart::Chart;
use crate::http::format::{FIGURES, Format, chosen};
use crate::http::hop;
use crate::http::language::Text;
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::query::Query;
use crate::http::table::Table;
use crate::http::views::imports::PageQuery;
use crate::http::views::statistics::{
    AsOfQuery, CheckView, Common, Links, PeriodQuery, PeriodView, RefusalsQuery, RefusalsView, UNEMPLOYMENT,
    UnemploymentFigures, percent,
};

/// Reads `as_of`: a date means its end, local time.
///
/// # Errors
/// 400.
pub fn as_of(asked: Option<&str>, clock: &Clock) -> Result<AsOf, Problem> {
    let Some(text) = asked else { return Ok(AsOf(clock.now())) };
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|d| calendar::in_range(*d) && text.len() == 10);
    // A plus sign that was not escaped arrives as a blank.
    let instant = || DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok().map(|at| AsOf(at.to_utc()));
    day.map(AsOf::end_of).or_else(instant).filter(|at| calendar::in_range(calendar::day_of(at.0))).ok_or_else(
        || {
            Problem::new(ErrorCode::InvalidQueryParameter).with_errors(vec![FieldProblem::new(
                "as_of",
                "invalid_date",
                Text::new(
                    "Phải là ngày (YYYY-MM-DD) hoặc thời điểm RFC 3339.",
                    "Must be a date (YYYY-MM-DD) or an RFC 3339 instant.",
                ),
            )])
        },
    )
}

/// The last moment of a period and how it was asked for.
fn end(asked: &Common<'_>, clock: &Clock) -> Result<(AsOf, String), Problem> {
    match (asked.to, asked.as_of) {
        (Some(day), _) if calendar::in_range(day) => Ok((AsOf::end_of(day), day.to_string())),
        (_, text) => {
            let to = as_of(text, clock)?;
            Ok((to, text.map_or_else(|| instant_text(to), ToOwned::to_owned)))
        }
    }
}

fn refused(name: &'static str, code: &'static str, vi: &'static str, en: &'static str) -> Problem {
    Problem::new(ErrorCode::InvalidQueryParameter).with_errors(vec![FieldProblem::new(
        name,
        code,
        Text::new(vi, en),
    )])
}

/// The first day of a period, which must not lie after its end.
fn begin(asked: &Common<'_>, to: AsOf) -> Result<Option<NaiveDate>, Problem> {
    match asked.from {
        Some(from) if !calendar::in_range(from) || from > to.day() => Err(refused(
            "from",
            "after_end",
            "Ngày đầu kỳ không được sau cuối kỳ.",
            "The first day must not lie after the end.",
        )),
        from => Ok(from),
    }
}

/// Figures of unemployment benefit
///
/// As of any date or instant, counted from the records; each figure with the list of exactly the
/// dossiers counted.
#[utoipa::path(tag = "statistics", operation_id = "get_unemployment_statistics", params(AsOfQuery), security(("bearer" = [])),
    responses((status = 200, description = "The figures", content((UnemploymentFigures = "application/json"), (String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (String = "image/svg+xml")))))]
#[get("/statistics/unemployment")]
pub async fn get_unemployment_statistics(
    signed: Signed,
    request: HttpRequest,
    query: Query<AsOfQuery>,
) -> Result<HttpResponse, Problem> {
    let format = chosen(&request, query.format, FIGURES)?;
    let at = as_of(query.as_of.as_deref(), &signed.state.clock)?;
    let named = query.as_of.clone().unwrap_or_else(|| instant_text(at));
    let unit = query.unit.clone();
    let (procedure, figures) = hop::read_snapshot(&signed, move |cx, reader| {
        let procedure = app::unemployment_procedure(cx, calendar::day_of(at.0))?;
        let figures = app::as_of(cx, reader, &procedure, unit.as_deref(), at)?;
        Ok((procedure, figures))
    })
    .await?;
    let link = |figure: &str| {
        let unit = query.unit.as_ref().map(|u| format!("&unit={u}")).unwrap_or_default();
        format!(
            "/api/v1/dossiers?procedure={procedure}&figure={figure}&as_of={}{unit}",
            named.replace('+', "%2B")
        )
    };
    let names = ["received", "approved", "rejected", "under_review", "withdrawn", "not_accepted", "stopped"];
    let links: BTreeMap<String, String> = names.iter().map(|n| ((*n).to_owned(), link(n))).collect();
    let view = UnemploymentFigures {
        received: figures.received,
        approved: figures.approved,
        rejected: figures.rejected,
        under_review: figures.open(),
        withdrawn: figures.withdrawn,
        not_accepted: figures.not_accepted,
        stopped: figures.stopped,
        approved_percent: percent(figures.approved, figures.received),
        rejected_percent: percent(figures.rejected, figures.received),
        under_review_percent: percent(figures.open(), figures.received),
        definition: UNEMPLOYMENT.to_owned(),
        as_of: named,
        links,
    };
    answer(format, &view, || view.table(signed.state.clock.now()), || view.chart())
}

/// The same figures in the form asked for.
fn answer(
    format: Format,
    view: &impl Serialize,
    table: impl FnOnce() -> Table,
    chart: impl FnOnce() -> Chart,
) -> Result<HttpResponse, Problem> {
    match format {
        Format::Json => Ok(HttpResponse::Ok().insert_header((header::VARY, "Accept")).json(view)),
        Format::Csv | Format::Xlsx => table().respond(format),
        Format::Svg => {
            let drawn = chart().svg().map_err(Problem::internal)?;
            Ok(HttpResponse::Ok()
                .insert_header((header::VARY, "Accept"))
                .content_type(Format::Svg.media_type())
                .body(drawn))
        }
    }
}

fn instant_text(at: AsOf) -> String {
    at.0.with_timezone(&calendar::offset()).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)
}

/// How a moment is written in a link: a day for its end, else the instant.
fn moment(at: AsOf) -> String {
    if at == AsOf::end_of(at.day()) { at.day().to_string() } else { instant_text(at) }
}

/// Figures of dossiers
///
/// Of a period, grouped by procedure, field, online level, unit, channel, officer's unit, or day, week,
/// month, quarter or year. For every group: carried over + received = settled + withdrawn + stopped + not
/// accepted + open. Each figure has its definition, its formula, and the list of exactly the dossiers
/// counted.
#[utoipa::path(tag = "statistics", operation_id = "get_dossier_statistics", params(PeriodQuery), security(("bearer" = [])),
    responses((status = 200, description = "The figures", content((PeriodView = "application/json"), (String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (String = "image/svg+xml")))))]
#[get("/statistics/dossiers")]
pub async fn get_dossier_statistics(
    signed: Signed,
    request: HttpRequest,
    query: Query<PeriodQuery>,
) -> Result<HttpResponse, Problem> {
    let format = chosen(&request, query.format, FIGURES)?;
    let common = query.common();
    let (to, named) = end(&common, &signed.state.clock)?;
    let by = query.by.unwrap_or(Facet::Procedure);
    let mut from = begin(&common, to)?;
    if let Some(span) = by.span() {
        let first = from.unwrap_or_else(|| app::first_day(span, to.day()));
        if span.periods(first, to.day(), app::MOST_PERIODS).is_none() {
            return Err(refused(
                "from",
                "too_many_groups",
                "Kỳ quá dài: tối đa 400 nhóm.",
                "The period is too long: at most 400 groups.",
            ));
        }
        from = Some(first);
    }
    let map = query.map.filter(|day| by == Facet::Unit && calendar::in_range(*day));
    let asked = Asked { from, to, filters: common.filters, by, map };
    let read = asked.clone();
    let report = hop::read_snapshot(&signed, move |cx, reader| app::of_period(cx, reader, &read)).await?;
    let view = PeriodView::of(&report, &asked, named, moment);
    answer(format, &view, || view.table(signed.state.clock.now()), || view.chart())
}

/// Reasons of refusal
///
/// Of the dossiers not accepted, by the coded reason; of those rejected, by each condition that failed;
/// each with the list of exactly the dossiers counted.
#[utoipa::path(tag = "statistics", operation_id = "get_refusal_statistics", params(RefusalsQuery), security(("bearer" = [])),
    responses((status = 200, description = "The reasons", content((RefusalsView = "application/json"), (String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (String = "image/svg+xml")))))]
#[get("/statistics/refusals")]
pub async fn get_refusal_statistics(
    signed: Signed,
    request: HttpRequest,
    query: Query<RefusalsQuery>,
) -> Result<HttpResponse, Problem> {
    let format = chosen(&request, query.format, FIGURES)?;
    let common = query.common();
    let (to, named) = end(&common, &signed.state.clock)?;
    let from = begin(&common, to)?;
    let filters = common.filters;
    let links = Links::new(&filters, from, &named, to.day());
    let found =
        hop::read_snapshot(&signed, move |cx, reader| app::refusals(cx, reader, &filters, from, to)).await?;
    let view = RefusalsView::of(&found, &links, from, named);
    answer(format, &view, || view.table(signed.state.clock.now()), || view.chart())
}

/// List self-checks
///
/// Every night, and when asked for on the command line, the figures of the last years are counted anew from
/// the events and compared with what is kept: each unit, procedure, channel and day, and for every month,
/// quarter and year that carried over + received = settled + withdrawn + stopped + not accepted + open. Newest
/// first, with the findings of units within the caller's reach.
#[utoipa::path(tag = "statistics", operation_id = "list_self_checks", params(PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of checks", body = Page<CheckView>)))]
#[get("/statistics/self-checks")]
pub async fn list_self_checks(
    signed: Signed,
    request: HttpRequest,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    type Key = (DateTime<Utc>, Uuid);
    let paged = Paged::<Key>::read(&signed.state, "self-checks", &(), query.limit, query.cursor.as_deref())?;
    let (after, rows) = (paged.after, paged.fetch_rows());
    let found = hop::read(&signed, move |cx, reader| app::checks::list(cx, reader, after, rows)).await?;
    respond(&request, paged.page(found, |c| (c.started_at, c.id)).map(CheckView::of))
}
