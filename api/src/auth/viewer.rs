//! Who asks.

pub use pressroom_schema::Role;
use uuid::Uuid;

use super::scope::{Scope, Scopes};

/// A request's caller.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Who.
    pub who: Who,
    /// The request's id, as in `X-Request-Id`.
    pub request_id: String,
    /// The caller's address.
    pub ip: Option<String>,
    /// Whether the answer is kept and given to others: its reads go to the primary, since what a replica tells late would be kept as
    /// if it were fresh.
    pub is_kept: bool,
}

/// What kind of caller.
#[derive(Debug, Clone)]
pub enum Who {
    /// Nobody who signed in.
    Anonymous,
    /// Whoever holds a preview link: an anonymous caller who besides reads one post's working copy.
    Preview(PreviewViewer),
    /// Whoever holds a comment's edit token: an anonymous caller who besides is its writer.
    Guest(GuestViewer),
    /// An account.
    User(UserViewer),
    /// The server itself or its command line: no rule of rights binds it.
    System,
}

/// A reader by a preview link. It sees of the post what readers will see once it is published, and of everything else what
/// anybody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviewViewer {
    /// The post whose working copy is shown.
    pub post_id: Uuid,
}

/// The guest who wrote a comment, by its edit token. They see its state and its source, and change it for as long as the edit
/// window lasts; of everything else they see what anybody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestViewer {
    /// The comment.
    pub comment_id: Uuid,
}

/// An account that asks. Role and profile are those of this moment, read with the request, not those of the time
/// when the token was made: a demotion takes effect at once.
#[derive(Debug, Clone)]
pub struct UserViewer {
    /// The account.
    pub user_id: Uuid,
    /// Its role at this moment.
    pub role: Role,
    /// Its author profile.
    pub author_id: Option<Uuid>,
    /// How the caller proved to be this account.
    pub via: Via,
    /// What the token is good for, within what the role allows; everything the role allows where there are none.
    pub scopes: Option<Scopes>,
    /// Its name.
    pub name: String,
}

/// How a caller proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// An access token of this session (the family of refresh tokens that a login began).
    Session(Uuid),
    /// This API token.
    ApiToken(Uuid),
}

impl Viewer {
    /// The server itself.
    #[must_use]
    pub fn system() -> Self {
        Self { who: Who::System, request_id: String::new(), ip: None, is_kept: false }
    }

    /// Somebody who did not sign in.
    pub fn anonymous(request_id: impl Into<String>, ip: Option<String>) -> Self {
        Self { who: Who::Anonymous, request_id: request_id.into(), ip, is_kept: false }
    }

    /// The account, where there is one.
    #[must_use]
    pub fn user(&self) -> Option<&UserViewer> {
        match &self.who {
            Who::User(user) => Some(user),
            Who::Anonymous | Who::Preview(_) | Who::Guest(_) | Who::System => None,
        }
    }

    /// The post whose working copy a preview link shows, where the caller came by one.
    #[must_use]
    pub fn previewed(&self) -> Option<Uuid> {
        match &self.who {
            Who::Preview(preview) => Some(preview.post_id),
            Who::Anonymous | Who::Guest(_) | Who::User(_) | Who::System => None,
        }
    }

    /// The comment whose edit token the caller showed.
    #[must_use]
    pub fn guest_of(&self) -> Option<Uuid> {
        match &self.who {
            Who::Guest(guest) => Some(guest.comment_id),
            Who::Anonymous | Who::Preview(_) | Who::User(_) | Who::System => None,
        }
    }

    /// Whether the caller sees what everybody sees and no more.
    #[must_use]
    pub fn is_anybody(&self) -> bool {
        matches!(self.who, Who::Anonymous)
    }

    /// Whether the caller is an account or the server itself.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        matches!(self.who, Who::User(_) | Who::System)
    }
}

impl UserViewer {
    /// Whether the token, by its scopes, may be used for what one of `any_of` opens. A session's token has no scopes
    /// and may be used for everything that the role allows.
    #[must_use]
    pub fn holds_scope(&self, any_of: &[Scope]) -> bool {
        self.scopes.is_none_or(|scopes| any_of.iter().any(|scope| scopes.allows(*scope)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_holds_every_scope_and_a_token_only_its_own() {
        let mut user = UserViewer {
            user_id: Uuid::nil(),
            role: Role::Editor,
            author_id: None,
            via: Via::Session(Uuid::nil()),
            scopes: None,
            name: "Ada".into(),
        };
        assert!(user.holds_scope(&[Scope::SiteWrite]));
        user.scopes = Some(Scopes::of(&[Scope::PostsRead]));
        assert!(user.holds_scope(&[Scope::PostsWrite, Scope::PostsRead]));
        assert!(!user.holds_scope(&[Scope::SiteWrite]));
        user.scopes = Some(Scopes::NONE);
        assert!(!user.holds_scope(&[Scope::PostsRead]));
    }
}
