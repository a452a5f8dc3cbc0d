//! What stands before actix-web: reads that are kept are answered before a request of actix-web's is made of them. Everything
//! else goes on to the application, whose [`super::layer`] computes what is missing.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Payload, RequestHead, Response, Service, ServiceFactory, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{Error, HttpMessage as _};
use futures_util::future::{Either, LocalBoxFuture};
use futures_util::stream::{self, LocalBoxStream};
use futures_util::{FutureExt as _, StreamExt as _, TryFutureExt as _};

use super::Answers;
use super::entry::Entry;
use super::key::Asking;
use super::layer::{LONGEST_BODY, Query, address, answer, form_of_graphql, gains_a_date, is_private};
use crate::http::bodies::Place;
use crate::http::edge::{self, Edge};

/// The application with the shortcut before it.
pub(crate) struct ShortCircuit<F> {
    answers: Arc<Answers>,
    inner: F,
}

impl<F> ShortCircuit<F> {
    pub(crate) fn before(inner: impl IntoServiceFactory<F, Request>, answers: Arc<Answers>) -> Self
    where
        F: ServiceFactory<Request>,
    {
        Self { answers, inner: inner.into_factory() }
    }
}

impl<F> ServiceFactory<Request> for ShortCircuit<F>
where
    F: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<BoxBody>, Error = Error>,
    F::Future: 'static,
    F::Service: 'static,
    <F::Service as Service<Request>>::Future: 'static,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Config = AppConfig;
    type Service = ShortCircuitService<F::Service>;
    type InitError = F::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, F::InitError>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let answers = Arc::clone(&self.answers);
        Box::pin(
            self.inner
                .new_service(config)
                .map_ok(|inner| ShortCircuitService { answers, inner: Rc::new(inner) }),
        )
    }
}

/// One worker's.
pub(crate) struct ShortCircuitService<S> {
    answers: Arc<Answers>,
    inner: Rc<S>,
}

type Answer = Result<Response<BoxBody>, Error>;

impl<S> Service<Request> for ShortCircuitService<S>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    S::Future: 'static,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Future = Either<Ready<Answer>, LocalBoxFuture<'static, Answer>>;

    actix_web::dev::forward_ready!(inner);

    fn call(&self, request: Request) -> Self::Future {
        let started = Instant::now();
        if let Some(entry) = kept(&self.answers, request.head()) {
            return Either::Left(ready(Ok(answer(&self.answers, &entry, request.head(), started))));
        }
        Either::Right(match form_of_query(&self.answers, request.head()) {
            Some(form) => Box::pin(query(Arc::clone(&self.answers), Rc::clone(&self.inner), request, form)),
            None => Box::pin(self.inner.call(request).map_ok(Response::from)),
        })
    }
}

/// The form of the answer to a GraphQL query in a body, if it may be kept.
fn form_of_query(answers: &Answers, request: &RequestHead) -> Option<u8> {
    let is_open = request.method == Method::POST
        && request.uri.path() == "/graphql"
        && answers.is_open()
        && !is_private(&request.headers);
    if is_open { form_of_graphql(&request.headers, true) } else { None }
}

/// Answers a GraphQL query in a body. One that is not kept goes on with what was read of it.
async fn query<S>(answers: Arc<Answers>, inner: Rc<S>, mut request: Request, form: u8) -> Answer
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    let started = Instant::now();
    let place = edge::place_for_body(&answers.edge, request.head());
    let (body, rest) = read(&answers.edge, &place, request.take_payload()).await;
    let Some(rest) = rest else {
        if let Some(entry) = answers.peek(&Asking::graphql(form, &body)) {
            return Ok(answer(&answers, &entry, request.head(), started));
        }
        *request.payload() = Payload::from(body.clone());
        request.extensions_mut().insert(Query { form, body });
        request.extensions_mut().insert(place);
        return inner.call(request).map_ok(Response::from).await;
    };
    // It is counted anew as the handler reads it.
    drop(place);
    let read = futures_util::stream::iter([Ok(body)]);
    *request.payload() = Payload::Stream { payload: Box::pin(read.chain(rest)) };
    inner.call(request).map_ok(Response::from).await
}

type Rest = LocalBoxStream<'static, Result<Bytes, PayloadError>>;

/// What a body begins with: all of it, or as much as makes clear that it is not kept, and the rest. The handler shall meet
/// the same trouble in it, and say it in GraphQL's form.
async fn read(edge: &Edge, place: &Place, mut payload: Payload) -> (Bytes, Option<Rest>) {
    let mut first: Option<Bytes> = None;
    let mut more = BytesMut::new();
    // Most bodies have come with their heads; a clock is set for others only.
    let mut is_limited = false;
    let rest = loop {
        let next = if let Some(next) = payload.next().now_or_never() {
            next
        } else {
            if !is_limited {
                payload = edge::limit_body_time(edge, payload);
                is_limited = true;
            }
            payload.next().await
        };
        match next.map(|piece| piece.and_then(|piece| place.take(piece.len()).map(|()| piece))) {
            None => break None,
            Some(Ok(chunk)) if first.is_none() => first = Some(chunk),
            Some(Ok(chunk)) => more.extend_from_slice(&chunk),
            Some(Err(error)) => break Some(stream::iter([Err(error)]).boxed_local()),
        }
        if first.as_ref().map_or(0, Bytes::len) + more.len() > LONGEST_BODY {
            let rest = if is_limited { payload } else { edge::limit_body_time(edge, payload) };
            break Some(rest.boxed_local());
        }
    };
    let first = first.unwrap_or_default();
    (if more.is_empty() { first } else { Bytes::from([&first[..], &more[..]].concat()) }, rest)
}

/// The kept answer to a read by anybody. What is kept is for everybody, so that nothing else need be asked of the request.
fn kept(answers: &Answers, request: &RequestHead) -> Option<Arc<Entry>> {
    let reads = request.method == Method::GET || request.method == Method::HEAD;
    if !reads || !answers.is_open() || is_private(&request.headers) {
        return None;
    }
    let entry = if request.uri.path() == "/graphql" {
        answers.peek(&Asking::graphql(form_of_graphql(&request.headers, false)?, address(request)))
    } else {
        answers.peek(&Asking::address(address(request)))
    };
    entry.filter(|entry| !gains_a_date(&answers.edge, entry, &request.headers))
}
