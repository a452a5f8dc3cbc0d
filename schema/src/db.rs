//! The database behind everything: which one, its connections, and the two ways to use it, [`Db::read`] and
//! [`Db::write`].
//!
//! Connections live on threads of their own behind bounded queues, so that a slow statement never holds up the
//! web workers, and a flood of requests is answered "busy" rather than queued without end. One thread writes and
//! commits waiting writes together; on PostgreSQL the writers of all instances take turns.

mod conn;
mod follow;
mod lanes;
mod serving;
mod writer;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::oneshot;

pub use conn::{Conn, MultiBackend, private_folder};
pub(crate) use conn::{immediate, without_time_limits};
pub use follow::Heard;
use lanes::{Lane, Slot};
pub use serving::Serving;
use writer::{Typed, WriteLane};

use crate::changes::{Actor, Change};
use crate::error::StoreError;
use crate::keys::Key;
use crate::types::Id;
use crate::values::{ChangeAction, ObjectType};

tokio::task_local! {
    /// How many statements the present task's reads and writes have run; a request's middleware sets it up.
    pub static STATEMENTS: Cell<u32>;
}

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The embedded one.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// Where the content is kept, by `DATABASE_URL` and `DATABASE_REPLICA_URLS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    Sqlite(PathBuf),
    /// A primary, and replicas that may serve what the public reads.
    Postgres {
        /// `postgres://…`
        primary: String,
        /// `postgres://…`, any number.
        replicas: Vec<String>,
    },
}

impl Source {
    /// Chooses by the URL's scheme and refuses all others, so that a slip of the pen cannot make an empty database.
    ///
    /// # Errors
    /// A sentence that says which form is wanted.
    pub fn parse(url: &str, replicas: &[String]) -> std::result::Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            if !replicas.is_empty() {
                return Err(
                    "DATABASE_REPLICA_URLS needs a PostgreSQL DATABASE_URL; SQLite has no replicas".into()
                );
            }
            let path = path.split('?').next().unwrap_or_default();
            if path.is_empty() {
                return Err("DATABASE_URL names no file; write sqlite://data/pressroom.db".into());
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        let postgres = |u: &str| u.starts_with("postgres://") || u.starts_with("postgresql://");
        if !postgres(url) {
            return Err(
                "DATABASE_URL must begin with sqlite:// (sqlite://data/pressroom.db) or postgres:// (postgres://user:password@host/name)"
                    .into(),
            );
        }
        if let Some(odd) = replicas.iter().position(|u| !postgres(u)) {
            return Err(format!("DATABASE_REPLICA_URLS: entry {} does not begin with postgres://", odd + 1));
        }
        Ok(Self::Postgres { primary: url.to_owned(), replicas: replicas.to_vec() })
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres { .. } => Backend::Postgres,
        }
    }
}

/// How many connections, how long the queues, how durable.
#[derive(Debug, Clone)]
pub struct DbSettings {
    /// Where.
    pub source: Source,
    /// Connections that serve ordinary reads.
    pub readers: usize,
    /// Requests that may wait for a connection of a lane before further ones are answered "busy".
    pub queue: usize,
    /// SQLite only: whether an acknowledged write survives a power cut (`synchronous=FULL`) or only a crash of
    /// the process (`NORMAL`).
    pub durable: bool,
}

/// Who reads, which decides what may serve it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// What the public sees: a replica will do.
    Replica,
    /// A caller who may have just written: the primary.
    Primary,
    /// Search, exports, reports: a lane of its own, so that they do not hold up the rest.
    Slow,
}

/// What a transaction's closure may fail with.
pub trait TxError: From<StoreError> + Send + 'static {
    /// Whether the transaction is to be run again since it could not be put in an order with others.
    fn is_conflict(&self) -> bool;
}

impl TxError for StoreError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict)
    }
}

/// A write in progress: its connection, who writes, and what it has changed so far.
pub struct Tx<'a> {
    /// The connection, inside the transaction.
    pub conn: &'a mut Conn,
    /// Who writes, when, and in which request.
    pub actor: &'a Actor,
    changes: Vec<Change>,
}

impl Tx<'_> {
    /// Notes a change for the log; it is appended when the transaction ends well. `keys` names what public
    /// answers may depend on (`post:…`, `posts`, `author:…`, …).
    pub fn record(
        &mut self,
        object_type: ObjectType,
        object_id: Id,
        action: ChangeAction,
        version: i64,
        keys: Vec<Key>,
    ) {
        self.changes.push(Change { object_type, object_id, action, version, keys, seq: 0 });
    }
}

type Listener = Box<dyn Fn(&[Change]) + Send + Sync>;

/// Who is told of commits.
#[derive(Clone, Default)]
struct Listeners(Arc<RwLock<Vec<Listener>>>);

impl Listeners {
    fn tell(&self, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        for listener in self.0.read().unwrap_or_else(PoisonError::into_inner).iter() {
            listener(changes);
        }
    }
}

struct Inner {
    settings: DbSettings,
    replica: Lane,
    primary: Option<Lane>,
    slow: Lane,
    write: WriteLane,
    listeners: Listeners,
    /// Nothing is ever sent: followers see it end.
    ended: (Sender<()>, Receiver<()>),
}

/// The database. Cheap to clone; its threads end with the last clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

