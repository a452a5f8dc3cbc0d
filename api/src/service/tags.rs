//! Tags and categories.

use async_graphql::{InputObject, MaybeUndefined};
use pressroom_schema::page::sort_key;
use pressroom_schema::posts::Ref;
use pressroom_schema::tags::{self, Filter, Seen, TagRow};
use pressroom_schema::{
    ChangeAction, Conn, Given, Id, Key, KeyValue, ObjectType, Slug, SlugKind, TagKind, TagSort, Total, Tx,
    site,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::check::Check;
use super::{Found, IfMatch, Service, Svc, allowed, limits, present, require, slugs};
use crate::auth::policy::{self, Action, Target};
use crate::auth::viewer::Viewer;
use crate::content::slug::slugify;
use crate::error::{Error, FieldError, Result};
use crate::freshness::{Read, Reader};
use crate::page::{Page, PageRequest};
use crate::view::TagView;

/// Most characters of a name.
pub(crate) const NAME: usize = 100;
/// Most characters of what is said of a tag.
const DESCRIPTION: usize = 2_000;
/// Most tags of one post.
pub(crate) const MAX_TAGS: usize = 50;
/// How deep tags may stand under one another.
const MAX_DEPTH: usize = 8;

/// A tag to make. Only `name` is required.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, InputObject)]
#[graphql(name = "CreateTagInput")]
#[schema(example = json!({ "name": "Cartography", "kind": "tag" }))]
#[serde(deny_unknown_fields)]
pub struct CreateTag {
    /// The name: one line, at most 100 characters.
    #[schema(extensions(("x-is" = json!(limits::line(NAME)))))]
    pub name: String,
    /// The name in addresses; made from the name where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::slug()))))]
    pub slug: Option<Given<Slug>>,
    /// What it is; a tag where it is left out.
    #[serde(default)]
    pub kind: Option<TagKind>,
    /// What it is about.
    #[serde(default)]
    #[schema(extensions(("x-is" = json!(limits::text(DESCRIPTION)))))]
    pub description: Option<String>,
    /// Slug or id of the one above it.
    #[serde(default)]
    pub parent: Option<String>,
}

/// Changes to a tag (RFC 7396): what is left out stays, null clears.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, InputObject)]
#[graphql(name = "UpdateTagInput")]
#[schema(example = json!({ "description": "Maps, and those who draw them." }))]
#[serde(deny_unknown_fields)]
pub struct UpdateTag {
    /// The name.
    #[serde(default)]
    #[schema(value_type = String, extensions(("x-is" = json!(limits::line(NAME)))))]
    pub name: MaybeUndefined<String>,
    /// The name in addresses. The former one goes on leading here.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::slug()))))]
    pub slug: MaybeUndefined<Given<Slug>>,
    /// What it is.
    #[serde(default)]
    #[schema(value_type = Option<TagKind>)]
    pub kind: MaybeUndefined<TagKind>,
    /// What it is about.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(DESCRIPTION)))))]
    pub description: MaybeUndefined<String>,
    /// Slug or id of the one above it; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub parent: MaybeUndefined<String>,
}

impl From<CreateTag> for UpdateTag {
    fn from(new: CreateTag) -> Self {
        fn maybe<T>(value: Option<T>) -> MaybeUndefined<T> {
            value.map_or(MaybeUndefined::Undefined, MaybeUndefined::Value)
        }
        Self {
            name: MaybeUndefined::Value(new.name),
            slug: maybe(new.slug),
            kind: maybe(new.kind),
            description: maybe(new.description),
            parent: maybe(new.parent),
        }
    }
}

/// Judges what needs neither rights nor the database.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn judge(input: impl Into<UpdateTag>) -> Result<()> {
    check(input.into()).map(drop)
}

fn check(mut input: UpdateTag) -> Result<UpdateTag> {
    let mut check = Check::new();
    match &mut input.name {
        MaybeUndefined::Value(name) => *name = check.line("/name", name, NAME),
        MaybeUndefined::Null => check.fault("/name", "required", "`name` cannot be removed."),
        MaybeUndefined::Undefined => {}
    }
    if let MaybeUndefined::Value(slug) = &input.slug {
        check.slug("/slug", slug);
    }
    if let MaybeUndefined::Value(text) = &mut input.description {
        *text = check.text("/description", text, DESCRIPTION).unwrap_or_default();
    }
    check.done()?;
    Ok(input)
}

