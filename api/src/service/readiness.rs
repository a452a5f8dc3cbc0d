//! Whether this instance can do its work.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use pressroom_schema::Timestamp;
use tokio::sync::Mutex;

use super::Svc;
use crate::error::{Error, Result};

/// How long an answer about the stores is kept, in seconds: looking writes a small object, and anybody may ask.
const KEPT_SECONDS: i64 = 10;
/// The same where something was wrong, so that it is soon seen when it is mended.
const KEPT_FAULT_SECONDS: i64 = 1;
/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(5);

const SILENT: Fault = Fault { detail: "The media store does not answer.", internal: String::new() };

/// What is known of the stores.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    kept: Mutex<Option<(Timestamp, Option<Fault>)>>,
    /// Whether a look is under way, which may hang as long as a disk does.
    looking: AtomicBool,
}

/// Why the work cannot be done: a sentence for everybody, and one for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    detail: &'static str,
    internal: String,
}

/// Whether the database answers, the media store takes and gives back an object, and their disks have room.
///
/// # Errors
/// `503` with what is wrong.
pub(crate) async fn check(svc: &Svc) -> Result<()> {
    svc.db.ping().await?;
    let mut kept = svc.readiness.kept.lock().await;
    let now = svc.now();
    let before = kept.take();
    let is_fresh = before.as_ref().is_some_and(|(at, fault)| {
        let seconds = if fault.is_some() { KEPT_FAULT_SECONDS } else { KEPT_SECONDS };
        // A clock that was set back must not keep it for longer.
        *at <= now && now < at.plus(TimeDelta::seconds(seconds))
    });
    let (at, fault) = match before {
        Some(before) if is_fresh => before,
        before => {
            let fault = look(svc).await;
            if let Some(fault) = &fault
                && before.is_none_or(|(_, before)| before.is_none_or(|before| before.detail != fault.detail))
            {
                tracing::warn!(why = fault.internal, "not ready: {}", fault.detail);
            }
            (svc.now(), fault)
        }
    };
    *kept = Some((at, fault.clone()));
    match fault {
        None => Ok(()),
        Some(fault) => Err(Error::full(fault.detail)),
    }
}

async fn look(svc: &Svc) -> Option<Fault> {
    if svc.readiness.looking.swap(true, Ordering::SeqCst) {
        return Some(SILENT);
    }
    let working = svc.clone();
    let looking = tokio::spawn(async move {
        let fault = stores(&working).await;
        working.readiness.looking.store(false, Ordering::SeqCst);
        fault
    });
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(Ok(fault)) => fault,
        Ok(Err(_)) | Err(_) => Some(SILENT),
    }
}

async fn stores(svc: &Svc) -> Option<Fault> {
    let (reserve, media) = (svc.config.disk_reserve, svc.media.folder().map(Path::to_owned));
    let database = svc.db.file().and_then(Path::parent).map(Path::to_owned);
    let full = tokio::task::spawn_blocking(move || {
        let database = short(database, reserve, "The disk of the database is full, or nearly so.");
        database.or_else(|| short(media, reserve, "The disk of the media folder is full, or nearly so."))
    });
    if let Some(fault) = full.await.unwrap_or_default() {
        return Some(fault);
    }
    let error = svc.media.check().await.err()?;
    Some(Fault { internal: error.to_string(), ..SILENT })
}

/// Whether less than `reserve` is free where a folder is. What cannot be asked is not known to be full.
fn short(folder: Option<PathBuf>, reserve: u64, detail: &'static str) -> Option<Fault> {
    let folder = folder?;
    let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    let disk = rustix::fs::statvfs(&folder).ok().filter(|disk| disk.f_blocks > 0)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    (free < reserve)
        .then(|| Fault { detail, internal: format!("{free} bytes are free at {}", folder.display()) })
}
