//! The REST face: handlers of a few lines that turn requests into use cases and what they answer into bytes.

pub(crate) mod body;
mod extract;
pub(crate) mod params;
pub(crate) mod posts;
pub mod respond;
pub(crate) mod revisions;
