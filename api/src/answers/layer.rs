//! The outermost layer of the application, which keeps what is computed. Concurrent requests for one answer that is not kept
//! are computed once; the others wait for it. What is kept already, [`super::short_circuit`] has answered.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{RequestHead, Response, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage as _, HttpResponse};
use quick_cache::sync::GuardResult;

use super::entry::{Asked, Entry};
use super::key::{AnswerKey, Asking};
use super::{Answers, Guard};
use crate::http::bodies;
use crate::http::edge::{self, Edge, RequestScope};
use crate::http::headers::{EDIT_TOKEN, IDEMPOTENCY_KEY};
use crate::http::negotiate::{Media, is_json, negotiate};
use crate::http::respond::Public;
use crate::http::validators::etag;
use crate::http::viewer::IsKept;

/// How often a request waits for an answer that a write then drops, before it computes one for itself alone.
const PATIENCE: usize = 4;
/// Longest address that is kept, and longest GraphQL body: what is longer is hardly asked twice.
const LONGEST_ADDRESS: usize = 4096;
pub(super) const LONGEST_BODY: usize = 65_536;

type Answer = Result<ServiceResponse<BoxBody>, Error>;
type Later = Pin<Box<dyn Future<Output = Answer>>>;

/// A GraphQL query whose body has been read already, and is not kept.
pub(super) struct Query {
    pub(super) form: u8,
    pub(super) body: Bytes,
}

/// The layer.
pub(crate) struct Layer(pub(crate) Arc<Answers>);

impl<S, B> Transform<S, ServiceRequest> for Layer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = LayerService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(LayerService { answers: Arc::clone(&self.0), inner: Rc::new(service) }))
    }
}

/// The layer with what is beneath it.
pub(crate) struct LayerService<S> {
    answers: Arc<Answers>,
    inner: Rc<S>,
}

impl<S, B> Service<ServiceRequest> for LayerService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Later;

    actix_web::dev::forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let (answers, inner) = (Arc::clone(&self.answers), Rc::clone(&self.inner));
        match key(&answers, &mut request) {
            Some(key) => Box::pin(compute(answers, inner, request, key)),
            None => Box::pin(pass(answers, inner, request)),
        }
    }
}

/// Under which key the answer may be kept, if it may.
fn key(answers: &Answers, request: &mut ServiceRequest) -> Option<AnswerKey> {
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    let query = if reads { None } else { request.extensions_mut().remove::<Query>() };
    if !reads && query.is_none() {
        let place = edge::place_for_body(&answers.edge, request.head());
        request.extensions_mut().insert(Rc::clone(&place));
        let payload = edge::limit_body_time(&answers.edge, request.take_payload());
        request.set_payload(bodies::counted(payload, place));
    }
    if !answers.is_open() || is_private(request.headers()) {
        return None;
    }
    let head = request.head();
    match query {
        Some(Query { form, body }) => is_kept_query(&body).then(|| Asking::graphql(form, &body).to_key()),
        None if !reads => None,
        None if request.path() == "/graphql" => {
            let form = form_of_graphql(request.headers(), false)?;
            is_kept_graphql(head).then(|| Asking::graphql(form, address(head)).to_key())
        }
        None => is_kept(head).then(|| Asking::address(address(head)).to_key()),
    }
}

/// Whether the answer may depend on who asks.
pub(super) fn is_private(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) || headers.contains_key(EDIT_TOKEN)
}

/// Whether the answer to a read may be kept under its address.
fn is_kept(request: &RequestHead) -> bool {
    let path = request.uri.path();
    let public = path.starts_with("/v1/")
        || path.starts_with("/sitemap")
        || matches!(path, "/feed.xml" | "/atom.xml" | "/feed.json");
    let query = request.uri.query().unwrap_or_default();
    public && address(request).len() <= LONGEST_ADDRESS && !query.contains("preview")
}

