//! The dated tables that the law is reckoned by, for everybody to read.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use domain::code::Code;
use domain::rulebook::RuleBook;
use domain::rulebook::rows::{Row, Table, rows};

use crate::http::auth::Public;
use crate::http::csv;
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::views::rule_books::{ReferenceTableSummary, RowView, RowsQuery, TableFormat};

fn in_force(public: &Public) -> Result<Arc<RuleBook>, Problem> {
    Ok(public.state.in_force()?.rules.clone())
}

/// List the tables of the law
///
/// Every dated table that due dates and benefits are reckoned by, with how far its rows are confirmed.
#[utoipa::path(tag = "reference tables", operation_id = "list_reference_tables",
    responses((status = 200, description = "The tables", body = Page<ReferenceTableSummary>)))]
#[get("/reference-tables")]
pub async fn list_reference_tables(public: Public, _query: Query<NoQuery>) -> Result<HttpResponse, Problem> {
    let book = in_force(&public)?;
    let tables =
        Table::ALL.iter().map(|table| ReferenceTableSummary::of(*table, &rows(&book, *table), &book.version));
    Ok(HttpResponse::Ok().json(Page::new(tables.collect(), None)))
}

/// List the rows of a table of the law
///
/// Each with its period, value, source and state of confirmation. With `on`, what is in force on that
/// day. With `format=csv` all of them as one file for spreadsheets.
#[utoipa::path(tag = "reference tables", operation_id = "list_reference_table_rows",
    params(("table" = String, Path, description = "Table", example = "base_salary"), RowsQuery),
    responses((status = 200, description = "A page of rows", content((Page<RowView> = "application/json"), (String = "text/csv")))))]
#[get("/reference-tables/{table}")]
pub async fn list_reference_table_rows(
    public: Public,
    request: HttpRequest,
    table: web::Path<String>,
    query: Query<RowsQuery>,
) -> Result<HttpResponse, Problem> {
    let table = Table::from_code(&table).ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    let book = in_force(&public)?;
    let wanted = |row: &Row| query.on.is_none_or(|on| row.in_force(on));
    let found: Vec<Row> = rows(&book, table).into_iter().filter(wanted).collect();
    if query.format == Some(TableFormat::Csv) {
        return as_csv(table, found);
    }
    // A place holds within one version of the book only.
    let filters = (table, &book.version, &query.0);
    let paged = Paged::<usize>::read(
        &public.state,
        "reference_table_rows",
        &filters,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let begin = paged.after.unwrap_or(0);
    let some: Vec<(usize, Row)> = (1_usize..).zip(found).skip(begin).take(paged.fetch()).collect();
    respond(&request, paged.page(some, |(place, _)| *place).map(|(_, row)| RowView::of(row)))
}

fn as_csv(table: Table, found: Vec<Row>) -> Result<HttpResponse, Problem> {
    let day = |day: Option<chrono::NaiveDate>| day.map(|d| d.to_string()).unwrap_or_default();
    let head = ["key", "name", "valid_from", "valid_to", "value", "unit", "basis", "source"];
    let lines = found.into_iter().map(|row| {
        vec![
            row.key,
            row.name,
            day(row.valid_from),
            day(row.valid_to),
            row.value.to_string(),
            row.unit.to_string(),
            row.basis.to_string(),
            row.source,
        ]
    });
    csv::respond(table.code(), &head, lines)
}
