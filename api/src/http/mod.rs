//! The HTTP interface: what every request passes through.
//!
//! The only module that names actix and utoipa. It must not decide anything of the law.

pub mod admin;
pub mod auth;
pub mod body;
pub mod chart;
pub mod conditional;
pub mod context;
pub mod errors;
pub mod examples;
pub mod export;
pub mod format;
pub mod hop;
pub mod language;
pub mod middleware;
pub mod openapi;
pub mod page;
pub mod paging;
pub mod problem;
pub mod query;
pub mod rate;
pub mod register;
pub mod routes;
pub mod server;
pub mod shed;
pub mod table;
pub mod views;
pub mod violations;
