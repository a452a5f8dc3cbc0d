//! Reading threads, single comments and the moderation queue.

use std::collections::HashMap;

use pressroom_schema::comments::{self, QueueFilter, ThreadPart};
use pressroom_schema::posts::{self, Ref};
use pressroom_schema::{CommentSort, CommentStatus, Conn, EmailKey, Id, Key, ThreadView};

use super::ANCESTORS;
use super::access::{Viewpoint, load_views};
use super::commented::{CommentedPosts, Known};
use super::thread::{BELOW, Branches, Level, is_readable, load};
use crate::auth::limit::Class;
use crate::auth::policy::{self, Action, Reach, Target};
use crate::auth::secret::hash_secret;
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error, FieldError, Result};
use crate::freshness::{Read, Reader};
use crate::page::{Page, PageRequest, cursor};
use crate::service::posts::find_visible;
use crate::service::{Found, Service, Svc, require};
use crate::view::CommentView;

/// Which comments of a post.
#[derive(Debug, Clone, Default)]
pub struct ThreadQuery {
    /// The layout.
    pub view: ThreadView,
    /// The order of the page's own comments; nested replies are always oldest first.
    pub sort: CommentSort,
    /// Only the replies of this comment, given by id.
    pub parent: Option<String>,
    /// Which rows.
    pub page: PageRequest,
}

/// A page of a post's comments.
#[derive(Debug, Clone)]
pub struct Thread {
    /// The post.
    pub post_id: Id,
    /// The comments.
    pub page: Page<CommentView>,
}

/// A page of the comments under a post.
///
/// # Errors
/// 404 where there is no such post, or comment named by `parent`, that the viewer may know of; 400 for a bad cursor.
pub async fn list(svc: &Svc, viewer: &Viewer, post: &Ref, query: ThreadQuery) -> Result<Read<Found<Thread>>> {
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    svc.read(viewer, move |reader| list_in(&svc2, reader, &viewer2, &post, &query)).await
}

/// [`list`] inside a transaction.
pub(crate) fn list_in(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    post: &Ref,
    query: &ThreadQuery,
) -> Result<Found<Thread>> {
    let post = match find_visible(reader, viewer, post)? {
        Found::Here((post, _)) => post,
        Found::Moved(slug) => return Ok(Found::Moved(slug)),
    };
    let (kind, of) = match (&query.parent, query.view) {
        (Some(_), ThreadView::Flat) => {
            return Err(Error::parameters(vec![FieldError::parameter(
                "parent",
                "exclusive",
                "`parent` lists the replies of one comment; it does not go with `view=flat`.",
            )]));
        }
        (Some(parent), ThreadView::Thread) => {
            let parent: Id = parent.parse().map_err(|_| Error::not_found("comment"))?;
            let found = comments::by_ids(reader, &[parent])?.pop();
            let row = found.filter(|row| row.post_id == post.id && row.shown);
            (ThreadPart::Replies, row.ok_or_else(|| Error::not_found("comment"))?.id)
        }
        (None, ThreadView::Thread) => (ThreadPart::Roots, post.id),
        (None, ThreadView::Flat) => (ThreadPart::Flat, post.id),
    };
    let commented = CommentedPosts::of_row(svc, reader, &post)?;
    let level = Level {
        kind,
        groups: &[of],
        order: query.sort,
        page: &query.page,
        nested: (kind != ThreadPart::Flat).then_some(BELOW),
        longest: (kind != ThreadPart::Replies).then_some(post.comment_count),
    };
    let page = load(svc, reader, viewer, &level, Some(commented))?.remove(&of);
    let page = page.ok_or_else(|| Error::internal("a list has no page"))?;
    Ok(Found::Here(Thread { post_id: post.id, page }))
}

/// One comment, with what it answers and its replies. A guest's, while it waits, is there for whoever shows its edit token.
///
/// # Errors
/// 404 where there is none that the viewer may know of.
pub async fn get(
    svc: &Svc,
    viewer: &Viewer,
    id: &str,
    edit_token: Option<&str>,
) -> Result<Read<CommentView>> {
    let (svc2, viewer2, id) = (svc.clone(), viewer.clone(), id.to_owned());
    let Some(token) = edit_token.map(str::to_owned) else {
        return svc.read(viewer, move |reader| get_in(&svc2, reader, &viewer2, &id)).await;
    };
    admit_edit_token(svc, viewer).await?;
    svc.read_newest(move |reader| {
        let viewer = by_edit_token_in(&svc2, reader, &viewer2, &id, &token)?;
        get_in(&svc2, reader, &viewer, &id)
    })
    .await
}

/// Counts a look by an edit token, since each may be a guess.
///
/// # Errors
/// 429 after too many.
pub(crate) async fn admit_edit_token(svc: &Service, viewer: &Viewer) -> Result<()> {
    if viewer.is_signed_in() { Ok(()) } else { svc.admit(viewer, Class::CommentEdits).await }
}

