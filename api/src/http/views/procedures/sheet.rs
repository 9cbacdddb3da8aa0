//! The catalogue as a table: UTF-8 CSV with a byte order mark, safe to open in a spreadsheet.
//!
//! Lists of codes are joined by `|`, lists of things are JSON in a cell. A cell that a spreadsheet
//! would take for a formula, or that begins with an apostrophe, is written behind an apostrophe;
//! reading takes one leading apostrophe away.

use std::collections::HashSet;

use domain::code::Code;
use domain::procedure::{OnlineLevel, Procedure};
use domain::unit::Level;
use serde_json::{Map, Value, json};

use super::content::ProcedureContent;
use crate::app::seed;
use crate::http::language::Text;
use crate::http::problem::FieldProblem;

/// How a column's cells are read.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Text; an empty cell is nothing.
    Text,
    /// A number; an empty cell is nothing.
    Number,
    /// Codes joined by `|`.
    Codes,
    /// JSON; an empty cell is nothing.
    Json,
}

/// The columns, in the order they are written; `limit` is two of them.
const COLUMNS: &[(&str, Kind)] = &[
    ("code", Kind::Text),
    ("name_vi", Kind::Text),
    ("field", Kind::Text),
    ("level", Kind::Text),
    ("other_levels", Kind::Codes),
    ("unit", Kind::Text),
    ("agency_suffix", Kind::Text),
    ("decision_number", Kind::Text),
    ("online_level", Kind::Text),
    ("channels", Kind::Codes),
    ("limit_value", Kind::Number),
    ("limit_unit", Kind::Text),
    ("stages", Kind::Json),
    ("papers", Kind::Json),
    ("fees", Kind::Json),
    ("conditions", Kind::Json),
    ("result", Kind::Json),
    ("legal_basis", Kind::Json),
    ("rule", Kind::Text),
    ("max_supplement_requests", Kind::Number),
    ("max_extensions", Kind::Number),
    ("form_schema", Kind::Json),
    ("valid_from", Kind::Text),
    ("valid_to", Kind::Text),
    ("source", Kind::Text),
    ("basis", Kind::Text),
];

/// What the shipped reference file calls a column, and what that is here.
const ALIASES: &[(&str, &str)] = &[("unit_level", "level")];
/// A column of the shipped reference file that stages are made from.
const FROM_LEVEL: &str = "interlinked_from";

/// Marks the text as UTF-8 for spreadsheets.
const BOM: &str = "\u{feff}";

fn guarded(text: String) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']);
    if formula { format!("'{text}") } else { text }
}

fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

fn cell(fields: &Map<String, Value>, column: &str, kind: Kind) -> String {
    let value = match column.strip_prefix("limit_") {
        Some(part) => fields.get("limit").and_then(|limit| limit.get(part)),
        None => fields.get(column),
    };
    match (value, kind) {
        (None | Some(Value::Null), _) => String::new(),
        (Some(Value::Array(codes)), Kind::Codes) => {
            codes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|")
        }
        (Some(Value::String(text)), Kind::Text) => text.clone(),
        (Some(other), _) => other.to_string(),
    }
}

/// The table of these versions.
///
/// # Errors
/// When a row cannot be written, which does not happen in memory.
pub fn write<'a>(versions: impl IntoIterator<Item = &'a Procedure>) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(BOM.as_bytes().to_vec());
    writer.write_record(COLUMNS.iter().map(|(name, _)| *name))?;
    for procedure in versions {
        let fields = match serde_json::to_value(ProcedureContent::of(procedure))? {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        writer.write_record(COLUMNS.iter().map(|(name, kind)| guarded(cell(&fields, name, *kind))))?;
    }
    Ok(writer.into_inner().map_err(|e| e.into_error())?)
}

fn fault(pointer: String, code: &'static str, vi: &'static str, en: &'static str) -> FieldProblem {
    FieldProblem::new(pointer, code, Text::new(vi, en))
}

/// The items of a table, each with its place (`/rows/LINE`). A column that the table does not have
/// keeps what `in_force` has for the code, or else what a new procedure has.
///
/// # Errors
/// Every cell and column that cannot be read.
pub fn read(
    bytes: &[u8],
    in_force: impl Fn(&str) -> Option<Procedure>,
) -> Result<Vec<(String, Value)>, Vec<FieldProblem>> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        vec![fault(String::new(), "invalid_utf8", "Tệp không phải UTF-8", "The file is not UTF-8")]
    })?;
    let mut reader = csv::Reader::from_reader(text.trim_start_matches(BOM).as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let header: Vec<&str> = header.iter().map(|name| alias(name.trim())).collect();
    let known = |name: &str| name == FROM_LEVEL || COLUMNS.iter().any(|(column, _)| *column == name);
    let mut wrong = Vec::new();
    let mut seen = HashSet::new();
    for name in &header {
        if !known(name) {
            let text = Text::new("Không có cột này", "There is no such column");
            wrong.push(FieldProblem::new(
                format!("/{}", crate::http::violations::clipped(name)),
                "unknown_column",
                text,
            ));
        } else if !seen.insert(*name) {
            wrong.push(fault(format!("/{name}"), "repeated", "Cột bị lặp lại", "The column is given twice"));
        }
    }
    if !header.contains(&"code") {
        wrong.push(fault(
            "/code".to_owned(),
            "required",
            "Thiếu cột mã thủ tục",
            "The column of codes is missing",
        ));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut found = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                wrong.push(fault(
                    format!("/rows/{line}"),
                    "csv",
                    "Dòng không đúng CSV",
                    "The row is not CSV",
                ));
                continue;
            }
        };
        let place = format!("/rows/{}", record.position().map_or(0, csv::Position::line));
        let cells: Vec<(&str, &str)> =
            header.iter().copied().zip(record.iter().map(|cell| unguarded(cell.trim()))).collect();
        match row(&cells, &in_force) {
            Ok(value) => found.push((place, value)),
            Err(more) => wrong.extend(more.into_iter().map(|mut field| {
                field.pointer.insert_str(0, &place);
                field
            })),
        }
    }
    if found.is_empty() && wrong.is_empty() {
        wrong.push(fault("/rows".to_owned(), "required", "Tệp không có dòng nào", "The file has no row"));
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

fn alias(name: &str) -> &str {
    ALIASES.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| new)
}

