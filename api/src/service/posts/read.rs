//! Reading posts: one, many, as they are live or as their working copy is.

use std::collections::HashMap;

use pressroom_schema::media::MediaRow;
use pressroom_schema::posts::{self, Filter, Order, PostBody, PostRow, Ref, WithImage};
use pressroom_schema::revisions::{self, Snapshot};
use pressroom_schema::{Conn, Id, Timestamp, authors, media, site, tags};

use super::access::{find_visible, is_public, is_released};
use super::live::render;
use crate::auth::policy::{Action, PostTarget, Target};
use crate::auth::viewer::{Role, Viewer, Who};
use crate::content::Rendered;
use crate::error::{Code, Error, FieldError, Result};
use crate::page::{Page, PageRequest};
use crate::service::{Found, Service, Svc, allowed, comments, links, present, related, require, search};
use crate::view::{AdjacentView, BodyView, BylineView, PostView, SeoView, TermsView};

/// Which copy of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Perspective {
    /// What the public reads.
    Live,
    /// The working copy: for those who may edit.
    Draft,
}

/// What a post is shown with besides its own members.
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shown {
    /// `html` and `text`, and for those who may edit the source.
    pub body: bool,
    /// `links`.
    pub links: bool,
    /// `related`.
    pub related: bool,
    /// `adjacent`.
    pub adjacent: bool,
    /// `comments`: the first page of the thread.
    pub comments: bool,
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
    pub visibility: Option<String>,
    /// In these states: with rights. `all` for every state.
    pub statuses: Vec<String>,
    /// In the trash: with rights.
    pub trashed: bool,
    /// `-published_at` where it is left out.
    pub sort: Option<String>,
    /// Which copy: with rights.
    pub perspective: Option<Perspective>,
    /// Which rows.
    pub page: PageRequest,
}

/// The orders by their names on the wire.
pub const SORTS: [(&str, Order); 5] = [
    ("-published_at", Order::Newest),
    ("published_at", Order::Oldest),
    ("-updated_at", Order::Updated),
    ("title", Order::Title),
    ("-comment_count", Order::Discussed),
];

/// The states by their names on the wire.
pub const STATUSES: [&str; 5] = ["draft", "in_review", "scheduled", "published", "archived"];

/// One page of posts.
///
/// # Errors
/// 400 for a bad parameter or cursor, 401 and 403 where the query asks for more than the public sees without the right to it.
pub async fn list(svc: &Svc, viewer: &Viewer, query: PostQuery, shown: Shown) -> Result<Page<PostView>> {
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    svc.read(viewer, move |conn| list_in(&svc2, conn, &viewer2, &query, shown)).await
}

/// [`list`] inside a transaction.
pub(crate) fn list_in(
    svc: &Service,
    conn: &mut Conn,
    viewer: &Viewer,
    query: &PostQuery,
    shown: Shown,
) -> Result<Page<PostView>> {
    let name = query.sort.as_deref().unwrap_or("-published_at");
    let order = SORTS.iter().find(|(n, _)| *n == name).map(|(_, order)| *order).ok_or_else(|| {
        let known = SORTS.map(|(n, _)| n).join(", ");
        Error::parameters(vec![FieldError::parameter(
            "sort",
            "unknown_name",
            format!("There is no sort `{name}`; it is one of {known}."),
        )])
    })?;
    let tag = format!("posts:{name}");
    let window = query.page.window(&tag)?;
    let mut filter = Filter {
        featured: query.featured,
        published_after: query.published_after,
        published_before: query.published_before,
        updated_since: query.updated_since,
        language: query.language.clone(),
        ..Filter::default()
    };
    apply_rights(viewer, query, &mut filter)?;
    let empty = || Page {
        items: Vec::new(),
        has_previous: false,
        has_next: false,
        total: query.page.count.then_some(0),
    };
    // A name that nothing bears leaves no post; saying so tells nobody anything.
    filter.authors = author_ids(conn, &query.authors)?;
    filter.tags_any = tag_ids(conn, &query.tags)?;
    filter.tags_all = tag_ids(conn, &query.tags_all)?;
    if (filter.authors.is_empty() && !query.authors.is_empty())
        || (filter.tags_any.is_empty() && !query.tags.is_empty())
        || filter.tags_all.len() < query.tags_all.len()
    {
        return Ok(empty());
    }
    if let Some(q) = &query.q {
        filter.ids = Some(search::matching_ids(conn, q)?);
    }
    let slice = posts::list(conn, &filter, order, &window)?;
    let total = if query.page.count { Some(count(conn, &filter)?) } else { None };
    let places: Vec<_> = slice.rows.iter().map(|(row, _)| (order.key(row), row.id)).collect();
    let (has_previous, has_next) = (slice.has_previous, slice.has_next);
    let views =
        load_views(svc, conn, viewer, &slice.rows, query.perspective.unwrap_or(Perspective::Live), shown)?;
    let items = places
        .into_iter()
        .zip(views)
        .map(|((key, id), view)| (crate::page::cursor(&tag, &key, id), view))
        .collect();
    Ok(Page { items, has_previous, has_next, total })
}

