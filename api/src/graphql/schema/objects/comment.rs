//! Comments.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use pressroom_graphql::Args;

use super::{Author, Post};
use crate::graphql::schema::arguments::RepliesArguments;
use crate::graphql::schema::at::At;
use crate::graphql::schema::connection::connection;
use crate::graphql::schema::scalars::DateTime;
use crate::graphql::{Fault, Result};
use crate::view::{CommentAuthorView, CommentView, SpamView};
use pressroom_schema::CommentStatus;

connection! {
    /// A page of comments.
    CommentConnection, CommentEdge, Comment, Arc<CommentView>
}

/// A comment.
#[derive(Debug)]
pub(crate) struct Comment {
    view: Arc<CommentView>,
    at: At,
}

impl Comment {
    pub(crate) fn new(view: Arc<CommentView>, at: At) -> Self {
        Self { view, at }
    }
}

/// A comment. One that was removed and had replies stays as a tombstone, so that the thread keeps its shape.
#[Object(serial)]
impl Comment {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        self.view.id.to_string().into()
    }

    /// The id of the post it stands under.
    async fn post_id(&self) -> ID {
        self.view.post_id.to_string().into()
    }

    /// The post it stands under; null where that is closed to the caller.
    async fn post(&self, ctx: &Context<'_>) -> Result<Option<Post>> {
        let at = self.at.child(ctx, "Comment")?;
        Ok(at.find(self.view.id)?.map(|data| Post::new(data, at)))
    }

    /// The id of the comment that it answers; null at the top.
    async fn parent_id(&self) -> Option<ID> {
        self.view.parent_id.map(|id| id.to_string().into())
    }

    /// The comment that it answers; null at the top, and where that is closed to the caller.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Comment>> {
        let at = self.at.child(ctx, "Comment")?;
        Ok(at.find(self.view.id)?.map(|view| Self::new(view, at)))
    }

    /// The ids of the comments above it, from the top down, at most the nearest 100: only where one comment is read by
    /// itself with `comment(id)`, else null.
    async fn ancestors(&self) -> Option<Vec<ID>> {
        self.view.ancestors.as_ref().map(|ids| ids.iter().map(|id| id.to_string().into()).collect())
    }

    /// 0 at the top.
    async fn depth(&self) -> i32 {
        self.view.depth
    }

    /// Who wrote it; null on a tombstone.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<CommentAuthor>> {
        let at = self.at.child(ctx, "Comment")?;
        Ok(self.view.author.is_some().then(|| CommentAuthor { view: Arc::clone(&self.view), at }))
    }

    /// The text, rendered and sanitised; empty on a tombstone.
    async fn html(&self) -> &str {
        &self.view.html
    }

    /// The text as written: for its writer and moderators.
    async fn markdown(&self) -> Option<&str> {
        self.view.markdown.as_deref()
    }

    /// Its state: for its writer and moderators.
    async fn status(&self) -> Option<CommentStatus> {
        self.view.status
    }

    /// Whether it was removed and stands only to keep the thread's shape.
    async fn is_tombstone(&self) -> bool {
        self.view.is_tombstone
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime {
        self.view.created_at.into()
    }

    /// When its text last changed.
    async fn edited_at(&self) -> Option<DateTime> {
        self.view.edited_at.map(DateTime)
    }

    /// How many direct replies are shown.
    async fn reply_count(&self) -> i32 {
        self.view.reply_count
    }

    /// Its direct replies; each has its own.
    async fn replies(&self, ctx: &Context<'_>, args: Args<RepliesArguments>) -> Result<CommentConnection> {
        let at = self.at.child(ctx, "Comment")?.with(&args)?;
        Ok(CommentConnection::new(at.take(self.view.id)?, &args.page, at))
    }

    /// Where the comment is on the post's page.
    async fn permalink(&self) -> &str {
        &self.view.permalink
    }

    /// How much it is worth to readers: replies that it drew.
    async fn score(&self) -> i32 {
        self.view.score
    }

    /// Rises with every change.
    async fn version(&self) -> i64 {
        self.view.version
    }

    /// The spam judgement: for moderators.
    async fn spam(&self) -> Option<SpamView> {
        self.view.spam.clone()
    }

    /// The writer's e-mail address: for moderators.
    async fn author_email(&self) -> Option<&str> {
        self.view.author_email.as_deref()
    }

    /// Good for editing and deleting until the edit window ends; shown once, to the guest who wrote it.
    async fn edit_token(&self) -> Option<&str> {
        self.view.edit_token.as_deref()
    }

    /// By what this guest is known from now on: sent as `guestToken` with later comments. Shown once, to a guest who sent none.
    async fn guest_token(&self) -> Option<&str> {
        self.view.guest_token.as_deref()
    }

    /// When the edit window ends: for the comment's writer.
    async fn editable_until(&self) -> Option<DateTime> {
        self.view.editable_until.map(DateTime)
    }
}

/// Who wrote a comment.
#[derive(Debug)]
pub(crate) struct CommentAuthor {
    view: Arc<CommentView>,
    at: At,
}

impl CommentAuthor {
    fn own(&self) -> Result<&CommentAuthorView> {
        self.view.author.as_ref().ok_or_else(Fault::internal)
    }
}

/// Who wrote a comment.
#[Object(serial)]
impl CommentAuthor {
    /// The name given.
    async fn name(&self) -> Result<&str> {
        Ok(&self.own()?.name)
    }

    /// The site given.
    async fn url(&self) -> Result<Option<&str>> {
        Ok(self.own()?.url.as_deref())
    }

    /// A picture.
    async fn avatar_url(&self) -> Result<Option<&str>> {
        Ok(self.own()?.avatar_url.as_deref())
    }

    /// Whether this is one of the post's authors.
    async fn is_post_author(&self) -> Result<bool> {
        Ok(self.own()?.is_post_author)
    }

    /// The author's profile, where the writer has one.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<Author>> {
        let at = self.at.child(ctx, "CommentAuthor")?;
        Ok(self.own()?.profile.clone().map(|profile| Author::new(profile, at)))
    }
}
