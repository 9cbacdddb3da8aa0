//! Tables for spreadsheets: UTF-8 with a byte order mark, and cells that no program runs as a formula.

use actix_web::HttpResponse;
use actix_web::http::header;

use super::problem::Problem;

/// What spreadsheets recognise UTF-8 by.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A cell that begins like a formula is preceded by an apostrophe, which spreadsheets show as text.
fn safe(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

/// Answers a table under a file name of plain letters.
///
/// # Errors
/// [`Problem::internal`] when it cannot be written.
pub fn respond(
    name: &str,
    head: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<HttpResponse, Problem> {
    let mut writer = csv::Writer::from_writer(MARK.to_vec());
    writer.write_record(head).map_err(Problem::internal)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| safe(cell))).map_err(Problem::internal)?;
    }
    let body = writer.into_inner().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")))
        .body(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@x", "\tx", "\r=x"] {
            assert_eq!(safe(cell), format!("'{cell}"));
        }
        assert_eq!(safe("a=1"), "a=1");
    }
}
