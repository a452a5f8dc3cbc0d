//! The names of what public answers depend on, as [`pressroom_schema::keys`] has them, under short names.

use pressroom_schema::{Id, Key};

/// The site's settings.
pub(crate) const SITE: Key = Key::Site;
/// What the site lets readers reproduce.
pub(crate) const TERMS: Key = Key::Terms;
/// How many posts, authors, tags and comments there are.
pub(crate) const TOTALS: Key = Key::Totals;
/// Any public post in any respect.
pub(crate) const POSTS: Key = Key::Posts;
/// Which posts are listed, and their order by date.
pub(crate) const LISTED: Key = Key::Listed;
/// The order of posts by their number of comments.
pub(crate) const DISCUSSED: Key = Key::Discussed;
/// Every list of authors.
pub(crate) const AUTHORS: Key = Key::Authors;
/// Every list of tags.
pub(crate) const TAGS: Key = Key::Tags;

/// One post.
pub(crate) fn post(id: Id) -> Key {
    Key::Post(id)
}

/// What answers about something else show of one post.
pub(crate) fn summary(post: Id) -> Key {
    Key::Summary(post)
}

/// How many comments one post says that it has.
pub(crate) fn comment_count(post: Id) -> Key {
    Key::CommentCount(post)
}

/// One post's links in both directions.
pub(crate) fn links(post: Id) -> Key {
    Key::Links(post)
}

/// The posts that are related to one.
pub(crate) fn related(post: Id) -> Key {
    Key::Related(post)
}

/// What comes before and after one post.
pub(crate) fn adjacent(post: Id) -> Key {
    Key::Adjacent(post)
}

/// One author's profile.
pub(crate) fn author(id: Id) -> Key {
    Key::Author(id)
}

/// One tag.
pub(crate) fn tag(id: Id) -> Key {
    Key::Tag(id)
}

/// The thread under one post.
pub(crate) fn comments(post: Id) -> Key {
    Key::Comments(post)
}

/// One object of the media store, by its key: the digest of the original, which variants share.
pub(crate) fn file(storage_key: &str) -> Key {
    let name = storage_key.rsplit('/').next().unwrap_or_default();
    Key::File(name.split(['-', '.']).next().unwrap_or_default().into())
}
