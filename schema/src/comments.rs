//! Comments: rows and queries. A comment is *shown* when it is approved or has a reply that is shown: a removed comment with
//! answers stays as a tombstone, so that the thread keeps its shape.
//!
//! What hangs on that is kept with every change, up the chain of parents, in the same transaction: `shown` itself,
//! `reply_count` (direct replies that are shown), `score` (everything shown below), the post's count of approved comments and
//! the site's. [`recount`] compares them with a count from nothing.

mod check;
mod counts;
mod history;
mod marks;
mod policy;
mod queue;
mod shingles;
mod store;
mod threads;

#[cfg(test)]
mod tests;

use diesel::prelude::*;

use crate::db::Conn;
use crate::page::KeyValue;
use crate::posts::PostRow;
use crate::sql::id_in;
use crate::tables::{comments, posts};
use crate::types::{Id, Json, Timestamp};
use crate::values::{CommentSort, CommentStatus, EmailKey};

pub use check::recount;
pub use counts::{above, ancestors};
pub use history::{History, Sender, history, is_repeated};
pub use marks::{mark, unmark};
pub use policy::{policy, policy_in_force, set_policy};
pub use queue::{QueueFilter, count_queue, queue};
pub use store::{NewComment, Text, erase, insert, set_status, set_text};
pub use threads::{Below, ThreadPart, Threads, count_roots, count_shown, descendants, pages, whole};

/// A comment as readers see it, and what it takes to decide who may.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = comments)]
pub struct CommentRow {
    /// The post.
    pub post_id: Id,
    /// Its id.
    pub id: Id,
    /// The comment that it answers.
    pub parent_id: Option<Id>,
    /// The comment at the top of its branch: itself, if it answers none.
    pub root_id: Id,
    /// 0 at the top.
    pub depth: i32,
    /// Whether it stands in the thread: approved, or a tombstone.
    pub shown: bool,
    /// Its state.
    pub status: CommentStatus,
    /// When it was written.
    pub created_at: Timestamp,
    /// When its text last changed.
    pub edited_at: Option<Timestamp>,
    /// Rises with every change of text or state.
    pub version: i64,
    /// Direct replies that are shown.
    pub reply_count: i32,
    /// Everything below it that is shown.
    pub score: i32,
    /// The account that wrote it.
    pub user_id: Option<Id>,
    /// That account's profile.
    pub author_id: Option<Id>,
    /// The name given.
    pub author_name: String,
    /// The site given.
    pub author_url: Option<String>,
    /// Until when its writer may edit it.
    pub editable_until: Option<Timestamp>,
    /// Text rendered and sanitised.
    pub html: String,
}

impl CommentRow {
    /// Whether it is approved.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.status == CommentStatus::Approved
    }

    /// Whether it stands in the thread though it was removed.
    #[must_use]
    pub fn is_tombstone(&self) -> bool {
        self.shown && !self.is_approved()
    }

    /// What it sorts by in `order`.
    #[must_use]
    pub fn key(&self, order: CommentSort) -> KeyValue {
        match order {
            CommentSort::Oldest | CommentSort::Newest => KeyValue::Time(self.created_at),
            CommentSort::Top => KeyValue::Int(i64::from(self.score)),
        }
    }
}

/// What only its writer and moderators may see of a comment.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = comments)]
pub struct CommentPrivate {
    /// The comment.
    pub id: Id,
    /// The address given, as it was given.
    pub author_email: Option<String>,
    /// The address as it is compared.
    pub author_email_key: Option<EmailKey>,
    /// The sender's network address.
    pub ip: Option<String>,
    /// What the sender's program called itself.
    pub user_agent: Option<String>,
    /// SHA-256 of the edit token, in hexadecimal.
    pub edit_hash: Option<String>,
    /// SHA-256 of the guest's token, in hexadecimal.
    pub guest_hash: Option<String>,
    /// What texts that say the same have in common.
    pub text_hash: String,
    /// Thousandths: 0 is surely not, 1000 surely spam.
    pub spam_score: i32,
    /// A list of `{code, detail, weight}`.
    pub spam_reasons: Json,
    /// Text as written, in Markdown.
    pub source: String,
}

/// The comment, whatever its state, and its post.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, id: Id) -> crate::Result<Option<(CommentRow, PostRow)>> {
    Ok(comments::table
        .inner_join(posts::table.on(posts::id.eq(comments::post_id)))
        .filter(comments::id.eq(id))
        .select((CommentRow::as_select(), PostRow::as_select()))
        .first(conn)
        .optional()?)
}

/// The comments with these ids, whatever their state, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn by_ids(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<CommentRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(comments::table.filter(id_in(comments::id, ids)).select(CommentRow::as_select()).load(conn)?)
}

/// The private side of these comments, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn private(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<CommentPrivate>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(comments::table.filter(id_in(comments::id, ids)).select(CommentPrivate::as_select()).load(conn)?)
}
