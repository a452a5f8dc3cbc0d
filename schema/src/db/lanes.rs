//! Threads that each own a connection and take work from one bounded queue.

use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded};
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection as _;

use super::conn::{self, Conn};
use super::{DbSettings, Source, TxError};
use crate::error::StoreError;
use crate::sql::{BEGIN_ALONE, BeginRead, BeginWrite, Commit, CommitAndBegin, Rollback, TELL_AND_COMMIT};

/// How long a failed connection is not tried again, so that an unreachable host does not hold up every request.
const PAUSE: Duration = Duration::from_millis(500);

/// How long reads stay with the primary before their replica is tried again.
const DETOUR: Duration = Duration::from_secs(2);

enum Target {
    Sqlite { path: PathBuf, durable: bool, file: Option<(u64, u64)> },
    Postgres { url: String, fallback: Option<Fallback> },
}

/// Where a replica's reads go while it is out of reach.
struct Fallback {
    primary: String,
    detour: Option<Detour>,
}

/// The way back to the replica: when it was last looked for, and a connection that is being made. It is made on a thread of its
/// own, since a host that does not answer would hold up the reads for seconds.
struct Detour {
    since: Instant,
    back: Option<Receiver<crate::Result<Conn>>>,
}

impl Detour {
    fn new() -> Self {
        Self { since: Instant::now(), back: None }
    }

    /// The replica's connection, once it can be had.
    fn end(&mut self, url: &str) -> Option<Conn> {
        match self.back.as_ref().map(Receiver::try_recv) {
            None if self.since.elapsed() >= DETOUR => {
                let (send, receive) = bounded(1);
                let url = url.to_owned();
                let seek = move || drop(send.send(conn::postgres(&url)));
                // Without a thread the receiver is cut off, and it is tried again later.
                drop(std::thread::Builder::new().name("replica".to_owned()).spawn(seek));
                self.back = Some(receive);
                None
            }
            None | Some(Err(TryRecvError::Empty)) => None,
            Some(Ok(Ok(conn))) => Some(conn),
            Some(Ok(Err(_)) | Err(TryRecvError::Disconnected)) => {
                *self = Self::new();
                None
            }
        }
    }
}

/// One connection and how to make it anew.
pub(super) struct Slot {
    target: Target,
    conn: Option<Conn>,
    failed: Option<(Instant, StoreError)>,
    /// What waits for it and its fellows, where it serves reads.
    queue: Option<Receiver<Work>>,
    /// Whether the end of the last read has begun a transaction for the next.
    has_begun: bool,
}

impl Slot {
    pub(super) fn new(settings: &DbSettings, url: Option<String>) -> Self {
        let target = match &settings.source {
            Source::Sqlite(path) => {
                Target::Sqlite { path: path.clone(), durable: settings.durable, file: None }
            }
            Source::Postgres { primary, .. } => {
                Target::Postgres { url: url.unwrap_or_else(|| primary.clone()), fallback: None }
            }
        };
        Self { target, conn: None, failed: None, queue: None, has_begun: false }
    }

    /// Reads go to the primary while a replica is out of reach.
    pub(super) fn fall_back_to(&mut self, primary: &str) {
        if let Target::Postgres { fallback, .. } = &mut self.target {
            *fallback = Some(Fallback { primary: primary.to_owned(), detour: None });
        }
    }

