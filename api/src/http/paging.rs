//! Pages of a handler: place and size from the request, the next cursor and `Link` into the answer.

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::page::{self, Cursors, Fingerprint, Page};
use super::problem::Problem;
use crate::state::State;

/// What a page begins after and how long it is.
#[derive(Debug)]
pub struct Paged<K> {
    /// Sort key to go on from.
    pub after: Option<K>,
    /// Items of the page.
    pub limit: usize,
    cursors: Cursors,
    fingerprint: Fingerprint,
}

impl<K: Serialize + DeserializeOwned> Paged<K> {
    /// Reads `limit` and `cursor`; the cursor must belong to this list and these filters.
    ///
    /// # Errors
    /// 400.
    pub fn read(
        state: &State,
        list: &str,
        filters: &impl Serialize,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Self, Problem> {
        let cursors = Cursors::new(&state.cursor_key);
        let fingerprint = Fingerprint::of(list, filters);
        let after = cursor.map(|cursor| cursors.decode(fingerprint, cursor)).transpose()?;
        let limit = usize::try_from(page::limit(limit)?).unwrap_or(usize::MAX);
        Ok(Self { after, limit, cursors, fingerprint })
    }

    /// How many to fetch: one more than the page, to know whether there is another.
    pub fn fetch(&self) -> usize {
        self.limit.saturating_add(1)
    }

    /// [`Paged::fetch`] as the store takes it.
    pub fn fetch_rows(&self) -> i64 {
        i64::try_from(self.fetch()).unwrap_or(i64::MAX)
    }

    /// The cursor of this list that goes on behind a key.
    pub fn cursor(&self, key: &K) -> String {
        self.cursors.encode(self.fingerprint, key)
    }

    /// A page of a list that is searched rather than read: it says itself where it goes on, and may
    /// be short and not the last.
    pub fn searched<T>(&self, items: Vec<T>, rest: Option<&K>) -> Page<T> {
        Page::new(items, rest.map(|key| self.cursor(key)))
    }

    /// The page, with a cursor when there is more.
    pub fn page<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> K) -> Page<T> {
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        let next =
            items.last().filter(|_| more).map(|last| self.cursors.encode(self.fingerprint, &key(last)));
        Page::new(items, next)
    }
}

/// Bytes that an item of a page takes, about: a line of the list of dossiers.
const ITEM: usize = 512;

/// Answers a page of a GET, with its `Link`.
pub fn respond<T: Serialize>(request: &HttpRequest, page: Page<T>) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    if let Some(link) = page.link(request.path(), request.query_string()) {
        response.insert_header(link);
    }
    // Made with room for all of it: growing would copy a long page over and over.
    let mut text = Vec::with_capacity(ITEM.saturating_mul(page.items.len().saturating_add(1)));
    serde_json::to_writer(&mut text, &page).map_err(|e| Problem::internal(e.to_string()))?;
    Ok(response.content_type(ContentType::json()).body(text))
}
