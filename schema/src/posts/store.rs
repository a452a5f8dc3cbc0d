//! Writing posts: rows, bylines, tags, and the lists and totals that hang on them.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use serde_json::json;

use super::PostRow;
use crate::db::Conn;
use crate::sql::{Dialect, cached_statement, id_in};
use crate::tables::{body_links, post_authors, post_lists, post_tags, posts, tags};
use crate::types::{Id, Json, Timestamp};
use crate::values::{BodyFormat, PostStatus, Slug};

/// Every column of a post.
#[derive(Debug, Clone, Insertable, AsChangeset)]
#[diesel(table_name = posts)]
pub struct NewPost {
    /// The columns that are not long.
    #[diesel(embed)]
    pub row: PostRow,
    /// Body rendered.
    pub html: String,
    /// Body as plain text.
    pub text: String,
    /// In what the body is written.
    pub body_format: BodyFormat,
    /// Body as sent.
    pub body_source: String,
}

/// The small columns that change when only a post's state does.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = posts)]
#[diesel(treat_none_as_null = true)]
struct State {
    status: PostStatus,
    listed: bool,
    sorted_at: Timestamp,
    published_at: Option<Timestamp>,
    updated_at: Timestamp,
    deleted_at: Option<Timestamp>,
    version: i64,
    revision: i32,
    live_revision: Option<i32>,
}

/// Adds a post.
///
/// # Errors
/// `posts_slug_key` when the slug is taken, or when the database fails.
pub fn insert(conn: &mut Conn, post: &NewPost) -> crate::Result<()> {
    diesel::insert_into(posts::table).values(post.clone()).execute(conn)?;
    Ok(())
}

/// Writes a post's columns: all of them with `content`, else only its state as in `row`.
///
/// # Errors
/// `posts_slug_key` when the slug is taken, or when the database fails.
pub fn update(conn: &mut Conn, row: &PostRow, content: Option<&NewPost>) -> crate::Result<()> {
    match content {
        Some(content) => {
            diesel::update(posts::table.filter(posts::id.eq(row.id))).set(content.clone()).execute(conn)?
        }
        None => diesel::update(posts::table.filter(posts::id.eq(row.id)))
            .set(State {
                status: row.status,
                listed: row.listed,
                sorted_at: row.sorted_at,
                published_at: row.published_at,
                updated_at: row.updated_at,
                deleted_at: row.deleted_at,
                version: row.version,
                revision: row.revision,
                live_revision: row.live_revision,
            })
            .execute(conn)?,
    };
    Ok(())
}

/// The number with which a post's preview links are made at present.
///
/// # Errors
/// When the database fails.
pub fn preview_epoch(conn: &mut Conn, post: Id) -> crate::Result<Option<i64>> {
    Ok(posts::table.filter(posts::id.eq(post)).select(posts::preview_epoch).first(conn).optional()?)
}

/// Ends the preview links that were made of a post until now.
///
/// # Errors
/// When the database fails.
pub fn revoke_previews(conn: &mut Conn, post: Id) -> crate::Result<()> {
    diesel::update(posts::table.filter(posts::id.eq(post)))
        .set(posts::preview_epoch.eq(posts::preview_epoch + 1))
        .execute(conn)?;
    Ok(())
}

/// Removes a post for good, with all that hangs on it.
///
/// # Errors
/// When the database fails.
pub fn delete(conn: &mut Conn, post: Id) -> crate::Result<()> {
    diesel::delete(posts::table.filter(posts::id.eq(post))).execute(conn)?;
    Ok(())
}

/// Renames a post; links in bodies that named the old slug follow.
///
/// # Errors
/// `posts_slug_key` when the slug is taken, or when the database fails.
pub fn set_slug(conn: &mut Conn, post: Id, old: &Slug, new: &Slug) -> crate::Result<()> {
    diesel::update(posts::table.filter(posts::id.eq(post))).set(posts::slug.eq(new)).execute(conn)?;
    diesel::update(body_links::table.filter(body_links::slug.eq(old)))
        .set(body_links::slug.eq(new))
        .execute(conn)?;
    Ok(())
}

/// Sets the kept count of approved comments.
///
/// # Errors
/// When the database fails.
pub fn set_comment_count(conn: &mut Conn, post: Id, count: i64) -> crate::Result<()> {
    diesel::update(posts::table.filter(posts::id.eq(post)))
        .set(posts::comment_count.eq(count))
        .execute(conn)?;
    Ok(())
}

