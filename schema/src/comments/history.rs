//! What is known about a sender when a comment is judged.

use diesel::prelude::*;

use super::shingles;
use crate::db::Conn;
use crate::tables::comments;
use crate::types::{Id, Timestamp};
use crate::values::{CommentStatus, EmailKey};

/// Who sends which text.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The guest's address, as it is compared.
    pub email_key: Option<&'a EmailKey>,
    /// SHA-256 of the guest's token, in hexadecimal.
    pub guest_hash: Option<&'a str>,
    /// What counts against it where it was taken for spam before.
    pub marks: &'a [String],
    /// The network address.
    pub ip: Option<&'a str>,
    /// What texts that say the same have in common.
    pub text_hash: &'a str,
    /// What texts that say nearly the same have in common.
    pub shingles: &'a [i64],
    /// A comment that does not count: the one that is edited.
    pub except: Option<Id>,
}

/// What came before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// Comments of this guest that were approved.
    pub approved: i64,
    /// Comments that moderators took for spam: of this guest, address or network, or with links to the same hosts.
    pub marked: i64,
    /// Comments that say the same, or nearly.
    pub same_text: i64,
    /// Comments from this network address.
    pub same_source: i64,
}

/// What came before: the same text since `texts_since`, the same source since `source_since`, marks of spam since `marks_since`.
///
/// # Errors
/// When the database fails.
pub fn history(
    conn: &mut Conn,
    sender: &Sender<'_>,
    texts_since: Timestamp,
    source_since: Timestamp,
    marks_since: Timestamp,
) -> crate::Result<History> {
    let except = sender.except.unwrap_or(Id::NIL);
    // An address can be guessed, and a name is public: a guest is who has the secret.
    let approved = match sender.guest_hash {
        Some(hash) => comments::table
            .filter(comments::guest_hash.eq(hash))
            .filter(comments::status.eq(CommentStatus::Approved))
            .filter(comments::id.ne(except))
            .count()
            .get_result(conn)?,
        None => 0,
    };
    let marked = super::marks::count(conn, sender.marks, except, marks_since)?;
    let same_text: i64 = comments::table
        .filter(comments::text_hash.eq(sender.text_hash))
        .filter(comments::created_at.ge(texts_since))
        .filter(comments::id.ne(except))
        .count()
        .get_result(conn)?;
    let same_source = match sender.ip {
        Some(ip) => comments::table
            .filter(comments::ip.eq(ip))
            .filter(comments::created_at.ge(source_since))
            .filter(comments::id.ne(except))
            .count()
            .get_result(conn)?,
        None => 0,
    };
    let alike = shingles::count_alike(conn, sender.shingles, texts_since, except)?;
    Ok(History { approved, marked, same_text: same_text.max(alike), same_source })
}

/// Whether this sender has said the same in this place since `since`: under the same post, in answer to the same comment. A guest is
/// known by the token or, where the answer with it was lost, by address and network together: an address alone would tell
/// strangers whose a comment is. What was removed meanwhile does not count.
///
/// # Errors
/// When the database fails.
pub fn is_repeated(
    conn: &mut Conn,
    (post, parent): (Id, Option<Id>),
    user: Option<Id>,
    sender: &Sender<'_>,
    since: Timestamp,
) -> crate::Result<bool> {
    let earlier: Vec<Earlier> = comments::table
        .filter(comments::text_hash.eq(sender.text_hash))
        .filter(comments::created_at.ge(since))
        .filter(comments::post_id.eq(post))
        .filter(comments::status.ne(CommentStatus::Trash))
        .select(Earlier::as_select())
        .load(conn)?;
    Ok(earlier.iter().filter(|row| row.parent_id == parent).any(|row| match user {
        Some(_) => row.user_id == user,
        None if row.user_id.is_some() => false,
        None => {
            let same_guest = row.guest_hash.is_some() && row.guest_hash.as_deref() == sender.guest_hash;
            let same_address = row.author_email_key.as_ref() == sender.email_key;
            same_guest || (same_address && row.ip.as_deref() == sender.ip)
        }
    }))
}

/// An earlier comment with the same text.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = comments)]
struct Earlier {
    parent_id: Option<Id>,
    user_id: Option<Id>,
    author_email_key: Option<EmailKey>,
    ip: Option<String>,
    guest_hash: Option<String>,
}
