//! Which posts take comments: what moderators decided, or else the site's setting.

use diesel::prelude::*;

use crate::db::Conn;
use crate::tables::{comment_policies, site};
use crate::types::Id;
use crate::values::CommentPolicy;

/// What was decided of a post; [`CommentPolicy::Site`] where nothing was.
///
/// # Errors
/// When the database fails.
pub fn policy(conn: &mut Conn, post: Id) -> crate::Result<CommentPolicy> {
    let found = comment_policies::table.find(post).select(comment_policies::policy).first(conn).optional()?;
    Ok(found.unwrap_or(CommentPolicy::Site))
}

/// What holds of a post: never [`CommentPolicy::Site`].
///
/// # Errors
/// When the database fails.
pub fn policy_in_force(conn: &mut Conn, post: Id) -> crate::Result<CommentPolicy> {
    let decided = policy(conn, post)?;
    if decided != CommentPolicy::Site {
        return Ok(decided);
    }
    // A site that nobody has set up yet takes comments.
    let is_open: Option<bool> = site::table.select(site::comments_open).first(conn).optional()?;
    Ok(if is_open.unwrap_or(true) { CommentPolicy::Open } else { CommentPolicy::Closed })
}

/// Decides it for a post.
///
/// # Errors
/// When the post is gone, or the database fails.
pub fn set_policy(conn: &mut Conn, post: Id, policy: CommentPolicy) -> crate::Result<()> {
    diesel::delete(comment_policies::table.find(post)).execute(conn)?;
    if policy != CommentPolicy::Site {
        diesel::insert_into(comment_policies::table)
            .values((comment_policies::post_id.eq(post), comment_policies::policy.eq(policy)))
            .execute(conn)?;
    }
    Ok(())
}
