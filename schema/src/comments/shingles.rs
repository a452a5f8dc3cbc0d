//! By what texts are found that say nearly the same: a few hashes of the runs of words of each.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};

use crate::db::Conn;
use crate::sql::{Dialect, known_by_text};
use crate::tables::comment_shingles;
use crate::types::{Id, Timestamp};

/// How many comments with one shingle are looked at, the newest first: more than make a difference.
const LOOKED_AT: i64 = 64;

/// Texts share at least so many shingles where they say nearly the same, whatever their length.
const FEWEST: usize = 3;

/// Keeps the shingles of a comment in the place of those of an earlier text of it.
///
/// # Errors
/// When the database fails.
pub(super) fn keep(conn: &mut Conn, comment: Id, at: Timestamp, shingles: &[i64]) -> crate::Result<()> {
    forget(conn, comment)?;
    if !shingles.is_empty() {
        Keep { rows: shingles.iter().map(|shingle| (*shingle, at, comment)).collect() }.execute(conn)?;
    }
    Ok(())
}

/// Removes the shingles of a comment.
///
/// # Errors
/// When the database fails.
pub(super) fn forget(conn: &mut Conn, comment: Id) -> crate::Result<()> {
    diesel::delete(comment_shingles::table.filter(comment_shingles::comment_id.eq(comment))).execute(conn)?;
    Ok(())
}

/// How many comments since `since`, but for `except`, share at least a quarter of these shingles. Of very many not all are counted.
///
/// # Errors
/// When the database fails.
pub(super) fn count_alike(
    conn: &mut Conn,
    shingles: &[i64],
    since: Timestamp,
    except: Id,
) -> crate::Result<i64> {
    let enough = FEWEST.max(shingles.len() / 4);
    if shingles.len() < enough {
        return Ok(0);
    }
    let mut shared: HashMap<Id, usize> = HashMap::new();
    for shingle in shingles {
        let with_it: Vec<Id> = comment_shingles::table
            .filter(comment_shingles::shingle.eq(*shingle))
            .filter(comment_shingles::created_at.ge(since))
            .order((comment_shingles::created_at.desc(), comment_shingles::comment_id.desc()))
            .limit(LOOKED_AT)
            .select(comment_shingles::comment_id)
            .load(conn)?;
        for comment in with_it {
            *shared.entry(comment).or_default() += 1;
        }
    }
    shared.remove(&except);
    Ok(i64::try_from(shared.values().filter(|count| **count >= enough).count()).unwrap_or(i64::MAX))
}

struct Keep {
    rows: Vec<(i64, Timestamp, Id)>,
}

impl<DB: Dialect> QueryFragment<DB> for Keep {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("INSERT INTO comment_shingles (shingle, created_at, comment_id) VALUES ");
        for (n, (shingle, at, comment)) in self.rows.iter().enumerate() {
            out.push_sql(if n == 0 { "(" } else { ", (" });
            DB::big(&mut out, shingle)?;
            out.push_sql(", ");
            DB::time(&mut out, at)?;
            out.push_sql(", ");
            DB::id(&mut out, comment)?;
            out.push_sql(")");
        }
        Ok(())
    }
}

known_by_text!(Keep, rows: diesel::sql_types::Untyped);
