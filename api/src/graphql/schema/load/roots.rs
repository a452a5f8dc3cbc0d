//! The root fields.

use std::sync::Arc;

use async_graphql::ID;
use pressroom_schema::posts::Ref;
use pressroom_schema::{Given, Id, MediaType, Slug, UnknownWord};

use super::Loader;
use super::shown::shown;
use crate::error::{Error, FieldError, Result};
use crate::graphql::PlanField;
use crate::graphql::schema::arguments::{
    AuthorArguments, AuthorsArguments, CommentArguments, IdArguments, MediaLibraryArguments, NodeArguments,
    PageArguments, PostArguments, PostsArguments, QueueArguments, RevisionArguments, RevisionDiffArguments,
    RevisionsArguments, SearchArguments, TagArguments, TagsArguments, UsersArguments,
};
use crate::graphql::schema::connection::{page_of, rows_of};
use crate::graphql::schema::node::NodeData;
use crate::graphql::schema::objects::PostData;
use crate::page::Page;
use crate::service::comments::QueueQuery;
use crate::service::media::MediaQuery;
use crate::service::posts::PostQuery;
use crate::service::search::SearchQuery;
use crate::service::site::SiteParts;
use crate::service::tags::TagQuery;
use crate::service::{Found, accounts, authors, comments, media, posts, search, site, tags};
use crate::view::{AuthorView, CommentView, PostView, SearchHitView, Shared, TagView};

/// What `id` or `slug` names. An id that has not the form of one names nothing.
fn named(id: Option<&ID>, slug: Option<&Given<Slug>>, what: &str) -> Result<Ref> {
    match (id, slug) {
        (Some(id), None) => id.parse().map(Ref::Id).map_err(|_| Error::not_found(what)),
        (None, Some(slug)) => Ok(Ref::parse(slug.as_ref())),
        _ => Err(Error::parameters(vec![FieldError::parameter(
            "id",
            "exclusive",
            "Give either `id` or `slug`.",
        )])),
    }
}

/// A page of what is cheap to clone.
fn shared<T>(page: Page<T>) -> Arc<Page<Arc<T>>> {
    Arc::new(page.map(Arc::new))
}

impl Loader<'_, '_> {
    pub(super) fn root(&mut self, field: &Arc<PlanField>) -> Result<()> {
        match field.name.as_str() {
            "site" => {
                let parts = SiteParts {
                    logo: field.selects("Site", "logo"),
                    counts: field.selects("Site", "counts"),
                };
                let found = site::load_parts(self.svc, self.reader, parts).map(Arc::new);
                self.keep(field, Id::NIL, found)?;
            }
            "post" => {
                let Some(args) = self.loaded.args::<PostArguments>(field) else { return Ok(()) };
                let preview = args.preview.as_deref();
                let by = preview.map(|token| posts::by_preview_in(self.svc, self.reader, self.viewer, token));
                match by {
                    None => self.one_post(field, &args)?,
                    Some(Ok(viewer)) => self.seen_by(&viewer, |loader| loader.one_post(field, &args))?,
                    Some(Err(error)) => drop(self.keep::<PostData>(field, Id::NIL, Err(error))?),
                }
            }
            "posts" => self.posts(field)?,
            "author" => {
                let Some(args) = self.loaded.args::<AuthorArguments>(field) else { return Ok(()) };
                let found = named(args.id.as_ref(), args.slug.as_ref(), "author");
                let found = found.and_then(|author| self.author(&author));
                if let Some(author) = self.keep(field, Id::NIL, found)? {
                    self.below_authors(field, "Author", &[author])?;
                }
            }
            "authors" => self.authors(field)?,
            "tag" => {
                let Some(args) = self.loaded.args::<TagArguments>(field) else { return Ok(()) };
                let found = named(args.id.as_ref(), args.slug.as_ref(), "tag");
                let found = found.and_then(|tag| self.tag(&tag));
                if let Some(tag) = self.keep(field, Id::NIL, found)? {
                    self.below_tags(field, &[tag])?;
                }
            }
            "tags" => self.tags(field)?,
            "comment" => {
                let Some(args) = self.loaded.args::<CommentArguments>(field) else { return Ok(()) };
                let (id, token) = (args.id.as_str(), args.edit_token.as_deref());
                let by = token
                    .map(|token| comments::by_edit_token_in(self.svc, self.reader, self.viewer, id, token));
                match by {
                    None => self.one_comment(field, id)?,
                    Some(Ok(viewer)) => self.seen_by(&viewer, |loader| loader.one_comment(field, id))?,
                    Some(Err(error)) => drop(self.keep::<Arc<CommentView>>(field, Id::NIL, Err(error))?),
                }
            }
            "comments" => self.queue(field)?,
            "search" => self.search(field)?,
            "node" => self.node(field)?,
            _ => self.closed(field)?,
        }
        Ok(())
    }

