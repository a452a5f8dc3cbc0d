//! Beginning, editing and removing posts.

use pressroom_schema::posts::{self, PostRow, Ref};
use pressroom_schema::revisions::Snapshot;
use pressroom_schema::{
    ChangeAction, CommentPolicy, Conn, Id, ObjectType, Perspective, PostStatus, RevisionReason, Slug,
    SlugKind, Tx, comments, site,
};

use super::access::{find, is_released, may_do, open, require_on, working_copy};
use super::draft::{self, Checked};
use super::input::{CreatePost, UpdatePost};
use super::live;
use super::publish::{When, publish_in, release};
use super::read::load_one;
use super::rendering::{Renderings, write_rendered};
use crate::auth::policy::{Action, PostTarget, Target};
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error, FieldError, Result};
use crate::freshness::Reader;
use crate::service::{IfMatch, Service, Svc, require, slugs};
use crate::view::PostView;

/// Begins a post; with `publish`, publishes it in the same transaction.
///
/// # Errors
/// 401 and 403 by rights, 422 with every fault of the input, 409 when a chosen slug is taken.
pub async fn create(svc: &Svc, viewer: &Viewer, input: CreatePost, publish: bool) -> Result<PostView> {
    require(viewer, Action::CreatePost, &Target::None, "post")?;
    let checked = draft::check(svc, input.into(), true)?;
    let known = Renderings::of_body(svc, checked.body(), publish).await?;
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    write_rendered(svc, viewer, known, move |tx, known| {
        let row = create_in(&svc2, tx, &viewer2, &checked, known, publish)?;
        load_one(&svc2, &mut Reader::new(tx.conn), &viewer2, row.id, Perspective::Draft)
    })
    .await
}

fn create_in(
    svc: &Service,
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    checked: &Checked,
    known: &Renderings,
    publish: bool,
) -> Result<PostRow> {
    let now = tx.actor.now;
    let site = crate::service::site::settings(tx.conn, now)?;
    let id = svc.clock.new_id();
    let own = viewer.user().and_then(|u| u.author_id).map(Id);
    let mut snapshot = Snapshot::begin(&site, own);
    checked.apply(svc, tx, viewer, &mut snapshot)?;
    let mut row = PostRow::begin(id, tx.actor.user_id, now);
    row.status = checked.status.map_or(PostStatus::Draft, Into::into);
    check_bylines(viewer, &row, &[], &snapshot)?;
    snapshot.content.slug = match checked.slug() {
        Some(slug) => chosen_slug(tx.conn, slug, None)?,
        None => slugs::free(tx.conn, SlugKind::Post, &snapshot.content.title, id)?,
    };
    let rendered = known.of(&snapshot)?;
    let policy = checked.comment_policy();
    row.revision = 1;
    if publish {
        require_on(tx.conn, viewer, Action::PublishPost, &row)?;
        let before = row.clone();
        release(now, &before, &mut row, &When::Now)?;
    }
    let keys = live::begin(svc, tx, &mut row, &snapshot, &rendered, known)?;
    if let Some(policy) = policy {
        comments::set_policy(tx.conn, id, policy)?;
    }
    tx.record(ObjectType::Post, id, ChangeAction::Created, row.version, Vec::new());
    if publish {
        tx.record(ObjectType::Post, id, ChangeAction::Published, row.version, keys);
    }
    Ok(row)
}

