//! Keys that the server makes for itself.

use diesel::prelude::*;

use crate::db::Conn;
use crate::tables::secrets;

/// The key of this name.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, name: &str) -> crate::Result<Option<String>> {
    Ok(secrets::table.find(name).select(secrets::value).first(conn).optional()?)
}

/// Keeps a key, unless there is one of this name; answers the one that holds.
///
/// # Errors
/// When the database fails.
pub fn keep(conn: &mut Conn, name: &str, value: &str) -> crate::Result<String> {
    if let Some(known) = find(conn, name)? {
        return Ok(known);
    }
    diesel::insert_into(secrets::table)
        .values((secrets::name.eq(name), secrets::value.eq(value)))
        .execute(conn)?;
    Ok(value.to_owned())
}
