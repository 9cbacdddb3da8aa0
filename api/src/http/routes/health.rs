//! Whether the process lives, is ready, and which version it is.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::health::Health as Checks;
use crate::http::admin;
use crate::http::views::Health;

/// Is it alive
///
/// Always 200 while the process lives; touches nothing.
#[utoipa::path(tag = "health", operation_id = "get_liveness",
    responses((status = 200, description = "It lives", body = Health, content_type = "application/health+json")))]
#[get("/healthz")]
pub async fn get_liveness() -> HttpResponse {
    admin::live()
}

/// Is it ready
///
/// 200 while traffic may come; 503 while the database cannot be reached, the schema is behind or
/// the process is stopping.
#[utoipa::path(tag = "health", operation_id = "get_readiness",
    responses((status = 200, description = "It is ready", body = Health, content_type = "application/health+json"),
              (status = 503, description = "It is not ready", body = Health, content_type = "application/health+json")))]
#[get("/readyz")]
pub async fn get_readiness(health: web::Data<Checks>) -> HttpResponse {
    admin::ready(&health, false).await
}

/// Name and version
#[derive(Serialize, ToSchema)]
pub struct VersionView {
    /// Name
    #[schema(example = "motcua")]
    pub name: &'static str,
    /// Version
    #[schema(example = "0.1.0")]
    pub version: &'static str,
    /// Versions of the interface
    pub api: [&'static str; 1],
}

/// Which version is it
///
/// Name and version of the program and of its interface.
#[utoipa::path(tag = "health", operation_id = "get_version", responses((status = 200, description = "The version", body = VersionView)))]
#[get("/version")]
pub async fn get_version() -> HttpResponse {
    HttpResponse::Ok().json(VersionView { name: "motcua", version: env!("CARGO_PKG_VERSION"), api: ["v1"] })
}
