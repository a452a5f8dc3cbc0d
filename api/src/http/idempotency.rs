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
use memchr::memmem;
use sha2::{Digest as _, Sha256};

use super::bodies;
use super::headers::IDEMPOTENCY_KEY;
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error, FieldError, Result};
use crate::service::idempotency::{self, KeptAnswer, Key};
use crate::service::{Service, Svc};

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// A body of so many bytes takes less than a millisecond to digest.
const LIGHT: usize = 256 * 1024;
/// The headers of an answer that its retries get as well.
const WORTH_KEEPING: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// How a face says what this has to know or to say.
#[derive(Clone, Copy)]
pub(crate) struct Face {
    /// An error as an answer to a request with these headers.
    pub(crate) refuse: fn(&HeaderMap, &Error) -> HttpResponse,
    /// The longest body that the request's route takes from this caller, in bytes.
    pub(crate) limit: fn(&ServiceRequest, &Service, &Viewer) -> Result<usize>,
    /// Whether a body may ask for a write at all.
    pub(crate) may_write: fn(&[u8]) -> bool,
    /// What came of a write, by the head and the body of its answer; none where it was no write.
    pub(crate) outcome: fn(&HttpResponse<()>, &[u8]) -> Option<WriteOutcome>,
}

type Answer = std::result::Result<ServiceResponse<BoxBody>, actix_web::Error>;

/// The middleware that serves a POST of `face` once, however often it is sent under one key.
pub(crate) fn once<B: MessageBody + 'static>(
    face: Face,
) -> impl Fn(ServiceRequest, Next<B>) -> LocalBoxFuture<'static, Answer> + Clone {
    move |request, next| Box::pin(serve(face, request, next))
}

async fn serve(face: Face, mut request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Answer {
    // What has no route writes nothing.
    if request.method() != Method::POST
        || !request.headers().contains_key(IDEMPOTENCY_KEY)
        || request.match_pattern().is_none()
    {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let (svc, key, viewer) = match claim(face, &mut request).await {
        Ok(Some(found)) => found,
        Ok(None) => return next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Err(e) => return Ok(refuse(face, request, &e)),
    };
    match idempotency::begin(&svc, &viewer, &key).await {
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
    let is_kept = (face.outcome)(&head, &body).is_some_and(|outcome| outcome.is_kept(viewer.is_signed_in()));
    let outcome = if is_kept {
        idempotency::keep(&svc, &key, &KeptAnswer { status: status.as_u16(), headers, body: body.to_vec() })
            .await
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

/// What came of a write.
pub(crate) struct WriteOutcome {
    /// Whether anything was done.
    pub(crate) did: bool,
    /// The statuses of what was not.
    pub(crate) failed: Vec<StatusCode>,
}

impl WriteOutcome {
    /// Whether the answer is kept for retries: something was done, or was refused to an account on its merits. What was not
    /// decided may be tried again, and a stranger's refusals are not worth the room.
    fn is_kept(&self, is_signed_in: bool) -> bool {
        const LATER: [StatusCode; 3] =
            [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS, StatusCode::PAYLOAD_TOO_LARGE];
        const MERITS: [StatusCode; 3] =
            [StatusCode::CONFLICT, StatusCode::PRECONDITION_FAILED, StatusCode::UNPROCESSABLE_ENTITY];
        let is_decided = self.failed.iter().all(|s| !s.is_server_error() && !LATER.contains(s));
        is_decided && (self.did || (is_signed_in && self.failed.iter().any(|s| MERITS.contains(s))))
    }
}

/// The key of a request that may write, with its body read, and whether an account sends it.
async fn claim(face: Face, request: &mut ServiceRequest) -> Result<Option<(Svc, Key, Viewer)>> {
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
    let limit = (face.limit)(request, &svc, &viewer)?;
    let body = read(request, limit).await?;
    if !(face.may_write)(&body) {
        request.set_payload(Payload::from(body));
        return Ok(None);
    }
    let (address, boundary) = (request.uri().to_string(), boundary(request.headers()));
    let digest = if body.len() > LIGHT {
        let body = body.clone();
        tokio::task::spawn_blocking(move || digest(&address, &body, boundary.as_deref()))
            .await
            .map_err(|e| Error::internal(e.to_string()))?
    } else {
        digest(&address, &body, boundary.as_deref())
    };
    request.set_payload(Payload::from(body));
    Ok(Some((svc, Key::new(&viewer, &text, digest), viewer)))
}

/// What makes two requests the same: address and body, without what differs between two tries of one upload, its boundary. (So does
/// the content type, which names it.)
fn digest(address: &str, body: &[u8], boundary: Option<&str>) -> String {
    let mut digest = Sha256::new();
    digest.update(u64::try_from(address.len()).unwrap_or(u64::MAX).to_be_bytes());
    digest.update(address);
    let mut from = 0;
    if let Some(boundary) = boundary {
        for at in memmem::find_iter(body, boundary) {
            digest.update(body.get(from..at).unwrap_or_default());
            from = at + boundary.len();
        }
    }
    digest.update(body.get(from..).unwrap_or_default());
    format!("{:x}", digest.finalize())
}

/// The boundary of a form (RFC 2046, 5.1.1: at most 70 characters).
fn boundary(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let mut parts = value.split(';').map(str::trim);
    let is_form = parts.next()?.eq_ignore_ascii_case("multipart/form-data");
    let (_, boundary) = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
    let boundary = boundary.trim().trim_matches('"');
    (is_form && (1..=70).contains(&boundary.len())).then(|| boundary.to_owned())
}

async fn read(request: &mut ServiceRequest, limit: usize) -> Result<actix_web::web::Bytes> {
    let mut payload = request.take_payload();
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|e| bodies::unread(&e))?;
        if body.len() + chunk.len() > limit {
            return Err(Error::new(Code::TooLarge, format!("The body is larger than {limit} bytes.")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn replay(kept: KeptAnswer) -> HttpResponse {
    let mut answer = HttpResponse::build(StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK));
    for (name, value) in kept.headers {
        answer.insert_header((name, value));
    }
    answer
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((REPLAYED, HeaderValue::from_static("true")))
        .body(kept.body)
}
