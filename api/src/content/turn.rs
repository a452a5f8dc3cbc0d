//! How long a piece of work may use a processor, and the right to do it at all.

use std::marker::PhantomData;
use std::time::Duration;

/// The longest that one piece of work may use its processor.
const LIMIT: Duration = if cfg!(debug_assertions) { Duration::from_secs(20) } else { Duration::from_secs(1) };

/// The work lasted longer than its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late;

/// The right to use a processor for a while, on a thread that is made for it.
#[derive(Debug)]
pub struct Turn {
    begun: Duration,
    limit: Duration,
    /// It stays on its thread, so that no transaction can take it along.
    stays: PhantomData<*const ()>,
}

impl Turn {
    /// A turn on this thread, of the usual length. For pools, and for what serves nobody: tests, measurements, the demo.
    #[must_use]
    pub fn here() -> Self {
        Self::of(LIMIT)
    }

    /// A turn on this thread.
    #[must_use]
    pub fn of(limit: Duration) -> Self {
        Self { begun: used(), limit, stays: PhantomData }
    }

    /// Refuses once the turn is over. Time counts only while the thread runs, so that a busy machine does not refuse more.
    ///
    /// # Errors
    /// [`Late`].
    pub fn check(&self) -> std::result::Result<(), Late> {
        if used().saturating_sub(self.begun) > self.limit { Err(Late) } else { Ok(()) }
    }

    /// How long the turn is.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// What is left of it.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.limit.saturating_sub(used().saturating_sub(self.begun))
    }
}

/// How long this thread has used a processor.
fn used() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_ends() {
        let turn = Turn::of(Duration::from_millis(5));
        assert_eq!(turn.check(), Ok(()));
        let mut n = 0_u64;
        while turn.check().is_ok() {
            n = n.wrapping_add(1);
        }
        assert_eq!(turn.left(), Duration::ZERO);
        assert_eq!(Turn::here().check(), Ok(()));
    }
}
