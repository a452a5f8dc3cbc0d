//! Other instances' writes, heard through the database's log of changes.
//!
//! On PostgreSQL every write announces itself with `NOTIFY` in its own transaction. Each instance holds a connection that
//! listens; on an announcement, and every second without one, it reads the log from where it was and drops what the writes
//! touched. So another instance is exact within some 50 milliseconds as a rule, and within [`BOUND`] at the worst: an
//! instance that has not read the log for that long gives nothing from its cache until it has caught up. After a
//! connection was lost the log tells what happened meanwhile.
//!
//! SQLite's file is written by one server; the log is read every second all the same, for what a command does beside it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pressroom_schema::Key;
use pressroom_schema::changes::{Change, ChangeRow};
use pressroom_schema::db::{Db, Heard};

use super::versions::VersionTable;

/// How long after another instance's write was acknowledged this one may give what was before it, at most.
pub(crate) const BOUND: Duration = Duration::from_secs(3);

/// How far the log was read, and when.
pub(crate) struct Follower {
    began: Instant,
    /// Milliseconds after `began` when the log was last known to be read to its end, plus one; 0 before that.
    read_at: AtomicU64,
    /// The number of the last line that was read.
    last: AtomicI64,
    /// Lines of this instance's own writes that were not read yet: what they touched is dropped already.
    own: Mutex<BTreeSet<i64>>,
}

impl Default for Follower {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            read_at: AtomicU64::new(0),
            last: AtomicI64::new(0),
            own: Mutex::default(),
        }
    }
}

impl Follower {
    /// Whether other instances' writes are known up to a moment ago.
    pub(crate) fn is_in_touch(&self) -> bool {
        let read_at = self.read_at.load(Ordering::Acquire);
        let bound = u64::try_from(BOUND.as_millis()).unwrap_or(u64::MAX);
        read_at > 0 && self.millis().saturating_sub(read_at) < bound
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Notes lines that this instance wrote.
    pub(crate) fn wrote(&self, changes: &[Change]) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let last = self.last.load(Ordering::Acquire);
        own.extend(changes.iter().map(|change| change.seq).filter(|seq| *seq > last));
    }

    /// Starts to follow the log of `db`. What it tells is dropped in `versions`, and the kinds of its objects are handed to `tell`.
    pub(crate) fn start(
        self: &Arc<Self>,
        db: &Db,
        versions: &Arc<VersionTable>,
        tell: impl Fn(Option<&[&str]>) + Send + 'static,
    ) -> pressroom_schema::Result<()> {
        let (follower, versions) = (Arc::clone(self), Arc::clone(versions));
        db.follow(move |heard| match heard {
            Heard::Changes(rows) => {
                follower.heard(rows, &versions);
                tell(Some(&rows.iter().map(|row| row.object_type.as_str()).collect::<Vec<_>>()));
            }
            Heard::UpTo { seq, asked } => {
                follower.forget(seq);
                let since = asked.saturating_duration_since(follower.began);
                let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
                follower.read_at.store(millis.saturating_add(1), Ordering::Release);
            }
            Heard::Gap => {
                versions.raise([&Key::All]);
                tell(None);
            }
        })
    }

    fn heard(&self, rows: &[ChangeRow], versions: &VersionTable) {
        let mut keys = Vec::new();
        {
            let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            for row in rows.iter().filter(|row| !own.contains(&row.seq)) {
                for name in row.keys.to::<Vec<String>>().unwrap_or_else(|_| vec![String::new()]) {
                    // A newer version may know names that this one does not: then anything may have changed.
                    keys.push(name.parse().unwrap_or(Key::All));
                }
            }
        }
        versions.raise(&keys);
    }

    fn forget(&self, seq: i64) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        self.last.store(seq, Ordering::Release);
        *own = own.split_off(&seq.saturating_add(1));
    }
}
