use std::sync::Arc;

use async_graphql::{Context, Object};

use super::{Call, if_version};
use crate::graphql::Result;
use crate::graphql::schema::objects::Site;
use crate::service::site::{self, UpdateSite};

/// What may be done with the site's settings.
#[derive(Debug, Default)]
pub(crate) struct SiteMutations;

#[Object(serial)]
impl SiteMutations {
    /// Change the site's settings.
    async fn update_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Changes: what is left out stays, null clears.")] input: UpdateSite,
        #[graphql(
            desc = "The version that the change is based on; refused where it is no longer the present one."
        )]
        if_version: Option<i64>,
    ) -> Result<Site> {
        let call = Call::of(ctx)?;
        let view = site::update(call.svc(), call.viewer(), input, self::if_version(if_version)).await?;
        Ok(Site::new(Arc::new(view)))
    }
}
