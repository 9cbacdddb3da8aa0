//! Giấy tờ: how a paper is handed in, what becomes of its file, and when it may be replaced.
//!
//! Owns the rules of papers and of their files. It must not know where a file is kept.

use chrono::{DateTime, Utc};

use super::Dossier;
use super::command::PaperIn;
use super::event::Event;
use super::status::{Clock, Status};
use super::transition::{Refusal, Violation, allowed_from};
use crate::access::Permit;
use crate::text;

crate::codes! {
    /// Hình thức giấy tờ: how a paper was handed in (Decree 61/2018/NĐ-CP as amended, on originals,
    /// copies, digitised papers and papers that are used again).
    pub enum PaperKind {
        /// Bản chính.
        Original => "original", "Bản chính", "Original on paper",
        /// Bản sao.
        Copy => "copy", "Bản sao", "Copy on paper",
        /// Bản điện tử hoặc số hóa.
        Digitised => "digitised", "Bản điện tử, số hóa", "Digitised, as a file",
        /// Dùng lại giấy tờ của hồ sơ trước.
        Reused => "reused", "Dùng lại của hồ sơ trước", "Used again from an earlier dossier",
    }
}

crate::codes! {
    /// Tình trạng tệp: how far a file has come.
    pub enum FileState {
        /// It is coming in.
        Receiving => "receiving", "Đang nhận", "Coming in",
        /// It is whole and may be named by a dossier.
        Ready => "ready", "Sẵn sàng", "Ready to be used",
        /// A dossier names it: it stays.
        Used => "used", "Đã dùng trong hồ sơ", "Used by a dossier",
        /// Nobody wants it: its content goes first, then its record.
        Removing => "removing", "Đang xóa", "Being removed",
    }
}

crate::codes! {
    /// Kết quả quét mã độc.
    pub enum ScanState {
        /// This installation scans nothing.
        Unscanned => "unscanned", "Không quét", "Not scanned",
        /// It waits for the scanner.
        Pending => "pending", "Chờ quét", "Waiting for the scan",
        /// The scanner found nothing.
        Clean => "clean", "Sạch", "Clean",
        /// The scanner found something: the content is gone.
        Infected => "infected", "Nhiễm mã độc", "Infected",
    }
}

/// What is wrong with the way in which a paper is handed in: it must be exactly one.
pub fn one_way(paper: &PaperIn, pointer: &str) -> Option<Violation> {
    let ways = [paper.original, paper.copy, paper.upload.is_some(), paper.reuse.is_some()];
    (ways.iter().filter(|way| **way).count() != 1).then(|| {
        Violation::new(
            pointer.to_owned(),
            "paper_or_file",
            "Mỗi giấy tờ nộp theo đúng một cách: bản chính (original), bản sao (copy), tệp (upload) hoặc dùng lại (reuse).",
            "A paper is handed in in exactly one way: original, copy, upload or reuse.",
        )
    })
}

/// Whether papers may still be replaced: before acceptance, while the dossier is open.
pub fn may_be_replaced(dossier: &Dossier) -> bool {
    let open =
        matches!(dossier.status, Status::Registered | Status::SupplementRequested | Status::PaymentRequested);
    open && dossier.clock == Clock::NotStarted
}

/// Replaces a paper: the dossier keeps its status, its history gets an event.
///
/// # Errors
/// [`Refusal::NotFrom`] once the dossier is accepted or over.
pub fn replace(
    permit: &Permit,
    dossier: &Dossier,
    code: &str,
    now: DateTime<Utc>,
) -> Result<(Dossier, Event), Refusal> {
    if !may_be_replaced(dossier) {
        let allowed = allowed_from(dossier.status).map(|row| row.action).collect();
        return Err(Refusal::NotFrom { status: dossier.status, action: permit.action(), allowed });
    }
    let after = Dossier { version: dossier.version + 1, ..dossier.clone() };
    let mut event = Event::of(permit, &after, Some(dossier), now);
    event.detail.papers = vec![code.to_owned()];
    Ok((after, event))
}

/// Longest name of a file in characters.
const NAME_CHARACTERS: usize = 120;

/// The name of a file as it is kept: without any folder, hidden character or character that a file
/// system minds, of at most 120 characters with its ending; `fallback` when nothing is left.
pub fn file_name(raw: &str, fallback: &str) -> String {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last
        .chars()
        .filter(|c| !text::is_hidden(*c))
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c })
        .collect();
    let line = text::line(&plain, usize::MAX).unwrap_or_default();
    let name = line.trim_matches(['.', ' ']);
    if name.is_empty() {
        return fallback.to_owned();
    }
    let count = name.chars().count();
    if count <= NAME_CHARACTERS {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map(|(_, e)| e).filter(|e| e.chars().count() <= 8);
    let room = NAME_CHARACTERS - ending.map_or(0, |e| e.chars().count() + 1);
    let mut short: String = name.chars().take(room).collect();
    if let Some(ending) = ending {
        short.push('.');
        short.push_str(ending);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_names_a_file_and_nothing_else() {
        for (raw, kept) in [
            ("Sổ BHXH.pdf", "Sổ BHXH.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\lan\\đơn.docx", "đơn.docx"),
            ("..", "file.pdf"),
            ("", "file.pdf"),
            ("a\u{202E}fdp.exe\0", "afdp.exe"),
            ("tê\u{0302}p.pdf", "tê\u{0302}p.pdf"),
            ("a<b>:c?.pdf", "a_b__c_.pdf"),
        ] {
            assert_eq!(file_name(raw, "file.pdf"), kept, "{raw:?}");
        }
        // The decomposed spelling is kept composed.
        assert_eq!(file_name("ho\u{0302}\u{0300} so.pdf", "x"), "hồ so.pdf");
        let long = file_name(&format!("{}.pdf", "ô".repeat(300)), "x");
        assert_eq!((long.chars().count(), long.ends_with("ô.pdf")), (120, true));
    }

    #[test]
    fn a_paper_comes_in_one_way() {
        let paper = |original, copy, upload: Option<&str>| PaperIn {
            code: "a".into(),
            original,
            copy,
            upload: upload.map(Into::into),
            reuse: None,
        };
        assert!(one_way(&paper(true, false, None), "").is_none());
        assert!(one_way(&paper(false, true, None), "").is_none());
        assert!(one_way(&paper(false, false, Some("x")), "").is_none());
        assert!(one_way(&paper(false, false, None), "").is_some());
        assert!(one_way(&paper(true, false, Some("x")), "").is_some());
        assert!(one_way(&paper(true, true, None), "").is_some());
    }
}
