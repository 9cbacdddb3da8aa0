//! The two languages that people read, Vietnamese first.
//!
//! Owns how `Accept-Language` is understood and a text that exists in both; no words of its own.

use std::borrow::Cow;

/// A language of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Language {
    /// The language tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// What an `Accept-Language` header asks for: the higher weight of the two, Vietnamese when
    /// they are equal or neither is named. A header that makes no sense asks for nothing.
    pub fn accepted(header: &str) -> Self {
        let (mut vi, mut en, mut any) = (None, None, 0);
        for range in header.split(',').take(32) {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default();
            let weight = parts
                .find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")))
                .map_or(Some(1000), weight);
            let Some(weight) = weight else { continue };
            let primary = tag.split('-').next().unwrap_or_default();
            if primary.eq_ignore_ascii_case("vi") {
                vi = vi.max(Some(weight));
            } else if primary.eq_ignore_ascii_case("en") {
                en = en.max(Some(weight));
            } else if tag == "*" {
                any = any.max(weight);
            }
        }
        if en.unwrap_or(any) > vi.unwrap_or(any) { Self::En } else { Self::Vi }
    }
}

/// A weight in thousandths: `0.8` is 800.
fn weight(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len();
    if digits > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{fraction:0<3}").parse::<u32>().ok()?;
    match (whole, thousandths) {
        ("0", part) => Some(part),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Vietnamese.
    pub vi: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Text {
    /// A sentence in both languages.
    pub fn new(vi: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { vi: vi.into(), en: en.into() }
    }

    /// The sentence in one language.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.vi,
            Language::En => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_unless_english_is_wanted_more() {
        for (header, expected) in [
            ("", Language::Vi),
            ("fr", Language::Vi),
            ("en", Language::En),
            ("en-US,en;q=0.9,vi;q=0.8", Language::En),
            ("vi-VN, en;q=0.9", Language::Vi),
            ("en, vi", Language::Vi),
            ("EN-gb ; q=0.7 , vi;q=0.699", Language::En),
            ("*, en;q=0.5", Language::Vi),
            ("vi;q=0, *;q=0.5", Language::En),
            ("vi;q=0, en", Language::En),
            ("en;q=abc", Language::Vi),
            ("en;q=2", Language::Vi),
            ("fr, en;q=0.001", Language::En),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }
}
