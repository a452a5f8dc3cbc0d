//! Limits of rate, shared by the instances: who has done too much of something waits, whichever instance they ask.
//!
//! What an account or address has used of a quota is one row in the database. An instance takes a tenth of the quota from it at a
//! time and counts that down in memory, so that a whole quota costs ten small writes and a refusal none; between them the instances
//! never give more than the quota. Reads must not become writes because many ask a little: of their quotas each instance gives a
//! quarter before it asks at all. What is in memory is bounded; what is lost from there is a share of one quota.

use std::cell::RefCell;
use std::convert::Infallible;
use std::sync::Arc;

use pressroom_schema::db::STATEMENTS;
use pressroom_schema::{Timestamp, accounts};
use quick_cache::sync::Cache;
use tokio::sync::Mutex;

use super::Service;
use crate::auth::keys::leeway;
use crate::auth::limit::{Class, Limit, Window};
use crate::auth::throttle;
use crate::auth::viewer::{Viewer, Who};
use crate::error::{Error, LimitMet, Result};

/// Accounts and addresses of which an instance remembers what they have left; each takes some 300 bytes.
const REMEMBERED: usize = 50_000;

tokio::task_local! {
    /// What the present request has left of the limits that it counts for. Its middleware sets it up.
    pub(crate) static LEFT: RefCell<Vec<Left>>;
}

/// What a caller has left of a quota.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left {
    pub(crate) class: Class,
    pub(crate) limit: Limit,
    /// Operations.
    pub(crate) operations: u32,
    /// Until the quota is whole again.
    pub(crate) seconds: u32,
}

/// What one account or address has left, as far as this instance knows.
#[derive(Debug, Clone, Copy)]
struct Share {
    /// Operations that this instance may still give.
    here: u32,
    /// Operations that the others may have left.
    beyond: u32,
    /// Operations that were given without asking and are to be counted.
    owed: u32,
    /// Whether this window was asked for.
    asked: bool,
    ends_at: Timestamp,
}

impl Share {
    fn begin(class: Class, limit: Limit, now: Timestamp) -> Self {
        let here = if class.counts_reads() { limit.free() } else { 0 };
        let beyond = limit.quota.saturating_sub(here);
        Self { here, beyond, owed: 0, asked: false, ends_at: now.plus(limit.window()) }
    }

    /// Whether it is of the present window. One that ends later than any that begins now is of a clock that was ahead.
    fn holds(&self, limit: Limit, now: Timestamp) -> bool {
        self.ends_at > now && self.ends_at <= now.plus(limit.window()).plus(leeway())
    }

    fn give(&mut self) -> bool {
        if self.here == 0 {
            return false;
        }
        self.here -= 1;
        self.owed += u32::from(!self.asked);
        true
    }
}

/// What this instance remembers.
pub(crate) struct Rates(Cache<String, Arc<Mutex<Option<Share>>>>);

impl Default for Rates {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

/// How an account, known by `id`, is counted.
pub(crate) fn account(id: &str) -> String {
    format!("account:{id}")
}

/// How an address is counted: of IPv6 by the network that one caller usually has.
pub(crate) fn address(ip: Option<&str>) -> String {
    format!("address:{}", throttle::address(ip))
}

impl Service {
    /// Counts an operation of the caller: of an account wherever it comes from, of others by their address.
    ///
    /// # Errors
    /// 429 when there were too many of its class.
    pub(crate) async fn admit(&self, viewer: &Viewer, class: Class) -> Result<()> {
        let subject = match &viewer.who {
            Who::System => return Ok(()),
            Who::User(user) => account(&user.user_id.to_string()),
            Who::Anonymous | Who::Preview(_) | Who::Guest(_) => address(viewer.ip.as_deref()),
        };
        self.admit_as(&subject, class).await
    }

    /// The same for a subject of one's own: see [`account`] and [`address`].
    ///
    /// # Errors
    /// 429 when there were too many of its class.
    pub(crate) async fn admit_as(&self, subject: &str, class: Class) -> Result<()> {
        let limit = self.config.limit(class);
        if !self.config.rate_limits.is_on() || !limit.is_on() {
            return Ok(());
        }
        let key = format!("limit:{}:{subject}", class.as_str());
        let Ok(entry) = self.rates.0.get_or_insert_with(&key, || Ok::<_, Infallible>(Arc::default()));
        // Whoever comes meanwhile waits for the answer instead of asking too.
        let mut share = entry.lock().await;
        let now = self.now();
        let mut known =
            share.filter(|share| share.holds(limit, now)).unwrap_or_else(|| Share::begin(class, limit, now));
        if known.here == 0 && (known.beyond > 0 || !known.asked) {
            match self.ask(key, limit, known.owed).await {
                Ok(share) => known = share,
                // A read is answered though its database takes no writes just now.
                Err(_) if class.counts_reads() => known.here = 1,
                Err(error) => return Err(error),
            }
        }
        let is_given = known.give();
        *share = Some(known);
        drop(share);
        let left = known.ends_at.utc().signed_duration_since(now.utc());
        let seconds = throttle::retry_after_seconds(left);
        tell(Left { class, limit, operations: known.here + known.beyond, seconds });
        if is_given { Ok(()) } else { Err(refusal(class, limit, seconds)) }
    }

    /// Takes a share of a quota from what all instances have of it.
    async fn ask(&self, key: String, limit: Limit, owed: u32) -> Result<Share> {
        let asked = self.write_for_itself(move |tx| {
            let stored = accounts::throttle(tx.conn, &key)?.map(|(used, began_at, _)| Window {
                used: u32::try_from(used).unwrap_or(0),
                began_at: began_at.utc(),
            });
            let mut window = Window::at(stored, limit, tx.actor.now.utc());
            let here = window.take(limit, owed, limit.share());
            if stored != Some(window) {
                let used = i32::try_from(window.used).unwrap_or(i32::MAX);
                accounts::set_throttle(tx.conn, &key, (used, Timestamp::new(window.began_at), None))?;
            }
            Ok((here, window))
        });
        // It is no part of what the request's own work takes.
        let (here, window) = STATEMENTS.scope(std::cell::Cell::new(0), asked).await?;
        Ok(Share {
            here,
            beyond: limit.quota.saturating_sub(window.used),
            owed: 0,
            asked: true,
            ends_at: Timestamp::new(window.began_at).plus(limit.window()),
        })
    }
}

/// Notes what is left for the answer's headers: of a class that is counted by more than one subject, the least.
fn tell(left: Left) {
    let _ = LEFT.try_with(|all| {
        let mut all = all.borrow_mut();
        match all.iter_mut().find(|known| known.class == left.class) {
            Some(known) if known.operations <= left.operations => {}
            Some(known) => *known = left,
            None => all.push(left),
        }
    });
}

fn refusal(class: Class, limit: Limit, seconds: u32) -> Error {
    let Limit { quota, seconds: window } = limit;
    let (about, setting) = (class.about(), class.setting());
    Error::rate_limited(
        LimitMet {
            name: class.as_str(),
            setting,
            quota,
            window_seconds: window,
            retry_after_seconds: seconds,
        },
        format!(
            "Too many {about}: at most {quota} in {window} seconds, by the setting {setting}. Try again in {seconds} seconds."
        ),
    )
}
