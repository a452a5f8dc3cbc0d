//! What becomes of the words that people send: Markdown and HTML made into safe HTML, plain text, excerpts, counts,
//! slugs, search tokens, comparisons, and a judgement on comments.
//!
//! Everything here is a pure function of its arguments. Nothing touches a database, the network, the clock or the
//! environment, so each rule can be tested by itself and gives the same bytes on every machine. What may take long takes a
//! [`Turn`] of a pool, and gives up when it is over.
//!
//! The way of a body:
//!
//! ```text
//! Markdown ──comrak──┐
//! HTML ──────────────┴→ tokens → tidy (balanced, bounded, allow-listed) → ammonia → html → text, excerpt, counts, links
//! ```

pub mod absolute;
pub mod diff;
pub mod render;
pub mod sanitise;
pub mod search;
pub mod slug;
pub mod spam;
pub mod text;

mod anchors;
mod budget;
mod markdown;
pub(crate) mod script;
mod tidy;
mod tokens;
mod turn;

pub use absolute::absolute_urls;
pub use budget::TooMuch;
pub use diff::{DiffLine, LineDiff, line_diff, word_diff};
pub use pressroom_schema::BodyFormat;
pub use render::{Heading, Rendered, render_bio, render_comment, render_post};
pub use search::{highlight, index_tokens, search_tokens};
pub use slug::slugify;
pub use spam::{Judgement, PostWords, Reason, SpamInput, Verdict, judge};
pub use text::{excerpt_of, plain_text};
pub use turn::{Late, Turn};
