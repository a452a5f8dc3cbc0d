//! The one source of the time and of new ids, so that tests can set both.

use std::sync::atomic::{AtomicI64, Ordering};

use pressroom_schema::{Id, Timestamp};
use uuid::{NoContext, Uuid};

/// Where the time comes from.
#[derive(Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until it is told otherwise: microseconds since the Unix epoch.
    Fixed(AtomicI64),
}

impl Clock {
    /// A clock that stands at `at`.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self::Fixed(AtomicI64::new(at.micros()))
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
            Self::System => Timestamp::new(chrono::Utc::now()),
            Self::Fixed(micros) => Timestamp::from_micros(micros.load(Ordering::SeqCst))
                .unwrap_or_else(|| Timestamp::new(chrono::DateTime::UNIX_EPOCH)),
        }
    }

    /// A new UUIDv7 (RFC 9562), which sorts by the time of its making; ids made in one millisecond rise too.
    #[must_use]
    pub fn new_id(&self) -> Id {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
            Self::System => Id(Uuid::now_v7()),
            Self::Fixed(_) => {
                let now = self.now().utc();
                let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
                Id(Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos())))
            }
        }
    }

    /// Moves a fixed clock; the machine's clock is left alone.
    pub fn advance(&self, by: chrono::TimeDelta) {
        if let Self::Fixed(micros) = self {
            micros.fetch_add(by.num_microseconds().unwrap_or_default(), Ordering::SeqCst);
        }
    }
}
