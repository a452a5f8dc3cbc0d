//! First answers to requests that bear an `Idempotency-Key`, kept for their retries.

use diesel::prelude::*;

use crate::db::Conn;
use crate::tables::idempotency_keys;
use crate::types::{Json, Timestamp};

/// What is kept of a request. `status` is there once it was answered.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys)]
#[diesel(treat_none_as_default_value = false)]
pub struct IdempotencyRow {
    /// SHA-256 of caller and key.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub request_hash: String,
    /// The answer's status.
    pub status: Option<i32>,
    /// The answer's headers worth keeping: a list of pairs.
    pub headers: Json,
    /// The answer's body.
    pub body: Vec<u8>,
    /// When it came.
    pub created_at: Timestamp,
    /// Until when it is kept.
    pub expires_at: Timestamp,
}

/// What is kept under a key.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, key: &str) -> crate::Result<Option<IdempotencyRow>> {
    Ok(idempotency_keys::table
        .filter(idempotency_keys::key.eq(key))
        .select(IdempotencyRow::as_select())
        .first(conn)
        .optional()?)
}

/// Keeps a row, in the place of any that stood there.
///
/// # Errors
/// When the database fails.
pub fn put(conn: &mut Conn, row: &IdempotencyRow) -> crate::Result<()> {
    forget(conn, &row.key)?;
    diesel::insert_into(idempotency_keys::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// Forgets a key.
///
/// # Errors
/// When the database fails.
pub fn forget(conn: &mut Conn, key: &str) -> crate::Result<()> {
    diesel::delete(idempotency_keys::table.filter(idempotency_keys::key.eq(key))).execute(conn)?;
    Ok(())
}
