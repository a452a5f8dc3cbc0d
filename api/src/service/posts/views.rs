//! Posts as they are shown: rows, and what hangs on them, put together.

use std::collections::HashMap;

use pressroom_schema::media::ImageRow;
use pressroom_schema::posts::{
    self, Columns, FullPost, PostBody, PostRelation, PostRow, Refs, RelationKind, SiteDefaults,
    WantedRelations,
};
use pressroom_schema::revisions::{self, Snapshot};
use pressroom_schema::{BodyFormat, CommentPolicy, Conn, Id, Key, Perspective, media};

use super::access::{is_public, is_released};
use super::live::fill;
use super::read::{ProjectedMembers, Projection};
use super::rendering::unrendered;
use crate::auth::policy::{self, Action, PostTarget, Target};
use crate::auth::viewer::Viewer;
use crate::content::Rendered;
use crate::error::{Error, Result};
use crate::freshness::Reader;
use crate::page::Page;
use crate::service::parts::{OtherPosts, People, Tags};
use crate::service::{Service, allowed, comments, links, related};
use crate::view::{
    AdjacentView, BodyView, BylineView, CommentView, LinksView, PostView, RelatedView, SeoView, TermsView,
};

/// How posts are related to others.
#[derive(Default)]
pub(crate) struct PostRelations {
    /// Links in both directions.
    pub(crate) links: HashMap<Id, LinksView>,
    /// Related posts.
    pub(crate) related: HashMap<Id, Vec<RelatedView>>,
    /// The public posts before and after.
    pub(crate) adjacent: HashMap<Id, AdjacentView>,
}

impl PostRelations {
    fn of(
        reader: &mut Reader<'_>,
        viewer: &Viewer,
        ids: &[Id],
        wanted: WantedRelations,
        relations: &[PostRelation],
        others: &OtherPosts,
    ) -> Result<Self> {
        Ok(Self {
            links: if wanted.links {
                links::links_of(reader, viewer, ids, relations, others)?
            } else {
                HashMap::new()
            },
            related: related::related_of(reader, relations, others, wanted.similar),
            adjacent: adjacent_of(reader, relations, others),
        })
    }
}

/// How these posts are related to others, as far as it is wanted, by two statements at most.
pub(crate) fn load_relations(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    ids: &[Id],
    wanted: WantedRelations,
) -> Result<PostRelations> {
    for id in ids {
        reader.depend(Key::Post(*id));
        // Whether they are listed is not known here.
        depend_on_relations(reader, *id, wanted, false);
    }
    let relations = posts::relations(reader, ids, wanted)?;
    let others = svc.others(reader, relations.iter().filter_map(|relation| relation.other))?;
    PostRelations::of(reader, viewer, ids, wanted, &relations, &others)
}

/// A working copy that differs from what is live.
struct Draft {
    snapshot: Snapshot,
    rendered: Rendered,
    image: Option<ImageRow>,
}

/// Profiles and tags by id.
struct Named {
    people: People,
    tags: Tags,
}

impl Named {
    fn byline(&self, reader: &mut Reader<'_>, author: Id, role: &str) -> Option<BylineView> {
        Some(BylineView { author: self.people.show(reader, author)?, role: role.to_owned() })
    }
}

/// Posts as views, in the order of `rows`, by a number of statements that does not depend on how many there are.
pub(crate) fn load_views(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    rows: Vec<FullPost>,
    perspective: Perspective,
    shown: Projection,
) -> Result<Vec<PostView>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut loaded = Loaded::of(svc, reader, viewer, &rows, perspective, shown)?;
    Ok(rows.into_iter().map(|row| loaded.show(reader, row)).collect())
}

/// What is shown with some posts: what hangs on them, how they are related to others, their comments, and everybody and everything that
/// all of these name.
pub(super) struct Loaded<'a> {
    svc: &'a Service,
    viewer: &'a Viewer,
    shown: Projection,
    wanted: WantedRelations,
    /// The live bylines, by which rights are judged: a working copy may differ from them.
    bylines: HashMap<Id, Vec<Id>>,
    refs: Refs,
    named: Named,
    drafts: HashMap<Id, Draft>,
    beside: PostRelations,
    threads: HashMap<Id, Page<CommentView>>,
}