fn apply(conn: &mut Conn, input: &UpdateTag, row: &mut TagRow) -> Result<()> {
    if let MaybeUndefined::Value(name) = &input.name {
        row.name.clone_from(name);
        row.name_key = sort_key(name);
    }
    match input.kind {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => row.kind = TagKind::Tag,
        MaybeUndefined::Value(kind) => row.kind = kind,
    }
    match &input.description {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => row.description.clear(),
        MaybeUndefined::Value(text) => row.description.clone_from(text),
    }
    match &input.parent {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => row.parent_id = None,
        MaybeUndefined::Value(name) => row.parent_id = Some(parent(conn, row.id, name)?),
    }
    Ok(())
}

/// The tag to stand above `tag`: one that exists and does not stand below it.
fn parent(conn: &mut Conn, tag: Id, name: &str) -> Result<Id> {
    let refuse = |code: &str, detail: String| Error::fields(vec![FieldError::body("/parent", code, detail)]);
    let (found, _) = tags::find(conn, &Ref::parse(name), Seen::ByEditors)?
        .ok_or_else(|| refuse("unknown_tag", format!("There is no tag `{name}`.")))?;
    let mut above = Some(found.id);
    for _ in 0..MAX_DEPTH {
        match above {
            None => return Ok(found.id),
            Some(id) if id == tag => {
                return Err(refuse("cycle", format!("`{name}` stands below this tag, or is it.")));
            }
            Some(id) => above = tags::parent_of(conn, id)?,
        }
    }
    if above.is_none() {
        Ok(found.id)
    } else {
        Err(refuse("too_deep", format!("Tags stand at most {MAX_DEPTH} deep.")))
    }
}

/// Which tags, as a caller asks.
#[derive(Debug, Clone, Default)]
pub struct TagQuery {
    /// Only tags, or only categories.
    pub kind: Option<TagKind>,
    /// Slug or id of the one above.
    pub parent: Option<String>,
    /// By what, and which way.
    pub sort: TagSort,
    /// Which rows.
    pub page: PageRequest,
}

/// One page of the tags.
///
/// # Errors
/// 400 for a bad parameter or cursor.
pub async fn list(svc: &Svc, viewer: &Viewer, query: TagQuery) -> Result<Read<Page<TagView>>> {
    let viewer2 = viewer.clone();
    svc.read(viewer, move |reader| list_in(reader, &viewer2, &query)).await
}

/// Which tags `viewer` may know of: a tag that is only named in drafts tells of them.
fn seen_by(viewer: &Viewer) -> Seen {
    if policy::sees_behind_the_lists(viewer) { Seen::ByEditors } else { Seen::ByEverybody }
}

/// [`list`] inside a transaction.
pub(crate) fn list_in(reader: &mut Reader<'_>, viewer: &Viewer, query: &TagQuery) -> Result<Page<TagView>> {
    reader.depend(Key::Tags);
    let list = format!("tags:{}", query.sort);
    let window = query.page.window(&list)?;
    let seen = seen_by(viewer);
    let mut filter = Filter { kind: query.kind, parent: None, seen };
    if let Some(parent) = &query.parent {
        match tags::find(reader, &Ref::parse(parent), seen)? {
            Some((row, _)) => filter.parent = Some(row.id),
            None => {
                return Ok(Page {
                    items: Vec::new(),
                    has_previous: false,
                    has_next: false,
                    total: query.page.count.then_some(0),
                });
            }
        }
    }
    let slice = tags::list(reader, &filter, query.sort, &window)?;
    let total = match query.page.count {
        true if filter == Filter::default() => Some(site::total(reader, Total::Tags)?),
        true => Some(tags::count(reader, &filter)?),
        false => None,
    };
    let page = Page::of(&list, slice, total, |(row, _)| match query.sort {
        TagSort::NameAsc => (KeyValue::Text(row.name_key.clone()), row.id),
        TagSort::PostCountDesc => (KeyValue::Int(row.post_count), row.id),
    });
    Ok(page.map(|tag| present::tag(reader, &tag)))
}

/// One tag, or the slug that it now has.
///
/// # Errors
/// 404 where there is none.
pub async fn get(svc: &Svc, viewer: &Viewer, tag: &Ref) -> Result<Read<Found<TagView>>> {
    let (viewer2, tag) = (viewer.clone(), tag.clone());
    svc.read(viewer, move |reader| load_tag(reader, &viewer2, &tag)).await
}

