//! Cross-origin requests.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::config::Config;

/// The headers that a script may see.
pub(super) const EXPOSED: &str = "ETag, Link, Location, Last-Modified, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Idempotent-Replayed, Server-Timing";
const ALLOWED_HEADERS: &str = "Authorization, Content-Type, Accept, If-Match, If-None-Match, If-Modified-Since, Idempotency-Key, X-Edit-Token, X-Guest-Token, X-Request-Id";
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// What a browser on another origin may do (Fetch standard). Tokens travel in a header that scripts must set, never in cookies, so
/// that reading is open to all; writing is for the origins that the settings name.
pub(super) struct Cors {
    origin: Option<String>,
    reads: bool,
    wanted: Option<String>,
    allowed: bool,
}

impl Cors {
    pub(super) fn of(request: &ServiceRequest, config: &Config) -> Self {
        let text =
            |name: HeaderName| request.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let origin = text(header::ORIGIN);
        let wanted = text(header::ACCESS_CONTROL_REQUEST_METHOD);
        let reads_by = |method: &str| method == "GET" || method == "HEAD" || request.path() == "/graphql";
        let preflight = request.method() == Method::OPTIONS && wanted.is_some();
        let reads = if preflight {
            wanted.as_deref().is_some_and(reads_by)
        } else {
            reads_by(request.method().as_str())
        };
        let allowed = config
            .cors_origins
            .iter()
            .any(|o| o == "*" || Some(o.trim().trim_end_matches('/')) == origin.as_deref());
        Self { origin, reads, wanted: wanted.filter(|_| preflight), allowed }
    }

    pub(super) fn preflight(&self, method: &Method) -> Option<HttpResponse> {
        if *method != Method::OPTIONS || self.wanted.is_none() || self.origin.is_none() {
            return None;
        }
        let mut answer = HttpResponse::NoContent();
        if self.reads || self.allowed {
            answer
                .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
                .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS))
                .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"));
        }
        Some(answer.finish())
    }

    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        if self.reads {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        } else if let Some(origin) = self.origin.as_deref().filter(|_| self.allowed)
            && let Ok(value) = HeaderValue::from_str(origin)
        {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, value);
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        } else {
            return;
        }
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}
