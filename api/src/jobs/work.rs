//! Doing one job, and what becomes of its row.

use std::time::Duration;

use chrono::TimeDelta;
use pressroom_schema::jobs::{self, JobRow};
use pressroom_schema::{Id, Timestamp, maintenance};
use uuid::Uuid;

use crate::auth::viewer::Viewer;
use crate::error::{Error, Result};
use crate::service::tasks::Task;
use crate::service::{Svc, media};

/// How long an instance holds a job, in seconds, unless it says that it still works on it: so long waits a job whose instance died.
const LEASE_SECONDS: i64 = 30;
/// How often it says so.
const RENEWAL: Duration = Duration::from_secs(10);
/// How long after its first failure a job is tried again, in seconds; each further time it is four times as long.
const FIRST_BACK_OFF_SECONDS: i64 = 10;
/// How often things are cleared out, in seconds.
const CLEANUP_SECONDS: i64 = 3600;
/// Rows of each kind that one transaction clears out.
const CLEANUP_ROWS: i64 = 500;
/// The one row of the job that clears out.
const CLEANUP_ID: Id = Id(Uuid::from_u128(0x0191_0000_0000_7000_8000_0000_0000_0001));

/// Puts the jobs that come back into the queue, where no instance has done so before.
pub(super) async fn ensure_recurring(svc: &Svc) -> Result<()> {
    svc.write(&Viewer::system(), |tx| {
        jobs::ensure(tx.conn, &Task::Cleanup.job(CLEANUP_ID, tx.actor.now))?;
        Ok(())
    })
    .await
}

/// Claims the next job that is due and does it. Answers whether there was one; how it ended is in the log and in its row.
pub(super) async fn run_next(svc: &Svc) -> Result<bool> {
    let now = svc.now();
    // A look first: a write would take the database's one writer each time that there is nothing to do.
    let next = svc.read_private(&Viewer::system(), move |conn| Ok(jobs::next_run_at(conn, now)?)).await?;
    if next.is_none_or(|at| at > now) {
        return Ok(false);
    }
    let claimed = svc
        .write(&Viewer::system(), |tx| {
            let now = tx.actor.now;
            Ok(jobs::claim(tx.conn, now, lease_from(now))?)
        })
        .await?;
    let Some(job) = claimed else { return Ok(false) };
    let failure = attempt(svc, &job).await.err().map(|error| error.to_string());
    settle(svc, job, failure).await?;
    Ok(true)
}

/// Does a job. A panic ends the job, not the runner.
async fn attempt(svc: &Svc, job: &JobRow) -> Result<()> {
    if job.is_spent() {
        return Err(Error::internal("its last attempt did not come to an end"));
    }
    let task = Task::of(job)?;
    let working = svc.clone();
    let mut work = tokio::spawn(async move { perform(&working, task).await });
    loop {
        match tokio::time::timeout(RENEWAL, &mut work).await {
            Ok(ended) => {
                return ended.unwrap_or_else(|error| Err(Error::internal(format!("it panicked: {error}"))));
            }
            Err(_) => renew(svc, job).await,
        }
    }
}

fn lease_from(now: Timestamp) -> Timestamp {
    now.plus(TimeDelta::seconds(LEASE_SECONDS))
}

/// Says that a job is still worked on. Where that fails, another instance may do it too, which does no harm.
async fn renew(svc: &Svc, job: &JobRow) {
    let held = job.clone();
    let renewed = svc
        .write(&Viewer::system(), move |tx| Ok(jobs::renew(tx.conn, &held, lease_from(tx.actor.now))?))
        .await;
    match renewed {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!(job = %job.id, "another instance has taken over a job that is still worked on");
        }
        Err(error) => tracing::warn!(job = %job.id, %error, "a job that is worked on could not be held"),
    }
}

/// Frees the jobs of processes that died: for the only process that works on a database.
pub(crate) async fn free_all(svc: &Svc) -> Result<()> {
    let freed = svc.write(&Viewer::system(), |tx| Ok(jobs::free_all(tx.conn)?)).await?;
    if freed > 0 {
        tracing::info!(freed, "took up the jobs of a process that ended early");
    }
    Ok(())
}

async fn perform(svc: &Svc, task: Task) -> Result<()> {
    match task {
        Task::MakeVariants(id) => media::make_variants(svc, id).await,
        Task::RemoveObjects(keys) => media::remove_objects(svc, &keys).await,
        Task::Cleanup => clean_up(svc).await,
    }
}

/// Writes down how a job ended.
async fn settle(svc: &Svc, job: JobRow, failure: Option<String>) -> Result<()> {
    let last = job.is_last_attempt();
    let comes_back = job.id == CLEANUP_ID;
    if let Some(why) = &failure {
        if last && !comes_back {
            tracing::error!(job = %job.id, kind = job.kind, attempts = job.attempts, why, "a job is given up");
            give_up(svc, &job).await?;
        } else {
            tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, why, "a job failed");
        }
    }
    let again = svc.now();
    svc.write(&Viewer::system(), move |tx| {
        let written = match &failure {
            None if comes_back => jobs::come_back(tx.conn, &job, next_cleanup(again), None),
            None => jobs::complete(tx.conn, &job),
            Some(why) if comes_back && last => jobs::come_back(tx.conn, &job, next_cleanup(again), Some(why)),
            Some(why) if last => jobs::give_up(tx.conn, &job, why),
            Some(why) => jobs::retry(tx.conn, &job, again.plus(back_off(job.attempts)), why),
        };
        Ok(written?)
    })
    .await
}

fn next_cleanup(now: Timestamp) -> Timestamp {
    now.plus(TimeDelta::seconds(CLEANUP_SECONDS))
}

/// How long a job rests after its `attempts`th failure.
pub(super) fn back_off(attempts: i32) -> TimeDelta {
    let times = u32::try_from(attempts - 1).unwrap_or(0).min(6);
    TimeDelta::seconds(FIRST_BACK_OFF_SECONDS * 4_i64.pow(times))
}

/// What the world is told of a job that will not be done.
async fn give_up(svc: &Svc, job: &JobRow) -> Result<()> {
    match Task::of(job) {
        Ok(Task::MakeVariants(id)) => media::give_up_variants(svc, id).await,
        // Objects that stay take room and do no harm.
        Ok(Task::RemoveObjects(_) | Task::Cleanup) | Err(_) => Ok(()),
    }
}

async fn clean_up(svc: &Svc) -> Result<()> {
    loop {
        let swept = svc
            .write(&Viewer::system(), |tx| Ok(maintenance::sweep(tx.conn, tx.actor.now, CLEANUP_ROWS)?))
            .await?;
        if swept.total() == 0 {
            return Ok(());
        }
        tracing::debug!(?swept, "cleared out what had run out");
    }
}
