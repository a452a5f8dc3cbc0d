use pressroom_schema::{Id, MediaState, MediaType, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::sample::{self, Sample};

/// The same image at another width.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Variant, example = VariantView::sample)]
pub struct VariantView {
    /// Where it is.
    pub url: String,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Its media type.
    pub mime: MediaType,
}

impl Sample for VariantView {
    fn sample() -> Self {
        Self {
            url: "https://example.org/media/clock-800.jpg".into(),
            width: 800,
            height: 450,
            mime: MediaType::Jpeg,
        }
    }
}

/// An image where it is shown: on a post, an author, the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Image, example = ImageView::sample)]
pub struct ImageView {
    /// The media object's id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// Where the original is.
    pub url: String,
    /// What it shows, for those who cannot see it; empty where it is decoration.
    pub alt: String,
    /// A line under it.
    #[schema(required = true)]
    pub caption: Option<String>,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Its media type.
    pub mime: MediaType,
    /// Its dominant colour as `#rrggbb`, to show while it loads.
    #[schema(required = true)]
    pub color: Option<String>,
    /// Smaller widths, smallest first; empty until they have been made.
    pub variants: Vec<VariantView>,
}

impl Sample for ImageView {
    fn sample() -> Self {
        Self {
            id: sample::ID,
            url: "https://example.org/media/clock.jpg".into(),
            alt: "A clock with one hand".into(),
            caption: Some("The town hall, in the morning.".into()),
            width: 1600,
            height: 900,
            mime: MediaType::Jpeg,
            color: Some("#7a8b99".into()),
            variants: vec![VariantView::sample()],
        }
    }
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Media, example = MediaView::sample)]
pub struct MediaView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// Where the original is.
    pub url: String,
    /// Its media type, judged by its content.
    pub mime: MediaType,
    /// The name under which it was uploaded.
    pub filename: String,
    /// Size in bytes, without the metadata that was removed.
    #[schema(minimum = 0)]
    pub byte_size: i64,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// What it shows.
    pub alt: String,
    /// A line under it.
    #[schema(required = true)]
    pub caption: Option<String>,
    /// Its dominant colour as `#rrggbb`.
    #[schema(required = true)]
    pub color: Option<String>,
    /// Whether it moves.
    pub animated: bool,
    /// `processing` while smaller widths are being made, then `ready` (or `failed`; the original serves then).
    pub state: MediaState,
    /// Smaller widths, smallest first.
    pub variants: Vec<VariantView>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// When it was uploaded.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its description last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Rises with every change.
    #[schema(minimum = 1)]
    pub version: i64,
}

impl Sample for MediaView {
    fn sample() -> Self {
        Self {
            id: sample::ID,
            url: "https://example.org/media/clock.jpg".into(),
            mime: MediaType::Jpeg,
            filename: "clock.jpg".into(),
            byte_size: 204_800,
            width: 1600,
            height: 900,
            alt: "A clock with one hand".into(),
            caption: Some("The town hall, in the morning.".into()),
            color: Some("#7a8b99".into()),
            animated: false,
            state: MediaState::Ready,
            variants: vec![VariantView::sample()],
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            created_at: sample::time(),
            updated_at: sample::time(),
            version: 7,
        }
    }
}
