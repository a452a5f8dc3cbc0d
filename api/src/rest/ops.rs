//! For machines that watch the server: liveness, readiness, counters; and the answers to what has no route.

use std::time::Duration;

use actix_web::http::{Method, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, TextEncoder,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::edge::Edge;
use crate::cache::Cache;
use crate::error::{Code, Error, Result};
use crate::openapi::Contract;
use crate::service::Service;

/// Counters of what the server does (Prometheus).
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    statements: HistogramVec,
}

impl Metrics {
    /// New counters, all at zero.
    ///
    /// # Errors
    /// When two counters bear one name, which is a defect.
    pub(crate) fn new(cache: &Cache) -> std::result::Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("pressroom_http_requests_total", "Requests by method, route and status."),
            &["method", "route", "status"],
        )?;
        let seconds = HistogramVec::new(
            HistogramOpts::new("pressroom_http_request_seconds", "Time from a request's head to its answer.")
                .buckets(vec![
                    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
                ]),
            &["method", "route"],
        )?;
        let statements = HistogramVec::new(
            HistogramOpts::new(
                "pressroom_sql_statements",
                "SQL statements that a request took, of those that the cache did not answer.",
            )
            .buckets(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0]),
            &["method", "route"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(statements.clone()))?;
        let kept = &cache.counters;
        for counter in [&kept.hits, &kept.computed, &kept.needed, &kept.unneeded] {
            registry.register(Box::new(counter.clone()))?;
        }
        for gauge in [&kept.bytes, &kept.entries] {
            registry.register(Box::new(gauge.clone()))?;
        }
        Ok(Self { registry, requests, seconds, statements })
    }

    /// Counts one request. `route` is the route's pattern, never a path, so that the number of series stays small.
    pub(crate) fn observe(
        &self,
        method: &Method,
        route: &str,
        status: u16,
        elapsed: Duration,
        statements: u32,
    ) {
        let method = label(method);
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.seconds.with_label_values(&[method, route]).observe(elapsed.as_secs_f64());
        self.statements.with_label_values(&[method, route]).observe(f64::from(statements));
    }

    /// The counters of one method and route, for answers that are given without routing.
    pub(crate) fn route(&self, method: &Method, route: &str) -> RouteCounters {
        let method = label(method);
        RouteCounters {
            ok: self.requests.with_label_values(&[method, route, "200"]),
            not_modified: self.requests.with_label_values(&[method, route, "304"]),
            seconds: self.seconds.with_label_values(&[method, route]),
        }
    }

    fn text(&self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut text)
            .map_err(|e| Error::internal(e.to_string()))?;
        Ok(text)
    }
}

fn label(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "other",
    }
}

/// The counters of one method and route.
pub(crate) struct RouteCounters {
    ok: IntCounter,
    not_modified: IntCounter,
    seconds: Histogram,
}

impl RouteCounters {
    /// Counts an answer from the cache.
    pub(crate) fn observe(&self, not_modified: bool, elapsed: Duration) {
        if not_modified { &self.not_modified } else { &self.ok }.inc();
        self.seconds.observe(elapsed.as_secs_f64());
    }
}

/// Whether the server is well.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthView {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process lives.
///
/// It answers without touching the database; `/readyz` tells whether there is work that can be done.
#[utoipa::path(operation_id = "get_health", tag = "operations",
    responses((status = 200, description = "It does.", body = HealthView)))]
#[get("/healthz")]
pub(crate) async fn get_health(request: HttpRequest) -> Result<HttpResponse> {
    super::params::Params::of(&request).finish()?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(HealthView { status: "ok" }))
}

/// Whether the server can do its work: the database and the media store answer.
///
/// A load balancer takes a server out for as long as this answers 503.
#[utoipa::path(operation_id = "get_readiness", tag = "operations",
    responses((status = 200, description = "It can.", body = HealthView)))]
#[get("/readyz")]
pub(crate) async fn get_readiness(svc: Data<Service>, request: HttpRequest) -> Result<HttpResponse> {
    super::params::Params::of(&request).finish()?;
    svc.db.ping().await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(HealthView { status: "ok" }))
}

/// Counters in Prometheus' text format.
///
/// Requests, their times and their SQL statements, by route.
#[utoipa::path(operation_id = "get_metrics", tag = "operations",
    responses((status = 200, description = "The counters.", body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub(crate) async fn get_metrics(edge: Data<Edge>, request: HttpRequest) -> Result<HttpResponse> {
    super::params::Params::of(&request).finish()?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body({
            edge.svc.cache.measure();
            edge.metrics.text()?
        }))
}

/// The OpenAPI 3.1 document.
///
/// The document that describes this server, made from its code. `/docs` shows it.
#[utoipa::path(operation_id = "get_openapi", tag = "operations",
    responses((status = 200, description = "The document.", body = serde_json::Value)))]
#[get("/openapi.json")]
pub(crate) async fn get_openapi(contract: Data<Contract>, request: HttpRequest) -> Result<HttpResponse> {
    super::params::Params::of(&request).finish()?;
    let meta = super::respond::Meta::default();
    Ok(super::respond::bytes(&request, &meta, "application/json", contract.text.as_bytes().to_vec()))
}

/// Answers what no route takes: 405 where the path has other methods, else 404.
pub(crate) async fn fallback(contract: Data<Contract>, request: HttpRequest) -> Result<HttpResponse> {
    let methods = contract.methods(request.path());
    if methods.is_empty() {
        return Err(Error::new(
            Code::NotFound,
            "There is nothing under this path; /openapi.json lists what there is.",
        ));
    }
    let allow = methods.join(", ");
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish());
    }
    let error = Error::new(
        Code::MethodNotAllowed,
        format!("{} is not possible here; this path takes {allow}.", request.method()),
    );
    let mut answer = actix_web::ResponseError::error_response(&error);
    if let Ok(value) = header::HeaderValue::from_str(&allow) {
        answer.headers_mut().insert(header::ALLOW, value);
    }
    Ok(answer)
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(get_health).service(get_readiness).service(get_metrics).service(get_openapi);
}
