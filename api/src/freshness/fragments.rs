//! What many answers show alike, kept between them: profiles, tags, posts in few words, and posts as lists show them.
//!
//! After a change of one post, a list of twenty is put together from nineteen kept cards and a new one; a page that nobody has
//! asked for yet finds its bylines and neighbours ready. A fragment holds by the same rule as an answer: for as long as none
//! of its names was touched since the version before it was read.

use std::cell::Cell;
use std::sync::Arc;

use pressroom_schema::{Id, Key};
use quick_cache::Weighter;
use quick_cache::sync::Cache as Map;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::versions::VersionTable;
use crate::view::{AuthorView, PostSummary, Shared, TagView};

thread_local! {
    static VERSION: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Runs a read that may use and keep fragments, with the version that was taken before its transaction began; without one it
/// may not.
pub(crate) fn reading<T>(version: Option<u64>, read: impl FnOnce() -> T) -> T {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            VERSION.set(None);
        }
    }
    VERSION.set(version);
    let _end = End;
    read()
}

/// The version of the read on this thread.
pub(super) fn version() -> Option<u64> {
    VERSION.get()
}

/// A post as lists show it, as JSON, with the names of what that depends on.
#[derive(Debug, Clone)]
pub struct Card(Arc<(Box<RawValue>, Vec<Key>)>);

impl Serialize for Card {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.0.serialize(serializer)
    }
}

impl Card {
    /// A card of `post` that depends on `keys`.
    pub(crate) fn of(post: &impl Serialize, keys: Vec<Key>) -> serde_json::Result<Self> {
        Ok(Self(Arc::new((serde_json::value::to_raw_value(post)?, keys))))
    }

    /// What it depends on.
    pub(crate) fn keys(&self) -> &[Key] {
        &self.0.1
    }
}

macro_rules! fragments {
    ($($kind:ident($type:ty),)+) => {
        /// The kinds of fragments: a post has a card and a summary.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Kind { $($kind,)+ }

        /// A fragment of any kind.
        #[derive(Debug, Clone)]
        pub(crate) enum Any { $($kind($type),)+ }

        $(impl Fragment for $type {
            const KIND: Kind = Kind::$kind;

            fn into_any(self) -> Any {
                Any::$kind(self)
            }

            fn from_any(any: Any) -> Option<Self> {
                if let Any::$kind(fragment) = any { Some(fragment) } else { None }
            }
        })+
    };
}

/// What can be kept.
pub(crate) trait Fragment: Sized {
    /// Its kind.
    const KIND: Kind;
    /// As it is kept.
    fn into_any(self) -> Any;
    /// Back from there.
    fn from_any(any: Any) -> Option<Self>;
}

fragments! {
    Card(Card),
    Author(Shared<AuthorView>),
    Tag(Shared<TagView>),
    Summary(Shared<PostSummary>),
}

#[derive(Clone)]
struct Held {
    fragment: Any,
    version: u64,
    slots: Arc<[u16]>,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<(Kind, Id), Held> for ByBytes {
    fn weight(&self, _: &(Kind, Id), held: &Held) -> u64 {
        // A view's members weigh about what its JSON does.
        let own = match &held.fragment {
            Any::Card(card) => card.0.0.get().len() + size_of_val(card.keys()),
            Any::Author(view) => 2 * view.json_len(),
            Any::Tag(view) => 2 * view.json_len(),
            Any::Summary(view) => 2 * view.json_len(),
        };
        u64::try_from(own + held.slots.len() * 2).unwrap_or(u64::MAX).saturating_add(400)
    }
}

/// The kept fragments.
pub(crate) struct Fragments(Map<(Kind, Id), Held, ByBytes>);

impl Fragments {
    /// Fragments of at most so many bytes together.
    pub(crate) fn of_bytes(bytes: u64) -> Self {
        let expected = usize::try_from(bytes / 2_048).unwrap_or(usize::MAX).max(64);
        Self(Map::with_weighter(expected, bytes, ByBytes))
    }

    /// How many bytes they occupy.
    pub(crate) fn weight(&self) -> u64 {
        self.0.weight()
    }

    /// The fragment of an object, if it still held at `version`, which was taken before the read began that it is for.
    pub(crate) fn get<F: Fragment>(&self, versions: &VersionTable, version: u64, of: Id) -> Option<F> {
        let held = self.0.get(&(F::KIND, of))?;
        if versions.holds(held.version.min(version), &held.slots) { F::from_any(held.fragment) } else { None }
    }

    /// Keeps the fragment of an object that was read after `version` and depends on `keys`.
    pub(crate) fn keep<F: Fragment>(
        &self,
        versions: &VersionTable,
        version: u64,
        of: Id,
        fragment: F,
        keys: &[Key],
    ) {
        let held = Held { fragment: fragment.into_any(), version, slots: versions.slots(keys).into() };
        self.0.insert((F::KIND, of), held);
    }
}
