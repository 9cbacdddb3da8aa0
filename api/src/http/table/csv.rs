//! Comma-separated values for spreadsheets: UTF-8 with a byte order mark, and cells that no program
//! runs as a formula.

use ::csv::{Error, Terminator, WriterBuilder};
use domain::calendar;

use super::{Cell, Head, Line};

/// What spreadsheets know UTF-8 by.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Text that no spreadsheet takes for a formula: with an apostrophe where it begins like one.
fn harmless(text: &str) -> String {
    match text.chars().next() {
        // The wide ones are taken for the narrow ones by spreadsheets in some languages.
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            format!("'{text}")
        }
        _ => text.to_owned(),
    }
}

fn written(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => harmless(text),
        Cell::Count(n) => n.to_string(),
        Cell::Percent(percent) => format!("{percent:.1}"),
        Cell::At(at) => calendar::local(*at).format("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

fn records(bytes: Vec<u8>, records: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(bytes);
    for record in records {
        writer.write_record(record)?;
    }
    writer.into_inner().map_err(|e| Error::from(e.into_error()))
}

/// The beginning of a file: the mark and the headings.
///
/// # Errors
/// When it cannot be written.
pub fn begin(head: &Head) -> Result<Vec<u8>, Error> {
    let headings = head.columns.iter().map(|c| harmless(&c.heading)).collect();
    records(BYTE_ORDER_MARK.to_vec(), [headings])
}

/// Rows behind what is there.
///
/// # Errors
/// When they cannot be written.
pub fn add(bytes: Vec<u8>, rows: &[Line]) -> Result<Vec<u8>, Error> {
    records(bytes, rows.iter().map(|row| row.iter().map(written).collect()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{head, rows};
    use super::*;

    #[test]
    fn it_has_a_mark_and_no_formula() {
        let text = String::from_utf8(add(begin(&head()).unwrap(), &rows()).unwrap()).unwrap();
        assert_eq!(
            text,
            "\u{feff}Tên,Số,Tỷ lệ %\r\n\"'=HYPERLINK(\"\"x\"\")\",3,53.3\r\n\"Nguyễn, \"\"Lan\"\"\",,1970-01-01 07:00:00\r\n"
        );
        for text in ["=1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A"] {
            assert!(harmless(text).starts_with('\''), "{text:?}");
        }
        for text in ["Lan - Huệ", "a=1", ""] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn what_is_added_in_parts_is_what_is_written_at_once() {
        let parts = rows().chunks(1).try_fold(begin(&head()).unwrap(), add).unwrap();
        assert_eq!(parts, add(begin(&head()).unwrap(), &rows()).unwrap());
    }
}
