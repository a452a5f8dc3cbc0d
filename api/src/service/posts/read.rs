//! Reading posts: one, many, as they are live or as their working copy is.

use std::collections::{HashMap, HashSet};

use pressroom_schema::comments::Below;
use pressroom_schema::posts::{self, Columns, Filter, Ref};
use pressroom_schema::{
    Conn, Id, Key, KeyValue, LanguageTag, Perspective, PostListSort, PostSort, PostStatus, Slug, SlugKind,
    Timestamp, Total, Visibility, Window, authors, site, tags,
};

use super::access::{find_full, is_public};
use super::rendering::read_rendered;
use super::views::load_views;
use crate::auth::limit::Class;
use crate::auth::policy::{Action, PostTarget, Target, reads_by_preview};
use crate::auth::viewer::{Role, Viewer, Who};
use crate::error::{Code, Error, FieldError, Result};
use crate::freshness::{Read, Reader};
use crate::page::{Page, PageRequest};
use crate::service::{Found, Service, Svc, require, search};
use crate::view::PostView;

/// Which members are shown that tell of something beside the post: what is not shown is not read, and its changes change nothing.
/// All of them unless something is said.
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectedMembers {
    /// `authors`.
    pub authors: bool,
    /// `tags`.
    pub tags: bool,
    /// `terms`: the site's, where the post has none of its own.
    pub terms: bool,
    /// `comment_count`.
    pub comment_count: bool,
    /// `comments_open` and `comment_policy`.
    pub comment_policy: bool,
}

impl ProjectedMembers {
    /// None of them.
    pub const NONE: Self =
        Self { authors: false, tags: false, terms: false, comment_count: false, comment_policy: false };
    /// All of them.
    pub const ALL: Self =
        Self { authors: true, tags: true, terms: true, comment_count: true, comment_policy: true };
}

impl Default for ProjectedMembers {
    fn default() -> Self {
        Self::ALL
    }
}

/// What a post is shown with besides its own members.
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Projection {
    /// `html`, `text`, and for those who may edit the source (`body`, `markdown`).
    pub body: Columns,
    /// `authors`, `tags`, `terms`, `comment_count`.
    pub members: ProjectedMembers,
    /// `links`.
    pub links: bool,
    /// `related`.
    pub related: bool,
    /// `adjacent`.
    pub adjacent: bool,
    /// `comments`: the first page of the thread.
    pub comments: bool,
    /// How much of what hangs on those comments is nested in them, where it is not the usual.
    pub below: Option<Below>,
}

impl Projection {
    /// What this viewer may see of it at all: the source is for those who may edit.
    fn to(mut self, viewer: &Viewer) -> Self {
        self.body.source &= viewer.is_signed_in();
        self
    }
}

/// Which posts, as a caller asks. Authors and tags are ids or slugs.
#[derive(Debug, Clone, Default)]
pub struct PostQuery {
    /// Bears one of these bylines.
    pub authors: Vec<String>,
    /// Bears one of these tags.
    pub tags: Vec<String>,
    /// Bears each of these tags.
    pub tags_all: Vec<String>,
    /// Matches this search.
    pub q: Option<String>,
    /// Put forward or not.
    pub featured: Option<bool>,
    /// Published at or after.
    pub published_after: Option<Timestamp>,
    /// Published before.
    pub published_before: Option<Timestamp>,
    /// Changed at or after.
    pub updated_since: Option<Timestamp>,
    /// In this language.
    pub language: Option<String>,
    /// Of this visibility: with rights.
    pub visibility: Option<Visibility>,
    /// In these states: with rights.
    pub statuses: Vec<PostStatus>,
    /// In the trash: with rights.
    pub trashed: bool,
    /// By what, and which way.
    pub sort: PostSort,
    /// Which copy: with rights.
    pub perspective: Option<Perspective>,
    /// Which rows.
    pub page: PageRequest,
}

/// One page of posts.
///
/// # Errors
/// 400 for a bad parameter or cursor, 401 and 403 where the query asks for more than the public sees without the right to it, 429
/// after too many searches by `q`.
pub async fn list(
    svc: &Svc,
    viewer: &Viewer,
    query: PostQuery,
    shown: Projection,
) -> Result<Read<Page<PostView>>> {
    admit(svc, viewer, &query).await?;
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    let slow = query.q.is_some();
    read_rendered(svc, viewer, slow, move |reader| list_in(&svc2, reader, &viewer2, &query, shown)).await
}

/// Counts a list that is a search.
///
/// # Errors
/// 429 after too many.
pub(super) async fn admit(svc: &Svc, viewer: &Viewer, query: &PostQuery) -> Result<()> {
    if query.q.is_some() { svc.admit(viewer, Class::Search).await } else { Ok(()) }
}

