//! Work that takes long of a processor (rendering, comparing, judging) has threads of its own: never a web worker, a writer, a
//! transaction or a connection's thread.
//!
//! Such work takes a [`Turn`], which only a pool gives, cannot leave its thread, and says how long the work may last. What is
//! short by the size of its input has threads apart from what is long, so that an ordinary save does not wait behind the largest
//! bodies. Both queues are bounded: what finds its queue full, or has waited for too long, is refused with 503 at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use prometheus::{IntCounterVec, Opts};
use tokio::sync::oneshot;

pub use crate::content::{Late, Turn};
use crate::error::{Error, Result};

/// Work on more bytes than these may take longer than some milliseconds.
const SHORT_BYTES: usize = 32 * 1024;
/// Work that has waited for so long is refused: its caller has given up, or should.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How much long work may wait for each thread.
const LONG_QUEUE: usize = 8;
/// How much short work may wait for each thread.
const SHORT_QUEUE: usize = 256;
/// How much long work gives way to the rest, as `nice` counts it: to about a quarter of a contested core, so that a busy machine does
/// not starve those who write.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;
/// When it may be tried again.
const RETRY_AFTER_SECONDS: u32 = 2;

/// Kinds of work, as they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Markdown or HTML made into what is shown.
    Render,
    /// Two texts compared.
    Diff,
    /// A comment judged.
    Judge,
    /// Words of a text counted for search and related posts.
    Index,
    /// Matches of a search put in order.
    Rank,
}

impl Work {
    const fn name(self) -> &'static str {
        match self {
            Self::Render => "render",
            Self::Diff => "diff",
            Self::Judge => "judge",
            Self::Index => "index",
            Self::Rank => "rank",
        }
    }
}

/// Why a queue did not take work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Its queue is full, or it has waited for too long.
    Busy,
    /// It panicked: a defect.
    Lost,
}

type Job = Box<dyn FnOnce() + Send>;

/// Threads with one bounded queue before them. Cheap to clone; they end with the last clone.
#[derive(Clone)]
pub struct Queue(SyncSender<Job>);

impl Queue {
    /// So many threads, named `name-0`, `name-1`, …, and so many places to wait. `prepare` is run once on each thread.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(name: &str, threads: usize, places: usize, prepare: fn()) -> std::io::Result<Self> {
        let (jobs, receiver) = sync_channel::<Job>(places);
        let receiver = Arc::new(Mutex::new(receiver));
        for n in 0..threads.max(1) {
            let receiver = receiver.clone();
            let work = move || {
                prepare();
                serve(&receiver);
            };
            thread::Builder::new().name(format!("{name}-{n}")).spawn(work)?;
        }
        Ok(Self(jobs))
    }

    /// Runs `f` when its turn comes, unless its caller has hung up by then.
    ///
    /// # Errors
    /// [`Refused::Busy`] at once where the queue is full, and later where it has waited for longer than `wait`.
    pub async fn run<T: Send + 'static>(
        &self,
        wait: Duration,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> std::result::Result<T, Refused> {
        let (answer, answered) = oneshot::channel();
        let asked = Instant::now();
        let job = Box::new(move || {
            if !answer.is_closed() {
                let done = if asked.elapsed() > wait { Err(Refused::Busy) } else { Ok(f()) };
                // An answer that nobody waits for any more is no fault.
                drop(answer.send(done));
            }
        });
        self.0.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Refused::Busy,
            TrySendError::Disconnected(_) => Refused::Lost,
        })?;
        answered.await.unwrap_or(Err(Refused::Lost))
    }
}

/// Lets this thread have a processor mostly when threads that answer others do not want it: half of the cores for long work would
/// else make everybody wait for each slice of its time. Linux alone counts this by threads; elsewhere all stay equal.
pub(crate) fn give_way() {
    #[cfg(target_os = "linux")]
    // Where it is not allowed all stay equal.
    let _ = rustix::process::setpriority_process(None, NICE);
}

fn serve(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A job that panics drops its answer, which its caller notices; the thread lives on.
        drop(catch_unwind(AssertUnwindSafe(job)));
    }
}

/// The threads for work that takes long of a processor. Cheap to clone.
#[derive(Clone)]
pub struct CpuPool {
    short: Queue,
    long: Queue,
    /// How much work was done, refused, or not finished in time, by kind.
    pub(crate) counted: IntCounterVec,
}

