//! Rule books: drafts, checks, differences, publication, and what it moves.

mod recomputations;
mod rehearsals;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use chrono::NaiveDate;
use domain::access::Action;
use domain::calendar;
use domain::rulebook::RuleBook;
use persistence::dossiers::reckoned;
use uuid::Uuid;

use crate::app::Cx;
use crate::app::error::Error;
use crate::app::rule_books::impact::{self, Until};
use crate::app::rule_books::{self as app, Entry, Found, Place, Wanted, rehearsals as rehearsed};
use crate::http::auth::{Public, Signed};
use crate::http::body::RawBody;
use crate::http::conditional::not_modified;
use crate::http::hop::{self, Writing, answer};
use crate::http::language::Text;
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::dossiers::DryRun;
use crate::http::views::imports::PageQuery;
use crate::http::views::rule_books::{
    DueDateChangeView, DueDatesView, RecomputationView, RuleBookBody, RuleBookDifferenceView,
    RuleBookFindingView, RuleBookPublicationView, RuleBookRehearsalView, RuleBookState, RuleBookSummary,
    RuleBookView, RuleBooksQuery, ValidationView, WhatIfBody, WhatIfView,
};
use crate::state::State;

pub use recomputations::{get_recomputation, list_recomputations};
pub use rehearsals::{get_rule_book_rehearsal, rehearse_rule_book};

/// Every write to rule books meets one lane.
const LANE: &str = "reference";

fn tag(entry: &Entry) -> String {
    hop::tag(entry.revision()).as_str().to_owned()
}

/// List rule books
///
/// Drafts and published versions, newest first. The tables themselves are read one by one.
#[utoipa::path(tag = "rule books", operation_id = "list_rule_books", params(RuleBooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of rule books", body = Page<RuleBookSummary>)))]
#[get("/rule-books")]
pub async fn list_rule_books(
    signed: Signed,
    request: HttpRequest,
    query: Query<RuleBooksQuery>,
) -> Result<HttpResponse, Problem> {
    let paged =
        Paged::<Place>::read(&signed.state, "rule_books", &query.0, query.limit, query.cursor.as_deref())?;
    let (after, rows) = (paged.after.clone(), paged.fetch_rows());
    let kind = query.state.map(|state| state == RuleBookState::Draft);
    let found =
        hop::read(&signed, move |cx, reader| app::list(cx, reader, kind, after.as_ref(), rows)).await?;
    respond(&request, paged.page(found, Entry::place).map(|entry| RuleBookSummary::of(&entry)))
}

/// What is to be made, from a body.
fn wanted(body: RuleBookBody) -> Result<Wanted, Problem> {
    let (base, note) = (body.base.clone(), body.note.clone());
    let edit = body.edit().map_err(|wrong| Problem::from(Error::Invalid(wrong)))?;
    Ok(Wanted { base, edit, note })
}

/// Draft a rule book
///
/// Made from the version in force, or from another, by whole tables (rows, or the text of a CSV file
/// with the header of the reference file) and by changes of single rows. Everything that is wrong
/// with the outcome is told by `validate`.
#[utoipa::path(tag = "rule books", operation_id = "create_rule_book", request_body = RuleBookBody, security(("bearer" = [])),
    responses((status = 201, description = "The draft", body = RuleBookView)))]
#[post("/rule-books")]
pub async fn create_rule_book(
    signed: Signed,
    request: HttpRequest,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (wanted, unreadable) = hop::apart(body.parse().and_then(wanted));
    let writing = Writing::of(&request, &signed, &body, LANE, false)?;
    let done = hop::write(&signed, writing, move |cx, tx| {
        let draft = app::create(cx, tx, wanted.as_ref())?;
        let location = format!("/api/v1/rule-books/{}", draft.id);
        let book = Arc::new(draft.book.clone());
        let found = Found { entry: Entry::Draft(Box::new(draft)), book };
        let headers = vec![(header::LOCATION, location), (header::ETAG, tag(&found.entry))];
        answer(StatusCode::CREATED, headers, &RuleBookView::of(&found))
    })
    .await;
    hop::told(done, unreadable)
}

