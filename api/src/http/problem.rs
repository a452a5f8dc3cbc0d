//! Errors as the wire shows them: RFC 9457 problem documents, also for what actix would answer by itself.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use super::request_id::request_id;
use crate::error::{Code, Error, FieldError, LimitMet};

/// A problem document (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A stable URI for each kind of problem; `docs/errors.md` lists them.
    #[serde(rename = "type")]
    #[schema(example = "urn:pressroom:problem:validation_failed")]
    pub(crate) kind: String,
    /// The kind in a few words.
    #[schema(example = "Validation failed")]
    pub(crate) title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    pub(crate) status: u16,
    /// What is wrong and how to mend it.
    pub(crate) detail: String,
    /// The request's id, as in `X-Request-Id`.
    pub(crate) instance: String,
    /// The stable name of the kind.
    #[schema(example = "validation_failed")]
    pub(crate) code: String,
    /// Each faulty member.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) errors: Vec<FieldError>,
    /// The present version, where `If-Match` named another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub(crate) version: Option<i64>,
    /// The limit that was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub(crate) limit: Option<LimitMet>,
}

impl Problem {
    /// The document for `error` in the request `instance`.
    #[must_use]
    pub(crate) fn of(error: &Error, instance: &str) -> Self {
        Self {
            kind: error.code().uri(),
            title: error.code().title().to_owned(),
            status: error.code().status(),
            detail: error.detail().to_owned(),
            instance: instance.to_owned(),
            code: error.code().as_str().to_owned(),
            errors: error.errors().to_vec(),
            version: error.version(),
            limit: error.limit().copied(),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let id = request_id();
        if let Some(internal) = self.internal_detail() {
            tracing::error!(request_id = %id, code = self.code().as_str(), internal, "request failed");
        }
        let mut answer = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.retry_after() {
            answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.code().status() == 401 {
            let challenge = if self.code() == Code::InvalidToken {
                "Bearer realm=\"pressroom\", error=\"invalid_token\""
            } else {
                "Bearer realm=\"pressroom\""
            };
            answer.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge)));
        }
        answer.insert_header((header::CACHE_CONTROL, "no-store"));
        let body = serde_json::to_vec(&Problem::of(self, &id)).unwrap_or_default();
        answer.content_type("application/problem+json").body(body)
    }
}