/// Changes a post's working copy; with `publish`, makes it live in the same transaction.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 422 with every fault of the input, 409 when a slug is taken or the
/// post is in the trash.
pub async fn update(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    input: UpdatePost,
    if_match: Option<IfMatch>,
    publish: bool,
) -> Result<PostView> {
    viewer.require_signed_in()?;
    let checked = draft::check(svc, input, false)?;
    let known = if publish && !checked.changes_body() {
        Renderings::of_present(svc, viewer, post, Action::EditPost).await?
    } else {
        Renderings::of_body(svc, checked.body(), publish).await?
    };
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    write_rendered(svc, viewer, known, move |tx, known| {
        let (mut row, mut snapshot) = open(tx, &viewer2, &post, Action::EditPost, if_match.as_ref())?;
        let before = row.clone();
        let old = snapshot.clone();
        checked.apply(&svc2, tx, &viewer2, &mut snapshot)?;
        if checked.names_authors() {
            let present: Vec<Id> = old.authors.iter().map(|b| b.author_id).collect();
            check_bylines(&viewer2, &row, &present, &snapshot)?;
        }
        if let Some(slug) = checked.slug()
            && *slug != old.content.slug
        {
            snapshot.content.slug = chosen_slug(tx.conn, slug, Some(row.id))?;
        }
        if let Some(status) = checked.status {
            if row.is_live() || row.status == PostStatus::Scheduled {
                return Err(Error::new(
                    Code::InvalidState,
                    "A post that is live or scheduled is taken back with POST …/unpublish.",
                )
                .at(FieldError::body(
                    "/status",
                    "invalid_state",
                    "The post is live or scheduled.",
                )));
            }
            row.status = status.into();
        }
        let decided = decide_comments(tx, &viewer2, &row, checked.comment_policy())?;
        let changed = snapshot != old;
        if changed || decided || row.status != before.status {
            row.version += 1;
        }
        let has_other_body =
            (&snapshot.body_format, &snapshot.body_source) != (&old.body_format, &old.body_source);
        // Only now it is known what a change of a part of the body makes of it.
        let rendered =
            if has_other_body { known.of(&snapshot)? } else { known.of_working_copy(tx, &row, &snapshot)? };
        if changed {
            live::save_revision(tx, &mut row, &snapshot, Some(&rendered), RevisionReason::Saved)?;
        }
        if publish {
            require_on(tx.conn, &viewer2, Action::PublishPost, &before)?;
            let keys = publish_in(&svc2, tx, &before, &mut row, &snapshot, (&rendered, known), &When::Now)?;
            tx.record(ObjectType::Post, row.id, ChangeAction::Published, row.version, keys);
        } else if before.is_live() {
            let keys = live::touch(tx, &row)?;
            let action = if changed { ChangeAction::Saved } else { ChangeAction::CommentsDecided };
            if changed || decided {
                tx.record(ObjectType::Post, row.id, action, row.version, keys);
            }
        } else if changed || decided || row.status != before.status {
            row.updated_at = tx.actor.now;
            let keys = live::apply(&svc2, tx, &before, &mut row, &snapshot, &rendered, known)?;
            tx.record(ObjectType::Post, row.id, ChangeAction::Saved, row.version, keys);
        }
        load_one(&svc2, &mut Reader::new(tx.conn), &viewer2, row.id, Perspective::Draft)
    })
    .await
}

/// Decides on the comments of a post that its editor changes. Whether anything is other than before.
fn decide_comments(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    row: &PostRow,
    policy: Option<CommentPolicy>,
) -> Result<bool> {
    let Some(policy) = policy else { return Ok(false) };
    if comments::policy(tx.conn, row.id)? == policy {
        return Ok(false);
    }
    // Readers meet it at once: it takes more than the right to prepare a working copy.
    if is_released(row) && !may_do(tx.conn, viewer, Action::ModerateThread, row)? {
        require_on(tx.conn, viewer, Action::PublishPost, row)?;
    }
    comments::set_policy(tx.conn, row.id, policy)?;
    Ok(true)
}

/// Decides whether a post takes comments, at once: nothing of its working copy goes out with it. Where it is so already, nothing
/// changes.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 409 when the post is in the trash.
pub async fn set_comment_policy(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    policy: CommentPolicy,
    if_match: Option<IfMatch>,
) -> Result<PostView> {
    viewer.require_signed_in()?;
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    write_rendered(svc, viewer, Renderings::default(), move |tx, _| {
        let mut row = find(tx.conn, &viewer2, &post, Action::ModerateThread)?;
        IfMatch::check(if_match.as_ref(), row.version)?;
        if row.deleted_at.is_some() {
            return Err(Error::new(Code::InvalidState, "This post is in the trash; restore it first."));
        }
        if comments::policy(tx.conn, row.id)? != policy {
            comments::set_policy(tx.conn, row.id, policy)?;
            row.version += 1;
            let keys = live::touch(tx, &row)?;
            tx.record(ObjectType::Post, row.id, ChangeAction::CommentsDecided, row.version, keys);
        }
        let perspective = if row.is_live() { Perspective::Live } else { Perspective::Draft };
        load_one(&svc2, &mut Reader::new(tx.conn), &viewer2, row.id, perspective)
    })
    .await
}