/// Scheduled posts whose time has come, oldest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub fn due(conn: &mut Conn, now: Timestamp, limit: i64) -> crate::Result<Vec<Id>> {
    Ok(posts::table
        .filter(posts::status.eq(PostStatus::Scheduled))
        .filter(posts::sorted_at.le(now))
        .filter(posts::deleted_at.is_null())
        .order((posts::sorted_at.asc(), posts::id.asc()))
        .limit(limit)
        .select(posts::id)
        .load(conn)?)
}

/// When the next scheduled post is due.
///
/// # Errors
/// When the database fails.
pub fn next_due(conn: &mut Conn) -> crate::Result<Option<Timestamp>> {
    Ok(posts::table
        .filter(posts::status.eq(PostStatus::Scheduled))
        .filter(posts::deleted_at.is_null())
        .order((posts::sorted_at.asc(), posts::id.asc()))
        .select(posts::sorted_at)
        .first(conn)
        .optional()?)
}

/// Gives a post its bylines, tags and body links, and brings the lists and counts that hang on them up to date. `listed_at` is
/// its place in the public lists, if it is in them.
///
/// Returns the ids of every author and tag whose list, its order, or count changed.
///
/// # Errors
/// When an author or tag is gone, or the database fails.
pub fn relist(
    conn: &mut Conn,
    post: Id,
    bylines: &[(Id, String)],
    tag_ids: &[Id],
    body_slugs: &[Slug],
    listed_at: Option<Timestamp>,
) -> crate::Result<Vec<Id>> {
    let stood: Vec<(Id, Timestamp)> = post_lists::table
        .filter(post_lists::post_id.eq(post))
        .select((post_lists::list_id, post_lists::sorted_at))
        .load(conn)?;
    let moved = stood.iter().any(|(_, at)| Some(*at) != listed_at);
    let old: Vec<Id> = stood.into_iter().map(|(id, _)| id).collect();
    diesel::delete(post_lists::table.filter(post_lists::post_id.eq(post))).execute(conn)?;
    diesel::delete(post_authors::table.filter(post_authors::post_id.eq(post))).execute(conn)?;
    diesel::delete(post_tags::table.filter(post_tags::post_id.eq(post))).execute(conn)?;
    diesel::delete(body_links::table.filter(body_links::post_id.eq(post))).execute(conn)?;
    let authors = bylines.iter().zip(0..).map(|((author, role), n)| json!([n, key(*author), role]));
    add::<BYLINES>(conn, post, authors)?;
    add::<TAGS>(conn, post, tag_ids.iter().zip(0..).map(|(tag, n)| json!([n, key(*tag)])))?;
    add::<BODY_LINKS>(conn, post, body_slugs.iter().zip(0..).map(|(slug, n)| json!([n, slug])))?;
    let mut new = Vec::new();
    if let Some(at) = listed_at {
        new.extend(bylines.iter().map(|(id, _)| *id));
        new.extend(tag_ids);
        Listed { post, at, lists: keys(&new) }.execute(conn)?;
    }
    let gone: Vec<Id> = old.iter().filter(|id| !new.contains(id)).copied().collect();
    let added: Vec<Id> = new.iter().filter(|id| !old.contains(id)).copied().collect();
    let kept: Vec<Id> = new.iter().filter(|id| old.contains(id)).copied().collect();
    for (lists, by) in [(gone, -1), (added, 1), (kept, 0)] {
        recount(conn, &lists, by)?;
    }
    let mut touched: Vec<Id> = if moved {
        old.iter().chain(&new).copied().collect()
    } else {
        let gone = old.iter().filter(|id| !new.contains(id));
        gone.chain(new.iter().filter(|id| !old.contains(id))).copied().collect()
    };
    touched.sort_unstable();
    touched.dedup();
    Ok(touched)
}

/// Moves the kept counts of these authors' and tags' lists by `by`, and the authors' first and last dates with them.
fn recount(conn: &mut Conn, lists: &[Id], by: i64) -> crate::Result<()> {
    if lists.is_empty() {
        return Ok(());
    }
    let found = if by == 0 {
        0
    } else {
        diesel::update(tags::table.filter(id_in(tags::id, lists)))
            .set(tags::post_count.eq(tags::post_count + by))
            .execute(conn)?
    };
    if found < lists.len() {
        Dates { by, lists: keys(lists) }.execute(conn)?;
    }
    Ok(())
}

