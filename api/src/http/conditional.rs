//! Conditional requests (RFC 9110, section 13) by strong entity tags.
//!
//! Owns the form of tags and the reading of `If-Match` and `If-None-Match`. It does not know where
//! versions come from.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::http::problem::{ErrorCode, Problem};

/// A strong entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// The tag of a version: `"v17"`.
    pub fn of_version(version: impl std::fmt::Display) -> Self {
        Self(format!("\"v{version}\""))
    }

    /// The tag of content, by its digest.
    pub fn of_digest(digest: &[u8]) -> Self {
        use base64::Engine;
        Self(format!("\"{}\"", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)))
    }

    /// The tag as it stands in headers, quotes included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The header of an answer.
    pub fn header(&self) -> (HeaderName, HeaderValue) {
        // Quotes, letters and digits always make a header value.
        (header::ETAG, HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("\"\"")))
    }
}

/// What a header of conditions names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Any,
    Tags(Vec<(bool, String)>),
}

/// The `If-Match` of a request that changes a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Condition);

impl IfMatch {
    /// Reads the header.
    ///
    /// # Errors
    /// 428 without it, 400 when it cannot be read.
    pub fn required(headers: &HeaderMap) -> Result<Self, Problem> {
        Self::optional(headers)?.ok_or_else(|| Problem::new(ErrorCode::PreconditionRequired))
    }

    /// Reads the header where it may be left out.
    ///
    /// # Errors
    /// 400 when it cannot be read.
    pub fn optional(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        Ok(read(headers, &header::IF_MATCH)?.map(Self))
    }

    /// Whether the condition holds; weak tags never match.
    pub fn matches(&self, current: &ETag) -> bool {
        match &self.0 {
            Condition::Any => true,
            Condition::Tags(tags) => tags.iter().any(|(weak, tag)| !weak && *tag == current.0),
        }
    }

    /// Refuses what is stale.
    ///
    /// # Errors
    /// 412 when the condition does not hold, with the current tag.
    pub fn check(&self, current: &ETag) -> Result<(), Problem> {
        if self.matches(current) {
            return Ok(());
        }
        let (name, value) = current.header();
        Err(Problem::new(ErrorCode::PreconditionFailed).with_header(name, value))
    }
}

/// The answer 304 when the reader has the current state already; weak tags match too.
pub fn not_modified(headers: &HeaderMap, current: &ETag) -> Option<HttpResponse> {
    // One that cannot be read is no condition: the full answer is always right.
    let matches = match read(headers, &header::IF_NONE_MATCH).ok()?? {
        Condition::Any => true,
        Condition::Tags(tags) => tags.iter().any(|(_, tag)| *tag == current.0),
    };
    matches.then(|| HttpResponse::build(StatusCode::NOT_MODIFIED).insert_header(current.header()).finish())
}

fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Condition>, Problem> {
    let bad = || Problem::new(ErrorCode::InvalidHeader);
    let mut found = None;
    for value in headers.get_all(name) {
        let next = parse(value.to_str().map_err(|_| bad())?).ok_or_else(bad)?;
        found = Some(match (found, next) {
            (None, next) => next,
            (Some(Condition::Tags(mut all)), Condition::Tags(more)) => {
                all.extend(more);
                Condition::Tags(all)
            }
            _ => return Err(bad()),
        });
    }
    Ok(found)
}

fn parse(text: &str) -> Option<Condition> {
    if text.trim() == "*" {
        return Some(Condition::Any);
    }
    let mut tags = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (weak, strong) = match rest.strip_prefix("W/") {
            Some(strong) => (true, strong),
            None => (false, rest),
        };
        let (tag, after) = strong.strip_prefix('"')?.split_once('"')?;
        let visible = |b: u8| b == 0x21 || (0x23..=0x7E).contains(&b) || b >= 0x80;
        if !tag.bytes().all(visible) || tags.len() >= 64 {
            return None;
        }
        tags.push((weak, format!("\"{tag}\"")));
        let after = after.trim_start_matches([' ', '\t']);
        if !after.is_empty() && !after.starts_with(',') {
            return None;
        }
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    if tags.is_empty() { None } else { Some(Condition::Tags(tags)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
        let request = values.iter().fold(TestRequest::default(), |r, v| r.append_header((name.clone(), *v)));
        request.to_http_request().headers().clone()
    }

    fn if_match(values: &[&str]) -> Result<IfMatch, ErrorCode> {
        IfMatch::required(&headers(header::IF_MATCH, values)).map_err(|p| p.code())
    }

    #[test]
    fn a_version_has_a_strong_tag() {
        assert_eq!(ETag::of_version(17).as_str(), "\"v17\"");
        assert_eq!(ETag::of_version(17).header().1, "\"v17\"");
        assert_eq!(ETag::of_digest(&[0xFF, 0xEE]).as_str(), "\"_-4\"");
    }

    #[test]
    fn a_change_needs_the_current_tag() {
        let current = ETag::of_version(17);
        assert_eq!(if_match(&[]), Err(ErrorCode::PreconditionRequired));
        for (value, matches) in [
            ("\"v17\"", true),
            ("\"v16\"", false),
            ("\"v16\", \"v17\"", true),
            ("\"v16\",,\"v17\" ", true),
            ("*", true),
            ("W/\"v17\"", false),
            ("\"a,b\", \"v17\"", true),
        ] {
            assert_eq!(if_match(&[value]).unwrap().matches(&current), matches, "{value}");
        }
        assert!(if_match(&["\"v16\"", "\"v17\""]).unwrap().matches(&current));
        let stale = if_match(&["\"v16\""]).unwrap().check(&current).unwrap_err();
        assert_eq!(stale.code(), ErrorCode::PreconditionFailed);
        for bad in ["v17", "\"v17", "'v17'", "", ",", "\"a\" \"b\"", "*, \"v17\"", "w/\"v17\"", "\"a b\""] {
            assert_eq!(if_match(&[bad]), Err(ErrorCode::InvalidHeader), "{bad}");
        }
        assert_eq!(if_match(&["*", "\"v17\""]), Err(ErrorCode::InvalidHeader));
    }

    #[test]
    fn a_reader_with_the_current_state_gets_304() {
        let current = ETag::of_version(17);
        let answer = |values: &[&str]| not_modified(&headers(header::IF_NONE_MATCH, values), &current);
        for value in ["\"v17\"", "W/\"v17\"", "*", "\"x\", \"v17\""] {
            let answer = answer(&[value]).unwrap();
            assert_eq!((answer.status(), answer.headers().len()), (StatusCode::NOT_MODIFIED, 1));
        }
        for values in [&[][..], &["\"v16\""], &["v17"]] {
            assert!(answer(values).is_none());
        }
    }
}
