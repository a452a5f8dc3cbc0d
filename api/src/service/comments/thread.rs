//! Pages of threads: for one post or many, for one comment's replies or many, each by a fixed number of statements.

use std::collections::{HashMap, VecDeque};

use pressroom_schema::comments::{self, Below, CommentRow, ThreadPart};
use pressroom_schema::posts::PostRow;
use pressroom_schema::{
    CommentSort, CommentStatus, Conn, Id, Key, KeyValue, Slice, Start, Timestamp, Window,
};

use super::access::{Viewpoint, load_views, show};
use super::commented::{CommentedPosts, Known, is_writer};
use super::{REPLIES_PER_ANSWER, REPLIES_PER_COMMENT, REPLY_LEVELS};
use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::freshness::Reader;
use crate::page::{List, Page, PageRequest, cursor};
use crate::service::Service;
use crate::service::parts::People;
use crate::view::CommentView;

/// How much of what hangs on comments an answer nests.
pub(crate) const BELOW: Below =
    Below { per_parent: REPLIES_PER_COMMENT, levels: REPLY_LEVELS, most: REPLIES_PER_ANSWER };

/// What a list's cursors are tagged with: a cursor is good for one post's or comment's list in one order.
fn tag(kind: ThreadPart, of: Id, order: CommentSort) -> String {
    let kind = match kind {
        ThreadPart::Roots => "thread",
        ThreadPart::Flat => "flat",
        ThreadPart::Replies => "replies",
    };
    format!("comments:{kind}:{of}:{order}")
}

/// The place before a comment's first reply, for a comment none of whose replies are in the answer.
fn before_the_first() -> (KeyValue, Id) {
    let year_one = Timestamp::from_micros(-62_135_596_800_000_000);
    (KeyValue::Time(year_one.unwrap_or(Timestamp::new(chrono::DateTime::UNIX_EPOCH))), Id::NIL)
}

fn window(kind: ThreadPart, groups: &[Id], order: CommentSort, page: &PageRequest) -> Result<Option<Window>> {
    let mut window = None;
    for of in groups {
        // A cursor is good for one list: with several, it is refused for the others.
        window = Some(page.window(&tag(kind, *of, order))?);
    }
    Ok(window.map(|w| match &w.start {
        Start::After(place) if place.id == Id::NIL => Window { start: Start::First, ..w },
        _ => w,
    }))
}

/// A page of the comments under each of `posts`, in `order`: of those that answer none, or where `flat` of all. Posts are taken
/// to be such as the viewer may read. A post without comments has an empty page.
///
/// Statements: posts with their bylines, comments, profiles; with `count` one; for callers who signed in one for the private side.
pub(crate) fn load_threads(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    posts: &[Id],
    order: CommentSort,
    page: &PageRequest,
    flat: bool,
) -> Result<HashMap<Id, Page<CommentView>>> {
    let commented = CommentedPosts::of_ids(svc, reader, posts.iter().copied())?;
    let kind = if flat { ThreadPart::Flat } else { ThreadPart::Roots };
    let level = Level { kind, groups: posts, order, page, nested: None, longest: None };
    load(svc, reader, viewer, &level, Some(commented))
}

/// The rows of the first page of the thread under each of `posts`, as it is embedded in them, by one statement. `longest` is the
/// number of comments under that of them which has most.
pub(crate) fn first_pages(reader: &mut Reader<'_>, posts: &[Id], below: Below, longest: i64) -> Result<Rows> {
    let (page, order) = (PageRequest::default(), CommentSort::Oldest);
    let nested = Some(below);
    let longest = Some(longest);
    fetch(reader, &Level { kind: ThreadPart::Roots, groups: posts, order, page: &page, nested, longest })
}

/// A page of the thread under `post` as GraphQL has it, from the first page as it was embedded in the post: its first `limit`
/// comments.
pub(crate) fn page_of_embedded(post: Id, list: &List<CommentView>, limit: usize) -> Page<CommentView> {
    let tag = tag(ThreadPart::Roots, post, CommentSort::Oldest);
    Page {
        has_next: list.page.next.is_some() || list.data.len() > limit,
        ..first_of(&tag, &list.data, limit)
    }
}

