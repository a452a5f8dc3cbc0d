//! When what answers depend on last changed.
//!
//! A table of moments, found by a keyed hash of the name. Two names may share a slot: that costs an answer now and then,
//! and never makes one stale. A moment is a number that rises with every write that touches something public.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use pressroom_schema::Key;

/// How many slots: half a mebibyte. A write touches some ten names and a page depends on some fifty, so that fewer than one
/// kept page in a hundred is dropped by chance.
const SLOTS: usize = 1 << 16;

/// The table.
pub(crate) struct Slots {
    table: Box<[AtomicU64]>,
    /// The newest moment.
    moment: AtomicU64,
    /// Nothing that was read before this moment holds any more.
    floor: AtomicU64,
    /// How many writes have moved all their names.
    settled: AtomicU64,
    hasher: RandomState,
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            table: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            moment: AtomicU64::new(0),
            floor: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            hasher: RandomState::new(),
        }
    }
}

impl Slots {
    /// The present moment. Whoever reads takes it before the read's transaction begins: what is committed later has a later
    /// one.
    pub(crate) fn now(&self) -> u64 {
        self.moment.load(Ordering::SeqCst)
    }

    fn slot(&self, key: &Key) -> usize {
        let hash = self.hasher.hash_one(key);
        usize::try_from(hash % SLOTS as u64).unwrap_or_default()
    }

    /// Where these names stand, each once.
    pub(crate) fn places<'a>(&self, keys: impl IntoIterator<Item = &'a Key>) -> Box<[u16]> {
        let mut places: Vec<u16> =
            keys.into_iter().map(|key| u16::try_from(self.slot(key)).unwrap_or_default()).collect();
        places.sort_unstable();
        places.dedup();
        places.into_boxed_slice()
    }

    /// Notes that these names were touched by a write that is committed. When this returns, nothing that was read before
    /// the commit and depends on them holds any more.
    pub(crate) fn raise<'a>(&self, keys: impl IntoIterator<Item = &'a Key>) {
        let mut moment = 0;
        for key in keys {
            if moment == 0 {
                moment = self.moment.fetch_add(1, Ordering::SeqCst) + 1;
            }
            if *key == Key::All {
                self.floor.fetch_max(moment, Ordering::SeqCst);
            } else if let Some(slot) = self.table.get(self.slot(key)) {
                slot.fetch_max(moment, Ordering::SeqCst);
            }
        }
        if moment != 0 {
            // Only now: whoever counts this write sees all that it moved.
            self.settled.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// How many writes there were: what holds now holds for as long as this stays as it is. It is taken before it is looked whether
    /// something holds.
    pub(crate) fn settled(&self) -> u64 {
        self.settled.load(Ordering::SeqCst)
    }

    /// Whether what was read at `moment` and depends on `places` is still as it was.
    pub(crate) fn holds(&self, moment: u64, places: &[u16]) -> bool {
        self.floor.load(Ordering::Acquire) <= moment
            && places.iter().all(|place| {
                self.table.get(usize::from(*place)).is_none_or(|slot| slot.load(Ordering::Acquire) <= moment)
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
        let slots = Slots::default();
        let (read, places) = (slots.now(), slots.places(&[post(1), Key::Site]));
        assert!(slots.holds(read, &places));
        let other = (2..1_000).map(post).find(|key| !places.contains(&slots.places([key])[0])).unwrap();
        slots.raise([&other]);
        assert!(slots.holds(read, &places));
        slots.raise([&post(1)]);
        assert!(!slots.holds(read, &places));
        assert!(slots.holds(slots.now(), &places));
    }

    #[test]
    fn a_reader_that_began_before_a_write_and_ended_after_it_does_not_hold() {
        let slots = Slots::default();
        let began = slots.now();
        slots.raise([&Key::Listed]);
        assert!(!slots.holds(began, &slots.places([&Key::Listed])));
    }

    #[test]
    fn a_write_that_touches_everything_drops_what_depends_on_nothing_else() {
        let slots = Slots::default();
        let read = slots.now();
        slots.raise([&Key::All]);
        assert!(!slots.holds(read, &[]));
        assert!(slots.holds(slots.now(), &[]));
    }

    #[test]
    fn a_write_that_touches_nothing_public_is_no_moment() {
        let slots = Slots::default();
        slots.raise([]);
        assert_eq!(slots.now(), 0);
    }
}
