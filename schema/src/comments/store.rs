//! Writing comments, with the counts that hang on them.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::CommentRow;
use super::counts::climb;
use super::shingles;
use crate::db::Conn;
use crate::site;
use crate::tables::{comments, posts};
use crate::types::{Id, Json, Timestamp};
use crate::values::{CommentStatus, EmailKey, Total};

/// A comment to be added. Its place in the thread and its counts follow from its parent and its state.
#[derive(Debug, Clone)]
pub struct NewComment {
    /// Its id.
    pub id: Id,
    /// The post.
    pub post_id: Id,
    /// State.
    pub status: CommentStatus,
    /// When it was written.
    pub created_at: Timestamp,
    /// The account that wrote it.
    pub user_id: Option<Id>,
    /// That account's profile.
    pub author_id: Option<Id>,
    /// The name given.
    pub author_name: String,
    /// The site given.
    pub author_url: Option<String>,
    /// The address given.
    pub author_email: Option<String>,
    /// The address as it is compared.
    pub author_email_key: Option<EmailKey>,
    /// The sender's network address.
    pub ip: Option<String>,
    /// What the sender's program called itself.
    pub user_agent: Option<String>,
    /// SHA-256 of the edit token, in hexadecimal.
    pub edit_hash: Option<String>,
    /// SHA-256 of the guest's token, in hexadecimal.
    pub guest_hash: Option<String>,
    /// Until when its writer may edit it.
    pub editable_until: Option<Timestamp>,
    /// The text and its judgement.
    pub text: Text,
}

/// A comment's text and what the spam judge thought of it.
#[derive(Debug, Clone)]
pub struct Text {
    /// Rendered and sanitised.
    pub html: String,
    /// As written, in Markdown.
    pub source: String,
    /// What texts that say the same have in common.
    pub text_hash: String,
    /// What texts that say nearly the same have in common.
    pub shingles: Vec<i64>,
    /// Thousandths.
    pub spam_score: i32,
    /// A list of `{code, detail, weight}`.
    pub spam_reasons: Json,
}

#[derive(Debug, Insertable)]
#[diesel(table_name = comments)]
#[diesel(treat_none_as_default_value = false)]
struct Stored {
    post_id: Id,
    id: Id,
    parent_id: Option<Id>,
    root_id: Id,
    depth: i32,
    shown: bool,
    status: CommentStatus,
    created_at: Timestamp,
    edited_at: Option<Timestamp>,
    version: i64,
    reply_count: i32,
    score: i32,
    user_id: Option<Id>,
    author_id: Option<Id>,
    author_name: String,
    author_url: Option<String>,
    author_email: Option<String>,
    author_email_key: Option<EmailKey>,
    ip: Option<String>,
    user_agent: Option<String>,
    edit_hash: Option<String>,
    editable_until: Option<Timestamp>,
    text_hash: String,
    spam_score: i32,
    spam_reasons: Json,
    html: String,
    source: String,
    guest_hash: Option<String>,
}

/// Adds a comment under `parent`, or at the top of the thread. Answers by how much the post's count of approved comments rose.
///
/// # Errors
/// When the database fails.
pub fn insert(conn: &mut Conn, new: &NewComment, parent: Option<&CommentRow>) -> crate::Result<i64> {
    let new = new.clone();
    let shown = new.status == CommentStatus::Approved;
    let post = new.post_id;
    diesel::insert_into(comments::table)
        .values(Stored {
            post_id: post,
            id: new.id,
            parent_id: parent.map(|p| p.id),
            root_id: parent.map_or(new.id, |p| p.root_id),
            depth: parent.map_or(0, |p| p.depth + 1),
            shown,
            status: new.status,
            created_at: new.created_at,
            edited_at: None,
            version: 1,
            reply_count: 0,
            score: 0,
            user_id: new.user_id,
            author_id: new.author_id,
            author_name: new.author_name,
            author_url: new.author_url,
            author_email: new.author_email,
            author_email_key: new.author_email_key,
            ip: new.ip,
            user_agent: new.user_agent,
            edit_hash: new.edit_hash,
            guest_hash: new.guest_hash,
            editable_until: new.editable_until,
            text_hash: new.text.text_hash,
            spam_score: new.text.spam_score,
            spam_reasons: new.text.spam_reasons,
            html: new.text.html,
            source: new.text.source,
        })
        .execute(conn)?;
    shingles::keep(conn, new.id, new.created_at, &new.text.shingles)?;
    climb(conn, parent.map(|p| p.id), i32::from(shown))?;
    count(conn, post, i64::from(shown))
}

