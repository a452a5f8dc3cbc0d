//! The words of the contract: values that are one of a few. Each is an enum here, and the same word in the database, in JSON and in
//! queries; GraphQL writes it in upper case.

mod text;

use std::fmt;
use std::str::FromStr;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteValue};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io::Write;

use crate::db::MultiBackend;
use crate::types::through_multi;

pub use text::{BadLanguageTag, BadSlug, EmailKey, Given, LanguageTag, Slug};

/// A value that is one of a few words.
pub trait Word: Copy + Eq + fmt::Display + FromStr<Err = UnknownWord> + 'static {
    /// What the type is called.
    const NAME: &'static str;
    /// All values.
    const VALUES: &'static [Self];
    /// Their words, in the same order.
    const WORDS: &'static [&'static str];
}

/// A text that is none of the words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a {name}; it is one of {}", known.join(", "))]
pub struct UnknownWord {
    /// The text.
    pub word: String,
    /// What the type is called.
    pub name: &'static str,
    /// The words that it has.
    pub known: &'static [&'static str],
}

impl UnknownWord {
    fn new<W: Word>(word: &str) -> Self {
        Self { word: word.to_owned(), name: W::NAME, known: W::WORDS }
    }
}

/// Makes enums of words.
macro_rules! words {
    ($($(#[$meta:meta])+ $name:ident { $($(#[$about:meta])+ $variant:ident = $word:literal,)+ })+) => {
        $(
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
            #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
            #[cfg_attr(feature = "graphql", derive(async_graphql::Enum))]
            #[diesel(sql_type = Text)]
            $(#[$meta])+
            pub enum $name {
                $(
                    $(#[$about])+
                    #[cfg_attr(feature = "openapi", schema(rename = $word))]
                    $variant,
                )+
            }

            impl $name {
                /// All values.
                pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

                /// The word.
                #[must_use]
                pub const fn as_str(self) -> &'static str {
                    match self { $(Self::$variant => $word,)+ }
                }
            }

            impl Word for $name {
                const NAME: &'static str = stringify!($name);
                const VALUES: &'static [Self] = &Self::ALL;
                const WORDS: &'static [&'static str] = &[$($word),+];
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(self.as_str())
                }
            }

            impl AsRef<str> for $name {
                fn as_ref(&self) -> &str {
                    self.as_str()
                }
            }

            impl FromStr for $name {
                type Err = UnknownWord;
                fn from_str(text: &str) -> Result<Self, UnknownWord> {
                    match text {
                        $($word => Ok(Self::$variant),)+
                        odd => Err(UnknownWord::new::<Self>(odd)),
                    }
                }
            }

            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_str(AnyWord(std::marker::PhantomData))
                }
            }

            impl FromSql<Text, Pg> for $name {
                fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                    Ok(std::str::from_utf8(value.as_bytes())?.parse()?)
                }
            }

            impl FromSql<Text, Sqlite> for $name {
                fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                    Ok(value.read_text().parse()?)
                }
            }

            impl ToSql<Text, Pg> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    out.write_all(self.as_str().as_bytes())?;
                    Ok(IsNull::No)
                }
            }

            impl ToSql<Text, Sqlite> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                    out.set_value(self.as_str());
                    Ok(IsNull::No)
                }
            }

            through_multi!($name, Text, Text);
        )+
    };
}

/// Reads a word from JSON.
struct AnyWord<W>(std::marker::PhantomData<W>);

impl<W: Word> serde::de::Visitor<'_> for AnyWord<W> {
    type Value = W;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<W, E> {
        text.parse().map_err(|_| E::unknown_variant(text, W::WORDS))
    }
}

