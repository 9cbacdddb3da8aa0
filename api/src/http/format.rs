//! What form an answer takes: JSON, a table to take away, or a chart.
//!
//! Owns the choice: `format=` before `Accept`. What stands in a table or chart is the operation's.

use actix_web::HttpRequest;
use actix_web::http::header;
use domain::code::Code;

use crate::http::language::Text;
use crate::http::problem::{ErrorCode, FieldProblem, Problem};

domain::codes! {
    /// Form of an answer.
    pub enum Format {
        /// JSON.
        Json => "json", "JSON", "JSON",
        /// Comma-separated values, UTF-8 with a byte order mark.
        Csv => "csv", "CSV", "CSV",
        /// Office Open XML workbook.
        Xlsx => "xlsx", "Excel (XLSX)", "Excel (XLSX)",
        /// Chart.
        Svg => "svg", "Biểu đồ (SVG)", "Chart (SVG)",
    }
}

/// Forms of what is only a list.
pub const LIST: &[Format] = &[Format::Json, Format::Csv, Format::Xlsx];
/// Forms of figures.
pub const FIGURES: &[Format] = &[Format::Json, Format::Csv, Format::Xlsx, Format::Svg];

impl Format {
    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// The form that is asked for, of those that are offered: `format=` decides; without it the best
/// match of `Accept`, and JSON where that names none of them.
///
/// # Errors
/// 400 when `format=` names one that is not offered.
pub fn chosen(request: &HttpRequest, asked: Option<Format>, offered: &[Format]) -> Result<Format, Problem> {
    if let Some(format) = asked {
        if offered.contains(&format) {
            return Ok(format);
        }
        let all = offered.iter().map(|f| f.code()).collect::<Vec<_>>().join(", ");
        let text = Text::new(format!("Chỉ có: {all}"), format!("There are only: {all}"));
        return Err(Problem::new(ErrorCode::InvalidQueryParameter).with_errors(vec![FieldProblem::new(
            "format",
            "unknown_code",
            text,
        )]));
    }
    let accept = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    Ok(accepted(accept, offered))
}

/// The best match of an `Accept` header; JSON where nothing matches by name, since every client
/// that says nothing of ours takes it.
fn accepted(accept: &str, offered: &[Format]) -> Format {
    let mut best = (Format::Json, 0_u16);
    for part in accept.split(',') {
        let mut pieces = part.split(';').map(str::trim);
        let name = pieces.next().unwrap_or_default().to_ascii_lowercase();
        let quality = pieces.find_map(|p| p.strip_prefix("q=")).map_or(1_000, thousandths);
        let named = offered.iter().find(|f| f.media_type() == name);
        let format = named.copied().or((name == "*/*" || name == "application/*").then_some(Format::Json));
        if let Some(format) = format.filter(|_| quality > best.1) {
            best = (format, quality);
        }
    }
    best.0
}

/// A quality such as `0.8` in thousandths; nothing for what is none.
fn thousandths(text: &str) -> u16 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{part:0<3}");
    match (whole, digits.get(..3).and_then(|d| d.parse::<u16>().ok())) {
        ("1", Some(_)) => 1_000,
        ("0", Some(part)) => part,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_is_taken_and_json_otherwise() {
        for (accept, format) in [
            ("", Format::Json),
            ("*/*", Format::Json),
            ("text/html, */*;q=0.8", Format::Json),
            ("text/csv", Format::Csv),
            ("image/svg+xml, application/json;q=0.9", Format::Svg),
            ("application/json, text/csv;q=0.9", Format::Json),
            (
                "text/csv;q=0.5, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;q=0.75",
                Format::Xlsx,
            ),
            ("text/csv;q=0", Format::Json),
            ("application/pdf", Format::Json),
        ] {
            assert_eq!(accepted(accept, FIGURES), format, "{accept}");
        }
        assert_eq!(accepted("image/svg+xml", LIST), Format::Json);
    }
}
