//! What a file is, by its first bytes; what its sender says of it is only compared.

use crate::config::MediaType;

/// Bytes at the beginning of a file by which it is told: office documents name themselves late.
pub const HEAD: usize = 16 * 1024;

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It has no content.
    Empty,
    /// It is, by its content, of a type that is not taken, or of none that is known.
    NotTaken,
    /// It is of another type than was said.
    Differs,
}

/// Media type of PDF.
pub const PDF: &str = "application/pdf";

const OFFICE: &str = "application/vnd.openxmlformats-officedocument.";

/// Whether a type is taken.
pub fn is_taken(media_type: &str, taken: &[MediaType]) -> bool {
    taken.iter().any(|t| t.0 == media_type)
}

/// The type of a file by its first [`HEAD`] bytes; `declared` is what its sender says, if anything.
///
/// # Errors
/// [`Refused`].
pub fn settle(head: &[u8], declared: Option<&str>, taken: &[MediaType]) -> Result<String, Refused> {
    if head.is_empty() {
        return Err(Refused::Empty);
    }
    // What only says later that it is a PDF, such as a page, is none.
    let found = infer::get(head).map(|t| t.mime_type());
    let found = found.filter(|t| *t != PDF || head.starts_with(b"%PDF-"));
    let found = match (found, declared) {
        (Some("application/zip"), said) => match (office(head), said) {
            (Some(found), _) => found,
            // Its parts come too late to be seen: what the sender says is possible.
            (None, Some(said)) if said.starts_with(OFFICE) && is_package(head) => said,
            (None, _) => "application/zip",
        },
        (Some(found), _) => found,
        (None, _) => return Err(Refused::NotTaken),
    };
    if declared.is_some_and(|said| said != found) {
        return Err(Refused::Differs);
    }
    if is_taken(found, taken) { Ok(found.to_owned()) } else { Err(Refused::NotTaken) }
}

/// The names of the files at the beginning of an archive. What stands between is passed over, since
/// a file may be written before its length is known.
fn names(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    const MARK: &[u8] = b"PK\x03\x04";
    head.windows(MARK.len()).enumerate().filter(|(_, bytes)| *bytes == MARK).filter_map(|(at, _)| {
        let entry = head.get(at..)?;
        let length = u16::from_le_bytes(entry.get(26..28)?.try_into().ok()?);
        entry.get(30..30_usize.saturating_add(usize::from(length)))
    })
}

/// Whether an archive is an office document of parts (ECMA-376, part 2).
fn is_package(head: &[u8]) -> bool {
    names(head).any(|name| name == b"[Content_Types].xml" || name == b"_rels/.rels")
}

/// What an office document is, by the first of its parts that tells: programs write them in an
/// order of their own.
fn office(head: &[u8]) -> Option<&'static str> {
    let kinds = [
        (&b"word/"[..], "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (&b"xl/"[..], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ];
    let told = |name: &[u8]| kinds.iter().find(|(begin, _)| name.starts_with(begin)).map(|(_, kind)| *kind);
    is_package(head).then(|| names(head).find_map(told)).flatten()
}

/// The usual ending of files of a type.
pub fn ending(media_type: &str) -> &'static str {
    match media_type {
        "application/pdf" => "pdf",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/tiff" => "tif",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/vnd.oasis.opendocument.text" => "odt",
        "application/vnd.oasis.opendocument.spreadsheet" => "ods",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment, Overrides};

    fn zip(names: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for name in names {
            bytes.extend_from_slice(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
            bytes.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
            bytes.extend_from_slice(&[0, 0]);
            bytes.extend_from_slice(name.as_bytes());
        }
        bytes
    }

    #[test]
    fn the_content_decides_and_the_sender_must_agree() {
        let taken = Config::load(&Overrides::default(), &Environment::of(&[])).unwrap().upload_types;
        let docx = format!("{OFFICE}wordprocessingml.document");
        let pdf = b"%PDF-1.7\n".as_slice();
        let office = zip(&["[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/styles.xml"]);
        let odd = zip(&["docProps/app.xml", "x", "[Content_Types].xml"]);
        let xlsx = format!("{OFFICE}spreadsheetml.sheet");
        // As other programs write them: types last, parts in between.
        let words =
            zip(&["_rels/.rels", "docProps/core.xml", "docProps/app.xml", "a", "b", "word/document.xml"]);
        let sheets = zip(&["docProps/app.xml", "x", "y", "xl/workbook.xml", "[Content_Types].xml"]);
        let odt = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x27\0\0\0\x27\0\0\0\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.text";
        for (head, said, is) in [
            (pdf, Some("application/pdf"), Ok("application/pdf")),
            (pdf, None, Ok("application/pdf")),
            (pdf, Some("image/png"), Err(Refused::Differs)),
            (b"\xFF\xD8\xFF\xE0", Some("image/jpeg"), Ok("image/jpeg")),
            (b"\x89PNG\r\n\x1a\n", None, Ok("image/png")),
            (b"", Some("application/pdf"), Err(Refused::Empty)),
            (b"plain words", Some("application/pdf"), Err(Refused::NotTaken)),
            (b"<svg onload=alert(1)>", None, Err(Refused::NotTaken)),
            // A page that only says later that it is a PDF is a page.
            (b"<html>%PDF-1.7", Some("application/pdf"), Err(Refused::NotTaken)),
            (b"\x7fELF\x02\x01\x01", None, Err(Refused::NotTaken)),
            (&zip(&["a.txt"]), Some("application/pdf"), Err(Refused::Differs)),
            (&zip(&["a.txt"]), Some(docx.as_str()), Err(Refused::Differs)),
            (&office, Some(docx.as_str()), Ok(docx.as_str())),
            (&odd, Some(docx.as_str()), Ok(docx.as_str())),
            // Without a word of the sender an office document is what its parts say.
            (&office, None, Ok(docx.as_str())),
            (&words, None, Ok(docx.as_str())),
            (&sheets, None, Ok(xlsx.as_str())),
            (&sheets, Some(docx.as_str()), Err(Refused::Differs)),
            (odt.as_slice(), None, Ok("application/vnd.oasis.opendocument.text")),
            // What its parts do not tell is an archive, and archives are not taken.
            (&odd, None, Err(Refused::NotTaken)),
            (&zip(&["z", "word/document.xml"]), None, Err(Refused::NotTaken)),
            (&zip(&["a.txt"]), None, Err(Refused::NotTaken)),
            (b"PK\x03\x04", None, Err(Refused::NotTaken)),
        ] {
            let settled = settle(head, said, &taken);
            assert_eq!(settled.as_deref().map_err(|e| *e), is, "{:?} {said:?}", &head[..head.len().min(12)]);
        }
    }
}
