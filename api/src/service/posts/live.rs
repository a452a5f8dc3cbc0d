//! From the working copy to what is live: the row, its lists, links, related posts and search entry, in one transaction.

use std::collections::HashSet;

use pressroom_schema::posts::{self, NewPost, PostRow, RelationKind, WantedRelations};
use pressroom_schema::revisions::{self, RevisionRow, Snapshot};
use pressroom_schema::{
    Conn, Id, Key, RevisionReason, SlugKind, Total, Tx, Visibility, page::sort_key, post_words, site,
};

use super::access::{is_public, working_copy};
use super::rendering::{Indexed, Renderings};
use crate::content::Rendered;
use crate::error::Result;
use crate::service::{Service, links, related, search};

/// Saves `snapshot` as the post's next revision, with what its body was rendered to.
pub(super) fn save_revision(
    tx: &mut Tx<'_>,
    row: &mut PostRow,
    snapshot: &Snapshot,
    rendered: Option<&Rendered>,
    reason: RevisionReason,
) -> Result<()> {
    row.revision += 1;
    insert_revision(tx, row, snapshot, rendered, reason)
}

/// Saves `snapshot` as the revision that the post's row has.
fn insert_revision(
    tx: &mut Tx<'_>,
    row: &PostRow,
    snapshot: &Snapshot,
    rendered: Option<&Rendered>,
    reason: RevisionReason,
) -> Result<()> {
    let revision = RevisionRow {
        post_id: row.id,
        number: row.revision,
        created_at: tx.actor.now,
        created_by: tx.actor.user_id,
        reason,
        title: snapshot.content.title.clone(),
        word_count: rendered.map_or(row.measures, |r| r.measures).word_count,
    };
    revisions::insert(tx.conn, &revision, snapshot, rendered.map(Rendered::to_stored).as_deref())?;
    Ok(())
}

/// Gives a row what a snapshot and its rendered body say. Their members are all named, so that a new one is not forgotten.
pub(super) fn fill(row: &mut PostRow, snapshot: &Snapshot, rendered: &Rendered) {
    let Snapshot { content, excerpt, body_format: _, body_source: _, image, authors: _, tags: _, links: _ } =
        snapshot;
    row.content.clone_from(content);
    row.measures = rendered.measures;
    row.title_key = sort_key(&content.title);
    row.excerpt.clone_from(excerpt.as_ref().unwrap_or(&rendered.excerpt));
    row.image_media_id = image.as_ref().map(|i| i.media_id);
    row.image_alt = image.as_ref().and_then(|i| i.alt.clone());
    row.image_caption = image.as_ref().and_then(|i| i.caption.clone());
}

/// All columns of a post whose row was filled.
fn columns(row: &PostRow, snapshot: &Snapshot, rendered: &Rendered) -> NewPost {
    NewPost {
        row: row.clone(),
        html: rendered.html.clone(),
        text: rendered.text.clone(),
        body_format: snapshot.body_format,
        body_source: snapshot.body_source.clone(),
    }
}

/// Gives a row what its state and its content make of it.
fn settle(row: &mut PostRow, snapshot: &Snapshot, rendered: &Rendered) {
    fill(row, snapshot, rendered);
    row.listed = row.is_live() && row.content.visibility == Visibility::Public;
    row.sorted_at = row.published_at.unwrap_or(row.created_at);
}

/// What a post is written from.
#[derive(Debug, Clone, Copy)]
struct Content<'a> {
    snapshot: &'a Snapshot,
    rendered: &'a Rendered,
    /// What search, related posts and comments need of its text; where everybody may read it.
    indexed: Option<&'a Indexed>,
}

impl<'a> Content<'a> {
    /// # Errors
    /// That the text must be made ready for search first.
    fn of(
        row: &PostRow,
        snapshot: &'a Snapshot,
        rendered: &'a Rendered,
        known: &'a Renderings,
    ) -> Result<Self> {
        let indexed = is_public(row).then(|| known.of_text(&rendered.text)).transpose()?;
        Ok(Self { snapshot, rendered, indexed })
    }
}

/// Adds a post with its first revision and everything that hangs on them, and names what public answers this touches. `row` has its
/// state and the number of the revision; what follows from its content is set here.
pub(super) fn begin(
    svc: &Service,
    tx: &mut Tx<'_>,
    row: &mut PostRow,
    snapshot: &Snapshot,
    rendered: &Rendered,
    known: &Renderings,
) -> Result<Vec<Key>> {
    let before = PostRow::begin(row.id, row.owner_id, row.created_at);
    settle(row, snapshot, rendered);
    let content = Content::of(row, snapshot, rendered, known)?;
    posts::insert(tx.conn, &columns(row, snapshot, rendered))?;
    insert_revision(tx, row, snapshot, Some(rendered), RevisionReason::Created)?;
    surround(svc, tx, &before, row, &content, HashSet::new())
}

