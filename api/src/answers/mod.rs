//! Answers to the public, kept as the bytes that go on the wire.
//!
//! Only whole answers of status 200 to callers who did not sign in are kept, and of GraphQL only queries without errors. For how
//! long they hold, [`crate::freshness`] knows.

mod entry;
mod key;
mod layer;
mod short_circuit;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::web::Data;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntGauge};
use quick_cache::Weighter;
use quick_cache::sync::{Cache as Map, PlaceholderGuard};

use crate::error::{Error, Result};
use crate::freshness::{self, Tracker};
use crate::http::edge::Edge;

use entry::Entry;
use key::{AnswerKey, Asking};
pub(crate) use layer::Layer;
pub(crate) use short_circuit::ShortCircuit;

#[derive(Clone)]
struct ByBytes;

impl Weighter<AnswerKey, Arc<Entry>> for ByBytes {
    fn weight(&self, key: &AnswerKey, entry: &Arc<Entry>) -> u64 {
        entry.weight().saturating_add(u64::try_from(key.len()).unwrap_or(u64::MAX))
    }
}

type AnswerMap = Map<AnswerKey, Arc<Entry>, ByBytes>;
type Guard<'a> = PlaceholderGuard<
    'a,
    AnswerKey,
    Arc<Entry>,
    ByBytes,
    quick_cache::DefaultHashBuilder,
    quick_cache::sync::DefaultLifecycle<AnswerKey, Arc<Entry>>,
>;

/// What the cache counts, for `/metrics`.
struct Counters {
    /// Answers from the cache.
    hits: IntCounter,
    /// Answers to cacheable requests that had to be computed.
    computed: IntCounter,
    /// Kept answers that a write dropped, and that were computed anew with other bytes.
    needed: IntCounter,
    /// Kept answers that a write dropped though they came out as they were.
    unneeded: IntCounter,
}

impl Counters {
    fn new() -> std::result::Result<Self, prometheus::Error> {
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
        })
    }

    fn all(&self) -> [&IntCounter; 4] {
        [&self.hits, &self.computed, &self.needed, &self.unneeded]
    }
}

/// What is kept at present, counted when somebody looks.
struct Gauges {
    kept: Arc<AnswerMap>,
    freshness: Arc<Tracker>,
    bytes: IntGauge,
    entries: IntGauge,
}

impl Collector for Gauges {
    fn desc(&self) -> Vec<&Desc> {
        [self.bytes.desc(), self.entries.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let bytes = self.kept.weight() + self.freshness.weight();
        self.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.entries.set(i64::try_from(self.kept.len()).unwrap_or(i64::MAX));
        [self.bytes.collect(), self.entries.collect()].concat()
    }
}

/// The kept answers, with the edge that gives them.
pub(crate) struct Answers {
    edge: Data<Edge>,
    kept: Option<Arc<AnswerMap>>,
    counters: Counters,
}

impl Answers {
    /// None yet, and at most as many as the settings have room for; counted among the edge's metrics.
    ///
    /// # Errors
    /// When two counters have one name, which is a defect.
    pub(crate) fn open(edge: Data<Edge>) -> Result<Arc<Self>> {
        Self::counted(edge).map_err(|e| Error::internal(e.to_string()))
    }

    fn counted(edge: Data<Edge>) -> std::result::Result<Arc<Self>, prometheus::Error> {
        let bytes = edge.svc.config.cache_bytes;
        let expected = usize::try_from(bytes / 16_384).unwrap_or(usize::MAX).max(64);
        let room = bytes - freshness::share_of_parts(bytes);
        let kept = (bytes > 0).then(|| Arc::new(Map::with_weighter(expected, room, ByBytes)));
        let counters = Counters::new()?;
        for counter in counters.all() {
            edge.metrics.add(counter.clone())?;
        }
        let (bytes, entries) = (
            IntGauge::new("pressroom_cache_bytes", "Bytes that the cache holds.")?,
            IntGauge::new("pressroom_cache_entries", "Answers that the cache holds.")?,
        );
        if let Some(kept) = &kept {
            let (kept, freshness) = (Arc::clone(kept), Arc::clone(&edge.svc.freshness));
            edge.metrics.add(Gauges { kept, freshness, bytes, entries })?;
        } else {
            edge.metrics.add(bytes)?;
            edge.metrics.add(entries)?;
        }
        Ok(Arc::new(Self { edge, kept, counters }))
    }

    fn freshness(&self) -> &Tracker {
        &self.edge.svc.freshness
    }

    /// Whether answers are kept and given from here at present.
    fn is_open(&self) -> bool {
        self.kept.is_some() && self.freshness().is_known()
    }

    /// The kept answer, if it still holds.
    fn peek(&self, asking: &Asking<'_>) -> Option<Arc<Entry>> {
        self.kept.as_ref()?.get(asking).filter(|entry| self.holds(entry))
    }

    /// Whether a kept answer is still as it was. Between two writes each answer's names are looked up once.
    fn holds(&self, entry: &Entry) -> bool {
        let generation = self.freshness().versions.generation();
        if entry.held_at.load(Ordering::Acquire) == generation {
            return true;
        }
        let holds = self.freshness().versions.holds(entry.version, &entry.slots);
        if holds {
            entry.held_at.store(generation, Ordering::Release);
        }
        holds
    }

    /// Takes this answer out, unless another has its place already.
    fn forget(&self, key: &AnswerKey, entry: &Arc<Entry>) {
        if let Some(kept) = &self.kept {
            kept.remove_if(key, |now| Arc::ptr_eq(now, entry));
        }
    }

    /// Counts whether dropping `old` was needed.
    fn compare(&self, old: Option<&Arc<Entry>>, new: &Entry) {
        if let Some(old) = old {
            if old.body == new.body { &self.counters.unneeded } else { &self.counters.needed }.inc();
        }
    }
}
