//! Work that a use case leaves to be done after it: what can be asked for, and how the runner is told. It is asked for in the
//! transaction whose consequence it is ([`pressroom_schema::jobs::enqueue`]).

use std::sync::Arc;

use pressroom_schema::jobs::JobRow;
use pressroom_schema::{Id, JobKind, Json, Timestamp};
use tokio::sync::{Notify, watch};

use crate::error::{Error, Result};

/// Between this instance's runner and those who have work for it: they notify it, and may hear when something was done.
/// A clone is the same notifier.
#[derive(Debug, Clone, Default)]
pub struct Notifier {
    work: Arc<Notify>,
    /// Jobs done; `None` where no runner runs.
    done: Arc<watch::Sender<Option<u64>>>,
}

impl Notifier {
    /// Wakes the runner; one that is busy looks once more when it is done. Nothing happens where there is none.
    pub fn notify(&self) {
        self.work.notify_one();
    }

    /// Waits until there is work.
    pub(crate) async fn notified(&self) {
        self.work.notified().await;
    }

    /// The number of jobs that this instance's runner has done, which changes with each; `None` while there is no
    /// runner.
    pub(crate) fn done(&self) -> watch::Receiver<Option<u64>> {
        self.done.subscribe()
    }

    /// Notes that a runner has begun, or has ended.
    pub(crate) fn runs(&self, runs: bool) {
        self.done.send_replace(runs.then_some(0));
    }

    /// Notes that a job was done.
    pub(crate) fn tell_done(&self) {
        self.done.send_modify(|done| *done = done.map(|n| n + 1));
    }
}

/// Something that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    /// Makes the smaller widths of this file.
    MakeVariants(Id),
    /// Removes these objects from the media store, the original's key first, if no file needs them.
    RemoveObjects(Vec<String>),
    /// Removes what has run out, every hour.
    Cleanup,
}

impl Task {
    fn kind(&self) -> JobKind {
        match self {
            Self::MakeVariants(_) => JobKind::MakeVariants,
            Self::RemoveObjects(_) => JobKind::RemoveObjects,
            Self::Cleanup => JobKind::Cleanup,
        }
    }

    fn payload(&self) -> Json {
        Json(match self {
            Self::MakeVariants(id) => serde_json::json!({ "media_id": id }),
            Self::RemoveObjects(keys) => serde_json::json!({ "keys": keys }),
            Self::Cleanup => serde_json::json!({}),
        })
    }

    /// The row of this task, due at once.
    pub(crate) fn job(&self, id: Id, now: Timestamp) -> JobRow {
        JobRow::new(id, self.kind(), self.payload(), now, now)
    }

    /// What a row asks for.
    pub(crate) fn of(job: &JobRow) -> Result<Self> {
        let member = |name: &str| Json(job.payload.0.get(name).cloned().unwrap_or_default());
        // A newer version may share the database while it replaces this one.
        let kind = job.kind.parse::<JobKind>();
        Ok(match kind.map_err(|odd| Error::internal(format!("this version does not know it: {odd}")))? {
            JobKind::MakeVariants => Self::MakeVariants(member("media_id").to()?),
            JobKind::RemoveObjects => Self::RemoveObjects(member("keys").to()?),
            JobKind::Cleanup => Self::Cleanup,
        })
    }
}