impl<'a> Loaded<'a> {
    /// Reads it for `rows`, of which there must be some.
    pub(super) fn of(
        svc: &'a Service,
        reader: &mut Reader<'_>,
        viewer: &'a Viewer,
        rows: &[FullPost],
        perspective: Perspective,
        shown: Projection,
    ) -> Result<Self> {
        let ids: Vec<Id> = rows.iter().map(|row| row.post.id).collect();
        let wanted = WantedRelations {
            outgoing: shown.links || shown.related,
            links: shown.links,
            similar: if shown.related { related::DEFAULT_LIMIT } else { 0 },
            adjacent: shown.adjacent,
        };
        let ProjectedMembers { authors, tags, terms, comment_policy, .. } = shown.members;
        // Bylines tell besides who may edit, and which comments are an author's.
        let by_rights = shown.comments || viewer.is_signed_in();
        let (refs, relations) = if authors
            || tags
            || terms
            || comment_policy
            || by_rights
            || wanted != WantedRelations::default()
        {
            posts::refs_and_relations(reader, &ids, wanted)?
        } else {
            Default::default()
        };
        let bylines: HashMap<Id, Vec<Id>> =
            refs.authors.iter().fold(HashMap::new(), |mut all, (post, author, _)| {
                all.entry(*post).or_insert_with(Vec::new).push(*author);
                all
            });
        let refs = only_shown(refs, shown.members);
        let others = svc.others(reader, relations.iter().filter_map(|relation| relation.other))?;
        let threads = if shown.comments {
            let longest = rows.iter().map(|row| row.post.comment_count).max().unwrap_or_default();
            let below = shown.below.unwrap_or(comments::BELOW);
            Some(comments::first_pages(reader, &ids, below, longest)?)
        } else {
            None
        };
        let is_draft = |row: &&FullPost| {
            perspective == Perspective::Draft || policy::reads_by_preview(viewer, row.post.id.0)
        };
        let drafts = load_drafts(reader, rows.iter().filter(is_draft))?;
        let mut authors: Vec<Id> = refs.authors.iter().map(|(_, author, _)| *author).collect();
        let mut tags: Vec<Id> = refs.tags.iter().map(|(_, tag)| *tag).collect();
        authors.extend(threads.iter().flat_map(comments::Rows::writers));
        for draft in drafts.values() {
            authors.extend(draft.snapshot.authors.iter().map(|b| b.author_id));
            tags.extend(&draft.snapshot.tags);
        }
        let (people, tags) = svc.people_and_tags(reader, authors, tags)?;
        let named = Named { people, tags };
        let beside = PostRelations::of(reader, viewer, &ids, wanted, &relations, &others)?;
        let threads = match threads {
            Some(threads) => {
                let commented = rows
                    .iter()
                    .map(|row| (&row.post, bylines.get(&row.post.id).map(Vec::as_slice).unwrap_or_default()));
                let commented = comments::CommentedPosts::known(svc, reader, commented);
                threads.show(svc, reader, viewer, &commented, &named.people, None)?
            }
            None => HashMap::new(),
        };
        Ok(Self { svc, viewer, shown, wanted, bylines, refs, named, drafts, beside, threads })
    }