/// [`list`] inside a transaction.
///
/// # Errors
/// As [`list`].
pub fn list_in(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    query: &PostQuery,
    shown: Projection,
) -> Result<Page<PostView>> {
    let Some(Listing { filter, order, tag, window }) = listing(reader, viewer, query)? else {
        return Ok(nothing(query));
    };
    let shown = shown.to(viewer);
    let slice = posts::list(reader, &filter, order, &window, shown.body)?;
    let total = if query.page.count { Some(count(reader, &filter)?) } else { None };
    let places: Vec<_> = slice.rows.iter().map(|row| (order.key(&row.post), row.post.id)).collect();
    let (has_previous, has_next) = (slice.has_previous, slice.has_next);
    let views =
        load_views(svc, reader, viewer, slice.rows, query.perspective.unwrap_or(Perspective::Live), shown)?;
    let items = places
        .into_iter()
        .zip(views)
        .map(|((key, id), view)| (crate::page::cursor(&tag, &key, id), view))
        .collect();
    Ok(Page { items, has_previous, has_next, total })
}

/// A list as it is asked of the database.
pub(super) struct Listing {
    pub(super) filter: Filter,
    pub(super) order: PostSort,
    /// What its cursors are tagged with.
    pub(super) tag: String,
    pub(super) window: Window,
}

/// The list that `query` asks for; none where it names an author or a tag that nothing bears.
pub(super) fn listing(
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    query: &PostQuery,
) -> Result<Option<Listing>> {
    let order = query.sort;
    let tag = format!("posts:{order}");
    let window = query.page.window(&tag)?;
    let mut filter = Filter {
        featured: query.featured,
        published_after: query.published_after,
        published_before: query.published_before,
        updated_since: query.updated_since,
        language: language_of(query.language.as_deref())?,
        ..Filter::default()
    };
    apply_rights(viewer, query, &mut filter)?;
    // Before the names, so that words which cannot be sought are refused whatever else is asked for.
    if let Some(q) = &query.q {
        filter.ids = Some(search::matching_ids(reader, q)?);
    }
    // A name that nothing bears leaves no post; saying so tells nobody anything.
    filter.authors = author_ids(reader, &query.authors)?;
    filter.tags_any = tag_ids(reader, &query.tags)?;
    filter.tags_all = tag_ids(reader, &query.tags_all)?;
    if (filter.authors.is_empty() && !query.authors.is_empty())
        || (filter.tags_any.is_empty() && !query.tags.is_empty())
        || filter.tags_all.len() < query.tags_all.len()
    {
        return Ok(None);
    }
    depend_on_list(reader, &filter, order);
    Ok(Some(Listing { filter, order, tag, window }))
}

/// A language as a filter names it, in the form in which posts have theirs.
pub(crate) fn language_of(text: Option<&str>) -> Result<Option<LanguageTag>> {
    let Some(text) = text else { return Ok(None) };
    let odd = |_| {
        let detail = "`language` must be a BCP 47 language tag, such as en, pt-BR or zh-Hant.";
        Error::parameters(vec![FieldError::parameter("language", "invalid_language", detail)])
    };
    text.parse().map(Some).map_err(odd)
}

/// A page without posts.
pub(super) fn nothing<T>(query: &PostQuery) -> Page<T> {
    Page { items: Vec::new(), has_previous: false, has_next: false, total: query.page.count.then_some(0) }
}

/// Notes what decides which posts are in a list, and their order. What is in it is noted as it is shown.
fn depend_on_list(reader: &mut Reader<'_>, filter: &Filter, order: PostSort) {
    let by_date = matches!(order, PostSort::PublishedAtDesc | PostSort::PublishedAtAsc);
    if by_date && only_by_lists(filter) {
        reader.depend(Key::Listed);
        filter.authors.iter().for_each(|id| reader.depend(Key::Author(*id)));
        filter.tags_any.iter().chain(&filter.tags_all).for_each(|id| reader.depend(Key::Tag(*id)));
    } else {
        reader.depend(Key::Posts);
    }
    if order == PostSort::CommentCountDesc {
        reader.depend(Key::Discussed);
    }
}

/// Whether the filter is the public list or what is listed under authors and tags, and nothing else.
fn only_by_lists(filter: &Filter) -> bool {
    filter.listed
        && filter.featured.is_none()
        && filter.published_after.is_none()
        && filter.published_before.is_none()
        && filter.updated_since.is_none()
        && filter.language.is_none()
        && filter.visibility.is_none()
        && filter.ids.is_none()
}

