//! Who asks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A request's caller.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Who.
    pub who: Who,
    /// The request's id, as in `X-Request-Id`.
    pub request_id: String,
    /// The caller's address.
    pub ip: Option<String>,
}

/// What kind of caller.
#[derive(Debug, Clone)]
pub enum Who {
    /// Nobody who signed in.
    Anonymous,
    /// An account.
    User(UserViewer),
    /// The server itself or its command line.
    System,
}

/// An account that asks.
#[derive(Debug, Clone)]
pub struct UserViewer {
    /// The account.
    pub user_id: Uuid,
    /// Its role at this moment.
    pub role: Role,
    /// Its author profile.
    pub author_id: Option<Uuid>,
    /// Its name.
    pub name: String,
}

impl Viewer {
    /// The server itself.
    #[must_use]
    pub fn system() -> Self {
        Self { who: Who::System, request_id: String::new(), ip: None }
    }

    /// The account, where there is one.
    #[must_use]
    pub fn user(&self) -> Option<&UserViewer> {
        match &self.who {
            Who::User(user) => Some(user),
            _ => None,
        }
    }
}

/// What an account may do, in broad strokes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// All content.
    Editor,
    /// Own posts, published too.
    Author,
    /// Own drafts.
    Contributor,
    /// Comments.
    Moderator,
}

impl Role {
    /// As stored and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Editor => "editor",
            Self::Author => "author",
            Self::Contributor => "contributor",
            Self::Moderator => "moderator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        [Self::Admin, Self::Editor, Self::Author, Self::Contributor, Self::Moderator]
            .into_iter()
            .find(|r| r.as_str() == s)
            .ok_or(())
    }
}