    /// One of the posts.
    pub(super) fn show(&mut self, reader: &mut Reader<'_>, mut row: FullPost) -> PostView {
        let Self { svc, viewer, shown, .. } = *self;
        let id = row.post.id;
        let policy = self.refs.policies.get(&id).copied().unwrap_or(CommentPolicy::Site);
        depend_on(reader, &row.post, policy, shown.members, self.wanted);
        let bylines = self.bylines.get(&id).map(Vec::as_slice).unwrap_or_default();
        let editable = is_editable(viewer, &row.post, bylines);
        let named = &self.named;
        let (authors, tags) = match self.drafts.remove(&id) {
            None => {
                let authors = self.refs.authors.iter().filter(|(post, ..)| *post == id);
                let tags = self.refs.tags.iter().filter(|(post, _)| *post == id);
                (
                    authors.filter_map(|(_, author, role)| named.byline(reader, *author, role)).collect(),
                    tags.filter_map(|(_, tag)| named.tags.show(reader, *tag)).collect(),
                )
            }
            Some(Draft { snapshot, rendered, image }) => {
                overlay_draft(&mut row, &snapshot, rendered, shown.body);
                row.image = image;
                let bylines = snapshot.authors.iter();
                (
                    bylines.filter_map(|b| named.byline(reader, b.author_id, &b.role)).collect(),
                    snapshot.tags.iter().filter_map(|tag| named.tags.show(reader, *tag)).collect(),
                )
            }
        };
        let mut view = PostView { authors, tags, ..view(svc, row, editable) };
        if view.terms.notice.is_none() && view.terms.url.is_none() {
            let SiteDefaults { terms_notice, terms_url, .. } = &self.refs.defaults;
            view.terms = TermsView { notice: terms_notice.clone(), url: terms_url.clone() };
        }
        view.comment_policy = policy;
        view.comments_open = match policy {
            CommentPolicy::Site => self.refs.defaults.comments_open,
            CommentPolicy::Open | CommentPolicy::Held => true,
            CommentPolicy::Closed => false,
        };
        if editable {
            view.markdown =
                view.body.as_ref().filter(|b| b.format == BodyFormat::Markdown).map(|b| b.source.clone());
        } else {
            view.body = None;
        }
        view.links = shown.links.then(|| self.beside.links.remove(&id).unwrap_or_default());
        view.related = shown.related.then(|| self.beside.related.remove(&id).unwrap_or_default());
        view.adjacent = shown.adjacent.then(|| self.beside.adjacent.remove(&id).unwrap_or_default());
        view.comments = self.threads.remove(&id).map(Page::into_list);
        view
    }
}

/// What hangs on posts, less what is not shown of it.
fn only_shown(refs: Refs, members: ProjectedMembers) -> Refs {
    let Refs { authors, tags, policies, defaults } = refs;
    Refs {
        authors: if members.authors { authors } else { Vec::new() },
        tags: if members.tags { tags } else { Vec::new() },
        policies,
        defaults,
    }
}

/// Notes what a post shows by itself and of its relations. Whom and what it names is noted as that is shown.
fn depend_on(
    reader: &mut Reader<'_>,
    row: &PostRow,
    policy: CommentPolicy,
    members: ProjectedMembers,
    wanted: WantedRelations,
) {
    reader.depend(Key::Post(row.id));
    let has_own_terms = row.content.terms_notice.is_some() || row.content.terms_url.is_some();
    if (members.terms && !has_own_terms) || (members.comment_policy && policy == CommentPolicy::Site) {
        reader.depend(Key::Defaults);
    }
    if members.comment_count {
        reader.depend(Key::CommentCount(row.id));
    }
    depend_on_relations(reader, row.id, wanted, row.listed);
}

/// Notes what decides which relations this post has.
fn depend_on_relations(reader: &mut Reader<'_>, post: Id, wanted: WantedRelations, is_listed: bool) {
    if wanted.links {
        reader.depend(Key::Links(post));
    }
    if wanted.similar > 0 {
        reader.depend(Key::Related(post));
    }
    if wanted.adjacent {
        // A listed post hears of new neighbours; others stand in no list that a write could tell.
        reader.depend(if is_listed { Key::Adjacent(post) } else { Key::Listed });
    }
}

fn is_editable(viewer: &Viewer, row: &PostRow, authors: &[Id]) -> bool {
    if !viewer.is_signed_in() {
        return false;
    }
    let authors: Vec<uuid::Uuid> = authors.iter().map(|id| id.0).collect();
    let target = PostTarget {
        owner_id: row.owner_id.map(|id| id.0),
        author_ids: &authors,
        is_live: is_public(row),
        is_released: is_released(row),
    };
    allowed(viewer, Action::ReadDraft, &Target::Post(target))
}