/// Read a rule book
///
/// A draft by its identity, a version by its name, with all tables. A draft that was published leads
/// to the version it became.
#[utoipa::path(tag = "rule books", operation_id = "get_rule_book", params(("id" = String, Path, description = "Identity of a draft, or name of a version")), security(("bearer" = [])),
    responses((status = 200, description = "The rule book", body = RuleBookView)))]
#[get("/rule-books/{id}")]
pub async fn get_rule_book(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let found = hop::read(&signed, move |cx, reader| app::get(cx, reader, &id)).await?;
    let tag = hop::tag(found.entry.revision());
    if let Some(same) = not_modified(request.headers(), &tag) {
        return Ok(same);
    }
    Ok(HttpResponse::Ok().insert_header(tag.header()).json(RuleBookView::of(&found)))
}

/// Replace a draft
///
/// Made anew from its base, or from the one named, by what this body says; what it said before is
/// gone.
#[utoipa::path(tag = "rule books", operation_id = "update_rule_book", request_body = RuleBookBody, params(("id" = String, Path, description = "Identity of a draft")), security(("bearer" = [])),
    responses((status = 200, description = "The draft", body = RuleBookView)))]
#[put("/rule-books/{id}")]
pub async fn update_rule_book(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (wanted, unreadable) = hop::apart(body.parse().and_then(wanted));
    let expected = hop::expected(&request)?;
    let writing = Writing::of(&request, &signed, &body, LANE, false)?;
    let done = hop::write(&signed, writing, move |cx, tx| {
        let draft = app::replace(cx, tx, &id, wanted.as_ref(), &expected)?;
        let book = Arc::new(draft.book.clone());
        let found = Found { entry: Entry::Draft(Box::new(draft)), book };
        answer(StatusCode::OK, vec![(header::ETAG, tag(&found.entry))], &RuleBookView::of(&found))
    })
    .await;
    hop::told(done, unreadable)
}

/// Delete a draft
///
/// What was published stays for ever.
#[utoipa::path(tag = "rule books", operation_id = "delete_rule_book", params(("id" = String, Path, description = "Identity of a draft")), security(("bearer" = [])),
    responses((status = 204, description = "It is gone")))]
#[delete("/rule-books/{id}")]
pub async fn delete_rule_book(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let expected = hop::expected(&request)?;
    let writing = Writing::of(&request, &signed, &body, LANE, false)?;
    hop::write(&signed, writing, move |cx, tx| {
        app::delete(cx, tx, &id, &expected)?;
        answer(StatusCode::NO_CONTENT, Vec::new(), &())
    })
    .await
}

/// Validate a rule book
///
/// Everything that is wrong with it at once, each with its place in the tables as they are shown.
/// Nothing is written.
#[utoipa::path(tag = "rule books", operation_id = "validate_rule_book", params(("id" = String, Path, description = "Identity of a draft, or name of a version")), security(("bearer" = [])),
    responses((status = 200, description = "The findings", body = ValidationView)))]
#[post("/rule-books/{id}/validate")]
pub async fn validate_rule_book(
    signed: Signed,
    id: web::Path<String>,
    _query: Query<NoQuery>,
) -> Result<HttpResponse, Problem> {
    let found = hop::read(&signed, move |cx, reader| app::validate(cx, reader, &id)).await?;
    Ok(HttpResponse::Ok().json(ValidationView::of(found)))
}

