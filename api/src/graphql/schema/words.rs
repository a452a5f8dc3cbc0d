//! Enums: the words of REST in upper case.

use async_graphql::Enum;

use crate::graphql::Fault;

/// A value that REST and the services know by a word.
pub(crate) trait Word: Sized {
    /// The word.
    fn word(self) -> &'static str;

    /// The value of a word. Words come from the services, which have no others.
    fn of(word: &str) -> Result<Self, Fault>;
}

macro_rules! words {
    ($($(#[doc = $doc:tt])+ $name:ident { $($(#[doc = $about:tt])+ $variant:ident = $word:literal,)+ })+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
            pub(crate) enum $name { $($(#[doc = $about])+ $variant,)+ }

            impl Word for $name {
                fn word(self) -> &'static str {
                    match self { $(Self::$variant => $word,)+ }
                }

                fn of(word: &str) -> Result<Self, Fault> {
                    match word {
                        $($word => Ok(Self::$variant),)+
                        odd => {
                            tracing::error!(odd, kind = stringify!($name), "a word that GraphQL does not know");
                            Err(Fault::internal())
                        }
                    }
                }
            }
        )+
    };
}

words! {
    /// Which copy of a post.
    Perspective {
        /// What the public reads.
        Live = "live",
        /// The working copy: for those who may edit.
        Draft = "draft",
    }
    /// In what a text was written.
    BodyFormat {
        /// CommonMark with GitHub's extensions.
        Markdown = "markdown",
        /// HTML.
        Html = "html",
    }
    /// What posts are sorted by; every order ends in the id.
    PostSort {
        /// Newest first.
        PublishedAtDesc = "-published_at",
        /// Oldest first.
        PublishedAtAsc = "published_at",
        /// Changed last first.
        UpdatedAtDesc = "-updated_at",
        /// By title.
        TitleAsc = "title",
        /// Most discussed first.
        CommentCountDesc = "-comment_count",
    }
    /// What the posts of an author or a tag are sorted by.
    PostListSort {
        /// Newest first.
        PublishedAtDesc = "-published_at",
        /// Oldest first.
        PublishedAtAsc = "published_at",
    }
    /// What authors are sorted by.
    AuthorSort {
        /// By name.
        NameAsc = "name",
        /// Most posts first.
        PostCountDesc = "-post_count",
    }
    /// What tags are sorted by.
    TagSort {
        /// By name.
        NameAsc = "name",
        /// Most posts first.
        PostCountDesc = "-post_count",
    }
    /// What comments are sorted by.
    CommentSort {
        /// Oldest first.
        Oldest = "oldest",
        /// Newest first.
        Newest = "newest",
        /// Those that drew most replies first.
        Top = "top",
    }
    /// How a thread is laid out.
    ThreadView {
        /// By pages of comments that answer none; `replies` has what answers them.
        Thread = "thread",
        /// By pages of all comments, side by side.
        Flat = "flat",
    }
    /// The state of a comment.
    CommentStatus {
        /// Waits for a moderator.
        Pending = "pending",
        /// Everybody reads it.
        Approved = "approved",
        /// Judged to be spam.
        Spam = "spam",
        /// Removed.
        Trash = "trash",
    }
    /// Which way a link goes.
    LinkDirection {
        /// From this post, in the editor's order.
        Outgoing = "outgoing",
        /// From another post to this one (a back-link).
        Incoming = "incoming",
    }
    /// What a link means.
    Relation {
        /// On the same subject.
        Related = "related",
        /// Came before it.
        Prior = "prior",
        /// Goes on from it.
        FollowUp = "follow_up",
        /// Answers it.
        ResponseTo = "response_to",
        /// The same in another language.
        TranslationOf = "translation_of",
        /// Refers to it.
        Cites = "cites",
    }
    /// Where a link comes from.
    LinkOrigin {
        /// An editor made it.
        Curated = "curated",
        /// It stands in the post's body.
        Body = "body",
    }
    /// Why a post is related.
    ReasonKind {
        /// An editor linked it.
        Curated = "curated",
        /// It shares words and tags.
        Similar = "similar",
    }
    /// What a tag is.
    TagKind {
        /// One of many.
        Tag = "tag",
        /// A section of the site.
        Category = "category",
    }
    /// How far a file's smaller widths are.
    MediaState {
        /// Being made.
        Processing = "processing",
        /// Made.
        Ready = "ready",
        /// They could not be made; the original serves.
        Failed = "failed",
    }
    /// What an account may do, in broad strokes.
    Role {
        /// Everything, accounts and settings too.
        Admin = "admin",
        /// All content, all comments, and the site's settings.
        Editor = "editor",
        /// Own posts, published too.
        Author = "author",
        /// Own drafts, which others publish.
        Contributor = "contributor",
        /// Comments.
        Moderator = "moderator",
    }
    /// Why a revision was saved.
    RevisionReason {
        /// The post was begun.
        Created = "created",
        /// Somebody saved.
        Saved = "saved",
        /// An earlier revision was made the working copy again.
        Restored = "restored",
        /// Links were curated.
        Links = "links",
    }
    /// What happened to a line.
    DiffOp {
        /// It is in both.
        Same = "same",
        /// It is in the later revision only.
        Added = "added",
        /// It is in the earlier revision only.
        Removed = "removed",
    }
}