/// The whole public list and those of one author or tag keep their totals; other filters are counted.
pub(super) fn count(conn: &mut Conn, filter: &Filter) -> Result<i64> {
    if only_by_lists(filter) {
        match (filter.authors.as_slice(), filter.tags_any.as_slice(), filter.tags_all.as_slice()) {
            ([], [], []) => return Ok(site::total(conn, Total::Posts)?),
            ([author], [], []) => {
                return Ok(authors::by_ids(conn, &[*author])?.first().map_or(0, |(row, _)| row.post_count));
            }
            ([], [tag], []) | ([], [], [tag]) => {
                return Ok(tags::by_ids(conn, &[*tag])?.first().map_or(0, |(row, _)| row.post_count));
            }
            _ => {}
        }
    }
    Ok(posts::count(conn, filter)?)
}

/// The public sees what is listed. Editors see everything they ask for; others see their own besides.
fn apply_rights(viewer: &Viewer, query: &PostQuery, filter: &mut Filter) -> Result<()> {
    let asks_more = !query.statuses.is_empty()
        || query.trashed
        || query.visibility.is_some()
        || query.perspective == Some(Perspective::Draft);
    if !asks_more {
        filter.listed = true;
        return Ok(());
    }
    let public_only = query.statuses.iter().all(|s| *s == PostStatus::Published)
        && !query.trashed
        && query.visibility.is_none_or(|v| v == Visibility::Public)
        && query.perspective != Some(Perspective::Draft);
    if public_only && viewer.user().is_none() && !matches!(viewer.who, Who::System) {
        filter.listed = true;
        return Ok(());
    }
    let Some(user) = viewer.user() else {
        if matches!(viewer.who, Who::System) {
            filter.trashed = query.trashed;
            filter.statuses = named(&query.statuses);
            return Ok(());
        }
        return Err(Error::new(
            Code::Unauthenticated,
            "The public sees published posts; sign in to ask for others by status, visibility, trash or perspective.",
        ));
    };
    let all =
        Target::Post(PostTarget { owner_id: None, author_ids: &[], is_live: false, is_released: false });
    let refused = |_| {
        Error::new(
            Code::Forbidden,
            "Your role or your token's scopes do not include reading drafts (posts:read).",
        )
    };
    if matches!(user.role, Role::Admin | Role::Editor) {
        require(viewer, Action::ReadDraft, &all, "post").map_err(refused)?;
    } else {
        let own_id = [user.author_id.unwrap_or_default()];
        let own = Target::Post(PostTarget {
            owner_id: Some(user.user_id),
            author_ids: if user.author_id.is_some() { &own_id } else { &[] },
            is_live: false,
            is_released: false,
        });
        require(viewer, Action::ReadDraft, &own, "post").map_err(refused)?;
        filter.mine = Some((Id(user.user_id), user.author_id.map(Id)));
    }
    filter.trashed = query.trashed;
    filter.statuses = named(&query.statuses);
    filter.visibility = query.visibility;
    Ok(())
}

/// The states that a filter is left with: none where all of them are asked for.
fn named(statuses: &[PostStatus]) -> Vec<PostStatus> {
    let all = PostStatus::ALL.iter().all(|status| statuses.contains(status));
    if all { Vec::new() } else { statuses.to_vec() }
}

