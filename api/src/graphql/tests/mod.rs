//! The engine and its HTTP face on a toy schema.

mod engine;
mod http;
#[expect(clippy::unused_async, reason = "async-graphql takes no other resolvers")]
pub(crate) mod toy;
