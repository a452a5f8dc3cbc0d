//! The loop that runs in the background on every instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pressroom_schema::{Timestamp, jobs};
use tokio::task::JoinHandle;

use super::work;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::service::{Notifier, Svc, posts};

/// Longest sleep: what other instances put into the queue or the schedule is seen after this.
const LONGEST: Duration = Duration::from_secs(5);
/// Sleep when something is due that could not be had now: another instance is at it, or the database is away.
const OVERDUE: Duration = Duration::from_secs(1);

/// Does what is due, in the background.
#[derive(Debug)]
pub struct Runner;

/// A runner that was started. It goes on when this is dropped.
#[derive(Debug)]
pub struct RunnerHandle {
    notifier: Notifier,
    stopping: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Runner {
    /// Starts a runner on the present Tokio runtime. An instance needs one.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn start(svc: Svc) -> RunnerHandle {
        let notifier = svc.jobs.clone();
        let stopping = Arc::new(AtomicBool::new(false));
        notifier.runs(true);
        let task = tokio::spawn(run(svc, Arc::clone(&stopping)));
        RunnerHandle { notifier, stopping, task }
    }
}

impl RunnerHandle {
    /// Has the runner look for work now.
    pub fn wake(&self) {
        self.notifier.notify();
    }

    /// Stops the runner, and waits until it has finished the job that it is at.
    pub async fn stop(self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.notifier.notify();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the job runner ended badly");
        }
        self.notifier.runs(false);
    }
}

async fn run(svc: Svc, stopping: Arc<AtomicBool>) {
    let notifier = svc.jobs.clone();
    let mut ready = false;
    while !stopping.load(Ordering::SeqCst) {
        if !ready {
            match work::ensure_recurring(&svc).await {
                Ok(()) => ready = true,
                Err(error) => tracing::warn!(%error, "the job runner waits for the database"),
            }
        }
        match round(&svc, || stopping.load(Ordering::SeqCst)).await {
            Ok(0) => {}
            Ok(done) => {
                tracing::debug!(done, "background work done");
                // It may have taken a while: look again before sleeping.
                continue;
            }
            Err(error) => tracing::warn!(%error, "background work waits"),
        }
        let sleep = match next(&svc).await {
            Ok(at) => until(svc.now(), at),
            Err(_) => OVERDUE,
        };
        // Either is a reason to look; that the time ran out is no error.
        let _ = tokio::time::timeout(sleep, notifier.notified()).await;
    }
}

/// Publishes what is due and does the jobs that are, until nothing is or `stop` says so. Answers how many there were.
async fn round(svc: &Svc, stop: impl Fn() -> bool) -> Result<usize> {
    let published = posts::publish_due(svc).await;
    // Jobs do not wait for a post that cannot be published.
    let mut done = 0;
    while !stop() && work::run_next(svc).await? {
        done += 1;
        svc.jobs.tell_done();
    }
    Ok(done + published?)
}

/// When the next thing falls due, of what is known now.
async fn next(svc: &Svc) -> Result<Option<Timestamp>> {
    let post = posts::next_due(svc).await?;
    let now = svc.now();
    let job = svc.read_private(&Viewer::system(), move |conn| Ok(jobs::next_run_at(conn, now)?)).await?;
    Ok(match (post, job) {
        (Some(post), Some(job)) => Some(post.min(job)),
        (post, job) => post.or(job),
    })
}

/// How long to sleep at `now` for something that falls due `at` then.
pub(super) fn until(now: Timestamp, at: Option<Timestamp>) -> Duration {
    let Some(at) = at else { return LONGEST };
    match u64::try_from(at.micros() - now.micros()) {
        // Timers count milliseconds: one more, or the wake would come just before its time.
        Ok(micros) if micros > 0 => (Duration::from_micros(micros) + Duration::from_millis(1)).min(LONGEST),
        _ => OVERDUE,
    }
}

/// Does all that is due now and answers how many things it did, without sleeping: for tests, and for the command line.
/// A job that fails is left for its next time.
///
/// # Errors
/// When the database fails.
pub async fn run_due_once(svc: &Svc) -> Result<usize> {
    round(svc, || false).await
}
