//! What a reader of bodies and queries found wrong, as [`FieldProblem`]s.
//!
//! Owns the translation of serde's and validator's findings into pointers, stable codes and
//! sentences. No sentence repeats a value that the caller sent: only names of fields and the
//! values that are allowed.

use std::borrow::Cow;

use serde_path_to_error::{Path, Segment};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::http::language::Text;
use crate::http::problem::FieldProblem;

/// A finding of serde, told apart by whether the field itself is known.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding {
    /// A field that does not exist.
    Unknown(FieldProblem),
    /// A field that exists, with something wrong about it.
    Wrong(FieldProblem),
}

/// Reads what serde says. Its sentences are the only interface it has; their form is fixed by the
/// default methods of `serde::de::Error`, and a test here holds each of them.
pub fn from_serde(path: &Path, message: &str) -> Finding {
    let here = pointer_of(path.iter());
    // serde_json puts the place behind the sentence.
    let message = message.rsplit_once(" at line ").map_or(message, |(sentence, _)| sentence);
    if let Some(name) = quoted(message, "unknown field `") {
        // The path ends with the key itself, unless serde had read ahead (flattened, tagged).
        let mut steps: Vec<&Segment> = path.iter().collect();
        if matches!(steps.last(), Some(Segment::Map { key }) if key == name) {
            steps.pop();
        }
        let parent = pointer_of(steps.into_iter());
        let name = clipped(name);
        let text = Text::new(
            format!("Trường `{name}` không được hỗ trợ"),
            format!("The field `{name}` is not known"),
        );
        return Finding::Unknown(FieldProblem::new(child(&parent, &name), "unknown_field", text));
    }
    Finding::Wrong(if let Some(name) = quoted(message, "missing field `") {
        FieldProblem::new(child(&here, name), "required", required())
    } else if let Some(name) = quoted(message, "duplicate field `") {
        let text = Text::new("Trường bị lặp lại", "The field is given twice");
        FieldProblem::new(child(&here, name), "duplicate_key", text)
    } else if message.starts_with("unknown variant `") {
        unknown_code(here, message)
    } else if message.starts_with("invalid type: ") {
        wrong_type(here, message)
    } else if message.starts_with("invalid value: ") {
        let text = Text::new("Giá trị nằm ngoài khoảng cho phép", "The value is out of range");
        FieldProblem::new(here, "range", text)
    } else if message.starts_with("invalid length ") {
        FieldProblem::new(
            here,
            "length",
            Text::new("Số phần tử không đúng", "The number of items is not right"),
        )
    } else if let Some(code) = not_a_number(message) {
        FieldProblem::new(here, code, Text::new("Giá trị không hợp lệ", "The value is not acceptable"))
    } else if is_chrono(message) {
        let text = Text::new(
            "Ngày giờ không hợp lệ; cần YYYY-MM-DD hoặc RFC 3339 có múi giờ",
            "Not a valid date or time; YYYY-MM-DD or RFC 3339 with an offset is needed",
        );
        FieldProblem::new(here, "invalid_date", text)
    } else if message.starts_with("UUID parsing failed") {
        FieldProblem::new(here, "invalid_id", Text::new("Định danh không hợp lệ", "Not a valid identifier"))
    } else {
        FieldProblem::new(here, "invalid", Text::new("Giá trị không hợp lệ", "The value is not acceptable"))
    })
}

fn required() -> Text {
    Text::new("Trường này là bắt buộc", "The field is required")
}

/// The name after `start` up to the last backtick before the list of what is expected.
fn quoted<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    let rest = message.strip_prefix(start)?;
    let name = rest
        .rsplit_once("`, expected ")
        .or_else(|| rest.rsplit_once("`, there are "))
        .map_or(rest, |(n, _)| n);
    Some(name.strip_suffix('`').unwrap_or(name))
}

/// A caller's own name of a field may be anything; it is shown cut and without control characters.
pub fn clipped(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

fn unknown_code(here: String, message: &str) -> FieldProblem {
    // The last ", expected " is serde's: what the caller wrote stands before it.
    let tail = message.rsplit_once(", expected ").map_or("", |(_, tail)| tail);
    let allowed: Vec<&str> = tail.split('`').skip(1).step_by(2).collect();
    let allowed = allowed.join(", ");
    let text = Text::new(
        format!("Mã không được biết; các mã: {allowed}"),
        format!("Unknown code; one of: {allowed}"),
    );
    FieldProblem::new(here, "unknown_code", text)
}

fn wrong_type(here: String, message: &str) -> FieldProblem {
    let expected = message.rsplit_once(", expected ").map_or("", |(_, tail)| tail);
    let (vi, en) = match expected {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "isize" => {
            ("số nguyên", "an integer")
        }
        "f32" | "f64" => ("số", "a number"),
        "a boolean" => ("true hoặc false", "true or false"),
        "a sequence" => ("một danh sách", "an array"),
        text if text.starts_with("struct ") || text == "a map" || text.starts_with("internally tagged") => {
            ("một đối tượng", "an object")
        }
        text if text.contains("string")
            || text.contains("str")
            || text.contains("date")
            || text.contains("time") =>
        {
            ("một chuỗi", "a string")
        }
        _ => ("kiểu khác", "another type"),
    };
    FieldProblem::new(
        here,
        "type",
        Text::new(format!("Sai kiểu dữ liệu; cần {vi}"), format!("Wrong type; {en} is needed")),
    )
}

/// How the standard library refuses numbers and flags that come as text, in queries.
fn not_a_number(message: &str) -> Option<&'static str> {
    match message {
        "number too large to fit in target type" | "number too small to fit in target type" => Some("range"),
        "invalid digit found in string"
        | "cannot parse integer from empty string"
        | "invalid float literal"
        | "provided string was not `true` or `false`" => Some("type"),
        _ => None,
    }
}

