//! What an API token may be used for. A token's right is its scopes *and* its owner's present role: scopes only ever
//! narrow. Which action needs which scope is in [`super::policy::RIGHTS`].

use std::fmt;
use std::str::FromStr;

pub use pressroom_schema::Scope;
use pressroom_schema::UnknownWord;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const fn bit(scope: Scope) -> u16 {
    1 << (scope as u16)
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
        Self(scopes.iter().fold(0, |bits, scope| bits | bit(*scope)))
    }

    /// Reads a list of names.
    ///
    /// # Errors
    /// The first name that is no scope.
    pub fn parse_list<S: AsRef<str>>(names: &[S]) -> Result<Self, UnknownWord> {
        names.iter().try_fold(Self::NONE, |set, name| Ok(set.with(name.as_ref().parse()?)))
    }

    /// This set and one scope more.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | bit(scope))
    }

    /// Whether the set has `scope`, or one that includes it.
    #[must_use]
    pub const fn allows(self, scope: Scope) -> bool {
        let includes = match scope {
            Scope::PostsRead => bit(Scope::PostsRead) | bit(Scope::PostsWrite) | bit(Scope::PostsPublish),
            other => bit(other),
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
        Scope::ALL.into_iter().filter(move |scope| self.0 & bit(*scope) != 0)
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
    type Err = UnknownWord;

    fn from_str(s: &str) -> Result<Self, UnknownWord> {
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
    fn every_scope_has_a_bit_of_its_own() {
        for scope in Scope::ALL {
            assert!(Scopes::of(&[scope]).allows(scope));
        }
        assert_eq!(Scopes::all().iter().count(), Scope::ALL.len());
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
        let odd = Scopes::parse_list(&["posts:read", "posts:*"]).unwrap_err();
        assert_eq!(odd.word, "posts:*");
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
