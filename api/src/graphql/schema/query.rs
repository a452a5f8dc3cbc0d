//! What can be read.

use async_graphql::{Context, Object};
use pressroom_graphql::Args;
use pressroom_schema::Id;

use super::arguments::{
    AuthorArguments, AuthorsArguments, CommentArguments, IdArguments, MediaLibraryArguments, NodeArguments,
    PageArguments, PostArguments, PostsArguments, QueueArguments, RevisionArguments, RevisionDiffArguments,
    RevisionsArguments, SearchArguments, TagArguments, TagsArguments, UsersArguments,
};
use super::at::At;
use super::node::Node;
use super::objects::{
    Author, AuthorConnection, Comment, CommentConnection, Me, Media, MediaConnection, Post, PostConnection,
    Revision, RevisionConnection, RevisionDiff, SearchConnection, Site, Tag, TagConnection, TokenConnection,
    User, UserConnection,
};
use crate::graphql::Result;

/// What can be read.
#[derive(Debug, Default)]
pub(crate) struct Query;

/// What can be read. Published content needs no token.
#[Object(serial)]
impl Query {
    /// The site itself.
    async fn site(&self, ctx: &Context<'_>) -> Result<Site> {
        Ok(Site::new(At::root(ctx)?.take(Id::NIL)?))
    }

    /// One post, by `id` or by `slug`; a former slug finds it too. Null where there is none that the caller may know of.
    async fn post(&self, ctx: &Context<'_>, args: Args<PostArguments>) -> Result<Option<Post>> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(at.find(Id::NIL)?.map(|data| Post::new(data, at)))
    }

    /// Posts. The public sees published, public ones.
    async fn posts(&self, ctx: &Context<'_>, args: Args<PostsArguments>) -> Result<PostConnection> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(PostConnection::new(at.take(Id::NIL)?, &args.page, at))
    }

    /// One author, by `id` or by `slug`.
    async fn author(&self, ctx: &Context<'_>, args: Args<AuthorArguments>) -> Result<Option<Author>> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(at.find(Id::NIL)?.map(|view| Author::new(view, at)))
    }

    /// Authors.
    async fn authors(&self, ctx: &Context<'_>, args: Args<AuthorsArguments>) -> Result<AuthorConnection> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(AuthorConnection::new(at.take(Id::NIL)?, &args.page, at))
    }

    /// One tag or category, by `id` or by `slug`.
    async fn tag(&self, ctx: &Context<'_>, args: Args<TagArguments>) -> Result<Option<Tag>> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(at.find(Id::NIL)?.map(|view| Tag::new(view, at)))
    }

    /// Tags and categories.
    async fn tags(&self, ctx: &Context<'_>, args: Args<TagsArguments>) -> Result<TagConnection> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(TagConnection::new(at.take(Id::NIL)?, &args.page, at))
    }

    /// One comment.
    async fn comment(&self, ctx: &Context<'_>, args: Args<CommentArguments>) -> Result<Option<Comment>> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(at.find(Id::NIL)?.map(|view| Comment::new(view, at)))
    }

    /// The moderation queue: comments of any state, newest first, of the posts that the caller looks after. The comments
    /// under a post are in `Post.comments`.
    async fn comments(&self, ctx: &Context<'_>, args: Args<QueueArguments>) -> Result<CommentConnection> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(CommentConnection::new(at.take(Id::NIL)?, &args.page, at))
    }

    /// Public posts that match, best first.
    async fn search(&self, ctx: &Context<'_>, args: Args<SearchArguments>) -> Result<SearchConnection> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(SearchConnection::new(at.take(Id::NIL)?, &args.page, at))
    }

    /// Whatever has this id.
    async fn node(&self, ctx: &Context<'_>, args: Args<NodeArguments>) -> Result<Option<Node>> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(at.find(Id::NIL)?.map(|data| Node::new(data, at)))
    }

    /// The caller's account; null for callers who are not signed in.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Me>> {
        Ok(At::root(ctx)?.find(Id::NIL)?.map(Me::new))
    }

    /// The saved versions of a post, newest first: for those who may read its draft.
    async fn revisions(
        &self,
        ctx: &Context<'_>,
        args: Args<RevisionsArguments>,
    ) -> Result<RevisionConnection> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(RevisionConnection::new(at.take(Id::NIL)?, &args.page, at))
    }

    /// One saved version of a post, with its content: for those who may read its draft.
    async fn revision(&self, ctx: &Context<'_>, args: Args<RevisionArguments>) -> Result<Option<Revision>> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(at.find(Id::NIL)?.map(|view| Revision::new(view, at)))
    }

    /// What differs between two saved versions of a post: for those who may read its draft.
    async fn revision_diff(
        &self,
        ctx: &Context<'_>,
        args: Args<RevisionDiffArguments>,
    ) -> Result<Option<RevisionDiff>> {
        Ok(At::root(ctx)?.with(&args)?.find(Id::NIL)?.map(RevisionDiff::new))
    }

    /// One file of the media library: for those who write posts.
    async fn media(&self, ctx: &Context<'_>, args: Args<IdArguments>) -> Result<Option<Media>> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(at.find(Id::NIL)?.map(|view| Media::new(view, at)))
    }

    /// The media library, newest first: for those who write posts.
    async fn media_library(
        &self,
        ctx: &Context<'_>,
        args: Args<MediaLibraryArguments>,
    ) -> Result<MediaConnection> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(MediaConnection::new(at.take(Id::NIL)?, &args.page, at))
    }

    /// One account: for admins, and one's own.
    async fn user(&self, ctx: &Context<'_>, args: Args<IdArguments>) -> Result<Option<User>> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(at.find(Id::NIL)?.map(|view| User::new(view, at)))
    }

    /// Accounts: all for admins, else one's own.
    async fn users(&self, ctx: &Context<'_>, args: Args<UsersArguments>) -> Result<UserConnection> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(UserConnection::new(at.take(Id::NIL)?, &args.page, at))
    }

    /// API tokens: all for admins, else one's own.
    async fn tokens(&self, ctx: &Context<'_>, args: Args<PageArguments>) -> Result<TokenConnection> {
        let at = At::root(ctx)?.with(&args)?;
        Ok(TokenConnection::new(at.take(Id::NIL)?, &args, at))
    }
}
