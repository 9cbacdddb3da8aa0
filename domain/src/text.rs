//! Text as people type it: one normal form, no hidden characters, and a folded form to search by.
//!
//! Owns normalisation and folding; the same [`fold`] fills the search column and folds the query.

use unicode_normalization::UnicodeNormalization;

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("the text is empty")]
    Empty,
    /// More characters than allowed.
    #[error("the text is longer than {0} characters")]
    TooLong(usize),
    /// A control, bidirectional or other invisible formatting character.
    #[error("the text holds a control or invisible formatting character")]
    Hidden,
}

/// Whether a character is invisible and can make a text read otherwise than it is stored.
///
/// Control characters, bidirectional controls (UAX 9), zero-width characters, tags, private use
/// and non-characters.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0x00AD | 0x061C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F
            | 0xFEFF | 0xFFF9..=0xFFFB | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xE0000..=0x10FFFF)
}

/// One line of text in normal form C, white space collapsed and trimmed.
///
/// # Errors
/// [`TextError`] when nothing is left, when it is longer than `max` characters after
/// normalisation, or when it holds a hidden character (a tab or line break counts as one).
pub fn line(raw: &str, max: usize) -> Result<String, TextError> {
    if raw.chars().any(is_hidden) {
        return Err(TextError::Hidden);
    }
    let composed: String = raw.nfc().collect();
    let text = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    check_length(text, max)
}

/// Several lines of text in normal form C; line breaks and tabs are kept, ends are trimmed.
///
/// # Errors
/// As [`fn@line`], but line feeds, carriage returns and tabs are allowed.
pub fn lines(raw: &str, max: usize) -> Result<String, TextError> {
    if raw.chars().any(|c| is_hidden(c) && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(TextError::Hidden);
    }
    let composed: String = raw.trim().nfc().collect();
    check_length(composed, max)
}

fn check_length(text: String, max: usize) -> Result<String, TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong(max));
    }
    Ok(text)
}

/// The form names are searched by: lower case, without Vietnamese marks, `đ` as `d`, only
/// letters and digits with single blanks between words.
///
/// `Nguyễn Thị Lan`, `NGUYEN THI LAN` and the decomposed spelling all fold to `nguyen thi lan`;
/// both placements of the tone (`hoà`, `hòa`) fold alike.
pub fn fold(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut gap = false;
    for c in raw.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        let c = match c {
            'đ' | 'Đ' => 'd',
            other => other,
        };
        if c.is_alphanumeric() {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.extend(c.to_lowercase());
        } else {
            gap = true;
        }
    }
    out
}

/// The initials of a name, for pages that may not show it: `Nguyễn Thị Lan` gives `N.T.L.`.
pub fn initials(name: &str) -> String {
    let mut out = String::new();
    for first in name.split_whitespace().filter_map(|w| w.chars().next()) {
        out.extend(first.to_uppercase());
        out.push('.');
    }
    out
}

/// All but the last `shown` characters replaced by `*`.
pub fn mask(value: &str, shown: usize) -> String {
    let hidden = value.chars().count().saturating_sub(shown);
    let mut masked = String::with_capacity(value.len());
    masked.extend(value.chars().enumerate().map(|(i, c)| if i < hidden { '*' } else { c }));
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_fold_alike_however_they_are_typed() {
        let composed = "Nguyễn Thị Đào";
        let decomposed: String = composed.nfd().collect();
        for spelling in [composed, decomposed.as_str(), "NGUYEN  THI DAO", "nguyễn-thị-đào"] {
            assert_eq!(fold(spelling), "nguyen thi dao");
        }
        assert_eq!(fold("hoà"), fold("hòa"));
    }

    #[test]
    fn a_decomposed_name_is_stored_composed() {
        let decomposed: String = "Trần Văn Ơn".nfd().collect();
        assert_eq!(line(&decomposed, 100), Ok("Trần Văn Ơn".to_owned()));
    }

    #[test]
    fn hidden_characters_are_refused() {
        for bad in ["a\u{202E}b", "a\u{0000}b", "a\u{200B}", "a\tb", "\u{FEFF}a"] {
            assert_eq!(line(bad, 10), Err(TextError::Hidden), "{bad:?}");
        }
        assert_eq!(line(" \u{3000} ", 10), Err(TextError::Empty));
        assert_eq!(line("abcdef", 5), Err(TextError::TooLong(5)));
        assert_eq!(lines("a\nb", 10), Ok("a\nb".to_owned()));
    }

    #[test]
    fn masks_and_initials_show_no_more_than_asked() {
        assert_eq!(mask("052190000001", 4), "********0001");
        assert_eq!(mask("12", 4), "12");
        assert_eq!(initials("Nguyễn Thị Lan"), "N.T.L.");
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(raw in "\\PC{0,60}") {
            let once = fold(&raw);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn a_line_is_stable(raw in "\\PC{1,60}") {
            if let Ok(text) = line(&raw, 1000) {
                prop_assert_eq!(line(&text, 1000), Ok(text.clone()));
            }
        }
    }
}
