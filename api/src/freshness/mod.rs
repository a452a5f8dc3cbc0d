//! What was read holds since when, and whether it still does: by the names of what it depends on.
//!
//! Whatever is kept is kept with these names and the version before it was read. A write moves its names after its commit and
//! before its own answer leaves, so that whoever asks after a write was acknowledged never gets what was read before it; see
//! [`versions`]. Nothing that is kept depends on time passing: scheduled posts go out through a write.
//!
//! Other instances on the same database are heard through its log of changes; see [`follow`].

mod follow;
mod parts;
mod reader;
mod versions;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use pressroom_schema::changes::{self, Change};
use pressroom_schema::db::Freshness;
use pressroom_schema::{Backend, Db, Id, Timestamp};

use follow::Follower;
pub use parts::ListItem;
use parts::PartStore;
pub(crate) use parts::{Keepable, Part};
pub use reader::{Read, Reader};
pub(crate) use versions::VersionTable;

use crate::error::{Error, Result};

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

/// Of the bytes that may be kept, how many are for parts: a quarter.
pub(crate) fn share_of_parts(bytes: u64) -> u64 {
    bytes / 4
}

/// Knows of every write, this instance's and others', and keeps the parts of answers that they have not touched.
pub struct Tracker {
    pub(crate) versions: Arc<VersionTable>,
    parts: Option<PartStore>,
    follower: Arc<Follower>,
    /// The last version that a request saw, and when it was first seen.
    last: Mutex<Option<(u64, Timestamp)>>,
    /// How long after a write its date is not relied on.
    leeway: TimeDelta,
}

impl Tracker {
    /// One that hears of the database's writes. Of `bytes`, which are for all that is kept, parts get their share.
    pub(crate) fn open(bytes: u64, db: &Db) -> Self {
        let versions = Arc::new(VersionTable::default());
        let follower = Arc::new(Follower::default());
        let heard = (Arc::clone(&versions), Arc::clone(&follower));
        db.on_commit(move |changes: &[Change]| {
            heard.0.raise(changes.iter().flat_map(|change| &change.keys));
            heard.1.wrote(changes);
        });
        Self {
            versions,
            parts: (bytes > 0).then(|| PartStore::of_bytes(share_of_parts(bytes))),
            follower,
            last: Mutex::default(),
            leeway: TimeDelta::from_std(match db.backend() {
                Backend::Sqlite => SECOND,
                Backend::Postgres => SECOND + follow::BOUND,
            })
            .unwrap_or_default(),
        }
    }

    /// Begins to hear of what others write; until then nothing is kept. `tell` is told of what kinds of objects every write was, this
    /// instance's own too; of none where something may have been missed.
    pub(crate) async fn follow(
        &self,
        db: &Db,
        tell: impl Fn(Option<&[&str]>) + Send + 'static,
    ) -> Result<()> {
        let version = self.versions.now();
        let newest = db.read(Freshness::Primary, |conn| Ok::<_, Error>(changes::newest_at(conn)?)).await?;
        if let Some(at) = newest {
            // The log has when writes began. A start thus moves the date once for all who had what was before it.
            let ended = at.plus(self.leeway).plus(self.leeway);
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, ended));
        }
        Ok(self.follower.start(db, &self.versions, tell)?)
    }

    /// Whether every write up to a moment ago is known: else nothing that is kept may be given.
    pub(crate) fn is_known(&self) -> bool {
        self.follower.is_in_touch()
    }

    /// What a request that begins `now` may say of the age of what it will read.
    pub(crate) fn as_of(&self, now: Timestamp) -> AsOf {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let version = self.versions.now();
        let at = match *last {
            Some((seen, at)) if seen == version => at,
            _ => {
                *last = Some((version, now));
                now
            }
        };
        if self.follower.is_in_touch() && at.plus(self.leeway) <= now {
            AsOf { modified: at, exact: true }
        } else {
            AsOf { modified: at.min(now).plus(-self.leeway), exact: false }
        }
    }

    /// The version with which a read of the primary that begins now may use and keep parts; none where nothing is kept at
    /// present. See [`Reader`].
    pub(crate) fn version_for_parts(&self) -> Option<u64> {
        (self.parts.is_some() && self.is_known()).then(|| self.versions.now())
    }

    /// The kept part that shows an object, if it holds for `reader`.
    pub(crate) fn part<F: Keepable>(&self, reader: &Reader<'_>, of: Id) -> Option<Part<F>> {
        self.parts.as_ref()?.get(&self.versions, reader.version()?, of)
    }

    /// Keeps the part that shows an object, where `reader`, who has made it, may.
    pub(crate) fn keep<F: Keepable>(&self, reader: &Reader<'_>, of: Id, part: Part<F>) {
        if let (Some(parts), Some(version)) = (&self.parts, reader.version()) {
            parts.keep(&self.versions, version, of, part);
        }
    }

    /// How many bytes the kept parts occupy.
    pub(crate) fn weight(&self) -> u64 {
        self.parts.as_ref().map_or(0, PartStore::weight)
    }
}
