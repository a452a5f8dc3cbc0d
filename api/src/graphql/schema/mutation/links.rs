use async_graphql::{Context, ID, Object};
use pressroom_schema::LinkDirection;
use pressroom_schema::posts::Ref;

use super::input::{LinkInput, LinksInput};
use super::payload::PostLinks;
use super::{Call, Deleted, if_version};
use crate::graphql::schema::objects::Link;
use crate::graphql::{Fault, Result};
use crate::service::links;
use crate::view::LinksView;

/// What may be done with the links of posts.
#[derive(Debug, Default)]
pub(crate) struct LinkMutations;

#[Object(serial)]
impl LinkMutations {
    /// Replace a post's curated links.
    async fn set_post_links(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] post: ID,
        #[graphql(desc = "All curated links, in order.")] input: LinksInput,
        #[graphql(
            desc = "The post's version that the change is based on; refused where it is no longer the present one."
        )]
        if_version: Option<i64>,
    ) -> Result<PostLinks> {
        let call = Call::of(ctx)?;
        let curated = links::set(
            call.svc(),
            call.viewer(),
            &Ref::parse(&post),
            input.into(),
            self::if_version(if_version),
        )
        .await?;
        Ok(PostLinks::load(&call, curated).await?)
    }

    /// Add a curated link at the end.
    async fn add_post_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] post: ID,
        #[graphql(desc = "The link: to a `post` or to something `external`.")] input: LinkInput,
        #[graphql(
            desc = "The post's version that the change is based on; refused where it is no longer the present one."
        )]
        if_version: Option<i64>,
    ) -> Result<Link> {
        let call = Call::of(ctx)?;
        let view = links::add(
            call.svc(),
            call.viewer(),
            &Ref::parse(&post),
            input.into(),
            self::if_version(if_version),
        )
        .await?;
        let links = LinksView { outgoing: vec![view], incoming: Vec::new() };
        let link = call.request.links(call.field, links, Some(LinkDirection::Outgoing)).await?.pop();
        link.ok_or_else(Fault::internal)
    }

    /// Remove a curated link.
    async fn delete_post_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] post: ID,
        #[graphql(desc = "Id of the link.")] id: ID,
        #[graphql(desc = "The post's version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Deleted> {
        let call = Call::of(ctx)?;
        links::remove(call.svc(), call.viewer(), &Ref::parse(&post), &id, self::if_version(if_version))
            .await?;
        Ok(Deleted { id })
    }
}