/// The whole public list and those of one author or tag keep their totals; other filters are counted.
fn count(conn: &mut Conn, filter: &Filter) -> Result<i64> {
    let plain = Filter { listed: true, ..Filter::default() };
    let only = |f: &Filter| {
        f.listed
            && f.featured.is_none()
            && f.published_after.is_none()
            && f.published_before.is_none()
            && f.updated_since.is_none()
            && f.language.is_none()
            && f.visibility.is_none()
            && f.ids.is_none()
    };
    if only(filter) {
        match (filter.authors.as_slice(), filter.tags_any.as_slice(), filter.tags_all.as_slice()) {
            ([], [], []) => return Ok(site::total(conn, "posts")?),
            ([author], [], []) => {
                return Ok(authors::by_ids(conn, &[*author])?.first().map_or(0, |(row, _)| row.post_count));
            }
            ([], [tag], []) | ([], [], [tag]) => {
                return Ok(tags::by_ids(conn, &[*tag])?.first().map_or(0, |(row, _)| row.post_count));
            }
            _ => {}
        }
    }
    debug_assert!(plain.listed);
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
    if let Some(odd) = query.statuses.iter().find(|s| !STATUSES.contains(&s.as_str()) && *s != "all") {
        return Err(Error::parameters(vec![FieldError::parameter(
            "status",
            "unknown_name",
            format!("There is no status `{odd}`; it is one of {} or all.", STATUSES.join(", ")),
        )]));
    }
    let public_only = query.statuses.iter().all(|s| s == "published")
        && !query.trashed
        && query.visibility.as_deref().is_none_or(|v| v == "public")
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
    if matches!(user.role, Role::Admin | Role::Editor) {
        require(viewer, Action::ReadDraft, &all, "post")?;
    } else {
        let own_id = [user.author_id.unwrap_or_default()];
        let own = Target::Post(PostTarget {
            owner_id: Some(user.user_id),
            author_ids: if user.author_id.is_some() { &own_id } else { &[] },
            is_live: false,
            is_released: false,
        });
        require(viewer, Action::ReadDraft, &own, "post").map_err(|_| {
            Error::new(
                Code::Forbidden,
                "Your role or your token's scopes do not include reading drafts (posts:read).",
            )
        })?;
        filter.mine = Some((Id(user.user_id), user.author_id.map(Id)));
    }
    filter.trashed = query.trashed;
    filter.statuses = named(&query.statuses);
    filter.visibility.clone_from(&query.visibility);
    Ok(())
}

fn named(statuses: &[String]) -> Vec<String> {
    if statuses.iter().any(|s| s == "all") { Vec::new() } else { statuses.to_vec() }
}

