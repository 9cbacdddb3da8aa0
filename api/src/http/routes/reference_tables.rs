//! The dated tables that the law is reckoned by, for everybody to read.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, NaiveDate, Utc};
use domain::code::Code;
use domain::rulebook::RuleBook;
use domain::rulebook::rows::{Row, Table, rows};

use crate::http::auth::Public;
use crate::http::format::{Format, LIST, chosen};
use crate::http::page::Page;
use crate::http::paging::{Paged, respond};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::{NoQuery, Query};
use crate::http::table::{Cell, Column, Head, Table as Sheet};
use crate::http::views::rule_books::{ReferenceTableSummary, RowView, RowsQuery};

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
/// day. As CSV and XLSX all of them as one file for spreadsheets.
#[utoipa::path(tag = "reference tables", operation_id = "list_reference_table_rows",
    params(("table" = String, Path, description = "Table", example = "base_salary"), RowsQuery),
    responses((status = 200, description = "A page of rows", content((Page<RowView> = "application/json"), (String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
#[get("/reference-tables/{table}")]
pub async fn list_reference_table_rows(
    public: Public,
    request: HttpRequest,
    table: web::Path<String>,
    query: Query<RowsQuery>,
) -> Result<HttpResponse, Problem> {
    let table = Table::from_code(&table).ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    let format = chosen(&request, query.format, LIST)?;
    let book = in_force(&public)?;
    let wanted = |row: &Row| query.on.is_none_or(|on| row.in_force(on));
    let found: Vec<Row> = rows(&book, table).into_iter().filter(wanted).collect();
    if format != Format::Json {
        return as_table(table, found, public.state.clock.now()).respond(format);
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

fn as_table(table: Table, found: Vec<Row>, made_at: DateTime<Utc>) -> Sheet {
    let day = |day: Option<NaiveDate>| Cell::maybe(day, |day| Cell::Text(day.to_string()));
    let columns = [
        ("key", 16),
        ("name", 40),
        ("valid_from", 12),
        ("valid_to", 12),
        ("value", 16),
        ("unit", 12),
        ("basis", 12),
        ("source", 60),
    ];
    let line = |row: Row| {
        vec![
            Cell::Text(row.key),
            Cell::Text(row.name),
            day(row.valid_from),
            day(row.valid_to),
            Cell::Text(row.value.to_string()),
            Cell::Text(row.unit.to_string()),
            Cell::Text(row.basis.to_string()),
            Cell::Text(row.source),
        ]
    };
    Sheet {
        head: Head {
            file: table.code().to_owned(),
            title: table.label_vi().to_owned(),
            made_at,
            columns: Column::all(&columns),
            notes: Vec::new(),
        },
        rows: found.into_iter().map(line).collect(),
    }
}
