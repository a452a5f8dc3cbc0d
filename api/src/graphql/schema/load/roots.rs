//! The root fields.

use std::sync::Arc;

use pressroom_schema::Id;
use pressroom_schema::posts::Ref;

use super::comments::embedding;
use super::posts::embedded_ties;
use super::shown::shown;
use super::{Loader, arg};
use crate::error::{Error, FieldError, Result};
use crate::graphql::PlanField;
use crate::graphql::schema::connection::{page_of, rows_of};
use crate::graphql::schema::node::NodeData;
use crate::graphql::schema::objects::PostData;
use crate::graphql::schema::query::PostFilter;
use crate::graphql::schema::words::{
    AuthorSort, CommentStatus, Perspective, PostSort, Role, TagKind, TagSort, Word,
};
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
fn named(field: &PlanField, what: &str) -> Result<Ref> {
    match (field.args.string("id"), field.args.string("slug")) {
        (Some(id), None) => id.parse().map(Ref::Id).map_err(|_| Error::not_found(what)),
        (None, Some(slug)) => Ok(Ref::parse(slug)),
        _ => Err(Error::parameters(vec![FieldError::parameter(
            "id",
            "exclusive",
            "Give either `id` or `slug`.",
        )])),
    }
}

fn texts(field: &PlanField, name: &str) -> Result<Vec<String>> {
    Ok(arg::<Option<Vec<String>>>(field, name)?.unwrap_or_default())
}

fn text(field: &PlanField, name: &str) -> Option<String> {
    field.args.string(name).map(str::to_owned)
}

/// The post that a path would name.
fn post_of(field: &PlanField) -> Ref {
    Ref::parse(field.args.string("post").unwrap_or_default())
}

fn number(field: &PlanField, name: &str) -> i32 {
    field.args.int(name).and_then(|n| i32::try_from(n).ok()).unwrap_or_default()
}

/// A page of what is cheap to clone.
fn shared<T>(page: Page<T>) -> Arc<Page<Arc<T>>> {
    Arc::new(page.map(Arc::new))
}

