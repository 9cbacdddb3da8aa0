//! Figures.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get};
use chrono::{DateTime, NaiveDate};
use domain::calendar;
use domain::code::Code;
use domain::procedure::Channel;

use crate::app::Cx;
use crate::app::statistics::{self as app, AsOf, Facet, Period};
use crate::clock::Clock;
use crate::http::auth::Signed;
use crate::http::hop;
use crate::http::language::Text;
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::query::Query;
use crate::http::views::statistics::{
    AsOfQuery, FiguresView, GroupView, PeriodQuery, PeriodView, UnemploymentFigures, percent,
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

const DEFINITION: &str = "received: mọi hồ sơ nộp đến thời điểm as_of; approved, rejected: đã quyết định đến thời điểm đó; \
    withdrawn, not_accepted, stopped: đã rút, không được tiếp nhận, dừng xử lý; under_review = received − approved − rejected − withdrawn − not_accepted − stopped; \
    tỷ lệ tính trên received, làm tròn một chữ số thập phân. / received: every dossier submitted by as_of; approved, rejected: decided by then; \
    under_review: neither decided nor ended; percents are of received, one decimal, half up.";

/// Figures of unemployment benefit
///
/// As of any date or instant, counted from the records; each figure with the list of exactly the
/// dossiers counted.
#[utoipa::path(tag = "statistics", operation_id = "get_unemployment_statistics", params(AsOfQuery), security(("bearer" = [])),
    responses((status = 200, description = "The figures", body = UnemploymentFigures)))]
#[get("/statistics/unemployment")]
pub async fn get_unemployment_statistics(
    signed: Signed,
    query: Query<AsOfQuery>,
) -> Result<HttpResponse, Problem> {
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
    Ok(HttpResponse::Ok().json(UnemploymentFigures {
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
        definition: DEFINITION.to_owned(),
        as_of: named,
        links,
    }))
}

fn instant_text(at: AsOf) -> String {
    at.0.with_timezone(&calendar::offset()).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)
}

fn label(cx: &Cx, by: Facet, key: &str, on: NaiveDate) -> String {
    match by {
        Facet::Procedure => cx.reference.in_force(key, on).map(|e| e.procedure.name_vi.clone()),
        Facet::Unit => cx.reference.units.get(key).map(|u| u.name_vi.clone()),
        Facet::Channel => Channel::from_code(key).map(|c| c.label_vi().to_owned()),
    }
    .unwrap_or_else(|| key.to_owned())
}

/// Figures of dossiers
///
/// Of a period, grouped by procedure, unit or channel. For every group: carried over + received =
/// approved + rejected + withdrawn + stopped + not accepted + open.
#[utoipa::path(tag = "statistics", operation_id = "get_dossier_statistics", params(PeriodQuery), security(("bearer" = [])),
    responses((status = 200, description = "The figures", body = PeriodView)))]
#[get("/statistics/dossiers")]
pub async fn get_dossier_statistics(
    signed: Signed,
    query: Query<PeriodQuery>,
) -> Result<HttpResponse, Problem> {
    let to = match (query.to, query.as_of.as_deref()) {
        (Some(day), _) if calendar::in_range(day) => AsOf::end_of(day),
        (_, asked) => as_of(asked, &signed.state.clock)?,
    };
    let named =
        query.to.map(|d| d.to_string()).or_else(|| query.as_of.clone()).unwrap_or_else(|| instant_text(to));
    let by = query.by.unwrap_or(Facet::Procedure);
    let asked =
        Period { from: query.from, to, procedure: query.procedure.clone(), unit: query.unit.clone(), by };
    let at = named.replace('+', "%2B");
    let (items, total) = hop::read_snapshot(&signed, move |cx, reader| {
        let (groups, total) = app::of_period(cx, reader, &asked)?;
        let items: Vec<GroupView> = groups
            .into_iter()
            .map(|(key, figures)| GroupView {
                label: label(cx, by, &key, calendar::day_of(asked.to.0)),
                link: format!("/api/v1/dossiers?{by}={key}&figure=received&as_of={at}"),
                figures: FiguresView::of(&figures),
                key,
            })
            .collect();
        Ok((items, total))
    })
    .await?;
    Ok(HttpResponse::Ok().json(PeriodView {
        as_of: named,
        from: query.from,
        by,
        total: FiguresView::of(&total),
        items,
        definition: DEFINITION.to_owned(),
    }))
}
