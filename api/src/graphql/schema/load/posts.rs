//! What hangs on posts, authors and tags.

use std::collections::HashMap;
use std::sync::Arc;

use pressroom_schema::Id;
use pressroom_schema::posts::WantedRelations;

use super::shown::shown;
use super::{Loader, distinct};
use crate::error::{Error, FieldError, Result};
use crate::graphql::PlanField;
use crate::graphql::schema::arguments::{LinksArguments, PostListArguments, RelatedArguments};
use crate::graphql::schema::connection::{page_of, rows_of};
use crate::graphql::schema::objects::PostData;
use crate::page::Page;
use crate::service::posts::PostRelations;
use crate::service::{posts, related};
use crate::view::{AuthorView, LinksView, PostSummary, RelatedView, Shared, TagView};

/// Posts that stand under a field.
pub(super) type FieldPosts = (Arc<PlanField>, Vec<PostData>);

/// Posts at the other ends of something: the field that shows them, and each under the key by which it is found there.
pub(super) type FieldSummaries = (Arc<PlanField>, Vec<(Id, Shared<PostSummary>)>);

/// A field and the posts that it is asked of.
type AskedOf<'a> = (Arc<PlanField>, &'a [PostData]);

fn limit_of(args: &RelatedArguments) -> Result<i64> {
    let limit = i64::from(args.limit);
    if (0..=related::MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    let why = format!("`limit` is {limit}; it must be from 0 to {}.", related::MAX_LIMIT);
    Err(Error::parameters(vec![FieldError::parameter("limit", "out_of_range", why)]))
}

/// The relations that posts were loaded with.
fn embedded<'a>(posts: impl Iterator<Item = &'a PostData>) -> PostRelations {
    let mut relations = PostRelations::default();
    for post in posts {
        if let PostData::Full(view) = post {
            relations.links.extend(view.links.clone().map(|links| (view.id, links)));
            relations.related.extend(view.related.clone().map(|related| (view.id, related)));
            relations.adjacent.extend(view.adjacent.clone().map(|adjacent| (view.id, adjacent)));
        }
    }
    relations
}

impl Loader<'_, '_> {
    /// Which relations one post is to be loaded with, in the statements that read the page: links, related posts, neighbours.
    pub(super) fn embedded_relations(&mut self, post: &PlanField) -> (bool, bool, bool) {
        let asks = |name| !post.named("Post", name).is_empty();
        let mut are_few = |field: &Arc<PlanField>| {
            let limit = self.loaded.args::<RelatedArguments>(field).and_then(|args| limit_of(&args).ok());
            limit.is_some_and(|limit| limit <= related::DEFAULT_LIMIT)
        };
        let related = asks("related") && post.named("Post", "related").iter().all(&mut are_few);
        (asks("links"), related, asks("previous") || asks("next"))
    }

    /// What is asked of posts that stand on one level.
    pub(super) fn below_posts(&mut self, stands: &[FieldPosts]) -> Result<()> {
        let mut asked: Vec<AskedOf<'_>> = Vec::new();
        for (field, posts) in stands {
            if posts.is_empty() {
                continue;
            }
            for child in field.children("Post").iter() {
                match child.name.as_str() {
                    "links" | "related" | "previous" | "next" => asked.push((Arc::clone(child), posts)),
                    "comments" => self.threads(child, posts)?,
                    "authors" => self.bylines(child, posts)?,
                    "tags" => self.tags_of(child, posts)?,
                    _ => {}
                }
            }
        }
        self.relations(&asked)
    }

