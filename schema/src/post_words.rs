//! The words of posts that comments under them are compared with: taken once from each text that goes live.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};

use crate::db::Conn;
use crate::sql::{Dialect, cached_statement};
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
    Keep { post, revision, words: words.to_owned() }.execute(conn)?;
    Ok(())
}

struct Keep {
    post: Id,
    revision: i32,
    words: String,
}

impl<DB: Dialect> QueryFragment<DB> for Keep {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("INSERT INTO post_words (post_id, revision, words) VALUES (");
        DB::id(&mut out, &self.post)?;
        out.push_sql(", ");
        DB::int(&mut out, &self.revision)?;
        out.push_sql(", ");
        DB::text(&mut out, &self.words)?;
        out.push_sql(
            ") ON CONFLICT (post_id) DO UPDATE SET revision = excluded.revision, words = excluded.words",
        );
        Ok(())
    }
}

cached_statement!(Keep);
