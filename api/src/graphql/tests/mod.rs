//! The HTTP face on the toy schema of `pressroom-graphql`.

mod http;
#[path = "../../../../graphql/src/tests/toy.rs"]
#[allow(
    dead_code,
    clippy::unused_async,
    reason = "the engine's tests use it whole; async-graphql takes no other resolvers"
)]
mod toy;
