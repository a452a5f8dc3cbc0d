use async_graphql::{Context, ID, Object};

use super::{Call, Deleted, if_version};
use crate::graphql::Result;
use crate::graphql::schema::objects::Media;
use crate::service::media::{self, UpdateMedia};

/// What may be done with the media library.
#[derive(Debug, Default)]
pub(crate) struct MediaMutations;

#[Object(serial)]
impl MediaMutations {
    /// Change what is said about a file. Files are uploaded through REST, as multipart/form-data to `POST /v1/media`.
    async fn update_media(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the media object.")] id: ID,
        #[graphql(desc = "Changes: what is left out stays, null clears.")] input: UpdateMedia,
        #[graphql(
            desc = "The version that the change is based on; refused where it is no longer the present one."
        )]
        if_version: Option<i64>,
    ) -> Result<Media> {
        let call = Call::of(ctx)?;
        let view = media::update(call.svc(), call.viewer(), &id, input, self::if_version(if_version)).await?;
        Ok(Media::of(view))
    }

    /// Remove a file that nothing uses any more.
    async fn delete_media(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the media object.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Deleted> {
        let call = Call::of(ctx)?;
        media::delete(call.svc(), call.viewer(), &id, self::if_version(if_version)).await?;
        Ok(Deleted { id })
    }
}
