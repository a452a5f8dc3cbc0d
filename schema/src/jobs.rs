//! Work for later. Any number of instances look here; each piece is done by exactly one of them at a time.
//!
//! Whoever claims a job holds it for a short lease, and renews that as long as it works; when the lease runs out (the instance
//! died), another may claim it. Each
//! claim counts as an attempt, so that a job that takes its instance down with it is not tried for ever. A job that
//! has used up its attempts stays, with its last error, until [`crate::maintenance`] removes it.

use diesel::prelude::*;

use crate::db::Conn;
use crate::tables::jobs;
use crate::types::{Id, Json, Timestamp};
use crate::values::JobKind;

/// How often a job is tried.
pub const MAX_ATTEMPTS: i32 = 5;

/// Longest error that is kept, in characters.
const ERROR_LENGTH: usize = 500;

/// A job.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = jobs)]
#[diesel(treat_none_as_default_value = false)]
pub struct JobRow {
    /// Its id.
    pub id: Id,
    /// What is to be done: the word of a [`JobKind`], or of one that a newer version knows.
    pub kind: String,
    /// To what.
    pub payload: Json,
    /// Not before this moment.
    pub run_at: Timestamp,
    /// How often it was claimed; one more than [`MAX_ATTEMPTS`] when it has been given up.
    pub attempts: i32,
    /// Until when an instance holds it.
    pub locked_until: Option<Timestamp>,
    /// Why it failed the last time.
    pub last_error: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

impl JobRow {
    /// A job that nobody has tried yet.
    #[must_use]
    pub fn new(id: Id, kind: JobKind, payload: Json, run_at: Timestamp, now: Timestamp) -> Self {
        Self {
            id,
            kind: kind.to_string(),
            payload,
            run_at,
            attempts: 0,
            locked_until: None,
            last_error: None,
            created_at: now,
        }
    }

    /// Whether this claim is the last that the job gets.
    #[must_use]
    pub fn is_last_attempt(&self) -> bool {
        self.attempts >= MAX_ATTEMPTS
    }

    /// Whether its last attempt ended without a word, so that nothing is left but to give it up.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.attempts > MAX_ATTEMPTS
    }
}

/// Adds a job, in the transaction whose consequence it is.
///
/// # Errors
/// When the database fails.
pub fn enqueue(conn: &mut Conn, job: &JobRow) -> crate::Result<()> {
    diesel::insert_into(jobs::table).values(job.clone()).execute(conn)?;
    Ok(())
}

/// Adds a job unless there is one with its id: what every instance does at start with jobs that come back.
///
/// # Errors
/// When the database fails.
pub fn ensure(conn: &mut Conn, job: &JobRow) -> crate::Result<bool> {
    let found: Option<Id> =
        jobs::table.filter(jobs::id.eq(job.id)).select(jobs::id).first(conn).optional()?;
    if found.is_none() {
        enqueue(conn, job)?;
    }
    Ok(found.is_none())
}

/// Claims the job that has been due the longest, until `until`. `None` when nothing is due that is not held.
///
/// # Errors
/// When the database fails.
pub fn claim(conn: &mut Conn, now: Timestamp, until: Timestamp) -> crate::Result<Option<JobRow>> {
    let next: Option<Id> = jobs::table
        .filter(jobs::run_at.le(now))
        .filter(jobs::attempts.le(MAX_ATTEMPTS))
        .filter(jobs::locked_until.is_null().or(jobs::locked_until.le(now)))
        .order((jobs::run_at.asc(), jobs::id.asc()))
        .select(jobs::id)
        .first(conn)
        .optional()?;
    let Some(id) = next else { return Ok(None) };
    // The conditions stand here once more, so that the claim holds by itself, whatever the isolation.
    Ok(diesel::update(
        jobs::table
            .filter(jobs::id.eq(id))
            .filter(jobs::attempts.le(MAX_ATTEMPTS))
            .filter(jobs::locked_until.is_null().or(jobs::locked_until.le(now))),
    )
    .set((jobs::locked_until.eq(Some(until)), jobs::attempts.eq(jobs::attempts + 1)))
    .returning(jobs::all_columns)
    .get_result(conn)
    .optional()?)
}

