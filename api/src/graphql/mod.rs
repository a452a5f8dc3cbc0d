//! GraphQL: the engine, its HTTP face, and the schema.
//!
//! The way of a request is **plan → load → execute**. Before anything is executed, the query is turned into a
//! [`plan::Plan`]; the loading step goes through it level by level and fetches everything in one read
//! transaction, with a number of statements that depends on the query's shape and not on how many rows it finds;
//! resolvers are synchronous in all but name, and look up what was loaded for their response key.

pub mod documents;
pub mod engine;
pub mod fault;
mod graphiql;
pub mod http;
pub mod limits;
mod nulls;
pub mod plan;
mod registered;
mod resolve;
mod route;
pub mod schema;
mod scope;
pub mod types;
mod usages;
pub mod variables;

#[cfg(test)]
mod tests;

pub use engine::{Call, Engine, Outcome, Settings};
pub use fault::Fault;
pub(crate) use graphiql::configure as configure_pages;
pub use http::{HttpParts, respond};
pub use limits::Limits;
pub use plan::{Plan, PlanArgs, PlanField, plan_operation, response_key, root_field};
pub(crate) use route::configure;
pub use schema::{engine, sdl};
