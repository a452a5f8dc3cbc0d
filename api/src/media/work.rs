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
    /// A permit for each KiB.
    memory: Arc<Semaphore>,
    all: u32,
    uploads: Arc<Semaphore>,
}

impl ImageWork {
    /// In `bytes` of memory. Half the cores decode, at most four: answers to readers come first.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with((cores / 2).clamp(1, 4), bytes)
    }

    fn with(decoders: usize, bytes: u64) -> Self {
        let all = kib(bytes).max(1);
        Self {
            decoders: Arc::new(Semaphore::new(decoders.max(1))),
            memory: Arc::new(Semaphore::new(usize::try_from(all).unwrap_or(usize::MAX))),
            all,
            uploads: Arc::new(Semaphore::new(UPLOADS)),
        }
    }

    /// Runs `f`, which takes `bytes` of memory, on a thread for blocking work when its turn comes: when there is so much, or nothing
    /// else is done where it is more than there is at all. The turn ends with `f`, even if nobody waits for
    /// it any more.
    ///
    /// # Errors
    /// What `f` answers; [`MediaError::Corrupt`] where it panicked.
    pub async fn run<T, F>(&self, bytes: u64, f: F) -> Result<T, MediaError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, MediaError> + Send + 'static,
    {
        // The semaphore is never closed; if it were, the work would go on without its bound.
        let memory = Arc::clone(&self.memory).acquire_many_owned(kib(bytes).min(self.all)).await.ok();
        let turn = Arc::clone(&self.decoders).acquire_owned().await.ok();
        let work = tokio::task::spawn_blocking(move || {
            let _turn = (memory, turn);
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

fn kib(bytes: u64) -> u32 {
    // A semaphore of tokio's has at most 2^29 permits on machines of 32 bits.
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX).min(1 << 29)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[actix_web::test]
    async fn no_more_run_at_once_than_are_allowed() {
        let work = ImageWork::with(2, 1 << 20);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs = (0..12).map(|_| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            work.run(0, move || {
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
    async fn no_more_memory_is_worked_in_than_there_is() {
        let work = ImageWork::with(8, 1 << 20);
        let (held, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs = (0..24_usize).map(|n| {
            let (held, most) = (Arc::clone(&held), Arc::clone(&most));
            // Every eighth takes more than there is, and is alone.
            let bytes = if n % 8 == 0 { 1 << 24 } else { 300 << 10 };
            work.run(bytes, move || {
                let bytes = usize::try_from(bytes).unwrap().min(1 << 20);
                most.fetch_max(held.fetch_add(bytes, Ordering::SeqCst) + bytes, Ordering::SeqCst);
                std::thread::yield_now();
                held.fetch_sub(bytes, Ordering::SeqCst);
                Ok(())
            })
        });
        for done in futures_util::future::join_all(jobs).await {
            done.unwrap();
        }
        assert!(most.load(Ordering::SeqCst) <= 1 << 20, "{most:?}");
    }

    #[actix_web::test]
    async fn a_panic_is_an_error_and_gives_its_turn_back() {
        let work = ImageWork::with(1, 1 << 20);
        for _ in 0..2 {
            let failed = work.run(0, || -> Result<(), MediaError> { panic!("a decoder's bug") }).await;
            assert!(matches!(failed, Err(MediaError::Corrupt { .. })));
        }
        assert_eq!(work.run(0, || Ok(7)).await, Ok(7));
    }

    #[test]
    fn slots_for_uploads_run_out_and_come_back() {
        let work = ImageWork::with(1, 1 << 20);
        let slots: Vec<_> = std::iter::from_fn(|| work.upload_slot()).collect();
        assert_eq!(slots.len(), UPLOADS);
        drop(slots);
        assert!(work.upload_slot().is_some());
    }
}
