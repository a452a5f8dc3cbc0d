//! Curated links as they are stored; [`crate::posts::ties`] reads them.

use diesel::prelude::*;

use crate::db::Conn;
use crate::revisions::{SnapshotExternal, SnapshotLink};
use crate::sql::id_in;
use crate::tables::{links, posts};
use crate::types::{Id, Timestamp};

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = links)]
#[diesel(treat_none_as_default_value = false)]
struct LinkRow {
    id: Id,
    post_id: Id,
    position: i32,
    relation: String,
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
