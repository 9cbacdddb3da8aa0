//! Workbooks (XLSX), written row by row: no more than a row is held in memory, the rest lies in a
//! temporary file of the system that no name leads to.

use std::io::Write;

use chrono::{DateTime, Datelike, Timelike, Utc};
use domain::calendar;
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format as Style, Workbook, Worksheet, XlsxError};

use super::{Cell, Head, Line};

/// Rows of a sheet below its headings: as many as the format has.
const ROWS: u32 = 1_048_575;
/// Characters of a cell: as many as the format has.
const CHARACTERS: usize = 32_767;
/// Name of the first sheet; further ones bear a number.
const SHEET: &str = "Số liệu";

/// How cells look.
struct Styles {
    heading: Style,
    count: Style,
    percent: Style,
    instant: Style,
}

impl Styles {
    fn new() -> Self {
        Self {
            heading: Style::new().set_bold().set_background_color(Color::RGB(0x00DC_E6F1)).set_text_wrap(),
            count: Style::new().set_num_format("#,##0"),
            percent: Style::new().set_num_format("0.0"),
            instant: Style::new().set_num_format("dd/mm/yyyy hh:mm:ss"),
        }
    }
}

/// A workbook that is being written.
pub struct Book {
    head: Head,
    book: Workbook,
    styles: Styles,
    /// Sheets begun.
    sheets: usize,
    /// The last row written of the last sheet, below its headings.
    row: u32,
    /// Rows of a sheet.
    most: u32,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Book").field("sheets", &self.sheets).field("row", &self.row).finish_non_exhaustive()
    }
}

impl Book {
    /// A workbook with its first sheet.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn begin(head: Head) -> Result<Self, XlsxError> {
        let mut book = Workbook::new();
        let about = DocProperties::new().set_title(&head.title).set_creation_datetime(&excel(head.made_at)?);
        book.set_properties(&about);
        let mut begun = Self { head, book, styles: Styles::new(), sheets: 0, row: 0, most: ROWS };
        begun.sheet()?;
        Ok(begun)
    }

    /// Begins the next sheet.
    fn sheet(&mut self) -> Result<(), XlsxError> {
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        self.sheets = self.sheets.saturating_add(1);
        self.row = 0;
        match self.sheets {
            1 => sheet.set_name(SHEET)?,
            n => sheet.set_name(format!("{SHEET} {n}"))?,
        };
        for (place, column) in (0_u16..).zip(&self.head.columns) {
            sheet.set_column_width(place, f64::from(column.width))?;
            sheet.write_string_with_format(0, place, column.heading.as_str(), &self.styles.heading)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_landscape().set_print_fit_to_pages(1, 0);
        Ok(())
    }

    /// Writes rows below those that are there; on a further sheet when one is full.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub fn add(&mut self, rows: &[Line]) -> Result<(), XlsxError> {
        for row in rows {
            if self.row >= self.most {
                self.sheet()?;
            }
            self.row = self.row.saturating_add(1);
            let sheet = self.book.worksheet_from_index(self.sheets.saturating_sub(1))?;
            for (column, cell) in (0_u16..).zip(row) {
                write(sheet, (self.row, column), cell, &self.styles)?;
            }
        }
        Ok(())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(&mut self, file: impl Write + Send) -> Result<(), XlsxError> {
        if !self.head.notes.is_empty() {
            let sheet = self.book.add_worksheet_with_constant_memory()?;
            sheet.set_name("Giải thích")?;
            sheet.set_column_width(0, 30)?;
            sheet.set_column_width(1, 110)?;
            sheet.write_string_with_format(0, 0, self.head.title.as_str(), &self.styles.heading)?;
            let wrapped = Style::new().set_text_wrap();
            for (row, (name, text)) in (1_u32..).zip(&self.head.notes) {
                sheet.write_string(row, 0, name.as_str())?;
                sheet.write_string_with_format(row, 1, text.as_str(), &wrapped)?;
            }
        }
        self.book.save_to_writer(file)
    }
}

fn write(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &Cell, s: &Styles) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        // Written as text whatever it begins with: never a formula.
        Cell::Text(text) => {
            let end = text.char_indices().nth(CHARACTERS).map_or(text.len(), |(end, _)| end);
            sheet.write_string(row, column, text.get(..end).unwrap_or_default())?;
        }
        Cell::Count(n) => match i32::try_from(*n) {
            Ok(n) => {
                sheet.write_number_with_format(row, column, n, &s.count)?;
            }
            Err(_) => {
                sheet.write_string(row, column, n.to_string())?;
            }
        },
        Cell::Percent(p) => {
            sheet.write_number_with_format(row, column, *p, &s.percent)?;
        }
        Cell::At(at) => {
            sheet.write_datetime_with_format(row, column, &excel(*at)?, &s.instant)?;
        }
    }
    Ok(())
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
    use std::io::Cursor;

    use super::super::tests::head;
    use super::*;

    #[test]
    fn a_full_sheet_is_followed_by_another() {
        let mut book = Book::begin(head()).unwrap();
        book.most = 2;
        let rows: Vec<Line> = (1..=5).map(|n| vec![Cell::text("x".repeat(40_000)), Cell::Count(n)]).collect();
        book.add(&rows[..3]).unwrap();
        book.add(&rows[3..]).unwrap();
        let mut bytes = Vec::new();
        book.finish(&mut bytes).unwrap();
        assert_eq!((book.sheets, book.row), (3, 1));
        let names = String::from_utf8_lossy(&bytes).into_owned();
        for part in ["sheet1.xml", "sheet2.xml", "sheet3.xml", "sheet4.xml"] {
            assert!(names.contains(part), "{part}: three of rows and one of notes");
        }
        assert!(!names.contains("sheet5.xml"));
        assert!(Cursor::new(bytes).into_inner().starts_with(b"PK"));
    }
}
