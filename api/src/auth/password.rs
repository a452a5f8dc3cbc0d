//! Passwords: Argon2id (RFC 9106) in PHC strings, and the pool of threads that hashing runs on.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization as _;

use super::secret::{NoEntropy, random_bytes};
pub use super::strength::{MAX_CHARACTERS, MIN_CHARACTERS, Weakness, check_strength};

/// No password that passed [`check_strength`] is longer, in bytes. A longer text is wrong without being hashed.
const MAX_BYTES: usize = 4096;
/// Stored hashes may come from elsewhere. One that asks for more than this would be an attack on the server's memory.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// 19 MiB, two passes, one lane: the OWASP recommendation; about 15 ms of a core.
    #[must_use]
    pub const fn standard() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }

    /// The least that Argon2 can do, so that tests do not wait. Never for real accounts.
    #[must_use]
    pub const fn for_tests() -> Self {
        Self { memory_kib: 8, passes: 1, lanes: 1 }
    }

    fn hasher(self) -> Result<Argon2<'static>, HashError> {
        let params =
            Params::new(self.memory_kib, self.passes, self.lanes, None).map_err(|_| HashError::Unusable)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// Why a password cannot be hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Longer than any password that [`check_strength`] lets pass.
    #[error("the password is too long")]
    TooLong,
    /// Argon2 refused: a defect.
    #[error("the password could not be hashed")]
    Unusable,
    /// The operating system gave no randomness for the salt.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

/// The form in which a password is hashed and counted: NFKC, so that one keyboard's "é" is another's (NIST SP 800-63B,
/// section 5.1.1.2).
pub(super) fn normalise(password: &str) -> String {
    password.nfkc().collect()
}

/// Hashes a password, with a new salt, into a PHC string. Takes the time that `cost` says: use [`PasswordPool`] in a server.
///
/// # Errors
/// [`HashError`]; nothing that a password which passed [`check_strength`] can cause.
pub fn hash(password: &str, cost: Cost) -> Result<String, HashError> {
    hash_with_salt(password, cost, &random_bytes()?)
}

fn hash_with_salt(password: &str, cost: Cost, salt: &[u8; 16]) -> Result<String, HashError> {
    if password.len() > MAX_BYTES {
        return Err(HashError::TooLong);
    }
    let salt = SaltString::encode_b64(salt).map_err(|_| HashError::Unusable)?;
    let hash = cost.hasher()?.hash_password(normalise(password).as_bytes(), &salt);
    Ok(hash.map_err(|_| HashError::Unusable)?.to_string())
}

/// Whether the password is the one that was hashed. A hash that cannot be read, is not Argon2id, or asks for an absurd
/// amount of work matches nothing. The comparison takes constant time.
#[must_use]
pub fn verify(password: &str, phc: &str) -> bool {
    if password.len() > MAX_BYTES {
        return false;
    }
    let Some((parsed, _)) = read(phc) else { return false };
    Argon2::default().verify_password(normalise(password).as_bytes(), &parsed).is_ok()
}

/// Does the work of [`verify`] for an account that there is not, so that the time of the answer does not tell. Never matches.
#[must_use]
pub fn verify_dummy(password: &str, cost: Cost) -> bool {
    // The result is thrown away, but only after it was computed.
    let _ = black_box(hash_with_salt(password, cost, &[0; 16]));
    false
}

/// Whether a hash that just matched should be made anew, since it was made with another cost (or cannot be read).
#[must_use]
pub fn needs_rehash(phc: &str, cost: Cost) -> bool {
    read(phc).is_none_or(|(_, made_with)| made_with != cost)
}

fn read(phc: &str) -> Option<(PasswordHash<'_>, Cost)> {
    let hash = PasswordHash::new(phc).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm).ok()?;
    if algorithm != Algorithm::Argon2id || hash.version != Some(Version::V0x13.into()) {
        return None;
    }
    if hash.hash.map(|output| output.len()) != Some(Params::DEFAULT_OUTPUT_LEN) {
        return None;
    }
    let params = Params::try_from(&hash).ok()?;
    let cost = Cost { memory_kib: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() };
    let sane = cost.memory_kib <= MAX_MEMORY_KIB && cost.passes <= MAX_PASSES && cost.lanes <= MAX_LANES;
    sane.then_some((hash, cost))
}

