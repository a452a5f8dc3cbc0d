//! What moderators took for spam: by whom, from where, where its links lead.

use diesel::prelude::*;

use crate::db::Conn;
use crate::tables::spam_marks;
use crate::types::{Id, Timestamp};

/// Keeps what a comment has that was taken for spam.
///
/// # Errors
/// When the database fails.
pub fn mark(conn: &mut Conn, comment: Id, marks: &[String], now: Timestamp) -> crate::Result<()> {
    unmark(conn, comment)?;
    let rows: Vec<_> = marks
        .iter()
        .map(|mark| {
            (spam_marks::mark.eq(mark), spam_marks::comment_id.eq(comment), spam_marks::made_at.eq(now))
        })
        .collect();
    for row in rows {
        diesel::insert_into(spam_marks::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Forgets it, since the comment was no spam after all.
///
/// # Errors
/// When the database fails.
pub fn unmark(conn: &mut Conn, comment: Id) -> crate::Result<()> {
    diesel::delete(spam_marks::table.filter(spam_marks::comment_id.eq(comment))).execute(conn)?;
    Ok(())
}

/// How many other comments that have one of these marks were taken for spam since `since`.
///
/// # Errors
/// When the database fails.
pub(super) fn count(conn: &mut Conn, marks: &[String], except: Id, since: Timestamp) -> crate::Result<i64> {
    Ok(spam_marks::table
        .filter(spam_marks::mark.eq_any(marks))
        .filter(spam_marks::made_at.ge(since))
        .filter(spam_marks::comment_id.ne(except))
        .select(diesel::dsl::count(spam_marks::comment_id).aggregate_distinct())
        .first(conn)?)
}
