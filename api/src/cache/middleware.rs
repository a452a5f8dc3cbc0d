//! The outermost layer of the application: answers what is kept, before routing and everything else, and keeps what is
//! computed. Concurrent requests for one answer that is not kept are computed once; the others wait for it.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{Error, HttpMessage as _};
use futures_util::StreamExt as _;
use futures_util::future::Either;
use pressroom_schema::keys::FRESH;
use quick_cache::sync::GuardResult;

use super::entry::{Asked, Entry};
use super::{Guard, Public};
use crate::app::Shared;
use crate::rest::edge::{self, Before};

/// How often a request waits for an answer that a write then drops, before it computes one for itself alone.
const PATIENCE: usize = 4;
/// Longest address that is kept, and longest GraphQL body: what is longer is hardly asked twice.
const LONGEST_ADDRESS: usize = 4096;
const LONGEST_BODY: usize = 65_536;

type Answer = Result<ServiceResponse<BoxBody>, Error>;
type Later = Pin<Box<dyn Future<Output = Answer>>>;

/// The layer.
pub(crate) struct Layer(pub(crate) Data<Shared>);

impl<S, B> Transform<S, ServiceRequest> for Layer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Serving<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Serving { shared: self.0.clone(), inner: Rc::new(service) }))
    }
}

/// The layer with what is beneath it.
pub(crate) struct Serving<S> {
    shared: Data<Shared>,
    inner: Rc<S>,
}

impl<S, B> Service<ServiceRequest> for Serving<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Either<Ready<Answer>, Later>;

    actix_web::dev::forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        edge::limit_body_time(&self.shared, &mut request);
        let (shared, inner) = (self.shared.clone(), Rc::clone(&self.inner));
        match Kind::of(&shared, &request) {
            Kind::Other => Either::Right(Box::pin(pass(shared, inner, request))),
            Kind::Address => {
                let started = Instant::now();
                match kept(&shared, address(&request), &request) {
                    Ok(entry) => Either::Left(ready(Ok(hit(&shared, &entry, request, started)))),
                    Err(old) => {
                        let key = address(&request).to_vec();
                        Either::Right(Box::pin(compute(shared, inner, request, key, old)))
                    }
                }
            }
            Kind::Graphql(mut key) => {
                let started = Instant::now();
                if request.method() != Method::POST {
                    let query = request.query_string();
                    if query.contains("persistedQuery") && query.contains("query=") {
                        return Either::Right(Box::pin(pass(shared, inner, request)));
                    }
                    key.extend_from_slice(address(&request));
                    return match kept(&shared, &key, &request) {
                        Ok(entry) => Either::Left(ready(Ok(hit(&shared, &entry, request, started)))),
                        Err(old) => Either::Right(Box::pin(compute(shared, inner, request, key, old))),
                    };
                }
                Either::Right(Box::pin(post(shared, inner, request, key, started)))
            }
        }
    }
}

/// What a request is to the cache.
enum Kind {
    /// A read that is named by its address alone.
    Address,
    /// A GraphQL request, with what its key begins with.
    Graphql(Vec<u8>),
    /// Nothing for the cache.
    Other,
}

impl Kind {
    fn of(shared: &Shared, request: &ServiceRequest) -> Self {
        let (head, method) = (request.head(), request.method());
        let reads = method == Method::GET || method == Method::HEAD;
        let path = head.uri.path();
        let graphql = path == "/graphql";
        if !(reads || (graphql && method == Method::POST)) || !shared.svc.cache.is_open() {
            return Self::Other;
        }
        let private = head.headers.contains_key(header::AUTHORIZATION)
            || head.headers.contains_key("x-edit-token")
            || head.uri.query().is_some_and(|query| query.contains("preview"));
        if private || address(request).len() > LONGEST_ADDRESS {
            return Self::Other;
        }
        if graphql {
            return Self::of_graphql(&head.headers, method == Method::POST);
        }
        let public = path.starts_with("/v1/")
            || path.starts_with("/sitemap")
            || matches!(path, "/feed.xml" | "/atom.xml" | "/feed.json");
        if public { Self::Address } else { Self::Other }
    }

