//! The words of posts that comments under them are compared with: taken once from each text that goes live.

use diesel::prelude::*;

use crate::db::Conn;
use crate::tables::post_words;
use crate::types::Id;

/// The words that were taken from this live revision of a post.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, post: Id, revision: i32) -> crate::Result<Option<String>> {
    Ok(post_words::table
        .filter(post_words::post_id.eq(post))
        .filter(post_words::revision.eq(revision))
        .select(post_words::words)
        .first(conn)
        .optional()?)
}

/// Keeps the words of a post's live revision in the place of those of an earlier one.
///
/// # Errors
/// When the post is gone, or the database fails.
pub fn keep(conn: &mut Conn, post: Id, revision: i32, words: &str) -> crate::Result<()> {
    diesel::delete(post_words::table.filter(post_words::post_id.eq(post))).execute(conn)?;
    diesel::insert_into(post_words::table)
        .values((
            post_words::post_id.eq(post),
            post_words::revision.eq(revision),
            post_words::words.eq(words),
        ))
        .execute(conn)?;
    Ok(())
}
