//! The edge: what happens to every request before and after its handler. Its id, cross-origin headers, problem documents for what
//! actix answers by itself, the access log and the counters.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, RequestHead, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::StreamExt as _;
use pressroom_schema::db::STATEMENTS;

use super::bodies::{self, Bodies, Place};
use super::cors::{Cors, EXPOSED, Origins};
use super::headers;
use super::metrics::Metrics;
use super::problem::Problem;
use super::request_id::{REQUEST_ID, RequestIds};
use crate::auth::limit::Limit;
use crate::error::{Code, Error};
use crate::service::rates::{LEFT, Left};
use crate::service::{Service, Svc};

/// What a page of ours may load: itself; and it may not be framed.
const PAGES: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the edge needs for every request.
pub(crate) struct Edge {
    pub(crate) svc: Svc,
    pub(crate) metrics: Metrics,
    /// The bodies of requests that are in memory.
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) ids: RequestIds,
    /// Which pages of browsers may write.
    pub(crate) origins: Origins,
}

impl Edge {
    pub(crate) fn new(svc: Svc, metrics: Metrics) -> Self {
        let bodies = Arc::new(Bodies::new(&svc.config));
        let origins = Origins::new(&svc.config);
        Self { ids: RequestIds::new(svc.clock.new_id()), bodies, origins, svc, metrics }
    }
}

/// A request from its beginning to its answer: what the edge noted of it before its handler ran.
pub(crate) struct RequestScope {
    started: Instant,
    id: String,
    method: Method,
    path: String,
    cors: Cors,
    is_packed: bool,
    /// Whether the address has a preview token in it.
    previews: bool,
    /// What the caller has left of the limits that the request counted for.
    left: RefCell<Vec<Left>>,
}

impl RequestScope {
    pub(crate) fn of(edge: &Edge, request: &mut ServiceRequest) -> Self {
        let scope = Self {
            started: Instant::now(),
            id: edge.ids.of(request.headers()),
            method: request.method().clone(),
            path: request.path().to_owned(),
            cors: Cors::of(request, &edge.origins),
            is_packed: is_packed(request),
            previews: url::form_urlencoded::parse(request.query_string().as_bytes())
                .any(|(name, _)| name == "preview"),
            left: RefCell::default(),
        };
        request.extensions_mut().insert(edge.svc.freshness.as_of(edge.svc.clock.now()));
        if scope.method == Method::HEAD {
            // Wherever GET is, HEAD is: the connection knows not to send the body (RFC 9110, 9.3.2).
            request.head_mut().method = Method::GET;
        }
        scope
    }

    /// The answer to what no handler sees: a browser's preflight; a write by a page that may not; an address with a NUL character in
    /// it, since nothing has such a name and PostgreSQL refuses to look for it; and a packed body, of which a few bytes may unpack to
    /// any number.
    fn preflight(&self) -> Option<HttpResponse> {
        let refuse_for = |mut answer: HttpResponseBuilder, error: &Error| {
            let problem = Problem::of(error, &self.id);
            let body = serde_json::to_vec(&problem).unwrap_or_default();
            answer.insert_header((header::CACHE_CONTROL, "no-store"));
            Some(answer.content_type("application/problem+json").body(body))
        };
        let refuse = |answer, code, detail: &str| refuse_for(answer, &Error::new(code, detail));
        if let Some(answer) = self.cors.preflight() {
            Some(answer)
        } else if let Some(error) = self.cors.refusal() {
            refuse_for(HttpResponse::Forbidden(), error)
        } else if self.path.contains("%00") {
            refuse(HttpResponse::NotFound(), Code::NotFound, "There is nothing under this path.")
        } else if self.is_packed {
            let mut answer = HttpResponse::UnsupportedMediaType();
            // What would have been taken (RFC 9110, 15.5.16).
            answer.insert_header((header::ACCEPT_ENCODING, "identity"));
            refuse(answer, Code::UnsupportedMediaType, "Send the body as it is, without a Content-Encoding.")
        } else {
            None
        }
    }

    /// Runs the handler, the only way to one, with the request's id in place, and counts its statements.
    pub(crate) async fn run<S, B>(
        &self,
        handler: &S,
        request: ServiceRequest,
    ) -> Result<Handled, actix_web::Error>
    where
        S: actix_web::dev::Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
        B: MessageBody + 'static,
    {
        if let Some(answer) = self.preflight() {
            return Ok(Handled { response: request.into_response(answer), statements: 0 });
        }
        let counted = async { (handler.call(request).await, STATEMENTS.with(Cell::get)) };
        let counted = LEFT.scope(RefCell::default(), async {
            let counted = counted.await;
            self.left.replace(LEFT.with(RefCell::take));
            counted
        });
        let (response, statements) =
            REQUEST_ID.scope(self.id.clone(), STATEMENTS.scope(Cell::new(0), counted)).await;
        Ok(Handled { response: normalise(response?.map_into_boxed_body(), &self.id), statements })
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    /// Completes an answer with what every answer bears, counts it and logs it.
    pub(crate) fn complete(
        self,
        edge: &Edge,
        mut response: ServiceResponse<BoxBody>,
        statements: u32,
    ) -> ServiceResponse<BoxBody> {
        let status = response.status().as_u16();
        let elapsed = self.started.elapsed();
        let pattern = pattern(response.request());
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&self.id) {
            headers.insert(headers::REQUEST_ID, value);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if headers.get(header::CONTENT_TYPE).is_some_and(|mime| mime.as_bytes().starts_with(b"text/html")) {
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGES));
        }
        if self.previews {
            headers.insert(headers::ROBOTS, HeaderValue::from_static("noindex"));
        }
        limits(&self.left.borrow(), headers);
        self.cors.apply(headers);
        server_timing(edge, headers, statements, elapsed);
        edge.metrics.observe(&self.method, &pattern, status, elapsed, statements);
        tracing::info!(
            target: "pressroom::access",
            request_id = %self.id,
            method = %self.method,
            path = self.path,
            status,
            micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            statements,
            "request"
        );
        response
    }
}

