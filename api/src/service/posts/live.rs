//! From the working copy to what is live: the row, its lists, links, related posts and search entry, in one transaction.

use std::collections::HashSet;

use pressroom_schema::posts::{self, NewPost, PostRow, TieKind, Ties};
use pressroom_schema::revisions::{self, RevisionRow, Snapshot};
use pressroom_schema::{
    Conn, Id, Key, RevisionReason, SlugKind, Total, Tx, Visibility, page::sort_key, site,
};

use super::access::{is_public, working_copy};
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
    let revision = RevisionRow {
        post_id: row.id,
        number: row.revision,
        created_at: tx.actor.now,
        created_by: tx.actor.user_id,
        reason,
        title: snapshot.title.clone(),
        word_count: rendered.map_or(row.word_count, |r| r.word_count),
    };
    revisions::insert(tx.conn, &revision, snapshot, rendered.map(Rendered::to_stored).as_deref())?;
    Ok(())
}

/// Gives a row what a snapshot and its rendered body say. Their members are all named, so that a new one is not forgotten.
pub(super) fn fill(row: &mut PostRow, snapshot: &Snapshot, rendered: &Rendered) {
    let Snapshot {
        title,
        slug,
        subtitle,
        excerpt,
        body_format: _,
        body_source: _,
        image,
        authors: _,
        tags: _,
        links: _,
        featured,
        visibility,
        language,
        comments_open,
        terms_notice,
        terms_url,
        canonical_url,
        seo,
        custom,
    } = snapshot;
    let Rendered { html: _, text: _, word_count, reading_minutes, excerpt: beginning, links: _, headings: _ } =
        rendered;
    row.title.clone_from(title);
    row.title_key = sort_key(title);
    row.slug.clone_from(slug);
    row.subtitle.clone_from(subtitle);
    row.excerpt.clone_from(excerpt.as_ref().unwrap_or(beginning));
    row.image_media_id = image.as_ref().map(|i| i.media_id);
    row.image_alt = image.as_ref().and_then(|i| i.alt.clone());
    row.image_caption = image.as_ref().and_then(|i| i.caption.clone());
    row.featured = *featured;
    row.visibility = *visibility;
    row.language.clone_from(language);
    row.comments_open = *comments_open;
    row.terms_notice.clone_from(terms_notice);
    row.terms_url.clone_from(terms_url);
    row.canonical_url.clone_from(canonical_url);
    row.seo.clone_from(seo);
    row.custom.clone_from(custom);
    row.word_count = *word_count;
    row.reading_minutes = *reading_minutes;
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

/// Adds a new post with its first content.
pub(super) fn insert(tx: &mut Tx<'_>, row: &PostRow, snapshot: &Snapshot, rendered: &Rendered) -> Result<()> {
    posts::insert(tx.conn, &columns(row, snapshot, rendered))?;
    Ok(())
}

/// Writes state and content of a post, with everything that hangs on them, and names what public answers this touches.
///
/// `before` is the row as it was; `row` as it shall be, whose `listed` and `sorted_at` are set here.
pub(super) fn apply(
    svc: &Service,
    tx: &mut Tx<'_>,
    before: &PostRow,
    row: &mut PostRow,
    snapshot: &Snapshot,
    rendered: &Rendered,
) -> Result<Vec<Key>> {
    let was_public = is_public(before);
    let beside_before = if was_public { shown_beside(tx.conn, before)? } else { HashSet::new() };
    fill(row, snapshot, rendered);
    row.listed = row.is_live() && row.visibility == Visibility::Public;
    row.sorted_at = row.published_at.unwrap_or(row.created_at);
    if snapshot.slug != before.slug {
        posts::set_slug(tx.conn, row.id, &before.slug, &snapshot.slug)?;
        // A draft that nobody has seen under its old name needs no sign-post.
        if before.published_at.is_some() {
            site::remember_slug(tx.conn, SlugKind::Post, row.id, &before.slug, &snapshot.slug, tx.actor.now)?;
        }
    }
    let summary_changed = was_public != is_public(row)
        || (&before.slug, &before.title, &before.excerpt, &before.language)
            != (&row.slug, &row.title, &row.excerpt, &row.language)
        || (before.published_at, before.sorted_at, before.listed)
            != (row.published_at, row.sorted_at, row.listed);
    posts::update(tx.conn, row, Some(&columns(row, snapshot, rendered)))?;
    // Neither authors nor tags need be there any more: an old revision may name those that were deleted since.
    let bylines = bylines(tx.conn, snapshot)?;
    let tags = pressroom_schema::tags::by_ids(tx.conn, &snapshot.tags)?;
    let tag_ids: Vec<Id> =
        snapshot.tags.iter().copied().filter(|id| tags.iter().any(|(tag, _)| tag.id == *id)).collect();
    let slugs = super::body_links::slugs(svc, &rendered.links, &row.slug);
    let touched =
        posts::relist(tx.conn, row.id, &bylines, &tag_ids, &slugs, row.listed.then_some(row.sorted_at))?;
    let opened =
        if is_public(row) { crate::service::tags::make_public(tx.conn, &tag_ids)? } else { Vec::new() };
    let linked = links::set_live_links(tx.conn, row.id, &snapshot.links, tx.actor.now)?;
    let step = i64::from(row.listed) - i64::from(before.listed);
    site::add_to_total(tx.conn, Total::Posts, step)?;
    site::add_to_total(tx.conn, Total::Comments, step * row.comment_count)?;
    let tag_names: Vec<String> = tags.iter().map(|(tag, _)| tag.name.clone()).collect();
    let mut neighbours = Vec::new();
    if row.listed {
        neighbours = related::refresh_related(
            tx.conn,
            row.id,
            &related::Sources { title: &snapshot.title, tags: &tag_names, text: &rendered.text },
        )?;
        search::index(
            tx.conn,
            row.id,
            row.sorted_at,
            &search::Document {
                title: &snapshot.title,
                subtitle: snapshot.subtitle.as_deref(),
                excerpt: snapshot.excerpt.as_deref(),
                tags: &tag_names,
                text: &rendered.text,
            },
        )?;
    } else if before.listed {
        neighbours = related::forget_related(tx.conn, row.id)?;
        search::remove(tx.conn, row.id)?;
    }
    if !was_public && !is_public(row) {
        // The name may have led to another post until now.
        let renamed = row.slug != before.slug && before.published_at.is_some();
        return Ok(if renamed { vec![Key::Posts] } else { Vec::new() });
    }
    let beside = if is_public(row) { shown_beside(tx.conn, row)? } else { HashSet::new() };
    let mut names = vec![Key::Post(row.id), Key::Posts];
    names.extend([Key::Links(row.id), Key::Related(row.id), Key::Adjacent(row.id)]);
    names.extend(neighbours.into_iter().map(Key::Related));
    names.extend(linked.into_iter().map(Key::Links));
    names.extend(opened);
    if summary_changed {
        names.push(Key::Summary(row.id));
        names.extend(beside.union(&beside_before).cloned());
    } else {
        names.extend(beside.symmetric_difference(&beside_before).cloned());
    }
    if step != 0 {
        names.push(Key::Totals);
    }
    if step != 0 || (row.listed && row.sorted_at != before.sorted_at) {
        names.push(Key::Listed);
    }
    if !touched.is_empty() {
        // Profiles and tags show how many posts they have, and lists sort by it.
        names.extend([Key::Authors, Key::Tags]);
    }
    names.extend(touched.into_iter().flat_map(|id| [Key::Author(id), Key::Tag(id)]));
    names.sort();
    names.dedup();
    Ok(names)
}

/// The authors of a snapshot that are there, with their roles.
fn bylines(conn: &mut Conn, snapshot: &Snapshot) -> Result<Vec<(Id, String)>> {
    let ids: Vec<Id> = snapshot.authors.iter().map(|b| b.author_id).collect();
    let known = pressroom_schema::authors::by_ids(conn, &ids)?;
    let there = snapshot.authors.iter().filter(|b| known.iter().any(|(row, _)| row.id == b.author_id));
    Ok(there.map(|b| (b.author_id, b.role.clone())).collect())
}

/// Where other posts show a public post by its place or by links, or its own place keeps them apart: what is beside those before
/// and after it, and the links of those that link to it or that it links to. A curated link makes related as well.
fn shown_beside(conn: &mut Conn, row: &PostRow) -> Result<HashSet<Key>> {
    let wanted = Ties { outgoing: true, links: true, adjacent: row.listed, ..Ties::default() };
    let mut names = HashSet::new();
    for tie in posts::ties(conn, &[row.id], wanted)? {
        let Some(other) = tie.other else { continue };
        match tie.kind {
            TieKind::Previous | TieKind::Next => drop(names.insert(Key::Adjacent(other))),
            TieKind::Incoming => names.extend([Key::Links(other), Key::Related(other)]),
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
