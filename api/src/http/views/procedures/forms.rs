//! The blank forms of a catalogue file: each must belong to a version of the file, and be what it says.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::exchange::CatalogueForm;
use crate::app::procedures::blank_forms::{about, file_name, media_type};
use crate::app::procedures::exchange::{Contents, Item};
use crate::http::language::Text;
use crate::http::problem::FieldProblem;

/// Gives each item its blank forms; all that is wrong at once.
///
/// # Errors
/// Every fault, each with its place in the file.
pub(super) fn attach(
    items: &mut [Item],
    forms: Vec<CatalogueForm>,
    encoded: &BTreeMap<String, String>,
    longest: usize,
) -> Result<Contents, Vec<FieldProblem>> {
    let mut wrong = Vec::new();
    let contents = decoded(encoded, longest, &mut wrong);
    for item in items.iter_mut() {
        item.forms = Some(Vec::new());
    }
    let mut seen = BTreeSet::new();
    for (i, form) in forms.into_iter().enumerate() {
        let mut refuse = |field: &str, code: &'static str, vi: &'static str, en: &'static str| {
            wrong.push(FieldProblem::new(format!("/blank_forms/{i}{field}"), code, Text::new(vi, en)));
        };
        let of = items.iter_mut().find(|item| {
            item.procedure.code == form.procedure
                && item.dated.then_some(item.procedure.valid_from) == form.valid_from
        });
        let Some(item) = of else {
            refuse("/procedure", "unknown", "Tệp không có phiên bản này.", "The file has no such version.");
            continue;
        };
        if item.procedure.paper(&form.paper).is_none() {
            refuse("/paper", "unknown", "Thủ tục không có giấy tờ này.", "The procedure has no such paper.");
        } else if !seen.insert((form.procedure, form.valid_from, form.paper.clone())) {
            refuse("/paper", "repeated", "Đã có trong tệp.", "The file has it twice.");
        }
        let Some(name) = file_name(&form.file_name) else {
            refuse("/file_name", "invalid", "Tên tệp không hợp lệ", "Not a name of a file");
            continue;
        };
        let Some(content) = contents.get(&form.sha256) else {
            // What stands there and is wrong has been told.
            if !encoded.contains_key(&form.sha256) {
                let en = "`contents` does not have this file.";
                refuse("/sha256", "unknown", "`contents` không có tệp này.", en);
            }
            continue;
        };
        match (media_type(&name, content), &mut item.forms) {
            (Some(kind), Some(forms)) => forms.push(about(form.paper, name, kind, content)),
            _ => {
                let (vi, en) = ("Loại tệp này không được nhận.", "Files of this type are not taken.");
                refuse("/file_name", "file_type_not_taken", vi, en);
            }
        }
    }
    if wrong.is_empty() { Ok(contents) } else { Err(wrong) }
}

/// The files of a file, each of which must have the digest that it stands under.
fn decoded(encoded: &BTreeMap<String, String>, longest: usize, wrong: &mut Vec<FieldProblem>) -> Contents {
    let mut contents = Contents::new();
    for (sha256, text) in encoded {
        let place: String = sha256.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        let mut refuse = |code: &'static str, vi: &'static str, en: &'static str| {
            wrong.push(FieldProblem::new(format!("/contents/{place}"), code, Text::new(vi, en)));
        };
        match STANDARD.decode(text) {
            Err(_) => refuse("not_base64", "Không phải base64.", "It is no base64."),
            Ok(content) if content.len() > longest => {
                refuse("too_long", "Tệp quá lớn.", "The file is too large.");
            }
            Ok(content) => {
                let read = about(String::new(), String::new(), "", &content);
                if read.sha256 == *sha256 {
                    contents.insert(sha256.clone(), content);
                } else {
                    refuse(
                        "digest_differs",
                        "Nội dung không đúng mã băm SHA-256.",
                        "The content does not have this SHA-256.",
                    );
                }
            }
        }
    }
    contents
}
