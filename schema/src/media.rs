//! Uploaded files: rows and queries.

use diesel::prelude::*;

use crate::db::{Conn, MultiBackend};
use crate::page::{Slice, Window};
use crate::sql::{id_in, snapshot_says, snapshot_shows, text_in};
use crate::tables::{authors, media, posts, revisions, site};
use crate::types::{Id, Json, Timestamp};
use crate::values::{MediaState, MediaType, PostStatus};

/// An uploaded file.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = media)]
#[diesel(treat_none_as_default_value = false)]
pub struct MediaRow {
    /// Its id.
    pub id: Id,
    /// Media type, judged by content.
    pub mime: MediaType,
    /// Bytes.
    pub byte_size: i64,
    /// Pixels across.
    pub width: i32,
    /// Pixels down.
    pub height: i32,
    /// What it shows.
    pub alt: String,
    /// A line under it.
    pub caption: Option<String>,
    /// Name under which it was uploaded.
    pub filename: String,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// Where the store has it.
    pub storage_key: String,
    /// Dominant colour, `#rrggbb`.
    pub color: Option<String>,
    /// Whether it moves.
    pub animated: bool,
    /// Smaller widths: a list of `{width, height, mime, key}`, smallest first.
    pub variants: Json,
    /// How far its smaller widths are.
    pub state: MediaState,
    /// The account that uploaded it.
    pub created_by: Option<Id>,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When its description last changed.
    pub updated_at: Timestamp,
    /// Rises with every change.
    pub version: i64,
}

/// What it takes to show an image.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = media)]
pub struct ImageRow {
    /// Its id.
    pub id: Id,
    /// Where the store has it.
    pub storage_key: String,
    /// What it shows.
    pub alt: String,
    /// A line under it.
    pub caption: Option<String>,
    /// Pixels across.
    pub width: i32,
    /// Pixels down.
    pub height: i32,
    /// Media type, judged by content.
    pub mime: MediaType,
    /// Dominant colour, `#rrggbb`.
    pub color: Option<String>,
    /// Smaller widths: a list of `{width, height, mime, key}`, smallest first.
    pub variants: Json,
}

/// The images with these ids, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn images(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<ImageRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(media::table.filter(id_in(media::id, ids)).select(ImageRow::as_select()).load(conn)?)
}

/// The files with these ids, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn by_ids(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<MediaRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(media::table.filter(id_in(media::id, ids)).select(MediaRow::as_select()).load(conn)?)
}

/// The file with this id.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, id: Id) -> crate::Result<Option<MediaRow>> {
    Ok(media::table.filter(media::id.eq(id)).select(MediaRow::as_select()).first(conn).optional()?)
}

/// The newest file with this content whose smaller widths are made, if there is one.
///
/// # Errors
/// When the database fails.
pub fn ready_by_sha256(conn: &mut Conn, storage_key: &str, sha256: &str) -> crate::Result<Option<MediaRow>> {
    // The store's key is made from the digest, and it is the key that has an index.
    Ok(media::table
        .filter(media::storage_key.eq(storage_key))
        .filter(media::sha256.eq(sha256))
        .filter(media::state.eq(MediaState::Ready))
        .order(media::created_at.desc())
        .select(MediaRow::as_select())
        .first(conn)
        .optional()?)
}

/// Whether any file is kept under this key of the store.
///
/// # Errors
/// When the database fails.
pub fn is_stored(conn: &mut Conn, storage_key: &str) -> crate::Result<bool> {
    let found: Option<Id> =
        media::table.filter(media::storage_key.eq(storage_key)).select(media::id).first(conn).optional()?;
    Ok(found.is_some())
}

/// Adds a file.
///
/// # Errors
/// When the database fails.
pub fn insert(conn: &mut Conn, row: &MediaRow) -> crate::Result<()> {
    diesel::insert_into(media::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// Writes a file's description: what it shows, its caption, its version and when it changed.
///
/// # Errors
/// When the database fails.
pub fn describe(conn: &mut Conn, row: &MediaRow) -> crate::Result<()> {
    diesel::update(media::table.filter(media::id.eq(row.id)))
        .set((
            media::alt.eq(&row.alt),
            media::caption.eq(row.caption.as_deref()),
            media::updated_at.eq(row.updated_at),
            media::version.eq(row.version),
        ))
        .execute(conn)?;
    Ok(())
}

/// Ends the processing of every file under this key of the store: `state` is `ready`, with the smaller widths, or
/// `failed`. Returns id and version of each file that was still being processed.
///
/// # Errors
/// When the database fails.
pub fn settle(
    conn: &mut Conn,
    storage_key: &str,
    variants: &Json,
    state: MediaState,
) -> crate::Result<Vec<(Id, i64)>> {
    let waiting = || {
        media::table
            .filter(media::storage_key.eq(storage_key))
            .filter(media::state.eq(MediaState::Processing))
    };
    let settled = waiting().select((media::id, media::version)).load(conn)?;
    if !settled.is_empty() {
        diesel::update(waiting())
            .set((media::variants.eq(variants), media::state.eq(state)))
            .execute(conn)?;
    }
    Ok(settled)
}

/// Removes a file's row. What it is used by must have been looked at before.
///
/// # Errors
/// When the database fails.
pub fn delete(conn: &mut Conn, id: Id) -> crate::Result<()> {
    diesel::delete(media::table.filter(media::id.eq(id))).execute(conn)?;
    Ok(())
}

/// Which files.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Uploaded by this account.
    pub owner: Option<Id>,
    /// Of one of these types; empty for any.
    pub mimes: Vec<MediaType>,
}

fn filtered(filter: &Filter) -> diesel::dsl::IntoBoxed<'_, media::table, MultiBackend> {
    let mut query = media::table.into_boxed::<MultiBackend>();
    if let Some(owner) = filter.owner {
        query = query.filter(media::created_by.eq(owner));
    }
    match filter.mimes.as_slice() {
        [] => query,
        [one] => query.filter(media::mime.eq(one)),
        many => query.filter(text_in(media::mime, many)),
    }
}

