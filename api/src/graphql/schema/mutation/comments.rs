use async_graphql::{Context, ID, Object};
use pressroom_schema::posts::Ref;

use super::payload::ModeratedComments;
use super::{Call, Deleted, if_version};
use crate::graphql::Result;
use crate::graphql::schema::objects::Comment;
use crate::service::comments::{
    self, AddComment, EditAccess, ModerateComments, Moderation, Origin, UpdateComment,
};

/// What may be done with comments.
#[derive(Debug, Default)]
pub(crate) struct CommentMutations;

async fn moderated(
    ctx: &Context<'_>,
    id: &ID,
    version: Option<i64>,
    decision: Moderation,
) -> Result<Comment> {
    let call = Call::of(ctx)?;
    let view = comments::moderate_one(call.svc(), call.viewer(), id, decision, if_version(version)).await?;
    Ok(call.request.comment(call.field, view).await?)
}

#[Object(serial)]
impl CommentMutations {
    /// Write a comment, as a guest or signed in.
    ///
    /// An account's comment is shown at once, where the spam judge finds nothing. A guest's waits for a moderator until one was approved, and the guest is known by the
    /// `guestToken` of that answer, which is given once and sent with later comments. The answer has an `editToken` too: for as long
    /// as the edit window lasts it may be sent along to change or remove the comment.
    async fn add_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id or slug of the post.")] post: ID,
        #[graphql(desc = "The comment; guests say who they are in `author`.")] input: AddComment,
        #[graphql(desc = "The `guestToken` that the guest was given with an earlier comment.")]
        guest_token: Option<String>,
    ) -> Result<Comment> {
        let call = Call::of(ctx)?;
        let origin = Origin { user_agent: call.request.user_agent.clone(), guest_token };
        let view = comments::add(call.svc(), call.viewer(), &Ref::parse(&post), input, origin).await?;
        Ok(call.request.comment(call.field, view).await?)
    }

    /// Change a comment's text: by its writer within the edit window, or by a moderator.
    async fn update_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the comment.")] id: ID,
        #[graphql(desc = "Changes: what is left out stays.")] input: UpdateComment,
        #[graphql(desc = "The `editToken` that the guest was given.")] edit_token: Option<String>,
        #[graphql(
            desc = "The version that the change is based on; refused where it is no longer the present one."
        )]
        if_version: Option<i64>,
    ) -> Result<Comment> {
        let call = Call::of(ctx)?;
        let access = EditAccess { edit_token, if_match: self::if_version(if_version) };
        let view = comments::update(call.svc(), call.viewer(), &id, input, access).await?;
        Ok(call.request.comment(call.field, view).await?)
    }

    /// Remove a comment: by its writer, or by a moderator. A tombstone stays where it has replies.
    async fn delete_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the comment.")] id: ID,
        #[graphql(
            default,
            desc = "Whether to remove it for good, with all that is known of its writer: for admins."
        )]
        permanent: bool,
        #[graphql(desc = "The `editToken` that the guest was given.")] edit_token: Option<String>,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Deleted> {
        let call = Call::of(ctx)?;
        let access = EditAccess { edit_token, if_match: self::if_version(if_version) };
        comments::delete(call.svc(), call.viewer(), &id, permanent, access).await?;
        Ok(Deleted { id })
    }

    /// Approve a comment: everybody may read it, and its guest is known from now on.
    async fn approve_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the comment.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Comment> {
        moderated(ctx, &id, if_version, Moderation::Approve).await
    }

    /// Mark a comment as spam.
    async fn mark_comment_spam(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the comment.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Comment> {
        moderated(ctx, &id, if_version, Moderation::Spam).await
    }

    /// Move a comment to the trash.
    async fn trash_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the comment.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Comment> {
        moderated(ctx, &id, if_version, Moderation::Trash).await
    }

    /// Decide on many comments at once: on all of them or, where one cannot be, on none.
    async fn moderate_comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The comments, at most 100, and what becomes of them.")] input: ModerateComments,
    ) -> Result<ModeratedComments> {
        let call = Call::of(ctx)?;
        let view = comments::moderate(call.svc(), call.viewer(), input).await?;
        Ok(ModeratedComments::load(&call, view).await?)
    }
}
