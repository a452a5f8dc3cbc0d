//! Typed links: curated ones, and those that stand in bodies.

use diesel::prelude::*;

use crate::db::Conn;
use crate::revisions::{SnapshotExternal, SnapshotLink};
use crate::sql::id_in;
use crate::tables::{body_links, links, posts};
use crate::types::{Id, Timestamp};

/// A curated link as the public sees it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = links)]
#[diesel(treat_none_as_default_value = false)]
pub struct LinkRow {
    /// Its id.
    pub id: Id,
    /// The post that links.
    pub post_id: Id,
    /// Its place among the post's links.
    pub position: i32,
    /// What the link means.
    pub relation: String,
    /// The editor's remark.
    pub note: Option<String>,
    /// The post that is linked.
    pub target_post_id: Option<Id>,
    /// Or something elsewhere.
    pub external_url: Option<String>,
    /// Its title.
    pub external_title: Option<String>,
    /// Its writer.
    pub external_author: Option<String>,
    /// Its publisher.
    pub external_publisher: Option<String>,
    /// When it was published.
    pub external_published_at: Option<Timestamp>,
    /// When the link was made.
    pub created_at: Timestamp,
}

impl LinkRow {
    fn of(post: Id, position: i32, link: &SnapshotLink, now: Timestamp) -> Self {
        let external = link.external.as_ref();
        let text = |f: fn(&SnapshotExternal) -> Option<&String>| external.and_then(f).cloned();
        Self {
            id: link.id,
            post_id: post,
            position,
            relation: link.relation.clone(),
            note: link.note.clone(),
            target_post_id: link.target_post_id,
            external_url: external.map(|e| e.url.clone()),
            external_title: text(|e| e.title.as_ref()),
            external_author: text(|e| e.author.as_ref()),
            external_publisher: text(|e| e.publisher.as_ref()),
            external_published_at: external.and_then(|e| e.published_at),
            created_at: now,
        }
    }
}

/// Replaces a post's curated links. Targets that are gone are left out. Answers every post at the other end, before and after.
///
/// # Errors
/// When the database fails.
pub fn replace(conn: &mut Conn, post: Id, wanted: &[SnapshotLink], now: Timestamp) -> crate::Result<Vec<Id>> {
    let old: Vec<(Id, Option<Id>, Timestamp)> = links::table
        .filter(links::post_id.eq(post))
        .select((links::id, links::target_post_id, links::created_at))
        .load(conn)?;
    let mut touched: Vec<Id> = old.iter().filter_map(|(_, target, _)| *target).collect();
    diesel::delete(links::table.filter(links::post_id.eq(post))).execute(conn)?;
    let targets: Vec<Id> = wanted.iter().filter_map(|l| l.target_post_id).collect();
    let present: Vec<Id> = if targets.is_empty() {
        Vec::new()
    } else {
        posts::table.filter(id_in(posts::id, &targets)).select(posts::id).load(conn)?
    };
    let mut position = 0;
    for link in wanted {
        if link.target_post_id.is_some_and(|id| id == post || !present.contains(&id)) {
            continue;
        }
        let made = old.iter().find(|(id, _, _)| *id == link.id).map_or(now, |(_, _, at)| *at);
        diesel::insert_into(links::table).values(LinkRow::of(post, position, link, made)).execute(conn)?;
        position += 1;
    }
    touched.extend(targets);
    touched.sort_unstable();
    touched.dedup();
    Ok(touched)
}

/// The curated links of these posts, in the editor's order.
///
/// # Errors
/// When the database fails.
pub fn outgoing(conn: &mut Conn, from: &[Id]) -> crate::Result<Vec<LinkRow>> {
    if from.is_empty() {
        return Ok(Vec::new());
    }
    Ok(links::table
        .filter(id_in(links::post_id, from))
        .order((links::post_id, links::position, links::id))
        .select(LinkRow::as_select())
        .load(conn)?)
}

/// The curated links to these posts, oldest first.
///
/// # Errors
/// When the database fails.
pub fn incoming(conn: &mut Conn, to: &[Id]) -> crate::Result<Vec<LinkRow>> {
    if to.is_empty() {
        return Ok(Vec::new());
    }
    Ok(links::table
        .filter(id_in(links::target_post_id, to))
        .order((links::created_at, links::id))
        .select(LinkRow::as_select())
        .load(conn)?)
}

/// The posts of this site that the bodies of these posts link to: from, to, in the order of the text.
///
/// # Errors
/// When the database fails.
pub fn body_outgoing(conn: &mut Conn, from: &[Id]) -> crate::Result<Vec<(Id, Id)>> {
    if from.is_empty() {
        return Ok(Vec::new());
    }
    Ok(body_links::table
        .inner_join(posts::table.on(posts::slug.eq(body_links::slug)))
        .filter(id_in(body_links::post_id, from))
        .order((body_links::post_id, body_links::position))
        .select((body_links::post_id, posts::id))
        .load(conn)?)
}

/// The posts whose bodies link to these posts: from, to, by the linking post's id.
///
/// # Errors
/// When the database fails.
pub fn body_incoming(conn: &mut Conn, to: &[Id]) -> crate::Result<Vec<(Id, Id)>> {
    if to.is_empty() {
        return Ok(Vec::new());
    }
    Ok(posts::table
        .inner_join(body_links::table.on(posts::slug.eq(body_links::slug)))
        .filter(id_in(posts::id, to))
        .order((posts::id, body_links::post_id))
        .select((body_links::post_id, posts::id))
        .load(conn)?)
}
