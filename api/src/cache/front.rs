//! What stands before actix-web: reads that are kept are answered before a request of actix-web's is made of them. Everything
//! else goes on to the application, whose [`super::middleware`] finds the same answers and computes those that are missing.

use std::future::{Ready, ready};
use std::time::Instant;

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, RequestHead, Response, Service, ServiceFactory, ServiceResponse};
use actix_web::http::Method;
use actix_web::web::Data;
use futures_util::TryFutureExt as _;
use futures_util::future::{Either, LocalBoxFuture, MapOk};

use super::entry::Entry;
use super::middleware::{address, answer, form_of_graphql, gains_a_date, is_private, key_of_graphql};
use crate::app::Shared;

/// The application with the shortcut before it.
pub(crate) struct Front<F> {
    shared: Data<Shared>,
    inner: F,
}

impl<F> Front<F> {
    pub(crate) fn before(inner: impl IntoServiceFactory<F, Request>, shared: Data<Shared>) -> Self
    where
        F: ServiceFactory<Request>,
    {
        Self { shared, inner: inner.into_factory() }
    }
}

impl<F> ServiceFactory<Request> for Front<F>
where
    F: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<BoxBody>, Error = Error>,
    F::Future: 'static,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Config = AppConfig;
    type Service = Standing<F::Service>;
    type InitError = F::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, F::InitError>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let shared = self.shared.clone();
        Box::pin(self.inner.new_service(config).map_ok(|inner| Standing { shared, inner }))
    }
}

/// One worker's.
pub(crate) struct Standing<S> {
    shared: Data<Shared>,
    inner: S,
}

type Whole = fn(ServiceResponse<BoxBody>) -> Response<BoxBody>;

impl<S> Service<Request> for Standing<S>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Future = Either<Ready<Result<Response<BoxBody>, Error>>, MapOk<S::Future, Whole>>;

    actix_web::dev::forward_ready!(inner);

    fn call(&self, request: Request) -> Self::Future {
        let started = Instant::now();
        match kept(&self.shared, request.head()) {
            Some(entry) => Either::Left(ready(Ok(answer(&self.shared, &entry, request.head(), started)))),
            None => Either::Right(self.inner.call(request).map_ok(Response::from)),
        }
    }
}

/// The kept answer to a read by anybody. What is kept is for everybody, so that nothing else need be asked of the request.
fn kept(shared: &Shared, request: &RequestHead) -> Option<std::sync::Arc<Entry>> {
    let cache = &shared.svc.cache;
    let reads = request.method == Method::GET || request.method == Method::HEAD;
    if !reads || !cache.is_open() || is_private(&request.headers) {
        return None;
    }
    let entry = if request.uri.path() == "/graphql" {
        cache.peek(&key_of_graphql(form_of_graphql(&request.headers, false)?, address(request)))
    } else {
        cache.peek(address(request))
    };
    entry.filter(|entry| !gains_a_date(shared, entry, &request.headers))
}
