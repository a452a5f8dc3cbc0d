//! Every use case, once: rights, rules, one transaction. REST and GraphQL are thin faces of these functions.
//!
//! A use case takes the [`Service`], the [`Viewer`] who asks, and its input. What several use cases or both faces load
//! together are synchronous functions on a connection, so that a whole page is read in one transaction.

pub mod accounts;
pub mod authors;
pub(crate) mod check;
pub mod comments;
pub mod feeds;
pub(crate) mod idempotency;
pub(crate) mod limits;
pub mod links;
pub mod media;
pub(crate) mod parts;
pub mod posts;
pub(crate) mod present;
pub(crate) mod rates;
pub(crate) mod readiness;
pub mod related;
pub mod search;
pub mod site;
pub(crate) mod slugs;
pub mod social;
pub mod tags;
pub(crate) mod tasks;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use tasks::Notifier;

use pressroom_schema::db::Freshness;
use pressroom_schema::{Actor, ActorKind, Conn, Db, Id, ObjectType, Slug, Timestamp, Tx};
use tokio::sync::{Semaphore, watch};

use crate::auth::limit::Class;
use crate::auth::password::Cost;
use crate::auth::policy::{self, Action, Decision, Target};
use crate::auth::viewer::{Viewer, Who};
use crate::clock::Clock;
use crate::config::Config;
use crate::cpu::CpuPool;
use crate::error::{Code, Error, Result};
use crate::freshness::{Read, Reader, Tracker};

/// What every use case needs. Shared by all workers.
pub struct Service {
    /// The settings.
    pub config: Config,
    /// The time and new ids.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// Where texts are rendered, compared and judged.
    pub cpu: CpuPool,
    /// Where passwords are hashed.
    pub passwords: accounts::PasswordPool,
    /// The signing keys.
    pub(crate) keys: accounts::Keys,
    /// Where images are kept.
    pub media: crate::media::MediaStore,
    /// What is known of the stores' readiness.
    pub(crate) readiness: Arc<readiness::Readiness>,
    /// Where images are decoded.
    pub images: crate::media::ImageWork,
    /// What is known of the room for retries.
    pub(crate) retries: Arc<idempotency::Since>,
    /// Tells this instance's job runner that there is work.
    pub jobs: Notifier,
    /// What accounts and addresses have left of the limits of rate.
    pub(crate) rates: Arc<rates::Rates>,
    /// What holds since when, of what was read.
    pub(crate) freshness: Arc<Tracker>,
    /// Places for what takes long of the database.
    slow: Arc<Semaphore>,
}

/// Searches, exports and the like that are answered or wait at one time: each of them holds what it reads.
const SLOW_READS: usize = 64;
/// One that has waited for so long is refused.
const SLOW_WAIT: Duration = Duration::from_secs(5);

/// A handle to the service.
pub type Svc = Arc<Service>;

impl Service {
    /// Opens the stores. Nothing is read or written yet.
    ///
    /// # Errors
    /// When a setting is wrong or SQLite's file cannot be made.
    pub fn open(config: Config, clock: Clock) -> Result<Self> {
        let settings = config.db_settings().map_err(Error::internal)?;
        let cost = if config.weak_passwords { Cost::for_tests() } else { Cost::standard() };
        let passwords = accounts::PasswordPool::start(cost).map_err(|e| Error::internal(e.to_string()))?;
        let db = Db::open(settings)?;
        Ok(Self {
            freshness: Arc::new(Tracker::open(config.cache_bytes, &db)),
            db,
            cpu: CpuPool::start(config.cpu_threads)?,
            media: Self::media_store(&config)?,
            images: crate::media::ImageWork::new(config.image_bytes),
            retries: Arc::default(),
            rates: Arc::default(),
            readiness: Arc::default(),
            jobs: Notifier::default(),
            clock,
            passwords,
            keys: accounts::Keys::default(),
            slow: Arc::new(Semaphore::new(SLOW_READS)),
            config,
        })
    }