/// An id as both databases read it from a text.
fn key(id: Id) -> String {
    id.0.simple().to_string()
}

fn keys(ids: &[Id]) -> String {
    Json::of(&ids.iter().map(|id| key(*id)).collect::<Vec<_>>()).0.to_string()
}

const BYLINES: usize = 0;
const TAGS: usize = 1;
const BODY_LINKS: usize = 2;

/// Rows of one of three tables that belong to a post, a JSON list: the columns of each beside the post, in their order.
struct Rows<const TABLE: usize> {
    post: Id,
    list: String,
}

/// Inserts [`Rows`] at once, where there are any.
fn add<const TABLE: usize>(
    conn: &mut Conn,
    post: Id,
    rows: impl Iterator<Item = serde_json::Value>,
) -> crate::Result<()> {
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        Rows::<TABLE> { post, list: serde_json::Value::Array(rows).to_string() }.execute(conn)?;
    }
    Ok(())
}

impl<DB: Dialect, const TABLE: usize> QueryFragment<DB> for Rows<TABLE> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let is_sqlite = out.backend().is_sqlite();
        out.push_sql(match TABLE {
            BYLINES => "INSERT INTO post_authors (post_id, position, author_id, role) SELECT ",
            TAGS => "INSERT INTO post_tags (post_id, position, tag_id) SELECT ",
            _ => "INSERT INTO body_links (post_id, position, slug) SELECT ",
        });
        DB::id(&mut out, &self.post)?;
        out.push_sql(if is_sqlite { ", g.value ->> 0, " } else { ", CAST(g.value ->> 0 AS integer), " });
        out.push_sql(match (TABLE, is_sqlite) {
            (BODY_LINKS, _) => "g.value ->> 1",
            (_, true) => "unhex(g.value ->> 1)",
            (_, false) => "CAST(g.value ->> 1 AS uuid)",
        });
        if TABLE == BYLINES {
            out.push_sql(", g.value ->> 2");
        }
        out.push_sql(if is_sqlite { " FROM json_each(" } else { " FROM jsonb_array_elements(CAST(" });
        DB::text(&mut out, &self.list)?;
        out.push_sql(if is_sqlite { ") AS g" } else { " AS jsonb)) AS g (value)" });
        Ok(())
    }
}

cached_statement!([const TABLE: usize] Rows<TABLE>);

/// Puts a post into lists, a JSON list of ids.
struct Listed {
    post: Id,
    at: Timestamp,
    lists: String,
}

impl<DB: Dialect> QueryFragment<DB> for Listed {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let is_sqlite = out.backend().is_sqlite();
        out.push_sql("INSERT INTO post_lists (post_id, sorted_at, list_id) SELECT ");
        DB::id(&mut out, &self.post)?;
        out.push_sql(", ");
        DB::time(&mut out, &self.at)?;
        out.push_sql(if is_sqlite {
            ", unhex(g.value) FROM json_each("
        } else {
            ", CAST(g.value AS uuid) FROM jsonb_array_elements_text(CAST("
        });
        DB::text(&mut out, &self.lists)?;
        out.push_sql(if is_sqlite { ") AS g" } else { " AS jsonb)) AS g (value)" });
        Ok(())
    }
}

cached_statement!(Listed);

/// Moves the kept counts of authors, a JSON list of ids, and reads their first and last dates again.
struct Dates {
    by: i64,
    lists: String,
}

impl<DB: Dialect> QueryFragment<DB> for Dates {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let is_sqlite = out.backend().is_sqlite();
        out.push_sql("UPDATE authors SET post_count = post_count + ");
        DB::big(&mut out, &self.by)?;
        out.push_sql(
            ", first_published_at = (SELECT r.sorted_at FROM post_lists AS r WHERE r.list_id = authors.id ORDER BY r.sorted_at LIMIT 1), \
             last_published_at = (SELECT r.sorted_at FROM post_lists AS r WHERE r.list_id = authors.id ORDER BY r.sorted_at DESC LIMIT 1) \
             WHERE id IN (SELECT ",
        );
        out.push_sql(if is_sqlite {
            "unhex(g.value) FROM json_each("
        } else {
            "CAST(g.value AS uuid) FROM jsonb_array_elements_text(CAST("
        });
        DB::text(&mut out, &self.lists)?;
        out.push_sql(if is_sqlite { ") AS g)" } else { " AS jsonb)) AS g (value))" });
        Ok(())
    }
}

cached_statement!(Dates);
