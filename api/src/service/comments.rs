//! Comment threads: reading them, writing in them, moderating them.
//!
//! An answer shows a thread by pages of top-level comments, each with its replies nested down to stated limits; what lies beyond
//! is reached by `parent` and a cursor. A removed comment that was answered stays as a tombstone.

mod access;
mod commented;
mod edit;
mod guests;
mod moderate;
mod read;
mod thread;
mod write;

#[cfg(test)]
mod tests;

pub use edit::{EditAccess, UpdateComment, delete, update};
pub use moderate::{ModerateComments, moderate, moderate_one};
pub use pressroom_schema::{CommentSort, Moderation, ThreadView};
pub use read::{QueueQuery, Thread, ThreadQuery, get, list, queue};
pub use write::{AddComment, CommentAuthorInput, Origin, add};

pub(crate) use commented::CommentedPosts;
pub(crate) use read::{admit_edit_token, by_edit_token_in, load_ancestors, queue_in};
pub(crate) use thread::{
    BELOW, Rows, first_pages, load_comments, load_replies, load_threads, page_of_embedded, page_of_nested,
};

use crate::auth::limit::Class;
use crate::auth::policy::{Action, Grant};
use crate::auth::viewer::{UserViewer, Viewer};
use crate::error::Result;

/// Most replies of one comment in one answer, where they are nested.
pub const REPLIES_PER_COMMENT: i64 = 10;
/// How many levels of replies are nested below the comments of a page.
pub const REPLY_LEVELS: i32 = 4;
/// Most nested replies in one answer, all comments of the page together.
pub const REPLIES_PER_ANSWER: i64 = 1000;
/// Most characters of a comment's source.
pub const BODY_LENGTH: usize = 20_000;
/// Most characters of a guest's name.
pub const NAME_LENGTH: usize = 100;
/// Most comments in one decision.
pub const MODERATED_AT_ONCE: usize = 100;
/// Most comments above a comment that is read by itself.
const ANCESTORS: i32 = 100;

/// Counts what the caller does to comments. Those who decide on everybody's, and move old threads here by scripts, are counted by
/// their writes alone.
///
/// # Errors
/// 429 after too many.
async fn admit(svc: &super::Service, viewer: &Viewer, class: Class) -> Result<()> {
    let moderates = |user: &UserViewer| Action::ModerateComment.row().grant(user.role) == Grant::Any;
    if viewer.user().is_some_and(moderates) { Ok(()) } else { svc.admit(viewer, class).await }
}
