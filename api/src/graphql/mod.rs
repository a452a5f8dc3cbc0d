//! GraphQL: its HTTP face and the schema. What answers a query is the crate `pressroom-graphql`.

mod fault;
mod graphiql;
pub mod http;
mod refusals;
mod registered;
mod route;
pub mod schema;

#[cfg(test)]
mod tests;

pub(crate) use fault::Result;
pub(crate) use graphiql::configure as configure_pages;
pub use http::{HttpParts, respond};
pub use pressroom_graphql::{Engine, Fault, PlanField, response_key, root_field};
pub(crate) use route::configure;
pub use schema::{engine, sdl};
