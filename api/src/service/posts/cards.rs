//! Lists as REST shows them to everybody: put together from cards, most of which are kept.

use std::collections::HashMap;

use pressroom_schema::posts::{self, FullPost};
use pressroom_schema::{Id, Perspective};

use super::read::{Listing, PostQuery, Projection, count, list_in, listing, nothing};
use super::views::Loaded;
use crate::auth::viewer::Viewer;
use crate::error::{Error, Result};
use crate::freshness::{Card, Part, Read, Reader};
use crate::page::{Page, cursor};
use crate::service::{Service, Svc};
use crate::view::PostView;

/// One page of posts as everybody sees them, with nothing but their own members, authors and tags.
///
/// # Errors
/// As [`super::list`].
pub async fn list_cards(svc: &Svc, viewer: &Viewer, query: PostQuery) -> Result<Read<Page<Card>>> {
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    svc.read(viewer, move |reader| list_cards_in(&svc2, reader, &viewer2, &query)).await
}

/// [`list_cards`] inside a transaction.
///
/// # Errors
/// As [`super::list`].
pub fn list_cards_in(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    query: &PostQuery,
) -> Result<Page<Card>> {
    if !reader.keeps_parts() {
        // Rows and places in one statement.
        let Page { items, has_previous, has_next, total } =
            list_in(svc, reader, viewer, query, Projection::default())?;
        let items =
            items.iter().map(|(cursor, view)| Ok((cursor.clone(), card(view)?))).collect::<Result<_>>()?;
        return Ok(Page { items, has_previous, has_next, total });
    }
    let Some(Listing { filter, order, tag, window }) = listing(reader, viewer, query)? else {
        return Ok(nothing(query));
    };
    let slice = posts::places(reader, &filter, order, &window)?;
    let total = if query.page.count { Some(count(reader, &filter)?) } else { None };
    let ids: Vec<Id> = slice.rows.iter().map(|place| place.id).collect();
    let cards = load_cards(svc, reader, viewer, &ids)?;
    let items = slice
        .rows
        .iter()
        .filter_map(|place| Some((cursor(&tag, &place.key, place.id), cards.get(&place.id)?.show(reader))))
        .collect();
    Ok(Page { items, has_previous: slice.has_previous, has_next: slice.has_next, total })
}

/// The cards of these posts: those that hold, and new ones.
fn load_cards(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    ids: &[Id],
) -> Result<HashMap<Id, Part<Card>>> {
    let (mut cards, mut missing) = (HashMap::with_capacity(ids.len()), Vec::new());
    for id in ids {
        match svc.freshness.part(reader, *id) {
            Some(card) => drop(cards.insert(*id, card)),
            None => missing.push(*id),
        }
    }
    let rows: Vec<FullPost> = posts::by_ids(reader, &missing)?.into_iter().map(FullPost::from).collect();
    if rows.is_empty() {
        return Ok(cards);
    }
    let mut loaded = Loaded::of(svc, reader, viewer, &rows, Perspective::Live, Projection::default())?;
    for row in rows {
        let id = row.post.id;
        let (view, keys) = reader.capture(|reader| loaded.show(reader, row));
        let part = Part::of(card(&view)?, keys);
        svc.freshness.keep(reader, id, part.clone());
        cards.insert(id, part);
    }
    Ok(cards)
}

fn card(view: &PostView) -> Result<Card> {
    Card::of(view).map_err(|e| Error::internal(e.to_string()))
}