/// [`get`] inside a transaction.
pub(crate) fn load_tag(reader: &mut Reader<'_>, viewer: &Viewer, tag: &Ref) -> Result<Found<TagView>> {
    let seen = seen_by(viewer);
    if let Some(found) = tags::find(reader, tag, seen)? {
        return Ok(Found::Here(present::tag(reader, &found)));
    }
    // Any tag may come to bear the name.
    reader.depend(Key::Tags);
    if let Ref::Slug(slug) = tag
        && let Some(id) = site::redirect_target(reader, SlugKind::Tag, slug)?
        && let Some((row, _)) = tags::find(reader, &Ref::Id(id), seen)?
    {
        reader.depend(Key::Tag(id));
        return Ok(Found::Moved(row.slug));
    }
    Err(Error::not_found("tag"))
}

fn find(conn: &mut Conn, tag: &Ref) -> Result<TagRow> {
    let mut found = tags::find(conn, tag, Seen::ByEditors)?;
    if found.is_none()
        && let Ref::Slug(slug) = tag
        && let Some(id) = site::redirect_target(conn, SlugKind::Tag, slug)?
    {
        found = tags::find(conn, &Ref::Id(id), Seen::ByEditors)?;
    }
    found.map(|(row, _)| row).ok_or_else(|| Error::not_found("tag"))
}

fn reload(conn: &mut Conn, id: Id) -> Result<TagView> {
    let found = tags::find(conn, &Ref::Id(id), Seen::ByEditors)?;
    found.map(|t| present::tag(&mut Reader::new(conn), &t)).ok_or_else(|| Error::not_found("tag"))
}

