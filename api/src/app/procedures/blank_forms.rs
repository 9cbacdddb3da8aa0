//! Blank forms of papers: small files that belong to a version, and with it are never changed once
//! it is published.

use domain::access::{self, Action};
use domain::text;
use persistence::blank_forms::{self, About, BlankForm};
use persistence::{Reader, WriteTx, procedures};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::versions::{a_draft, a_published, record};
use crate::app::Cx;
use crate::app::error::Error;

/// The kinds of files that forms come as, by their ending, and how such a file begins.
const KINDS: &[(&str, &str, &[u8])] = &[
    ("pdf", "application/pdf", b"%PDF-"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    ("odt", "application/vnd.oasis.opendocument.text", b"PK\x03\x04"),
    ("doc", "application/msword", b"\xD0\xCF\x11\xE0"),
    ("xls", "application/vnd.ms-excel", b"\xD0\xCF\x11\xE0"),
];

/// The media type of a file, by its name and its first bytes, which must agree.
pub fn media_type(file_name: &str, content: &[u8]) -> Option<&'static str> {
    let (_, ending) = file_name.rsplit_once('.')?;
    let kind = KINDS.iter().find(|(e, _, _)| e.eq_ignore_ascii_case(ending))?;
    content.starts_with(kind.2).then_some(kind.1)
}

/// A name of a file, if it is one that leads nowhere.
pub fn file_name(raw: &str) -> Option<String> {
    text::line(raw, 200).ok().filter(|name| !name.contains(['/', '\\']))
}

/// What is known of a file that is the blank form of a paper.
pub fn about(paper: String, file_name: String, content_type: &str, content: &[u8]) -> About {
    About {
        paper,
        file_name,
        content_type: content_type.to_owned(),
        size: i64::try_from(content.len()).unwrap_or(i64::MAX),
        sha256: persistence::audit::hex(&Sha256::digest(content)),
    }
}

/// Puts the blank form of a paper of a draft in; says whether there was none before.
///
/// # Errors
/// [`persistence::Error::NotFound`], also for a paper that the draft does not have; else as
/// [`save`](super::versions::save).
pub fn put_blank_form(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    code: &str,
    id: Uuid,
    form: &BlankForm,
) -> Result<bool, Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::EditCatalogue)?;
    let found = a_draft(tx, code, id)?;
    found.procedure.paper(&form.about.paper).ok_or(persistence::Error::NotFound)?;
    let before = blank_forms::of_version(&mut tx.reader(), id)?;
    // The draft is another one now: whoever read it before must look again before publishing it.
    procedures::save_draft(tx, &found, &found.procedure, false, cx.now)?;
    blank_forms::put(tx, id, form, cx.now)?;
    let detail =
        json!({ "version": id, "did": "blank_form", "paper": form.about.paper, "sha256": form.about.sha256 });
    record(cx, tx, &permit, code, detail);
    Ok(before.iter().all(|about| about.paper != form.about.paper))
}

/// Takes the blank form of a paper of a draft away.
///
/// # Errors
/// As [`put_blank_form`].
pub fn delete_blank_form(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    code: &str,
    id: Uuid,
    paper: &str,
) -> Result<(), Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::EditCatalogue)?;
    let found = a_draft(tx, code, id)?;
    blank_forms::delete(tx, id, paper)?;
    procedures::save_draft(tx, &found, &found.procedure, false, cx.now)?;
    record(cx, tx, &permit, code, json!({ "version": id, "did": "blank_form_deleted", "paper": paper }));
    Ok(())
}

/// The blank form of a paper of a published version.
///
/// # Errors
/// [`persistence::Error::NotFound`]; those of the store.
pub fn blank_form(reader: &mut Reader<'_>, code: &str, id: Uuid, paper: &str) -> Result<BlankForm, Error> {
    a_published(reader, code, id)?;
    Ok(blank_forms::get(reader, id, paper)?)
}

/// The blank form of a paper of any version.
///
/// # Errors
/// [`persistence::Error::NotFound`]; [`Error::Denied`]; those of the store.
pub fn any_blank_form(
    cx: &Cx,
    reader: &mut Reader<'_>,
    code: &str,
    id: Uuid,
    paper: &str,
) -> Result<BlankForm, Error> {
    access::authorize_somewhere(&cx.actor, Action::ReadCatalogue)?;
    procedures::get(reader, code, id)?;
    Ok(blank_forms::get(reader, id, paper)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_name_and_its_beginning_say() {
        assert_eq!(media_type("Mẫu số 03.PDF", b"%PDF-1.7"), Some("application/pdf"));
        assert!(
            media_type("mau.docx", b"PK\x03\x04..").is_some_and(|t| t.ends_with("wordprocessingml.document"))
        );
        for (name, content) in
            [("mau.pdf", &b"<html>"[..]), ("mau.html", b"%PDF-"), ("mau", b"%PDF-"), ("a.pdf", b"")]
        {
            assert_eq!(media_type(name, content), None, "{name}");
        }
    }

    #[test]
    fn names_lead_nowhere() {
        assert_eq!(file_name("Mẫu số 03.docx").unwrap(), "Mẫu số 03.docx");
        for bad in ["../x.pdf", "a\\b.pdf", "\u{202e}fdp.exe"] {
            assert!(file_name(bad).is_none(), "{bad}");
        }
    }
}
