//! Tags and categories: rows and queries.

use diesel::prelude::*;

use crate::db::Conn;
use crate::sql::{id_in, text_in};
use crate::tables::{post_tags, tags};
use crate::types::{Id, Timestamp};

diesel::alias!(tags as parents: Parents);

/// A tag or category.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = tags)]
#[diesel(treat_none_as_default_value = false)]
pub struct TagRow {
    /// Its id.
    pub id: Id,
    /// Name in addresses.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it sorts by: [`crate::page::sort_key`] of the name.
    pub name_key: String,
    /// `tag` or `category`.
    pub kind: String,
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
pub type Parent = (Id, String, String);

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
pub fn ids_by_slugs(conn: &mut Conn, slugs: &[String]) -> crate::Result<Vec<(String, Id)>> {
    if slugs.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tags::table.filter(text_in(tags::slug, slugs)).select((tags::slug, tags::id)).load(conn)?)
}
