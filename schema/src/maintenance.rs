//! Clearing out what has run out, a little at a time, so that no write waits long behind it.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::db::Conn;
use crate::jobs::MAX_ATTEMPTS;
use crate::sql::{id_in, text_in};
use crate::tables::{comment_shingles, idempotency_keys, jobs, sessions, throttles};
use crate::types::{Id, Timestamp};

/// How long things are kept after they have run out, in hours: long enough for an answer that says so.
const GRACE_HOURS: i64 = 24;
/// How long counters of attempts and limits are kept after they began, in hours: they count for an hour at most, and then a block
/// may hold them.
const COUNTER_HOURS: i64 = 2;
/// How long jobs that were given up are kept, in days.
const DEAD_JOB_DAYS: i64 = 30;
/// How long texts of comments are known again, in days.
const SHINGLE_DAYS: i64 = 7;

/// How many rows of each kind were removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Refresh tokens.
    pub sessions: usize,
    /// Answers kept for retries.
    pub idempotency_keys: usize,
    /// Counters of failed logins and the like.
    pub throttles: usize,
    /// Jobs that were given up.
    pub jobs: usize,
    /// By what texts of comments were known again.
    pub shingles: usize,
}

impl Swept {
    /// Rows of all kinds.
    #[must_use]
    pub fn total(&self) -> usize {
        self.sessions + self.idempotency_keys + self.throttles + self.jobs + self.shingles
    }
}

/// Removes at most `limit` rows of each kind that ran out before `now`. Whoever calls it goes on until it removes
/// nothing more, each time in a transaction of its own.
///
/// # Errors
/// When the database fails.
pub fn sweep(conn: &mut Conn, now: Timestamp, limit: i64) -> crate::Result<Swept> {
    let recent = now.plus(TimeDelta::hours(-GRACE_HOURS));
    // Ids first, since neither a DELETE with a LIMIT nor one with a subquery on its own table is portable.
    let ids: Vec<Id> = sessions::table
        .filter(sessions::expires_at.lt(recent))
        .order(sessions::expires_at)
        .limit(limit)
        .select(sessions::id)
        .load(conn)?;
    let gone_sessions = if ids.is_empty() {
        0
    } else {
        diesel::delete(sessions::table.filter(id_in(sessions::id, &ids))).execute(conn)?
    };
    let keys: Vec<String> = idempotency_keys::table
        .filter(idempotency_keys::expires_at.lt(now))
        .order(idempotency_keys::expires_at)
        .limit(limit)
        .select(idempotency_keys::key)
        .load(conn)?;
    let gone_keys = if keys.is_empty() {
        0
    } else {
        diesel::delete(idempotency_keys::table.filter(text_in(idempotency_keys::key, &keys))).execute(conn)?
    };
    let keys: Vec<String> = throttles::table
        .filter(throttles::window_started_at.lt(now.plus(TimeDelta::hours(-COUNTER_HOURS))))
        .filter(throttles::blocked_until.is_null().or(throttles::blocked_until.lt(now)))
        .order(throttles::window_started_at)
        .limit(limit)
        .select(throttles::key)
        .load(conn)?;
    let gone_throttles = if keys.is_empty() {
        0
    } else {
        diesel::delete(throttles::table.filter(text_in(throttles::key, &keys))).execute(conn)?
    };
    let ids: Vec<Id> = jobs::table
        .filter(jobs::attempts.gt(MAX_ATTEMPTS))
        .filter(jobs::created_at.lt(now.plus(TimeDelta::days(-DEAD_JOB_DAYS))))
        .order(jobs::created_at)
        .limit(limit)
        .select(jobs::id)
        .load(conn)?;
    let gone_jobs = if ids.is_empty() {
        0
    } else {
        diesel::delete(jobs::table.filter(id_in(jobs::id, &ids))).execute(conn)?
    };
    let last: Option<Timestamp> = comment_shingles::table
        .filter(comment_shingles::created_at.lt(now.plus(TimeDelta::days(-SHINGLE_DAYS))))
        .order(comment_shingles::created_at)
        .limit(limit)
        .select(comment_shingles::created_at)
        .load(conn)?
        .pop();
    let gone_shingles = match last {
        Some(at) => diesel::delete(comment_shingles::table.filter(comment_shingles::created_at.le(at)))
            .execute(conn)?,
        None => 0,
    };
    Ok(Swept {
        sessions: gone_sessions,
        idempotency_keys: gone_keys,
        throttles: gone_throttles,
        jobs: gone_jobs,
        shingles: gone_shingles,
    })
}