    fn one_comment(&mut self, field: &Arc<PlanField>, id: &str) -> Result<()> {
        let found = self.comment(field, id);
        if let Some(comment) = self.keep(field, Id::NIL, found)? {
            self.below_comments(&[(Arc::clone(field), vec![comment])])?;
        }
        Ok(())
    }

    fn one_post(&mut self, field: &Arc<PlanField>, args: &PostArguments) -> Result<()> {
        let found = self.post(field, args).map(PostData::from);
        if let Some(post) = self.keep(field, Id::NIL, found)? {
            self.below_posts(&[(Arc::clone(field), vec![post])])?;
        }
        Ok(())
    }

    fn post(&mut self, field: &Arc<PlanField>, args: &PostArguments) -> Result<PostView> {
        let perspective = args.perspective;
        let mut shown = shown([field]);
        shown.below = self.embedding(field);
        shown.comments = shown.below.is_some();
        (shown.links, shown.related, shown.adjacent) = self.embedded_relations(field);
        let mut post = named(args.id.as_ref(), args.slug.as_ref(), "post")?;
        loop {
            match posts::get_in(self.svc, self.reader, self.viewer, &post, perspective, shown)? {
                Found::Here(view) => return Ok(view),
                Found::Moved(slug) => post = Ref::Slug(slug),
            }
        }
    }

    fn posts(&mut self, field: &PlanField) -> Result<()> {
        let Some(args) = self.loaded.args::<PostsArguments>(field) else { return Ok(()) };
        let rows = rows_of(&args.page, field, "PostConnection", "PostEdge");
        let found = query(field, &args)
            .and_then(|query| posts::list_in(self.svc, self.reader, self.viewer, &query, shown(&rows)));
        let found = found.map(|page| Arc::new(page.map(PostData::from)));
        if let Some(page) = self.keep(field, Id::NIL, found)? {
            let posts: Vec<PostData> = page.items.iter().map(|(_, post)| post.clone()).collect();
            let stands: Vec<_> = rows.into_iter().map(|row| (row, posts.clone())).collect();
            self.below_posts(&stands)?;
        }
        Ok(())
    }

    fn author(&mut self, author: &Ref) -> Result<Shared<AuthorView>> {
        let mut author = author.clone();
        loop {
            match authors::load_author(self.svc, self.reader, &author)? {
                Found::Here(view) => return Ok(Shared::new(view)),
                Found::Moved(slug) => author = Ref::Slug(slug),
            }
        }
    }

    fn authors(&mut self, field: &PlanField) -> Result<()> {
        let Some(args) = self.loaded.args::<AuthorsArguments>(field) else { return Ok(()) };
        let page = page_of(&args.page, field, "AuthorConnection");
        let found = page.and_then(|page| authors::list_in(self.svc, self.reader, args.sort, &page));
        if let Some(page) = self.keep(field, Id::NIL, found.map(|page| Arc::new(page.map(Shared::new))))? {
            let authors: Vec<_> = page.items.iter().map(|(_, author)| author.clone()).collect();
            for row in rows_of(&args.page, field, "AuthorConnection", "AuthorEdge") {
                self.below_authors(&row, "Author", &authors)?;
            }
        }
        Ok(())
    }

    fn tag(&mut self, tag: &Ref) -> Result<Shared<TagView>> {
        let mut tag = tag.clone();
        loop {
            match tags::load_tag(self.reader, self.viewer, &tag)? {
                Found::Here(view) => return Ok(Shared::new(view)),
                Found::Moved(slug) => tag = Ref::Slug(slug),
            }
        }
    }

    fn tags(&mut self, field: &PlanField) -> Result<()> {
        let Some(args) = self.loaded.args::<TagsArguments>(field) else { return Ok(()) };
        let page = page_of(&args.page, field, "TagConnection");
        let found = page.and_then(|page| {
            let query = TagQuery { kind: args.kind, parent: args.parent.clone(), sort: args.sort, page };
            tags::list_in(self.reader, self.viewer, &query)
        });
        if let Some(page) = self.keep(field, Id::NIL, found.map(|page| Arc::new(page.map(Shared::new))))? {
            let tags: Vec<_> = page.items.iter().map(|(_, tag)| tag.clone()).collect();
            for row in rows_of(&args.page, field, "TagConnection", "TagEdge") {
                self.below_tags(&row, &tags)?;
            }
        }
        Ok(())
    }

