//! Posts.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use pressroom_graphql::Args;
use pressroom_schema::{BodyFormat, Id, Timestamp};

use super::{Byline, CommentConnection, Image, Link, Related, Tag};
use crate::graphql::schema::arguments::{LinksArguments, RelatedArguments, ThreadArguments};
use crate::graphql::schema::at::At;
use crate::graphql::schema::connection::connection;
use crate::graphql::schema::scalars::DateTime;
use crate::graphql::{Fault, PlanField, Result};
use crate::view::{BodyView, LinksView, PostSummary, PostView, RelatedView, Shared};

/// As much of a post as the query asks for.
#[derive(Debug, Clone)]
pub(crate) enum PostData {
    /// All that is asked for.
    Full(Arc<PostView>),
    /// What stands at the other end of a link, where the query asks for no more than that.
    Brief(Shared<PostSummary>),
}

impl From<PostView> for PostData {
    fn from(view: PostView) -> Self {
        Self::Full(Arc::new(view))
    }
}

impl PostData {
    pub(crate) fn id(&self) -> Id {
        match self {
            Self::Full(view) => view.id,
            Self::Brief(summary) => summary.id,
        }
    }

    /// Whether more is asked of the posts that stand under `field` than their summaries have.
    pub(crate) fn needs_more(field: &PlanField) -> bool {
        const BRIEF: [&str; 7] = ["id", "slug", "url", "title", "excerpt", "publishedAt", "language"];
        const OWN_LOADS: [&str; 3] = ["links", "related", "comments"];
        let is_there = |name| BRIEF.contains(&name) || OWN_LOADS.contains(&name);
        field.children("Post").iter().any(|child| !is_there(child.name.as_str()))
    }
}

/// A post's body as its editor sent it.
#[derive(Debug)]
pub(crate) struct Body<'a>(&'a BodyView);

/// A body as its editor sent it.
#[Object(serial)]
impl Body<'_> {
    /// In what it is written.
    async fn format(&self) -> BodyFormat {
        self.0.format
    }

    /// The source.
    async fn source(&self) -> &str {
        &self.0.source
    }
}

impl<'a> From<&'a BodyView> for Body<'a> {
    fn from(view: &'a BodyView) -> Self {
        Self(view)
    }
}

connection! {
    /// A page of posts.
    PostConnection, PostEdge, Post, PostData
}

/// A post.
#[derive(Debug)]
pub(crate) struct Post {
    data: PostData,
    at: At,
}

impl Post {
    pub(crate) fn new(data: PostData, at: At) -> Self {
        Self { data, at }
    }

    fn key(&self) -> Id {
        self.data.id()
    }

    fn full(&self) -> Result<&PostView> {
        match &self.data {
            PostData::Full(view) => Ok(view),
            PostData::Brief(_) => Err(Fault::internal()),
        }
    }

    fn neighbour(&self, ctx: &Context<'_>) -> Result<Option<Self>> {
        let at = self.at.child(ctx, "Post")?;
        Ok(at.find(self.key())?.map(|data| Self::new(data, at)))
    }
}

macro_rules! either {
    ($self:ident, $view:ident => $value:expr) => {
        match &$self.data {
            PostData::Full($view) => $value,
            PostData::Brief($view) => $value,
        }
    };
}

/// A post. What the public reads is its live copy; those who may edit it can ask for the working copy by `perspective`.
#[Object(serial)]
impl Post {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        self.key().to_string().into()
    }

    /// The name in addresses.
    async fn slug(&self) -> &str {
        either!(self, view => &view.slug)
    }

    /// Where its page is.
    async fn url(&self) -> &str {
        either!(self, view => &view.url)
    }

    /// The title.
    async fn title(&self) -> &str {
        either!(self, view => &view.title)
    }

    /// The editor's excerpt, or the beginning of the text.
    async fn excerpt(&self) -> &str {
        either!(self, view => &view.excerpt)
    }

    /// The body, rendered and sanitised.
    async fn html(&self) -> Result<&str> {
        Ok(self.full()?.html.as_deref().unwrap_or_default())
    }

    /// The body as plain text.
    async fn text(&self) -> Result<&str> {
        Ok(self.full()?.text.as_deref().unwrap_or_default())
    }

    /// The body as its editor sent it: for those who may edit.
    async fn body(&self) -> Result<Option<Body<'_>>> {
        Ok(self.full()?.body.as_ref().map(Body))
    }

    /// When it was, or will be, published.
    async fn published_at(&self) -> Option<DateTime> {
        either!(self, view => view.published_at.map(DateTime))
    }

    /// When what is shown last changed.
    async fn updated_at(&self) -> Result<DateTime> {
        Ok(DateTime(self.full()?.updated_at))
    }

    /// When it was begun.
    async fn created_at(&self) -> Result<DateTime> {
        Ok(DateTime(self.full()?.created_at))
    }

    /// The language (BCP 47).
    async fn language(&self) -> &str {
        either!(self, view => &view.language)
    }

    /// The image at its head.
    async fn image(&self) -> Result<Option<Image<'_>>> {
        Ok(self.full()?.image.as_ref().map(Image))
    }

    /// The authors in the order of the byline.
    async fn authors(&self, ctx: &Context<'_>) -> Result<Vec<Byline>> {
        let at = self.at.child(ctx, "Post")?;
        Ok(self.full()?.authors.iter().map(|byline| Byline::new(byline.clone(), at.clone())).collect())
    }

    /// The tags in the editor's order.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<Tag>> {
        let at = self.at.child(ctx, "Post")?;
        Ok(self.full()?.tags.iter().map(|tag| Tag::new(tag.clone(), at.clone())).collect())
    }

    /// When it was moved to the trash: for those who may edit.
    async fn deleted_at(&self) -> Result<Option<DateTime>> {
        Ok(self.full()?.deleted_at.map(|at: Timestamp| DateTime(at)))
    }

    /// What GraphQL shows as the view has it.
    #[graphql(flatten)]
    async fn members(&self, _ctx: &Context<'_>) -> Result<&PostView> {
        self.full()
    }

    /// Its typed links: those from it in the editor's order, then those to it, oldest first.
    async fn links(&self, ctx: &Context<'_>, args: Args<LinksArguments>) -> Result<Vec<Link>> {
        let at = self.at.child(ctx, "Post")?.with(&args)?;
        let links: Arc<LinksView> = at.take(self.key())?;
        Ok(Link::all(&links, args.direction, &at))
    }

    /// Related posts: curated links first, then those that share words and tags.
    async fn related(&self, ctx: &Context<'_>, args: Args<RelatedArguments>) -> Result<Vec<Related>> {
        let at = self.at.child(ctx, "Post")?.with(&args)?;
        let related: Arc<Vec<RelatedView>> = at.take(self.key())?;
        Ok(related.iter().map(|view| Related::new(view.clone(), at.clone())).collect())
    }

    /// The public post published before this one; null at the beginning.
    async fn previous(&self, ctx: &Context<'_>) -> Result<Option<Post>> {
        self.neighbour(ctx)
    }

    /// The public post published after this one; null at the end.
    async fn next(&self, ctx: &Context<'_>) -> Result<Option<Post>> {
        self.neighbour(ctx)
    }

    /// The comments under it.
    async fn comments(&self, ctx: &Context<'_>, args: Args<ThreadArguments>) -> Result<CommentConnection> {
        let at = self.at.child(ctx, "Post")?.with(&args)?;
        Ok(CommentConnection::new(at.take(self.key())?, &args.page, at))
    }
}
