//! Tables that people take away: CSV and XLSX of the same cells.
//!
//! Owns what stands in a cell and what a table says of itself. How each kind of file is written
//! stands in [`csv`] and [`workbook`]; tables of any length go out by `http::export`. Which columns
//! there are is the operation's.

pub mod csv;
pub mod workbook;

use actix_web::HttpResponse;
use actix_web::http::header;
use chrono::{DateTime, Utc};

use self::workbook::Book;
use crate::http::format::Format;
use crate::http::problem::Problem;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A count.
    Count(i64),
    /// A percentage with one decimal.
    Percent(f64),
    /// An instant, written in civil time.
    At(DateTime<Utc>),
}

impl Cell {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// What is there, or nothing.
    pub fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }
}

/// A row of a table: a cell for each column.
pub type Line = Vec<Cell>;

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Heading.
    pub heading: String,
    /// Width in letters.
    pub width: u8,
}

impl Column {
    /// A column with a heading.
    pub fn new(heading: impl Into<String>, width: u8) -> Self {
        Self { heading: heading.into(), width }
    }

    /// Columns with their headings and widths.
    pub fn all(columns: &[(&str, u8)]) -> Vec<Self> {
        columns.iter().map(|(heading, width)| Self::new(*heading, *width)).collect()
    }
}

/// What a table says of itself.
#[derive(Debug, Clone)]
pub struct Head {
    /// Name of the file without its ending: plain ASCII.
    pub file: String,
    /// What it is called.
    pub title: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Columns.
    pub columns: Vec<Column>,
    /// What stands on a sheet of its own: names with what they mean.
    pub notes: Vec<(String, String)>,
}

impl Head {
    /// The answer in the form asked for, its headers set and its body still to come.
    pub fn answer(&self, format: Format) -> actix_web::HttpResponseBuilder {
        let charset = if format == Format::Csv { "; charset=utf-8; header=present" } else { "" };
        let mut response = HttpResponse::Ok();
        response
            .insert_header((header::CONTENT_TYPE, format!("{}{charset}", format.media_type())))
            .insert_header((
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{}.{format}\"", self.file),
            ))
            .insert_header((header::VARY, "Accept"));
        response
    }
}

/// A table that is short enough to be made at once.
#[derive(Debug, Clone)]
pub struct Table {
    /// What it says of itself.
    pub head: Head,
    /// Rows, each as long as there are columns.
    pub rows: Vec<Line>,
}

impl Table {
    /// The answer in the form asked for.
    ///
    /// # Errors
    /// 500 when the file cannot be made.
    pub fn respond(&self, format: Format) -> Result<HttpResponse, Problem> {
        Ok(match format {
            Format::Xlsx => self.head.answer(Format::Xlsx).body(self.xlsx()?),
            _ => self.head.answer(Format::Csv).body(self.csv()?),
        })
    }

    fn csv(&self) -> Result<Vec<u8>, Problem> {
        csv::begin(&self.head).and_then(|begin| csv::add(begin, &self.rows)).map_err(Problem::internal)
    }

    fn xlsx(&self) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        let mut book = Book::begin(self.head.clone()).map_err(Problem::internal)?;
        book.add(&self.rows).and_then(|()| book.finish(&mut bytes)).map_err(Problem::internal)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn head() -> Head {
        Head {
            file: "so-lieu".to_owned(),
            title: "Số liệu".to_owned(),
            made_at: DateTime::UNIX_EPOCH,
            columns: Column::all(&[("Tên", 20), ("Số", 10), ("Tỷ lệ %", 10)]),
            notes: vec![("Số".to_owned(), "=1+1".to_owned())],
        }
    }

    pub(super) fn rows() -> Vec<Line> {
        vec![
            vec![Cell::text("=HYPERLINK(\"x\")"), Cell::Count(3), Cell::Percent(53.3)],
            vec![Cell::text("Nguyễn, \"Lan\""), Cell::Empty, Cell::At(DateTime::UNIX_EPOCH)],
        ]
    }

    #[test]
    fn the_same_table_makes_the_same_file() {
        let table = || Table { head: head(), rows: rows() };
        assert_eq!(table().xlsx().unwrap(), table().xlsx().unwrap());
        assert_eq!(table().csv().unwrap(), table().csv().unwrap());
    }
}
