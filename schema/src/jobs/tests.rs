//! On a fresh SQLite file, through several databases at once as several instances would.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::db::{Db, DbSettings, Source};
use crate::{Actor, ActorKind, JobKind, StoreError};

/// A database file of its own that goes when the test ends.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let file = Self(
            std::env::temp_dir().join(format!("pressroom-jobs-{}-{number}", std::process::id())).join("a.db"),
        );
        wait(open(&file.0).raw(crate::migrate::up)).unwrap();
        file
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn open(path: &Path) -> Db {
    Db::open(DbSettings { source: Source::Sqlite(path.to_owned()), readers: 1, queue: 64, durable: false })
        .unwrap()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(1_372_082_700_000_000).unwrap().plus(TimeDelta::seconds(second))
}

fn job(number: u128, run_at: Timestamp) -> JobRow {
    JobRow::new(Id(Uuid::from_u128(number)), JobKind::Cleanup, Json::object(), run_at, at(0))
}

fn write<T: Send + 'static>(db: &Db, f: impl Fn(&mut Conn) -> crate::Result<T> + Send + 'static) -> T {
    let actor = Actor { kind: ActorKind::System, user_id: None, request_id: String::new(), now: at(0) };
    wait(db.write::<_, StoreError, _>(actor, move |tx| f(tx.conn))).unwrap()
}

fn claim_at(db: &Db, second: i64) -> Option<JobRow> {
    write(db, move |conn| claim(conn, at(second), at(second + 60)))
}

#[test]
fn many_instances_claim_each_job_once() {
    const JOBS: u128 = 120;
    let file = File::new();
    write(&open(&file.0), |conn| (0..JOBS).try_for_each(|n| enqueue(conn, &job(n, at(0)))));
    let claimed: Vec<JobRow> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let db = open(&file.0);
                    std::iter::from_fn(|| claim_at(&db, 1)).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut times = BTreeMap::<Id, u32>::new();
    for job in &claimed {
        *times.entry(job.id).or_default() += 1;
        assert_eq!((job.attempts, job.locked_until), (1, Some(at(61))));
    }
    assert_eq!(times.len(), 120, "every job is claimed");
    assert!(times.values().all(|n| *n == 1), "and none twice: {times:?}");
}

#[test]
fn jobs_come_when_they_are_due_and_the_longest_due_first() {
    let file = File::new();
    let db = open(&file.0);
    write(&db, |conn| {
        enqueue(conn, &job(1, at(20)))?;
        enqueue(conn, &job(2, at(10)))
    });
    assert_eq!(claim_at(&db, 9), None);
    assert_eq!(write(&db, |conn| next_run_at(conn, at(9))), Some(at(10)));
    assert_eq!(claim_at(&db, 30).map(|j| j.id), Some(Id(Uuid::from_u128(2))));
    assert_eq!(claim_at(&db, 30).map(|j| j.id), Some(Id(Uuid::from_u128(1))));
    assert_eq!(claim_at(&db, 30), None, "both are held");
    assert_eq!(write(&db, |conn| next_run_at(conn, at(30))), None);
}

#[test]
fn a_lease_that_ran_out_frees_the_job_and_its_first_holder_can_no_longer_end_it() {
    let file = File::new();
    let db = open(&file.0);
    write(&db, |conn| enqueue(conn, &job(1, at(0))));
    let first = claim_at(&db, 0).unwrap();
    assert_eq!(claim_at(&db, 59), None);
    let second = claim_at(&db, 60).unwrap();
    assert_eq!(second.attempts, 2);
    write(&db, move |conn| complete(conn, &first));
    assert_eq!(claim_at(&db, 200).map(|j| j.attempts), Some(3), "it is still there");
}

#[test]
fn a_failing_job_is_tried_a_few_times_and_then_kept_with_its_last_error() {
    let file = File::new();
    let db = open(&file.0);
    write(&db, |conn| enqueue(conn, &job(1, at(0))));
    for attempt in 1..=MAX_ATTEMPTS {
        let job = claim_at(&db, i64::from(attempt) * 100).unwrap();
        assert_eq!((job.attempts, job.is_last_attempt()), (attempt, attempt == MAX_ATTEMPTS));
        write(&db, move |conn| {
            let again = at(i64::from(attempt) * 100 + 1);
            if job.is_last_attempt() {
                give_up(conn, &job, "it is no use")
            } else {
                retry(conn, &job, again, "not now")
            }
        });
    }
    assert_eq!(claim_at(&db, 10_000), None);
    let dead = write(&db, |conn| given_up(conn, 10));
    assert_eq!(dead.iter().map(|j| j.last_error.as_deref()).collect::<Vec<_>>(), [Some("it is no use")]);
}

#[test]
fn a_job_whose_last_attempt_died_comes_once_more_to_be_given_up() {
    let file = File::new();
    let db = open(&file.0);
    write(&db, |conn| enqueue(conn, &job(1, at(0))));
    for attempt in 1..=MAX_ATTEMPTS {
        assert!(!claim_at(&db, i64::from(attempt) * 100).unwrap().is_spent());
    }
    assert!(claim_at(&db, 5_000).unwrap().is_spent());
    assert_eq!(claim_at(&db, 9_000), None);
}

#[test]
fn a_job_that_comes_back_has_one_row_and_all_its_attempts_again() {
    let file = File::new();
    let db = open(&file.0);
    assert!(write(&db, |conn| ensure(conn, &job(1, at(0)))));
    assert!(!write(&db, |conn| ensure(conn, &job(1, at(0)))));
    let turn = claim_at(&db, 0).unwrap();
    write(&db, move |conn| come_back(conn, &turn, at(3600), None));
    assert_eq!(claim_at(&db, 3599), None);
    assert_eq!(claim_at(&db, 3600).map(|j| j.attempts), Some(1));
}

#[test]
fn clearing_out_removes_what_has_run_out_and_nothing_else() {
    use crate::maintenance::{Swept, sweep};
    let file = File::new();
    let db = open(&file.0);
    write(&db, |conn| {
        enqueue(conn, &job(1, at(0)))?;
        enqueue(conn, &JobRow { attempts: MAX_ATTEMPTS + 1, ..job(2, at(0)) })
    });
    let in_forty_days = at(40 * 86_400);
    assert_eq!(write(&db, |conn| sweep(conn, at(60), 10)), Swept::default());
    assert_eq!(write(&db, move |conn| sweep(conn, in_forty_days, 10)), Swept { jobs: 1, ..Swept::default() });
    assert!(write(&db, |conn| claim(conn, at(60), at(120))).is_some(), "a job that waits is not old");
}