impl Loader<'_> {
    pub(super) fn root(&mut self, field: &Arc<PlanField>) -> Result<()> {
        match field.name.as_str() {
            "site" => {
                let parts = SiteParts {
                    logo: field.selects("Site", "logo"),
                    counts: field.selects("Site", "counts"),
                };
                let found = site::load_parts(self.svc, self.conn, parts).map(Arc::new);
                self.keep(field, Id::NIL, found)?;
            }
            "post" => {
                let preview = field.args.string("preview");
                let by = preview.map(|token| posts::by_preview_in(self.svc, self.conn, self.viewer, token));
                match by {
                    None => self.one_post(field)?,
                    Some(Ok(viewer)) => self.seen_by(&viewer, |loader| loader.one_post(field))?,
                    Some(Err(error)) => drop(self.keep::<PostData>(field, Id::NIL, Err(error))?),
                }
            }
            "posts" => self.posts(field)?,
            "author" => {
                let found = named(field, "author").and_then(|author| self.author(&author));
                if let Some(author) = self.keep(field, Id::NIL, found)? {
                    self.below_authors(field, "Author", &[author])?;
                }
            }
            "authors" => self.authors(field)?,
            "tag" => {
                let found = named(field, "tag").and_then(|tag| self.tag(&tag));
                if let Some(tag) = self.keep(field, Id::NIL, found)? {
                    self.below_tags(field, &[tag])?;
                }
            }
            "tags" => self.tags(field)?,
            "comment" => {
                let id = field.args.string("id").unwrap_or_default();
                let token = field.args.string("editToken");
                let by = token
                    .map(|token| comments::by_edit_token_in(self.svc, self.conn, self.viewer, id, token));
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

    fn one_post(&mut self, field: &Arc<PlanField>) -> Result<()> {
        let found = self.post(field).map(PostData::from);
        if let Some(post) = self.keep(field, Id::NIL, found)? {
            self.below_posts(&[(Arc::clone(field), vec![post])])?;
        }
        Ok(())
    }

    fn post(&mut self, field: &Arc<PlanField>) -> Result<PostView> {
        let perspective = arg::<Option<Perspective>>(field, "perspective")?.map(|chosen| match chosen {
            Perspective::Live => posts::Perspective::Live,
            Perspective::Draft => posts::Perspective::Draft,
        });
        let mut shown = shown([field]);
        shown.below = embedding(field);
        shown.comments = shown.below.is_some();
        (shown.links, shown.related, shown.adjacent) = embedded_ties(field);
        let mut post = named(field, "post")?;
        loop {
            match posts::get_in(self.svc, self.conn, self.viewer, &post, perspective, shown)? {
                Found::Here(view) => return Ok(view),
                Found::Moved(slug) => post = Ref::Slug(slug),
            }
        }
    }

    fn posts(&mut self, field: &PlanField) -> Result<()> {
        let rows = rows_of(field, "PostConnection", "PostEdge");
        let found = query(field)
            .and_then(|query| posts::list_in(self.svc, self.conn, self.viewer, &query, shown(&rows)));
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
            match authors::load_author(self.svc, self.conn, &author)? {
                Found::Here(view) => return Ok(Shared::new(view)),
                Found::Moved(slug) => author = Ref::Slug(slug),
            }
        }
    }

    fn authors(&mut self, field: &PlanField) -> Result<()> {
        let page = page_of(field, "AuthorConnection");
        let found = page.and_then(|page| {
            let sort = arg::<AuthorSort>(field, "sort")?;
            authors::list_in(self.svc, self.conn, Some(sort.word()), &page)
        });
        if let Some(page) = self.keep(field, Id::NIL, found.map(|page| Arc::new(page.map(Shared::new))))? {
            let authors: Vec<_> = page.items.iter().map(|(_, author)| author.clone()).collect();
            for row in rows_of(field, "AuthorConnection", "AuthorEdge") {
                self.below_authors(&row, "Author", &authors)?;
            }
        }
        Ok(())
    }

    fn tag(&mut self, tag: &Ref) -> Result<Shared<TagView>> {
        let mut tag = tag.clone();
        loop {
            match tags::load_tag(self.conn, self.viewer, &tag)? {
                Found::Here(view) => return Ok(Shared::new(view)),
                Found::Moved(slug) => tag = Ref::Slug(slug),
            }
        }
    }

    fn tags(&mut self, field: &PlanField) -> Result<()> {
        let page = page_of(field, "TagConnection");
        let found = page.and_then(|page| {
            let query = TagQuery {
                kind: arg::<Option<TagKind>>(field, "kind")?.map(|kind| kind.word().to_owned()),
                parent: text(field, "parent"),
                sort: Some(arg::<TagSort>(field, "sort")?.word().to_owned()),
                page,
            };
            tags::list_in(self.conn, self.viewer, &query)
        });
        if let Some(page) = self.keep(field, Id::NIL, found.map(|page| Arc::new(page.map(Shared::new))))? {
            let tags: Vec<_> = page.items.iter().map(|(_, tag)| tag.clone()).collect();
            for row in rows_of(field, "TagConnection", "TagEdge") {
                self.below_tags(&row, &tags)?;
            }
        }
        Ok(())
    }

    fn comment(&mut self, field: &PlanField, id: &str) -> Result<Arc<CommentView>> {
        let id: Id = id.parse().map_err(|_| Error::not_found("comment"))?;
        let mut found = comments::load_comments(self.svc, self.conn, self.viewer, &[id])?;
        let mut view = found.remove(&id).ok_or_else(|| Error::not_found("comment"))?;
        if field.selects("Comment", "ancestors") {
            view.ancestors = Some(comments::load_ancestors(self.conn, id)?);
        }
        Ok(Arc::new(view))
    }

    fn queue(&mut self, field: &PlanField) -> Result<()> {
        let page = page_of(field, "CommentConnection");
        let found = page.and_then(|page| {
            let statuses = arg::<Option<Vec<CommentStatus>>>(field, "status")?.unwrap_or_default();
            let query = QueueQuery {
                statuses: statuses.into_iter().map(|status| status.word().to_owned()).collect(),
                post: text(field, "post"),
                author_email: text(field, "authorEmail"),
                page,
            };
            comments::queue_in(self.svc, self.conn, self.viewer, &query)
        });
        if let Some(page) = self.keep(field, Id::NIL, found.map(shared))? {
            let comments: Vec<_> = page.items.iter().map(|(_, comment)| Arc::clone(comment)).collect();
            let rows = rows_of(field, "CommentConnection", "CommentEdge");
            let stands: Vec<_> = rows.into_iter().map(|row| (row, comments.clone())).collect();
            self.below_comments(&stands)?;
        }
        Ok(())
    }

    fn search(&mut self, field: &PlanField) -> Result<()> {
        let page = page_of(field, "SearchConnection");
        let found = page.and_then(|page| {
            let query = SearchQuery {
                q: text(field, "q").unwrap_or_default(),
                authors: texts(field, "author")?,
                tags: texts(field, "tag")?,
                language: text(field, "language"),
                page,
            };
            search::load_search(self.svc, self.conn, self.viewer, &query)
        });
        if let Some(page) = self.keep(field, Id::NIL, found.map(shared))? {
            let hits: Vec<Arc<SearchHitView>> = page.items.iter().map(|(_, hit)| Arc::clone(hit)).collect();
            let mut ends = Vec::new();
            for row in rows_of(field, "SearchConnection", "SearchEdge") {
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
        let text = field.args.string("id").unwrap_or_default();
        // What there is not may be there soon, and no name tells of it then.
        self.loaded.lacks = true;
        let Ok(id) = text.parse::<Id>() else { return Ok(()) };
        let shown = shown([field]);
        let mut posts = posts::load_visible(self.svc, self.conn, self.viewer, &[id], shown)?;
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
        if let Some(media) = found(media::get_in(self.svc, self.conn, self.viewer, text))? {
            self.keep(field, Id::NIL, Ok(NodeData::Media(Arc::new(media))))?;
        } else if let Some(user) = found(accounts::get_user_in(self.svc, self.conn, self.viewer, text))? {
            self.keep(field, Id::NIL, Ok(NodeData::User(Arc::new(user))))?;
        }
        Ok(())
    }

    /// What only callers who are signed in may read; nothing hangs on it that would have to be loaded.
    fn closed(&mut self, field: &PlanField) -> Result<()> {
        let id = field.args.string("id").unwrap_or_default();
        let (svc, viewer) = (self.svc, self.viewer);
        match field.name.as_str() {
            "me" if viewer.is_signed_in() => {
                let found = accounts::me_in(svc, self.conn, viewer).map(Arc::new);
                self.keep(field, Id::NIL, found)?;
            }
            "revisions" => {
                let found = page_of(field, "RevisionConnection")
                    .and_then(|page| posts::list_revisions_in(self.conn, viewer, &post_of(field), &page));
                self.keep(field, Id::NIL, found.map(shared))?;
            }
            "revision" => {
                let number = number(field, "number");
                let found = posts::get_revision_in(self.conn, viewer, &post_of(field), number);
                self.keep(field, Id::NIL, found.map(Arc::new))?;
            }
            "revisionDiff" => {
                let (from, to) = (number(field, "from"), number(field, "to"));
                let found = posts::diff_revisions_in(self.conn, viewer, &post_of(field), from, to);
                self.keep(field, Id::NIL, found.map(Arc::new))?;
            }
            "media" => {
                let found = media::get_in(svc, self.conn, viewer, id).map(Arc::new);
                self.keep(field, Id::NIL, found)?;
            }
            "mediaLibrary" => {
                let found = page_of(field, "MediaConnection").and_then(|page| {
                    let (owner, mimes) = (text(field, "owner"), texts(field, "mime")?);
                    media::list_in(svc, self.conn, viewer, &MediaQuery { owner, mimes, page })
                });
                self.keep(field, Id::NIL, found.map(shared))?;
            }
            "user" => {
                let found = accounts::get_user_in(svc, self.conn, viewer, id).map(Arc::new);
                self.keep(field, Id::NIL, found)?;
            }
            "users" => {
                let found = page_of(field, "UserConnection").and_then(|page| {
                    let role = arg::<Option<Role>>(field, "role")?.and_then(|role| role.word().parse().ok());
                    accounts::list_users_in(self.conn, viewer, role, &page)
                });
                self.keep(field, Id::NIL, found.map(shared))?;
            }
            "tokens" => {
                let found = page_of(field, "TokenConnection")
                    .and_then(|page| accounts::list_tokens_in(self.conn, viewer, &page));
                self.keep(field, Id::NIL, found.map(shared))?;
            }
            _ => {}
        }
        Ok(())
    }
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
fn query(field: &PlanField) -> Result<PostQuery> {
    let filter = arg::<Option<PostFilter>>(field, "filter")?.unwrap_or_default();
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
        sort: Some(arg::<PostSort>(field, "sort")?.word().to_owned()),
        perspective: arg::<Option<Perspective>>(field, "perspective")?.map(|chosen| match chosen {
            Perspective::Live => posts::Perspective::Live,
            Perspective::Draft => posts::Perspective::Draft,
        }),
        page: page_of(field, "PostConnection")?,
    })
}
