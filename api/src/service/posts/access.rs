//! Who may see and do what with which post.

use pressroom_schema::posts::{self, PostRow, Ref, WithImage};
use pressroom_schema::{Conn, site};
use uuid::Uuid;

use crate::auth::policy::{Action, PostTarget, Target};
use crate::auth::viewer::Viewer;
use crate::error::{Error, Result};
use crate::service::{Found, allowed, require};

/// Whether everybody may read the post under its address.
pub(crate) fn is_public(post: &PostRow) -> bool {
    post.is_live() && post.visibility != "private"
}

/// Whether the post is live, for whomever, or will be without anybody doing more.
pub(crate) fn is_released(post: &PostRow) -> bool {
    post.is_live() || post.status == "scheduled"
}

fn authors_of(conn: &mut Conn, post: &PostRow) -> Result<Vec<Uuid>> {
    Ok(posts::author_ids(conn, post.id)?.into_iter().map(|id| id.0).collect())
}

fn target<'a>(post: &PostRow, author_ids: &'a [Uuid]) -> Target<'a> {
    Target::Post(PostTarget {
        owner_id: post.owner_id.map(|id| id.0),
        author_ids,
        is_live: is_public(post),
        is_released: is_released(post),
    })
}

/// Whether `viewer` may do `action` to the post.
pub(crate) fn may_do(conn: &mut Conn, viewer: &Viewer, action: Action, post: &PostRow) -> Result<bool> {
    if viewer.user().is_none() && !matches!(viewer.who, crate::auth::viewer::Who::System) {
        return Ok(false);
    }
    let authors = authors_of(conn, post)?;
    Ok(allowed(viewer, action, &target(post, &authors)))
}

/// Refuses unless `viewer` may do `action` to the post.
pub(crate) fn require_on(conn: &mut Conn, viewer: &Viewer, action: Action, post: &PostRow) -> Result<()> {
    let authors = authors_of(conn, post)?;
    require(viewer, action, &target(post, &authors), "post")
}

/// The post under `post` if `viewer` may know of it, or the slug that it now has.
///
/// # Errors
/// 404 where there is none, or none that the viewer may know of.
pub(crate) fn find_visible(conn: &mut Conn, viewer: &Viewer, post: &Ref) -> Result<Found<WithImage>> {
    if let Some(found) = posts::find(conn, post)? {
        return if is_public(&found.0) || may_do(conn, viewer, Action::ReadDraft, &found.0)? {
            Ok(Found::Here(found))
        } else {
            Err(Error::not_found("post"))
        };
    }
    if let Ref::Slug(slug) = post
        && let Some(id) = site::redirect_target(conn, "post", slug)?
        && let Some((row, _)) = posts::find(conn, &Ref::Id(id))?
        && (is_public(&row) || may_do(conn, viewer, Action::ReadDraft, &row)?)
    {
        return Ok(Found::Moved(row.slug));
    }
    Err(Error::not_found("post"))
}

/// Whether `viewer` may read a post that is not public, its bylines being known.
pub(crate) fn may_read_draft(viewer: &Viewer, post: &PostRow, author_ids: &[Uuid]) -> bool {
    allowed(viewer, Action::ReadDraft, &target(post, author_ids))
}
