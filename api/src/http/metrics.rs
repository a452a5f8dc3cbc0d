//! Counters of requests, for machines that watch the server.

use std::time::Duration;

use actix_web::http::Method;
use prometheus::core::Collector;
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, TextEncoder,
};

use crate::error::{Error, Result};

/// Counters of what the server does (Prometheus).
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    statements: HistogramVec,
}

impl Metrics {
    /// New counters, all at zero.
    ///
    /// # Errors
    /// When two counters have one name, which is a defect.
    pub(crate) fn new() -> std::result::Result<Self, prometheus::Error> {
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
        Ok(Self { registry, requests, seconds, statements })
    }

    /// Shows the counters of another part as well.
    ///
    /// # Errors
    /// When one has a name that another has already, which is a defect.
    pub(crate) fn add(
        &self,
        counters: impl Collector + 'static,
    ) -> std::result::Result<(), prometheus::Error> {
        self.registry.register(Box::new(counters))
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

    /// All of them in Prometheus' text format.
    pub(crate) fn text(&self) -> Result<Vec<u8>> {
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