/// A page of the replies of `comment`, from those that are nested in it: its first `limit` replies; `None` where those that are
/// nested are not as many.
pub(crate) fn page_of_nested(comment: &CommentView, limit: usize) -> Option<Page<CommentView>> {
    let replies = comment.replies.as_ref()?;
    let all = usize::try_from(comment.reply_count).unwrap_or_default();
    let enough = replies.len() >= limit.min(all);
    let tag = tag(ThreadPart::Replies, comment.id, CommentSort::Oldest);
    enough.then(|| Page { has_next: all > limit, ..first_of(&tag, replies, limit) })
}

fn first_of(tag: &str, views: &[CommentView], limit: usize) -> Page<CommentView> {
    let place = |view: &CommentView| cursor(tag, &KeyValue::Time(view.created_at), view.id);
    let items = views.iter().take(limit).map(|view| (place(view), view.clone())).collect();
    Page { items, has_previous: false, has_next: false, total: None }
}

/// A page of the direct replies of each of `parents`, in `order`. Comments are taken to be such as the viewer may see.
pub(crate) fn load_replies(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    parents: &[Id],
    order: CommentSort,
    page: &PageRequest,
) -> Result<HashMap<Id, Page<CommentView>>> {
    let level =
        Level { kind: ThreadPart::Replies, groups: parents, order, page, nested: None, longest: None };
    load(svc, reader, viewer, &level, None)
}

/// The comments with these ids that the viewer may read, by id, without replies.
pub(crate) fn load_comments(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    ids: &[Id],
) -> Result<HashMap<Id, CommentView>> {
    let rows = comments::by_ids(reader, ids)?;
    let posts: Vec<Id> = rows.iter().map(|row| row.post_id).collect();
    let found = pressroom_schema::posts::by_ids(reader, &posts)?;
    let bylines = pressroom_schema::posts::bylines(reader, &posts)?;
    let by = |post: Id| bylines.iter().filter(|(id, _)| *id == post).map(|(_, author)| *author).collect();
    let authors: Vec<Vec<Id>> = found.iter().map(|(row, _)| by(row.id)).collect();
    let commented = CommentedPosts::known(
        svc,
        reader,
        found.iter().zip(&authors).map(|((row, _), by)| (row, by.as_slice())),
    );
    let posts: HashMap<Id, &PostRow> = found.iter().map(|(row, _)| (row.id, row)).collect();
    let mut readable = Vec::new();
    for row in rows {
        let Some(post) = posts.get(&row.post_id) else { continue };
        let known = Known { row, post: (*post).clone(), commented: commented.clone() };
        if is_readable(viewer, &known, svc.now())? {
            readable.push(known.row);
        }
    }
    load_views(svc, reader, viewer, &commented, &readable, Viewpoint::Single)
}

/// Whether `viewer` may read the comment by itself: it stands in a thread that they may read, they may decide on it, or they
/// wrote it and it waits.
pub(super) fn is_readable(viewer: &Viewer, known: &Known, now: Timestamp) -> Result<bool> {
    let readable = known.post_is_readable(viewer)?;
    if known.row.shown && readable {
        return Ok(true);
    }
    let waits = matches!(known.row.status, CommentStatus::Pending | CommentStatus::Spam);
    // To a guest a post that was taken back is gone, with its name.
    let writer = is_writer(viewer, &known.row) && (readable || viewer.is_signed_in());
    Ok((writer && waits) || known.allows(viewer, Action::ModerateComment, now)?)
}

/// Which pages of which lists.
pub(super) struct Level<'a> {
    pub(super) kind: ThreadPart,
    /// Posts, or comments where `kind` is [`ThreadPart::Replies`].
    pub(super) groups: &'a [Id],
    pub(super) order: CommentSort,
    pub(super) page: &'a PageRequest,
    /// How much of what hangs on them is nested in them.
    pub(super) nested: Option<Below>,
    /// How many approved comments the longest of the threads has, where that is known.
    pub(super) longest: Option<i64>,
}

