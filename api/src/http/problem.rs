//! Errors as the wire shows them: RFC 9457 problem documents, also for what actix would answer by itself.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Response};
use utoipa::{ToResponse, ToSchema};

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

/// The statuses that say that something is wrong: each with the name that its answer has in the contract, and what it means.
pub(crate) const STATUSES: [(&str, &str, &str); 13] = [
    ("400", "BadRequest", "The request cannot be read: malformed, a bad query parameter, a bad cursor."),
    ("401", "Unauthenticated", "No token where one is needed, or one that is not good."),
    ("403", "Forbidden", "The caller's role or token does not allow this."),
    ("404", "NotFound", "Nothing here, or nothing that the caller may know of."),
    ("406", "NotAcceptable", "None of the types in Accept can be produced."),
    ("409", "Conflict", "Something else has this name, or the object's state forbids it."),
    ("412", "PreconditionFailed", "Changed by somebody else since; `version` is the present one."),
    ("413", "TooLarge", "Larger than this server takes."),
    ("415", "UnsupportedMediaType", "Not a type that this takes."),
    ("422", "ValidationFailed", "Well formed, but not valid; `errors` names each member."),
    (
        "429",
        "RateLimited",
        "Too many of these; `limit` names the limit and its setting, and Retry-After says how long to wait.",
    ),
    ("500", "Internal", "A defect on our side; the log has more under the request's id."),
    ("503", "Unavailable", "Busy, or a store is out of reach; try again after Retry-After."),
];

/// The answer of each status as a component of the contract.
pub(crate) fn components() -> Value {
    let mut all = Map::new();
    for (status, name, description) in STATUSES {
        let more: &[&str] = match status {
            "401" => &["WWW-Authenticate"],
            "429" => &["Retry-After", "RateLimit", "RateLimit-Policy"],
            "503" => &["Retry-After"],
            _ => &[],
        };
        let headers: Map<String, Value> = ["X-Request-Id", "Cache-Control"]
            .iter()
            .chain(more)
            .map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })))
            .collect();
        all.insert(
            name.to_owned(),
            json!({
                "description": description,
                "headers": headers,
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            }),
        );
    }
    Value::Object(all)
}

/// Makes types by which an operation names one of [`components`], where not all operations of its kind have it.
macro_rules! named {
    ($($(#[$about:meta])+ $name:ident,)+) => {$(
        $(#[$about])+
        pub(crate) struct $name;

        impl<'r> ToResponse<'r> for $name {
            fn response() -> (&'r str, RefOr<Response>) {
                (stringify!($name), Response::default().into())
            }
        }
    )+};
}

named! {
    /// 404 of an operation whose path names nothing.
    NotFound,
    /// 409 of a removal that the state of something else can forbid.
    Conflict,
    /// 429 of a read that a caller can ask for too often; of what writes, all can.
    RateLimited,
}
