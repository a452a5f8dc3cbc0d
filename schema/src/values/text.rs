//! Texts of a form that is checked once, where they come in: who holds one holds a good one.

#[cfg(feature = "graphql")]
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

#[cfg(feature = "graphql")]
use async_graphql::{
    ContextSelectionSet, InputType, InputValueResult, OutputType, Positioned, ServerResult, Value,
    parser::types::Field, registry::Registry,
};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteValue};
use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::db::MultiBackend;
use crate::types::{Id, through_multi};

use super::SlugKind;

/// A text of which a caller says that it is a `T`, read when it comes in. One that is none is kept as it came: rights are asked
/// first, and it is then named among all faults of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given<T> {
    /// It is one.
    Good(T),
    /// It is none.
    Odd(String),
}

impl<T> Given<T> {
    /// The value, if the text is one.
    pub const fn good(&self) -> Option<&T> {
        match self {
            Self::Good(value) => Some(value),
            Self::Odd(_) => None,
        }
    }
}

impl<T: AsRef<str>> AsRef<str> for Given<T> {
    fn as_ref(&self) -> &str {
        match self {
            Self::Good(value) => value.as_ref(),
            Self::Odd(text) => text,
        }
    }
}

impl<T: FromStr> From<String> for Given<T> {
    fn from(text: String) -> Self {
        text.parse().map_or_else(|_| Self::Odd(text), Self::Good)
    }
}

impl<T: FromStr> From<&str> for Given<T> {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// As an empty text, for inputs of which a part is set and the rest left out.
impl<T> Default for Given<T> {
    fn default() -> Self {
        Self::Odd(String::new())
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(feature = "graphql")]
impl<T: FromStr + AsRef<str> + Send + Sync> InputType for Given<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <String as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <String as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        <String as InputType>::parse(value).map(Self::from).map_err(async_graphql::InputValueError::propagate)
    }

    fn to_value(&self) -> Value {
        Value::String(self.as_ref().to_owned())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// Makes texts of a form of their own. What the database has was checked before it was stored.
macro_rules! texts {
    ($($(#[$meta:meta])+ $name:ident,)+) => {
        $(
            $(#[$meta])+
            #[derive(
                Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow, Serialize, Deserialize,
            )]
            #[diesel(sql_type = Text)]
            #[serde(transparent)]
            pub struct $name(String);

            impl Deref for $name {
                type Target = str;
                fn deref(&self) -> &str {
                    &self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl AsRef<str> for $name {
                fn as_ref(&self) -> &str {
                    &self.0
                }
            }

            impl From<$name> for String {
                fn from(text: $name) -> Self {
                    text.0
                }
            }

            impl FromSql<Text, Pg> for $name {
                fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                    <String as FromSql<Text, Pg>>::from_sql(value).map(Self)
                }
            }

            impl FromSql<Text, Sqlite> for $name {
                fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                    Ok(Self(value.read_text().to_owned()))
                }
            }

            impl ToSql<Text, Pg> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    <str as ToSql<Text, Pg>>::to_sql(&self.0, out)
                }
            }

            impl ToSql<Text, Sqlite> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                    out.set_value(self.0.as_str());
                    Ok(IsNull::No)
                }
            }

            through_multi!($name, Text, Text);

            #[cfg(feature = "graphql")]
            impl OutputType for $name {
                fn type_name() -> Cow<'static, str> {
                    <String as OutputType>::type_name()
                }

                fn create_type_info(registry: &mut Registry) -> String {
                    <String as OutputType>::create_type_info(registry)
                }

                async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
                    Ok(Value::String(self.0.clone()))
                }
            }
        )+
    };
}

texts! {
    /// The name of a post, author or tag in addresses: `[a-z0-9]+(-[a-z0-9]+)*`, 1 to 96 characters, and not of the form of a UUID.
    Slug,
    /// What an e-mail address is found by and compared by, of accounts and of guests alike.
    EmailKey,
    /// A language tag (BCP 47), well formed and in its canonical case.
    LanguageTag,
}

impl Slug {
    /// Most characters of a slug.
    pub const MAX_LENGTH: usize = 96;

    /// Room that [`Slug::numbered`] and [`Slug::of_id`] take for what they add.
    const END: usize = 10;

    /// This slug and a number, the last words being left out where there is no room for both.
    #[must_use]
    pub fn numbered(&self, n: u32) -> Self {
        self.ending(&n.to_string())
    }

    /// This slug and the last eight digits of an id, which tell it apart from any other.
    #[must_use]
    pub fn with_id(&self, id: Id) -> Self {
        let digits = id.0.simple().to_string();
        self.ending(digits.get(24..).unwrap_or_default())
    }

    /// A slug of what has no name that could be spelt.
    #[must_use]
    pub fn of_id(kind: SlugKind, id: Id) -> Self {
        Self(kind.as_str().to_owned()).with_id(id)
    }

    fn ending(&self, end: &str) -> Self {
        let stem = self.0.get(..Self::MAX_LENGTH - Self::END).unwrap_or(&self.0);
        Self(format!("{}-{end}", stem.trim_end_matches('-')))
    }
}

impl Default for Slug {
    /// `untitled`, until another is chosen.
    fn default() -> Self {
        Self("untitled".to_owned())
    }
}

