use async_graphql::{Context, ID, Object};
use pressroom_schema::CommentPolicy;
use pressroom_schema::posts::Ref;

use super::input::PublishInput;
use super::payload::Preview;
use super::{Call, Deleted, if_version};
use crate::graphql::Result;
use crate::graphql::schema::objects::Post;
use crate::service::posts::{self, CreatePost, PreviewInput, UpdatePost};

/// What may be done with posts.
#[derive(Debug, Default)]
pub(crate) struct PostMutations;

#[Object(serial)]
impl PostMutations {
    /// Begin a post. It is a draft until it is published.
    async fn create_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The post; only `title` is required.")] input: CreatePost,
        #[graphql(default, desc = "Whether to publish it in the same transaction.")] publish: bool,
    ) -> Result<Post> {
        let call = Call::of(ctx)?;
        let view = posts::create(call.svc(), call.signed_in()?, input, publish).await?;
        Ok(call.request.post(call.field, view).await?)
    }

    /// Change a post's working copy. What is live stays until it is published.
    async fn update_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
        #[graphql(desc = "Changes: what is left out stays, null clears.")] input: UpdatePost,
        #[graphql(default, desc = "Whether to publish it in the same transaction.")] publish: bool,
        #[graphql(
            desc = "The version that the change is based on; refused where it is no longer the present one."
        )]
        if_version: Option<i64>,
    ) -> Result<Post> {
        let call = Call::of(ctx)?;
        let (post, wanted) = (Ref::parse(&id), self::if_version(if_version));
        let view = posts::update(call.svc(), call.signed_in()?, &post, input, wanted, publish).await?;
        Ok(call.request.post(call.field, view).await?)
    }

    /// Move a post to the trash, or remove it for good.
    async fn delete_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
        #[graphql(
            default,
            desc = "Whether to remove it for good, with its revisions and comments: for admins."
        )]
        permanent: bool,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Deleted> {
        let call = Call::of(ctx)?;
        let (post, wanted) = (Ref::parse(&id), self::if_version(if_version));
        let removed = if permanent {
            posts::delete(call.svc(), call.viewer(), &post, wanted).await?
        } else {
            posts::trash(call.svc(), call.viewer(), &post, wanted).await?
        };
        Ok(Deleted::of(removed))
    }

    /// Take a post out of the trash, as a draft.
    async fn restore_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
    ) -> Result<Post> {
        let call = Call::of(ctx)?;
        let view = posts::restore(call.svc(), call.viewer(), &Ref::parse(&id)).await?;
        Ok(call.request.post(call.field, view).await?)
    }

    /// Publish a post's working copy: now, at a time to come, or with a date in the past.
    async fn publish_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
        #[graphql(desc = "When; now where it is left out.")] input: Option<PublishInput>,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Post> {
        let call = Call::of(ctx)?;
        let (post, wanted) = (Ref::parse(&id), self::if_version(if_version));
        let at = input.and_then(|input| input.at).map(|at| at.0.to_wire());
        let view = posts::publish(call.svc(), call.viewer(), &post, at.as_deref(), wanted).await?;
        Ok(call.request.post(call.field, view).await?)
    }

    /// Take a post back to a draft.
    async fn unpublish_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Post> {
        let call = Call::of(ctx)?;
        let view =
            posts::unpublish(call.svc(), call.viewer(), &Ref::parse(&id), self::if_version(if_version))
                .await?;
        Ok(call.request.post(call.field, view).await?)
    }

    /// Take no more comments under a post.
    ///
    /// What is there stays. It holds at once, and nothing of the working copy goes out with it.
    async fn close_comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Post> {
        decided(ctx, &id, if_version, CommentPolicy::Closed).await
    }

    /// Take comments under a post, whatever the site's settings say.
    ///
    /// It holds at once, and nothing of the working copy goes out with it.
    async fn open_comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Post> {
        decided(ctx, &id, if_version, CommentPolicy::Open).await
    }

    /// Take comments under a post, and show none before a moderator approves it.
    ///
    /// Those of accounts wait as well, but for those who may moderate here.
    async fn hold_comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Post> {
        decided(ctx, &id, if_version, CommentPolicy::Held).await
    }

    /// Let a post follow the site's settings for comments again.
    ///
    /// Posts do until something else is decided of them.
    async fn inherit_comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Post> {
        decided(ctx, &id, if_version, CommentPolicy::Site).await
    }

    /// Take a post off the site, but keep it.
    async fn archive_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Post> {
        let call = Call::of(ctx)?;
        let view =
            posts::archive(call.svc(), call.viewer(), &Ref::parse(&id), self::if_version(if_version)).await?;
        Ok(call.request.post(call.field, view).await?)
    }

    /// Make an earlier version the working copy again.
    async fn restore_revision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] post: ID,
        #[graphql(desc = "Number of the revision, from 1.")] number: i32,
        #[graphql(desc = "The post's version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Post> {
        let call = Call::of(ctx)?;
        let (post, wanted) = (Ref::parse(&post), self::if_version(if_version));
        let view = posts::restore_revision(call.svc(), call.viewer(), &post, number, wanted).await?;
        Ok(call.request.post(call.field, view).await?)
    }

    /// Make a token that shows a post's working copy to whoever holds it, for a while: `post(slug: …, preview: TOKEN)`.
    async fn preview_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
        #[graphql(desc = "How long it is good for.")] input: Option<PreviewInput>,
    ) -> Result<Preview> {
        let call = Call::of(ctx)?;
        let preview =
            posts::preview(call.svc(), call.viewer(), &Ref::parse(&id), &input.unwrap_or_default()).await?;
        Ok(Preview(preview))
    }

    /// End a post's preview links, whoever made them.
    async fn revoke_previews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] id: ID,
    ) -> Result<Deleted> {
        let call = Call::of(ctx)?;
        Ok(Deleted::of(posts::revoke_previews(call.svc(), call.viewer(), &Ref::parse(&id)).await?))
    }
}

async fn decided(ctx: &Context<'_>, id: &ID, if_version: Option<i64>, policy: CommentPolicy) -> Result<Post> {
    let call = Call::of(ctx)?;
    let if_match = self::if_version(if_version);
    let view =
        posts::set_comment_policy(call.svc(), call.viewer(), &Ref::parse(id), policy, if_match).await?;
    Ok(call.request.post(call.field, view).await?)
}
