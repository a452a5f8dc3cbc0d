//! Answers to the public, kept as the bytes that go on the wire.
//!
//! An answer is kept with the names of what it depends on and the moment before it was read. A write moves its names after
//! its commit and before its own answer leaves, so that whoever asks after a write was acknowledged never gets what was
//! read before it; see [`slots`]. Only whole answers of status 200 to callers who did not sign in are kept, and of GraphQL
//! only queries without errors. Nothing in them depends on time passing: scheduled posts go out through a write.
//!
//! Other instances on the same database are heard through its log of changes; see [`follow`].

mod entry;
pub(crate) mod follow;
mod fragments;
pub(crate) mod front;
mod key;
pub(crate) mod middleware;
pub(crate) mod slots;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use pressroom_schema::changes::{self, Change};
use pressroom_schema::{Backend, Db, Id, Key, Timestamp};
use prometheus::core::Collector;
use prometheus::{IntCounter, IntGauge};
use quick_cache::Weighter;
use quick_cache::sync::{Cache as Map, PlaceholderGuard};

use crate::auth::viewer::Viewer;
use crate::service::Service;

use entry::Entry;
use follow::Follower;
pub use fragments::Card;
pub(crate) use fragments::Fragment;
use fragments::Fragments;
pub(crate) use fragments::reading;
use key::{AnswerKey, Asking};
use slots::Slots;

/// How old what a request reads can be said to be.
///
/// A page shows much that has no date of its own: bylines, counts, neighbours. What has one is the publication: the
/// moment of its last write. An HTTP date has no parts of a second, and on PostgreSQL other instances are heard a little late,
/// so that another write could hide behind a fresh date: for a while it is set back, and no 304 is given for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsOf {
    /// `Last-Modified`.
    pub(crate) modified: Timestamp,
    /// Whether whoever has an answer with a date from then on has this one.
    pub(crate) exact: bool,
}

/// How long after a write its date is not relied on, where one instance writes all.
const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone)]
struct ByBytes;

impl Weighter<AnswerKey, Arc<Entry>> for ByBytes {
    fn weight(&self, key: &AnswerKey, entry: &Arc<Entry>) -> u64 {
        entry.weight().saturating_add(u64::try_from(key.len()).unwrap_or(u64::MAX))
    }
}

type Kept = Map<AnswerKey, Arc<Entry>, ByBytes>;
type Guard<'a> = PlaceholderGuard<
    'a,
    AnswerKey,
    Arc<Entry>,
    ByBytes,
    quick_cache::DefaultHashBuilder,
    quick_cache::sync::DefaultLifecycle<AnswerKey, Arc<Entry>>,
>;

/// What the cache counts, for `/metrics`.
pub(crate) struct Counters {
    /// Answers from the cache.
    pub(crate) hits: IntCounter,
    /// Answers to cacheable requests that had to be computed.
    pub(crate) computed: IntCounter,
    /// Kept answers that a write dropped, and that were computed anew with other bytes.
    pub(crate) needed: IntCounter,
    /// Kept answers that a write dropped though they came out as they were.
    pub(crate) unneeded: IntCounter,
    /// Bytes kept.
    pub(crate) bytes: IntGauge,
    /// Answers kept.
    pub(crate) entries: IntGauge,
}

impl Counters {
    /// All of them, to be shown.
    pub(crate) fn collectors(&self) -> Vec<Box<dyn Collector>> {
        let counters = [&self.hits, &self.computed, &self.needed, &self.unneeded];
        let gauges = [&self.bytes, &self.entries];
        let counters = counters.into_iter().map(|counter| Box::new(counter.clone()) as Box<dyn Collector>);
        counters
            .chain(gauges.into_iter().map(|gauge| Box::new(gauge.clone()) as Box<dyn Collector>))
            .collect()
    }

    fn new() -> Result<Self, prometheus::Error> {
        Ok(Self {
            hits: IntCounter::new("pressroom_cache_hits_total", "Answers given from the cache.")?,
            computed: IntCounter::new(
                "pressroom_cache_computed_total",
                "Answers to cacheable requests that were computed.",
            )?,
            needed: IntCounter::new(
                "pressroom_cache_dropped_changed_total",
                "Kept answers that a write dropped and that came out with other bytes.",
            )?,
            unneeded: IntCounter::new(
                "pressroom_cache_dropped_unchanged_total",
                "Kept answers that a write dropped though they came out as they were.",
            )?,
            bytes: IntGauge::new("pressroom_cache_bytes", "Bytes that the cache holds.")?,
            entries: IntGauge::new("pressroom_cache_entries", "Answers that the cache holds.")?,
        })
    }
}

/// The cache of answers.
pub struct Cache {
    pub(crate) slots: Arc<Slots>,
    kept: Option<Kept>,
    fragments: Option<Fragments>,
    follower: Arc<Follower>,
    /// The last moment that a request saw, and when it was first seen.
    last: Mutex<Option<(u64, Timestamp)>>,
    /// How long after a write its date is not relied on.
    leeway: TimeDelta,
    pub(crate) counters: Counters,
}

