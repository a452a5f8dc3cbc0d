//! Who asks, and what they may do.

pub mod policy;
pub mod viewer;
