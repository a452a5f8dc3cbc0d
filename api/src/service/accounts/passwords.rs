//! Where passwords are hashed and checked: threads of their own, with a short queue before them.

use std::thread;
use std::time::Duration;

use crate::auth::password::{Cost, HashError, hash, verify, verify_dummy};
use crate::cpu::{Queue, Refused};
use crate::error::Error;

/// How many may wait for each thread: with the standard cost, half a second's work.
const QUEUE_PER_THREAD: usize = 32;

/// Longest wait for a thread.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Why the pool did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// Too many are waiting already.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// The work was lost: a defect.
    #[error("the password pool lost a job")]
    Lost,
    /// The password cannot be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
}

impl From<Refused> for PoolError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Busy => Self::Busy,
            Refused::Lost => Self::Lost,
        }
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Busy => Self::unavailable("the password pool is full"),
            other => Self::internal(other.to_string()),
        }
    }
}

/// A few threads of their own for hashing. However many try to log in, the rest of the server keeps its cores, and the memory that
/// hashing takes (19 MiB each) is bounded. Cheap to clone; the threads end with the last clone.
#[derive(Clone)]
pub struct PasswordPool {
    queue: Queue,
    cost: Cost,
}

impl PasswordPool {
    /// A pool for this machine: half of its cores, at least one.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(cost: Cost) -> std::io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = (cores / 2).max(1);
        Ok(Self { queue: Queue::start("password", threads, threads * QUEUE_PER_THREAD, || ())?, cost })
    }

    /// The cost of new hashes.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// [`hash`] on the pool.
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn hash(&self, password: String) -> Result<String, PoolError> {
        let cost = self.cost;
        Ok(self.queue.run(LONGEST_WAIT, move || hash(&password, cost)).await??)
    }

    /// [`verify`] on the pool, or [`verify_dummy`] where there is no such account and so no hash: the same time, and `false`.
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn verify(&self, password: String, phc: Option<String>) -> Result<bool, PoolError> {
        let cost = self.cost;
        let work = move || match phc {
            Some(phc) => verify(&password, &phc),
            None => verify_dummy(&password, cost),
        };
        Ok(self.queue.run(LONGEST_WAIT, work).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost::for_tests();

    #[actix_web::test]
    async fn the_pool_hashes_and_verifies() {
        let pool = PasswordPool::start(COST).unwrap();
        let phc = pool.hash("correct horse".into()).await.unwrap();
        assert_eq!(pool.verify("correct horse".into(), Some(phc.clone())).await, Ok(true));
        assert_eq!(pool.verify("wrong horse".into(), Some(phc)).await, Ok(false));
        assert_eq!(pool.verify("correct horse".into(), None).await, Ok(false));
        let long = pool.hash("x".repeat(10_000)).await;
        assert_eq!(long, Err(PoolError::Hash(HashError::TooLong)));
    }
}
