//! The site.

use std::sync::Arc;

use async_graphql::{Context, Object};

use super::Image;
use crate::graphql::schema::scalars::DateTime;
use crate::view::SiteView;

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
    /// The language of its posts where they do not say otherwise (BCP 47).
    async fn language(&self) -> &str {
        &self.view.language
    }

    /// Its logo.
    async fn logo(&self) -> Option<Image<'_>> {
        self.view.logo.as_ref().map(Image)
    }

    /// When its settings last changed.
    async fn updated_at(&self) -> DateTime {
        self.view.updated_at.into()
    }

    /// What GraphQL shows as the view has it.
    #[graphql(flatten)]
    async fn members(&self, _ctx: &Context<'_>) -> &SiteView {
        &self.view
    }
}