fn row(
    cells: &[(&str, &str)],
    in_force: &impl Fn(&str) -> Option<Procedure>,
) -> Result<Value, Vec<FieldProblem>> {
    let at = |column: &str| cells.iter().find(|(name, _)| *name == column).map(|(_, cell)| *cell);
    let base = at("code").and_then(in_force);
    let is_new = base.is_none();
    let mut fields = match base.map(|p| serde_json::to_value(ProcedureContent::of(&p))) {
        Some(Ok(Value::Object(fields))) => fields,
        _ => Map::new(),
    };
    // Days belong to a version, not to what follows it.
    fields.remove("valid_from");
    fields.remove("valid_to");
    let mut wrong = Vec::new();
    for (column, cell) in cells {
        let Some((_, kind)) = COLUMNS.iter().find(|(name, _)| name == column) else { continue };
        match read_cell(cell, *kind) {
            Some(_) if column.starts_with("limit_") => {}
            Some(Value::Null) => {
                fields.remove(*column);
            }
            Some(value) => {
                fields.insert((*column).to_owned(), value);
            }
            None => {
                wrong.push(fault(format!("/{column}"), "type", "Ô không đọc được", "The cell cannot be read"))
            }
        }
    }
    if let (Some(value), Some(unit)) = (at("limit_value"), at("limit_unit")) {
        let limit = match (read_cell(value, Kind::Number), unit) {
            (Some(Value::Null), "") => Value::Null,
            (Some(value), unit) => json!({ "value": value, "unit": unit }),
            (None, _) => Value::Null,
        };
        fields.insert("limit".to_owned(), limit);
    }
    if is_new {
        fill(&mut fields, at(FROM_LEVEL));
    }
    if wrong.is_empty() { Ok(Value::Object(fields)) } else { Err(wrong) }
}

/// What a short table leaves out of a new procedure follows from its levels, as it does in the
/// reference data.
fn fill(fields: &mut Map<String, Value>, from: Option<&str>) {
    let code = |fields: &Map<String, Value>, name: &str| {
        fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    if !fields.contains_key("channels")
        && let Some(level) = OnlineLevel::from_code(&code(fields, "online_level"))
    {
        fields.insert("channels".to_owned(), json!(seed::channels(level)));
    }
    if !fields.contains_key("stages")
        && let Some(to) = Level::from_code(&code(fields, "level"))
    {
        let from = from.and_then(Level::from_code).unwrap_or(to);
        fields.insert("stages".to_owned(), json!(seed::stages(from, to)));
    }
}

fn read_cell(cell: &str, kind: Kind) -> Option<Value> {
    match (cell, kind) {
        ("", Kind::Codes) => Some(json!([])),
        ("", _) => Some(Value::Null),
        (text, Kind::Text) => Some(json!(text)),
        (text, Kind::Number) => text.parse::<i64>().ok().map(|n| json!(n)),
        (text, Kind::Codes) => Some(json!(text.split('|').map(str::trim).collect::<Vec<_>>())),
        (text, Kind::Json) => serde_json::from_str(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_each_comes_back() {
        for text in ["=1+1", "+84", "-2", "@x", "'quoted", "plain", "\tx", ""] {
            let cell = guarded(text.to_owned());
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            assert_eq!(unguarded(&cell), text);
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_row_and_column() {
        let told = |text: &str| -> Vec<(String, String)> {
            let wrong = read(text.as_bytes(), |_| None).unwrap_err();
            wrong.iter().map(|f| (f.pointer.clone(), f.code.to_string())).collect()
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(told("code,colour\n1.000001,red\n"), [pair("/colour", "unknown_column")]);
        assert_eq!(told("name_vi\nx\n"), [pair("/code", "required")]);
        assert_eq!(told("code,papers\n1.000001,[]\n1.000002,{\n"), [pair("/rows/3/papers", "type")]);
        assert_eq!(told("code\n"), [pair("/rows", "required")]);
    }
}