impl CpuPool {
    /// So many threads for long work and as many for short work; half of the cores where it is 0.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(threads: usize) -> Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = if threads > 0 { threads } else { (cores / 2).max(1) };
        let failed = |e: std::io::Error| Error::internal(format!("no thread for CPU work: {e}"));
        let counted = IntCounterVec::new(
            Opts::new("pressroom_cpu_work_total", "Work on threads of its own, by kind and outcome."),
            &["work", "outcome"],
        );
        Ok(Self {
            short: Queue::start("cpu-short", threads, threads * SHORT_QUEUE, give_way).map_err(failed)?,
            long: Queue::start("cpu-long", threads, threads * LONG_QUEUE, give_way).map_err(failed)?,
            counted: counted.map_err(|e| Error::internal(e.to_string()))?,
        })
    }

    /// Runs `f` on a thread of the pool. `bytes` is the size of what it works on, by which it is short or long.
    ///
    /// # Errors
    /// 503 (`too_busy`) where too much waits already.
    pub async fn run<T: Send + 'static>(
        &self,
        work: Work,
        bytes: usize,
        f: impl FnOnce(&Turn) -> T + Send + 'static,
    ) -> Result<T> {
        let queue = if bytes > SHORT_BYTES { &self.long } else { &self.short };
        let done = queue.run(LONGEST_WAIT, move || f(&Turn::here())).await;
        let outcome = match &done {
            Ok(_) => "done",
            Err(Refused::Busy) => "refused",
            Err(Refused::Lost) => "lost",
        };
        self.counted.with_label_values(&[work.name(), outcome]).inc();
        done.map_err(|refused| match refused {
            Refused::Busy => Error::too_busy(
                RETRY_AFTER_SECONDS,
                "Too many texts are being worked on at once. Try again in a moment.",
            ),
            Refused::Lost => Error::internal(format!("{} panicked", work.name())),
        })
    }

    /// How much work of a kind was done.
    #[must_use]
    pub fn done(&self, work: Work) -> u64 {
        self.counted.with_label_values(&[work.name(), "done"]).get()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::task::{Context, Waker};

    use super::*;
    use crate::error::Code;

    #[actix_web::test]
    async fn work_runs_on_threads_of_its_own() {
        let pool = CpuPool::start(1).unwrap();
        let name = || thread::current().name().map(str::to_owned);
        let short = pool.run(Work::Render, 100, move |_| name()).await.unwrap();
        let long = pool.run(Work::Render, 1 << 20, move |_| name()).await.unwrap();
        assert_eq!((short.as_deref(), long.as_deref()), (Some("cpu-short-0"), Some("cpu-long-0")));
        assert_eq!(pool.done(Work::Render), 2);
    }

    #[cfg(target_os = "linux")]
    #[actix_web::test]
    async fn long_work_gives_way_to_answers() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let pool = CpuPool::start(1).unwrap();
        for bytes in [1, 1 << 20] {
            assert!(
                pool.run(Work::Render, bytes, move |_| nice()).await.unwrap()
                    >= nice() + NICE.min(19 - nice())
            );
        }
    }

    #[actix_web::test]
    async fn a_full_queue_refuses_at_once_and_leaves_the_other_alone() {
        let pool = CpuPool::start(1).unwrap();
        let (go, gate) = channel::<()>();
        let (began, running) = channel::<()>();
        let (long, waiting) = (pool.clone(), pool.clone());
        let first = actix_web::rt::spawn(async move {
            let block = move |_: &Turn| {
                began.send(()).unwrap();
                gate.recv().ok();
            };
            long.run(Work::Render, 1 << 20, block).await
        });
        actix_web::rt::task::yield_now().await;
        running.recv().unwrap();
        let held: Vec<_> = (0..LONG_QUEUE)
            .map(|_| {
                let waiting = waiting.clone();
                actix_web::rt::spawn(async move { waiting.run(Work::Diff, 1 << 20, |_| 7).await })
            })
            .collect();
        actix_web::rt::task::yield_now().await;
        let refused = pool.run(Work::Diff, 1 << 20, |_| 8).await.unwrap_err();
        assert_eq!((refused.code(), refused.retry_after()), (Code::TooBusy, Some(RETRY_AFTER_SECONDS)));
        assert_eq!(pool.run(Work::Diff, 10, |_| 9).await.unwrap(), 9);
        go.send(()).unwrap();
        first.await.unwrap().unwrap();
        for done in held {
            assert_eq!(done.await.unwrap().unwrap(), 7);
        }
    }

    #[actix_web::test]
    async fn work_that_nobody_waits_for_any_more_is_not_done() {
        let queue = Queue::start("test", 1, 4, || ()).unwrap();
        let (go, gate) = channel::<()>();
        let (ran, has_run) = channel();
        let mut first = Box::pin(queue.run(LONGEST_WAIT, move || gate.recv().ok()));
        let mut abandoned = Box::pin(queue.run(LONGEST_WAIT, move || ran.send(()).ok()));
        let mut waiting = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut waiting).is_pending());
        assert!(abandoned.as_mut().poll(&mut waiting).is_pending());
        drop(abandoned);
        go.send(()).unwrap();
        first.await.unwrap();
        queue.run(LONGEST_WAIT, || ()).await.unwrap();
        assert!(has_run.recv().is_err(), "it was dropped");
    }

    #[actix_web::test]
    async fn work_that_has_waited_for_too_long_is_refused() {
        let queue = Queue::start("test", 1, 4, || ()).unwrap();
        assert_eq!(queue.run(Duration::ZERO, || ()).await, Err(Refused::Busy));
        assert_eq!(queue.run(LONGEST_WAIT, || ()).await, Ok(()));
    }

    #[actix_web::test]
    async fn work_that_panics_costs_its_own_caller_an_answer_only() {
        let pool = CpuPool::start(1).unwrap();
        let lost = pool.run(Work::Judge, 1, |_| -> u8 { panic!("a defect") }).await.unwrap_err();
        assert_eq!(lost.code(), Code::Internal);
        assert_eq!(pool.run(Work::Judge, 1, |_| 1).await.unwrap(), 1);
    }
}
