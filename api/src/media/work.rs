//! Where pictures are decoded and scaled: on threads of their own, and not many at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::MediaError;

/// Uploads whose bytes may be in memory at the same time.
const UPLOADS: usize = 16;

/// Bounds how much is done with images at once. A clone shares the bounds.
#[derive(Debug, Clone)]
pub struct ImageWork {
    decoders: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
}

impl Default for ImageWork {
    /// Half the cores decode, at most four: answers to readers come first, and one large picture takes some 200 MiB.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::new((cores / 2).clamp(1, 4))
    }
}

impl ImageWork {
    /// With `decoders` pictures at a time.
    #[must_use]
    pub fn new(decoders: usize) -> Self {
        Self {
            decoders: Arc::new(Semaphore::new(decoders.max(1))),
            uploads: Arc::new(Semaphore::new(UPLOADS)),
        }
    }

    /// Runs `f` on a thread for blocking work when its turn comes. The turn ends with `f`, even if nobody waits for
    /// it any more.
    ///
    /// # Errors
    /// What `f` answers; [`MediaError::Corrupt`] where it panicked.
    pub async fn run<T, F>(&self, f: F) -> Result<T, MediaError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, MediaError> + Send + 'static,
    {
        // The semaphore is never closed; if it were, the work would go on without its bound.
        let turn = Arc::clone(&self.decoders).acquire_owned().await.ok();
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            f()
        });
        work.await.unwrap_or_else(|_| Err(MediaError::corrupt("its decoder gave up")))
    }

    /// Room for one more upload, held for as long as its bytes are in memory; `None` while all is taken.
    #[must_use]
    pub fn upload_slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.uploads).try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[actix_web::test]
    async fn no_more_run_at_once_than_are_allowed() {
        let work = ImageWork::new(2);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs = (0..12).map(|_| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            work.run(move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::yield_now();
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            })
        });
        for done in futures_util::future::join_all(jobs).await {
            done.unwrap();
        }
        assert!(most.load(Ordering::SeqCst) <= 2);
    }

    #[actix_web::test]
    async fn a_panic_is_an_error_and_gives_its_turn_back() {
        let work = ImageWork::new(1);
        for _ in 0..2 {
            let failed = work.run(|| -> Result<(), MediaError> { panic!("a decoder's bug") }).await;
            assert!(matches!(failed, Err(MediaError::Corrupt { .. })));
        }
        assert_eq!(work.run(|| Ok(7)).await, Ok(7));
    }

    #[test]
    fn slots_for_uploads_run_out_and_come_back() {
        let work = ImageWork::new(1);
        let slots: Vec<_> = std::iter::from_fn(|| work.upload_slot()).collect();
        assert_eq!(slots.len(), UPLOADS);
        drop(slots);
        assert!(work.upload_slot().is_some());
    }
}