    fn connect(&mut self) -> crate::Result<()> {
        self.has_begun = false;
        if let Some((at, error)) = &self.failed
            && at.elapsed() < PAUSE
        {
            return Err(error.clone());
        }
        let made = match &mut self.target {
            Target::Sqlite { path, durable, file } => conn::sqlite(path, *durable, false).inspect(|_| {
                *file = std::fs::metadata(&path).ok().map(|m| (m.dev(), m.ino()));
            }),
            Target::Postgres { url, fallback } => match (conn::postgres(url), fallback) {
                (Err(_), Some(fallback)) => {
                    fallback.detour = Some(Detour::new());
                    conn::postgres(&fallback.primary)
                }
                (made, fallback) => {
                    if let Some(fallback) = fallback {
                        fallback.detour = None;
                    }
                    made
                }
            },
        };
        match made {
            Ok(conn) => {
                self.conn = Some(conn);
                self.failed = None;
                Ok(())
            }
            Err(error) => {
                self.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// SQLite goes on reading and writing a file that was removed or replaced: nobody would ever see those writes.
    fn drop_if_vanished(&mut self) {
        if let Target::Sqlite { path, file: Some(file), .. } = &self.target {
            let now = std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
            if now != Some(*file) {
                self.conn = None;
            }
        }
    }

    /// Leaves the primary for the replica, once it is back.
    fn end_detour(&mut self) {
        if let Target::Postgres { url, fallback: Some(Fallback { detour, .. }) } = &mut self.target
            && let Some(conn) = detour.as_mut().and_then(|d| d.end(url))
        {
            *detour = None;
            self.conn = Some(conn);
        }
    }

    /// A connection with an open transaction. A connection that died while idle shows here, and is made anew once.
    fn begin(&mut self, write: bool) -> crate::Result<&mut Conn> {
        let start = |conn: &mut Conn| match conn {
            Conn::Pg(_) if write => conn.batch_execute(BEGIN_ALONE),
            _ if write => BeginWrite.execute(conn).map(drop),
            _ => BeginRead.execute(conn).map(drop),
        };
        if std::mem::take(&mut self.has_begun) && !write {
            return self.conn.as_mut().ok_or_else(|| StoreError::Unavailable("no connection".into()));
        }
        self.drop_if_vanished();
        self.end_detour();
        if let Some(conn) = &mut self.conn {
            match start(conn) {
                Ok(()) => {}
                Err(error) => {
                    let error = StoreError::from(error);
                    if matches!(error, StoreError::Busy(_)) {
                        // PostgreSQL has begun, and then waited for its turn in vain.
                        self.rollback();
                        return Err(error);
                    }
                    self.conn = None;
                }
            }
        }
        if self.conn.is_none() {
            self.connect()?;
            let begun = self.conn.as_mut().map(start);
            if let Some(Err(error)) = begun {
                self.conn = None;
                return Err(error.into());
            }
        }
        self.conn.as_mut().ok_or_else(|| StoreError::Unavailable("no connection".into()))
    }

    pub(super) fn begin_write(&mut self) -> crate::Result<&mut Conn> {
        self.begin(true)
    }

    /// Ends a transaction that came to nothing; a connection that cannot even do that is given up.
    pub(super) fn rollback(&mut self) {
        if let Some(conn) = &mut self.conn
            && Rollback.execute(conn).is_err()
        {
            self.conn = None;
        }
    }

    /// Whether there is a connection, and to a file that is still there.
    pub(super) fn is_connected(&mut self) -> bool {
        self.drop_if_vanished();
        self.conn.is_some()
    }

    /// Commits what was written; `tells` where the log has new lines.
    pub(super) fn commit(&mut self, tells: bool) -> crate::Result<()> {
        let conn = self.conn.as_mut().ok_or_else(|| StoreError::Unavailable("no connection".into()))?;
        match conn {
            Conn::Pg(conn) if tells => conn.batch_execute(TELL_AND_COMMIT)?,
            conn => drop(Commit.execute(conn)?),
        }
        Ok(())
    }

    pub(super) fn forget(&mut self) {
        self.conn = None;
        self.has_begun = false;
    }

    /// Reads on one snapshot. `answer` is given what `f` answers, and by how many statements. Where more reads wait on PostgreSQL,
    /// it is given that first, and the way to the server that ends the transaction begins the next one: a read has nothing to
    /// lose by how its transaction ends.
    pub(super) fn read<T, E: TxError>(
        &mut self,
        f: impl FnOnce(&mut Conn) -> Result<T, E>,
        answer: impl FnOnce(Result<T, E>, u32),
    ) {
        let conn = match self.begin(false) {
            Ok(conn) => conn,
            Err(error) => return answer(Err(error.into()), conn::take_count()),
        };
        conn::take_count();
        let found = f(conn);
        let count = conn::take_count();
        let Some(conn) = &mut self.conn else { return answer(found, count) };
        let more = found.is_ok()
            && matches!(conn, Conn::Pg(_))
            && self.queue.as_ref().is_some_and(|queue| !queue.is_empty());
        let ended = if more {
            answer(found, count);
            CommitAndBegin.execute(conn)
        } else {
            let ended = if found.is_ok() { Commit.execute(conn) } else { Rollback.execute(conn) };
            answer(found, count);
            ended
        };
        self.has_begun = more && ended.is_ok();
        if ended.is_err() {
            self.conn = None;
        }
        conn::take_count();
    }

    /// Ends a transaction that was begun for a read which another has taken.
    fn end_idle(&mut self) {
        if std::mem::take(&mut self.has_begun)
            && let Some(conn) = &mut self.conn
            && Commit.execute(conn).is_err()
        {
            self.conn = None;
        }
    }

    pub(super) fn raw<T>(&mut self, f: impl FnOnce(&mut Conn) -> crate::Result<T>) -> crate::Result<T> {
        self.end_idle();
        self.drop_if_vanished();
        if self.conn.is_none() {
            self.connect()?;
        }
        let conn = self.conn.as_mut().ok_or_else(|| StoreError::Unavailable("no connection".into()))?;
        let answer = f(conn);
        if answer.as_ref().is_err_and(StoreError::breaks_connection) {
            self.conn = None;
        }
        answer
    }
}

/// Work for a connection.
pub(super) type Work = Box<dyn FnOnce(&mut Slot) + Send>;

/// Puts `work` into a queue that may be full.
pub(super) fn enqueue<T>(queue: &Sender<T>, work: T) -> crate::Result<()> {
    queue.try_send(work).map_err(|e| match e {
        TrySendError::Full(_) => StoreError::Busy("too many requests are waiting".into()),
        TrySendError::Disconnected(_) => StoreError::Unavailable("shutting down".into()),
    })
}

/// Starts a thread that serves one slot until the queue's senders are gone.
pub(super) fn spawn(
    name: String,
    mut slot: Slot,
    mut serve: impl FnMut(&mut Slot) -> bool + Send + 'static,
) -> crate::Result<()> {
    std::thread::Builder::new()
        .name(name)
        .spawn(move || {
            loop {
                // A panic costs its own request an answer, not the lane a thread.
                match catch_unwind(AssertUnwindSafe(|| serve(&mut slot))) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(_) => slot.forget(),
                }
            }
        })
        .map(drop)
        .map_err(|e| StoreError::Unavailable(format!("cannot start a thread: {e}")))
}

/// Reader threads and their queue.
pub(super) struct Lane {
    queue: Sender<Work>,
}

impl Lane {
    pub(super) fn start(slots: Vec<(String, Slot)>, bound: usize) -> crate::Result<Self> {
        let (queue, work): (Sender<Work>, Receiver<Work>) = bounded(bound.max(1));
        for (name, mut slot) in slots {
            let work = work.clone();
            slot.queue = Some(work.clone());
            spawn(name, slot, move |slot| {
                let job = work.try_recv().or_else(|_| {
                    slot.end_idle();
                    work.recv()
                });
                job.map(|job| job(slot)).is_ok()
            })?;
        }
        Ok(Self { queue })
    }

    pub(super) fn submit(&self, work: Work) -> crate::Result<()> {
        enqueue(&self.queue, work)
    }
}