/// A page for each group.
pub(super) fn load(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    level: &Level<'_>,
    commented: Option<CommentedPosts>,
) -> Result<HashMap<Id, Page<CommentView>>> {
    let rows = fetch(reader, level)?;
    let commented = match commented {
        Some(commented) => commented,
        None => CommentedPosts::of_ids(svc, reader, rows.top().map(|row| row.post_id))?,
    };
    let people = svc.people(reader, rows.writers())?;
    let totals = if level.page.count { Some(totals(reader, level.kind, &rows.groups)?) } else { None };
    rows.show(svc, reader, viewer, &commented, &people, totals.as_ref())
}

/// Pages of threads as they are stored, before it is known what their viewer sees of them.
pub(crate) struct Rows {
    kind: ThreadPart,
    order: CommentSort,
    nested: bool,
    groups: Vec<Id>,
    window: Option<Window>,
    found: HashMap<Id, Slice<CommentRow>>,
    branches: Branches,
}

/// Threads of at most so many approved comments are read whole where their first comments are wanted with what hangs on them.
const SHORT: i64 = 100;

/// The rows of a page for each group, with the replies that hang on them where they are nested, by one statement, or none where
/// nothing was said.
fn fetch(reader: &mut Reader<'_>, level: &Level<'_>) -> Result<Rows> {
    let Level { kind, order, page, nested, longest, .. } = *level;
    let mut groups = level.groups.to_vec();
    groups.sort_unstable();
    groups.dedup();
    if kind != ThreadPart::Replies {
        // A thread without comments depends on its post as well.
        for post in &groups {
            reader.depend(Key::Comments(*post));
        }
    }
    let window = window(kind, &groups, order, page)?;
    let (found, below) = match (&window, nested, longest) {
        (None, ..) | (_, _, Some(0)) => Default::default(),
        (Some(window), Some(below), Some(..=SHORT))
            if kind == ThreadPart::Roots && window.place().is_none() =>
        {
            comments::whole(reader, &groups, order, window, below.levels)?
        }
        (Some(window), ..) => comments::pages(reader, kind, &groups, order, window, nested)?,
    };
    let found: HashMap<Id, _> = found.into_iter().collect();
    let top: Vec<&CommentRow> =
        groups.iter().filter_map(|id| found.get(id)).flat_map(|slice| slice.rows.iter()).collect();
    let branches = Branches::of(&top, below, nested.unwrap_or(BELOW));
    Ok(Rows { kind, order, nested: nested.is_some(), groups, window, found, branches })
}

impl Rows {
    fn top(&self) -> impl Iterator<Item = &CommentRow> {
        self.groups.iter().filter_map(|id| self.found.get(id)).flat_map(|slice| slice.rows.iter())
    }

    /// The profiles of those who wrote what can be read, with repetitions.
    pub(crate) fn writers(&self) -> Vec<Id> {
        let rows = self.top().chain(&self.branches.rows).filter(|row| row.is_approved());
        rows.filter_map(|row| row.author_id).collect()
    }

    /// A page for each group as `viewer` sees it. Reads no more, except for callers who may see comments' private side.
    pub(crate) fn show(
        mut self,
        svc: &Service,
        reader: &mut Reader<'_>,
        viewer: &Viewer,
        commented: &CommentedPosts,
        people: &People,
        totals: Option<&HashMap<Id, i64>>,
    ) -> Result<HashMap<Id, Page<CommentView>>> {
        let rows = self.top().chain(&self.branches.rows);
        let mut views = show(svc, reader, viewer, commented, rows, Viewpoint::Thread, people)?;
        let Some(window) = &self.window else { return Ok(HashMap::new()) };
        let mut pages = HashMap::with_capacity(self.groups.len());
        for of in &self.groups {
            let slice = self.found.remove(of).unwrap_or_else(|| window.slice(Vec::new()));
            let tag = tag(self.kind, *of, self.order);
            let items = slice
                .rows
                .iter()
                .filter_map(|row| {
                    let view = if self.nested {
                        self.branches.assemble(row.id, &mut views)
                    } else {
                        views.remove(&row.id)
                    };
                    view.map(|view| (cursor(&tag, &row.key(self.order), row.id), view))
                })
                .collect();
            let total = totals.map(|t| t.get(of).copied().unwrap_or_default());
            let page = Page { items, has_previous: slice.has_previous, has_next: slice.has_next, total };
            pages.insert(*of, page);
        }
        Ok(pages)
    }
}

