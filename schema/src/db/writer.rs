//! Writer threads: group commit on SQLite, serializable transactions with retries on PostgreSQL.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::RunQueryDsl;
use tokio::sync::oneshot;

use super::conn::{self, Conn};
use super::lanes::{Slot, Work, enqueue, spawn};
use super::{Backend, Listeners, Tx, TxError};
use crate::changes::{self, Actor, Change};
use crate::error::StoreError;
use crate::sql::{Commit, Release, RollbackTo, Savepoint};

/// Writes that one commit may carry: enough to share an fsync, few enough that the first does not wait long.
const GROUP: usize = 64;
/// How often a PostgreSQL transaction is run before its caller is told that the database is busy.
const ATTEMPTS: u32 = 12;

/// What became of one run of a write.
pub(super) enum Ran {
    Well,
    Refused,
    Conflict,
}

/// A write whose types only its maker knows.
pub(super) trait Write: Send {
    fn run(&mut self, conn: &mut Conn) -> Ran;
    fn changes(&self) -> &[Change];
    /// Answers the caller. `Err` replaces what the run gave.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

type Reply<T, E> = oneshot::Sender<(Result<T, E>, u32)>;

/// The one implementation of [`Write`].
pub(super) struct Typed<T, E, F> {
    actor: Actor,
    f: F,
    reply: Reply<T, E>,
    result: Option<Result<T, E>>,
    changes: Vec<Change>,
    statements: u32,
}

impl<T, E, F> Typed<T, E, F> {
    pub(super) fn new(actor: Actor, f: F, reply: Reply<T, E>) -> Self {
        Self { actor, f, reply, result: None, changes: Vec::new(), statements: 0 }
    }
}

impl<T, E, F> Write for Typed<T, E, F>
where
    T: Send,
    E: TxError,
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, conn: &mut Conn) -> Ran {
        conn::take_count();
        let mut tx = Tx { conn, actor: &self.actor, changes: Vec::new() };
        let mut result = (self.f)(&mut tx);
        self.changes = std::mem::take(&mut tx.changes);
        if result.is_ok()
            && let Err(e) = changes::append(tx.conn, &self.actor, &mut self.changes)
        {
            result = Err(e.into());
        }
        self.statements = conn::take_count();
        let ran = match &result {
            Ok(_) => Ran::Well,
            Err(e) if e.is_conflict() => Ran::Conflict,
            Err(_) => Ran::Refused,
        };
        self.result = Some(result);
        ran
    }

    fn changes(&self) -> &[Change] {
        &self.changes
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match committed {
            Ok(()) => self
                .result
                .unwrap_or_else(|| Err(StoreError::Internal("the write was not run".into()).into())),
            Err(e) => Err(e.into()),
        };
        // A caller that went away does not undo what it asked for.
        let _ = self.reply.send((answer, self.statements));
    }
}

/// What a writer thread takes from its queue.
pub(super) enum Job {
    Write(Box<dyn Write>),
    Raw(Work),
}

/// The writer threads and their queue.
pub(super) struct WriteLane {
    queue: Sender<Job>,
}

impl WriteLane {
    pub(super) fn start(
        backend: Backend,
        slots: Vec<(String, Slot)>,
        bound: usize,
        listeners: &Listeners,
    ) -> crate::Result<Self> {
        let (queue, work): (Sender<Job>, Receiver<Job>) = bounded(bound.max(1));
        for (name, slot) in slots {
            let (work, listeners) = (work.clone(), listeners.clone());
            spawn(name, slot, move |slot| {
                let Ok(job) = work.recv() else { return false };
                match job {
                    Job::Raw(f) => f(slot),
                    Job::Write(write) => match backend {
                        Backend::Sqlite => {
                            if let Some(raw) = group(slot, write, &work, &listeners) {
                                raw(slot);
                            }
                        }
                        Backend::Postgres => serializable(slot, write, &listeners),
                    },
                }
                true
            })?;
        }
        Ok(Self { queue })
    }

