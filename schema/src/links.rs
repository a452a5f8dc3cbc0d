//! Curated links as they are stored; [`crate::posts::relations`] reads them.

use diesel::prelude::*;

use crate::db::Conn;
use crate::revisions::{SnapshotExternal, SnapshotLink};
use crate::sql::id_in;
use crate::tables::{links, posts};
use crate::types::{Id, Timestamp};
use crate::values::Relation;

#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = links)]
#[diesel(treat_none_as_default_value = false)]
struct LinkRow {
    id: Id,
    post_id: Id,
    position: i32,
    relation: Relation,
    note: Option<String>,
    target_post_id: Option<Id>,
    external_url: Option<String>,
    external_title: Option<String>,
    external_author: Option<String>,
    external_publisher: Option<String>,
    external_published_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl LinkRow {
    fn of(post: Id, position: i32, link: &SnapshotLink, now: Timestamp) -> Self {
        let external = link.external.as_ref();
        let text = |f: fn(&SnapshotExternal) -> Option<&String>| external.and_then(f).cloned();
        Self {
            id: link.id,
            post_id: post,
            position,
            relation: link.relation,
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

/// Replaces a post's curated links. Targets that are gone are left out. Answers every post at the other end, before and after;
/// none where nothing changes.
///
/// # Errors
/// When the database fails.
pub fn replace(conn: &mut Conn, post: Id, wanted: &[SnapshotLink], now: Timestamp) -> crate::Result<Vec<Id>> {
    let old: Vec<LinkRow> = links::table
        .filter(links::post_id.eq(post))
        .order(links::position)
        .select(LinkRow::as_select())
        .load(conn)?;
    let targets: Vec<Id> = wanted.iter().filter_map(|l| l.target_post_id).collect();
    let present: Vec<Id> = if targets.is_empty() {
        Vec::new()
    } else {
        posts::table.filter(id_in(posts::id, &targets)).select(posts::id).load(conn)?
    };
    let new: Vec<LinkRow> = wanted
        .iter()
        .filter(|link| link.target_post_id.is_none_or(|id| id != post && present.contains(&id)))
        .zip(0..)
        .map(|(link, position)| {
            let made = old.iter().find(|row| row.id == link.id).map_or(now, |row| row.created_at);
            LinkRow::of(post, position, link, made)
        })
        .collect();
    if new == old {
        return Ok(Vec::new());
    }
    diesel::delete(links::table.filter(links::post_id.eq(post))).execute(conn)?;
    for row in &new {
        diesel::insert_into(links::table).values(row).execute(conn)?;
    }
    let mut touched: Vec<Id> = old.iter().chain(&new).filter_map(|row| row.target_post_id).collect();
    touched.sort_unstable();
    touched.dedup();
    Ok(touched)
}
