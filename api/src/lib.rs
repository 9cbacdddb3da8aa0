//! HTTP interface, background jobs and command line of Motcua.
//!
//! `http` knows the web framework, `app` the use cases; `app` may not import `http`.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod files;
pub mod health;
pub mod http;
pub mod jobs;
pub mod net;
pub mod notify;
pub mod passwords;
pub mod serve;
pub mod state;
pub mod telemetry;
pub mod tokens;
