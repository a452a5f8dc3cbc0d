//! Following the log of changes: what this process and others write, in the order of their commits.

use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;
use diesel::RunQueryDsl;

use super::conn::Conn;
use super::lanes::{Slot, spawn};
use super::{Backend, Db};
use crate::changes::{self, ChangeRow};
use crate::sql::ListenChanges;

/// How often announcements are looked for: PostgreSQL's client reads them without waiting.
const TICK: Duration = Duration::from_millis(20);
/// How often the log is read though nothing was announced.
const READ: Duration = Duration::from_secs(1);
/// Lines read at a time.
const BATCH: i64 = 500;
/// A log that was out of reach for longer than this may have been pruned of what was missed.
const LONG_AGO: Duration = Duration::from_hours(1);

/// What a follower of the log hears.
#[derive(Debug)]
pub enum Heard<'a> {
    /// Lines of the log, oldest first.
    Changes(&'a [ChangeRow]),
    /// Everything that was committed before `asked` has been heard; the last line is `seq`.
    UpTo {
        /// The number of the last line.
        seq: i64,
        /// When the log was asked.
        asked: Instant,
    },
    /// Something may have been missed: anything may have changed.
    Gap,
}

struct Follow<F> {
    hear: F,
    /// The last line heard, once the log has been read.
    last: Option<i64>,
    read_at: Instant,
    connected: bool,
}

impl<F: FnMut(Heard<'_>)> Follow<F> {
    /// Whether the log is to be read now.
    fn is_due(&mut self, slot: &mut Slot, backend: Backend) -> bool {
        if !slot.is_connected() {
            // A file that was replaced has another log.
            if self.connected && backend == Backend::Sqlite {
                (self.hear)(Heard::Gap);
                self.last = None;
            }
            self.connected = false;
            return true;
        }
        let announced = slot.raw(|conn| match conn {
            Conn::Sqlite(_) => Ok(false),
            Conn::Pg(conn) => {
                let mut any = false;
                for notification in conn.notifications_iter() {
                    notification?;
                    any = true;
                }
                Ok(any)
            }
        });
        let Ok(announced) = announced else {
            slot.forget();
            self.connected = false;
            return true;
        };
        announced || self.read_at.elapsed() >= READ
    }

    /// Reads the log to its end.
    fn read(&mut self, slot: &mut Slot) -> crate::Result<()> {
        let listens = self.connected;
        let asked = Instant::now();
        let last = self.last;
        // The whole of what is missing, before anything of it is told.
        let (rows, newest) = slot.raw(|conn| {
            if !listens && matches!(conn, Conn::Pg(_)) {
                // Before the log is read: what is committed after that is announced.
                ListenChanges.execute(conn)?;
            }
            let newest = changes::newest(conn)?;
            let mut rows: Vec<ChangeRow> = Vec::new();
            if let Some(last) = last {
                let mut after = last;
                loop {
                    let more = changes::after(conn, after, BATCH)?;
                    let Some(end) = more.last() else { break };
                    after = end.seq;
                    rows.extend(more);
                }
            }
            Ok((rows, newest))
        })?;
        let missed = asked.duration_since(self.read_at) > LONG_AGO || last.is_some_and(|last| newest < last);
        if missed {
            (self.hear)(Heard::Gap);
        } else if !rows.is_empty() {
            (self.hear)(Heard::Changes(&rows));
        }
        let seq = rows.last().map_or(newest, |row| row.seq.max(newest));
        self.last = Some(seq);
        self.connected = true;
        self.read_at = Instant::now();
        (self.hear)(Heard::UpTo { seq, asked });
        Ok(())
    }
}

impl Db {
    /// Tells `hear`, on a thread of its own that ends with the database's last clone, of everything that is written from
    /// now on, by this process and others. PostgreSQL is listened to; SQLite's log is read every second.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn follow(&self, hear: impl FnMut(Heard<'_>) + Send + 'static) -> crate::Result<()> {
        let backend = self.backend();
        let slot = Slot::new(&self.0.settings, None);
        let ended = self.0.ended.1.clone();
        let mut follow = Follow { hear, last: None, read_at: Instant::now(), connected: false };
        let mut pause = Duration::ZERO;
        spawn("follow".to_owned(), slot, move |slot| {
            if ended.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
                return false;
            }
            pause = if backend == Backend::Sqlite { READ } else { TICK };
            if follow.is_due(slot, backend) && follow.read(slot).is_err() {
                slot.forget();
                follow.connected = false;
            }
            true
        })
    }
}