/// Compare a rule book with the one in force
///
/// Every row that is added, changed or removed, by table and key.
#[utoipa::path(tag = "rule books", operation_id = "list_rule_book_differences", params(("id" = String, Path, description = "Identity of a draft, or name of a version"), PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of differences", body = Page<RuleBookDifferenceView>)))]
#[get("/rule-books/{id}/differences")]
pub async fn list_rule_book_differences(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let filters = id.clone();
    let paged = Paged::<usize>::read(
        &signed.state,
        "rule_book_differences",
        &filters,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (_, found) = hop::read(&signed, move |cx, reader| app::compare(cx, reader, &id)).await?;
    let begin = paged.after.unwrap_or(0);
    let some = (1_usize..).zip(found).skip(begin).take(paged.fetch()).collect();
    respond(&request, paged.page(some, |(place, _)| *place).map(|(_, d)| RuleBookDifferenceView::of(d)))
}

/// The list of due dates that a rule book would move, whose cursors dry run and simulation give too.
fn moves_list(
    state: &State,
    id: &str,
    limit: Option<u32>,
    cursor: Option<&str>,
) -> Result<Paged<reckoned::Place>, Problem> {
    Paged::read(state, "rule_book_due_dates", &id, limit, cursor)
}

/// How long a search goes on: half of what an answer may take, so that it always has one.
fn while_answered(state: &State) -> Until {
    Until::within(Duration::from_millis(state.config.answer_timeout_ms / 2))
}

/// List due dates that a rule book would move
///
/// Open dossiers whose due date would move, and those that cannot be reckoned and why, as far as the
/// caller may see them. Where a dry run or a simulation lists only the first, its `next_cursor` goes
/// on here. Page by page all open dossiers are searched: a page may be short, or empty, and not the
/// last; the last has no `next_cursor`.
#[utoipa::path(tag = "rule books", operation_id = "list_rule_book_due_dates", params(("id" = String, Path, description = "Identity of a draft, or name of a version"), PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of dossiers", body = Page<DueDateChangeView>)))]
#[get("/rule-books/{id}/due-dates")]
pub async fn list_rule_book_due_dates(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let mut paged = moves_list(&signed.state, &id, query.limit, query.cursor.as_deref())?;
    let (after, limit, until) = (paged.after.take(), paged.limit, while_answered(&signed.state));
    let moves = hop::read_snapshot(&signed, move |cx, reader| {
        let book = app::drafted(cx, reader, &id)?;
        impact::moves(cx, reader, &book, after, limit, until)
    })
    .await?;
    respond(&request, paged.searched(moves.items, moves.rest.as_ref()).map(|c| DueDateChangeView::of(&c)))
}

/// Publish a rule book
///
/// A draft becomes a version, named by its content, and comes into force at once; an earlier version
/// may be put back in force the same way. Open dossiers whose due date was reckoned with another
/// calendar are then reckoned anew by a job, an event and an audit entry for each that moves; settled
/// ones keep what they were decided under. With `dry_run=true` the answer tells how many of all open
/// dossiers would move and by how much, with the first of them by name, and nothing is written; where time is over before all were looked at `complete` is false,
/// and `POST /rule-books/{id}/rehearsals` has them counted by a job. What is in force already changes nothing.
#[utoipa::path(tag = "rule books", operation_id = "publish_rule_book", params(("id" = String, Path, description = "Identity of a draft, or name of a version"), DryRun), security(("bearer" = [])),
    responses((status = 200, description = "What it did", body = RuleBookPublicationView)))]
#[post("/rule-books/{id}/publish")]
pub async fn publish_rule_book(
    signed: Signed,
    request: HttpRequest,
    id: web::Path<String>,
    query: Query<DryRun>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let expected = hop::expected(&request)?;
    if query.dry_run {
        let (list, until) = (moves_list(&signed.state, &id, None, None)?, while_answered(&signed.state));
        let done = hop::read_snapshot(&signed, move |cx, reader| {
            let (found, book, changed, warnings) = app::rehearse(cx, reader, &id, &expected)?;
            let due_dates = impact::due_dates(cx, reader, &book, until)?;
            // Whoever could not be told everything is led to what will be.
            let rehearsal = if due_dates.complete { None } else { rehearsed::last(reader, &found.entry)? };
            Ok((found, book, changed, warnings, due_dates, rehearsal))
        });
        let (found, book, changed, warnings, due_dates, rehearsal) = done.await?;
        return Ok(HttpResponse::Ok().json(RuleBookPublicationView {
            rule_book: RuleBookSummary::of(&found.entry),
            version: book.version,
            changed,
            warnings: warnings.into_iter().map(RuleBookFindingView::of).collect(),
            due_dates: Some(DueDatesView::of(&due_dates, |place| list.cursor(place))),
            rehearsal: rehearsal.as_ref().map(RuleBookRehearsalView::of),
            recomputation: None,
        }));
    }
    let writing = Writing::of(&request, &signed, &body, LANE, false)?;
    let done = hop::write(&signed, writing, move |cx, tx| {
        let done = app::publish(cx, tx, &id, &expected)?;
        let entry = Entry::Version(done.version);
        let view = RuleBookPublicationView {
            rule_book: RuleBookSummary::of(&entry),
            version: done.book.version.clone(),
            changed: done.changed,
            warnings: done.warnings.into_iter().map(RuleBookFindingView::of).collect(),
            due_dates: None,
            rehearsal: None,
            recomputation: done.recomputation.as_ref().map(RecomputationView::of),
        };
        answer(StatusCode::OK, vec![(header::ETAG, tag(&entry))], &view)
    })
    .await?;
    // Whoever publishes sees it at once; other processes within a second.
    hop::refresh(&signed.state).await?;
    Ok(done)
}

