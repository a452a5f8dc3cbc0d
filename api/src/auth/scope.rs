//! What an API token may be used for. A token's right is its scopes *and* its owner's present role: scopes only ever
//! narrow. Which action needs which scope is in [`super::policy::RIGHTS`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// One kind of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Scope {
    /// Read drafts, revisions and previews.
    #[serde(rename = "posts:read")]
    PostsRead,
    /// Create, edit, trash and restore posts, and curate their links. Includes `posts:read`.
    #[serde(rename = "posts:write")]
    PostsWrite,
    /// Publish, schedule, unpublish and archive posts. Includes `posts:read`.
    #[serde(rename = "posts:publish")]
    PostsPublish,
    /// Write comments, and edit or remove one's own.
    #[serde(rename = "comments:write")]
    CommentsWrite,
    /// Read the moderation queue, and approve, mark, edit or remove comments of others.
    #[serde(rename = "comments:moderate")]
    CommentsModerate,
    /// List, upload, edit and remove images.
    #[serde(rename = "media:write")]
    MediaWrite,
    /// Create, edit and remove authors and tags.
    #[serde(rename = "taxonomy:write")]
    TaxonomyWrite,
    /// Edit the site's settings.
    #[serde(rename = "site:write")]
    SiteWrite,
    /// List, create, edit and remove accounts.
    #[serde(rename = "users:admin")]
    UsersAdmin,
    /// List, create and revoke API tokens. A token made by a token has none of the scopes that its maker lacks.
    #[serde(rename = "tokens:write")]
    TokensWrite,
    /// Read the log of changes.
    #[serde(rename = "changes:read")]
    ChangesRead,
}

impl Scope {
    /// Every scope, in the order in which sets are written.
    pub const ALL: [Self; 11] = [
        Self::PostsRead,
        Self::PostsWrite,
        Self::PostsPublish,
        Self::CommentsWrite,
        Self::CommentsModerate,
        Self::MediaWrite,
        Self::TaxonomyWrite,
        Self::SiteWrite,
        Self::UsersAdmin,
        Self::TokensWrite,
        Self::ChangesRead,
    ];

    /// As stored and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostsRead => "posts:read",
            Self::PostsWrite => "posts:write",
            Self::PostsPublish => "posts:publish",
            Self::CommentsWrite => "comments:write",
            Self::CommentsModerate => "comments:moderate",
            Self::MediaWrite => "media:write",
            Self::TaxonomyWrite => "taxonomy:write",
            Self::SiteWrite => "site:write",
            Self::UsersAdmin => "users:admin",
            Self::TokensWrite => "tokens:write",
            Self::ChangesRead => "changes:read",
        }
    }

    /// A sentence for the documentation.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::PostsRead => "read drafts, revisions and previews",
            Self::PostsWrite => {
                "create, edit, trash and restore posts, and curate their links; includes `posts:read`"
            }
            Self::PostsPublish => "publish, schedule, unpublish and archive posts; includes `posts:read`",
            Self::CommentsWrite => "write comments, and edit or remove one's own",
            Self::CommentsModerate => {
                "read the moderation queue, and approve, mark, edit or remove comments of others"
            }
            Self::MediaWrite => "list, upload, edit and remove images",
            Self::TaxonomyWrite => "create, edit and remove authors and tags",
            Self::SiteWrite => "edit the site's settings",
            Self::UsersAdmin => "list, create, edit and remove accounts",
            Self::TokensWrite => "list, create and revoke API tokens",
            Self::ChangesRead => "read the log of changes",
        }
    }

    const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A scope that there is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no scope {0:?}")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(s: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == s)
            .ok_or_else(|| UnknownScope(s.chars().take(64).collect()))
    }
}

/// A set of scopes. In JSON a list of names, in a JWT one string with spaces between (RFC 9068, section 2.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u16);

impl Scopes {
    /// No use at all.
    pub const NONE: Self = Self(0);

    /// Every scope that there is.
    #[must_use]
    pub fn all() -> Self {
        Self::of(&Scope::ALL)
    }

    /// These scopes.
    #[must_use]
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Reads a list of names.
    ///
    /// # Errors
    /// The first name that is no scope.
    pub fn parse_list<S: AsRef<str>>(names: &[S]) -> Result<Self, UnknownScope> {
        names.iter().try_fold(Self::NONE, |set, name| Ok(set.with(name.as_ref().parse()?)))
    }

    /// This set and one scope more.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// Whether the set has `scope`, or one that includes it.
    #[must_use]
    pub const fn allows(self, scope: Scope) -> bool {
        let includes = match scope {
            Scope::PostsRead => Scope::PostsRead.bit() | Scope::PostsWrite.bit() | Scope::PostsPublish.bit(),
            other => other.bit(),
        };
        self.0 & includes != 0
    }

    /// Whether everything that `other` allows is allowed here too.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        other.iter().all(|scope| self.allows(scope))
    }

    /// Whether there is nothing in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & scope.bit() != 0)
    }

    /// The names, in the order of [`Scope::ALL`].
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(Scope::as_str).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(" "))
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(s: &str) -> Result<Self, UnknownScope> {
        Self::parse_list(&s.split_ascii_whitespace().collect::<Vec<_>>())
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Scope>::deserialize(deserializer).map(|scopes| Self::of(&scopes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_one_name_everywhere() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
            assert!(Scopes::of(&[scope]).allows(scope));
        }
        assert_eq!(Scopes::all().iter().count(), Scope::ALL.len(), "every scope has a bit of its own");
    }

    #[test]
    fn a_set_reads_back_from_json_and_from_a_claim() {
        let set = Scopes::of(&[Scope::SiteWrite, Scope::PostsRead]);
        assert_eq!(serde_json::to_string(&set).unwrap(), r#"["posts:read","site:write"]"#);
        assert_eq!(
            serde_json::from_str::<Scopes>(r#"["site:write","posts:read","posts:read"]"#).unwrap(),
            set
        );
        assert_eq!(set.to_string(), "posts:read site:write");
        assert_eq!("  site:write posts:read ".parse(), Ok(set));
        assert_eq!("".parse(), Ok(Scopes::NONE));
    }

    #[test]
    fn an_unknown_scope_is_named() {
        assert_eq!(Scopes::parse_list(&["posts:read", "posts:*"]), Err(UnknownScope("posts:*".into())));
        assert!(serde_json::from_str::<Scopes>(r#"["everything"]"#).is_err());
    }

    #[test]
    fn writing_and_publishing_include_reading_and_nothing_else_is_included() {
        assert!(Scopes::of(&[Scope::PostsWrite]).allows(Scope::PostsRead));
        assert!(Scopes::of(&[Scope::PostsPublish]).allows(Scope::PostsRead));
        for held in Scope::ALL {
            for asked in Scope::ALL {
                let reading =
                    asked == Scope::PostsRead && matches!(held, Scope::PostsWrite | Scope::PostsPublish);
                assert_eq!(Scopes::of(&[held]).allows(asked), held == asked || reading, "{held} {asked}");
            }
        }
    }

    #[test]
    fn a_set_covers_its_parts_and_what_they_include() {
        let writer = Scopes::of(&[Scope::PostsWrite, Scope::MediaWrite]);
        assert!(writer.covers(Scopes::of(&[Scope::PostsRead, Scope::MediaWrite])));
        assert!(writer.covers(Scopes::NONE));
        assert!(!writer.covers(Scopes::of(&[Scope::PostsPublish])));
        assert!(!Scopes::NONE.covers(writer));
    }
}
