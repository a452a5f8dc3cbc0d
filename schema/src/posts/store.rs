//! Writing posts: rows, bylines, tags, and the lists and totals that hang on them.

use diesel::prelude::*;

use super::PostRow;
use crate::db::Conn;
use crate::tables::{authors, body_links, post_authors, post_lists, post_tags, posts, tags};
use crate::types::{Id, Timestamp};
use crate::values::{BodyFormat, PostStatus};

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
pub fn set_slug(conn: &mut Conn, post: Id, old: &str, new: &str) -> crate::Result<()> {
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
    body_slugs: &[String],
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
    for (position, (author, role)) in (0_i32..).zip(bylines) {
        diesel::insert_into(post_authors::table)
            .values((
                post_authors::post_id.eq(post),
                post_authors::position.eq(position),
                post_authors::author_id.eq(*author),
                post_authors::role.eq(role),
            ))
            .execute(conn)?;
    }
    for (position, tag) in (0_i32..).zip(tag_ids) {
        diesel::insert_into(post_tags::table)
            .values((
                post_tags::post_id.eq(post),
                post_tags::position.eq(position),
                post_tags::tag_id.eq(*tag),
            ))
            .execute(conn)?;
    }
    for (position, slug) in (0_i32..).zip(body_slugs) {
        diesel::insert_into(body_links::table)
            .values((
                body_links::post_id.eq(post),
                body_links::position.eq(position),
                body_links::slug.eq(slug),
            ))
            .execute(conn)?;
    }
    let mut new = Vec::new();
    if let Some(at) = listed_at {
        new.extend(bylines.iter().map(|(id, _)| *id));
        new.extend(tag_ids);
        for list in &new {
            diesel::insert_into(post_lists::table)
                .values((
                    post_lists::list_id.eq(*list),
                    post_lists::sorted_at.eq(at),
                    post_lists::post_id.eq(post),
                ))
                .execute(conn)?;
        }
    }
    for gone in old.iter().filter(|id| !new.contains(id)) {
        recount(conn, *gone, -1)?;
    }
    for added in new.iter().filter(|id| !old.contains(id)) {
        recount(conn, *added, 1)?;
    }
    for kept in new.iter().filter(|id| old.contains(id)) {
        recount(conn, *kept, 0)?;
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

/// Moves the kept count of an author's or tag's list by `by`, and an author's first and last dates with it.
fn recount(conn: &mut Conn, list: Id, by: i64) -> crate::Result<()> {
    if by != 0 {
        let tag = diesel::update(tags::table.filter(tags::id.eq(list)))
            .set(tags::post_count.eq(tags::post_count + by))
            .execute(conn)?;
        if tag > 0 {
            return Ok(());
        }
    }
    let of = || post_lists::table.filter(post_lists::list_id.eq(list)).select(post_lists::sorted_at);
    let earliest: Option<Timestamp> = of().order(post_lists::sorted_at.asc()).first(conn).optional()?;
    let latest: Option<Timestamp> = of().order(post_lists::sorted_at.desc()).first(conn).optional()?;
    diesel::update(authors::table.filter(authors::id.eq(list)))
        .set((
            authors::post_count.eq(authors::post_count + by),
            authors::first_published_at.eq(earliest),
            authors::last_published_at.eq(latest),
        ))
        .execute(conn)?;
    Ok(())
}
