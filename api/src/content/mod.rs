//! stand-in
pub mod slug;
