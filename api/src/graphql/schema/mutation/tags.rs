use async_graphql::{Context, ID, Object};
use pressroom_schema::posts::Ref;

use super::{Call, Deleted, if_version};
use crate::graphql::Result;
use crate::graphql::schema::objects::Tag;
use crate::service::tags::{self, CreateTag, UpdateTag};

/// What may be done with tags.
#[derive(Debug, Default)]
pub(crate) struct TagMutations;

#[Object(serial)]
impl TagMutations {
    /// Make a tag.
    async fn create_tag(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only `name` is required.")] input: CreateTag,
    ) -> Result<Tag> {
        let call = Call::of(ctx)?;
        let view = tags::create(call.svc(), call.viewer(), input).await?;
        Ok(call.request.tag(call.field, view).await?)
    }

    /// Change a tag.
    async fn update_tag(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the tag.")] id: ID,
        #[graphql(desc = "Changes: what is left out stays, null clears.")] input: UpdateTag,
        #[graphql(
            desc = "The version that the change is based on; refused where it is no longer the present one."
        )]
        if_version: Option<i64>,
    ) -> Result<Tag> {
        let call = Call::of(ctx)?;
        let view =
            tags::update(call.svc(), call.viewer(), &Ref::parse(&id), input, self::if_version(if_version))
                .await?;
        Ok(call.request.tag(call.field, view).await?)
    }

    /// Remove a tag.
    async fn delete_tag(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the tag.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Deleted> {
        let call = Call::of(ctx)?;
        let removed =
            tags::delete(call.svc(), call.viewer(), &Ref::parse(&id), self::if_version(if_version)).await?;
        Ok(Deleted::of(removed))
    }
}