/// Ids of authors given by id or slug; unknown ones are left out.
pub(crate) fn author_ids(conn: &mut Conn, names: &[String]) -> Result<Vec<Id>> {
    let (mut ids, slugs) = split(names);
    ids.extend(authors::ids_by_slugs(conn, &slugs)?.into_iter().map(|(_, id)| id));
    if ids.len() < names.len() {
        for slug in &slugs {
            ids.extend(site::redirect_target(conn, "author", slug)?);
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// Ids of tags given by id or slug; unknown ones are left out.
pub(crate) fn tag_ids(conn: &mut Conn, names: &[String]) -> Result<Vec<Id>> {
    let (mut ids, slugs) = split(names);
    ids.extend(tags::ids_by_slugs(conn, &slugs)?.into_iter().map(|(_, id)| id));
    if ids.len() < names.len() {
        for slug in &slugs {
            ids.extend(site::redirect_target(conn, "tag", slug)?);
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

fn split(names: &[String]) -> (Vec<Id>, Vec<String>) {
    let (mut ids, mut slugs) = (Vec::new(), Vec::new());
    for name in names {
        match name.parse() {
            Ok(id) => ids.push(id),
            Err(_) => slugs.push(name.clone()),
        }
    }
    (ids, slugs)
}

/// One post. `perspective` left out is live for a post that is live, else the working copy. A preview token that names this post
/// shows its working copy to anybody.
///
/// # Errors
/// 404 where there is none that the viewer may know of, 403 where the working copy is asked for without the right to it.
pub async fn get(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    perspective: Option<Perspective>,
    preview: Option<Id>,
    shown: Shown,
) -> Result<Found<PostView>> {
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    svc.read(viewer, move |conn| get_in(&svc2, conn, &viewer2, &post, perspective, preview, shown)).await
}

/// [`get`] inside a transaction.
pub(crate) fn get_in(
    svc: &Service,
    conn: &mut Conn,
    viewer: &Viewer,
    post: &Ref,
    perspective: Option<Perspective>,
    preview: Option<Id>,
    shown: Shown,
) -> Result<Found<PostView>> {
    if let Some(id) = preview {
        let found = posts::find(conn, post)?.filter(|(row, _)| row.id == id && row.deleted_at.is_none());
        let row = found.ok_or_else(|| Error::not_found("post"))?;
        let system = Viewer { who: Who::System, ..viewer.clone() };
        let mut views = load_views(svc, conn, &system, &[row], Perspective::Draft, shown)?;
        let mut view = views.pop().ok_or_else(|| Error::not_found("post"))?;
        // Whoever holds the link reads as a reader would.
        (view.body, view.markdown, view.has_unpublished_changes) = (None, None, None);
        return Ok(Found::Here(view));
    }
    let row = match find_visible(conn, viewer, post)? {
        Found::Here(row) => row,
        Found::Moved(slug) => return Ok(Found::Moved(slug)),
    };
    let perspective = match perspective {
        Some(Perspective::Draft) if is_public(&row.0) => {
            super::access::require_on(conn, viewer, Action::ReadDraft, &row.0).map_err(|e| {
                if e.code() == Code::NotFound {
                    Error::new(Code::Forbidden, "The working copy is for those who may edit this post.")
                } else {
                    e
                }
            })?;
            Perspective::Draft
        }
        Some(chosen) => chosen,
        None if row.0.is_live() => Perspective::Live,
        None => Perspective::Draft,
    };
    let mut views = load_views(svc, conn, viewer, &[row], perspective, shown)?;
    views.pop().map(Found::Here).ok_or_else(|| Error::not_found("post"))
}

/// One post after a write, with its body.
pub(super) fn load_one(
    svc: &Service,
    conn: &mut Conn,
    viewer: &Viewer,
    post: Id,
    perspective: Perspective,
) -> Result<PostView> {
    let rows = posts::by_ids(conn, &[post])?;
    let shown = Shown { body: true, ..Shown::default() };
    load_views(svc, conn, viewer, &rows, perspective, shown)?.pop().ok_or_else(|| Error::not_found("post"))
}

/// The publicly readable posts among `ids`, by id: what GraphQL's edges load in one go.
pub(crate) fn load_public(
    svc: &Service,
    conn: &mut Conn,
    viewer: &Viewer,
    ids: &[Id],
    shown: Shown,
) -> Result<HashMap<Id, PostView>> {
    let rows: Vec<WithImage> =
        posts::by_ids(conn, ids)?.into_iter().filter(|(row, _)| is_public(row)).collect();
    let views = load_views(svc, conn, viewer, &rows, Perspective::Live, shown)?;
    Ok(views.into_iter().map(|view| (view.id, view)).collect())
}

/// What a post shows that a snapshot may replace.
struct Content {
    rendered: Option<Rendered>,
    snapshot: Option<Snapshot>,
}

/// Posts as views, in the order of `rows`, by a number of statements that does not depend on how many there are.
pub(crate) fn load_views(
    svc: &Service,
    conn: &mut Conn,
    viewer: &Viewer,
    rows: &[WithImage],
    perspective: Perspective,
    shown: Shown,
) -> Result<Vec<PostView>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Id> = rows.iter().map(|(row, _)| row.id).collect();
    let settings = crate::service::site::settings(conn, svc.now())?;
    let mut bylines: HashMap<Id, Vec<BylineView>> = HashMap::new();
    for (post, role, author) in authors::of_posts(conn, &ids)? {
        bylines.entry(post).or_default().push(BylineView { author: svc.author(&author), role });
    }
    let mut tags_of: HashMap<Id, Vec<crate::view::TagView>> = HashMap::new();
    for (post, tag) in tags::of_posts(conn, &ids)? {
        tags_of.entry(post).or_default().push(present::tag(&tag));
    }
    let mut bodies: HashMap<Id, PostBody> = HashMap::new();
    if shown.body {
        bodies.extend(posts::bodies(conn, &ids)?);
    }
    // Rights are judged by the live bylines, before a working copy may replace them.
    let editable: Vec<bool> = rows
        .iter()
        .map(|(row, _)| {
            let authors: Vec<uuid::Uuid> =
                bylines.get(&row.id).map(|b| b.iter().map(|b| b.author.id.0).collect()).unwrap_or_default();
            let target = Target::Post(PostTarget {
                owner_id: row.owner_id.map(|id| id.0),
                author_ids: &authors,
                is_live: is_public(row),
                is_released: is_released(row),
            });
            !matches!(viewer.who, Who::Anonymous) && allowed(viewer, Action::ReadDraft, &target)
        })
        .collect();
    let mut drafts = if perspective == Perspective::Draft {
        let changed: Vec<Id> =
            rows.iter().filter(|(row, _)| row.has_unpublished_changes()).map(|(row, _)| row.id).collect();
        load_drafts(svc, conn, &changed, &mut bylines, &mut tags_of)?
    } else {
        HashMap::new()
    };
    let mut views = Vec::with_capacity(rows.len());
    for ((row, image), editable) in rows.iter().zip(editable) {
        let draft = drafts.remove(&row.id);
        views.push(view(
            svc,
            row,
            image.as_ref(),
            Parts {
                authors: bylines.remove(&row.id).unwrap_or_default(),
                tags: tags_of.remove(&row.id).unwrap_or_default(),
                body: bodies.remove(&row.id),
                draft,
                editable,
                shown,
                site_terms: present::site_terms(&settings),
            },
        ));
    }
    embed(svc, conn, viewer, rows, &mut views, shown)?;
    Ok(views)
}

/// The working copies of posts that differ from what is live: content and image; their bylines and tags replace the live ones.
fn load_drafts(
    svc: &Service,
    conn: &mut Conn,
    ids: &[Id],
    bylines: &mut HashMap<Id, Vec<BylineView>>,
    tags_of: &mut HashMap<Id, Vec<crate::view::TagView>>,
) -> Result<HashMap<Id, (Content, Option<MediaRow>)>> {
    let snapshots = revisions::working_copies(conn, ids)?;
    let author_ids: Vec<Id> =
        snapshots.iter().flat_map(|(_, s)| s.authors.iter().map(|b| b.author_id)).collect();
    let people: HashMap<Id, authors::WithAvatar> =
        authors::by_ids(conn, &author_ids)?.into_iter().map(|a| (a.0.id, a)).collect();
    let tag_ids: Vec<Id> = snapshots.iter().flat_map(|(_, s)| s.tags.iter().copied()).collect();
    let known: HashMap<Id, tags::WithParent> =
        tags::by_ids(conn, &tag_ids)?.into_iter().map(|t| (t.0.id, t)).collect();
    let media_ids: Vec<Id> =
        snapshots.iter().filter_map(|(_, s)| s.image.as_ref().map(|i| i.media_id)).collect();
    let mut images: HashMap<Id, MediaRow> =
        media::by_ids(conn, &media_ids)?.into_iter().map(|m| (m.id, m)).collect();
    let mut drafts = HashMap::new();
    for (post, snapshot) in snapshots {
        bylines.insert(
            post,
            snapshot
                .authors
                .iter()
                .filter_map(|b| {
                    people
                        .get(&b.author_id)
                        .map(|a| BylineView { author: svc.author(a), role: b.role.clone() })
                })
                .collect(),
        );
        tags_of.insert(post, snapshot.tags.iter().filter_map(|id| known.get(id).map(present::tag)).collect());
        let image = snapshot.image.as_ref().and_then(|i| images.remove(&i.media_id));
        let rendered = Some(render(&snapshot));
        drafts.insert(post, (Content { rendered, snapshot: Some(snapshot) }, image));
    }
    Ok(drafts)
}

/// What a post's view is put together from, besides its row.
struct Parts {
    authors: Vec<BylineView>,
    tags: Vec<crate::view::TagView>,
    body: Option<PostBody>,
    draft: Option<(Content, Option<MediaRow>)>,
    editable: bool,
    shown: Shown,
    site_terms: TermsView,
}

fn view(svc: &Service, row: &PostRow, image: Option<&MediaRow>, parts: Parts) -> PostView {
    let (content, draft_image) = match parts.draft {
        Some((content, image)) => (content, image),
        None => (Content { rendered: None, snapshot: None }, None),
    };
    let source = parts
        .body
        .as_ref()
        .map(|b| BodyView { format: b.body_format.clone(), source: b.body_source.clone() });
    let mut view = PostView {
        id: row.id,
        slug: row.slug.clone(),
        url: svc.config.post_url(&row.slug),
        title: row.title.clone(),
        subtitle: row.subtitle.clone(),
        excerpt: row.excerpt.clone(),
        html: parts.body.as_ref().map(|b| b.html.clone()),
        text: parts.body.map(|b| b.text),
        markdown: None,
        body: source,
        status: row.status.clone(),
        visibility: row.visibility.clone(),
        featured: row.featured,
        published_at: row.published_at,
        updated_at: row.updated_at,
        created_at: row.created_at,
        version: row.version,
        word_count: row.word_count,
        reading_minutes: row.reading_minutes,
        language: row.language.clone(),
        image: image.map(|m| svc.image(m, row.image_alt.as_deref(), row.image_caption.as_deref())),
        authors: parts.authors,
        tags: parts.tags,
        comment_count: row.comment_count,
        comments_open: row.comments_open,
        terms: TermsView { notice: row.terms_notice.clone(), url: row.terms_url.clone() },
        canonical_url: row.canonical_url.clone(),
        seo: row.seo.to::<SeoView>().unwrap_or_default(),
        custom: row.custom.0.clone(),
        has_unpublished_changes: parts.editable.then(|| row.has_unpublished_changes()),
        deleted_at: if parts.editable { row.deleted_at } else { None },
        links: None,
        related: None,
        adjacent: None,
        comments: None,
    };
    if let (Some(snapshot), Some(rendered)) = (content.snapshot, content.rendered) {
        view.url = svc.config.post_url(&snapshot.slug);
        view.excerpt = snapshot.excerpt.clone().unwrap_or_else(|| rendered.excerpt.clone());
        view.image = draft_image.map(|m| {
            let own = snapshot.image.as_ref();
            svc.image(&m, own.and_then(|i| i.alt.as_deref()), own.and_then(|i| i.caption.as_deref()))
        });
        if parts.shown.body {
            view.html = Some(rendered.html);
            view.text = Some(rendered.text);
            view.body = Some(BodyView { format: snapshot.body_format, source: snapshot.body_source });
        }
        view.word_count = rendered.word_count;
        view.reading_minutes = rendered.reading_minutes;
        view.slug = snapshot.slug;
        view.title = snapshot.title;
        view.subtitle = snapshot.subtitle;
        view.visibility = snapshot.visibility;
        view.featured = snapshot.featured;
        view.language = snapshot.language;
        view.comments_open = snapshot.comments_open;
        view.terms = TermsView { notice: snapshot.terms_notice, url: snapshot.terms_url };
        view.canonical_url = snapshot.canonical_url;
        view.seo = snapshot.seo.to::<SeoView>().unwrap_or_default();
        view.custom = snapshot.custom.0;
    }
    if view.terms.notice.is_none() && view.terms.url.is_none() {
        view.terms = parts.site_terms;
    }
    if parts.editable {
        view.markdown = view.body.as_ref().filter(|b| b.format == "markdown").map(|b| b.source.clone());
    } else {
        view.body = None;
    }
    view
}

/// Adds what was asked for with `include`.
fn embed(
    svc: &Service,
    conn: &mut Conn,
    viewer: &Viewer,
    rows: &[WithImage],
    views: &mut [PostView],
    shown: Shown,
) -> Result<()> {
    let ids: Vec<Id> = rows.iter().map(|(row, _)| row.id).collect();
    if shown.links {
        let mut found = links::load_links(svc, conn, viewer, &ids)?;
        for view in &mut *views {
            view.links = Some(found.remove(&view.id).unwrap_or_default());
        }
    }
    if shown.related {
        let mut found = related::load_related(svc, conn, viewer, &ids, related::DEFAULT_LIMIT)?;
        for view in &mut *views {
            view.related = Some(found.remove(&view.id).unwrap_or_default());
        }
    }
    if shown.adjacent {
        for ((row, _), view) in rows.iter().zip(&mut *views) {
            view.adjacent = Some(load_adjacent(svc, conn, row)?);
        }
    }
    if shown.comments {
        let mut found = comments::load_first_pages(svc, conn, viewer, rows.iter().map(|(row, _)| row))?;
        for view in &mut *views {
            view.comments = found.remove(&view.id);
        }
    }
    Ok(())
}

/// The public posts before and after one.
pub(crate) fn load_adjacent(svc: &Service, conn: &mut Conn, row: &PostRow) -> Result<AdjacentView> {
    let (previous, next) = posts::adjacent(conn, row.sorted_at, row.id)?;
    Ok(AdjacentView { previous: previous.map(|p| svc.summary(&p)), next: next.map(|p| svc.summary(&p)) })
}