fn is_chrono(message: &str) -> bool {
    matches!(
        message,
        "input is out of range"
            | "no possible date and time matching input"
            | "input is not enough for unique date and time"
            | "input contains invalid characters"
            | "premature end of input"
            | "trailing input"
            | "bad or unsupported format string"
    )
}

/// A path of serde as a JSON pointer (RFC 6901).
fn pointer_of<'a>(path: impl Iterator<Item = &'a Segment>) -> String {
    let mut out = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut out, &index.to_string()),
            Segment::Map { key } => push(&mut out, key),
            // The name of a variant is not a place in the body.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    out
}

fn child(parent: &str, name: &str) -> String {
    let mut out = parent.to_owned();
    push(&mut out, name);
    out
}

/// Puts one step behind a pointer.
pub fn push(pointer: &mut String, step: &str) {
    pointer.push('/');
    for c in step.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// All violations that the validator found, in the order of their pointers.
pub fn from_validator(errors: &ValidationErrors) -> Vec<FieldProblem> {
    let mut found = Vec::new();
    collect("", errors, &mut found);
    found.sort_by(|a, b| (&a.pointer, &a.code).cmp(&(&b.pointer, &b.code)));
    found
}

fn collect(here: &str, errors: &ValidationErrors, found: &mut Vec<FieldProblem>) {
    for (name, kind) in errors.errors() {
        // `__all__` is a rule of the whole; `r#type` is Rust's way to name a field `type`.
        let field = match name.as_ref() {
            "__all__" => here.to_owned(),
            name => child(here, name.strip_prefix("r#").unwrap_or(name)),
        };
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(&field, inner, found),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(&child(&field, &index.to_string()), inner, found);
                }
            }
            ValidationErrorsKind::Field(errors) => {
                found.extend(
                    errors.iter().map(|e| FieldProblem::new(field.clone(), e.code.clone(), message(e))),
                );
            }
        }
    }
}

/// The sentence of a violation. A rule of our own gives both languages as `vi|en`.
fn message(error: &ValidationError) -> Text {
    if let Some((vi, en)) = error.message.as_deref().and_then(|text| text.split_once('|')) {
        return Text::new(vi.to_owned(), en.to_owned());
    }
    // Never `value`: that is what the caller sent.
    let limit = |name: &'static str| error.params.get(&Cow::Borrowed(name)).map(ToString::to_string);
    match (error.code.as_ref(), limit("min"), limit("max"), limit("equal")) {
        ("length", _, _, Some(n)) => {
            Text::new(format!("Độ dài phải là {n}"), format!("The length must be {n}"))
        }
        ("length", Some(a), Some(b), _) => {
            Text::new(format!("Độ dài phải từ {a} đến {b}"), format!("The length must be {a} to {b}"))
        }
        ("length", Some(a), None, _) => {
            Text::new(format!("Độ dài ít nhất là {a}"), format!("The length must be at least {a}"))
        }
        ("length", None, Some(b), _) => {
            Text::new(format!("Độ dài nhiều nhất là {b}"), format!("The length must be at most {b}"))
        }
        ("range", Some(a), Some(b), _) => {
            Text::new(format!("Giá trị phải từ {a} đến {b}"), format!("The value must be {a} to {b}"))
        }
        ("range", Some(a), None, _) => {
            Text::new(format!("Giá trị phải từ {a} trở lên"), format!("The value must be at least {a}"))
        }
        ("range", None, Some(b), _) => {
            Text::new(format!("Giá trị phải từ {b} trở xuống"), format!("The value must be at most {b}"))
        }
        ("required", ..) => required(),
        ("email", ..) => Text::new("Địa chỉ thư điện tử không hợp lệ", "Not a valid e-mail address"),
        ("url", ..) => Text::new("Địa chỉ web không hợp lệ", "Not a valid web address"),
        ("regex", ..) => Text::new("Sai định dạng", "The format is not right"),
        _ => Text::new("Giá trị không hợp lệ", "The value is not acceptable"),
    }
}

#[cfg(test)]
#[path = "violations/tests.rs"]
mod tests;
