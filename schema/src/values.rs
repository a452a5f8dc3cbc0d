//! The words of the contract: values that are one of a few. Each is an enum here, and the same word in the database, in JSON and in
//! queries; GraphQL writes it in upper case.

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

/// A value that is one of a few words.
pub trait Word: Copy + Eq + fmt::Display + FromStr<Err = UnknownWord> + 'static {
    /// What the type is called.
    const NAME: &'static str;
    /// All values.
    const ALL: &'static [Self];
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
            $(#[$meta])+
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
            #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
            #[cfg_attr(feature = "graphql", derive(async_graphql::Enum))]
            #[diesel(sql_type = Text)]
            pub enum $name {
                $(
                    $(#[$about])+
                    #[cfg_attr(feature = "openapi", schema(rename = $word))]
                    $variant,
                )+
            }

            impl $name {
                /// The word.
                #[must_use]
                pub const fn as_str(self) -> &'static str {
                    match self { $(Self::$variant => $word,)+ }
                }
            }

            impl Word for $name {
                const NAME: &'static str = stringify!($name);
                const ALL: &'static [Self] = &[$(Self::$variant),+];
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
    /// Who finds a post that is published.
    Visibility {
        /// Everybody.
        Public = "public",
        /// Whoever has the address.
        Unlisted = "unlisted",
        /// Those who may read drafts.
        Private = "private",
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
