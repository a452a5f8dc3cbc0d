//! Lists as REST shows them to everybody: put together from cards, most of which are kept.

use std::collections::HashMap;

use pressroom_schema::keys::depend;
use pressroom_schema::posts::{self, FullPost};
use pressroom_schema::{Conn, Id, Key, Perspective};

use super::read::{Listing, PostQuery, Shown, count, listing, nothing};
use super::views::load_views;
use crate::auth::viewer::Viewer;
use crate::error::{Error, Result};
use crate::freshness::Card;
use crate::page::{Page, cursor};
use crate::service::{Service, Svc};
use crate::view::PostView;

/// One page of posts as everybody sees them, with nothing but their own members, authors and tags.
///
/// # Errors
/// As [`super::list`].
pub async fn list_cards(svc: &Svc, viewer: &Viewer, query: PostQuery) -> Result<Page<Card>> {
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    svc.read(viewer, move |conn| list_cards_in(&svc2, conn, &viewer2, &query)).await
}

/// [`list_cards`] inside a transaction.
///
/// # Errors
/// As [`super::list`].
pub fn list_cards_in(
    svc: &Service,
    conn: &mut Conn,
    viewer: &Viewer,
    query: &PostQuery,
) -> Result<Page<Card>> {
    let Some(Listing { filter, order, tag, window }) = listing(conn, viewer, query)? else {
        return Ok(nothing(query));
    };
    if !svc.freshness.keeps_fragments() {
        // Rows and places in one statement.
        let slice = posts::list(conn, &filter, order, &window, Shown::default().body)?;
        let total = if query.page.count { Some(count(conn, &filter)?) } else { None };
        let places: Vec<_> = slice.rows.iter().map(|row| (order.key(&row.post), row.post.id)).collect();
        let (has_previous, has_next) = (slice.has_previous, slice.has_next);
        let views = load_views(svc, conn, viewer, slice.rows, Perspective::Live, Shown::default())?;
        let items = places
            .into_iter()
            .zip(&views)
            .map(|((key, id), view)| Ok((cursor(&tag, &key, id), card(view)?)))
            .collect::<Result<_>>()?;
        return Ok(Page { items, has_previous, has_next, total });
    }
    let slice = posts::places(conn, &filter, order, &window)?;
    let total = if query.page.count { Some(count(conn, &filter)?) } else { None };
    let ids: Vec<Id> = slice.rows.iter().map(|place| place.id).collect();
    let mut cards = load_cards(svc, conn, viewer, &ids)?;
    let items = slice
        .rows
        .iter()
        .filter_map(|place| Some((cursor(&tag, &place.key, place.id), cards.remove(&place.id)?)))
        .collect();
    Ok(Page { items, has_previous: slice.has_previous, has_next: slice.has_next, total })
}

/// The cards of these posts: those that hold, and new ones.
fn load_cards(svc: &Service, conn: &mut Conn, viewer: &Viewer, ids: &[Id]) -> Result<HashMap<Id, Card>> {
    let (mut cards, mut missing) = (HashMap::with_capacity(ids.len()), Vec::new());
    for id in ids {
        match svc.freshness.fragment::<Card>(*id) {
            Some(card) => {
                card.keys().iter().cloned().for_each(depend);
                cards.insert(*id, card);
            }
            None => missing.push(*id),
        }
    }
    let rows = posts::by_ids(conn, &missing)?.into_iter().map(FullPost::from).collect();
    for view in load_views(svc, conn, viewer, rows, Perspective::Live, Shown::default())? {
        let card = card(&view)?;
        svc.freshness.keep(view.id, card.clone(), card.keys());
        cards.insert(view.id, card);
    }
    Ok(cards)
}

fn card(view: &PostView) -> Result<Card> {
    Card::of(view, keys_of(view)).map_err(|e| Error::internal(e.to_string()))
}

/// What a listed post's own members depend on: the same names that [`load_views`] notes.
fn keys_of(view: &PostView) -> Vec<Key> {
    let mut names = vec![Key::Terms, Key::Post(view.id), Key::CommentCount(view.id)];
    names.extend(view.authors.iter().map(|byline| Key::Author(byline.author.id)));
    for tag in &view.tags {
        names.push(Key::Tag(tag.id));
        names.extend(tag.parent.as_ref().map(|above| Key::Tag(above.id)));
    }
    names
}
