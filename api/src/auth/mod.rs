//! Who asks, how they prove it, and what they may do: pure parts, without a database and without the web.
//!
//! - [`password`]: Argon2id and the small pool that hashing runs on.
//! - [`keys`], [`jwt`], [`preview`]: Ed25519 signing keys, access tokens and preview tokens.
//! - [`secret`]: opaque secrets (API tokens, refresh tokens, edit tokens).
//! - [`scope`], [`viewer`], [`policy`]: what a token may do, who asks, and the table of rights.
//! - [`throttle`]: how long to wait after failed attempts; [`limit`]: how many of which operations in how long.

mod ed25519;
pub mod jwt;
pub mod keys;
pub mod limit;
pub mod password;
pub mod policy;
pub mod preview;
mod rights;
pub mod scope;
pub mod secret;
mod strength;
pub mod throttle;
pub mod viewer;