    fn comment(&mut self, field: &PlanField, id: &str) -> Result<Arc<CommentView>> {
        let id: Id = id.parse().map_err(|_| Error::not_found("comment"))?;
        let mut found = comments::load_comments(self.svc, self.reader, self.viewer, &[id])?;
        let mut view = found.remove(&id).ok_or_else(|| Error::not_found("comment"))?;
        if field.selects("Comment", "ancestors") {
            view.ancestors = Some(comments::load_ancestors(self.reader, id)?);
        }
        Ok(Arc::new(view))
    }

    fn queue(&mut self, field: &PlanField) -> Result<()> {
        let Some(args) = self.loaded.args::<QueueArguments>(field) else { return Ok(()) };
        let page = page_of(&args.page, field, "CommentConnection");
        let found = page.and_then(|page| {
            let query = QueueQuery {
                statuses: args.status.clone().unwrap_or_default(),
                post: args.post.clone(),
                author_email: args.author_email.clone(),
                page,
            };
            comments::queue_in(self.svc, self.reader, self.viewer, &query)
        });
        if let Some(page) = self.keep(field, Id::NIL, found.map(shared))? {
            let comments: Vec<_> = page.items.iter().map(|(_, comment)| Arc::clone(comment)).collect();
            let rows = rows_of(&args.page, field, "CommentConnection", "CommentEdge");
            let stands: Vec<_> = rows.into_iter().map(|row| (row, comments.clone())).collect();
            self.below_comments(&stands)?;
        }
        Ok(())
    }

    fn search(&mut self, field: &PlanField) -> Result<()> {
        let Some(args) = self.loaded.args::<SearchArguments>(field) else { return Ok(()) };
        let page = page_of(&args.page, field, "SearchConnection");
        let found = page.and_then(|page| {
            let query = SearchQuery {
                q: args.q.clone(),
                authors: args.author.clone().unwrap_or_default(),
                tags: args.tag.clone().unwrap_or_default(),
                language: args.language.clone(),
                page,
            };
            search::load_search(self.svc, self.reader, self.viewer, &query)
        });
        if let Some(page) = self.keep(field, Id::NIL, found.map(shared))? {
            let hits: Vec<Arc<SearchHitView>> = page.items.iter().map(|(_, hit)| Arc::clone(hit)).collect();
            let mut ends = Vec::new();
            for row in rows_of(&args.page, field, "SearchConnection", "SearchEdge") {
                for post in row.named("SearchHit", "post") {
                    let posts = hits.iter().map(|hit| (hit.post.id, hit.post.clone())).collect();
                    ends.push((post, posts));
                }
            }
            self.ends(ends)?;
        }
        Ok(())
    }

    /// Ids do not tell what they are of, so each kind is asked, the likeliest first.
    fn node(&mut self, field: &Arc<PlanField>) -> Result<()> {
        let Some(args) = self.loaded.args::<NodeArguments>(field) else { return Ok(()) };
        let text = args.id.as_str();
        // What there is not may be there soon, and no name tells of it then.
        self.loaded.lacks = true;
        let Ok(id) = text.parse::<Id>() else { return Ok(()) };
        let shown = shown([field]);
        let mut posts = posts::load_visible(self.svc, self.reader, self.viewer, &[id], shown)?;
        if let Some(post) = posts.remove(&id).map(PostData::from) {
            self.keep(field, Id::NIL, Ok(NodeData::Post(post.clone())))?;
            return self.below_posts(&[(Arc::clone(field), vec![post])]);
        }
        if let Some(author) = found(self.author(&Ref::Id(id)))? {
            self.keep(field, Id::NIL, Ok(NodeData::Author(author.clone())))?;
            return self.below_authors(field, "Author", &[author]);
        }
        if let Some(tag) = found(self.tag(&Ref::Id(id)))? {
            self.keep(field, Id::NIL, Ok(NodeData::Tag(tag.clone())))?;
            return self.below_tags(field, &[tag]);
        }
        if let Some(comment) = found(self.comment(field, text))? {
            self.keep(field, Id::NIL, Ok(NodeData::Comment(Arc::clone(&comment))))?;
            return self.below_comments(&[(Arc::clone(field), vec![comment])]);
        }
        if let Some(media) = found(media::get_in(self.svc, self.reader, self.viewer, text))? {
            self.keep(field, Id::NIL, Ok(NodeData::Media(Arc::new(media))))?;
        } else if let Some(user) = found(accounts::get_user_in(self.svc, self.reader, self.viewer, text))? {
            self.keep(field, Id::NIL, Ok(NodeData::User(Arc::new(user))))?;
        }
        Ok(())
    }

