//! Pages of a list by keyset: limit, opaque cursor, `Link`.
//!
//! Owns the cursor: it carries the sort key of the last item, is bound to the filters of the list,
//! and cannot be made or changed by a caller. A cursor stands in addresses, so a sort key must
//! never hold anything personal.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use actix_web::http::header::{self, HeaderName, HeaderValue};

use crate::http::language::Text;
use crate::http::problem::{ErrorCode, FieldProblem, Problem};

/// Items of a page when the caller does not say.
pub const DEFAULT_LIMIT: u32 = 50;
/// Most items of a page.
pub const MAX_LIMIT: u32 = 200;
/// Longer cursors are refused unread.
const LONGEST: usize = 1024;
/// Bytes of the authentication code that a cursor carries.
const CODE: usize = 16;

/// One page of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// The cursor of the next page; null on the last one.
    pub next_cursor: Option<String>,
    /// How many items the whole list has; only when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Whether `count` is exact or a lower bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_kind: Option<CountKind>,
}

/// How a count is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountKind {
    /// The number itself.
    Exact,
    /// At least this many: counting stopped here.
    Capped,
}

impl<T> Page<T> {
    /// A page without a count.
    pub fn new(items: Vec<T>, next_cursor: Option<String>) -> Self {
        Self { items, next_cursor, count: None, count_kind: None }
    }

    /// With the count of the whole list.
    #[must_use]
    pub fn with_count(mut self, count: u64, kind: CountKind) -> Self {
        (self.count, self.count_kind) = (Some(count), Some(kind));
        self
    }

    /// With each item turned into another, such as a row into its view.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            next_cursor: self.next_cursor,
            count: self.count,
            count_kind: self.count_kind,
        }
    }

    /// The `Link` header to the next page; `path` and `query` are those of this request.
    pub fn link(&self, path: &str, query: &str) -> Option<(HeaderName, HeaderValue)> {
        let cursor = self.next_cursor.as_deref()?;
        let mut next = form_urlencoded::Serializer::new(String::new());
        next.extend_pairs(form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor"));
        next.append_pair("cursor", cursor);
        let value = format!("<{path}?{}>; rel=\"next\"", next.finish());
        HeaderValue::from_str(&value).ok().map(|value| (header::LINK, value))
    }
}

/// The number of items a caller asks for.
///
/// # Errors
/// 400 when it is not 1 to [`MAX_LIMIT`].
pub fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(n) if (1..=MAX_LIMIT).contains(&n) => Ok(n),
        Some(_) => {
            let text = Text::new("Giá trị phải từ 1 đến 200", "The value must be 1 to 200");
            Err(Problem::new(ErrorCode::InvalidQueryParameter)
                .with_errors(vec![FieldProblem::new("limit", "range", text)]))
        }
    }
}

/// What a cursor is bound to: list, filters and order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a list and all that decides which items it shows and in which order: filters, sort, and
    /// what the caller may see. Not the limit: it may change from page to page.
    pub fn of(list: &str, filters: &impl Serialize) -> Self {
        let mut hash = Sha256::new();
        hash.update(list.as_bytes());
        hash.update([0]);
        // Filters are plain values; should one not serialise, the cursor is bound to the list alone.
        hash.update(serde_json::to_vec(filters).unwrap_or_default());
        Self(hash.finalize().into())
    }
}

/// Makes and reads cursors.
#[derive(Clone)]
pub struct Cursors {
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for Cursors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cursors")
    }
}

impl Cursors {
    /// With a secret key that all instances share.
    pub fn new(key: &[u8; 32]) -> Self {
        // Padded to the block of the hash, as HMAC does itself with a shorter key.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        Self { mac: Hmac::new(&block) }
    }

