//! The site's own row, the kept totals, and former slugs.

use diesel::prelude::*;

use crate::db::Conn;
use crate::media::{self, ImageRow};
use crate::tables::{counters, site, slug_redirects};
use crate::types::{Id, Json, Timestamp};
use crate::values::{LanguageTag, Slug, SlugKind, Total};

/// The site's settings.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = site)]
#[diesel(treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct SiteRow {
    /// Always 1.
    pub id: i32,
    /// Name.
    pub title: String,
    /// A sentence on what it is.
    pub description: String,
    /// BCP 47.
    pub language: LanguageTag,
    /// IANA.
    pub timezone: String,
    /// Logo.
    pub logo_media_id: Option<Id>,
    /// What a reader may reproduce.
    pub terms_notice: Option<String>,
    /// Where that stands.
    pub terms_url: Option<String>,
    /// A list of `{service, handle, url}`.
    pub social: Json,
    /// Whether new posts take comments.
    pub comments_open: bool,
    /// Rises with every change.
    pub version: i64,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The site's settings; `None` until it has been set up.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut Conn) -> crate::Result<Option<SiteRow>> {
    Ok(site::table.filter(site::id.eq(1)).select(SiteRow::as_select()).first(conn).optional()?)
}

/// The site's logo.
///
/// # Errors
/// When the database fails.
pub fn logo(conn: &mut Conn, row: &SiteRow) -> crate::Result<Option<ImageRow>> {
    Ok(media::images(conn, row.logo_media_id.as_slice())?.pop())
}

/// Sets the site up, or changes its settings.
///
/// # Errors
/// When the database fails.
pub fn put(conn: &mut Conn, row: &SiteRow) -> crate::Result<()> {
    let changed = diesel::update(site::table.filter(site::id.eq(1))).set(row.clone()).execute(conn)?;
    if changed == 0 {
        diesel::insert_into(site::table).values(row.clone()).execute(conn)?;
    }
    Ok(())
}

/// The totals that are kept rather than counted.
///
/// # Errors
/// When the database fails.
pub fn totals(conn: &mut Conn) -> crate::Result<Vec<(Total, i64)>> {
    Ok(counters::table.select((counters::name, counters::value)).load(conn)?)
}

/// One of the kept totals.
///
/// # Errors
/// When the database fails.
pub fn total(conn: &mut Conn, name: Total) -> crate::Result<i64> {
    Ok(counters::table
        .filter(counters::name.eq(name))
        .select(counters::value)
        .first(conn)
        .optional()?
        .unwrap_or(0))
}

/// Moves a kept total by `by`.
///
/// # Errors
/// When the database fails.
pub fn add_to_total(conn: &mut Conn, name: Total, by: i64) -> crate::Result<()> {
    if by != 0 {
        diesel::update(counters::table.filter(counters::name.eq(name)))
            .set(counters::value.eq(counters::value + by))
            .execute(conn)?;
    }
    Ok(())
}

/// Whose former slug this is.
///
/// # Errors
/// When the database fails.
pub fn redirect_target(conn: &mut Conn, kind: SlugKind, slug: &Slug) -> crate::Result<Option<Id>> {
    Ok(slug_redirects::table
        .filter(slug_redirects::kind.eq(kind))
        .filter(slug_redirects::slug.eq(slug))
        .select(slug_redirects::target_id)
        .first(conn)
        .optional()?)
}

/// Remembers that `target` was called `old`, and that nothing else is to be found under `new` any more.
///
/// # Errors
/// When the database fails.
pub fn remember_slug(
    conn: &mut Conn,
    kind: SlugKind,
    target: Id,
    old: &Slug,
    new: &Slug,
    now: Timestamp,
) -> crate::Result<()> {
    for slug in [old, new] {
        diesel::delete(
            slug_redirects::table.filter(slug_redirects::kind.eq(kind)).filter(slug_redirects::slug.eq(slug)),
        )
        .execute(conn)?;
    }
    diesel::insert_into(slug_redirects::table)
        .values((
            slug_redirects::kind.eq(kind),
            slug_redirects::slug.eq(old),
            slug_redirects::target_id.eq(target),
            slug_redirects::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets the former slugs of something that is removed, and that its slug was taken from another.
///
/// # Errors
/// When the database fails.
pub fn forget_slugs(conn: &mut Conn, kind: SlugKind, target: Id) -> crate::Result<()> {
    diesel::delete(
        slug_redirects::table
            .filter(slug_redirects::kind.eq(kind))
            .filter(slug_redirects::target_id.eq(target)),
    )
    .execute(conn)?;
    Ok(())
}