/// Moves a post to the trash, from where it can be taken back. Answers its id.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale.
pub async fn trash(svc: &Svc, viewer: &Viewer, post: &Ref, if_match: Option<IfMatch>) -> Result<Id> {
    viewer.require_signed_in()?;
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    write_rendered(svc, viewer, Renderings::default(), move |tx, known| {
        let row = find(tx.conn, &viewer2, &post, Action::TrashPost)?;
        IfMatch::check(if_match.as_ref(), row.version)?;
        if row.deleted_at.is_some() {
            return Ok(row.id);
        }
        let mut after = row.clone();
        after.deleted_at = Some(tx.actor.now);
        after.updated_at = tx.actor.now;
        after.version += 1;
        let snapshot = working_copy(tx, &row)?;
        let rendered = known.of_working_copy(tx, &row, &snapshot)?;
        let keys = live::apply(&svc2, tx, &row, &mut after, &snapshot, &rendered, known)?;
        tx.record(ObjectType::Post, row.id, ChangeAction::Trashed, after.version, keys);
        Ok(row.id)
    })
    .await
}

/// Takes a post out of the trash, as a draft.
///
/// # Errors
/// 401, 403 and 404 by rights, 409 when it is not in the trash.
pub async fn restore(svc: &Svc, viewer: &Viewer, post: &Ref) -> Result<PostView> {
    viewer.require_signed_in()?;
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    write_rendered(svc, viewer, Renderings::default(), move |tx, known| {
        let row = find(tx.conn, &viewer2, &post, Action::TrashPost)?;
        if row.deleted_at.is_none() {
            return Err(Error::new(Code::InvalidState, "This post is not in the trash."));
        }
        let mut after = row.clone();
        after.deleted_at = None;
        // As when a schedule is called off: the date was never reached, and must not come back as if it had been.
        if row.status == PostStatus::Scheduled {
            after.published_at = None;
        }
        after.status = PostStatus::Draft;
        after.live_revision = None;
        after.updated_at = tx.actor.now;
        after.version += 1;
        let snapshot = working_copy(tx, &row)?;
        let rendered = known.of_working_copy(tx, &row, &snapshot)?;
        let keys = live::apply(&svc2, tx, &row, &mut after, &snapshot, &rendered, known)?;
        tx.record(ObjectType::Post, row.id, ChangeAction::Restored, after.version, keys);
        load_one(&svc2, &mut Reader::new(tx.conn), &viewer2, row.id, Perspective::Draft)
    })
    .await
}

/// Removes a post for good, with its revisions, links and comments. Answers the id that it had.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale.
pub async fn delete(svc: &Svc, viewer: &Viewer, post: &Ref, if_match: Option<IfMatch>) -> Result<Id> {
    viewer.require_signed_in()?;
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    write_rendered(svc, viewer, Renderings::default(), move |tx, known| {
        let row = find(tx.conn, &viewer2, &post, Action::DeletePostForever)?;
        IfMatch::check(if_match.as_ref(), row.version)?;
        let mut after = row.clone();
        after.deleted_at = Some(tx.actor.now);
        after.version += 1;
        let snapshot = working_copy(tx, &row)?;
        let rendered = known.of_working_copy(tx, &row, &snapshot)?;
        let keys = live::apply(&svc2, tx, &row, &mut after, &snapshot, &rendered, known)?;
        site::forget_slugs(tx.conn, SlugKind::Post, row.id)?;
        posts::delete(tx.conn, row.id)?;
        tx.record(ObjectType::Post, row.id, ChangeAction::Deleted, after.version, keys);
        Ok(row.id)
    })
    .await
}

/// Who may not put others into the byline may keep those who stand there, and add or remove themselves.
fn check_bylines(viewer: &Viewer, row: &PostRow, present: &[Id], snapshot: &Snapshot) -> Result<()> {
    let own = viewer.user().and_then(|u| u.author_id).map(Id);
    let stranger =
        snapshot.authors.iter().position(|b| Some(b.author_id) != own && !present.contains(&b.author_id));
    let dropped =
        present.iter().any(|id| Some(*id) != own && !snapshot.authors.iter().any(|b| b.author_id == *id));
    if stranger.is_some() || dropped {
        let authors: Vec<uuid::Uuid> = present.iter().map(|id| id.0).collect();
        let target = Target::Post(PostTarget {
            owner_id: row.owner_id.map(|id| id.0),
            author_ids: &authors,
            is_live: false,
            is_released: is_released(row),
        });
        require(viewer, Action::AssignAuthors, &target, "post")?;
    }
    Ok(())
}

/// The slug that an editor chose, if no other post has it. A former slug goes on leading to where its post is now; only an editor may
/// give it to another.
fn chosen_slug(conn: &mut Conn, slug: &Slug, except: Option<Id>) -> Result<Slug> {
    if posts::slug_taken(conn, slug, except)? {
        return Err(Error::new(Code::Conflict, format!("The slug `{slug}` is taken by another post.")).at(
            FieldError::body("/slug", "taken", "Choose another slug, or leave it out to have one made."),
        ));
    }
    Ok(slug.clone())
}
