//! The engine on a toy schema.

mod engine;
#[expect(clippy::unused_async, reason = "async-graphql takes no other resolvers")]
mod toy;
