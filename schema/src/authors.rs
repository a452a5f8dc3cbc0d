//! Author profiles: rows and queries.

use diesel::prelude::*;

use crate::db::Conn;
use crate::media::MediaRow;
use crate::sql::{id_in, text_in};
use crate::tables::{authors, media, post_authors};
use crate::types::{Id, Json, Timestamp};

/// A profile.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = authors)]
#[diesel(treat_none_as_default_value = false)]
pub struct AuthorRow {
    /// Its id.
    pub id: Id,
    /// Name in addresses.
    pub slug: String,
    /// Byline.
    pub name: String,
    /// What it sorts by: [`crate::page::sort_key`] of the name.
    pub name_key: String,
    /// `markdown` or `html`.
    pub bio_format: String,
    /// Biography as sent.
    pub bio_source: String,
    /// Biography rendered.
    pub bio_html: String,
    /// Portrait.
    pub avatar_media_id: Option<Id>,
    /// Where the author is based.
    pub location: Option<String>,
    /// The author's own site.
    pub website: Option<String>,
    /// A list of `{service, handle, url}`.
    pub social: Json,
    /// Listed posts with this byline.
    pub post_count: i64,
    /// When the first of them was published.
    pub first_published_at: Option<Timestamp>,
    /// When the last of them was published.
    pub last_published_at: Option<Timestamp>,
    /// Rises with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A profile and its portrait.
pub type WithAvatar = (AuthorRow, Option<MediaRow>);

/// The bylines of posts: post, role, profile with portrait; by post, in byline order.
///
/// # Errors
/// When the database fails.
pub fn of_posts(conn: &mut Conn, posts: &[Id]) -> crate::Result<Vec<(Id, String, WithAvatar)>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    Ok(post_authors::table
        .inner_join(authors::table.left_join(media::table))
        .filter(id_in(post_authors::post_id, posts))
        .order((post_authors::post_id, post_authors::position))
        .select((
            post_authors::post_id,
            post_authors::role,
            (AuthorRow::as_select(), Option::<MediaRow>::as_select()),
        ))
        .load(conn)?)
}

/// The profiles with these ids, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn by_ids(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<WithAvatar>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(authors::table
        .left_join(media::table)
        .filter(id_in(authors::id, ids))
        .select((AuthorRow::as_select(), Option::<MediaRow>::as_select()))
        .load(conn)?)
}

/// The ids of the profiles with these slugs: slug and id, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn ids_by_slugs(conn: &mut Conn, slugs: &[String]) -> crate::Result<Vec<(String, Id)>> {
    if slugs.is_empty() {
        return Ok(Vec::new());
    }
    Ok(authors::table
        .filter(text_in(authors::slug, slugs))
        .select((authors::slug, authors::id))
        .load(conn)?)
}
