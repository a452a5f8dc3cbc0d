use async_graphql::{Context, ID, Object};
use pressroom_schema::posts::Ref;

use super::{Call, Deleted, if_version};
use crate::graphql::Result;
use crate::graphql::schema::objects::Author;
use crate::service::authors::{self, CreateAuthor, UpdateAuthor};

/// What may be done with authors.
#[derive(Debug, Default)]
pub(crate) struct AuthorMutations;

#[Object(serial)]
impl AuthorMutations {
    /// Make an author's profile.
    async fn create_author(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only `name` is required.")] input: CreateAuthor,
    ) -> Result<Author> {
        let call = Call::of(ctx)?;
        let view = authors::create(call.svc(), call.viewer(), input).await?;
        Ok(call.request.author(call.field, view).await?)
    }

    /// Change an author's profile.
    async fn update_author(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the profile.")] id: ID,
        #[graphql(desc = "Changes: what is left out stays, null clears.")] input: UpdateAuthor,
        #[graphql(
            desc = "The version that the change is based on; refused where it is no longer the present one."
        )]
        if_version: Option<i64>,
    ) -> Result<Author> {
        let call = Call::of(ctx)?;
        let view =
            authors::update(call.svc(), call.viewer(), &Ref::parse(&id), input, self::if_version(if_version))
                .await?;
        Ok(call.request.author(call.field, view).await?)
    }

    /// Remove an author's profile.
    async fn delete_author(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the profile.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Deleted> {
        let call = Call::of(ctx)?;
        let removed =
            authors::delete(call.svc(), call.viewer(), &Ref::parse(&id), self::if_version(if_version))
                .await?;
        Ok(Deleted::of(removed))
    }
}
