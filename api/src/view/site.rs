use pressroom_schema::{LanguageTag, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::sample::{self, Sample};
use super::{ImageView, SocialView, TermsView};

/// Where readers subscribe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, async_graphql::SimpleObject)]
#[graphql(name = "Feeds", serial)]
#[schema(as = Feeds)]
pub struct FeedsView {
    /// RSS 2.0.
    pub rss: String,
    /// Atom (RFC 4287).
    pub atom: String,
    /// JSON Feed 1.1.
    pub json: String,
    /// The sitemap.
    pub sitemap: String,
}

/// How much there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, async_graphql::SimpleObject)]
#[graphql(name = "Counts", serial)]
#[schema(as = Counts)]
pub struct CountsView {
    /// Posts in the public lists.
    pub posts: i64,
    /// Author profiles.
    pub authors: i64,
    /// Tags and categories.
    pub tags: i64,
    /// Approved comments under the posts in the public lists.
    pub comments: i64,
}

/// The site.
#[derive(Debug, Clone, Serialize, ToSchema, async_graphql::SimpleObject)]
#[graphql(name = "SiteMembers", serial)]
#[schema(as = Site, example = SiteView::sample)]
pub struct SiteView {
    /// Its name.
    pub title: String,
    /// A sentence on what it is.
    pub description: String,
    /// Its address.
    pub url: String,
    /// The language of its posts where they do not say otherwise (BCP 47).
    #[schema(value_type = String)]
    #[graphql(skip)]
    pub language: LanguageTag,
    /// The time zone in which it shows dates (IANA).
    pub timezone: String,
    /// Its logo.
    #[schema(required = true)]
    #[graphql(skip)]
    pub logo: Option<ImageView>,
    /// What a reader may reproduce.
    pub terms: TermsView,
    /// Where readers subscribe.
    pub subscribe: FeedsView,
    /// Its profiles elsewhere.
    pub social: Vec<SocialView>,
    /// Whether new posts take comments.
    pub comments_open: bool,
    /// How much there is.
    pub counts: CountsView,
    /// When its settings last changed.
    #[schema(value_type = String, format = DateTime)]
    #[graphql(skip)]
    pub updated_at: Timestamp,
    /// Rises with every change.
    #[schema(minimum = 1)]
    pub version: i64,
}

impl Sample for SiteView {
    fn sample() -> Self {
        let api = "https://example.org";
        Self {
            title: "Fathom & Furrow".into(),
            description: "Slow reading on coasts and fields.".into(),
            url: api.into(),
            language: LanguageTag::english(),
            timezone: "Europe/Lisbon".into(),
            logo: Some(ImageView::sample()),
            terms: TermsView::sample(),
            subscribe: FeedsView {
                rss: format!("{api}/feed.xml"),
                atom: format!("{api}/atom.xml"),
                json: format!("{api}/feed.json"),
                sitemap: format!("{api}/sitemap.xml"),
            },
            social: vec![SocialView::sample()],
            comments_open: true,
            counts: CountsView { posts: 120, authors: 9, tags: 31, comments: 640 },
            updated_at: sample::time(),
            version: 7,
        }
    }
}
