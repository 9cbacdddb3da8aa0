//! A first walk over a JSON text, for what no type would notice.
//!
//! serde takes the last of two equal keys in a free-form object and would read a text nested
//! deeply enough to matter; PostgreSQL cannot store U+0000. All three are refused here, before any
//! type is read. After this walk the text is known to be JSON.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use crate::http::language::Text;
use crate::http::problem::{ErrorCode, FieldProblem, Problem};
use crate::http::violations::push;

/// Arrays and objects that may stand inside each other.
pub const DEEPEST: usize = 64;

/// Checks a text.
///
/// # Errors
/// 400 when it is no JSON (with the place), too deep, or has a key twice; 422 for U+0000.
pub fn check(text: &str) -> Result<(), Problem> {
    let mut state = State::default();
    let mut source = serde_json::Deserializer::from_str(text);
    let walked = Walk { state: &mut state, depth: 0 }.deserialize(&mut source).and_then(|()| source.end());
    match (walked, state.found) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(Found::TooDeep)) => Err(Problem::new(ErrorCode::BodyTooDeep)),
        (Err(_), Some(Found::Twice)) => {
            let text = Text::new("Khóa bị lặp lại", "The key is given twice");
            Err(Problem::new(ErrorCode::MalformedJson).with_errors(vec![FieldProblem::new(
                pointer(&state.path),
                "duplicate_key",
                text,
            )]))
        }
        (Err(_), Some(Found::Nul)) => {
            let text = Text::new("Có ký tự không được phép (U+0000)", "A character is not allowed (U+0000)");
            Err(Problem::invalid(pointer(&state.path), "invalid_character", text))
        }
        (Err(error), None) => {
            let (line, column) = (error.line(), error.column());
            Err(Problem::new(ErrorCode::MalformedJson).with_detail(Text::new(
                format!("Lỗi cú pháp tại dòng {line}, cột {column}"),
                format!("Syntax error at line {line}, column {column}"),
            )))
        }
    }
}

fn pointer(path: &[String]) -> String {
    path.iter().fold(String::new(), |mut out, step| {
        push(&mut out, &crate::http::violations::clipped(step));
        out
    })
}

#[derive(Default)]
struct State {
    /// Where the walk is; it stays there when something is found.
    path: Vec<String>,
    found: Option<Found>,
}

enum Found {
    TooDeep,
    Twice,
    Nul,
}

struct Walk<'a> {
    state: &'a mut State,
    depth: usize,
}

impl Walk<'_> {
    fn stop<E: Error>(self, found: Found) -> E {
        self.state.found = Some(found);
        E::custom("found")
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') { Err(self.stop(Found::Nul)) } else { Ok(()) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if self.depth >= DEEPEST {
            return Err(self.stop(Found::TooDeep));
        }
        let mut index = 0_usize;
        loop {
            self.state.path.push(index.to_string());
            let more = items.next_element_seed(Walk { state: &mut *self.state, depth: self.depth + 1 })?;
            self.state.path.pop();
            if more.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        if self.depth >= DEEPEST {
            return Err(self.stop(Found::TooDeep));
        }
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.state.path.push(key.clone());
            if key.contains('\0') {
                return Err(self.stop(Found::Nul));
            }
            if !keys.insert(key) {
                return Err(self.stop(Found::Twice));
            }
            entries.next_value_seed(Walk { state: &mut *self.state, depth: self.depth + 1 })?;
            self.state.path.pop();
        }
        Ok(())
    }
}
