//! What a request is known by, in its answer and in the log.

use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::header::{HeaderMap, HeaderValue};
use pressroom_schema::Id;

use super::headers;

tokio::task_local! {
    /// The id of the request that this task serves.
    pub(crate) static REQUEST_ID: String;
}

/// The present request's id; empty outside a request.
pub(crate) fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
}

/// The caller's own id, where it has a harmless form.
fn own_request_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get(headers::REQUEST_ID).filter(|value| {
        (8..=64).contains(&value.len())
            && value.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    })
}

/// The ids of requests that bring none: what is this process's alone, and a number. Nobody needs to be unable to guess them, and
/// a UUID takes the kernel's random numbers each time.
pub(crate) struct RequestIds {
    process: String,
    last: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new(process: Id) -> Self {
        Self { process: process.0.simple().to_string(), last: AtomicU64::new(0) }
    }

    fn next(&self) -> String {
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        format!("{}-{number}", self.process)
    }

    /// The caller's own id where it has a harmless form, else a new one.
    pub(crate) fn of(&self, headers: &HeaderMap) -> String {
        let own = own_request_id(headers).and_then(|value| value.to_str().ok());
        own.map_or_else(|| self.next(), str::to_owned)
    }

    /// The same as a header.
    pub(crate) fn header_of(&self, headers: &HeaderMap) -> HeaderValue {
        own_request_id(headers).cloned().unwrap_or_else(|| {
            // It is made of characters that a header may have.
            HeaderValue::try_from(self.next()).unwrap_or(HeaderValue::from_static(""))
        })
    }
}
