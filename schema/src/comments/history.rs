//! What is known about a sender when a comment is judged.

use diesel::prelude::*;

use super::APPROVED;
use crate::db::Conn;
use crate::tables::comments;
use crate::types::{Id, Timestamp};

/// Who sends which text.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The guest's address, as it is compared.
    pub email_key: Option<&'a str>,
    /// The network address.
    pub ip: Option<&'a str>,
    /// What texts that say the same have in common.
    pub text_hash: &'a str,
    /// A comment that does not count: the one that is edited.
    pub except: Option<Id>,
}

/// What came before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// Comments of this address that were approved.
    pub approved: i64,
    /// Comments that say the same.
    pub same_text: i64,
    /// Comments from this network address.
    pub same_source: i64,
}

/// What came before: the same text since `texts_since`, the same source since `source_since`.
///
/// # Errors
/// When the database fails.
pub fn history(
    conn: &mut Conn,
    sender: &Sender<'_>,
    texts_since: Timestamp,
    source_since: Timestamp,
) -> crate::Result<History> {
    let except = sender.except.unwrap_or(Id::NIL);
    let approved = match sender.email_key {
        Some(key) => comments::table
            .filter(comments::author_email_key.eq(key))
            .filter(comments::status.eq(APPROVED))
            .filter(comments::id.ne(except))
            .count()
            .get_result(conn)?,
        None => 0,
    };
    let same_text = comments::table
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
    Ok(History { approved, same_text, same_source })
}

/// Whether this sender, by account or address, has said the same under this post since `since`.
///
/// # Errors
/// When the database fails.
pub fn is_repeated(
    conn: &mut Conn,
    post: Id,
    user: Option<Id>,
    sender: &Sender<'_>,
    since: Timestamp,
) -> crate::Result<bool> {
    let earlier: Vec<(Option<Id>, Option<String>)> = comments::table
        .filter(comments::text_hash.eq(sender.text_hash))
        .filter(comments::created_at.ge(since))
        .filter(comments::post_id.eq(post))
        .select((comments::user_id, comments::author_email_key))
        .load(conn)?;
    Ok(earlier.iter().any(|(by, email)| match user {
        Some(_) => *by == user,
        None => by.is_none() && email.is_some() && email.as_deref() == sender.email_key,
    }))
}
