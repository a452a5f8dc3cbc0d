//! What resolvers of mutations need: the use cases, the caller, and where the request came from; and how a written object
//! becomes an answer.

use std::sync::Arc;

use async_graphql::Context;

use super::at::{At, Loaded};
use super::load::{Written, load_below};
use super::objects::{Author, Comment, Post, PostData, Tag};
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::freshness::Reader;
use crate::graphql::{Fault, PlanField};
use crate::service::Svc;
use crate::view::{AuthorView, CommentView, PostView, Shared, TagView};

/// One request, as mutations see it.
#[derive(Clone)]
pub(crate) struct Request {
    /// The use cases.
    pub(crate) svc: Svc,
    /// The caller.
    pub(crate) viewer: Viewer,
    /// The `User-Agent` header.
    pub(crate) user_agent: Option<String>,
}

impl Request {
    /// The request whose field is being resolved.
    pub(crate) fn of<'a>(ctx: &'a Context<'_>) -> std::result::Result<&'a Self, Fault> {
        ctx.data_opt::<Self>().ok_or_else(Fault::internal)
    }

    /// Loads what the selection below `field` needs of what was written, in one read, and gives its place in the plan.
    async fn below(&self, field: Arc<PlanField>, kind: Written) -> Result<At> {
        let (svc, viewer, below) = (Arc::clone(&self.svc), self.viewer.clone(), Arc::clone(&field));
        let loaded = if kind.needs_nothing(&field) {
            Loaded::default()
        } else {
            // A replica may not have it yet.
            let read = move |reader: &mut Reader<'_>| load_below(&svc, reader, &viewer, &below, kind);
            self.svc.read_newest(read).await?.value
        };
        Ok(At { field, loaded: Arc::new(loaded) })
    }

    /// A post that was written, as the answer of `field`.
    pub(crate) async fn post(&self, field: Arc<PlanField>, view: PostView) -> Result<Post> {
        let data = PostData::from(view);
        let at = self.below(field, Written::Posts(vec![data.clone()])).await?;
        Ok(Post::new(data, at))
    }

    /// Comments that were written, as the answer of `field`.
    pub(crate) async fn comments(
        &self,
        field: Arc<PlanField>,
        views: Vec<CommentView>,
    ) -> Result<Vec<Comment>> {
        let views: Vec<Arc<CommentView>> = views.into_iter().map(Arc::new).collect();
        let at = self.below(field, Written::Comments(views.clone())).await?;
        Ok(views.into_iter().map(|view| Comment::new(view, at.clone())).collect())
    }

    /// A comment that was written, as the answer of `field`.
    pub(crate) async fn comment(&self, field: Arc<PlanField>, view: CommentView) -> Result<Comment> {
        let view = Arc::new(view);
        let at = self.below(field, Written::Comments(vec![Arc::clone(&view)])).await?;
        Ok(Comment::new(view, at))
    }

    /// An author that was written, as the answer of `field`.
    pub(crate) async fn author(&self, field: Arc<PlanField>, view: AuthorView) -> Result<Author> {
        let view = Shared::new(view);
        let at = self.below(field, Written::Authors(vec![view.clone()])).await?;
        Ok(Author::new(view, at))
    }

    /// A tag that was written, as the answer of `field`.
    pub(crate) async fn tag(&self, field: Arc<PlanField>, view: TagView) -> Result<Tag> {
        let view = Shared::new(view);
        let at = self.below(field, Written::Tags(vec![view.clone()])).await?;
        Ok(Tag::new(view, at))
    }

    /// A post's links after they were written, as the answer of `field`.
    pub(crate) async fn links(
        &self,
        field: Arc<PlanField>,
        view: crate::view::LinksView,
        direction: Option<pressroom_schema::LinkDirection>,
    ) -> Result<Vec<super::objects::Link>> {
        let at = self.below(field, Written::Links(Arc::new(view.clone()))).await?;
        Ok(super::objects::Link::all(&view, direction, &at))
    }
}
