//! Author profiles: rows and queries.

use diesel::prelude::*;

use crate::db::{Conn, MultiBackend};
use crate::media::ImageRow;
use crate::names;
use crate::page::{KeyValue, Slice, Window, keyset};
use crate::posts::Ref;
use crate::sql::{id_in, snapshot_bears, text_in};
use crate::tables::{authors, media, post_authors, posts, revisions};
use crate::types::{Id, Json, Timestamp};
use crate::values::{AuthorSort, BodyFormat, Slug};

/// A profile.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = authors)]
#[diesel(treat_none_as_default_value = false)]
pub struct AuthorRow {
    /// Its id.
    pub id: Id,
    /// Name in addresses.
    pub slug: Slug,
    /// Byline.
    pub name: String,
    /// What it sorts by: [`crate::page::sort_key`] of the name.
    pub name_key: String,
    /// In what the biography is written.
    pub bio_format: BodyFormat,
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
pub type WithAvatar = (AuthorRow, Option<ImageRow>);

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
        .select((AuthorRow::as_select(), Option::<ImageRow>::as_select()))
        .load(conn)?)
}

/// The ids of the profiles with these slugs: slug and id, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn ids_by_slugs(conn: &mut Conn, slugs: &[Slug]) -> crate::Result<Vec<(Slug, Id)>> {
    if slugs.is_empty() {
        return Ok(Vec::new());
    }
    Ok(authors::table
        .filter(text_in(authors::slug, slugs))
        .select((authors::slug, authors::id))
        .load(conn)?)
}

/// A profile by id or slug, with its portrait.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, author: &Ref) -> crate::Result<Option<WithAvatar>> {
    let base = authors::table
        .left_join(media::table)
        .select((AuthorRow::as_select(), Option::<ImageRow>::as_select()));
    Ok(match author {
        Ref::Id(id) => base.filter(authors::id.eq(*id)).first(conn).optional()?,
        Ref::Slug(slug) => base.filter(authors::slug.eq(slug)).first(conn).optional()?,
        Ref::Nothing => None,
    })
}

/// One page of the profiles.
///
/// # Errors
/// When the database fails.
pub fn list(conn: &mut Conn, order: AuthorSort, window: &Window) -> crate::Result<Slice<WithAvatar>> {
    let query = authors::table.left_join(media::table).into_boxed::<MultiBackend>();
    let text = |key: &KeyValue| key.text().to_owned();
    let int = |key: &KeyValue| key.int();
    let query = match order {
        AuthorSort::NameAsc => {
            keyset!(query, window, authors::name_key, authors::id, text, descending: false)
        }
        AuthorSort::PostCountDesc => {
            keyset!(query, window, authors::post_count, authors::id, int, descending: true)
        }
    };
    let rows = query.select((AuthorRow::as_select(), Option::<ImageRow>::as_select())).load(conn)?;
    Ok(window.slice(rows))
}

/// Adds a profile.
///
/// # Errors
/// `authors_slug_key` when the slug is taken, or when the database fails.
pub fn insert(conn: &mut Conn, author: &AuthorRow) -> crate::Result<()> {
    diesel::insert_into(authors::table).values(author.clone()).execute(conn)?;
    names::keep(conn, author.id, &author.name)
}

/// Writes what an editor decides about a profile; its counts are not touched.
///
/// # Errors
/// `authors_slug_key` when the slug is taken, or when the database fails.
pub fn update(conn: &mut Conn, author: &AuthorRow) -> crate::Result<()> {
    let a = author.clone();
    diesel::update(authors::table.filter(authors::id.eq(author.id)))
        .set((
            authors::slug.eq(a.slug),
            authors::name.eq(a.name),
            authors::name_key.eq(a.name_key),
            authors::bio_format.eq(a.bio_format),
            authors::bio_source.eq(a.bio_source),
            authors::bio_html.eq(a.bio_html),
            authors::avatar_media_id.eq(a.avatar_media_id),
            authors::location.eq(a.location),
            authors::website.eq(a.website),
            authors::social.eq(a.social),
            authors::version.eq(a.version),
            authors::updated_at.eq(a.updated_at),
        ))
        .execute(conn)?;
    names::keep(conn, author.id, &author.name)
}

/// Removes a profile that no post bears.
///
/// # Errors
/// A foreign key, where a post still bears it, or when the database fails.
pub fn delete(conn: &mut Conn, author: Id) -> crate::Result<()> {
    diesel::delete(authors::table.filter(authors::id.eq(author))).execute(conn)?;
    names::forget(conn, author)
}

/// How many posts, in whatever state, bear this byline.
///
/// # Errors
/// When the database fails.
pub fn posts_with(conn: &mut Conn, author: Id) -> crate::Result<i64> {
    let shown: i64 =
        post_authors::table.filter(post_authors::author_id.eq(author)).count().get_result(conn)?;
    // Only these have a working copy that differs from their row, so few snapshots are looked into.
    let pending: i64 = revisions::table
        .inner_join(
            posts::table.on(posts::id.eq(revisions::post_id).and(posts::revision.eq(revisions::number))),
        )
        .filter(posts::live_revision.ne(posts::revision.nullable()))
        .filter(snapshot_bears(revisions::snapshot, author))
        .filter(diesel::dsl::not(posts::id.eq_any(
            post_authors::table.filter(post_authors::author_id.eq(author)).select(post_authors::post_id),
        )))
        .count()
        .get_result(conn)?;
    Ok(shown + pending)
}

/// Whether a profile bears this slug.
///
/// # Errors
/// When the database fails.
pub fn slug_taken(conn: &mut Conn, slug: &Slug, except: Option<Id>) -> crate::Result<bool> {
    let found: Option<Id> =
        authors::table.filter(authors::slug.eq(slug)).select(authors::id).first(conn).optional()?;
    Ok(found.is_some_and(|id| Some(id) != except))
}
