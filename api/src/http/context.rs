//! What the edge knows of one request: identifiers, language, address.
//!
//! Owns the reading of `X-Request-Id`, `traceparent` and `X-Forwarded-For`. Handlers take a
//! [`RequestContext`] as an argument; they must not read these headers themselves.

use std::cell::RefCell;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::clock::Clock;
use crate::http::language::Language;
use crate::http::problem::{ErrorCode, Problem, Rendering};
use crate::net::{Network, client_address};

/// The header that names a request.
pub const REQUEST_ID: &str = "x-request-id";

/// What the edge knows of one request; clones are the same request.
#[derive(Debug, Clone)]
pub struct RequestContext(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    request_id: String,
    trace_id: String,
    span_id: String,
    language: Language,
    client: IpAddr,
    actor: RefCell<Actor>,
}

/// Who the log says has asked; opaque identifiers only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    /// Identifier of the account.
    pub account: Option<String>,
    /// Code of the unit.
    pub unit: Option<String>,
}

impl RequestContext {
    /// Reads the head of a request.
    pub(super) fn read(
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        clock: &Clock,
        trusted: &[Network],
    ) -> Self {
        let id = clock.new_id();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let request_id = match text(REQUEST_ID) {
            Some(given) if is_request_id(given) => given.to_owned(),
            _ => id.to_string(),
        };
        let own = id.simple().to_string();
        // The second half of a UUIDv7 is random: enough for a span.
        let span_id = own.get(16..).unwrap_or_default().to_owned();
        let trace_id = match text("traceparent").and_then(trace_id) {
            Some(given) => given.to_owned(),
            None => own,
        };
        // Only tests and Unix sockets have no peer.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let client = if trusted.is_empty() {
            peer.to_canonical()
        } else {
            let values: Vec<&str> =
                headers.get_all("x-forwarded-for").filter_map(|v| v.to_str().ok()).collect();
            client_address(peer, values.into_iter(), trusted)
        };
        let language = text(header::ACCEPT_LANGUAGE.as_str()).map_or(Language::Vi, Language::accepted);
        Self(Rc::new(Inner { request_id, trace_id, span_id, language, client, actor: RefCell::default() }))
    }

    /// The context of a request that came through the middleware.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// The identifier that stands in log, answer and audit.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The trace, 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        &self.0.trace_id
    }

    /// Our part of the trace, 16 hexadecimal digits.
    pub fn span_id(&self) -> &str {
        &self.0.span_id
    }

    /// The language of answers.
    pub fn language(&self) -> Language {
        self.0.language
    }

    /// The address of the client.
    pub fn client(&self) -> IpAddr {
        self.0.client
    }

    /// Tells the log who has asked: an opaque identifier and a unit's code, never a name.
    pub fn set_actor(&self, account: impl Into<String>, unit: Option<String>) {
        *self.0.actor.borrow_mut() = Actor { account: Some(account.into()), unit };
    }

    /// Who has asked, as far as it was told.
    pub fn actor(&self) -> Actor {
        self.0.actor.borrow().clone()
    }

    /// What problems show of the request.
    pub fn rendering(&self) -> Rendering {
        Rendering {
            language: self.0.language,
            request_id: self.0.request_id.clone(),
            trace_id: self.0.trace_id.clone(),
        }
    }
}

impl FromRequest for RequestContext {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request).ok_or_else(|| {
            Problem::new(ErrorCode::Internal).caused_by("the edge middleware is not installed")
        }))
    }
}

fn is_request_id(text: &str) -> bool {
    (8..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// The trace of a W3C `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`; later versions may add parts.
fn trace_id(header: &str) -> Option<&str> {
    let mut parts = header.trim().split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let well_formed = hex(version, 2) && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    let zero = |text: &str| text.bytes().all(|b| b == b'0');
    let usable =
        version != "ff" && !zero(trace) && !zero(parent) && (version != "00" || parts.next().is_none());
    (well_formed && usable).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn context(headers: &[(&'static str, &'static str)]) -> RequestContext {
        let request =
            headers.iter().fold(TestRequest::default(), |r, h| r.insert_header(*h)).to_http_request();
        let clock = Clock::fixed("2023-11-15T01:00:00Z".parse().unwrap());
        RequestContext::read(request.headers(), None, &clock, &[])
    }

    #[test]
    fn a_good_request_id_is_kept_and_a_bad_one_replaced() {
        assert_eq!(context(&[("x-request-id", "abc.DEF_0-9")]).request_id(), "abc.DEF_0-9");
        for bad in ["short", "has space here", "x/../../etc", "<script>", ""] {
            let made = context(&[("x-request-id", bad)]);
            assert!(made.request_id().parse::<uuid::Uuid>().is_ok(), "{bad}");
        }
        assert!(!is_request_id(&"a".repeat(65)));
        assert!(is_request_id(&"a".repeat(64)));
    }

    #[test]
    fn a_well_formed_traceparent_is_kept() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(context(&[("traceparent", good)]).trace_id(), trace);
        assert_eq!(trace_id(&format!("01-{trace}-b7ad6b7169203331-01-more")), Some(trace));
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert_eq!(trace_id(bad), None, "{bad}");
        }
        let own = context(&[]);
        assert_eq!((own.trace_id().len(), own.span_id().len()), (32, 16));
        assert_eq!(own.trace_id(), own.request_id().replace('-', ""));
    }
}
