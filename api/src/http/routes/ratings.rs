//! Ratings: given, read, and what they add up to.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use domain::calendar;

use crate::app::Cx;
use crate::app::error::Error;
use crate::app::ratings::{self as app, Asked, Facet, Unsigned};
use crate::http::auth::{Public, Signed};
use crate::http::body::RawBody;
use crate::http::conditional::not_modified;
use crate::http::hop::{self, Writing, answer};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::dossiers::DryRun;
use crate::http::views::ratings::{
    RatingBody, RatingFiguresView, RatingGroupView, RatingView, RatingsQuery, RatingsView, TrackedRatingBody,
};

/// Rate a settled dossier
///
/// The applicant, or who acts for them, says once how they were served: 201. The rating may be changed
/// for some days after it was first given (`changeable_until`), with `If-Match`: 200. The comment is
/// read by those who work dossiers and by nobody who reads figures.
#[utoipa::path(tag = "ratings", operation_id = "rate_dossier", request_body = RatingBody,
    params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), DryRun), security(("bearer" = [])),
    responses((status = 201, description = "The rating", body = RatingView), (status = 200, description = "The rating, changed", body = RatingView)))]
#[put("/dossiers/{code}/rating")]
pub async fn rate_dossier(
    signed: Signed,
    request: HttpRequest,
    code: web::Path<String>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (code, expected) = (hop::code(&code)?, hop::expected(&request)?);
    let said = body
        .parse::<RatingBody>()
        .and_then(|body| body.said().map_err(|wrong| Problem::from(Error::Invalid(wrong))));
    let writing = Writing::of(&request, &signed, &body, code.as_str(), query.dry_run)?;
    let days = signed.state.config.rating_change_days;
    let (said, unreadable) = hop::apart(said);
    let done = hop::write(&signed, writing, move |cx, tx| {
        let rating = app::rate(cx, tx, &code, said.as_ref(), &expected, days)?;
        let status = if rating.version == 1 { StatusCode::CREATED } else { StatusCode::OK };
        let tag = hop::tag(rating.version).as_str().to_owned();
        answer(status, vec![(header::ETAG, tag)], &RatingView::of(&rating, cx.actor.sees_persons(), days))
    })
    .await;
    hop::told(done, unreadable)
}

/// Read the rating of a dossier
///
/// 404 where nobody has rated it yet. Those who do not work dossiers see no comment.
#[utoipa::path(tag = "ratings", operation_id = "get_dossier_rating", params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001")), security(("bearer" = [])),
    responses((status = 200, description = "The rating", body = RatingView)))]
#[get("/dossiers/{code}/rating")]
pub async fn get_dossier_rating(
    signed: Signed,
    request: HttpRequest,
    code: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let (code, days) = (hop::code(&code)?, signed.state.config.rating_change_days);
    let view = hop::read(&signed, move |cx, reader| {
        Ok(RatingView::of(&app::get(cx, reader, &code)?, cx.actor.sees_persons(), days))
    })
    .await?;
    let tag = hop::tag(view.version);
    if let Some(same) = not_modified(request.headers(), &tag) {
        return Ok(same);
    }
    Ok(HttpResponse::Ok().insert_header(tag.header()).json(view))
}

/// Rate a settled dossier by its receipt
///
/// Without signing in, with the code and the secret of the receipt (the last four digits of an
/// identifier are not enough). A later call takes the place of the one before, for as long as a rating
/// may be changed. Unknown codes and wrong secrets are answered alike.
#[utoipa::path(tag = "ratings", operation_id = "rate_tracked_dossier", request_body = TrackedRatingBody, params(DryRun),
    responses((status = 200, description = "The rating", body = RatingView)))]
#[post("/tracking/rating")]
pub async fn rate_tracked_dossier(
    public: Public,
    request: HttpRequest,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let asked = body.parse::<TrackedRatingBody>()?;
    let said = asked.rating.said().map_err(|wrong| Problem::from(Error::Invalid(wrong)))?;
    let code = hop::code(&asked.code).map_err(|_| Problem::new(ErrorCode::NotFound))?;
    let writing = Writing::of_public(&request, &body, code.as_str(), query.dry_run)?;
    let (secret, days) = (asked.secret, public.state.config.rating_change_days);
    let from = Unsigned {
        address: public.origin.address.clone(),
        request_id: public.origin.request_id.clone(),
        now: public.state.clock.now(),
    };
    hop::write_public(&public, writing, move |tx| {
        let rating = app::rate_tracked(tx, &code, &secret, &said, &from, days)?;
        answer(StatusCode::OK, Vec::new(), &RatingView::of(&rating, true, days))
    })
    .await
}

const DEFINITION: &str = "count: số hồ sơ được người nộp đánh giá, mỗi hồ sơ một lần, tính theo ngày đánh giá lần đầu; \
    average = tổng điểm / count, làm tròn hai chữ số thập phân; share_percent tính trên count; reasons: số lần mỗi lý do được nêu. / \
    count: dossiers rated, each once, by the day of the first rating; average = sum of scores / count, two decimals, half up; \
    share_percent is of count; reasons: how often each was named.";

fn label(cx: &Cx, by: Facet, key: &str) -> String {
    match by {
        Facet::Procedure => {
            cx.reference.in_force(key, calendar::day_of(cx.now)).map(|e| e.procedure.name_vi.clone())
        }
        Facet::Unit => cx.reference.units.get(key).map(|u| u.name_vi.clone()),
    }
    .unwrap_or_else(|| key.to_owned())
}

/// Figures of ratings
///
/// Number, average and distribution of what applicants say, by procedure or unit, within the units
/// whose figures the caller may read. No comment and no person stands in it.
#[utoipa::path(tag = "statistics", operation_id = "get_rating_statistics", params(RatingsQuery), security(("bearer" = [])),
    responses((status = 200, description = "The figures", body = RatingsView)))]
#[get("/statistics/ratings")]
pub async fn get_rating_statistics(
    signed: Signed,
    query: Query<RatingsQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let by = asked.by.unwrap_or(Facet::Procedure);
    let (from, to) = (asked.from, asked.to);
    let asked = Asked { from, to, procedure: asked.procedure, unit: asked.unit, by };
    let (items, total) = hop::read(&signed, move |cx, reader| {
        let (groups, total) = app::figures(cx, reader, &asked)?;
        let group = |(key, figures): (String, app::Figures)| RatingGroupView {
            label: label(cx, by, &key),
            figures: RatingFiguresView::of(&figures),
            key,
        };
        Ok((groups.into_iter().map(group).collect::<Vec<_>>(), total))
    })
    .await?;
    let definition = DEFINITION.to_owned();
    Ok(HttpResponse::Ok().json(RatingsView {
        from,
        to,
        by,
        total: RatingFiguresView::of(&total),
        items,
        definition,
    }))
}