/// A text that is no slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "lower-case letters a to z, digits and single hyphens between them, at most 96 characters, and not of the form of an id"
)]
pub struct BadSlug;

impl FromStr for Slug {
    type Err = BadSlug;

    /// Refuses what has the form of a UUID, with or without hyphens, since a path takes either.
    fn from_str(text: &str) -> Result<Self, BadSlug> {
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let is_id = matches!(text.len(), 32 | 36) && uuid::Uuid::try_parse(text).is_ok();
        if text.len() > Self::MAX_LENGTH || is_id || !text.split('-').all(is_word) {
            return Err(BadSlug);
        }
        Ok(Self(text.to_owned()))
    }
}

impl EmailKey {
    /// The key of an address: in compatibility form (NFKC), in lower case. What is no address has one too, which nothing is found by.
    #[must_use]
    pub fn of(address: &str) -> Self {
        // No address is so long; a text of megabytes would take its time.
        if address.len() > 1_024 {
            return Self(String::new());
        }
        Self(address.trim().nfkc().collect::<String>().to_lowercase())
    }
}

impl LanguageTag {
    /// Most characters of a tag (RFC 5646, 4.4.1).
    pub const MAX_LENGTH: usize = 35;

    /// English, which holds until a site says otherwise.
    #[must_use]
    pub fn english() -> Self {
        Self("en".to_owned())
    }
}

impl Default for LanguageTag {
    fn default() -> Self {
        Self::english()
    }
}

/// A text that is no language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a BCP 47 language tag, such as en, pt-BR or zh-Hant")]
pub struct BadLanguageTag;

impl FromStr for LanguageTag {
    type Err = BadLanguageTag;

    /// Takes tags that begin with a language of two or three letters: neither private ones (`x-…`) nor `i-…`.
    fn from_str(text: &str) -> Result<Self, BadLanguageTag> {
        if text.len() > Self::MAX_LENGTH {
            return Err(BadLanguageTag);
        }
        if !text.split('-').next().is_some_and(|language| (2..=3).contains(&language.len())) {
            return Err(BadLanguageTag);
        }
        let tag = oxilangtag::LanguageTag::parse_and_normalize(text).map_err(|_| BadLanguageTag)?;
        Ok(Self(tag.into_inner()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_look_and_sound_the_same_have_one_key() {
        for address in ["ada@example.org", " Ada@Example.ORG ", "\u{ff21}da@example.org", "ADA@EXAMPLE.ORG"] {
            assert_eq!(EmailKey::of(address), EmailKey::of("ada@example.org"), "{address}");
        }
        assert_ne!(EmailKey::of("ada@example.org"), EmailKey::of("ida@example.org"));
    }

    #[test]
    fn only_the_canonical_form_is_a_slug() {
        for good in ["a", "a-b", "2024", "x".repeat(96).as_str()] {
            assert_eq!(good.parse::<Slug>().as_deref(), Ok(good));
        }
        for odd in [
            "",
            "-a",
            "a-",
            "a--b",
            "A",
            "a_b",
            "a b",
            "é",
            "a/b",
            "x".repeat(97).as_str(),
            "0190163d-8694-739b-aea5-966c26f8ad91",
            "0190163d8694739baea5966c26f8ad91",
        ] {
            assert_eq!(odd.parse::<Slug>(), Err(BadSlug), "{odd}");
        }
    }

    #[test]
    fn a_slug_with_a_number_or_an_id_is_a_slug() {
        let id = Id(uuid::Uuid::max());
        let short: Slug = "tides".parse().unwrap();
        assert_eq!(&*short.numbered(2), "tides-2");
        assert_eq!(&*short.with_id(id), "tides-ffffffff");
        assert_eq!(&*Slug::of_id(SlugKind::Tag, id), "tag-ffffffff");
        for long in ["x".repeat(96), format!("{}-{}", "x".repeat(85), "y".repeat(10)), "x-".repeat(47) + "x"]
        {
            let long: Slug = long.parse().unwrap();
            for made in [long.numbered(99), long.with_id(id)] {
                assert_eq!(made.parse(), Ok(made));
            }
        }
    }

    #[test]
    fn language_tags_are_read_in_any_case_and_kept_in_their_own() {
        for (text, tag) in [
            ("EN", "en"),
            ("pt-br", "pt-BR"),
            ("ZH-hANT-tw", "zh-Hant-TW"),
            ("sl-rozaj", "sl-rozaj"),
            ("de-CH-1901", "de-CH-1901"),
            ("en-x-PIRATE", "en-x-pirate"),
            ("ast", "ast"),
            ("zh-MIN-nan", "zh-min-nan"),
            ("en-u-CA-buddhist", "en-u-ca-buddhist"),
        ] {
            assert_eq!(text.parse::<LanguageTag>().as_deref(), Ok(tag));
        }
        for odd in
            ["", "e", "english", "en_GB", "en-", "-en", "en--GB", "12", "en-a", "x-private", "i-klingon", "é"]
        {
            assert_eq!(odd.parse::<LanguageTag>(), Err(BadLanguageTag), "{odd}");
        }
        assert!("en-x-abcdefgh-abcdefgh-abcdefgh-abcdefgh".parse::<LanguageTag>().is_err());
    }
}
