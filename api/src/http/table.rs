//! Tables that people take away: CSV and XLSX of the same cells.
//!
//! Owns how a cell is written so that no program takes text for a formula, and how both kinds of
//! file are made. Which columns there are is the operation's.

use actix_web::HttpResponse;
use actix_web::http::header;
use chrono::{DateTime, Datelike, Timelike, Utc};
use domain::calendar;
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format as Style, Workbook, Worksheet, XlsxError};

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

    fn csv(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => harmless(text),
            Self::Count(n) => n.to_string(),
            Self::Percent(percent) => format!("{percent:.1}"),
            Self::At(at) => calendar::local(*at).format("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }
}

/// Text that no spreadsheet takes for a formula: with an apostrophe where it begins like one.
fn harmless(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

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
}

/// A table, with what it says of itself.
#[derive(Debug, Clone)]
pub struct Table {
    /// Name of the file without its ending: plain ASCII.
    pub file: String,
    /// What it is called.
    pub title: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows, each as long as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// What stands on a second sheet: names with what they mean.
    pub notes: Vec<(String, String)>,
}

/// What spreadsheets know UTF-8 by.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Table {
    /// The answer in the form asked for.
    ///
    /// # Errors
    /// 500 when the file cannot be made.
    pub fn respond(&self, format: Format) -> Result<HttpResponse, Problem> {
        let (body, kind) = match format {
            Format::Xlsx => (self.xlsx().map_err(Problem::internal)?, Format::Xlsx),
            _ => (self.csv().map_err(Problem::internal)?, Format::Csv),
        };
        let name = format!("attachment; filename=\"{}.{kind}\"", self.file);
        let charset = if kind == Format::Csv { "; charset=utf-8; header=present" } else { "" };
        Ok(HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, format!("{}{charset}", kind.media_type())))
            .insert_header((header::CONTENT_DISPOSITION, name))
            .insert_header((header::VARY, "Accept"))
            .body(body))
    }

    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.to_vec());
        writer.write_record(self.columns.iter().map(|c| harmless(&c.heading)))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::csv))?;
        }
        writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))
    }

    fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        book.set_properties(
            &DocProperties::new().set_title(&self.title).set_creation_datetime(&excel(self.made_at)?),
        );
        let heading = Style::new().set_bold().set_background_color(Color::RGB(0x00DC_E6F1)).set_text_wrap();
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name("Số liệu")?;
        self.sheet(sheet, &heading)?;
        if !self.notes.is_empty() {
            let sheet = book.add_worksheet_with_constant_memory()?;
            sheet.set_name("Giải thích")?;
            sheet.set_column_width(0, 30)?;
            sheet.set_column_width(1, 110)?;
            sheet.write_string_with_format(0, 0, self.title.as_str(), &heading)?;
            let wrapped = Style::new().set_text_wrap();
            for (row, (name, text)) in (1_u32..).zip(&self.notes) {
                sheet.write_string(row, 0, name.as_str())?;
                sheet.write_string_with_format(row, 1, text.as_str(), &wrapped)?;
            }
        }
        book.save_to_buffer()
    }

    fn sheet(&self, sheet: &mut Worksheet, heading: &Style) -> Result<(), XlsxError> {
        let count = Style::new().set_num_format("#,##0");
        let percent = Style::new().set_num_format("0.0");
        let instant = Style::new().set_num_format("dd/mm/yyyy hh:mm:ss");
        for (place, column) in (0_u16..).zip(&self.columns) {
            sheet.set_column_width(place, f64::from(column.width))?;
            sheet.write_string_with_format(0, place, column.heading.as_str(), heading)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_landscape().set_print_fit_to_pages(1, 0);
        for (place, row) in (1_u32..).zip(&self.rows) {
            for (column, cell) in (0_u16..).zip(row) {
                match cell {
                    Cell::Empty => {}
                    // Written as text whatever it begins with: never a formula.
                    Cell::Text(text) => {
                        sheet.write_string(place, column, text.as_str())?;
                    }
                    Cell::Count(n) => match i32::try_from(*n) {
                        Ok(n) => {
                            sheet.write_number_with_format(place, column, n, &count)?;
                        }
                        Err(_) => {
                            sheet.write_string(place, column, n.to_string())?;
                        }
                    },
                    Cell::Percent(p) => {
                        sheet.write_number_with_format(place, column, *p, &percent)?;
                    }
                    Cell::At(at) => {
                        sheet.write_datetime_with_format(place, column, &excel(*at)?, &instant)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// An instant as a spreadsheet keeps it: civil time, without a zone.
fn excel(at: DateTime<Utc>) -> Result<ExcelDateTime, XlsxError> {
    let local = calendar::local(at);
    let part = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
    let year = u16::try_from(local.year()).unwrap_or(u16::MAX);
    let hour = u16::try_from(local.hour()).unwrap_or(u16::MAX);
    ExcelDateTime::from_ymd(year, part(local.month()), part(local.day()))?.and_hms(
        hour,
        part(local.minute()),
        part(local.second()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            file: "so-lieu".to_owned(),
            title: "Số liệu".to_owned(),
            made_at: DateTime::UNIX_EPOCH,
            columns: vec![Column::new("Tên", 20), Column::new("Số", 10), Column::new("Tỷ lệ %", 10)],
            rows: vec![
                vec![Cell::text("=HYPERLINK(\"x\")"), Cell::Count(3), Cell::Percent(53.3)],
                vec![Cell::text("Nguyễn, \"Lan\""), Cell::Empty, Cell::At(DateTime::UNIX_EPOCH)],
            ],
            notes: vec![("Số".to_owned(), "=1+1".to_owned())],
        }
    }

    #[test]
    fn csv_has_a_mark_and_no_formula() {
        let text = String::from_utf8(table().csv().unwrap()).unwrap();
        assert_eq!(
            text,
            "\u{feff}Tên,Số,Tỷ lệ %\r\n\"'=HYPERLINK(\"\"x\"\")\",3,53.3\r\n\"Nguyễn, \"\"Lan\"\"\",,1970-01-01 07:00:00\r\n"
        );
        for text in ["=1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert!(harmless(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(harmless("Lan - Huệ"), "Lan - Huệ");
    }

    #[test]
    fn the_same_table_makes_the_same_workbook() {
        assert_eq!(table().xlsx().unwrap(), table().xlsx().unwrap());
    }
}