    /// The same stores under another clock: how the demo publication gets its past.
    pub(crate) fn with_clock(&self, clock: Clock) -> Self {
        Self {
            config: self.config.clone(),
            clock,
            db: self.db.clone(),
            cpu: self.cpu.clone(),
            passwords: self.passwords.clone(),
            keys: accounts::Keys::default(),
            media: self.media.clone(),
            images: self.images.clone(),
            retries: Arc::clone(&self.retries),
            rates: Arc::clone(&self.rates),
            readiness: Arc::clone(&self.readiness),
            jobs: self.jobs.clone(),
            freshness: Arc::clone(&self.freshness),
            slow: Arc::clone(&self.slow),
        }
    }

    /// Makes ready what needs the schema: signing keys, the first admin.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prepare(self: &Arc<Self>) -> Result<()> {
        for kid in accounts::load_keys(self).await? {
            tracing::warn!(kid, "a stored signing key cannot be read; what it signed is not good");
        }
        let (email, password) = (&self.config.admin_email, &self.config.admin_password);
        if !email.is_empty()
            && !password.is_empty()
            && accounts::create_first_admin(self, email, password).await?
        {
            tracing::info!(email, "made the first admin");
        }
        Ok(())
    }

    /// Begins to hear of what other instances and commands write: what is kept, and the signing keys, follow it.
    pub(crate) async fn follow(self: &Arc<Self>) -> Result<()> {
        let (signal, heard) = watch::channel(());
        self.freshness
            .follow(&self.db, move |objects| {
                // Where something may have been missed, it may have been that.
                if objects.is_none_or(|kinds| kinds.contains(&ObjectType::SigningKey.as_str())) {
                    signal.send_replace(());
                }
            })
            .await?;
        tokio::spawn(accounts::follow_keys(Arc::downgrade(self), heard));
        Ok(())
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Reads on one snapshot. Callers who signed in may have just written: they read from the primary.
    ///
    /// # Errors
    /// What `f` answers, or that the database is busy or out of reach.
    pub async fn read<T, F>(&self, viewer: &Viewer, f: F) -> Result<Read<T>>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>) -> Result<T> + Send + 'static,
    {
        let freshness = freshness_for(viewer);
        // What is kept may be older than what a caller who signed in has just written through another instance. The version is
        // taken before the transaction begins: what is committed later must not be taken for read.
        let keeps = viewer.is_anybody() && self.db.reads_primary(freshness);
        let version = if keeps { self.freshness.version_for_parts() } else { None };
        self.db.read(freshness, move |conn| Reader::since(conn, version).run(f)).await
    }

    /// Reads what an answer shows that is for its caller alone, whatever it depends on.
    ///
    /// # Errors
    /// What `f` answers, or that the database is busy or out of reach.
    pub async fn read_private<T, F>(&self, viewer: &Viewer, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    {
        self.db.read(freshness_for(viewer), f).await
    }

    /// Reads what was written a moment ago as well, whoever asks: where the caller shows something that a write gave or ends.
    ///
    /// # Errors
    /// What `f` answers, or that the database is busy or out of reach.
    pub(crate) async fn read_newest<T, F>(&self, f: F) -> Result<Read<T>>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>) -> Result<T> + Send + 'static,
    {
        self.db.read(Freshness::Primary, |conn| Reader::new(conn).run(f)).await
    }

    /// Reads on one snapshot in the lane for what takes long, so that it does not hold up the rest.
    ///
    /// # Errors
    /// What `f` answers, 503 (`too_busy`) where too many such reads wait, or that the database is out of reach.
    pub async fn read_slow<T, F>(&self, f: F) -> Result<Read<T>>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader<'_>) -> Result<T> + Send + 'static,
    {
        let full =
            || Error::too_busy(2, "Too many searches are being answered at once. Try again in a moment.");
        let _place = self.slow.try_acquire().map_err(|_| full())?;
        let asked = Instant::now();
        self.db
            .read(Freshness::Slow, move |conn| {
                crate::cpu::give_way();
                if asked.elapsed() > SLOW_WAIT { Err(full()) } else { Reader::new(conn).run(f) }
            })
            .await
    }

    /// Writes in one transaction, which may be run more than once: `f` must do nothing but SQL. An account's writes are counted.
    ///
    /// # Errors
    /// What `f` answers, 429 after too many writes of the account, or that the database is busy or out of reach.
    pub async fn write<T, F>(&self, viewer: &Viewer, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        if let Who::User(_) = viewer.who {
            self.admit(viewer, Class::Writes).await?;
        }
        self.db.write(self.actor(viewer), f).await
    }

    /// Reads what the server must know before it can say who asks. It is on nobody's behalf: what comes of it is no answer.
    pub(crate) async fn read_for_itself<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    {
        self.db.read(Freshness::Primary, f).await
    }

    /// Writes what the server notes for itself: attempts, last uses, answers for retries, what texts were made into. No rule of rights
    /// is asked, so that nothing else belongs here.
    pub(crate) async fn write_for_itself<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let actor =
            Actor { kind: ActorKind::System, user_id: None, request_id: String::new(), now: self.now() };
        self.db.write(actor, f).await
    }

    /// Who writes, for the log.
    #[must_use]
    pub fn actor(&self, viewer: &Viewer) -> Actor {
        let (kind, user_id) = match &viewer.who {
            Who::Anonymous | Who::Preview(_) | Who::Guest(_) => (ActorKind::Guest, None),
            Who::User(user) => (ActorKind::User, Some(Id(user.user_id))),
            Who::System => (ActorKind::System, None),
        };
        Actor { kind, user_id, request_id: viewer.request_id.clone(), now: self.now() }
    }
}

