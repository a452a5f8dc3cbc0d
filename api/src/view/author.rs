use pressroom_schema::{Id, Slug, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::sample::{self, Sample};
use super::{ImageView, Shared};

/// A profile elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, async_graphql::SimpleObject)]
#[graphql(name = "Social", serial)]
#[schema(as = Social, example = SocialView::sample)]
pub struct SocialView {
    /// Which service, in lower case: `twitter`, `mastodon`, `github`, …
    pub service: String,
    /// The name there, without `@`.
    pub handle: String,
    /// The profile's address.
    pub url: String,
}

impl Sample for SocialView {
    fn sample() -> Self {
        Self {
            service: "mastodon".into(),
            handle: "noor@example.social".into(),
            url: "https://example.social/@noor".into(),
        }
    }
}

/// An author's profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Author, example = AuthorView::sample)]
pub struct AuthorView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// The name in addresses.
    #[schema(value_type = String)]
    pub slug: Slug,
    /// The byline.
    pub name: String,
    /// The biography, rendered and sanitised.
    pub bio_html: String,
    /// The biography as Markdown; null where it was written as HTML.
    #[schema(required = true)]
    pub bio_markdown: Option<String>,
    /// A portrait.
    #[schema(required = true)]
    pub avatar: Option<ImageView>,
    /// Where the author is based.
    #[schema(required = true)]
    pub location: Option<String>,
    /// The author's own site.
    #[schema(required = true)]
    pub website: Option<String>,
    /// Profiles elsewhere.
    pub social: Vec<SocialView>,
    /// How many published posts bear this byline.
    #[schema(minimum = 0)]
    pub post_count: i64,
    /// When the first of them was published.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub first_published_at: Option<Timestamp>,
    /// When the last of them was published.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub last_published_at: Option<Timestamp>,
    /// When the profile was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Rises with every change.
    #[schema(minimum = 1)]
    pub version: i64,
}

impl Sample for AuthorView {
    fn sample() -> Self {
        Self {
            id: sample::ID,
            slug: sample::text("noor-haddad"),
            name: "Noor Haddad".into(),
            bio_html: "<p>Draws <em>maps</em>.</p>\n".into(),
            bio_markdown: Some("Draws *maps*.".into()),
            avatar: Some(ImageView::sample()),
            location: Some("Porto".into()),
            website: Some("https://example.org/noor".into()),
            social: vec![SocialView::sample()],
            post_count: 12,
            first_published_at: Some(sample::time()),
            last_published_at: Some(sample::time()),
            created_at: sample::time(),
            updated_at: sample::time(),
            version: 7,
        }
    }
}

/// An author on a post: the profile, and the part that the author had in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Byline)]
pub struct BylineView {
    /// The profile.
    #[serde(flatten, serialize_with = "Shared::open")]
    #[schema(value_type = AuthorView)]
    pub author: Shared<AuthorView>,
    /// `author`, `photographer`, `translator`, …
    pub role: String,
}

impl Sample for BylineView {
    fn sample() -> Self {
        Self { author: Shared::new(AuthorView::sample()), role: "author".into() }
    }
}
