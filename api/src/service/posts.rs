//! Posts: reading, writing, publishing.

mod access;

pub(crate) use access::{find_visible, is_public, may_do, require_on};