/// The working copies of those posts that have one which differs from what is live, as they were rendered when they were saved.
fn load_drafts<'a>(conn: &mut Conn, rows: impl Iterator<Item = &'a FullPost>) -> Result<HashMap<Id, Draft>> {
    let changed: Vec<Id> =
        rows.filter(|row| row.post.has_unpublished_changes()).map(|row| row.post.id).collect();
    if changed.is_empty() {
        return Ok(HashMap::new());
    }
    let snapshots = revisions::working_copies(conn, &changed)?;
    let images: Vec<Id> =
        snapshots.iter().filter_map(|(_, _, s, _)| s.image.as_ref().map(|i| i.media_id)).collect();
    let images: HashMap<Id, ImageRow> =
        media::images(conn, &images)?.into_iter().map(|image| (image.id, image)).collect();
    let (mut drafts, mut missing) = (HashMap::new(), Vec::new());
    for (post, number, snapshot, rendered) in snapshots {
        let image = snapshot.image.as_ref().and_then(|i| images.get(&i.media_id)).cloned();
        match rendered.as_deref().and_then(Rendered::from_stored) {
            Some(rendered) => drop(drafts.insert(post, Draft { snapshot, rendered, image })),
            None => missing.push(unrendered(&snapshot, Some((post, number)))),
        }
    }
    if missing.is_empty() { Ok(drafts) } else { Err(Error::unrendered(missing)) }
}

/// What a post's own row tells.
fn view(svc: &Service, full: FullPost, editable: bool) -> PostView {
    let FullPost { post: row, image, body } = full;
    let has_unpublished_changes = editable.then(|| row.has_unpublished_changes());
    let (content, measures) = (row.content, row.measures);
    PostView {
        id: row.id,
        url: svc.config.post_url(&content.slug),
        has_unpublished_changes,
        slug: content.slug,
        title: content.title,
        subtitle: content.subtitle,
        excerpt: row.excerpt,
        html: body.html,
        text: body.text,
        markdown: None,
        body: body.format.zip(body.source).map(|(format, source)| BodyView { format, source }),
        status: row.status,
        visibility: content.visibility,
        featured: content.featured,
        published_at: row.published_at,
        updated_at: row.updated_at,
        created_at: row.created_at,
        version: row.version,
        word_count: measures.word_count,
        reading_minutes: measures.reading_minutes,
        language: content.language,
        image: image.map(|m| svc.image(&m, row.image_alt.as_deref(), row.image_caption.as_deref())),
        authors: Vec::new(),
        tags: Vec::new(),
        comment_count: row.comment_count,
        comments_open: false,
        comment_policy: CommentPolicy::Site,
        terms: TermsView { notice: content.terms_notice, url: content.terms_url },
        canonical_url: content.canonical_url,
        seo: content.seo.to::<SeoView>().unwrap_or_default(),
        custom: content.custom.0,
        deleted_at: if editable { row.deleted_at } else { None },
        links: None,
        related: None,
        adjacent: None,
        comments: None,
    }
}

/// Puts the working copy in the place of what is live.
fn overlay_draft(live: &mut FullPost, snapshot: &Snapshot, rendered: Rendered, columns: Columns) {
    fill(&mut live.post, snapshot, &rendered);
    live.body = PostBody {
        html: columns.html.then_some(rendered.html),
        text: columns.text.then_some(rendered.text),
        format: columns.source.then_some(snapshot.body_format),
        source: columns.source.then(|| snapshot.body_source.clone()),
    };
}

/// The neighbours in time among `relations`.
fn adjacent_of(
    reader: &mut Reader<'_>,
    relations: &[PostRelation],
    others: &OtherPosts,
) -> HashMap<Id, AdjacentView> {
    let mut all: HashMap<Id, AdjacentView> = HashMap::new();
    for relation in relations {
        let mut neighbour = || relation.other.and_then(|id| others.get(&id)).map(|other| other.show(reader));
        match relation.kind {
            RelationKind::Previous => all.entry(relation.of).or_default().previous = neighbour(),
            RelationKind::Next => all.entry(relation.of).or_default().next = neighbour(),
            _ => {}
        }
    }
    all
}
