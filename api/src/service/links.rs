//! Typed links: curated by editors, found in bodies, seen from both ends.

use std::collections::{HashMap, HashSet};

use pressroom_schema::links;
use pressroom_schema::posts::{self, PostRelation, PostRow, Ref, RelationKind, WantedRelations};
use pressroom_schema::revisions::{SnapshotExternal, SnapshotLink};
use pressroom_schema::{ChangeAction, Conn, Id, Key, LinkOrigin, ObjectType, Relation, Timestamp, Tx};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::check::Check;
use super::parts::{OtherPost, OtherPosts};
use super::posts::{find_visible, is_public};
use super::{Found, IfMatch, Service, Svc, limits};
use crate::auth::policy::{self, Action};
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error, FieldError, Result};
use crate::freshness::{Read, Reader};
use crate::view::{ExternalView, LinkView, LinksView};

/// Most characters of a remark.
const NOTE: usize = 1_000;
/// Most characters of a title, author or publisher elsewhere.
const EXTERNAL: usize = 500;
/// Most curated links of one post.
pub(crate) const MAX_LINKS: usize = 100;

/// Something elsewhere that a post refers to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalInput {
    /// Where it is.
    #[schema(example = "https://example.org/small", extensions(("x-is" = json!(limits::url()))))]
    pub url: String,
    /// Its title.
    #[serde(default)]
    #[schema(extensions(("x-is" = json!(limits::text(EXTERNAL)))))]
    pub title: Option<String>,
    /// Who wrote it.
    #[serde(default)]
    #[schema(extensions(("x-is" = json!(limits::text(EXTERNAL)))))]
    pub author: Option<String>,
    /// Who published it.
    #[serde(default)]
    #[schema(extensions(("x-is" = json!(limits::text(EXTERNAL)))))]
    pub publisher: Option<String>,
    /// When it was published (RFC 3339).
    #[serde(default)]
    #[schema(format = DateTime)]
    pub published_at: Option<String>,
}

/// A link to make. Either `post` or `external` must be there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "relation": "cites", "external": { "url": "https://example.org/small" } }))]
pub struct LinkInput {
    /// What it means.
    pub relation: Relation,
    /// Slug or id of a post of this site.
    #[serde(default)]
    pub post: Option<String>,
    /// Or something elsewhere.
    #[serde(default)]
    pub external: Option<ExternalInput>,
    /// A remark.
    #[serde(default)]
    #[schema(extensions(("x-is" = json!(limits::text(NOTE)))))]
    pub note: Option<String>,
}

/// A post's curated links, in order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "links": [
    { "relation": "related", "post": "the-tide-table-on-the-chandlers-door" },
    { "relation": "cites", "external": { "url": "https://example.org/small" } },
] }))]
pub struct LinksInput {
    /// All of them: what is not here is removed.
    #[schema(max_items = 100)]
    pub links: Vec<LinkInput>,
}

/// A post's links, and the version of the post that has them: whoever changes them names it.
#[derive(Debug)]
pub struct Curated {
    /// The post.
    pub post_id: Id,
    /// The post's version.
    pub version: i64,
    /// The links as they now stand.
    pub links: LinksView,
}

/// Makes these links live. Answers every post at the other end, before and after.
pub(crate) fn set_live_links(
    conn: &mut Conn,
    post: Id,
    wanted: &[SnapshotLink],
    now: Timestamp,
) -> Result<Vec<Id>> {
    Ok(links::replace(conn, post, wanted, now)?)
}