/// Gives a comment another state and its next version. `row` is the comment as it stands. Answers by how much the post's count
/// of approved comments moved.
///
/// # Errors
/// When the database fails.
pub fn set_status(conn: &mut Conn, row: &CommentRow, status: CommentStatus) -> crate::Result<i64> {
    let shown = status == CommentStatus::Approved || row.reply_count > 0;
    diesel::update(comments::table.filter(comments::id.eq(row.id)))
        .set((
            comments::status.eq(status),
            comments::shown.eq(shown),
            comments::version.eq(comments::version + 1),
        ))
        .execute(conn)?;
    climb(conn, row.parent_id, i32::from(shown) - i32::from(row.shown))?;
    count(conn, row.post_id, i64::from(status == CommentStatus::Approved) - i64::from(row.is_approved()))
}

/// Gives a comment another text and its next version.
///
/// # Errors
/// When the database fails.
pub fn set_text(conn: &mut Conn, comment: Id, text: &Text, edited_at: Timestamp) -> crate::Result<()> {
    diesel::update(comments::table.filter(comments::id.eq(comment)))
        .set((
            comments::html.eq(&text.html),
            comments::source.eq(&text.source),
            comments::text_hash.eq(&text.text_hash),
            comments::spam_score.eq(text.spam_score),
            comments::spam_reasons.eq(&text.spam_reasons),
            comments::edited_at.eq(edited_at),
            comments::version.eq(comments::version + 1),
        ))
        .execute(conn)?;
    shingles::keep(conn, comment, edited_at, &text.shingles)
}

/// Removes a comment for good. Where it has replies, of whatever state, an empty shell of it stays, so that they keep their
/// place; nothing of its writer or text is left in it. Answers by how much the post's count of approved comments moved.
///
/// # Errors
/// When the database fails.
pub fn erase(conn: &mut Conn, row: &CommentRow) -> crate::Result<i64> {
    let moved = set_status(conn, row, CommentStatus::Trash)?;
    shingles::forget(conn, row.id)?;
    let answered: bool = diesel::select(exists(
        comments::table.filter(comments::post_id.eq(row.post_id)).filter(comments::parent_id.eq(row.id)),
    ))
    .get_result(conn)?;
    let this = comments::table.filter(comments::id.eq(row.id));
    if answered {
        diesel::update(this)
            .set((
                comments::user_id.eq(None::<Id>),
                comments::author_id.eq(None::<Id>),
                comments::author_name.eq(""),
                comments::author_url.eq(None::<String>),
                comments::author_email.eq(None::<String>),
                comments::author_email_key.eq(None::<String>),
                comments::ip.eq(None::<String>),
                comments::user_agent.eq(None::<String>),
                comments::edit_hash.eq(None::<String>),
                comments::editable_until.eq(None::<Timestamp>),
                comments::edited_at.eq(None::<Timestamp>),
                comments::html.eq(""),
                comments::source.eq(""),
                comments::text_hash.eq(""),
                comments::spam_score.eq(0),
                comments::spam_reasons.eq(Json::list()),
            ))
            .execute(conn)?;
    } else {
        diesel::delete(this).execute(conn)?;
    }
    Ok(moved)
}

/// Moves the post's count of approved comments, and the site's, which is of those under listed posts.
fn count(conn: &mut Conn, post: Id, by: i64) -> crate::Result<i64> {
    if by != 0 {
        diesel::update(posts::table.filter(posts::id.eq(post)))
            .set(posts::comment_count.eq(posts::comment_count + by))
            .execute(conn)?;
        if posts::table.filter(posts::id.eq(post)).select(posts::listed).first(conn)? {
            site::add_to_total(conn, Total::Comments, by)?;
        }
    }
    Ok(by)
}