/// Where the body of a request is counted: for as long as the request, which holds the place too.
pub(crate) fn place_for_body(edge: &Edge, head: &RequestHead) -> Rc<Place> {
    edge.bodies.place(super::viewer::address(head, edge.svc.config.trusted_proxies))
}

/// Cuts a body that takes too long to arrive, so that callers who send a byte now and then do not hold a connection for ever.
pub(crate) fn limit_body_time(edge: &Edge, payload: Payload) -> Payload {
    let seconds = u64::from(edge.svc.config.body_seconds);
    let until = tokio::time::Instant::now() + Duration::from_secs(seconds);
    let body = futures_util::stream::unfold(Some(payload), move |payload| async move {
        let mut payload = payload?;
        if let Ok(chunk) = tokio::time::timeout_at(until, payload.next()).await {
            return Some((chunk?, Some(payload)));
        }
        let late = std::io::Error::new(std::io::ErrorKind::TimedOut, "the body takes too long to arrive");
        Some((Err(PayloadError::Incomplete(Some(late))), None))
    });
    // A form's reader asks once more after the end.
    Payload::Stream { payload: Box::pin(body.fuse()) }
}

/// Whether a body comes in a coding that the library would undo, a piece at a time without a bound. GraphQL refuses it in its own form
/// and undoes none.
fn is_packed(request: &ServiceRequest) -> bool {
    let mut codings = request.headers().get_all(header::CONTENT_ENCODING);
    request.path() != "/graphql" && codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// What a handler answered, and what that took.
pub(crate) struct Handled {
    pub(crate) response: ServiceResponse<BoxBody>,
    pub(crate) statements: u32,
}

/// The route's pattern, never a path, so that the number of series stays small.
pub(crate) fn pattern(request: &HttpRequest) -> String {
    request.match_pattern().unwrap_or_else(|| "unmatched".to_owned())
}

/// In development, says how many statements an answer took and how long.
pub(crate) fn server_timing(edge: &Edge, headers: &mut HeaderMap, statements: u32, elapsed: Duration) {
    if edge.svc.config.server_timing.is_on()
        && let Ok(value) = HeaderValue::from_str(&format!(
            "db;desc=\"{statements} statements\", total;dur={:.1}",
            elapsed.as_secs_f64() * 1000.0
        ))
    {
        headers.insert(HeaderName::from_static("server-timing"), value);
    }
}

/// Says what limits the request counted for, and what is left of them (draft-ietf-httpapi-ratelimit-headers-11).
fn limits(left: &[Left], headers: &mut HeaderMap) {
    if left.is_empty() {
        return;
    }
    let list = |item: fn(&Left) -> String| left.iter().map(item).collect::<Vec<_>>().join(", ");
    let policies = list(|left| {
        let Limit { quota, seconds } = left.limit;
        format!("\"{}\";q={quota};w={seconds}", left.class.as_str())
    });
    let rest = list(|left| format!("\"{}\";r={};t={}", left.class.as_str(), left.operations, left.seconds));
    for (name, value) in [(headers::RATE_LIMIT_POLICY, policies), (headers::RATE_LIMIT, rest)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

/// What every answer to a read bears, whoever asks.
pub(crate) fn common_headers() -> [(HeaderName, HeaderValue); 3] {
    [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED)),
    ]
}

/// Errors that actix or a library answered as text become problem documents.
fn normalise(response: ServiceResponse<BoxBody>, id: &str) -> ServiceResponse<BoxBody> {
    let had_no_room =
        response.request().extensions().get::<Rc<Place>>().is_some_and(|place| place.was_full());
    let status = response.status();
    if had_no_room && status.is_client_error() {
        let error = bodies::full();
        let body = serde_json::to_vec(&Problem::of(&error, id)).unwrap_or_default();
        let mut answer = HttpResponse::ServiceUnavailable();
        if let Some(seconds) = error.retry_after() {
            answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        answer.insert_header((header::CACHE_CONTROL, "no-store"));
        return response.into_response(answer.content_type("application/problem+json").body(body));
    }
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let mime = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if mime.contains("json") || mime.starts_with("text/html") {
        return response;
    }
    let limit = response.request().app_data::<Data<Service>>().map(|svc| svc.config.body_limit);
    let too_large = format!("The body is larger than {} bytes.", limit.unwrap_or_default());
    let (code, detail) = match status {
        StatusCode::PAYLOAD_TOO_LARGE => (Code::TooLarge, too_large.as_str()),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            (Code::UnsupportedMediaType, "Send the body in a type that this takes.")
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            (Code::MethodNotAllowed, "This path does not have this method; see Allow.")
        }
        StatusCode::NOT_ACCEPTABLE => (Code::NotAcceptable, "None of the types in Accept can be produced."),
        StatusCode::NOT_FOUND => (Code::NotFound, "There is nothing under this path."),
        StatusCode::REQUEST_TIMEOUT => (Code::BadRequest, "The request took too long to arrive."),
        s if s.is_client_error() => (Code::BadRequest, "The request cannot be read."),
        _ => (Code::Internal, "Something went wrong on our side. Quote the request's id when you report it."),
    };
    let problem = Problem { status: status.as_u16(), ..Problem::of(&Error::new(code, detail), id) };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let (request, old) = response.into_parts();
    let mut answer = HttpResponse::build(status);
    for (name, value) in old.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            answer.append_header((name.clone(), value.clone()));
        }
    }
    ServiceResponse::new(request, answer.content_type("application/problem+json").body(body))
}
