//! Keeping `shown`, `reply_count` and `score` right up the chain of parents.

use std::collections::BTreeMap;

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Integer, Text};

use super::{CommentRow, by_ids};
use crate::db::{Conn, MultiBackend};
use crate::sql::id_in;
use crate::tables::comments;
use crate::types::{Id, IdSql};
use crate::values::CommentStatus;

/// A comment and everything above it, from the bottom up, as one statement however deep it stands. diesel has no recursive
/// queries.
#[derive(Debug, Clone, QueryId)]
struct Chain {
    from: Id,
    levels: i32,
}

impl QueryFragment<MultiBackend> for Chain {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(
            "WITH RECURSIVE up (post_id, id, parent_id, status, shown, reply_count, level) AS (\
             SELECT c.post_id, c.id, c.parent_id, c.status, c.shown, c.reply_count, 1 FROM comments AS c WHERE c.id = ",
        );
        out.push_bind_param::<IdSql, Id>(&self.from)?;
        out.push_sql(
            " UNION ALL \
             SELECT c.post_id, c.id, c.parent_id, c.status, c.shown, c.reply_count, up.level + 1 \
             FROM up JOIN comments AS c ON c.post_id = up.post_id AND c.id = up.parent_id WHERE up.level < ",
        );
        out.push_bind_param::<Integer, i32>(&self.levels)?;
        out.push_sql(") SELECT id, status, shown, reply_count FROM up ORDER BY level");
        Ok(())
    }
}

impl Query for Chain {
    type SqlType = (IdSql, Text, Bool, Integer);
}

impl RunQueryDsl<Conn> for Chain {}

#[derive(Debug, Queryable)]
struct Link {
    id: Id,
    status: CommentStatus,
    shown: bool,
    reply_count: i32,
}

/// The comments above `comment`, from the top down, at most the `levels` nearest.
///
/// # Errors
/// When the database fails.
pub fn ancestors(conn: &mut Conn, comment: Id, levels: i32) -> crate::Result<Vec<Id>> {
    let chain: Vec<Link> = Chain { from: comment, levels: levels.saturating_add(1) }.load(conn)?;
    Ok(chain.into_iter().skip(1).rev().map(|link| link.id).collect())
}

/// `comment`, or where it stands at `depth` or deeper, the one above it that stands just before that. A change of one comment changes all
/// above it: under what this answers, those are never more than `depth`.
///
/// # Errors
/// When the database fails.
pub fn above(conn: &mut Conn, comment: CommentRow, depth: i32) -> crate::Result<CommentRow> {
    let levels = comment.depth - depth + 1;
    if levels < 1 {
        return Ok(comment);
    }
    let highest = ancestors(conn, comment.id, levels)?.into_iter().next();
    let found = by_ids(conn, highest.as_slice())?.pop();
    Ok(found.unwrap_or(comment))
}

/// Brings everything above up to date after a direct reply of `parent` appeared (`by` is 1) or went (-1).
///
/// A parent that was removed appears as a tombstone with its first reply that is shown, and goes with its last: then its own
/// parent gains or loses a reply in turn.
pub(super) fn climb(conn: &mut Conn, parent: Option<Id>, by: i32) -> crate::Result<()> {
    let Some(parent) = parent.filter(|_| by != 0) else { return Ok(()) };
    let chain: Vec<Link> = Chain { from: parent, levels: i32::MAX }.load(conn)?;
    let (mut replies, mut below) = (by, by);
    // Most of a chain changes alike: one statement for each kind of change, not one for each comment.
    let mut changes: BTreeMap<(i32, i32, bool), Vec<Id>> = BTreeMap::new();
    for link in chain {
        let shown = link.status == CommentStatus::Approved || link.reply_count + replies > 0;
        changes.entry((replies, below, shown)).or_default().push(link.id);
        replies = i32::from(shown) - i32::from(link.shown);
        below += replies;
    }
    for ((replies, below, shown), ids) in changes {
        diesel::update(comments::table.filter(id_in(comments::id, &ids)))
            .set((
                comments::reply_count.eq(comments::reply_count + replies),
                comments::score.eq(comments::score + below),
                comments::shown.eq(shown),
            ))
            .execute(conn)?;
    }
    Ok(())
}