/// Why the pool did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// Too many are waiting already: 503, to be tried again after [`PoolError::RETRY_AFTER_SECONDS`].
    #[error("too many passwords are being checked at once")]
    Busy,
    /// The work was lost: a defect.
    #[error("the password pool lost a job")]
    Lost,
    /// The password cannot be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
}

impl PoolError {
    /// A full queue is worked off within about a second.
    pub const RETRY_AFTER_SECONDS: u32 = 1;
}

type Job = Box<dyn FnOnce() + Send>;

/// How many may wait for each thread: with the standard cost, half a second's work.
const QUEUE_PER_THREAD: usize = 32;

/// A few threads of their own for hashing, with a short queue before them. However many try to log in, the rest of the
/// server keeps its cores, and the memory that hashing takes (19 MiB each) is bounded. Cheap to clone; the threads end with
/// the last clone.
#[derive(Clone)]
pub struct PasswordPool {
    jobs: SyncSender<Job>,
    cost: Cost,
}

impl std::fmt::Debug for PasswordPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordPool").field("cost", &self.cost).finish_non_exhaustive()
    }
}

impl PasswordPool {
    /// A pool for this machine: half of its cores, at least one.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(cost: Cost) -> std::io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = (cores / 2).max(1);
        Self::with_threads(cost, threads, threads * QUEUE_PER_THREAD)
    }

    /// A pool of so many threads and so many places in the queue.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn with_threads(cost: Cost, threads: usize, queue: usize) -> std::io::Result<Self> {
        let (jobs, receiver) = sync_channel::<Job>(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for n in 0..threads.max(1) {
            let receiver = receiver.clone();
            thread::Builder::new().name(format!("password-{n}")).spawn(move || work(&receiver))?;
        }
        Ok(Self { jobs, cost })
    }

    /// The cost of new hashes.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// [`hash`] on the pool.
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn hash(&self, password: String) -> Result<String, PoolError> {
        let cost = self.cost;
        Ok(self.run(move || hash(&password, cost)).await??)
    }

    /// [`verify`] on the pool, or [`verify_dummy`] where there is no such account and so no hash: the same time, and `false`.
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn verify(&self, password: String, phc: Option<String>) -> Result<bool, PoolError> {
        let cost = self.cost;
        self.run(move || match phc {
            Some(phc) => verify(&password, &phc),
            None => verify_dummy(&password, cost),
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> Result<T, PoolError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            // Whoever waited may have hung up meanwhile.
            if !answer.is_closed() {
                // An answer that nobody waits for any more is no fault.
                let _ = answer.send(f());
            }
        });
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => PoolError::Busy,
            TrySendError::Disconnected(_) => PoolError::Lost,
        })?;
        answered.await.map_err(|_| PoolError::Lost)
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A job that panics drops its answer, which its caller notices; the thread lives on.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::task::{Context, Waker};

    use super::*;

    const COST: Cost = Cost::for_tests();

    #[test]
    fn the_standard_cost_is_that_of_rfc_9106_with_19_mib() {
        let phc = hash("correct horse battery staple", Cost::standard()).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify("correct horse battery staple", &phc));
        assert!(!verify("correct horse battery stapler", &phc));
    }

    #[test]
    fn a_hash_of_another_argon2id_verifies() {
        // phc-winner-argon2's own test vector: `test(0x13, 2, 8, 1, "password", "somesalt", …)` for Argon2id.
        let phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(verify("password", phc));
        assert!(!verify("Password", phc));
    }

    #[test]
    fn each_hash_has_its_own_salt() {
        assert_ne!(hash("correct horse", COST).unwrap(), hash("correct horse", COST).unwrap());
    }

    #[test]
    fn a_password_is_the_same_however_its_accents_were_typed() {
        let phc = hash("cafe\u{301} au lait", COST).unwrap();
        assert!(verify("caf\u{e9} au lait", &phc));
        assert!(!verify("cafe au lait", &phc));
    }

    #[test]
    fn a_hash_that_is_unreadable_foreign_or_absurd_matches_nothing() {
        let good = hash("correct horse", COST).unwrap();
        let absurd = good.replace("m=8,", "m=4194304,");
        let argon2i = good.replace("argon2id", "argon2i");
        let old = good.replace("v=19", "v=16");
        for phc in [
            "",
            "correct horse",
            "$argon2id$",
            "$2y$10$abcdefghijklmnopqrstuv",
            &absurd,
            &argon2i,
            &old,
            &good[..good.len() - 4],
        ] {
            assert!(!verify("correct horse", phc), "{phc}");
            assert!(needs_rehash(phc, COST), "{phc}");
        }
    }

    #[test]
    fn an_unknown_account_never_matches() {
        assert!(!verify_dummy("correct horse", COST));
        assert!(!verify_dummy(&"x".repeat(10_000), COST));
    }

    #[test]
    fn an_endless_password_is_refused_before_it_is_hashed() {
        let phc = hash("correct horse", COST).unwrap();
        assert_eq!(hash(&"x".repeat(MAX_BYTES + 1), COST), Err(HashError::TooLong));
        assert!(!verify(&"x".repeat(MAX_BYTES + 1), &phc));
        assert!(hash(&"x".repeat(MAX_BYTES), COST).is_ok());
    }

    #[test]
    fn a_hash_is_made_anew_when_the_cost_changes() {
        let phc = hash("correct horse", COST).unwrap();
        assert!(!needs_rehash(&phc, COST));
        assert!(needs_rehash(&phc, Cost::standard()));
    }

    #[tokio::test]
    async fn the_pool_hashes_and_verifies() {
        let pool = PasswordPool::with_threads(COST, 2, 8).unwrap();
        let phc = pool.hash("correct horse".into()).await.unwrap();
        assert_eq!(pool.verify("correct horse".into(), Some(phc.clone())).await, Ok(true));
        assert_eq!(pool.verify("wrong horse".into(), Some(phc)).await, Ok(false));
        assert_eq!(pool.verify("correct horse".into(), None).await, Ok(false));
        let long = pool.hash("x".repeat(MAX_BYTES + 1)).await;
        assert_eq!(long, Err(PoolError::Hash(HashError::TooLong)));
    }

    /// Keeps the pool's only thread busy until the returned sender is used or dropped.
    fn occupy(pool: &PasswordPool) -> std::sync::mpsc::Sender<()> {
        let (started, has_started) = channel();
        let (release, released) = channel::<()>();
        pool.jobs
            .send(Box::new(move || {
                started.send(()).unwrap();
                let _ = released.recv();
            }))
            .unwrap();
        has_started.recv().unwrap();
        release
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once_and_recovers() {
        let pool = PasswordPool::with_threads(COST, 1, 1).unwrap();
        let release = occupy(&pool);
        pool.jobs.try_send(Box::new(|| ())).unwrap();
        assert_eq!(pool.hash("correct horse".into()).await, Err(PoolError::Busy));
        release.send(()).unwrap();
        let last = occupy(&pool);
        drop(last);
        assert!(pool.verify("correct horse".into(), None).await.is_ok());
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_is_not_done() {
        let pool = PasswordPool::with_threads(COST, 1, 4).unwrap();
        let release = occupy(&pool);
        let (ran, has_run) = channel();
        let mut abandoned = Box::pin(pool.run(move || ran.send(()).unwrap()));
        assert!(abandoned.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(abandoned);
        release.send(()).unwrap();
        drop(occupy(&pool));
        assert!(has_run.recv().is_err(), "the job was dropped unrun");
    }

    #[tokio::test]
    async fn a_panicking_job_does_not_take_the_pool_with_it() {
        let pool = PasswordPool::with_threads(COST, 1, 4).unwrap();
        let lost: Result<(), _> = pool.run(|| std::panic::resume_unwind(Box::new("lost"))).await;
        assert_eq!(lost, Err(PoolError::Lost));
        assert!(pool.hash("correct horse".into()).await.is_ok());
    }
}
