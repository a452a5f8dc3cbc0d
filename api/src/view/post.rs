use pressroom_schema::{BodyFormat, CommentPolicy, Id, LanguageTag, PostStatus, Slug, Timestamp, Visibility};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::comment::{CommentList, CommentView};
use super::sample::{self, Sample};
use super::{BylineView, ImageView, LinksView, RelatedView, Shared, TagView};
use crate::page::{List, PageInfo};

/// What a reader may reproduce.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema, async_graphql::SimpleObject)]
#[graphql(name = "Terms", serial)]
#[schema(as = Terms, example = TermsView::sample)]
pub struct TermsView {
    /// A sentence.
    #[schema(required = true)]
    pub notice: Option<String>,
    /// Where the whole text is.
    #[schema(required = true)]
    pub url: Option<String>,
}

impl Sample for TermsView {
    fn sample() -> Self {
        Self {
            notice: Some("Quote freely, and say where from.".into()),
            url: Some("https://example.org/terms".into()),
        }
    }
}

/// What search engines and social networks are told, where it differs from what readers see.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, async_graphql::SimpleObject,
)]
#[graphql(name = "Seo", serial)]
#[serde(default)]
#[schema(as = Seo, example = SeoView::sample)]
pub struct SeoView {
    /// Title.
    #[schema(required = true)]
    pub title: Option<String>,
    /// Description.
    #[schema(required = true)]
    pub description: Option<String>,
    /// Address of an image.
    #[schema(required = true)]
    pub image: Option<String>,
}

impl Sample for SeoView {
    fn sample() -> Self {
        Self {
            title: Some("Tide tables".into()),
            description: Some("How a harbour reads the water.".into()),
            image: Some("https://example.org/media/clock.jpg".into()),
        }
    }
}

/// A body as its editor sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Body)]
pub struct BodyView {
    /// In what it is written.
    pub format: BodyFormat,
    /// The source.
    pub source: String,
}

/// The summary of a post: at the other end of a link, before or after another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = PostSummary::sample)]
pub struct PostSummary {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// The name in addresses.
    #[schema(value_type = String)]
    pub slug: Slug,
    /// Where its page is.
    pub url: String,
    /// The title.
    pub title: String,
    /// The excerpt.
    pub excerpt: String,
    /// When it was published.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub published_at: Option<Timestamp>,
    /// The language (BCP 47).
    #[schema(value_type = String)]
    pub language: LanguageTag,
    /// Whether the public lists show it; not told.
    #[serde(skip)]
    pub listed: bool,
}

impl Sample for BodyView {
    fn sample() -> Self {
        Self { format: BodyFormat::Markdown, source: "A *fine* morning.".into() }
    }
}

impl Sample for PostSummary {
    fn sample() -> Self {
        Self {
            id: sample::ID,
            slug: sample::text("the-tide-table-on-the-chandlers-door"),
            url: "https://example.org/the-tide-table-on-the-chandlers-door".into(),
            title: "The Tide Table on the Chandler’s Door".into(),
            excerpt: "A fine morning.".into(),
            published_at: Some(sample::time()),
            language: LanguageTag::english(),
            listed: true,
        }
    }
}

/// The posts before and after in time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Adjacent)]
pub struct AdjacentView {
    /// The one published before; null at the beginning.
    #[schema(required = true, value_type = Option<PostSummary>)]
    pub previous: Option<Shared<PostSummary>>,
    /// The one published after; null at the end.
    #[schema(required = true, value_type = Option<PostSummary>)]
    pub next: Option<Shared<PostSummary>>,
}

