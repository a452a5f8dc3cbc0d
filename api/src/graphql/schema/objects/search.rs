//! Hits of a search.

use std::sync::Arc;

use async_graphql::{Context, Object};

use super::{Post, PostData};
use crate::graphql::Result;
use crate::graphql::schema::at::At;
use crate::graphql::schema::connection::connection;
use crate::view::SearchHitView;

connection! {
    /// A page of hits, best first.
    SearchConnection, SearchEdge, SearchHit, Arc<SearchHitView>
}

/// A post that was found.
#[derive(Debug)]
pub(crate) struct SearchHit {
    view: Arc<SearchHitView>,
    at: At,
}

impl SearchHit {
    pub(crate) fn new(view: Arc<SearchHitView>, at: At) -> Self {
        Self { view, at }
    }
}

/// A post that was found.
#[Object(serial)]
impl SearchHit {
    /// The post.
    async fn post(&self, ctx: &Context<'_>) -> Result<Post> {
        let at = self.at.child(ctx, "SearchHit")?;
        let full: Option<PostData> = at.find(self.view.post.id)?;
        Ok(Post::new(full.unwrap_or_else(|| PostData::Brief(self.view.post.clone())), at))
    }

    /// The stretch of it that shows why it was found: safe HTML, hits in `<mark>`, `…` where it was cut.
    async fn snippet(&self) -> &str {
        &self.view.snippet
    }

    /// The title: safe HTML, hits in `<mark>`.
    async fn title_highlighted(&self) -> &str {
        &self.view.title_highlighted
    }

    /// How good a match it is; means something beside the scores of the same search only.
    async fn score(&self) -> i32 {
        self.view.score
    }
}
