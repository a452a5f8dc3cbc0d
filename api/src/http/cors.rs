//! Cross-origin requests: one rule, for REST and GraphQL.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use actix_web::HttpResponse;
use actix_web::dev::{RequestHead, ServiceRequest};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::config::Config;
use crate::error::{Code, Error, Result};

/// The headers that a script may see.
pub(super) const EXPOSED: &str = "ETag, Link, Location, Last-Modified, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Idempotent-Replayed, Server-Timing";
/// The headers that a script may set: those that this API takes, and those that libraries for tracing and GraphQL clients add by
/// themselves. `X-Forwarded-Host` must never be one of them, see [`is_own`].
const ALLOWED_HEADERS: &str = "Content-Type, Accept, If-Match, If-None-Match, If-Modified-Since, Idempotency-Key, X-Edit-Token, X-Guest-Token, X-Request-Id, X-Requested-With, Cache-Control, Pragma, traceparent, tracestate, baggage, sentry-trace, b3, X-B3-TraceId, X-B3-SpanId, X-B3-ParentSpanId, X-B3-Sampled, X-Datadog-Trace-Id, X-Datadog-Parent-Id, X-Datadog-Origin, X-Datadog-Sampling-Priority, newrelic, elastic-apm-traceparent, X-Correlation-Id, apollo-require-preflight, X-Apollo-Operation-Name, X-Apollo-Operation-Id, apollographql-client-name, apollographql-client-version, GraphQL-Require-Preflight";
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
/// So many origins are told of in the log: strangers choose them.
const MOST_TOLD: usize = 100;

/// The origins that may write from a browser. Tokens travel in a header that scripts must set, never in cookies, so that reading is
/// open to all.
pub(crate) struct Origins {
    any: bool,
    /// May do everything.
    named: Vec<String>,
    /// May do what guests do.
    site: String,
    /// Origins that were refused and told of.
    told: Mutex<HashSet<String>>,
}

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    /// A guest: adds a comment, or changes or removes the own.
    Guest,
    /// An account, or whoever wants to be one.
    Account,
}

impl Writer {
    /// Who sends what only a guest may send without a token.
    pub(crate) fn of_guests_operation(head: &RequestHead) -> Self {
        if head.headers.contains_key(header::AUTHORIZATION) { Self::Account } else { Self::Guest }
    }

    fn of(head: &RequestHead, method: &str) -> Self {
        let parts: Vec<&str> = head.uri.path().split('/').skip(1).collect();
        match (method, parts.as_slice()) {
            ("POST", ["v1", "posts", _, "comments"]) | ("PATCH" | "DELETE", ["v1", "comments", _]) => {
                Self::of_guests_operation(head)
            }
            _ => Self::Account,
        }
    }
}

impl Origins {
    pub(super) fn new(config: &Config) -> Self {
        let mut named: Vec<String> = config.cors_origins.iter().map(|o| normal(o)).collect();
        if !config.api_url.is_empty() {
            named.push(normal(&config.api_url));
        }
        let any = named.iter().any(|o| o == "*");
        Self { any, named, site: normal(&config.site_url), told: Mutex::default() }
    }

    /// Whether a page of the request's origin may send what `writer` sends. What no browser sent for another page has none.
    fn may(&self, head: &RequestHead, writer: Writer) -> bool {
        let mut origins = head.headers.get_all(header::ORIGIN);
        let Some(origin) = origins.next() else { return true };
        let origin = origin.to_str().unwrap_or_default();
        self.any
            || is_own(head, origin)
            || self.named.iter().any(|o| o == origin)
            || (writer == Writer::Guest && origin == self.site)
    }

    /// Refuses a write from a page of an origin that may not, and tells the operator once what to do about it.
    pub(crate) fn admit(&self, head: &RequestHead, writer: Writer) -> Result<()> {
        if self.may(head, writer) {
            return Ok(());
        }
        let origin = head.headers.get(header::ORIGIN).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST_TOLD && told.insert(origin.to_owned()) {
            tracing::warn!(
                origin,
                "a page of this origin may not write here; if it is yours, name it in PRESSROOM_CORS_ORIGINS"
            );
        }
        Err(Error::new(
            Code::Forbidden,
            "A page of this origin may not write here; whoever runs this server can name it in PRESSROOM_CORS_ORIGINS.",
        ))
    }
}

/// Whether a page is of the address that it writes to. Scripts elsewhere can set neither `Host` nor, without a preflight that
/// does not allow it, `X-Forwarded-Host`.
fn is_own(head: &RequestHead, origin: &str) -> bool {
    let Some((_, authority)) = origin.split_once("://") else { return false };
    let names = [header::HOST, HeaderName::from_static("x-forwarded-host")];
    let mut hosts = names.iter().filter_map(|name| head.headers.get(name)?.to_str().ok());
    hosts.any(|host| host.eq_ignore_ascii_case(authority))
        || head.uri.authority().is_some_and(|host| host.as_str().eq_ignore_ascii_case(authority))
}

/// An address's origin as browsers write it.
fn normal(address: &str) -> String {
    let address = address.trim();
    match url::Url::parse(address).map(|url| url.origin()) {
        Ok(origin) if origin.is_tuple() => origin.ascii_serialization(),
        _ => address.trim_end_matches('/').to_owned(),
    }
}

/// What a browser on another origin may do with a request and its answer (Fetch standard).
pub(super) struct Cors {
    origin: Option<HeaderValue>,
    is_preflight: bool,
    reads: bool,
    /// Whether it may send tokens.
    tokens: bool,
    refusal: Option<Error>,
}

impl Cors {
    pub(super) fn of(request: &ServiceRequest, origins: &Origins) -> Self {
        let head = request.head();
        let origin = head.headers.get(header::ORIGIN).cloned();
        let wanted = head.headers.get(header::ACCESS_CONTROL_REQUEST_METHOD).and_then(|v| v.to_str().ok());
        let wanted = wanted.filter(|_| head.method == Method::OPTIONS && origin.is_some());
        let method = wanted.unwrap_or(head.method.as_str());
        // Whether a request to GraphQL writes is known when its document has been read.
        let reads = ["GET", "HEAD", "OPTIONS"].contains(&method) || request.path() == "/graphql";
        let refusal = if reads { None } else { origins.admit(head, Writer::of(head, method)).err() };
        Self {
            is_preflight: wanted.is_some(),
            reads,
            tokens: reads || origins.may(head, Writer::Account),
            refusal,
            origin,
        }
    }

    pub(super) fn preflight(&self) -> Option<HttpResponse> {
        if !self.is_preflight {
            return None;
        }
        let mut answer = HttpResponse::NoContent();
        if self.refusal.is_none() {
            let token = if self.tokens { "Authorization, " } else { "" };
            answer
                .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
                .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, format!("{token}{ALLOWED_HEADERS}")))
                .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"));
        }
        Some(answer.finish())
    }

    /// Why a write is refused. A browser asks first for most writes, and for some it does not.
    pub(super) fn refusal(&self) -> Option<&Error> {
        self.refusal.as_ref()
    }

    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        if self.reads {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        } else if let Some(origin) = self.origin.clone() {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
            if self.refusal.is_some() {
                return;
            }
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        } else {
            return;
        }
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}