/// The guest who wrote this comment, if the caller did not sign in and `token` is its edit token.
pub(crate) fn by_edit_token_in(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    id: &str,
    token: &str,
) -> Result<Viewer> {
    reader.depend(Key::Caller);
    if viewer.is_signed_in() {
        return Ok(viewer.clone());
    }
    let known = Known::find(svc, reader, id)?;
    let stored = comments::private(reader, &[known.row.id])?.pop().and_then(|private| private.edit_hash);
    let guest = known.guest(viewer, stored.as_deref(), Some(&hash_secret(token)));
    Ok(guest.unwrap_or_else(|| viewer.clone()))
}

/// [`get`] inside a transaction.
pub(crate) fn get_in(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    id: &str,
) -> Result<CommentView> {
    let known = Known::find(svc, reader, id)?;
    if !is_readable(viewer, &known, svc.now())? {
        return Err(Error::not_found("comment"));
    }
    let row = &known.row;
    let branches = Branches::load(reader, &[row])?;
    let mut views = load_views(svc, reader, viewer, &known.commented, [row], Viewpoint::Single)?;
    views.extend(load_views(svc, reader, viewer, &known.commented, &branches.rows, Viewpoint::Thread)?);
    let mut view =
        branches.assemble(row.id, &mut views).ok_or_else(|| Error::internal("a comment has no view"))?;
    view.ancestors = Some(load_ancestors(reader, row.id)?);
    Ok(view)
}

/// The ids of the comments above one, from the top down, at most the nearest hundred.
pub(crate) fn load_ancestors(conn: &mut Conn, id: Id) -> Result<Vec<Id>> {
    Ok(comments::ancestors(conn, id, ANCESTORS)?)
}

/// One comment after a write, as `viewpoint` shows it.
pub(super) fn load_one(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    commented: &CommentedPosts,
    id: Id,
    viewpoint: Viewpoint,
) -> Result<CommentView> {
    let rows = comments::by_ids(reader, &[id])?;
    let view = load_views(svc, reader, viewer, commented, &rows, viewpoint)?.remove(&id);
    view.ok_or_else(|| Error::not_found("comment"))
}

/// Which comments a moderator wants to see.
#[derive(Debug, Clone, Default)]
pub struct QueueQuery {
    /// In these states; pending where it is left out.
    pub statuses: Vec<CommentStatus>,
    /// Under this post, by id or slug.
    pub post: Option<String>,
    /// From this address.
    pub author_email: Option<String>,
    /// Which rows.
    pub page: PageRequest,
}

/// The moderation queue: comments of all posts that the viewer looks after, newest first.
///
/// # Errors
/// 401 and 403 by rights, 400 for a bad parameter or cursor.
pub async fn queue(svc: &Svc, viewer: &Viewer, query: QueueQuery) -> Result<Page<CommentView>> {
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    Ok(svc.read(viewer, move |reader| queue_in(&svc2, reader, &viewer2, &query)).await?.value)
}

/// [`queue`] inside a transaction.
pub(crate) fn queue_in(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    query: &QueueQuery,
) -> Result<Page<CommentView>> {
    const LIST: &str = "comments:queue";
    let mut filter = QueueFilter { statuses: statuses(&query.statuses), ..QueueFilter::default() };
    match policy::reach(viewer, Action::ReadQueue) {
        Reach::Everything => {}
        Reach::Own => filter.mine = viewer.user().map(|u| (Id(u.user_id), u.author_id.map(Id))),
        Reach::Nothing => {
            require(viewer, Action::ReadQueue, &Target::None, "comment")?;
            return Err(Error::new(Code::Forbidden, "This is not allowed to you."));
        }
    }
    if let Some(email) = &query.author_email {
        // Who may not see addresses may not find out by asking.
        require(viewer, Action::SeeCommentPrivate, &Target::None, "comment")?;
        filter.email_key = Some(EmailKey::of(email));
    }
    let window = query.page.window(LIST)?;
    if let Some(post) = &query.post {
        let Some((row, _)) = posts::find(reader, &Ref::parse(post))? else {
            let total = query.page.count.then_some(0);
            return Ok(Page { items: Vec::new(), has_previous: false, has_next: false, total });
        };
        filter.post = Some(row.id);
    }
    let slice = comments::queue(reader, &filter, &window)?;
    let total = if query.page.count { Some(comments::count_queue(reader, &filter)?) } else { None };
    let commented = CommentedPosts::of_ids(svc, reader, slice.rows.iter().map(|row| row.post_id))?;
    let mut views: HashMap<Id, CommentView> =
        load_views(svc, reader, viewer, &commented, &slice.rows, Viewpoint::Single)?;
    let items = slice
        .rows
        .iter()
        .filter_map(|row| {
            let view = views.remove(&row.id)?;
            Some((cursor(LIST, &row.key(CommentSort::Newest), row.id), view))
        })
        .collect();
    Ok(Page { items, has_previous: slice.has_previous, has_next: slice.has_next, total })
}

/// The states that a filter is left with: none where all of them are asked for.
fn statuses(wanted: &[CommentStatus]) -> Vec<CommentStatus> {
    match wanted {
        [] => vec![CommentStatus::Pending],
        wanted if CommentStatus::ALL.iter().all(|status| wanted.contains(status)) => Vec::new(),
        wanted => wanted.to_vec(),
    }
}
