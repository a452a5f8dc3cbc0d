//! What feeds and sitemaps read and nothing else does.
//!
//! **Sitemaps** are cut at places that do not move. Posts are cut by the number that the search index gives each listed
//! post, which it keeps as long as it is listed: file n has the numbers (n − 1) × 10,000 + 1 to n × 10,000. Authors and
//! tags have no such number; they are cut by id, which rises with time, and a file is named by the id it begins with.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::db::{Conn, MultiBackend};
use crate::sql::{cached_statement, known_by_text};
use crate::tables::{comments, media, posts, search_docs};
use crate::types::{Id, IdSql, TimeSql, Timestamp};
use crate::values::{CommentStatus, Slug};

/// Most addresses in one file of the sitemap. The protocol allows 50,000 and 50 MiB; this stays well below both.
pub const SITEMAP_FILE: i64 = 10_000;

/// An approved comment.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = comments)]
pub struct CommentRow {
    /// Its id.
    pub id: Id,
    /// When it was written.
    pub created_at: Timestamp,
    /// When its text last changed.
    pub edited_at: Option<Timestamp>,
    /// Who wrote it.
    pub author_name: String,
    /// Text rendered and sanitised.
    pub html: String,
}

/// The newest approved comments under a post.
///
/// # Errors
/// When the database fails.
pub fn newest_comments(conn: &mut Conn, post: Id, limit: i64) -> crate::Result<Vec<CommentRow>> {
    Ok(comments::table
        .filter(comments::post_id.eq(post))
        .filter(comments::shown.eq(true))
        .filter(comments::status.eq(CommentStatus::Approved))
        .order((comments::created_at.desc(), comments::id.desc()))
        .limit(limit)
        .select(CommentRow::as_select())
        .load(conn)?)
}

/// When the newest change of a listed post was.
///
/// # Errors
/// When the database fails.
pub fn last_post_change(conn: &mut Conn) -> crate::Result<Option<Timestamp>> {
    Ok(posts::table
        .filter(posts::listed.eq(true))
        .order((posts::updated_at.desc(), posts::id.desc()))
        .select(posts::updated_at)
        .first(conn)
        .optional()?)
}

/// Which files of posts there are, from 1, and when the newest change in each was.
///
/// # Errors
/// When the database fails.
pub fn post_files(conn: &mut Conn) -> crate::Result<Vec<(i64, Timestamp)>> {
    Ok(PostFiles.load(conn)?)
}

/// One file of posts: slug, last change, and where the media store has the image.
///
/// # Errors
/// When the database fails.
pub fn post_file(conn: &mut Conn, file: i64) -> crate::Result<Vec<(Slug, Timestamp, Option<String>)>> {
    let first = file.saturating_sub(1).saturating_mul(SITEMAP_FILE);
    Ok(search_docs::table
        .inner_join(posts::table.left_join(media::table))
        .filter(search_docs::id.gt(first))
        .filter(search_docs::id.le(first.saturating_add(SITEMAP_FILE)))
        .filter(posts::listed.eq(true))
        .order(search_docs::id.asc())
        .select((posts::slug, posts::updated_at, media::storage_key.nullable()))
        .load(conn)?)
}

/// Pages that are about lists of posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// Those of authors.
    Authors,
    /// Those of tags.
    Tags,
}

impl Lists {
    fn table(self) -> &'static str {
        match self {
            Self::Authors => "authors",
            Self::Tags => "tags",
        }
    }
}

/// The ids with which the files of authors or tags begin. Only those that have posts are listed.
///
/// # Errors
/// When the database fails.
pub fn list_files(conn: &mut Conn, lists: Lists) -> crate::Result<Vec<Id>> {
    Ok(ListFiles(lists).load(conn)?)
}

/// One file of authors or tags, from the id `first` on: slug, last change, and when the newest post was published.
///
/// # Errors
/// When the database fails.
pub fn list_file(
    conn: &mut Conn,
    lists: Lists,
    first: Id,
) -> crate::Result<Vec<(Slug, Timestamp, Option<Timestamp>)>> {
    Ok(ListFile(lists, first).load(conn)?)
}

#[derive(Debug, Clone, Copy)]
struct PostFiles;

impl QueryFragment<MultiBackend> for PostFiles {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT (d.id - 1) / ");
        out.push_bind_param::<BigInt, _>(&SITEMAP_FILE)?;
        // The expression is grouped by its place, since its parameter makes it another expression each time.
        out.push_sql(" + 1, max(p.updated_at) FROM search_docs d INNER JOIN posts p ON p.id = d.post_id WHERE p.listed GROUP BY 1 ORDER BY 1");
        Ok(())
    }
}

cached_statement!(PostFiles, rows: (BigInt, TimeSql));

#[derive(Debug, Clone, Copy)]
struct ListFiles(Lists);

impl QueryFragment<MultiBackend> for ListFiles {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM ");
        out.push_sql(self.0.table());
        out.push_sql(" WHERE post_count > 0) numbered WHERE (place - 1) % ");
        out.push_bind_param::<BigInt, _>(&SITEMAP_FILE)?;
        out.push_sql(" = 0 ORDER BY id");
        Ok(())
    }
}

known_by_text!(ListFiles, rows: IdSql);

#[derive(Debug, Clone, Copy)]
struct ListFile(Lists, Id);

impl QueryFragment<MultiBackend> for ListFile {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT t.slug, t.updated_at, (SELECT max(l.sorted_at) FROM post_lists l WHERE l.list_id = t.id) FROM ");
        out.push_sql(self.0.table());
        out.push_sql(" t WHERE t.post_count > 0 AND t.id >= ");
        out.push_bind_param::<IdSql, _>(&self.1)?;
        out.push_sql(" ORDER BY t.id LIMIT ");
        out.push_bind_param::<BigInt, _>(&SITEMAP_FILE)
    }
}

known_by_text!(ListFile, rows: (Text, TimeSql, Nullable<TimeSql>));
