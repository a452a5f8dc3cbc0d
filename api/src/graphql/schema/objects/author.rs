//! Authors.

use async_graphql::{Context, ID, Object};
use pressroom_graphql::Args;

use super::{Image, PostConnection};
use crate::graphql::Result;
use crate::graphql::schema::arguments::PostListArguments;
use crate::graphql::schema::at::At;
use crate::graphql::schema::connection::connection;
use crate::graphql::schema::scalars::DateTime;
use crate::view::{AuthorView, BylineView, Shared, SocialView};

connection! {
    /// A page of authors.
    AuthorConnection, AuthorEdge, Author, Shared<AuthorView>
}

/// An author's profile.
#[derive(Debug)]
pub(crate) struct Author {
    view: Shared<AuthorView>,
    at: At,
    /// The type by which the plan knows this object: bylines have these members too.
    plan_type: &'static str,
}

impl Author {
    pub(crate) fn new(view: Shared<AuthorView>, at: At) -> Self {
        Self { view, at, plan_type: "Author" }
    }
}

/// An author's profile.
#[Object(serial)]
impl Author {
    /// The profile's id.
    pub(crate) async fn id(&self) -> ID {
        self.view.id.to_string().into()
    }

    /// The name in addresses.
    async fn slug(&self) -> &str {
        &self.view.slug
    }

    /// The name as it stands in bylines.
    async fn name(&self) -> &str {
        &self.view.name
    }

    /// The biography, rendered and sanitised.
    async fn bio_html(&self) -> &str {
        &self.view.bio_html
    }

    /// The biography as Markdown; null where it was written as HTML.
    async fn bio_markdown(&self) -> Option<&str> {
        self.view.bio_markdown.as_deref()
    }

    /// A portrait.
    async fn avatar(&self) -> Option<Image<'_>> {
        self.view.avatar.as_ref().map(Image)
    }

    /// Where the author is based.
    async fn location(&self) -> Option<&str> {
        self.view.location.as_deref()
    }

    /// The author's own site.
    async fn website(&self) -> Option<&str> {
        self.view.website.as_deref()
    }

    /// Profiles elsewhere.
    async fn social(&self) -> &[SocialView] {
        &self.view.social
    }

    /// How many published posts bear this byline.
    async fn post_count(&self) -> i64 {
        self.view.post_count
    }

    /// When the first of them was published.
    async fn first_published_at(&self) -> Option<DateTime> {
        self.view.first_published_at.map(DateTime)
    }

    /// When the last of them was published.
    async fn last_published_at(&self) -> Option<DateTime> {
        self.view.last_published_at.map(DateTime)
    }

    /// When the profile was made.
    async fn created_at(&self) -> DateTime {
        self.view.created_at.into()
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        self.view.updated_at.into()
    }

    /// Rises with every change.
    async fn version(&self) -> i64 {
        self.view.version
    }

    /// The public posts that bear this byline. `posts(filter: {author: …})` has more filters and sorts.
    async fn posts(&self, ctx: &Context<'_>, args: Args<PostListArguments>) -> Result<PostConnection> {
        let at = self.at.child(ctx, self.plan_type)?.with(&args)?;
        Ok(PostConnection::new(at.take(self.view.id)?, &args.page, at))
    }
}

/// An author on a post.
#[derive(Debug)]
pub(crate) struct Byline {
    profile: Shared<AuthorView>,
    role: String,
    at: At,
}

impl Byline {
    pub(crate) fn new(view: BylineView, at: At) -> Self {
        Self { profile: view.author, role: view.role, at }
    }
}

/// An author on a post: the members of the profile, and the part that the author had in the post. `id` is the profile's, so
/// that the same author has different bylines of one id on different posts: caches that go by ids keep `author`.
#[Object(serial)]
impl Byline {
    /// `author`, `photographer`, `translator`, …
    async fn role(&self) -> &str {
        &self.role
    }

    /// The profile.
    async fn author(&self, ctx: &Context<'_>) -> Result<Author> {
        Ok(Author::new(self.profile.clone(), self.at.child(ctx, "Byline")?))
    }

    #[graphql(flatten)]
    async fn profile(&self, _ctx: &Context<'_>) -> Author {
        Author { view: self.profile.clone(), at: self.at.clone(), plan_type: "Byline" }
    }
}