/// What may serve a caller's reads.
fn freshness_for(viewer: &Viewer) -> Freshness {
    if viewer.is_anybody() && !viewer.is_kept { Freshness::Replica } else { Freshness::Primary }
}

/// The first line of a use case: refuses unless `viewer` may do `action` to `target`. `what` is a noun for "There is no such …".
///
/// # Errors
/// 401, 403, or 404 where the caller may not learn that the target exists.
pub fn require(viewer: &Viewer, action: Action, target: &Target<'_>, what: &str) -> Result<()> {
    match policy::may(viewer, action, target) {
        Decision::Allowed => Ok(()),
        Decision::Unauthenticated => Err(Error::new(
            Code::Unauthenticated,
            "Sign in first: send Authorization: Bearer with an access token or an API token.",
        )),
        Decision::Forbidden { needs } => {
            Err(Error::new(Code::Forbidden, format!("This is not allowed to you; it needs {needs}.")))
        }
        Decision::Hidden => Err(Error::not_found(what)),
    }
}

/// Whether `viewer` may do `action` to `target`.
#[must_use]
pub fn allowed(viewer: &Viewer, action: Action, target: &Target<'_>) -> bool {
    policy::may(viewer, action, target) == Decision::Allowed
}

/// What is found under a name: the thing, or the slug that it now has.
#[derive(Debug, Clone)]
pub enum Found<T> {
    /// The thing itself.
    Here(T),
    /// It was renamed; this is its present slug.
    Moved(Slug),
}

/// What `If-Match` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Any version, so long as the object exists.
    Any,
    /// One of these versions.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Refuses when the present version is not one that the caller named.
    ///
    /// # Errors
    /// [`Code::VersionMismatch`] with the present version.
    pub fn check(wanted: Option<&Self>, version: i64) -> Result<()> {
        match wanted {
            Some(Self::Versions(versions)) if !versions.contains(&version) => Err(Error::stale(version)),
            _ => Ok(()),
        }
    }
}

impl Viewer {
    /// Refuses callers who are not signed in, before anything of their request is read.
    ///
    /// # Errors
    /// 401.
    pub fn require_signed_in(&self) -> Result<()> {
        if self.is_signed_in() {
            Ok(())
        } else {
            Err(Error::new(
                Code::Unauthenticated,
                "Sign in first: send Authorization: Bearer with an access token or an API token.",
            ))
        }
    }
}
