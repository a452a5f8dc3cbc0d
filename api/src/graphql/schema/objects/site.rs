//! The site.

use std::sync::Arc;

use async_graphql::Object;

use super::Image;
use crate::graphql::schema::scalars::DateTime;
use crate::view::{CountsView, FeedsView, SiteView, SocialView, TermsView};

/// The site.
#[derive(Debug)]
pub(crate) struct Site {
    view: Arc<SiteView>,
}

impl Site {
    pub(crate) fn new(view: Arc<SiteView>) -> Self {
        Self { view }
    }
}

/// The site.
#[Object(serial)]
impl Site {
    /// Its name.
    async fn title(&self) -> &str {
        &self.view.title
    }

    /// A sentence on what it is.
    async fn description(&self) -> &str {
        &self.view.description
    }

    /// Its address.
    async fn url(&self) -> &str {
        &self.view.url
    }

    /// The language of its posts where they do not say otherwise (BCP 47).
    async fn language(&self) -> &str {
        &self.view.language
    }

    /// The time zone in which it shows dates (IANA).
    async fn timezone(&self) -> &str {
        &self.view.timezone
    }

    /// Its logo.
    async fn logo(&self) -> Option<Image<'_>> {
        self.view.logo.as_ref().map(Image)
    }

    /// What a reader may reproduce.
    async fn terms(&self) -> TermsView {
        self.view.terms.clone()
    }

    /// Where readers subscribe.
    async fn subscribe(&self) -> FeedsView {
        self.view.subscribe.clone()
    }

    /// Its profiles elsewhere.
    async fn social(&self) -> &[SocialView] {
        &self.view.social
    }

    /// Whether new posts take comments.
    async fn comments_open(&self) -> bool {
        self.view.comments_open
    }

    /// How much there is.
    async fn counts(&self) -> CountsView {
        self.view.counts.clone()
    }

    /// When its settings last changed.
    async fn updated_at(&self) -> DateTime {
        self.view.updated_at.into()
    }

    /// Rises with every change.
    async fn version(&self) -> i64 {
        self.view.version
    }
}
