//! One list of handlers for three readers: the server, the document, and the table of operations.
//!
//! Owns the trait that the list is written against. Must not know any handler.

use actix_web::dev::HttpServiceFactory;
use utoipa_actix_web::OpenApiFactory;

/// Takes handlers.
pub trait Register {
    /// Takes one handler.
    fn service<F>(&mut self, handler: F) -> &mut Self
    where
        F: HttpServiceFactory + OpenApiFactory + 'static;
}

/// The server, which has no use for a handler's documentation.
impl Register for actix_web::web::ServiceConfig {
    fn service<F>(&mut self, handler: F) -> &mut Self
    where
        F: HttpServiceFactory + OpenApiFactory + 'static,
    {
        Self::service(self, handler)
    }
}

/// The document.
impl Register for utoipa_actix_web::service_config::ServiceConfig<'_> {
    fn service<F>(&mut self, handler: F) -> &mut Self
    where
        F: HttpServiceFactory + OpenApiFactory + 'static,
    {
        Self::service(self, handler)
    }
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationName {
    /// Its method, in capitals.
    pub method: &'static str,
    /// Its path template.
    pub path: String,
    /// Its name in the document.
    pub id: String,
}

/// Every operation, without what the document says of it.
#[derive(Debug)]
pub struct Operations {
    prefix: &'static str,
    all: Vec<OperationName>,
}

impl Operations {
    /// None yet, of those whose path begins so.
    pub fn below(prefix: &'static str) -> Self {
        Self { prefix, all: Vec::new() }
    }

    /// With those of another.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.all.extend(other.all);
        self
    }

    /// Every operation, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &OperationName> {
        self.all.iter()
    }
}

impl Register for Operations {
    fn service<F>(&mut self, handler: F) -> &mut Self
    where
        F: HttpServiceFactory + OpenApiFactory + 'static,
    {
        for (path, item) in handler.paths().paths {
            let methods = [
                ("GET", item.get),
                ("POST", item.post),
                ("PUT", item.put),
                ("PATCH", item.patch),
                ("DELETE", item.delete),
            ];
            for (method, operation) in methods {
                if let Some(id) = operation.and_then(|found| found.operation_id) {
                    self.all.push(OperationName { method, path: format!("{}{path}", self.prefix), id });
                }
            }
        }
        self
    }
}
