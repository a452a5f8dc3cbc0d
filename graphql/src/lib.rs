//! GraphQL by the letter of its specification, on async-graphql.
//!
//! async-graphql 7.2 departs from the specification in some places, has limits that come too late, and offers no way to load for a
//! whole level of a query at once. Each module here mends one of these, and its head says which: the section of the specification
//! (October 2021, whose numbers are meant unless it says September 2025), the issue at
//! <https://github.com/async-graphql/async-graphql>, and what would make the module unnecessary. "Still so in 8.0.0-rc.5" was tried with
//! the queries of `src/tests`.
//!
//! The way of a request is **plan → load → execute**. Before anything is executed, the query is turned into a [`Plan`]; the caller
//! goes through it level by level and fetches everything in one read, with a number of statements that depends on the query's shape
//! and not on how many rows it finds; resolvers are synchronous in all but name, and look up what was loaded for their response key.
//!
//! This crate knows no schema, no transport and no database. Resolvers answer `Result<_, Fault>`: a [`Fault`] is all that the engine
//! tells a client of, and what comes without one is async-graphql's own refusal of an argument.

mod arguments;
mod documents;
mod engine;
mod fault;
mod limits;
mod nulls;
mod plan;
mod resolve;
mod scope;
mod types;
mod usages;
mod variables;

#[cfg(test)]
extern crate self as pressroom_graphql;
#[cfg(test)]
mod tests;

pub use arguments::{Args, Root};
pub use engine::{Call, Engine, Outcome, Settings};
pub use fault::{Fault, Member, code, kind_of};
pub use limits::Limits;
pub use plan::{Children, Plan, PlanArgs, PlanField, response_key, root_field};
pub use variables::ScalarCheck;
