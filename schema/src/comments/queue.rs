//! The moderation queue: comments of any state, newest first.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::CommentRow;
use crate::db::{Conn, MultiBackend};
use crate::page::{KeyValue, Slice, Window, keyset};
use crate::sql::text_in;
use crate::tables::{comments, post_authors, posts};
use crate::types::Id;
use crate::values::{CommentStatus, EmailKey};

/// Which comments.
#[derive(Debug, Clone, Default)]
pub struct QueueFilter {
    /// Only these states; empty for all.
    pub statuses: Vec<CommentStatus>,
    /// Only under this post.
    pub post: Option<Id>,
    /// Only from this address, as it is compared.
    pub email_key: Option<EmailKey>,
    /// Only under posts begun by this account or bearing this byline.
    pub mine: Option<(Id, Option<Id>)>,
}

type Boxed<'a> = diesel::dsl::IntoBoxed<'a, comments::table, MultiBackend>;

fn filtered(filter: &QueueFilter) -> Boxed<'_> {
    let mut query = comments::table.into_boxed::<MultiBackend>();
    match filter.statuses.as_slice() {
        [] => {}
        [one] => query = query.filter(comments::status.eq(one)),
        many => query = query.filter(text_in(comments::status, many)),
    }
    if let Some(post) = filter.post {
        query = query.filter(comments::post_id.eq(post));
    }
    if let Some(key) = &filter.email_key {
        query = query.filter(comments::author_email_key.eq(key).assume_not_null());
    }
    if let Some((user, author)) = filter.mine {
        let begun = exists(
            posts::table
                .filter(posts::id.eq(comments::post_id))
                .filter(posts::owner_id.eq(user).assume_not_null()),
        );
        query = match author {
            Some(author) => query.filter(
                begun.or(exists(
                    post_authors::table
                        .filter(post_authors::post_id.eq(comments::post_id))
                        .filter(post_authors::author_id.eq(author)),
                )),
            ),
            None => query.filter(begun),
        };
    }
    query
}

/// One page of the comments that `filter` leaves, newest first.
///
/// # Errors
/// When the database fails.
pub fn queue(conn: &mut Conn, filter: &QueueFilter, window: &Window) -> crate::Result<Slice<CommentRow>> {
    let time = |key: &KeyValue| key.time();
    let query = keyset!(filtered(filter), window, comments::created_at, comments::id, time, descending: true);
    let rows = query.select(CommentRow::as_select()).load(conn)?;
    Ok(window.slice(rows))
}

/// How many comments `filter` leaves.
///
/// # Errors
/// When the database fails.
pub fn count_queue(conn: &mut Conn, filter: &QueueFilter) -> crate::Result<i64> {
    Ok(filtered(filter).count().get_result(conn)?)
}