    pub(super) fn submit(&self, job: Job) -> crate::Result<()> {
        enqueue(&self.queue, job)
    }
}

/// Runs `first` and what waits behind it in one transaction, each in a savepoint of its own so that one refusal
/// does not spoil the others, and answers all after the commit. Gives back raw work that it met in the queue.
fn group(
    slot: &mut Slot,
    first: Box<dyn Write>,
    queue: &Receiver<Job>,
    listeners: &Listeners,
) -> Option<Work> {
    let conn = match slot.begin_write() {
        Ok(conn) => conn,
        Err(e) => {
            first.finish(Err(e));
            return None;
        }
    };
    let mut done: Vec<(Box<dyn Write>, bool)> = Vec::new();
    let mut raw = None;
    let mut broken = None;
    let mut next = Some(first);
    while let Some(mut write) = next.take() {
        let ran = Savepoint.execute(conn).map_err(StoreError::from).and_then(|_| match write.run(conn) {
            Ran::Well => Release.execute(conn).map(|_| true).map_err(StoreError::from),
            // Some failures (a full disk) end the whole transaction, and with it the savepoint.
            Ran::Refused | Ran::Conflict => RollbackTo
                .execute(conn)
                .and_then(|_| Release.execute(conn))
                .map(|_| false)
                .map_err(StoreError::from),
        });
        match ran {
            Ok(well) => done.push((write, well)),
            Err(e) => {
                done.push((write, false));
                broken = Some(e);
                break;
            }
        }
        if done.len() < GROUP {
            match queue.try_recv() {
                Ok(Job::Write(write)) => next = Some(write),
                Ok(Job::Raw(work)) => raw = Some(work),
                Err(_) => {}
            }
        }
    }
    let committed = match broken {
        Some(e) => Err(e),
        None => Commit.execute(conn).map(drop).map_err(StoreError::from),
    };
    conn::take_count();
    if committed.is_err() {
        slot.rollback();
        slot.forget();
    }
    for (write, well) in done {
        if well {
            listeners.tell(write.changes());
        }
        write.finish(committed.clone());
    }
    raw
}

/// Runs one write SERIALIZABLE, again and again while it cannot be put in an order with the others.
fn serializable(slot: &mut Slot, write: Box<dyn Write>, listeners: &Listeners) {
    let mut stands_in_line = false;
    attempts(slot, write, listeners, &mut stands_in_line);
    if stands_in_line {
        slot.leave_line();
    }
}

fn attempts(slot: &mut Slot, mut write: Box<dyn Write>, listeners: &Listeners, stands_in_line: &mut bool) {
    for attempt in 0..ATTEMPTS {
        // Who has lost twice stands in a line with the others who did, on every instance. Nobody writes beside the first in it.
        if attempt >= 2 && !*stands_in_line {
            if let Err(e) = slot.join_line() {
                return write.finish(Err(e));
            }
            *stands_in_line = true;
        }
        let conn = match slot.begin_write() {
            Ok(conn) => conn,
            Err(e) => return write.finish(Err(e)),
        };
        match write.run(conn) {
            Ran::Well => match Commit.execute(conn).map_err(StoreError::from) {
                Ok(_) => {
                    listeners.tell(write.changes());
                    return write.finish(Ok(()));
                }
                Err(StoreError::Conflict) => slot.rollback(),
                Err(e) => {
                    slot.rollback();
                    slot.forget();
                    listeners.tell(write.changes());
                    return write.finish(Err(e));
                }
            },
            Ran::Refused => {
                slot.rollback();
                return write.finish(Ok(()));
            }
            Ran::Conflict => slot.rollback(),
        }
        // Spread the rivals, each by its own chance: up to 2 ms after the first clash, up to 64 ms later on.
        let micros = 1000_u64 << attempt.min(5);
        let chance = RandomState::new().hash_one(attempt) % micros;
        std::thread::sleep(Duration::from_micros(micros + chance));
    }
    write.finish(Err(StoreError::Busy("too many writers want the same rows".into())));
}