    /// What only callers who are signed in may read; nothing hangs on it that would have to be loaded.
    fn closed(&mut self, field: &PlanField) -> Result<()> {
        if field.name == "me" {
            if self.viewer.is_signed_in() {
                let found = accounts::me_in(self.svc, self.reader, self.viewer).map(Arc::new);
                self.keep(field, Id::NIL, found)?;
            }
            return Ok(());
        }
        self.with_arguments(field).unwrap_or(Ok(()))
    }

    /// `None` where the field's arguments cannot be read.
    fn with_arguments(&mut self, field: &PlanField) -> Option<Result<()>> {
        let (svc, viewer) = (self.svc, self.viewer);
        let kept = match field.name.as_str() {
            "revisions" => {
                let args = self.loaded.args::<RevisionsArguments>(field)?;
                let page = page_of(&args.page, field, "RevisionConnection");
                let post = Ref::parse(&args.post);
                let found = page.and_then(|page| posts::list_revisions_in(self.reader, viewer, &post, &page));
                self.keep(field, Id::NIL, found.map(shared)).map(drop)
            }
            "revision" => {
                let args = self.loaded.args::<RevisionArguments>(field)?;
                let post = Ref::parse(&args.post);
                let found = posts::get_revision_in(self.reader, viewer, &post, args.number);
                self.keep(field, Id::NIL, found.map(Arc::new)).map(drop)
            }
            "revisionDiff" => {
                let args = self.loaded.args::<RevisionDiffArguments>(field)?;
                let post = Ref::parse(&args.post);
                let found = posts::revision_pair_in(self.reader, viewer, &post, args.from, args.to);
                self.keep(field, Id::NIL, found.map(Arc::new)).map(drop)
            }
            "media" => {
                let args = self.loaded.args::<IdArguments>(field)?;
                let found = media::get_in(svc, self.reader, viewer, &args.id).map(Arc::new);
                self.keep(field, Id::NIL, found).map(drop)
            }
            "mediaLibrary" => {
                let args = self.loaded.args::<MediaLibraryArguments>(field)?;
                let found = page_of(&args.page, field, "MediaConnection").and_then(|page| {
                    viewer.require_signed_in()?;
                    let mimes = media_types(args.mime.as_deref().unwrap_or_default())?;
                    let owner = args.owner.clone();
                    media::list_in(svc, self.reader, viewer, &MediaQuery { owner, mimes, page })
                });
                self.keep(field, Id::NIL, found.map(shared)).map(drop)
            }
            "user" => {
                let args = self.loaded.args::<IdArguments>(field)?;
                let found = accounts::get_user_in(svc, self.reader, viewer, &args.id).map(Arc::new);
                self.keep(field, Id::NIL, found).map(drop)
            }
            "users" => {
                let args = self.loaded.args::<UsersArguments>(field)?;
                let found = page_of(&args.page, field, "UserConnection")
                    .and_then(|page| accounts::list_users_in(self.reader, viewer, args.role, &page));
                self.keep(field, Id::NIL, found.map(shared)).map(drop)
            }
            "tokens" => {
                let args = self.loaded.args::<PageArguments>(field)?;
                let found = page_of(&args, field, "TokenConnection")
                    .and_then(|page| accounts::list_tokens_in(self.reader, viewer, &page));
                self.keep(field, Id::NIL, found.map(shared)).map(drop)
            }
            _ => Ok(()),
        };
        Some(kept)
    }
}

/// The media types of a filter.
fn media_types(names: &[String]) -> Result<Vec<MediaType>> {
    let unknown =
        |odd: UnknownWord| Error::parameters(vec![FieldError::unknown_word("mime", "invalid", &odd)]);
    names.iter().map(|name| name.parse().map_err(unknown)).collect()
}

/// Nothing where it is not there, or not for this caller.
fn found<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.code().status() < 500 => Ok(None),
        Err(error) => Err(error),
    }
}

/// The list of posts that a field asks for.
fn query(field: &PlanField, args: &PostsArguments) -> Result<PostQuery> {
    let filter = args.filter.clone().unwrap_or_default();
    Ok(PostQuery {
        authors: filter.author.unwrap_or_default(),
        tags: filter.tag.unwrap_or_default(),
        tags_all: filter.tags_all.unwrap_or_default(),
        q: filter.q,
        featured: filter.featured,
        published_after: filter.published_after.map(|at| at.0),
        published_before: filter.published_before.map(|at| at.0),
        updated_since: filter.updated_since.map(|at| at.0),
        language: filter.language,
        visibility: filter.visibility,
        statuses: filter.status.unwrap_or_default(),
        trashed: filter.trashed.unwrap_or_default(),
        sort: args.sort,
        perspective: args.perspective,
        page: page_of(&args.page, field, "PostConnection")?,
    })
}
