//! Uploaded files: rows and queries.

use diesel::prelude::*;

use crate::db::Conn;
use crate::sql::id_in;
use crate::tables::media;
use crate::types::{Id, Json, Timestamp};

/// An uploaded file.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = media)]
#[diesel(treat_none_as_default_value = false)]
pub struct MediaRow {
    /// Its id.
    pub id: Id,
    /// Media type, judged by content.
    pub mime: String,
    /// Bytes.
    pub byte_size: i64,
    /// Pixels across.
    pub width: i32,
    /// Pixels down.
    pub height: i32,
    /// What it shows.
    pub alt: String,
    /// A line under it.
    pub caption: Option<String>,
    /// Name under which it was uploaded.
    pub filename: String,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// Where the store has it.
    pub storage_key: String,
    /// Dominant colour, `#rrggbb`.
    pub color: Option<String>,
    /// Whether it moves.
    pub animated: bool,
    /// Smaller widths: a list of `{width, height, mime, key}`, smallest first.
    pub variants: Json,
    /// `processing`, `ready` or `failed`.
    pub state: String,
    /// The account that uploaded it.
    pub created_by: Option<Id>,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When its description last changed.
    pub updated_at: Timestamp,
    /// Rises with every change.
    pub version: i64,
}

/// The files with these ids, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn by_ids(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<MediaRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(media::table.filter(id_in(media::id, ids)).select(MediaRow::as_select()).load(conn)?)
}
