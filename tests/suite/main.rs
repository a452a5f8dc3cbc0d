//! Pressroom's suite: everything that is tested through the doors that users use, on both databases.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod budgets;
#[cfg(test)]
mod cache;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod cpu;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod feeds;
#[cfg(test)]
mod graphql;
#[cfg(test)]
mod graphql_mutations;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod members;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod readiness;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod search;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod support;
#[cfg(test)]
mod words;
