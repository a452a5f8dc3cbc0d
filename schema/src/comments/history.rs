//! What is known about a sender when a comment is judged.

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::db::Conn;
use crate::tables::comments;
use crate::types::{Id, Timestamp};
use crate::values::{CommentStatus, EmailKey};

/// Who sends which text.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The guest's address, as it is compared.
    pub email_key: Option<&'a EmailKey>,
    /// The guest's name, as it was given.
    pub name: Option<&'a str>,
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
    /// Comments of this address and name that were approved.
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
    let approved = match (sender.email_key, sender.name) {
        (Some(key), Some(name)) => count_approved(conn, key, name, except)?,
        _ => 0,
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

/// How many comments of this guest were approved. An address can be guessed, and nobody is asked to prove it: it is a guest's only
/// together with the name.
fn count_approved(conn: &mut Conn, email_key: &EmailKey, name: &str, except: Id) -> crate::Result<i64> {
    // An address has a name or a few. They are compared here: not both databases know the case of every alphabet.
    let names: Vec<(String, i64)> = comments::table
        .filter(comments::author_email_key.eq(email_key))
        .filter(comments::status.eq(CommentStatus::Approved))
        .filter(comments::id.ne(except))
        .group_by(comments::author_name)
        .select((comments::author_name, count_star()))
        .load(conn)?;
    let wanted = name_key(name);
    Ok(names.iter().filter(|(name, _)| name_key(name) == wanted).map(|(_, count)| count).sum())
}

/// A name as it is compared.
fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Whether this sender, by account or address, has said the same in this place since `since`: under the same post, in answer to
/// the same comment. What was removed meanwhile does not count.
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
    let earlier: Vec<(Option<Id>, Option<Id>, Option<EmailKey>)> = comments::table
        .filter(comments::text_hash.eq(sender.text_hash))
        .filter(comments::created_at.ge(since))
        .filter(comments::post_id.eq(post))
        .filter(comments::status.ne(CommentStatus::Trash))
        .select((comments::parent_id, comments::user_id, comments::author_email_key))
        .load(conn)?;
    Ok(earlier.iter().filter(|(under, _, _)| *under == parent).any(|(_, by, email)| match user {
        Some(_) => *by == user,
        None => by.is_none() && email.is_some() && email.as_ref() == sender.email_key,
    }))
}
