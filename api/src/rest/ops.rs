//! For machines: liveness, readiness, counters, the contract.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Result;
use crate::http::contract::Contract;
use crate::http::edge::Edge;
use crate::http::params::Params;
use crate::http::respond::{self, Meta};
use crate::service::{Service, readiness};

/// Whether the server is well.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub struct HealthView {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process lives.
///
/// It answers without touching the database; `/readyz` tells whether there is work that can be done.
#[utoipa::path(operation_id = "get_health", tag = "operations", extensions(("x-answer" = json!("unvalidated stateless"))),
    responses((status = 200, description = "The process lives.", body = HealthView)))]
#[get("/healthz")]
pub(crate) async fn get_health(request: HttpRequest) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(HealthView { status: "ok" }))
}

/// Whether the server can do its work: the database and the media store answer, and their disks have room.
///
/// A load balancer takes a server out for as long as this answers 503, with what is wrong in the detail. The stores are looked at once in
/// ten seconds at most.
#[utoipa::path(operation_id = "get_readiness", tag = "operations", extensions(("x-answer" = json!("unvalidated"))),
    responses((status = 200, description = "The database and the media store answer, and have room.", body = HealthView)))]
#[get("/readyz")]
pub(crate) async fn get_readiness(svc: Data<Service>, request: HttpRequest) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    readiness::check(&svc.into_inner()).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(HealthView { status: "ok" }))
}

/// Counters in Prometheus' text format.
///
/// Requests, their times and their SQL statements, by route.
#[utoipa::path(operation_id = "get_metrics", tag = "operations", extensions(("x-answer" = json!("unvalidated stateless"))),
    responses((status = 200, description = "The counters.", body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub(crate) async fn get_metrics(edge: Data<Edge>, request: HttpRequest) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(edge.metrics.text()?))
}

/// The OpenAPI 3.1 document.
///
/// The document that describes this server, made from its code. `/docs` shows it.
#[utoipa::path(operation_id = "get_openapi", tag = "operations", extensions(("x-answer" = json!("fixed stateless"))),
    responses((status = 200, description = "The document.", body = serde_json::Value)))]
#[get("/openapi.json")]
pub(crate) async fn get_openapi(contract: Data<Contract>, request: HttpRequest) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let meta = Meta::default();
    Ok(respond::bytes(&request, &meta, "application/json", contract.text.as_bytes().to_vec()))
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(get_health).service(get_readiness).service(get_metrics).service(get_openapi);
}
