//! Posts as lists show them to everybody, kept as JSON.
//!
//! After a change of one post, a list of twenty is put together from nineteen kept cards and a new one. A card holds by the
//! same rule as an answer: for as long as none of its names was touched since the moment before it was read.

use std::sync::Arc;

use pressroom_schema::{Id, Key};
use quick_cache::Weighter;
use quick_cache::sync::Cache as Map;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::slots::Slots;

/// A post as lists show it.
#[derive(Debug, Clone)]
pub struct Card(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    json: Box<RawValue>,
    keys: Vec<Key>,
    moment: u64,
    places: Box<[u16]>,
}

impl Serialize for Card {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.json.serialize(serializer)
    }
}

impl Card {
    /// A card of `post` that depends on `keys`.
    pub(crate) fn of(post: &impl Serialize, keys: Vec<Key>) -> serde_json::Result<Self> {
        let json = serde_json::value::to_raw_value(post)?;
        Ok(Self(Arc::new(Inner { json, keys, moment: 0, places: Box::default() })))
    }

    /// What it depends on.
    pub(crate) fn keys(&self) -> &[Key] {
        &self.0.keys
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Id, Card> for ByBytes {
    fn weight(&self, _: &Id, card: &Card) -> u64 {
        let own = card.0.json.get().len() + card.0.keys.len() * size_of::<Key>() + 200;
        u64::try_from(own).unwrap_or(u64::MAX)
    }
}

/// The kept cards.
pub(crate) struct Cards(Map<Id, Card, ByBytes>);

impl Cards {
    /// Cards of at most so many bytes together.
    pub(crate) fn of_bytes(bytes: u64) -> Self {
        let expected = usize::try_from(bytes / 4_096).unwrap_or(usize::MAX).max(64);
        Self(Map::with_weighter(expected, bytes, ByBytes))
    }

    /// The card of a post, if it still held at `moment`, which was taken before the read began that it is for.
    pub(crate) fn get(&self, slots: &Slots, moment: u64, post: Id) -> Option<Card> {
        let card = self.0.get(&post)?;
        slots.holds(card.0.moment.min(moment), &card.0.places).then_some(card)
    }

    /// Keeps the card of a post that was read after `moment`.
    pub(crate) fn keep(&self, slots: &Slots, moment: u64, post: Id, card: &Card) {
        let Inner { json, keys, .. } = &*card.0;
        let places = slots.places(keys);
        let inner = Inner { json: json.clone(), keys: keys.clone(), moment, places };
        self.0.insert(post, Card(Arc::new(inner)));
    }
}