fn totals(conn: &mut Conn, kind: ThreadPart, groups: &[Id]) -> Result<HashMap<Id, i64>> {
    Ok(match kind {
        ThreadPart::Roots => comments::count_roots(conn, groups)?.into_iter().collect(),
        ThreadPart::Flat => comments::count_shown(conn, groups)?.into_iter().collect(),
        ThreadPart::Replies => comments::by_ids(conn, groups)?
            .into_iter()
            .map(|row| (row.id, i64::from(row.reply_count)))
            .collect(),
    })
}

/// The replies of an answer: which comment has which, within the limits.
#[derive(Debug, Default)]
pub(super) struct Branches {
    children: HashMap<Id, Vec<Id>>,
    pub(super) rows: Vec<CommentRow>,
}

impl Branches {
    /// What hangs on `top`, by one statement.
    pub(super) fn load(conn: &mut Conn, top: &[&CommentRow]) -> Result<Self> {
        let ids: Vec<Id> = top.iter().map(|row| row.id).collect();
        let below = comments::descendants(conn, &ids, BELOW)?;
        Ok(Self::of(top, below, BELOW))
    }

    /// Puts `below` in its places, level by level, within the limits. Where there are more than `most`, a comment of whose replies
    /// some may be missing is left without: its cursor then leads to all of them.
    fn of(top: &[&CommentRow], below: Vec<CommentRow>, limits: Below) -> Self {
        let most = usize::try_from(limits.most).unwrap_or(usize::MAX);
        let is_cut = below.len() >= most;
        let mut by_parent: HashMap<Id, Vec<CommentRow>> = HashMap::new();
        for row in below {
            by_parent.entry(row.parent_id.unwrap_or(Id::NIL)).or_default().push(row);
        }
        let mut branches = Self::default();
        let mut queue: VecDeque<(Id, i32)> = top.iter().map(|row| (row.id, row.reply_count)).collect();
        while let Some((id, reply_count)) = queue.pop_front() {
            let Some(mut replies) = by_parent.remove(&id) else { continue };
            let wanted = i64::from(reply_count).min(limits.per_parent);
            if is_cut && i64::try_from(replies.len()).unwrap_or(i64::MAX) < wanted {
                continue;
            }
            replies.sort_by_key(|row| (row.created_at, row.id));
            replies.truncate(usize::try_from(limits.per_parent).unwrap_or(usize::MAX));
            if most < branches.rows.len() + replies.len() {
                break;
            }
            queue.extend(replies.iter().map(|row| (row.id, row.reply_count)));
            branches.children.insert(id, replies.iter().map(|row| row.id).collect());
            branches.rows.extend(replies);
        }
        branches
    }

    /// A comment with its replies in it, and in those theirs.
    pub(super) fn assemble(&self, id: Id, views: &mut HashMap<Id, CommentView>) -> Option<CommentView> {
        let mut view = views.remove(&id)?;
        let replies: Vec<CommentView> = self
            .children
            .get(&id)
            .into_iter()
            .flatten()
            .filter_map(|reply| self.assemble(*reply, views))
            .collect();
        if i32::try_from(replies.len()).unwrap_or(i32::MAX) < view.reply_count {
            let (key, last) = replies
                .last()
                .map_or_else(before_the_first, |reply| (KeyValue::Time(reply.created_at), reply.id));
            view.replies_next = Some(cursor(&tag(ThreadPart::Replies, id, CommentSort::Oldest), &key, last));
        }
        view.replies = Some(replies);
        Some(view)
    }
}

#[cfg(test)]
#[path = "thread_tests.rs"]
mod tests;