impl Cache {
    /// A cache of at most so many bytes, off where that is 0, which hears of the database's writes.
    pub(crate) fn open(bytes: u64, db: &Db) -> crate::error::Result<Self> {
        let slots = Arc::new(Slots::default());
        let follower = Arc::new(Follower::default());
        let heard = (Arc::clone(&slots), Arc::clone(&follower));
        db.on_commit(move |changes: &[Change]| {
            heard.0.raise(changes.iter().flat_map(|change| &change.keys));
            heard.1.wrote(changes);
        });
        let expected = usize::try_from(bytes / 16_384).unwrap_or(usize::MAX).max(64);
        Ok(Self {
            slots,
            // A quarter is for fragments.
            kept: (bytes > 0).then(|| Map::with_weighter(expected, bytes - bytes / 4, ByBytes)),
            fragments: (bytes > 0).then(|| Fragments::of_bytes(bytes / 4)),
            follower,
            last: Mutex::default(),
            leeway: TimeDelta::from_std(match db.backend() {
                Backend::Sqlite => SECOND,
                Backend::Postgres => SECOND + follow::BOUND,
            })
            .unwrap_or_default(),
            counters: Counters::new().map_err(|e| crate::error::Error::internal(e.to_string()))?,
        })
    }

    /// Begins to hear of what others write; until then nothing is kept.
    pub(crate) async fn follow(&self, svc: &Service) -> crate::error::Result<()> {
        let moment = self.slots.now();
        if let Some(at) = svc.read(&Viewer::system(), |conn| Ok(changes::newest_at(conn)?)).await? {
            // The log has when writes began. A start thus moves the date once for all who had what was before it.
            let ended = at.plus(self.leeway).plus(self.leeway);
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((moment, ended));
        }
        Ok(self.follower.start(&svc.db, &self.slots)?)
    }

    /// What a request that begins `now` may say of the age of what it will read.
    pub(crate) fn as_of(&self, now: Timestamp) -> AsOf {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = self.slots.now();
        let at = match *last {
            Some((seen, at)) if seen == moment => at,
            _ => {
                *last = Some((moment, now));
                now
            }
        };
        if self.follower.is_in_touch() && at.plus(self.leeway) <= now {
            AsOf { modified: at, exact: true }
        } else {
            AsOf { modified: at.min(now).plus(-self.leeway), exact: false }
        }
    }

    /// Whether answers are kept and given from here at present.
    fn is_open(&self) -> bool {
        self.kept.is_some() && self.follower.is_in_touch()
    }

    /// The kept answer, if it still holds.
    fn peek(&self, asking: &Asking<'_>) -> Option<Arc<Entry>> {
        self.kept.as_ref()?.get(asking).filter(|entry| self.holds(entry))
    }

    /// Whether a kept answer is still as it was. Between two writes each answer's names are looked up once.
    fn holds(&self, entry: &Entry) -> bool {
        let settled = self.slots.settled();
        if entry.held_at.load(Ordering::Acquire) == settled {
            return true;
        }
        let holds = self.slots.holds(entry.moment, &entry.places);
        if holds {
            entry.held_at.store(settled, Ordering::Release);
        }
        holds
    }

    /// Takes this answer out, unless another has its place already.
    fn forget(&self, key: &AnswerKey, entry: &Arc<Entry>) {
        if let Some(kept) = &self.kept {
            kept.remove_if(key, |now| Arc::ptr_eq(now, entry));
        }
    }

    /// The moment with which a read of the primary that begins now may use and keep fragments; none where nothing is kept at
    /// present. See [`reading`].
    pub(crate) fn moment_for_fragments(&self) -> Option<u64> {
        self.is_open().then(|| self.slots.now())
    }

    /// Whether the read on this thread may use and keep fragments.
    pub(crate) fn keeps_fragments(&self) -> bool {
        self.fragments.is_some() && fragments::moment().is_some()
    }

    /// The kept fragment of an object, if it holds for the read on this thread.
    pub(crate) fn fragment<F: Fragment>(&self, of: Id) -> Option<F> {
        self.fragments.as_ref()?.get(&self.slots, fragments::moment()?, of)
    }

    /// Keeps the fragment of an object that the read on this thread has made and that depends on `keys`.
    pub(crate) fn keep<F: Fragment>(&self, of: Id, fragment: F, keys: &[Key]) {
        if let (Some(fragments), Some(moment)) = (&self.fragments, fragments::moment()) {
            fragments.keep(&self.slots, moment, of, fragment, keys);
        }
    }

    /// Counts whether dropping `old` was needed.
    fn compare(&self, old: Option<&Arc<Entry>>, new: &Entry) {
        if let Some(old) = old {
            if old.body == new.body { &self.counters.unneeded } else { &self.counters.needed }.inc();
        }
    }

    /// Brings the gauges up to date.
    pub(crate) fn measure(&self) {
        if let Some(kept) = &self.kept {
            let fragments = self.fragments.as_ref().map_or(0, Fragments::weight);
            self.counters.bytes.set(i64::try_from(kept.weight() + fragments).unwrap_or(i64::MAX));
            self.counters.entries.set(i64::try_from(kept.len()).unwrap_or(i64::MAX));
        }
    }
}
