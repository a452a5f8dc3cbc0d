//! Tags and categories: rows and queries.

use diesel::prelude::*;

use crate::db::{Conn, MultiBackend};
use crate::page::{KeyValue, Slice, Window, keyset};
use crate::posts::Ref;
use crate::sql::{id_in, text_in};
use crate::tables::{post_lists, post_tags, tags};
use crate::types::{Id, Timestamp};
use crate::values::{Slug, TagKind, TagSort};

use aliases::parents;

mod aliases {
    use crate::tables::tags;
    diesel::alias!(tags as parents: Parents);
}

/// A tag or category.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = tags)]
#[diesel(treat_none_as_default_value = false)]
pub struct TagRow {
    /// Its id.
    pub id: Id,
    /// Name in addresses.
    pub slug: Slug,
    /// Name.
    pub name: String,
    /// What it sorts by: [`crate::page::sort_key`] of the name.
    pub name_key: String,
    /// What it is.
    pub kind: TagKind,
    /// What it is about.
    pub description: String,
    /// The one above it.
    pub parent_id: Option<Id>,
    /// Listed posts that bear it.
    pub post_count: i64,
    /// Rises with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Id, slug and name of the tag above another.
pub type Parent = (Id, Slug, String);

/// A tag and what stands above it.
pub type WithParent = (TagRow, Option<Parent>);

/// The tags of posts: post, tag with its parent; by post, in the editor's order.
///
/// # Errors
/// When the database fails.
pub fn of_posts(conn: &mut Conn, posts: &[Id]) -> crate::Result<Vec<(Id, WithParent)>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    Ok(post_tags::table
        .inner_join(tags::table)
        .left_join(parents.on(parents.field(tags::id).nullable().eq(tags::parent_id)))
        .filter(id_in(post_tags::post_id, posts))
        .order((post_tags::post_id, post_tags::position))
        .select((
            post_tags::post_id,
            (TagRow::as_select(), parents.fields((tags::id, tags::slug, tags::name)).nullable()),
        ))
        .load(conn)?)
}

/// The tags with these ids, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn by_ids(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<WithParent>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tags::table
        .left_join(parents.on(parents.field(tags::id).nullable().eq(tags::parent_id)))
        .filter(id_in(tags::id, ids))
        .select((TagRow::as_select(), parents.fields((tags::id, tags::slug, tags::name)).nullable()))
        .load(conn)?)
}

/// The ids of the tags with these slugs: slug and id, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn ids_by_slugs(conn: &mut Conn, slugs: &[Slug]) -> crate::Result<Vec<(Slug, Id)>> {
    if slugs.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tags::table.filter(text_in(tags::slug, slugs)).select((tags::slug, tags::id)).load(conn)?)
}

/// Whose tags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Seen {
    /// Those that were made by themselves, and those that a post bears or bore which everybody could read.
    #[default]
    ByEverybody,
    /// Those as well that were only named in posts that are not out yet.
    ByEditors,
}

/// A tag by id or slug, with what stands above it.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, tag: &Ref, seen: Seen) -> crate::Result<Option<WithParent>> {
    let base = tags::table
        .left_join(parents.on(parents.field(tags::id).nullable().eq(tags::parent_id)))
        .filter(tags::is_public.eq(true).or(tags::is_public.eq(seen == Seen::ByEverybody)))
        .select((TagRow::as_select(), parents.fields((tags::id, tags::slug, tags::name)).nullable()));
    Ok(match tag {
        Ref::Id(id) => base.filter(tags::id.eq(*id)).first(conn).optional()?,
        Ref::Slug(slug) => base.filter(tags::slug.eq(slug)).first(conn).optional()?,
        Ref::Nothing => None,
    })
}

/// Which tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only tags, or only categories.
    pub kind: Option<TagKind>,
    /// Directly below this one.
    pub parent: Option<Id>,
    /// Whose.
    pub seen: Seen,
}

/// One page of the tags.
///
/// # Errors
/// When the database fails.
pub fn list(
    conn: &mut Conn,
    filter: &Filter,
    order: TagSort,
    window: &Window,
) -> crate::Result<Slice<WithParent>> {
    let mut query = tags::table
        .left_join(parents.on(parents.field(tags::id).nullable().eq(tags::parent_id)))
        .into_boxed::<MultiBackend>();
    if let Some(kind) = filter.kind {
        query = query.filter(tags::kind.eq(kind));
    }
    if let Some(parent) = filter.parent {
        query = query.filter(tags::parent_id.eq(parent));
    }
    if filter.seen == Seen::ByEverybody {
        query = query.filter(tags::is_public.eq(true));
    }
    let text = |key: &KeyValue| key.text().to_owned();
    let int = |key: &KeyValue| key.int();
    let query = match order {
        TagSort::NameAsc => keyset!(query, window, tags::name_key, tags::id, text, descending: false),
        TagSort::PostCountDesc => keyset!(query, window, tags::post_count, tags::id, int, descending: true),
    };
    let rows = query
        .select((TagRow::as_select(), parents.fields((tags::id, tags::slug, tags::name)).nullable()))
        .load(conn)?;
    Ok(window.slice(rows))
}

