//! The append-only log that every write joins in its own transaction: what changed, who did it, when, and to
//! which version. Caches, webhooks, feeds of changes and the audit trail read it; there is no second mechanism.

use diesel::prelude::*;

use crate::db::Conn;
use crate::keys::Key;
use crate::tables::changes;
use crate::types::{Id, Json, Timestamp};
use crate::values::{ActorKind, ChangeAction, ObjectType};

/// Who writes, when, and in which request.
#[derive(Debug, Clone)]
pub struct Actor {
    /// What kind of caller.
    pub kind: ActorKind,
    /// The account, where there is one.
    pub user_id: Option<Id>,
    /// The request's id, as in `X-Request-Id`.
    pub request_id: String,
    /// The time that every row of this write bears.
    pub now: Timestamp,
}

/// One line of the log, before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of object.
    pub object_type: ObjectType,
    /// Which one.
    pub object_id: Id,
    /// What happened.
    pub action: ChangeAction,
    /// The object's version after the change.
    pub version: i64,
    /// Names of what public answers may depend on and this change touched: the `Surrogate-Key` vocabulary.
    pub keys: Vec<Key>,
    /// Its number in the log; 0 until it is appended.
    pub seq: i64,
}

/// A line of the log as it stands. Its words are texts: a newer version that shares the database may write some that this one does
/// not know.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = changes)]
pub struct ChangeRow {
    /// Rises with every commit.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What kind of object.
    pub object_type: String,
    /// Which one.
    pub object_id: Id,
    /// What happened.
    pub action: String,
    /// The object's version afterwards.
    pub version: i64,
    /// The account, where there was one.
    pub actor_id: Option<Id>,
    /// `guest`, `user` or `system`.
    pub actor_kind: String,
    /// The request that did it.
    pub request_id: String,
    /// What public answers it touched.
    pub keys: Json,
}

/// Appends `pending`, at the end of the transaction that they describe. Their numbers are in the order of commits, since one writes
/// at a time.
pub(crate) fn append(conn: &mut Conn, actor: &Actor, pending: &mut [Change]) -> crate::Result<()> {
    for change in pending {
        change.seq = diesel::insert_into(changes::table)
            .values((
                changes::at.eq(actor.now),
                changes::object_type.eq(change.object_type),
                changes::object_id.eq(change.object_id),
                changes::action.eq(change.action),
                changes::version.eq(change.version),
                changes::actor_id.eq(actor.user_id),
                changes::actor_kind.eq(actor.kind),
                changes::request_id.eq(&actor.request_id),
                changes::keys.eq(Json::of(&change.keys)),
            ))
            .returning(changes::seq)
            .get_result(conn)?;
    }
    Ok(())
}

/// The log after `seq`, oldest first, at most `limit` lines.
///
/// # Errors
/// When the database fails.
pub fn after(conn: &mut Conn, seq: i64, limit: i64) -> crate::Result<Vec<ChangeRow>> {
    Ok(changes::table
        .filter(changes::seq.gt(seq))
        .order(changes::seq.asc())
        .limit(limit)
        .select(ChangeRow::as_select())
        .load(conn)?)
}

/// When the newest line was written, if there is one.
///
/// # Errors
/// When the database fails.
pub fn newest_at(conn: &mut Conn) -> crate::Result<Option<Timestamp>> {
    Ok(changes::table.select(changes::at).order(changes::seq.desc()).first(conn).optional()?)
}

/// The number of the newest line, 0 while there is none.
///
/// # Errors
/// When the database fails.
pub fn newest(conn: &mut Conn) -> crate::Result<i64> {
    Ok(changes::table.select(changes::seq).order(changes::seq.desc()).first(conn).optional()?.unwrap_or(0))
}
