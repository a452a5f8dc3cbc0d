//! The arguments of the fields that are read: one struct for each, which the loading step reads from the plan and the resolver takes.

use async_graphql::{ID, InputObject};
use pressroom_schema::{
    AuthorSort, CommentSort, CommentStatus, Given, LinkDirection, Perspective, PostListSort, PostSort,
    PostStatus, Role, Slug, TagKind, TagSort, ThreadView, Visibility,
};

use super::scalars::DateTime;

/// Which page of a connection.
#[derive(Debug, Clone, PartialEq, InputObject)]
pub(crate) struct PageArguments {
    /// How many from the beginning, 0 to 100; 20 where neither `first` nor `last` is given.
    pub(crate) first: Option<i32>,
    /// Those that follow this cursor.
    pub(crate) after: Option<String>,
    /// How many from the end, 0 to 100.
    pub(crate) last: Option<i32>,
    /// Those that precede this cursor.
    pub(crate) before: Option<String>,
}

/// Which posts. Each member narrows the list; a list with one item may be written without brackets.
#[derive(Debug, Clone, Default, PartialEq, InputObject)]
pub(crate) struct PostFilter {
    /// Slugs or ids of authors; posts of any of them.
    pub(crate) author: Option<Vec<String>>,
    /// Slugs or ids of tags; posts with any of them.
    pub(crate) tag: Option<Vec<String>>,
    /// Slugs or ids of tags; posts with all of them.
    pub(crate) tags_all: Option<Vec<String>>,
    /// Words to find in posts that the public lists show; `search` ranks and highlights.
    pub(crate) q: Option<String>,
    /// Only those that the editors put forward, or only the others.
    pub(crate) featured: Option<bool>,
    /// Published at or after this moment.
    pub(crate) published_after: Option<DateTime>,
    /// Published before this moment.
    pub(crate) published_before: Option<DateTime>,
    /// Changed at or after this moment.
    pub(crate) updated_since: Option<DateTime>,
    /// In this language (BCP 47).
    pub(crate) language: Option<String>,
    /// In these states: for those who may read drafts, and then unlisted and private posts too.
    pub(crate) status: Option<Vec<PostStatus>>,
    /// Of this visibility: for those who may read drafts.
    pub(crate) visibility: Option<Visibility>,
    /// What is in the trash: for those who may read drafts.
    pub(crate) trashed: Option<bool>,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct PostArguments {
    /// Its id.
    pub(crate) id: Option<ID>,
    /// Or its slug.
    pub(crate) slug: Option<Given<Slug>>,
    /// Which copy. Where it is left out, what is live, or the working copy of a post that is not live.
    pub(crate) perspective: Option<Perspective>,
    /// A preview token: shows the working copy to whoever holds it.
    pub(crate) preview: Option<String>,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct PostsArguments {
    #[graphql(flatten)]
    pub(crate) page: PageArguments,
    /// Only these.
    pub(crate) filter: Option<PostFilter>,
    /// The order.
    #[graphql(default_with = "PostSort::PublishedAtDesc")]
    pub(crate) sort: PostSort,
    /// `DRAFT` shows working copies to those who may edit.
    pub(crate) perspective: Option<Perspective>,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct AuthorArguments {
    /// The profile's id.
    pub(crate) id: Option<ID>,
    /// Or its slug.
    pub(crate) slug: Option<Given<Slug>>,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct AuthorsArguments {
    #[graphql(flatten)]
    pub(crate) page: PageArguments,
    /// The order.
    #[graphql(default_with = "AuthorSort::NameAsc")]
    pub(crate) sort: AuthorSort,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct TagArguments {
    /// Its id.
    pub(crate) id: Option<ID>,
    /// Or its slug.
    pub(crate) slug: Option<Given<Slug>>,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct TagsArguments {
    #[graphql(flatten)]
    pub(crate) page: PageArguments,
    /// Only tags, or only categories.
    pub(crate) kind: Option<TagKind>,
    /// Slug or id of the one above.
    pub(crate) parent: Option<String>,
    /// The order.
    #[graphql(default_with = "TagSort::NameAsc")]
    pub(crate) sort: TagSort,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct CommentArguments {
    /// Its id.
    pub(crate) id: ID,
    /// The `editToken` that its guest was given: shows it while it waits.
    pub(crate) edit_token: Option<String>,
}

/// Of a file or an account.
#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct IdArguments {
    /// Its id.
    pub(crate) id: ID,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct NodeArguments {
    /// The id.
    pub(crate) id: ID,
}

/// Of the moderation queue.
#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct QueueArguments {
    #[graphql(flatten)]
    pub(crate) page: PageArguments,
    /// In these states; those that wait for a moderator where it is left out.
    pub(crate) status: Option<Vec<CommentStatus>>,
    /// Only under this post: slug or id.
    pub(crate) post: Option<String>,
    /// Only from this address: for those who may see addresses.
    pub(crate) author_email: Option<String>,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct SearchArguments {
    /// Words, `"phrases"` and `-exclusions`; the last word may be unfinished.
    pub(crate) q: String,
    #[graphql(flatten)]
    pub(crate) page: PageArguments,
    /// Slugs or ids of authors; posts of any of them.
    pub(crate) author: Option<Vec<String>>,
    /// Slugs or ids of tags; posts with any of them.
    pub(crate) tag: Option<Vec<String>>,
    /// In this language (BCP 47).
    pub(crate) language: Option<String>,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct RevisionsArguments {
    /// The post: slug or id.
    pub(crate) post: String,
    #[graphql(flatten)]
    pub(crate) page: PageArguments,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct RevisionArguments {
    /// The post: slug or id.
    pub(crate) post: String,
    /// The revision's number.
    pub(crate) number: i32,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct RevisionDiffArguments {
    /// The post: slug or id.
    pub(crate) post: String,
    /// Number of the one.
    pub(crate) from: i32,
    /// Number of the other.
    pub(crate) to: i32,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct MediaLibraryArguments {
    #[graphql(flatten)]
    pub(crate) page: PageArguments,
    /// Uploaded by this account: its id, or `me`.
    pub(crate) owner: Option<String>,
    /// Of one of these media types, such as `image/png`.
    pub(crate) mime: Option<Vec<String>>,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct UsersArguments {
    #[graphql(flatten)]
    pub(crate) page: PageArguments,
    /// Only those of this role.
    pub(crate) role: Option<Role>,
}

/// Of the posts of an author or a tag.
#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct PostListArguments {
    #[graphql(flatten)]
    pub(crate) page: PageArguments,
    /// The order.
    #[graphql(default_with = "PostListSort::PublishedAtDesc")]
    pub(crate) sort: PostListSort,
}

/// Of a post's links.
#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct LinksArguments {
    /// Only those that go this way; both ways where it is left out.
    pub(crate) direction: Option<LinkDirection>,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct RelatedArguments {
    /// At most this many, 0 to 20.
    #[graphql(default = 6)]
    pub(crate) limit: i32,
}

/// Of the comments under a post.
#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct ThreadArguments {
    #[graphql(flatten)]
    pub(crate) page: PageArguments,
    /// The order.
    #[graphql(default_with = "CommentSort::Oldest")]
    pub(crate) sort: CommentSort,
    /// The layout.
    #[graphql(default_with = "ThreadView::Thread")]
    pub(crate) view: ThreadView,
}

#[derive(Debug, PartialEq, InputObject)]
pub(crate) struct RepliesArguments {
    #[graphql(flatten)]
    pub(crate) page: PageArguments,
    /// The order.
    #[graphql(default_with = "CommentSort::Oldest")]
    pub(crate) sort: CommentSort,
}
