use pressroom_schema::{Id, Slug, TagKind, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::sample::{self, Sample};

/// The tag or category above another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TagParent)]
pub struct TagParentView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// The name in addresses.
    #[schema(value_type = String)]
    pub slug: Slug,
    /// The name.
    pub name: String,
}

/// A tag or category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Tag, example = TagView::sample)]
pub struct TagView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// The name in addresses.
    #[schema(value_type = String)]
    pub slug: Slug,
    /// The name.
    pub name: String,
    /// What it is.
    pub kind: TagKind,
    /// What it is about; may be empty.
    pub description: String,
    /// The one above it.
    #[schema(required = true)]
    pub parent: Option<TagParentView>,
    /// How many published posts bear it.
    #[schema(minimum = 0)]
    pub post_count: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Rises with every change.
    #[schema(minimum = 1)]
    pub version: i64,
}

impl Sample for TagView {
    fn sample() -> Self {
        let parent = TagParentView { id: sample::ID, slug: sample::text("crafts"), name: "Crafts".into() };
        Self {
            id: sample::ID,
            slug: sample::text("cartography"),
            name: "Cartography".into(),
            kind: TagKind::Tag,
            description: "Maps, and those who draw them.".into(),
            parent: Some(parent),
            post_count: 12,
            created_at: sample::time(),
            updated_at: sample::time(),
            version: 7,
        }
    }
}