/// The days of decision asked for.
fn period(body: &WhatIfBody) -> Result<Option<(NaiveDate, NaiveDate)>, Problem> {
    let wrong = |pointer: &str, vi: &str, en: &str| {
        Err(Problem::invalid(pointer.to_owned(), "range", Text::new(vi.to_owned(), en.to_owned())))
    };
    match (body.decided_from, body.decided_to) {
        (None, None) => Ok(None),
        (Some(from), Some(to)) if from > to => {
            wrong("/decided_to", "Ngày cuối trước ngày đầu.", "The last day lies before the first.")
        }
        (Some(from), Some(to)) if calendar::in_range(from) && calendar::in_range(to) => Ok(Some((from, to))),
        (Some(_), Some(_)) => {
            wrong("/decided_from", "Ngày nằm ngoài phạm vi tính được.", "The day is out of range.")
        }
        (Some(_), None) => wrong("/decided_to", "Cần cả hai ngày.", "Both days are needed."),
        (None, Some(_)) => wrong("/decided_from", "Cần cả hai ngày.", "Both days are needed."),
    }
}

/// Simulate a rule book
///
/// What a draft or a version would do to the due dates of open dossiers and to the law's verdicts on
/// them, and how dossiers decided in a period would have fared. A simulation only: nothing is
/// written. Counts cover all dossiers; lists only those that the caller may see. What cannot be
/// reckoned is named with the reason.
#[utoipa::path(tag = "rule books", operation_id = "simulate_rule_book", request_body = WhatIfBody, params(("id" = String, Path, description = "Identity of a draft, or name of a version")), security(("bearer" = [])),
    responses((status = 200, description = "What it would do", body = WhatIfView)))]
#[post("/rule-books/{id}/what-if")]
pub async fn simulate_rule_book(
    signed: Signed,
    id: web::Path<String>,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let (period, unreadable) =
        hop::apart(body.parse_or_default::<WhatIfBody>().and_then(|body| period(&body)));
    let (list, until) = (moves_list(&signed.state, &id, None, None)?, while_answered(&signed.state));
    let simulation = hop::read_snapshot(&signed, move |cx: &Cx, reader| {
        let book = app::drafted(cx, reader, &id)?;
        impact::simulate(cx, reader, &book, period.ok_or(Error::Unreadable)?, until)
    })
    .await;
    Ok(HttpResponse::Ok()
        .json(WhatIfView::of(&hop::told(simulation, unreadable)?, |place| list.cursor(place))))
}

/// The rules that a simulation goes by: those in force, a published version, or, for who may edit it,
/// a draft.
///
/// # Errors
/// 401 and 403 for a draft; 422 where there is none such.
pub async fn simulated(
    public: &Public,
    request: &HttpRequest,
    wanted: Option<&str>,
) -> Result<Arc<RuleBook>, Problem> {
    let in_force = public.state.in_force()?.rules.clone();
    let Some(id) = wanted.map(ToOwned::to_owned).filter(|id| *id != in_force.version) else {
        return Ok(in_force);
    };
    let found = if id.parse::<Uuid>().is_ok() {
        let signed = Signed::having(request, Action::EditRuleBook)?;
        hop::read(&signed, move |cx, reader| app::drafted(cx, reader, &id)).await
    } else {
        hop::read_public(public, move |reader| app::published(reader, &id)).await
    };
    match found {
        Ok(book) => Ok(Arc::new(book)),
        Err(problem) if problem.code() == ErrorCode::NotFound => Err(Problem::invalid(
            "/rule_book",
            "unknown_rule_book",
            Text::new("Không có bộ quy định này.", "There is no such rule book."),
        )),
        Err(problem) => Err(problem),
    }
}