/// The same of a GraphQL query in an address. A document that comes with its hash is to be remembered by it, each time that it
/// comes.
fn is_kept_graphql(request: &RequestHead) -> bool {
    let query = request.uri.query().unwrap_or_default();
    address(request).len() <= LONGEST_ADDRESS
        && !query.contains("preview")
        && !(query.contains("persistedQuery") && query.contains("query="))
}

/// The same of a GraphQL query in a body. Writes are not kept; a query that has the word in it is not worth more looking.
fn is_kept_query(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let is_named = text.contains("persistedQuery") && text.contains("\"query\"");
    !is_named && !text.contains("mutation")
}

/// The form of a GraphQL answer, which depends on `Accept`, as its key has it; none where the request is not for the cache. A body is
/// looked at only where its type is what GraphQL takes.
pub(super) fn form_of_graphql(headers: &HeaderMap, has_body: bool) -> Option<u8> {
    if has_body {
        let mime = headers.get(header::CONTENT_TYPE)?.as_bytes();
        let json = mime == b"application/json" || std::str::from_utf8(mime).is_ok_and(is_json);
        if !json || headers.contains_key(header::CONTENT_ENCODING) || headers.contains_key(IDEMPOTENCY_KEY) {
            return None;
        }
    }
    let mut accepts = headers.get_all(header::ACCEPT);
    let accept = match (accepts.next(), accepts.next()) {
        (None, _) => None,
        (Some(value), None) => Some(value.to_str().ok()?),
        _ => return None,
    };
    Some(match (negotiate(accept)?, has_body) {
        (Media::Json, false) => b'j',
        (Media::GraphqlResponse, false) => b'g',
        (Media::Json, true) => b'J',
        (Media::GraphqlResponse, true) => b'G',
    })
}

/// Path and query as they came.
pub(super) fn address(request: &RequestHead) -> &[u8] {
    request.uri.path_and_query().map_or(b"", |address| address.as_str().as_bytes())
}

/// Whether the caller compares dates, and the answer has none that can be relied on but would have one by now.
pub(super) fn gains_a_date(edge: &Edge, entry: &Entry, headers: &HeaderMap) -> bool {
    !entry.is_dated()
        && headers.contains_key(header::IF_MODIFIED_SINCE)
        && !headers.contains_key(header::IF_NONE_MATCH)
        && edge.svc.freshness.as_of(edge.svc.clock.now()).exact
}

/// The kept answer to a request, counted and logged.
pub(super) fn answer(
    answers: &Answers,
    entry: &Arc<Entry>,
    request: &RequestHead,
    started: Instant,
) -> Response<BoxBody> {
    let id = answers.edge.ids.header_of(&request.headers);
    tracing::debug!(
        target: "pressroom::access",
        request_id = id.to_str().unwrap_or_default(),
        method = %request.method,
        path = request.uri.path(),
        // One line a request would cost more than the answer.
        "from the cache"
    );
    let mut answer = entry.answer(&Asked::of(&request.headers, request.method != Method::POST), id);
    let elapsed = started.elapsed();
    edge::server_timing(&answers.edge, answer.headers_mut(), 0, elapsed);
    answers.counters.hits.inc();
    entry.counters.observe(answer.status() == StatusCode::NOT_MODIFIED, elapsed);
    answer
}

/// Answers what the cache has nothing to do with.
async fn pass<S, B>(answers: Arc<Answers>, inner: Rc<S>, mut request: ServiceRequest) -> Answer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let edge = &answers.edge;
    let scope = RequestScope::of(edge, &mut request);
    let handled = scope.run(&*inner, request).await?;
    Ok(scope.complete(edge, handled.response, handled.statements))
}

