//! What handlers take from a request besides its path.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use crate::auth::viewer::{Viewer, Who};
use crate::error::Error;
use crate::service::Service;

impl FromRequest for Viewer {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let svc = request.app_data::<Data<Service>>().cloned();
        Box::pin(async move {
            let _svc = svc.ok_or_else(|| Error::internal("the service is not set up"))?.into_inner();
            Ok(Self { who: Who::Anonymous, request_id: crate::problem::request_id(), ip: None })
        })
    }
}
