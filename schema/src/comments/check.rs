//! Counting from nothing what is otherwise kept.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::Conn;
use crate::site;
use crate::tables::{comments, posts};
use crate::types::Id;
use crate::values::{CommentStatus, Total};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = comments)]
struct StoredCounts {
    post_id: Id,
    id: Id,
    parent_id: Option<Id>,
    root_id: Id,
    depth: i32,
    shown: bool,
    status: CommentStatus,
    reply_count: i32,
    score: i32,
}

/// Counts everything that is kept about comments from nothing, and answers a sentence for each thing that differs. It reads all
/// comments: for tests, and for whoever looks after a database.
///
/// # Errors
/// When the database fails.
pub fn recount(conn: &mut Conn) -> crate::Result<Vec<String>> {
    let mut rows: Vec<StoredCounts> = comments::table.select(StoredCounts::as_select()).load(conn)?;
    // Replies before what they answer.
    rows.sort_by_key(|row| std::cmp::Reverse(row.depth));
    let mut faults = Vec::new();
    let mut replies: HashMap<Id, i32> = HashMap::new();
    let mut below: HashMap<Id, i32> = HashMap::new();
    let mut approved: HashMap<Id, i64> = HashMap::new();
    for row in &rows {
        let reply_count = replies.get(&row.id).copied().unwrap_or_default();
        let score = below.get(&row.id).copied().unwrap_or_default();
        let shown = row.status == CommentStatus::Approved || reply_count > 0;
        if (row.shown, row.reply_count, row.score) != (shown, reply_count, score) {
            faults.push(format!(
                "comment {}: shown, reply_count, score are {:?}, and should be {:?}",
                row.id,
                (row.shown, row.reply_count, row.score),
                (shown, reply_count, score)
            ));
        }
        if row.status == CommentStatus::Approved {
            *approved.entry(row.post_id).or_default() += 1;
        }
        if let Some(parent) = row.parent_id {
            *replies.entry(parent).or_default() += i32::from(shown);
            *below.entry(parent).or_default() += score + i32::from(shown);
        }
    }
    let by_id: HashMap<Id, &StoredCounts> = rows.iter().map(|row| (row.id, row)).collect();
    for row in &rows {
        let place = match row.parent_id.map(|id| by_id.get(&id)) {
            None => Some((row.id, 0, row.post_id)),
            Some(parent) => parent.map(|p| (p.root_id, p.depth + 1, p.post_id)),
        };
        if place.is_some_and(|place| place != (row.root_id, row.depth, row.post_id)) {
            faults.push(format!("comment {}: its place does not follow from its parent", row.id));
        }
    }
    let counts: Vec<(Id, i64, bool)> =
        posts::table.select((posts::id, posts::comment_count, posts::listed)).load(conn)?;
    let mut total = 0;
    for (post, kept, listed) in counts {
        let count = approved.get(&post).copied().unwrap_or_default();
        total += if listed { count } else { 0 };
        if kept != count {
            faults.push(format!("post {post}: comment_count is {kept}, and should be {count}"));
        }
    }
    let kept = site::total(conn, Total::Comments)?;
    if kept != total {
        faults.push(format!("the site's total of comments is {kept}, and should be {total}"));
    }
    Ok(faults)
}
