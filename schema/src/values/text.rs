//! Texts of a form that is checked once, where they come in: who holds one holds a good one.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteValue};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::db::MultiBackend;
use crate::types::through_multi;

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
        )+
    };
}

texts! {
    /// What an e-mail address is found by and compared by, of accounts and of guests alike.
    EmailKey,
    /// A language tag (BCP 47), well formed and in its canonical case.
    LanguageTag,
}

impl EmailKey {
    /// The key of an address: in compatibility form (NFKC), in lower case. What is no address has one too, which nothing is found by.
    #[must_use]
    pub fn of(address: &str) -> Self {
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
