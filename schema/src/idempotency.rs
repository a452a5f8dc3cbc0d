//! First answers to requests that bear an `Idempotency-Key`, kept for their retries.

use diesel::dsl::{count_star, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use crate::db::Conn;
use crate::sql::text_in;
use crate::tables::idempotency_keys;
use crate::types::{Json, Timestamp};

/// What a row takes beside its body, about, in bytes.
pub const ROW_BYTES: u64 = 1024;

/// How many digits of a key stand for its caller.
pub const CALLER: usize = 32;

/// What is kept of a request. `status` is there once it was answered.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys)]
#[diesel(treat_none_as_default_value = false)]
pub struct IdempotencyRow {
    /// [`CALLER`] digits of a digest of the caller, then SHA-256 of caller and key, all in lower-case hexadecimal.
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

/// How many rows there are, and how many bytes their bodies have together: of one caller (the beginning of their keys), or of all.
///
/// # Errors
/// When the database fails.
pub fn sum(conn: &mut Conn, caller: Option<&str>) -> crate::Result<(u64, u64)> {
    let sums = (count_star(), length_sum());
    let (rows, bytes): (i64, Option<i64>) = match caller {
        Some(caller) => idempotency_keys::table
            .filter(idempotency_keys::key.between(caller.to_owned(), past(caller)))
            .select(sums)
            .first(conn)?,
        None => idempotency_keys::table.select(sums).first(conn)?,
    };
    Ok((u64::try_from(rows).unwrap_or(0), u64::try_from(bytes.unwrap_or(0)).unwrap_or(0)))
}

/// The oldest keys that were answered, of one caller or of all, each with the bytes of its body.
///
/// # Errors
/// When the database fails.
pub fn oldest(conn: &mut Conn, caller: Option<&str>, limit: i64) -> crate::Result<Vec<(String, u64)>> {
    let columns = (idempotency_keys::key, length());
    let answered = idempotency_keys::status.is_not_null();
    let order = (idempotency_keys::expires_at, idempotency_keys::key);
    let rows: Vec<(String, i64)> = match caller {
        Some(caller) => idempotency_keys::table
            .filter(answered)
            .filter(idempotency_keys::key.between(caller.to_owned(), past(caller)))
            .order(order)
            .limit(limit)
            .select(columns)
            .load(conn)?,
        None => {
            idempotency_keys::table.filter(answered).order(order).limit(limit).select(columns).load(conn)?
        }
    };
    Ok(rows.into_iter().map(|(key, bytes)| (key, u64::try_from(bytes).unwrap_or(0))).collect())
}

/// Forgets keys.
///
/// # Errors
/// When the database fails.
pub fn forget_all(conn: &mut Conn, keys: &[String]) -> crate::Result<usize> {
    Ok(diesel::delete(idempotency_keys::table.filter(text_in(idempotency_keys::key, keys))).execute(conn)?)
}

/// What comes after all keys of this caller, in any collation: keys are hexadecimal.
fn past(caller: &str) -> String {
    format!("{caller}g")
}

fn length() -> SqlLiteral<BigInt> {
    sql("CAST(length(body) AS BIGINT)")
}

fn length_sum() -> SqlLiteral<Nullable<BigInt>> {
    sql("CAST(sum(length(body)) AS BIGINT)")
}
