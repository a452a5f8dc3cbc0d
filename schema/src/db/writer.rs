//! The writer: one thread that runs writes one after the other, and commits together what waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection as _;
use tokio::sync::oneshot;

use super::conn::{self, Conn};
use super::lanes::{Slot, Work, enqueue, spawn};
use super::{Backend, DbSettings, Listeners, Tx, TxError};
use crate::changes::{self, Actor, Change};
use crate::error::StoreError;
use crate::sql::{NEXT_SAVEPOINT, Release, RollbackTo, Savepoint};

/// Writes that one commit may carry: enough to share an fsync, few enough that the first does not wait long.
const GROUP: usize = 64;
/// How often a write is run before its caller is told that the database is busy. Writes take turns: it meets only what others than
/// Pressroom do to the database.
const ATTEMPTS: u32 = 4;

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

/// What the writer takes from its queue.
enum Job {
    Write(Box<dyn Write>),
    Raw(Work),
}

/// How many runs of writes ended well, and how many met others.
#[derive(Default)]
struct Runs {
    well: AtomicU64,
    conflicts: AtomicU64,
}

/// The writer's thread and its queue.
pub(super) struct WriteLane {
    queue: Sender<Job>,
    /// Where raw work has a connection of its own: on PostgreSQL it need not hold up the writes.
    raw: Option<Sender<Work>>,
    runs: Arc<Runs>,
}

impl WriteLane {
    pub(super) fn start(settings: &DbSettings, listeners: &Listeners) -> crate::Result<Self> {
        let bound = settings.queue.max(1);
        let (queue, work): (Sender<Job>, Receiver<Job>) = bounded(bound);
        let runs = Arc::new(Runs::default());
        let writer = Writer { work, listeners: listeners.clone(), runs: Arc::clone(&runs) };
        spawn("write".to_owned(), Slot::new(settings, None), move |slot| writer.serve(slot))?;
        let raw = match settings.source.backend() {
            Backend::Sqlite => None,
            Backend::Postgres => {
                let (queue, work): (Sender<Work>, Receiver<Work>) = bounded(bound);
                spawn("raw".to_owned(), Slot::new(settings, None), move |slot| {
                    work.recv().map(|work| work(slot)).is_ok()
                })?;
                Some(queue)
            }
        };
        Ok(Self { queue, raw, runs })
    }

    pub(super) fn submit(&self, write: Box<dyn Write>) -> crate::Result<()> {
        enqueue(&self.queue, Job::Write(write))
    }

    pub(super) fn submit_raw(&self, work: Work) -> crate::Result<()> {
        match &self.raw {
            Some(queue) => enqueue(queue, work),
            None => enqueue(&self.queue, Job::Raw(work)),
        }
    }

    pub(super) fn runs(&self) -> (u64, u64) {
        (self.runs.well.load(Ordering::Relaxed), self.runs.conflicts.load(Ordering::Relaxed))
    }
}

struct Writer {
    work: Receiver<Job>,
    listeners: Listeners,
    runs: Arc<Runs>,
}

impl Writer {
    /// Whether there is more to come.
    fn serve(&self, slot: &mut Slot) -> bool {
        match self.work.recv() {
            Ok(Job::Raw(work)) => work(slot),
            Ok(Job::Write(write)) => {
                let mut again = vec![write];
                for _ in 0..ATTEMPTS {
                    let raw;
                    (again, raw) = self.group(slot, again);
                    if let Some(raw) = raw {
                        raw(slot);
                    }
                    if again.is_empty() {
                        break;
                    }
                }
                for write in again {
                    write.finish(Err(StoreError::Busy("others hold the rows that this write needs".into())));
                }
            }
            Err(_) => return false,
        }
        true
    }

    /// Runs `first` and what waits behind it in one transaction, each in a savepoint of its own so that one refusal does not spoil the
    /// others, and answers all after the commit. Gives back what is to be run again, and raw work that it met in the queue.
    fn group(&self, slot: &mut Slot, first: Vec<Box<dyn Write>>) -> (Vec<Box<dyn Write>>, Option<Work>) {
        let conn = match slot.begin_write() {
            Ok(conn) => conn,
            Err(e) => {
                for write in first {
                    write.finish(Err(e.clone()));
                }
                return (Vec::new(), None);
            }
        };
        let mut done: Vec<(Box<dyn Write>, bool)> = Vec::new();
        let mut again = Vec::new();
        let mut raw = None;
        let mut broken = None;
        let mut waiting = first.into_iter();
        let mut next = waiting.next();
        let mut saved = false;
        while let Some(mut write) = next.take() {
            match run(conn, &mut *write, saved) {
                Ok(Ran::Conflict) => {
                    self.runs.conflicts.fetch_add(1, Ordering::Relaxed);
                    again.push(write);
                }
                Ok(ran) => done.push((write, matches!(ran, Ran::Well))),
                Err(e) => {
                    done.push((write, false));
                    broken = Some(e);
                    break;
                }
            }
            saved = true;
            next = waiting.next();
            if next.is_none() && raw.is_none() && done.len() + again.len() < GROUP {
                match self.work.try_recv() {
                    Ok(Job::Write(write)) => next = Some(write),
                    Ok(Job::Raw(work)) => raw = Some(work),
                    Err(_) => {}
                }
            }
        }
        let committed = match broken {
            Some(e) => Err(e),
            None => slot.commit(done.iter().any(|(write, well)| *well && !write.changes().is_empty())),
        };
        conn::take_count();
        if committed.is_err() {
            slot.rollback();
            slot.forget();
        }
        for write in waiting {
            done.push((write, false));
        }
        for (write, well) in done {
            if well {
                self.runs.well.fetch_add(1, Ordering::Relaxed);
                self.listeners.tell(write.changes());
            }
            write.finish(committed.clone());
        }
        (again, raw)
    }
}

/// Runs a write in a savepoint of its own; the one of the write before it, where it `saved`, is released.
///
/// # Errors
/// When the transaction is lost: some failures (a full disk) end the whole of it, and with it the savepoint.
fn run(conn: &mut Conn, write: &mut dyn Write, saved: bool) -> crate::Result<Ran> {
    match (&mut *conn, saved) {
        (Conn::Pg(conn), true) => conn.batch_execute(NEXT_SAVEPOINT)?,
        // The transaction began with one.
        (Conn::Pg(_), false) => {}
        (conn, saved) => {
            if saved {
                Release.execute(conn)?;
            }
            Savepoint.execute(conn)?;
        }
    }
    let ran = write.run(conn);
    if !matches!(ran, Ran::Well) {
        RollbackTo.execute(conn)?;
    }
    Ok(ran)
}