/// Ids of authors given by id or slug; unknown ones are left out.
pub(crate) fn author_ids(reader: &mut Reader<'_>, names: &[String]) -> Result<Vec<Id>> {
    let (mut ids, slugs) = split(names);
    ids.extend(authors::ids_by_slugs(reader, &slugs)?.into_iter().map(|(_, id)| id));
    if ids.len() < names.len() {
        // Any of them may come to be the name of another.
        reader.depend(Key::Authors);
        for slug in &slugs {
            ids.extend(site::redirect_target(reader, SlugKind::Author, slug)?);
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// Ids of tags given by id or slug; unknown ones are left out.
pub(crate) fn tag_ids(reader: &mut Reader<'_>, names: &[String]) -> Result<Vec<Id>> {
    let (mut ids, slugs) = split(names);
    ids.extend(tags::ids_by_slugs(reader, &slugs)?.into_iter().map(|(_, id)| id));
    if ids.len() < names.len() {
        reader.depend(Key::Tags);
        for slug in &slugs {
            ids.extend(site::redirect_target(reader, SlugKind::Tag, slug)?);
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

fn split(names: &[String]) -> (Vec<Id>, Vec<Slug>) {
    let (mut ids, mut slugs) = (Vec::new(), Vec::new());
    for name in names {
        match name.parse() {
            Ok(id) => ids.push(id),
            Err(_) => slugs.extend(name.parse::<Slug>()),
        }
    }
    (ids, slugs)
}

/// One post. `perspective` left out is live for a post that is live, else the working copy. Whoever comes by a preview link reads
/// the working copy.
///
/// # Errors
/// 404 where there is none that the viewer may know of, 403 where the working copy is asked for without the right to it.
pub async fn get(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    perspective: Option<Perspective>,
    shown: Projection,
) -> Result<Read<Found<PostView>>> {
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    read_rendered(svc, viewer, false, move |reader| {
        get_in(&svc2, reader, &viewer2, &post, perspective, shown)
    })
    .await
}

/// [`get`] inside a transaction.
///
/// # Errors
/// As [`get`].
pub fn get_in(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    post: &Ref,
    perspective: Option<Perspective>,
    shown: Projection,
) -> Result<Found<PostView>> {
    let shown = shown.to(viewer);
    let row = match find_full(reader, viewer, post, shown.body)? {
        Found::Here(row) => row,
        Found::Moved(slug) => return Ok(Found::Moved(slug)),
    };
    let perspective = match perspective {
        Some(Perspective::Draft) if is_public(&row.post) && !reads_by_preview(viewer, row.post.id.0) => {
            super::access::require_on(reader, viewer, Action::ReadDraft, &row.post).map_err(|e| {
                if e.code() == Code::NotFound {
                    Error::new(Code::Forbidden, "The working copy is for those who may edit this post.")
                } else {
                    e
                }
            })?;
            Perspective::Draft
        }
        Some(chosen) => chosen,
        None if row.post.is_live() => Perspective::Live,
        None => Perspective::Draft,
    };
    let mut views = load_views(svc, reader, viewer, vec![row], perspective, shown)?;
    views.pop().map(Found::Here).ok_or_else(|| Error::not_found("post"))
}

/// One post after a write, with its body.
pub(super) fn load_one(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    post: Id,
    perspective: Perspective,
) -> Result<PostView> {
    let shown = Projection { body: Columns::ALL, ..Projection::default() };
    let rows = posts::full_by_ids(reader, &[post], shown.body)?;
    load_views(svc, reader, viewer, rows, perspective, shown)?.pop().ok_or_else(|| Error::not_found("post"))
}

/// The posts among `ids` that the viewer may read, by id, as they are live (or, while they are not, as their working copy is):
/// what GraphQL's edges load in one go.
pub(crate) fn load_visible(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    ids: &[Id],
    shown: Projection,
) -> Result<HashMap<Id, PostView>> {
    let shown = shown.to(viewer);
    // Of those that cannot be seen too: they may come to be seen.
    for id in ids {
        reader.depend(Key::Post(*id));
    }
    let rows = posts::full_by_ids(reader, ids, shown.body)?;
    let closed: HashSet<Id> =
        rows.iter().map(|row| &row.post).filter(|post| !is_public(*post)).map(|post| post.id).collect();
    let mut views = load_views(svc, reader, viewer, rows, Perspective::Live, shown)?;
    // Those who may read the draft are told whether there is one.
    views.retain(|view| {
        !closed.contains(&view.id)
            || view.has_unpublished_changes.is_some()
            || reads_by_preview(viewer, view.id.0)
    });
    Ok(views.into_iter().map(|view| (view.id, view)).collect())
}

/// A page of the public posts of each of these authors or tags, by the author's or tag's id, newest or oldest first. Totals are
/// for the caller to fill in: authors and tags keep theirs.
pub(crate) fn load_lists(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    lists: &[Id],
    sort: PostListSort,
    page: &PageRequest,
    shown: Projection,
) -> Result<HashMap<Id, Page<PostView>>> {
    for list in lists {
        reader.depend(Key::Author(*list));
        reader.depend(Key::Tag(*list));
    }
    let tag = format!("posts:{sort}");
    let newest = sort == PostListSort::PublishedAtDesc;
    let slices = posts::pages_of_lists(reader, lists, newest, &page.window(&tag)?)?;
    let ids: Vec<Id> = slices.iter().flat_map(|(_, slice)| slice.rows.iter().map(|(id, _)| *id)).collect();
    let views = load_visible(svc, reader, viewer, &ids, shown)?;
    let mut pages = HashMap::new();
    for (list, slice) in slices {
        let items = slice
            .rows
            .into_iter()
            .filter_map(|(id, at)| {
                Some((crate::page::cursor(&tag, &KeyValue::Time(at), id), views.get(&id)?.clone()))
            })
            .collect();
        let page = Page { items, has_previous: slice.has_previous, has_next: slice.has_next, total: None };
        pages.insert(list, page);
    }
    Ok(pages)
}
