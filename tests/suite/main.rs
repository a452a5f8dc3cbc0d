//! Pressroom's suite: everything that is tested through the doors that users use, on both databases.

#[cfg(test)]
mod support;
