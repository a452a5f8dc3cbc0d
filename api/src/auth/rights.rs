//! The table of rights, as data: [`super::policy::may`] decides by it, and `docs/rights.md` is written from it.

use super::scope::Scope;
use super::viewer::Role;

/// How far a right reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grant {
    /// Not at all.
    No,
    /// To everything.
    Any,
    /// To what is one's own: the post that one made or has a byline on, one's upload, profile, account, token, comment.
    Own,
    /// To one's own post until it is released: published, or scheduled to be.
    OwnDraft,
    /// To comments on one's own posts.
    OnOwnPost,
    /// To one's own comment within the edit window. A guest's comment belongs to whoever holds its edit token.
    OwnRecent,
    /// To one's own comment, and to comments on one's own posts.
    OwnOrOnOwnPost,
    /// To posts that one may read.
    Readable,
}

impl Grant {
    /// What a cell of the table says.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::No => "–",
            Self::Any => "yes",
            Self::Own => "own",
            Self::OwnDraft => "own, until released",
            Self::OnOwnPost => "on own posts",
            Self::OwnRecent => "own, in the edit window",
            Self::OwnOrOnOwnPost => "own, and on own posts",
            Self::Readable => "where readable",
        }
    }

    /// Whether this reaches at least as far as `other`.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        matches!(
            (self, other),
            (_, Self::No)
                | (Self::Any, _)
                | (Self::Own, Self::Own | Self::OwnDraft | Self::OwnRecent)
                | (Self::OwnDraft, Self::OwnDraft)
                | (Self::OnOwnPost, Self::OnOwnPost)
                | (Self::OwnRecent, Self::OwnRecent)
                | (
                    Self::OwnOrOnOwnPost,
                    Self::OwnOrOnOwnPost | Self::Own | Self::OnOwnPost | Self::OwnRecent
                )
                | (Self::Readable, Self::Readable)
        )
    }
}

/// One row of the table: who may do one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RightsRow {
    /// What is done.
    pub action: Action,
    /// What that is, for the documentation.
    pub about: &'static str,
    /// What an API token needs besides: one of these.
    pub scopes: &'static [Scope],
    /// Callers who did not sign in.
    pub anonymous: Grant,
    /// [`Role::Admin`].
    pub admin: Grant,
    /// [`Role::Editor`].
    pub editor: Grant,
    /// [`Role::Author`].
    pub author: Grant,
    /// [`Role::Contributor`].
    pub contributor: Grant,
    /// [`Role::Moderator`].
    pub moderator: Grant,
}

impl RightsRow {
    /// The cell of a role.
    #[must_use]
    pub const fn grant(&self, role: Role) -> Grant {
        match role {
            Role::Admin => self.admin,
            Role::Editor => self.editor,
            Role::Author => self.author,
            Role::Contributor => self.contributor,
            Role::Moderator => self.moderator,
        }
    }
}

macro_rules! rights {
    ($($(#[doc = $doc:literal])+ $action:ident [$($scope:ident),+]
        $anonymous:ident | $admin:ident $editor:ident $author:ident $contributor:ident $moderator:ident;)+) => {
        /// What somebody wants to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[doc = $doc])+ $action,)+ }

        impl Action {
            /// The name, as in the table of rights.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$action => stringify!($action),)+ }
            }

            /// The action's row in the table.
            #[must_use]
            pub const fn row(self) -> &'static RightsRow {
                match self {
                    $(Self::$action => &RightsRow {
                        action: Self::$action,
                        about: concat!($($doc),+),
                        scopes: &[$(Scope::$scope),+],
                        anonymous: Grant::$anonymous,
                        admin: Grant::$admin,
                        editor: Grant::$editor,
                        author: Grant::$author,
                        contributor: Grant::$contributor,
                        moderator: Grant::$moderator,
                    },)+
                }
            }
        }

        /// Who may do what: one row for each action.
        pub const RIGHTS: &[RightsRow] = &[$(*Action::$action.row(),)+];
    };
}

