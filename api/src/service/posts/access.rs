//! Who may see and do what with which post.

use pressroom_schema::posts::{self, Columns, FullPost, PostRow, Ref, SummaryRow, WithImage};
use pressroom_schema::revisions::{self, Snapshot};
use pressroom_schema::{Conn, Id, Key, PostStatus, SlugKind, Tx, Visibility, site};
use uuid::Uuid;

use crate::auth::policy::{Action, PostTarget, Target};
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error, Result};
use crate::freshness::Reader;
use crate::service::{Found, IfMatch, allowed, require};

/// What decides who may see a post, however much of it was read.
pub(crate) trait AccessFacts {
    fn id(&self) -> Id;
    fn is_live(&self) -> bool;
    fn is_private(&self) -> bool;
    fn is_scheduled(&self) -> bool;
    fn is_archived(&self) -> bool;
    fn owner(&self) -> Option<Uuid>;
}

impl AccessFacts for PostRow {
    fn id(&self) -> Id {
        self.id
    }
    fn is_live(&self) -> bool {
        Self::is_live(self)
    }
    fn is_private(&self) -> bool {
        self.content.visibility == Visibility::Private
    }
    fn is_scheduled(&self) -> bool {
        self.status == PostStatus::Scheduled
    }
    fn is_archived(&self) -> bool {
        self.status == PostStatus::Archived
    }
    fn owner(&self) -> Option<Uuid> {
        self.owner_id.map(|id| id.0)
    }
}

impl AccessFacts for SummaryRow {
    fn id(&self) -> Id {
        self.id
    }
    fn is_live(&self) -> bool {
        self.status == PostStatus::Published && self.deleted_at.is_none()
    }
    fn is_private(&self) -> bool {
        self.visibility == Visibility::Private
    }
    fn is_scheduled(&self) -> bool {
        self.status == PostStatus::Scheduled
    }
    fn is_archived(&self) -> bool {
        self.status == PostStatus::Archived
    }
    fn owner(&self) -> Option<Uuid> {
        self.owner_id.map(|id| id.0)
    }
}

/// Whether everybody may read the post under its address.
pub(crate) fn is_public(post: &impl AccessFacts) -> bool {
    post.is_live() && !post.is_private()
}

/// Whether somebody has let the post go out: it is live, for whomever, or will be without anybody doing more, or it was and is kept
/// in the archive.
pub(crate) fn is_released(post: &impl AccessFacts) -> bool {
    post.is_live() || post.is_scheduled() || post.is_archived()
}

fn authors_of(conn: &mut Conn, post: &PostRow) -> Result<Vec<Uuid>> {
    Ok(posts::author_ids(conn, post.id)?.into_iter().map(|id| id.0).collect())
}

fn target<'a>(post: &impl AccessFacts, author_ids: &'a [Uuid]) -> Target<'a> {
    Target::Post(PostTarget {
        owner_id: post.owner(),
        author_ids,
        is_live: is_public(post),
        is_released: is_released(post),
    })
}

/// Whether `viewer` may do `action` to the post.
pub(crate) fn may_do(conn: &mut Conn, viewer: &Viewer, action: Action, post: &PostRow) -> Result<bool> {
    if !viewer.is_signed_in() {
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
pub(crate) fn find_visible(reader: &mut Reader<'_>, viewer: &Viewer, post: &Ref) -> Result<Found<WithImage>> {
    Ok(match find_full(reader, viewer, post, Columns::NONE)? {
        Found::Here(found) => Found::Here((found.post, found.image)),
        Found::Moved(slug) => Found::Moved(slug),
    })
}

/// [`find_visible`], with the long columns that are wanted.
pub(super) fn find_full(
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    post: &Ref,
    columns: Columns,
) -> Result<Found<FullPost>> {
    if let Some(previewed) = viewer.previewed() {
        return find_previewed(reader, Id(previewed), post, columns)?
            .map(Found::Here)
            .ok_or_else(|| Error::not_found("post"));
    }
    if let Some(found) = posts::find_full(reader, post, columns)?
        && (is_public(&found.post) || may_do(reader, viewer, Action::ReadDraft, &found.post)?)
    {
        return Ok(Found::Here(found));
    }
    // A post that the viewer may not know of does not hide where another went that had the name before, and is not named among what
    // the answer depends on: it changes nothing before it is published.
    // Any post may come to have the name.
    reader.depend(Key::Posts);
    if let Ref::Slug(slug) = post
        && let Some(id) = site::redirect_target(reader, SlugKind::Post, slug)?
        && let Some((row, _)) = posts::find(reader, &Ref::Id(id))?
        && (is_public(&row) || may_do(reader, viewer, Action::ReadDraft, &row)?)
    {
        reader.depend(Key::Post(id));
        return Ok(Found::Moved(row.content.slug));
    }
    Err(Error::not_found("post"))
}

/// The post under `post`, if `viewer` may do `action` to it. Former slugs lead to it as well.
pub(super) fn find(conn: &mut Conn, viewer: &Viewer, post: &Ref, action: Action) -> Result<PostRow> {
    let mut found = posts::find(conn, post)?;
    if found.is_none()
        && let Ref::Slug(slug) = post
        && let Some(id) = site::redirect_target(conn, SlugKind::Post, slug)?
    {
        found = posts::find(conn, &Ref::Id(id))?;
    }
    let (row, _) = found.ok_or_else(|| Error::not_found("post"))?;
    require_on(conn, viewer, action, &row)?;
    Ok(row)
}

/// The post and its working copy, to be changed: not from the trash, and at the version that the caller saw.
pub(crate) fn open(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    post: &Ref,
    action: Action,
    if_match: Option<&IfMatch>,
) -> Result<(PostRow, Snapshot)> {
    let row = find(tx.conn, viewer, post, action)?;
    IfMatch::check(if_match, row.version)?;
    if row.deleted_at.is_some() {
        return Err(Error::new(Code::InvalidState, "This post is in the trash; restore it first."));
    }
    let snapshot = working_copy(tx, &row)?;
    Ok((row, snapshot))
}

/// The working copy of a post.
pub(super) fn working_copy(tx: &mut Tx<'_>, row: &PostRow) -> Result<Snapshot> {
    revisions::snapshot(tx.conn, row.id, row.revision)?
        .ok_or_else(|| Error::internal(format!("post {} has no revision {}", row.id, row.revision)))
}

/// The post that a preview link shows, if `post` names it: by its id, its slug, a former one, or the one that its working copy has.
fn find_previewed(reader: &mut Reader<'_>, id: Id, post: &Ref, columns: Columns) -> Result<Option<FullPost>> {
    reader.depend(Key::Caller);
    let found =
        posts::find_full(reader, &Ref::Id(id), columns)?.filter(|found| found.post.deleted_at.is_none());
    let Some(found) = found else { return Ok(None) };
    let is_named = match post {
        Ref::Id(asked) => *asked == id,
        Ref::Nothing => false,
        Ref::Slug(slug) => {
            found.post.content.slug == *slug
                || site::redirect_target(reader, SlugKind::Post, slug)? == Some(id)
                || revisions::working_copies(reader, &[id])?
                    .iter()
                    .any(|(_, _, copy, _)| copy.content.slug == *slug)
        }
    };
    Ok(is_named.then_some(found))
}

/// Whether `viewer` may read a post that is not public, its bylines being known.
pub(crate) fn may_read_draft(viewer: &Viewer, post: &impl AccessFacts, author_ids: &[Uuid]) -> bool {
    allowed(viewer, Action::ReadDraft, &target(post, author_ids))
}
