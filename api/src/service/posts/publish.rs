//! Publishing: now, at a time to come, dated in the past; and taking back.

use pressroom_schema::posts::{self, PostRow, Ref};
use pressroom_schema::revisions::Snapshot;
use pressroom_schema::{ChangeAction, Key, ObjectType, Perspective, PostStatus, Timestamp, Tx};

use super::access::{open, require_on, working_copy};
use super::live;
use super::read::load_one;
use super::rendering::{Renderings, write_rendered};
use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::content::Rendered;
use crate::error::{Code, Error, FieldError, Result};
use crate::freshness::Reader;
use crate::service::{IfMatch, Service, Svc};
use crate::view::PostView;

/// Earliest year that a post may be dated to.
const FIRST_YEAR: i32 = 1400;
/// How far ahead a post may be scheduled, in days.
const LAST_DAY: i64 = 3660;

/// When a post goes live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Now, or as it was dated before.
    Now,
    /// At this moment, past or to come.
    At(Timestamp),
    /// At the moment for which it was scheduled, which has come.
    Due,
}

fn parse_at(svc: &Service, at: Option<&str>) -> Result<When> {
    use chrono::Datelike;
    let Some(text) = at else { return Ok(When::Now) };
    let refuse = |code: &str, detail: String| Error::fields(vec![FieldError::body("/at", code, detail)]);
    let at = Timestamp::parse(text).map_err(|e| refuse("invalid_time", format!("`at` is {e}.")))?;
    if at.utc().year() < FIRST_YEAR || at > svc.now().plus(chrono::TimeDelta::days(LAST_DAY)) {
        return Err(refuse(
            "out_of_range",
            format!("`at` must lie between the year {FIRST_YEAR} and ten years from now."),
        ));
    }
    Ok(When::At(at))
}

/// Makes the working copy live now (`at` left out), at a time to come, or with a date in the past.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 422 for an absurd date, 409 when the post is in the trash, or live and
/// to be scheduled.
pub async fn publish(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    at: Option<&str>,
    if_match: Option<IfMatch>,
) -> Result<PostView> {
    viewer.require_signed_in()?;
    let when = parse_at(svc, at)?;
    let present = Renderings::of_present(svc, viewer, post, Action::PublishPost).await?;
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    let view = write_rendered(svc, viewer, present, move |tx, known| {
        let (mut row, snapshot) = open(tx, &viewer2, &post, Action::PublishPost, if_match.as_ref())?;
        let before = row.clone();
        let rendered = known.of_working_copy(tx, &row, &snapshot)?;
        let keys = publish_in(&svc2, tx, &before, &mut row, &snapshot, (&rendered, known), &when)?;
        let action = match row.status {
            PostStatus::Scheduled => ChangeAction::Scheduled,
            _ => ChangeAction::Published,
        };
        tx.record(ObjectType::Post, row.id, action, row.version, keys);
        load_one(&svc2, &mut Reader::new(tx.conn), &viewer2, row.id, Perspective::Draft)
    })
    .await?;
    // It may be due before the runner would next look.
    svc.jobs.notify();
    Ok(view)
}

/// Publishes inside a transaction. `row` may already bear a new revision.
pub(super) fn publish_in(
    svc: &Service,
    tx: &mut Tx<'_>,
    before: &PostRow,
    row: &mut PostRow,
    snapshot: &Snapshot,
    (rendered, known): (&Rendered, &Renderings),
    when: &When,
) -> Result<Vec<Key>> {
    release(tx.actor.now, before, row, when)?;
    live::apply(svc, tx, before, row, snapshot, rendered, known)
}

/// Gives `row` the state of a post that is published, or is to be.
pub(super) fn release(now: Timestamp, before: &PostRow, row: &mut PostRow, when: &When) -> Result<()> {
    let live = before.is_live();
    if let When::At(at) = when
        && *at > now
    {
        if live {
            return Err(Error::new(
                Code::InvalidState,
                "This post is live already. Publish its changes now, or unpublish it before it is scheduled.",
            ));
        }
        row.status = PostStatus::Scheduled;
        row.published_at = Some(*at);
        row.live_revision = None;
    } else {
        row.status = PostStatus::Published;
        row.published_at = match when {
            When::At(at) => Some(*at),
            // A scheduled post that goes out early is dated now; one that was public before keeps its date.
            When::Now if before.status == PostStatus::Scheduled => Some(now),
            When::Now | When::Due => row.published_at.or(Some(now)),
        };
        row.live_revision = Some(row.revision);
    }
    if row.version == before.version {
        row.version += 1;
    }
    row.updated_at = now;
    Ok(())
}

