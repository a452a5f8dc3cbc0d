//! Lists as REST shows them to everybody: put together from items, most of which are kept.

use std::collections::HashMap;

use pressroom_schema::posts::{self, FullPost};
use pressroom_schema::{Id, Perspective};

use super::read::{Listing, PostQuery, Projection, admit, count, list_in, listing, nothing};
use super::views::Loaded;
use crate::auth::viewer::Viewer;
use crate::error::{Error, Result};
use crate::freshness::{ListItem, Part, Read, Reader};
use crate::page::{Page, cursor};
use crate::service::{Service, Svc};
use crate::view::PostView;

/// One page of posts as everybody sees them, with nothing but their own members, authors and tags.
///
/// # Errors
/// As [`super::list`].
pub async fn list_items(svc: &Svc, viewer: &Viewer, query: PostQuery) -> Result<Read<Page<ListItem>>> {
    admit(svc, viewer, &query).await?;
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    let slow = query.q.is_some();
    let read = move |reader: &mut Reader<'_>| list_items_in(&svc2, reader, &viewer2, &query);
    if slow { svc.read_slow(read).await } else { svc.read(viewer, read).await }
}

/// [`list_items`] inside a transaction.
///
/// # Errors
/// As [`super::list`].
pub fn list_items_in(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    query: &PostQuery,
) -> Result<Page<ListItem>> {
    if !reader.keeps_parts() {
        // Rows and places in one statement.
        let Page { items, has_previous, has_next, total } =
            list_in(svc, reader, viewer, query, Projection::default())?;
        let items =
            items.iter().map(|(cursor, view)| Ok((cursor.clone(), item(view)?))).collect::<Result<_>>()?;
        return Ok(Page { items, has_previous, has_next, total });
    }
    let Some(Listing { filter, order, tag, window }) = listing(reader, viewer, query)? else {
        return Ok(nothing(query));
    };
    let slice = posts::places(reader, &filter, order, &window)?;
    let total = if query.page.count { Some(count(reader, &filter)?) } else { None };
    let ids: Vec<Id> = slice.rows.iter().map(|place| place.id).collect();
    let items = load_items(svc, reader, viewer, &ids)?;
    let items = slice
        .rows
        .iter()
        .filter_map(|place| Some((cursor(&tag, &place.key, place.id), items.get(&place.id)?.show(reader))))
        .collect();
    Ok(Page { items, has_previous: slice.has_previous, has_next: slice.has_next, total })
}

/// The items of these posts: those that hold, and new ones.
fn load_items(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    ids: &[Id],
) -> Result<HashMap<Id, Part<ListItem>>> {
    let (mut items, mut missing) = (HashMap::with_capacity(ids.len()), Vec::new());
    for id in ids {
        match svc.freshness.part(reader, *id) {
            Some(item) => drop(items.insert(*id, item)),
            None => missing.push(*id),
        }
    }
    let rows: Vec<FullPost> = posts::by_ids(reader, &missing)?.into_iter().map(FullPost::from).collect();
    if rows.is_empty() {
        return Ok(items);
    }
    let mut loaded = Loaded::of(svc, reader, viewer, &rows, Perspective::Live, Projection::default())?;
    for row in rows {
        let id = row.post.id;
        let (view, keys) = reader.capture(|reader| loaded.show(reader, row));
        let part = Part::of(item(&view)?, keys);
        svc.freshness.keep(reader, id, part.clone());
        items.insert(id, part);
    }
    Ok(items)
}

fn item(view: &PostView) -> Result<ListItem> {
    ListItem::of(view).map_err(|e| Error::internal(e.to_string()))
}