/// Writes state and content of a post, with everything that hangs on them, and names what public answers this touches.
///
/// `before` is the row as it was; `row` as it shall be, of which what follows from its content is set here.
pub(super) fn apply(
    svc: &Service,
    tx: &mut Tx<'_>,
    before: &PostRow,
    row: &mut PostRow,
    snapshot: &Snapshot,
    rendered: &Rendered,
    known: &Renderings,
) -> Result<Vec<Key>> {
    settle(row, snapshot, rendered);
    let content = Content::of(row, snapshot, rendered, known)?;
    let beside_before = shown_beside(tx.conn, before)?;
    if row.content.slug != before.content.slug {
        posts::set_slug(tx.conn, row.id, &before.content.slug, &row.content.slug)?;
        // A draft that nobody has seen under its old name needs no sign-post.
        if before.published_at.is_some() {
            site::remember_slug(
                tx.conn,
                SlugKind::Post,
                row.id,
                &before.content.slug,
                &row.content.slug,
                tx.actor.now,
            )?;
        }
    }
    posts::update(tx.conn, row, Some(&columns(row, snapshot, rendered)))?;
    surround(svc, tx, before, row, &content, beside_before)
}

/// Brings what hangs on a post in step with its row: lists, links, totals, related posts, the search index.
fn surround(
    svc: &Service,
    tx: &mut Tx<'_>,
    before: &PostRow,
    row: &PostRow,
    content: &Content<'_>,
    beside_before: HashSet<Key>,
) -> Result<Vec<Key>> {
    let Content { snapshot, rendered, indexed } = *content;
    // Neither authors nor tags need be there any more: an old revision may name those that were deleted since.
    let tags: Vec<(Id, String)> = {
        let known = pressroom_schema::tags::by_ids(tx.conn, &snapshot.tags)?;
        let name = |id: &Id| known.iter().find(|(tag, _)| tag.id == *id).map(|(tag, _)| tag.name.clone());
        snapshot.tags.iter().filter_map(|id| Some((*id, name(id)?))).collect()
    };
    let (tag_ids, tag_names): (Vec<Id>, Vec<String>) = tags.into_iter().unzip();
    let lists = relist(svc, tx.conn, row, snapshot, rendered, &tag_ids)?;
    let opened =
        if is_public(row) { crate::service::tags::make_public(tx.conn, &tag_ids)? } else { Vec::new() };
    let linked = links::set_live_links(tx.conn, row.id, &snapshot.links, tx.actor.now)?;
    let step = i64::from(row.listed) - i64::from(before.listed);
    site::add_to_total(tx.conn, Total::Posts, step)?;
    site::add_to_total(tx.conn, Total::Comments, step * row.comment_count)?;
    if let (Some(indexed), Some(revision)) = (indexed, row.live_revision) {
        post_words::keep(tx.conn, row.id, revision, &indexed.words)?;
    }
    let related = relate(tx.conn, before, row, content, &tag_names)?;
    index(tx.conn, before, row, content, &tag_names)?;
    let beside = shown_beside(tx.conn, row)?;
    Ok(touched_keys(before, row, &Around { lists, opened, linked, related, beside_before, beside }))
}

/// Gives a post its bylines, tags and the links of its body, and its place in the lists. Answers the authors and tags whose lists
/// changed.
fn relist(
    svc: &Service,
    conn: &mut Conn,
    row: &PostRow,
    snapshot: &Snapshot,
    rendered: &Rendered,
    tags: &[Id],
) -> Result<Vec<Id>> {
    let bylines = bylines(conn, snapshot)?;
    let slugs = super::body_links::slugs(svc, &rendered.links, &row.content.slug);
    let at = row.listed.then_some(row.sorted_at);
    Ok(posts::relist(conn, row.id, &bylines, tags, &slugs, at)?)
}

/// Brings the relations of a post up to date. Answers the posts whose own changed.
fn relate(
    conn: &mut Conn,
    before: &PostRow,
    row: &PostRow,
    content: &Content<'_>,
    tags: &[String],
) -> Result<Vec<Id>> {
    if let Some(indexed) = content.indexed.filter(|_| row.listed) {
        let title = &content.snapshot.content.title;
        related::refresh_related(conn, row.id, &related::Sources { title, tags, text: &indexed.terms })
    } else if before.listed {
        related::forget_related(conn, row.id)
    } else {
        Ok(Vec::new())
    }
}

/// Brings a post's entry in the search index up to date.
fn index(
    conn: &mut Conn,
    before: &PostRow,
    row: &PostRow,
    content: &Content<'_>,
    tags: &[String],
) -> Result<()> {
    if let Some(indexed) = content.indexed.filter(|_| row.listed) {
        let about = search::About {
            title: &content.snapshot.content.title,
            subtitle: content.snapshot.content.subtitle.as_deref(),
            excerpt: content.snapshot.excerpt.as_deref(),
            tags,
        };
        search::index(conn, row.id, row.sorted_at, &about, &indexed.body)
    } else if before.listed {
        search::remove(conn, row.id)
    } else {
        Ok(())
    }
}