words! {
    /// How far a post has come.
    PostStatus {
        /// Being written.
        Draft = "draft",
        /// Waits for somebody who may publish it.
        InReview = "in_review",
        /// Goes out by itself at `publishedAt`.
        Scheduled = "scheduled",
        /// Out.
        Published = "published",
        /// Taken off the site, and kept.
        Archived = "archived",
    }
    /// How far an editor says that a post has come; the rest is said by publishing and archiving it.
    DraftStatus {
        /// Being written.
        Draft = "draft",
        /// Waits for somebody who may publish it.
        InReview = "in_review",
    }
    /// Which copy of a post.
    Perspective {
        /// What the public reads.
        Live = "live",
        /// The working copy: for those who may edit.
        Draft = "draft",
    }
    /// What a post is shown with beyond what is shown anyway; its authors and tags are.
    PostInclude {
        /// The byline.
        Authors = "authors",
        /// The tags.
        Tags = "tags",
        /// Typed links in both directions.
        Links = "links",
        /// Related posts.
        Related = "related",
        /// The posts before and after it.
        Adjacent = "adjacent",
        /// The first page of the thread.
        Comments = "comments",
        /// The body, rendered.
        Html = "html",
        /// The body as plain text.
        Text = "text",
    }
    /// In what a text was written.
    BodyFormat {
        /// CommonMark with GitHub's extensions.
        Markdown = "markdown",
        /// HTML.
        Html = "html",
    }
    /// What a tag is.
    TagKind {
        /// One of many.
        Tag = "tag",
        /// A section of the site.
        Category = "category",
    }
    /// Who finds a post that is published.
    Visibility {
        /// Everybody.
        Public = "public",
        /// Whoever has the address.
        Unlisted = "unlisted",
        /// Those who may read drafts.
        Private = "private",
    }
    /// What posts are sorted by; every order ends in the id.
    #[cfg_attr(feature = "openapi", schema(default = "-published_at"))]
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
    #[cfg_attr(feature = "openapi", schema(default = "-published_at"))]
    PostListSort {
        /// Newest first.
        PublishedAtDesc = "-published_at",
        /// Oldest first.
        PublishedAtAsc = "published_at",
    }
    /// What authors are sorted by.
    #[cfg_attr(feature = "openapi", schema(default = "name"))]
    AuthorSort {
        /// By name.
        NameAsc = "name",
        /// Most posts first.
        PostCountDesc = "-post_count",
    }
    /// What tags are sorted by.
    #[cfg_attr(feature = "openapi", schema(default = "name"))]
    TagSort {
        /// By name.
        NameAsc = "name",
        /// Most posts first.
        PostCountDesc = "-post_count",
    }
    /// What comments are sorted by.
    #[cfg_attr(feature = "openapi", schema(default = "oldest"))]
    CommentSort {
        /// Oldest first.
        Oldest = "oldest",
        /// Newest first.
        Newest = "newest",
        /// Those that drew most replies first.
        Top = "top",
    }
    /// How a thread is laid out.
    #[cfg_attr(feature = "openapi", schema(default = "thread"))]
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
    /// What a moderator decides.
    Moderation {
        /// Everybody may read it; its guest is known from now on.
        Approve = "approve",
        /// It is spam.
        Spam = "spam",
        /// It is removed; a tombstone stays where it has replies.
        Trash = "trash",
        /// It waits for another decision.
        Pending = "pending",
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
    /// How far a file's smaller widths are.
    MediaState {
        /// Being made.
        Processing = "processing",
        /// Made.
        Ready = "ready",
        /// They could not be made; the original serves.
        Failed = "failed",
    }
    /// The type of an image file, by its content.
    MediaType {
        /// JPEG.
        Jpeg = "image/jpeg",
        /// PNG.
        Png = "image/png",
        /// GIF.
        Gif = "image/gif",
        /// WebP.
        Webp = "image/webp",
    }
    /// How a token is sent.
    TokenType {
        /// `Authorization: Bearer …` (RFC 6750).
        Bearer = "Bearer",
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
    /// What an API token may be used for.
    Scope {
        /// Read drafts, revisions and previews.
        PostsRead = "posts:read",
        /// Create, edit, trash and restore posts, and curate their links. Includes `posts:read`.
        PostsWrite = "posts:write",
        /// Publish, schedule, unpublish and archive posts. Includes `posts:read`.
        PostsPublish = "posts:publish",
        /// Write comments, and edit or remove one's own.
        CommentsWrite = "comments:write",
        /// Read the moderation queue, and approve, mark, edit or remove comments of others.
        CommentsModerate = "comments:moderate",
        /// List, upload, edit and remove images.
        MediaWrite = "media:write",
        /// Create, edit and remove authors and tags.
        TaxonomyWrite = "taxonomy:write",
        /// Edit the site's settings.
        SiteWrite = "site:write",
        /// List, create, edit and remove accounts.
        UsersAdmin = "users:admin",
        /// List, create and revoke API tokens. A token made by a token has none of the scopes that its maker lacks.
        TokensWrite = "tokens:write",
        /// Read the log of changes.
        ChangesRead = "changes:read",
    }
    /// Whether a post takes comments.
    CommentPolicy {
        /// As the site's settings have it.
        Site = "site",
        /// It does.
        Open = "open",
        /// It does, and each waits for a moderator.
        Held = "held",
        /// It does not.
        Closed = "closed",
    }
    /// What kind of caller wrote.
    ActorKind {
        /// Nobody signed in: a guest's comment.
        Guest = "guest",
        /// An account.
        User = "user",
        /// The server itself or its command line.
        System = "system",
    }
    /// What kind of object a change is of.
    ObjectType {
        /// A post.
        Post = "post",
        /// An author's profile.
        Author = "author",
        /// A tag or category.
        Tag = "tag",
        /// A comment.
        Comment = "comment",
        /// A file of the media library.
        Media = "media",
        /// An account.
        User = "user",
        /// An API token.
        Token = "token",
        /// The site's settings.
        Site = "site",
        /// A key that access tokens are signed with.
        SigningKey = "signing_key",
    }
    /// What happened to an object.
    ChangeAction {
        /// It was made.
        Created = "created",
        /// It was changed.
        Updated = "updated",
        /// A post's working copy was saved.
        Saved = "saved",
        /// A post went live.
        Published = "published",
        /// A post is to go live.
        Scheduled = "scheduled",
        /// A post was taken back to a draft.
        Unpublished = "unpublished",
        /// A post was taken off the site.
        Archived = "archived",
        /// It was moved to the trash.
        Trashed = "trashed",
        /// It was taken out of the trash.
        Restored = "restored",
        /// An earlier revision was made the working copy again.
        RestoredRevision = "restored_revision",
        /// A post's preview links were ended.
        PreviewsRevoked = "previews_revoked",
        /// A post's curated links were changed.
        LinksChanged = "links_changed",
        /// The comments of a post were closed, opened or held.
        CommentsDecided = "comments_decided",
        /// It was removed for good.
        Deleted = "deleted",
        /// A comment's text was changed.
        Edited = "edited",
        /// A comment was approved.
        Approved = "approved",
        /// A comment was marked as spam.
        MarkedSpam = "marked_spam",
        /// A comment was put back before a moderator.
        Held = "held",
        /// A file's smaller widths were made.
        Processed = "processed",
        /// A file's smaller widths could not be made.
        Failed = "failed",
        /// An account logged in.
        LoggedIn = "logged_in",
        /// An account logged out.
        LoggedOut = "logged_out",
        /// A login was ended, since its refresh token was used twice.
        SessionRevoked = "session_revoked",
        /// A login was continued.
        SessionRefreshed = "session_refreshed",
        /// An account's password was changed.
        PasswordChanged = "password_changed",
        /// A token was revoked.
        Revoked = "revoked",
        /// The signing key was replaced.
        Rotated = "rotated",
    }
    /// What has a slug, and leaves a redirect behind when it changes.
    SlugKind {
        /// A post.
        Post = "post",
        /// An author's profile.
        Author = "author",
        /// A tag or category.
        Tag = "tag",
    }
    /// A total that is kept rather than counted.
    Total {
        /// Posts that the public lists show.
        Posts = "posts",
        /// Authors' profiles.
        Authors = "authors",
        /// Tags that the public may know of.
        Tags = "tags",
        /// Approved comments under posts that the public lists show.
        Comments = "comments",
    }
    /// Work that is done after a use case.
    JobKind {
        /// Makes the smaller widths of a file.
        MakeVariants = "make_variants",
        /// Removes objects from the media store.
        RemoveObjects = "remove_objects",
        /// Removes what has run out.
        Cleanup = "cleanup",
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

impl From<DraftStatus> for PostStatus {
    fn from(status: DraftStatus) -> Self {
        match status {
            DraftStatus::Draft => Self::Draft,
            DraftStatus::InReview => Self::InReview,
        }
    }
}

impl TryFrom<PostStatus> for DraftStatus {
    type Error = UnknownWord;
    fn try_from(status: PostStatus) -> Result<Self, UnknownWord> {
        status.as_str().parse()
    }
}

/// Gives an enum the value that is meant where nothing is said.
macro_rules! defaults {
    ($($name:ident::$variant:ident),+ $(,)?) => {
        $(impl Default for $name {
            fn default() -> Self {
                Self::$variant
            }
        })+
    };
}
defaults!(
    Visibility::Public,
    PostSort::PublishedAtDesc,
    AuthorSort::NameAsc,
    TagSort::NameAsc,
    CommentSort::Oldest,
    ThreadView::Thread,
);

impl From<PostListSort> for PostSort {
    fn from(sort: PostListSort) -> Self {
        match sort {
            PostListSort::PublishedAtDesc => Self::PublishedAtDesc,
            PostListSort::PublishedAtAsc => Self::PublishedAtAsc,
        }
    }
}

impl MediaType {
    /// The usual ending of a file of this type, without its dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
        }
    }

    /// The type of files with this ending.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.extension() == extension)
    }
}

impl Moderation {
    /// The state that the decision leads to.
    #[must_use]
    pub const fn status(self) -> CommentStatus {
        match self {
            Self::Approve => CommentStatus::Approved,
            Self::Spam => CommentStatus::Spam,
            Self::Trash => CommentStatus::Trash,
            Self::Pending => CommentStatus::Pending,
        }
    }
}

/// Words as a sentence has them: `a, b or c`.
#[must_use]
pub fn alternatives(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that a column may hold, as both trees of migrations say.
    fn checked<W: Word>(table_and_column: &str, column: &str) {
        let words: Vec<String> = W::WORDS.iter().map(|word| format!("'{word}'")).collect();
        let check = format!("{table_and_column}_check CHECK ({column} IN ({}))", words.join(", "));
        for (tree, script) in [
            ("sqlite", include_str!("../../migrations/sqlite/0001_publication/up.sql")),
            ("postgres", include_str!("../../migrations/postgres/0001_publication/up.sql")),
        ] {
            assert!(script.contains(&check), "{tree} has not: {check}");
        }
    }

    #[test]
    fn the_databases_hold_the_words_of_the_types_and_no_others() {
        checked::<PostStatus>("posts_status", "status");
        checked::<Visibility>("posts_visibility", "visibility");
        checked::<BodyFormat>("posts_body_format", "body_format");
        checked::<TagKind>("tags_kind", "kind");
        checked::<Relation>("links_relation", "relation");
        checked::<CommentStatus>("comments_status", "status");
        checked::<MediaState>("media_state", "state");
        checked::<Role>("users_role", "role");
        checked::<SlugKind>("slug_redirects_kind", "kind");
    }

    #[test]
    fn a_word_that_no_type_knows_is_named() {
        let odd = "gone".parse::<Visibility>().unwrap_err();
        assert_eq!(odd.to_string(), "`gone` is not a Visibility; it is one of public, unlisted, private");
        let json = serde_json::from_str::<Visibility>("\"gone\"").unwrap_err();
        assert!(json.to_string().starts_with("unknown variant `gone`, expected one of `public`,"), "{json}");
    }

    #[test]
    fn a_stored_word_that_no_type_knows_is_an_error_that_names_it() {
        use diesel::prelude::*;
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        let mut read = |word: &str| {
            let stored = diesel::select(word.into_sql::<Text>()).get_result::<PostStatus>(&mut conn);
            stored.map_err(|error| crate::StoreError::from(error).to_string())
        };
        assert_eq!(read("in_review"), Ok(PostStatus::InReview));
        let error = read("gone").unwrap_err();
        assert!(error.contains("`gone` is not a PostStatus"), "{error}");
    }
}
