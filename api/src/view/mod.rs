//! What the wire shows: one shape for each kind of object, made by services and shared by REST and GraphQL.

mod author;
mod comment;
mod fields;
mod link;
mod media;
mod post;
pub(crate) mod sample;
mod search;
mod shared;
mod site;
mod tag;

pub use author::{AuthorView, BylineView, SocialView};
pub use comment::{CommentAuthorView, CommentView, ModeratedView, SpamReasonView, SpamView};
pub(crate) use fields::{AuthorField, CommentField, Fields, MediaField, PostField, SiteField, TagField};
pub use link::{ExternalView, LinkView, LinksView, ReasonView, RelatedView};
pub use media::{ImageView, MediaView, VariantView};
pub use post::{AdjacentView, BodyView, PostSummary, PostView, SeoView, TermsView};
pub(crate) use sample::ID as SAMPLE_ID;
pub use sample::Sample;
pub use search::SearchHitView;
pub use shared::Shared;
pub use site::{CountsView, FeedsView, SiteView};
pub use tag::{TagParentView, TagView};
