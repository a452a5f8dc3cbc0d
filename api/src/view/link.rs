use pressroom_schema::{Id, LinkOrigin, ReasonKind, Relation, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::sample::{self, Sample};
use super::{PostSummary, Shared};

/// Something elsewhere that a post refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = External, example = ExternalView::sample)]
pub struct ExternalView {
    /// Where it is.
    pub url: String,
    /// Its title.
    #[schema(required = true)]
    pub title: Option<String>,
    /// Who wrote it.
    #[schema(required = true)]
    pub author: Option<String>,
    /// Who published it.
    #[schema(required = true)]
    pub publisher: Option<String>,
    /// When it was published.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub published_at: Option<Timestamp>,
}

impl Sample for ExternalView {
    fn sample() -> Self {
        Self {
            url: "https://example.org/small".into(),
            title: Some("Small Harbours".into()),
            author: Some("Ada Byron".into()),
            publisher: Some("Coastal Review".into()),
            published_at: Some(sample::time()),
        }
    }
}

/// A typed link. Either `post` or `external` is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Link, example = LinkView::sample)]
pub struct LinkView {
    /// Its id; for a link that stands in the body, one made from the two posts.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// What it means.
    pub relation: Relation,
    /// Its place among the post's links, from 0.
    #[schema(minimum = 0)]
    pub position: i32,
    /// The editor's remark.
    #[schema(required = true)]
    pub note: Option<String>,
    /// `curated` by an editor, or found in the `body`.
    pub origin: LinkOrigin,
    /// The post at the other end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PostSummary>)]
    pub post: Option<Shared<PostSummary>>,
    /// What is at the other end, where that is not a post of this site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalView>,
}

impl Sample for LinkView {
    fn sample() -> Self {
        Self {
            id: sample::ID,
            relation: Relation::Related,
            position: 0,
            note: Some("The same harbour, a year later.".into()),
            origin: LinkOrigin::Curated,
            post: Some(Shared::new(PostSummary::sample())),
            external: None,
        }
    }
}

/// A post's links in both directions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Links, example = LinksView::sample)]
pub struct LinksView {
    /// From this post, in the editor's order.
    pub outgoing: Vec<LinkView>,
    /// From other posts to this one (back-links), oldest first; `post` is the one that links here.
    pub incoming: Vec<LinkView>,
}

impl Sample for LinksView {
    fn sample() -> Self {
        Self { outgoing: vec![LinkView::sample()], incoming: vec![LinkView::sample()] }
    }
}

/// Why a post is related.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Reason)]
pub struct ReasonView {
    /// `curated` by an editor, or `similar` by its words and tags.
    pub kind: ReasonKind,
    /// The link's relation, where it is curated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// How similar, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// What the two posts share, most telling first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<Vec<String>>,
}

/// A related post and why it is one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Related, example = RelatedView::sample)]
pub struct RelatedView {
    /// The post.
    #[schema(value_type = PostSummary)]
    pub post: Shared<PostSummary>,
    /// Why.
    pub reason: ReasonView,
}

impl Sample for RelatedView {
    fn sample() -> Self {
        let reason = ReasonView {
            kind: ReasonKind::Similar,
            relation: None,
            score: Some(0.5),
            terms: Some(vec!["harbour".into(), "tide".into()]),
        };
        Self { post: Shared::new(PostSummary::sample()), reason }
    }
}