    /// Links, related posts and neighbours: what posts were not loaded with, together for all of a level.
    fn relations(&mut self, asked: &[AskedOf<'_>]) -> Result<()> {
        let mut relations = embedded(asked.iter().flat_map(|(_, posts)| posts.iter()));
        let (mut wanted, mut ids, mut good) = (WantedRelations::default(), Vec::new(), Vec::new());
        for (field, posts) in asked {
            let of = distinct(posts.iter().map(PostData::id));
            match field.name.as_str() {
                "links" => {
                    if self.loaded.args::<LinksArguments>(field).is_none() {
                        continue;
                    }
                    if !of.iter().all(|id| relations.links.contains_key(id)) {
                        (wanted.outgoing, wanted.links) = (true, true);
                        ids.extend(&of);
                    }
                }
                "related" => match self.loaded.args::<RelatedArguments>(field).map(|args| limit_of(&args)) {
                    None => continue,
                    Some(Ok(0)) => {}
                    Some(Ok(limit)) => {
                        let enough = limit <= related::DEFAULT_LIMIT;
                        if !enough || !of.iter().all(|id| relations.related.contains_key(id)) {
                            (wanted.outgoing, wanted.similar) = (true, wanted.similar.max(limit));
                            ids.extend(&of);
                        }
                    }
                    Some(Err(error)) => {
                        self.refuse::<Arc<Vec<RelatedView>>>(field, &of, &error)?;
                        continue;
                    }
                },
                _ if of.iter().all(|id| relations.adjacent.contains_key(id)) => {}
                _ => {
                    wanted.adjacent = true;
                    ids.extend(&of);
                }
            }
            good.push((field, of));
        }
        if !ids.is_empty() {
            let more = posts::load_relations(self.svc, self.reader, self.viewer, &distinct(ids), wanted)?;
            // Of what is not wanted there is nothing in it.
            relations.links.extend(more.links);
            relations.related.extend(more.related.into_iter().filter(|_| wanted.similar > 0));
            relations.adjacent.extend(more.adjacent);
        }
        let mut ends = Vec::new();
        for (field, of) in &good {
            match field.name.as_str() {
                "links" => ends.extend(self.links(field, of, &relations)?),
                "related" => ends.extend(self.related(field, of, &relations)?),
                name => {
                    let side = |id: &Id| {
                        let both = relations.adjacent.get(id)?;
                        if name == "previous" { both.previous.clone() } else { both.next.clone() }
                    };
                    let posts = of.iter().filter_map(|id| Some((*id, side(id)?))).collect();
                    ends.push((Arc::clone(field), posts));
                }
            }
        }
        self.ends(ends)
    }

    fn links(
        &mut self,
        field: &PlanField,
        of: &[Id],
        relations: &PostRelations,
    ) -> Result<Vec<FieldSummaries>> {
        let mut others = Vec::new();
        for id in of {
            let links = relations.links.get(id).cloned().unwrap_or_default();
            let both = links.outgoing.iter().chain(&links.incoming);
            others.extend(both.filter_map(|link| link.post.clone()).map(|post| (post.id, post)));
            self.keep(field, *id, Ok(Arc::new(links)))?;
        }
        Ok(field.named("Link", "post").into_iter().map(|post| (post, others.clone())).collect())
    }

    /// What is asked of the posts at the ends of links that are there already.
    pub(super) fn below_links(&mut self, field: &PlanField, links: &LinksView) -> Result<()> {
        let both = links.outgoing.iter().chain(&links.incoming);
        let others: Vec<_> = both.filter_map(|link| link.post.clone()).map(|post| (post.id, post)).collect();
        self.ends(field.named("Link", "post").into_iter().map(|post| (post, others.clone())).collect())
    }

    fn related(
        &mut self,
        field: &PlanField,
        of: &[Id],
        relations: &PostRelations,
    ) -> Result<Vec<FieldSummaries>> {
        let limit = self.loaded.args::<RelatedArguments>(field).map(|args| limit_of(&args)).transpose()?;
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or_default();
        let mut others = Vec::new();
        for id in of {
            let mut views = relations.related.get(id).cloned().unwrap_or_default();
            views.truncate(limit);
            others.extend(views.iter().map(|view| (view.post.id, view.post.clone())));
            self.keep(field, *id, Ok(Arc::new(views)))?;
        }
        Ok(field.named("Related", "post").into_iter().map(|post| (post, others.clone())).collect())
    }

    /// Loads the posts at these ends, as far as more is asked than their summaries have, in one go; then what is asked of them.
    pub(super) fn ends(&mut self, ends: Vec<FieldSummaries>) -> Result<()> {
        let needs_more: Vec<bool> = ends.iter().map(|(field, _)| PostData::needs_more(field)).collect();
        // Summaries are of what is live.
        let previewed = self.viewer.previewed().map(Id);
        let wanted = ends.iter().zip(&needs_more).flat_map(|((_, posts), needs_more)| {
            let ids = posts.iter().map(|(_, post)| post.id);
            ids.filter(|id| *needs_more || Some(*id) == previewed)
        });
        let ids = distinct(wanted);
        let mut full: HashMap<Id, PostData> = HashMap::new();
        if !ids.is_empty() {
            let shown = shown(ends.iter().map(|(field, _)| field));
            let found = posts::load_visible(self.svc, self.reader, self.viewer, &ids, shown)?;
            full.extend(found.into_iter().map(|(id, view)| (id, PostData::from(view))));
        }
        let mut stands = Vec::new();
        for ((field, posts), needs_more) in ends.into_iter().zip(needs_more) {
            let mut stand = Vec::new();
            for (key, summary) in posts {
                let data = if needs_more || Some(summary.id) == previewed {
                    full.get(&summary.id).cloned()
                } else {
                    Some(PostData::Brief(summary))
                };
                if let Some(data) = data {
                    stand.push(data.clone());
                    self.keep(&field, key, Ok(data))?;
                }
            }
            if !stand.is_empty() {
                stands.push((field, stand));
            }
        }
        if stands.is_empty() { Ok(()) } else { self.below_posts(&stands) }
    }

    fn bylines(&mut self, field: &Arc<PlanField>, posts: &[PostData]) -> Result<()> {
        let mut authors: HashMap<Id, Shared<AuthorView>> = HashMap::new();
        if field.selects("Byline", "posts") || field.selects("Byline", "author") {
            for post in posts {
                if let PostData::Full(view) = post {
                    for byline in &view.authors {
                        authors.entry(byline.author.id).or_insert_with(|| byline.author.clone());
                    }
                }
            }
        }
        let authors: Vec<_> = authors.into_values().collect();
        self.below_authors(field, "Byline", &authors)
    }

    fn tags_of(&mut self, field: &PlanField, posts: &[PostData]) -> Result<()> {
        let mut tags: HashMap<Id, Shared<TagView>> = HashMap::new();
        if field.selects("Tag", "posts") || field.selects("Tag", "parent") {
            for post in posts {
                if let PostData::Full(view) = post {
                    for tag in &view.tags {
                        tags.entry(tag.id).or_insert_with(|| tag.clone());
                    }
                }
            }
        }
        let tags: Vec<_> = tags.into_values().collect();
        self.below_tags(field, &tags)
    }

    /// What is asked of authors: `type_name` is `Author`, or `Byline` where they stand on posts.
    pub(super) fn below_authors(
        &mut self,
        field: &PlanField,
        type_name: &str,
        authors: &[Shared<AuthorView>],
    ) -> Result<()> {
        if authors.is_empty() {
            return Ok(());
        }
        for child in field.children(type_name).iter() {
            match child.name.as_str() {
                "posts" => {
                    let counts = authors.iter().map(|author| (author.id, author.post_count)).collect();
                    self.lists(child, &counts)?;
                }
                "author" => self.below_authors(child, "Author", authors)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// What is asked of tags.
    pub(super) fn below_tags(&mut self, field: &PlanField, tags: &[Shared<TagView>]) -> Result<()> {
        if tags.is_empty() {
            return Ok(());
        }
        for child in field.children("Tag").iter() {
            match child.name.as_str() {
                "posts" => {
                    let counts = tags.iter().map(|tag| (tag.id, tag.post_count)).collect();
                    self.lists(child, &counts)?;
                }
                "parent" => {
                    let ids = distinct(tags.iter().filter_map(|tag| tag.parent.as_ref()).map(|tag| tag.id));
                    let found = self.svc.tags(self.reader, &ids)?;
                    for tag in tags {
                        let parent = tag.parent.as_ref().and_then(|parent| found.get(&parent.id));
                        if let Some(parent) = parent {
                            self.keep(child, tag.id, Ok(parent.clone()))?;
                        }
                    }
                    let parents: Vec<_> = found.into_values().collect();
                    self.below_tags(child, &parents)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A page of the public posts of each author or tag, whose totals are known.
    fn lists(&mut self, field: &PlanField, totals: &HashMap<Id, i64>) -> Result<()> {
        let owners = distinct(totals.keys().copied());
        let Some(args) = self.loaded.args::<PostListArguments>(field) else { return Ok(()) };
        let rows = rows_of(&args.page, field, "PostConnection", "PostEdge");
        let page = page_of(&args.page, field, "PostConnection");
        let found = page.and_then(|page| {
            let (sort, shown) = (args.sort, shown(&rows));
            let lists = posts::load_lists(self.svc, self.reader, self.viewer, &owners, sort, &page, shown)?;
            Ok((lists, page.count))
        });
        let (lists, count) = match found {
            Ok(found) => found,
            Err(error) => return self.refuse::<Arc<Page<PostData>>>(field, &owners, &error),
        };
        let mut posts = Vec::new();
        for (owner, mut page) in lists {
            page.total = totals.get(&owner).copied().filter(|_| count);
            let page = Arc::new(page.map(PostData::from));
            posts.extend(page.items.iter().map(|(_, post)| post.clone()));
            self.keep(field, owner, Ok(page))?;
        }
        let stands: Vec<_> = rows.into_iter().map(|row| (row, posts.clone())).collect();
        self.below_posts(&stands)
    }
}