    /// The form of a GraphQL answer depends on `Accept`; a body is looked at only where its type is what GraphQL takes.
    fn of_graphql(headers: &HeaderMap, has_body: bool) -> Self {
        if has_body {
            let json = headers
                .get(header::CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .is_some_and(crate::graphql::http::is_json);
            if !json
                || headers.contains_key(header::CONTENT_ENCODING)
                || headers.contains_key("idempotency-key")
            {
                return Self::Other;
            }
        }
        let mut accepts = headers.get_all(header::ACCEPT);
        let accept = match (accepts.next(), accepts.next()) {
            (None, _) => None,
            (Some(value), None) => match value.to_str() {
                Ok(text) => Some(text),
                Err(_) => return Self::Other,
            },
            _ => return Self::Other,
        };
        let Some(media) = crate::graphql::http::negotiate(accept) else { return Self::Other };
        // An address begins with a slash, so that no key of the one kind is one of the other.
        let form = match (media, has_body) {
            (crate::graphql::http::Media::Json, false) => b'j',
            (crate::graphql::http::Media::GraphqlResponse, false) => b'g',
            (crate::graphql::http::Media::Json, true) => b'J',
            (crate::graphql::http::Media::GraphqlResponse, true) => b'G',
        };
        let mut key = Vec::with_capacity(256);
        key.push(form);
        Self::Graphql(key)
    }
}

/// Path and query as they came.
fn address(request: &ServiceRequest) -> &[u8] {
    request.uri().path_and_query().map_or(b"", |address| address.as_str().as_bytes())
}

/// The kept answer to a read. One without a date that can be relied on is taken out when a caller compares dates and it
/// would have one by now.
fn kept(shared: &Shared, key: &[u8], request: &ServiceRequest) -> Result<Arc<Entry>, Option<Arc<Entry>>> {
    let (cache, headers) = (&shared.svc.cache, request.headers());
    let entry = cache.get(key)?;
    let gains = !entry.is_dated()
        && headers.contains_key(header::IF_MODIFIED_SINCE)
        && !headers.contains_key(header::IF_NONE_MATCH)
        && cache.as_of(shared.svc.clock.now()).exact;
    if gains {
        cache.forget(key, &entry);
        return Err(None);
    }
    Ok(entry)
}

/// Answers from the cache.
fn hit(
    shared: &Shared,
    entry: &Arc<Entry>,
    request: ServiceRequest,
    started: Instant,
) -> ServiceResponse<BoxBody> {
    let text = edge::request_id(&request, shared);
    // It is made of signs that a header may have.
    let id = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    let mut answer = entry.answer(&Asked::of(request.headers(), request.method() != Method::POST), id);
    let elapsed = started.elapsed();
    edge::server_timing(shared, answer.headers_mut(), 0, elapsed);
    shared.svc.cache.counters.hits.inc();
    entry.counters.observe(answer.status() == StatusCode::NOT_MODIFIED, elapsed);
    // One line a request would cost more than the answer.
    tracing::debug!(
        target: "pressroom::access",
        request_id = %text,
        method = %request.method(),
        path = request.path(),
        status = answer.status().as_u16(),
        micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        "answered from the cache"
    );
    request.into_response(answer)
}

/// Answers what the cache has nothing to do with.
async fn pass<S, B>(shared: Data<Shared>, inner: Rc<S>, mut request: ServiceRequest) -> Answer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let before = Before::of(&shared, &mut request);
    if let Some(answer) = before.preflight() {
        return Ok(before.complete(&shared, request.into_response(answer), 0));
    }
    let ran = before.run(inner.call(request)).await?;
    Ok(before.complete(&shared, ran.response, ran.statements))
}

/// Reads a GraphQL body, and answers from the cache or by computing.
async fn post<S, B>(
    shared: Data<Shared>,
    inner: Rc<S>,
    mut request: ServiceRequest,
    mut key: Vec<u8>,
    started: Instant,
) -> Answer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let mut payload = request.take_payload();
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    loop {
        match payload.next().await {
            Some(Ok(chunk)) if first.is_none() => first = Some(chunk),
            Some(Ok(chunk)) => rest.extend_from_slice(&chunk),
            None => break,
            // The handler shall meet the same trouble and say it in GraphQL's form.
            Some(Err(e)) => {
                let read = Bytes::from([first.as_deref().unwrap_or_default(), &rest[..]].concat());
                let all = futures_util::stream::iter([Ok(read), Err(e)]);
                request.set_payload(Payload::Stream { payload: Box::pin(all) });
                return pass(shared, inner, request).await;
            }
        }
        if first.as_ref().map_or(0, Bytes::len) + rest.len() > LONGEST_BODY {
            let read = Bytes::from([first.as_deref().unwrap_or_default(), &rest[..]].concat());
            let all = futures_util::stream::iter([Ok(read)]).chain(payload);
            request.set_payload(Payload::Stream { payload: Box::pin(all) });
            return pass(shared, inner, request).await;
        }
    }
    let first = first.unwrap_or_default();
    let body = if rest.is_empty() { first } else { Bytes::from([&first[..], &rest[..]].concat()) };
    // Writes are not kept; a query that has the word in it is not worth more looking. A document that comes with its hash
    // is to be remembered by it, each time that it comes.
    if contains(&body, b"mutation") || (contains(&body, b"persistedQuery") && contains(&body, b"\"query\"")) {
        request.set_payload(Payload::from(body));
        return pass(shared, inner, request).await;
    }
    key.extend_from_slice(&body);
    match shared.svc.cache.get(&key) {
        Ok(entry) => Ok(hit(&shared, &entry, request, started)),
        Err(old) => {
            request.set_payload(Payload::from(body));
            compute(shared, inner, request, key, old).await
        }
    }
}

