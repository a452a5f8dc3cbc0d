//! What all faces say over HTTP: who asks, what they send, and how answers are written, whatever is answered.

pub(crate) mod bodies;
pub(crate) mod body;
pub(crate) mod contract;
pub(crate) mod cors;
pub(crate) mod edge;
pub(crate) mod headers;
pub(crate) mod idempotency;
pub(crate) mod metrics;
pub(crate) mod negotiate;
pub(crate) mod parameters;
pub(crate) mod params;
pub(crate) mod problem;
mod request_id;
pub(crate) mod respond;
pub(crate) mod validators;
pub(crate) mod viewer;