fn new_row(id: Id, now: pressroom_schema::Timestamp) -> TagRow {
    TagRow {
        id,
        slug: Slug::default(),
        name: String::new(),
        name_key: String::new(),
        kind: TagKind::Tag,
        description: String::new(),
        parent_id: None,
        post_count: 0,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

fn insert(tx: &mut Tx<'_>, row: &TagRow, seen: Seen) -> Result<()> {
    tags::insert(tx.conn, row, seen)?;
    let names = match seen {
        Seen::ByEditors => Vec::new(),
        Seen::ByEverybody => {
            site::add_to_total(tx.conn, Total::Tags, 1)?;
            vec![Key::Tags, Key::Tag(row.id), Key::Totals]
        }
    };
    tx.record(ObjectType::Tag, row.id, ChangeAction::Created, 1, names);
    Ok(())
}

/// Lets everybody know of the tags of a post that everybody may read. Names what public answers this touches.
pub(crate) fn make_public(conn: &mut Conn, ids: &[Id]) -> Result<Vec<Key>> {
    let opened = tags::make_public(conn, ids)?;
    if opened.is_empty() {
        return Ok(Vec::new());
    }
    site::add_to_total(conn, Total::Tags, i64::try_from(opened.len()).unwrap_or(i64::MAX))?;
    Ok(opened.into_iter().map(Key::Tag).chain([Key::Tags, Key::Totals]).collect())
}

/// Makes a tag.
///
/// # Errors
/// 401 and 403 by rights, 422 with every fault, 409 when a chosen slug is taken.
pub async fn create(svc: &Svc, viewer: &Viewer, input: CreateTag) -> Result<TagView> {
    require(viewer, Action::CreateTag, &Target::None, "tag")?;
    let input = check(input.into())?;
    let id = svc.clock.new_id();
    svc.write(viewer, move |tx| {
        let mut row = new_row(id, tx.actor.now);
        apply(tx.conn, &input, &mut row)?;
        row.slug = match input.slug.value().and_then(Given::good) {
            Some(slug) if tags::slug_taken(tx.conn, slug, None)? => return Err(slugs::taken()),
            Some(slug) => slug.clone(),
            None => slugs::free(tx.conn, SlugKind::Tag, &row.name, id)?,
        };
        insert(tx, &row, Seen::ByEverybody)?;
        reload(tx.conn, id)
    })
    .await
}

/// Changes a tag.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 422 with every fault, 409 when a slug is taken.
pub async fn update(
    svc: &Svc,
    viewer: &Viewer,
    tag: &Ref,
    input: UpdateTag,
    if_match: Option<IfMatch>,
) -> Result<TagView> {
    require(viewer, Action::EditTag, &Target::None, "tag")?;
    let input = check(input)?;
    let tag = tag.clone();
    svc.write(viewer, move |tx| {
        let mut row = find(tx.conn, &tag)?;
        IfMatch::check(if_match.as_ref(), row.version)?;
        apply(tx.conn, &input, &mut row)?;
        if let Some(slug) = input.slug.value().and_then(Given::good)
            && *slug != row.slug
        {
            if tags::slug_taken(tx.conn, slug, Some(row.id))? {
                return Err(slugs::taken());
            }
            site::remember_slug(tx.conn, SlugKind::Tag, row.id, &row.slug, slug, tx.actor.now)?;
            row.slug.clone_from(slug);
        }
        row.version += 1;
        row.updated_at = tx.actor.now;
        tags::update(tx.conn, &row)?;
        tx.record(
            ObjectType::Tag,
            row.id,
            ChangeAction::Updated,
            row.version,
            vec![Key::Tags, Key::Tag(row.id)],
        );
        reload(tx.conn, row.id)
    })
    .await
}

/// Removes a tag, from the posts that bear it too. Answers the id that it had.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale.
pub async fn delete(svc: &Svc, viewer: &Viewer, tag: &Ref, if_match: Option<IfMatch>) -> Result<Id> {
    require(viewer, Action::DeleteTag, &Target::None, "tag")?;
    let tag = tag.clone();
    svc.write(viewer, move |tx| {
        let row = find(tx.conn, &tag)?;
        IfMatch::check(if_match.as_ref(), row.version)?;
        site::forget_slugs(tx.conn, SlugKind::Tag, row.id)?;
        if tags::is_public(tx.conn, row.id)? {
            site::add_to_total(tx.conn, Total::Tags, -1)?;
        }
        tags::delete(tx.conn, row.id)?;
        let names = vec![Key::Tags, Key::Tag(row.id), Key::Posts, Key::Totals];
        tx.record(ObjectType::Tag, row.id, ChangeAction::Deleted, row.version + 1, names);
        Ok(row.id)
    })
    .await
}

/// The tags that a post's editor names by slug or name, in that order, each once. A name that no tag has yet makes one.
///
/// # Errors
/// 422 for too many, for a blank name, and for an unknown one where the viewer may not make tags.
pub(crate) fn resolve_or_create(
    svc: &Service,
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    names: &[String],
) -> Result<Vec<Id>> {
    let mut check = Check::new();
    if names.len() > MAX_TAGS {
        check.fault("/tags", "too_many", format!("A post has at most {MAX_TAGS} tags."));
    }
    let lines: Vec<String> =
        names.iter().enumerate().map(|(n, name)| check.line(&format!("/tags/{n}"), name, 100)).collect();
    check.done()?;
    let slugs: Vec<Option<Slug>> =
        lines.iter().map(|name| name.parse().ok().or_else(|| slugify(name))).collect();
    let wanted: Vec<Slug> = slugs.iter().flatten().cloned().collect();
    let mut known = tags::ids_by_slugs(tx.conn, &wanted)?;
    let mut found: Vec<Id> = Vec::new();
    for (n, (name, slug)) in lines.iter().zip(slugs).enumerate() {
        let mut id = known.iter().find(|(known, _)| Some(known) == slug.as_ref()).map(|(_, id)| *id);
        if id.is_none()
            && let Ok(given) = name.parse::<Id>()
        {
            id = tags::find(tx.conn, &Ref::Id(given), Seen::ByEditors)?.map(|(row, _)| row.id);
            if id.is_none() {
                return Err(Error::invalid(
                    format!("/tags/{n}"),
                    "unknown_tag",
                    format!("There is no tag `{name}`."),
                ));
            }
        }
        if id.is_none()
            && let Some(slug) = &slug
        {
            id = site::redirect_target(tx.conn, SlugKind::Tag, slug)?;
        }
        let id = match id {
            Some(id) => id,
            None if allowed(viewer, Action::CreateTag, &Target::None) => {
                let made = svc.clock.new_id();
                let mut row = new_row(made, tx.actor.now);
                row.name.clone_from(name);
                row.name_key = sort_key(name);
                row.slug = slug.unwrap_or_else(|| Slug::of_id(SlugKind::Tag, made));
                insert(tx, &row, Seen::ByEditors)?;
                known.push((row.slug, made));
                made
            }
            None => {
                return Err(Error::invalid(
                    format!("/tags/{n}"),
                    "unknown_tag",
                    format!("There is no tag `{name}`, and your role or token cannot make one."),
                ));
            }
        };
        if !found.contains(&id) {
            found.push(id);
        }
    }
    Ok(found)
}
