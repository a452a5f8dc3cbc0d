//! Tags and categories.

use async_graphql::{Context, ID, Object};
use pressroom_graphql::Args;

use super::PostConnection;
use crate::graphql::Result;
use crate::graphql::schema::arguments::PostListArguments;
use crate::graphql::schema::at::At;
use crate::graphql::schema::connection::connection;
use crate::graphql::schema::scalars::DateTime;
use crate::view::{Shared, TagView};
use pressroom_schema::TagKind;

connection! {
    /// A page of tags.
    TagConnection, TagEdge, Tag, Shared<TagView>
}

/// A tag or category.
#[derive(Debug)]
pub(crate) struct Tag {
    view: Shared<TagView>,
    at: At,
}

impl Tag {
    pub(crate) fn new(view: Shared<TagView>, at: At) -> Self {
        Self { view, at }
    }
}

/// A tag or category.
#[Object(serial)]
impl Tag {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        self.view.id.to_string().into()
    }

    /// The name in addresses.
    async fn slug(&self) -> &str {
        &self.view.slug
    }

    /// The name.
    async fn name(&self) -> &str {
        &self.view.name
    }

    /// Whether it is a tag or a category.
    async fn kind(&self) -> TagKind {
        self.view.kind
    }

    /// What it is about; may be empty.
    async fn description(&self) -> &str {
        &self.view.description
    }

    /// The one above it.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Tag>> {
        let at = self.at.child(ctx, "Tag")?;
        Ok(at.find(self.view.id)?.map(|view| Self::new(view, at)))
    }

    /// How many published posts bear it.
    async fn post_count(&self) -> i64 {
        self.view.post_count
    }

    /// When it was made.
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

    /// The public posts that bear it. `posts(filter: {tag: …})` has more filters and sorts.
    async fn posts(&self, ctx: &Context<'_>, args: Args<PostListArguments>) -> Result<PostConnection> {
        let at = self.at.child(ctx, "Tag")?.with(&args)?;
        Ok(PostConnection::new(at.take(self.view.id)?, &args.page, at))
    }
}
