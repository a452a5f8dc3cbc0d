//! The names of what public answers depend on: `Surrogate-Key` on answers, `keys` in the log of changes.
//!
//! Reads note what they depend on, as deep inside a read as it is known, and give it back with what was read. Writes say what they
//! touch with [`crate::Tx::record`]. An answer is as it was for as long as no write has touched any of its names.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::types::Id;

/// One name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Everything public: where a change shows in more places than are worth listing. Every answer depends on it.
    All,
    /// What the caller knows, such as a preview token: an answer with it is for nobody else, and no write touches it.
    Caller,
    /// The site's settings.
    Site,
    /// What the site lets readers reproduce, which every post without terms of its own shows.
    Defaults,
    /// How many posts, authors, tags and comments there are.
    Totals,
    /// Any public post in any respect: searches, filters and sorts of which it cannot be told what they look at.
    Posts,
    /// Which posts are listed, and their order by date.
    Listed,
    /// The order of posts by their number of comments.
    Discussed,
    /// The lists of authors.
    Authors,
    /// The lists of tags.
    Tags,
    /// One post: all that is shown of it by itself, wherever it is shown, but for what has a name of its own below.
    Post(Id),
    /// What answers about something else show of one post: its address, title, excerpt and date, and that it is there.
    Summary(Id),
    /// How many comments one post says that it has.
    CommentCount(Id),
    /// One post's links in both directions.
    Links(Id),
    /// The posts that are related to one.
    Related(Id),
    /// What comes before and after one post.
    Adjacent(Id),
    /// One author's profile, and which posts are listed under it.
    Author(Id),
    /// One tag, and which posts are listed under it.
    Tag(Id),
    /// The thread under one post.
    Comments(Id),
    /// One object of the media store, by the digest of the original, which its smaller widths share.
    File(Box<str>),
}

impl Key {
    /// One object of the media store, by the key that it has there: the digest of the original, then its width and form.
    #[must_use]
    pub fn of_file(storage_key: &str) -> Self {
        let name = storage_key.rsplit('/').next().unwrap_or_default();
        Self::File(name.split(['-', '.']).next().unwrap_or_default().into())
    }

    /// The name under which the outside knows it: who purges a CDN purges objects, and need not know which parts of them are
    /// told apart here.
    #[must_use]
    pub fn of_object(self) -> Self {
        match self {
            Self::Defaults => Self::Site,
            Self::Summary(id)
            | Self::CommentCount(id)
            | Self::Links(id)
            | Self::Related(id)
            | Self::Adjacent(id) => Self::Post(id),
            other => other,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Caller => f.write_str("caller"),
            Self::Site => f.write_str("site"),
            Self::Defaults => f.write_str("site:defaults"),
            Self::Totals => f.write_str("totals"),
            Self::Posts => f.write_str("posts"),
            Self::Listed => f.write_str("posts:listed"),
            Self::Discussed => f.write_str("posts:discussed"),
            Self::Authors => f.write_str("authors"),
            Self::Tags => f.write_str("tags"),
            Self::Post(id) => write!(f, "post:{id}"),
            Self::Summary(id) => write!(f, "summary:{id}"),
            Self::CommentCount(id) => write!(f, "comment_count:{id}"),
            Self::Links(id) => write!(f, "links:{id}"),
            Self::Related(id) => write!(f, "related:{id}"),
            Self::Adjacent(id) => write!(f, "adjacent:{id}"),
            Self::Author(id) => write!(f, "author:{id}"),
            Self::Tag(id) => write!(f, "tag:{id}"),
            Self::Comments(id) => write!(f, "comments:{id}"),
            Self::File(digest) => write!(f, "file:{digest}"),
        }
    }
}

/// A name that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no such name of what answers depend on")]
pub struct UnknownKey;

impl FromStr for Key {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let id = || rest.parse::<Id>().map_err(|_| UnknownKey);
        Ok(match (kind, rest) {
            ("all", "") => Self::All,
            ("caller", "") => Self::Caller,
            ("site", "") => Self::Site,
            ("site", "defaults") => Self::Defaults,
            ("totals", "") => Self::Totals,
            ("posts", "") => Self::Posts,
            ("posts", "listed") => Self::Listed,
            ("posts", "discussed") => Self::Discussed,
            ("authors", "") => Self::Authors,
            ("tags", "") => Self::Tags,
            ("post", _) => Self::Post(id()?),
            ("summary", _) => Self::Summary(id()?),
            ("comment_count", _) => Self::CommentCount(id()?),
            ("links", _) => Self::Links(id()?),
            ("related", _) => Self::Related(id()?),
            ("adjacent", _) => Self::Adjacent(id()?),
            ("author", _) => Self::Author(id()?),
            ("tag", _) => Self::Tag(id()?),
            ("comments", _) => Self::Comments(id()?),
            ("file", digest) if !digest.is_empty() => Self::File(digest.into()),
            _ => return Err(UnknownKey),
        })
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_from_its_text() {
        let id: Id = "018f3a3e-1c00-7000-8000-000000000001".parse().unwrap();
        let all = [
            Key::All,
            Key::Caller,
            Key::Site,
            Key::Defaults,
            Key::Totals,
            Key::Posts,
            Key::Listed,
            Key::Discussed,
            Key::Authors,
            Key::Tags,
            Key::Post(id),
            Key::Summary(id),
            Key::CommentCount(id),
            Key::Links(id),
            Key::Related(id),
            Key::Adjacent(id),
            Key::Author(id),
            Key::Tag(id),
            Key::Comments(id),
            Key::File("3a7b".into()),
        ];
        for key in all {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        for text in ["", "post", "post:", "post:x", "posts:x", "file:", "sites"] {
            assert_eq!(text.parse::<Key>(), Err(UnknownKey), "{text}");
        }
    }
}