/// One page of the files that `filter` leaves, newest first.
///
/// # Errors
/// When the database fails.
pub fn list(conn: &mut Conn, filter: &Filter, window: &Window) -> crate::Result<Slice<MediaRow>> {
    let falls = !window.is_backward();
    let mut query = filtered(filter);
    if let Some(place) = window.place() {
        let at = place.key.time();
        query = if falls {
            query.filter(media::created_at.le(at).and(media::created_at.lt(at).or(media::id.lt(place.id))))
        } else {
            query.filter(media::created_at.ge(at).and(media::created_at.gt(at).or(media::id.gt(place.id))))
        };
    }
    query = if falls {
        query.order((media::created_at.desc(), media::id.desc()))
    } else {
        query.order((media::created_at.asc(), media::id.asc()))
    };
    Ok(window.slice(query.limit(window.fetch()).select(MediaRow::as_select()).load(conn)?))
}

/// How many files `filter` leaves.
///
/// # Errors
/// When the database fails.
pub fn count(conn: &mut Conn, filter: &Filter) -> crate::Result<i64> {
    Ok(filtered(filter).count().get_result(conn)?)
}

/// A post that has a file for its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostUse {
    /// The post.
    pub id: Id,
    /// Its title.
    pub title: String,
    /// Whether readers see the image there now.
    pub live: bool,
    /// Whether the post is in the trash.
    pub trashed: bool,
}

/// What uses a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Posts that show it, live or in their working copy.
    pub posts: Vec<PostUse>,
    /// Id and name of the authors whose portrait it is.
    pub authors: Vec<(Id, String)>,
    /// Whether it is the site's logo.
    pub site: bool,
}

impl References {
    /// Whether nothing uses it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.posts.is_empty() && self.authors.is_empty() && !self.site
    }
}

/// The posts whose row, or whose working copy where that differs, meets a condition: at most so many of each.
macro_rules! uses {
    ($conn:expr, $row:expr, $working_copy:expr, $limit:expr) => {{
        // Trash and drafts too: while a post is not live, its row mirrors its working copy.
        let shown: Vec<Shown> = posts::table
            .filter($row)
            .order(posts::id)
            .limit($limit)
            .select((posts::id, posts::title, posts::status, posts::deleted_at))
            .load($conn)?;
        // Only these have a working copy that differs from their row, so few snapshots are looked into.
        let pending: Vec<Pending> = revisions::table
            .inner_join(
                posts::table.on(posts::id.eq(revisions::post_id).and(posts::revision.eq(revisions::number))),
            )
            .filter(posts::live_revision.ne(posts::revision.nullable()))
            .filter($working_copy)
            .order(posts::id)
            .limit($limit)
            .select((posts::id, revisions::title, posts::deleted_at))
            .load($conn)?;
        uses(shown, pending)
    }};
}

/// What uses a file: at most `limit` posts of each kind and as many authors. Older revisions do not count, since a
/// restored one does without what is gone.
///
/// # Errors
/// When the database fails.
pub fn references(conn: &mut Conn, id: Id, limit: i64) -> crate::Result<References> {
    let posts = uses!(conn, posts::image_media_id.eq(id), snapshot_shows(revisions::snapshot, id), limit);
    let portraits = authors::table
        .filter(authors::avatar_media_id.eq(id))
        .order(authors::id)
        .limit(limit)
        .select((authors::id, authors::name))
        .load(conn)?;
    let logo: Option<i32> =
        site::table.filter(site::logo_media_id.eq(id)).select(site::id).first(conn).optional()?;
    Ok(References { posts, authors: portraits, site: logo.is_some() })
}

/// Posts in whose bodies, live or in their working copy, a file is shown: its addresses bear its digest. At most `limit` of each
/// kind. All bodies are read for it.
///
/// # Errors
/// When the database fails.
pub fn in_bodies(conn: &mut Conn, digest: &str, limit: i64) -> crate::Result<Vec<PostUse>> {
    let row = posts::html.like(format!("%{digest}%"));
    Ok(uses!(conn, row, snapshot_says(revisions::snapshot, digest), limit))
}

/// A post as it is shown: id, title, state, when it was moved to the trash.
type Shown = (Id, String, PostStatus, Option<Timestamp>);
/// A working copy: the post's id, title, when that was moved to the trash.
type Pending = (Id, String, Option<Timestamp>);

fn uses(shown: Vec<Shown>, pending: Vec<Pending>) -> Vec<PostUse> {
    let mut used: Vec<PostUse> = shown
        .into_iter()
        .map(|(id, title, status, deleted_at)| PostUse {
            id,
            title,
            live: status == PostStatus::Published && deleted_at.is_none(),
            trashed: deleted_at.is_some(),
        })
        .collect();
    for (id, title, deleted_at) in pending {
        if !used.iter().any(|post| post.id == id) {
            used.push(PostUse { id, title, live: false, trashed: deleted_at.is_some() });
        }
    }
    used
}