/// Goes on holding a job until `until`: whoever works on it says so from time to time. False where another has claimed it.
///
/// # Errors
/// When the database fails.
pub fn renew(conn: &mut Conn, job: &JobRow, until: Timestamp) -> crate::Result<bool> {
    let renewed =
        diesel::update(jobs::table.filter(jobs::id.eq(job.id)).filter(jobs::attempts.eq(job.attempts)))
            .set(jobs::locked_until.eq(Some(until)))
            .execute(conn)?;
    Ok(renewed > 0)
}

/// Frees every job that is held, and answers how many: for a process that knows that no other works on this database, so that
/// whoever held them has died.
///
/// # Errors
/// When the database fails.
pub fn free_all(conn: &mut Conn) -> crate::Result<usize> {
    Ok(diesel::update(jobs::table.filter(jobs::locked_until.is_not_null()))
        .set(jobs::locked_until.eq(None::<Timestamp>))
        .execute(conn)?)
}

/// Removes a job that was done. One whose lease ran out and that another has claimed is left to the other.
///
/// # Errors
/// When the database fails.
pub fn complete(conn: &mut Conn, job: &JobRow) -> crate::Result<()> {
    diesel::delete(jobs::table.filter(jobs::id.eq(job.id)).filter(jobs::attempts.eq(job.attempts)))
        .execute(conn)?;
    Ok(())
}

/// Lets go of a job that failed, to be tried again at `run_at`.
///
/// # Errors
/// When the database fails.
pub fn retry(conn: &mut Conn, job: &JobRow, run_at: Timestamp, error: &str) -> crate::Result<()> {
    let error: String = error.chars().take(ERROR_LENGTH).collect();
    diesel::update(jobs::table.filter(jobs::id.eq(job.id)).filter(jobs::attempts.eq(job.attempts)))
        .set((
            jobs::run_at.eq(run_at),
            jobs::locked_until.eq(None::<Timestamp>),
            jobs::last_error.eq(Some(error)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Lets go of a job that will not be tried again. It stays to be looked at.
///
/// # Errors
/// When the database fails.
pub fn give_up(conn: &mut Conn, job: &JobRow, error: &str) -> crate::Result<()> {
    let error: String = error.chars().take(ERROR_LENGTH).collect();
    diesel::update(jobs::table.filter(jobs::id.eq(job.id)).filter(jobs::attempts.eq(job.attempts)))
        .set((
            jobs::attempts.eq(MAX_ATTEMPTS + 1),
            jobs::locked_until.eq(None::<Timestamp>),
            jobs::last_error.eq(Some(error)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Lets go of a job that comes back: its next turn is at `run_at`, with all its attempts. `error` tells how this
/// turn failed, if it did.
///
/// # Errors
/// When the database fails.
pub fn come_back(conn: &mut Conn, job: &JobRow, run_at: Timestamp, error: Option<&str>) -> crate::Result<()> {
    let error: Option<String> = error.map(|e| e.chars().take(ERROR_LENGTH).collect());
    diesel::update(jobs::table.filter(jobs::id.eq(job.id)).filter(jobs::attempts.eq(job.attempts)))
        .set((
            jobs::run_at.eq(run_at),
            jobs::attempts.eq(0),
            jobs::locked_until.eq(None::<Timestamp>),
            jobs::last_error.eq(error),
        ))
        .execute(conn)?;
    Ok(())
}

/// When the next job is due that nobody holds; in the past where one is overdue.
///
/// # Errors
/// When the database fails.
pub fn next_run_at(conn: &mut Conn, now: Timestamp) -> crate::Result<Option<Timestamp>> {
    Ok(jobs::table
        .filter(jobs::attempts.le(MAX_ATTEMPTS))
        .filter(jobs::locked_until.is_null().or(jobs::locked_until.le(now)))
        .order((jobs::run_at.asc(), jobs::id.asc()))
        .select(jobs::run_at)
        .first(conn)
        .optional()?)
}

/// The jobs that were given up, newest first, at most `limit`: for `doctor`.
///
/// # Errors
/// When the database fails.
pub fn given_up(conn: &mut Conn, limit: i64) -> crate::Result<Vec<JobRow>> {
    Ok(jobs::table
        .filter(jobs::attempts.gt(MAX_ATTEMPTS))
        .order((jobs::created_at.desc(), jobs::id.desc()))
        .limit(limit)
        .select(JobRow::as_select())
        .load(conn)?)
}

#[cfg(test)]
mod tests;
