//! What happens without a request: smaller widths of images, scheduled posts, clearing out.
//!
//! Work is asked for in the transaction whose consequence it is ([`pressroom_schema::jobs::enqueue`]), and done by a
//! [`Runner`] on whichever instance comes first. A runner looks when it is told ([`crate::service::Notifier`]), when something falls due,
//! and every few seconds, since other instances share the queue and the schedule.

mod runner;
mod work;

pub use runner::{Runner, RunnerHandle, run_due_once};
pub(crate) use work::free_all;

#[cfg(test)]
mod tests;
