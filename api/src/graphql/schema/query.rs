//! What can be read.

use async_graphql::{Context, ID, InputObject, Object};

use super::at::At;
use super::node::Node;
use super::objects::{
    Author, AuthorConnection, Comment, CommentConnection, Me, Media, MediaConnection, Post, PostConnection,
    Revision, RevisionConnection, RevisionDiff, SearchConnection, Site, Tag, TagConnection, TokenConnection,
    User, UserConnection,
};
use super::scalars::DateTime;
use super::words::{AuthorSort, CommentStatus, Perspective, PostSort, Role, TagKind, TagSort};
use crate::graphql::Result;
use pressroom_schema::{Id, PostStatus, Visibility};

/// Which posts. Each member narrows the list; a list with one item may be written without brackets.
#[derive(Debug, Default, InputObject)]
pub(crate) struct PostFilter {
    /// Slugs or ids of authors; posts of any of them.
    pub(super) author: Option<Vec<String>>,
    /// Slugs or ids of tags; posts with any of them.
    pub(super) tag: Option<Vec<String>>,
    /// Slugs or ids of tags; posts with all of them.
    pub(super) tags_all: Option<Vec<String>>,
    /// Words to find in posts that the public lists show; `search` ranks and highlights.
    pub(super) q: Option<String>,
    /// Only those that the editors put forward, or only the others.
    pub(super) featured: Option<bool>,
    /// Published at or after this moment.
    pub(super) published_after: Option<DateTime>,
    /// Published before this moment.
    pub(super) published_before: Option<DateTime>,
    /// Changed at or after this moment.
    pub(super) updated_since: Option<DateTime>,
    /// In this language (BCP 47).
    pub(super) language: Option<String>,
    /// In these states: for those who may read drafts, and then unlisted and private posts too.
    pub(super) status: Option<Vec<PostStatus>>,
    /// Of this visibility: for those who may read drafts.
    pub(super) visibility: Option<Visibility>,
    /// What is in the trash: for those who may read drafts.
    pub(super) trashed: Option<bool>,
}

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
    async fn post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] _id: Option<ID>,
        #[graphql(desc = "Or its slug.")] _slug: Option<String>,
        #[graphql(
            desc = "Which copy. Where it is left out, what is live, or the working copy of a post that is not live."
        )]
        _perspective: Option<Perspective>,
        #[graphql(desc = "A preview token: shows the working copy to whoever holds it.")] _preview: Option<
            String,
        >,
    ) -> Result<Option<Post>> {
        let at = At::root(ctx)?;
        Ok(at.find(Id::NIL)?.map(|data| Post::new(data, at)))
    }

    /// Posts. The public sees published, public ones.
    async fn posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the beginning, 0 to 100; 20 where neither `first` nor `last` is given."
        )]
        _first: Option<i32>,
        #[graphql(desc = "Those that follow this cursor.")] _after: Option<String>,
        #[graphql(desc = "How many from the end, 0 to 100.")] _last: Option<i32>,
        #[graphql(desc = "Those that precede this cursor.")] _before: Option<String>,
        #[graphql(desc = "Only these.")] _filter: Option<PostFilter>,
        #[graphql(desc = "The order.", default_with = "PostSort::PublishedAtDesc")] _sort: PostSort,
        #[graphql(desc = "`DRAFT` shows working copies to those who may edit.")] _perspective: Option<
            Perspective,
        >,
    ) -> Result<PostConnection> {
        let at = At::root(ctx)?;
        Ok(PostConnection::new(at.take(Id::NIL)?, at))
    }

    /// One author, by `id` or by `slug`.
    async fn author(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile's id.")] _id: Option<ID>,
        #[graphql(desc = "Or its slug.")] _slug: Option<String>,
    ) -> Result<Option<Author>> {
        let at = At::root(ctx)?;
        Ok(at.find(Id::NIL)?.map(|view| Author::new(view, at)))
    }

    /// Authors.
    async fn authors(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the beginning, 0 to 100; 20 where neither `first` nor `last` is given."
        )]
        _first: Option<i32>,
        #[graphql(desc = "Those that follow this cursor.")] _after: Option<String>,
        #[graphql(desc = "How many from the end, 0 to 100.")] _last: Option<i32>,
        #[graphql(desc = "Those that precede this cursor.")] _before: Option<String>,
        #[graphql(desc = "The order.", default_with = "AuthorSort::NameAsc")] _sort: AuthorSort,
    ) -> Result<AuthorConnection> {
        let at = At::root(ctx)?;
        Ok(AuthorConnection::new(at.take(Id::NIL)?, at))
    }

    /// One tag or category, by `id` or by `slug`.
    async fn tag(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] _id: Option<ID>,
        #[graphql(desc = "Or its slug.")] _slug: Option<String>,
    ) -> Result<Option<Tag>> {
        let at = At::root(ctx)?;
        Ok(at.find(Id::NIL)?.map(|view| Tag::new(view, at)))
    }

    /// Tags and categories.
    async fn tags(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the beginning, 0 to 100; 20 where neither `first` nor `last` is given."
        )]
        _first: Option<i32>,
        #[graphql(desc = "Those that follow this cursor.")] _after: Option<String>,
        #[graphql(desc = "How many from the end, 0 to 100.")] _last: Option<i32>,
        #[graphql(desc = "Those that precede this cursor.")] _before: Option<String>,
        #[graphql(desc = "Only tags, or only categories.")] _kind: Option<TagKind>,
        #[graphql(desc = "Slug or id of the one above.")] _parent: Option<String>,
        #[graphql(desc = "The order.", default_with = "TagSort::NameAsc")] _sort: TagSort,
    ) -> Result<TagConnection> {
        let at = At::root(ctx)?;
        Ok(TagConnection::new(at.take(Id::NIL)?, at))
    }

    /// One comment.
    async fn comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] _id: ID,
        #[graphql(desc = "The `editToken` that its guest was given: shows it while it waits.")]
        _edit_token: Option<String>,
    ) -> Result<Option<Comment>> {
        let at = At::root(ctx)?;
        Ok(at.find(Id::NIL)?.map(|view| Comment::new(view, at)))
    }

    /// The moderation queue: comments of any state, newest first, of the posts that the caller looks after. The comments
    /// under a post are in `Post.comments`.
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the beginning, 0 to 100; 20 where neither `first` nor `last` is given."
        )]
        _first: Option<i32>,
        #[graphql(desc = "Those that follow this cursor.")] _after: Option<String>,
        #[graphql(desc = "How many from the end, 0 to 100.")] _last: Option<i32>,
        #[graphql(desc = "Those that precede this cursor.")] _before: Option<String>,
        #[graphql(desc = "In these states; those that wait for a moderator where it is left out.")]
        _status: Option<Vec<CommentStatus>>,
        #[graphql(desc = "Only under this post: slug or id.")] _post: Option<String>,
        #[graphql(desc = "Only from this address: for those who may see addresses.")] _author_email: Option<
            String,
        >,
    ) -> Result<CommentConnection> {
        let at = At::root(ctx)?;
        Ok(CommentConnection::new(at.take(Id::NIL)?, at))
    }

    /// Public posts that match, best first.
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Words, `\"phrases\"` and `-exclusions`; the last word may be unfinished.")]
        _q: String,
        #[graphql(
            desc = "How many from the beginning, 0 to 100; 20 where neither `first` nor `last` is given."
        )]
        _first: Option<i32>,
        #[graphql(desc = "Those that follow this cursor.")] _after: Option<String>,
        #[graphql(desc = "How many from the end, 0 to 100.")] _last: Option<i32>,
        #[graphql(desc = "Those that precede this cursor.")] _before: Option<String>,
        #[graphql(desc = "Slugs or ids of authors; posts of any of them.")] _author: Option<Vec<String>>,
        #[graphql(desc = "Slugs or ids of tags; posts with any of them.")] _tag: Option<Vec<String>>,
        #[graphql(desc = "In this language (BCP 47).")] _language: Option<String>,
    ) -> Result<SearchConnection> {
        let at = At::root(ctx)?;
        Ok(SearchConnection::new(at.take(Id::NIL)?, at))
    }

    /// Whatever has this id.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "The id.")] _id: ID) -> Result<Option<Node>> {
        let at = At::root(ctx)?;
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
        #[graphql(desc = "The post: slug or id.")] _post: String,
        #[graphql(
            desc = "How many from the beginning, 0 to 100; 20 where neither `first` nor `last` is given."
        )]
        _first: Option<i32>,
        #[graphql(desc = "Those that follow this cursor.")] _after: Option<String>,
        #[graphql(desc = "How many from the end, 0 to 100.")] _last: Option<i32>,
        #[graphql(desc = "Those that precede this cursor.")] _before: Option<String>,
    ) -> Result<RevisionConnection> {
        let at = At::root(ctx)?;
        Ok(RevisionConnection::new(at.take(Id::NIL)?, at))
    }

    /// One saved version of a post, with its content: for those who may read its draft.
    async fn revision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The post: slug or id.")] _post: String,
        #[graphql(desc = "The revision's number.")] _number: i32,
    ) -> Result<Option<Revision>> {
        let at = At::root(ctx)?;
        Ok(at.find(Id::NIL)?.map(|view| Revision::new(view, at)))
    }

    /// What differs between two saved versions of a post: for those who may read its draft.
    async fn revision_diff(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The post: slug or id.")] _post: String,
        #[graphql(desc = "Number of the one.")] _from: i32,
        #[graphql(desc = "Number of the other.")] _to: i32,
    ) -> Result<Option<RevisionDiff>> {
        Ok(At::root(ctx)?.find(Id::NIL)?.map(RevisionDiff::new))
    }

    /// One file of the media library: for those who write posts.
    async fn media(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] _id: ID) -> Result<Option<Media>> {
        let at = At::root(ctx)?;
        Ok(at.find(Id::NIL)?.map(|view| Media::new(view, at)))
    }

    /// The media library, newest first: for those who write posts.
    async fn media_library(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the beginning, 0 to 100; 20 where neither `first` nor `last` is given."
        )]
        _first: Option<i32>,
        #[graphql(desc = "Those that follow this cursor.")] _after: Option<String>,
        #[graphql(desc = "How many from the end, 0 to 100.")] _last: Option<i32>,
        #[graphql(desc = "Those that precede this cursor.")] _before: Option<String>,
        #[graphql(desc = "Uploaded by this account: its id, or `me`.")] _owner: Option<String>,
        #[graphql(desc = "Of one of these media types, such as `image/png`.")] _mime: Option<Vec<String>>,
    ) -> Result<MediaConnection> {
        let at = At::root(ctx)?;
        Ok(MediaConnection::new(at.take(Id::NIL)?, at))
    }

    /// One account: for admins, and one's own.
    async fn user(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] _id: ID) -> Result<Option<User>> {
        let at = At::root(ctx)?;
        Ok(at.find(Id::NIL)?.map(|view| User::new(view, at)))
    }

    /// Accounts: all for admins, else one's own.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the beginning, 0 to 100; 20 where neither `first` nor `last` is given."
        )]
        _first: Option<i32>,
        #[graphql(desc = "Those that follow this cursor.")] _after: Option<String>,
        #[graphql(desc = "How many from the end, 0 to 100.")] _last: Option<i32>,
        #[graphql(desc = "Those that precede this cursor.")] _before: Option<String>,
        #[graphql(desc = "Only those of this role.")] _role: Option<Role>,
    ) -> Result<UserConnection> {
        let at = At::root(ctx)?;
        Ok(UserConnection::new(at.take(Id::NIL)?, at))
    }

    /// API tokens: all for admins, else one's own.
    async fn tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the beginning, 0 to 100; 20 where neither `first` nor `last` is given."
        )]
        _first: Option<i32>,
        #[graphql(desc = "Those that follow this cursor.")] _after: Option<String>,
        #[graphql(desc = "How many from the end, 0 to 100.")] _last: Option<i32>,
        #[graphql(desc = "Those that precede this cursor.")] _before: Option<String>,
    ) -> Result<TokenConnection> {
        let at = At::root(ctx)?;
        Ok(TokenConnection::new(at.take(Id::NIL)?, at))
    }
}