/// How many tags `filter` leaves.
///
/// # Errors
/// When the database fails.
pub fn count(conn: &mut Conn, filter: &Filter) -> crate::Result<i64> {
    let mut query = tags::table.into_boxed::<MultiBackend>();
    if let Some(kind) = filter.kind {
        query = query.filter(tags::kind.eq(kind));
    }
    if let Some(parent) = filter.parent {
        query = query.filter(tags::parent_id.eq(parent));
    }
    if filter.seen == Seen::ByEverybody {
        query = query.filter(tags::is_public.eq(true));
    }
    Ok(query.count().get_result(conn)?)
}

/// Adds a tag, of which everybody may know or editors only.
///
/// # Errors
/// `tags_slug_key` when the slug is taken, or when the database fails.
pub fn insert(conn: &mut Conn, tag: &TagRow, seen: Seen) -> crate::Result<()> {
    let is_public = tags::is_public.eq(seen == Seen::ByEverybody);
    diesel::insert_into(tags::table).values((tag.clone(), is_public)).execute(conn)?;
    Ok(())
}

/// Whether everybody may know of a tag.
///
/// # Errors
/// When the database fails.
pub fn is_public(conn: &mut Conn, tag: Id) -> crate::Result<bool> {
    let found: Option<bool> =
        tags::table.filter(tags::id.eq(tag)).select(tags::is_public).first(conn).optional()?;
    Ok(found.unwrap_or(false))
}

/// Lets everybody know of these tags. Answers those of which only editors knew.
///
/// # Errors
/// When the database fails.
pub fn make_public(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<Id>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let hidden: Vec<Id> = tags::table
        .filter(id_in(tags::id, ids))
        .filter(tags::is_public.eq(false))
        .select(tags::id)
        .load(conn)?;
    if !hidden.is_empty() {
        let opened = tags::table.filter(id_in(tags::id, &hidden));
        diesel::update(opened).set(tags::is_public.eq(true)).execute(conn)?;
    }
    Ok(hidden)
}

/// Writes what an editor decides about a tag; its count is not touched.
///
/// # Errors
/// `tags_slug_key` when the slug is taken, or when the database fails.
pub fn update(conn: &mut Conn, tag: &TagRow) -> crate::Result<()> {
    let t = tag.clone();
    diesel::update(tags::table.filter(tags::id.eq(tag.id)))
        .set((
            tags::slug.eq(t.slug),
            tags::name.eq(t.name),
            tags::name_key.eq(t.name_key),
            tags::kind.eq(t.kind),
            tags::description.eq(t.description),
            tags::parent_id.eq(t.parent_id),
            tags::version.eq(t.version),
            tags::updated_at.eq(t.updated_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// Removes a tag: from posts and their public lists too. Tags below it stand alone then.
///
/// # Errors
/// When the database fails.
pub fn delete(conn: &mut Conn, tag: Id) -> crate::Result<()> {
    diesel::delete(post_tags::table.filter(post_tags::tag_id.eq(tag))).execute(conn)?;
    diesel::delete(post_lists::table.filter(post_lists::list_id.eq(tag))).execute(conn)?;
    diesel::delete(tags::table.filter(tags::id.eq(tag))).execute(conn)?;
    Ok(())
}

/// The tag above one, if any.
///
/// # Errors
/// When the database fails.
pub fn parent_of(conn: &mut Conn, tag: Id) -> crate::Result<Option<Id>> {
    Ok(tags::table
        .filter(tags::id.eq(tag))
        .select(tags::parent_id)
        .first::<Option<Id>>(conn)
        .optional()?
        .flatten())
}

/// Whether a tag bears this slug.
///
/// # Errors
/// When the database fails.
pub fn slug_taken(conn: &mut Conn, slug: &Slug, except: Option<Id>) -> crate::Result<bool> {
    let found: Option<Id> =
        tags::table.filter(tags::slug.eq(slug)).select(tags::id).first(conn).optional()?;
    Ok(found.is_some_and(|id| Some(id) != except))
}
