//! Images.

use std::sync::Arc;

use async_graphql::{ID, Object};

use crate::graphql::schema::at::At;
use crate::graphql::schema::connection::connection;
use crate::graphql::schema::scalars::DateTime;
use crate::view::{ImageView, MediaView, VariantView};
use pressroom_schema::MediaState;

/// The same image at another width.
#[derive(Debug)]
pub(crate) struct Variant<'a>(&'a VariantView);

/// The same image at another width.
#[Object(serial)]
impl Variant<'_> {
    /// Where it is.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// Pixels across.
    async fn width(&self) -> u32 {
        self.0.width
    }

    /// Pixels down.
    async fn height(&self) -> u32 {
        self.0.height
    }

    /// Its media type.
    async fn mime(&self) -> &str {
        self.0.mime.as_str()
    }
}

/// An image where it is shown.
#[derive(Debug)]
pub(crate) struct Image<'a>(pub(crate) &'a ImageView);

/// An image where it is shown: on a post, an author, the site.
#[Object(serial)]
impl Image<'_> {
    /// The media object's id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Where the original is.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// What it shows, for those who cannot see it; empty where it is decoration.
    async fn alt(&self) -> &str {
        &self.0.alt
    }

    /// A line under it.
    async fn caption(&self) -> Option<&str> {
        self.0.caption.as_deref()
    }

    /// Pixels across.
    async fn width(&self) -> u32 {
        self.0.width
    }

    /// Pixels down.
    async fn height(&self) -> u32 {
        self.0.height
    }

    /// Its media type.
    async fn mime(&self) -> &str {
        self.0.mime.as_str()
    }

    /// Its dominant colour as `#rrggbb`, to show while it loads.
    async fn color(&self) -> Option<&str> {
        self.0.color.as_deref()
    }

    /// Smaller widths, smallest first; empty until they have been made.
    async fn variants(&self) -> Vec<Variant<'_>> {
        self.0.variants.iter().map(Variant).collect()
    }
}

connection! {
    /// A page of the media library.
    MediaConnection, MediaEdge, Media, Arc<MediaView>
}

/// An uploaded file.
#[derive(Debug)]
pub(crate) struct Media {
    view: Arc<MediaView>,
}

impl Media {
    pub(crate) fn new(view: Arc<MediaView>, _at: At) -> Self {
        Self { view }
    }

    /// Where nothing hangs on it that would have to be loaded.
    pub(crate) fn of(view: MediaView) -> Self {
        Self { view: Arc::new(view) }
    }
}

/// An uploaded file.
#[Object(serial)]
impl Media {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        self.view.id.to_string().into()
    }

    /// Where the original is.
    async fn url(&self) -> &str {
        &self.view.url
    }

    /// Its media type, judged by its content.
    async fn mime(&self) -> &str {
        self.view.mime.as_str()
    }

    /// The name under which it was uploaded.
    async fn filename(&self) -> &str {
        &self.view.filename
    }

    /// Size in bytes, without the metadata that was removed.
    async fn byte_size(&self) -> i64 {
        self.view.byte_size
    }

    /// Pixels across.
    async fn width(&self) -> u32 {
        self.view.width
    }

    /// Pixels down.
    async fn height(&self) -> u32 {
        self.view.height
    }

    /// What it shows.
    async fn alt(&self) -> &str {
        &self.view.alt
    }

    /// A line under it.
    async fn caption(&self) -> Option<&str> {
        self.view.caption.as_deref()
    }

    /// Its dominant colour as `#rrggbb`.
    async fn color(&self) -> Option<&str> {
        self.view.color.as_deref()
    }

    /// Whether it moves.
    async fn animated(&self) -> bool {
        self.view.animated
    }

    /// How far its smaller widths are.
    async fn state(&self) -> MediaState {
        self.view.state
    }

    /// Smaller widths, smallest first.
    async fn variants(&self) -> Vec<Variant<'_>> {
        self.view.variants.iter().map(Variant).collect()
    }

    /// SHA-256 of the file, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.view.sha256
    }

    /// When it was uploaded.
    async fn created_at(&self) -> DateTime {
        self.view.created_at.into()
    }

    /// When its description last changed.
    async fn updated_at(&self) -> DateTime {
        self.view.updated_at.into()
    }

    /// Rises with every change.
    async fn version(&self) -> i64 {
        self.view.version
    }
}
