//! Typed links and related posts.

use async_graphql::{Context, ID, Object};

use super::{Post, PostData};
use crate::graphql::Result;
use crate::graphql::schema::at::At;
use crate::graphql::schema::scalars::DateTime;
use crate::view::{ExternalView, LinkView, LinksView, PostSummary, ReasonView, RelatedView, Shared};
use pressroom_schema::{LinkDirection, LinkOrigin, ReasonKind, Relation};

/// The post at the other end: loaded where more is asked for than its summary has.
fn other_end(at: At, summary: &Shared<PostSummary>) -> Result<Post> {
    let full: Option<PostData> = at.find(summary.id)?;
    let data = full.unwrap_or_else(|| PostData::Brief(summary.clone()));
    Ok(Post::new(data, at))
}

/// A typed link.
#[derive(Debug)]
pub(crate) struct Link {
    view: LinkView,
    direction: LinkDirection,
    at: At,
}

impl Link {
    pub(crate) fn new(view: LinkView, direction: LinkDirection, at: At) -> Self {
        Self { view, direction, at }
    }

    /// Those that go the way that is asked for, or both ways.
    pub(crate) fn all(links: &LinksView, direction: Option<LinkDirection>, at: &At) -> Vec<Self> {
        let both = [(LinkDirection::Outgoing, &links.outgoing), (LinkDirection::Incoming, &links.incoming)];
        both.into_iter()
            .filter(|(way, _)| direction.is_none_or(|wanted| wanted == *way))
            .flat_map(|(way, links)| links.iter().map(move |link| Self::new(link.clone(), way, at.clone())))
            .collect()
    }
}

/// A typed link. Either `post` or `external` is there.
#[Object(serial)]
impl Link {
    /// Its id; for a link that stands in the body, one made from the two posts.
    async fn id(&self) -> ID {
        self.view.id.to_string().into()
    }

    /// What it means.
    async fn relation(&self) -> Relation {
        self.view.relation
    }

    /// Which way it goes, seen from the post that was asked.
    async fn direction(&self) -> LinkDirection {
        self.direction
    }

    /// Its place among the post's links, from 0.
    async fn position(&self) -> i32 {
        self.view.position
    }

    /// The editor's remark.
    async fn note(&self) -> Option<&str> {
        self.view.note.as_deref()
    }

    /// Where it comes from.
    async fn origin(&self) -> LinkOrigin {
        self.view.origin
    }

    /// The post at the other end.
    async fn post(&self, ctx: &Context<'_>) -> Result<Option<Post>> {
        let at = self.at.child(ctx, "Link")?;
        self.view.post.as_ref().map(|summary| other_end(at, summary)).transpose()
    }

    /// What is at the other end, where that is not a post of this site.
    async fn external(&self) -> Option<External<'_>> {
        self.view.external.as_ref().map(External)
    }
}

/// Something elsewhere.
#[derive(Debug)]
pub(crate) struct External<'a>(&'a ExternalView);

/// Something elsewhere that a post refers to.
#[Object(serial)]
impl External<'_> {
    /// Where it is.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// Its title.
    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }

    /// Who wrote it.
    async fn author(&self) -> Option<&str> {
        self.0.author.as_deref()
    }

    /// Who published it.
    async fn publisher(&self) -> Option<&str> {
        self.0.publisher.as_deref()
    }

    /// When it was published.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.published_at.map(DateTime)
    }
}

/// A related post.
#[derive(Debug)]
pub(crate) struct Related {
    view: RelatedView,
    at: At,
}

impl Related {
    pub(crate) fn new(view: RelatedView, at: At) -> Self {
        Self { view, at }
    }
}

/// A related post and why it is one.
#[Object(serial)]
impl Related {
    /// The post.
    async fn post(&self, ctx: &Context<'_>) -> Result<Post> {
        other_end(self.at.child(ctx, "Related")?, &self.view.post)
    }

    /// Why.
    async fn reason(&self) -> Reason<'_> {
        Reason(&self.view.reason)
    }
}

/// Why a post is related.
#[derive(Debug)]
pub(crate) struct Reason<'a>(&'a ReasonView);

/// Why a post is related.
#[Object(serial)]
impl Reason<'_> {
    /// Whether an editor said so.
    async fn kind(&self) -> ReasonKind {
        self.0.kind
    }

    /// The link's relation, where it is curated.
    async fn relation(&self) -> Option<Relation> {
        self.0.relation
    }

    /// How similar, from 0 to 1.
    async fn score(&self) -> Option<f64> {
        self.0.score
    }

    /// What the two posts share, most telling first.
    async fn terms(&self) -> Option<&[String]> {
        self.0.terms.as_deref()
    }
}