/// Takes a post back to a draft; its date is kept for when it is published again.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 409 when it is neither live, scheduled nor archived.
pub async fn unpublish(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    if_match: Option<IfMatch>,
) -> Result<PostView> {
    take_back(svc, viewer, post, if_match, Action::PublishPost, PostStatus::Draft, ChangeAction::Unpublished)
        .await
}

/// Takes a post off the site but keeps it, as its working copy is.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 409 when it is archived already.
pub async fn archive(svc: &Svc, viewer: &Viewer, post: &Ref, if_match: Option<IfMatch>) -> Result<PostView> {
    take_back(svc, viewer, post, if_match, Action::ArchivePost, PostStatus::Archived, ChangeAction::Archived)
        .await
}

async fn take_back(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    if_match: Option<IfMatch>,
    action: Action,
    status: PostStatus,
    done: ChangeAction,
) -> Result<PostView> {
    viewer.require_signed_in()?;
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    write_rendered(svc, viewer, Renderings::default(), move |tx, known| {
        let (mut row, snapshot) = open(tx, &viewer2, &post, action, if_match.as_ref())?;
        let before = row.clone();
        let idle =
            row.status == status || (status == PostStatus::Draft && row.status == PostStatus::InReview);
        if idle {
            return Err(Error::new(Code::InvalidState, format!("This post is {} already.", row.status)));
        }
        if row.status == PostStatus::Scheduled {
            row.published_at = None;
        }
        row.status = status;
        row.live_revision = None;
        row.version += 1;
        row.updated_at = tx.actor.now;
        let rendered = known.of_working_copy(tx, &before, &snapshot)?;
        let keys = live::apply(&svc2, tx, &before, &mut row, &snapshot, &rendered, known)?;
        tx.record(ObjectType::Post, row.id, done, row.version, keys);
        load_one(&svc2, &mut Reader::new(tx.conn), &viewer2, row.id, Perspective::Draft)
    })
    .await
}

/// Publishes the scheduled posts whose time has come, each in a transaction of its own that looks again, so that any number of
/// instances publish each exactly once. Answers how many this instance published.
///
/// # Errors
/// When the database fails.
pub async fn publish_due(svc: &Svc) -> Result<usize> {
    let viewer = Viewer::system();
    let now = svc.now();
    let due = svc.read_private(&viewer, move |conn| Ok(posts::due(conn, now, 100)?)).await?;
    let mut published = 0;
    for id in due {
        let svc2 = svc.clone();
        let viewer2 = viewer.clone();
        published += write_rendered(svc, &viewer, Renderings::default(), move |tx, known| {
            let Some((mut row, _)) = posts::find(tx.conn, &Ref::Id(id))? else { return Ok(0) };
            if row.status != PostStatus::Scheduled
                || row.deleted_at.is_some()
                || row.published_at.is_none_or(|at| at > tx.actor.now)
            {
                return Ok(0);
            }
            require_on(tx.conn, &viewer2, Action::PublishPost, &row)?;
            let before = row.clone();
            let snapshot = working_copy(tx, &row)?;
            let rendered = known.of_working_copy(tx, &row, &snapshot)?;
            let keys = publish_in(&svc2, tx, &before, &mut row, &snapshot, (&rendered, known), &When::Due)?;
            tx.record(ObjectType::Post, row.id, ChangeAction::Published, row.version, keys);
            Ok(1)
        })
        .await?;
    }
    Ok(published)
}

/// When the next scheduled post is due.
///
/// # Errors
/// When the database fails.
pub async fn next_due(svc: &Svc) -> Result<Option<Timestamp>> {
    svc.read_private(&Viewer::system(), |conn| Ok(posts::next_due(conn)?)).await
}
