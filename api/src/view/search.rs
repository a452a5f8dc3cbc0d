use serde::Serialize;
use utoipa::ToSchema;

use super::sample::Sample;
use super::{PostSummary, Shared};

/// A post that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SearchHit, example = SearchHitView::sample)]
pub struct SearchHitView {
    /// The post.
    #[schema(value_type = PostSummary)]
    pub post: Shared<PostSummary>,
    /// The stretch of it that shows why it was found: safe HTML, hits in `<mark>`, `…` where it was cut.
    #[schema(example = "… the tower keeps <mark>clock</mark> time …")]
    pub snippet: String,
    /// The title: safe HTML, hits in `<mark>`.
    pub title_highlighted: String,
    /// How good a match it is; means something beside the scores of the same search only.
    pub score: i32,
}

impl Sample for SearchHitView {
    fn sample() -> Self {
        Self {
            post: Shared::new(PostSummary::sample()),
            snippet: "… the tower keeps <mark>clock</mark> time …".into(),
            title_highlighted: "The <mark>Tide</mark> Table on the Chandler’s Door".into(),
            score: 812,
        }
    }
}