/// What a write has changed around a post, beside its row.
#[derive(Debug, Clone, Default)]
struct Around {
    /// Authors and tags whose lists changed.
    lists: Vec<Id>,
    /// What tells of tags that everybody may know of from now on.
    opened: Vec<Key>,
    /// Posts at the ends of its curated links, before and after.
    linked: Vec<Id>,
    /// Posts whose related posts changed.
    related: Vec<Id>,
    /// Where others showed the post, see [`shown_beside`].
    beside_before: HashSet<Key>,
    /// Where others show it now.
    beside: HashSet<Key>,
}

/// The names of the public answers that a write of a post touches, each once.
fn touched_keys(before: &PostRow, after: &PostRow, around: &Around) -> Vec<Key> {
    let (was_public, is_public) = (is_public(before), is_public(after));
    if !was_public && !is_public {
        // The name may have led to another post until now.
        let renamed = after.content.slug != before.content.slug && before.published_at.is_some();
        return if renamed { vec![Key::Posts] } else { Vec::new() };
    }
    let summary = |row: &PostRow| {
        let texts = (
            row.content.slug.clone(),
            row.content.title.clone(),
            row.excerpt.clone(),
            row.content.language.clone(),
        );
        (texts, row.published_at, row.sorted_at, row.listed)
    };
    let id = after.id;
    let mut keys = vec![Key::Post(id), Key::Posts, Key::Links(id), Key::Related(id), Key::Adjacent(id)];
    keys.extend(around.related.iter().copied().map(Key::Related));
    keys.extend(around.linked.iter().copied().map(Key::Links));
    keys.extend(around.opened.iter().cloned());
    if was_public != is_public || summary(before) != summary(after) {
        keys.push(Key::Summary(id));
        keys.extend(around.beside.union(&around.beside_before).cloned());
    } else {
        keys.extend(around.beside.symmetric_difference(&around.beside_before).cloned());
    }
    if before.listed != after.listed {
        keys.extend([Key::Totals, Key::Listed]);
    }
    if after.listed && after.sorted_at != before.sorted_at {
        keys.push(Key::Listed);
    }
    if !around.lists.is_empty() {
        // Profiles and tags show how many posts they have, and lists sort by it.
        keys.extend([Key::Authors, Key::Tags]);
    }
    keys.extend(around.lists.iter().flat_map(|id| [Key::Author(*id), Key::Tag(*id)]));
    keys.sort();
    keys.dedup();
    keys
}

/// The authors of a snapshot that are there, with their roles.
fn bylines(conn: &mut Conn, snapshot: &Snapshot) -> Result<Vec<(Id, String)>> {
    let ids: Vec<Id> = snapshot.authors.iter().map(|b| b.author_id).collect();
    let known = pressroom_schema::authors::by_ids(conn, &ids)?;
    let there = snapshot.authors.iter().filter(|b| known.iter().any(|(row, _)| row.id == b.author_id));
    Ok(there.map(|b| (b.author_id, b.role.clone())).collect())
}

/// Where other posts show a post by its place or by links, or its own place keeps them apart: what is beside those before and after
/// it, and the links of those that link to it or that it links to. A curated link makes related as well. A post that is not public
/// is shown by none.
fn shown_beside(conn: &mut Conn, row: &PostRow) -> Result<HashSet<Key>> {
    if !is_public(row) {
        return Ok(HashSet::new());
    }
    let wanted =
        WantedRelations { outgoing: true, links: true, adjacent: row.listed, ..WantedRelations::default() };
    let mut names = HashSet::new();
    for relation in posts::relations(conn, &[row.id], wanted)? {
        let Some(other) = relation.other else { continue };
        match relation.kind {
            RelationKind::Previous | RelationKind::Next => drop(names.insert(Key::Adjacent(other))),
            RelationKind::Incoming => names.extend([Key::Links(other), Key::Related(other)]),
            _ => drop(names.insert(Key::Links(other))),
        }
    }
    Ok(names)
}

/// Writes only the state: what is live stays as it is. Names what public answers this touches: they show the version.
pub(super) fn touch(tx: &mut Tx<'_>, row: &PostRow) -> Result<Vec<Key>> {
    posts::update(tx.conn, row, None)?;
    Ok(if is_public(row) { vec![Key::Post(row.id)] } else { Vec::new() })
}

/// Saves a post's curated links as its next revision and makes them live at once. A working copy that did not differ from what is
/// live does not differ afterwards either. Answers the posts at the other ends.
pub(crate) fn save_links(
    tx: &mut Tx<'_>,
    row: &mut PostRow,
    wanted: Vec<pressroom_schema::revisions::SnapshotLink>,
) -> Result<Vec<Id>> {
    let mut snapshot = working_copy(tx, row)?;
    snapshot.links = wanted;
    let in_step = row.live_revision == Some(row.revision);
    row.version += 1;
    if row.is_live() {
        row.updated_at = tx.actor.now;
    }
    let rendered = super::rendering::kept(tx.conn, row.id, row.revision)?;
    save_revision(tx, row, &snapshot, rendered.as_ref(), RevisionReason::Links)?;
    if in_step {
        row.live_revision = Some(row.revision);
    }
    // The caller names what this touches.
    drop(touch(tx, row)?);
    links::set_live_links(tx.conn, row.id, &snapshot.links, tx.actor.now)
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