rights! {
    //                        anonymous | admin editor author contributor moderator

    /// Read a post that is not live: its draft, revisions and working copy.
    ReadDraft [PostsRead]           No | Any Any Own Own No;
    /// Create a post.
    CreatePost [PostsWrite]         No | Any Any Any Any No;
    /// Edit a post's working copy.
    EditPost [PostsWrite]           No | Any Any Own OwnDraft No;
    /// Publish a post, now, later or with a past date.
    PublishPost [PostsPublish]      No | Any Any Own No No;
    /// Take a post off the public site: unpublish or archive it.
    ArchivePost [PostsPublish]      No | Any Any Own No No;
    /// Move a post to the trash.
    TrashPost [PostsWrite]          No | Any Any Own OwnDraft No;
    /// Delete a post for good.
    DeletePostForever [PostsWrite]  No | Any No No No No;
    /// Make an earlier revision the working copy again.
    RestoreRevision [PostsWrite]    No | Any Any Own OwnDraft No;
    /// Make a preview link, which shows the working copy to whoever holds it.
    PreviewPost [PostsRead]         No | Any Any Own Own No;
    /// Curate a post's links.
    EditLinks [PostsWrite]          No | Any Any Own OwnDraft No;
    /// Put somebody else on a byline, or take somebody else off it.
    AssignAuthors [PostsWrite]      No | Any Any No No No;

    /// Write a comment, where comments are open.
    AddComment [CommentsWrite]      Readable | Any Any Readable Readable Readable;
    /// Read the moderation queue: comments that are pending, spam or in the trash.
    ReadQueue [CommentsModerate]    No | Any Any OnOwnPost No Any;
    /// Approve a comment, mark it as spam, or move it to the trash.
    ModerateComment [CommentsModerate] No | Any Any OnOwnPost No Any;
    /// Close the comments of a post, open them, or have each wait for a moderator.
    ModerateThread [CommentsModerate] No | Any Any OnOwnPost No Any;
    /// Edit one's own comment.
    EditOwnComment [CommentsWrite]  OwnRecent | OwnRecent OwnRecent OwnRecent OwnRecent OwnRecent;
    /// Edit the words of somebody else's comment.
    EditComment [CommentsModerate]  No | Any Any No No Any;
    /// Remove one's own comment.
    DeleteOwnComment [CommentsWrite] OwnRecent | Own Own Own Own Own;
    /// Remove somebody else's comment.
    DeleteComment [CommentsModerate] No | Any Any OnOwnPost No Any;
    /// See a comment's e-mail and IP address, and why it was taken for spam.
    SeeCommentPrivate [CommentsModerate] No | Any Any No No Any;

    /// Create an author profile.
    CreateAuthor [TaxonomyWrite]    No | Any Any No No No;
    /// Edit an author profile.
    EditAuthor [TaxonomyWrite]      No | Any Any Own Own Own;
    /// Remove an author profile.
    DeleteAuthor [TaxonomyWrite]    No | Any Any No No No;
    /// Create a tag.
    CreateTag [TaxonomyWrite, PostsWrite] No | Any Any Any No No;
    /// Edit a tag.
    EditTag [TaxonomyWrite]         No | Any Any No No No;
    /// Remove a tag.
    DeleteTag [TaxonomyWrite]       No | Any Any No No No;

    /// List and look up uploaded images.
    ListMedia [MediaWrite]          No | Any Any Any Any No;
    /// Upload an image.
    UploadMedia [MediaWrite]        No | Any Any Any Any No;
    /// Edit an image's alternative text and caption.
    EditMedia [MediaWrite]          No | Any Any Own Own No;
    /// Remove an image.
    DeleteMedia [MediaWrite]        No | Any Any Own No No;

    /// Edit the site's settings.
    EditSite [SiteWrite]            No | Any Any No No No;

    /// List and look up accounts.
    ListUsers [UsersAdmin]          No | Any Own Own Own Own;
    /// Create an account.
    CreateUser [UsersAdmin]         No | Any No No No No;
    /// Edit an account's name, e-mail address or password.
    EditUser [UsersAdmin]           No | Any Own Own Own Own;
    /// Give an account a role or an author profile, disable or enable it.
    AssignRole [UsersAdmin]         No | Any No No No No;
    /// Remove an account.
    DeleteUser [UsersAdmin]         No | Any No No No No;

    /// List API tokens (never their secrets).
    ListTokens [TokensWrite]        No | Any Own Own Own Own;
    /// Create an API token, which acts as its owner.
    CreateToken [TokensWrite]       No | Own Own Own Own Own;
    /// Revoke an API token.
    RevokeToken [TokensWrite]       No | Any Own Own Own Own;

    /// Read the log of changes.
    ReadChanges [ChangesRead]       No | Any Any No No No;
}
