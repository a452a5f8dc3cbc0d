//! What happens without a request: smaller widths of images, scheduled posts, clearing out.
//!
//! Work is asked for in the transaction whose consequence it is ([`pressroom_schema::jobs::enqueue`]), and done by a
//! [`Runner`] on whichever instance comes first. A runner looks when it is told ([`Bell`]), when something falls due,
//! and every few seconds, since other instances share the queue and the schedule.

mod runner;
mod work;

use std::sync::Arc;

use pressroom_schema::jobs::JobRow;
use pressroom_schema::{Id, Json, Timestamp};
use tokio::sync::{Notify, watch};

pub use runner::{Runner, RunnerHandle, run_due_once};

use crate::error::{Error, Result};

/// Between this instance's runner and those who have work for it: they ring, and may hear when something was done.
/// A clone is the same bell.
#[derive(Debug, Clone, Default)]
pub struct Bell {
    rung: Arc<Notify>,
    /// Jobs done; `None` where no runner runs.
    done: Arc<watch::Sender<Option<u64>>>,
}

impl Bell {
    /// Wakes the runner; one that is busy looks once more when it is done. Nothing happens where there is none.
    pub fn ring(&self) {
        self.rung.notify_one();
    }

    pub(crate) async fn rung(&self) {
        self.rung.notified().await;
    }

    /// The number of jobs that this instance's runner has done, which changes with each; `None` while there is no
    /// runner.
    pub(crate) fn done(&self) -> watch::Receiver<Option<u64>> {
        self.done.subscribe()
    }

    fn runs(&self, runs: bool) {
        self.done.send_replace(runs.then_some(0));
    }

    fn tell_done(&self) {
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
    fn kind(&self) -> &'static str {
        match self {
            Self::MakeVariants(_) => "make_variants",
            Self::RemoveObjects(_) => "remove_objects",
            Self::Cleanup => "cleanup",
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
    fn of(job: &JobRow) -> Result<Self> {
        let member = |name: &str| Json(job.payload.0.get(name).cloned().unwrap_or_default());
        Ok(match job.kind.as_str() {
            "make_variants" => Self::MakeVariants(member("media_id").to()?),
            "remove_objects" => Self::RemoveObjects(member("keys").to()?),
            "cleanup" => Self::Cleanup,
            // A newer version may share the database while it replaces this one.
            other => return Err(Error::internal(format!("this version does not know jobs of kind {other}"))),
        })
    }
}

#[cfg(test)]
mod tests;