impl Db {
    /// Starts the lanes. Connections are made when first needed, but for SQLite's file, which is made here.
    ///
    /// # Errors
    /// When SQLite's file or its folder cannot be made or opened, or no thread can be started.
    pub fn open(settings: DbSettings) -> crate::Result<Self> {
        let listeners = Listeners::default();
        let slots = |name: &str, count: usize, urls: &[String]| {
            (0..count.max(1))
                .map(|n| {
                    let url = urls.get(n % urls.len().max(1)).cloned();
                    (format!("{name}-{n}"), Slot::new(&settings, url))
                })
                .collect::<Vec<_>>()
        };
        let (replica, primary, slow) = match &settings.source {
            Source::Sqlite(path) => {
                conn::create_sqlite(path, settings.durable)?;
                (slots("read", settings.readers, &[]), None, slots("slow", 2, &[]))
            }
            Source::Postgres { primary, replicas } => {
                let own = std::slice::from_ref(primary);
                let (public, fresh) = if replicas.is_empty() {
                    (slots("read", settings.readers, own), None)
                } else {
                    let mut public = slots("read", settings.readers.max(replicas.len()), replicas);
                    for (_, slot) in &mut public {
                        slot.fall_back_to(primary);
                    }
                    (public, Some(slots("fresh", settings.readers, own)))
                };
                (public, fresh, slots("slow", 2, own))
            }
        };
        Ok(Self(Arc::new(Inner {
            replica: Lane::start(replica, settings.queue)?,
            primary: primary.map(|slots| Lane::start(slots, settings.queue)).transpose()?,
            slow: Lane::start(slow, settings.queue)?,
            write: WriteLane::start(&settings, &listeners)?,
            listeners,
            ended: crossbeam_channel::bounded(1),
            settings,
        })))
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.0.settings.source.backend()
    }

    /// Says that this process serves the database, for as long as the answer is kept.
    pub fn serve(&self) -> Serving {
        match &self.0.settings.source {
            Source::Sqlite(path) => serving::begin(path),
            Source::Postgres { .. } => Serving::Shared,
        }
    }

    /// SQLite's file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.0.settings.source {
            Source::Sqlite(path) => Some(path),
            Source::Postgres { .. } => None,
        }
    }

    /// Is told of every committed write's changes, after the commit and before the writer's answer; and of those of a
    /// commit that failed, since whether it did is not always known. The listener runs on a writer's thread: it must be
    /// quick.
    pub fn on_commit(&self, listener: impl Fn(&[Change]) + Send + Sync + 'static) {
        self.0.listeners.0.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    /// Runs `f` on one consistent snapshot.
    ///
    /// # Errors
    /// What `f` answers, or [`StoreError::Busy`] and [`StoreError::Unavailable`].
    pub async fn read<T, E, F>(&self, freshness: Freshness, f: F) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnOnce(&mut Conn) -> std::result::Result<T, E> + Send + 'static,
    {
        let lane = match (freshness, &self.0.primary) {
            (Freshness::Slow, _) => &self.0.slow,
            (Freshness::Primary, Some(primary)) => primary,
            _ => &self.0.replica,
        };
        let (send, receive) = oneshot::channel();
        lane.submit(Box::new(move |slot| {
            slot.read(f, |answer, count| drop(send.send((answer, count))));
        }))?;
        let (answer, count) = receive.await.map_err(|_| lost())?;
        add_statements(count);
        answer
    }

    /// Whether a read that begins now is of the primary.
    #[must_use]
    pub fn reads_primary(&self, freshness: Freshness) -> bool {
        let has_replicas = self.0.primary.is_some();
        !has_replicas || freshness == Freshness::Primary
    }

    /// Runs `f` in one transaction that is durable when this answers, together with its lines of the log. `f` may
    /// be run more than once, so that it must do nothing but SQL.
    ///
    /// # Errors
    /// What `f` answers (nothing is written then), or [`StoreError::Busy`] and [`StoreError::Unavailable`].
    pub async fn write<T, E, F>(&self, actor: Actor, f: F) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    {
        let (send, receive) = oneshot::channel();
        self.0.write.submit(Box::new(Typed::new(actor, f, send)))?;
        let (answer, count) = receive.await.map_err(|_| lost())?;
        add_statements(count);
        answer
    }

    /// Runs `f` on a writer's connection outside any transaction: migrations, `VACUUM`, checks.
    ///
    /// # Errors
    /// What `f` answers, or that there is no connection.
    pub async fn raw<T, F>(&self, f: F) -> crate::Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> crate::Result<T> + Send + 'static,
    {
        let (send, receive) = oneshot::channel();
        self.0.write.submit_raw(Box::new(move |slot| {
            let _ = send.send(slot.raw(f));
        }))?;
        receive.await.map_err(|_| lost())?
    }

    /// How many runs of writes ended well since the database was opened, and how many could not be put in an order with others.
    #[must_use]
    pub fn runs_of_writes(&self) -> (u64, u64) {
        self.0.write.runs()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> crate::Result<()> {
        use diesel::RunQueryDsl;
        self.read(Freshness::Primary, |c| crate::sql::Ping.execute(c).map(drop).map_err(StoreError::from))
            .await
    }
}

fn lost() -> StoreError {
    StoreError::Internal("the work ended without an answer".into())
}

fn add_statements(count: u32) {
    let _ = STATEMENTS.try_with(|total| total.set(total.get() + count));
}

/// How many seconds the database's clock is ahead of this machine's; 0 for SQLite, which has none of its own.
///
/// # Errors
/// When the database fails.
pub fn clock_skew_seconds(conn: &mut Conn) -> crate::Result<i64> {
    use diesel::prelude::*;
    match conn {
        Conn::Sqlite(_) => Ok(0),
        Conn::Pg(c) => {
            let there: i64 = diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(
                "CAST(extract(epoch FROM clock_timestamp()) AS bigint)",
            ))
            .get_result(c)?;
            let here = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
            Ok(there - here)
        }
    }
}
