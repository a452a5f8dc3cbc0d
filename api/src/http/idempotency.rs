//! `Idempotency-Key` on any POST: under `/v1`, and to GraphQL.

use actix_web::body::{BoxBody, MessageBody, to_bytes_limited};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{BytesMut, Data};
use actix_web::{HttpMessage, HttpResponse};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;

use super::headers::IDEMPOTENCY_KEY;
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error, FieldError, Result};
use crate::service::idempotency::{self, Kept, Key};
use crate::service::{Service, Svc};

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The headers of an answer that its retries get as well.
const WORTH_KEEPING: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// How a face says what this has to know or to say.
#[derive(Clone, Copy)]
pub(crate) struct Face {
    /// An error as an answer to a request with these headers.
    pub(crate) refuse: fn(&HeaderMap, &Error) -> HttpResponse,
    /// What the errors in the body of an answer would be as statuses, where the answer's own says little of them.
    pub(crate) failures: fn(&[u8]) -> Vec<StatusCode>,
}

type Answer = std::result::Result<ServiceResponse<BoxBody>, actix_web::Error>;

/// The middleware that serves a POST of `face` once, however often it is sent under one key.
pub(crate) fn once<B: MessageBody + 'static>(
    face: Face,
) -> impl Fn(ServiceRequest, Next<B>) -> LocalBoxFuture<'static, Answer> + Clone {
    move |request, next| Box::pin(serve(face, request, next))
}

async fn serve(face: Face, mut request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Answer {
    if request.method() != Method::POST || !request.headers().contains_key(IDEMPOTENCY_KEY) {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let (svc, key) = match claim(&mut request).await {
        Ok(found) => found,
        Err(e) => return Ok(refuse(face, request, &e)),
    };
    match idempotency::begin(&svc, &key).await {
        Err(e) => return Ok(refuse(face, request, &e)),
        Ok(Some(kept)) => return Ok(request.into_response(replay(kept))),
        Ok(None) => {}
    }
    let response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    let (request, response) = response.into_parts();
    let headers: Vec<(String, String)> = WORTH_KEEPING
        .iter()
        .filter_map(|name| response.headers().get(name).map(|v| (name, v)))
        .filter_map(|(name, v)| v.to_str().ok().map(|v| (name.to_string(), v.to_owned())))
        .collect();
    let (head, body) = response.into_parts();
    let body =
        to_bytes_limited(body, usize::MAX).await.ok().and_then(std::result::Result::ok).unwrap_or_default();
    let outcome = if is_decided(status) && (face.failures)(&body).into_iter().all(is_decided) {
        idempotency::keep(&svc, &key, &Kept { status: status.as_u16(), headers, body: body.to_vec() }).await
    } else {
        idempotency::release(&svc, &key).await
    };
    if let Err(e) = outcome {
        tracing::error!(error = %e, "an answer could not be kept for retries");
    }
    Ok(ServiceResponse::new(request, head.set_body(BoxBody::new(body))))
}

fn refuse(face: Face, request: ServiceRequest, error: &Error) -> ServiceResponse<BoxBody> {
    let answer = (face.refuse)(request.headers(), error);
    request.into_response(answer)
}

/// Whether it was decided on its merits; what was not may be tried again.
fn is_decided(status: StatusCode) -> bool {
    let later = [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS, StatusCode::PAYLOAD_TOO_LARGE];
    !status.is_server_error() && !later.contains(&status)
}

async fn claim(request: &mut ServiceRequest) -> Result<(Svc, Key)> {
    let svc = request
        .app_data::<Data<Service>>()
        .cloned()
        .ok_or_else(|| Error::internal("the service is not set up"))?
        .into_inner();
    let text =
        request.headers().get(IDEMPOTENCY_KEY).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    if !(8..=255).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Error::parameters(vec![FieldError::parameter(
            "Idempotency-Key",
            "invalid",
            "Idempotency-Key must be 8 to 255 visible ASCII characters, such as a UUID.",
        )]));
    }
    let viewer: Viewer = request.extract::<Viewer>().await?;
    let body = read(request, svc.config.upload_limit.saturating_add(65_536)).await?;
    // A multipart boundary differs from try to try; the content type would make the same upload another request.
    let address = request.uri().to_string();
    let key = Key::new(&viewer, &text, &[address.as_bytes(), &comparable(request, &body)]);
    request.set_payload(Payload::from(body));
    Ok((svc, key))
}

/// The body without what differs between two tries of the same multipart upload: its boundary.
fn comparable(request: &ServiceRequest, body: &[u8]) -> Vec<u8> {
    let boundary = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.split_once("boundary="))
        .map(|(_, b)| b.split(';').next().unwrap_or_default().trim().trim_matches('"').as_bytes().to_vec())
        .filter(|b| !b.is_empty());
    let Some(boundary) = boundary else { return body.to_vec() };
    let mut rest = body;
    let mut kept = Vec::with_capacity(body.len());
    while let Some(at) = rest.windows(boundary.len()).position(|w| w == boundary) {
        let (before, after) = rest.split_at(at);
        kept.extend_from_slice(before);
        rest = after.get(boundary.len()..).unwrap_or_default();
    }
    kept.extend_from_slice(rest);
    kept
}

async fn read(request: &mut ServiceRequest, limit: usize) -> Result<actix_web::web::Bytes> {
    let mut payload = request.take_payload();
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Error::new(Code::BadRequest, "The body ended before it was whole."))?;
        if body.len() + chunk.len() > limit {
            return Err(Error::new(Code::TooLarge, format!("The body is larger than {limit} bytes.")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn replay(kept: Kept) -> HttpResponse {
    let mut answer = HttpResponse::build(StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK));
    for (name, value) in kept.headers {
        answer.insert_header((name, value));
    }
    answer
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((REPLAYED, HeaderValue::from_static("true")))
        .body(kept.body)
}
