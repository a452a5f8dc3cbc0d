//! May this viewer do this to that?

use uuid::Uuid;

use super::viewer::{Role, Viewer, Who};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "a stand-in until the rights table lands")]
pub enum Action {
    ReadDraft,
    CreatePost,
    EditPost,
    PublishPost,
    ArchivePost,
    TrashPost,
    DeletePostForever,
    RestoreRevision,
    PreviewPost,
    EditLinks,
    AssignAuthors,
    ReadQueue,
    ModerateComment,
    EditComment,
    DeleteComment,
    SeeCommentPrivate,
    CreateAuthor,
    EditAuthor,
    DeleteAuthor,
    CreateTag,
    EditTag,
    DeleteTag,
    UploadMedia,
    EditMedia,
    DeleteMedia,
    ListMedia,
    EditSite,
    ListUsers,
    CreateUser,
    EditUser,
    DeleteUser,
    CreateToken,
    ListTokens,
    RevokeToken,
    ReadChanges,
}

/// What it is to be done to.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "a stand-in until the rights table lands")]
pub enum Target<'a> {
    None,
    Post(PostTarget<'a>),
    Comment(CommentTarget<'a>),
    Author(Uuid),
    Media { owner: Option<Uuid> },
    User(Uuid),
    Token { owner: Uuid },
}

/// A post, for questions of rights.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "a stand-in until the rights table lands")]
pub struct PostTarget<'a> {
    pub owner_id: Option<Uuid>,
    pub author_ids: &'a [Uuid],
    pub is_live: bool,
}

/// A comment, for questions of rights.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "a stand-in until the rights table lands")]
pub struct CommentTarget<'a> {
    pub user_id: Option<Uuid>,
    pub post: PostTarget<'a>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Allowed,
    /// Sign in first.
    Unauthenticated,
    /// No; this is what it would take.
    Forbidden {
        /// A role or scope.
        needs: String,
    },
    /// No, and the caller may not learn that it exists.
    Hidden,
}

/// May `viewer` do `action` to `target`?
#[must_use]
pub fn may(viewer: &Viewer, _action: Action, _target: &Target<'_>) -> Decision {
    match &viewer.who {
        Who::System => Decision::Allowed,
        Who::Anonymous => Decision::Unauthenticated,
        Who::User(user) if matches!(user.role, Role::Admin | Role::Editor) => Decision::Allowed,
        Who::User(_) => Decision::Forbidden { needs: "editor".into() },
    }
}