/// A post.
#[derive(Debug, Clone, Serialize, ToSchema, async_graphql::SimpleObject)]
#[graphql(name = "PostMembers", serial)]
#[schema(as = Post, example = PostView::sample)]
pub struct PostView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    #[graphql(skip)]
    pub id: Id,
    /// The name in addresses.
    #[graphql(skip)]
    #[schema(value_type = String)]
    pub slug: Slug,
    /// Where its page is.
    #[graphql(skip)]
    pub url: String,
    /// The title.
    #[graphql(skip)]
    pub title: String,
    /// A line under the title.
    #[schema(required = true)]
    pub subtitle: Option<String>,
    /// The editor's excerpt, or the beginning of the text.
    #[graphql(skip)]
    pub excerpt: String,
    /// The body, rendered and sanitised. In lists only where `fields` or `include` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[graphql(skip)]
    pub html: Option<String>,
    /// The body as plain text. In lists only where `fields` or `include` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[graphql(skip)]
    pub text: Option<String>,
    /// The Markdown source, where the body was written so: for those who may edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
    /// The body as its editor sent it: for those who may edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[graphql(skip)]
    pub body: Option<BodyView>,
    /// How far it has come.
    pub status: PostStatus,
    /// Who finds it.
    pub visibility: Visibility,
    /// Whether the editors put it forward.
    pub featured: bool,
    /// When it was, or will be, published.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    #[graphql(skip)]
    pub published_at: Option<Timestamp>,
    /// When what is shown last changed.
    #[schema(value_type = String, format = DateTime)]
    #[graphql(skip)]
    pub updated_at: Timestamp,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    #[graphql(skip)]
    pub created_at: Timestamp,
    /// Rises with every change.
    #[schema(minimum = 1)]
    pub version: i64,
    /// Words of the body.
    #[schema(minimum = 0)]
    pub word_count: i32,
    /// How long the body takes to read.
    #[schema(minimum = 0)]
    pub reading_minutes: i32,
    /// The language (BCP 47).
    #[schema(value_type = String)]
    #[graphql(skip)]
    pub language: LanguageTag,
    /// The image at its head.
    #[schema(required = true)]
    #[graphql(skip)]
    pub image: Option<ImageView>,
    /// The authors in the order of the byline.
    #[graphql(skip)]
    pub authors: Vec<BylineView>,
    /// The tags in the editor's order.
    #[schema(value_type = Vec<TagView>)]
    #[graphql(skip)]
    pub tags: Vec<Shared<TagView>>,
    /// Approved comments.
    #[schema(minimum = 0)]
    pub comment_count: i64,
    /// Whether new comments are taken.
    pub comments_open: bool,
    /// What was decided of new comments: as the site has it, or for this post alone.
    pub comment_policy: CommentPolicy,
    /// What a reader may reproduce: the post's own terms or the site's.
    pub terms: TermsView,
    /// Where it first appeared, if elsewhere.
    #[schema(required = true)]
    pub canonical_url: Option<String>,
    /// What search engines are told.
    pub seo: SeoView,
    /// An object that the editors own.
    #[schema(value_type = Object)]
    pub custom: serde_json::Value,
    /// Whether the working copy differs from what is live: for those who may edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_unpublished_changes: Option<bool>,
    /// When it was moved to the trash: for those who may edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    #[graphql(skip)]
    pub deleted_at: Option<Timestamp>,
    /// With `include=links`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[graphql(skip)]
    pub links: Option<LinksView>,
    /// With `include=related`: at most six.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[graphql(skip)]
    pub related: Option<Vec<RelatedView>>,
    /// With `include=adjacent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[graphql(skip)]
    pub adjacent: Option<AdjacentView>,
    /// With `include=comments`: the first page of the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<CommentList>)]
    #[graphql(skip)]
    pub comments: Option<CommentList>,
}

impl Sample for PostView {
    fn sample() -> Self {
        let PostSummary { id, slug, url, title, excerpt, published_at, language, listed: _ } =
            PostSummary::sample();
        let beside = Shared::new(PostSummary::sample());
        let body = BodyView::sample();
        Self {
            id,
            slug,
            url,
            title,
            subtitle: Some("What the water does, and when".into()),
            excerpt,
            html: Some("<p>A <em>fine</em> morning.</p>\n".into()),
            text: Some("A fine morning.".into()),
            markdown: Some(body.source.clone()),
            body: Some(body),
            status: PostStatus::Published,
            visibility: Visibility::Public,
            featured: false,
            published_at,
            updated_at: sample::time(),
            created_at: sample::time(),
            version: 7,
            word_count: 843,
            reading_minutes: 4,
            language,
            image: Some(ImageView::sample()),
            authors: vec![BylineView::sample()],
            tags: vec![Shared::new(TagView::sample())],
            comment_count: 3,
            comments_open: true,
            comment_policy: CommentPolicy::Site,
            terms: TermsView::sample(),
            canonical_url: Some("https://example.org/first/the-tide-table".into()),
            seo: SeoView::sample(),
            custom: serde_json::json!({ "series": "Harbours" }),
            has_unpublished_changes: Some(false),
            deleted_at: Some(sample::time()),
            links: Some(LinksView::sample()),
            related: Some(vec![RelatedView::sample()]),
            adjacent: Some(AdjacentView { previous: Some(beside.clone()), next: Some(beside) }),
            comments: Some(List {
                data: vec![CommentView::sample()],
                page: PageInfo { next: None, previous: None, total: Some(1) },
            }),
        }
    }
}