/// Computes an answer that is not kept, or waits for somebody who does.
async fn compute<S, B>(answers: Arc<Answers>, inner: Rc<S>, request: ServiceRequest, key: AnswerKey) -> Answer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let started = Instant::now();
    let Some(kept) = &answers.kept else { return pass(Arc::clone(&answers), inner, request).await };
    // What was kept and a write has dropped: it is compared with its successor.
    let mut old = None;
    for _ in 0..PATIENCE {
        let entry = match kept.get_value_or_guard(&key, Some(Duration::ZERO)) {
            GuardResult::Value(entry) => entry,
            GuardResult::Guard(guard) => {
                return fill(&answers, &inner, request, Some(guard), old.as_ref()).await;
            }
            GuardResult::Timeout => match kept.get_value_or_guard_async(&key).await {
                Ok(entry) => entry,
                // Who computed it found nothing to keep: all who waited go on by themselves, at once.
                Err(guard) => {
                    drop(guard);
                    break;
                }
            },
        };
        let holds = answers.holds(&entry);
        if holds && !gains_a_date(&answers.edge, &entry, request.headers()) {
            let answer = answer(&answers, &entry, request.head(), started);
            return Ok(request.into_response(HttpResponse::from(answer)));
        }
        answers.forget(&key, &entry);
        old = (!holds).then_some(entry);
    }
    fill(&answers, &inner, request, None, None).await
}

/// Computes an answer, and keeps it where there is a place for it and it may be kept.
async fn fill<S, B>(
    answers: &Answers,
    inner: &S,
    mut request: ServiceRequest,
    guard: Option<Guard<'_>>,
    old: Option<&Arc<Entry>>,
) -> Answer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let edge = &answers.edge;
    let scope = RequestScope::of(edge, &mut request);
    // What is kept is the whole answer; the caller's conditions are looked at afterwards.
    let asked = conditions(request.headers_mut());
    // Before any transaction begins that may not see what is committed from now on.
    let version = answers.freshness().versions.now();
    answers.counters.computed.inc();
    request.extensions_mut().insert(IsKept);
    let handled = scope.run(inner, request).await?;
    let (request, mut response) = handled.response.into_parts();
    let public = response.extensions_mut().remove::<Public>();
    let (response, body) = response.into_parts();
    let body = match body.try_into_bytes() {
        Ok(body) => body,
        Err(body) => {
            let response = ServiceResponse::new(request, response.set_body(body));
            return Ok(scope.complete(edge, response, handled.statements));
        }
    };
    let public = public.filter(|_| response.status() == StatusCode::OK);
    let mut response = response.set_body(BoxBody::new(body.clone()));
    if let Some(Public { as_of, keys }) = public {
        if !response.headers().contains_key(header::ETAG) {
            let tag = etag(None, &body);
            if let Ok(tag) = HeaderValue::from_str(&tag) {
                response.headers_mut().insert(header::ETAG, tag);
            }
        }
        let pattern = edge::pattern(&request);
        let counters = edge.metrics.route(scope.method(), &pattern);
        let read = (version, answers.freshness().versions.slots(&keys));
        let entry =
            Entry::new(read, response.headers(), body, as_of.exact, &edge::common_headers(), counters)
                .map(Arc::new);
        if let Some(entry) = entry {
            answers.compare(old, &entry);
            if let Some(guard) = guard {
                // It may have been dropped meanwhile; then nothing is kept.
                drop(guard.insert(Arc::clone(&entry)));
            }
            let asked = Asked::of(&asked, scope.method() != Method::POST);
            response = HttpResponse::from(entry.answer(&asked, HeaderValue::from_static("")));
        }
    }
    Ok(scope.complete(edge, ServiceResponse::new(request, response), handled.statements))
}

/// Takes the headers that make an answer conditional, and keeps those that choose its form.
fn conditions(headers: &mut HeaderMap) -> HeaderMap {
    let mut asked = HeaderMap::new();
    for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
        for value in headers.remove(&name) {
            asked.append(name.clone(), value);
        }
    }
    if let Some(value) = headers.get(header::ACCEPT_ENCODING) {
        asked.insert(header::ACCEPT_ENCODING, value.clone());
    }
    asked
}