fn contains(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|part| part == word)
}

/// Computes an answer that is not kept, or waits for somebody who does.
async fn compute<S, B>(
    shared: Data<Shared>,
    inner: Rc<S>,
    request: ServiceRequest,
    key: Vec<u8>,
    mut old: Option<Arc<Entry>>,
) -> Answer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let started = Instant::now();
    let cache = &shared.svc.cache;
    let Some(kept) = &cache.kept else { return pass(shared.clone(), inner, request).await };
    for _ in 0..PATIENCE {
        let entry = match kept.get_value_or_guard(key.as_slice(), Some(Duration::ZERO)) {
            GuardResult::Value(entry) => entry,
            GuardResult::Guard(guard) => {
                return fill(&shared, &inner, request, Some(guard), old.as_ref()).await;
            }
            GuardResult::Timeout => match kept.get_value_or_guard_async(key.as_slice()).await {
                Ok(entry) => entry,
                // Who computed it found nothing to keep: all who waited go on by themselves, at once.
                Err(guard) => {
                    drop(guard);
                    break;
                }
            },
        };
        if cache.slots.holds(entry.moment, &entry.places) {
            return Ok(hit(&shared, &entry, request, started));
        }
        cache.forget(&key, &entry);
        old = Some(entry);
    }
    fill(&shared, &inner, request, None, None).await
}

/// Computes an answer, and keeps it where there is a place for it and it may be kept.
async fn fill<S, B>(
    shared: &Data<Shared>,
    inner: &S,
    mut request: ServiceRequest,
    guard: Option<Guard<'_>>,
    old: Option<&Arc<Entry>>,
) -> Answer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let cache = &shared.svc.cache;
    let before = Before::of(shared, &mut request);
    // What is kept is the whole answer; the caller's conditions are looked at afterwards.
    let asked = conditions(request.headers_mut());
    // Before any transaction begins that may not see what is committed from now on.
    let moment = cache.slots.now();
    cache.counters.computed.inc();
    let ran = FRESH.scope((), before.run(inner.call(request))).await?;
    let (request, response) = ran.response.into_parts();
    let (response, body) = response.into_parts();
    let body = match body.try_into_bytes() {
        Ok(body) => body,
        Err(body) => {
            let response = ServiceResponse::new(request, response.set_body(body));
            return Ok(before.complete(shared, response, ran.statements));
        }
    };
    let public =
        response.extensions().get::<Public>().copied().filter(|_| response.status() == StatusCode::OK);
    let mut response = response.set_body(BoxBody::new(body.clone()));
    if let Some(Public(as_of)) = public {
        if !response.headers().contains_key(header::ETAG) {
            let tag = crate::rest::respond::etag(None, &body);
            if let Ok(tag) = HeaderValue::from_str(&tag) {
                response.headers_mut().insert(header::ETAG, tag);
            }
        }
        let pattern = edge::pattern(&request);
        let counters = shared.metrics.route(before.method(), &pattern);
        let read = (moment, cache.slots.places(&ran.keys));
        let entry =
            Entry::new(read, response.headers(), body, as_of.exact, &edge::common_headers(), counters)
                .map(Arc::new);
        if let Some(entry) = entry {
            cache.compare(old, &entry);
            if let Some(guard) = guard {
                // It may have been dropped meanwhile; then nothing is kept.
                drop(guard.insert(Arc::clone(&entry)));
            }
            response = entry
                .answer(&Asked::of(&asked, before.method() != Method::POST), HeaderValue::from_static(""));
        }
    }
    Ok(before.complete(shared, ServiceResponse::new(request, response), ran.statements))
}

/// Takes the headers that make an answer conditional, and keeps those that choose its form.
fn conditions(headers: &mut HeaderMap) -> HeaderMap {
    let mut asked = HeaderMap::new();
    for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
        // Several lines of one list are one list.
        let values: Vec<HeaderValue> = headers.remove(&name).collect();
        let joined = values.iter().filter_map(|v| v.to_str().ok()).collect::<Vec<_>>().join(", ");
        if let (false, Ok(value)) = (values.is_empty(), HeaderValue::from_str(&joined)) {
            asked.insert(name, value);
        }
    }
    if let Some(value) = headers.get(header::ACCEPT_ENCODING) {
        asked.insert(header::ACCEPT_ENCODING, value.clone());
    }
    asked
}
