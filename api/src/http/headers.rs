//! Names of header fields that HTTP's own list has not.

use actix_web::http::header::HeaderName;

/// What a caller has left of the limits that a request counted for.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// What these limits are.
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What a request is known by, in answers and logs.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A guest's right to change a comment that they have just written.
pub(crate) const EDIT_TOKEN: HeaderName = HeaderName::from_static("x-edit-token");
/// By what a guest is known who has commented before.
pub(crate) const GUEST_TOKEN: HeaderName = HeaderName::from_static("x-guest-token");
/// What search engines may do with an answer.
pub(crate) const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
/// What a write is known by, so that it may be sent again.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The names of what an answer depends on, for whoever purges a CDN.
pub(crate) const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