    /// The cursor after an item with this sort key.
    pub fn encode<K: Serialize>(&self, fingerprint: Fingerprint, key: &K) -> String {
        // A sort key of plain values always serialises; an empty cursor would be refused.
        let payload = serde_json::to_vec(key).unwrap_or_default();
        let mut bytes = self.code(fingerprint, &payload).get(..CODE).unwrap_or_default().to_vec();
        bytes.extend_from_slice(&payload);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The sort key in a cursor.
    ///
    /// # Errors
    /// 400 when it was not made by us for this list and these filters.
    pub fn decode<K: DeserializeOwned>(&self, fingerprint: Fingerprint, cursor: &str) -> Result<K, Problem> {
        self.read(fingerprint, cursor).ok_or_else(|| Problem::new(ErrorCode::InvalidCursor))
    }

    fn read<K: DeserializeOwned>(&self, fingerprint: Fingerprint, cursor: &str) -> Option<K> {
        if cursor.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (code, payload) = bytes.split_at_checked(CODE)?;
        self.authenticated(fingerprint, payload).verify_truncated_left(code).ok()?;
        serde_json::from_slice(payload).ok()
    }

    fn authenticated(&self, fingerprint: Fingerprint, payload: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(&fingerprint.0);
        mac.update(payload);
        mac
    }

    fn code(&self, fingerprint: Fingerprint, payload: &[u8]) -> [u8; 32] {
        self.authenticated(fingerprint, payload).finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Key = (i64, String);

    fn cursors() -> Cursors {
        Cursors::new(&[7; 32])
    }

    #[test]
    fn a_cursor_gives_its_sort_key_back() {
        let print = Fingerprint::of("dossiers", &("H08.15", "late"));
        let key: Key = (1_700_000_000, "018b".to_owned());
        let cursor = cursors().encode(print, &key);
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_eq!(cursors().decode::<Key>(print, &cursor).unwrap(), key);
    }

    #[test]
    fn a_cursor_of_others_or_for_others_is_refused() {
        let print = Fingerprint::of("dossiers", &"a");
        let cursor = cursors().encode(print, &(1_i64, "x"));
        let refused = |print, cursor: &str| {
            let error = cursors().decode::<Key>(print, cursor).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidCursor);
        };
        refused(Fingerprint::of("dossiers", &"b"), &cursor);
        refused(Fingerprint::of("events", &"a"), &cursor);
        refused(print, &Cursors::new(&[8; 32]).encode(print, &(1_i64, "x")));
        for i in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[i] = if changed[i] == b'A' { b'B' } else { b'A' };
            refused(print, std::str::from_utf8(&changed).unwrap());
        }
        for bad in ["", "AAAA", "?", "ệ", &"A".repeat(2000), &cursor[1..], &format!("{cursor}=")] {
            refused(print, bad);
        }
        refused(print, &cursors().encode(print, &"another shape"));
    }

    #[test]
    fn limits_are_1_to_200() {
        assert_eq!(limit(None).unwrap(), 50);
        assert_eq!((limit(Some(1)).unwrap(), limit(Some(200)).unwrap()), (1, 200));
        for bad in [0, 201, u32::MAX] {
            assert_eq!(limit(Some(bad)).unwrap_err().code(), ErrorCode::InvalidQueryParameter);
        }
    }

    #[test]
    fn the_link_keeps_the_filters_and_replaces_the_cursor() {
        let page = Page::new(vec![1], Some("next".to_owned()));
        let (name, value) = page.link("/api/v1/dossiers", "status=accepted&cursor=old&limit=10").unwrap();
        assert_eq!(name, header::LINK);
        assert_eq!(value, "</api/v1/dossiers?status=accepted&limit=10&cursor=next>; rel=\"next\"");
        assert_eq!(page.link("/x", "").unwrap().1, "</x?cursor=next>; rel=\"next\"");
        // What a caller writes in a query cannot leave the angle brackets.
        let odd = page.link("/x", "q=%3E%3B%20rel%3D%22evil%22%0D%0A").unwrap().1;
        assert_eq!(odd, "</x?q=%3E%3B+rel%3D%22evil%22%0D%0A&cursor=next>; rel=\"next\"");
        assert!(Page::new(vec![1], None).link("/x", "").is_none());
    }

    #[test]
    fn a_page_shows_a_count_only_when_asked() {
        let page = Page::new(vec![1, 2], None).map(|n| n * 2);
        assert_eq!(serde_json::to_string(&page).unwrap(), r#"{"items":[2,4],"next_cursor":null}"#);
        let page = page.with_count(10_000, CountKind::Capped);
        let json = serde_json::to_string(&page).unwrap();
        assert!(json.ends_with(r#""count":10000,"count_kind":"capped"}"#), "{json}");
    }
}