/// A stable id for a link that stands in a body, from the two posts' ids.
fn body_link_id(from: Id, to: Id) -> Id {
    let digest = Sha256::new().chain_update(from.0.as_bytes()).chain_update(to.0.as_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
    Id(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The links among `relations`; reads no more, except for callers who may see what is not public.
pub(super) fn links_of(
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    ids: &[Id],
    relations: &[PostRelation],
    others: &OtherPosts,
) -> Result<HashMap<Id, LinksView>> {
    let hidden = hidden(reader, viewer, others)?;
    let behind = policy::sees_behind_the_lists(viewer);
    let mut all: HashMap<Id, LinksView> = ids.iter().map(|id| (*id, LinksView::default())).collect();
    // A public post never tells of a body link twice, nor of one that an editor curated as well. Curated relations come first.
    let mut seen: HashSet<(Id, Id)> = HashSet::new();
    for relation in relations {
        let Some(other) = relation.other else { continue };
        match relation.kind {
            RelationKind::Outgoing => drop(seen.insert((relation.of, other))),
            RelationKind::Incoming => drop(seen.insert((other, relation.of))),
            _ => {}
        }
    }
    let mut told: HashSet<(RelationKind, Id, Id)> = HashSet::new();
    for relation in relations {
        let Some(views) = all.get_mut(&relation.of) else { continue };
        let other = relation.other.and_then(|id| Some((id, others.get(&id)?)));
        if other.is_some_and(|(id, _)| hidden.contains(&id)) {
            continue;
        }
        // Who knows a post's address may follow its links, but is not led to where nothing else leads.
        let is_back_link = matches!(relation.kind, RelationKind::Incoming | RelationKind::BodyIncoming);
        if is_back_link && !behind && other.is_some_and(|(_, post)| !post.is_listed()) {
            continue;
        }
        let (list, from, to, post) = match (relation.kind, other) {
            (RelationKind::Outgoing, other) => {
                views.outgoing.push(view(reader, relation, other.map(|(_, post)| post)));
                continue;
            }
            (RelationKind::Incoming, Some((_, post))) => {
                views.incoming.push(view(reader, relation, Some(post)));
                continue;
            }
            (RelationKind::BodyOutgoing, Some((to, post))) => (&mut views.outgoing, relation.of, to, post),
            (RelationKind::BodyIncoming, Some((from, post))) => {
                (&mut views.incoming, from, relation.of, post)
            }
            _ => continue,
        };
        if !seen.contains(&(from, to)) && told.insert((relation.kind, from, to)) {
            let position = i32::try_from(list.len()).unwrap_or(i32::MAX);
            list.push(body_view(reader, (from, to), position, post));
        }
    }
    Ok(all)
}

/// The posts at the other ends that this viewer may not see.
fn hidden(conn: &mut Conn, viewer: &Viewer, others: &OtherPosts) -> Result<HashSet<Id>> {
    let closed = || others.iter().filter_map(|(id, post)| Some((*id, post.closed.as_ref()?)));
    let mut hidden: HashSet<Id> = closed().map(|(id, _)| id).collect();
    if viewer.is_signed_in() && !hidden.is_empty() {
        let ids: Vec<Id> = hidden.iter().copied().collect();
        let bylines = posts::bylines(conn, &ids)?;
        for (id, post) in closed() {
            let authors: Vec<uuid::Uuid> =
                bylines.iter().filter(|(post, _)| *post == id).map(|(_, author)| author.0).collect();
            if post.deleted_at.is_none() && super::posts::may_read_draft(viewer, post, &authors) {
                hidden.remove(&id);
            }
        }
    }
    Ok(hidden)
}

fn view(reader: &mut Reader<'_>, relation: &PostRelation, post: Option<&OtherPost>) -> LinkView {
    LinkView {
        id: relation.link_id.unwrap_or(Id::NIL),
        relation: relation.relation.unwrap_or(Relation::Related),
        position: relation.position,
        note: relation.note.clone(),
        origin: LinkOrigin::Curated,
        post: post.map(|post| post.show(reader)),
        external: relation.external.as_ref().map(|external| ExternalView {
            url: external.url.clone(),
            title: external.title.clone(),
            author: external.author.clone(),
            publisher: external.publisher.clone(),
            published_at: external.published_at,
        }),
    }
}

fn body_view(reader: &mut Reader<'_>, (from, to): (Id, Id), position: i32, post: &OtherPost) -> LinkView {
    LinkView {
        id: body_link_id(from, to),
        relation: Relation::Cites,
        position,
        note: None,
        origin: LinkOrigin::Body,
        post: Some(post.show(reader)),
        external: None,
    }
}

/// A post's links in both directions.
///
/// # Errors
/// 404 where there is no such post that the viewer may know of.
pub async fn list(svc: &Svc, viewer: &Viewer, post: &Ref) -> Result<Read<Found<Curated>>> {
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    svc.read(viewer, move |reader| match find_visible(reader, &viewer2, &post)? {
        Found::Moved(slug) => Ok(Found::Moved(slug)),
        Found::Here((row, _)) => {
            let links = load_one(&svc2, reader, &viewer2, row.id)?;
            Ok(Found::Here(Curated { post_id: row.id, version: row.version, links }))
        }
    })
    .await
}

fn load_one(svc: &Service, reader: &mut Reader<'_>, viewer: &Viewer, post: Id) -> Result<LinksView> {
    let wanted = WantedRelations { outgoing: true, links: true, ..WantedRelations::default() };
    let mut relations = super::posts::load_relations(svc, reader, viewer, &[post], wanted)?;
    Ok(relations.links.remove(&post).unwrap_or_default())
}

/// Judges what needs neither rights nor the database.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn judge(mut input: LinksInput) -> Result<()> {
    check(&mut input.links, in_list)
}

/// [`judge`] of one link.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn judge_one(input: LinkInput) -> Result<()> {
    check(&mut [input], |_| String::new())
}

/// Where a link of a list stands in the body.
fn in_list(n: usize) -> String {
    format!("/links/{n}")
}

/// Checks what needs no database; `at` is where the links stand in the body.
fn check(inputs: &mut [LinkInput], at: impl Fn(usize) -> String) -> Result<()> {
    let mut check = Check::new();
    if inputs.len() > MAX_LINKS {
        check.fault("/links", "too_many", format!("A post has at most {MAX_LINKS} links."));
    }
    for (n, input) in inputs.iter_mut().enumerate() {
        let at = at(n);
        match (&input.post, &mut input.external) {
            (Some(_), Some(_)) | (None, None) => {
                check.fault(&at, "exclusive", "A link has either `post` or `external`.");
            }
            (None, Some(external)) => {
                external.url = check.url(&format!("{at}/external/url"), &external.url);
                for (name, text) in [
                    ("title", &mut external.title),
                    ("author", &mut external.author),
                    ("publisher", &mut external.publisher),
                ] {
                    if let Some(line) = text {
                        *line = check.short(&format!("{at}/external/{name}"), line, EXTERNAL);
                    }
                }
                if let Some(text) = &external.published_at
                    && let Err(e) = Timestamp::parse(text)
                {
                    check.fault(
                        &format!("{at}/external/published_at"),
                        "invalid_time",
                        format!("`published_at` is {e}."),
                    );
                }
            }
            (Some(_), None) => {}
        }
        if let Some(note) = &mut input.note {
            *note = check.text(&format!("{at}/note"), note, NOTE).unwrap_or_default();
        }
    }
    check.done()
}

/// Inputs as links of a snapshot. Links that stand there already keep their id.
fn resolve(
    svc: &Service,
    conn: &mut Conn,
    viewer: &Viewer,
    post: Id,
    present: &[SnapshotLink],
    inputs: &[LinkInput],
    at: impl Fn(usize) -> String,
) -> Result<Vec<SnapshotLink>> {
    let mut made: Vec<SnapshotLink> = Vec::new();
    let mut errors = Vec::new();
    for (n, input) in inputs.iter().enumerate() {
        let at = at(n);
        let target = match &input.post {
            None => None,
            Some(name) => match find_visible(&mut Reader::new(conn), viewer, &Ref::parse(name)) {
                Ok(Found::Here((row, _))) if row.deleted_at.is_some() => {
                    errors.push(FieldError::body(
                        format!("{at}/post"),
                        "unknown_post",
                        format!("The post `{name}` is in the trash; restore it first."),
                    ));
                    continue;
                }
                Ok(Found::Here((row, _))) => Some(row.id),
                Ok(Found::Moved(slug)) => posts::find(conn, &Ref::Slug(slug))?.map(|(row, _)| row.id),
                Err(e) if e.code() == Code::NotFound => {
                    errors.push(FieldError::body(
                        format!("{at}/post"),
                        "unknown_post",
                        format!("There is no post `{name}`."),
                    ));
                    continue;
                }
                Err(e) => return Err(e),
            },
        };
        if target == Some(post) {
            errors.push(FieldError::body(format!("{at}/post"), "self_link", "A post cannot link to itself."));
            continue;
        }
        let external = input.external.as_ref().map(|e| SnapshotExternal {
            url: e.url.clone(),
            title: e.title.clone().filter(|t| !t.is_empty()),
            author: e.author.clone().filter(|t| !t.is_empty()),
            publisher: e.publisher.clone().filter(|t| !t.is_empty()),
            published_at: e.published_at.as_deref().and_then(|t| Timestamp::parse(t).ok()),
        });
        let same = |l: &&SnapshotLink| {
            l.relation == input.relation
                && l.target_post_id == target
                && l.external.as_ref().map(|e| &e.url) == external.as_ref().map(|e| &e.url)
        };
        if made.iter().find(same).is_some() {
            errors.push(FieldError::body(
                at,
                "repeated",
                "This link stands there already, with the same relation.",
            ));
            continue;
        }
        made.push(SnapshotLink {
            id: present.iter().find(same).map_or_else(|| svc.clock.new_id(), |l| l.id),
            relation: input.relation,
            note: input.note.clone().filter(|t| !t.is_empty()),
            target_post_id: target,
            external,
        });
    }
    if errors.is_empty() { Ok(made) } else { Err(Error::fields(errors)) }
}

/// Saves a post's links as a new revision and makes them live at once: curating is not editing the text.
fn save(tx: &mut Tx<'_>, row: &mut PostRow, links: Vec<SnapshotLink>) -> Result<()> {
    let mut names = vec![Key::Post(row.id), Key::Links(row.id), Key::Related(row.id), Key::Posts];
    let touched = super::posts::save_links(tx, row, links)?;
    names.extend(touched.into_iter().map(Key::Links));
    names.sort();
    names.dedup();
    let public = if is_public(row) { names } else { Vec::new() };
    tx.record(ObjectType::Post, row.id, ChangeAction::LinksChanged, row.version, public);
    Ok(())
}

/// Replaces a post's curated links.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 422 with every fault.
pub async fn set(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    mut input: LinksInput,
    if_match: Option<IfMatch>,
) -> Result<Curated> {
    viewer.require_signed_in()?;
    let at = in_list;
    check(&mut input.links, at)?;
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    svc.write(viewer, move |tx| {
        let (mut row, snapshot) =
            super::posts::open(tx, &viewer2, &post, Action::EditLinks, if_match.as_ref())?;
        let links = resolve(&svc2, tx.conn, &viewer2, row.id, &snapshot.links, &input.links, at)?;
        if links != snapshot.links {
            save(tx, &mut row, links)?;
        }
        let links = load_one(&svc2, &mut Reader::new(tx.conn), &viewer2, row.id)?;
        Ok(Curated { post_id: row.id, version: row.version, links })
    })
    .await
}

/// Adds a curated link at the end.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 422 with every fault, 409 when there are too many.
pub async fn add(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    input: LinkInput,
    if_match: Option<IfMatch>,
) -> Result<LinkView> {
    viewer.require_signed_in()?;
    let mut inputs = [input];
    check(&mut inputs, |_| String::new())?;
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    svc.write(viewer, move |tx| {
        let (mut row, snapshot) =
            super::posts::open(tx, &viewer2, &post, Action::EditLinks, if_match.as_ref())?;
        if snapshot.links.len() >= MAX_LINKS {
            return Err(Error::new(
                Code::InvalidState,
                format!("A post has at most {MAX_LINKS} links; remove some."),
            ));
        }
        let made = resolve(&svc2, tx.conn, &viewer2, row.id, &snapshot.links, &inputs, |_| String::new())?;
        let link = made.into_iter().next().ok_or_else(|| Error::not_found("link"))?;
        if snapshot.links.iter().any(|l| l.id == link.id) {
            return Err(Error::invalid(
                "",
                "repeated",
                "This link stands there already, with the same relation.",
            ));
        }
        let id = link.id;
        let mut links = snapshot.links;
        links.push(link);
        save(tx, &mut row, links)?;
        let views = load_one(&svc2, &mut Reader::new(tx.conn), &viewer2, row.id)?;
        views.outgoing.into_iter().find(|l| l.id == id).ok_or_else(|| Error::not_found("link"))
    })
    .await
}

/// Removes a curated link.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale.
pub async fn remove(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    link: &str,
    if_match: Option<IfMatch>,
) -> Result<()> {
    viewer.require_signed_in()?;
    let link: Option<Id> = link.parse().ok();
    let (viewer2, post) = (viewer.clone(), post.clone());
    svc.write(viewer, move |tx| {
        let (mut row, snapshot) =
            super::posts::open(tx, &viewer2, &post, Action::EditLinks, if_match.as_ref())?;
        let links: Vec<SnapshotLink> =
            snapshot.links.iter().filter(|l| Some(l.id) != link).cloned().collect();
        if links.len() == snapshot.links.len() {
            return Err(Error::not_found("link"));
        }
        save(tx, &mut row, links)
    })
    .await
}
