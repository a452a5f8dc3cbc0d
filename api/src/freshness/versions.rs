//! When what answers depend on last changed.
//!
//! A table of versions, found by a keyed hash of the name. Two names may share a slot: that costs an answer now and then,
//! and never makes one stale. A version is a number that rises with every write that touches something public.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use pressroom_schema::Key;

/// How many slots: half a mebibyte. A write touches some ten names and a page depends on some fifty, so that fewer than one
/// kept page in a hundred is dropped by chance.
const SLOTS: usize = 1 << 16;

/// The table.
pub(crate) struct VersionTable {
    table: Box<[AtomicU64]>,
    /// The newest version.
    version: AtomicU64,
    /// Nothing that was read before this version holds any more.
    floor: AtomicU64,
    /// How many writes have moved all their names.
    generation: AtomicU64,
    hasher: RandomState,
}

impl Default for VersionTable {
    fn default() -> Self {
        Self {
            table: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            version: AtomicU64::new(0),
            floor: AtomicU64::new(0),
            generation: AtomicU64::new(0),
            hasher: RandomState::new(),
        }
    }
}

impl VersionTable {
    /// The present version. Whoever reads takes it before the read's transaction begins: what is committed later has a later
    /// one.
    pub(crate) fn now(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    fn slot(&self, key: &Key) -> usize {
        let hash = self.hasher.hash_one(key);
        usize::try_from(hash % SLOTS as u64).unwrap_or_default()
    }

    /// Where these names stand, each once.
    pub(crate) fn slots<'a>(&self, keys: impl IntoIterator<Item = &'a Key>) -> Box<[u16]> {
        let mut slots: Vec<u16> =
            keys.into_iter().map(|key| u16::try_from(self.slot(key)).unwrap_or_default()).collect();
        slots.sort_unstable();
        slots.dedup();
        slots.into_boxed_slice()
    }

    /// Notes that these names were touched by a write that is committed. When this returns, nothing that was read before
    /// the commit and depends on them holds any more.
    pub(crate) fn raise<'a>(&self, keys: impl IntoIterator<Item = &'a Key>) {
        let mut version = 0;
        for key in keys {
            if version == 0 {
                version = self.version.fetch_add(1, Ordering::SeqCst) + 1;
            }
            if *key == Key::All {
                self.floor.fetch_max(version, Ordering::SeqCst);
            } else if let Some(slot) = self.table.get(self.slot(key)) {
                slot.fetch_max(version, Ordering::SeqCst);
            }
        }
        if version != 0 {
            // Only now: whoever counts this write sees all that it moved.
            self.generation.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// How many writes there were: what holds now holds for as long as this stays as it is. It is taken before it is looked whether
    /// something holds.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Whether what was read at `version` and depends on `slots` is still as it was.
    pub(crate) fn holds(&self, version: u64, slots: &[u16]) -> bool {
        self.floor.load(Ordering::Acquire) <= version
            && slots.iter().all(|slot| {
                self.table
                    .get(usize::from(*slot))
                    .is_none_or(|newest| newest.load(Ordering::Acquire) <= version)
            })
    }
}

#[cfg(test)]
mod tests {
    use pressroom_schema::Id;

    use super::*;

    fn post(n: u128) -> Key {
        Key::Post(Id(uuid::Uuid::from_u128(n)))
    }

    #[test]
    fn what_was_read_before_a_write_holds_unless_the_write_touched_it() {
        let versions = VersionTable::default();
        let (read, slots) = (versions.now(), versions.slots(&[post(1), Key::Site]));
        assert!(versions.holds(read, &slots));
        let other = (2..1_000).map(post).find(|key| !slots.contains(&versions.slots([key])[0])).unwrap();
        versions.raise([&other]);
        assert!(versions.holds(read, &slots));
        versions.raise([&post(1)]);
        assert!(!versions.holds(read, &slots));
        assert!(versions.holds(versions.now(), &slots));
    }

    #[test]
    fn a_reader_that_began_before_a_write_and_ended_after_it_does_not_hold() {
        let versions = VersionTable::default();
        let began = versions.now();
        versions.raise([&Key::Listed]);
        assert!(!versions.holds(began, &versions.slots([&Key::Listed])));
    }

    #[test]
    fn a_write_that_touches_everything_drops_what_depends_on_nothing_else() {
        let versions = VersionTable::default();
        let read = versions.now();
        versions.raise([&Key::All]);
        assert!(!versions.holds(read, &[]));
        assert!(versions.holds(versions.now(), &[]));
    }

    #[test]
    fn a_write_that_touches_nothing_public_is_no_moment() {
        let versions = VersionTable::default();
        versions.raise([]);
        assert_eq!(versions.now(), 0);
    }
}
