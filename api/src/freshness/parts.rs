//! What many answers show alike, kept between them: profiles, tags, summaries of posts, and posts as lists show them.
//!
//! After a change of one post, a list of twenty is put together from nineteen kept parts and a new one; a page that nobody has
//! asked for yet finds its bylines and neighbours ready. A part holds by the same rule as an answer: for as long as none
//! of its names was touched since the version before it was read.

use std::sync::Arc;

use pressroom_schema::{Id, Key};
use quick_cache::Weighter;
use quick_cache::sync::Cache as Map;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::reader::Reader;
use super::versions::VersionTable;
use crate::view::{AuthorView, PostSummary, Shared, TagView};

/// A part of answers, and what it depends on. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Part<T> {
    view: T,
    keys: Arc<[Key]>,
}

impl<T: Clone> Part<T> {
    /// What [`Reader::capture`] gave.
    pub(crate) fn of(view: T, keys: Vec<Key>) -> Self {
        Self { view, keys: keys.into() }
    }

    /// What it shows, for an answer that from now on depends on what it does.
    pub(crate) fn show(&self, reader: &mut Reader<'_>) -> T {
        reader.depend_on(&self.keys);
        self.view.clone()
    }

    /// The same, for a question that changes nothing in what is shown of others.
    pub(crate) fn peek(&self) -> &T {
        &self.view
    }
}

/// A post as lists show it, as JSON. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ListItem(Arc<RawValue>);

impl Serialize for ListItem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl ListItem {
    /// The list item that shows `post`.
    pub(crate) fn of(post: &impl Serialize) -> serde_json::Result<Self> {
        Ok(Self(serde_json::value::to_raw_value(post)?.into()))
    }
}

macro_rules! parts {
    ($($kind:ident($type:ty),)+) => {
        /// The kinds of parts: a post has a list item and a summary.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum PartKind { $($kind,)+ }

        /// What a part of any kind shows.
        #[derive(Debug, Clone)]
        pub(crate) enum Any { $($kind($type),)+ }

        $(impl Keepable for $type {
            const KIND: PartKind = PartKind::$kind;

            fn into_any(self) -> Any {
                Any::$kind(self)
            }

            fn from_any(any: Any) -> Option<Self> {
                if let Any::$kind(view) = any { Some(view) } else { None }
            }
        })+
    };
}

/// What can be kept as a part.
pub(crate) trait Keepable: Sized {
    /// Its kind.
    const KIND: PartKind;
    /// As it is kept.
    fn into_any(self) -> Any;
    /// Back from there.
    fn from_any(any: Any) -> Option<Self>;
}

parts! {
    ListItem(ListItem),
    Author(Shared<AuthorView>),
    Tag(Shared<TagView>),
    Summary(Shared<PostSummary>),
}

#[derive(Clone)]
struct Held {
    view: Any,
    keys: Arc<[Key]>,
    version: u64,
    slots: Arc<[u16]>,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<(PartKind, Id), Held> for ByBytes {
    fn weight(&self, _: &(PartKind, Id), held: &Held) -> u64 {
        // A view's members weigh about what its JSON does.
        let own = match &held.view {
            Any::ListItem(item) => item.0.get().len(),
            Any::Author(view) => 2 * view.json_len(),
            Any::Tag(view) => 2 * view.json_len(),
            Any::Summary(view) => 2 * view.json_len(),
        };
        u64::try_from(own + size_of_val(&*held.keys) + held.slots.len() * 2)
            .unwrap_or(u64::MAX)
            .saturating_add(400)
    }
}

/// The kept parts.
pub(crate) struct PartStore(Map<(PartKind, Id), Held, ByBytes>);

impl PartStore {
    /// Room for parts of at most so many bytes together.
    pub(crate) fn of_bytes(bytes: u64) -> Self {
        let expected = usize::try_from(bytes / 2_048).unwrap_or(usize::MAX).max(64);
        Self(Map::with_weighter(expected, bytes, ByBytes))
    }

    /// How many bytes they occupy.
    pub(crate) fn weight(&self) -> u64 {
        self.0.weight()
    }

    /// The part that shows an object, if it still held at `version`, which was taken before the read began that it is for.
    pub(crate) fn get<F: Keepable>(&self, versions: &VersionTable, version: u64, of: Id) -> Option<Part<F>> {
        let held = self.0.get(&(F::KIND, of))?;
        if !versions.holds(held.version.min(version), &held.slots) {
            return None;
        }
        Some(Part { view: F::from_any(held.view)?, keys: held.keys })
    }

    /// Keeps the part that shows an object and was read after `version`.
    pub(crate) fn keep<F: Keepable>(&self, versions: &VersionTable, version: u64, of: Id, part: Part<F>) {
        let slots = versions.slots(&*part.keys).into();
        let held = Held { view: part.view.into_any(), keys: part.keys, version, slots };
        self.0.insert((F::KIND, of), held);
    }
}
